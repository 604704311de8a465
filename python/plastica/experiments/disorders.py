"""Weak NMDA receptors of PV cells, weak inhibition, low drive: scaling mends the rate, and not what else is changed.

Interneurons without NMDA receptors: Homayoun and Moghaddam (2007), J Neurosci 27:11496,
doi:10.1523/JNEUROSCI.2213-07.2007. Excess excitation: Rubenstein and Merzenich (2003), Genes Brain Behav 2:255,
doi:10.1034/j.1601-183X.2003.00037.x. Scaling: Turrigiano, Leslie, Desai, Rutherford and Nelson (1998), Nature 391:892,
doi:10.1038/36103.

400 excitatory and 100 fast inhibitory (PV-like) LIF neurons, connected at random (20 %); AMPA and NMDA from excitatory
neurons, GABA from PV cells. Private Poisson input, whose rate fluctuates for all alike (30 %, 200 ms), and one of two
weak stimuli for 500 ms at a time, in random order.

1. Intact; NMDA receptors of PV cells at half; GABA receptors of excitatory neurons at 80 %; synapses among excitatory
   neurons at 120 %; all drives at half.
2. Each without and with homeostasis: `SynapticScaling` of every excitatory neuron's AMPA receptors towards its rate in
   the intact network, for 80 s; then everything is frozen and 400 stimuli are given.
3. Rate; gamma power (30 to 120 Hz of the population's rate); Fano factor and noise correlation of spike counts in 450
   ms; d' of a linear decoder of the stimulus, trained on half of the trials and tested on the other; E/I index: mean
   excitatory over inhibitory current at -55 mV.

All criteria are of direction only. ``quick`` has 25 s of scaling and 80 stimuli.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, above, below

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P25", "P14", "P27")

CELLS, INTERNEURONS = 400, 100
TRIAL, ONSET = 500.0, 50.0  # ms; spikes count from the onset on
STEP, SLOW, SWING = 25.0, 200.0, 0.3  # of the common fluctuation: ms, ms, relative
SAMPLED = 40  # neurons whose conductances are read
V_INDEX, E_GABA = -55.0, -75.0  # mV
GAMMA = (30, 120)  # Hz

# What each disorder multiplies, and by how much.
DISORDERS: dict[str, dict[str, tuple[str, float]]] = {
    "intact": {},
    "NMDA on PV": {"pv": ("nmda.gain", 0.5)},
    "GABA": {"exc": ("gaba.gain", 0.8)},
    "E to E": {"ampa": ("gain", 1.2), "nmda": ("gain", 1.2)},
    "drive": {"to exc": ("rate", 0.5), "to pv": ("rate", 0.5), "A": ("rate", 0.5), "B": ("rate", 0.5)},
}


def stimuli(seed: int, trials: int) -> Array:
    """Which of the two, 0 or 1, each trial shows; as many of each."""
    return np.random.default_rng([seed, 1]).permutation(np.arange(trials) % 2)


def fluctuation(seed: int, duration: float) -> Array:
    """What the rate of all inputs is multiplied by, every 25 ms: an autoregressive process of mean 1."""
    draws, keep = np.random.default_rng([seed, 2]), np.exp(-STEP / SLOW)
    steps = draws.normal(size=int(duration / STEP)) * np.sqrt(1 - keep**2)
    level, levels = 0.0, np.empty(len(steps))
    for k, step in enumerate(steps):
        level = keep * level + step
        levels[k] = level
    return np.maximum(1 + SWING * levels, 0)


def build(context: Context, trials: int) -> pl.Network:
    """The intact network, with drives for so many trials."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    receptors = {
        "ampa": pl.ConductanceExp(tau=3, E_rev=0), "nmda": pl.NMDA(tau_rise=2, tau_decay=80),
        "gaba": pl.ConductanceExp(tau=6, E_rev=E_GABA),
    }  # fmt: skip
    pyramidal = pl.LIF(C_m=200, tau_m=20, E_L=-65, V_th=-50, V_reset=-60, t_ref=3, receptors=receptors)
    fast = pl.LIF(C_m=100, tau_m=10, E_L=-65, V_th=-50, V_reset=-60, t_ref=1, receptors=receptors)
    initial = {"V": pl.Uniform(-60, -50)}
    exc = net.population(CELLS, pyramidal, name="exc", initial=initial)
    pv = net.population(INTERNEURONS, fast, name="pv", initial=initial)
    levels = fluctuation(context.seed, trials * TRIAL)
    common = pl.Schedule(np.arange(len(levels)) * STEP, 500.0 * levels)
    net.drive(exc, pl.PoissonInput(rate=common), receptor="ampa", weight=2.3, name="to exc")
    net.drive(pv, pl.PoissonInput(rate=common), receptor="ampa", weight=1.2, name="to pv")
    shown, tuning = stimuli(context.seed, trials), np.random.default_rng([context.seed, 3])
    for k, name in enumerate("AB"):
        rate = pl.Schedule(np.arange(trials) * TRIAL, np.where(shown == k, 20.0, 0.0))
        weights = 2.3 * np.maximum(tuning.normal(size=CELLS), 0)
        net.drive(exc, pl.PoissonInput(rate=rate), receptor="ampa", weight=weights, name=name)
    sparse, delay = pl.FixedProbability(0.2), pl.Uniform(0.5, 2.5)
    for cells, ampa, nmda, gaba, names in ((exc, 0.6, 0.15, 3.0, ("ampa", "nmda")), (pv, 0.7, 0.6, 2.0, (None, None))):
        net.connect(exc, cells, sparse, receptor="ampa", weight=ampa, delay=delay, name=names[0])
        net.connect(exc, cells, sparse, receptor="nmda", weight=nmda, delay=delay, name=names[1])
        net.connect(pv, cells, sparse, receptor="gaba", weight=gaba, delay=delay)
    return net


