"""Controllers: slow loops that hold a network in a working range, and what they have moved so far."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import coerce, order, words
from .changes import Change, claiming, perform_settings
from .drive import Drive
from .errors import UnknownName, suggestion
from .handle import NamedHandle, NamedRecord, Record
from .part import Law
from .population import Neurons
from .projection import Projection
from .saving import Put, Restoring, index_of, saved, text
from .schema import schemas
from .values import Draws, Value, as_given, checked, merged, per_neuron

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .network import Network
    from .schema import Field

# What laws act on, other than neurons.
_TARGETS = {
    "WeightNormalization": ("projection",),
    "SlidingThreshold": ("projection",),
    "Modulation": ("population", "projection", "drive", "controller"),
}
_FIXED = ("interval", "tau", "amount")


class ControllerRecord(NamedRecord["Controller"]):
    """What a network knows of a controller."""

    __slots__ = ("acts_on", "law", "target")

    kind = "controller"

    def __init__(self, index: int, name: str, target: Record[Any], law: Law, acts_on: str) -> None:
        super().__init__(index, name)
        self.target, self.law, self.acts_on = target, law, acts_on

    def _new_handle(self, network: Network) -> Controller:
        return Controller(network, self)

    def state(self, put: Put) -> dict[str, Any]:
        """What a file says of the controller."""
        return {
            "name": self.name,
            "index": self.index,
            "law": saved(self.law, put),
            "target": self.target.reference(put),
            "acts_on": self.acts_on,
        }

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> ControllerRecord:
        """The reverse of `state`."""
        name, target, law = (
            known.free(told["name"], cls.kind),
            known.target(told["target"]),
            known.part(told["law"], Law),
        )
        return cls(index_of(told["index"]), name, target, law, text(told["acts_on"]))


class Controller(NamedHandle[ControllerRecord]):
    """A law at work on neurons, a projection, a drive or another controller; made by `Network.control`.

    It updates at every multiple of its interval, before anything else of that step. What is read at that very moment
    does not contain the update yet.
    """

    place = "controllers"

    @property
    def target(self) -> Any:
        """What is sensed and adjusted: neurons, a projection, a drive or another controller."""
        return self._record.target.handle(self.network)

    @property
    def neurons(self) -> Neurons | None:
        """The neurons that it keeps variables for; None where it keeps one of each."""
        return neurons_of(self.target)

    @property
    def law(self) -> Law:
        """What it does, as it was given."""
        return self._record.law

    @property
    def acts_on(self) -> str:
        """The name of what it moves, such as ``"V_th"`` or ``"ampa.gain"``."""
        return self._record.acts_on

    @property
    def active(self) -> bool:
        """Whether it senses and moves what it acts on.

        While it is False, it stands still with everything that it has sensed and done so far, and then goes on from
        there, as if no time had passed. This is the controller's own switch: inside `Network.frozen` no controller
        moves, whatever the switch says.
        """
        return self.network.engine().controller_active(self.index)

    @active.setter
    def active(self, value: bool) -> None:
        active = coerce.flag(value, f"active of controller '{self.name}'")
        self.network.engine().set_controller_active(self.index, active)

    @property
    def states(self) -> tuple[str, ...]:
        """Names of the variables that it keeps, for every neuron, or once where it acts on something else."""
        return tuple(self.law.schema().states)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters of its law."""
        return tuple(self.law.schema().parameters)

    def get(self, name: str) -> Any:
        """A state, an array of shape (n,) with a value for each neuron; or a parameter, a number or such an array.

        Raises
        ------
        UnknownName
            If there is neither.
        """
        field = self._field(name)
        values = self.network.engine().controller_get(self.index, name)
        if name in self.states:
            return self._chosen(values)
        if field.choices:
            return field.choices[int(values[0])]
        return float(values[0]) if len(values) == 1 else self._chosen(values)

    def effective(self, name: str) -> float | NDArray[np.float64]:
        """A parameter as others adjust it: a number, or an array of shape (n,)."""
        self._field(name)
        values = self.network.engine().effective("controller", self.index, name)
        return float(values[0]) if len(values) == 1 else self._chosen(values)

    @claiming
    def set(self, mapping: Mapping[str, Value] | None = None, /, **values: Value) -> None:
        """Sets states and parameters: ``set(target_rate=3)``, ``set(factor=1.0)``; nothing if any value is refused.

        Raises
        ------
        UnknownName
            If there is no such parameter or state.
        ValueError
            If a value is out of bounds, an array has another length, or the parameter is fixed when the controller is
            made.
        """
        core, ready, neurons = self.network.engine(), [], self.neurons
        whom = 1 if neurons is None else neurons
        draws = Draws(core, self.index if neurons is None else neurons.population.index)
        for name, value in merged(mapping, values):
            field, part = self._field(name), type(self.law).__name__
            if field.choices or field.is_modulator or name in _FIXED:
                raise ValueError(f"{part}.{name} is fixed when the controller is made")
            number = checked(part, name, value, field.unit)
            ready.append((name, per_neuron(draws, number, part, name, f"controller {self.index}.{name}", whom)))

        def change(name: str, accepted: float | NDArray[np.float64]) -> Change:
            put = partial(core.controller_set, self.index, name)
            before = as_given(core.controller_get(self.index, name))
            return Change(partial(put, self._spread(name, accepted)), partial(put, before))

        perform_settings(change(name, accepted) for name, accepted in ready)

    def _gettable(self) -> tuple[str, ...]:
        return (*self.parameters, *self.states)

    def _chosen(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        neurons = self.neurons
        return order.of_neurons(neurons, values) if neurons is not None and len(values) > 1 else values

    def _spread(self, name: str, value: float | NDArray[np.float64]) -> Any:
        neurons = self.neurons
        if neurons is None:
            return value
        others = self.network.engine().controller_get(self.index, name) if name in self.states else None
        return order.of_population(neurons, value, others)

    def _field(self, name: str) -> Field:
        schema = self.law.schema()
        fields = {**schema.parameters, **schema.states}
        return fields[
            coerce.variable(name, fields, f"controller '{self.name}' ({schema.name}) has no parameter or state")
        ]

    def __repr__(self) -> str:
        return f"<Controller '{self.name}': {self.law!r} on {self.target.name}>"


class Address(NamedTuple):
    """Whose parameter it is, as the engine knows it."""

    owner: str  # "population", "projection", "drive" or "controller"
    number: int
    ids: NDArray[np.uint32] | None


def address_of(target: Any, network: Network, what: str) -> Address:
    """Where the engine finds something that can be acted on.

    Raises
    ------
    TypeError, ValueError
        If nothing can act on it, or it belongs to another network.
    """
    if isinstance(target, Neurons):
        neurons = network.own_neurons(target, what)
        return Address("population", neurons.population.index, neurons.native_ids)
    kinds: dict[type, str] = {Projection: "projection", Drive: "drive", Controller: "controller"}
    kind = next((name for cls, name in kinds.items() if isinstance(target, cls)), None)
    if kind is None:
        raise TypeError(
            f"{what} = {coerce.shown(target)} must be a population, a view of one, a projection, a drive or a "
            "controller"
        )
    if target.network is not network:
        raise ValueError(f"{what}: {kind} '{target.name}' belongs to another network")
    return Address(kind, target.index, None)


def neurons_of(target: Any) -> Neurons | None:
    """The neurons that a controller of a target keeps variables for; None where it keeps one of each."""
    return target if isinstance(target, Neurons) else None


def acts_on(law: Law, target: Any, kind: str) -> str:
    """The name of what a law moves, such as ``"V_th"`` or ``"ampa.gain"``.

    Raises
    ------
    TypeError, ValueError
        If the law does not act on such a target, or that has no such parameter.
    """
    part, given = type(law).__name__, law.parameters
    allowed = _TARGETS.get(part, ("population",))
    if kind not in allowed:
        raise TypeError(f"{part} acts on a {' or '.join(allowed)}, not on {kind} '{target.name}'")
    if "receptor" in given:
        population = target.population
        return f"{population.receptors[population.receptor_index(given['receptor'])]}.gain"
    name = str(given.get("parameter", ""))
    if kind == "population":
        check_adjustable(target, name, f"{part}.parameter")
    return name


def check_one_number(law: Law, target: Any) -> None:
    """Refuses arrays among the parameters of a law that acts on no neurons: it keeps one of each."""
    for name, value in law.parameters.items():
        if isinstance(value, np.ndarray) and len(value) != 1:
            raise ValueError(
                f"{type(law).__name__}.{name} has {len(value)} values; on {type(target).__name__.lower()} "
                f"'{target.name}' it is one number, the same for all neurons"
            )


def check_modifiable(target: Any, name: str, what: str) -> None:
    """Refuses what a modifier cannot multiply, with what was meant.

    Raises
    ------
    UnknownName
        If the target has no such parameter.
    """
    if isinstance(target, Neurons):
        check_adjustable(target, name, what, "spikes")
        return
    names, known = _factors_of(target)
    if name not in names and name not in known:
        meant = suggestion(name, names, {**words.PARAMETERS, **words.FACTORS})
        kind = type(target).__name__.lower()
        raise UnknownName(f"{what}: {kind} '{target.name}' has no parameter {name!r} to multiply; {meant}")


def _factors_of(target: Any) -> tuple[list[str], list[str]]:
    """The parameters of a projection, a drive or a controller that have factors, and others it knows."""
    if isinstance(target, Projection):
        fields = [(name, field) for name, (_, field) in target._rule_fields().items()]
        names = ["gain", *(name for name, field in fields if not field.choices and not field.is_modulator)]
        return names, [name for name, _ in fields]
    if isinstance(target, Drive):
        known = list(schemas()[target._part].parameters)
        return known[:1], known
    fields = list(target.law.schema().parameters.items())
    names = [name for name, field in fields if not field.choices and not field.is_modulator and name not in _FIXED]
    return names, [name for name, _ in fields]


def check_adjustable(neurons: Neurons, name: str, what: str, *others: str) -> None:
    """Refuses what is no parameter of neurons and no gain of their receptors, nor any of the others."""
    population = neurons.population
    names = [*others, *(f"{receptor}.gain" for receptor in population.receptors)]
    names += [known for known in population.fields if known not in population.states]
    coerce.variable(name, names, f"{what}: population '{population.name}' has no adjustable parameter")
