"""Additive STDP makes inputs compete and holds the output rate; weight-dependent STDP does not compete.

Song, Miller and Abbott (2000), Nat Neurosci 3:919, doi:10.1038/78829 (model A);
van Rossum, Bi and Turrigiano (2000), J Neurosci 20:8812, doi:10.1523/JNEUROSCI.20-23-08812.2000 (model B);
Guetig, Aharonov, Rotter and Sompolinsky (2003), J Neurosci 23:3697, doi:10.1523/JNEUROSCI.23-09-03697.2003, and
Gilson and Fukai (2011), PLoS ONE 6:e25339, doi:10.1371/journal.pone.0025339 (model C).

A leaky integrate-and-fire neuron with 1,000 plastic excitatory and 200 fixed inhibitory Poisson inputs (10 Hz), for
1,500 s. The paper gives conductances in units of the leak; here the leak is 10 nS (C_m = 200 pF, tau_m = 20 ms):
g_max = 0.15 nS and g_inh = 0.5 nS. All weights start at g_max. dt = 0.5 ms.

- Model A at input rates of 10, 20 and 40 Hz with A_minus / A_plus = 1.05, and at 20 Hz with ratios of 1.02 and 1.10.
- Model A with a correlated half: the rates of 500 inputs follow one common signal that jumps to a new normal value
  after exponential intervals of 20 ms on average; its size gives their spike counts a correlation of 0.1.
- Model B at 20 Hz, 60 s: potentiation c_p independent of the weight, depression c_d w, c_d = 0.003,
  c_p / c_d = 0.45 g_max, noise of 0.015 w: once so that the noise of a pair fades with its interval as the change does,
  once so that every spike that pairs has all of it, and once without noise.
- Model C at 20 Hz, 200 s: potentiation (1 - w/w_max)^mu and depression (w/w_max)^mu with mu = 0.02, 0.1 and 1, ratio
  1.05; and log-STDP with the published constants, J0 = 0.25 g_max and noise of 0.6 of every change. How broad its
  weights are depends on the learning rate: 0.4 J0, as far as recalled that of the paper, and 0.04 J0.

``quick`` simulates 500 s, when weights have not yet separated at the lower rates, and 25 s and 50 s of B and C.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import plastica as pl

from ._framework import Context, above, below, between
from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, SECOND, THIRD, letter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

SCIENCE = ("P07",)

G_MAX = 0.15  # nS
RATES = (10, 20, 40)  # Hz
EQUILIBRIUM = 0.45  # c_p / c_d of model B, in units of g_max
J0 = 0.25  # of log-STDP, in units of g_max
POWERS = (0.02, 0.1, 1.0)  # of model C
NOISES = ("fading", "constant", "none")  # of model B
BIN = 10_000.0  # ms, of the courses over time


def additive(ratio: float) -> pl.STDP:
    """Model A: all pairs, hard bounds."""
    return pl.STDP(learning_rate=0.005, A_plus=1, A_minus=ratio, tau_plus=20, tau_minus=20, w_max=G_MAX)


def proportional(sigma: float, noise: Literal["fading", "constant"] = "fading") -> pl.VanRossumSTDP:
    """Model B: potentiation that does not depend on the weight, depression in proportion to it, noise."""
    depression = 0.003
    potentiation = depression * EQUILIBRIUM * G_MAX
    return pl.VanRossumSTDP(c_p=potentiation, c_d=depression, sigma=sigma, tau_plus=20, tau_minus=20, noise=noise)


def power(mu: float) -> pl.STDP:
    """Model C: a power between additive (0) and multiplicative (1)."""
    return additive(1.05).replace(dependence="power", mu_plus=mu, mu_minus=mu)


def logarithmic(rate: float) -> pl.LogSTDP:
    """Model C, log-STDP: no upper bound. The learning rate is in units of J0."""
    return pl.LogSTDP(learning_rate=rate * J0 * G_MAX, J0=J0 * G_MAX)


def simulate(
    context: Context, sources: Sequence[tuple[int, pl.PoissonSource]], rules: Mapping[str, pl.Rule], end: float
) -> dict[str, Recording]:
    """One neuron for each rule, independent of each other; all have the same inputs."""
    net = pl.Network(dt=0.5, seed=context.seed, threads=context.threads, precision=context.precision)
    neuron = pl.LIF(
        C_m=200, tau_m=20, E_L=-70, V_th=-54, V_reset=-60, t_ref=0,
        receptors={"exc": pl.ConductanceExp(tau=5, E_rev=0), "inh": pl.ConductanceExp(tau=5, E_rev=-70)},
    )  # fmt: skip
    neurons = net.population(len(rules), neuron)
    exc = [net.population(number, source) for number, source in sources]
    inh = net.population(200, pl.PoissonSource(10))
    net.connect(inh, neurons, pl.AllToAll(), receptor="inh", weight=0.5, delay=0.5)
    recordings = {}
    for number, (name, rule) in enumerate(rules.items()):
        one = neurons[number : number + 1]
        inputs = [
            net.connect(group, one, pl.AllToAll(), receptor="exc", weight=G_MAX, delay=0.5, plasticity=rule)
            for group in exc
        ]
        recordings[name] = Recording(net, one, inputs)
    net.run(end)
    return recordings


def duration(context: Context) -> float:
    """Biological time in ms."""
    return 500_000 if context.quick else 1_500_000


class Recording:
    """Spikes of one neuron and weights of its inputs, in units of g_max."""

    def __init__(self, net: pl.Network, neuron: pl.View, inputs: list[pl.Projection]) -> None:
        self.net, self.inputs = net, inputs
        self.spikes = net.record(neuron, "spikes")
        self.history = [net.record(group, "weights", interval=BIN) for group in inputs]

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights at the end, shape (1000,)."""
        return np.concatenate([group.weights for group in self.inputs]) / G_MAX

    def history_at(self, part: float) -> NDArray[np.float64]:
        """Weights after a part of the run, shape (1000,)."""
        return np.concatenate([group.values[int(part * len(group.values))] for group in self.history]) / G_MAX

    def rate(self, start: float, end: float) -> float:
        """Output rate in Hz between two moments (ms)."""
        return len(self.times(start, end)) / (end - start) * 1e3

    def cv(self, start: float, end: float) -> float:
        """Coefficient of variation of the intervals between two moments (ms); NaN with fewer than 3 spikes."""
        intervals = np.diff(self.times(start, end))
        return float(intervals.std() / intervals.mean()) if len(intervals) > 1 else np.nan

    def times(self, start: float, end: float) -> NDArray[np.float64]:
        """Spike times between two moments (ms)."""
        times = self.spikes.times
        return times[(times >= start) & (times < end)]

    def course(self) -> dict[str, Any]:
        """What the figure needs."""
        starts = np.arange(0, self.net.time, BIN)
        return {
            "t": starts * 1e-3,
            "rate": np.array([self.rate(start, start + BIN) for start in starts]),
            "cv": np.array([self.cv(start, start + 2 * BIN) for start in starts]),
            "first cv": self.cv(0, 2000),
            "weights": self.weights,
            "history": np.hstack([recorder.values for recorder in self.history]) / G_MAX,
        }


