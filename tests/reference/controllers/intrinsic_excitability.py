"""A parameter moves until the rate is right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reference.registry import Numbers, Random, controller

from .controller import PARAMETERS, REACH, Homeostasis, homeostasis


def numbers(random: Random, _: object) -> Numbers:
    target, mode = str(random.choice(PARAMETERS)), str(random.choice(["addend", "factor"]))
    found = homeostasis(random) | {"mode": mode, "parameter": target}
    if mode == "factor":
        reach = 0.01 if target in ("V_th", "E_L") else 0.2
        return found | {"eta": random.uniform(-0.02, 0.02), "low": 1 - reach, "high": 1 + reach}
    reach = REACH[target]
    return found | {"eta": random.uniform(-0.06, 0.06) * reach, "low": -reach, "high": reach}


@controller(numbers)
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
