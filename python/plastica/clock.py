"""The grid of time: milliseconds on the outside, steps inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce

if TYPE_CHECKING:
    from numpy.typing import NDArray


MOST_STEPS = 2**60
LEAST_DT, MOST_DT = 1e-6, 1e9  # ms


class Clock:
    """Converts between ms and steps of `dt`."""

    def __init__(self, dt: float) -> None:
        self.dt = dt
        per_ms = round(1 / dt)
        # 3 / 10 is 0.3 where 3 * 0.1 is 0.30000000000000004
        self._per_ms = per_ms if per_ms and abs(1 / dt - per_ms) < 1e-9 * per_ms else 0

    def ms(self, steps: int) -> float:
        """The moment of a step, in ms."""
        return steps / self._per_ms if self._per_ms else steps * self.dt

    def ms_array(self, steps: NDArray[np.int64]) -> NDArray[np.float64]:
        """The moments of steps, in ms."""
        return np.divide(steps, self._per_ms) if self._per_ms else np.multiply(steps, self.dt)

    def steps(self, duration: Any, what: str, *, minimum: int = 0) -> int:
        """The number of steps in a duration, which must lie on the grid to within 1e-6 of a step.

        Raises
        ------
        ValueError
            With the nearest valid duration.
        """
        value = duration if type(duration) is float else coerce.number(duration, what, "ms")
        exact = value / self.dt
        if not abs(exact) < MOST_STEPS:  # also NaN
            raise ValueError(f"{what} = {coerce.shown(value, 'ms')} must be a finite number of steps")
        steps = round(exact)
        if steps < minimum or (exact < 0 and steps != exact):
            raise ValueError(f"{what} = {coerce.shown(value, 'ms')} must be at least {self.ms(minimum):g} ms")
        if abs(exact - steps) > 1e-6 + 4e-16 * abs(exact):
            nearest = self.ms(max(steps, minimum))
            raise ValueError(
                f"{what} = {coerce.shown(value, 'ms')} must be a multiple of the step dt = {self.dt:g} ms; "
                f"the nearest is {nearest:.12g} ms"
            )
        return steps

    def nearest(self, times: NDArray[np.float64], what: str) -> NDArray[np.int64]:
        """Moments rounded to the grid, halves upward: moments that lie one step apart never share one.

        A half is one to within 1e-9 of a step, as 1.15 / 0.1 is a little less than 11.5.

        Raises
        ------
        ValueError
            If a moment is further away than steps can be counted.
        """
        with np.errstate(over="ignore"):
            exact = times / self.dt
            steps = np.floor(exact + 0.5 + np.minimum(1e-9 + 4e-16 * np.abs(exact), 0.25))
        beyond = np.abs(steps) >= MOST_STEPS
        if beyond.any():
            moment = coerce.shown(times[beyond][0], "ms")
            raise ValueError(
                f"{what} = {moment} must be within {coerce.shown(MOST_STEPS * self.dt, 'ms')} of the start"
            )
        return steps.astype(np.int64)