def common_rate(context: Context, rate: float = 20, correlation: float = 0.1, tau: float = 20) -> pl.Schedule:
    """A rate that jumps to a new value after exponential intervals of `tau` ms on average.

    Inputs that share it have spike counts with the correlation x / (1 + x), where x = 2 rate size^2 tau.
    """
    draws = np.random.default_rng(context.seed)
    moments = np.cumsum(np.maximum(draws.exponential(tau, int(1.2 * duration(context) / tau)), 0.5))
    moments = np.concatenate([[0.0], moments[moments < duration(context)]])
    size = np.sqrt(correlation / (1 - correlation) / (2 * rate * tau * 1e-3))
    return pl.Schedule(moments, np.maximum(rate * (1 + size * draws.standard_normal(len(moments))), 0))


def bimodality(weights: NDArray[np.float64]) -> float:
    """Sarle's coefficient of bimodality: 5/9 for a uniform distribution, 1 for two points, 1/3 for a normal one."""
    n, z = len(weights), (weights - weights.mean()) / weights.std()
    return float(((z**3).mean() ** 2 + 1) / ((z**4).mean() - 3 + 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))))


def skewness(weights: NDArray[np.float64]) -> float:
    """The third standardised moment."""
    return float((((weights - weights.mean()) / weights.std()) ** 3).mean())


