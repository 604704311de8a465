"""Growth at every presynaptic spike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .rule import Rule, Variables, bounded

if TYPE_CHECKING:
    from reference.simulator import History


@rule(drawn(delta=Weight(0.01, 0.05)))
@dataclass(kw_only=True)
class TransmitterInduced(Rule):
    delta: float

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return bounded(w + self.delta, history.w_max)
