"""A sliding threshold stabilises a recurrent network only if it follows the rate within seconds.

Zenke, Hennequin and Gerstner (2013), PLoS Comput Biol 9:e1003330, doi:10.1371/journal.pcbi.1003330: Hebbian plasticity
of recurrent excitation with a homeostatic threshold, minimal triplet rule (A3_plus 6.5e-3, slow trace of 114 ms), whose
depression grows with the square of the neuron's mean rate, with the fixed point kappa = 3 Hz.

1000 excitatory and 250 inhibitory LIF neurons with conductances, 5 % connected, noise from outside; plastic excitatory
weights with ten times the learning rate, which shortens everything tenfold.

Linearised around kappa, with a = dr/dw of the network and C = A3_plus tau_plus tau_slow learning_rate, the drift
C r^2 (r - mean^2 / kappa) gives tau x'' + (1 - a C kappa^2 tau) x' + a C kappa^2 x = 0: stable if and only if
tau < 1 / (a C kappa^2).

1. Without plasticity: the weight at which the rate is kappa, and a, from weights 2 % up and down.
2. With plasticity, from there: 200 s at each of seven time constants of the sensor, a quarter to four times the bound.

``quick`` has three time constants and 60 s.
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

SCIENCE = ("P09",)

KAPPA = 3.0  # Hz
EXCITATORY, INHIBITORY = 1000, 250
UNIT = 10.0  # nS: the leak, in which the paper has its weights
A3_PLUS, TAU_PLUS, TAU_MINUS, TAU_SLOW = 6.5e-3, 16.8, 33.7, 114.0  # the last three in ms
FASTER = 10.0
LEARNING_RATE = UNIT * FASTER
C = A3_PLUS * TAU_PLUS * TAU_SLOW * 1e-6 * LEARNING_RATE  # nS s^2
RATIOS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0)  # of the bound


class Brain:
    """The network, with all recurrent excitatory weights the same at first."""

    def __init__(self, context: Context, weight: float, plastic: bool, number: int = 0) -> None:
        self.net = pl.Network(
            dt=0.1, seed=context.seed + 1000 * number, threads=context.threads, precision=context.precision
        )
        neuron = pl.LIF(
            C_m=200, tau_m=20, E_L=-70, V_th=-50, V_reset=-70, t_ref=5,
            receptors={"ampa": pl.ConductanceExp(tau=5, E_rev=0), "gaba": pl.ConductanceExp(tau=10, E_rev=-80)},
        )  # fmt: skip
        initial = {"V": pl.Uniform(-70, -50)}
        self.exc = self.net.population(EXCITATORY, neuron, name="exc", initial=initial)
        inh = self.net.population(INHIBITORY, neuron, name="inh", initial=initial)
        for cells in (self.exc, inh):
            self.net.drive(cells, pl.PoissonInput(rate=260.0), receptor="ampa", weight=0.16 * UNIT)
        rule = pl.TripletSTDP(
            A2_plus=0, A3_plus=A3_PLUS, A2_minus=A3_PLUS * TAU_PLUS * TAU_SLOW * KAPPA * 1e-3 / TAU_MINUS, A3_minus=0,
            tau_plus=TAU_PLUS, tau_minus=TAU_MINUS, tau_y=TAU_SLOW, pairing="all", threshold="per neuron",
            learning_rate=LEARNING_RATE, w_max=16.0,
        )  # fmt: skip
        some, delay = pl.FixedProbability(0.05), pl.Uniform(0.5, 2.0)
        learns = rule if plastic else None
        self.recurrent = self.net.connect(
            self.exc, self.exc, some, receptor="ampa", weight=weight, delay=delay, plasticity=learns
        )
        self.net.connect(self.exc, inh, some, receptor="ampa", weight=0.16 * UNIT, delay=delay)
        for cells in (self.exc, inh):
            self.net.connect(inh, cells, some, receptor="gaba", weight=UNIT, delay=delay)

    def rate(self, seconds: float) -> float:
        """Mean rate of the excitatory neurons in Hz, after a second."""
        self.net.run(1000)
        before = self.exc.spike_count
        self.net.run(seconds * 1000)
        return (self.exc.spike_count - before) / EXCITATORY / seconds


def gain(context: Context, seconds: float) -> tuple[float, float, Array, Array]:
    """The weight (nS) at which the rate is kappa, a = dr/dw there (Hz / nS), and the weights and rates measured."""
    weights = 1.6 * np.arange(0.96, 1.121, 0.02)
    rates = np.array([Brain(context, weight, False).rate(seconds) for weight in weights.tolist()])
    # the rate grows almost exponentially with the weight
    fit = np.poly1d(np.polyfit(weights, np.log(rates), 2))
    at = float(np.interp(np.log(KAPPA), fit(weights), weights))
    return at, float(KAPPA * fit.deriv()(at)), weights, rates


def course(context: Context, weight: float, tau: float, seconds: float) -> tuple[Array, Array]:
    """Mean rate (Hz) and mean weight (nS), second by second, with a sensor of `tau` seconds."""
    brain = Brain(context, weight, True)
    brain.net.control(brain.recurrent, pl.SlidingThreshold(target_rate=KAPPA, tau=tau * 1e3, exponent=2, interval=50.0))
    rate = brain.net.record(brain.exc, "rate", interval=1000.0)
    weights = brain.net.record(brain.recurrent, "weights", interval=1000.0, sample=2000)
    brain.net.run(seconds * 1000)
    return rate.rates, weights.values.mean(axis=1)


def run(context: Context) -> dict[str, Any]:
    """The gain of the network, and its fate at several time constants."""
    ratios = (0.25, 1.0, 4.0) if context.quick else RATIOS
    seconds = 60 if context.quick else 200
    context.compression = f"learning rate x {FASTER:g}" + (
        "; quick: three time constants, 60 s" if context.quick else ""
    )
    context.stage("the gain of the static network")
    weight, a, weights, rates = gain(context, 5 if context.quick else 40)
    bound = 1 / (a * C * KAPPA**2)
    seen = "not judged; what was seen"
    context.record("weight at which the rate is kappa", weight, unit="nS", provenance=seen)
    context.record("a = dr/dw there", a, unit="Hz/nS", provenance=seen)
    context.record("predicted bound 1 / (a C kappa^2)", bound, unit="s", provenance="closed form")

    courses = {}
    for ratio in ratios:
        context.stage(f"a sensor of {ratio * bound:.2f} s, {ratio:g} of the bound")
        courses[ratio] = course(context, weight, ratio * bound, seconds)
    return {
        "weights": weights,
        "rates": rates,
        "weight": weight,
        "a": a,
        "bound": bound,
        "courses": courses,
        "peak": judge(context, courses, seconds),
    }


def judge(context: Context, courses: dict[float, tuple[Array, Array]], seconds: int) -> dict[float, float]:
    """Records where stability ends; returns the highest rate at each time constant."""
    ratios, seen = tuple(courses), "not judged; what was seen"
    late = {ratio: rate[-seconds // 2 :] for ratio, (rate, _) in courses.items()}
    peak = {ratio: float(rate.max()) for ratio, rate in late.items()}
    lost = [ratio for ratio in ratios if peak[ratio] > 5 * KAPPA or late[ratio].mean() < KAPPA / 5]
    kept = [ratio for ratio in ratios if ratio not in lost]
    stable = max((ratio for ratio in kept if not lost or ratio < min(lost)), default=min(ratios) / 2)
    unstable = min(lost, default=2 * max(ratios))
    context.record(
        "measured boundary / predicted", np.sqrt(stable * unstable), between(0.5, 2),
        provenance="P09; geometric mean of the largest stable and the smallest unstable time constant, of which the "
        "rate exceeds 5 kappa or falls below kappa / 5 in the second half",
    )  # fmt: skip
    context.record(
        f"deviation of the mean rate from kappa, at {min(ratios):g} of the bound",
        abs(late[min(ratios)].mean() - KAPPA) / KAPPA, below(0.2), provenance="P09",
    )  # fmt: skip
    context.record(
        f"highest rate in a second, at {max(ratios):g} of the bound", peak[max(ratios)], above(5 * KAPPA), unit="Hz",
        provenance="P09: runs away, or collapses",
    )  # fmt: skip
    for ratio in ratios:
        context.record(
            f"mean rate in the second half, at {ratio:g} of the bound", late[ratio].mean(), unit="Hz", provenance=seen
        )
        context.record(
            f"highest rate in the second half, at {ratio:g} of the bound", peak[ratio], unit="Hz", provenance=seen
        )
    return peak


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """The gain, rates over time, and the boundary."""
    from matplotlib.figure import Figure

    from ._style import FIRST, INHIBITORY, INK, LIGHT, letter

    picture = Figure(figsize=(10.5, 3.6), layout="constrained")
    grid = picture.subplot_mosaic("ABBC")
    axes = grid["A"]
    axes.plot(results["weights"], results["rates"], "o", ms=4, color=INK)
    near = results["weight"] + np.array([-0.04, 0.04])
    axes.plot(near, KAPPA + results["a"] * (near - results["weight"]), color=FIRST, lw=1.5)
    axes.axhline(KAPPA, color=LIGHT, lw=0.8)
    axes.set(xlabel="recurrent weight (nS)", ylabel="rate (Hz)", ylim=(0, None))
    letter(axes, "A", "gain of the network")
    axes = grid["B"]
    ratios = list(results["courses"])
    for ratio, color in ((ratios[0], INK), (ratios[-1], INHIBITORY)):
        rate = results["courses"][ratio][0]
        axes.plot(
            np.arange(len(rate)) + 0.5,
            np.maximum(rate, 0.05),
            color=color,
            lw=0.9,
            label=f"{ratio * results['bound']:.1f} s",
        )
    axes.axhline(KAPPA, color=FIRST, lw=1, ls=(0, (4, 3)))
    axes.set(yscale="log", xlabel="time (s)", ylabel="rate (Hz)")
    axes.legend(title="sensor", loc="upper right")
    letter(axes, "B", "a slow sensor loses the network")
    axes = grid["C"]
    taus = np.array(ratios) * results["bound"]
    axes.plot(taus, [results["peak"][ratio] for ratio in ratios], "o-", ms=4, color=INK)
    axes.axvline(results["bound"], color=FIRST, lw=1)
    axes.axhline(5 * KAPPA, color=LIGHT, lw=0.8)
    axes.set(xscale="log", yscale="log", xlabel="time constant of the sensor (s)", ylabel="highest rate (Hz)")
    axes.set_xticks(taus, [f"{tau:.2g}" for tau in taus])
    axes.set_xticks([], minor=True)
    letter(axes, "C", "the bound (line) is seen")
    return picture
