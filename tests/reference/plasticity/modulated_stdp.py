"""Pairs of spikes, with amplitudes that modulators set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import drawn, rule

from .ranges import PAIRS
from .rule import Rule, Variables, bounded, trace_of_all

if TYPE_CHECKING:
    from reference.simulator import History


@rule(drawn(ltp="dopamine", ltd="noradrenaline", overlap=(0, 1), **PAIRS))
@dataclass(kw_only=True)
class ModulatedSTDP(Rule):
    ltp: str
    ltd: str
    learning_rate: float
    A_plus: float
    A_minus: float
    overlap: float
    tau_plus: float
    tau_minus: float
    w_max: float

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = trace_of_all(now, history.arrivals, self.tau_plus, history.dt)
        amplitude = self.A_plus * history.level(self.ltp) - self.overlap * self.A_minus * history.level(self.ltd)
        return bounded(w + self.learning_rate * self.w_max * amplitude * x, self.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace_of_all(now, history.backprops, self.tau_minus, history.dt)
        amplitude = self.overlap * self.A_plus * history.level(self.ltp) - self.A_minus * history.level(self.ltd)
        return bounded(w + self.learning_rate * self.w_max * amplitude * y, self.w_max)
