"""Modulators set how well neurons tell a signal from noise, what they store, and when they learn.

Gain: Servan-Schreiber, Printz and Cohen (1990), Science 249:892, doi:10.1126/science.2392679; Aston-Jones and Cohen
(2005), Annu Rev Neurosci 28:403. Acetylcholine: Hasselmo (2006), Curr Opin Neurobiol 16:710,
doi:10.1016/j.conb.2006.09.002. Pairing with nucleus basalis: Froemke, Merzenich and Schreiner (2007), Nature 450:425,
doi:10.1038/nature06289.

1. Noradrenaline multiplies all synaptic inputs in a recurrent network that sees a signal of 20 % more input or none:
   slope of the F-I curve and d' of the spike counts in 200 ms, at gains from 0.7 to 8.
2. Acetylcholine: a recurrent network stores a pattern A, then B, which shares a fifth of its neurons with A. With
   acetylcholine recurrent transmission is at 40 %, afferent transmission at 75 % during storage (60 % and 25 % less);
   recall is without it. Interference: what of A fires when B is cued.
3. Pairing: a neuron with eight channels of excitation (triplet STDP, only while acetylcholine is there) and inhibition
   (inhibitory STDP) is balanced; then inhibition is at 20 % for 1 s while one channel is stimulated; then all channels
   take turns again. Three hours are compressed into 150 s.
4. Serotonin lowers AMPA and GABA gains alike.

``quick`` has half the neurons in part 1 and half the time in part 3, with twice the learning rate of inhibition.
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

SCIENCE = ("P61", "P03", "P18")

GAINS = (0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0, 2.8, 4.0, 5.6, 8.0)
DRIVE, SIGNAL = 1300.0, 1.2  # Hz; the signal's factor
WINDOW = 200.0  # ms

CELLS, SIZE, SHARED = 300, 100, 20
FIRST, SECOND = np.arange(SIZE), np.arange(SIZE - SHARED, 2 * SIZE - SHARED)
ONLY_FIRST, CUED, COMPLETED = FIRST[: SIZE - SHARED], SECOND[SHARED:60], SECOND[60:]
RECURRENT, AFFERENT = 0.4, 0.75  # what acetylcholine leaves

CHANNELS, PREFERRED, PAIRED = 8, 4, 1
TURN, PAIRING = 100.0, 1_000.0  # ms


def neuron() -> pl.LIF:
    """The neuron of all parts."""
    receptors = {"ampa": pl.ConductanceExp(tau=5, E_rev=0), "gaba": pl.ConductanceExp(tau=10, E_rev=-80)}
    return pl.LIF(C_m=200, tau_m=20, E_L=-60, V_th=-50, V_reset=-60, t_ref=5, receptors=receptors)


def network(context: Context) -> pl.Network:
    """An empty network."""
    return pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)


# ---- gain


def counts(context: Context, gain: float, size: int) -> tuple[Array, Array]:
    """Spikes in windows of 200 ms without and with the signal."""
    net = network(context)
    noradrenaline = net.modulator("noradrenaline", baseline=1.0)
    found, groups = [], []
    for factor in (1.0, SIGNAL):
        exc = net.population(size, neuron(), initial={"V": pl.Uniform(-60, -50)})
        inh = net.population(size // 4, neuron(), initial={"V": pl.Uniform(-60, -50)})
        net.drive(exc, pl.PoissonInput(rate=DRIVE * factor), receptor="ampa", weight=0.2)
        net.drive(inh, pl.PoissonInput(rate=DRIVE), receptor="ampa", weight=0.2)
        sparse = pl.FixedProbability(0.1)
        for cells in (exc, inh):
            net.connect(exc, cells, sparse, receptor="ampa", weight=0.15 * 200 / size)
            net.connect(inh, cells, sparse, receptor="gaba", weight=1.5 * 200 / size)
            for receptor in ("ampa", "gaba"):
                net.control(cells, pl.Modulation(f"{receptor}.gain", noradrenaline, slope=gain - 1))
        groups.append(exc)
    spikes = [net.record(cells, "spikes") for cells in groups]
    windows = 10
    net.run(200.0 + windows * WINDOW)
    for recorder in spikes:
        late = recorder.times > 200.0
        window = np.minimum((recorder.times[late] - 200.0) // WINDOW, windows - 1).astype(int)
        found.append(np.bincount(recorder.ids[late] * windows + window, minlength=size * windows).astype(float))
    return found[0], found[1]


def separation(noise: Array, signal: Array) -> float:
    """The difference d' of the means in units of the pooled standard deviation; 0 where nothing varies."""
    spread = np.sqrt((noise.var() + signal.var()) / 2)
    return float((signal.mean() - noise.mean()) / spread) if spread > 0 else 0.0


