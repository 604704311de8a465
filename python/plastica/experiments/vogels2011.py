"""Inhibitory plasticity turns a runaway network into irregular activity, and hides and recalls memories.

Vogels, Sprekeler, Zenke, Clopath and Gerstner (2011), Science 334:1569, doi:10.1126/science.1211095, figure 4.

8,000 excitatory and 2,000 inhibitory neurons, 2 % connectivity, with the constants of the Brian2 example. The synapses
from inhibitory to excitatory neurons start at 0 and learn.

1. Balance, 60 s: without inhibition the network fires at its refractory limit; plasticity builds the inhibition that
   makes it irregular and brings it towards 3 Hz.
2. Store: the synapses inside two assemblies of 784 neurons (64 in both) become five times as strong.
3. Rebalance, 60 s: the assemblies flare up, inhibition grows on them, and their rates no longer give them away.
4. Recall, 1 s: a quarter of the first assembly receives 5,000 Poisson spikes per second (1,000 sources of 100 Hz, 5 %
   connectivity, as in the published code; here independent for each neuron). The rest of the assembly joins in.

``quick`` learns twice as fast in half the time (30 s and 30 s).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, above, below, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCIENCE = ("P19", "P18")

TARGET_RATE = 3.0  # Hz
WEIGHT = 0.3  # nS, excitatory
SIZE, OVERLAP = 784, 64
FIRST = np.arange(SIZE)
SECOND = np.arange(SIZE - OVERLAP, 2 * SIZE - OVERLAP)
BACKGROUND = np.arange(2 * SIZE - OVERLAP, 8000)
CUED = FIRST[: SIZE // 4]
RECALLED = FIRST[SIZE // 4 : SIZE - OVERLAP]  # neither cued nor in the other assembly
SOURCE = "P19; Vogels 2011, constants of the Brian2 example"

Array = np.ndarray[Any, np.dtype[Any]]


def build(context: Context, learning_rate: float) -> pl.Network:
    """The network, unbalanced."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    neuron = pl.LIF(
        C_m=200, tau_m=20, E_L=-60, V_th=-50, V_reset=-60, t_ref=5, I_e=200,
        receptors={"exc": pl.ConductanceExp(tau=5, E_rev=0), "inh": pl.ConductanceExp(tau=10, E_rev=-80)},
    )  # fmt: skip
    exc = net.population(8000, neuron, name="exc", initial={"V": pl.Uniform(-60, -50)})
    inh = net.population(2000, neuron, name="inh", initial={"V": pl.Uniform(-60, -50)})
    sparse = pl.FixedProbability(0.02)
    net.connect(exc, exc, sparse, receptor="exc", weight=WEIGHT, delay=0.8, name="exc to exc")
    net.connect(exc, inh, sparse, receptor="exc", weight=WEIGHT, delay=0.8, name="exc to inh")
    net.connect(inh, inh, sparse, receptor="inh", weight=10 * WEIGHT, delay=0.8, name="inh to inh")
    rule = pl.InhibitorySTDP(target_rate=TARGET_RATE, tau=20, learning_rate=learning_rate, w_max=100)
    net.connect(inh, exc, sparse, receptor="inh", weight=0, delay=0.8, plasticity=rule, name="inh to exc")
    return net


class Recording:
    """Recorders of the network, and windows cut out of them."""

    def __init__(self, net: pl.Network) -> None:
        exc, inh = net.populations["exc"], net.populations["inh"]
        self.net = net
        self.exc, self.inh = net.record(exc, "spikes"), net.record(inh, "spikes")
        groups = {"background": exc[BACKGROUND], "first": exc[FIRST], "second": exc[SECOND], "inhibitory": inh}
        self.rates = {name: net.record(group, "rate", interval=100) for name, group in groups.items()}
        self.state = net.record(exc, ["V", "exc.g", "inh.g"], interval=0.5, sample=[7000])

    def run(self, duration: float) -> float:
        """Forgets spikes and states, and runs; returns when that was."""
        start = self.net.time
        for recorder in (self.exc, self.inh, self.state):
            recorder.clear()
        self.net.run(duration)
        return start

    def mean_rates(self, duration: float) -> np.ndarray[Any, np.dtype[np.float64]]:
        """Rate of every excitatory neuron over the last `run` of this duration (ms), in Hz."""
        return np.bincount(self.exc.ids, minlength=8000) / (duration * 1e-3)

    def window(self, start: float, duration: float) -> dict[str, Any]:
        """Spikes, and currents of one neuron, in a window that begins at `start`; times are relative to it."""
        result: dict[str, Any] = {"duration": duration}
        for name, spikes in (("exc", self.exc), ("inh", self.inh)):
            inside = (spikes.times >= start) & (spikes.times < start + duration)
            result[name] = (spikes.times[inside] - start, spikes.ids[inside])
        inside = (self.state.times >= start) & (self.state.times < start + duration)
        voltage = self.state["V"][inside, 0]
        result["t"], result["V"] = self.state.times[inside] - start, voltage
        result["I_exc"] = self.state["exc.g"][inside, 0] * (0 - voltage)
        result["I_inh"] = self.state["inh.g"][inside, 0] * (-80 - voltage)
        return result


