"""Noradrenaline and acetylcholine decide whether pairs of spikes potentiate, depress, do both or nothing.

Seol et al. (2007), Neuron 55:919, doi:10.1016/j.neuron.2007.08.013; the model follows Pedrosa and Clopath (2017),
Front Synaptic Neurosci 8:38, doi:10.3389/fnsyn.2016.00038: one modulator scales potentiation, another depression.

200 pairs at 1 Hz, the postsynaptic spike -60 to 60 ms after the presynaptic one, in four baths: none, an agonist of
beta adrenergic receptors, one of muscarinic M1 receptors, both. An agonist holds its modulator at 1.

- `ModulatedSTDP`: potentiation and depression both act at either order of spikes, each weaker at one of them. This is
  what the four baths ask for: alone, each agonist moves both orders one way.
- `STDP` and a `LobeGate`: the modulators gate the two lobes of an ordinary window, which has nothing to gate at the
  other order.

``quick`` is the same.
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

SCIENCE = ("P58",)
PRECISION = "double"  # windows are compared with closed forms

PAIRS = 200
W_START, W_MAX = 0.5, 1.0
LEARNING_RATE, OVERLAP = 0.001, 0.5
TAU = 20.0  # ms
DELAY = 1.0  # ms
INTERVALS = np.arange(-60.0, 61.0, 2.0)  # ms, at the synapse
BATHS = {"none": (0.0, 0.0), "beta": (1.0, 0.0), "M1": (0.0, 1.0), "both": (1.0, 1.0)}


def push_and_pull() -> list[pl.Rule]:
    """Potentiation and depression at both orders of spikes."""
    return [
        pl.ModulatedSTDP(
            ltp="beta", ltd="M1", learning_rate=LEARNING_RATE, A_plus=1, A_minus=1, overlap=OVERLAP, tau_plus=TAU,
            tau_minus=TAU, w_max=W_MAX,
        )
    ]  # fmt: skip


def gated_lobes() -> list[pl.Rule]:
    """The two lobes of pair STDP."""
    window = pl.STDP(learning_rate=LEARNING_RATE, A_plus=1, A_minus=1, tau_plus=TAU, tau_minus=TAU, w_max=W_MAX)
    return [window, pl.LobeGate(ltp="beta", ltd="M1")]


def window(context: Context, rules: list[pl.Rule], bath: tuple[float, float]) -> Array:
    """Change of the weight in percent, for each interval."""
    net = pl.Network(dt=1.0, seed=context.seed, threads=1, precision=context.precision)
    for name, level in zip(("beta", "M1"), bath, strict=True):
        net.modulator(name, tau=1000.0, baseline=level)
    onsets = 100 + 1000.0 * np.arange(PAIRS)
    size = len(INTERVALS)
    pre = net.population(size, pl.SpikeSource([onsets - DELAY] * size))
    teachers = net.population(size, pl.SpikeSource([onsets + interval - 2 * net.dt for interval in INTERVALS]))
    post = net.population(size, pl.LIF(t_ref=0, receptors={"synapse": pl.CurrentDelta(), "teacher": pl.CurrentDelta()}))
    net.connect(teachers, post, pl.OneToOne(), receptor="teacher", weight=1e3, delay=net.dt)
    synapses = net.connect(pre, post, pl.OneToOne(), receptor="synapse", weight=W_START, delay=DELAY, plasticity=rules)
    net.run(1000 * PAIRS + 200)
    return 100 * (synapses.weights / W_START - 1)


def closed_form(bath: tuple[float, float], overlap: float) -> Array:
    """The same for isolated pairs."""
    ltp, ltd = bath
    after, before = ltp - overlap * ltd, overlap * ltp - ltd
    decay = np.exp(-np.abs(INTERVALS) / TAU)
    step: Array = np.where(INTERVALS > 0, after, before) * decay * (INTERVALS != 0)
    return 100 * PAIRS * LEARNING_RATE * W_MAX * step / W_START


def run(context: Context) -> dict[str, Any]:
    """All windows."""
    context.compression = "none"
    windows: dict[str, dict[str, Array]] = {"push and pull": {}, "gated lobes": {}}
    worst = dict.fromkeys(windows, 0.0)
    for bath, levels in BATHS.items():
        context.stage(f"bath: {bath}")
        for name, rules, overlap in (
            ("push and pull", push_and_pull(), OVERLAP),
            ("gated lobes", gated_lobes(), 0.0),
        ):
            change = window(context, rules, levels)
            worst[name] = max(worst[name], float(np.abs(change - closed_form(levels, overlap)).max()))
            windows[name][bath] = change
    for name, error in worst.items():
        context.record(
            f"{name}: error of the windows", error, below(1e-6), unit="%",
            provenance="closed form of isolated pairs, in percent of the weight",
        )  # fmt: skip
    judge(context, windows)
    return windows


def judge(context: Context, windows: dict[str, dict[str, Array]]) -> None:
    """Records the changes at +10 and -10 ms."""
    rise, fall, still = above(1), below(-1), between(-1, 1)
    expected = {"none": (still, still), "beta": (rise, rise), "M1": (fall, fall), "both": (rise, fall)}
    for bath, criteria in expected.items():
        for interval, criterion in zip((10, -10), criteria, strict=True):
            context.record(
                f"{bath}: {interval:+d} ms", at(windows["push and pull"][bath], interval), criterion, unit="%",
                provenance="P58; Seol 2007; 200 pairs; 1 % counts as a change",
            )  # fmt: skip
    for bath in BATHS:
        for interval in (10, -10):
            context.record(
                f"gated lobes, {bath}: {interval:+d} ms", at(windows["gated lobes"][bath], interval), unit="%",
                provenance="STDP and LobeGate; not judged: nothing to gate at the other order",
            )  # fmt: skip


def at(change: Array, interval: float) -> float:
    """The change at an interval."""
    return float(change[INTERVALS == interval][0])


# ---- figure


def figure(windows: dict[str, dict[str, Array]]) -> Figure:
    """The window in each bath, for both models."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, GREY, INHIBITORY, LIGHT, letter

    picture = Figure(figsize=(10.5, 3.4), layout="constrained")
    panels = picture.subplots(1, 4, sharey=True)
    titles = {"none": "no agonist", "beta": "beta adrenergic", "M1": "muscarinic M1", "both": "both"}
    for axes, bath, mark in zip(panels, BATHS, "ABCD", strict=True):
        change = windows["push and pull"][bath]
        axes.axhline(0, color=LIGHT, lw=0.8)
        axes.axvline(0, color=LIGHT, lw=0.8)
        axes.plot(INTERVALS, windows["gated lobes"][bath], color=GREY, lw=1, ls=(0, (4, 2)), label="STDP + LobeGate")
        axes.plot(INTERVALS, change, color=LIGHT, lw=1)
        colors = np.where(change > 1, EXCITATORY, np.where(change < -1, INHIBITORY, GREY))
        axes.scatter(INTERVALS, change, c=colors, s=9, zorder=3, label="ModulatedSTDP")
        axes.set(xlabel="post - pre (ms)")
        letter(axes, mark, titles[bath])
    panels[0].set(ylabel="change of the weight (%)")
    panels[0].legend(loc="upper left")
    return picture
