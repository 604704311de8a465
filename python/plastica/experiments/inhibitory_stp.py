"""Inhibition moves from the soma to the dendrite: PV cells answer first and tire, SST cells are recruited late.

Silberberg and Markram (2007), Neuron 53:735, doi:10.1016/j.neuron.2007.02.012; Kapfer, Glickfeld, Atallah and Scanziani
(2007), Nat Neurosci 10:743, doi:10.1038/nn1909; Pouille and Scanziani (2004), Nature 429:717, doi:10.1038/nature02615.
Constants of the synapses are typical ones (from memory), the strengths are chosen here.

100 pyramidal cells (spike trains) excite 50 PV and 50 SST cells with 20 % connectivity; both inhibit 50 pyramidal
cells, PV at the soma, SST at the dendrite (two receptors of one membrane). Pyramidal onto PV: depressing (U 0.5,
tau_rec 500 ms). Onto SST: facilitating (U 0.03, tau_facil 700 ms, tau_rec 60 ms). PV onto pyramidal: depressing (U 0.3,
tau_rec 700 ms); SST onto pyramidal: mildly (U 0.25, tau_rec 200 ms).

1. Burst: 15 spikes at 70 Hz, each cell at its own phase.
2. Rate: 15 spikes at 20 to 100 Hz; how much inhibition from SST cells?
3. Step: Poisson spikes of 2 Hz, and of 60 Hz for 200 ms; the share of the dendrite in the inhibition. The same with
   constant synapses that transmit what the first spike of a dynamic one does.

``quick`` uses 5 bursts and steps of each kind instead of 20.
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

SCIENCE = ("P31",)

SOURCES, CELLS = 100, 50
Constants = dict[str, Any]
ONTO_PV: Constants = {"U": 0.5, "tau_rec": 500.0, "tau_facil": 0.0}
ONTO_SST: Constants = {"U": 0.03, "tau_rec": 60.0, "tau_facil": 700.0}
FROM_PV: Constants = {"U": 0.3, "tau_rec": 700.0, "tau_facil": 0.0}
FROM_SST: Constants = {"U": 0.25, "tau_rec": 200.0, "tau_facil": 0.0}
WEIGHT_PV, WEIGHT_SST = 14.0, 28.0  # pA into 1 GOhm, if all resources were released
G_PV, G_SST = 1.0, 1.0  # nS, likewise
ONSET, BURST = 300.0, 15  # ms, spikes
RATES = (20, 35, 50, 70, 100)  # Hz
STEP, LOW, HIGH = 200.0, 2.0, 60.0  # ms, Hz, Hz


def build(context: Context, seed: int, source: pl.Source, dynamic: bool = True) -> pl.Network:
    """The circuit; without `dynamic` the synapses onto PV and SST cells are constant."""
    net = pl.Network(dt=0.1, seed=seed, threads=context.threads, precision=context.precision)
    pyr = net.population(SOURCES, source, name="sources")
    excitation = {"exc": pl.CurrentExp(tau=2)}
    pv = net.population(
        CELLS, pl.LIF(C_m=10, tau_m=10, E_L=-65, V_th=-50, V_reset=-60, t_ref=1, receptors=excitation), name="pv"
    )
    sst = net.population(
        CELLS, pl.LIF(C_m=20, tau_m=20, E_L=-65, V_th=-50, V_reset=-60, t_ref=2, receptors=excitation), name="sst"
    )
    inhibition = {"soma": pl.ConductanceExp(tau=8, E_rev=-75), "dendrite": pl.ConductanceExp(tau=15, E_rev=-75)}
    target = net.population(
        CELLS, pl.LIF(C_m=200, tau_m=20, E_L=-60, V_th=1e3, V_reset=-60, receptors=inhibition), name="pyr"
    )
    for cells, weight, constants in ((pv, WEIGHT_PV, ONTO_PV), (sst, WEIGHT_SST, ONTO_SST)):
        net.drive(cells, pl.OUCurrent(mean=3.0, sigma=4.0, tau=5.0))
        rule = pl.TsodyksMarkram(**constants) if dynamic else None
        net.connect(
            pyr, cells, pl.FixedProbability(0.2), receptor="exc", weight=weight * (1 if dynamic else constants["U"]),
            delay=1.0, plasticity=rule,
        )  # fmt: skip
    for cells, receptor, weight, constants in ((pv, "soma", G_PV, FROM_PV), (sst, "dendrite", G_SST, FROM_SST)):
        net.connect(
            cells, target, pl.FixedProbability(0.5), receptor=receptor, weight=weight, delay=1.0,
            plasticity=pl.TsodyksMarkram(**constants),
        )  # fmt: skip
    return net


def bursts(rate: float, seed: int) -> pl.SpikeSource:
    """A burst of every source, at its own phase of the period."""
    phases = np.random.default_rng(seed).uniform(0, 1000 / rate, SOURCES)
    train = 1000 / rate * np.arange(BURST)
    return pl.SpikeSource([np.round(ONSET + phase + train, 1) for phase in phases])


def course(net: pl.Network, duration: float) -> dict[str, Array]:
    """Rates of the interneurons (Hz, in ms) and mean inhibition of the pyramidal cells."""
    spikes = {name: net.record(net.populations[name], "spikes") for name in ("pv", "sst")}
    state = net.record(net.populations["pyr"], ["V", "soma.g", "dendrite.g"], interval=1.0)
    net.run(duration)
    edges = np.arange(duration + 1)
    rates = {name: np.histogram(one.times, edges)[0] / CELLS * 1e3 for name, one in spikes.items()}
    return rates | {name: state[name].mean(axis=1) for name in ("V", "soma.g", "dendrite.g")}


def averaged(courses: list[dict[str, Array]]) -> dict[str, Array]:
    """The mean over repetitions."""
    return {name: np.mean([one[name] for one in courses], axis=0) for name in courses[0]}


def smoothed(values: Array, width: int) -> Array:
    """The mean over the last `width` samples: it moves nothing forward in time."""
    sums = np.cumsum(np.concatenate([np.zeros(width), values]))
    result: Array = (sums[width:] - sums[:-width]) / width
    return result


def run(context: Context) -> dict[str, Any]:
    """Burst, rates, step."""
    repeats = 5 if context.quick else 20
    context.compression = "quick: 5 repetitions instead of 20" if context.quick else "none"
    first = 1000 * context.seed

    def repeated(rate: float) -> dict[str, Array]:
        duration = float(round(ONSET + BURST * 1000 / rate + 300))
        return averaged([course(build(context, first + i, bursts(rate, first + i)), duration) for i in range(repeats)])

    context.stage(f"bursts of {BURST} spikes at {', '.join(map(str, RATES))} Hz")
    by_rate = {rate: repeated(rate) for rate in RATES}
    sums = judge_bursts(context, by_rate)
    context.stage(f"steps from {LOW:g} to {HIGH:g} Hz")
    steps, shares = judge_steps(context, first, repeats)
    return {"by rate": by_rate, "sums": sums, "steps": steps, "shares": shares, "length": int(BURST * 1000 / 70)}


def judge_bursts(context: Context, by_rate: dict[int, dict[str, Array]]) -> dict[int, dict[str, Any]]:
    """Records the course of a burst; returns the inhibition that bursts of each rate cause in all."""
    start = int(ONSET)
    burst, length = by_rate[70], int(BURST * 1000 / 70)
    pv = smoothed(burst["pv"], 10)[start : start + length]
    peak = int(np.argmax(pv))
    context.record(
        "PV: time of the largest rate", peak, below(20), unit="ms", provenance="P31, from the onset; means of 10 ms"
    )
    context.record(
        "PV: rate in the last third of the burst / largest", pv[-length // 3 :].mean() / pv.max(), below(0.5),
        provenance="P31: falls by more than a half",
    )  # fmt: skip
    dendritic = burst["dendrite.g"][start:] - burst["dendrite.g"][:start].mean()
    onset = int(np.argmax(dendritic > 0.1 * dendritic.max()))
    context.record(
        "SST: onset of the inhibition it causes", onset, between(60, 250), unit="ms",
        provenance="P31; a tenth of its largest value, from the onset of the burst",
    )  # fmt: skip
    sums = {
        rate: {
            part: np.sum(one[f"{part}.g"][start:] - one[f"{part}.g"][100:start].mean()) for part in ("soma", "dendrite")
        }
        for rate, one in by_rate.items()
    }
    slope = np.log(sums[70]["dendrite"] / sums[35]["dendrite"]) / np.log(2)
    context.record(
        "SST: exponent of its inhibition against the rate, 35 to 70 Hz", slope, above(1),
        provenance="P31: supralinear; the same number of spikes at each rate",
    )  # fmt: skip
    context.record(
        "PV: exponent of its inhibition against the rate, 35 to 70 Hz",
        np.log(sums[70]["soma"] / sums[35]["soma"]) / np.log(2), provenance="not judged",
    )  # fmt: skip

    return sums


def judge_steps(context: Context, first: int, repeats: int) -> tuple[dict[str, dict[str, Array]], dict[str, Array]]:
    """Records where a step of the rate inhibits; returns the courses and the share of the dendrite."""
    start = int(ONSET)
    rate = pl.Schedule([0, ONSET, ONSET + STEP], [LOW, HIGH, LOW])
    steps: dict[str, dict[str, Array]] = {}
    shares: dict[str, Array] = {}
    for name, dynamic in (("dynamic", True), ("constant", False)):
        steps[name] = averaged(
            [
                course(build(context, first + i, pl.PoissonSource(rate=rate), dynamic), ONSET + STEP + 300)
                for i in range(repeats)
            ]
        )
        soma, dendrite = steps[name]["soma.g"], steps[name]["dendrite.g"]
        share = dendrite / np.maximum(soma + dendrite, 1e-12)
        shares[name] = share
        early, late = share[start + 5 : start + 50].mean(), share[start + 150 : start + 200].mean()
        judged = dynamic
        context.record(
            f"{name}: share of the dendrite in the inhibition, 5 to 50 ms", early, below(0.5) if judged else None,
            provenance="P31: first at the soma" if judged else "not judged: the control",
        )  # fmt: skip
        context.record(
            f"{name}: share of the dendrite in the inhibition, 150 to 200 ms", late, above(0.5) if judged else None,
            provenance="P31: later at the dendrite" if judged else "not judged: the control",
        )  # fmt: skip
    return steps, shares


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Rates in a burst, inhibition in a burst and against the rate, and in a step."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, GREY, INHIBITORY, LIGHT, letter

    picture = Figure(figsize=(10.5, 6.2), layout="constrained")
    (one, two), (three, four) = picture.subplots(2, 2)
    burst, start, length = results["by rate"][70], int(ONSET), results["length"]
    colors = {"pv": INHIBITORY, "sst": EXCITATORY, "soma": INHIBITORY, "dendrite": EXCITATORY}
    times = np.arange(-100, length + 200)
    for name in ("pv", "sst"):
        one.plot(
            times, smoothed(burst[name], 10)[start - 100 : start + length + 200], color=colors[name], label=name.upper()
        )
    one.set(xlabel="time from the onset (ms)", ylabel="rate (Hz)")
    letter(one, "A", f"interneurons, {BURST} spikes at 70 Hz")
    for name, cells in (("soma", "PV"), ("dendrite", "SST")):
        two.plot(
            times, burst[f"{name}.g"][start - 100 : start + length + 200], color=colors[name], label=f"{name} ({cells})"
        )
    two.set(xlabel="time from the onset (ms)", ylabel="inhibitory conductance (nS)")
    letter(two, "B", "inhibition of pyramidal cells")
    for axes in (one, two):
        axes.axvspan(0, length, color=LIGHT, alpha=0.6, lw=0, zorder=0)
        axes.legend(loc="upper right")

    for name in ("soma", "dendrite"):
        values = np.array([results["sums"][rate][name] for rate in RATES])
        three.plot(RATES, values * 1e-3, "o-", ms=4.5, color=colors[name], mec="white", mew=0.5, label=name)
    three.set(xlabel=f"rate of the {BURST} spikes (Hz)", ylabel="inhibition (nS s)", ylim=(0, None))
    three.legend(loc="upper left")
    letter(three, "C", "inhibition against rate, same number of spikes")

    times = np.arange(-20, int(STEP) + 60)
    for name, style in (("dynamic", "-"), ("constant", (0, (4, 3)))):
        share = results["shares"][name][start - 20 : start + int(STEP) + 60]
        four.plot(times, share, color=EXCITATORY if name == "dynamic" else GREY, ls=style, label=f"{name} synapses")
    four.axvspan(0, STEP, color=LIGHT, alpha=0.6, lw=0, zorder=0)
    four.axhline(0.5, color=GREY, lw=0.6)
    four.set(xlabel="time from the onset (ms)", ylabel="share of the dendrite", ylim=(0, 1))
    four.legend(loc="upper left")
    letter(four, "D", f"a step to {HIGH:g} Hz for {STEP:g} ms")
    return picture
