"""A weight and its slow reference pull at each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reference.registry import drawn, rule

from .relaxation import propagator
from .rule import Rule, Variables

if TYPE_CHECKING:
    from reference.simulator import History


@rule(drawn(tau=(20, 200), tau_reference=(20, 200)))
@dataclass(kw_only=True)
class Consolidation(Rule):
    tau: float
    tau_reference: float
    rests_alone = True

    def initial(self, w: float) -> Variables:
        return {"reference": w}

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        flow = ((-1 / self.tau, 1 / self.tau), (1 / self.tau_reference, -1 / self.tau_reference))
        w, own["reference"] = map(float, propagator(flow, (end - begin) * history.dt) @ [w, own["reference"]])
        return w
