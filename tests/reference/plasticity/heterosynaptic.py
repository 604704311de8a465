"""Bursts of the target pull weights back to a slow reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .rule import Rule, Variables, bounded, trace_of_all

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    drawn(
        beta=(0.01, 0.1),
        tau=(5, 30),
        tau_reference=(800, 2000),
        P=lambda random, w_max: 4 / w_max**2,
        w_P=Weight(0.5, 0.9),
        interval=(19, 40),
    )
)
@dataclass(kw_only=True)
class Heterosynaptic(Rule):
    beta: float
    tau: float
    tau_reference: float
    P: float
    w_P: float
    interval: float  # 0 for constant references

    def initial(self, w: float) -> Variables:
        return {"reference": w}

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace_of_all(now, history.backprops, self.tau, history.dt)
        return bounded(w - min(self.beta * y**3, 1) * (w - own["reference"]), history.w_max)

    def tick(self, w: float, own: Variables, now: int, history: History) -> float:
        steps = 1000
        for _ in range(steps):
            middle = own["reference"] + self.drift(own["reference"], w) * self.interval / steps / 2
            own["reference"] += self.drift(middle, w) * self.interval / steps
        return w

    def drift(self, r: float, w: float) -> float:
        return (w - r - self.P * r * (r - self.w_P / 2) * (r - self.w_P)) / self.tau_reference
