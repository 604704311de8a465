"""What rules with a third factor share: sums over the lists of all changes that they wait with, no recursion.

The bounds act at events: over the time between two events the weight moves by the whole integral, then it is bounded.
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Any

from .rule import Rule, Variables

if TYPE_CHECKING:
    from reference.simulator import History

Changes = tuple[tuple[int, float], ...]  # (step, change)


def eligibility(changes: Changes, now: int, tau: float, tau_rise: float, dt: float) -> float:
    """What the changes have left at a step: each decays with tau, and with a rise time it comes up first."""
    total = 0.0
    for step, change in changes:
        age = (now - step) * dt
        total += change * (exp(-age / tau) - (exp(-age / tau_rise) if tau_rise > 0 else 0.0))
    return total


def dated_later(changes: Changes, steps: int) -> Changes:
    return tuple((step + steps, change) for step, change in changes)


def rising(changes: Changes, now: int, tau_rise: float, dt: float) -> float:
    return sum(change * exp(-(now - step) * dt / tau_rise) for step, change in changes)


def converted(
    changes: Changes, modulator: str, begin: int, end: int, tau: float, tau_rise: float, history: History
) -> float:
    """The integral of level times eligibility from one step to another, in ms."""
    slow = eligibility(changes, begin, tau, 0.0, history.dt) * history.integral(modulator, tau, begin, end)
    if tau_rise == 0:
        return slow
    return slow - rising(changes, begin, tau_rise, history.dt) * history.integral(modulator, tau_rise, begin, end)


class Waits(Rule):
    """A rule that keeps the changes that wait for its modulator."""

    settable = False

    def wait(self, own: Variables, steps: int) -> None:
        changes: Any = own["_changes"]
        own["_changes"] = dated_later(changes, steps)
