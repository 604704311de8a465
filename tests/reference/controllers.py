"""Slow loops around neurons, and what they and others contribute to parameters.

A control step is a multiple of a controller's interval, later than the controller was made. It comes before anything else of its step, and its
sensor contains the spikes stamped up to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import exp, inf
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .simulator import Network, Population


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
            growth = self.beta * error * seconds
            growth += self.gamma * (states["integral"][i] * seconds + error * seconds**2 / 2)
            wanted = states["factor"][i] * exp(growth)
            if not ((wanted >= self.high and error > 0) or (wanted <= self.low and error < 0)):
                states["integral"][i] += error * seconds
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


class Controller:
    def __init__(self, net: Network, population: Population, law: Law, neurons: Sequence[int] | None = None) -> None:
        self.net, self.population, self.law = net, population, law
        self.neurons = np.arange(population.n) if neurons is None else np.array(sorted(neurons))
        self.states = law.start(len(self.neurons))
        self.sensor = next(iter(self.states))
        self.made = self.last = net.k
        self.active = True
        self.adjustment = net.adjustment(population, law.acts_on)
        self.contribution = self.adjustment.contribute(law.how)
        self.act()

    def is_due(self, k: int) -> bool:
        return k > self.made and k % self.law.interval == 0

    def tick(self, k: int) -> None:
        """The trace is summed from the spikes themselves, each with its age."""
        dt, elapsed = self.net.dt, k - self.last
        trace = self.states[self.sensor] * exp(-elapsed * dt / self.law.tau)
        for place, neuron in enumerate(self.neurons):
            ages = [k - step for step in self.population.spike_steps[neuron] if self.last < step <= k]
            trace[place] += self.law.amount() * sum(exp(-age * dt / self.law.tau) for age in ages)
        self.states[self.sensor] = trace
        self.last = k
        if not self.active:
            return
        common = getattr(self.law, "sensor", "cell") == "population"
        self.law.update(self.states, np.full(len(trace), trace.mean()) if common else trace, elapsed * dt / 1000)
        self.act()

    def act(self) -> None:
        self.adjustment.contributions[self.contribution][1][self.neurons] = self.law.effect(self.states)
        self.adjustment.put_in_force()


UNBOUNDED = {"low": -inf, "high": inf}
