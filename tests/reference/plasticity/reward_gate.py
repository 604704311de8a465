"""A modulator turns the changes of other rules into weight, later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reference.registry import drawn, rule

from .ranges import SLOW
from .rule import Variables, bounded
from .third_factor import Waits, converted, eligibility, rising

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        form: drawn(modulator="dopamine", tau=tau, tau_rise=tau_rise, learning_rate=(0.01, 0.1))
        for form, tau, tau_rise in (("", (2, 50), 0.0), ("rising", (150, 300), SLOW))
    }
)
@dataclass(kw_only=True)
class RewardGate(Waits):
    modulator: str
    tau: float
    tau_rise: float
    learning_rate: float

    def initial(self, w: float) -> Variables:
        waiting: dict[str, Any] = {"_changes": ()}
        if self.tau > 0:
            waiting["eligibility"] = 0.0
        if self.tau_rise > 0:
            waiting["rising"] = 0.0
        return waiting

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        if self.tau == 0:
            return w
        changes: Any = own["_changes"]
        w += self.learning_rate * converted(changes, self.modulator, begin, end, self.tau, self.tau_rise, history)
        self.see(own, end, history)
        return bounded(w, history.w_max)

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if self.tau == 0:
            return bounded(w - change + history.level(self.modulator) * change, history.w_max)
        own["_changes"] += ((now, change),)
        self.see(own, now, history)
        return w - change

    after_arrival = after_backprop

    def see(self, own: Variables, now: int, history: History) -> None:
        changes: Any = own["_changes"]
        own["eligibility"] = eligibility(changes, now, self.tau, self.tau_rise, history.dt)
        if self.tau_rise > 0:
            own["rising"] = rising(changes, now, self.tau_rise, history.dt)
