"""Calcium, tags and proteins: without noise, which is compared by distribution."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .calcium import pieces, relaxed
from .calcium_stdp import CalciumSTDP
from .ranges import CALCIUM
from .rule import Rule, Variables

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    drawn(
        **CALCIUM,
        h_0=Weight(0.3, 0.5),
        h_max=(1.5, 2.5),
        leak=(0.1, 0.5),
        tau_h=(50, 200),
        theta_tag=(0.01, 0.1),
        theta_pro=(0.05, 0.5),
        tau_p=(20, 100),
        synthesis=1.0,
        tau_z=(20, 100),
        interval=(2, 9),
    ),
    without_chance={"sigma": 0.0},
)
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
