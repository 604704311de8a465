"""Inhibitory plasticity balances excitation channel by channel, and a neuron answers only to what is new.

Vogels, Sprekeler, Zenke, Clopath and Gerstner (2011), Science 334:1569, doi:10.1126/science.1211095, the feed-forward
part; constants of the authors' code (ModelDB 143751).

One neuron receives 800 excitatory and 200 inhibitory Poisson trains in 8 channels. All trains of a channel share one
rate: 5 Hz and, on top, the positive part of noise with a correlation time of 50 ms, whose largest value is 500 Hz.
Excitation is tuned: the weights of channel k are 0.3 + 1.1 / (1 + (k - 5)^4) with noise of 0.1, in units of 0.14 nS
(0.014 leaks of 10 nS). Inhibition starts untuned at 0.1 in units of 0.35 nS and learns (learning rate 0.001 of the
unit; alpha = 0.25, which with tau = 20 ms is a target of 6.25 Hz). Every channel has receptors of its own, so that its
currents can be recorded.

1. Learning, 150 s.
2. Measurement, 30 s with new noise and frozen weights, before and after: mean currents of each channel, rate,
   irregularity.
3. Steps: one channel after the other jumps from 5 to 300 Hz for 200 ms, 40 times, before and after learning.

``quick`` learns twice as fast for 75 s, measures for 10 s and makes 15 steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, above, between
from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, INK, LIGHT, letter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P18",)

CHANNELS = 8
PREFERRED = 4  # index of the paper's channel 5
E_UNIT, I_UNIT = 0.14, 0.35  # nS
LEARNING_RATE, ALPHA, TAU = 0.001, 0.25, 20.0
TARGET_RATE = 1000 * ALPHA / (2 * TAU)  # Hz
BACKGROUND, PEAK, CORRELATION = 5.0, 500.0, 50.0  # Hz, Hz, ms
E_REV, I_REV = 0.0, -80.0  # mV
STEP, PAUSE = 200.0, 300.0  # ms
STEP_RATE, ONSET = 300.0, 30.0  # Hz, ms


def noise(draws: np.random.Generator, duration: float) -> pl.Schedule:
    """The rate of one channel, in steps of 1 ms."""
    from itertools import accumulate

    size = int(duration)
    keep = np.exp(-1 / CORRELATION)
    shocks = draws.standard_normal(size) * np.sqrt(1 - keep**2)
    values = np.maximum(np.array(list(accumulate(shocks, lambda x, shock: keep * x + shock))), 0)
    return pl.Schedule(np.arange(size, dtype=float), BACKGROUND + (PEAK - BACKGROUND) * values / values.max())


def steps(duration: float) -> list[pl.Schedule]:
    """The rates of all channels when one after the other jumps up; `duration` is a multiple of one round."""
    onsets = np.arange(PAUSE, duration, STEP + PAUSE)
    schedules = []
    for channel in range(CHANNELS):
        own = onsets[channel::CHANNELS]
        moments = np.concatenate([[0.0], np.column_stack([own, own + STEP]).ravel()])
        schedules.append(pl.Schedule(moments, np.array([BACKGROUND] + [STEP_RATE, BACKGROUND] * len(own))))
    return schedules


class Cell:
    """A network of one neuron with its inputs; `weights` of inhibition, shape (8, 25), in nS."""

    def __init__(self, context: Context, rates: list[pl.Schedule], speed: float, weights: Array | None = None) -> None:
        names = [f"{kind}{channel}" for kind in "ei" for channel in range(CHANNELS)]
        receptors: dict[str, pl.Receptor] = {
            name: pl.ConductanceExp(tau=5, E_rev=E_REV) if name[0] == "e" else pl.ConductanceExp(tau=10, E_rev=I_REV)
            for name in names
        }
        neuron = pl.LIF(C_m=200, tau_m=20, E_L=-60, V_th=-50, V_reset=-60, t_ref=5, receptors=receptors)
        self.net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
        self.neuron = self.net.population(1, neuron)
        rule = pl.InhibitorySTDP(
            target_rate=TARGET_RATE, tau=TAU, learning_rate=speed * LEARNING_RATE * I_UNIT, w_max=20 * I_UNIT
        )
        tuning = excitation(context)
        self.inhibition = []
        for channel, rate in enumerate(rates):
            exc = self.net.population(100, pl.PoissonSource(rate))
            inh = self.net.population(25, pl.PoissonSource(rate))
            self.net.connect(exc, self.neuron, pl.AllToAll(), receptor=f"e{channel}", weight=tuning[channel], delay=0.1)
            self.inhibition.append(
                self.net.connect(
                    inh, self.neuron, pl.AllToAll(), receptor=f"i{channel}", delay=0.1, plasticity=rule,
                    weight=0.1 * I_UNIT if weights is None else weights[channel],
                )
            )  # fmt: skip
        if weights is not None or speed == 0:
            for projection in self.inhibition:
                projection.plastic = False
        self.spikes = self.net.record(self.neuron, "spikes")

    def weights(self) -> Array:
        """Inhibitory weights in nS, shape (8, 25)."""
        return np.array([projection.weights for projection in self.inhibition])


def excitation(context: Context) -> Array:
    """Excitatory weights in nS, shape (8, 100)."""
    draws = np.random.default_rng([context.seed, 1])
    tuned = 0.3 + 1.1 / (1 + (np.arange(CHANNELS) - PREFERRED) ** 4.0)
    return E_UNIT * np.maximum(tuned[:, None] + 0.1 * draws.standard_normal((CHANNELS, 100)), 0)


def noises(context: Context, number: int, duration: float) -> list[pl.Schedule]:
    """Independent rates of all channels."""
    draws = np.random.default_rng([context.seed, 2, number])
    return [noise(draws, duration) for _ in range(CHANNELS)]


def measured(context: Context, duration: float, weights: Array | None) -> dict[str, Any]:
    """Mean currents of all channels (pA), their course, rate and irregularity; None: before learning."""
    cell = Cell(context, noises(context, 1, duration), 0.0, weights)
    names = [f"{kind}{channel}.g" for kind in "ei" for channel in range(CHANNELS)]
    state = cell.net.record(cell.neuron, ["V", *names], interval=0.5)
    cell.net.run(duration)
    voltage = state["V"][:, 0]
    exc = np.array([state[f"e{channel}.g"][:, 0] * (E_REV - voltage) for channel in range(CHANNELS)])
    inh = np.array([state[f"i{channel}.g"][:, 0] * (I_REV - voltage) for channel in range(CHANNELS)])
    variation = cell.spikes.cv()
    return {
        "exc": exc.mean(axis=1), "inh": -inh.mean(axis=1), "rate": cell.spikes.count / duration * 1e3,
        "cv": float(variation[0]) if len(variation) else np.nan, "t": state.times[:1000], "V": voltage[:1000],
        "I_exc": exc.sum(axis=0)[:1000], "I_inh": inh.sum(axis=0)[:1000],
        "together": np.corrcoef(exc.sum(axis=0), -inh.sum(axis=0))[0, 1],
    }  # fmt: skip


def answers(context: Context, repeats: int, weights: Array | None) -> Array:
    """Spikes per ms around the onset of a step, shape (channels, ms), mean over repeats; from 100 ms before it."""
    duration = CHANNELS * repeats * (STEP + PAUSE)
    cell = Cell(context, steps(duration), 0.0, weights)
    cell.net.run(duration + PAUSE)
    times = cell.spikes.times - (PAUSE - 100)
    number, phase = (times // (STEP + PAUSE)).astype(int), times % (STEP + PAUSE)
    inside = (times >= 0) & (number < CHANNELS * repeats)
    counts = np.zeros((CHANNELS, int(STEP + PAUSE)))
    np.add.at(counts, (number[inside] % CHANNELS, phase[inside].astype(int)), 1 / repeats)
    return counts


def run(context: Context) -> dict[str, Any]:
    """Learns, measures, and steps."""
    faster, repeats = (2, 15) if context.quick else (1, 40)
    learning, measuring = 150_000 // faster, 10_000 if context.quick else 30_000
    context.compression = (
        "quick: learning rate x 2, 75 s instead of 150 s; 10 s of measurement, 15 steps" if context.quick else "none"
    )

    context.stage(f"{learning / 1000:g} s: inhibition learns")
    cell = Cell(context, noises(context, 0, learning), faster)
    rate = cell.net.record(cell.neuron, "rate", interval=1000)
    history = [cell.net.record(projection, "weights", interval=500) for projection in cell.inhibition]
    cell.net.run(learning)
    weights = cell.weights()

    context.stage(f"{measuring / 1000:g} s with frozen weights, before and after")
    before, after = measured(context, measuring, None), measured(context, measuring, weights)
    context.stage(f"{repeats} steps of each channel, before and after")
    first, last = answers(context, repeats, None), answers(context, repeats, weights)

    judge(context, after, rate.rates, measuring)
    note(context, before, after, rate.rates, first[PREFERRED], last[PREFERRED])
    return {
        "before": before, "after": after, "rate": (rate.times * 1e-3, rate.rates), "faster": faster,
        "history": (history[0].times * 1e-3, np.array([one.values.mean(axis=1) for one in history])),
        "first": first, "last": last,
    }  # fmt: skip


def judge(context: Context, after: dict[str, Any], rates: Array, measuring: int) -> None:
    """Records whether currents are balanced and the neuron fires at its target."""
    source = "P18; Vogels 2011, constants of ModelDB 143751"
    ratio = after["inh"] / after["exc"]
    context.record(
        "correlation of mean E and I current over channels", np.corrcoef(after["exc"], after["inh"])[0, 1], above(0.9),
        provenance=f"{source}; {measuring / 1000:g} s of new input, weights frozen",
    )  # fmt: skip
    context.record("I / E current, smallest of the channels", ratio.min(), between(0.8, 1.2), provenance=source)
    context.record("I / E current, largest of the channels", ratio.max(), between(0.8, 1.2), provenance=source)
    context.record(
        "I / E current, all channels", after["inh"].sum() / after["exc"].sum(), between(0.8, 1.2), provenance=source
    )
    late = rates[-max(len(rates) // 5, 5) :].mean()
    context.record(
        "output rate while learning, last fifth", late, between(0.8 * TARGET_RATE, 1.2 * TARGET_RATE), unit="Hz",
        provenance=f"{source}; alpha / (2 tau) = {TARGET_RATE:g} Hz, +-20 % as for the currents",
    )  # fmt: skip


def note(
    context: Context, before: dict[str, Any], after: dict[str, Any], rates: Array, first: Array, last: Array
) -> None:
    """Records how the neuron answers steps of its preferred channel, and what nothing is said about."""
    context.record(
        "step of the preferred channel: share of spikes at the onset", share(last), above(0.5),
        provenance=f"P18: brief spikes at transients; first {ONSET:g} ms of {STEP:g} ms",
    )  # fmt: skip
    seen = "not judged; what was seen"
    context.record("output rate in the first second", rates[0], unit="Hz", provenance=seen)
    context.record("output rate before, with frozen weights", before["rate"], unit="Hz", provenance=seen)
    context.record("output rate after, with frozen weights", after["rate"], unit="Hz", provenance=seen)
    context.record("CV of intervals after", after["cv"], provenance=seen)
    context.record("correlation of total E and I current in time, after", after["together"], provenance=seen)
    onset, sustained = response(last)
    context.record("step of the preferred channel, onset", onset, unit="Hz", provenance=seen)
    context.record("step of the preferred channel, sustained", sustained, unit="Hz", provenance=seen)
    onset, sustained = response(first)
    context.record("the same before learning: onset", onset, unit="Hz", provenance=seen)
    context.record("the same before learning: sustained", sustained, unit="Hz", provenance=seen)
    context.record("the same before learning: share of spikes at the onset", share(first), provenance=seen)


def response(answer: Array) -> tuple[float, float]:
    """Rate at the onset of a step and at its end, in Hz."""
    return float(answer[100 : 100 + int(ONSET)].mean()) * 1e3, float(answer[200:300].mean()) * 1e3


def share(answer: Array) -> float:
    """The part of the spikes during a step that falls on its onset; NaN without spikes."""
    during = answer[100 : 100 + int(STEP)]
    return float(during[: int(ONSET)].sum() / during.sum()) if during.sum() > 0 else np.nan


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Rate and weights while learning, tuning of the currents, the currents themselves, and steps."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(10.5, 8.2), layout="constrained")
    grid = picture.subplot_mosaic("AABB;CCDD;EEFF", height_ratios=[1, 1, 1.05])
    channels = np.arange(1, CHANNELS + 1)

    draw_learning(grid["A"], grid["B"], results)

    for name, when, title in (
        ("C", "before", "mean currents before learning"),
        ("D", "after", "after: detailed balance"),
    ):
        axes, one = grid[name], results[when]
        axes.plot(channels, one["exc"], "o-", ms=4, color=EXCITATORY, label="excitatory")
        axes.plot(channels, one["inh"], "s-", ms=4, color=INHIBITORY, label="- inhibitory")
        axes.set(xlabel="channel", ylabel="current (pA)", ylim=(0, None))
        axes.set_xticks(channels)
        axes.legend(loc="upper left")
        letter(axes, name, title)

    draw_currents(grid["E"], results["after"])

    axes = grid["F"]
    kernel = np.ones(5) / 5
    moments = np.arange(results["last"].shape[1]) - 100
    axes.axvspan(0, STEP, color="#fdf0dc", zorder=0)
    for name, label, color in (("first", "before learning", GREY), ("last", "after", FIRST)):
        axes.plot(moments, np.convolve(results[name][PREFERRED] * 1e3, kernel, "same"), color=color, label=label, lw=1)
    axes.set(xlim=(-80, 320), ylim=(0, None), xlabel="time from the step (ms)", ylabel="rate (Hz)")
    axes.legend(loc="upper right")
    letter(axes, "F", f"channel {PREFERRED + 1} steps to {STEP_RATE:g} Hz")
    return picture


def draw_learning(left: Axes, right: Axes, results: dict[str, Any]) -> None:
    """Rate and weights while inhibition learns."""
    times, rates = results["rate"]
    left.plot(times + 0.5, np.maximum(rates, 0.5), color=INK, lw=1)
    left.axhline(TARGET_RATE, color=FIRST, lw=1, ls=(0, (4, 3)))
    left.text(times[-1], 70, f"target {TARGET_RATE:g} Hz", color=FIRST, ha="right", va="bottom")
    left.set(yscale="log", xlabel="time (s)", ylabel="output rate (Hz)", xlim=(0, times[-1] + 1))
    left.set_yticks([1, 10, 100], ["1", "10", "100"])
    letter(left, "A", "inhibition brings the rate down to its target")

    times, history = results["history"]
    for channel, values in enumerate(history):
        color = INHIBITORY if channel == PREFERRED else "#dba39c"
        right.plot(times, values / I_UNIT, color=color, lw=1.4 if channel == PREFERRED else 0.9)
    right.text(
        times[-1],
        history[PREFERRED, -1] / I_UNIT,
        f" channel {PREFERRED + 1}",
        color=INHIBITORY,
        va="bottom",
        ha="right",
    )
    right.set(xlabel="time (s)", ylabel="inhibitory weight (0.35 nS)", xlim=(0, times[-1]), ylim=(0, None))
    letter(right, "B", "and becomes tuned")


def draw_currents(axes: Axes, one: dict[str, Any]) -> None:
    """Currents in time."""
    axes.axhline(0, color=LIGHT, lw=0.6)
    axes.plot(one["t"], one["I_exc"], color=EXCITATORY, lw=0.8)
    axes.plot(one["t"], one["I_inh"], color=INHIBITORY, lw=0.8)
    axes.plot(one["t"], one["I_exc"] + one["I_inh"], color=INK, lw=0.7)
    axes.set(xlim=(0, one["t"][-1]), xlabel="time (ms)", ylabel="current (pA)")
    letter(axes, "E", f"total currents after learning (correlation {one['together']:.2f})")
