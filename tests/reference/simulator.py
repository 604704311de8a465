"""The network and its step."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from math import floor

import numpy as np
from numpy.typing import ArrayLike

from .membranes import LIF, AdEx, Izhikevich, Relay
from .plasticity import Rule
from .receptors import Channel, Values

Membrane = LIF | AdEx | Izhikevich | Relay
Currents = Callable[[int], ArrayLike] | ArrayLike


class Network:
    """Builds at step 0, then steps; `k` is the current step, and everything read at `k` is the left limit."""

    def __init__(self, dt: float = 0.1) -> None:
        self.dt = dt
        self.k = 0
        self.populations: list[Population | Sources] = []
        self.projections: list[Projection] = []

    def population(self, n: int, model: Membrane, initial: Mapping[str, Values] | None = None) -> Population:
        """`n` neurons; parameters and initial states are scalars or arrays (n,)."""
        population = Population(n, model, self.dt)
        for name, values in (initial or {}).items():
            population.set(name, values)
        self.populations.append(population)
        return population

    def sources(self, n: int, spikes: Mapping[int, ArrayLike]) -> Sources:
        """`n` neurons that emit the spikes stamped with the given steps, each later than 0."""
        sources = Sources(n, spikes)
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
        if self.k > 0:
            raise ValueError("connect before the first step")
        projection = Projection(
            pre, post, sources, targets, weights, delays_in_steps, receptor, dendritic_fraction, rules, self.dt
        )
        self.projections.append(projection)
        return projection

    def inject(self, population: Population, currents: Currents) -> None:
        """Adds the current `currents(k)` or `currents[k]`, shape (n,), during the step that starts at k."""
        population.injections.append(currents)

    def step(self) -> None:
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

    def emit(self, step: int, neuron: int) -> None:
        self.spikes.append((step, neuron))
        self.spike_steps[neuron].add(step)

    def spiked(self, step: int, neuron: int) -> bool:
        return step in self.spike_steps[neuron]


class Sources(Neurons):
    def __init__(self, n: int, spikes: Mapping[int, ArrayLike]) -> None:
        super().__init__(n)
        self.planned = {neuron: [int(step) for step in steps] for neuron, steps in spikes.items()}
        for neuron, steps in self.planned.items():
            if not 0 <= neuron < n:
                raise ValueError(f"no source {neuron}")
            if any(step < 1 for step in steps) or len(set(steps)) < len(steps):
                raise ValueError(f"the steps of source {neuron} must be distinct and later than 0")

    def update(self, k: int) -> None:
        for neuron in range(self.n):
            if k + 1 in self.planned.get(neuron, ()):
                self.emit(k + 1, neuron)


class Population(Neurons):
    def __init__(self, n: int, model: Membrane, dt: float) -> None:
        super().__init__(n)
        self.dt = dt
        self.model = per_neuron(model, n)
        self.injections: list[Currents] = []
        self.arrivals: list[tuple[str, int, float]] = []  # (receptor, neuron, weight) of the current step
        self.states: dict[str, np.ndarray] = {}
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

    def state(self, name: str) -> np.ndarray:
        """A copy of "V", "w", "u", "refractory" (steps), or of a receptor's "NAME.g" (nS) or "NAME.I" (pA)."""
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

    def receive(self, receptor: str, neuron: int, weight: float) -> None:
        self.arrivals.append((receptor, neuron, weight))

    def update(self, k: int) -> None:
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
        dt: float,
    ) -> None:
        if not post.has_receptor(receptor):
            raise ValueError(f"no receptor {receptor!r}")
        self.pre, self.post, self.receptor, self.dt = pre, post, receptor, dt
        self.rules = list(rules)
        self.plastic = True
        sources, targets, delays = np.broadcast_arrays(np.atleast_1d(sources), targets, delays)
        self.synapses = []
        for source, target, delay in zip(sources.tolist(), targets.tolist(), delays.tolist(), strict=True):
            if not (0 <= source < pre.n and 0 <= target < post.n and delay >= 1):
                raise ValueError(f"no synapse from {source} to {target} with a delay of {delay} steps")
            dendritic = floor(dendritic_fraction * delay + 0.5)
            self.synapses.append(Synapse(source, target, 0.0, delay - dendritic, dendritic))
        self.sign = 1.0
        self.weights = weights

    @property
    def weights(self) -> np.ndarray:
        """The weights now: every event stamped before now has acted, whatever is still in flight."""
        return np.array([synapse.weight for synapse in self.synapses])

    @weights.setter
    def weights(self, weights: Values) -> None:
        weights = np.broadcast_to(np.asarray(weights, dtype=float), len(self.synapses))
        if self.rules and np.any(weights < 0) and np.any(weights > 0):
            raise ValueError("the weights of a plastic projection must have one sign")
        if np.any(weights != 0):
            self.sign = -1.0 if np.any(weights < 0) else 1.0
        for synapse, weight in zip(self.synapses, weights, strict=True):
            synapse.weight = float(weight)

    def deliver(self, k: int) -> None:
        for synapse in self.synapses:
            self.learn_and_transmit(synapse, k)
            self.reach_soma(synapse, k)

    def learn_and_transmit(self, synapse: Synapse, k: int) -> None:
        """The postsynaptic event of this step acts first, then the arrival, then the weight is transmitted."""
        backprop = self.post.spiked(k - synapse.dendritic, synapse.target)
        arrival = self.pre.spiked(k - synapse.axonal, synapse.source)
        if backprop and self.plastic:
            for rule in self.rules:
                self.change(synapse, rule.after_backprop, k)
        if arrival and self.plastic:
            for rule in self.rules:
                self.change(synapse, rule.after_arrival, k)
        if backprop:
            synapse.backprops.append(k)
        if arrival:
            synapse.arrivals.append(k)
            synapse.in_flight.append((k + synapse.dendritic, synapse.weight))

    def change(self, synapse: Synapse, changed: Callable[..., float], k: int) -> None:
        """Applies one rule at one event, on the magnitude of the weight."""
        magnitude = changed(self.sign * synapse.weight, k, synapse.arrivals, synapse.backprops, self.dt)
        synapse.weight = self.sign * magnitude

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
