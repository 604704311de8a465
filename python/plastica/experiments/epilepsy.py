"""A chain of neurons that loses its afferents and scales up what is left bursts slowly, as after a trauma.

Houweling, Bazhenov, Timofeev, Steriade and Sejnowski (2005), Cereb Cortex 15:834, doi:10.1093/cercor/bhh184:
deafferentation and homeostatic up-scaling give slow repeating bursts that travel.

400 excitatory and 100 inhibitory neurons on a line, with Gaussian connections (a fortieth of the line wide);
depressing synapses between excitatory neurons, 85 % of whose afferent spikes are taken away. `SynapticScaling` of their
AMPA receptors, which is compressed thousandfold, goes for the old rate.

1. Intact, then deafferented without scaling, then with scaling; then again with three other ends: scaling to half the
   old rate; inhibition onto them that grows as their excitation does; depression left out.
2. Bursts: the population's rate above five times the set point, gaps below 100 ms closed; their lengths, intervals and
   speed along the line; synchrony chi. A seizure is chi above 0.5 and that rate for 200 ms.
3. Disinhibition: half of the inhibitory conductance in the intact chain.

``quick`` measures for 5 s instead of 15 s.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, above, below, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P25", "P14", "P28")

CELLS, INTERNEURONS = 400, 100
TARGET = 5.0  # Hz
LEFT = 0.15  # of the afferent spikes
BIN = 10.0  # ms
ARMS = ("scaling", "half the set point", "inhibition too", "no depression")


def build(context: Context, depressing: bool = True) -> pl.Network:
    """The intact chain."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    receptors = {"ampa": pl.ConductanceExp(tau=5, E_rev=0), "gaba": pl.ConductanceExp(tau=10, E_rev=-80)}
    neuron = pl.LIF(C_m=200, tau_m=20, E_L=-60, V_th=-50, V_reset=-60, t_ref=5, receptors=receptors)
    initial = {"V": pl.Uniform(-60, -50)}
    exc = net.population(CELLS, neuron, name="exc", positions=pl.Grid(CELLS), initial=initial)
    inh = net.population(INTERNEURONS, neuron, name="inh", positions=pl.Grid(INTERNEURONS), initial=initial)
    net.drive(exc, pl.PoissonInput(rate=1000.0), receptor="ampa", weight=0.335, name="afferents")
    net.drive(inh, pl.PoissonInput(rate=1000.0), receptor="ampa", weight=0.3)
    local = pl.DistanceDependent(probability=0.8, scale=0.025)
    stp = pl.TsodyksMarkram(U=0.1, tau_rec=1500) if depressing else None
    # without depression, as strong as with it at the set point
    strength = 4.0 if depressing else 4.0 * 0.1 / (1 + 0.1 * TARGET * 1.5)
    net.connect(exc, exc, local, receptor="ampa", weight=strength, delay=1.5, plasticity=stp)
    net.connect(exc, inh, local, receptor="ampa", weight=0.3, delay=1.5)
    net.connect(inh, exc, local, receptor="gaba", weight=1.0, delay=1.5)
    net.connect(inh, inh, local, receptor="gaba", weight=1.0, delay=1.5)
    return net


