"""Pairs of spikes, with a power of the weight and no upper bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .ranges import TAUS
from .rule import Rule, Variables, trace_of_all, trace_of_last

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        pairing: drawn(
            learning_rate=(0.01, 0.03), alpha=(0.2, 1.5), mu=(0.1, 1), w_0=Weight(0.3, 0.3), pairing=pairing, **TAUS
        )
        for pairing in ("all", "nearest")
    }
)
@dataclass(kw_only=True)
class PowerLawSTDP(Rule):
    learning_rate: float
    alpha: float
    mu: float
    w_0: float
    tau_plus: float
    tau_minus: float
    pairing: str = "all"  # all | nearest

    def __post_init__(self) -> None:
        if self.pairing not in ("all", "nearest"):
            raise ValueError(f"unknown pairing {self.pairing!r}")

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = self.trace(now, history.arrivals, self.tau_plus, history.dt)
        return w + self.learning_rate * self.w_0 ** (1 - self.mu) * w**self.mu * x

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = self.trace(now, history.backprops, self.tau_minus, history.dt)
        return max(w - self.alpha * self.learning_rate * w * y, 0.0)

    def trace(self, now: int, events: Sequence[int], tau: float, dt: float) -> float:
        return (trace_of_all if self.pairing == "all" else trace_of_last)(now, events, tau, dt)
