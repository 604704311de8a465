"""Pairs of spikes change a synapse by the exponential window, for every variant of pair STDP.

Bi and Poo (1998), J Neurosci 18:10464, doi:10.1523/JNEUROSCI.18-24-10464.1998; the amplitudes and time constants are
those of their fit of 2001, +0.777 with 16.8 ms and -0.273 with 33.7 ms.

1. Window: 60 pairs at 1 Hz, the postsynaptic spike -100 to 100 ms after the presynaptic one in steps of 5 ms; every
   pairing and dependence on the weight, and the delay of 5 ms wholly axonal or wholly dendritic, against the closed
   form. The delay moves the window: what counts is the interval at the synapse.
2. Drift: independent Poisson trains of 5 to 50 Hz on both sides, against the expected
   r_pre r_post (A_plus tau_plus - A_minus tau_minus).
3. Suppression: Froemke and Dan (2002), Nature 416:433, doi:10.1038/416433a. Each spike weakens the next one of its
   neuron, so that the first pair of a triplet decides: pre-post-pre potentiates, post-pre-post depresses, where the sum
   of the two pairs says the same for both. 60 triplets at 0.2 Hz of both orders, intervals of 4 to 60 ms in steps of
   4 ms, against the closed form.

``quick`` shortens the Poisson trains to a fifth.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import plastica as pl
from plastica.protocols import triplets

from ._framework import Context, above, below
from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, INK, SECOND, letter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Pairing = Literal["all", "nearest", "presynaptic"]
    Dependence = Literal["additive", "multiplicative", "power"]
    Array = NDArray[np.float64]

SCIENCE = ("P02",)
PRECISION = "double"  # the closed form is met to 1e-6; single precision rounds each change to 1e-7 of the weight

A_PLUS, TAU_PLUS = 0.777, 16.8
A_MINUS, TAU_MINUS = 0.273, 33.7
PAIRS = 60
DELAY = 5.0  # ms
W_START, W_MAX = 1.0, 4.0  # mV
LEARNING_RATE = W_START / (PAIRS * W_MAX)  # 60 pairs change an additive synapse by A times its weight
POWER = 0.4
INTERVALS = np.arange(-100.0, 101.0, 5.0)  # ms
POISSON_RATES = (5, 10, 20, 50)  # Hz
TRAINS = 500  # per rate

# Froemke and Dan (2002), layer 2/3 of visual cortex.
FROEMKE_DAN = {"A_plus": 1.03, "A_minus": 0.51, "tau_plus": 13.3, "tau_minus": 34.5}
SUPPRESSION_PRE, SUPPRESSION_POST = 28.0, 88.0  # ms
STEPS = np.arange(4.0, 61.0, 4.0)  # ms, between the spikes of a triplet
ORDERS = ("pre-post-pre", "post-pre-post")

PAIRINGS: tuple[Pairing, ...] = ("all", "nearest", "presynaptic")
DEPENDENCES: tuple[Dependence, ...] = ("additive", "multiplicative", "power")


def rule(pairing: Pairing, dependence: Dependence) -> pl.STDP:
    """Pair STDP with the constants of hippocampal neurons in culture."""
    return pl.STDP(
        learning_rate=LEARNING_RATE, A_plus=A_PLUS, A_minus=A_MINUS, tau_plus=TAU_PLUS, tau_minus=TAU_MINUS,
        w_max=W_MAX, pairing=pairing, dependence=dependence, mu_plus=POWER, mu_minus=POWER,
    )  # fmt: skip


def pairs(
    net: pl.Network, before: pl.Source, after: pl.Source, size: int, learn: pl.Rule, split: float
) -> pl.Projection:
    """Plastic synapses between spike trains: the target spikes 2 dt after the source `after`, and only then."""
    neuron = pl.LIF(
        C_m=250, tau_m=10, E_L=-70, V_th=-55, V_reset=-70, t_ref=0,
        receptors={"synapse": pl.CurrentDelta(), "teacher": pl.CurrentDelta()},
    )  # fmt: skip
    pre, post = net.population(size, before), net.population(size, neuron)
    teachers = net.population(size, after)
    net.connect(teachers, post, pl.OneToOne(), receptor="teacher", weight=1000, delay=net.dt)
    return net.connect(
        pre, post, pl.OneToOne(), receptor="synapse", weight=W_START, delay=DELAY, dendritic_fraction=split,
        plasticity=learn,
    )  # fmt: skip


def window(context: Context, pairing: Pairing, dependence: Dependence, split: float) -> Array:
    """Relative change of the weight after the pairs, for each interval between the spikes of the two neurons."""
    net = pl.Network(dt=1.0, seed=context.seed, threads=context.threads, precision=context.precision)
    onsets = 500 + 1000 * np.arange(PAIRS)
    before = pl.SpikeSource([onsets] * len(INTERVALS))
    after = pl.SpikeSource([onsets + interval - 2 * net.dt for interval in INTERVALS])
    synapses = pairs(net, before, after, len(INTERVALS), rule(pairing, dependence), split)
    net.run(1000 * PAIRS + 500)
    return synapses.weights / W_START - 1


def closed_form(dependence: Dependence, interval: Array) -> Array:
    """The same for isolated pairs, given the interval at the synapse; spikes that coincide there do not pair."""
    mu = {"additive": 0.0, "multiplicative": 1.0, "power": POWER}[dependence]
    weight = np.full(len(interval), W_START)
    plus = np.where(interval > 0, A_PLUS * np.exp(-np.abs(interval) / TAU_PLUS), 0)
    minus = np.where(interval < 0, A_MINUS * np.exp(-np.abs(interval) / TAU_MINUS), 0)
    for _ in range(PAIRS):
        room = weight / W_MAX
        weight = weight + LEARNING_RATE * W_MAX * (plus * (1 - room) ** mu - minus * room**mu)
    return weight / W_START - 1


def drift(context: Context, seconds: float) -> tuple[Array, Array]:
    """Mean change of the weight per second and its standard error, for each of the Poisson rates."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    rates = np.repeat(np.array(POISSON_RATES, dtype=float), TRAINS)
    slow = rule("all", "additive")
    synapses = pairs(net, pl.PoissonSource(rates), pl.PoissonSource(rates), len(rates), slow, 0.0)
    # so slow that no weight meets a bound
    synapses.set(learning_rate=1e-6)
    net.run(seconds * 1000)
    change = ((synapses.weights - W_START) / (1e-6 * W_MAX) / seconds).reshape(len(POISSON_RATES), TRAINS)
    return change.mean(axis=1), change.std(axis=1, ddof=1) / np.sqrt(TRAINS)


