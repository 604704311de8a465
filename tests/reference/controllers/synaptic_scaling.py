"""Arrivals are scaled until the rate is right."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import numpy as np

from reference.registry import Numbers, Random, controller

from .controller import RECEPTORS, Homeostasis, homeostasis


def numbers(random: Random, _: object) -> Numbers:
    found = homeostasis(random) | {"low": random.uniform(0.2, 0.9), "high": random.uniform(1.1, 3.0)}
    found |= {"beta": random.uniform(0, 0.3), "gamma": random.uniform(0, 0.5)}
    return found | {"receptor": str(random.choice(RECEPTORS))}


@controller(numbers)
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
