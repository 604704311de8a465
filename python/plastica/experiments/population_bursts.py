"""Depressing recurrent synapses make a network burst as a whole; with constant efficacies it does not.

Tsodyks, Uziel and Markram (2000), J Neurosci 20:RC50, figure 1; constants as in the Brian2 example of S. Schmitt, which
follows NEST's. 400 excitatory and 100 inhibitory neurons, 10 % connectivity; synapses onto excitatory neurons depress
(U 0.5, tau_rec 800 ms), those onto inhibitory neurons facilitate (U 0.04, tau_rec 100 ms, tau_facil 1,000 ms). Weight,
U and time constants of every synapse come from normal distributions with a standard deviation of half the mean, cut off
as in the example. Each neuron has a constant input between 14.65 and 15.35 mV.

1. Dynamic synapses: population bursts, and the recovered resources x around them.
2. The same network with every efficacy u x held at its time average.

A burst is a stretch in which the activity, smoothed over 5 ms, exceeds 2 % of the neurons per ms, if it reaches twice
that; stretches less than 20 ms apart are one.

``quick`` runs for 6 s instead of 20 s.
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

SCIENCE = ("P29",)

EXC, INH = 400, 100
THRESHOLD = 0.02  # of all neurons per ms
SETTLING = 900  # ms
SPREAD = 0.35  # mV, of the constant input
PROJECTIONS = {  # weight (mV), U with its bounds, tau_rec, tau_facil (ms)
    ("exc", "exc"): (1.8, (0.5, 0.1, 0.9), 800.0, 0.0),
    ("exc", "inh"): (7.2, (0.04, 0.001, 0.07), 100.0, 1000.0),
    ("inh", "exc"): (-5.4, (0.5, 0.1, 0.9), 800.0, 0.0),
    ("inh", "inh"): (-7.2, (0.04, 0.001, 0.07), 100.0, 1000.0),
}


def truncated(random: np.random.Generator, mean: float, low: float, high: float, count: int) -> Array:
    """Normal numbers with a standard deviation of half the mean, drawn again while out of bounds."""
    values: Array = random.normal(mean, abs(mean) / 2, count)
    while np.any(outside := (values < low) | (values > high)):
        values[outside] = random.normal(mean, abs(mean) / 2, int(outside.sum()))
    return values


def build(context: Context, efficacies: dict[str, Array] | None = None) -> pl.Network:
    """The network; with `efficacies` its synapses are constant, and transmit that part of their weight."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    random = np.random.default_rng(context.seed)
    for name, size, t_ref in (("exc", EXC, 3.0), ("inh", INH, 2.0)):
        # with a resistance of 1 GOhm, 1 pA is 1 mV
        neuron = pl.LIF(
            C_m=30, tau_m=30, E_L=0, V_th=15, V_reset=13.5, t_ref=t_ref, I_e=pl.Uniform(15 - SPREAD, 15 + SPREAD),
            receptors={"in": pl.CurrentExp(tau=3)},
        )  # fmt: skip
        net.population(size, neuron, name=name)
    for (before, after), (weight, (U, U_low, U_high), tau_rec, tau_facil) in PROJECTIONS.items():
        name = f"{before} to {after}"
        rule = pl.TsodyksMarkram(tau_I=3, tau_facil=tau_facil, per="synapse") if efficacies is None else None
        synapses = net.connect(
            net.populations[before], net.populations[after], pl.FixedProbability(0.1), weight=weight, delay=1.0,
            plasticity=rule, name=name,
        )  # fmt: skip
        count = len(synapses)
        low, high = sorted((0.2 * weight, 2 * weight))
        weights = truncated(random, weight, low, high, count)
        variables = {"U": truncated(random, U, U_low, U_high, count)}
        variables["tau_rec"] = truncated(random, tau_rec, 5, np.inf, count)
        if tau_facil:
            variables["tau_facil"] = truncated(random, tau_facil, 5, np.inf, count)
        if efficacies is None:
            synapses.weights = weights
            synapses.set(variables)
        else:
            synapses.weights = weights * efficacies[name]
    return net


