"""A modulator turns depression back, later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reference.registry import drawn, rule

from .rule import Variables, bounded
from .third_factor import Waits, converted, eligibility, rising

if TYPE_CHECKING:
    from reference.simulator import History


@rule(drawn(modulator="dopamine", tau=(15, 100), tau_rise=(1, 10), learning_rate=(0.01, 0.1)))
@dataclass(kw_only=True)
class RetroactiveConversion(Waits):
    modulator: str
    tau: float
    tau_rise: float
    learning_rate: float

    def initial(self, w: float) -> Variables:
        waiting: dict[str, Any] = {"_changes": (), "eligibility": 0.0, "rising": 0.0}
        return waiting

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        changes: Any = own["_changes"]
        w += self.learning_rate * converted(changes, self.modulator, begin, end, self.tau, self.tau_rise, history)
        self.see(own, end, history)
        return bounded(w, history.w_max)

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if change < 0:
            own["_changes"] += ((now, -change),)
            self.see(own, now, history)
        return w

    after_arrival = after_backprop

    def see(self, own: Variables, now: int, history: History) -> None:
        changes: Any = own["_changes"]
        own["eligibility"] = eligibility(changes, now, self.tau, self.tau_rise, history.dt)
        own["rising"] = rising(changes, now, self.tau_rise, history.dt)
