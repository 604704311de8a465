"""Oracles of the rules that pair spikes: windows, suppression, logarithmic depression, noise, triplets.

Rules with noise are oracles where the noise is zero; how it is distributed is tested on its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, inf, log

from .plasticity import Rule, Variables, bounded, decay, trace_of_all, trace_of_last
from .simulator import History


def last_before(now: int, events: Sequence[int]) -> float:
    return max((event for event in events if event < now), default=-inf)


def trace(pairing: str, now: int, events: Sequence[int], tau: float, dt: float) -> float:
    return {"all": trace_of_all, "nearest": trace_of_last}[pairing](now, events, tau, dt)


@dataclass(kw_only=True)
class WindowSTDP(Rule):
    intervals: Sequence[float]
    changes: Sequence[float]
    learning_rate: float
    w_max: float

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return self.changed(w, (now - last_before(now, history.arrivals)) * history.dt)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return self.changed(w, (last_before(now, history.backprops) - now) * history.dt)

    def changed(self, w: float, interval: float) -> float:
        return bounded(w + self.learning_rate * self.w_max * self.change_at(interval), self.w_max)

    def change_at(self, interval: float) -> float:
        points = list(zip(self.intervals, self.changes, strict=True))
        for (left, low), (right, high) in pairwise(points):
            if left - 1e-9 <= interval <= right + 1e-9:  # steps times dt are not exactly milliseconds
                return low + (high - low) * (interval - left) / (right - left)
        return 0.0


@dataclass(kw_only=True)
class DoubleExponentialSTDP(Rule):
    learning_rate: float
    A_plus: float
    A_minus: float
    tau_plus: float
    tau_plus_rise: float
    tau_minus: float
    tau_minus_rise: float
    w_max: float
    pairing: str  # all | nearest

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        lobe = self.lobe(now, history.arrivals, self.tau_plus, self.tau_plus_rise, history.dt)
        return bounded(w + self.learning_rate * self.w_max * self.A_plus * lobe, self.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        lobe = self.lobe(now, history.backprops, self.tau_minus, self.tau_minus_rise, history.dt)
        return bounded(w - self.learning_rate * self.w_max * self.A_minus * lobe, self.w_max)

    def lobe(self, now: int, events: Sequence[int], tau: float, tau_rise: float, dt: float) -> float:
        earlier = [event for event in events if event < now]
        partners = earlier if self.pairing == "all" else sorted(earlier)[-1:]
        return sum(decay(now, event, tau, dt) - decay(now, event, tau_rise, dt) for event in partners)


@dataclass(kw_only=True)
class SuppressionSTDP(Rule):
    learning_rate: float
    A_plus: float
    A_minus: float
    tau_plus: float
    tau_minus: float
    tau_suppression_pre: float
    tau_suppression_post: float
    w_max: float
    dependence: str  # additive | relative

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        mine = self.efficacies([*history.backprops, now], self.tau_suppression_post, history.dt)[now]
        theirs = self.efficacies(history.arrivals, self.tau_suppression_pre, history.dt)
        pairs = sum(mine * theirs[event] * decay(now, event, self.tau_plus, history.dt) for event in theirs)
        return self.changed(w, self.A_plus * pairs)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        mine = self.efficacies([*history.arrivals, now], self.tau_suppression_pre, history.dt)[now]
        theirs = self.efficacies(
            [event for event in history.backprops if event < now], self.tau_suppression_post, history.dt
        )
        pairs = sum(mine * theirs[event] * decay(now, event, self.tau_minus, history.dt) for event in theirs)
        return self.changed(w, -self.A_minus * pairs)

    def changed(self, w: float, amount: float) -> float:
        scale = self.w_max if self.dependence == "additive" else w
        return bounded(w + self.learning_rate * scale * amount, self.w_max)

    @staticmethod
    def efficacies(events: Sequence[int], tau: float, dt: float) -> dict[int, float]:
        """Of every spike: 1 - exp(-interval/tau) since the one before it."""
        previous, found = -inf, {}
        for event in sorted(events):
            found[event] = 1 - exp(-(event - previous) * dt / tau)
            previous = event
        return found


@dataclass(kw_only=True)
class LogSTDP(Rule):
    learning_rate: float
    c_plus: float
    c_minus: float
    tau_plus: float
    tau_minus: float
    J0: float
    alpha: float
    beta: float
    pairing: str  # all | nearest

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = trace(self.pairing, now, history.arrivals, self.tau_plus, history.dt)
        return w + self.learning_rate * self.c_plus * exp(-w / (self.beta * self.J0)) * x

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace(self.pairing, now, history.backprops, self.tau_minus, history.dt)
        return max(w - self.learning_rate * self.f_minus(w) * y, 0.0)

    def f_minus(self, w: float) -> float:
        if w <= self.J0:
            return self.c_minus * w / self.J0
        return self.c_minus * (1 + log(1 + self.alpha * (w / self.J0 - 1)) / self.alpha)


@dataclass(kw_only=True)
class VanRossumSTDP(Rule):
    c_p: float
    c_d: float
    tau_plus: float
    tau_minus: float
    pairing: str  # all | nearest

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return w + self.c_p * trace(self.pairing, now, history.arrivals, self.tau_plus, history.dt)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        return max(w - self.c_d * w * trace(self.pairing, now, history.backprops, self.tau_minus, history.dt), 0.0)


@dataclass(kw_only=True)
class TripletSTDP(Rule):
    learning_rate: float
    A2_plus: float
    A3_plus: float
    A2_minus: float
    A3_minus: float
    tau_plus: float
    tau_minus: float
    tau_x: float
    tau_y: float
    w_max: float
    pairing: str  # all | nearest
    threshold: str = "fixed"  # fixed | per neuron

    def initial_neuron(self) -> Variables:
        return {"ltd_factor": 1.0} if self.threshold == "per neuron" else {}

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = trace(self.pairing, now, history.arrivals, self.tau_plus, history.dt)
        slow = trace(self.pairing, now, history.backprops, self.tau_y, history.dt)
        return bounded(w + self.learning_rate * x * (self.A2_plus + self.A3_plus * slow), self.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace(self.pairing, now, history.backprops, self.tau_minus, history.dt)
        slow = trace(self.pairing, now, history.arrivals, self.tau_x, history.dt)
        factor = history.neuron.get("ltd_factor", 1.0)
        return bounded(w - self.learning_rate * factor * y * (self.A2_minus + self.A3_minus * slow), self.w_max)
