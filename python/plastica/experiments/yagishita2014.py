"""Dopamine enlarges a spine only if it comes shortly after its spikes, and can turn depression into potentiation.

Yagishita et al. (2014), Science 345:1616, doi:10.1126/science.1255514; Brzosko, Schultz and Paulsen (2015),
eLife 4:e09685, doi:10.7554/eLife.09685.

1. Delay of dopamine. 15 trains, one every 10 s; a train is 10 bursts at 10 Hz, a burst one presynaptic spike and three
   postsynaptic ones at 100 Hz, the first 10 ms later. Dopamine, 10 releases at 30 Hz, begins -2 to 6 s after the train.
   Its level decays with 200 ms. `STDP`, then a `RewardGate` whose eligibility rises with 0.3 s and decays with 1 s.
2. Conversion. 60 pairs, one every 10 s, the presynaptic spike 20 ms after the postsynaptic one, which depresses;
   dopamine never, or 0.6, 1 or 5 s after each pair. `STDP`, then `RetroactiveConversion` with the same time constants.

``quick`` takes fewer delays and 3 trains instead of 15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, above, below, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P59",)
PRECISION = "double"  # the curve is compared with a closed form

TAU, TAU_RISE, TAU_DOPAMINE = 1000.0, 300.0, 200.0  # ms
CYCLE = 10_000.0  # ms from one train or pair to the next
PUBLISHED = (-1.0, 0.6, 1.0, 5.0)  # s: the delays that were significant, and those that were not
W_START, W_MAX = 1.0, 4.0
LEARNING_RATE = 2e-3  # of STDP, as a fraction of W_MAX
DEPRESSED = 60  # pairs of the second part


def stdp() -> pl.STDP:
    """A balanced window."""
    return pl.STDP(learning_rate=LEARNING_RATE, A_plus=1, A_minus=1, tau_plus=20, tau_minus=20, w_max=W_MAX)


def train() -> tuple[Array, Array]:
    """Spikes of one train at the synapse, from its first presynaptic spike on."""
    pre: Array = np.arange(0.0, 1000.0, 100.0)
    post: Array = np.add.outer(pre, np.arange(10.0, 31.0, 10.0)).ravel()
    return pre, post


def dopamine(onset: float) -> Array:
    """When one stimulation releases: 10 times at 30 Hz, on the grid."""
    return onset + np.round(1000 / 30 * np.arange(10))


def trained(context: Context, rules: list[pl.Rule], pre: Array, post: Array, releases: Array, amount: float) -> float:
    """The weight of one synapse after given spikes and releases (ms); the first spike is at 3 s or later."""
    net = pl.Network(dt=1.0, seed=context.seed, threads=1, precision=context.precision)
    signal = net.modulator("dopamine", tau=TAU_DOPAMINE)
    if len(releases):
        signal.release(amount, at=releases)
    source = net.population(1, pl.SpikeSource(pre - net.dt))
    teacher = net.population(1, pl.SpikeSource(post - 2 * net.dt))
    target = net.population(1, pl.LIF(t_ref=0, receptors={"synapse": pl.CurrentDelta(), "teacher": pl.CurrentDelta()}))
    net.connect(teacher, target, pl.OneToOne(), receptor="teacher", weight=1e3, delay=net.dt)
    synapse = net.connect(
        source, target, pl.OneToOne(), receptor="synapse", weight=W_START, delay=net.dt, plasticity=rules
    )
    net.run(max(pre.max(), post.max()) + 2 * CYCLE)
    return float(synapse.weights[0])


def enlargement(context: Context, delay: float, trains: int) -> float:
    """Relative change of the weight when dopamine begins `delay` s after each train."""
    gate = pl.RewardGate(modulator="dopamine", tau=TAU, tau_rise=TAU_RISE, learning_rate=1e-3)
    onsets: Array = 3000 + np.arange(0.0, CYCLE * trains, CYCLE)
    pre, post = train()
    pre, post = np.add.outer(onsets, pre).ravel(), np.add.outer(onsets, post).ravel()
    releases = np.concatenate([dopamine(onset + 1000 * delay) for onset in onsets])
    return trained(context, [stdp(), gate], pre, post, releases, 1.0) / W_START - 1


def closed_form(delay: float) -> float:
    """The same for one train, from all its pairs of spikes and all releases."""
    pre, post = train()
    changes = []
    for moment in pre:
        earlier = post[post < moment]
        changes.append((moment, -np.exp(-(moment - earlier) / 20).sum()))
    for moment in post:
        earlier = pre[pre < moment]
        changes.append((moment, np.exp(-(moment - earlier) / 20).sum()))
    total = sum(size * overlap(moment, release) for moment, size in changes for release in dopamine(1000 * delay))
    return float(LEARNING_RATE * W_MAX * 1e-3 * total / W_START)


def overlap(change: float, release: float) -> float:
    """The integral of the eligibility left by a change of 1 times the dopamine left by a release of 1, in ms."""
    since, total = max(change, release), 0.0
    for tau, sign in ((TAU, 1), (TAU_RISE, -1)):
        left = np.exp(-(since - change) / tau - (since - release) / TAU_DOPAMINE)
        total += sign * left / (1 / tau + 1 / TAU_DOPAMINE)
    return total


def conversion(context: Context, delay: float | None) -> float:
    """Relative change of the weight by pairs that depress, with dopamine `delay` s after each."""
    rule = pl.RetroactiveConversion(modulator="dopamine", tau=TAU, tau_rise=TAU_RISE, learning_rate=3e-3)
    post: Array = 3000 + np.arange(0.0, CYCLE * DEPRESSED, CYCLE)
    pre: Array = post + 20
    releases = np.concatenate([dopamine(moment + 1000 * delay) for moment in pre]) if delay is not None else np.empty(0)
    return trained(context, [stdp(), rule], pre, post, releases, 1.0) / W_START - 1


def run(context: Context) -> dict[str, Any]:
    """The delay curve, then the conversion."""
    trains = 3 if context.quick else 15
    context.compression = "quick: 3 trains instead of 15" if context.quick else "none"
    grid = np.arange(-2, 6.01, 1.0 if context.quick else 0.2)
    delays = np.unique(np.concatenate([np.round(grid, 1), PUBLISHED]))
    context.stage(f"{trains} trains, {len(delays)} delays of dopamine")
    curve = np.array([enlargement(context, delay, trains) for delay in delays])
    expected = np.array([closed_form(delay) for delay in delays])
    judge_curve(context, delays, curve, trains * expected)
    context.compression = "none"
    context.stage("depression turned into potentiation")
    converted = {
        name: conversion(context, delay) for name, delay in (("none", None), ("0.6 s", 0.6), ("1 s", 1.0), ("5 s", 5.0))
    }
    judge_conversion(context, converted)
    return {"delays": delays, "curve": curve, "closed": trains * expected, "converted": converted}


def judge_curve(context: Context, delays: Array, curve: Array, expected: Array) -> None:
    """Records the delay curve."""
    near = (delays > -2.5) & (delays < 6)  # the next train is far
    error = np.abs(curve - expected)[near].max() / np.abs(expected).max()
    context.record(
        "delay curve: error", error, below(2e-3),
        provenance="closed form of one train; what is left after 10 s, exp(-10), is not in it",
    )  # fmt: skip
    context.record("delay of the largest enlargement", delays[np.argmax(curve)], between(0.3, 2), unit="s",
                   provenance="P59; Yagishita 2014: dopamine acts 0.3 to 2 s after glutamate")  # fmt: skip
    for delay in PUBLISHED:
        value = curve[np.argmin(np.abs(delays - delay))] / curve.max()
        criterion = above(0.5) if delay in (0.6, 1.0) else below(0.1)
        context.record(
            f"enlargement at {delay:g} s / largest", value, criterion,
            provenance="P59; Yagishita 2014: significant at 0.6 and 1 s (at least half the largest), "
            "not at -1 and 5 s (at most a tenth)",
        )  # fmt: skip
    context.record("largest enlargement", 100 * curve.max(), unit="%", provenance="not judged: a free scale")


def judge_conversion(context: Context, converted: dict[str, float]) -> None:
    """Records what becomes of depression."""
    source = "P59; Brzosko 2015; 60 pairs"
    context.record(
        "post before pre, no dopamine", 100 * converted["none"], below(-1), unit="%", provenance=f"{source}: depression"
    )
    for delay in ("0.6 s", "1 s"):
        context.record(
            f"post before pre, dopamine after {delay}", 100 * converted[delay], above(1), unit="%",
            provenance=f"{source}: dopamine after the pairing turns depression into potentiation",
        )  # fmt: skip
    context.record(
        "post before pre, dopamine after 5 s", 100 * converted["5 s"], below(-1), unit="%",
        provenance=f"{source}: too late, depression stays",
    )  # fmt: skip


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """The delay curve and the conversion."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, LIGHT, letter

    picture = Figure(figsize=(9.0, 3.4), layout="constrained")
    left, right = picture.subplots(1, 2, width_ratios=(3, 2))
    delays, curve = results["delays"], 100 * results["curve"]
    left.axvspan(0.3, 2, color=FIRST, alpha=0.12, lw=0)
    left.text(1.15, -0.09 * curve.max(), "0.3 to 2 s", color=FIRST, ha="center", fontsize=8)
    left.axhline(0, color=LIGHT, lw=0.8)
    left.plot(delays, 100 * results["closed"], color=GREY, lw=1, label="closed form")
    left.plot(delays, curve, "o", color=EXCITATORY, ms=3, label="15 trains")
    for delay in PUBLISHED:
        index = int(np.argmin(np.abs(delays - delay)))
        left.plot(
            delay, curve[index], "o", ms=8, mfc="none", mec=INHIBITORY, label="measured delays" if delay == -1 else None
        )
    left.set(xlabel="dopamine after the onset of the train (s)", ylabel="change of the weight (%)")
    left.set_ylim(bottom=-0.13 * curve.max())
    left.legend(loc="upper right")
    letter(left, "A", "dopamine must come shortly after")
    names, values = list(results["converted"]), [100 * value for value in results["converted"].values()]
    right.bar(names, values, color=[INHIBITORY if value < 0 else EXCITATORY for value in values], width=0.6)
    right.axhline(0, color=GREY, lw=0.8)
    right.set(xlabel="dopamine after each pair", ylabel="change of the weight (%)")
    letter(right, "B", "post 20 ms before pre")
    return picture
