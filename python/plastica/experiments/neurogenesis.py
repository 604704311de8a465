"""Sparse activity separates patterns, and newborn neurons mark when a pattern was learned.

Dentate gyrus: Aimone et al. (2009), Neuron 61:187, doi:10.1016/j.neuron.2008.11.026 (young cells bind what is learned
at the same time); Finnegan and Becker (2015), Front Syst Neurosci 9:136 (young cells and interference).

400 entorhinal cells send volleys, a quarter of them at a time, to 2,000 granule cells with 100 inputs each; basket
cells stop the response when enough granule cells have fired. The overlap of two responses, as a function of the
correlation of the two patterns, has a closed form: the inputs of a cell are a pair of normal variables.

1. Separation: overlap against the closed form at the measured activity; and without inhibition.
2. Neurogenesis: in each epoch 5 % of the cells are born in the places of the least active mature ones. For eight epochs
   their threshold is lower (by 30 % at birth, rising), they have 80 of the 100 inputs, and these learn four times as
   fast. In each epoch patterns are learned (STDP, the sum of a cell's weights held). Do responses of one epoch overlap
   more than those of different epochs?
3. Retention: a linear read-out (delta rule, in NumPy, in place of CA3) learns a label for each pattern of a set A;
   eight epochs later it learns other labels for a set B of their relatives (correlation 0.5 to 0.9). How much of A is
   recalled? The control has the same number of cells without turnover, and the same mean learning rate.

``quick`` has fewer patterns and epochs.
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, Criterion, above, below, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Mask = NDArray[np.bool_]

SCIENCE = ("P42",)

CORTEX, GRANULE, BASKET = 400, 2000, 50
ACTIVE, INPUTS, YOUNG_INPUTS = 100, 100, 80
REST, THRESHOLD, YOUNG = -70.0, -50.0, 0.3  # mV, mV, share by which the threshold of a newborn is lower
WEIGHT = 18.9  # pA, mean
EXCITE, INHIBIT = 380.0, -50.0  # pA, to and from basket cells
MATURITY, BORN = 8, GRANULE // 20  # epochs; cells in each
RATE, FASTER = 0.01, 4.0  # learning rate of mature cells, and by how much the young are faster
SIMILARITIES = (0.5, 0.6, 0.7, 0.8, 0.9)  # of patterns B to patterns A
VOLLEY = 200.0  # ms, from one to the next
TABLE = {0.9: 0.637, 0.7: 0.392, 0.5: 0.244, 0.3: 0.143}  # overlap at an activity of 5 %


class DentateGyrus:
    """The network, with or without newborn cells."""

    def __init__(self, context: Context, turnover: bool, learning: bool) -> None:
        self.turnover = turnover
        self.random = np.random.default_rng(context.seed)
        net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
        cortex = net.population(
            CORTEX, pl.LIF(C_m=200, tau_m=10, E_L=REST, V_th=THRESHOLD, V_reset=REST, t_ref=20), name="cortex"
        )
        receptors = {"exc": pl.CurrentAlpha(tau=8), "inh": pl.CurrentExp(tau=10)}
        granule = pl.LIF(
            C_m=200, tau_m=20, E_L=REST, V_th=THRESHOLD, V_reset=REST, t_ref=60, receptors=receptors
        )  # fmt: skip
        basket = pl.LIF(
            C_m=100, tau_m=5, E_L=REST, V_th=THRESHOLD, V_reset=REST, t_ref=5, receptors={"exc": pl.CurrentExp(tau=2)}
        )
        self.net, self.cortex = net, cortex
        self.cells = net.population(GRANULE, granule, name="granule cells")
        baskets = net.population(BASKET, basket, name="basket cells")
        self.excite = net.connect(self.cells, baskets, pl.FixedInDegree(500), receptor="exc", weight=EXCITE, delay=0.2)
        self.inhibit = net.connect(baskets, self.cells, pl.FixedInDegree(20), receptor="inh", weight=INHIBIT, delay=0.2)
        rate = (RATE if turnover else RATE * (1 + (FASTER - 1) * MATURITY * BORN / GRANULE)) if learning else 0.0
        self.mature = self._afferents(rate, INPUTS, "mature")
        self.young = self._afferents(rate * FASTER, YOUNG_INPUTS, "young")
        self.age = np.full(GRANULE, MATURITY)
        self.used = np.zeros(GRANULE)
        self.identity = np.arange(GRANULE)  # the number of the cell that lives in each place
        self._grow(self.mature, self.cells.ids, INPUTS)
        if turnover:
            for _ in range(MATURITY):
                self.next_epoch()

    def _afferents(self, rate: float, inputs: int, name: str) -> pl.Projection:
        rule = pl.STDP(
            A_plus=1.0, A_minus=0.0, tau_plus=20, tau_minus=20, learning_rate=rate, w_max=4 * WEIGHT,
            dependence="multiplicative",
        )  # fmt: skip
        projection = self.net.connect(
            self.cortex, self.cells, pl.Explicit(sources=[], targets=[]), receptor="exc", weight=0.0, delay=1.0,
            plasticity=rule, name=name,
        )  # fmt: skip
        if rate > 0:
            self.net.control(projection, pl.WeightNormalization(total=inputs * WEIGHT, interval=VOLLEY))
        return projection

    def _grow(self, projection: pl.Projection, cells: Any, inputs: int) -> None:
        """Gives cells random inputs; what each cell receives has the same sum."""
        chosen = np.argsort(self.random.random((len(cells), CORTEX)), axis=1)[:, :inputs]
        weights = self.random.uniform(0.5, 1.5, chosen.shape)
        weights *= inputs * WEIGHT / weights.sum(axis=1, keepdims=True)
        projection.add(chosen.ravel(), np.repeat(cells, inputs), weight=weights.ravel(), delay=1.0)

    def next_epoch(self) -> None:
        """Young cells are an epoch older, the least active mature ones make room for newborn ones."""
        if not self.turnover:
            return
        grown = np.flatnonzero(self.age == MATURITY - 1)
        self.age[self.age < MATURITY] += 1
        self._ripen(grown)
        old = np.flatnonzero(self.age == MATURITY)
        old = np.setdiff1d(old, grown)
        dying = old[np.lexsort((self.random.random(len(old)), self.used[old]))][:BORN]
        self.cells[dying].kill()
        newborn = self.cells.birth(BORN).ids
        self.age[newborn], self.used[newborn] = 0, 0
        self.identity[newborn] = self.identity.max() + 1 + np.arange(BORN)
        self._grow(self.young, newborn, YOUNG_INPUTS)
        self._join(newborn)
        lowered = YOUNG * (1 - np.minimum(self.age, MATURITY) / MATURITY)
        self.cells.set(V_th=THRESHOLD - lowered * (THRESHOLD - REST))

    def _join(self, newborn: Any) -> None:
        """Connects newborn cells with basket cells, as others are."""
        order = np.argsort(self.random.random((BORN, BASKET)), axis=1)
        to_baskets, from_baskets = order[:, :12], order[:, -20:]
        self.excite.add(np.repeat(newborn, 12), to_baskets.ravel(), weight=EXCITE, delay=0.2)
        self.inhibit.add(from_baskets.ravel(), np.repeat(newborn, 20), weight=INHIBIT, delay=0.2)

    def _ripen(self, grown: Any) -> None:
        """The synapses of grown cells go on as mature ones, and others join them."""
        if len(grown) == 0:
            return
        block = np.isin(self.young.targets, grown)
        sources, targets, weights = (
            column[block] for column in (self.young.sources, self.young.targets, self.young.weights)
        )
        self.young.remove(block)
        self.mature.add(sources, targets, weight=weights, delay=1.0)
        for cell in grown:
            free = np.setdiff1d(np.arange(CORTEX), sources[targets == cell])
            more = self.random.choice(free, INPUTS - YOUNG_INPUTS, replace=False)
            self.mature.add(more, np.full(len(more), cell), weight=WEIGHT, delay=1.0)

    def respond(self, pattern: Any, net: pl.Network | None = None) -> Mask:
        """Which granule cells answer a volley; on the network itself they learn from it."""
        target = net or self.net
        cells = target.populations["granule cells"]
        spikes = target.record(cells, "spikes")
        target.populations["cortex"][pattern].set(V=0.0)  # each spikes in the next step
        target.run(VOLLEY)
        answer = np.bincount(spikes.ids, minlength=GRANULE) > 0
        if net is None:
            self.used = 0.9 * self.used + answer
        return answer

    def code(self, pattern: Any) -> Mask:
        """The same, without leaving a mark."""
        return self.respond(pattern, self.net.probe())


def relative(random: np.random.Generator, pattern: Any, correlation: float) -> Any:
    """A pattern whose correlation with another one is given."""
    shared = round(ACTIVE * (ACTIVE / CORTEX + correlation * (1 - ACTIVE / CORTEX)))
    others = np.setdiff1d(np.arange(CORTEX), pattern)
    kept = random.choice(pattern, shared, replace=False)
    return np.concatenate([kept, random.choice(others, ACTIVE - shared, replace=False)])


def overlap(one: Any, other: Any) -> float:
    """Cells that answer both patterns, as a share of those that answer one."""
    return 2 * len(np.intersect1d(one, other)) / max(len(one) + len(other), 1)


def expected(correlation: float, activity: float) -> float:
    """P(both above a threshold) / P(one above it) of two normal variables, by Plackett's integral."""
    grid = np.linspace(-8, 8, 160_001)
    density = np.exp(-(grid**2) / 2)
    h = grid[np.searchsorted(np.cumsum(density) / density.sum(), 1 - activity)]
    rho = np.linspace(0, correlation, 4001)
    slope = np.exp(-h * h / (1 + rho)) / (2 * np.pi * np.sqrt(1 - rho**2))
    return float(activity + np.sum((slope[1:] + slope[:-1]) / 2) * (rho[1] - rho[0]) / activity)