def simulate(net: pl.Network, duration: float, dynamic: bool) -> dict[str, Any]:
    """Spikes, activity, mean x of the synapses between excitatory neurons, and the time averages of u x."""
    populations = {name: net.record(net.populations[name], "spikes") for name in ("exc", "inh")}
    resources = None
    sums = {name: np.zeros(len(projection)) for name, projection in net.projections.items()}
    samples = 0

    def add(net: pl.Network) -> None:
        nonlocal samples
        samples += 1
        for name, projection in net.projections.items():
            u, x, U = (projection.get(variable) for variable in ("u", "x", "U"))
            sums[name] += (u + U * (1 - u)) * x

    if dynamic:
        resources = net.record(net.projections["exc to exc"], "x", interval=5, sample=2000)
        net.run(SETTLING)
        net.run(duration - SETTLING, callback=add, every=50)
    else:
        net.run(duration)
    edges = np.arange(duration + 1)
    counts = np.histogram(np.concatenate([spikes.times for spikes in populations.values()]), edges)[0]
    activity = np.convolve(counts / (EXC + INH), np.ones(5) / 5, "same")
    return {
        "spikes": {name: (spikes.times, spikes.ids) for name, spikes in populations.items()},
        "activity": activity,
        "x": None if resources is None else (resources.times, resources.values.mean(axis=1)),
        "efficacies": {name: total / max(samples, 1) for name, total in sums.items()},
        "rates": {name: len(spikes.times) / (len(net.populations[name]) * duration * 1e-3)
                  for name, spikes in populations.items()},
    }  # fmt: skip


def bursts(activity: Array) -> list[tuple[int, int]]:
    """Begin and end (ms) of each population burst after settling."""
    high = np.concatenate([[False], activity > THRESHOLD, [False]]).astype(int)
    begins, ends = np.flatnonzero(np.diff(high) == 1), np.flatnonzero(np.diff(high) == -1)
    joined: list[tuple[int, int]] = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        if joined and begin - joined[-1][1] < 20:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return [(begin, end) for begin, end in joined if begin >= SETTLING and activity[begin:end].max() > 2 * THRESHOLD]


def recovery(times: Array, x: Array, found: list[tuple[int, int]]) -> tuple[float, float]:
    """The mean fall of x in a burst, relative to before it, and the time constant of its return."""
    falls, returns = [], []
    for (begin, end), after in zip(found, [*(begin for begin, _ in found[1:]), int(times[-1])], strict=True):
        before = x[np.searchsorted(times, begin - 10)]
        window = slice(np.searchsorted(times, begin), np.searchsorted(times, end + 30))
        lowest = window.start + int(np.argmin(x[window]))
        falls.append(1 - x[lowest] / before)
        back = slice(lowest, np.searchsorted(times, min(after - 20, times[lowest] + 1500)))
        if times[back.stop - 1] - times[lowest] > 500:
            returns.append(time_constant(times[back] - times[lowest], x[back]))
    return float(np.mean(falls)), float(np.mean(returns))


def time_constant(times: Array, values: Array) -> float:
    """Of the exponential that fits best, with free ends."""
    candidates = np.geomspace(50, 3000, 200)
    errors = []
    for tau in candidates:
        basis = np.column_stack([np.ones(len(times)), np.exp(-times / tau)])
        fit, *_ = np.linalg.lstsq(basis, values, rcond=None)
        errors.append(np.sum((basis @ fit - values) ** 2))
    return float(candidates[int(np.argmin(errors))])


