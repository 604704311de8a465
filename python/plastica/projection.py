"""Projections: the synapses from one population to another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _native, coerce, losses, order
from .adjusting import Address, Adjustable, adjustable, check_factor
from .changes import Change, claiming, perform_settings
from .errors import UnknownName
from .handle import NamedHandle, NamedRecord
from .memory import making_room
from .part import Distribution, Rule
from .recorders import Recordable, StructureRecord, SynapsesRecord
from .saving import Put, Restoring, Sides, saved, text
from .schema import Field
from .values import Draws, SparseMatrix, Value, merged

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .faces import NetworkFace
    from .population import NeuronsRecord, Population


_NO_PARAMETERS = ("weight", "weights", "w", "delay", "delays")  # of rules, but of the projection


class _State(NamedTuple):
    """A state that a rule keeps: the engine's number, the rule's position in the list, its name, and of whom it is."""

    number: int
    rule: int
    name: str
    role: str


class ProjectionRecord(NamedRecord["Projection"]):
    """What a network knows of a projection."""

    __slots__ = ("delay_text", "dendritic_fraction", "ends", "receptor", "rules")

    kind = "projection"

    def __init__(
        self,
        index: int,
        name: str,
        ends: tuple[NeuronsRecord, NeuronsRecord],
        receptor: str,
        dendritic_fraction: float,
        rules: tuple[Rule, ...],
        delay_text: str,
    ) -> None:
        super().__init__(index, name)
        self.ends, self.receptor, self.rules = ends, receptor, rules
        self.dendritic_fraction, self.delay_text = dendritic_fraction, delay_text

    def _new_handle(self, network: NetworkFace) -> Projection:
        return Projection(network, self)

    def state(self, put: Put, core: _native.Core) -> dict[str, Any]:
        """What a file says of the projection."""
        return {
            "name": self.name,
            "ends": [neurons.reference(put) for neurons in self.ends],
            "receptor": self.receptor,
            "dendritic_fraction": self.dendritic_fraction,
            "rules": [saved(rule, put) for rule in self.rules],
            "delays": self.delay_text,
        }

    @classmethod
    def restored(cls, number: int, told: Mapping[str, Any], known: Restoring) -> ProjectionRecord:
        """The reverse of `state`."""
        name = known.free(told["name"], cls.kind)
        pre, post = (known.neurons(end) for end in told["ends"])
        rules = tuple(known.part(rule, Rule) for rule in told["rules"])
        fraction = coerce.number(told["dendritic_fraction"], "dendritic_fraction")
        return cls(number, name, (pre, post), text(told["receptor"]), fraction, rules, text(told["delays"]))

    @classmethod
    def compare(cls, number: int, told: Mapping[str, Any], sides: Sides) -> None:
        """Refuses a file where the engine was told something else of the projection."""
        name = f"projection/{number}"
        ends = [sides.places["population"][end["population"]] for end in told["ends"]]
        sides.same(f"projection {number}", ends, sides.listed(name, "pre", "post"))
        rules = [sides.engine[f"{name}/rule/{k}/part"] for k in range(sides.engine[f"{name}/rules"])]
        sides.same(f"rules of projection {number}", [rule["part"] for rule in told["rules"]], rules)


class Projection(NamedHandle[ProjectionRecord], Recordable, Adjustable):
    """Synapses onto one receptor of a population; made by `Network.connect`.

    Connections are listed by source, then by target, in every array: by their indices in `pre` and `post`, whatever the
    order of views that were connected. Several between the same two neurons are listed by delay, and those of one delay
    in the order in which they were given.
    """

    place = "projections"

    _watched = "weight"
    _kinds_of_recorders = (SynapsesRecord, StructureRecord)

    @property
    def pre(self) -> Population:
        """The population the synapses come from."""
        return self._record.ends[0].population.handle(self._network)

    @property
    def post(self) -> Population:
        """The population the synapses go to."""
        return self._record.ends[1].population.handle(self._network)

    @property
    def receptor(self) -> str:
        """Name of the receptor of `post` that the synapses act on."""
        return self._record.receptor

    @property
    def rules(self) -> tuple[Rule, ...]:
        """How the weights learn, as it was given."""
        return self._record.rules

    @property
    def dendritic_fraction(self) -> float:
        """The part of the delay, 0 to 1, that is dendritic."""
        return self._record.dendritic_fraction

    @property
    def delay_text(self) -> str:
        """The delays in words, as they were given."""
        return self._record.delay_text

    def __len__(self) -> int:
        return self._network.engine().synapse_count(self.index)

    @property
    def sources(self) -> NDArray[np.int64]:
        """Index of the source of each connection in `pre`, shape (n,); a read-only copy."""
        return coerce.frozen(coerce.ids(self._network.engine().sources(self.index)))

    @property
    def targets(self) -> NDArray[np.int64]:
        """Index of the target of each connection in `post`, shape (n,); a read-only copy."""
        return coerce.frozen(coerce.ids(self._network.engine().targets(self.index)))

    @property
    def delays(self) -> NDArray[np.float64]:
        """Total delay of each connection in ms, on the grid, shape (n,); a read-only copy.

        A delay is fixed when its synapse is made. For another one, `remove` the synapse and `add` it anew.
        """
        return coerce.frozen(self._network.engine().delays(self.index))

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weight of each connection at this moment, in the unit of the receptor, shape (n,); a copy.

        Can be set to a number, an array of shape (n,) or a distribution: ``projection.weights *= 0.5``. Writing to the
        copy changes nothing: to change some weights, change the copy and set it, or use `set_weights`.
        """
        return self._network.engine().weights(self.index)

    @weights.setter
    @claiming
    def weights(self, value: Value) -> None:
        self._network.engine().set_weights(self.index, self._weights(value, len(self)))

    @claiming
    def get_weights(self, *, sources: ArrayLike | None = None, targets: ArrayLike | None = None) -> NDArray[np.float64]:
        """Weights of the block of connections from `sources` to `targets` (indices of neurons; None: all).

        They are listed by source, then target, in the order of the two lists.
        """
        return self.weights[self._block(sources, targets)]

    @claiming
    def set_weights(self, value: Value, *, sources: ArrayLike | None = None, targets: ArrayLike | None = None) -> None:
        """Sets the weights of the block of connections from `sources` to `targets`.

        Parameters
        ----------
        value : number, array_like or Distribution
            In the unit of the receptor; an array has one value for each connection of the block, by source, then
            target, in the order of the two lists.
        sources, targets : array_like of int, optional
            Indices of neurons in `pre` and `post`, each once; None stands for all.

        Raises
        ------
        ValueError
            If an array has another length or a number is not finite.
        """
        block = self._block(sources, targets)
        weights = self.weights
        weights[block] = self._weights(value, len(block), block)
        self._network.engine().set_weights(self.index, weights)

    @claiming
    @making_room
    def add(
        self, sources: ArrayLike, targets: ArrayLike, *, weight: Value, delay: Value, autapses: bool = True
    ) -> None:
        """Adds synapses, between runs.

        A new synapse transmits spikes that are emitted from now on; spikes under way to older synapses are not for it.
        It begins as one does when a projection is made: the variables of its rules have their initial values and it has
        seen no presynaptic spike. Traces of postsynaptic spikes are those of the neuron.

        Parameters
        ----------
        sources, targets : array_like of int, shape (n,)
            Indices of neurons in `pre` and `post`. A pair that exists already gets another synapse.
        weight, delay : number, array_like of shape (n,) or Distribution
            In the unit of the receptor, and in ms; arrays have the order of `sources` and `targets`. Delays are
            rounded to the grid.
        autapses : bool
            Whether a neuron may be connected to itself.

        Raises
        ------
        ValueError
            If a value is refused; nothing is added then.
        """
        pre = coerce.indices(sources, f"sources of '{self.name}'", len(self.pre), single=True)
        post = coerce.indices(targets, f"targets of '{self.name}'", len(self.post), single=True)
        autapses = coerce.flag(autapses, f"add to '{self.name}': autapses")
        if len(pre) != len(post):
            raise ValueError(f"add to '{self.name}': there are {len(pre)} sources and {len(post)} targets")
        within = self.pre.index == self.post.index
        if not autapses and within and bool(np.any(pre == post)):
            neuron = int(pre[np.argmax(pre == post)])
            raise ValueError(
                f"add to '{self.name}': neuron {neuron} would be connected to itself; allow it by autapses=True"
            )
        alive = self._network.engine().alive
        for ids, population, what in ((pre, self.pre, "source"), (post, self.post, "target")):
            dead = ~alive(population.index)[ids]
            if dead.any():
                raise ValueError(f"add to '{self.name}': the {what} {int(ids[np.argmax(dead)])} is dead")
        weights = self._new_values(weight, "weight", "", len(pre))
        delays = self._new_values(delay, "delay", "ms", len(pre))
        self._network.engine().add_synapses(self.index, pre, post, weights, delays)

    @claiming
    def remove(
        self,
        indices: ArrayLike | None = None,
        *,
        sources: ArrayLike | None = None,
        targets: ArrayLike | None = None,
    ) -> None:
        """Removes synapses, between runs. Spikes on their way to them are lost; all other synapses keep their state.

        Parameters
        ----------
        indices : array_like, optional
            Numbers of connections, in the order of `weights`, or a mask of shape (n,).
        sources, targets : array_like of int, optional
            Instead: all connections of the block from `sources` to `targets`; None stands for all neurons.

        Raises
        ------
        ValueError
            If there is no such connection, or one is given twice; nothing is removed then.
        """
        if indices is not None and (sources is not None or targets is not None):
            raise ValueError(f"remove from '{self.name}': give either indices, or sources and targets")
        if indices is None:
            if sources is None and targets is None:
                raise ValueError(f"remove from '{self.name}': say which: indices, or sources and targets")
            chosen: NDArray[Any] = self._block(sources, targets)
        else:
            given = coerce.raw_array(indices, f"indices of '{self.name}'")
            if given.dtype == bool:
                if given.shape != (len(self),):
                    raise ValueError(
                        f"remove from '{self.name}': a mask of shape {given.shape} for {len(self)} connections"
                    )
                chosen = np.flatnonzero(given)
            else:
                chosen = coerce.indices(given, f"indices of '{self.name}'", len(self), single=True)
        self._network.engine().remove_synapses(self.index, np.asarray(chosen, dtype=np.int64))

    @property
    def ages(self) -> NDArray[np.float64]:
        """Time since each connection was made, in ms, shape (n,); exact to 256 steps; read-only."""
        return coerce.frozen(self._network.time - self._network.engine().births(self.index))

    @property
    def plastic(self) -> bool:
        """Whether the rules change weights.

        While it is False, weights and the variables that they follow from stand still, also for controllers and laws of
        structure that would rewrite weights; traces and short-term plasticity go on. This is the projection's own
        switch: inside `Network.frozen` no projection learns, whatever the switch says.
        """
        return self._network.engine().plastic(self.index)

    @plastic.setter
    def plastic(self, value: bool) -> None:
        self._network.engine().set_plastic(self.index, coerce.flag(value, f"plastic of projection '{self.name}'"))

    @property
    def nbytes(self) -> int:
        """Memory of the synapses, in bytes."""
        return self._network.engine().memory(self.index)

    @property
    def states(self) -> tuple[str, ...]:
        """Names of what the rules keep besides weights, such as ``"u"`` and ``"x"`` of `TsodyksMarkram`.

        A name that two rules of the list have carries the rule's position: ``"0.u"``.
        """
        return tuple(self._states())

    def state_index(self, name: str) -> int:
        """The number by which the engine knows a state."""
        return self._state(name).number

    def state_role(self, name: str) -> str:
        """Whether a state is kept per ``"synapse"``, per ``"axon"`` (and delay), or per target ``"neuron"``."""
        return self._state(name).role

    @property
    @claiming
    def effective_weights(self) -> NDArray[np.float64]:
        """What a spike that transmits all of its weight adds to its target's receptor, shape (n,).

        The weights, times the gain of the receptor of each target and that of the projection, which controllers and
        modifiers move.
        """
        gain = self._network.engine().effective("population", self.post.index, f"{self.receptor}.gain")
        return self.weights * gain[self.targets] * self.effective("gain")

    def effective(self, name: str) -> float:
        """A parameter of a rule as controllers and modifiers adjust it; ``"gain"`` for that of the projection.

        `get` and `set` know the value that is adjusted.

        Raises
        ------
        UnknownName
            If there is no such parameter.
        """
        if not coerce.is_name(name, "gain"):
            self._rule_field(name)
        return float(self._network.engine().effective("projection", self.index, name)[0])

    def get(self, name: str) -> float | NDArray[np.float64]:
        """A state that the rules keep, at this moment, or a parameter of a rule.

        Parameters
        ----------
        name : str
            A name in `states`: an array of shape (n,) with a value for each connection, or (neurons of `post`,) where
            there is one per target neuron. Else a parameter, as a number: ``"learning_rate"``, or
            ``"0.learning_rate"`` where there are several rules.

        Raises
        ------
        UnknownName
            If there is neither.
        """
        if self._is_state(name):
            return self._network.engine().state_get(self.index, self.state_index(name))
        rule, field = self._rule_field(name)
        return self._network.engine().rule_get(self.index, rule, field.name)

    @claiming
    def set(self, mapping: Mapping[str, Value] | None = None, /, **values: Value) -> None:
        """Sets states and parameters of the rules: ``set(learning_rate=0)``, ``set({"1.tau": 30})``, ``set(x=1.0)``.

        Nothing is set if any value is refused.

        Parameters
        ----------
        mapping, values
            Numbers for parameters; for states also arrays, in the shape that `get` gives, or distributions.

        Raises
        ------
        UnknownName
            If there is no such parameter or state.
        ValueError
            If a value is out of bounds, an array has another length, or the parameter is fixed when the projection is
            made.
        """
        core = self._network.engine()
        changes: list[Change] = []
        of_states: list[Change] = []
        of_rules: dict[int, dict[str, float]] = {}
        for name, value in merged(mapping, values):
            if self._is_state(name):
                put = partial(core.state_set, self.index, self.state_index(name))
                kept = core.state_get(self.index, self.state_index(name))
                of_states.append(Change(partial(put, self._state_values(name, value)), partial(put, kept)))
                continue
            rule, field = self._rule_field(name)
            part = type(self.rules[rule]).__name__
            if field.choices or field.is_modulator:
                raise ValueError(f"{part}.{field.name} is fixed when the projection is made")
            number = coerce.number(value, f"{part}.{field.name}", field.unit)
            _native.check(part, field.name, number)
            of_rules.setdefault(rule, {})[field.name] = number
            set_rule = partial(core.rule_set, self.index, rule, field.name)
            before = core.rule_get(self.index, rule, field.name)
            changes.append(Change(partial(set_rule, number), partial(set_rule, before)))
        for rule, numbers in of_rules.items():
            core.check_rule_set(self.index, rule, numbers)
        perform_settings([*changes, *of_states])

    @claiming
    def to_sparse(self) -> SparseMatrix:
        """The weights as a ``scipy.sparse.csr_array`` of shape (pre, post).

        Raises
        ------
        ImportError
            If SciPy is not installed.
        """
        try:
            from scipy.sparse import csr_array
        except ImportError:
            raise ImportError("to_sparse needs SciPy: pip install 'plastica[analysis]'") from None
        starts = np.zeros(len(self.pre) + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.sources, minlength=len(self.pre)), out=starts[1:])
        targets = coerce.ids(self._network.engine().targets(self.index))
        return csr_array((self.weights, targets, starts), shape=(len(self.pre), len(self.post)))

    def _gettable(self) -> tuple[str, ...]:
        return (*self._rule_fields(), *self.states)

    def _address(self) -> Address:
        return Address("projection", self.index, None)

    def _check_multiplied(self, name: str, what: str) -> None:
        fields = [(key, field) for key, (_, field) in self._rule_fields().items()]
        known = [key for key, _ in fields]
        check_factor(name, ["gain", *adjustable(fields)], known, f"{what}: projection '{self.name}'")

    def _rule_fields(self) -> dict[str, tuple[int, Field]]:
        """Every parameter of the rules, with the rule's position."""
        return {
            (key if len(self.rules) == 1 else f"{i}.{key}"): (i, field)
            for i, rule in enumerate(self.rules)
            for key, field in rule.schema().parameters.items()
        }

    def _block(self, sources: ArrayLike | None, targets: ArrayLike | None) -> NDArray[np.intp]:
        sizes = len(self.pre), len(self.post)
        return order.of_block((self.sources, self.targets), (sources, targets), sizes)

    def _weights(self, value: Any, count: int, block: Any = slice(None)) -> float | NDArray[np.float64]:
        what = f"weights of projection '{self.name}'"
        if isinstance(value, Distribution):
            # drawn for all connections: a connection's number does not depend on the block
            value = Draws(self._network.engine(), self.index)(value, "weights", len(self))[block]
        numbers = coerce.number_or_array(value, what)
        if isinstance(numbers, np.ndarray) and len(numbers) != count:
            raise ValueError(f"{what}: {len(numbers)} values for {count} connections")
        losses.of_weights(self._network.engine(), what, numbers)
        return numbers

    def _new_values(self, value: Any, what: str, unit: str, count: int) -> float | NDArray[np.float64]:
        name = f"{what} of new synapses of '{self.name}'"
        if isinstance(value, Distribution):
            value = Draws(self._network.engine(), self.index)(value, f"{what} at {self._network.time}", count)
        numbers = coerce.number_or_array(value, name, unit)
        if isinstance(numbers, np.ndarray) and len(numbers) != count:
            raise ValueError(f"{name}: {len(numbers)} values for {count} synapses")
        if what == "weight":
            losses.of_weights(self._network.engine(), name, numbers)
        return numbers

    def _states(self) -> dict[str, _State]:
        found = self._network.engine().rule_states(self.index)
        names = [name for _, name, _ in found]
        return {
            (name if names.count(name) == 1 else f"{rule}.{name}"): _State(i, rule, name, role)
            for i, (rule, name, role) in enumerate(found)
        }

    def _state(self, name: str) -> _State:
        states = self._states()
        if not self._is_state(name):
            coerce.variable(name, states, f"projection '{self.name}' has no state")
        return states[self._state_name(name)]

    def _is_state(self, name: object) -> bool:
        return isinstance(name, str) and self._state_name(name) in self._states()

    def _state_name(self, name: str) -> str:
        """The name that `states` has for it: a position that is not needed may be given all the same."""
        rule, dot, state = name.partition(".")
        if dot and any(s.rule == int(rule) and s.name == state for s in self._states().values() if rule.isdigit()):
            return name if name in self._states() else state
        return name

    def _state_values(self, name: str, value: Any) -> float | NDArray[np.float64]:
        state = self._states()[self._state_name(name)]
        part = type(self.rules[state.rule]).__name__
        count = len(self.post) if state.role == "neuron" else len(self)
        if isinstance(value, Distribution):
            value = Draws(self._network.engine(), self.index)(value, name, count)
        field = next((f for f in self.rules[state.rule].schema().states.values() if f.name == state.name), None)
        numbers = coerce.number_or_array(value, f"{part}.{state.name}", field.unit if field else "")
        if isinstance(numbers, np.ndarray) and len(numbers) != count:
            what = "neurons" if state.role == "neuron" else "connections"
            raise ValueError(f"{part}.{state.name} has {len(numbers)} values for {count} {what}")
        _native.check(part, state.name, numbers)
        return numbers

    def _rule_field(self, name: str) -> tuple[int, Field]:
        fields = self._rule_fields()
        what = f"projection '{self.name}' has no rule parameter"
        if coerce.is_name(name, *_NO_PARAMETERS):
            raise UnknownName(
                f"{what} {name!r}; weights are read and set as projection.weights, or by get_weights and set_weights; "
                "projection.delays are fixed when synapses are made"
            )
        return fields[coerce.variable(name, fields, what, self.states)]

    def __repr__(self) -> str:
        rules = ", ".join(type(rule).__name__ for rule in self.rules) or "static"
        return f"<Projection '{self.name}': {self.pre.name} -> {self.post.name}, {len(self)} synapses, {rules}>"
