"""Laws of structure at work: synapses that form and go by themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _native, coerce
from .changes import Change, added, assigned, claiming, perform_settings
from .handle import NamedHandle, NamedRecord, free_name
from .part import StructuralLaw
from .projection import Projection, ProjectionRecord
from .recorders import MovedRecord, Recordable
from .saving import Put, Restoring, Sides, index_of, require, saved
from .schedule import Schedule
from .schema import not_followed, schemas
from .values import merged

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .faces import NetworkFace
    from .part import Elements
    from .schema import Field

# what neurons have of elements besides the states of these; it follows from the synapses
_COUNTED = ("bound", "vacant")


class RewiringRecord(NamedRecord["Rewiring"]):
    """What a network knows of a law of structure at work."""

    __slots__ = ("elements", "in_force", "law", "projections", "sides")

    kind = "controller"

    def __init__(
        self,
        index: int,
        name: str,
        projections: tuple[ProjectionRecord, ...],
        law: StructuralLaw,
    ) -> None:
        super().__init__(index, name)
        self.projections, self.law = projections, law
        self.in_force = law  # with the rate that it has now
        count = len(projections)
        sides = ["axonal", *(f"dendritic.{q}" if count > 1 else "dendritic" for q in range(count))]
        self.elements: Elements | None = law.parameters.get("axonal")  # those of dendrites are of the same kind
        self.sides = [] if self.elements is None else sides

    def _new_handle(self, network: NetworkFace) -> Rewiring:
        return Rewiring(network, self)

    def state(self, put: Put, core: _native.Core) -> dict[str, Any]:
        """What a file says of the law."""
        return {
            "name": self.name,
            "index": self.index,
            "law": saved(self.law, put),
            "in_force": None if self.in_force is self.law else saved(self.in_force, put),
            "projections": [projection.name for projection in self.projections],
            "active": core.rewiring_active(self.index),
        }

    @classmethod
    def is_of(cls, told: Mapping[str, Any]) -> bool:
        """Whether a file tells of a law of structure, and not of a controller: that has a target."""
        return "projections" in told

    @classmethod
    def restored(cls, number: int, told: Mapping[str, Any], known: Restoring) -> RewiringRecord:
        """The reverse of `state`."""
        name, law = known.free(told["name"], cls.kind), known.part(told["law"], StructuralLaw)
        projections = tuple(known.projection(each) for each in told["projections"])
        require(len(projections) > 0, "a law of structure is without projections")
        record = cls(index_of(told["index"]), name, projections, law)
        if told.get("in_force") is not None:  # earlier versions do not say it
            record.in_force = known.part(told["in_force"], type(law))
        return record

    @classmethod
    def compare(cls, number: int, told: Mapping[str, Any], sides: Sides) -> None:
        """Refuses a file where the engine was told something else of the law."""
        index = index_of(told["index"])
        own = [told["law"]["part"], *(sides.places["projection"][name] for name in told["projections"])]
        has = [sides.engine[f"rewiring/{index}/law"], *sides.engine[f"rewiring/{index}/projections"].tolist()]
        sides.same(f"law {index}", own, has)


class Rewiring(NamedHandle[RewiringRecord], Recordable):
    """A law of structure at work on one or several projections; made by `Network.control`.

    It updates at every multiple of its interval, before anything else of that step. What is read at that very moment
    does not contain the update yet.
    """

    place = "controllers"

    _kinds_of_recorders = (MovedRecord,)

    acts_on = "synapses"

    @property
    def projections(self) -> tuple[Projection, ...]:
        """The projections that it acts on."""
        return tuple(record.handle(self._network) for record in self._record.projections)

    @property
    def law(self) -> StructuralLaw:
        """What it does, as it was given."""
        return self._record.law

    @property
    def target(self) -> Projection:
        """The first projection."""
        return self.projections[0]

    @property
    def active(self) -> bool:
        """Whether synapses come and go.

        While it is False, the law's calcium, elements and its memory of spikes stand still, and then go on from there,
        as if no time had passed. This is the law's own switch: inside `Network.frozen` no law acts, whatever the switch
        says.
        """
        return self._network.engine().rewiring_active(self.index)

    @active.setter
    def active(self, value: bool) -> None:
        active = coerce.flag(value, f"active of controller '{self.name}'")
        self._network.engine().set_rewiring_active(self.index, active)

    @property
    def created(self) -> int:
        """Number of synapses it has created so far."""
        return self._network.engine().rewired(self.index)[0]

    @property
    def removed(self) -> int:
        """Number of synapses it has removed so far."""
        return self._network.engine().rewired(self.index)[1]

    @property
    def timings(self) -> dict[str, float]:
        """Seconds that the last update took, by phase: ``grow``, ``scan``, ``pair`` and ``edit``."""
        return self._network.engine().rewiring_timings(self.index)

    @property
    def states(self) -> tuple[str, ...]:
        """Names of what it keeps of every neuron, such as ``"axonal.z"``, ``"dendritic.Ca"``.

        Where there are several projections, ``"dendritic.1.z"`` is of the second. ``bound`` and ``vacant`` are counted
        when they are read.
        """
        elements = self._record.elements
        names = [] if elements is None else [*elements.schema().states, *_COUNTED]
        return tuple(f"{side}.{name}" for side in self._record.sides for name in names)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters of its law."""
        return tuple(self.law.schema().parameters)

    def get(self, name: str) -> Any:
        """A state, an array of shape (n,) with a value for each neuron; or a parameter.

        Raises
        ------
        UnknownName
            If there is neither.
        """
        if coerce.is_name(name, *self.states):
            return self._network.engine().elements_get(self.index, *self.place_of(name))
        field = self._field(name)
        value = self._network.engine().rewiring_get(self.index, name)
        if field.is_flag:
            return bool(value)
        return field.choices[int(value)] if field.choices else value

    @claiming
    def set(self, mapping: Mapping[str, ArrayLike | Schedule] | None = None, /, **values: ArrayLike | Schedule) -> None:
        """Sets parameters and states: ``set(rate=0.5)``, ``set({"axonal.z": 3})``; nothing if any value is refused.

        The rate of `Creation` may also be a `Schedule`, which takes the place of the rate or schedule it had.

        Raises
        ------
        UnknownName
            If there is no such parameter or state.
        ValueError
            If a value is out of bounds, an array has another length, or the parameter is fixed when the law is put in
            force.
        """
        ready: list[tuple[str, Any]] = []
        for name, value in merged(mapping, values):
            if name in self.states:
                ready.append((name, self._accepted_state(name, value)))
                continue
            field, what = self._field(name), f"{type(self.law).__name__}.{name}"
            if field.choices or field.is_fixed:
                raise ValueError(f"{what} is fixed when the law is put in force")
            if isinstance(value, Schedule):
                _check_schedule(value, type(self.law).__name__, name)
                ready.append((name, value))
                continue
            number = coerce.number(value, what, field.unit, infinite=field.infinite)
            _native.check(type(self.law).__name__, name, number)
            ready.append((name, number))
        law = self._record.in_force.replace(**{n: v for n, v in ready if n not in self.states})
        changes = [self._change(name, accepted) for name, accepted in ready]
        perform_settings([assigned(self._record, "in_force", law), *changes])

    def _change(self, name: str, accepted: Any) -> Change:
        core = self._network.engine()
        if name in self.states:
            put = partial(core.elements_set, self.index, *self.place_of(name))
        elif isinstance(accepted, Schedule):
            steps = self._network.clock.nearest(accepted.times, "Schedule.times")
            return Change(partial(core.set_rewiring_schedule, self.index, steps, accepted.values))
        else:
            put = partial(core.rewiring_set, self.index, name)
            if self._field(name).follows_schedule:  # it may replace one, which a number cannot bring back
                return Change(partial(put, accepted))
        return Change(partial(put, accepted), partial(put, self.get(name)))

    @property
    def _in_force(self) -> StructuralLaw:
        """The law with the parameters that it has now, as far as they are known here."""
        return self._record.in_force

    def _gettable(self) -> tuple[str, ...]:
        return (*self.parameters, *self.states)

    def _begin_recording(self, state: str, steps: int) -> Callable[[], int]:
        """The call of the engine that begins a recording, and gives its number."""
        return partial(self._network.engine().record_elements, self.index, *self.place_of(state), steps)

    def place_of(self, state: str) -> tuple[int, str]:
        """By which number and name the engine knows a state."""
        coerce.variable(state, self.states, f"controller '{self.name}' has no state")
        side, _, name = state.rpartition(".")
        return self._record.sides.index(side), name

    def _accepted_state(self, state: str, value: Any) -> Any:
        name = self.place_of(state)[1]
        if name in _COUNTED:
            raise ValueError(f"'{state}' of controller '{self.name}' follows from the synapses; it cannot be set")
        part = type(self._record.elements).__name__
        numbers = coerce.number_or_array(value, f"{part}.{name}")
        size = len(self.get(state))
        if isinstance(numbers, np.ndarray) and len(numbers) != size:
            raise ValueError(f"'{state}' of controller '{self.name}': {len(numbers)} values for {size} neurons")
        _native.check(part, name, numbers)
        return numbers

    def _field(self, name: str) -> Field:
        fields = self.law.schema().parameters
        what = f"controller '{self.name}' ({type(self.law).__name__}) has no parameter or state"
        return fields[coerce.variable(name, fields, what, self.states)]

    def __repr__(self) -> str:
        names = ", ".join(p.name for p in self.projections)
        return f"<Rewiring '{self.name}': {type(self.law).__name__} on {names}>"