def run(context: Context) -> dict[str, Any]:
    """With dynamic synapses, then with constant ones."""
    seconds = 6 if context.quick else 20
    context.compression = "quick: 6 s instead of 20 s" if context.quick else "none"

    context.stage(f"{seconds} s with dynamic synapses")
    dynamic = simulate(build(context), 1000 * seconds, dynamic=True)
    found = bursts(dynamic["activity"])
    widths = [end - begin for begin, end in found]
    times, x = dynamic["x"]
    interval = float(np.diff([begin for begin, _ in found]).mean()) if len(found) > 1 else np.nan
    fall, tau = recovery(times, x, found) if found else (np.nan, np.nan)
    half = [int(np.sum(dynamic["activity"][b:e] > dynamic["activity"][b:e].max() / 2)) for b, e in found]
    context.record(
        "mean interval between population bursts", interval, between(1000, 2000), unit="ms",
        provenance="P29: a burst about every 1 to 2 s",
    )  # fmt: skip
    context.record(
        "mean width of a burst", float(np.mean(widths)) if widths else np.nan, between(20, 60), unit="ms",
        provenance="P29; while the activity exceeds 2 % of the neurons per ms",
    )  # fmt: skip
    context.record(
        "mean width at half height", float(np.mean(half)) if half else np.nan, unit="ms", provenance="not judged"
    )
    context.record("fall of the mean x in a burst", fall, above(0.3), provenance="P29: more than 30 % of x before it")
    context.record(
        "time constant of the return of x", tau, between(400, 1200), unit="ms",
        provenance="P29: about tau_rec = 800 ms, with tau_rec spread and spikes between bursts",
    )  # fmt: skip
    context.record("population bursts", len(found), provenance="not judged")

    context.stage(f"{seconds} s with constant synapses")
    constant = simulate(build(context, dynamic["efficacies"]), 1000 * seconds, dynamic=False)
    context.record(
        "population bursts with constant efficacies", len(bursts(constant["activity"])), below(1),
        provenance="P29: none at the matched mean efficacy of every synapse",
    )  # fmt: skip
    for name, arm in (("dynamic", dynamic), ("constant", constant)):
        for population, rate in arm["rates"].items():
            context.record(f"{name}: rate, {population}", rate, unit="Hz", provenance="not judged")
    return {"dynamic": dynamic, "constant": constant, "bursts": found, "seconds": seconds}


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Rasters, activity, resources."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, GREY, INHIBITORY, INK, letter

    picture = Figure(figsize=(10.5, 6.8), layout="constrained")
    grid = picture.add_gridspec(3, 3, height_ratios=[2, 1.2, 1])
    left = [picture.add_subplot(grid[row, :2]) for row in range(3)]
    right = [picture.add_subplot(grid[row, 2]) for row in range(3)]
    right[1].sharex(right[0])
    for axes in left[1:]:
        axes.sharex(left[0])
    dynamic, constant, found = results["dynamic"], results["constant"], results["bursts"]
    start, stop = SETTLING, min(SETTLING + 5000, 1000 * results["seconds"])

    def raster(panel: Any, arm: dict[str, Any], begin: float, end: float, size: float) -> None:
        for name, color, first in (("exc", EXCITATORY, 0), ("inh", INHIBITORY, EXC)):
            times, ids = arm["spikes"][name]
            inside = (times >= begin) & (times < end)
            panel.plot((times[inside] - begin) * 1e-3, ids[inside] + first, ".", ms=size, color=color, mew=0)
        panel.set(ylim=(0, EXC + INH), ylabel="neuron")

    def course(panel: Any, arm: dict[str, Any], begin: int, end: int) -> None:
        activity = arm["activity"][begin:end]
        panel.plot(np.arange(len(activity)) * 1e-3, 100 * activity, color=INK, lw=0.8)
        panel.axhline(100 * THRESHOLD, color=GREY, lw=0.7, ls=(0, (3, 3)))
        panel.set(ylabel="spiking per ms (%)", ylim=(0, 100 * dynamic["activity"][SETTLING:].max() * 1.05))

    raster(left[0], dynamic, start, stop, 1.6)
    course(left[1], dynamic, start, stop)
    times, x = dynamic["x"]
    inside = (times >= start) & (times < stop)
    left[2].plot((times[inside] - start) * 1e-3, x[inside], color=EXCITATORY)
    left[2].set(xlabel="time (s)", ylabel="mean x, exc to exc", ylim=(0, None), xlim=(0, (stop - start) * 1e-3))
    raster(right[0], constant, start, start + 2000, 1.6)
    course(right[1], constant, start, start + 2000)
    right[1].set(xlabel="time (s)", xlim=(0, 2))
    for axes in (*left[:2], right[0]):
        axes.tick_params(labelbottom=False)
    letter(left[0], "A", "dynamic synapses")
    letter(right[0], "B", "constant efficacies of the same mean")

    for begin, end in found:
        middle = begin + int(np.argmax(dynamic["activity"][begin:end]))
        piece = dynamic["activity"][max(middle - 60, 0) : middle + 60]
        right[2].plot(np.arange(len(piece)) - 60, 100 * piece, color=GREY, lw=0.6)
    right[2].set(xlabel="time from the peak (ms)", ylabel="spiking per ms (%)")
    letter(right[2], "C", f"{len(found)} bursts")
    return picture