def afflict(net: pl.Network, disorder: str) -> None:
    """Multiplies what the disorder changes."""
    for name, (parameter, factor) in DISORDERS[disorder].items():
        kinds: tuple[Mapping[str, Any], ...] = (net.populations, net.projections, net.drives)
        target = next(kind[name] for kind in kinds if name in kind)
        net.modify(target, {parameter: factor})


# ---- what is measured


def separation(counts: Array, shown: Array) -> float:
    """The d' of a linear decoder (difference of means over variance, neuron by neuron), tested on the other half."""
    found = []
    half = np.arange(len(shown)) // 2 % 2
    for train in (0, 1):
        a, b = (counts[(half == train) & (shown == k)] for k in (0, 1))
        weights = (b.mean(axis=0) - a.mean(axis=0)) / ((a.var(axis=0) + b.var(axis=0)) / 2 + 0.5)
        u, v = (counts[(half != train) & (shown == k)] @ weights for k in (0, 1))
        found.append((v.mean() - u.mean()) / np.sqrt((u.var() + v.var()) / 2))
    return float(np.mean(found))


def variability(counts: Array, shown: Array) -> tuple[float, float]:
    """Mean Fano factor, and mean correlation of pairs, of counts for one stimulus; of neurons above 0.5 spikes."""
    fano, correlation = [], []
    for k in (0, 1):
        own = counts[shown == k]
        own = own[:, own.mean(axis=0) > 0.5]
        if own.shape[1] < 2:
            return np.nan, np.nan
        fano.append((own.var(axis=0) / own.mean(axis=0)).mean())
        matrix = np.corrcoef(own[:, own.std(axis=0) > 0].T)
        correlation.append((matrix.sum() - len(matrix)) / (matrix.size - len(matrix)))
    return float(np.mean(fano)), float(np.mean(correlation))


