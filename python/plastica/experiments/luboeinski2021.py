"""A memory that fades within hours is recalled after 8 hours, better than at first, if neurons make proteins.

Luboeinski and Tetzlaff (2021), Commun Biol 4:275, doi:10.1038/s42003-021-01778-y: synaptic tagging and capture in a
recurrent network.

1,600 excitatory and 400 inhibitory neurons, each pair connected with probability 0.1; every neuron has a noise current
as background. Synapses between excitatory neurons learn by :class:`plastica.TaggingCapture`. 150 neurons learn: three
pulses of 100 ms, 500 ms apart, of 2,500 Poisson spikes per second (25 axons at 100 Hz), so strong that they fire nearly
as fast as refractoriness lets them. For recall, half of them get one such pulse. Quality of recall: Q = (rate of
assembly neurons without the cue - rate of neurons outside) / rate of cued neurons, over the 500 ms from the beginning
of the cue.

Recall is probed 10 s and 8 h after learning, and after 8 h with protein synthesis blocked; in copies of the network
with the weights of that moment, frozen, so that the cue can be given many times, 1 s apart. As in the paper the 8 hours
are calm: a network of the same synapses with no spikes and a step of 10 s, in which proteins and late weights are
updated every minute. dt = 0.2 ms otherwise.

``quick`` gives the cue 4 times instead of 20, and updates every 4 minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import plastica as pl

from ._framework import Context, above, below
from ._style import EXCITATORY, FIRST, GREY, INK, THIRD, letter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P11",)

EXCITATORY_NEURONS, INHIBITORY_NEURONS = 1600, 400
ASSEMBLY, CUED = 150, 75
WEIGHT = 420.075  # pA: 4.20075 mV / 10 MOhm
# The published programs give the pulses a mean current of 25 x 100 Hz x 0.42 nC = 1050 nA: h_0 is a charge there.
STIMULUS = WEIGHT * 1000 / 5
LEARNING = (2000.0, 2500.0, 3000.0)  # ms, starts of the pulses
PULSE, WINDOW = 100.0, 500.0  # ms
HOURS = 8
BINS: Any = np.linspace(0, 3.2, 65)  # of weights, in units of h_0


class State(NamedTuple):
    """What consolidation starts from, and what recall stands on."""

    sources: NDArray[np.int64]
    targets: NDArray[np.int64]
    early: Array
    late: Array
    protein: Array

    def inside(self) -> NDArray[np.bool_]:
        """Which synapses connect two neurons of the assembly."""
        found: NDArray[np.bool_] = (self.sources < ASSEMBLY) & (self.targets < ASSEMBLY)
        return found

    def weights(self) -> Array:
        """Weights in units of the weight at rest."""
        return 1 + self.early + self.late


def rule(**changes: float) -> pl.TaggingCapture:
    """The published rule, with weights in pA."""
    return pl.TaggingCapture(h_0=WEIGHT, **changes)


def build(context: Context, state: State | None = None) -> pl.Network:
    """The network at rest or, given a state, with its synapses."""
    net = pl.Network(dt=0.2, seed=context.seed, threads=context.threads, precision=context.precision)
    neuron = pl.LIF(
        C_m=1000, tau_m=10, E_L=-65, V_th=-55, V_reset=-70, t_ref=2,
        receptors={"exc": pl.CurrentExp(tau=5), "inh": pl.CurrentExp(tau=5)},
    )  # fmt: skip
    exc = net.population(EXCITATORY_NEURONS, neuron, name="exc")
    inh = net.population(INHIBITORY_NEURONS, neuron, name="inh")
    sparse = pl.FixedProbability(0.1, allow_autapses=False)
    recurrent = sparse if state is None else pl.Explicit(sources=state.sources, targets=state.targets)
    learning = net.connect(
        exc, exc, recurrent, receptor="exc", weight=WEIGHT, delay=3, plasticity=rule(), name="exc to exc"
    )
    net.connect(exc, inh, sparse, receptor="exc", weight=2 * WEIGHT, delay=3)
    net.connect(inh, exc, sparse, receptor="inh", weight=-4 * WEIGHT, delay=3)
    net.connect(inh, inh, sparse, receptor="inh", weight=-4 * WEIGHT, delay=3)
    for neurons in (exc, inh):
        net.drive(neurons, pl.OUCurrent(mean=150, sigma=500, tau=5))  # 0.05 nA s^(1/2) / sqrt(2 tau)
    if state is not None:
        put(learning, state)
    return net


def put(learning: pl.Projection, state: State) -> None:
    """Sets early and late weights, and proteins."""
    learning.set(early=state.early, late=state.late, protein=state.protein)


def taken(learning: pl.Projection) -> State:
    """The state of a projection."""
    early, late, protein = (np.asarray(learning.get(name)) for name in ("early", "late", "protein"))
    return State(learning.sources, learning.targets, early, late, protein)


def stimulate(net: pl.Network, count: int, starts: tuple[float, ...]) -> None:
    """Pulses of Poisson spikes to the first `count` excitatory neurons."""
    moments = np.ravel([(start, start + PULSE) for start in starts])
    rate = pl.Schedule(moments, np.tile([2500.0, 0.0], len(starts)))
    net.drive(net.populations["exc"][:count], pl.PoissonInput(rate=rate), receptor="exc", weight=STIMULUS)


def learned(context: Context) -> tuple[State, dict[str, Any]]:
    """Learns; returns the state 10 s after the first pulse, and spikes for the figure."""
    net = build(context)
    stimulate(net, ASSEMBLY, LEARNING)
    spikes = net.record(net.populations["exc"], "spikes")
    net.run(LEARNING[0] + 10_000)
    background = spikes.times < LEARNING[0]
    return taken(net.projections["exc to exc"]), {
        "background": np.count_nonzero(background) / EXCITATORY_NEURONS / LEARNING[0] * 1e3,
        "spikes": window(spikes, LEARNING[0] - 200, 1600),
    }


def window(spikes: pl.SpikeRecorder, start: float, duration: float) -> tuple[Array, NDArray[np.int64]]:
    """Times relative to `start`, and neurons, of the spikes in a window."""
    inside = (spikes.times >= start) & (spikes.times < start + duration)
    return spikes.times[inside] - start, spikes.ids[inside]


def consolidated(context: Context, state: State, synthesis: float) -> tuple[State, dict[str, Array]]:
    """Calm hours: the same synapses between neurons that never spike, in steps of 10 s."""
    net = pl.Network(dt=10_000.0, seed=context.seed, threads=context.threads, precision=context.precision)
    cells = net.population(EXCITATORY_NEURONS, pl.Relay())
    synapses = net.connect(
        cells, cells, pl.Explicit(sources=state.sources, targets=state.targets), weight=WEIGHT, delay=10_000.0,
        plasticity=rule(synthesis=synthesis, interval=240_000 if context.quick else 60_000),
    )  # fmt: skip
    put(synapses, state)
    chosen = np.flatnonzero(state.inside())
    early, late = (net.record(synapses, name, interval=480_000, sample=chosen) for name in ("early", "late"))
    protein = net.record(synapses, "protein", interval=480_000)
    net.run(HOURS * 3_600_000)
    course = {
        "t": early.times / 3_600_000,
        "early": early.values.mean(axis=1),
        "late": late.values.mean(axis=1),
        "protein": protein.values[:, :ASSEMBLY].mean(axis=1),
    }
    return taken(synapses), course


class Recall(NamedTuple):
    """Mean rates in Hz over the window of each cue, and the spikes of the first one."""

    cued: Array
    completed: Array
    outside: Array
    spikes: tuple[Array, NDArray[np.int64]]

    def quality(self) -> Array:
        """Q of each cue."""
        return (self.completed - self.outside) / self.cued


def recalled(context: Context, state: State, cues: int) -> Recall:
    """Cues half of the assembly again and again, with frozen weights."""
    net = build(context, state)
    net.projections["exc to exc"].plastic = False
    starts = tuple(1000.0 + 1000.0 * np.arange(cues))
    stimulate(net, CUED, starts)
    spikes = net.record(net.populations["exc"], "spikes")
    net.run(starts[-1] + WINDOW + 200)
    counts = np.array([np.bincount(window(spikes, s, WINDOW)[1], minlength=EXCITATORY_NEURONS) for s in starts])
    rates = counts / WINDOW * 1e3
    return Recall(
        cued=rates[:, :CUED].mean(axis=1),
        completed=rates[:, CUED:ASSEMBLY].mean(axis=1),
        outside=rates[:, ASSEMBLY:].mean(axis=1),
        spikes=window(spikes, starts[0] - 200, 700),
    )


def run(context: Context) -> dict[str, Any]:
    """Learning, 8 hours with and without proteins, and recall from each."""
    cues = 4 if context.quick else 20
    context.compression = "quick: 4 cues instead of 20, updates every 4 minutes" if context.quick else "none"
    context.stage("learning, and 10 s")
    early, results = learned(context)
    context.stage(f"{HOURS} h with proteins, and without")
    late, results["course"] = consolidated(context, early, 1.0)
    blocked, results["course, blocked"] = consolidated(context, early, 0.0)
    recall = {}
    for name, state in (("10 s", early), ("8 h", late), ("8 h, blocked", blocked)):
        context.stage(f"recall: {name}")
        recall[name] = recalled(context, state, cues)
        results[f"weights, {name}"] = state.weights()[state.inside()]
    results["recall"] = recall
    judge(context, results, cues)
    return results


def judge(context: Context, results: dict[str, Any], cues: int) -> None:
    """Q of the three recalls, and weights inside the assembly."""
    source = f"P11; Luboeinski 2021; {cues} cues"
    quality = {name: one.quality() for name, one in results["recall"].items()}
    mean = {name: float(q.mean()) for name, q in quality.items()}
    error = {name: float(q.std(ddof=1) / np.sqrt(cues)) for name, q in quality.items()}
    context.record("Q at 10 s", mean["10 s"], provenance=f"{source}; not judged")
    context.record(
        "Q at 8 h / its standard error", mean["8 h"] / error["8 h"], above(3), provenance=f"{source}; recall is present"
    )
    context.record("Q at 8 h", mean["8 h"], above(0), provenance=source)
    context.record(
        "Q at 8 h - Q at 10 s",
        mean["8 h"] - mean["10 s"],
        above(0),
        provenance=f"{source}; the same cues and background",
    )
    context.record(
        "Q at 8 h without proteins", mean["8 h, blocked"], below(float(max(3 * error["8 h, blocked"], 0.02))),
        provenance=f"{source}; no recall: below 3 standard errors or 0.02",
    )  # fmt: skip
    weights = {name: float(results[f"weights, {name}"].mean()) for name in mean}
    context.record(
        "mean weight in the assembly, 8 h / 10 s",
        weights["8 h"] / weights["10 s"],
        above(1),
        provenance="P11; Luboeinski 2021",
    )
    for name, weight in weights.items():
        context.record(f"mean weight in the assembly, {name}", weight, unit="h_0", provenance="P11; not judged")
    for name, one in results["recall"].items():
        for group in ("cued", "completed", "outside"):
            rate = float(getattr(one, group).mean())
            context.record(f"rate at recall, {name}: {group}", rate, unit="Hz", provenance="P11; not judged")
    context.record("background rate", results["background"], unit="Hz", provenance="P11; not judged; before learning")


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Learning, the calm hours, weights, and recall."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(10.5, 5.6), layout="constrained")
    panels = picture.subplot_mosaic([["learn", "course", "weights", "Q"], ["10 s", "8 h", "8 h, blocked", "rates"]])

    draw_raster(panels["learn"], results["spikes"], "learning", "A", [0.0, 500.0, 1000.0])
    axes = panels["course"]
    for key, color, label in (("early", FIRST, "early"), ("late", EXCITATORY, "late"), ("protein", THIRD, "protein")):
        axes.plot(results["course"]["t"], results["course"][key], color=color, label=label)
        axes.plot(results["course, blocked"]["t"], results["course, blocked"][key], color=color, lw=0.9, ls=(0, (2, 2)))
    axes.set(xlabel="time after learning (h)", ylabel="mean in the assembly")
    axes.legend(loc="center right")
    letter(axes, "B", "calm hours (dotted: blocked)")
    axes = panels["weights"]
    names = ("10 s", "8 h", "8 h, blocked")
    for name, color in zip(names, (FIRST, EXCITATORY, GREY), strict=True):
        axes.hist(results[f"weights, {name}"], BINS, histtype="step", lw=1.4, color=color, label=name)
    axes.set(xlabel="weight in the assembly / $h_0$", ylabel="synapses", yscale="log")
    axes.legend(loc="upper left")
    letter(axes, "C", "weights")
    axes = panels["Q"]
    for place, (name, color) in enumerate(zip(names, (FIRST, EXCITATORY, GREY), strict=True)):
        quality = results["recall"][name].quality()
        axes.bar(place, quality.mean(), 0.6, color=color, yerr=quality.std(ddof=1) / np.sqrt(len(quality)), capsize=3)
    axes.axhline(0, color=INK, lw=0.6)
    axes.set_xticks(range(3), ["10 s", "8 h", "8 h,\nblocked"])
    axes.set(ylabel="quality of recall Q")
    letter(axes, "D", "recall")
    for name, panel, title in zip(names, "EFG", ("recall at 10 s", "at 8 h", "at 8 h, blocked"), strict=True):
        draw_raster(panels[name], results["recall"][name].spikes, title, panel, [0.0])
    axes = panels["rates"]
    for place, (group, color, label) in enumerate(
        (("cued", FIRST, "cued"), ("completed", EXCITATORY, "assembly, not cued"), ("outside", GREY, "outside"))
    ):
        rates = [getattr(results["recall"][name], group).mean() for name in names]
        axes.bar(np.arange(3) + 0.27 * (place - 1), rates, 0.25, color=color, label=label)
    axes.set_xticks(range(3), ["10 s", "8 h", "8 h,\nblocked"])
    axes.set(ylabel="rate during recall (Hz)", yscale="log", ylim=(0.5, 1000))
    axes.legend(loc="upper right")
    letter(axes, "H", "rates")
    return picture


def draw_raster(axes: Axes, spikes: tuple[Array, Any], title: str, panel: str, cue: list[float]) -> None:
    """Spikes of the first neurons, and when they are cued."""
    shown = 300
    times, ids = spikes
    chosen = ids < shown
    for start in cue:
        axes.axvspan(start, start + PULSE, color=FIRST, alpha=0.15, lw=0)
    groups = np.digitize(ids[chosen], [CUED, ASSEMBLY])
    colors = np.array([FIRST, EXCITATORY, GREY])[groups]
    axes.scatter(times[chosen] - 200, ids[chosen], s=0.5, c=colors, lw=0, rasterized=True)
    axes.set(xlabel="time (ms)", ylabel="neuron", ylim=(0, shown))
    letter(axes, panel, title)
