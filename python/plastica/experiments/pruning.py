"""A network that overgrows and then loses its weakest synapses recalls as well with two fifths of them.

Chechik, Meilijson and Ruppin (1998), Neural Comput 10:1759, doi:10.1162/089976698300017124: deleting the weakest
synapses is the best way to delete.

An associative memory in NumPy, not a network of the engine, which has no Hopfield units: 500 units, 50 patterns in
which half the units are active, w_ij = sum over patterns of (x_i - 1/2)(x_j - 1/2), on synapses that exist with
probability 0.8 (overgrowth). Then 60 % of the synapses are removed: the weakest, or any. Recall starts from a pattern
of which a fifth of the active units have been exchanged for others; in each of 15 steps the half of the units with the
largest input becomes active; the measure is the share of the pattern's active units that are active at the end.

Further: other shares of removal; other numbers of patterns.

``quick`` takes 2 networks instead of 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._framework import Context, above, below

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

SCIENCE = ("P40",)

UNITS, ACTIVE, PATTERNS = 500, 250, 50
GROWN, REMOVED, WRONG = 0.8, 0.6, 0.2
STEPS = 15
SHARES = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
LOADS = (10, 25, 50, 75, 100)


class Memory:
    """Patterns, shape (patterns, units), and the Hebbian weights of an overgrown network."""

    def __init__(self, draws: np.random.Generator, patterns: int) -> None:
        self.draws = draws
        self.patterns = np.zeros((patterns, UNITS))
        for pattern in self.patterns:
            pattern[draws.permutation(UNITS)[:ACTIVE]] = 1
        self.cues = np.array([self.cue(pattern) for pattern in self.patterns])
        self.weights = (self.patterns - 0.5).T @ (self.patterns - 0.5)
        self.grown = (draws.random((UNITS, UNITS)) < GROWN) & ~np.eye(UNITS, dtype=bool)

    def cue(self, pattern: Array) -> Array:
        """The pattern with a fifth of its active units exchanged for others."""
        size = round(WRONG * ACTIVE)
        changed = pattern.copy()
        changed[self.draws.choice(np.flatnonzero(pattern == 1), size, replace=False)] = 0
        changed[self.draws.choice(np.flatnonzero(pattern == 0), size, replace=False)] = 1
        return changed

    def weakest_removed(self, share: float) -> Mask:
        return self.kept(share, np.abs(self.weights) + 1e-3 * self.draws.random((UNITS, UNITS)))

    def any_removed(self, share: float) -> Mask:
        return self.kept(share, self.draws.random((UNITS, UNITS)))

    def kept(self, share: float, worth: Array) -> Mask:
        """The synapses that are left when those of least worth are removed."""
        remaining = self.grown.copy()
        existing = np.flatnonzero(self.grown)
        lost = existing[np.argsort(worth.ravel()[existing])[: round(share * len(existing))]]
        remaining.ravel()[lost] = False
        return remaining

    def recall(self, synapses: Mask) -> float:
        """Share of a pattern's active units that are recalled, in percent; mean over patterns."""
        weights, active = np.where(synapses, self.weights, 0.0), self.cues
        for _ in range(STEPS):
            winners = np.argpartition(-(active - 0.5) @ weights.T, ACTIVE, axis=1)[:, :ACTIVE]
            active = np.zeros_like(active)
            np.put_along_axis(active, winners, 1.0, axis=1)
        return float(100 * (active * self.patterns).sum() / (ACTIVE * len(self.patterns)))


def run(context: Context) -> dict[str, Any]:
    """Removal of 60 %, then of other shares, then at other loads."""
    networks = 2 if context.quick else 10
    context.compression = "quick: 2 networks instead of 10" if context.quick else "none"
    context.stage("shares of removal")
    by_share: dict[str, list[list[float]]] = {"weakest": [], "any": []}
    counts = []
    for network in range(networks):
        memory = Memory(np.random.default_rng([context.seed, network]), PATTERNS)
        by_share["weakest"].append([memory.recall(memory.weakest_removed(share)) for share in SHARES])
        by_share["any"].append([memory.recall(memory.any_removed(share)) for share in SHARES])
        counts.append([memory.weakest_removed(REMOVED).sum(), memory.any_removed(REMOVED).sum()])
    context.stage("numbers of patterns")
    by_load = np.zeros((networks, 3, len(LOADS)))
    for network in range(networks):
        for column, load in enumerate(LOADS):
            memory = Memory(np.random.default_rng([context.seed, network, load]), load)
            arms = (memory.grown, memory.weakest_removed(REMOVED), memory.any_removed(REMOVED))
            by_load[network, :, column] = [memory.recall(arm) for arm in arms]

    weakest, random = (np.array(by_share[name]).mean(axis=0) for name in ("weakest", "any"))
    at = SHARES.index(REMOVED)
    source = f"P40; NumPy, mean of {networks} networks"
    context.record("loss of recall, weakest 60 % removed", weakest[0] - weakest[at], below(5), unit="points",
                   provenance=source)  # fmt: skip
    context.record("loss of recall, any 60 % removed", random[0] - random[at], above(15), unit="points",
                   provenance=source)  # fmt: skip
    context.record("difference of synapse counts", float(np.abs(np.diff(counts)).max()), below(1),
                   provenance=f"{source}; the comparison is at equal counts")  # fmt: skip
    seen = "not judged; what was seen"
    context.record("recall before", weakest[0], unit="%", provenance=seen)
    context.record("recall, weakest 60 % removed", weakest[at], unit="%", provenance=seen)
    context.record("recall, any 60 % removed", random[at], unit="%", provenance=seen)
    context.record("recall, weakest 80 % removed", weakest[SHARES.index(0.8)], unit="%", provenance=seen)
    return {"weakest": weakest, "any": random, "loads": by_load.mean(axis=0)}


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Recall against the share removed and against the number of patterns."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, GREY, INK, LIGHT, letter

    picture = Figure(figsize=(10.5, 3.4), layout="constrained")
    grid = picture.subplot_mosaic("AB")
    axes = grid["A"]
    axes.axvline(100 * REMOVED, color=LIGHT, lw=0.8)
    axes.plot(100 * np.array(SHARES), results["weakest"], "o-", ms=4, color=EXCITATORY, label="the weakest")
    axes.plot(100 * np.array(SHARES), results["any"], "s-", ms=4, color=GREY, label="any")
    axes.set(xlabel="synapses removed (%)", ylabel="units recalled (%)", ylim=(45, 102))
    axes.legend()
    letter(axes, "A", f"{PATTERNS} patterns")

    axes = grid["B"]
    for row, label, color in zip(
        results["loads"],
        ("overgrown", "weakest 60 % removed", "any 60 % removed"),
        (INK, EXCITATORY, GREY),
        strict=True,
    ):
        axes.plot(LOADS, row, "o-", ms=4, color=color, label=label)
    axes.set(xlabel="patterns", ylabel="units recalled (%)", ylim=(45, 102))
    axes.legend()
    letter(axes, "B", "capacity")
    return picture
