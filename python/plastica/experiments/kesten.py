"""Random fluctuations and turnover alone give synapses log-normal sizes, a heavy tail and long lives to the large.

Statman, Kaufman, Minerbi, Ziv and Brenner (2014), PLoS Comput Biol 10:e1003846, doi:10.1371/journal.pcbi.1003846;
Yasumatsu, Matsuzaki, Miyazaki, Noguchi and Kasai (2008), J Neurosci 28:13592, doi:10.1523/JNEUROSCI.0603-08.2008;
Kesten (1973), Acta Math 131:207, doi:10.1007/BF02392040.

An ensemble of synapses in NumPy, not a network of the engine: w' = eps w + eta, eps normal with mean 0.9875 and
standard deviation 0.1, eta normal with mean 0.0075 and standard deviation 0.03. A synapse smaller than 0.05 is
removed, and a new one of 0.06 takes its place. 20,000 synapses, which begin at 0.3, 4,000 steps to settle, 10,000
steps of measurement.

1. Sizes: Lilliefors' test of normality on the logarithm of 1,000 sizes, which is about what one preparation has.
2. Tail: Hill's estimate of the index on the largest 0.5 % of sizes, in 20 moments, against the a > 0 at which the mean
   of eps^a is 1.
3. Lives: how many of the synapses made in one step survive how long; and how long those of a given size go on living.

``quick`` has 5,000 synapses and 5,000 steps.
"""

from __future__ import annotations

from math import erf
from typing import TYPE_CHECKING, Any

import numpy as np

from ._framework import Context, above, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P41",)

FACTOR_MEAN, FACTOR_SPREAD = 0.9875, 0.1
ADDEND_MEAN, ADDEND_SPREAD = 0.0075, 0.03
SMALLEST, NEWBORN, START = 0.05, 0.06, 0.3
SETTLING = 4000  # steps
SAMPLE, MOMENTS = 1000, 20
TAIL = 0.005
AGES = (1, 100)  # steps: where the survival of the newborn is fitted
GROUPS = 5  # of sizes
SOURCE = "P41; ensemble in NumPy"


class Ensemble:
    """Sizes and birthdays of synapses; `lives` are those that have ended: birthday and death."""

    def __init__(self, seed: int, size: int) -> None:
        self.draws = np.random.default_rng(seed)
        self.sizes = np.full(size, START)
        self.born = np.zeros(size, dtype=np.int64)
        self.lives: list[NDArray[np.int64]] = []
        self.now = 0

    def step(self) -> None:
        shape = self.sizes.shape
        factors = FACTOR_MEAN + FACTOR_SPREAD * self.draws.standard_normal(shape)
        self.sizes = factors * self.sizes + ADDEND_MEAN + ADDEND_SPREAD * self.draws.standard_normal(shape)
        self.now += 1
        lost = np.flatnonzero(self.sizes < SMALLEST)
        self.lives.append(np.column_stack([self.born[lost], np.full(len(lost), self.now)]))
        self.sizes[lost], self.born[lost] = NEWBORN, self.now


def moment(exponent: float) -> float:
    """Mean of eps^exponent, over positive eps."""
    x = np.linspace(-9, 9, 20_001)
    density = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)
    return float((np.maximum(FACTOR_MEAN + FACTOR_SPREAD * x, 0) ** exponent * density).sum() * (x[1] - x[0]))


def kesten_index() -> float:
    """The exponent above 0 at which the mean of eps^exponent is 1."""
    low, high = 0.1, 50.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if moment(middle) > 1 else (middle, high)
    return low


def distance_from_normal(values: Array) -> float:
    """Lilliefors' statistic: the largest distance from the normal distribution of the same mean and spread."""
    table = np.linspace(-8, 8, 4001)
    normal = np.array([0.5 * (1 + erf(x / 2**0.5)) for x in table])
    cdf = np.interp(np.sort((values - values.mean()) / values.std(ddof=1)), table, normal)
    rank = np.arange(1, len(values) + 1) / len(values)
    return float(max((rank - cdf).max(), (cdf - rank + 1 / len(values)).max()))


def lilliefors(values: Array, draws: np.random.Generator) -> float:
    """The p value, from 1,000 normal samples of the same size."""
    found = distance_from_normal(values)
    return float(np.mean([distance_from_normal(draws.standard_normal(len(values))) >= found for _ in range(1000)]))


def straightness(x: Array, y: Array) -> tuple[float, float]:
    """R^2 and slope of a line."""
    return float(np.corrcoef(x, y)[0, 1] ** 2), float(np.polyfit(x, y, 1)[0])