def run(context: Context) -> dict[str, Any]:
    """All conditions, one network for each set of inputs."""
    end = duration(context)
    context.compression = "quick: 500 s instead of 1500 s" if context.quick else "none"
    courses: dict[str, Any] = {}
    output = {}
    for rate in RATES:
        context.stage(f"{end / 1000:g} s with inputs of {rate} Hz")
        rules: dict[str, pl.Rule] = {"1.05": additive(1.05)}
        if rate == 20:
            rules |= {"1.02": additive(1.02), "1.10": additive(1.10)}
        done = simulate(context, [(1000, pl.PoissonSource(rate))], rules, end)
        courses |= {f"{rate} {name}": recording.course() for name, recording in done.items()}
        output[rate] = judge_additive(context, rate, done["1.05"])
        if rate == 20:
            for name in ("1.02", "1.10"):
                seen = f"P07, oracle {'66' if name == '1.02' else 'about 0'} Hz; not judged"
                metric = f"A, ratio {name}: output rate"
                context.record(metric, done[name].rate(0.8 * end, end), unit="Hz", provenance=seen)
    context.record(
        "A: output rate at 40 Hz / at 10 Hz", output[40] / max(output[10], 1e-9), below(1.5),
        provenance="P07; Song 2000: the output rate hardly depends on the input rate; last fifth of the run",
    )  # fmt: skip
    context.stage(f"{end / 1000:g} s with a correlated half")
    halves = [(500, pl.PoissonSource(common_rate(context))), (500, pl.PoissonSource(20))]
    correlated = simulate(context, halves, {"halves": additive(1.05)}, end)["halves"]
    courses["halves"] = correlated.course()
    weights = correlated.weights
    context.record(
        "A: mean weight, correlated / uncorrelated half", weights[:500].mean() / weights[500:].mean(), above(4),
        provenance="P07; Song 2000; correlation 0.1 of spike counts, 20 ms, 20 Hz",
    )  # fmt: skip
    courses |= others(context)
    return courses


def others(context: Context) -> dict[str, Any]:
    """Models B and C, whose weights settle sooner."""
    ends = {"B": 25_000 if context.quick else 60_000, "C": 50_000 if context.quick else 200_000}
    rules: dict[str, dict[str, pl.Rule]] = {
        "B": {
            "B fading": proportional(0.015),
            "B constant": proportional(0.015, "constant"),
            "B none": proportional(0),
        },
        "C": {f"C {mu:g}": power(mu) for mu in POWERS} | {"C log": logarithmic(0.4), "C slow log": logarithmic(0.04)},
    }
    done: dict[str, Recording] = {}
    for model, end in ends.items():
        context.stage(f"{end / 1000:g} s of model {model}")
        done |= simulate(context, [(1000, pl.PoissonSource(20))], rules[model], end)
    context.compression = "quick: 25 s of model B instead of 60 s" if context.quick else "none"
    for noise in NOISES:
        judge_proportional(context, noise, done[f"B {noise}"])
    context.compression = "quick: 50 s of model C instead of 200 s" if context.quick else "none"
    judge_powers(context, done)
    judge_logarithmic(context, done["C log"])
    slow = done["C slow log"].weights
    seen = "P07; Gilson and Fukai 2011; learning rate 0.04 J0; not judged"
    context.record("C, slow log-STDP: skewness", skewness(slow), provenance=seen)
    context.record("C, slow log-STDP: largest / median weight", slow.max() / np.median(slow), provenance=seen)
    return {f"20 {name}": recording.course() for name, recording in done.items()}


