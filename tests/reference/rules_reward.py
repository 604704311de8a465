"""Rules with a third factor, from the lists of all changes that they wait with: sums over these, no recursion.

The bounds act at events: over the time between two events the weight moves by the whole integral, then it is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any

from .plasticity import Rule, Variables, bounded, trace_of_all, trace_of_last

if TYPE_CHECKING:
    from .simulator import History

Changes = tuple[tuple[int, float], ...]  # (step, change)


def eligibility(changes: Changes, now: int, tau: float, tau_rise: float, dt: float) -> float:
    """What the changes have left at a step: each decays with tau, and with a rise time it comes up first."""
    total = 0.0
    for step, change in changes:
        age = (now - step) * dt
        total += change * (exp(-age / tau) - (exp(-age / tau_rise) if tau_rise > 0 else 0.0))
    return total


def dated_later(changes: Changes, steps: int) -> Changes:
    return tuple((step + steps, change) for step, change in changes)


def rising(changes: Changes, now: int, tau_rise: float, dt: float) -> float:
    return sum(change * exp(-(now - step) * dt / tau_rise) for step, change in changes)


def converted(
    changes: Changes, modulator: str, begin: int, end: int, tau: float, tau_rise: float, history: History
) -> float:
    """The integral of level times eligibility from one step to another, in ms."""
    slow = eligibility(changes, begin, tau, 0.0, history.dt) * history.integral(modulator, tau, begin, end)
    if tau_rise == 0:
        return slow
    return slow - rising(changes, begin, tau_rise, history.dt) * history.integral(modulator, tau_rise, begin, end)


class Waits(Rule):
    """A rule that keeps the changes that wait for its modulator."""

    def wait(self, own: Variables, steps: int) -> None:
        changes: Any = own["_changes"]
        own["_changes"] = dated_later(changes, steps)


@dataclass(kw_only=True)
class RewardGate(Waits):
    modulator: str
    tau: float
    tau_rise: float
    learning_rate: float

    def initial(self, w: float) -> Variables:
        waiting: dict[str, Any] = {"_changes": ()}
        if self.tau > 0:
            waiting["eligibility"] = 0.0
        if self.tau_rise > 0:
            waiting["rising"] = 0.0
        return waiting

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        if self.tau == 0:
            return w
        changes: Any = own["_changes"]
        w += self.learning_rate * converted(changes, self.modulator, begin, end, self.tau, self.tau_rise, history)
        self.see(own, end, history)
        return bounded(w, history.w_max)

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if self.tau == 0:
            return bounded(w - change + history.level(self.modulator) * change, history.w_max)
        own["_changes"] += ((now, change),)
        self.see(own, now, history)
        return w - change

    after_arrival = after_backprop

    def see(self, own: Variables, now: int, history: History) -> None:
        changes: Any = own["_changes"]
        own["eligibility"] = eligibility(changes, now, self.tau, self.tau_rise, history.dt)
        if self.tau_rise > 0:
            own["rising"] = rising(changes, now, self.tau_rise, history.dt)


@dataclass(kw_only=True)
class LobeGate(Rule):
    ltp: str
    ltd: str

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        level = history.level(self.ltp if change > 0 else self.ltd)
        return bounded(w - change + level * change, history.w_max)

    after_arrival = after_backprop


@dataclass(kw_only=True)
class ModulatedSTDP(Rule):
    ltp: str
    ltd: str
    learning_rate: float
    A_plus: float
    A_minus: float
    overlap: float
    tau_plus: float
    tau_minus: float
    w_max: float

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = trace_of_all(now, history.arrivals, self.tau_plus, history.dt)
        amplitude = self.A_plus * history.level(self.ltp) - self.overlap * self.A_minus * history.level(self.ltd)
        return bounded(w + self.learning_rate * self.w_max * amplitude * x, self.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace_of_all(now, history.backprops, self.tau_minus, history.dt)
        amplitude = self.overlap * self.A_plus * history.level(self.ltp) - self.A_minus * history.level(self.ltd)
        return bounded(w + self.learning_rate * self.w_max * amplitude * y, self.w_max)


@dataclass(kw_only=True)
class DualEligibility(Rule):
    ltp: str
    ltd: str
    tau_plus: float
    tau_minus: float
    learning_rate: float
    max_plus: float  # 0: none
    max_minus: float

    def initial(self, w: float) -> Variables:
        return {"eligibility_plus": 0.0, "eligibility_minus": 0.0}

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        w += self.learning_rate * own["eligibility_plus"] * history.integral(self.ltp, self.tau_plus, begin, end)
        w -= self.learning_rate * own["eligibility_minus"] * history.integral(self.ltd, self.tau_minus, begin, end)
        own["eligibility_plus"] *= exp(-(end - begin) * history.dt / self.tau_plus)
        own["eligibility_minus"] *= exp(-(end - begin) * history.dt / self.tau_minus)
        return bounded(w, history.w_max)

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if change > 0:
            own["eligibility_plus"] = self.raised(own["eligibility_plus"], change, self.max_plus)
        else:
            own["eligibility_minus"] = self.raised(own["eligibility_minus"], -change, self.max_minus)
        return w - change

    after_arrival = after_backprop

    def raised(self, trace: float, change: float, ceiling: float) -> float:
        if ceiling == 0:
            return trace + change
        return bounded(trace + change * (1 - trace / ceiling), ceiling)


@dataclass(kw_only=True)
class RetroactiveConversion(Waits):
    modulator: str
    tau: float
    tau_rise: float
    learning_rate: float

    def initial(self, w: float) -> Variables:
        waiting: dict[str, Any] = {"_changes": (), "eligibility": 0.0, "rising": 0.0}
        return waiting

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        changes: Any = own["_changes"]
        w += self.learning_rate * converted(changes, self.modulator, begin, end, self.tau, self.tau_rise, history)
        self.see(own, end, history)
        return bounded(w, history.w_max)

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if change < 0:
            own["_changes"] += ((now, -change),)
            self.see(own, now, history)
        return w

    after_arrival = after_backprop

    def see(self, own: Variables, now: int, history: History) -> None:
        changes: Any = own["_changes"]
        own["eligibility"] = eligibility(changes, now, self.tau, self.tau_rise, history.dt)
        own["rising"] = rising(changes, now, self.tau_rise, history.dt)


@dataclass(kw_only=True)
class RewardSTDP(Waits):
    modulator: str
    A_plus: float
    A_minus: float
    tau_plus: float
    tau_minus: float
    tau: float
    learning_rate: float
    baseline: float
    w_max: float
    pairing: str  # nearest | all

    def initial(self, w: float) -> Variables:
        waiting: dict[str, Any] = {"_changes": (), "eligibility": 0.0}
        return waiting

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        pairs: Any = own["_changes"]
        left = eligibility(pairs, begin, self.tau, 0.0, history.dt)
        tonic = self.baseline * self.tau * (1 - exp(-(end - begin) * history.dt / self.tau))
        w += self.learning_rate * left * (tonic + history.integral(self.modulator, self.tau, begin, end))
        own["eligibility"] = eligibility(pairs, end, self.tau, 0.0, history.dt)
        return bounded(w, self.w_max)

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        self.pair(own, now, self.A_plus * self.trace(now, history.arrivals, self.tau_plus, history.dt), history)
        return w

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        self.pair(own, now, -self.A_minus * self.trace(now, history.backprops, self.tau_minus, history.dt), history)
        return w

    def pair(self, own: Variables, now: int, amount: float, history: History) -> None:
        own["_changes"] += ((now, amount),)
        own["eligibility"] = eligibility(own["_changes"], now, self.tau, 0.0, history.dt)

    def trace(self, now: int, events: list[int], tau: float, dt: float) -> float:
        return (trace_of_all if self.pairing == "all" else trace_of_last)(now, events, tau, dt)
