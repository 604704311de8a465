"""Weights are rewritten to have one sum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from reference.registry import Numbers, Random, controller

from .controller import Place, Slow

if TYPE_CHECKING:
    from reference.simulator import Network, Projection


def numbers(random: Random, _: object) -> Numbers:
    axis, norm = str(random.choice(["target", "source"])), str(random.choice(["L1", "L2", "subtractive"]))
    return {"axis": axis, "norm": norm, "total": float(random.choice([0.0, 40.0]))}


@controller(numbers)
class WeightNormalization(Slow):
    """Rewrites the magnitudes of the weights onto each target, or from each source."""

    of_projection = True
    needs_rule = False
    whole = False

    @classmethod
    def put_on(cls, place: Place, interval: int, **numbers: Any) -> None:
        place.net.normalize(place.projection, interval=interval, **numbers)

    def __init__(self, net: Network, projection: Projection, axis: str, norm: str, total: float, interval: int) -> None:
        self.net, self.projection, self.norm, self.interval = net, projection, norm, interval
        self.made, self.states = net.k, {}
        ends = [synapse.target if axis == "target" else synapse.source for synapse in projection.synapses]
        self.groups = [np.flatnonzero(np.array(ends) == neuron) for neuron in sorted(set(ends))]
        magnitudes = np.abs(projection.weights)
        self.totals = [total or self.size(magnitudes[group]) for group in self.groups]

    def size(self, magnitudes: np.ndarray) -> float:
        return float(np.sqrt((magnitudes**2).sum()) if self.norm == "L2" else magnitudes.sum())

    def is_due(self, k: int) -> bool:
        return self.projection.plastic and k > self.made and k % self.interval == 0

    def tick(self, k: int) -> None:
        weights = self.projection.weights
        magnitudes, signs = np.abs(weights), np.where(np.signbit(weights), -1.0, 1.0)
        for group, total in zip(self.groups, self.totals, strict=True):
            present = self.size(magnitudes[group])
            if self.norm == "subtractive":
                magnitudes[group] += (total - present) / len(group)
            elif present > 0:
                magnitudes[group] *= total / present
        self.projection.weights = signs * np.clip(magnitudes, 0, self.projection.w_max)
