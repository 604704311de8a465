"""Membranes: what one step of `dt` does to the neurons of a population.

`update` changes the states in place and returns which neurons spike, with the stamp of the step's end. `channels` are
the receptors after the jumps of the step's start, not yet advanced; `kick` is the sum of the `CurrentDelta` arrivals
(mV); `injected` the current that is constant over the step (pA).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy as np

from reference.receptors import Channel

States = dict[str, np.ndarray]


class Membrane:
    """A membrane is a dataclass of its parameters, with `I_e` and `receptors` among them, and these functions.

    The rest is what the tests of random networks want to know: how neurons begin, what moves them well, and how closely two
    ways to compute them agree.
    """

    beginning: ClassVar[dict[str, tuple[float, float]]] = {"V": (-70, -59)}  # from which initial states are drawn
    strong_current: ClassVar[float] = 200.0  # in the unit of I_e
    strong_conductance: ClassVar[float] = 4.0
    tolerance: ClassVar[float] = 1e-10

    def initial(self) -> States:
        """The states of neurons that are made without being given any; those of whole numbers as integers."""
        raise NotImplementedError

    def update(
        self, states: States, channels: list[Channel], kick: np.ndarray, injected: np.ndarray, dt: float
    ) -> np.ndarray:
        raise NotImplementedError

    def sensitivity(self, states: States) -> np.ndarray:
        """How much the upswing of a spike has multiplied a difference in V: about as much as the slope dV/dt."""
        return np.ones_like(states["V"])


def round_half_up(x: np.ndarray) -> np.ndarray:
    return np.floor(np.asarray(x) + 0.5).astype(int)


def mean_current(channels: list[Channel], constant: np.ndarray) -> np.ndarray:
    """The mean over the step of every current that does not depend on V (pA)."""
    total = constant.copy()
    for channel in channels:
        if channel.receptor.kind == "current":
            total += channel.mean()
    return total


def mean_conductances(channels: list[Channel], V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sum of the mean conductances (nS), unblocked at V, and the sum of them times their reversal (pA)."""
    conductance, reversal_current = np.zeros_like(V), np.zeros_like(V)
    for channel in channels:
        if channel.receptor.kind == "conductance":
            g = channel.mean() * channel.receptor.open_fraction(V)
            conductance += g
            reversal_current += g * channel.receptor.E_rev
    return conductance, reversal_current


def runge_kutta(
    slope: Callable[[float, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
    x: np.ndarray,
    y: np.ndarray,
    h: float,
) -> tuple[np.ndarray, np.ndarray]:
    """One classical step of fourth order; `slope` takes the time since the start of the step."""
    x1, y1 = slope(0.0, x, y)
    x2, y2 = slope(h / 2, x + h / 2 * x1, y + h / 2 * y1)
    x3, y3 = slope(h / 2, x + h / 2 * x2, y + h / 2 * y2)
    x4, y4 = slope(h, x + h * x3, y + h * y3)
    return x + h / 6 * (x1 + 2 * x2 + 2 * x3 + x4), y + h / 6 * (y1 + 2 * y2 + 2 * y3 + y4)
