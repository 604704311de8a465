"""Arrivals are scaled by what would make the rate right."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, tanh

import numpy as np

from reference.registry import Numbers, Random, controller

from .controller import RECEPTORS, Homeostasis, homeostasis


def numbers(random: Random, _: object) -> Numbers:
    found = homeostasis(random) | {"low": random.uniform(0.2, 1.0), "high": random.uniform(1.1, 3.0)}
    found |= {"tau_factor": random.uniform(10, 200), "form": str(random.choice(["threshold", "plain"]))}
    return found | {"receptor": str(random.choice(RECEPTORS))}


@controller(numbers)
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
