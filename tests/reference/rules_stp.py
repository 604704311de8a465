"""Short-term plasticity: what a spike transmits, from the intervals between spikes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, exp
from typing import TYPE_CHECKING

import numpy as np

from .plasticity import Rule, Variables

if TYPE_CHECKING:
    from .simulator import History


def left(gap: float, tau: float) -> float:
    """What is left of 1; a time constant of 0 leaves nothing."""
    return exp(-gap / tau) if tau > 0 else 0.0


@dataclass(kw_only=True)
class TsodyksMarkram(Rule):
    """x' = (1 - x - y)/tau_rec, y' = -y/tau_I, u' = -u/tau_facil or (U - u)/tau_facil.

    At a spike u += U (1 - u), then y += u x and x -= u x; the same u x is transmitted. U and the time constants are among
    the variables, so that synapses can differ in them.
    """

    U: float
    tau_rec: float
    tau_facil: float
    tau_I: float
    rest: str  # zero | U
    goes_on = ("u", "x", "y", "_sent")

    def __post_init__(self) -> None:
        if self.rest not in ("zero", "U"):
            raise ValueError(f"unknown rest {self.rest!r}")

    def initial(self, w: float) -> Variables:
        own = {"u": self.u_at_rest(self.U), "x": 1.0, "_sent": 0.0}
        own |= {"_U": self.U, "_tau_rec": self.tau_rec, "_tau_facil": self.tau_facil}
        return own | ({"y": 0.0} if self.tau_I > 0 else {})

    def u_at_rest(self, U: float) -> float:
        return U if self.rest == "U" else 0.0

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        gap, rest = (end - begin) * history.dt, self.u_at_rest(own["_U"])
        own["u"] = rest + (own["u"] - rest) * left(gap, own["_tau_facil"])
        recovered = 1 - (1 - own["x"]) * exp(-gap / own["_tau_rec"])
        if self.tau_I > 0:
            # recovery waits for y: the solution for different time constants, and the one for equal ones
            r, i = own["_tau_rec"], self.tau_I
            if r == i:
                recovered -= own["y"] * gap / r * exp(-gap / r)
            else:
                recovered -= own["y"] * i / (i - r) * (exp(-gap / i) - exp(-gap / r))
            own["y"] *= exp(-gap / i)
        own["x"] = recovered
        return w

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if own["_tau_facil"] > 0:
            own["u"] += own["_U"] * (1 - own["u"])
        else:
            own["u"] = own["_U"]
        own["_sent"] = own["u"] * own["x"]
        own["x"] -= own["_sent"]
        if self.tau_I > 0:
            own["y"] += own["_sent"]
        return w

    def efficacy(self, own: Variables, now: int, history: History) -> float:
        return own["_sent"]


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
