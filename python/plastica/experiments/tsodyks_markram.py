"""Depressing and facilitating synapses transmit what the closed forms of Tsodyks and Markram say.

Tsodyks, Pawelzik and Markram (1998), Neural Comput 10:821, doi:10.1162/089976698300017502; the constants are those of
the Brian2 example of its figure 1. What a spike transmits is the jump of a membrane that does not leak.

1. Stationary state: regular trains of 1 to 100 Hz for 10 s, on the depressing (U 0.5, tau_rec 800 ms) and the
   facilitating synapse (U 0.03, tau_rec 130 ms, tau_facil 530 ms), against the closed form of u x.
2. Pairs: the second spike 5 to 3,000 ms after the first, also with inactivation (tau_I), equal time constants and the
   convention in which u rests at U; each axon's own u and x against each synapse's.
3. Potentials: a train of 20 Hz, and for the facilitating synapse one of 70 Hz, on the membranes of the paper.

``quick`` runs the trains for 6 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import plastica as pl

from ._framework import Context, below, between
from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, INK, SECOND, letter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Rest = Literal["zero", "U"]

SCIENCE = ("P28",)
PRECISION = "double"  # the closed forms are met to 1e-9

DEPRESSING = {"U": 0.5, "tau_rec": 800.0, "tau_facil": 0.0}
FACILITATING = {"U": 0.03, "tau_rec": 130.0, "tau_facil": 530.0}
ORACLE = {  # Hz: u x
    "depressing": {1: 0.416, 5: 0.181, 10: 0.105, 20: 0.057, 40: 0.030},
    "facilitating": {1: 0.035, 5: 0.087, 10: 0.135, 20: 0.166, 40: 0.139, 70: 0.096, 100: 0.071},
}
PEAK = 20.8  # Hz, of the facilitating synapse
PERIODS = np.unique(
    np.round(np.concatenate([np.geomspace(10, 1000, 41), [14.3, 25, 50, 200], np.arange(44, 52, 0.1)]), 1)
)  # ms
INTERVALS = np.round(np.geomspace(5, 3000, 30), 1)  # ms
MEMBRANES = {  # tau_m (ms), R (GOhm), A (pA), tau_I (ms)
    "depressing": (40.0, 0.1, 250.0, 3.0),
    "facilitating": (60.0, 1.0, 1540.0, 1.5),
}


def closed_form(period: Array, *, U: float, tau_rec: float, tau_facil: float) -> Array:
    """The part u x that a spike of a regular train uses when it is stationary; tau_I = 0, u decays to 0."""
    carried = np.exp(-period / tau_facil) if tau_facil else 0.0
    u = U / (1 - (1 - U) * carried)
    left = np.exp(-period / tau_rec)
    x: Array = (1 - left) / (1 - (1 - u) * left)
    return u * x


def second_spike(gap: Array, *, U: float, tau_rec: float, tau_facil: float, tau_I: float, rest: Rest) -> Array:
    """What the second spike of a pair transmits, in units of the first."""
    at_rest = U if rest == "U" and tau_facil else 0.0
    first = at_rest + U * (1 - at_rest)
    decayed = at_rest + (first - at_rest) * (np.exp(-gap / tau_facil) if tau_facil else 0.0)
    u = decayed + U * (1 - decayed)
    slow, fast = np.exp(-gap / tau_rec), np.exp(-gap / tau_I) if tau_I else 0.0
    if tau_I == tau_rec:
        x = 1 - first * slow * (1 + gap / tau_rec)
    else:
        x = 1 - first * (tau_rec * slow - tau_I * fast) / (tau_rec - tau_I)
    ratio: Array = u * x / first
    return ratio


def transmitted(context: Context, trains: list[Array], rule: pl.TsodyksMarkram, duration: float) -> list[Array]:
    """What each spike of each train transmits over a synapse of weight 1 mV."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    source = net.population(len(trains), pl.SpikeSource(trains))
    sink = net.population(
        len(trains), pl.LIF(tau_m=1e15, E_L=0, V_th=1e9, V_reset=0, t_ref=0, receptors={"in": pl.CurrentDelta()})
    )
    net.connect(source, sink, pl.OneToOne(), weight=1, delay=0.1, plasticity=rule)
    potential = net.record(sink, "V", interval=2.5)  # every pair of spikes is further apart
    net.run(duration)
    values, times = potential["V"], potential.times
    result = []
    for i, train in enumerate(trains):
        sums = np.concatenate([[0.0], values[np.searchsorted(times, train + 0.15), i]])
        result.append(np.diff(sums))
    return result