def near(value: float) -> Criterion:
    """Within 0.03."""
    return between(value - 0.03, value + 0.03)


def separation(context: Context, pairs: int) -> dict[str, Any]:
    """Overlaps of responses against correlations of patterns, with and without inhibition."""
    gyrus = DentateGyrus(context, turnover=False, learning=False)
    random = np.random.default_rng(context.seed + 1)
    correlations = sorted(TABLE)
    found: dict[str, Any] = {"c": correlations}
    for label in ("with inhibition", "without"):
        if label == "without":
            gyrus.net.modify(gyrus.cells, {"inh.gain": 0.0}, name="no inhibition")
        overlaps, activity = [], []
        for correlation in correlations:
            values = []
            for _ in range(pairs):
                pattern = random.choice(CORTEX, ACTIVE, replace=False)
                answers = [gyrus.respond(p) for p in (pattern, relative(random, pattern, correlation))]
                values.append(overlap(*map(np.flatnonzero, answers)))
                activity += [answer.mean() for answer in answers]
            overlaps.append(float(np.mean(values)))
        found[label] = {"overlap": overlaps, "activity": float(np.mean(activity))}
    return found


def epochs(context: Context, turnover: bool, number: int, patterns: int) -> dict[str, Any]:
    """Overlaps of responses within and between epochs."""
    gyrus = DentateGyrus(context, turnover, learning=True)
    random = np.random.default_rng(context.seed + 2)
    answers: list[Any] = []
    for _ in range(number):
        gyrus.next_epoch()
        shown = [random.choice(CORTEX, ACTIVE, replace=False) for _ in range(patterns)]
        answers += [gyrus.identity[gyrus.respond(pattern)] for pattern in shown]
    epoch = np.repeat(np.arange(number), patterns)
    matrix = np.array([[overlap(a, b) for b in answers] for a in answers])
    upper = np.triu(np.ones_like(matrix, dtype=bool), 1)

    def difference(labels: Any) -> float:
        same = labels[:, None] == labels[None, :]
        return float(matrix[same & upper].mean() - matrix[~same & upper].mean())

    seen = difference(epoch)
    shuffled = [difference(random.permutation(epoch)) for _ in range(2000)]
    return {
        "matrix": matrix,
        "epoch": epoch,
        "difference": seen,
        "p": (1 + sum(value >= seen for value in shuffled)) / 2001,
        "activity": float(np.mean([len(answer) for answer in answers]) / GRANULE),
    }