def expected_drift(rate: float, dt: float) -> float:
    """The drift per second in units of learning_rate w_max.

    On a grid of time a train spikes at most once per step and spikes of the same step do not pair: the exponential
    windows are sums over 1, 2, ... steps. The limit dt = 0 is rate^2 (A_plus tau_plus - A_minus tau_minus).
    """
    if dt == 0:
        return rate**2 * (A_PLUS * TAU_PLUS - A_MINUS * TAU_MINUS) * 1e-3
    per_step = 1 - np.exp(-rate * dt * 1e-3)
    area = A_PLUS / np.expm1(dt / TAU_PLUS) - A_MINUS / np.expm1(dt / TAU_MINUS)
    return float(per_step**2 * area / (dt * 1e-3))


def suppressed(context: Context, order: str, rule: pl.Rule) -> Array:
    """Relative change of the weight by the triplets, shape (first interval, second interval)."""
    sign = 1 if order == "pre-post-pre" else -1
    protocols = [triplets(sign * first, -sign * second, 0.2, PAIRS) for first, second in product(STEPS, STEPS)]
    net = pl.Network(dt=1.0, seed=context.seed, threads=context.threads, precision=context.precision)
    before = pl.SpikeSource([protocol.pre - DELAY for protocol in protocols])  # at the synapse a delay later
    after = pl.SpikeSource([protocol.post - 2 * net.dt for protocol in protocols])
    synapses = pairs(net, before, after, len(protocols), rule, 0.0)
    net.run(5000 * PAIRS + 500)
    return (synapses.weights / W_START - 1).reshape(len(STEPS), len(STEPS))


def suppression_form(order: str, first: Array, second: Array, suppression: bool = True) -> Array:
    """The same for isolated triplets: the first pair has its whole effect, the second what suppression leaves of it."""
    potentiating, depressing = (first, second) if order == "pre-post-pre" else (second, first)
    plus = FROEMKE_DAN["A_plus"] * np.exp(-potentiating / FROEMKE_DAN["tau_plus"])
    minus = FROEMKE_DAN["A_minus"] * np.exp(-depressing / FROEMKE_DAN["tau_minus"])
    left = -np.expm1(-(first + second) / (SUPPRESSION_PRE if order == "pre-post-pre" else SUPPRESSION_POST))
    if suppression:
        plus, minus = (plus, minus * left) if order == "pre-post-pre" else (plus * left, minus)
    return np.asarray(plus - minus)


