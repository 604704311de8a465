"""Depression follows the rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.registry import Numbers, Random, controller

from .controller import Law, Place


def numbers(random: Random, _: object) -> Numbers:
    found = {"target_rate": random.uniform(5, 80), "tau": random.uniform(3, 60), "exponent": random.uniform(0.5, 3)}
    return found | {"low": random.uniform(0.0, 0.3), "high": random.uniform(2, 5)}


@controller(numbers)
@dataclass
class SlidingThreshold(Law):
    """Acts on a rule's state per neuron: `acts_on` is its name."""

    target_rate: float
    exponent: float
    low: float
    high: float
    of_projection = True
    needs_rule = True

    def start(self, n: int) -> dict[str, np.ndarray]:
        return {"rate": np.full(n, self.target_rate), "factor": np.ones(n)}

    def update(self, states: dict[str, np.ndarray], sensed: np.ndarray, seconds: float) -> None:
        states["factor"] = np.clip((sensed / self.target_rate) ** self.exponent, self.low, self.high)

    def effect(self, states: dict[str, np.ndarray]) -> np.ndarray:
        return states["factor"]

    @classmethod
    def put_on(cls, place: Place, interval: int, **numbers: Any) -> None:
        place.net.control(place.projection, cls(acts_on="ltd_factor", interval=interval, **numbers))