class Readout:
    """Associates responses with labels by the delta rule, in place of what lies downstream."""

    def __init__(self, labels: int) -> None:
        self.weights = np.zeros((labels, GRANULE))

    def learn(self, code: Mask, label: int) -> None:
        error = -self.weights @ code
        error[label] += 1
        self.weights += 0.5 * np.outer(error, code) / max(code.sum(), 1)

    def recall(self, code: Mask) -> int:
        return int(np.argmax(self.weights @ code))


def retention(context: Context, turnover: bool, patterns: int, repetitions: int) -> dict[str, Any]:
    """Shares of patterns A that are recalled eight epochs later, and after relatives of theirs got other labels."""
    gyrus = DentateGyrus(context, turnover, learning=True)
    readout = Readout(patterns)
    random = np.random.default_rng(context.seed + 3)
    first = [random.choice(CORTEX, ACTIVE, replace=False) for _ in range(patterns)]
    learn(gyrus, readout, first, 0, repetitions)
    stored = [gyrus.identity[gyrus.code(pattern)] for pattern in first]
    for _ in range(MATURITY):
        before = gyrus.identity.copy()
        gyrus.next_epoch()
        readout.weights[:, gyrus.identity != before] = 0
    codes = [gyrus.code(pattern) for pattern in first]
    found: dict[str, Any] = {
        "before": recalled(readout, codes),
        "same cells": float(np.mean([overlap(gyrus.identity[a], b) for a, b in zip(codes, stored, strict=True)])),
        "after": [],
    }
    for correlation in SIMILARITIES:
        later, changed = deepcopy(gyrus), deepcopy(readout)
        learn(later, changed, [relative(random, pattern, correlation) for pattern in first], 1, repetitions)
        found["after"].append(recalled(changed, [later.code(pattern) for pattern in first]))
    return found


