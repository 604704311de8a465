"""Synapses with a cascade of ever more stable levels keep memories by a power law.

Fusi, Drew and Abbott (2005), Neuron 45:599, doi:10.1016/j.neuron.2005.02.001.

100,000 synapses live through random memories: at every event each of them is a candidate for potentiation or
depression with probability 1/2. An ideal observer knows one memory and measures how far the strengths still agree with
it: signal / noise = sqrt(N) <strength memory>, strengths counted as -1 and 1. Every event is such a memory in turn.

In the engine, one presynaptic neuron spikes every millisecond onto 100,000 neurons, which spike at random with
probability 1/2 per millisecond. At an arrival, TransmitterInduced adds 0.1, and STDP, here without potentiation, takes
0.2 away if the postsynaptic neuron spiked in the step before; Cascade takes their sum as the candidate. All synapses of
one neuron, with n = 3, 5, 8, 10 and 12 levels and x = 1/2, or with two states that switch with q = 1, 0.1 or 0.01, see
the same memories; the strengths of those with q = 1 are the memories. Cascades start in their stationary distribution,
in which all states are equally likely.

Beside it stands the exact Markov chain of the published probabilities, and the numbers of an earlier calculation. The
agreement with one memory has a standard error of 1 in signal / noise, with all memories of the run one of 0.04: that is
too much for a lifetime to 3 %. Lifetimes are therefore judged twice: from the transitions that the engine made, counted
at every fifth event, as the lifetime of the Markov chain with these probabilities; and as observed, in standard errors.

``quick`` has 10,000 synapses and 600 events instead of 1,000, cascades of 5 and 10 levels and no q = 0.01, and does not
judge the lifetime with 10 levels.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import plastica as pl

from ._framework import Context, below, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Bits = NDArray[np.uint8]

SCIENCE = ("P12",)

LEVELS = (3, 5, 8, 10, 12)
SWITCHES = (1.0, 0.1, 0.01)  # of synapses with two states
LOW, HIGH, STEP = 0.25, 0.75, 0.1
X = 0.5
LONGEST = 600  # events between a memory and its last measurement
COUNTED = 5  # transitions are counted at every fifth event
EARLIER = {  # signal / noise at the event, and when it is 1, for N = 100,000
    "n = 3": (211, 11), "n = 5": (127, 52), "n = 8": (79, 234), "n = 10": (63, 323), "n = 12": (53, 275),
    "q = 1": (316, 1), "q = 0.1": (31.6, 34), "q = 0.01": (3.2, 118),
}  # fmt: skip


def parts_of(quick: bool) -> dict[str, pl.Cascade]:
    """The synapses, by name."""
    strengths = {"w_low": LOW, "w_high": HIGH}
    cascades = {f"n = {n}": pl.Cascade(levels=n, x=X, **strengths) for n in ((5, 10) if quick else LEVELS)}
    two = {
        f"q = {q:g}": pl.Cascade(levels=1, learning_rate=q, **strengths) for q in (SWITCHES[:2] if quick else SWITCHES)
    }
    return cascades | two


class Lived(NamedTuple):
    """What the engine leaves of one kind of synapses."""

    strong: Bits  # whether each synapse is strong after each event, packed, shape (events, size / 8)
    counts: Array  # of transitions from one state to another at a depression and at a potentiation, shape (2, 2n, 2n)


def live(context: Context, size: int, events: int) -> dict[str, Lived]:
    """All kinds of synapses, in one network."""
    net = pl.Network(dt=1.0, seed=context.seed, threads=context.threads, precision=context.precision)
    pre = net.population(1, pl.SpikeSource(np.arange(10.0, events + 10)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # half of the steps with a spike is what coins are for
        coins = net.population(size, pl.PoissonSource(1000 * np.log(2)))
    cells = net.population(size, pl.Relay())
    net.connect(coins, cells, pl.OneToOne(), weight=1000.0, delay=1.0)
    # a trace that has faded by exp(-10) per step tells whether the neuron spiked in the step before, and nothing else
    taken = pl.STDP(learning_rate=2 * STEP * np.exp(10), A_plus=0, A_minus=1, tau_minus=0.1, pairing="nearest", w_max=1)
    draws = np.random.default_rng(context.seed)
    projections, kinds = {}, {}
    for name, part in parts_of(context.quick).items():
        rules = [pl.TransmitterInduced(delta=STEP), taken, part]
        projections[name] = net.connect(pre, cells, pl.AllToAll(), weight=-LOW, delay=1.0, plasticity=rules)
        n = int(part.levels)
        projections[name].set(state=draws.choice(np.concatenate([-np.arange(1.0, n + 1), np.arange(1.0, n + 1)]), size))
        kinds[name] = Lived(np.empty((events, size // 8), dtype=np.uint8), np.zeros((2, 2 * n, 2 * n)))
    net.run(11)  # coins need three steps to reach the cells
    before: dict[str, NDArray[np.int64]] = {}
    for event in range(events):
        if event % COUNTED == 0:
            before = {name: place(projection.get("state")) for name, projection in projections.items()}
        net.run(1)
        up = -projections["q = 1"].weights > (LOW + HIGH) / 2
        for name, projection in projections.items():
            strong, counts = kinds[name]
            strong[event] = np.packbits(-projection.weights > (LOW + HIGH) / 2)
            if event % COUNTED == 0:
                n = counts.shape[1] // 2
                flat = (up * 2 * n + before[name] % (2 * n)) * 2 * n + place(projection.get("state")) % (2 * n)
                counts += np.bincount(flat, minlength=counts.size).reshape(counts.shape)
    return kinds


def place(state: object) -> NDArray[np.int64]:
    """Where a state stands among strong levels 0, 1, ... and, counted from the end, weak ones -1, -2, ..."""
    numbers = np.asarray(state).astype(np.int64)
    return np.where(numbers > 0, numbers - 1, numbers)


def signal(strong: Bits, memories: Bits, lag: int) -> float:
    """Mean agreement of strengths with the memory `lag` events ago, -1 to 1."""
    later, before = strong[lag:], memories[: len(memories) - lag]
    differ = sum(int(np.bitwise_count(a ^ b).sum()) for a, b in zip(later, before, strict=True))
    return 1 - 2 * differ / (later.size * 8)


def published(part: pl.Cascade) -> Array:
    """Probabilities of transitions at a depression and at a potentiation, shape (2, from, to); states as in `place`."""
    n = int(part.levels)
    switch = part.learning_rate * X ** np.arange(n)
    deepen = part.learning_rate * X ** np.arange(1, n + 1) / (1 - X)
    deepen[-1] = 0
    if n > 1:
        switch[-1] /= 1 - X
    chance = np.zeros((2, 2 * n, 2 * n))
    for level in range(n):
        strong, weak = level, -1 - level
        for toward, same, first, other, deeper in (
            (1, strong, 0, weak, min(level + 1, n - 1)),
            (0, weak, -1, strong, -1 - min(level + 1, n - 1)),
        ):
            chance[toward, same, deeper] += deepen[level]
            chance[toward, same, same] += 1 - deepen[level]
            chance[toward, other, first] += switch[level]
            chance[toward, other, other] += 1 - switch[level]
    return chance


def markov(chance: Array, lags: int) -> Array:
    """The same for a Markov chain with these probabilities, for each lag from 0 on: signal, shape (lags,)."""
    n = chance.shape[1] // 2
    strength = np.repeat([1.0, -1.0], n)
    down, up = chance
    difference = np.full(2 * n, 1 / (2 * n)) @ (up - down) / 2
    values = np.empty(lags)
    for lag in range(lags):
        values[lag] = difference @ strength
        difference = difference @ (up + down) / 2
    return values


def crossing(values: Array) -> float:
    """When signal / noise, exact for each lag, falls through 1, by exponential interpolation."""
    k = int(np.argmax(values < 1))
    if k == 0 or values[k] <= 0:
        return float(k)
    return float(k - 1 + np.log(values[k - 1]) / np.log(values[k - 1] / values[k]))


def crossing_of(lags: NDArray[np.int64], values: Array) -> float:
    """The same for measured values: by a parabola through their logarithm where they are between 0.4 and 2.5."""
    end = int(np.argmax(values < 0.4)) if (values < 0.4).any() else len(values)
    near = np.flatnonzero((values[:end] > 0.4) & (values[:end] < 2.5))
    if len(near) < 3:
        return np.nan
    fit = np.polynomial.Polynomial.fit(lags[near], np.log(values[near]), min(2, len(near) - 2))
    fine = np.linspace(lags[near[0]], lags[near[-1]], 2000)
    below = fit(fine) < 0
    return float(fine[np.argmax(below)]) if below.any() else np.nan


def run(context: Context) -> dict[str, Any]:
    """Lives through the memories, and compares with the Markov chain."""
    size, events = (10_000, 600) if context.quick else (100_000, 1000)
    context.compression = "quick: 10,000 synapses, 600 events" if context.quick else "none"
    lags = np.unique(np.round(np.concatenate([np.arange(20), np.geomspace(20, LONGEST, 70)]))).astype(int)
    if context.quick:
        lags = lags[lags <= 250]

    context.stage(f"{events} random memories of {size} synapses, {len(parts_of(context.quick))} kinds")
    kinds = live(context, size, events)
    context.stage("agreement with every memory")
    root, curves = np.sqrt(size), {}
    for name, part in parts_of(context.quick).items():
        measured = root * np.array([signal(kinds[name].strong, kinds["q = 1"].strong, int(lag)) for lag in lags])
        curves[name] = (measured, root * markov(published(part), LONGEST + 1))

    for name in curves:
        judge(context, name, kinds[name].counts, lags, curves[name], size, events)
    judge_decay(context, lags, curves["n = 10"][0])
    return {"lags": lags, "curves": curves, "size": size}


def judge(
    context: Context,
    name: str,
    counts: Array,
    lags: NDArray[np.int64],
    curve: tuple[Array, Array],
    size: int,
    events: int,
) -> None:
    """Records how strong a memory is at its event, and how long it lives, beside the Markov chain."""
    measured, exact = curve
    earlier = "" if context.quick else "; an earlier calculation: {} and {}".format(*EARLIER[name])
    source = f"P12; exact Markov chain, +-3 %{earlier}"
    context.record(
        f"{name}: signal / noise at the event, relative to exact", measured[0] / exact[0], between(0.97, 1.03),
        provenance=source,
    )  # fmt: skip
    context.record(f"{name}: signal / noise at the event", measured[0], provenance=f"exact: {exact[0]:.4g}{earlier}")
    if name == "q = 1":
        context.record(
            f"{name}: signal / noise one event later", measured[1], between(-0.3, 0.3),
            provenance=f"P12; every event overwrites the last one: 0, standard error {1 / np.sqrt(events):.2g}",
        )  # fmt: skip
        return
    lived = np.sqrt(size) * markov(counts / np.maximum(counts.sum(axis=2, keepdims=True), 1), LONGEST + 1)
    lifetime, wanted = crossing(lived), crossing(exact)
    rare = context.quick and name == "n = 10"  # a hundred switches from the last level
    context.record(
        f"{name}: lifetime from transitions, relative to exact", lifetime / wanted,
        None if rare else between(0.97, 1.03), provenance=source,
    )  # fmt: skip
    context.record(
        f"{name}: lifetime from transitions", lifetime, unit="events", provenance=f"exact: {wanted:.4g}{earlier}"
    )
    near = int(np.argmin(np.abs(lags - wanted)))
    context.record(
        f"{name}: observed deviation near the lifetime, in standard errors",
        abs(measured[near] - exact[lags[near]]) * np.sqrt(events - lags[near]), below(3),
        provenance=f"P12; signal / noise of {events - lags[near]} memories, {lags[near]} events old",
    )  # fmt: skip
    context.record(
        f"{name}: lifetime as observed",
        crossing_of(lags, measured),
        unit="events",
        provenance="not judged; with its chance",
    )


def judge_decay(context: Context, lags: Array, measured: Array) -> None:
    """Records whether memories of ten levels fade as a power of their age."""
    middle = (lags >= 50) & (lags <= 200)
    slope = np.polyfit(np.log(lags[middle]), np.log(np.maximum(measured[middle], 1e-3)), 1)[0]
    context.record(
        "n = 10: slope in double logarithms, 50 to 200 events", slope, between(-0.8, -0.7),
        provenance="P12; -0.75 to -0.8 in the middle range, exact here -0.74",
    )  # fmt: skip
    early = (lags >= 3) & (lags <= 100)
    logarithm = np.log(np.maximum(measured[early], 1e-3))
    context.record(
        "n = 10: misfit of a power law / of an exponential, 3 to 100 events",
        misfit(np.log(lags[early]), logarithm) / misfit(lags[early], logarithm), below(0.5),
        provenance="P12; a power law rather than an exponential",
    )  # fmt: skip


def misfit(x: Array, y: Array) -> float:
    """Root of the mean squared deviation from a straight line."""
    return float(np.sqrt(np.mean((y - np.polyval(np.polyfit(x, y, 1), x)) ** 2)))


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Signal to noise over time, in double and in simple logarithms, and initial value against lifetime."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, INK, SECOND, THIRD, letter

    picture = Figure(figsize=(10.5, 4.2), layout="constrained")
    one, two, three = picture.subplots(1, 3, width_ratios=[1.25, 1.25, 1])
    palette = {"n = 3": GREY, "n = 5": SECOND, "n = 8": THIRD, "n = 10": EXCITATORY, "n = 12": INK}
    palette |= {"q = 1": "#c9a227", "q = 0.1": FIRST, "q = 0.01": INHIBITORY}
    lags = results["lags"]
    for name, (measured, exact) in results["curves"].items():
        color, steps = palette[name], np.arange(len(exact))
        shown = (measured > 0.3) & ((lags < 1) | (exact[np.minimum(lags, len(exact) - 1)] > 0.3))
        for axes in (one, two):
            axes.plot(steps + 1, np.maximum(exact, 1e-3), color=color, lw=1, ls="-" if name[0] == "n" else (0, (4, 2)))
            axes.plot(lags[shown] + 1, measured[shown], "o", ms=2.6, color=color, mec="white", mew=0.2)
        last = crossing(exact) if name != "q = 1" else 0.0
        three.plot(last + 1, exact[0], "o" if name[0] == "n" else "s", ms=6, color=color)
        three.annotate(f" {name}", (last + 1, exact[0]), fontsize=8, color=color, va="bottom")
    for axes in (one, two):
        axes.axhline(1, color=GREY, lw=0.7)
        axes.set(yscale="log", ylim=(0.3, 500), xlabel="age of the memory + 1 (events)")
    one.set(xscale="log", ylabel="signal / noise", xlim=(1, LONGEST))
    two.set(xlim=(0, 420))
    two.plot([], [], color=INK, lw=1, label="cascade, exact")
    two.plot([], [], color=INK, lw=1, ls=(0, (4, 2)), label="two states, exact")
    two.plot([], [], "o", ms=3, color=INK, label="engine")
    two.legend(loc="upper right")
    three.set(
        xscale="log",
        yscale="log",
        xlim=(0.8, 900),
        xlabel="lifetime + 1 (events)",
        ylabel="signal / noise at the event",
    )
    letter(one, "A", f"{results['size']:,} synapses")
    letter(two, "B", "the same over linear time")
    letter(three, "C", "strong or lasting")
    return picture