def judge_additive(context: Context, rate: float, recording: Recording) -> float:
    """Records the metrics of model A at one input rate; returns the output rate of the last fifth."""
    end = duration(context)
    source = "P07; Song 2000"
    final, weights = recording.rate(0.8 * end, end), recording.weights
    context.record(
        f"A, {rate} Hz: bimodality coefficient", bimodality(weights), above(0.6), provenance=f"{source}; final weights"
    )
    context.record(
        f"A, {rate} Hz: final CV of intervals", recording.cv(0.8 * end, end), above(0.7),
        provenance=f"{source}; last fifth of the run",
    )  # fmt: skip
    seen = f"{source}; not judged"
    context.record(f"A, {rate} Hz: first CV of intervals", recording.cv(0, 2000), provenance=f"{seen}; first 2 s")
    context.record(f"A, {rate} Hz: first output rate", recording.rate(0, 2000), unit="Hz", provenance=seen)
    context.record(f"A, {rate} Hz: final output rate", final, unit="Hz", provenance=seen)
    context.record(f"A, {rate} Hz: weights below 0.1", (weights < 0.1).mean(), provenance=seen)
    context.record(f"A, {rate} Hz: weights above 0.9", (weights > 0.9).mean(), provenance=seen)
    return final


def judge_proportional(context: Context, noise: str, recording: Recording) -> None:
    """Records the metrics of model B."""
    name, weights = "B, no noise" if noise == "none" else f"B, {noise} noise", recording.weights
    source = "P07; van Rossum 2000; 20 Hz"
    context.record(
        f"{name}: mean weight / (c_p / c_d)", weights.mean() / EQUILIBRIUM, between(0.9, 1.1), provenance=source
    )
    context.record(
        f"{name}: bimodality coefficient", bimodality(weights), below(5 / 9),
        provenance=f"{source}; one mode: below that of a uniform distribution",
    )  # fmt: skip
    context.record(f"{name}: smallest weight / g_max", weights.min(), above(0), provenance=f"{source}; no mass at 0")
    context.record(
        f"{name}: standard deviation", weights.std(),
        provenance=f"{source}; oracle .19 to .30 g_max with noise; closed form for independent trains "
        f"{expected_spread(noise, recording):.3f}; not judged",
    )  # fmt: skip
    context.record(f"{name}: skewness", skewness(weights), provenance=f"{source}; right-skewed; not judged")


def expected_spread(noise: str, recording: Recording) -> float:
    """Standard deviation of the weights of model B between independent Poisson trains, in units of g_max.

    Of drift a (c_p - c_d w) and noise b w per second, with a = r_pre r_post tau: the second moment stands still at
    2 a c_p <w> / (2 a c_d - b^2). A pair's own noise of sigma w exp(-Delta/tau) makes b^2 = r_pre r_post tau sigma^2,
    noise of sigma w at every spike of both neurons (r_pre + r_post) sigma^2.
    """
    if noise == "none":
        return 0.0
    end = recording.net.time
    pre, post = 20.0, recording.rate(0.8 * end, end)
    pairs = pre * post * 0.02
    events = pairs if noise == "fading" else pre + post
    relative = 2 * pairs * 0.003 / (2 * pairs * 0.003 - events * 0.015**2)
    return float(EQUILIBRIUM * np.sqrt(relative - 1)) if relative > 1 else np.inf


