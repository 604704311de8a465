"""How active a neuron has been decides at which rate its synapses begin to strengthen.

Bienenstock, Cooper and Munro (1982), J Neurosci 2:32; Pfister and Gerstner (2006), J Neurosci 26:9673,
doi:10.1523/JNEUROSCI.1425-06.2006 (constants of visual cortex); after light deprivation the crossover lies lower:
Kirkwood, Rioult and Bear (1996), Nature 381:526, doi:10.1038/381526a0.

Minimal all-to-all triplet rule whose depression has the factor (rate / r0)^2 of each neuron's mean rate, r0 = 10 Hz,
sensor of 10 s. Independent Poisson trains: the drift r_pre r_post (A3_plus tau_plus tau_y r_post - A2_minus tau_minus
factor) changes sign at 19.2 Hz (rate / r0)^2.

1. Priming for 60 s at 0.5, 0.7, 1 and 1.4 r0; then the controller stands still and the postsynaptic rate is one of
   eight between 1 and 50 Hz: the drift of the weights, and where it changes sign.
2. The rate halves at once: the time constant with which the sensor follows, over 1000 neurons.

``quick`` probes for an eighth of the time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P08",)
PRECISION = "double"  # the drift is a small difference

R0, TAU = 10.0, 10_000.0  # Hz, ms
PRIMED = (0.5, 0.7, 1.0, 1.4)  # r0
PRE = 20.0  # Hz
POST = (1.0, 3.0, 6.0, 10.0, 16.0, 24.0, 36.0, 50.0)  # Hz
PAIRS = 60  # of trains, at each pair of rates
THRESHOLD = 7.1e-3 * 33.7 / (6.5e-3 * 16.8 * 114) * 1e3  # Hz
SLOW = 1e-3  # learning rate: no weight meets a bound


def neurons(net: pl.Network, rates: Array) -> tuple[pl.Population, pl.Population, pl.Projection]:
    """Teachers that make neurons spike at these rates, and plastic synapses onto the neurons."""
    neuron = pl.LIF(
        C_m=250, tau_m=10, E_L=-70, V_th=0, V_reset=-70, t_ref=0,
        receptors={"synapse": pl.CurrentDelta(), "teacher": pl.CurrentDelta()},
    )  # fmt: skip
    size = len(rates)
    pre, post = net.population(size, pl.PoissonSource(PRE)), net.population(size, neuron)
    teachers = net.population(size, pl.PoissonSource(rates))
    net.connect(teachers, post, pl.OneToOne(), receptor="teacher", weight=1000, delay=net.dt)
    rule = pl.TripletSTDP.visual_cortex(
        pairing="all", form="minimal", learning_rate=SLOW, w_max=10, threshold="per neuron"
    )
    synapses = net.connect(pre, post, pl.OneToOne(), receptor="synapse", weight=1, delay=net.dt, plasticity=rule)
    return teachers, post, synapses


def drifts(context: Context, seconds: float) -> tuple[Array, Array, Array]:
    """Mean change per second and its standard error, shape (primed, post rates), and the mean factors."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    primed = np.repeat(PRIMED, len(POST) * PAIRS)
    teachers, _, synapses = neurons(net, R0 * primed)
    law = pl.SlidingThreshold(target_rate=R0, tau=TAU, exponent=2, interval=100.0)
    threshold = net.control(synapses, law)
    net.run(60_000)
    threshold.active = False
    teachers.set(rate=np.tile(np.repeat(POST, PAIRS), len(PRIMED)))
    net.run(1000)  # traces of the new rates
    synapses.weights = 1.0
    net.run(seconds * 1000)
    change = ((synapses.weights - 1) / SLOW / seconds).reshape(len(PRIMED), len(POST), PAIRS)
    factors = synapses.get("ltd_factor")
    assert isinstance(factors, np.ndarray)
    sem = change.std(axis=2, ddof=1) / np.sqrt(PAIRS)
    return change.mean(axis=2), sem, factors.reshape(len(PRIMED), -1).mean(axis=1)


def crossing(mean: Array, sem: Array) -> float:
    """The postsynaptic rate (Hz) at which the line through drift / r_post is zero."""
    post = np.array(POST)
    slope, offset = np.polyfit(post, mean / post, 1, w=post / sem)
    return float(-offset / slope)