def run(context: Context) -> dict[str, Any]:
    """All windows, triplets with suppression, then the drift."""
    windows = {}
    context.stage(f"{PAIRS} pairs at {len(INTERVALS)} intervals, 18 variants")
    for split, where in ((0.0, "axonal"), (1.0, "dendritic")):
        at_synapse = INTERVALS + (2 * split - 1) * DELAY
        for pairing, dependence in product(PAIRINGS, DEPENDENCES):
            change, expected = window(context, pairing, dependence, split), closed_form(dependence, at_synapse)
            paired = at_synapse != 0
            context.record(
                f"{dependence}, {pairing}, {where} delay: largest relative error",
                np.abs(change[paired] / expected[paired] - 1).max(), below(1e-6),
                provenance="P02; closed form of isolated pairs, Bi and Poo constants",
            )  # fmt: skip
            windows[pairing, dependence, where] = change
    coincident = [windows[key][INTERVALS == (DELAY if key[2] == "axonal" else -DELAY)] for key in windows]
    context.record(
        "spikes that coincide at the synapse: change", np.abs(coincident).max(), below(1e-9),
        provenance="P02; semantics: a presynaptic arrival and a postsynaptic event of the same step do not pair",
    )  # fmt: skip

    maps = judge_suppression(context)

    seconds = 10 if context.quick else 50
    context.compression = f"quick: {seconds} s of Poisson spikes instead of 50 s" if context.quick else "none"
    context.stage(f"{seconds} s of Poisson spikes at {', '.join(map(str, POISSON_RATES))} Hz, {TRAINS} pairs each")
    mean, error = drift(context, seconds)
    for rate, value, sem in zip(POISSON_RATES, mean, error, strict=True):
        deviation = abs(value - expected_drift(rate, 0.1)) / sem
        context.record(
            f"Poisson, {rate} Hz: deviation of the drift, in SEM", deviation, below(3),
            provenance="P02; r_pre r_post (A_plus tau_plus - A_minus tau_minus), on the grid of 0.1 ms",
        )  # fmt: skip
        context.record(
            f"Poisson, {rate} Hz: drift / that of continuous time", value / expected_drift(rate, 0),
            provenance=f"not judged: SEM {sem / expected_drift(rate, 0):.2g}, the grid alone makes "
            f"{expected_drift(rate, 0.1) / expected_drift(rate, 0):.4f}",
        )  # fmt: skip
    return {"windows": windows, "drift": mean, "error": error, "suppression": maps}


