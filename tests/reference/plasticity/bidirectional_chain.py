"""A chain of variables of ever slower ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reference.registry import Weight, drawn, rule

from .relaxation import propagator
from .rule import Rule, Variables, bounded

if TYPE_CHECKING:
    from reference.simulator import History


@rule(drawn(variables=4, n=(1.5, 3), alpha=(0.1, 0.3), tau=(10, 30), w_mean=Weight(0.3, 0.6), interval=(2, 9)))
@dataclass(kw_only=True)
class BidirectionalChain(Rule):
    variables: int
    n: float
    alpha: float
    tau: float
    w_mean: float
    interval: float

    def initial(self, w: float) -> Variables:
        return {f"u{k}": 0.0 for k in range(2, self.variables + 1)}

    def tick(self, w: float, own: Variables, now: int, history: History) -> float:
        u = propagator(tuple(map(tuple, self.flow())), self.interval) @ [w - self.w_mean, *own.values()]
        own.update(zip(own, map(float, u[1:]), strict=True))
        return bounded(self.w_mean + float(u[0]), history.w_max)

    def flow(self) -> np.ndarray:
        """The matrix A of du/dt = A u, row by row from C_k u_k' = g_(k-1) (u_(k-1) - u_k) - g_k (u_k - u_(k+1))."""
        m = self.variables
        matrix = np.zeros((m, m))
        for k in range(1, m + 1):
            size = self.n ** (k - 1)
            g_before = self.alpha * self.n ** (1 - (k - 1)) if k > 1 else 0.0
            g = self.alpha * self.n ** (1 - k)
            matrix[k - 1, k - 1] = -(g_before + g) / size
            if k > 1:
                matrix[k - 1, k - 2] = g_before / size
            if k < m:
                matrix[k - 1, k] = g / size
        return matrix / self.tau
