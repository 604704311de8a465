"""The network and its step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from math import floor, inf

import numpy as np
from numpy.typing import ArrayLike

from .controllers import Adjustment, Controller, Law, ProjectionController
from .controllers.controller import Slow
from .controllers.modulation import Modulation
from .controllers.weight_normalization import WeightNormalization
from .membranes import Membrane
from .membranes.relay import Relay
from .modulators import Modulator
from .plasticity import Rule, Variables
from .receptors import Channel, Values

Currents = Callable[[int], ArrayLike] | ArrayLike


class Network:
    """Builds and steps, in any order; `k` is the current step, and everything read at `k` is the left limit."""

    def __init__(self, dt: float = 0.1) -> None:
        self.dt = dt
        self.k = 0
        self.populations: list[Population | Sources] = []
        self.projections: list[Projection] = []
        self.modulators: dict[str, Modulator] = {}
        self.adjustments: list[Adjustment] = []
        self.controllers: list[Slow] = []

    def population(self, n: int, model: Membrane, initial: Mapping[str, Values] | None = None) -> Population:
        """`n` neurons; parameters and initial states are scalars or arrays (n,)."""
        population = Population(n, model, self.dt, self.k)
        for name, values in (initial or {}).items():
            population.set(name, values)
        self.populations.append(population)
        return population

    def sources(self, n: int, spikes: Mapping[int, ArrayLike]) -> Sources:
        """`n` neurons that emit the spikes stamped with the given steps, each later than now."""
        sources = Sources(n, spikes, self.k)
        self.populations.append(sources)
        return sources

    def connect(
        self,
        pre: Population | Sources,
        post: Population,
        sources: ArrayLike,
        targets: ArrayLike,
        weights: Values,
        delays_in_steps: ArrayLike,
        receptor: str = "input",
        dendritic_fraction: float = 0.0,
        rules: Sequence[Rule] = (),
    ) -> Projection:
        """One synapse per entry of `sources`; `projection.weights` keeps that order."""
        projection = Projection(
            pre, post, sources, targets, weights, delays_in_steps, receptor, dendritic_fraction, rules, self
        )
        self.projections.append(projection)
        return projection

    def disconnect(self, neurons: Neurons, ids: Sequence[int]) -> None:
        """All synapses from and to these neurons go."""
        for projection in self.projections:
            projection.remove(
                [
                    i
                    for i, synapse in enumerate(projection.synapses)
                    if (projection.pre is neurons and synapse.source in ids)
                    or (projection.post is neurons and synapse.target in ids)
                ]
            )

    def kill(self, neurons: Neurons, ids: Sequence[int]) -> None:
        """They lose their synapses and are silent for good."""
        self.disconnect(neurons, ids)
        neurons.alive[list(ids)] = False

    def birth(self, neurons: Neurons, ids: Sequence[int]) -> None:
        """In the places of dead ones: in the initial state of the model, without synapses and without a past."""
        if neurons.alive[list(ids)].any():
            raise ValueError("a neuron can be born only where one is dead")
        neurons.alive[list(ids)], neurons.silent[list(ids)] = True, False
        neurons.renew(ids, self.k)
        for projection in self.projections:
            if projection.post is neurons:
                for rule, variables in zip(projection.rules, projection.neurons, strict=True):
                    for i in ids:
                        variables[i] = rule.initial_neuron()

    def inject(self, population: Population, currents: Currents) -> None:
        """Adds the current `currents(k)` or `currents[k]`, shape (n,), during the step that starts at k."""
        population.injections.append(currents)

    def modulator(self, name: str, tau: float, baseline: float = 0.0) -> Modulator:
        self.modulators[name] = Modulator(name, tau, baseline, self.dt)
        return self.modulators[name]

    def adjustment(self, population: Population, name: str) -> Adjustment:
        """What sources contribute to a parameter; there is one for each parameter that some source acts on."""
        for adjustment in self.adjustments:
            if adjustment.population is population and adjustment.name == name:
                return adjustment
        self.adjustments.append(Adjustment(population, name))
        return self.adjustments[-1]

    def control(self, target: Population | Projection, law: Law, neurons: Sequence[int] | None = None) -> Controller:
        projection = isinstance(target, Projection)
        controller = ProjectionController(self, target, law) if projection else Controller(self, target, law, neurons)
        self.controllers.append(controller)
        return controller

    def normalize(self, projection: Projection, axis: str, norm: str, total: float, interval: int) -> None:
        self.controllers.append(WeightNormalization(self, projection, axis, norm, total, interval))

    def modulate(
        self, population: Population, parameter: str, modulator: Modulator, slope: float, mode: str, interval: int
    ) -> None:
        self.controllers.append(Modulation(self, population, parameter, modulator, slope, mode, interval))

    def step(self) -> None:
        for controller in self.controllers:
            controller.begin_step(self.k)
        for projection in self.projections:
            projection.deliver(self.k)
        for population in self.populations:
            population.update(self.k)
        self.k += 1

    def run(self, steps: int) -> None:
        for _ in range(steps):
            self.step()


class Neurons:
    """What spikes: the spikes as a list of (step, neuron)."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.spikes: list[tuple[int, int]] = []
        self.spike_steps: list[set[int]] = [set() for _ in range(n)]
        self.silent, self.alive = np.zeros(n, dtype=bool), np.ones(n, dtype=bool)

    def emit(self, step: int, neuron: int) -> None:
        """The spikes of a silent or dead neuron are dropped before anything sees them."""
        if self.alive[neuron] and not self.silent[neuron]:
            self.spikes.append((step, neuron))
            self.spike_steps[neuron].add(step)

    def renew(self, ids: Sequence[int], now: int) -> None:
        """What was in these places has left no trace."""
        for i in ids:
            self.spike_steps[i] = set()

    def spiked(self, step: int, neuron: int) -> bool:
        return step in self.spike_steps[neuron]