def stationary(context: Context, constants: dict[str, Any], seconds: float) -> Array:
    """The part u x that the last spike of a train uses, for the periods PERIODS."""
    trains = [np.round(1 + period * np.arange(int((seconds * 1000 - 5) / period)), 1) for period in PERIODS]
    last = transmitted(context, trains, pl.TsodyksMarkram(**constants), seconds * 1000)
    return np.array([amplitudes[-1] for amplitudes in last])


def pairs(context: Context, **constants: Any) -> tuple[Array, Array]:
    """What the first spike transmits and the ratio of the second to it, for the intervals INTERVALS."""
    trains = [np.array([1.0, np.round(1 + interval, 1)]) for interval in INTERVALS]
    both = np.array(transmitted(context, trains, pl.TsodyksMarkram(**constants), INTERVALS[-1] + 10))
    return both[:, 0], both[:, 1] / both[:, 0]


def potentials(context: Context, kind: str, constants: dict[str, Any], rate: float, stop: float) -> dict[str, Array]:
    """The membrane potential of the paper's neuron, and u and x, under a train from 100 ms to `stop`."""
    tau_m, R, A, tau_I = MEMBRANES[kind]
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    train = np.round(np.arange(100, stop, 1000 / rate), 1)
    source = net.population(1, pl.SpikeSource([train - 0.1]))
    neuron = pl.LIF(C_m=tau_m / R, tau_m=tau_m, E_L=0, V_th=1e9, V_reset=0, receptors={"exc": pl.CurrentExp(tau=tau_I)})
    cell = net.population(1, neuron)
    rule = pl.TsodyksMarkram(**constants, tau_I=tau_I)
    synapse = net.connect(source, cell, pl.AllToAll(), receptor="exc", weight=A, delay=0.1, plasticity=rule)
    potential = net.record(cell, "V", interval=0.5)
    resources = {name: net.record(synapse, name, interval=0.5) for name in ("u", "x")}
    net.run(stop + 100)
    traces = {name: recorder.values[:, 0] for name, recorder in resources.items()}
    return {"t": potential.times, "V": potential["V"][:, 0], "train": train, **traces}


def superposed(kind: str, constants: dict[str, Any], trace: dict[str, Array]) -> Array:
    """The same potential in closed form: a sum of responses to exponentials."""
    tau_m, R, A, tau_I = MEMBRANES[kind]
    U, tau_rec, tau_facil = (constants[name] for name in ("U", "tau_rec", "tau_facil"))
    u, x, y, V = 0.0, 1.0, 0.0, np.zeros(len(trace["t"]))
    for i, time in enumerate(trace["train"]):
        if i:
            gap = time - trace["train"][i - 1]
            slow, fast = np.exp(-gap / tau_rec), np.exp(-gap / tau_I)
            x = 1 - (1 - x) * slow - y * tau_I / (tau_I - tau_rec) * (fast - slow)
            u, y = u * (np.exp(-gap / tau_facil) if tau_facil else 0.0), y * fast
        u += U * (1 - u)
        y, x, sent = y + u * x, x - u * x, u * x
        since = np.maximum(trace["t"] - time, 0)
        response = (np.exp(-since / tau_m) - np.exp(-since / tau_I)) * tau_I / (tau_m - tau_I)
        V += A * R * sent * response
    return V


def run(context: Context) -> dict[str, Any]:
    """Stationary states, pairs, potentials."""
    seconds = 6.0 if context.quick else 10.0
    context.compression = "quick: trains of 6 s instead of 10 s" if context.quick else "none"
    results: dict[str, Any] = {}
    context.stage(f"regular trains of {len(PERIODS)} rates")
    judge_trains(context, results, seconds)
    context.stage("pairs of spikes")
    judge_pairs(context, results)
    context.stage("potentials")
    judge_potentials(context, results)
    return results