def run(context: Context) -> dict[str, Any]:
    """Balances, stores, rebalances, recalls."""
    faster = 2 if context.quick else 1
    context.compression = "quick: learning rate x 2, 30 s instead of 60 s" if context.quick else "none"
    balancing, counting = 60_000 // faster, 10_000

    net = build(context, learning_rate=0.01 * faster)
    learning = net.projections["inh to exc"]
    recording = Recording(net)
    windows: dict[str, dict[str, Any]] = {}
    results: dict[str, Any] = {"balancing": balancing * 1e-3, "counting": counting * 1e-3, "rates": {}}

    context.stage(f"{balancing / 1000:g} s: inhibition tames the runaway")
    start = recording.run(100)
    results["cv start"] = recording.exc.cv()
    net.run(150)
    windows["runaway"] = recording.window(start, 250)
    net.run(balancing - 250 - counting)
    start = recording.run(counting)
    windows["balanced"] = recording.window(start + counting - 500, 500)
    rate, variation = recording.mean_rates(counting).mean(), recording.exc.cv()
    results["cv"] = variation

    context.stage("two assemblies are stored")
    for assembly in (FIRST, SECOND):
        net.projections["exc to exc"].set_weights(5 * WEIGHT, sources=assembly, targets=assembly)
    start = recording.run(1000)
    windows["stored"] = recording.window(start, 1000)
    flare = recording.mean_rates(1000)[FIRST].mean()

    context.stage(f"{balancing / 1000:g} s: inhibition hides them")
    net.run(balancing - 1000 - counting)
    recording.run(counting)
    hidden = recording.mean_rates(counting)
    weights, targets = learning.weights, learning.targets
    inside, outside = weights[targets < SIZE], weights[targets >= BACKGROUND[0]]

    context.stage("a quarter of the first assembly is cued for 1 s")
    windows["recall"], recall, after = cued(net, recording)
    judge_balance(context, rate, variation, balancing, counting)
    judge_recall(context, hidden, recall, inside.mean() / outside.mean(), counting)
    seen = "not judged; what was seen"
    context.record("rate at the start", recording.rates["background"].rates[0], unit="Hz", provenance=seen)
    context.record("assembly, 1 s after storing", flare, unit="Hz", provenance=seen)
    note_rates(context, hidden, recall, after)

    for name, recorder in recording.rates.items():
        results["rates"][name] = (recorder.times * 1e-3, recorder.rates)
    return results | {"windows": windows, "hidden": hidden, "w inside": inside, "w outside": outside}


def cued(net: pl.Network, recording: Recording) -> tuple[dict[str, Any], Array, Array]:
    """A window around the cue, and what neurons do during it (Hz) and 0.5 to 1.5 s after it."""
    start = recording.run(500)
    before = recording.window(start, 500)
    cue = net.drive(net.populations["exc"][CUED], pl.PoissonInput(rate=5000), receptor="exc", weight=WEIGHT)
    start = recording.run(1000)
    during, recall = recording.window(start, 1000), recording.mean_rates(1000)
    cue.active = False
    start = recording.run(1500)
    after = np.bincount(recording.exc.ids[recording.exc.times >= start + 500], minlength=8000)
    return joined(before, during, recording.window(start, 500)), recall, after


def judge_balance(context: Context, rate: float, variation: Array, balancing: int, counting: int) -> None:
    """Records how fast and how irregularly the balanced network fires."""
    seconds = f"{counting / 1000:.3g} s"
    context.record("CV of intervals, balanced", variation.mean(), between(0.9, 1.1), provenance=f"{SOURCE}; {seconds}")
    context.record(
        "excitatory rate, balanced", rate, between(TARGET_RATE / 2, 2 * TARGET_RATE), unit="Hz",
        provenance=f"{SOURCE}; within a factor 2 of 3 Hz, last {seconds} of {balancing / 1000:g} s",
    )  # fmt: skip


def judge_recall(context: Context, hidden: Array, recall: Array, ratio: float, counting: int) -> None:
    """Records whether inhibition hides the assembly, and a cue brings it back."""
    seconds = f"{counting / 1000:.3g} s"
    context.record(
        "|d'| of rates, assembly against background", abs(separation(hidden[FIRST], hidden[BACKGROUND])), below(0.3),
        provenance=f"{SOURCE}; rates of neurons over {seconds} before the cue",
    )  # fmt: skip
    context.record("w_IE, assembly / background", ratio, above(1.15), provenance=f"{SOURCE}; before cue")
    context.record(
        "recall: assembly not cued / background", recall[RECALLED].mean() / recall[BACKGROUND].mean(), above(4),
        provenance=f"{SOURCE}; rates during 1 s of cue",
    )  # fmt: skip


