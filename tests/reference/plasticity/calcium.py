"""What calcium of a synapse does between events.

Calcium decays between events, so it is above a threshold first and below it then: the time above is known. While the
thresholds do not change the early weight relaxes exponentially, in up to three pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import exp, log


def pieces(
    calcium: float, duration: float, tau: float, theta_p: float, theta_d: float
) -> Iterator[tuple[float, bool, bool]]:
    """Length of each piece in ms, and whether calcium is above theta_p and above theta_d there."""
    until = {theta: min(max(tau * log(calcium / theta), 0.0), duration) if calcium > 0 else 0.0
             for theta in (theta_p, theta_d)}  # fmt: skip
    begin = 0.0
    for end in sorted([*until.values(), duration]):
        if end > begin:
            yield end - begin, until[theta_p] >= end, until[theta_d] >= end
            begin = end


def relaxed(x: float, target: float, rate: float, duration: float) -> float:
    return target + (x - target) * exp(-rate * duration)
