"""Pairs of spikes, with exponential windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

from reference.registry import drawn, rule

from .ranges import PAIRS
from .rule import Rule, Variables, bounded, trace_of_all, trace_of_last

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        f"{dependence}, {pairing}": drawn(
            dependence=dependence, pairing=pairing, mu_plus=(0.2, 2), mu_minus=(0.2, 2), **PAIRS
        )
        for dependence in ("additive", "multiplicative", "power")
        for pairing in ("all", "nearest", "presynaptic")
    }
)
@dataclass(kw_only=True)
class STDP(Rule):
    learning_rate: float
    A_plus: float
    A_minus: float
    tau_plus: float
    tau_minus: float
    w_max: float
    mu_plus: float = 1.0
    mu_minus: float = 1.0
    pairing: str = "all"  # all | nearest | presynaptic
    dependence: str = "additive"  # additive | multiplicative | power
    goes_on = ("unpaired",)

    def __post_init__(self) -> None:
        if self.pairing not in ("all", "nearest", "presynaptic"):
            raise ValueError(f"unknown pairing {self.pairing!r}")
        if self.dependence not in ("additive", "multiplicative", "power"):
            raise ValueError(f"unknown dependence {self.dependence!r}")

    def initial(self, w: float) -> Variables:
        return {"unpaired": 0.0} if self.pairing == "presynaptic" else {}

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        if self.pairing == "presynaptic":
            own["unpaired"] *= exp(-(end - begin) * history.dt / self.tau_plus)
        return w

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = self.presynaptic_trace(now, own, history)
        if self.pairing == "presynaptic":
            own["unpaired"] = 0.0
        return bounded(w + self.learning_rate * self.A_plus * self.f_plus(w) * x, self.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if self.pairing == "presynaptic":
            own["unpaired"] += 1
        y = self.postsynaptic_trace(now, history.backprops, history.dt)
        return bounded(w - self.learning_rate * self.A_minus * self.f_minus(w) * y, self.w_max)

    def presynaptic_trace(self, now: int, own: Variables, history: History) -> float:
        if self.pairing == "presynaptic":
            return own["unpaired"]  # of the arrivals that no postsynaptic event has followed yet
        trace = trace_of_all if self.pairing == "all" else trace_of_last
        return trace(now, history.arrivals, self.tau_plus, history.dt)

    def postsynaptic_trace(self, now: int, backprops: Sequence[int], dt: float) -> float:
        if self.pairing == "all":
            return trace_of_all(now, backprops, self.tau_minus, dt)
        return trace_of_last(now, backprops, self.tau_minus, dt)

    def f_plus(self, w: float) -> float:
        return self.w_max * (1 - self.relative(w)) ** self.exponents()[0]

    def f_minus(self, w: float) -> float:
        return self.w_max * self.relative(w) ** self.exponents()[1]

    def exponents(self) -> tuple[float, float]:
        if self.dependence == "additive":
            return 0.0, 0.0
        if self.dependence == "multiplicative":
            return 1.0, 1.0
        return self.mu_plus, self.mu_minus

    def relative(self, w: float) -> float:
        # another rule of the list may have left the weight above this one's bound, where a power has no value
        return bounded(w / self.w_max, 1.0)