def judge_suppression(context: Context) -> dict[str, Array]:
    """Records what triplets do with suppression; returns the changes by order of the spikes."""
    context.stage(f"{PAIRS} triplets at {len(STEPS) ** 2} pairs of intervals, 2 orders")
    rule = pl.SuppressionSTDP(
        learning_rate=LEARNING_RATE, A_plus=FROEMKE_DAN["A_plus"], A_minus=FROEMKE_DAN["A_minus"],
        tau_plus=FROEMKE_DAN["tau_plus"], tau_minus=FROEMKE_DAN["tau_minus"], tau_suppression_pre=SUPPRESSION_PRE,
        tau_suppression_post=SUPPRESSION_POST, w_max=W_MAX,
    )  # fmt: skip
    maps = {order: suppressed(context, order, rule) for order in ORDERS}
    ten = np.array(10.0)
    for order, change in maps.items():
        expected = suppression_form(order, *np.meshgrid(STEPS, STEPS, indexing="ij"))
        context.record(
            f"suppression, {order}: largest error / largest change",
            np.abs(change - expected).max() / np.abs(expected).max(), below(1e-6),
            provenance="P02; closed form of isolated triplets, Froemke and Dan constants",
        )  # fmt: skip
        near = (STEPS[:, None] == STEPS) & (STEPS <= 16)
        least = change[near].min() if order == "pre-post-pre" else -change[near].max()
        context.record(
            f"suppression, {order}: least change in the direction of the first pair, equal intervals of 4 to 16 ms",
            least, above(0), provenance="P02; Froemke and Dan 2002: the first pair of a triplet decides",
        )  # fmt: skip
        context.record(
            f"suppression, {order}, 10 and 10 ms: change without suppression",
            float(suppression_form(order, ten, ten, suppression=False)),
            provenance="closed form, not judged: without suppression both orders do the same",
        )  # fmt: skip
    return maps


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """The window, its variants, the two delays, the drift, and triplets with suppression."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(10.5, 9.4), layout="constrained")
    (one, two), (three, four), lowest = picture.subplots(3, 2)
    windows = results["windows"]
    smooth(one, "additive", DELAY, EXCITATORY)
    change = 100 * windows["all", "additive", "axonal"]
    one.plot(INTERVALS, change, "o", ms=3.6, color=EXCITATORY, mec="white", mew=0.5, label="engine")
    one.plot([], [], color=EXCITATORY, lw=1.2, label="closed form")
    letter(one, "A", "additive STDP, constants of Bi and Poo")

    for dependence, color in zip(DEPENDENCES, (EXCITATORY, INHIBITORY, SECOND), strict=True):
        smooth(two, dependence, DELAY, color)
        change = 100 * windows["all", dependence, "axonal"]
        label = f"power law, mu = {POWER:g}" if dependence == "power" else dependence
        two.plot(INTERVALS, change, "o", ms=3.2, color=color, mec="white", mew=0.4, label=label)
    letter(two, "B", "dependence on the weight (w = w_max / 4)")

    for where, shift, color in (("axonal", DELAY, EXCITATORY), ("dendritic", -DELAY, FIRST)):
        smooth(three, "additive", shift, color)
        change = 100 * windows["all", "additive", where]
        three.plot(INTERVALS, change, "o", ms=4, color=color, mec="white", mew=0.5, label=f"{where} delay of 5 ms")
        three.axvline(shift, color=color, lw=0.8, ls=(0, (3, 3)))
    three.set_xlim(-32, 32)
    letter(three, "C", "the delay moves the window")

    for axes in (one, two, three):
        axes.axhline(0, color=GREY, lw=0.6, zorder=0)
        axes.set(xlabel="postsynaptic - presynaptic spike (ms)", ylabel="change of weight (%)")
        axes.legend(loc="upper left")
    for axes in (one, two):
        axes.axvline(0, color=GREY, lw=0.6, zorder=0)
        axes.set_xlim(-105, 105)

    draw_drift(four, results)
    for axes, order, text in zip(lowest, ORDERS, "EF", strict=True):
        draw_triplets(picture, axes, results["suppression"][order])
        first, _, last = order.partition("-post-" if order == "pre-post-pre" else "-pre-")
        middle = "post" if first == "pre" else "pre"
        axes.set(xlabel=f"{first} to {middle} (ms)", ylabel=f"{middle} to {last} (ms)")
        letter(axes, text, f"{order}, with suppression")
    return picture


def smooth(axes: Axes, dependence: Dependence, shift: float, color: str) -> None:
    """The window in closed form, moved by a delay."""
    fine = np.linspace(-110, 110, 2201)
    fine = fine[np.abs(fine) > 1e-6]
    for side in (fine < 0, fine > 0):
        axes.plot(fine[side] + shift, 100 * closed_form(dependence, fine[side]), color=color, lw=1.2)


def draw_drift(axes: Axes, results: dict[str, Any]) -> None:
    """The drift of weights between Poisson neurons."""
    rates = np.array(POISSON_RATES, dtype=float)
    per_pair = 1e3 / rates**2
    axes.axhline(A_PLUS * TAU_PLUS - A_MINUS * TAU_MINUS, color=INK, lw=1, label="closed form")
    on_grid = [expected_drift(rate, 0.1) for rate in rates] * per_pair
    axes.plot(rates, on_grid, color=GREY, lw=1, ls=(0, (4, 3)), label="closed form on the grid of 0.1 ms")
    axes.errorbar(
        rates, results["drift"] * per_pair, 3 * results["error"] * per_pair, fmt="o", ms=4.5, color=EXCITATORY,
        capsize=3, label="engine, 3 SEM",
    )  # fmt: skip
    axes.set(xscale="log", xlabel="rate of both neurons (Hz)", ylabel="drift / (r_pre r_post) (ms)", ylim=(3.2, 4.8))
    axes.set_xticks(POISSON_RATES, [str(rate) for rate in POISSON_RATES])
    axes.minorticks_off()
    axes.legend(loc="upper right")
    letter(axes, "D", "drift between Poisson neurons")


def draw_triplets(picture: Figure, axes: Any, change: Array) -> None:
    """A map of the change by triplets, with the line on which it is zero."""
    half = (STEPS[1] - STEPS[0]) / 2
    extent = (STEPS[0] - half, STEPS[-1] + half, STEPS[0] - half, STEPS[-1] + half)
    image = axes.imshow(100 * change.T, origin="lower", extent=extent, cmap="RdBu_r", vmin=-80, vmax=80, aspect="auto")
    if change.min() < 0 < change.max():
        axes.contour(STEPS, STEPS, change.T, levels=[0], colors=[INK], linewidths=0.8)
    axes.spines[["top", "right"]].set_visible(True)
    picture.colorbar(image, ax=axes, label="change of weight (%)", shrink=0.9)