# ---- storage


def stored(context: Context, acetylcholine: bool) -> dict[str, float]:
    """Rates in Hz when 40 neurons of B that are not in A are cued, after A and B were stored one after the other."""
    net = network(context)
    exc = net.population(CELLS, neuron(), name="exc", initial={"V": pl.Uniform(-60, -50)})
    inh = net.population(60, neuron(), name="inh", initial={"V": pl.Uniform(-60, -50)})
    rule = pl.InhibitorySTDP(
        target_rate=15.0, tau=20, learning_rate=0.002, w_max=0.35
    )  # symmetric, Hebbian above 15 Hz
    recurrent = net.connect(
        exc, exc, pl.FixedProbability(0.5), receptor="ampa", weight=0.02, delay=1.0, plasticity=rule
    )
    net.connect(exc, inh, pl.FixedProbability(0.2), receptor="ampa", weight=0.3, delay=1.0)
    net.connect(inh, exc, pl.FixedProbability(0.2), receptor="gaba", weight=1.5, delay=1.0)
    net.drive(exc, pl.PoissonInput(rate=1000.0), receptor="ampa", weight=0.25)
    drives = {
        name: net.drive(exc[cells], pl.PoissonInput(rate=rate), receptor="ampa", weight=0.5)
        for name, cells, rate in (("A", FIRST, 1600.0), ("B", SECOND, 1600.0), ("cue", CUED, 1600.0))
    }
    for drive in drives.values():
        drive.active = False
    tone = []
    if acetylcholine:
        tone = [net.modify(recurrent, {"gain": RECURRENT})]
        tone += [net.modify(drives[name], {"rate": AFFERENT}) for name in ("A", "B")]
    for name in ("A", "B"):
        drives[name].active = True
        net.run(1500.0)
        drives[name].active = False
        net.run(300.0)
    for modifier in tone:
        modifier.remove()
    probe = net.probe()
    probe.drives[drives["cue"].name].active = True
    spikes = probe.record(probe.populations["exc"], "spikes")
    probe.run(1000.0)
    rates = np.bincount(spikes.ids, minlength=CELLS).astype(float)
    weights, sources, targets = recurrent.weights, recurrent.sources, recurrent.targets
    crossed = np.isin(sources, SECOND[SHARED:]) & np.isin(targets, ONLY_FIRST)
    inside = np.isin(sources, SECOND[SHARED:]) & np.isin(targets, SECOND[SHARED:])
    return {
        "A": rates[ONLY_FIRST].mean(), "completed": rates[COMPLETED].mean(), "others": rates[2 * SIZE :].mean(),
        "w crossed": weights[crossed].mean(), "w inside": weights[inside].mean(),
    }  # fmt: skip


# ---- pairing


class Cell:
    """One neuron with channels of excitation and inhibition that take turns."""

    def __init__(self, context: Context, faster: float) -> None:
        self.net = network(context)
        self.cell = self.net.population(1, neuron())
        triplet = pl.TripletSTDP.visual_cortex(pairing="all", form="minimal", learning_rate=0.5, w_max=1.2)
        balance = pl.InhibitorySTDP(target_rate=5.0, tau=20, learning_rate=4e-4 * faster, w_max=20.0)
        tuned = 0.15 + 0.35 * np.exp(-0.5 * ((np.arange(CHANNELS) - PREFERRED) / 1.2) ** 2)
        self.excitation, self.inhibition, self.sources = [], [], []
        for channel in range(CHANNELS):
            exc = self.net.population(60, pl.PoissonSource(0.0))
            inh = self.net.population(20, pl.PoissonSource(0.0))
            self.sources += [(exc, inh)]
            self.excitation.append(
                self.net.connect(
                    exc, self.cell, pl.AllToAll(), receptor="ampa", weight=tuned[channel], plasticity=triplet
                )
            )
            self.inhibition.append(
                self.net.connect(
                    inh, self.cell, pl.AllToAll(), receptor="gaba", weight=3 * tuned[channel], plasticity=balance
                )
            )
        for projection in self.excitation:
            projection.plastic = False
        self.times: list[float] = []
        self.course: list[tuple[Array, Array]] = []

    def tuning(self) -> tuple[Array, Array]:
        """Mean weights of the channels, excitatory and inhibitory."""
        return (
            np.array([projection.weights.mean() for projection in self.excitation]),
            np.array([projection.weights.mean() for projection in self.inhibition]),
        )

    def turns(self, duration: float, channels: tuple[int, ...] = tuple(range(CHANNELS))) -> None:
        """All channels take turns, in random order."""
        order = np.random.default_rng([self.net.seed, round(self.net.time)]).permutation(
            np.resize(channels, int(duration / TURN))
        )
        starts = self.net.time + TURN * np.arange(len(order))
        for channel, (exc, inh) in enumerate(self.sources):
            rates = np.where(order == channel, 80.0, 0.0)
            for source in (exc, inh):
                source.set(rate=pl.Schedule(starts, rates))
        for _ in range(int(duration / 1000.0)):
            self.net.run(1000.0)
            self.times.append(self.net.time * 1e-3)
            self.course.append(self.tuning())