def judge_powers(context: Context, done: Mapping[str, Recording]) -> None:
    """Records the metrics of model C, powers."""
    source = "P07; Guetig 2003"
    for mu in POWERS:
        weights = done[f"C {mu:g}"].weights
        context.record(
            f"C, mu = {mu:g}: bimodality coefficient", bimodality(weights), provenance=f"{source}; not judged"
        )
        context.record(f"C, mu = {mu:g}: standard deviation", weights.std(), provenance=f"{source}; not judged")
    weakest, strongest = done[f"C {POWERS[0]:g}"].weights, done[f"C {POWERS[-1]:g}"].weights
    context.record(
        f"C: spread of weights at mu = {POWERS[-1]:g} / at mu = {POWERS[0]:g}",
        strongest.std() / weakest.std(), below(0.5),
        provenance=f"{source}: competition goes as mu rises",
    )  # fmt: skip
    fixed = 1 / (1 + 1.05)
    context.record(
        f"C, mu = {POWERS[-1]:g}: mean weight / 1/(1 + ratio)", strongest.mean() / fixed, between(0.9, 1.1),
        provenance=f"{source}: where potentiation and depression of pairs by chance balance",
    )  # fmt: skip


def judge_logarithmic(context: Context, recording: Recording) -> None:
    """Records the metrics of log-STDP."""
    source, weights = "P07; Gilson and Fukai 2011", recording.weights
    context.record(
        "C, log-STDP: skewness", skewness(weights), above(1), provenance=f"{source}: a long tail; exponential: 2"
    )
    context.record(
        "C, log-STDP: largest / median weight", weights.max() / np.median(weights), above(3),
        provenance=f"{source}: no hard upper bound",
    )  # fmt: skip
    context.record(
        "C, log-STDP: weights below 0.1 J0", (weights < 0.1 * J0).mean(), below(0.1),
        provenance=f"{source}: stable, no mass at 0",
    )  # fmt: skip
    context.record("C, log-STDP: mean weight / J0", weights.mean() / J0, provenance=f"{source}; not judged")
    half = recording.history_at(0.5)
    context.record(
        "C, log-STDP: mean weight at the end / at half time", weights.mean() / half.mean(), between(0.9, 1.1),
        provenance=f"{source}: stable without a bound",
    )  # fmt: skip
    end = recording.net.time
    context.record(
        "C, log-STDP: output rate", recording.rate(0.8 * end, end), unit="Hz", provenance=f"{source}; not judged"
    )


# ---- figure


COLORS = {10: THIRD, 20: EXCITATORY, 40: SECOND}  # of rates of inputs