def planned(
    network: NetworkFace, controllers: dict[str, Any], target: Any, law: StructuralLaw, name: str | None
) -> tuple[RewiringRecord, list[Change]]:
    """A law of structure, and the changes that put it in force: see `Network.control`."""
    core, name = network.engine(), free_name(name, "controller", controllers)
    projections, plan = _plan(law, target, network)
    record = RewiringRecord(-1, name, tuple(p._record for p in projections), law)
    keep: list[Callable[[int], None]] = []
    if plan.schedule is not None:
        steps = network.clock.nearest(plan.schedule.times, "Schedule.times")
        keep.append(partial(core.set_rewiring_schedule, steps=steps, values=plan.schedule.values))
    add = partial(core.add_rewiring, name, [p.index for p in projections], plan.specs, plan.places)
    return record, added(controllers, record, add, keep=keep)


class _Plan(NamedTuple):
    """A law as the engine takes it."""

    specs: list[tuple[str, dict[str, Any]]]
    places: dict[str, Any]
    schedule: Schedule | None


def _plan(law: StructuralLaw, target: Any, network: NetworkFace) -> tuple[tuple[Projection, ...], _Plan]:
    """The projections that a law is to act on, and what the engine is to be told.

    Raises
    ------
    TypeError, ValueError
        If the law cannot act on them.
    """
    part = type(law).__name__
    projections = tuple(target) if isinstance(target, Sequence) else (target,)
    if not projections or not all(isinstance(p, Projection) for p in projections):
        raise TypeError(f"{part} acts on a projection, not on {coerce.shown(target)}")
    for projection in projections:
        projection._check_own(network, "target")
    elements = _elements(law, len(projections))
    if len(projections) > 1 and not elements:
        raise ValueError(f"{part} acts on one projection; put it in force on each")
    if len({p.index for p in projections}) < len(projections):
        raise ValueError(f"{part} acts on a projection once")
    options = law.options()
    rate = law.parameters.get("rate")
    schedule = rate if isinstance(rate, Schedule) else None
    if schedule is not None:
        _check_schedule(schedule, part, "rate")
        options["rate"] = 0.0
    specs = [(part, options), *((type(e).__name__, e.options()) for e in elements)]
    return projections, _Plan(specs, _places(law, projections), schedule)


