"""Modulators scale what other rules do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import drawn, rule

from .rule import Rule, Variables, bounded

if TYPE_CHECKING:
    from reference.simulator import History


@rule(drawn(ltp="dopamine", ltd="noradrenaline"))
@dataclass(kw_only=True)
class LobeGate(Rule):
    ltp: str
    ltd: str

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        level = history.level(self.ltp if change > 0 else self.ltd)
        return bounded(w - change + level * change, history.w_max)

    after_arrival = after_backprop
