"""A symmetric window, and depression at every presynaptic spike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .ranges import W_MAX
from .rule import Rule, Variables, bounded, trace_of_all

if TYPE_CHECKING:
    from reference.simulator import History


@rule(drawn(target_rate=(10, 80), tau=(0.3, 30), learning_rate=Weight(0.01, 0.3), **W_MAX))
@dataclass(kw_only=True)
class InhibitorySTDP(Rule):
    target_rate: float
    tau: float
    learning_rate: float
    w_max: float

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = trace_of_all(now, history.arrivals, self.tau, history.dt)
        return bounded(w + self.learning_rate * x, self.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace_of_all(now, history.backprops, self.tau, history.dt)
        target = 2 * self.target_rate * self.tau / 1000  # Hz times ms
        return bounded(w + self.learning_rate * (y - target), self.w_max)
