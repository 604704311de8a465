"""Pairs of spikes, with windows that rise and fall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import drawn, rule

from .ranges import PAIRS
from .rule import Rule, Variables, bounded, decay

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        pairing: drawn(
            **PAIRS | {"tau_plus": (5, 30), "tau_minus": (5, 30)},
            tau_plus_rise=(0.3, 4),
            tau_minus_rise=(0.3, 4),
            pairing=pairing,
        )
        for pairing in ("all", "nearest")
    }
)
@dataclass(kw_only=True)
class DoubleExponentialSTDP(Rule):
    learning_rate: float
    A_plus: float
    A_minus: float
    tau_plus: float
    tau_plus_rise: float
    tau_minus: float
    tau_minus_rise: float
    w_max: float
    pairing: str  # all | nearest

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        lobe = self.lobe(now, history.arrivals, self.tau_plus, self.tau_plus_rise, history.dt)
        return bounded(w + self.learning_rate * self.w_max * self.A_plus * lobe, self.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        lobe = self.lobe(now, history.backprops, self.tau_minus, self.tau_minus_rise, history.dt)
        return bounded(w - self.learning_rate * self.w_max * self.A_minus * lobe, self.w_max)

    def lobe(self, now: int, events: Sequence[int], tau: float, tau_rise: float, dt: float) -> float:
        earlier = [event for event in events if event < now]
        partners = earlier if self.pairing == "all" else sorted(earlier)[-1:]
        return sum(decay(now, event, tau, dt) - decay(now, event, tau_rise, dt) for event in partners)
