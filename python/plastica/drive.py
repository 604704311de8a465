"""Drives: stimuli that act on neurons without being neurons."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from . import coerce
from .changes import Change, claiming, perform_settings
from .handle import Handle
from .part import Stimulus
from .schedule import Schedule
from .schema import schemas
from .structure import SCHEDULED
from .values import Draws, Value, as_given, check_columns, checked, merged, per_neuron, schedule_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .network import Network
    from .population import Neurons


class Drive(Handle):
    """A stimulus at work on some neurons; made by `Network.drive`."""

    place = "drives"

    def __init__(self, network: Network, index: int, name: str, target: Neurons, stimulus: Stimulus, part: str) -> None:
        self.network, self.index, self.name, self.target, self.stimulus = network, index, name, target, stimulus
        self._part = part  # what the engine calls the stimulus

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
        return float(values[0]) if len(values) == 1 else values[self.target.ids]

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
        return float(values[0]) if len(values) == 1 else values[self.target.ids]

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
        for name, value in merged(mapping, values):
            unit = self._check_name(name)
            if isinstance(value, Schedule) and (self._part, name) in SCHEDULED:
                check_columns(value, f"{self._part}.{name}", len(self.target))
                schedules = {name: spread_schedule(self.target, value)}
                (put_schedule,) = schedule_settings(core, self.network.clock, "drive", schedules)
                changes.append(Change(partial(put_schedule, self.index)))
                continue
            number = checked(self._part, name, value, unit)
            variable = f"drive {self.index}.{name}"
            accepted = per_neuron(draws, number, self._part, name, variable, len(self.target))
            before = as_given(np.atleast_1d(core.drive_get(self.index, name)))
            put = partial(core.drive_set, self.index, name)
            changes.append(Change(partial(put, spread_out(self.target, accepted)), partial(put, before)))
        perform_settings(changes)

    def _check_name(self, name: str) -> str:
        fields = schemas()[self._part].parameters
        return fields[coerce.known(name, fields, f"drive '{self.name}' ({self._part}) has no parameter")].unit

    def __repr__(self) -> str:
        return f"<Drive '{self.name}': {self.stimulus!r} on {self.target.name}>"


def spread_out(neurons: Neurons, value: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """Values of the neurons of a view, shape (..., n), as values of their whole population, which the engine takes.

    The neurons that the drive leaves alone get the first value: it is within the bounds.
    """
    if neurons.native_ids is None or not isinstance(value, np.ndarray):
        return value
    spread = np.repeat(value[..., :1], neurons.population.size, axis=-1)
    spread[..., neurons.ids] = value
    return spread


def spread_schedule(neurons: Neurons, schedule: Schedule) -> Schedule:
    """The same for a schedule, which has a column for each neuron or one for all."""
    if schedule.values.ndim == 1:
        return schedule
    return Schedule(schedule.times, spread_out(neurons, schedule.values))
