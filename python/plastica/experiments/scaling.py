"""Synaptic scaling multiplies all inputs of a neuron by one factor until it fires at its target rate.

Turrigiano, Leslie, Desai, Rutherford and Nelson (1998), Nature 391:892, doi:10.1038/36103: two days without spikes
(TTX) raise miniature currents to 190 %, two days without inhibition (bicuculline) lower them to 66 %, in proportion to
each synapse's size. Law: van Rossum, Bi and Turrigiano (2000), J Neurosci 20:8812,
doi:10.1523/JNEUROSCI.20-23-08812.2000, dw/dt = beta w (a0 - a) + gamma w integral(a0 - a), with a sensor a of 100 s,
beta = 4e-5 and gamma = 1e-7.

Thirty neurons, each with 500 excitatory inputs (5 Hz, log-normal weights of their own) and 100 inhibitory ones (10 Hz).
Time is compressed a thousandfold: beta x K, gamma x K^2, tau / K.

1. Control: until the rate is the target of 5 Hz.
2. TTX: spikes are dropped until the mean weight is 190 %; then spikes come back and the rate returns.
3. Bicuculline: inhibition is off; the rate returns.
4. What an additive law would have done: the same mean, by one amount for all weights.
5. Stability: with a population's mean rate as the sensor, the linear system tau s''' + s'' + G beta s' + G gamma s is
   stable if and only if tau gamma < beta, whatever the gain G of the neurons. tau gamma / beta from 1/4 to 4, with and
   without recurrent excitation.

``quick`` has shorter phases and fewer ratios.
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

SCIENCE = ("P14",)

K = 1000.0
TARGET = 5.0  # Hz
TAU, BETA, GAMMA = 1e5 / K, 4e-5 * K, 1e-7 * K**2  # ms, 1/(s Hz), 1/(s^2 Hz)
INTERVAL = 5.0  # ms
NEURONS, EXCITATORY_INPUTS, INHIBITORY_INPUTS = 30, 500, 100
RATIOS = (0.25, 0.5, 0.75, 1.5, 2.0, 4.0)  # tau gamma / beta


class Culture:
    """Neurons with inputs of their own, and their controller."""

    def __init__(self, context: Context) -> None:
        self.net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
        receptors = {"ampa": pl.ConductanceExp(tau=5, E_rev=0), "gaba": pl.ConductanceExp(tau=10, E_rev=-80)}
        neuron = pl.LIF(C_m=200, tau_m=20, E_L=-60, V_th=-50, V_reset=-60, t_ref=5, receptors=receptors)
        self.cells = self.net.population(NEURONS, neuron, name="cells")
        exc = self.net.population(EXCITATORY_INPUTS, pl.PoissonSource(5.0), name="excitation")
        inh = self.net.population(INHIBITORY_INPUTS, pl.PoissonSource(10.0), name="inhibition")
        weights = pl.LogNormal(mu=-1.25, sigma=0.65)
        self.excitation = self.net.connect(exc, self.cells, pl.AllToAll(), receptor="ampa", weight=weights, delay=1.0)
        self.inhibition = self.net.connect(inh, self.cells, pl.AllToAll(), receptor="gaba", weight=0.7, delay=1.0)
        law = pl.SynapticScaling(
            receptor="ampa",
            target_rate=TARGET,
            tau=TAU,
            beta=BETA,
            gamma=GAMMA,
            low=0.01,
            high=100.0,
            interval=INTERVAL,
        )
        self.scaling = self.net.control(self.cells, law)
        self.rate = self.net.record(self.cells, "rate", interval=500.0)
        self.factor = self.net.record(self.scaling, "factor", interval=100.0)

    def weights(self) -> Array:
        """Effective excitatory weights in nS, shape (inputs, neurons)."""
        return self.excitation.weights.reshape(EXCITATORY_INPUTS, NEURONS) * self.cells.effective("ampa.gain")

    def mean_rate(self, duration: float) -> float:
        before = self.cells.spike_count
        self.net.run(duration)
        return (self.cells.spike_count - before) / NEURONS / duration * 1e3


def comparison(control: Array, scaled: Array) -> dict[str, float]:
    """How far ranked amplitudes lie on a line through the origin, in one neuron after another; means over neurons."""
    found = []
    for one, other in zip(control.T, scaled.T, strict=True):
        before, after = np.sort(one), np.sort(other)
        found.append(
            [
                np.corrcoef(before, after)[0, 1] ** 2,
                abs(np.polyfit(before, after, 1)[1]) / after.mean(),
                same_distribution(before, after * before.mean() / after.mean()),
                after.std() / after.mean() / (before.std() / before.mean()) - 1,
                after.mean() / before.mean(),
            ]
        )
    names = ("R2", "intercept", "p", "CV", "factor")
    return dict(zip(names, np.mean(found, axis=0).tolist(), strict=True)) | {"worst p": float(np.min(found, axis=0)[2])}


def same_distribution(one: Array, other: Array) -> float:
    """The asymptotic p value of the two-sample Kolmogorov-Smirnov test."""
    both = np.sort(np.concatenate([one, other]))
    cdfs = [np.searchsorted(np.sort(sample), both, side="right") / len(sample) for sample in (one, other)]
    x = np.abs(cdfs[0] - cdfs[1]).max() * np.sqrt(len(one) * len(other) / (len(one) + len(other)))
    k = np.arange(1, 101)
    return float(np.clip(2 * np.sum((-1.0) ** (k - 1) * np.exp(-2 * k**2 * x**2)), 0, 1)) if x > 0.2 else 1.0


def ringing(context: Context, ratio: float, recurrent: bool, duration: float) -> tuple[Array, float]:
    """The population's rate after the controller starts, and its relative spread in the last third, noise taken off."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    neuron = pl.LIF(
        C_m=200,
        tau_m=20,
        E_L=-60,
        V_th=-50,
        V_reset=-60,
        t_ref=5,
        receptors={"ampa": pl.ConductanceExp(tau=5, E_rev=0)},
    )
    cells = net.population(400, neuron, initial={"V": pl.Uniform(-60, -50)})
    net.drive(cells, pl.PoissonInput(rate=2000.0), receptor="ampa", weight=0.4)
    if recurrent:
        net.connect(cells, cells, pl.FixedInDegree(40), receptor="ampa", weight=0.25, delay=1.5)
    law = pl.SynapticScaling(
        receptor="ampa", target_rate=TARGET, tau=TAU, beta=BETA, gamma=ratio * BETA / (TAU * 1e-3), sensor="population",
        low=0.01, high=100.0, interval=INTERVAL,
    )  # fmt: skip
    net.control(cells, law)
    rate = net.record(cells, "rate", interval=50.0)
    net.run(duration)
    late = rate.rates[-len(rate.rates) // 3 :]
    noise = TARGET / (400 * 0.05)
    return rate.rates, float(np.sqrt(max(late.var() - noise, 0.0)) / TARGET)


def run(context: Context) -> dict[str, Any]:
    """Control, TTX, bicuculline, an additive law, stability."""
    settle, measure = (20_000, 20_000) if context.quick else (60_000, 120_000)
    context.compression = f"time x {K:g}" + ("; quick: 20 s of settling and of measurement" if context.quick else "")
    found = treated(context, settle, measure)
    judge(context, found)
    context.stage("stability")
    of_results = ("control", "blocked", "lowered", "before", "added", "rate", "factor", "moments")
    return {name: found[name] for name in of_results} | stability(context)


def treated(context: Context, settle: float, measure: float) -> dict[str, Any]:
    """Weights and rates before and after each treatment of one culture."""
    context.stage("control")
    culture = Culture(context)
    culture.net.run(settle)
    rates = {"control": culture.mean_rate(measure)}
    control = culture.weights()

    context.stage("no spikes, until weights are at 190 %; then the rate returns")
    begin = culture.net.time
    culture.cells.silence()
    while culture.weights().mean() < 1.9 * control.mean():
        culture.net.run(10.0)
    blocked, silenced = culture.weights(), culture.net.time - begin
    culture.cells.restore()
    rates["released"] = culture.mean_rate(500.0)
    culture.net.run(settle)
    rates["after TTX"] = culture.mean_rate(measure)

    context.stage("no inhibition")
    before = culture.weights()
    without = culture.net.time
    culture.inhibition.weights = 0.0
    rates["disinhibited"] = culture.mean_rate(100.0)
    culture.net.run(settle)
    rates["after bicuculline"] = culture.mean_rate(measure)
    return {
        "control": control, "blocked": blocked, "lowered": culture.weights(), "before": before,
        "added": control + (blocked.mean(axis=0) - control.mean(axis=0)),
        "rate": (culture.rate.times * 1e-3, culture.rate.rates),
        "factor": (culture.factor.times * 1e-3, culture.factor.values), "moments": (begin * 1e-3, without * 1e-3),
        "rates": rates, "silenced": silenced,
    }  # fmt: skip


def judge(context: Context, results: dict[str, Any]) -> None:
    """Records what the treatments did to weights and rates."""
    source, rates, control = "P14", results["rates"], results["control"]
    multiplied = comparison(control, results["blocked"])
    added = comparison(control, results["added"])
    down = comparison(results["before"], results["lowered"])
    for name, found in (("TTX", multiplied), ("bicuculline", down)):
        context.record(f"{name}: R^2 of ranked weights", found["R2"], above(0.99), provenance=source)
        context.record(f"{name}: intercept / mean", found["intercept"], below(0.01), provenance=source)
        context.record(f"{name}: KS p after division, least of {NEURONS} neurons", found["worst p"], above(0.05),
                       provenance=source)  # fmt: skip
        context.record(f"{name}: change of the CV of weights", found["CV"], between(-0.02, 0.02), provenance=source)
    context.record("additive law: change of the CV of weights", added["CV"], below(-0.02),
                   provenance=f"{source}: must leave the band of 2 %")  # fmt: skip
    context.record("additive law: intercept / mean", added["intercept"], above(0.01), provenance=source)
    context.record("additive law: KS p after division", added["p"], below(0.05), provenance=source)
    for name in ("control", "after TTX", "after bicuculline"):
        context.record(
            f"rate, {name}", rates[name], between(0.95 * TARGET, 1.05 * TARGET), unit="Hz", provenance=source
        )
    seen = "not judged; what was seen"
    context.record("rate when spikes come back", rates["released"], unit="Hz", provenance=seen)
    context.record("rate in the first 100 ms without inhibition", rates["disinhibited"], unit="Hz", provenance=seen)
    context.record("mean weight after bicuculline", down["factor"], provenance=f"{seen}; published .66")
    context.record("time without spikes until 190 %", results["silenced"] * K / 3.6e6, unit="h",
                   provenance=f"{seen}; published 48 h; the constants are recalled ones")  # fmt: skip


def stability(context: Context) -> dict[str, Any]:
    """How much the rate rings below and above the bound, in feed-forward and recurrent networks."""
    ratios = RATIOS[::3] + RATIOS[-1:] if context.quick else RATIOS
    duration = 15_000 if context.quick else 40_000
    spread: dict[bool, list[float]] = {False: [], True: []}
    courses = {}
    for recurrent in (False, True):
        for ratio in ratios:
            course, size = ringing(context, ratio, recurrent, duration)
            spread[recurrent].append(size)
            courses[recurrent, ratio] = course
        network = "recurrent" if recurrent else "feed-forward"
        below_bound = max(size for ratio, size in zip(ratios, spread[recurrent], strict=True) if ratio < 1)
        above_bound = min(size for ratio, size in zip(ratios, spread[recurrent], strict=True) if ratio > 1)
        context.record(
            f"{network}: largest spread of the rate below the bound", below_bound, below(0.1),
            provenance="closed form: tau gamma < beta is stable; threshold of ours",
        )  # fmt: skip
        context.record(
            f"{network}: smallest spread above the bound", above_bound, above(0.2),
            provenance="closed form: tau gamma > beta is unstable; threshold of ours",
        )  # fmt: skip
    return {"ratios": ratios, "spread": spread, "courses": courses}


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Factors and rates over time, ranked weights, and the bound of stability."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, INK, LIGHT, letter

    picture = Figure(figsize=(10.5, 6.4), layout="constrained")
    grid = picture.subplot_mosaic("AAB;CCD")

    axes = grid["A"]
    times, factors = results["factor"]
    axes.plot(times, factors, color=LIGHT, lw=0.5)
    axes.plot(times, factors.mean(axis=1), color=INK, lw=1.2)
    for moment, label in zip(results["moments"], ("no spikes", "no inhibition"), strict=True):
        axes.axvline(moment, color=FIRST, lw=0.8, ls=(0, (4, 3)))
        axes.text(moment, axes.get_ylim()[1], f" {label}", color=FIRST, va="top")
    axes.set(xlabel=f"time (s), x {K:g}", ylabel="factor", xlim=(0, times[-1]))
    letter(axes, "A", "one factor per neuron")

    axes = grid["B"]
    before = np.sort(results["control"][:, 0])
    for name, label, color in (("blocked", "TTX", EXCITATORY), ("added", "additive, same mean", GREY)):
        axes.plot(before, np.sort(results[name][:, 0]), ".", ms=3, color=color, label=label)
    axes.plot(np.sort(results["before"][:, 0]), np.sort(results["lowered"][:, 0]), ".", ms=3, color=INHIBITORY,
              label="bicuculline")  # fmt: skip
    axes.plot(before, before, color=LIGHT, lw=0.8)
    axes.set(xlabel="weight before (nS)", ylabel="weight after (nS)", xlim=(0, None), ylim=(0, None))
    axes.legend()
    letter(axes, "B", "ranked weights of one neuron")

    axes = grid["C"]
    ratios = results["ratios"]
    for ratio, color in ((ratios[0], INK), (ratios[-1], INHIBITORY)):
        course = results["courses"][False, ratio]
        axes.plot(0.05 * np.arange(len(course)), course, color=color, lw=0.7, label=f"tau gamma / beta = {ratio:g}")
    axes.set(xlabel=f"time (s), x {K:g}", ylabel="rate (Hz)", ylim=(0, None))
    axes.legend(loc="upper right")
    letter(axes, "C", "too much integral gain rings")

    axes = grid["D"]
    for recurrent, marker in ((False, "o-"), (True, "s--")):
        label = "recurrent" if recurrent else "feed-forward"
        axes.plot(ratios, results["spread"][recurrent], marker, ms=4, color=INK, label=label)
    axes.axvline(1, color=FIRST, lw=1)
    axes.set(xscale="log", xlabel="tau gamma / beta", ylabel="spread of the rate / target", ylim=(0, None))
    axes.set_xticks(ratios, [f"{ratio:g}" for ratio in ratios], minor=False)
    axes.set_xticks([], minor=True)
    axes.legend()
    letter(axes, "D", "and the bound is where it must be")
    return picture
