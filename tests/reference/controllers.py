"""Slow loops around neurons, and what they and others contribute to parameters.

A control step is a multiple of a controller's interval, later than the controller was made. It comes before anything else of its step, and its
sensor contains the spikes stamped up to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, inf, log, tanh
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .modulators import Modulator
    from .simulator import Network, Population, Projection


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

    def amount(self) -> float:
        """What a spike adds to the sensor: by default, for a rate in Hz."""
        return 1000.0 / self.tau

    def start(self, n: int) -> dict[str, np.ndarray]:
        raise NotImplementedError

    def update(self, states: dict[str, np.ndarray], sensed: np.ndarray, seconds: float) -> None:
        raise NotImplementedError

    def effect(self, states: dict[str, np.ndarray]) -> np.ndarray:
        raise NotImplementedError


@dataclass
class Homeostasis(Law):
    target_rate: float
    sensor: str  # "cell" or "population"
    low: float
    high: float


@dataclass
class SynapticScaling(Homeostasis):
    beta: float
    gamma: float

    def start(self, n: int) -> dict[str, np.ndarray]:
        factor = np.full(n, min(max(1.0, self.low), self.high))
        return {"rate": np.full(n, self.target_rate), "factor": factor, "integral": np.zeros(n)}

    def update(self, states: dict[str, np.ndarray], sensed: np.ndarray, seconds: float) -> None:
        for i in range(len(sensed)):
            error = self.target_rate - sensed[i]
            # log factor is a parabola in time while the error is constant
            slope, bend = self.beta * error + self.gamma * states["integral"][i], self.gamma * error / 2
            wanted = states["factor"][i] * exp(slope * seconds + bend * seconds**2)
            moving = seconds
            if (wanted >= self.high and error > 0) or (wanted <= self.low and error < 0):
                way = log((self.high if error > 0 else self.low) / states["factor"][i])
                found = np.roots([bend, slope, -way]) if bend else np.array([way / slope if slope else 0.0])
                found = found[np.isreal(found)].real
                moving = min(max(found.max(initial=0.0), 0.0), seconds)
            states["integral"][i] += error * moving
            states["factor"][i] = min(max(wanted, self.low), self.high)

    def effect(self, states: dict[str, np.ndarray]) -> np.ndarray:
        return states["factor"]


@dataclass
class IntrinsicExcitability(Homeostasis):
    eta: float
    mode: str  # "addend" or "factor"

    def __post_init__(self) -> None:
        self.how = self.mode

    def start(self, n: int) -> dict[str, np.ndarray]:
        change = np.full(n, 1.0 if self.mode == "factor" else 0.0)
        return {"rate": np.full(n, self.target_rate), "change": np.clip(change, self.low, self.high)}

    def update(self, states: dict[str, np.ndarray], sensed: np.ndarray, seconds: float) -> None:
        step = self.eta * (sensed - self.target_rate) * seconds
        moved = states["change"] * np.exp(step) if self.mode == "factor" else states["change"] + step
        states["change"] = np.clip(moved, self.low, self.high)

    def effect(self, states: dict[str, np.ndarray]) -> np.ndarray:
        return states["change"]


@dataclass
class SpikeTriggeredThreshold(Law):
    jump: float

    def __post_init__(self) -> None:
        self.how = "addend"

    def amount(self) -> float:
        return self.jump

    def start(self, n: int) -> dict[str, np.ndarray]:
        return {"theta": np.zeros(n)}

    def update(self, states: dict[str, np.ndarray], sensed: np.ndarray, seconds: float) -> None:
        pass

    def effect(self, states: dict[str, np.ndarray]) -> np.ndarray:
        return states["theta"]


@dataclass
class HomeostaticFactor(Homeostasis):
    tau_factor: float
    form: str  # "threshold" or "plain"

    def start(self, n: int) -> dict[str, np.ndarray]:
        factor = np.full(n, min(max(1.0, self.low), self.high))
        return {"rate": np.full(n, self.target_rate), "h": np.ones(n), "factor": factor}

    def pull(self, z: float) -> float:
        if self.form == "plain":
            return min(z, self.high)
        return 1 + tanh(z - 1) if z > 1.05 else 0.0

    def update(self, states: dict[str, np.ndarray], sensed: np.ndarray, seconds: float) -> None:
        for i, rate in enumerate(sensed):
            wanted = states["factor"][i] * self.target_rate
            target = self.pull(wanted / rate if rate > 0 else inf)
            states["h"][i] = target + (states["h"][i] - target) * exp(-1000 * seconds / self.tau_factor)
            states["factor"][i] = min(max(states["h"][i], self.low), self.high)

    def effect(self, states: dict[str, np.ndarray]) -> np.ndarray:
        return states["factor"]


@dataclass
class SlidingThreshold(Law):
    """Acts on a rule's state per neuron: `acts_on` is its name."""

    target_rate: float
    exponent: float
    low: float
    high: float

    def start(self, n: int) -> dict[str, np.ndarray]:
        return {"rate": np.full(n, self.target_rate), "factor": np.ones(n)}

    def update(self, states: dict[str, np.ndarray], sensed: np.ndarray, seconds: float) -> None:
        states["factor"] = np.clip((sensed / self.target_rate) ** self.exponent, self.low, self.high)

    def effect(self, states: dict[str, np.ndarray]) -> np.ndarray:
        return states["factor"]


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
            trace[place] += self.law.amount() * sum(exp(-age * dt / self.law.tau) for age in ages)
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


