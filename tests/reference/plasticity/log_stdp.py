"""Pairs of spikes, with a logarithm of the weight in depression, where the noise is zero."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .ranges import TAUS
from .rule import Rule, Variables, trace

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        pairing: drawn(
            learning_rate=Weight(0.01, 0.05),
            c_plus=(0.5, 1.5),
            c_minus=(0.2, 1),
            J0=Weight(0.2, 0.4),
            alpha=(2, 8),
            beta=(2, 50),
            pairing=pairing,
            **TAUS,
        )
        for pairing in ("all", "nearest")
    },
    without_chance={"sigma": 0.0},
)
@dataclass(kw_only=True)
class LogSTDP(Rule):
    learning_rate: float
    c_plus: float
    c_minus: float
    tau_plus: float
    tau_minus: float
    J0: float
    alpha: float
    beta: float
    pairing: str  # all | nearest

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = trace(self.pairing, now, history.arrivals, self.tau_plus, history.dt)
        return w + self.learning_rate * self.c_plus * exp(-w / (self.beta * self.J0)) * x

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace(self.pairing, now, history.backprops, self.tau_minus, history.dt)
        return max(w - self.learning_rate * self.f_minus(w) * y, 0.0)

    def f_minus(self, w: float) -> float:
        if w <= self.J0:
            return self.c_minus * w / self.J0
        return self.c_minus * (1 + log(1 + self.alpha * (w / self.J0 - 1)) / self.alpha)
