"""Short-term plasticity by pools of vesicles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reference.registry import drawn, rule

from .relaxation import left
from .rule import Rule, Variables

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    drawn(
        U=(0.1, 0.8),
        tau_facil=(5, 100),
        n_ready=(5, 10),
        n_recycling=(20, 40),
        n_reserve=(100, 200),
        tau_ready=(10, 100),
        tau_reserve=(100, 300),
        tau_retrieval=(20, 200),
        refill_per_spike=(0, 0.5),
    )
)
@dataclass(kw_only=True)
class VesiclePools(Rule):
    """Three pools and the vesicles between release and retrieval: the linear equations, as one matrix exponential."""

    U: float
    tau_facil: float
    n_ready: float
    n_recycling: float
    n_reserve: float
    tau_ready: float
    tau_reserve: float
    tau_retrieval: float
    refill_per_spike: float
    of_axon = True
    goes_on = ("u", "ready", "recycling", "reserve", "retrieved", "_sent")

    def initial(self, w: float) -> Variables:
        return {"u": 0.0, "ready": 1.0, "recycling": 1.0, "reserve": 1.0, "retrieved": 0.0, "_sent": 0.0}

    def rates(self) -> np.ndarray:
        """Of (ready, recycling, reserve) filled and vesicles retrieved: their derivatives, as a matrix."""
        fill, mix, back = 1 / self.tau_ready, 1 / self.tau_reserve, 1 / self.tau_retrieval
        n = self.n_ready / self.n_recycling
        m = self.n_recycling / self.n_reserve
        back_each = back / (self.n_recycling + self.n_reserve)
        return np.array(
            [
                [-fill, fill, 0, 0],
                [n * fill, -n * fill - mix, mix, back_each],
                [0, m * mix, -m * mix, back_each],
                [0, 0, 0, -back],
            ]
        )

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        gap = (end - begin) * history.dt
        own["u"] *= left(gap, self.tau_facil)
        values, vectors = np.linalg.eig(self.rates())
        names = ("ready", "recycling", "reserve", "retrieved")
        now = vectors @ (np.exp(values * gap) * np.linalg.solve(vectors, np.array([own[name] for name in names])))
        own.update(zip(names, np.real(now).tolist(), strict=True))
        return w

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        own["u"] += self.U * (1 - own["u"])
        own["_sent"] = own["u"] * own["ready"]
        own["ready"] -= own["_sent"]
        own["retrieved"] += self.n_ready * own["_sent"]
        moved = self.refill_per_spike * (own["recycling"] - own["ready"])
        own["ready"] += moved
        own["recycling"] -= moved * self.n_ready / self.n_recycling
        return w

    def efficacy(self, own: Variables, now: int, history: History) -> float:
        return own["_sent"]