def learn(gyrus: DentateGyrus, readout: Readout, shown: list[Any], shift: int, repetitions: int) -> None:
    """Shows patterns, one after the other; both the cells and the read-out learn."""
    for _ in range(repetitions):
        for number, pattern in enumerate(shown):
            readout.learn(gyrus.respond(pattern), (number + shift) % len(shown))


def recalled(readout: Readout, codes: list[Mask]) -> float:
    """Share of responses that are given the label of their pattern."""
    return float(np.mean([readout.recall(code) == number for number, code in enumerate(codes)]))


def run(context: Context) -> dict[str, Any]:
    """Separation, time tags, retention."""
    pairs, number, patterns, labels, repetitions = (3, 6, 4, 5, 3) if context.quick else (20, 12, 8, 20, 5)
    context.compression = "quick: fewer patterns, epochs and repetitions" if context.quick else "none"
    source = "P42"

    context.stage("separation")
    separated = separation(context, pairs)
    judge_separation(context, separated, source)
    tags = judge_tags(context, number, patterns, source)
    return {"separated": separated, "tags": tags, "left": judge_retention(context, labels, repetitions, source)}


def judge_separation(context: Context, separated: dict[str, Any], source: str) -> None:
    """Records how far the overlap of patterns shrinks, with and without inhibition."""
    inhibited, free = separated["with inhibition"], separated["without"]
    activity = inhibited["activity"]
    context.record("activity", activity, between(0.04, 0.06), provenance=f"{source}: the table is for 0.05")
    for correlation, value in zip(separated["c"], inhibited["overlap"], strict=True):
        closed = expected(correlation, activity)
        context.record(f"overlap at c = {correlation}: minus the closed form at this activity", value - closed,
                       between(-0.03, 0.03), provenance=f"{source}: two normal variables")  # fmt: skip
        context.record(f"overlap at c = {correlation}", value, near(TABLE[correlation]),
                       provenance=f"{source}: table for an activity of 0.05")  # fmt: skip
    middle = separated["c"].index(0.5)
    context.record("without inhibition: overlap at c = 0.5", free["overlap"][middle], above(0.625),
                   provenance="threshold of ours: separation is lost above the overlap of the patterns")  # fmt: skip
    context.record("without inhibition: activity", free["activity"], provenance="what was seen")