class Sources(Neurons):
    def __init__(self, n: int, spikes: Mapping[int, ArrayLike], made: int = 0) -> None:
        super().__init__(n)
        self.planned = {neuron: [int(step) for step in steps] for neuron, steps in spikes.items()}
        for neuron, steps in self.planned.items():
            if not 0 <= neuron < n:
                raise ValueError(f"no source {neuron}")
            if any(step <= made for step in steps) or len(set(steps)) < len(steps):
                raise ValueError(f"the steps of source {neuron} must be distinct and later than {made}")

    def update(self, k: int) -> None:
        for neuron in range(self.n):
            if k + 1 in self.planned.get(neuron, ()):
                self.emit(k + 1, neuron)


class Population(Neurons):
    def __init__(self, n: int, model: Membrane, dt: float, made: int = 0) -> None:
        super().__init__(n)
        self.dt = dt
        self.made = made
        self.born = np.full(n, made)
        self.model = per_neuron(model, n)
        self.injections: list[Currents] = []
        self.arrivals: list[tuple[str, int, float]] = []  # (receptor, neuron, weight) of the current step
        self.states: dict[str, np.ndarray] = {}
        self.gains: dict[str, np.ndarray] = {}  # what arrives at a receptor is multiplied by
        self.voltages: list[np.ndarray] = []  # V at every step from the first one to the one before the current one
        self.receptors = {}
        if not isinstance(model, Relay):
            self.states = self.model.initial()
            self.receptors = {name: per_neuron(receptor, n) for name, receptor in model.receptors.items()}
        self.channels = {
            name: Channel(receptor, dt) for name, receptor in self.receptors.items() if receptor.kind != "delta"
        }

    @property
    def V(self) -> np.ndarray:
        return self.state("V")

    def voltage(self, step: int, neuron: int) -> float:
        """V at a step, as it is read there; before the neuron was there, V at its beginning."""
        past = max(step, self.born[neuron]) - self.made
        return float(self.voltages[past][neuron] if past < len(self.voltages) else self.states["V"][neuron])

    def renew(self, ids: Sequence[int], now: int) -> None:
        super().renew(ids, now)
        ids = list(ids)
        self.born[ids] = now
        for name, initial in ({} if isinstance(self.model, Relay) else self.model.initial()).items():
            self.states[name][ids] = initial[ids]
        for channel in self.channels.values():
            channel.x[ids] = 0.0

    def state(self, name: str) -> np.ndarray:
        """A copy of "V", "w", "u", "z", "V_th", "refractory" (steps), or of a receptor's "NAME.g" (nS) or "NAME.I" (pA)."""
        if "." not in name:
            return self.states[name].copy()
        receptor, variable = name.split(".")
        channel = self.channels[receptor]
        if variable != variable_of(channel):
            raise KeyError(name)
        return channel.value()

    def set(self, name: str, values: Values) -> None:
        """Sets a state or a parameter, also of a receptor ("ampa.tau"), from now on."""
        if name in self.states:
            self.states[name][:] = values
        elif "." not in name:
            set_parameter(self.model, name, values, self.n)
        else:
            self.set_of_receptor(*name.split("."), values)

    def set_of_receptor(self, receptor: str, variable: str, values: Values) -> None:
        channel = self.channels[receptor]
        if variable == variable_of(channel):
            channel.set_value(values)
        else:
            set_parameter(channel.receptor, variable, values, self.n)
            channel.parameters_changed()

    def has_receptor(self, name: str) -> bool:
        return name == "input" if isinstance(self.model, Relay) else name in self.receptors

    def parameter(self, name: str) -> np.ndarray:
        """A copy of a parameter of the membrane, or of a receptor ("ampa.tau")."""
        receptor, _, parameter = name.rpartition(".")
        return np.array(getattr(self.receptors[receptor] if receptor else self.model, parameter), dtype=float)

    def receive(self, receptor: str, neuron: int, weight: float) -> None:
        gain = self.gains[receptor][neuron] if receptor in self.gains else 1.0
        self.arrivals.append((receptor, neuron, gain * weight))

    def update(self, k: int) -> None:
        if "V" in self.states:
            self.voltages.append(self.states["V"].copy())
        fired = self.relay() if isinstance(self.model, Relay) else self.integrate(k)
        self.arrivals = []
        for neuron in range(self.n):
            if fired[neuron]:
                self.emit(k + 1, neuron)

    def relay(self) -> np.ndarray:
        total = np.zeros(self.n)
        for _, neuron, weight in self.arrivals:
            total[neuron] += weight
        return total > 0

    def integrate(self, k: int) -> np.ndarray:
        kick = np.zeros(self.n)
        for receptor, neuron, weight in self.arrivals:
            if receptor in self.channels:
                self.channels[receptor].receive(neuron, weight)
            else:
                kick[neuron] += weight
        fired = self.model.update(self.states, list(self.channels.values()), kick, self.injected(k), self.dt)
        for channel in self.channels.values():
            channel.advance()
        return fired

    def injected(self, k: int) -> np.ndarray:
        total = np.zeros(self.n)
        for currents in self.injections:
            total += currents(k) if callable(currents) else currents[k]
        return total