def relaxation(context: Context) -> tuple[Array, Array, float]:
    """Times (s) and mean sensor (Hz) after the rate has halved, and the time constant (s) that fits."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    teachers, _, synapses = neurons(net, np.full(1000, R0))
    threshold = net.control(synapses, pl.SlidingThreshold(target_rate=R0, tau=TAU, exponent=2, interval=100.0))
    sensor = net.record(threshold, "rate", interval=500.0)
    net.run(20_000)
    teachers.set(rate=R0 / 2)
    net.run(40_000)
    times, rates = sensor.times * 1e-3 - 20, sensor.values.mean(axis=1)
    during = (times >= 0) & (times <= 20)
    slope = np.polyfit(times[during], np.log((rates[during] - R0 / 2) / (R0 / 2)), 1, w=rates[during] - R0 / 2)[0]
    return times, rates, float(-1 / slope)


def run(context: Context) -> dict[str, Any]:
    """Primes and probes, and lets the sensor relax."""
    seconds = 25 if context.quick else 200
    context.compression = f"quick: {seconds} s of probing instead of 200 s" if context.quick else "none"
    context.stage("60 s of priming, then probing at eight rates")
    mean, sem, factors = drifts(context, seconds)
    crossings = [crossing(*row) for row in zip(mean, sem, strict=True)]
    for primed, found, factor in zip(PRIMED, crossings, factors, strict=True):
        expected = THRESHOLD * primed**2
        context.record(
            f"crossover after priming at {primed:g} r0", found, between(0.9 * expected, 1.1 * expected), unit="Hz",
            provenance=f"P08; closed form 19.2 Hz (rate / r0)^2 = {expected:.2f} Hz, +-10 %",
        )  # fmt: skip
        context.record(
            f"mean factor after priming at {primed:g} r0", factor,
            provenance=f"not judged; (rate / r0)^2 = {primed**2:g}, and the variance of the sensor on top",
        )  # fmt: skip
    exponent = np.polyfit(np.log(PRIMED), np.log(crossings), 1)[0]
    context.record("exponent of the crossover in the primed rate", exponent, provenance="not judged; 2")
    context.stage("the rate halves")
    times, rates, tau = relaxation(context)
    context.record(
        "relaxation time constant of the sensor", tau, between(0.95 * TAU * 1e-3, 1.05 * TAU * 1e-3), unit="s",
        provenance="P08; tau of the controller, +-5 %",
    )  # fmt: skip
    return {"mean": mean, "sem": sem, "crossings": crossings, "times": times, "rates": rates}


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Drift against rate, crossover against priming, relaxation."""
    from matplotlib.figure import Figure

    from ._style import FIRST, INK, LIGHT, letter

    picture = Figure(figsize=(10.5, 3.5), layout="constrained")
    grid = picture.subplot_mosaic("ABC")
    axes = grid["A"]
    axes.axhline(0, color=LIGHT, lw=0.8)
    for i, primed in enumerate(PRIMED):
        shade = 0.75 - 0.25 * i
        color = str(max(shade, 0.0))
        axes.errorbar(POST, results["mean"][i] / np.array(POST), results["sem"][i] / np.array(POST), fmt="o-", ms=3,
                      lw=1, color=color, label=f"{primed:g} r0")  # fmt: skip
    axes.set(xlabel="postsynaptic rate (Hz)", ylabel="drift / rate", xscale="log")
    axes.legend(title="primed at")
    letter(axes, "A", "the threshold slides")
    axes = grid["B"]
    curve = np.linspace(0.4, 1.5, 50)
    axes.plot(curve, THRESHOLD * curve**2, color=FIRST, lw=1, label="19.2 Hz (rate / r0)²")
    axes.plot(PRIMED, results["crossings"], "o", ms=5, color=INK, label="Plastica")
    axes.set(xlabel="primed rate / r0", ylabel="crossover (Hz)", ylim=(0, None))
    axes.legend()
    letter(axes, "B", "with the square of the past rate")
    axes = grid["C"]
    times = results["times"]
    axes.plot(times, results["rates"], color=INK, lw=1)
    after = times[times >= 0]
    axes.plot(after, R0 / 2 * (1 + np.exp(-after / (TAU * 1e-3))), color=FIRST, lw=1, ls=(0, (4, 3)))
    axes.set(xlabel="time since the rate halved (s)", ylabel="sensor (Hz)", ylim=(0, None))
    letter(axes, "C", "in the time of the sensor")
    return picture
