"""Oracles of the slow rules: heterosynaptic, transmitter-induced, decay, consolidation, global inhibition, cascade, chain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import exp
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import expm

from .plasticity import Rule, Variables, bounded, trace_of_all

if TYPE_CHECKING:
    from .simulator import History


@cache
def propagator(flow: tuple[tuple[float, ...], ...], duration: float) -> np.ndarray:
    """What the linear flow du/dt = A u makes of u in this time."""
    return expm(np.array(flow) * duration)


@dataclass(kw_only=True)
class Heterosynaptic(Rule):
    beta: float
    tau: float
    tau_reference: float
    P: float
    w_P: float
    interval: float  # 0 for constant references

    def initial(self, w: float) -> Variables:
        return {"reference": w}

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace_of_all(now, history.backprops, self.tau, history.dt)
        return bounded(w - min(self.beta * y**3, 1) * (w - own["reference"]), history.w_max)

    def tick(self, w: float, own: Variables, now: int, history: History) -> float:
        steps = 1000
        for _ in range(steps):
            middle = own["reference"] + self.drift(own["reference"], w) * self.interval / steps / 2
            own["reference"] += self.drift(middle, w) * self.interval / steps
        return w

    def drift(self, r: float, w: float) -> float:
        return (w - r - self.P * r * (r - self.w_P / 2) * (r - self.w_P)) / self.tau_reference


@dataclass(kw_only=True)
class TransmitterInduced(Rule):
    delta: float

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return bounded(w + self.delta, history.w_max)


@dataclass(kw_only=True)
class WeightDecay(Rule):
    tau: float
    w_rest: float

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        return self.w_rest + (w - self.w_rest) * exp(-(end - begin) * history.dt / self.tau)


@dataclass(kw_only=True)
class Consolidation(Rule):
    tau: float
    tau_reference: float

    def initial(self, w: float) -> Variables:
        return {"reference": w}

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        flow = ((-1 / self.tau, 1 / self.tau), (1 / self.tau_reference, -1 / self.tau_reference))
        w, own["reference"] = map(float, propagator(flow, (end - begin) * history.dt) @ [w, own["reference"]])
        return w


@dataclass(kw_only=True)
class GlobalInhibitorySTDP(Rule):
    modulator: str
    target: float
    tau: float
    learning_rate: float
    w_max: float

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = trace_of_all(now, history.arrivals, self.tau, history.dt)
        return bounded(w + self.learning_rate * self.signal(history) * x, history.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace_of_all(now, history.backprops, self.tau, history.dt)
        return bounded(w + self.learning_rate * self.signal(history) * (y + 1), history.w_max)

    def signal(self, history: History) -> float:
        return history.level(self.modulator) - self.target


@dataclass(kw_only=True)
class Cascade(Rule):
    """With x = 1/2 and up to two levels every probability is 1: only then is there something to compare."""

    levels: int
    w_low: float
    w_high: float

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
