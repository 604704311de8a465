"""A value is a number, an array or a distribution; here it becomes what the engine takes."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from . import _native, coerce, losses, order
from .part import Distribution, Part
from .schedule import Schedule
from .schema import not_followed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .clock import Clock
    from .faces import NeuronsFace

Value: TypeAlias = float | Sequence[float] | np.ndarray[Any, Any] | Distribution
"""Anywhere a parameter, an initial state, a weight or a delay is taken."""

SparseMatrix: TypeAlias = Any
"""A sparse matrix or array of SciPy, which is imported only when one is used."""


class Draws(NamedTuple):
    """Random numbers for one entity of the network: one stream per variable, so the order of calls does not matter."""

    core: _native.Core
    entity: int

    def __call__(self, distribution: Distribution, variable: str, count: int) -> NDArray[np.float64]:
        """`count` numbers. The same variable gives the same numbers, unless the simulation has moved on between."""
        step = self.core.time_step
        purpose = zlib.crc32(f"{variable}@{step}".encode() if step else variable.encode()) & 0x7FFFFFFF
        return self.core.draw(type(distribution).__name__, distribution.options(), self.entity, purpose, count)


def drawn_for(draws: Draws, value: Distribution, variable: str, whom: int | NeuronsFace) -> NDArray[np.float64]:
    """One number per neuron, drawn for the whole population: the number of a neuron does not depend on the view."""
    if isinstance(whom, int):
        return draws(value, variable, whom)
    return order.of_neurons(whom, draws(value, variable, whom.population.size))


def per_neuron(
    draws: Draws, value: Any, part: str, field: str, variable: str, whom: int | NeuronsFace
) -> float | NDArray[np.float64]:
    """A checked value as a number or an array of one number per neuron: of so many, or of those of a view in its order.

    Raises
    ------
    ValueError
        If an array has another length, or a drawn number is out of bounds.
    """
    if isinstance(value, Distribution):
        drawn = drawn_for(draws, value, variable, whom)
        try:
            _native.check(part, field, drawn)
        except ValueError as error:
            raise ValueError(f"{error}, drawn from {value!r}") from None
        value = drawn
    count = whom if isinstance(whom, int) else len(whom)
    if isinstance(value, np.ndarray) and len(value) != count:
        raise ValueError(f"{part}.{field} has {len(value)} values for {count} neurons")
    losses.of_rate(draws.core, part, field, value)
    return value  # type: ignore[no-any-return]


def as_given(values: NDArray[np.float64]) -> float | NDArray[np.float64]:
    """An array of one value as that value, as it was given once."""
    return float(values[0]) if len(values) and (values == values[0]).all() else values


class Resolved(NamedTuple):
    """The parameters of a part as the engine takes them, and those that follow a schedule."""

    numbers: dict[str, Any]
    schedules: dict[str, Schedule]


def resolve(draws: Draws, part: Part, whom: int | NeuronsFace, prefix: str = "") -> Resolved:
    """The parameters of a part for so many neurons, or for those of a view in its order."""
    count = whom if isinstance(whom, int) else len(whom)
    numbers: dict[str, Any] = {}
    schedules: dict[str, Schedule] = {}
    for name, value in part.options().items():
        if isinstance(value, Schedule):
            check_columns(value, f"{type(part).__name__}.{name}", count)
            losses.of_rate(draws.core, type(part).__name__, name, value)
            schedules[name] = value
            numbers[name] = 0.0
        elif isinstance(value, str | bool):
            numbers[name] = value
        else:
            numbers[name] = per_neuron(draws, value, type(part).__name__, name, prefix + name, whom)
    return Resolved(numbers, schedules)


def check_columns(schedule: Schedule, what: str, count: int) -> None:
    """Refuses a schedule with columns for another number of neurons."""
    shape = schedule.values.shape
    if len(shape) == 2 and shape[1] != count:
        raise ValueError(f"{what} has {shape[1]} columns for {count} neurons")


def schedule_settings(
    core: _native.Core, clock: Clock, kind: str, schedules: dict[str, Schedule]
) -> list[Callable[[int], None]]:
    """Functions that give the population, or the drive, of a number its schedules."""
    return [
        partial(
            core.set_schedule,
            kind=kind,
            field=name,
            steps=clock.nearest(schedule.times, "Schedule.times"),
            values=schedule.values,
        )
        for name, schedule in schedules.items()
    ]


def checked(part: str, field: str, value: Any, unit: str = "") -> Any:
    """A value for a named field, checked: a distribution as it is, numbers against their bound."""
    if isinstance(value, Distribution):
        return value
    if isinstance(value, Schedule):
        raise TypeError(not_followed(part, field))
    numbers = coerce.number_or_array(value, f"{part}.{field}", unit)
    _native.check(part, field, numbers)
    return numbers


def merged(mapping: Any, values: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """The (name, value) pairs of ``set(mapping, **values)``."""
    if mapping is None:
        return values.items()
    return {**coerce.mapping(mapping, "what set takes"), **values}.items()
