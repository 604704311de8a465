"""Slow loops around neurons, and what they and others contribute to parameters.

A control step is a multiple of a controller's interval, later than the controller was made. It comes before anything else of its step, and its
sensor contains the spikes stamped up to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

if TYPE_CHECKING:
    from reference.simulator import Network, Population, Projection


@dataclass
class Place:
    """Where the tests put a controller: on some or all neurons of a population, or on synapses onto it."""

    net: Network
    population: Population
    projection: Projection
    neurons: Sequence[int] | None = None


# What an addend may do to a parameter of the tests' neurons: as far as this. A factor goes 20 % far, of potentials 1 %.
REACH = {"exc.tau": 2.0, "inh.gain": 0.5, "V_th": 5.0, "E_L": 5.0, "I_e": 100.0, "C_m": 20.0}
PARAMETERS = tuple(REACH)
RECEPTORS = ("exc", "inh")


class Adjustment:
    """A parameter of a population: its base, and the factors and addends of sources, in the order they were made."""

    def __init__(self, population: Population, name: str) -> None:
        self.population, self.name = population, name
        self.is_gain = name.endswith(".gain")
        self.base = np.ones(population.n) if self.is_gain else population.parameter(name)
        self.contributions: list[tuple[str, np.ndarray]] = []

    def contribute(self, how: str) -> int:
        self.contributions.append((how, np.full(self.population.n, 1.0 if how == "factor" else 0.0)))
        return len(self.contributions) - 1

    @property
    def effective(self) -> np.ndarray:
        factor, addend = np.ones(self.population.n), np.zeros(self.population.n)
        for how, values in self.contributions:
            if how == "factor":
                factor = factor * values
            else:
                addend = addend + values
        return self.base * factor + addend

    def put_in_force(self) -> None:
        if self.is_gain:
            self.population.gains[self.name.removesuffix(".gain")] = self.effective
        else:
            self.population.set(self.name, self.effective)


@dataclass
class Law:
    """What a controller does. `acts_on` is a parameter of the population, or "RECEPTOR.gain"."""

    acts_on: str
    interval: int  # steps
    tau: float  # of the sensor, ms
    how: str = field(default="factor", init=False)
    of_projection: ClassVar[bool] = False  # it is put on synapses, not on neurons
    needs_rule: ClassVar[bool] = False  # it sets what the rule of these synapses keeps for each target
    whole: ClassVar[bool] = False  # it is put on whole populations only

    def per_spike(self) -> float:
        """What a spike adds to the sensor: by default, for a rate in Hz."""
        return 1000.0 / self.tau

    def start(self, n: int) -> dict[str, np.ndarray]:
        raise NotImplementedError

    def update(self, states: dict[str, np.ndarray], sensed: np.ndarray, seconds: float) -> None:
        raise NotImplementedError

    def effect(self, states: dict[str, np.ndarray]) -> np.ndarray:
        raise NotImplementedError

    @classmethod
    def put_on(cls, place: Place, interval: int, **numbers: Any) -> None:
        """Puts it on, given the parameters of the part; `receptor` and `parameter` say what it acts on."""
        acts_on = numbers.pop("parameter", None) or f"{numbers.pop('receptor')}.gain"
        place.net.control(place.population, cls(acts_on=acts_on, interval=interval, **numbers), place.neurons)


@dataclass
class Homeostasis(Law):
    target_rate: float
    sensor: str  # "cell" or "population"
    low: float
    high: float


def homeostasis(random: np.random.Generator) -> dict[str, Any]:
    """The parameters of Homeostasis but for its bounds, drawn."""
    sensor = str(random.choice(["cell", "population"]))
    return {"target_rate": random.uniform(5, 80), "tau": random.uniform(3, 60), "sensor": sensor}


class Slow:
    """What acts at control steps, if it is active."""

    active = True
    acted = stood = False  # whether it has acted since it last went on; whether it has stood still until now

    def __init__(self) -> None:
        self.missed: list[int] = []  # steps since the last control step in which it stood still

    def begin_step(self, k: int) -> None:
        if not self.active:
            self.stood = True
            self.stand(k)
            return
        if self.stood:
            self.acted = self.stood = False
        if self.is_due(k):
            self.tick(k)
            self.acted = True

    def stand(self, k: int) -> None:
        """During the step that begins now."""

    def is_due(self, k: int) -> bool:
        raise NotImplementedError

    def tick(self, k: int) -> None:
        raise NotImplementedError


class Controller(Slow):
    def __init__(self, net: Network, population: Population, law: Law, neurons: Sequence[int] | None = None) -> None:
        super().__init__()
        self.net, self.population, self.law = net, population, law
        self.neurons = np.arange(population.n) if neurons is None else np.array(sorted(neurons))
        self.states = law.start(len(self.neurons))
        self.sensor = next(iter(self.states))
        self.made = self.last = net.k
        self.begin()
        self.act()

    def stand(self, k: int) -> None:
        """The interval that is cut short is given up; but not by one that has never come to the end of an interval."""
        if self.acted:
            self.last = k + 1
        else:
            self.missed.append(k)

    def begin(self) -> None:
        self.adjustment = self.net.adjustment(self.population, self.law.acts_on)
        self.contribution = self.adjustment.contribute(self.law.how)

    def is_due(self, k: int) -> bool:
        return k > self.made and k % self.law.interval == 0

    def tick(self, k: int) -> None:
        """The trace is summed from the spikes themselves, each with its age: the steps since that were not missed."""
        dt, passed = self.net.dt, [step for step in range(self.last, k) if step not in self.missed]
        elapsed = len(passed)
        trace = self.states[self.sensor] * exp(-elapsed * dt / self.law.tau)
        for place, neuron in enumerate(self.neurons):
            # a spike stamped s comes of the step that begins at s - 1
            seen = [step for step in self.population.spike_steps[neuron] if step - 1 in passed]
            ages = [sum(later >= step for later in passed) for step in seen]
            trace[place] += self.law.per_spike() * sum(exp(-age * dt / self.law.tau) for age in ages)
        self.states[self.sensor] = trace
        self.last, self.missed = k, []
        common = getattr(self.law, "sensor", "cell") == "population"
        self.law.update(self.states, np.full(len(trace), trace.mean()) if common else trace, elapsed * dt / 1000)
        self.act()

    def act(self) -> None:
        self.adjustment.contributions[self.contribution][1][self.neurons] = self.law.effect(self.states)
        self.adjustment.put_in_force()


class ProjectionController(Controller):
    """Goes by the spikes of a projection's targets, and sets what a rule keeps for each of them."""

    def __init__(self, net: Network, projection: Projection, law: Law) -> None:
        self.projection = projection
        super().__init__(net, projection.post, law)

    def begin(self) -> None:
        pass

    def act(self) -> None:
        rule, name = self.projection.find(self.law.acts_on)
        for neuron, value in enumerate(self.law.effect(self.states)):
            self.projection.neurons[rule][neuron][name] = float(value)