def figure(courses: dict[str, Any]) -> Figure:
    """Weights over time, output rates, irregularity, and final weights of all conditions."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(10.5, 9.6), layout="constrained")
    panels = picture.subplots(3, 3)
    bins = np.linspace(0, 1, 41)
    draw_competition(panels[0, 0], courses["20 1.05"], bins)
    draw_output(panels[0, 1], panels[0, 2], courses)
    draw_additive(panels[1], courses, bins)
    draw_others(panels[2], courses)
    return picture


def draw_competition(axes: Axes, course: dict[str, Any], bins: NDArray[np.float64]) -> None:
    """Weights over time."""
    counts = np.array([np.histogram(weights, bins)[0] for weights in course["history"]])
    extent = (0.0, len(counts) * BIN * 1e-3, 0.0, 1.0)
    axes.imshow(np.log10(counts.T + 1), origin="lower", aspect="auto", extent=extent, cmap="magma_r", vmax=3)
    axes.set(xlabel="time (s)", ylabel="weight / g_max")
    letter(axes, "A", "inputs compete (20 Hz; darker: more)")


def draw_output(rates: Axes, variation: Axes, courses: dict[str, Any]) -> None:
    """Rate and irregularity of the output."""
    for rate in RATES:
        course = courses[f"{rate} 1.05"]
        rates.plot(course["t"], course["rate"], color=COLORS[rate], label=f"inputs of {rate} Hz", lw=1)
        settled = slice(int(50_000 / BIN), -1)
        variation.plot(course["t"][settled], course["cv"][settled], color=COLORS[rate], lw=1)
        variation.plot(0, course["first cv"], "o", color=COLORS[rate], ms=4, clip_on=False)
    rates.set(yscale="log", xlabel="time (s)", ylabel="output rate (Hz)")
    rates.set_yticks([10, 30, 100, 300], ["10", "30", "100", "300"])
    rates.legend()
    letter(rates, "B", "the output rate settles")
    variation.axhline(0.7, color=GREY, lw=0.8, ls=(0, (4, 3)))
    variation.set(xlabel="time (s)", ylabel="CV of intervals", ylim=(0, 1.4))
    letter(variation, "C", "and firing becomes irregular (dots: first 2 s)")


def draw_additive(panels: Any, courses: dict[str, Any], bins: NDArray[np.float64]) -> None:
    """Final weights of additive STDP."""
    shared: dict[str, Any] = {"bins": bins, "histtype": "step", "lw": 1.5}
    axes = panels[0]
    for rate in RATES:
        axes.hist(courses[f"{rate} 1.05"]["weights"], color=COLORS[rate], label=f"{rate} Hz", **shared)
    letter(axes, "D", "final weights, additive STDP")
    axes = panels[1]
    for name, color in (("1.02", FIRST), ("1.05", EXCITATORY), ("1.10", INHIBITORY)):
        axes.hist(courses[f"20 {name}"]["weights"], color=color, label=f"A\u208b / A\u208a = {name}", **shared)
    letter(axes, "E", "additive, other ratios (20 Hz)")
    axes = panels[2]
    halves = courses["halves"]["weights"]
    axes.hist(halves[:500], color=FIRST, label="correlated half", **shared)
    axes.hist(halves[500:], color=EXCITATORY, label="uncorrelated half", **shared)
    letter(axes, "F", "correlated inputs win")
    for axes in panels:
        axes.set(yscale="log", ylim=(0.8, 20_000), xlabel="weight / g_max", ylabel="inputs", xlim=(0, 1))
        axes.legend(loc="upper right")


def draw_others(panels: Any, courses: dict[str, Any]) -> None:
    """Final weights of the other models."""
    shared: dict[str, Any] = {"bins": np.linspace(0, 2, 81), "histtype": "step", "lw": 1.3}
    axes = panels[0]
    for noise, color in (("none", GREY), ("fading", EXCITATORY), ("constant", INHIBITORY)):
        label = "no noise" if noise == "none" else f"{noise} noise"
        axes.hist(courses[f"20 B {noise}"]["weights"], color=color, label=label, **shared)
    axes.axvline(EQUILIBRIUM, color=GREY, lw=0.8, ls=(0, (3, 3)))
    letter(axes, "G", "model B: one mode")
    axes = panels[1]
    for mu, color in zip(POWERS, (SECOND, THIRD, FIRST), strict=True):
        axes.hist(courses[f"20 C {mu:g}"]["weights"], color=color, label=f"mu = {mu:g}", **shared)
    letter(axes, "H", "model C: between additive and multiplicative")
    axes = panels[2]
    for name, part, color in (("log", 0.4, EXCITATORY), ("slow log", 0.04, GREY)):
        axes.hist(courses[f"20 C {name}"]["weights"], color=color, label=f"log-STDP, rate {part:g} J\u2080", **shared)
    axes.axvline(J0, color=GREY, lw=0.8, ls=(0, (3, 3)))
    letter(axes, "I", "model C: a long tail without a bound")
    for axes in panels:
        axes.set(yscale="log", ylim=(0.8, 2000), xlabel="weight / g_max", ylabel="inputs", xlim=(0, 2))
        axes.legend(loc="upper right")
    panels[1].set_xlim(0, 1)
