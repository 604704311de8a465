"""A parameter rises with every spike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.registry import Numbers, Random, controller

from .controller import Law


def numbers(random: Random, _: object) -> Numbers:
    return {"amount": random.uniform(0.1, 2.0), "tau": random.uniform(5, 100), "parameter": "V_th"}


@controller(numbers)
@dataclass
class SpikeTriggeredThreshold(Law):
    amount: float

    def __post_init__(self) -> None:
        self.how = "addend"

    def per_spike(self) -> float:
        return self.amount

    def start(self, n: int) -> dict[str, np.ndarray]:
        return {"theta": np.zeros(n)}

    def update(self, states: dict[str, np.ndarray], sensed: np.ndarray, seconds: float) -> None:
        pass

    def effect(self, states: dict[str, np.ndarray]) -> np.ndarray:
        return states["theta"]