def pairing(context: Context) -> dict[str, Any]:
    """Balance, pairing with acetylcholine, and balance again."""
    faster = 2.0 if context.quick else 1.0
    cell = Cell(context, faster)
    cell.turns(60_000 / faster)
    before = cell.tuning()
    with cell.net.modify(cell.cell, {"gaba.gain": 0.2}, name="nucleus basalis"):
        for projection in cell.excitation:
            projection.plastic = True
        cell.turns(PAIRING, (PAIRED,))
        for projection in cell.excitation:
            projection.plastic = False
    paired = cell.tuning()
    cell.turns(150_000 / faster)
    return {
        "times": np.array(cell.times),
        "course": cell.course,
        "before": before,
        "paired": paired,
        "after": cell.tuning(),
    }


def together(tuning: tuple[Array, Array]) -> float:
    """Correlation of excitation and inhibition over channels."""
    return float(np.corrcoef(*tuning)[0, 1])


# ---- serotonin


def currents(context: Context, level: float) -> tuple[float, float]:
    """Mean excitatory and inhibitory current of driven neurons in pA."""
    net = network(context)
    serotonin = net.modulator("serotonin", baseline=level)
    cells = net.population(100, neuron())
    net.drive(cells, pl.PoissonInput(rate=DRIVE), receptor="ampa", weight=0.2)
    net.drive(cells, pl.PoissonInput(rate=500.0), receptor="gaba", weight=0.5)
    for receptor in ("ampa", "gaba"):
        net.control(cells, pl.Modulation(f"{receptor}.gain", serotonin, slope=-0.3))
    state = net.record(cells, ["V", "ampa.g", "gaba.g"], interval=1.0)
    net.run(1000.0)
    return float((-state["ampa.g"] * state["V"]).mean()), float((state["gaba.g"] * (state["V"] + 80)).mean())


