"""Rules that calcium drives, and tags: without noise, which is compared by distribution.

Calcium decays between events, so it is above a threshold first and below it then: the time above is known. While the
thresholds do not change the early weight relaxes exponentially, in up to three pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

from .plasticity import Rule, Variables

if TYPE_CHECKING:
    from .simulator import History


def pieces(
    calcium: float, duration: float, tau: float, theta_p: float, theta_d: float
) -> Iterator[tuple[float, bool, bool]]:
    """Length of each piece in ms, and whether calcium is above theta_p and above theta_d there."""
    until = {theta: min(max(tau * log(calcium / theta), 0.0), duration) if calcium > 0 else 0.0
             for theta in (theta_p, theta_d)}  # fmt: skip
    begin = 0.0
    for end in sorted([*until.values(), duration]):
        if end > begin:
            yield end - begin, until[theta_p] >= end, until[theta_d] >= end
            begin = end


def relaxed(x: float, target: float, rate: float, duration: float) -> float:
    return target + (x - target) * exp(-rate * duration)


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


@dataclass(kw_only=True)
class TaggingCapture(Rule):
    """The early weight h is written as in the paper, in units of h_0; what is read is its change, h - 1."""

    h_0: float
    tau_Ca: float
    C_pre: float
    C_post: float
    theta_p: float
    theta_d: float
    gamma_p: float
    gamma_d: float
    h_max: float
    leak: float
    tau_h: float
    delay_Ca: float
    theta_tag: float
    theta_pro: float
    tau_p: float
    synthesis: float
    tau_z: float
    interval: float
    goes_on = ("calcium",)

    @property
    def lag(self) -> float:
        return self.delay_Ca

    def initial(self, w: float) -> Variables:
        return {"calcium": 0.0, "early": w / self.h_0 - 1, "late": 0.0}

    def adopt(self, w: float, own: Variables) -> None:
        own["early"] = w / self.h_0 - 1 - own["late"]

    def express(self, w: float, own: Variables) -> float:
        return self.h_0 * max(1 + own["early"] + own["late"], 0.0)

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        duration = (end - begin) * history.dt
        h = 1 + own["early"]
        for time, above_p, above_d in pieces(own["calcium"], duration, self.tau_Ca, self.theta_p, self.theta_d):
            up, down = self.gamma_p * above_p, self.gamma_d * above_d
            total = self.leak + up + down
            h = relaxed(h, (self.leak + up * self.h_max) / total, total / self.tau_h, time)
        own["early"] = h - 1
        own["calcium"] *= exp(-duration / self.tau_Ca)
        return self.express(w, own)

    after_backprop = CalciumSTDP.after_backprop
    after_arrival = CalciumSTDP.after_arrival

    def initial_neuron(self) -> Variables:
        return {"protein": 0.0}

    def contribution(self, w: float, own: Variables) -> float:
        return abs(own["early"])

    def neuron_tick(self, neuron: Variables, total: float) -> None:
        target = self.synthesis if total >= self.theta_pro else 0.0
        neuron["protein"] = relaxed(neuron["protein"], target, 1 / self.tau_p, self.interval)

    def tick(self, w: float, own: Variables, now: int, history: History) -> float:
        rate = history.neuron["protein"] / self.tau_z
        if own["early"] >= self.theta_tag:
            own["late"] = relaxed(own["late"], 1.0, rate, self.interval)
        elif own["early"] <= -self.theta_tag:
            own["late"] = relaxed(own["late"], -0.5, rate, self.interval)
        return self.express(w, own)


@dataclass(kw_only=True)
class TaggingTrigger(Rule):
    """Every change of the rules before it sets a tag, and no tag fades: probabilities are 1 and 0."""

    w_rest: float
    w_plus: float
    w_minus: float
    w_late: float
    tau_z: float
    gamma: float
    theta_pro: float
    tau_rise: float
    tau_p: float
    synthesis: float
    interval: float

    def tagged(self, own: Variables) -> float:
        return own["tag"] * (self.w_plus if own["tag"] > 0 else self.w_minus)

    def initial(self, w: float) -> Variables:
        return {"tag": 0.0, "late": (w / self.w_rest - 1) / self.w_late}

    def adopt(self, w: float, own: Variables) -> None:
        own["late"] = (w / self.w_rest - 1 - self.tagged(own)) / self.w_late

    def express(self, w: float, own: Variables) -> float:
        return self.w_rest * max(1 + self.tagged(own) + self.w_late * own["late"], 0.0)

    def induced(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if own["tag"] == 0:
            own["tag"] = float((change > 0) - (change < 0))
        return min(self.express(w, own), history.w_max)

    after_backprop = induced
    after_arrival = induced

    def initial_neuron(self) -> Variables:
        return {"protein": 0.0}

    def contribution(self, w: float, own: Variables) -> float:
        return abs(own["tag"])

    def neuron_tick(self, neuron: Variables, total: float) -> None:
        rise = self.synthesis / self.tau_rise if total > self.theta_pro else 0.0
        rate = rise + 1 / self.tau_p
        neuron["protein"] = relaxed(neuron["protein"], rise / rate, rate, self.interval)

    def tick(self, w: float, own: Variables, now: int, history: History) -> float:
        """One classical Runge-Kutta step."""
        step = self.interval / self.tau_z

        def slope(z: float) -> float:
            return z * (1 - z) * (z - 0.5) + self.gamma * own["tag"] * history.neuron["protein"]

        z = own["late"]
        k1 = slope(z)
        k2 = slope(z + step / 2 * k1)
        k3 = slope(z + step / 2 * k2)
        k4 = slope(z + step * k3)
        own["late"] = z + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return min(self.express(w, own), history.w_max)
