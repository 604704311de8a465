"""Drives: stimuli that act on neurons without being neurons."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce, order, parts
from .changes import Change, assigned, claiming, perform_settings
from .handle import NamedHandle, NamedRecord
from .part import Stimulus
from .saving import Put, Restoring, require, saved, text
from .schedule import Schedule
from .schema import schemas
from .structure import SCHEDULED
from .values import Draws, Value, as_given, check_columns, checked, merged, per_neuron, schedule_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .network import Network
    from .population import Neurons, NeuronsRecord


class DriveRecord(NamedRecord["Drive"]):
    """What a network knows of a drive."""

    __slots__ = ("in_force", "part", "stimulus", "target")

    kind = "drive"

    def __init__(self, index: int, name: str, target: NeuronsRecord, stimulus: Stimulus, part: str) -> None:
        super().__init__(index, name)
        self.target, self.stimulus = target, stimulus
        self.in_force = stimulus  # with what has been set since
        self.part = part  # what the engine calls the stimulus

    def _new_handle(self, network: Network) -> Drive:
        return Drive(network, self)

    def state(self, put: Put) -> dict[str, Any]:
        """What a file says of the drive."""
        return {
            "name": self.name,
            "target": self.target.reference(put),
            "stimulus": saved(self.stimulus, put),
            "in_force": None if self.in_force is self.stimulus else saved(self.in_force, put),
            "part": self.part,
        }

    @classmethod
    def restored(cls, index: int, told: Mapping[str, Any], known: Restoring) -> DriveRecord:
        """The reverse of `state`."""
        name, stimulus = known.free(told["name"], cls.kind), known.part(told["stimulus"], Stimulus)
        record = cls(index, name, known.neurons(told["target"]), stimulus, text(told["part"]))
        if told.get("in_force") is not None:  # earlier versions do not say it
            record.in_force = known.part(told["in_force"], Stimulus)
            names = type(stimulus).__name__, record.part
            require(type(record.in_force).__name__ in names, "a drive is of another kind than it was made")
        return record


class Drive(NamedHandle[DriveRecord]):
    """A stimulus at work on some neurons; made by `Network.drive`."""

    place = "drives"

    @property
    def target(self) -> Neurons:
        """The neurons that it acts on."""
        return self._record.target.handle(self.network)

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
        return self.network.engine().drive_active(self.index)

    @active.setter
    def active(self, value: bool) -> None:
        self.network.engine().set_drive_active(self.index, coerce.flag(value, f"active of drive '{self.name}'"))

    def get(self, name: str) -> float | NDArray[np.float64]:
        """A parameter of the stimulus: a number, or an array of shape (n,).

        Raises
        ------
        UnknownName
            If there is no such parameter.
        """
        self._check_name(name)
        values = np.atleast_1d(self.network.engine().drive_get(self.index, name))
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
        self._check_name(name)
        values = np.atleast_1d(self.network.engine().effective("drive", self.index, name))
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
        core = self.network.engine()
        draws = Draws(core, self.target.population.index)
        changes: list[Change] = []
        given: dict[str, Any] = {}
        for name, value in merged(mapping, values):
            unit = self._check_name(name)
            if isinstance(value, Schedule) and (self._part, name) in SCHEDULED:
                check_columns(value, f"{self._part}.{name}", len(self.target))
                schedules = {name: spread_schedule(self.target, value)}
                (put_schedule,) = schedule_settings(core, self.network.clock, "drive", schedules)
                changes.append(Change(partial(put_schedule, self.index)))
                given[name] = value
                continue
            number = checked(self._part, name, value, unit)
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
        if type(stimulus).__name__ != self._part and given:
            return getattr(parts, self._part)(**given)  # type: ignore[no-any-return]
        return stimulus.replace(**given)

    def _gettable(self) -> tuple[str, ...]:
        return tuple(schemas()[self._part].parameters)

    def _check_name(self, name: str) -> str:
        fields = schemas()[self._part].parameters
        return fields[coerce.variable(name, fields, f"drive '{self.name}' ({self._part}) has no parameter")].unit

    def __repr__(self) -> str:
        return f"<Drive '{self.name}': {self._record.in_force!r} on {self.target.name}>"


def spread_schedule(neurons: Neurons, schedule: Schedule) -> Schedule:
    """A schedule with a column for each neuron of a view as one for the whole population, or one column for all."""
    if schedule.values.ndim == 1:
        return schedule
    return Schedule(schedule.times, np.asarray(order.of_population(neurons, schedule.values)))