def run(context: Context) -> dict[str, Any]:
    """Gain, storage, pairing, serotonin."""
    context.compression = "pairing: 3 h in 150 s" + ("; quick: in 75 s, fewer neurons" if context.quick else "")
    size = 100 if context.quick else 200

    context.stage("noradrenaline: gain and d'")
    groups = [counts(context, gain, size) for gain in GAINS]
    rates = np.array([[group.mean() / WINDOW * 1e3 for group in pair] for pair in groups])
    separations = np.array([separation(*pair) for pair in groups])
    best = int(separations.argmax())
    context.record(
        "gain at which d' is largest", GAINS[best], between(1.2, 1.7), provenance="P61: between gains 1 and 2"
    )
    context.record("d' at the largest gain / largest d'", separations[-1] / separations[best], below(0.9),
                   provenance="P61: d' peaks; threshold of ours")  # fmt: skip
    context.record("d' at the least gain / largest d'", separations[0] / separations[best], below(0.9),
                   provenance="P61: d' peaks; threshold of ours")  # fmt: skip
    context.record("largest d'", separations[best], provenance="not judged")
    slopes = (rates[:, 1] - rates[:, 0]) / (DRIVE * (SIGNAL - 1) * 1e-3)
    steeper = slopes[GAINS.index(2.0)] / slopes[GAINS.index(1.0)]
    context.record("slope of the F-I curve, gain 2 / gain 1", steeper, above(1), provenance="P61: noradrenaline")

    context.stage("acetylcholine: storage of two patterns")
    storage = {name: stored(context, on) for name, on in (("with", True), ("without", False))}
    cut = 1 - storage["with"]["A"] / max(storage["without"]["A"], 1e-9)
    context.record("interference that acetylcholine takes away", cut, above(0.3), provenance="P61; A when B is cued")
    for name, found in storage.items():
        for what in ("A", "completed", "others"):
            context.record(f"{name} acetylcholine: rate of {what}", found[what], unit="Hz", provenance="not judged")

    context.stage("pairing while inhibition is low")
    tuning = pairing(context)
    context.record("channel of largest excitation after pairing", int(tuning["after"][0].argmax()),
                   between(PAIRED, PAIRED), provenance="P61; Froemke 2007; was 4")  # fmt: skip
    context.record("E/I correlation before pairing", together(tuning["before"]), above(0.8), provenance="P61")
    context.record(
        "E/I correlation after pairing", together(tuning["paired"]), below(0.3), provenance="P61; Froemke 2007"
    )
    context.record("E/I correlation at the end", together(tuning["after"]), above(0.8), provenance="P61; Froemke 2007")

    context.stage("serotonin")
    quiet, calm = currents(context, 0.0), currents(context, 1.0)
    for name, one, other in zip(("excitatory", "inhibitory"), quiet, calm, strict=True):
        context.record(f"serotonin: {name} current / control", other / one, below(1), provenance="P61: lowers both")
    return {"rates": rates, "separations": separations, "storage": storage, "tuning": tuning}


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Separation over gain, interference, and the tuning before and after pairing."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, GREY, INHIBITORY, INK, letter

    picture = Figure(figsize=(10.5, 5.8), layout="constrained")
    grid = picture.subplot_mosaic("AABBCC;DDEEFF")

    axes = grid["A"]
    axes.plot(GAINS, results["rates"][:, 0], "o-", ms=3, color=GREY, label="noise")
    axes.plot(GAINS, results["rates"][:, 1], "o-", ms=3, color=INK, label="noise and signal")
    axes.set(xscale="log", xlabel="gain", ylabel="rate (Hz)")
    axes.set_xticks(GAINS[::2], [f"{gain:g}" for gain in GAINS[::2]])
    axes.set_xticks([], minor=True)
    axes.legend()
    letter(axes, "A", "noradrenaline: rates")

    axes = grid["B"]
    axes.plot(GAINS, results["separations"], "o-", ms=3, color=INK)
    axes.set(xscale="log", xlabel="gain", ylabel="d'", ylim=(0, None))
    axes.set_xticks(GAINS[::2], [f"{gain:g}" for gain in GAINS[::2]])
    axes.set_xticks([], minor=True)
    letter(axes, "B", "noradrenaline: signal and noise")

    axes = grid["C"]
    for offset, (name, color) in enumerate((("without", GREY), ("with", INK))):
        found = results["storage"][name]
        axes.bar(np.arange(3) + 0.4 * offset - 0.2, [found[what] for what in ("A", "completed", "others")], 0.4,
                 color=color, label=f"{name} acetylcholine")  # fmt: skip
    axes.set_xticks(range(3), ["A", "rest of B", "others"])
    axes.set(ylabel="rate when B is cued (Hz)", ylim=(0, 115))
    axes.legend()
    letter(axes, "C", "interference of two memories")

    tuning = results["tuning"]
    for panel, moment, title in (("D", "paired", "after pairing"), ("E", "after", "at the end")):
        axes = grid[panel]
        for index, (name, color) in enumerate((("excitation", EXCITATORY), ("inhibition", INHIBITORY))):
            for when, style in (("before", "--"), (moment, "o-")):
                values = tuning[when][index]
                axes.plot(values / tuning["before"][index].max(), style, ms=3, color=color,
                          label=f"{name}, {title if when == moment else 'before'}")  # fmt: skip
        axes.set(xlabel="channel", ylabel="weight / largest before")
        axes.legend()
        letter(axes, panel, f"tuning {title}")

    axes = grid["F"]
    axes.plot(tuning["times"], [together(moment) for moment in tuning["course"]], color=INK)
    axes.set(xlabel="time (s)", ylabel="correlation", ylim=(None, 1.05))
    letter(axes, "F", "excitation and inhibition over channels")
    return picture
