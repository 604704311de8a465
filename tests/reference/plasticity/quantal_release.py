"""Vesicles that are released by chance: how probable each number of them is, and where chance has no say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, exp
from typing import TYPE_CHECKING

import numpy as np

from reference.registry import drawn, rule

from .relaxation import left
from .rule import Rule, Variables

if TYPE_CHECKING:
    from reference.simulator import History


@rule(
    drawn(sites=5, U=(0.2, 0.8), tau_rec=(5, 100), tau_facil=(5, 100)),
    without_chance={"U": 1.0, "tau_rec": 1e-12},
)
@dataclass(kw_only=True)
class QuantalRelease(Rule):
    """Where each site is full again before the next spike, and a spike empties all of them."""

    sites: int
    U: float
    tau_facil: float
    settable = False
    goes_on = ("u", "available", "_sent")

    def __post_init__(self) -> None:
        if self.U != 1:
            raise ValueError("releases are random")

    def initial(self, w: float) -> Variables:
        return {"u": 0.0, "available": float(self.sites), "_sent": 0.0}

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        own["u"] *= left((end - begin) * history.dt, self.tau_facil)
        if end > begin:
            own["available"] = float(self.sites)
        return w

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        own["_sent"] = own["available"] / self.sites
        own["u"], own["available"] = 1.0, 0.0
        return w

    def efficacy(self, own: Variables, now: int, history: History) -> float:
        return own["_sent"]


def binomial(n: int, p: float) -> np.ndarray:
    """Probabilities of 0 to n successes."""
    return np.array([comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)])


def quantal_release(
    times: Sequence[float], *, sites: int, U: float, tau_rec: float, tau_facil: float
) -> list[np.ndarray]:
    """The probabilities that 0 to `sites` sites release at each spike, from those of how many are full before it."""
    full = np.zeros(sites + 1)
    full[sites] = 1.0
    u, previous, released = 0.0, None, []
    for time in times:
        gap = 0.0 if previous is None else time - previous
        before = np.zeros(sites + 1)
        for k, chance in enumerate(full):
            for refilled, p in enumerate(binomial(sites - k, 1 - exp(-gap / tau_rec))):
                before[k + refilled] += chance * p
        u *= left(gap, tau_facil) if previous is not None else 0.0
        u += U * (1 - u)
        after, out = np.zeros(sites + 1), np.zeros(sites + 1)
        for k, chance in enumerate(before):
            for gone, p in enumerate(binomial(k, u)):
                after[k - gone] += chance * p
                out[gone] += chance * p
        full, previous = after, time
        released.append(out)
    return released
