"""Facilitated synapses hold a memory that spikes need not hold.

Mongillo, Barak and Tsodyks (2008), Science 319:1543, doi:10.1126/science.1150769; constants of the NEST version of
Tiddia, Golosio, Fanti and Paolucci (2022), Front Integr Neurosci 16:972055, doi:10.3389/fnint.2022.972055: currents
that decay with 2 ms, weights given by the peak of a potential, u rests at U and rises before a release, U = 0.19.

1,600 excitatory and 400 inhibitory neurons, all connected to all, which keeps the number of synapses per neuron of the
published 8,000 and 2,000 with 20 %. Five items of 160 neurons each, with strong synapses inside. Every neuron has a
constant input with noise of 1 mV.

1. Bistable (mean input 23.7 mV): an item is loaded for 350 ms by 15 % more input; for 3 s after that its population
   spikes again and again.
2. Silent (22.7 mV): after loading, all excitatory neurons get 5 % more input for 250 ms, 1 s or 4.5 s (three tau_facil)
   after the cue. What comes back?

A population spike of an item is a rate above 20 Hz in 20 ms, at least 100 ms after the one before.

``quick`` uses one network for 1. and two for 2., instead of 5 and 20.
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

SCIENCE = ("P32",)

EXC, INH, ITEMS, SIZE = 1600, 400, 5, 160
U, TAU_F, TAU_D = 0.19, 1500.0, 200.0
TAU_E, TAU_I, TAU_SYN = 15.0, 10.0, 2.0  # ms
BASE, STRONG, STRONG_OUTSIDE = 0.10, 0.45, 0.1  # mV, mV, part of the synapses from neurons of no item
ONTO_INH, INH_TO_EXC, INH_TO_INH = 0.135, 0.25, 0.20  # mV
BISTABLE, SILENT, INHIBITORY_INPUT, SIGMA = 23.7, 22.7, 20.5, 1.0  # mV
CUE, CUE_LENGTH, CUE_STRENGTH = 1000.0, 350.0, 1.15
PROBE_LENGTH, PROBE_STRENGTH = 250.0, 1.05
DELAYS = {"1 s": 1000.0, "3 tau_facil": 3 * TAU_F}  # from the end of the cue to the probe
BIN, PEAK, APART = 20, 20.0, 100  # ms, Hz, ms


def amplitude(peak: float, tau_m: float) -> float:
    """The current (pA), decaying with TAU_SYN, whose potential peaks at `peak` mV; the resistance is 1 GOhm."""
    time = np.log(tau_m / TAU_SYN) * tau_m * TAU_SYN / (tau_m - TAU_SYN)
    return float(peak * (tau_m - TAU_SYN) / TAU_SYN / (np.exp(-time / tau_m) - np.exp(-time / TAU_SYN)))


def item_of(neurons: NDArray[Any]) -> NDArray[Any]:
    """The item of each excitatory neuron; ITEMS for those of none."""
    items: NDArray[Any] = np.minimum(neurons // SIZE, ITEMS)
    return items


def build(context: Context, seed: int, mean: float) -> pl.Network:
    """The network, with `mean` input to excitatory neurons."""
    net = pl.Network(dt=0.1, seed=seed, threads=context.threads, precision=context.precision)
    random = np.random.default_rng(seed)
    receptors = {"in": pl.CurrentExp(tau=TAU_SYN)}
    exc = net.population(
        EXC, pl.LIF(C_m=TAU_E, tau_m=TAU_E, E_L=0, V_th=20, V_reset=16, t_ref=2, receptors=receptors), name="exc",
        initial={"V": pl.Uniform(0, 18)},
    )  # fmt: skip
    inh = net.population(
        INH, pl.LIF(C_m=TAU_I, tau_m=TAU_I, E_L=0, V_th=20, V_reset=13, t_ref=2, receptors=receptors), name="inh",
        initial={"V": pl.Uniform(0, 18)},
    )  # fmt: skip
    delay = pl.Uniform(0.1, 1.0)
    before, after = (item_of(ids) for ids in np.divmod(np.arange(EXC * EXC), EXC))
    strong = np.where(before < ITEMS, before == after, random.random(EXC * EXC) < STRONG_OUTSIDE)
    net.connect(
        exc, exc, pl.AllToAll(), weight=amplitude(1, TAU_E) * np.where(strong, STRONG, BASE), delay=delay,
        plasticity=pl.TsodyksMarkram(U=U, tau_rec=TAU_D, tau_facil=TAU_F, rest="U"), name="exc to exc",
    )  # fmt: skip
    net.connect(exc, inh, pl.AllToAll(), weight=amplitude(ONTO_INH, TAU_I), delay=delay)
    # the published code takes the membrane of the inhibitory neurons here too
    net.connect(inh, exc, pl.AllToAll(), weight=-amplitude(INH_TO_EXC, TAU_I) * TAU_E / TAU_I, delay=delay)
    net.connect(inh, inh, pl.AllToAll(), weight=-amplitude(INH_TO_INH, TAU_I), delay=delay)
    for cells, tau_m, level in ((exc, TAU_E, mean), (inh, TAU_I, INHIBITORY_INPUT)):
        # noise that is constant for about a millisecond; a free membrane has the standard deviation SIGMA
        net.drive(cells, pl.OUCurrent(mean=level, sigma=SIGMA * np.sqrt(1 + tau_m), tau=1.0))
    return net


def push(net: pl.Network, cells: pl.Population | pl.View, begin: float, length: float, current: float) -> None:
    """More input, from `begin` on."""
    net.drive(cells, pl.StepCurrent(times=[begin, begin + length], amplitudes=[current, 0.0]))


def item_rates(spikes: pl.SpikeRecorder, duration: float) -> Array:
    """Rate (Hz) of each item and of the other excitatory neurons, in bins of BIN, shape (bins, ITEMS + 1)."""
    edges = np.arange(0, duration + BIN, BIN)
    item, sizes = item_of(spikes.ids), [*[SIZE] * ITEMS, EXC - ITEMS * SIZE]
    rates = [np.histogram(spikes.times[item == i], edges)[0] / size for i, size in enumerate(sizes)]
    return np.array(rates).T / (BIN * 1e-3)


def population_spikes(rates: Array, begin: float, end: float) -> list[float]:
    """When the rate of one item exceeds PEAK, in ms, between begin and end."""
    found: list[float] = []
    for k in np.flatnonzero(rates > PEAK):
        time = float(k * BIN)
        if begin <= time < end and (not found or time - found[-1] >= APART):
            found.append(time)
    return found


def holding(context: Context, seed: int) -> dict[str, Any]:
    """Loads the first item into the bistable network."""
    net = build(context, seed, BISTABLE)
    exc, duration = net.populations["exc"], CUE + CUE_LENGTH + 3000
    push(net, exc[:SIZE], CUE, CUE_LENGTH, (CUE_STRENGTH - 1) * BISTABLE)
    spikes = net.record(exc, "spikes")
    synapses = net.projections["exc to exc"]
    one_each = np.arange(ITEMS * SIZE) * EXC  # a synapse of each neuron of an item
    resources = {name: net.record(synapses, name, interval=5, sample=one_each) for name in ("u", "x")}
    net.run(duration)
    rates = item_rates(spikes, duration)
    times = BIN * np.arange(len(rates))
    late = times >= CUE + CUE_LENGTH + 100
    peaks = population_spikes(rates[:, 0], CUE + CUE_LENGTH + 100, duration)
    shaped = {name: recorder.values.reshape(-1, ITEMS, SIZE).mean(axis=2) for name, recorder in resources.items()}
    after = resources["u"].times >= CUE + CUE_LENGTH
    return {
        "spikes": (spikes.times, spikes.ids), "rates": rates, "peaks": peaks, "t": resources["u"].times, **shaped,
        "before": rates[(times >= 200) & (times < CUE), :ITEMS].mean(), "after": rates[late, 0].mean(),
        "others": rates[late, 1:ITEMS].mean(), "frequency": len(peaks) / ((duration - CUE - CUE_LENGTH - 100) * 1e-3),
        "lowest u": shaped["u"][after, 0].min(),
    }  # fmt: skip


def probing(context: Context, seed: int, delay: float) -> dict[str, Any]:
    """Loads the first item into the silent network and probes it."""
    net = build(context, seed, SILENT)
    exc, probe = net.populations["exc"], CUE + CUE_LENGTH + delay
    push(net, exc[:SIZE], CUE, CUE_LENGTH, (CUE_STRENGTH - 1) * SILENT)
    push(net, exc, probe, PROBE_LENGTH, (PROBE_STRENGTH - 1) * SILENT)
    spikes = net.record(exc, "spikes")
    duration = probe + PROBE_LENGTH + 100
    net.run(duration)
    rates = item_rates(spikes, duration)
    answers = [bool(population_spikes(rates[:, i], probe, duration)) for i in range(ITEMS)]
    silent = not population_spikes(rates[:, 0], CUE + CUE_LENGTH + 100, probe)
    return {"rates": rates, "probe": probe, "only cued": answers[0] and not any(answers[1:]), "cued": answers[0],
            "other": any(answers[1:]), "silent": silent, "spikes": (spikes.times, spikes.ids)}  # fmt: skip


def run(context: Context) -> dict[str, Any]:
    """Holds, then probes."""
    networks, trials = (1, 2) if context.quick else (5, 20)
    context.compression = "quick: 1 and 2 networks instead of 5 and 20" if context.quick else "none"
    first = 1000 * context.seed

    context.stage(f"an item is held by {networks} networks")
    held = [holding(context, first + i) for i in range(networks)]
    mean = {name: float(np.mean([one[name] for one in held]))
            for name in ("frequency", "before", "after", "others", "lowest u")}  # fmt: skip
    context.record(
        "held: population spikes per second", mean["frequency"], between(3, 5), unit="Hz",
        provenance="P32, from 0.1 to 3 s after the cue",
    )  # fmt: skip
    context.record(
        "held: rate of the item / before the cue", mean["after"] / mean["before"], below(3),
        provenance="P32: less than three times the background",
    )  # fmt: skip
    context.record(
        "held: lowest mean u of the item / U", mean["lowest u"] / U, above(2), provenance="P32: u stays above 2 U"
    )
    for name in ("before", "after", "others"):
        context.record(f"held: mean rate, {name}", mean[name], unit="Hz", provenance="not judged")

    results: dict[str, Any] = {"held": held[0], "probed": {}}
    for text, delay in DELAYS.items():
        context.stage(f"{trials} networks are probed {text} after the cue")
        probed = [probing(context, first + i, delay) for i in range(trials)]
        share = {
            name: float(np.mean([one[name] for one in probed])) for name in ("only cued", "cued", "other", "silent")
        }
        early = delay < 2 * TAU_F
        context.record(
            f"probed after {text}: only the cued item returns", share["only cued"],
            between(0.8, 1) if early else below(0.4),
            provenance=f"P32, {trials} networks: at least 80 % within about tau_facil, and not after three",
        )  # fmt: skip
        for name in ("cued", "other", "silent"):
            what = {
                "cued": "the cued item returns",
                "other": "another item returns",
                "silent": "silent until the probe",
            }
            context.record(f"probed after {text}: {what[name]}", share[name], provenance="not judged")
        chosen = next((one for one in probed if one["silent"] and one["only cued"] == early), probed[0])
        results["probed"][text] = {"example": chosen, "share": share, "trials": trials}
    return results


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Raster and resources of the held item; what a probe brings back."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INK, LIGHT, SECOND, letter

    picture = Figure(figsize=(10.5, 7), layout="constrained")
    grid = picture.add_gridspec(3, 2, height_ratios=[2, 1, 1.6])
    raster, course = picture.add_subplot(grid[0, :]), picture.add_subplot(grid[1, :])
    held = results["held"]

    def spikes_of(axes: Any, spikes: tuple[Array, Array], start: float, every: int) -> None:
        times, ids = spikes
        shown = (ids < (ITEMS + 1) * SIZE) & (ids % every == 0) & (times >= start)
        for item in range(ITEMS + 1):
            mine = shown & (item_of(ids) == item)
            color = FIRST if item == 0 else EXCITATORY if item < ITEMS else GREY
            axes.plot((times[mine] - CUE) * 1e-3, ids[mine], ".", ms=1.7, color=color, mew=0)
        axes.set(ylim=(0, (ITEMS + 1) * SIZE))
        axes.set_yticks((np.arange(ITEMS + 1) + 0.5) * SIZE, [*(f"item {i + 1}" for i in range(ITEMS)), "no item"])
        axes.tick_params(axis="y", length=0)

    spikes_of(raster, held["spikes"], 200, 2)
    for axes in (raster, course):
        axes.axvspan(0, CUE_LENGTH * 1e-3, color=LIGHT, lw=0, zorder=0)
        axes.set_xlim(-0.8, 0.001 * (CUE_LENGTH + 3000))
    letter(raster, "A", f"an item is loaded (grey) and held; mean input {BISTABLE} mV")
    for name, color in (("u", FIRST), ("x", INK)):
        course.plot((held["t"] - CUE) * 1e-3, held[name][:, 0], color=color, label=f"{name}, item 1")
        course.plot((held["t"] - CUE) * 1e-3, held[name][:, 1], color=color, lw=0.7, alpha=0.5, label=f"{name}, item 2")
    course.axhline(2 * U, color=FIRST, lw=0.7, ls=(0, (3, 3)))
    course.set(xlabel="time from the cue (s)", ylabel="mean u, x", ylim=(0, 1.02))
    course.legend(loc="center right", ncols=2)

    for column, (text, mark) in enumerate(zip(DELAYS, "BC", strict=True)):
        axes = picture.add_subplot(grid[2, column])
        probed = results["probed"][text]
        example, share = probed["example"], probed["share"]
        spikes_of(axes, example["spikes"], 800, 2)
        start = (example["probe"] - CUE) * 1e-3
        axes.axvspan(0, CUE_LENGTH * 1e-3, color=LIGHT, lw=0, zorder=0)
        axes.axvspan(start, start + PROBE_LENGTH * 1e-3, color=SECOND, alpha=0.2, lw=0, zorder=0)
        axes.set_xlabel("time from the cue (s)")
        title = f"probe of all {text} after it ends ({SILENT} mV): only the item in {100 * share['only cued']:.0f} %"
        letter(axes, mark, f"{title} of {probed['trials']}")
    return picture