def judge_tags(context: Context, number: int, patterns: int, source: str) -> dict[bool, dict[str, Any]]:
    """Records whether patterns of one epoch overlap more than those of different ones."""
    tags = {}
    for turnover in (True, False):
        label = "neurogenesis" if turnover else "no neurogenesis"
        context.stage(f"epochs, {label}")
        tags[turnover] = epochs(context, turnover, number, patterns)
        limits = above(0) if turnover else between(-0.01, 0.01)
        context.record(f"{label}: overlap within epochs - between", tags[turnover]["difference"], limits,
                       provenance=f"{source}; 0.01 of ours")  # fmt: skip
        context.record(f"{label}: p, permutation of the epochs", tags[turnover]["p"],
                       below(0.01) if turnover else None, provenance=source)  # fmt: skip
        context.record(f"{label}: activity", tags[turnover]["activity"], provenance="what was seen")
    return tags


def judge_retention(context: Context, labels: int, repetitions: int, source: str) -> dict[bool, dict[str, Any]]:
    """Records what is left of memories after others, with and without turnover."""
    left: dict[bool, dict[str, Any]] = {}
    for turnover in (True, False):
        label = f"{'with' if turnover else 'without'} turnover"
        context.stage(f"retention, {label}")
        left[turnover] = retention(context, turnover, labels, repetitions)
        for correlation, share in zip(SIMILARITIES, left[turnover]["after"], strict=True):
            context.record(f"recall of A after B, correlation {correlation}, {label}", 100 * share, unit="%",
                           provenance="what was seen")  # fmt: skip
        context.record(f"recall of A before B, {label}", 100 * left[turnover]["before"], unit="%",
                       provenance="what was seen")  # fmt: skip
        context.record(f"response to A eight epochs later, share of the same cells, {label}",
                       100 * left[turnover]["same cells"], unit="%", provenance="what was seen")  # fmt: skip
    gain = 100 * float(np.mean(left[True]["after"]) - np.mean(left[False]["after"]))
    context.record("gain of retention by turnover, mean over the correlations", gain, above(10), unit="points",
                   provenance=f"{source}: engine target")  # fmt: skip
    return left


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Overlaps against correlations, the matrix of overlaps between epochs, and retention."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, GREY, INHIBITORY, INK, LIGHT, letter

    picture = Figure(figsize=(10.5, 3.2), layout="constrained")
    axes, image, tagged, kept = picture.subplots(1, 4)

    separated = results["separated"]
    c = np.linspace(0, 0.99, 60)
    inhibited = separated["with inhibition"]
    axes.plot(c, [expected(value, inhibited["activity"]) for value in c], color=GREY, lw=1, label="closed form")
    axes.plot(c, c, color=LIGHT, lw=0.8)
    axes.plot(separated["c"], inhibited["overlap"], "o", ms=4, color=EXCITATORY, label="inhibition")
    axes.plot(separated["c"], separated["without"]["overlap"], "s", ms=4, color=INHIBITORY, label="no inhibition")
    axes.set(xlabel="correlation of patterns", ylabel="overlap of responses", xlim=(0, 1), ylim=(0, 1.02))
    axes.legend()
    letter(axes, "A", "separation")

    tags = results["tags"][True]
    matrix = tags["matrix"].copy()
    np.fill_diagonal(matrix, np.nan)
    image.imshow(matrix, cmap="Greys", interpolation="nearest")
    image.set(xlabel="pattern, by epoch", ylabel="pattern")
    letter(image, "B", "overlaps, neurogenesis")

    for turnover, color, label in ((True, EXCITATORY, "neurogenesis"), (False, GREY, "none")):
        found = results["tags"][turnover]
        lag = np.abs(found["epoch"][:, None] - found["epoch"][None, :])
        other = ~np.eye(len(lag), dtype=bool)
        lags = np.unique(lag)
        tagged.plot(
            lags, [found["matrix"][(lag == n) & other].mean() for n in lags], "o-", ms=3, color=color, label=label
        )
    tagged.set(xlabel="epochs between", ylabel="overlap", ylim=(0, None))
    tagged.legend()
    letter(tagged, "C", "young cells tag time")

    for turnover, color, label in ((True, EXCITATORY, "turnover"), (False, INK, "none")):
        shares = [100 * share for share in results["left"][turnover]["after"]]
        kept.plot(SIMILARITIES, shares, "o-", ms=3, color=color, label=label)
    kept.set(xlabel="correlation of B to A", ylabel="recall of A after B (%)", ylim=(0, 102))
    kept.legend()
    letter(kept, "D", "what is left of A")
    return picture