@dataclasses.dataclass
class Synapse:
    source: int
    target: int
    weight: float
    axonal: int
    dendritic: int
    arrivals: list[int] = dataclasses.field(default_factory=list)  # presynaptic spikes, at the synapse
    backprops: list[int] = dataclasses.field(default_factory=list)  # postsynaptic spikes, at the synapse
    in_flight: list[tuple[int, float]] = dataclasses.field(default_factory=list)  # (step at the soma, weight)
    own: list[Variables] = dataclasses.field(default_factory=list)  # of each rule of the projection
    last: int = 0  # the step up to which rules have advanced it
    born: int = -1  # it sees no presynaptic spike stamped up to here


@dataclasses.dataclass
class History:
    """What one rule may know about one synapse at one event."""

    arrivals: list[int]  # presynaptic spikes at the synapse, before now; a lag later if the rule has one
    backprops: list[int]  # postsynaptic spikes at the synapse, before now
    neuron: Variables  # the rule's variables of the target neuron
    now: int
    synapse: Synapse
    projection: Projection

    @property
    def dt(self) -> float:
        return self.projection.dt

    @property
    def w_max(self) -> float:
        """The bound that the rules of the projection share."""
        return self.projection.w_max

    def level(self, modulator: str, step: int | None = None) -> float:
        return self.projection.net.modulators[modulator].level(self.now if step is None else step)

    def integral(self, modulator: str, tau: float, begin: int, end: int) -> float:
        return self.projection.net.modulators[modulator].integral(tau, begin, end)

    def voltage(self, step: int) -> float:
        """V of the target neuron at a step; the synapse sees it `synapse.dendritic` steps later.

        Before the beginning it has always been what it was then.
        """
        return self.projection.post.voltage(max(step, self.beginning), self.synapse.target)

    @property
    def beginning(self) -> int:
        """The step since which V of the target neuron is watched: when the projection was made, or the neuron born."""
        return max(self.projection.made, int(self.projection.post.born[self.synapse.target]))

    @property
    def post_spikes(self) -> list[int]:
        """The stamps of the target neuron's spikes; the synapse sees them `synapse.dendritic` steps later."""
        return self.projection.stamps(self.synapse.target)


