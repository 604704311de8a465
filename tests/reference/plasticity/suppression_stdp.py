"""Pairs of spikes, each of which counts for what the spike before it has left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf
from typing import TYPE_CHECKING

from reference.registry import drawn, rule

from .ranges import PAIRS
from .rule import Rule, Variables, bounded, decay

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        dependence: drawn(**PAIRS, tau_suppression_pre=(1, 50), tau_suppression_post=(1, 90), dependence=dependence)
        for dependence in ("additive", "relative")
    }
)
@dataclass(kw_only=True)
class SuppressionSTDP(Rule):
    learning_rate: float
    A_plus: float
    A_minus: float
    tau_plus: float
    tau_minus: float
    tau_suppression_pre: float
    tau_suppression_post: float
    w_max: float
    dependence: str  # additive | relative

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        mine = self.efficacies([*history.backprops, now], self.tau_suppression_post, history.dt)[now]
        theirs = self.efficacies(history.arrivals, self.tau_suppression_pre, history.dt)
        pairs = sum(mine * theirs[event] * decay(now, event, self.tau_plus, history.dt) for event in theirs)
        return self.changed(w, self.A_plus * pairs)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        mine = self.efficacies([*history.arrivals, now], self.tau_suppression_pre, history.dt)[now]
        theirs = self.efficacies(
            [event for event in history.backprops if event < now], self.tau_suppression_post, history.dt
        )
        pairs = sum(mine * theirs[event] * decay(now, event, self.tau_minus, history.dt) for event in theirs)
        return self.changed(w, -self.A_minus * pairs)

    def changed(self, w: float, amount: float) -> float:
        scale = self.w_max if self.dependence == "additive" else w
        return bounded(w + self.learning_rate * scale * amount, self.w_max)

    @staticmethod
    def efficacies(events: Sequence[int], tau: float, dt: float) -> dict[int, float]:
        """Of every spike: 1 - exp(-interval/tau) since the one before it."""
        previous, found = -inf, {}
        for event in sorted(events):
            found[event] = 1 - exp(-(event - previous) * dt / tau)
            previous = event
        return found
