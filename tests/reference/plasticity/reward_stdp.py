"""Pairs of spikes that a modulator turns into weight, later."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any

from reference.registry import Weight, drawn, rule

from .ranges import PAIRS
from .rule import Variables, bounded, trace_of_all, trace_of_last
from .third_factor import Waits, eligibility

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        pairing: drawn(
            modulator="dopamine",
            **PAIRS | {"A_plus": Weight(0.01, 0.1), "A_minus": Weight(0.01, 0.1), "learning_rate": (0.01, 0.1)},
            tau=(5, 100),
            baseline=(0, 0.1),
            pairing=pairing,
        )
        for pairing in ("nearest", "all")
    }
)
@dataclass(kw_only=True)
class RewardSTDP(Waits):
    modulator: str
    A_plus: float
    A_minus: float
    tau_plus: float
    tau_minus: float
    tau: float
    learning_rate: float
    baseline: float
    w_max: float
    pairing: str  # nearest | all

    def initial(self, w: float) -> Variables:
        waiting: dict[str, Any] = {"_changes": (), "eligibility": 0.0}
        return waiting

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        pairs: Any = own["_changes"]
        left = eligibility(pairs, begin, self.tau, 0.0, history.dt)
        tonic = self.baseline * self.tau * (1 - exp(-(end - begin) * history.dt / self.tau))
        w += self.learning_rate * left * (tonic + history.integral(self.modulator, self.tau, begin, end))
        own["eligibility"] = eligibility(pairs, end, self.tau, 0.0, history.dt)
        return bounded(w, self.w_max)

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        self.pair(own, now, self.A_plus * self.trace(now, history.arrivals, self.tau_plus, history.dt), history)
        return w

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        self.pair(own, now, -self.A_minus * self.trace(now, history.backprops, self.tau_minus, history.dt), history)
        return w

    def pair(self, own: Variables, now: int, amount: float, history: History) -> None:
        own["_changes"] += ((now, amount),)
        own["eligibility"] = eligibility(own["_changes"], now, self.tau, 0.0, history.dt)

    def trace(self, now: int, events: list[int], tau: float, dt: float) -> float:
        return (trace_of_all if self.pairing == "all" else trace_of_last)(now, events, tau, dt)