def measure(net: pl.Network, duration: float) -> dict[str, Any]:
    """Rate, bursts, synchrony over a time in ms, with the chain frozen."""
    probe = net.probe()
    spikes = probe.record(probe.populations["exc"], "spikes")
    probe.run(duration)
    times, ids = spikes.times - net.time, spikes.ids.astype(np.int64)
    bins = int(duration / BIN)
    counts = np.zeros((bins, CELLS))
    np.add.at(counts, (np.minimum(times / BIN, bins - 1).astype(int), ids), 1)
    course = counts.mean(axis=1) / BIN * 1e3
    smooth = np.convolve(course, np.ones(5) / 5, mode="same")
    found = bursts(smooth > 5 * TARGET)
    coarse = counts[: bins // 5 * 5].reshape(-1, 5, CELLS).sum(axis=1)
    spread = coarse.var(axis=0).mean()
    chi = float(np.sqrt(coarse.mean(axis=1).var() / spread)) if spread > 0 else 0.0
    return {
        "rate": float(course.mean()), "course": course, "times": times, "ids": ids, "bursts": found, "chi": chi,
        "lengths": np.array([end - start for start, end in found]) * BIN,
        "gaps": np.array([after[0] - before[1] for before, after in pairwise(found)]) * BIN,
        "linear": [travel(times, ids, start * BIN, end * BIN) for start, end in found],
    }  # fmt: skip


def bursts(active: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last bin of every run of active bins; those less than 100 ms apart are one."""
    edges = np.diff(np.concatenate([[0], active.astype(int), [0]]))
    runs: list[tuple[int, int]] = []
    for start, end in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True):
        if runs and start - runs[-1][1] < 100 / BIN:
            runs[-1] = (runs[-1][0], int(end))
        else:
            runs.append((int(start), int(end)))
    return runs


def travel(times: Array, ids: NDArray[np.int64], start: float, end: float) -> tuple[float, float]:
    """Speed in neurons per ms, and R^2, of first spikes over the distance from where a burst begins."""
    inside = (times >= start - 100) & (times <= end)
    first = np.full(20, np.nan)
    for place in range(20):
        own = np.sort(times[inside & (ids * 20 // CELLS == place)])
        # the onset: ten spikes of twenty neurons within 20 ms
        dense = np.flatnonzero(own[9:] - own[: max(len(own) - 9, 0)] < 20) if len(own) > 9 else np.array([], int)
        first[place] = own[dense[0]] if len(dense) else np.nan
    known = np.flatnonzero(np.isfinite(first))
    if len(known) < 8:
        return np.nan, np.nan
    away = np.abs(known - known[np.argmin(first[known])]) * CELLS / 20.0
    slope = np.polyfit(away, first[known], 1)[0]
    return float(1 / slope), float(np.corrcoef(away, first[known])[0, 1] ** 2)


def arm(context: Context, name: str, settle: float, duration: float) -> dict[str, Any]:
    """Deafferentation, and what the chain does before and after scaling."""
    net = build(context, depressing=name != "no depression")
    net.run(1000.0)
    intact = measure(net, duration)
    net.modify(net.drives["afferents"], {"rate": LEFT}, name="undercut")
    net.run(500.0)
    silent = measure(net, duration)
    exc = net.populations["exc"]
    target = TARGET / 2 if name == "half the set point" else TARGET
    for receptor in ("ampa", "gaba") if name == "inhibition too" else ("ampa",):
        law = pl.SynapticScaling(
            receptor=receptor, target_rate=target, tau=1000.0, beta=0.02, gamma=0.0, sensor="population", high=8.0,
            interval=20.0,
        )  # fmt: skip
        net.control(exc, law)
    net.run(settle)
    factor = float(exc.effective("ampa.gain").mean())
    return {"intact": intact, "silent": silent, "scaled": measure(net, duration), "factor": factor}


def seizures(found: dict[str, Any]) -> int:
    """Number of bursts of 200 ms or more, where synchrony is high."""
    return int(np.count_nonzero(found["lengths"] >= 200)) if found["chi"] > 0.5 else 0


def run(context: Context) -> dict[str, Any]:
    """Four chains, and disinhibition."""
    settle, duration = 30_000.0, 5_000.0 if context.quick else 15_000.0
    context.compression = "scaling x 1000" + ("; quick: 5 s of measurement instead of 15 s" if context.quick else "")
    results = {}
    for name in ARMS:
        context.stage(name)
        results[name] = arm(context, name, settle, duration)
    main = results["scaling"]
    context.record("rate, intact", main["intact"]["rate"], unit="Hz", provenance="not judged; set point 5 Hz")
    context.record("rate before scaling / set point", main["silent"]["rate"] / TARGET, below(0.2), provenance="P25")
    context.record("bursts before scaling", len(main["silent"]["bursts"]), between(0, 0), provenance="P25")
    scaled = main["scaled"]
    speeds = np.array(scaled["linear"]).reshape(-1, 2)
    context.record("factor of scaling", main["factor"], provenance="not judged")
    context.record("rate after scaling", scaled["rate"], unit="Hz", provenance="not judged; set point 5 Hz")
    context.record("bursts per second after scaling", len(scaled["bursts"]) / duration * 1e3, above(0), unit="Hz",
                   provenance="P25: periodic bursts")  # fmt: skip
    context.record("median length of bursts", middle(scaled["lengths"]), between(100, 500), unit="ms", provenance="P25")
    context.record("median time between bursts", middle(scaled["gaps"]), above(500), unit="ms", provenance="P25")
    context.record("CV of the time between bursts", spread(scaled["gaps"]), provenance="not judged")
    context.record("R^2 of a constant speed along the chain, median", middle(speeds[:, 1]), above(0.8),
                   provenance="P25: constant speed; threshold of ours")  # fmt: skip
    context.record("median speed", middle(speeds[:, 0]), unit="neurons/ms", provenance="not judged")
    context.record("synchrony chi after scaling", scaled["chi"], provenance="not judged; a seizure has > 0.5")
    context.record("seizures after scaling", seizures(scaled), provenance="not judged")
    for name in ARMS[1:]:
        criterion = None if name == "no depression" else between(0, 0)
        count = len(results[name]["scaled"]["bursts"])
        context.record(f"bursts, {name}", count, criterion, provenance="P25" if criterion else "not judged")
        context.record(f"rate, {name}", results[name]["scaled"]["rate"], unit="Hz", provenance="not judged")
    context.stage("disinhibition")
    net = build(context)
    net.modify(net.populations["exc"], {"gaba.gain": 0.5})
    net.run(1000.0)
    context.record("rate, half of the inhibition", measure(net, 2000.0)["rate"], unit="Hz", provenance="not judged")
    return results


def middle(values: Array) -> float:
    """The median of what is known; NaN if nothing is."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def spread(values: Array) -> float:
    """The coefficient of variation; NaN below two values."""
    return float(values.std() / values.mean()) if len(values) > 1 else np.nan


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Spikes along the chain, intact, undercut and scaled, and the other arms."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, INK, letter

    picture = Figure(figsize=(10.5, 5.8), layout="constrained")
    grid = picture.subplot_mosaic("ABC;DEF")
    main = results["scaling"]
    moments = (("A", "intact", "intact"), ("B", "silent", "afferents cut"), ("C", "scaled", "scaled up"))
    for name, moment, title in moments:
        axes = grid[name]
        axes.plot(main[moment]["times"] * 1e-3, main[moment]["ids"], ".", ms=0.8, color=EXCITATORY)
        axes.set(xlim=(0, 5), ylim=(0, CELLS), xlabel="time (s)", ylabel="neuron")
        letter(axes, name, title)
    for name, label in zip("DEF", ARMS[1:], strict=True):
        axes = grid[name]
        course = results[label]["scaled"]["course"]
        axes.plot(np.arange(len(course)) * BIN * 1e-3, course, color=INK, lw=0.7)
        axes.set(xlim=(0, 5), ylim=(0, None), xlabel="time (s)", ylabel="rate (Hz)")
        letter(axes, name, label)
    return picture
