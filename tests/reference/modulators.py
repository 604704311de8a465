"""Modulators: named signals of a network that jump at releases and decay to a baseline.

A release at the step k acts from k on: an event at k knows it, a value read at k, the left limit, does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import exp, inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .simulator import Neurons


class Modulator:
    def __init__(self, name: str, tau: float, baseline: float, dt: float) -> None:
        self.name, self.tau, self.dt = name, tau, dt
        self.baselines = [(0, baseline)]  # (from this step on, level)
        self.releases: list[tuple[int, float]] = []
        self.releasing: list[tuple[Neurons, frozenset[int], float, int]] = []

    def release(self, step: int, amount: float) -> None:
        self.releases.append((step, amount))

    def release_by(
        self, population: Neurons, amount: float, delay_steps: int, neurons: Iterable[int] | None = None
    ) -> None:
        """Every spike of the population, or of some of its neurons, releases after a delay of at least one step."""
        chosen = range(population.n) if neurons is None else neurons
        self.releasing.append((population, frozenset(chosen), amount, delay_steps))

    def set_baseline(self, step: int, baseline: float) -> None:
        """The baseline from `step` on, which is not before the last change."""
        self.baselines.append((step, baseline))

    def pieces(self) -> Iterator[tuple[float, float, float, float]]:
        """(step, amount, tau, last step): the level is the sum of amounts that decay from their step to their last."""
        changes = [step for step, _ in self.baselines[1:]]
        for (step, baseline), last in zip(self.baselines, [*changes, inf], strict=True):
            yield step, baseline, inf, last
        for step, amount in self.releases:
            yield step, amount, self.tau, inf
        for population, neurons, amount, delay in self.releasing:
            for step, neuron in population.spikes:
                if neuron in neurons:
                    yield step + delay, amount, self.tau, inf

    def level(self, step: int) -> float:
        """The level at `step`, with what is released then."""
        return sum(
            amount * exp(-(step - since) * self.dt / tau)
            for since, amount, tau, last in self.pieces()
            if since <= step < last
        )

    def left_limit(self, step: int) -> float:
        """The level at `step` as it is read: without what is released then."""
        released = [amount for since, amount, tau, _ in self.pieces() if since == step and tau < inf]
        return self.level(step) - sum(released)

    def integral(self, tau: float, begin: int, end: int) -> float:
        """The integral of level(s) exp(-(s - begin)/tau) ds from `begin` to `end`, in ms; `tau` may be infinite."""
        total = 0.0
        for since, amount, tau_of_piece, last in self.pieces():
            first, until = max(begin, since), min(end, last)
            if first < until:
                left = amount * exp(-(first - since) * self.dt / tau_of_piece) * exp(-(first - begin) * self.dt / tau)
                total += left * integral_of_decay(1 / tau + 1 / tau_of_piece, (until - first) * self.dt)
        return total


def integral_of_decay(rate: float, duration: float) -> float:
    return (1 - exp(-rate * duration)) / rate if rate > 0 else duration