class Projection:
    def __init__(
        self,
        pre: Neurons,
        post: Population,
        sources: ArrayLike,
        targets: ArrayLike,
        weights: Values,
        delays: ArrayLike,
        receptor: str,
        dendritic_fraction: float,
        rules: Sequence[Rule],
        net: Network,
    ) -> None:
        if not post.has_receptor(receptor):
            raise ValueError(f"no receptor {receptor!r}")
        self.pre, self.post, self.receptor, self.net, self.dt = pre, post, receptor, net, net.dt
        self.rules = list(rules)
        self.made = net.k
        self.frozen = False
        self.still: list[list[float]] = []  # [begin, end] of the times when it was not plastic
        self.dendritic_fraction = dendritic_fraction
        sources, targets, delays = np.broadcast_arrays(np.atleast_1d(sources), targets, delays)
        self.synapses: list[Synapse] = []
        self.orphans: list[tuple[int, int, float]] = []  # (step, target, weight) of synapses that are gone
        for source, target, delay in zip(sources.tolist(), targets.tolist(), delays.tolist(), strict=True):
            if not (0 <= source < pre.n and 0 <= target < post.n and delay >= 1):
                raise ValueError(f"no synapse from {source} to {target} with a delay of {delay} steps")
            dendritic = floor(dendritic_fraction * delay + 0.5)
            synapse = Synapse(source, target, 0.0, delay - dendritic, dendritic, last=self.made)
            synapse.born = self.made if self.made > 0 else -1
            self.synapses.append(synapse)
        self.neurons = [[rule.initial_neuron() for _ in range(post.n)] for rule in self.rules]
        self.sign = 1.0
        self.put_weights(weights)
        for synapse in self.synapses:
            synapse.own = [rule.initial(self.sign * synapse.weight) for rule in self.rules]

    # ---- structure

    def add(self, sources: ArrayLike, targets: ArrayLike, weights: ArrayLike, delays: ArrayLike) -> None:
        """New synapses: they transmit later spikes only; the traces of their target neurons are as they are."""
        now = self.net.k
        columns = np.broadcast_arrays(np.atleast_1d(sources), targets, weights, delays)
        if self.rules and not self.synapses:
            self.sign = -1.0 if np.any(columns[2] < 0) else 1.0
        for source, target, weight, delay in zip(*(column.tolist() for column in columns), strict=True):
            dendritic = floor(self.dendritic_fraction * delay + 0.5)
            synapse = Synapse(source, target, float(weight), delay - dendritic, dendritic, last=now, born=now)
            synapse.backprops = [step + dendritic for step in self.stamps(target) if step + dendritic < now]
            synapse.own = [rule.initial(self.sign * synapse.weight) for rule in self.rules]
            self.synapses.append(synapse)

    def remove(self, indices: Sequence[int]) -> None:
        """Synapses go, with the spikes that are on their way to them."""
        gone = set(indices)
        # what has passed the synapse is in the dendrite
        for i in gone:
            synapse = self.synapses[i]
            self.orphans += [(step, synapse.target, weight) for step, weight in synapse.in_flight]
        self.synapses = [synapse for i, synapse in enumerate(self.synapses) if i not in gone]

    def stamps(self, target: int) -> list[int]:
        """Of the spikes of a target neuron, in order, since the projection was made."""
        return sorted(step for step in self.post.spike_steps[target] if step >= self.made)

    @property
    def w_max(self) -> float:
        return min((rule.w_max for rule in self.rules if hasattr(rule, "w_max")), default=inf)

    # ---- reading and setting

    @property
    def plastic(self) -> bool:
        return not self.frozen

    @plastic.setter
    def plastic(self, plastic: bool) -> None:
        if self.frozen == plastic:
            self.catch_up()
            self.frozen = not plastic
            if self.frozen:
                self.still.append([self.net.k, inf])
            else:
                self.still[-1][1] = self.net.k

    def inert(self, stamp: int) -> bool:
        """Whether a presynaptic spike set out while the projection was not plastic: it teaches nothing."""
        return any(begin < stamp <= end for begin, end in self.still)

    @property
    def weights(self) -> np.ndarray:
        """The weights now: every event stamped before now has acted, whatever is still in flight."""
        return np.array([synapse.weight for synapse in self.synapses_now()])

    @weights.setter
    def weights(self, weights: Values) -> None:
        self.catch_up()
        self.put_weights(weights)
        for synapse in self.synapses:
            for rule, own in zip(self.rules, synapse.own, strict=True):
                rule.adopt(self.sign * synapse.weight, own)

    def put_weights(self, weights: Values) -> None:
        weights = np.broadcast_to(np.asarray(weights, dtype=float), len(self.synapses))
        if self.rules and np.any(weights < 0) and np.any(weights > 0):
            raise ValueError("the weights of a plastic projection must have one sign")
        if np.any(weights != 0):
            self.sign = -1.0 if np.any(weights < 0) else 1.0
        for synapse, weight in zip(self.synapses, weights, strict=True):
            synapse.weight = float(weight)

    def states(self) -> list[str]:
        """The names of all states, per synapse and per neuron, as "RULE.NAME" with the position of the rule."""
        found = []
        for r, rule in enumerate(self.rules):
            found += [
                f"{r}.{name}" for name in (*rule.initial(0.0), *rule.initial_neuron()) if not name.startswith("_")
            ]
        return found

    def state(self, name: str) -> np.ndarray:
        """A state now, "NAME", "PART.NAME" or "POSITION.NAME": per synapse, or per target neuron."""
        r, variable = self.find(name)
        if variable in self.rules[r].initial_neuron():
            return np.array([neuron[variable] for neuron in self.neurons[r]])
        return np.array([synapse.own[r][variable] for synapse in self.synapses_now()])

    def set_state(self, name: str, values: Values) -> None:
        self.catch_up()
        r, variable = self.find(name)
        if variable in self.rules[r].initial_neuron():
            for neuron, value in zip(self.neurons[r], np.broadcast_to(values, self.post.n), strict=True):
                neuron[variable] = float(value)
            return
        for synapse, value in zip(self.synapses, np.broadcast_to(values, len(self.synapses)), strict=True):
            synapse.own[r][variable] = float(value)
            synapse.weight = self.sign * self.rules[r].express(self.sign * synapse.weight, synapse.own[r])

    def set_parameter(self, position: int, name: str, value: object) -> None:
        """Of the rule at a position of the list, from now on."""
        self.catch_up()
        if not hasattr(self.rules[position], name):
            raise KeyError(name)
        setattr(self.rules[position], name, value)

    def find(self, name: str) -> tuple[int, str]:
        prefix, _, variable = name.rpartition(".")
        found = [
            r
            for r, rule in enumerate(self.rules)
            if variable in {**rule.initial(0.0), **rule.initial_neuron()}
            and prefix in ("", str(r), type(rule).__name__)
        ]
        if len(found) != 1:
            raise KeyError(name)
        return found[0], variable

    def catch_up(self) -> None:
        """Rules advance up to now what they will not advance as they are any more."""
        for synapse in self.synapses:
            self.bring_up(synapse, self.net.k)

    def synapses_now(self) -> list[Synapse]:
        """The synapses as they would be if all rules advanced to now; nothing moves."""
        copies = []
        for synapse in self.synapses:
            copy = dataclasses.replace(synapse, own=[dict(own) for own in synapse.own])
            self.bring_up(copy, self.net.k)
            copies.append(copy)
        return copies

    # ---- one step

    def deliver(self, k: int) -> None:
        self.tick(k)
        for synapse in self.synapses:
            self.learn_and_transmit(synapse, k)
            self.reach_soma(synapse, k)
        for step, target, weight in self.orphans:
            if step == k:
                self.post.receive(self.receptor, target, weight)

    def tick(self, k: int) -> None:
        """Of every rule whose time it is: first its neurons, with sums over their synapses, then its synapses."""
        for r, rule in enumerate(self.rules):
            interval = self.steps(getattr(rule, "interval", 0.0))
            if interval == 0 or k <= self.made or k % interval != 0:
                continue
            totals = [0.0] * self.post.n
            for synapse in self.synapses:
                self.bring_up(synapse, k)
                totals[synapse.target] += rule.contribution(self.sign * synapse.weight, synapse.own[r])
            for neuron, total in zip(self.neurons[r], totals, strict=True):
                before = dict(neuron)
                rule.neuron_tick(neuron, total)
                self.hold(rule, neuron, before)
            for synapse in self.synapses:
                self.act(
                    synapse, r, lambda w, own, s=synapse, r=r: self.rules[r].tick(w, own, k, self.history(s, r, k))
                )

    def learn_and_transmit(self, synapse: Synapse, k: int) -> None:
        """The postsynaptic event of this step acts first, then the arrival, then the weight is transmitted.

        The event of a rule with a lag is one of its own, after the two.
        """
        stamp = k - synapse.dendritic
        backprop = stamp >= self.made and self.post.spiked(stamp, synapse.target)
        delay = synapse.axonal
        arrival = self.reaches(synapse, k - delay)
        everyone = range(len(self.rules))
        lags = [self.steps(getattr(rule, "lag", 0.0)) for rule in self.rules]
        late = [r for r in everyone if lags[r] > 0 and self.reaches(synapse, k - delay - lags[r])]
        if any(type(rule).after_step is not Rule.after_step for rule in self.rules) and k > self.made:
            self.event(synapse, "after_step", everyone, k)
        if backprop:
            self.event(synapse, "after_backprop", everyone, k)
        if arrival:
            self.event(synapse, "after_arrival", [r for r in everyone if lags[r] == 0], k, self.inert(k - delay))
            synapse.in_flight.append((k + synapse.dendritic, self.transmitted(synapse, k)))
        if late:
            self.event(synapse, "after_arrival", late, k, self.inert(k - delay - max(lags)))
        if arrival:
            synapse.arrivals.append(k)
        if backprop:
            synapse.backprops.append(k)

    def reaches(self, synapse: Synapse, stamp: int) -> bool:
        return stamp > synapse.born and self.pre.spiked(stamp, synapse.source)

    def event(self, synapse: Synapse, function: str, acting: Sequence[int], k: int, inert: bool = False) -> None:
        """All rules advance to the event, then some act, in the order of the list."""
        self.advance(synapse, k)
        before = synapse.weight
        for r in acting:
            act = getattr(self.rules[r], function)
            change = float(self.sign * (synapse.weight - before))
            history = self.history(synapse, r, k)
            self.act(synapse, r, lambda w, own, act=act, h=history, change=change: act(w, own, k, h, change), inert)

    def advance(self, synapse: Synapse, k: int) -> None:
        """All rules, also over no time at all: the second event of a step may follow changes of the first."""
        begin = synapse.last
        for r, rule in enumerate(self.rules):
            history = self.history(synapse, r, k)
            self.act(synapse, r, lambda w, own, rule=rule, h=history: rule.between(w, own, begin, k, h))
            if not self.plastic:
                rule.wait(synapse.own[r], k - begin)
        synapse.last = k

    def bring_up(self, synapse: Synapse, k: int) -> None:
        """To the left limit of k, if it is not there yet."""
        if k > synapse.last:
            self.advance(synapse, k)

    def act(self, synapse: Synapse, r: int, change: Callable[[float, Variables], float], inert: bool = False) -> None:
        """Something happens to a synapse by a rule; if it teaches nothing, what must not change gets back what it was."""
        before = dict(synapse.own[r])
        w = change(self.sign * synapse.weight, synapse.own[r])
        self.hold(self.rules[r], synapse.own[r], before, inert)
        if self.plastic and not inert:
            synapse.weight = self.sign * w

    def hold(self, rule: Rule, own: Variables, before: Variables, inert: bool = False) -> None:
        if inert or not self.plastic:
            own.update({name: value for name, value in before.items() if name not in rule.goes_on})

    def transmitted(self, synapse: Synapse, k: int) -> float:
        transmitted = synapse.weight
        for r, rule in enumerate(self.rules):
            transmitted *= rule.efficacy(synapse.own[r], k, self.history(synapse, r, k))
        return transmitted

    def history(self, synapse: Synapse, r: int, now: int) -> History:
        lag = self.steps(getattr(self.rules[r], "lag", 0.0))
        arrivals = [step + lag for step in synapse.arrivals if step + lag < now]
        return History(arrivals, synapse.backprops, self.neurons[r][synapse.target], now, synapse, self)

    def steps(self, duration: float) -> int:
        return floor(duration / self.dt + 0.5)

    def reach_soma(self, synapse: Synapse, k: int) -> None:
        for step, weight in synapse.in_flight:
            if step == k:
                self.post.receive(self.receptor, synapse.target, weight)
        synapse.in_flight = [(step, weight) for step, weight in synapse.in_flight if step > k]


def variable_of(channel: Channel) -> str:
    return "I" if channel.receptor.kind == "current" else "g"


def per_neuron(part: object, n: int) -> object:
    """A copy of a membrane or receptor with every parameter as an array (n,)."""
    copy = dataclasses.replace(part)
    for item in dataclasses.fields(part):
        if item.name != "receptors":
            set_parameter(copy, item.name, getattr(part, item.name), n)
    return copy


def set_parameter(part: object, name: str, values: Values, n: int) -> None:
    if name not in [item.name for item in dataclasses.fields(part)]:
        raise KeyError(f"{type(part).__name__} has no parameter {name!r}")
    setattr(part, name, np.broadcast_to(np.asarray(values, dtype=float), (n,)).copy())
