"""What is left after some time."""

from __future__ import annotations

from functools import cache
from math import exp

import numpy as np
from scipy.linalg import expm


def left(gap: float, tau: float) -> float:
    """What is left of 1; a time constant of 0 leaves nothing."""
    return exp(-gap / tau) if tau > 0 else 0.0


@cache
def propagator(flow: tuple[tuple[float, ...], ...], duration: float) -> np.ndarray:
    """What the linear flow du/dt = A u makes of u in this time."""
    return expm(np.array(flow) * duration)