def spectrum(course: Array) -> Array:
    """Power of a rate in bins of 1 ms at 0, 1, ... 500 Hz, mean over seconds; it sums to half of the variance."""
    seconds = course[: len(course) // 1000 * 1000].reshape(-1, 1000)
    window = np.hanning(1000)
    lines = np.fft.rfft((seconds - seconds.mean(axis=1, keepdims=True)) * window, axis=1)
    return np.asarray((np.abs(lines) ** 2).mean(axis=0) / (1000 * (window**2).sum()))


def measure(net: pl.Network, shown: Array) -> dict[str, Any]:
    """All numbers of a frozen copy that sees the next trials."""
    probe, start = net.probe(), net.time
    exc, trials = probe.populations["exc"], len(shown)
    spikes = probe.record(exc, "spikes")
    conductances = {name: probe.record(exc[:SAMPLED], f"{name}.g", interval=5.0) for name in ("ampa", "nmda", "gaba")}
    probe.run(trials * TRIAL)
    times, ids = spikes.times - start, spikes.ids.astype(np.int64)
    trial = np.minimum(times / TRIAL, trials - 1).astype(int)
    counted = times - trial * TRIAL > ONSET
    counts = np.zeros((trials, CELLS))
    np.add.at(counts, (trial[counted], ids[counted]), 1)
    course = np.bincount(np.minimum(times, trials * TRIAL - 1).astype(int), minlength=int(trials * TRIAL)) / CELLS * 1e3
    power = spectrum(course)
    band = power[GAMMA[0] : GAMMA[1] + 1]
    g = {name: float(np.mean(recorder.values)) for name, recorder in conductances.items()}
    unblocked = 1 / (1 + np.exp(-0.062 * V_INDEX) / 3.57)
    fano, correlation = variability(counts, shown)
    return {
        "rate": len(times) / CELLS / (trials * TRIAL) * 1e3, "gamma": band.sum(), "power": power,
        "peak": GAMMA[0] + int(np.argmax(np.convolve(band, np.ones(7) / 7, mode="same"))),
        "d'": separation(counts, shown), "Fano": fano, "correlation": correlation,
        "E/I": -V_INDEX * (g["ampa"] + unblocked * g["nmda"]) / ((V_INDEX - E_GABA) * g["gaba"]),
    }  # fmt: skip


def arm(context: Context, disorder: str, targets: Array | None, settle: int, trials: int) -> dict[str, Any]:
    """One disorder, without homeostasis or with it: targets are the rates that neurons go for."""
    net = build(context, settle + trials)
    afflict(net, disorder)
    if targets is not None:
        law = pl.SynapticScaling(receptor="ampa", target_rate=targets, tau=2000.0, beta=0.005, gamma=0.0, low=0.05,
                                 high=8.0, interval=50.0)  # fmt: skip
        net.control(net.populations["exc"], law)
    net.run(settle * TRIAL)
    found = measure(net, stimuli(context.seed, settle + trials)[settle:])
    found["factor"] = float(net.populations["exc"].effective("ampa.gain").mean())
    return found


def intact_rates(context: Context, trials: int) -> Array:
    """Each excitatory neuron's rate in the intact network, at least 0.2 Hz."""
    net = build(context, trials)
    spikes = net.record(net.populations["exc"], "spikes")
    net.run(trials * TRIAL)
    return np.maximum(np.bincount(spikes.ids, minlength=CELLS) / (trials * TRIAL) * 1e3, 0.2)


def run(context: Context) -> dict[str, Any]:
    """Five networks, without and with homeostasis."""
    settle, trials = (50, 80) if context.quick else (160, 400)
    context.compression = "scaling x 1000" + ("; quick: 80 stimuli instead of 400" if context.quick else "")
    targets = intact_rates(context, settle)
    found: dict[str, dict[str, dict[str, Any]]] = {"without": {}, "with": {}}
    for homeostasis, arms in found.items():
        for disorder in DISORDERS:
            context.stage(f"{disorder}, {homeostasis} homeostasis")
            arms[disorder] = arm(context, disorder, targets if homeostasis == "with" else None, settle, trials)
    judge(context, found["without"])
    for disorder in list(DISORDERS)[1:]:
        far = [abs(np.log(found[h][disorder]["rate"] / found[h]["intact"]["rate"])) for h in ("with", "without")]
        context.record(f"{disorder}: distance of the log rate from intact, with / without homeostasis",
                       far[0] / far[1], below(1), provenance="direction; ours: scaling mends the rate")  # fmt: skip
    for homeostasis, arms in found.items():
        for disorder, one in arms.items():
            label, seen = f"{disorder}, {homeostasis}", "not judged; what was seen"
            for name in ("rate", "gamma", "peak", "Fano", "correlation", "d'", "E/I", "factor"):
                unit = {"rate": "Hz", "peak": "Hz", "gamma": "Hz^2"}.get(name, "")
                context.record(f"{label}: {name}", one[name], unit=unit, provenance=seen)
            context.record(f"{label}: decoder loss", 1 - one["d'"] / arms["intact"]["d'"], provenance=seen)
    return found


def judge(context: Context, arms: dict[str, dict[str, Any]]) -> None:
    """The directions, without homeostasis."""

    def ratio(disorder: str, name: str) -> float:
        return float(arms[disorder][name] / arms["intact"][name])

    wanted = {
        ("NMDA on PV", "rate"): above(1), ("NMDA on PV", "d'"): below(1), ("GABA", "correlation"): above(1),
        ("GABA", "Fano"): above(1), ("E to E", "correlation"): above(1), ("E to E", "Fano"): above(1),
        ("drive", "rate"): below(1),
    }  # fmt: skip
    for (disorder, name), criterion in wanted.items():
        context.record(
            f"{disorder}: {name} / intact", ratio(disorder, name), criterion, provenance="P25; direction only"
        )
    context.record("NMDA on PV: gamma / intact", ratio("NMDA on PV", "gamma"),
                   provenance="P25 has a shift, without its direction; not judged")  # fmt: skip


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Rates, variability, decoding and E/I index by disorder, and spectra."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, INK, SECOND, letter

    picture = Figure(figsize=(10.5, 5.8), layout="constrained")
    grid = picture.subplot_mosaic("ABC;DEF")
    colors = {"without": GREY, "with": EXCITATORY}
    panels = (("A", "rate", "rate (Hz)"), ("B", "correlation", "noise correlation"), ("C", "Fano", "Fano factor"),
              ("D", "d'", "d'"), ("E", "E/I", "E/I index"))  # fmt: skip
    names = list(DISORDERS)
    for panel, variable, label in panels:
        axes = grid[panel]
        for shift, (homeostasis, arms) in zip((-0.2, 0.2), results.items(), strict=True):
            values = [arms[name][variable] for name in names]
            places, label_of_arm = np.arange(len(names)) + shift, f"{homeostasis} homeostasis"
            if variable == "Fano":
                axes.plot(places, values, "o", color=colors[homeostasis], label=label_of_arm)
            else:
                axes.bar(places, values, 0.38, color=colors[homeostasis], label=label_of_arm)
        axes.axhline(results["without"]["intact"][variable], color=INK, lw=0.6, ls=":")
        axes.set_xticks(np.arange(len(names)), [name.replace("NMDA on PV", "NMDA\non PV") for name in names])
        axes.set(ylabel=label)
        letter(axes, panel, label.split(" (")[0])
    grid["A"].legend(loc="upper right")
    axes = grid["F"]
    for name, color in zip(names, (INK, INHIBITORY, FIRST, SECOND, GREY), strict=True):
        power = results["without"][name]["power"]
        axes.semilogy(
            np.arange(5, 121), np.convolve(power, np.ones(3) / 3, mode="same")[5:121], color=color, label=name
        )
    axes.set(xlabel="frequency (Hz)", ylabel="power of the rate (Hz²)")
    axes.legend()
    letter(axes, "F", "without homeostasis")
    return picture