class WeightNormalization(Slow):
    """Rewrites the magnitudes of the weights onto each target, or from each source."""

    def __init__(self, net: Network, projection: Projection, axis: str, norm: str, total: float, interval: int) -> None:
        self.net, self.projection, self.norm, self.interval = net, projection, norm, interval
        self.made, self.states = net.k, {}
        ends = [synapse.target if axis == "target" else synapse.source for synapse in projection.synapses]
        self.groups = [np.flatnonzero(np.array(ends) == neuron) for neuron in sorted(set(ends))]
        magnitudes = np.abs(projection.weights)
        self.totals = [total or self.size(magnitudes[group]) for group in self.groups]

    def size(self, magnitudes: np.ndarray) -> float:
        return float(np.sqrt((magnitudes**2).sum()) if self.norm == "L2" else magnitudes.sum())

    def is_due(self, k: int) -> bool:
        return self.projection.plastic and k > self.made and k % self.interval == 0

    def tick(self, k: int) -> None:
        weights = self.projection.weights
        magnitudes, signs = np.abs(weights), np.where(np.signbit(weights), -1.0, 1.0)
        for group, total in zip(self.groups, self.totals, strict=True):
            present = self.size(magnitudes[group])
            if self.norm == "subtractive":
                magnitudes[group] += (total - present) / len(group)
            elif present > 0:
                magnitudes[group] *= total / present
        self.projection.weights = signs * np.clip(magnitudes, 0, self.projection.w_max)


class Modulation(Slow):
    """A factor 1 + slope level, or an addend slope level, from a modulator's level."""

    def __init__(
        self,
        net: Network,
        population: Population,
        parameter: str,
        modulator: Modulator,
        slope: float,
        mode: str,
        interval: int,
    ) -> None:
        self.net, self.modulator, self.slope, self.interval, self.made = net, modulator, slope, interval, net.k
        self.adjustment = net.adjustment(population, parameter)
        self.contribution = self.adjustment.contribute("factor" if mode == "multiply" else "addend")
        self.mode, self.states = mode, {}
        self.tick(net.k)

    def is_due(self, k: int) -> bool:
        return k > self.made and k % self.interval == 0

    def tick(self, k: int) -> None:
        level = self.modulator.left_limit(k)
        effect = self.slope * level + (1.0 if self.mode == "multiply" else 0.0)
        self.adjustment.contributions[self.contribution][1][:] = effect
        self.adjustment.put_in_force()
