"""Two eligibilities, each with its modulator."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .ranges import SLOW
from .rule import Rule, Variables, bounded

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    {
        form: drawn(
            ltp=ltp,
            ltd=ltd,
            learning_rate=(0.01, 0.1),
            max_plus=ceiling,
            max_minus=ceiling,
            tau_plus=SLOW,
            tau_minus=SLOW,
        )
        for form, ltp, ltd, ceiling in (
            ("", "dopamine", "noradrenaline", 0.0),
            ("saturating", "noradrenaline", "dopamine", Weight(0.1, 0.5)),
        )
    }
)
@dataclass(kw_only=True)
class DualEligibility(Rule):
    ltp: str
    ltd: str
    tau_plus: float
    tau_minus: float
    learning_rate: float
    max_plus: float  # 0: none
    max_minus: float

    def initial(self, w: float) -> Variables:
        return {"eligibility_plus": 0.0, "eligibility_minus": 0.0}

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        w += self.learning_rate * own["eligibility_plus"] * history.integral(self.ltp, self.tau_plus, begin, end)
        w -= self.learning_rate * own["eligibility_minus"] * history.integral(self.ltd, self.tau_minus, begin, end)
        own["eligibility_plus"] *= exp(-(end - begin) * history.dt / self.tau_plus)
        own["eligibility_minus"] *= exp(-(end - begin) * history.dt / self.tau_minus)
        return bounded(w, history.w_max)

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if change > 0:
            own["eligibility_plus"] = self.raised(own["eligibility_plus"], change, self.max_plus)
        else:
            own["eligibility_minus"] = self.raised(own["eligibility_minus"], -change, self.max_minus)
        return w - change

    after_arrival = after_backprop

    def raised(self, trace: float, change: float, ceiling: float) -> float:
        if ceiling == 0:
            return trace + change
        return bounded(trace + change * (1 - trace / ceiling), ceiling)