def run(context: Context) -> dict[str, Any]:
    """Settles, then takes sizes at 20 moments and the lives of all synapses."""
    size, length = (5000, 5000) if context.quick else (20_000, 10_000)
    context.compression = "quick: 5,000 synapses, 5,000 steps" if context.quick else "none"
    ensemble = Ensemble(context.seed, size)
    context.stage("settling, then measurement")
    for _ in range(SETTLING):
        ensemble.step()
    snapshots = []
    start, start_sizes, identity = ensemble.now, ensemble.sizes.copy(), ensemble.born.copy()
    survivors = np.full(size, length)  # remaining life of those at the start
    for step in range(length):
        ensemble.step()
        gone = (ensemble.born != identity) & (survivors == length)
        survivors[gone] = step + 1
        if (step + 1) % (length // MOMENTS) == 0:
            snapshots.append(ensemble.sizes.copy())

    context.stage("sizes, tail, lives")
    sizes = np.array(snapshots)
    index = judge_sizes(context, sizes)
    ages, survival, exponent, turnover = judge_lives(context, ensemble, start, length)
    order = np.array_split(np.argsort(start_sizes), GROUPS)
    remaining = np.array([survivors[group].mean() for group in order])
    context.record("remaining life grows from each fifth of sizes to the next: least ratio",
                   float((remaining[1:] / remaining[:-1]).min()), above(1), provenance=SOURCE)  # fmt: skip
    note(context, sizes, index, exponent, turnover)
    return {
        "sizes": sizes.ravel(), "ages": ages, "survival": survival, "remaining": remaining,
        "medians": np.array([np.median(start_sizes[group]) for group in order]), "index": index[1],
    }  # fmt: skip


def judge_sizes(context: Context, sizes: Array) -> tuple[float, float]:
    """Records the shape of the distribution of sizes; returns the index of its tail, and Kesten's."""
    draws = np.random.default_rng([context.seed, 1])
    chosen = draws.choice(sizes[-1], SAMPLE, replace=False)
    tails = np.sort(sizes.ravel())[::-1][: round(TAIL * sizes.size) + 1]
    hill, wanted = 1 / float(np.log(tails[:-1] / tails[-1]).mean()), kesten_index()
    context.record("Lilliefors' p, logarithm of sizes", lilliefors(np.log(chosen), draws), above(0.01),
                   provenance=f"{SOURCE}; {SAMPLE} sizes")  # fmt: skip
    context.record("tail index / Kesten's", hill / wanted, between(0.9, 1.1),
                   provenance=f"{SOURCE}; E[eps^a] = 1; +- 10 % is ours")  # fmt: skip
    return hill, wanted


def judge_lives(context: Context, ensemble: Ensemble, start: int, length: int) -> tuple[Array, Array, float, float]:
    """Records how long the newborn live; returns ages, the share that survives them, its exponent, and the turnover."""
    lives = np.concatenate(ensemble.lives)
    after = lives[lives[:, 0] > start]
    old_enough = after[after[:, 0] < start + length // 2]
    alive = ensemble.born[(ensemble.born > start) & (ensemble.born < start + length // 2)]
    ages = np.unique(np.round(np.geomspace(*AGES, 15)).astype(int))
    spans = np.diff(old_enough, axis=1).ravel()
    survival = np.array([(spans > age).sum() + len(alive) for age in ages]) / (len(spans) + len(alive))
    power, exponent = straightness(np.log(ages), np.log(survival))
    exponential, _ = straightness(ages.astype(float), np.log(survival))
    context.record("survival of the newborn: R^2 of a power of age", power, above(0.95),
                   provenance=f"{SOURCE}; ages {AGES[0]} to {AGES[1]}; threshold of ours")  # fmt: skip
    context.record("its R^2 less that of an exponential", power - exponential, above(0), provenance=SOURCE)
    return ages, survival, exponent, 100 * len(after) / ensemble.sizes.size / length


def note(context: Context, sizes: Array, index: tuple[float, float], exponent: float, turnover: float) -> None:
    """Records what nothing is said about."""
    hill, wanted = index
    seen = "not judged; what was seen"
    context.record("Kesten's index", wanted, provenance=seen)
    context.record("tail index", hill, provenance=seen)
    context.record("exponent of survival", exponent, provenance=seen)
    context.record("turnover in a step", turnover, unit="%", provenance=seen)
    context.record("skewness of the logarithm of sizes", float(skewness(np.log(sizes.ravel()))), provenance=seen)
    context.record("Lilliefors' statistic times the root of the sample, all synapses of a moment",
                   distance_from_normal(np.log(sizes[-1])) * sizes.shape[1] ** 0.5,
                   provenance=f"{seen}; 1.04 is p = 0.01")  # fmt: skip


def skewness(values: Array) -> Any:
    """Third standardised moment."""
    return (((values - values.mean()) / values.std()) ** 3).mean()


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Distribution of sizes, tail, survival of the newborn, remaining life by size."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INK, LIGHT, letter

    picture = Figure(figsize=(10.5, 6.0), layout="constrained")
    grid = picture.subplot_mosaic("AB;CD")
    logs = np.log(results["sizes"])
    axes = grid["A"]
    axes.hist(logs, 80, density=True, color=LIGHT)
    x = np.linspace(logs.min(), logs.max(), 300)
    axes.plot(x, np.exp(-0.5 * ((x - logs.mean()) / logs.std()) ** 2) / logs.std() / np.sqrt(2 * np.pi), color=INK)
    axes.set(xlabel="logarithm of the size", ylabel="density")
    letter(axes, "A", "sizes are log-normal in the bulk")

    axes = grid["B"]
    ordered = np.sort(results["sizes"])[::-1]
    rank = np.arange(1, len(ordered) + 1) / len(ordered)
    thin = np.unique(np.geomspace(1, len(ordered), 300).astype(int)) - 1
    axes.plot(ordered[thin], rank[thin], ".", ms=3, color=EXCITATORY)
    edge = round(TAIL * len(ordered))
    tail = np.geomspace(ordered[edge], ordered[0], 20)
    axes.plot(tail, TAIL * (tail / ordered[edge]) ** -results["index"], color=FIRST,
              label=f"Kesten: a = {results['index']:.2f}")  # fmt: skip
    axes.set(xscale="log", yscale="log", xlabel="size", ylabel="share that is larger")
    axes.legend()
    letter(axes, "B", "the tail is a power")

    axes = grid["C"]
    axes.plot(results["ages"], results["survival"], "o-", ms=3, color=INK)
    axes.set(xscale="log", yscale="log", xlabel="age (steps)", ylabel="share alive")
    letter(axes, "C", "survival of the newborn")

    axes = grid["D"]
    axes.plot(results["medians"], results["remaining"], "o-", ms=4, color=GREY)
    axes.set(xlabel="size (median of each fifth)", ylabel="remaining life (steps)", ylim=(0, None))
    letter(axes, "D", "large synapses live longer")
    return picture
