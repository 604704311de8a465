"""Drives: stimuli that act on neurons without being neurons."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce, losses, order, words
from .adjusting import Address, Adjustable, check_factor
from .changes import Change, added, assigned, claiming, perform_settings
from .handle import NamedHandle, NamedRecord, free_name
from .part import Distribution, Source, Stimulus, part_named
from .population import own_neurons
from .saving import Put, Restoring, Sides, require, saved, text
from .schedule import Schedule
from .schema import schemas
from .values import (
    Draws,
    Resolved,
    Value,
    as_given,
    check_columns,
    checked,
    drawn_for,
    merged,
    per_neuron,
    resolve,
    schedule_settings,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from . import _native
    from .faces import NetworkFace
    from .population import Neurons, NeuronsRecord, Population
    from .schema import Field


class DriveRecord(NamedRecord["Drive"]):
    """What a network knows of a drive."""

    __slots__ = ("in_force", "part", "stimulus", "target")

    kind = "drive"

    def __init__(self, index: int, name: str, target: NeuronsRecord, stimulus: Stimulus, part: str) -> None:
        super().__init__(index, name)
        self.target, self.stimulus = target, stimulus
        self.in_force = stimulus  # with what has been set since
        self.part = part  # what the engine calls the stimulus

    def _new_handle(self, network: NetworkFace) -> Drive:
        return Drive(network, self)

    def state(self, put: Put, core: _native.Core) -> dict[str, Any]:
        """What a file says of the drive."""
        return {
            "name": self.name,
            "target": self.target.reference(put),
            "stimulus": saved(self.stimulus, put),
            "in_force": None if self.in_force is self.stimulus else saved(self.in_force, put),
            "part": self.part,
            "active": core.drive_active(self.index),
        }

    @classmethod
    def restored(cls, number: int, told: Mapping[str, Any], known: Restoring) -> DriveRecord:
        """The reverse of `state`."""
        name, stimulus = known.free(told["name"], cls.kind), known.part(told["stimulus"], Stimulus)
        record = cls(number, name, known.neurons(told["target"]), stimulus, text(told["part"]))
        if told.get("in_force") is not None:  # earlier versions do not say it
            record.in_force = known.part(told["in_force"], Stimulus)
            names = type(stimulus).__name__, record.part
            require(type(record.in_force).__name__ in names, "a drive is of another kind than it was made")
        return record

    @classmethod
    def compare(cls, number: int, told: Mapping[str, Any], sides: Sides) -> None:
        """Refuses a file where the engine was told something else of the drive."""
        own = [sides.places["population"][told["target"]["population"]], told["part"]]
        sides.same(f"drive {number}", own, sides.listed(f"drive/{number}", "population", "part"))


class Drive(NamedHandle[DriveRecord], Adjustable):
    """A stimulus at work on some neurons; made by `Network.drive`."""

    place = "drives"

    @property
    def target(self) -> Neurons:
        """The neurons that it acts on."""
        return self._record.target.handle(self._network)

    @property
    def stimulus(self) -> Stimulus:
        """The stimulus, as it was given."""
        return self._record.stimulus

    @property
    def _part(self) -> str:
        return self._record.part

    @property
    def active(self) -> bool:
        """Whether the stimulus acts."""
        return self._network.engine().drive_active(self.index)

    @active.setter
    def active(self, value: bool) -> None:
        self._network.engine().set_drive_active(self.index, coerce.flag(value, f"active of drive '{self.name}'"))

    def get(self, name: str) -> float | NDArray[np.float64]:
        """A parameter of the stimulus: a number, or an array of shape (n,).

        Raises
        ------
        UnknownName
            If there is no such parameter.
        """
        self._field(name)
        values = np.atleast_1d(self._network.engine().drive_get(self.index, name))
        return float(values[0]) if len(values) == 1 else order.of_neurons(self.target, values)

    def effective(self, name: str) -> float | NDArray[np.float64]:
        """The first parameter as controllers and modifiers adjust it: a number, or an array of shape (n,).

        Raises
        ------
        UnknownName
            If there is no such parameter.
        ValueError
            If it is not the first: others are never adjusted.
        """
        self._field(name)
        values = np.atleast_1d(self._network.engine().effective("drive", self.index, name))
        return float(values[0]) if len(values) == 1 else order.of_neurons(self.target, values)

    @claiming
    def set(self, mapping: Mapping[str, Value | Schedule] | None = None, /, **values: Value | Schedule) -> None:
        """Sets parameters of the stimulus: ``set(rate=20)``. Nothing is set if any value is refused.

        Raises
        ------
        UnknownName
            If there is no such parameter.
        ValueError
            If a value is out of bounds or an array has another length.
        """
        core = self._network.engine()
        draws = Draws(core, self.target.population.index)
        changes: list[Change] = []
        given: dict[str, Any] = {}
        for name, value in merged(mapping, values):
            field = self._field(name)
            if isinstance(value, Schedule) and field.follows_schedule:
                check_columns(value, f"{self._part}.{name}", len(self.target))
                schedules = {name: spread_schedule(self.target, value)}
                (put_schedule,) = schedule_settings(core, self._network.clock, "drive", schedules)
                changes.append(Change(partial(put_schedule, self.index)))
                given[name] = value
                continue
            number = checked(self._part, name, value, field.unit)
            variable = f"drive {self.index}.{name}"
            accepted = per_neuron(draws, number, self._part, name, variable, self.target)
            given[name] = accepted
            before = as_given(np.atleast_1d(core.drive_get(self.index, name)))
            put = partial(core.drive_set, self.index, name)
            changes.append(Change(partial(put, order.of_population(self.target, accepted)), partial(put, before)))
        perform_settings([assigned(self._record, "in_force", self._with(given)), *changes])

    def _with(self, given: dict[str, Any]) -> Stimulus:
        """The stimulus in force with other values; one whose amplitude is set steps no more."""
        stimulus = self._record.in_force
        plain = part_named(self._part)
        if given and plain is not None and issubclass(plain, Stimulus) and not isinstance(stimulus, plain):
            return plain(**given)
        return stimulus.replace(**given)

    def _gettable(self) -> tuple[str, ...]:
        return tuple(schemas()[self._part].parameters)

    def _field(self, name: str) -> Field:
        fields = schemas()[self._part].parameters
        return fields[coerce.variable(name, fields, f"drive '{self.name}' ({self._part}) has no parameter")]

    def _address(self) -> Address:
        return Address("drive", self.index, None)

    def _check_multiplied(self, name: str, what: str) -> None:
        known = self._gettable()
        check_factor(name, known[:1], known, f"{what}: drive '{self.name}'")

    def __repr__(self) -> str:
        return f"<Drive '{self.name}': {self._record.in_force!r} on {self.target.name}>"


def spread_schedule(neurons: Neurons, schedule: Schedule) -> Schedule:
    """A schedule with a column for each neuron of a view as one for the whole population, or one column for all."""
    if schedule.values.ndim == 1:
        return schedule
    return Schedule(schedule.times, np.asarray(order.of_population(neurons, schedule.values)))


def planned(
    network: NetworkFace,
    drives: dict[str, DriveRecord],
    target: Any,
    stimulus: Any,
    *,
    receptor: str | None,
    weight: Value | None,
    name: str | None,
) -> tuple[DriveRecord, list[Change]]:
    """A drive, and the changes that add it: see `Network.drive`."""
    core, neurons = network.engine(), own_neurons(target, network, "target")
    if not isinstance(stimulus, Stimulus):
        raise TypeError(
            f"stimulus = {coerce.shown(stimulus)} must be a stimulus, such as PoissonInput(rate=1000)"
            f"{_of_no_stimulus(stimulus)}"
        )
    name, own = free_name(name, "drive", drives), neurons.population
    if isinstance(own.model, Source):
        raise ValueError(f"population '{own.name}' ({type(own.model).__name__}) has no membrane to drive")
    index = _receptor_of(stimulus, own, receptor, weight)
    variable, draws = f"drive {len(drives)}.", Draws(core, own.index)
    strength = _weight(1.0 if weight is None else weight, draws, variable + "weight", neurons)
    numbers, schedules = _parameters(stimulus, draws, neurons, variable)
    numbers = {key: order.of_population(neurons, value) for key, value in numbers.items()}
    schedules = {key: spread_schedule(neurons, value) for key, value in schedules.items()}
    strength = order.of_population(neurons, strength)
    record = DriveRecord(-1, name, neurons._record, stimulus, stimulus.schema().engine_name)
    add = partial(core.add_drive, own.index, neurons.native_ids, record.part, numbers, index, strength)
    keep = schedule_settings(core, network.clock, "drive", schedules)
    return record, added(drives, record, add, core.withdraw_drive, keep)


def _of_no_stimulus(value: Any) -> str:
    """The end of the sentence that refuses what is no stimulus."""
    if isinstance(value, Source):
        source = type(value).__name__
        return (
            f"; {source} makes neurons of their own: population = net.population(n, {source}(...)), and then "
            "net.connect(population, neurons, ...)"
        )
    return words.remedy(value)


def _receptor_of(stimulus: Stimulus, population: Population, receptor: str | None, weight: Any) -> int:
    """The number of the receptor that a stimulus acts on; -1: it acts on the membrane."""
    if stimulus.schema().into_receptor:
        return population.receptor_index(receptor)
    if receptor is not None or weight is not None:
        raise ValueError(f"{type(stimulus).__name__} acts on the membrane: it takes no receptor and no weight")
    return -1


def _parameters(stimulus: Stimulus, draws: Draws, neurons: Neurons, variable: str) -> Resolved:
    """The numbers of a stimulus and its schedules, as those of what the engine calls it."""
    stepped, given = stimulus.schema().declared.stepped, stimulus.parameters
    if not stepped:
        return resolve(draws, stimulus, neurons, variable)
    schedules = {}
    for field, (times, values) in stepped.items():
        schedules[field] = Schedule(given[times], given[values])
        check_columns(schedules[field], f"{type(stimulus).__name__}.{values}", len(neurons))
    return Resolved(dict.fromkeys(stepped, 0.0), schedules)


def _weight(weight: Any, draws: Draws, variable: str, neurons: Neurons) -> float | NDArray[np.float64]:
    """The weight of a drive: a number, or one for each neuron."""
    if isinstance(weight, Distribution):
        weight = drawn_for(draws, weight, variable, neurons)
    strength = coerce.number_or_array(weight, "weight")
    if isinstance(strength, np.ndarray) and len(strength) != len(neurons):
        raise ValueError(f"weight has {len(strength)} values for {len(neurons)} neurons")
    losses.of_weights(draws.core, "weight", strength)
    return strength