def note_rates(context: Context, hidden: Array, recall: Array, after: Array) -> None:
    """Records rates that nothing is said about: before the cue, during it, and after it."""
    seen = "not judged; what was seen"
    context.record("assembly before the cue", hidden[FIRST].mean(), unit="Hz", provenance=seen)
    context.record("background before the cue", hidden[BACKGROUND].mean(), unit="Hz", provenance=seen)
    context.record("cued neurons during the cue", recall[CUED].mean(), unit="Hz", provenance=seen)
    context.record("assembly not cued during the cue", recall[RECALLED].mean(), unit="Hz", provenance=seen)
    context.record("other assembly during the cue", recall[SECOND[OVERLAP:]].mean(), unit="Hz", provenance=seen)
    context.record("background during the cue", recall[BACKGROUND].mean(), unit="Hz", provenance=seen)
    context.record("assembly 0.5 to 1.5 s after the cue", after[RECALLED].mean(), unit="Hz", provenance=seen)


def separation(a: Any, b: Any) -> float:
    """d', the difference of two means in units of the pooled standard deviation."""
    return float((a.mean() - b.mean()) / np.sqrt((a.var() + b.var()) / 2))


def joined(*windows: dict[str, Any]) -> dict[str, Any]:
    """Windows that follow each other, as one."""
    result: dict[str, Any] = {"duration": sum(window["duration"] for window in windows)}
    starts = np.cumsum([0.0] + [window["duration"] for window in windows[:-1]])
    for name in ("exc", "inh"):
        times = np.concatenate([window[name][0] + start for window, start in zip(windows, starts, strict=True)])
        result[name] = (times, np.concatenate([window[name][1] for window in windows]))
    return result


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Rasters, rates, irregularity, inhibitory weights, and the currents of one neuron."""
    from matplotlib.figure import Figure

    from ._style import letter

    picture = Figure(figsize=(10.5, 11), layout="constrained")
    panels: Any = picture.subfigures(4, 1, height_ratios=[3.6, 2.2, 2.3, 2.3])
    top, middle, low, bottom = panels
    titles = {
        "runaway": "start: no inhibition",
        "balanced": "balanced",
        "stored": "assemblies stored",
        "recall": "hidden, then cued",
    }
    rasters = top.subplots(1, 4, sharey=True, width_ratios=[1, 1.3, 1.6, 2])
    for axes, (name, title), mark in zip(rasters, titles.items(), "ABCD", strict=True):
        draw_raster(axes, results["windows"][name], labelled=mark == "A")
        letter(axes, mark, title)
    rasters[3].axvspan(500, 1500, color="#fdf0dc", zorder=0)
    rasters[3].text(1500, 1.005, "cue", ha="right", va="bottom", transform=rasters[3].get_xaxis_transform())

    axes = middle.subplots()
    draw_rates(axes, results)
    letter(axes, "E", "population rates")

    panels = low.subplots(1, 3)
    draw_distributions(panels, results)
    for axes, mark, title in zip(
        panels, "FGH", ("irregularity", "inhibition onto excitatory neurons", "rates before the cue"), strict=True
    ):
        letter(axes, mark, title)

    panels = bottom.subplots(1, 2)
    for axes, name, mark in zip(panels, ("runaway", "balanced"), "IJ", strict=True):
        draw_currents(axes, results["windows"][name])
        letter(axes, mark, f"synaptic currents of one neuron, {titles[name]}")
    panels[0].set_ylabel("current (pA)")
    panels[0].set_ylim(top=1.35 * panels[0].get_ylim()[1])
    panels[0].legend(ncols=3, loc="upper right")
    return picture


def draw_raster(axes: Any, window: dict[str, Any], labelled: bool) -> None:
    """Spikes of some neurons of every group, in rows."""
    from ._style import EXCITATORY, INHIBITORY
    from ._style import FIRST as ORANGE
    from ._style import SECOND as PURPLE

    groups = [
        ("inhibitory", "inh", np.arange(100), INHIBITORY),
        ("background", "exc", BACKGROUND[:200], EXCITATORY),
        ("assembly 2", "exc", SECOND[OVERLAP:][:120], PURPLE),
        ("assembly 1", "exc", RECALLED[:120], ORANGE),
        ("(cued)", "exc", CUED[:50], "#a85a00"),
    ]
    bottom, middles = 0, []
    for _, population, ids, color in groups:
        rows = np.full(8000, -1)
        rows[ids] = bottom + np.arange(len(ids))
        times, who = window[population]
        shown = rows[who] >= 0
        axes.plot(times[shown], rows[who][shown], ".", ms=1.4, color=color, mew=0, rasterized=True)
        middles.append(bottom + len(ids) / 2)
        bottom += len(ids) + 8
    axes.set(xlim=(0, window["duration"]), ylim=(-4, bottom), xlabel="time (ms)")
    axes.set_yticks(middles, [name for name, *_ in groups])
    axes.tick_params(axis="y", length=0)
    if labelled:
        for text, (*_, color) in zip(axes.get_yticklabels(), groups, strict=True):
            text.set_color(color)


def draw_rates(axes: Any, results: dict[str, Any]) -> None:
    """Rates of all groups over the whole experiment."""
    from ._style import EXCITATORY, GREY, INHIBITORY
    from ._style import FIRST as ORANGE
    from ._style import SECOND as PURPLE

    lines = [
        ("inhibitory", "inhibitory", INHIBITORY),
        ("second", "assembly 2", PURPLE),
        ("first", "assembly 1", ORANGE),
        ("background", "background", EXCITATORY),
    ]
    for name, label, color in lines:
        times, rates = results["rates"][name]
        axes.plot(times, np.maximum(rates, 0.5), color=color, lw=0.8, label=label)
    end, balancing = times[-1] + 0.1, results["balancing"]
    axes.axhline(TARGET_RATE, color=GREY, lw=0.8, ls=(0, (4, 3)))
    axes.text(end, TARGET_RATE, " target", color=GREY, va="center", ha="left")
    for moment, text in ((0, "inhibition learns"), (balancing, "assemblies stored"), (2 * balancing + 0.5, "cue")):
        axes.axvline(moment, color=GREY, lw=0.7)
        side = "right" if text == "cue" else "left"
        axes.text(moment, 320, f" {text} ", va="top", ha=side, color="#444444")
    axes.set(xlim=(0, end), ylim=(1, 330), yscale="log", xlabel="time (s)", ylabel="rate (Hz)")
    axes.set_yticks([1, 3, 10, 30, 100], ["1", "3", "10", "30", "100"])
    axes.legend(ncols=4, loc="lower right", bbox_to_anchor=(1, 1), borderpad=0.2)


def draw_distributions(panels: Any, results: dict[str, Any]) -> None:
    """Coefficients of variation, inhibitory weights and rates."""
    from ._style import EXCITATORY, GREY
    from ._style import FIRST as ORANGE

    variation, weights, rates = panels
    shared: dict[str, Any] = {"density": True, "histtype": "stepfilled", "alpha": 0.65}
    for name, label, color in (("cv start", "start", GREY), ("cv", "balanced", EXCITATORY)):
        counts, edges = np.histogram(results[name], np.linspace(0, 1.6, 81))
        # each to its own peak: at the start all neurons are in the first two bins
        variation.stairs(counts / max(counts.max(), 1), edges, fill=True, alpha=0.65, color=color, label=label)
    variation.set(xlabel="CV of intervals", xlim=(0, 1.6), ylim=(0, 1.3))
    variation.axvspan(0.9, 1.1, color="#e6eef7", zorder=0)
    top = np.quantile(results["w inside"], 0.995)
    for name, label, color in (("w outside", "onto background", EXCITATORY), ("w inside", "onto assembly 1", ORANGE)):
        weights.hist(results[name], np.linspace(0, top, 70), color=color, label=label, **shared)
        weights.axvline(results[name].mean(), color=color, lw=1.2)
    weights.set(xlabel="weight (nS)", xlim=(0, top))
    bins = (np.arange(0, 12 * results["counting"], 3) - 0.5) / results["counting"]  # three spike counts each
    for ids, label, color in ((BACKGROUND, "background", EXCITATORY), (FIRST, "assembly 1", ORANGE)):
        rates.hist(results["hidden"][ids], bins, color=color, label=label, **shared)
    rates.set(xlabel="rate (Hz)", xlim=(0, 12))
    for axes in panels:
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.legend(loc="upper right")
    variation.legend(loc="upper left")


def draw_currents(axes: Any, window: dict[str, Any]) -> None:
    """Excitatory and inhibitory current, and their sum with the constant 200 pA."""
    from ._style import EXCITATORY, INHIBITORY, INK

    shown = window["t"] < 250
    times, exc, inh = window["t"][shown], window["I_exc"][shown], window["I_inh"][shown]
    axes.axhline(0, color="#bbbbbb", lw=0.6)
    axes.plot(times, exc, color=EXCITATORY, label="excitatory")
    axes.plot(times, inh, color=INHIBITORY, label="inhibitory")
    axes.plot(times, exc + inh + 200, color=INK, lw=0.9, label="sum, with I_e")
    axes.set(xlim=(0, 250), xlabel="time (ms)")
