"""Learning keeps information in a network only if homeostasis, fast and slow, comes with it.

A first version of the ablation square: Hebbian plasticity off or on, with no homeostasis, slow synaptic scaling alone,
a fast sliding threshold alone, inhibitory plasticity alone, or all three. Parts: Zenke, Hennequin and Gerstner (2013),
PLoS Comput Biol 9:e1003330, doi:10.1371/journal.pcbi.1003330 (triplet rule and threshold); Vogels et al. (2011),
Science 334:1569 (inhibition); van Rossum et al. (2000), J Neurosci 20:8812 (scaling).

400 excitatory and 100 inhibitory LIF neurons with conductances; 400 Poisson inputs in 8 groups, of which one at a time
fires at 13 instead of 8 Hz for 250 ms. Feed-forward and recurrent excitation learn by the triplet rule for 100 s. Then
a frozen copy (a probe) sees 320 patterns, and a linear decoder (ridge regression, 5-fold cross-validation) reads the
pattern from spike counts of 250 ms; information is that of its confusion matrix, corrected for its bias.

``quick`` learns for 30 s.
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

SCIENCE = ("F1",)

PATTERNS, GROUP = 8, 50
HIGH, LOW, LENGTH = 13.0, 8.0, 250.0  # Hz, Hz, ms
EXCITATORY, INHIBITORY, TARGET = 400, 100, 5.0  # neurons, neurons, Hz
TRIALS = 40  # of each pattern
MODES = ("none", "scaling", "threshold", "inhibition", "all")
LABELS = {
    "none": "no homeostasis", "scaling": "slow scaling", "threshold": "fast threshold",
    "inhibition": "inhibitory plasticity", "all": "all three",
}  # fmt: skip


def patterns(draws: np.random.Generator, duration: float, begin: float) -> tuple[pl.Schedule, NDArray[np.int64]]:
    """Rates of all inputs, one pattern after another, and which."""
    order = draws.integers(0, PATTERNS, int(duration // LENGTH))
    active = np.arange(PATTERNS * GROUP) // GROUP == order[:, None]
    return pl.Schedule(begin + LENGTH * np.arange(len(order)), np.where(active, HIGH, LOW)), order


class Square:
    """One corner: the network with some of its plasticity."""

    def __init__(self, context: Context, hebb: bool, mode: str) -> None:
        self.net = net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
        neuron = pl.LIF(
            C_m=200, tau_m=20, E_L=-70, V_th=-50, V_reset=-70, t_ref=5,
            receptors={"ampa": pl.ConductanceExp(tau=5, E_rev=0), "gaba": pl.ConductanceExp(tau=10, E_rev=-80)},
        )  # fmt: skip
        self.inputs = net.population(PATTERNS * GROUP, pl.PoissonSource(LOW), name="inputs")
        self.exc = net.population(EXCITATORY, neuron, name="exc", initial={"V": pl.Uniform(-70, -50)})
        inh = net.population(INHIBITORY, neuron, name="inh", initial={"V": pl.Uniform(-70, -50)})
        rule = pl.TripletSTDP(
            A2_plus=0, A3_plus=6.5e-3, A2_minus=6.5e-3 * 16.8 * 114 * TARGET * 1e-3 / 33.7, A3_minus=0, tau_plus=16.8,
            tau_minus=33.7, tau_y=114, pairing="all", threshold="per neuron", learning_rate=30.0, w_max=6.0,
        )  # fmt: skip
        balance = pl.InhibitorySTDP(target_rate=TARGET, tau=20, learning_rate=0.05, w_max=60.0)
        some, delay, fifth = pl.FixedProbability(0.1), pl.Uniform(0.5, 2.0), pl.FixedProbability(0.2)
        forward = net.connect(
            self.inputs, self.exc, fifth, receptor="ampa", weight=pl.Uniform(0.5, 1.5), delay=1.0, plasticity=rule
        )
        recurrent = net.connect(self.exc, self.exc, some, receptor="ampa", weight=0.4, delay=delay, plasticity=rule)
        net.connect(self.inputs, inh, fifth, receptor="ampa", weight=1.2, delay=1.0)
        net.connect(self.exc, inh, some, receptor="ampa", weight=1.5, delay=delay)
        net.connect(inh, inh, some, receptor="gaba", weight=4.0, delay=delay)
        inhibition = net.connect(inh, self.exc, some, receptor="gaba", weight=4.0, delay=delay, plasticity=balance)
        forward.plastic = recurrent.plastic = hebb
        inhibition.plastic = mode in ("inhibition", "all")
        if mode in ("threshold", "all"):
            for projection in (forward, recurrent):
                net.control(projection, pl.SlidingThreshold(target_rate=TARGET, tau=2000.0, exponent=2, interval=50.0))
        if mode in ("scaling", "all"):
            scaling = pl.SynapticScaling(
                receptor="ampa", target_rate=TARGET, tau=20_000.0, beta=2e-3, gamma=0.0, interval=100.0
            )
            net.control(self.exc, scaling)
        self.rate = net.record(self.exc, "rate", interval=1000.0)

    def learn(self, context: Context, duration: float) -> None:
        self.inputs.set(rate=patterns(np.random.default_rng([context.seed, 1]), duration, 0.0)[0])
        self.net.run(duration)

    def information(self, context: Context) -> tuple[float, float]:
        """Accuracy of the decoder and information in bits, of a frozen copy."""
        probe = self.net.probe()
        exc, begin = probe.populations["exc"], probe.time
        duration = PATTERNS * TRIALS * LENGTH
        rates, order = patterns(np.random.default_rng([context.seed, 2]), duration, begin)
        probe.populations["inputs"].set(rate=rates)
        spikes = probe.record(exc, "spikes")
        probe.run(duration)
        trial = np.ceil((spikes.times - begin) / LENGTH - 1e-9).astype(int) - 1
        counts = np.zeros((len(order), EXCITATORY))
        np.add.at(counts, (trial, spikes.ids), 1)
        return decoded(counts, order)


def decoded(counts: Array, order: NDArray[np.int64]) -> tuple[float, float]:
    """Accuracy, and information in bits from the confusion matrix."""
    confusion = np.zeros((PATTERNS, PATTERNS))
    for fold in range(5):
        test = np.arange(len(order)) % 5 == fold
        mean, wanted = counts[~test].mean(axis=0), np.eye(PATTERNS)[order[~test]]
        centred = counts[~test] - mean
        ridge = centred.T @ centred + 20 * np.eye(EXCITATORY)
        weights = np.linalg.solve(ridge, centred.T @ (wanted - wanted.mean(axis=0)))
        np.add.at(confusion, (order[test], ((counts[test] - mean) @ weights).argmax(axis=1)), 1)
    joint = confusion / confusion.sum()
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    there = joint > 0
    bits = float(np.sum(joint[there] * np.log2(joint[there] / independent[there])))
    bias = (PATTERNS - 1) ** 2 / (2 * confusion.sum() * np.log(2))
    return float(np.trace(joint)), bits - bias


def run(context: Context) -> dict[str, Any]:
    """The naive network, and the square."""
    seconds = 30 if context.quick else 100
    context.compression = f"quick: {seconds} s of learning instead of 100 s" if context.quick else "none"
    naive = Square(context, False, "none")
    naive.net.run(1000)
    accuracy, nothing_learned = naive.information(context)
    seen = "not judged; what was seen"
    context.record("naive: accuracy", accuracy, provenance=f"{seen}; chance 0.125")
    context.record("naive: information", nothing_learned, unit="bit", provenance=seen)
    bits: dict[tuple[bool, str], float] = {}
    rates: dict[tuple[bool, str], Array] = {}
    for hebb in (False, True):
        for mode in MODES:
            if not hebb and mode == "threshold":
                continue  # a threshold of something that is off
            name = f"{'Hebb' if hebb else 'no Hebb'}, {LABELS[mode]}"
            context.stage(name)
            corner = Square(context, hebb, mode)
            corner.learn(context, seconds * 1000)
            accuracy, bits[hebb, mode] = corner.information(context)
            rates[hebb, mode] = corner.rate.rates
            context.record(f"{name}: accuracy", accuracy, provenance=seen)
            context.record(f"{name}: information", bits[hebb, mode], unit="bit", provenance=seen)
            context.record(f"{name}: rate at the end", corner.rate.rates[-10:].mean(), unit="Hz", provenance=seen)
    judge(context, nothing_learned, bits, rates)
    return {"naive": nothing_learned, "bits": bits, "rates": rates}


def judge(
    context: Context,
    nothing_learned: float,
    bits: dict[tuple[bool, str], float],
    rates: dict[tuple[bool, str], Array],
) -> None:
    """Records what homeostasis of each kind is worth to a network that learns."""
    source = "F1; threshold of ours"
    late = {mode: float(rates[True, mode][-10:].mean()) for mode in MODES}
    context.record(
        "Hebb without homeostasis: factor by which the rate is off", max(late["none"] / TARGET, TARGET / late["none"]),
        above(3), provenance=f"{source}: runaway or silence within 60 s",
    )  # fmt: skip
    context.record(
        "Hebb with slow scaling alone: factor by which the rate is off",
        max(late["scaling"] / TARGET, TARGET / late["scaling"]), above(3),
        provenance=f"{source}: oscillates or runs away",
    )  # fmt: skip
    context.record(
        "Hebb with all: information / naive", bits[True, "all"] / nothing_learned, above(1.3), provenance=source
    )
    rest = max(bits[True, mode] for mode in MODES[:-1])
    context.record(
        "Hebb with all: information / best other with Hebb", bits[True, "all"] / rest, above(1), provenance=source
    )
    context.record(
        "Hebb with all: rate", late["all"], between(0.8 * TARGET, 1.2 * TARGET), unit="Hz", provenance=source
    )
    context.record("Hebb without homeostasis: information / naive", bits[True, "none"] / nothing_learned, below(1),
                   provenance=f"{source}: learning alone destroys what was there")  # fmt: skip


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Information in each corner, and rates over time."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY as BLUE
    from ._style import FIRST, GREY, INK, letter

    picture = Figure(figsize=(10.5, 3.8), layout="constrained")
    grid = picture.subplot_mosaic("ABB")
    axes = grid["A"]
    height = 0.38
    for row, mode in enumerate(MODES):
        for hebb, color, offset in ((False, GREY, -height / 2), (True, BLUE, height / 2)):
            if (hebb, mode) in results["bits"]:
                axes.barh(row + offset, results["bits"][hebb, mode], height, color=color)
    axes.axvline(results["naive"], color=FIRST, lw=1.2, ls=(0, (4, 3)))
    axes.set_yticks(range(len(MODES)), [LABELS[mode] for mode in MODES])
    axes.invert_yaxis()
    axes.set(xlabel="information (bit); line: naive")
    letter(axes, "A", "blue: Hebb on; grey: off")
    axes = grid["B"]
    styles = {
        "none": (INK, "-"),
        "scaling": (GREY, "-"),
        "threshold": (FIRST, "-"),
        "inhibition": (INK, ":"),
        "all": (BLUE, "-"),
    }
    for mode, (color, line) in styles.items():
        rate = results["rates"][True, mode]
        axes.plot(np.arange(len(rate)) + 0.5, rate, color=color, ls=line, lw=1.2, label=LABELS[mode])
    axes.axhline(TARGET, color=GREY, lw=0.8, ls=(0, (4, 3)))
    axes.set(xlabel="time (s)", ylabel="rate (Hz)", ylim=(0, None))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    letter(axes, "B", "rates with Hebb on")
    return picture
