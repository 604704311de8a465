"""A symmetric window, with the sign of what a modulator says of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .ranges import W_MAX
from .rule import Rule, Variables, bounded, trace_of_all

if TYPE_CHECKING:
    from reference.simulator import History


@rule(drawn(modulator="noradrenaline", target=(0.2, 1), tau=(0.3, 30), learning_rate=Weight(0.01, 0.1), **W_MAX))
@dataclass(kw_only=True)
class GlobalInhibitorySTDP(Rule):
    modulator: str
    target: float
    tau: float
    learning_rate: float
    w_max: float

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = trace_of_all(now, history.arrivals, self.tau, history.dt)
        return bounded(w + self.learning_rate * self.signal(history) * x, history.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace_of_all(now, history.backprops, self.tau, history.dt)
        return bounded(w + self.learning_rate * self.signal(history) * (y + 1), history.w_max)

    def signal(self, history: History) -> float:
        return history.level(self.modulator) - self.target
