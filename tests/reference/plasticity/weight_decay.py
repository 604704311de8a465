"""Weights return to rest."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

from reference.registry import Weight, drawn, rule

from .rule import Rule, Variables

if TYPE_CHECKING:
    from reference.simulator import History


@rule(drawn(tau=(20, 200), w_rest=Weight(0, 1)))
@dataclass(kw_only=True)
class WeightDecay(Rule):
    tau: float
    w_rest: float

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        return self.w_rest + (w - self.w_rest) * exp(-(end - begin) * history.dt / self.tau)
