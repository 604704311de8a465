"""Rules: the change of one synapse at one event, from the lists of all earlier events at that synapse.

`arrivals` are the steps at which presynaptic spikes reached the synapse, `backprops` those at which postsynaptic spikes
did. Only events before `now` count: an arrival and a postsynaptic event of the same step do not pair. Weights here are
magnitudes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp


def decay(now: int, event: int, tau: float, dt: float) -> float:
    """What is left of a unit trace; one older than 40 tau is zero."""
    age = (now - event) * dt
    return exp(-age / tau) if age <= 40 * tau else 0.0


def trace_of_all(now: int, events: list[int], tau: float, dt: float) -> float:
    return sum(decay(now, event, tau, dt) for event in events if event < now)


def trace_of_last(now: int, events: list[int], tau: float, dt: float) -> float:
    earlier = [event for event in events if event < now]
    return decay(now, max(earlier), tau, dt) if earlier else 0.0


def trace_of_unpaired(now: int, arrivals: list[int], backprops: list[int], tau: float, dt: float) -> float:
    """The arrivals for which the postsynaptic event of now is the first one after them."""

    def is_first_after(arrival: int) -> bool:
        return not any(arrival < backprop < now for backprop in backprops)

    return sum(decay(now, arrival, tau, dt) for arrival in arrivals if arrival < now and is_first_after(arrival))


def bounded(weight: float, w_max: float) -> float:
    return min(max(weight, 0.0), w_max)


@dataclass(kw_only=True)
class STDP:
    learning_rate: float
    A_plus: float
    A_minus: float
    tau_plus: float
    tau_minus: float
    w_max: float
    mu_plus: float = 1.0
    mu_minus: float = 1.0
    pairing: str = "all"  # all | nearest | presynaptic
    dependence: str = "additive"  # additive | multiplicative | power

    def __post_init__(self) -> None:
        if self.pairing not in ("all", "nearest", "presynaptic"):
            raise ValueError(f"unknown pairing {self.pairing!r}")
        if self.dependence not in ("additive", "multiplicative", "power"):
            raise ValueError(f"unknown dependence {self.dependence!r}")

    def after_backprop(self, w: float, now: int, arrivals: list[int], backprops: list[int], dt: float) -> float:
        x = self.presynaptic_trace(now, arrivals, backprops, dt)
        return bounded(w + self.learning_rate * self.A_plus * self.f_plus(w) * x, self.w_max)

    def after_arrival(self, w: float, now: int, arrivals: list[int], backprops: list[int], dt: float) -> float:
        y = self.postsynaptic_trace(now, backprops, dt)
        return bounded(w - self.learning_rate * self.A_minus * self.f_minus(w) * y, self.w_max)

    def presynaptic_trace(self, now: int, arrivals: list[int], backprops: list[int], dt: float) -> float:
        if self.pairing == "all":
            return trace_of_all(now, arrivals, self.tau_plus, dt)
        if self.pairing == "nearest":
            return trace_of_last(now, arrivals, self.tau_plus, dt)
        return trace_of_unpaired(now, arrivals, backprops, self.tau_plus, dt)

    def postsynaptic_trace(self, now: int, backprops: list[int], dt: float) -> float:
        if self.pairing == "all":
            return trace_of_all(now, backprops, self.tau_minus, dt)
        return trace_of_last(now, backprops, self.tau_minus, dt)

    def f_plus(self, w: float) -> float:
        return self.w_max * (1 - self.relative(w)) ** self.exponents()[0]

    def f_minus(self, w: float) -> float:
        return self.w_max * self.relative(w) ** self.exponents()[1]

    def exponents(self) -> tuple[float, float]:
        if self.dependence == "additive":
            return 0.0, 0.0
        if self.dependence == "multiplicative":
            return 1.0, 1.0
        return self.mu_plus, self.mu_minus

    def relative(self, w: float) -> float:
        # another rule of the list may have left the weight above this one's bound, where a power has no value
        return bounded(w / self.w_max, 1.0)


@dataclass(kw_only=True)
class InhibitorySTDP:
    target_rate: float
    tau: float
    learning_rate: float
    w_max: float

    def after_backprop(self, w: float, now: int, arrivals: list[int], backprops: list[int], dt: float) -> float:
        x = trace_of_all(now, arrivals, self.tau, dt)
        return bounded(w + self.learning_rate * x, self.w_max)

    def after_arrival(self, w: float, now: int, arrivals: list[int], backprops: list[int], dt: float) -> float:
        y = trace_of_all(now, backprops, self.tau, dt)
        target = 2 * self.target_rate * self.tau / 1000  # Hz times ms
        return bounded(w + self.learning_rate * (y - target), self.w_max)


@dataclass(kw_only=True)
class PowerLawSTDP:
    learning_rate: float
    alpha: float
    mu: float
    w_0: float
    tau_plus: float
    tau_minus: float
    pairing: str = "all"  # all | nearest

    def __post_init__(self) -> None:
        if self.pairing not in ("all", "nearest"):
            raise ValueError(f"unknown pairing {self.pairing!r}")

    def after_backprop(self, w: float, now: int, arrivals: list[int], backprops: list[int], dt: float) -> float:
        x = self.trace(now, arrivals, self.tau_plus, dt)
        return w + self.learning_rate * self.w_0 ** (1 - self.mu) * w**self.mu * x

    def after_arrival(self, w: float, now: int, arrivals: list[int], backprops: list[int], dt: float) -> float:
        y = self.trace(now, backprops, self.tau_minus, dt)
        return max(w - self.alpha * self.learning_rate * w * y, 0.0)

    def trace(self, now: int, events: list[int], tau: float, dt: float) -> float:
        return (trace_of_all if self.pairing == "all" else trace_of_last)(now, events, tau, dt)


Rule = STDP | InhibitorySTDP | PowerLawSTDP
