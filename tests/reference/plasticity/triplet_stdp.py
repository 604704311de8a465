"""Pairs and triplets of spikes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .ranges import TAUS, W_MAX
from .rule import Rule, Variables, bounded, trace

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        f"{pairing}, {threshold}": drawn(
            learning_rate=Weight(0.01, 0.1),
            pairing=pairing,
            threshold=threshold,
            tau_x=(5, 100),
            tau_y=(5, 100),
            **dict.fromkeys(("A2_plus", "A3_plus", "A2_minus", "A3_minus"), (0.1, 1.0)),
            **TAUS,
            **W_MAX,
        )
        for pairing in ("all", "nearest")
        for threshold in ("fixed", "per neuron")
    }
)
@dataclass(kw_only=True)
class TripletSTDP(Rule):
    learning_rate: float
    A2_plus: float
    A3_plus: float
    A2_minus: float
    A3_minus: float
    tau_plus: float
    tau_minus: float
    tau_x: float
    tau_y: float
    w_max: float
    pairing: str  # all | nearest
    threshold: str = "fixed"  # fixed | per neuron

    def initial_neuron(self) -> Variables:
        return {"ltd_factor": 1.0} if self.threshold == "per neuron" else {}

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = trace(self.pairing, now, history.arrivals, self.tau_plus, history.dt)
        slow = trace(self.pairing, now, history.backprops, self.tau_y, history.dt)
        return bounded(w + self.learning_rate * x * (self.A2_plus + self.A3_plus * slow), self.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace(self.pairing, now, history.backprops, self.tau_minus, history.dt)
        slow = trace(self.pairing, now, history.arrivals, self.tau_x, history.dt)
        factor = history.neuron.get("ltd_factor", 1.0)
        return bounded(w - self.learning_rate * factor * y * (self.A2_minus + self.A3_minus * slow), self.w_max)
