"""Rules: the change of one synapse at one event, from the lists of all earlier events at that synapse.

`history.arrivals` are the steps at which presynaptic spikes reached the synapse, `history.backprops` those at which
postsynaptic spikes did. Only events before `now` count: an arrival and a postsynaptic event of the same step do not pair.
Weights here are magnitudes.

How to write an oracle: as if there were one synapse and all the time in the world.

    @dataclass(kw_only=True)
    class Eligibility(Rule):
        '''Coincidences are remembered for tau, and a modulator turns the memory into weight.'''

        rate: float  # no defaults: the test says which number it stands on
        tau: float
        tau_plus: float
        modulator: str

        def initial(self, w):  # the variables of a new synapse; those that begin with "_" are no states to be read
            return {"eligibility": 0.0}

        def between(self, w, own, begin, end, history):  # what happens from step `begin` to step `end` without events
            w += self.rate * own["eligibility"] * history.integral(self.modulator, self.tau, begin, end)
            own["eligibility"] *= exp(-(end - begin) * history.dt / self.tau)
            return bounded(w, history.w_max)

        def after_backprop(self, w, own, now, history, change):  # a postsynaptic spike is at the synapse
            own["eligibility"] += trace_of_all(now, history.arrivals, self.tau_plus, history.dt)
            return w

        def after_arrival(self, w, own, now, history, change):  # a presynaptic spike is
            return w

Whatever is left out changes nothing. `own` is changed in place, `w` is returned. The simulator calls `between` of all rules,
then the event's function of all rules, in the order of the list, at every event of the synapse; `change` is what the rules
before this one have done to the weight at this event. On a projection that is not plastic the same functions are called,
what they return is not used, and variables get back what they held, but for those that a rule lists in `goes_on`. `Rule` has the rest: what a spike transmits, ticks, variables of
the target neuron. Traces are functions of lists of events: `trace_of_all`, `trace_of_last`, `trace_suppressed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from .simulator import History

Variables = dict[str, float]


class Rule:
    """A rule may also have the attributes

    `lag` (ms): its `after_arrival` comes so much later than the arrival, and its `history.arrivals` are shifted by it;
    `interval` (ms): it has ticks at all multiples of it, before anything else of that step;
    `w_max`: the bound of the projection's weights, that every rule of the list sees as `history.w_max`.
    They are not here, where they would be the default of a dataclass.
    """

    goes_on: ClassVar[
        tuple[str, ...]
    ] = ()  # its variables from which no weight follows: they do not stand still with weights

    def initial(self, w: float) -> Variables:
        """The variables of a new synapse of weight w."""
        return {}

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        """What happens without events from the step `begin`, the synapse's last event, to the step `end`."""
        return w

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        """What happens when a postsynaptic spike is at the synapse."""
        return w

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        """What happens when a presynaptic spike is at the synapse."""
        return w

    def after_step(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        """What happens at every step, for a rule that reads the membrane potential, after ticks and before spikes.

        If one rule of the list has it, every step is an event.
        """
        return w

    def efficacy(self, own: Variables, now: int, history: History) -> float:
        """The part of the weight that an arrival transmits, asked after `after_arrival` of all rules."""
        return 1.0

    def wait(self, own: Variables, steps: int) -> None:
        """So many steps have passed in which the variables stood still: those that hold dates are dated anew."""

    # ---- ticks

    def initial_neuron(self) -> Variables:
        """The variables of one target neuron, which its synapses read as `history.neuron`."""
        return {}

    def contribution(self, w: float, own: Variables) -> float:
        """What a synapse adds to the sum over all synapses of the projection onto one neuron."""
        return 0.0

    def neuron_tick(self, neuron: Variables, total: float) -> None:
        """Changes the variables of one target neuron; `total` is the sum of contributions."""

    def tick(self, w: float, own: Variables, now: int, history: History) -> float:
        """What happens to a synapse at a tick, after that of its neuron."""
        return w

    # ---- variables and weights that determine each other

    def adopt(self, w: float, own: Variables) -> None:
        """The weight was set: variables follow."""

    def express(self, w: float, own: Variables) -> float:
        """Variables were set: the weight follows."""
        return w


def decay(now: int, event: int, tau: float, dt: float) -> float:
    """What is left of a unit trace; one older than 40 tau is zero."""
    age = (now - event) * dt
    return exp(-age / tau) if age <= 40 * tau else 0.0


def trace_of_all(now: int, events: Sequence[int], tau: float, dt: float) -> float:
    return sum(decay(now, event, tau, dt) for event in events if event < now)


def trace_of_last(now: int, events: Sequence[int], tau: float, dt: float) -> float:
    earlier = [event for event in events if event < now]
    return decay(now, max(earlier), tau, dt) if earlier else 0.0


def trace_suppressed(now: int, events: Sequence[int], tau: float, tau_suppression: float, dt: float) -> float:
    """Every event counts for what the one before it has left: 1 - exp(-interval/tau_suppression)."""
    total, previous = 0.0, -inf
    for event in sorted(event for event in events if event < now):
        total += (1 - exp(-(event - previous) * dt / tau_suppression)) * decay(now, event, tau, dt)
        previous = event
    return total


def bounded(weight: float, w_max: float) -> float:
    return min(max(weight, 0.0), w_max)


@dataclass(kw_only=True)
class STDP(Rule):
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
    goes_on = ("unpaired",)

    def __post_init__(self) -> None:
        if self.pairing not in ("all", "nearest", "presynaptic"):
            raise ValueError(f"unknown pairing {self.pairing!r}")
        if self.dependence not in ("additive", "multiplicative", "power"):
            raise ValueError(f"unknown dependence {self.dependence!r}")

    def initial(self, w: float) -> Variables:
        return {"unpaired": 0.0} if self.pairing == "presynaptic" else {}

    def between(self, w: float, own: Variables, begin: int, end: int, history: History) -> float:
        if self.pairing == "presynaptic":
            own["unpaired"] *= exp(-(end - begin) * history.dt / self.tau_plus)
        return w

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = self.presynaptic_trace(now, own, history)
        if self.pairing == "presynaptic":
            own["unpaired"] = 0.0
        return bounded(w + self.learning_rate * self.A_plus * self.f_plus(w) * x, self.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        if self.pairing == "presynaptic":
            own["unpaired"] += 1
        y = self.postsynaptic_trace(now, history.backprops, history.dt)
        return bounded(w - self.learning_rate * self.A_minus * self.f_minus(w) * y, self.w_max)

    def presynaptic_trace(self, now: int, own: Variables, history: History) -> float:
        if self.pairing == "presynaptic":
            return own["unpaired"]  # of the arrivals that no postsynaptic event has followed yet
        trace = trace_of_all if self.pairing == "all" else trace_of_last
        return trace(now, history.arrivals, self.tau_plus, history.dt)

    def postsynaptic_trace(self, now: int, backprops: Sequence[int], dt: float) -> float:
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
class InhibitorySTDP(Rule):
    target_rate: float
    tau: float
    learning_rate: float
    w_max: float

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = trace_of_all(now, history.arrivals, self.tau, history.dt)
        return bounded(w + self.learning_rate * x, self.w_max)

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = trace_of_all(now, history.backprops, self.tau, history.dt)
        target = 2 * self.target_rate * self.tau / 1000  # Hz times ms
        return bounded(w + self.learning_rate * (y - target), self.w_max)


@dataclass(kw_only=True)
class PowerLawSTDP(Rule):
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

    def after_backprop(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        x = self.trace(now, history.arrivals, self.tau_plus, history.dt)
        return w + self.learning_rate * self.w_0 ** (1 - self.mu) * w**self.mu * x

    def after_arrival(self, w: float, own: Variables, now: int, history: History, change: float) -> float:
        y = self.trace(now, history.backprops, self.tau_minus, history.dt)
        return max(w - self.alpha * self.learning_rate * w * y, 0.0)

    def trace(self, now: int, events: Sequence[int], tau: float, dt: float) -> float:
        return (trace_of_all if self.pairing == "all" else trace_of_last)(now, events, tau, dt)