def judge_trains(context: Context, results: dict[str, Any], seconds: float) -> None:
    """Stationary responses to regular trains, against the closed form."""
    for kind, constants in (("depressing", DEPRESSING), ("facilitating", FACILITATING)):
        got = results[kind] = stationary(context, constants, seconds)
        for rate, expected in ORACLE[kind].items():
            nearest = np.argmin(np.abs(PERIODS - 1000 / rate))
            context.record(
                f"{kind}, {rate} Hz: u x", got[nearest], between(expected - 1e-3, expected + 1e-3),
                provenance="P28, computed from the equations; the period is rounded to 0.1 ms",
            )  # fmt: skip
        error = np.abs(got - closed_form(PERIODS, **constants)).max()
        context.record(
            f"{kind}: largest deviation from the closed form", error, below(1e-3), provenance="P28, u x of all rates"
        )
    best = results["peak"] = 1000 / PERIODS[np.argmax(results["facilitating"])]
    context.record(
        "facilitating: rate of the largest response", best, between(PEAK - 0.1, PEAK + 0.1), unit="Hz",
        provenance="P28, computed; periods in steps of 0.1 ms; the estimate 1/sqrt(U tau_facil tau_rec) is 22.0 Hz",
    )  # fmt: skip
    fast = PERIODS <= 1000 / 25.0
    slope = np.polyfit(np.log(1000 / PERIODS[fast]), np.log(results["depressing"][fast]), 1)[0]
    context.record(
        "depressing: slope of log u x against log rate, 25 to 100 Hz", slope, between(-1.05, -0.95),
        provenance="P28: ~ 1/rate above the limiting rate 1/(U tau_rec) = 2.5 Hz, here from ten times that rate on",
    )  # fmt: skip


def judge_pairs(context: Context, results: dict[str, Any]) -> None:
    """Responses to pairs of spikes, against the closed form, per axon and per synapse."""
    results["pairs"] = {}
    for text, constants, tau_I in (
        ("depressing", DEPRESSING, 0.0),
        ("depressing, tau_I 3 ms", DEPRESSING, 3.0),
        ("depressing, tau_I = tau_rec", DEPRESSING, 800.0),
        ("facilitating", FACILITATING, 0.0),
        ("facilitating, tau_I 1.5 ms", FACILITATING, 1.5),
    ):
        rests: tuple[Rest, ...] = ("zero", "U") if constants is FACILITATING else ("zero",)
        for rest in rests:
            where = f"{text}, u rests at U" if rest == "U" else text
            first, ratio = pairs(context, **constants, tau_I=tau_I, rest=rest)
            U = constants["U"]
            alone = U * (2 - U) if rest == "U" else U
            error = np.abs(ratio - second_spike(INTERVALS, **constants, tau_I=tau_I, rest=rest)).max()
            context.record(
                f"{where}: first response / closed form - 1", np.abs(first / alone - 1).max(), below(1e-9),
                provenance="P28; U, or U (2 - U) where u rests at U",
            )  # fmt: skip
            context.record(
                f"{where}: largest deviation of the paired-pulse ratio", error, below(1e-9),
                provenance="P28, closed form, 30 intervals from 5 to 3,000 ms",
            )  # fmt: skip
            results["pairs"][where] = ratio
        _, own = pairs(context, **constants, tau_I=tau_I, per="synapse")
        results["pairs"][f"{text}, per synapse"] = own
    both = [name for name in results["pairs"] if f"{name}, per synapse" in results["pairs"]]
    apart = max(np.abs(results["pairs"][name] - results["pairs"][f"{name}, per synapse"]).max() for name in both)
    context.record(
        "per axon against per synapse: largest difference", apart, below(1e-12), provenance="the same equations"
    )


