"""Values that change in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import coerce

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Schedule:
    """A value that is piecewise constant in time.

    Parameters
    ----------
    times : array_like, shape (T,)
        Moments in ms, rising, counted from the start of the simulation. Each is rounded to the grid.
    values : array_like, shape (T,) or (T, n)
        ``values[i]`` holds from ``times[i]`` until ``times[i + 1]``, the last one for ever; before ``times[0]`` the
        value is 0. With two dimensions, one column for each of the n neurons.

    Raises
    ------
    ValueError
        If times are negative or do not rise, if lengths differ, or if a number is not finite.
    """

    __slots__ = ("times", "values")

    times: NDArray[np.float64]
    values: NDArray[np.float64]

    def __init__(self, times: ArrayLike, values: ArrayLike) -> None:
        moments = coerce.array(times, "Schedule.times", "ms")
        numbers = coerce.array(values, "Schedule.values", dimensions=(1, 2))
        if len(moments) == 0:
            raise ValueError("Schedule.times is empty; give at least one moment")
        if len(moments) != len(numbers):
            raise ValueError(f"Schedule has {len(moments)} times but {len(numbers)} values")
        if moments[0] < 0 or (np.diff(moments) <= 0).any():
            raise ValueError("Schedule.times must rise and start at 0 ms or later")
        object.__setattr__(self, "times", moments)
        object.__setattr__(self, "values", numbers)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a Schedule cannot be changed; make a new one")

    def __reduce__(self) -> tuple[type[Schedule], tuple[NDArray[np.float64], NDArray[np.float64]]]:
        return Schedule, (self.times, self.values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schedule):
            return NotImplemented
        return np.array_equal(self.times, other.times) and np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash((self.times.tobytes(), self.values.tobytes()))

    def __repr__(self) -> str:
        return f"Schedule({len(self.times)} values from {self.times[0]:g} to {self.times[-1]:g} ms)"
