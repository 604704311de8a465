"""Binary weights that become harder to change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .rule import Rule, Variables

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    drawn(w_low=Weight(0.2, 0.3), w_high=Weight(0.6, 0.8)),
    without_chance={"levels": 2, "x": 0.5, "learning_rate": 1.0},
)
@dataclass(kw_only=True)
class Cascade(Rule):
    """With x = 1/2 and up to two levels every probability is 1: only then is there something to compare."""

    levels: int
    w_low: float
    w_high: float
    settable = False

    def __post_init__(self) -> None:
        if self.levels > 2:
            raise ValueError("transitions of deeper levels are random")

    def initial(self, w: float) -> Variables:
        return {"state": 1.0 if w > (self.w_low + self.w_high) / 2 else -1.0}

    def adopt(self, w: float, own: Variables) -> None:
        own.update(self.initial(w))

    def express(self, w: float, own: Variables) -> float:
        return self.w_high if own["state"] > 0 else self.w_low

    def candidate(self, w: float, own: Variables, change: float) -> float:
        if change == 0:
            return w
        wanted = 1 if change > 0 else -1
        side, level = (1 if own["state"] > 0 else -1), abs(own["state"])
        own["state"] = float(wanted if side != wanted else side * min(level + 1, self.levels))
        return self.express(w, own)

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return self.candidate(w, own, change)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return self.candidate(w, own, change)