def judge_potentials(context: Context, results: dict[str, Any]) -> None:
    """Potentials that trains evoke, against the sum of closed-form responses."""
    results["traces"] = {}
    for name, kind, constants, train_rate, stop in (
        ("depressing, 20 Hz", "depressing", DEPRESSING, 20.0, 1100.0),
        ("depressing, 20 Hz, U 0.6", "depressing", DEPRESSING | {"U": 0.6}, 20.0, 1100.0),
        ("facilitating, 20 Hz", "facilitating", FACILITATING, 20.0, 1100.0),
        ("facilitating, 70 Hz", "facilitating", FACILITATING, 70.0, 375.0),
    ):
        trace = results["traces"][name] = potentials(context, kind, constants, train_rate, stop)
        error = np.abs(trace["V"] - superposed(kind, constants, trace)).max()
        context.record(
            f"{name}: largest deviation of the potential", error, below(1e-6), unit="mV",
            provenance="P28, superposition of closed-form responses",
        )  # fmt: skip
        context.record(f"{name}: largest potential", trace["V"].max(), unit="mV", provenance="not judged")


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Potentials, stationary responses, pairs."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(10.5, 6.4), layout="constrained")
    grid = picture.add_gridspec(2, 6)
    top = [picture.add_subplot(grid[0, 2 * i : 2 * i + 2]) for i in range(3)]
    left, right = picture.add_subplot(grid[1, :3]), picture.add_subplot(grid[1, 3:])

    for axes, name, mark in zip(
        top, ("depressing, 20 Hz", "facilitating, 20 Hz", "facilitating, 70 Hz"), "ABC", strict=True
    ):
        draw_potential(axes, results["traces"], name, mark)

    draw_stationary(left, results)

    gaps = np.geomspace(5, 3000, 300)
    curves: tuple[tuple[str, dict[str, Any], float, Rest, str], ...] = (
        ("depressing", DEPRESSING, 0.0, "zero", EXCITATORY),
        ("depressing, tau_I = tau_rec", DEPRESSING, 800.0, "zero", SECOND),
        ("facilitating", FACILITATING, 0.0, "zero", INHIBITORY),
        ("facilitating, u rests at U", FACILITATING, 0.0, "U", FIRST),
    )
    for text, constants, tau_I, rest, color in curves:
        right.plot(gaps, second_spike(gaps, **constants, tau_I=tau_I, rest=rest), color=color, lw=1)
        right.plot(INTERVALS, results["pairs"][text], "o", ms=3.6, color=color, mec="white", mew=0.5, label=text)
    right.axhline(1, color=GREY, lw=0.6, zorder=0)
    right.set(xscale="log", xlabel="interval (ms)", ylabel="second / first response")
    right.set_xticks([10, 100, 1000], ["10", "100", "1000"])
    right.minorticks_off()
    right.legend(loc="upper right")
    letter(right, "E", "paired pulses: engine and closed form")
    return picture


def draw_potential(axes: Axes, traces: dict[str, Any], name: str, mark: str) -> None:
    """A potential, and above it resources and release."""
    trace = traces[name]
    color = EXCITATORY if name.startswith("dep") else INHIBITORY
    axes.plot(trace["t"], trace["V"], color=color, label="U = 0.5" if mark == "A" else None)
    if mark == "A":
        other = traces[f"{name}, U 0.6"]
        axes.plot(other["t"], other["V"], color=GREY, lw=0.9, zorder=0, label="U = 0.6")
        axes.legend(loc="upper right")
    axes.set(xlabel="time (ms)", ylabel="potential (mV)", ylim=(0, None))
    resources = axes.inset_axes((0.0, 1.02, 1.0, 0.26))
    for variable, style in (("x", INK), ("u", FIRST)):
        resources.plot(trace["t"], trace[variable], color=style, lw=0.9)
        resources.text(trace["t"][-1] * 1.01, trace[variable][-1], variable, color=style, va="center")
    resources.set(ylim=(0, 1.05), xlim=axes.get_xlim(), xticks=[], yticks=[0, 1])
    resources.spines["bottom"].set_visible(False)
    letter(resources, mark, name)


def draw_stationary(axes: Axes, results: dict[str, Any]) -> None:
    """What is transmitted in regular trains."""
    rates = 1000 / PERIODS
    smooth = np.geomspace(10, 1000, 400)
    for kind, constants, color in (
        ("depressing", DEPRESSING, EXCITATORY),
        ("facilitating", FACILITATING, INHIBITORY),
    ):
        axes.plot(1000 / smooth, closed_form(smooth, **constants), color=color, lw=1)
        few = np.isin(PERIODS, np.round(np.geomspace(10, 1000, 41), 1))
        axes.plot(rates[few], results[kind][few], "o", ms=3.6, color=color, mec="white", mew=0.5, label=kind)
    fast = np.array([4.0, 100.0])
    axes.plot(fast, 1000 / fast / DEPRESSING["tau_rec"], color=GREY, lw=0.9, ls=(0, (4, 3)), label="1 / (rate tau_rec)")
    axes.axvline(results["peak"], color=INHIBITORY, lw=0.7, ls=(0, (2, 3)))
    axes.text(results["peak"] * 1.05, 0.3, f"{results['peak']:.1f} Hz", color=INHIBITORY)
    axes.set(
        xscale="log", yscale="log", xlabel="rate of a regular train (Hz)", ylabel="u x, stationary", ylim=(0.009, 0.6)
    )
    axes.set_xticks([1, 2, 5, 10, 20, 50, 100], ["1", "2", "5", "10", "20", "50", "100"])
    axes.set_yticks([0.01, 0.03, 0.1, 0.3], ["0.01", "0.03", "0.1", "0.3"])
    axes.minorticks_off()
    axes.legend(loc="lower left")
    letter(axes, "D", "stationary response: engine and closed form")
