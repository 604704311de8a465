"""Magnetic stimulation first takes synapses from the stimulated neurons, then leaves them more of their own.

Anil, Lu, Rotter and Vlachos (2023), PLoS Comput Biol 19:e1011027, doi:10.1371/journal.pcbi.1011027, reduced to 1000
excitatory and 250 inhibitory LIF neurons.

All connections are random with 10 % and stay, but the recurrent excitatory ones, which grow for 500 s from nothing:
linearly, dz/dt = nu (1 - Ca / eps), eps of 7.83 Hz, nu of half of it per ms, calcium with 10 s, an update every 100 ms.
Weights are sqrt(10) times the source's 0.1 mV, for neurons have a tenth of the synapses; inhibition is 8 times
stronger; the Poisson input is such that 10 % of recurrent connections belong to the set point.

Then a tenth of the excitatory neurons gets 900 pulses at 10 Hz, each of 0.5 ms, that raise the potential by 3 mV; it is
followed for 1000 s. Connectivity is the number of synapses per pair of neurons, taken every 10 s.

``quick`` grows for 200 s and follows for 250 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, above, below

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P26",)

EXCITATORY_CELLS, INHIBITORY_CELLS, GROUPS = 1000, 250, 10
PROBABILITY, WEIGHT, RATIO = 0.1, 0.1 * 10**0.5, 8.0  # mV
DRIVE = 18.5  # mV
SET_POINT, TAU_CA, INTERVAL = 7.83, 10e3, 100.0  # Hz, ms
PULSES, PERIOD, WIDTH, STEP_OF_PULSE, C_M = 900, 100.0, 0.5, 3.0, 250.0  # ms, mV, pF
GROWTH, AFTER, BASELINE, SAMPLE = 500e3, 1000e3, 100e3, 10e3  # ms


def pulses(begin: float) -> pl.StepCurrent:
    """Rectangles of current, each of which raises the potential by `STEP_OF_PULSE`."""
    starts = begin + PERIOD * np.arange(PULSES)
    times = np.column_stack([starts, starts + WIDTH]).ravel()
    return pl.StepCurrent(times, np.tile([STEP_OF_PULSE * C_M / WIDTH, 0.0], PULSES))


def connectivity(synapses: pl.Projection) -> Array:
    """Synapses per pair of neurons from each tenth to each tenth, shape (10, 10)."""
    size = len(synapses.pre) // GROUPS
    count = np.zeros((GROUPS, GROUPS))
    np.add.at(count, (synapses.sources // size, synapses.targets // size), 1)
    return count / (size * (size - np.eye(GROUPS)))


def course(context: Context, growth: float, after: float) -> dict[str, Array]:
    """Connectivity and calcium of the tenths, every 10 s; the first tenth is stimulated."""
    net = pl.Network(seed=context.seed, threads=context.threads, precision=context.precision)
    model = pl.LIF(
        tau_m=20.0, C_m=C_M, E_L=0.0, V_th=20.0, V_reset=10.0, t_ref=2.0, receptors={"psp": pl.CurrentDelta()}
    )
    start = {"V": pl.Uniform(0, 20)}
    exc = net.population(EXCITATORY_CELLS, model, name="exc", initial=start)
    inh = net.population(INHIBITORY_CELLS, model, name="inh", initial=start)
    for cells in (exc, inh):
        net.drive(cells, pl.PoissonInput(rate=DRIVE / (WEIGHT * 20e-3)), weight=WEIGHT)
    for source, target, weight in ((exc, inh, WEIGHT), (inh, exc, -RATIO * WEIGHT), (inh, inh, -RATIO * WEIGHT)):
        net.connect(source, target, pl.FixedInDegree(int(PROBABILITY * len(source))), weight=weight, delay=1.5)
    own = pl.SynapticElements(
        growth="linear", eps=SET_POINT, nu=0.5 * SET_POINT * 1e-3, tau_Ca=TAU_CA, beta_Ca=1e3 / TAU_CA
    )
    recurrent = net.connect(exc, exc, pl.Explicit([], []), weight=WEIGHT, delay=1.5)
    law = net.control(recurrent, pl.StructuralPlasticity(own, own, weight=WEIGHT, delay=1.5, interval=INTERVAL))
    net.drive(exc[: len(exc) // GROUPS], pulses(growth))
    times, among, calcium = [], [], []
    while net.time < growth + PULSES * PERIOD + after - 1:
        net.run(SAMPLE)
        times.append(net.time - growth)
        among.append(connectivity(recurrent))
        calcium.append(law.get("axonal.Ca").reshape(GROUPS, -1).mean(axis=1))
    return {"times": np.array(times), "connectivity": np.array(among), "calcium": np.array(calcium)}


def overshoot(relative: Array, times: Array) -> tuple[float, float, float]:
    """Of connectivity over its baseline, in means over 50 s: its peak after stimulation, when, and when half is left.

    In ms after stimulation; the end, where more than half is left even then.
    """
    late = times > PULSES * PERIOD
    smooth = np.convolve(relative[late], np.ones(5) / 5, mode="valid")
    moments = times[late][2:-2] - PULSES * PERIOD
    peak = int(smooth.argmax())
    lost = np.flatnonzero(smooth[peak:] < 1 + (smooth[peak] - 1) / 2)
    return float(smooth[peak]), float(moments[peak]), float(moments[peak + lost[0]] if len(lost) else moments[-1])


def run(context: Context) -> dict[str, Any]:
    """Growth, stimulation, and what comes after."""
    growth, after = (200e3, 250e3) if context.quick else (GROWTH, AFTER)
    context.compression = "quick: growth for 200 s, 250 s after" if context.quick else "none"
    context.stage("growth, stimulation, after")
    found = course(context, growth, after)
    times = found["times"]
    before = (times > -BASELINE) & (times <= 0)
    within = np.diagonal(found["connectivity"], axis1=1, axis2=2)
    relative = within / within[before].mean(axis=0)
    end = PULSES * PERIOD
    least = relative[(times > 0) & (times <= end), 0].min()
    peak, when, half = overshoot(relative[:, 0], times)
    others = [overshoot(relative[:, k], times)[0] for k in range(1, GROUPS)]
    source = "P26; synapses among stimulated neurons over their mean in the 100 s before"
    context.record("least connectivity during stimulation / before", least, below(1), provenance=source)
    context.record("greatest connectivity after stimulation / before", peak, above(1.05),
                   provenance=f"{source}; means over 50 s")  # fmt: skip
    context.record("the same / the greatest of the nine other tenths", peak / max(others), above(1),
                   provenance=f"{source}; ours")  # fmt: skip
    decays = (half - when) / 1e3
    if context.quick:
        context.record("connectivity at the end / before", relative[-5:, 0].mean(), provenance="not judged")
    else:
        context.record("half of the overshoot is lost after", decays, above(end / 1e3), unit="s",
                       provenance=f"{source}; ours: it lasts longer than the stimulation")  # fmt: skip
        context.record("connectivity at the end / at the peak", relative[-5:, 0].mean() / peak, below(1),
                       provenance=f"{source}; ours: it decays")  # fmt: skip
    others_before = within[before, 1:]
    for name, value, unit in (
        ("peak of the overshoot, after the last pulse", when / 1e3, "s"),
        ("connectivity of all excitatory neurons before", found["connectivity"][before].mean(), ""),
        ("connectivity among the stimulated before", within[before, 0].mean(), ""),
        ("its standard deviation over the other tenths", others_before.mean(axis=0).std(ddof=1), ""),
        ("calcium before", found["calcium"][before].mean(), "Hz"),
        ("calcium of stimulated neurons, highest", found["calcium"][:, 0][times > 0].max(), "Hz"),
        ("calcium of stimulated neurons, lowest after", found["calcium"][:, 0][times > end].min(), "Hz"),
    ):
        context.record(name, value, unit=unit, provenance="not judged")
    return {**found, "relative": relative, "before": before}


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Connectivity and calcium of stimulated and other neurons."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, LIGHT, THIRD, letter

    picture = Figure(figsize=(10.5, 3.4), layout="constrained")
    left, middle, right = picture.subplots(1, 3)
    seconds, among = results["times"] / 1e3, results["connectivity"]
    for axes in (left, middle, right):
        axes.axvspan(0, PULSES * PERIOD / 1e3, color="#fdf0dc", zorder=0)
        axes.set(xlabel="time (s)")
    left.plot(seconds, among[:, 0, 0], color=EXCITATORY, label="within the stimulated")
    left.plot(seconds, among[:, 1:, 0].mean(axis=1), color=FIRST, label="from others")
    left.plot(seconds, among[:, 1:, 1:].mean(axis=(1, 2)), color=GREY, label="among others")
    left.set(ylabel="synapses per pair", ylim=(0, None))
    left.legend(loc="lower right")
    letter(left, "A", "connectivity")
    near = seconds > -BASELINE / 1e3
    middle.plot(seconds[near], results["relative"][near, 1:], color=LIGHT, lw=0.8)
    middle.plot(seconds[near], results["relative"][near, 0], color=EXCITATORY)
    middle.axhline(1, color=GREY, lw=0.8, ls=(0, (4, 3)))
    middle.set(ylabel="within a tenth / before")
    letter(middle, "B", "falls, overshoots, decays (grey: other tenths)")
    near = (seconds > -BASELINE / 1e3) & (seconds < 300)
    right.plot(seconds[near], results["calcium"][near, 0], color=EXCITATORY, label="stimulated")
    right.plot(seconds[near], results["calcium"][near, 1:].mean(axis=1), color=THIRD, label="others")
    right.axhline(SET_POINT, color=GREY, lw=0.8, ls=(0, (4, 3)))
    right.set(ylabel="calcium (Hz)")
    right.legend()
    letter(right, "C", "calcium")
    return picture
