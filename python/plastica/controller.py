"""Controllers: slow loops that hold a network in a working range, and what they have moved so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce, order, words
from .adjusting import Address, Adjustable, address_of, adjustable, check_factor
from .changes import Change, added, claiming, perform_settings
from .handle import NamedHandle, NamedRecord, Record, free_name
from .modulator import modulators_of
from .part import Law, Source
from .population import Neurons
from .recorders import MovedRecord, Recordable
from .saving import Put, Restoring, Sides, index_of, saved, text
from .values import Draws, Value, as_given, checked, merged, per_neuron, resolve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from . import _native
    from .faces import NetworkFace
    from .modulator import ModulatorRecord
    from .schema import Field


class ControllerRecord(NamedRecord["Controller"]):
    """What a network knows of a controller."""

    __slots__ = ("acts_on", "law", "target")

    kind = "controller"

    def __init__(self, index: int, name: str, target: Record[Any], law: Law, acts_on: str) -> None:
        super().__init__(index, name)
        self.target, self.law, self.acts_on = target, law, acts_on

    def _new_handle(self, network: NetworkFace) -> Controller:
        return Controller(network, self)

    def state(self, put: Put, core: _native.Core) -> dict[str, Any]:
        """What a file says of the controller."""
        return {
            "name": self.name,
            "index": self.index,
            "law": saved(self.law, put),
            "target": self.target.reference(put),
            "acts_on": self.acts_on,
            "active": core.controller_active(self.index),
        }

    @classmethod
    def restored(cls, number: int, told: Mapping[str, Any], known: Restoring) -> ControllerRecord:
        """The reverse of `state`."""
        name, target, law = (
            known.free(told["name"], cls.kind),
            known.target(told["target"]),
            known.part(told["law"], Law),
        )
        return cls(index_of(told["index"]), name, target, law, text(told["acts_on"]))

    @classmethod
    def compare(cls, number: int, told: Mapping[str, Any], sides: Sides) -> None:
        """Refuses a file where the engine was told something else of the controller."""
        index = index_of(told["index"])
        own = [told["law"]["part"], *sides.address(told["target"])]
        sides.same(f"controller {index}", own, sides.listed(f"controller/{index}", "part", "owner", "target"))


class Controller(NamedHandle[ControllerRecord], Recordable, Adjustable):
    """A law at work on neurons, a projection, a drive or another controller; made by `Network.control`.

    It updates at every multiple of its interval, before anything else of that step. What is read at that very moment
    does not contain the update yet.
    """

    place = "controllers"

    _kinds_of_recorders = (MovedRecord,)

    @property
    def target(self) -> Any:
        """What is sensed and adjusted: neurons, a projection, a drive or another controller."""
        return self._record.target.handle(self._network)

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
        return self._network.engine().controller_active(self.index)

    @active.setter
    def active(self, value: bool) -> None:
        active = coerce.flag(value, f"active of controller '{self.name}'")
        self._network.engine().set_controller_active(self.index, active)

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
        values = self._network.engine().controller_get(self.index, name)
        if name in self.states:
            return self._chosen(values)
        if field.choices:
            return field.choices[int(values[0])]
        return float(values[0]) if len(values) == 1 else self._chosen(values)

    def effective(self, name: str) -> float | NDArray[np.float64]:
        """A parameter as others adjust it: a number, or an array of shape (n,)."""
        self._field(name)
        values = self._network.engine().effective("controller", self.index, name)
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
        core, ready, neurons = self._network.engine(), [], self.neurons
        whom = 1 if neurons is None else neurons
        draws = Draws(core, self.index if neurons is None else neurons.population.index)
        for name, value in merged(mapping, values):
            field, part = self._field(name), type(self.law).__name__
            if field.choices or field.is_modulator or field.is_fixed:
                raise ValueError(f"{part}.{name} is fixed when the controller is made")
            number = checked(part, name, value, field.unit)
            ready.append((name, per_neuron(draws, number, part, name, f"controller {self.index}.{name}", whom)))

        def change(name: str, accepted: float | NDArray[np.float64]) -> Change:
            put = partial(core.controller_set, self.index, name)
            before = as_given(core.controller_get(self.index, name))
            return Change(partial(put, self._spread(name, accepted)), partial(put, before))

        perform_settings(change(name, accepted) for name, accepted in ready)

    @property
    def _in_force(self) -> Law:
        """The law with the parameters that it has now, as far as they are known here."""
        return self.law

    def _gettable(self) -> tuple[str, ...]:
        return (*self.parameters, *self.states)

    def _begin_recording(self, state: str, steps: int) -> Callable[[], int]:
        """The call of the engine that begins a recording, and gives its number."""
        ids = None if self.neurons is None else self.neurons.native_ids
        return partial(self._network.engine().record_controller, self.index, state, ids, steps)

    def _address(self) -> Address:
        return Address("controller", self.index, None)

    def _check_multiplied(self, name: str, what: str) -> None:
        parameters = self.law.schema().parameters
        check_factor(name, adjustable(parameters.items()), parameters, f"{what}: controller '{self.name}'")

    def _chosen(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        neurons = self.neurons
        return order.of_neurons(neurons, values) if neurons is not None and len(values) > 1 else values

    def _spread(self, name: str, value: float | NDArray[np.float64]) -> Any:
        neurons = self.neurons
        if neurons is None:
            return value
        others = self._network.engine().controller_get(self.index, name) if name in self.states else None
        return order.of_population(neurons, value, others)

    def _field(self, name: str) -> Field:
        schema = self.law.schema()
        fields = {**schema.parameters, **schema.states}
        return fields[
            coerce.variable(name, fields, f"controller '{self.name}' ({schema.name}) has no parameter or state")
        ]

    def __repr__(self) -> str:
        return f"<Controller '{self.name}': {self.law!r} on {self.target.name}>"


def neurons_of(target: Any) -> Neurons | None:
    """The neurons that a controller of a target keeps variables for; None where it keeps one of each."""
    return target if isinstance(target, Neurons) else None


def planned(
    network: NetworkFace,
    controllers: dict[str, Any],
    modulators: Mapping[str, ModulatorRecord],
    target: Any,
    law: Any,
    name: str | None,
) -> tuple[ControllerRecord, list[Change]]:
    """A controller, and the changes that add it: see `Network.control`."""
    core, address = network.engine(), address_of(target, network, "target")
    if not isinstance(law, Law):
        raise TypeError(
            f"law = {coerce.shown(law)} must be what a controller does, such as SynapticScaling(){words.remedy(law)}"
        )
    name, part = free_name(name, "controller", controllers), type(law).__name__
    moved = _moved_by(law, target, address.owner)
    numbers = _numbers_of(law, target, Draws(core, address.number), f"controller {len(controllers)}.")
    numbers |= modulators_of(law, modulators)
    neurons = neurons_of(target)
    if neurons is not None:
        numbers = {key: order.of_population(neurons, value) for key, value in numbers.items()}
    record = ControllerRecord(-1, name, target._record, law, moved)
    return record, added(controllers, record, partial(core.add_controller, name, *address, moved, part, numbers))


def _moved_by(law: Law, target: Any, kind: str) -> str:
    """The name of what a law moves, such as ``"V_th"`` or ``"ampa.gain"``.

    Raises
    ------
    TypeError, ValueError
        If the law does not act on such a target, or that has no such parameter.
    """
    part, given, schema = type(law).__name__, law.parameters, law.schema()
    if kind not in schema.targets:
        raise TypeError(f"{part} acts on a {' or '.join(schema.targets)}, not on {kind} '{target.name}'")
    neurons = neurons_of(target)
    if "receptor" in given:
        population = target.population
        moved = f"{population.receptors[population.receptor_index(given['receptor'])]}.gain"
    else:
        moved = str(given.get("parameter", ""))
        if neurons is not None:
            neurons._check_adjustable(moved, f"{part}.parameter")
    if neurons is not None and isinstance(neurons.model, Source) and not schema.declared.acts_on_sources:
        own = neurons.population
        raise ValueError(f"{part} cannot act on population '{own.name}' ({type(own.model).__name__})")
    return moved


def _numbers_of(law: Law, target: Any, draws: Draws, prefix: str) -> dict[str, Any]:
    """The numbers of a law: one for each neuron, or one of each where it acts on no neurons."""
    neurons = neurons_of(target)
    if neurons is not None:
        return resolve(draws, law, neurons, prefix).numbers
    for name, value in law.parameters.items():
        if isinstance(value, np.ndarray) and len(value) != 1:
            raise ValueError(
                f"{type(law).__name__}.{name} has {len(value)} values; on {type(target).__name__.lower()} "
                f"'{target.name}' it is one number, the same for all neurons"
            )
    return resolve(draws, law, 1, prefix).numbers
