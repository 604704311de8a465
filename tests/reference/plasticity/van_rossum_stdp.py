"""Pairs of spikes, with depression in proportion to the weight, where the noise is zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .ranges import TAUS
from .rule import Rule, Variables, trace

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        pairing: drawn(c_p=Weight(0.01, 0.05), c_d=(0.01, 0.1), pairing=pairing, **TAUS)
        for pairing in ("all", "nearest")
    },
    without_chance={"sigma": 0.0},
)
@dataclass(kw_only=True)
class VanRossumSTDP(Rule):
    c_p: float
    c_d: float
    tau_plus: float
    tau_minus: float
    pairing: str  # all | nearest

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return w + self.c_p * trace(self.pairing, now, history.arrivals, self.tau_plus, history.dt)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return max(w - self.c_d * w * trace(self.pairing, now, history.backprops, self.tau_minus, history.dt), 0.0)
