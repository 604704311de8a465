"""Rules: the change of one synapse at one event, from the lists of all earlier events at that synapse.

`history.arrivals` are the steps at which presynaptic spikes reached the synapse, `history.backprops` those at which
postsynaptic spikes did. Only events before `now` count: an arrival and a postsynaptic event of the same step do not pair.
Weights here are magnitudes.

How to write an oracle: as if there were one synapse and all the time in the world.

    @rule(drawn(rate=(0.01, 0.1), tau=(5, 50), tau_plus=(5, 30), modulator="dopamine"))
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

The numbers in `rule(...)` are those with which the tests draw the rule: from networks of some 20 to 300 steps of 0.1 to 0.5 ms, whose weights go up to
w_max. A tuple is a range, a `Weight` is a range in units of w_max. Several forms of a rule are a dictionary of such draws. Modulators are called "dopamine" and
"noradrenaline". `without_chance` are parameters of noise at values where nothing is random, since oracles have no noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from reference.simulator import History

Variables = dict[str, float]


class Rule:
    """A rule may also have the attributes

    `lag` (ms): its `after_arrival` comes so much later than the arrival, and its `history.arrivals` are shifted by it;
    `interval` (ms): it has ticks at all multiples of it, before anything else of that step;
    `w_max`: the bound of the projection's weights, that every rule of the list sees as `history.w_max`.
    They are not here, where they would be the default of a dataclass.
    """

    goes_on: ClassVar[tuple[str, ...]] = ()  # variables from which no weight follows: they do not stand still with it
    of_axon: ClassVar[bool] = False  # all synapses of one source and delay share its variables
    settable: ClassVar[bool] = (
        True  # tests set its states: no whole numbers, and not what follows from a list of events
    )
    rests_alone: ClassVar[bool] = False  # a new synapse stays as it is until something else changes it

    @property
    def transmits(self) -> bool:
        """Whether it says which part of the weight is transmitted, and leaves weights alone."""
        return type(self).efficacy is not Rule.efficacy

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


def last_before(now: int, events: Sequence[int]) -> float:
    return max((event for event in events if event < now), default=-inf)


def trace(pairing: str, now: int, events: Sequence[int], tau: float, dt: float) -> float:
    return {"all": trace_of_all, "nearest": trace_of_last}[pairing](now, events, tau, dt)
