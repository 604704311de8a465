"""Calcium that drives a bistable weight: without noise, which is compared by distribution."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .calcium import pieces, relaxed
from .ranges import CALCIUM
from .rule import Rule, Variables

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    drawn(**CALCIUM, tau=(50, 200), rho_star=0.5, w_0=Weight(0.01, 0.04), w_1=Weight(1, 1)),
    without_chance={"sigma": 0.0},
)
@dataclass(kw_only=True)
class CalciumSTDP(Rule):
    """Potentiation and depression over a time without events come first, then the bistable drift over the same time."""

    tau_Ca: float
    C_pre: float
    C_post: float
    theta_p: float
    theta_d: float
    gamma_p: float
    gamma_d: float
    tau: float
    delay_Ca: float
    w_0: float
    w_1: float
    goes_on = ("calcium",)

    @property
    def lag(self) -> float:
        return self.delay_Ca

    @property
    def w_max(self) -> float:
        return self.w_1

    def initial(self, w: float) -> Variables:
        own = {"calcium": 0.0, "efficacy": 0.0}
        self.adopt(w, own)
        return own

    def adopt(self, w: float, own: Variables) -> None:
        own["efficacy"] = min(max((w - self.w_0) / (self.w_1 - self.w_0), 0.0), 1.0)

    def express(self, w: float, own: Variables) -> float:
        return min(max(self.w_0 + own["efficacy"] * (self.w_1 - self.w_0), self.w_0), self.w_1)

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        duration = (end - begin) * history.dt
        rho = own["efficacy"]
        for time, above_p, above_d in pieces(own["calcium"], duration, self.tau_Ca, self.theta_p, self.theta_d):
            up, down = self.gamma_p * above_p, self.gamma_d * above_d
            if up + down > 0:
                rho = relaxed(rho, up / (up + down), (up + down) / self.tau, time)
        own["efficacy"] = drifted(rho, duration / self.tau)
        own["calcium"] *= exp(-duration / self.tau_Ca)
        return self.express(w, own)

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        own["calcium"] += self.C_post
        return w

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        own["calcium"] += self.C_pre
        return w


def drifted(rho: float, time: float) -> float:
    """The solution of rho' = -rho (1 - rho) (1/2 - rho), time in units of tau: (rho - 1/2)^2 is logistic."""
    u = rho - 0.5
    return 0.5 + u / sqrt(4 * u**2 + (1 - 4 * u**2) * exp(-time / 2))
