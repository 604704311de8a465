"""Pairs of spikes, with a window that is given by points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from reference.registry import Numbers, Random, rule

from .rule import Rule, Variables, bounded, last_before

if TYPE_CHECKING:
    from reference.simulator import History


def window(random: Random, w_max: float) -> Numbers:
    """Points off the grid: a step that rounds to the window's end is in it or is not."""
    points = np.sort(np.concatenate([random.uniform(-30, -1, 3), random.uniform(1, 30, 3)]))
    rate = {"learning_rate": random.uniform(0.01, 0.3), "w_max": w_max}
    return {"intervals": points, "changes": random.uniform(-1, 1, 6)} | rate


@rule(window)
@dataclass(kw_only=True)
class WindowSTDP(Rule):
    intervals: Sequence[float]
    changes: Sequence[float]
    learning_rate: float
    w_max: float

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return self.changed(w, (now - last_before(now, history.arrivals)) * history.dt)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return self.changed(w, (last_before(now, history.backprops) - now) * history.dt)

    def changed(self, w: float, interval: float) -> float:
        return bounded(w + self.learning_rate * self.w_max * self.change_at(interval), self.w_max)

    def change_at(self, interval: float) -> float:
        points = list(zip(self.intervals, self.changes, strict=True))
        for (left, low), (right, high) in pairwise(points):
            if left - 1e-9 <= interval <= right + 1e-9:  # steps times dt are not exactly milliseconds
                return low + (high - low) * (interval - left) / (right - left)
        return 0.0