def _check_schedule(schedule: Schedule, part: str, name: str) -> None:
    """Refuses a schedule that a parameter of a law cannot follow."""
    if not schemas()[part].parameters[name].follows_schedule:
        raise TypeError(not_followed(part, name))
    if schedule.values.ndim != 1:
        raise ValueError(f"{part}.{name} is one number: Schedule.values must have one dimension, not 2")
    _native.check(part, name, schedule.values)


def _elements(law: StructuralLaw, count: int) -> list[Elements]:
    if "axonal" not in law.parameters:
        return []
    dendritic = law.parameters["dendritic"]
    each = list(dendritic) if isinstance(dendritic, tuple) else [dendritic] * count
    if len(each) != count:
        raise ValueError(f"{type(law).__name__}.dendritic has elements for {len(each)} projections, not for {count}")
    return [law.parameters["axonal"], *each]


def _places(law: StructuralLaw, projections: tuple[Projection, ...]) -> dict[str, Any]:
    given, part = law.parameters, type(law).__name__
    if given.get("pairing") != "distance" and given.get("speed", np.inf) == np.inf:
        return {}
    ends = [projections[0].pre, *(p.post for p in projections)]
    places: list[NDArray[np.float64]] = []
    for population in ends:
        if population.positions is None:
            raise ValueError(f"{part} needs distances; give population '{population.name}' some: positions=...")
        places.append(population.positions)
    dimensions = {p.shape[1] for p in places}
    extent = given["extent"]
    if len(dimensions) > 1 or (extent is not None and {len(extent)} != dimensions):
        raise ValueError(f"{part}: positions of the populations and extent must have the same number of dimensions")
    return {"pre": places[0], "post": places[1:], "extent": np.zeros(0) if extent is None else extent}
