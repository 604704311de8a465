"""Inhibitory plasticity undoes within tens of seconds what a sudden change of drive or inhibition does to a network.

The network of Vogels, Sprekeler, Zenke, Clopath and Gerstner (2011), Science 334:1569, doi:10.1126/science.1211095, at
a quarter of its size: 2,000 excitatory and 500 inhibitory neurons, 8 % connectivity, so that each has as many inputs,
and the shortest delays, 0.1 ms. It balances itself for 50 s; then copies of it meet

* more drive: the current of the excitatory neurons rises from 200 to 260 pA;
* less drive: it falls to 160 pA;
* gabazine: the gain of all inhibitory receptors is halved;
* noradrenaline: a modulator raises the gain of all that arrives at the excitatory neurons by 30 %;

each with inhibitory plasticity at work and frozen. A fifth pair of copies, of a network that was balanced with
depressing synapses between excitatory neurons, meets gabazine too.

``quick`` balances for 12 s with a learning rate four times as high, and follows the arms for 4 s at that rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, Criterion, above, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P20",)

EXCITATORY_NEURONS, INHIBITORY_NEURONS = 2000, 500
WEIGHT = 0.3  # nS
DELAY = 0.1  # ms
RELEASE, RECOVERY = 0.2, 200.0  # U and ms, of depressing synapses
BIN = 100.0  # ms
SAMPLE = 40  # neurons whose currents are recorded
# rate in Hz over the 2 s that end at a moment in s, an independent computation
ORACLE: dict[tuple[str, bool], dict[float, float]] = {
    ("more drive", True): {2: 12.7, 10: 9.2, 40: 6.4},
    ("more drive", False): {2: 13.5, 40: 13.5},
    ("gabazine", True): {2: 8.5, 4: 4.0, 40: 3.0},
    ("gabazine", False): {10: 100.0},
    ("less drive", True): {2: 0.95, 40: 1.7},
}
ARMS = ("more drive", "less drive", "gabazine", "noradrenaline", "gabazine, depressing synapses")


def build(context: Context, learning_rate: float, depressing: bool) -> pl.Network:
    """The network, unbalanced."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    neuron = pl.LIF(
        C_m=200, tau_m=20, E_L=-60, V_th=-50, V_reset=-60, t_ref=5, I_e=200,
        receptors={"exc": pl.ConductanceExp(tau=5, E_rev=0), "inh": pl.ConductanceExp(tau=10, E_rev=-80)},
    )  # fmt: skip
    exc = net.population(EXCITATORY_NEURONS, neuron, name="exc", initial={"V": pl.Uniform(-60, -50)})
    inh = net.population(INHIBITORY_NEURONS, neuron, name="inh", initial={"V": pl.Uniform(-60, -50)})
    sparse = pl.FixedProbability(0.08)
    depression = pl.TsodyksMarkram(U=RELEASE, tau_rec=RECOVERY, tau_facil=0) if depressing else None
    # a depressing synapse transmits 0.3 nS on average at 5 Hz
    weight = WEIGHT * (1 / RELEASE + RECOVERY * 5e-3) if depressing else WEIGHT
    net.connect(exc, exc, sparse, receptor="exc", weight=weight, delay=DELAY, plasticity=depression)
    net.connect(exc, inh, sparse, receptor="exc", weight=WEIGHT, delay=DELAY)
    net.connect(inh, inh, sparse, receptor="inh", weight=10 * WEIGHT, delay=DELAY)
    rule = pl.InhibitorySTDP(target_rate=3, tau=20, learning_rate=learning_rate, w_max=100)
    net.connect(inh, exc, sparse, receptor="inh", weight=0, delay=DELAY, plasticity=rule, name="learning")
    noradrenaline = net.modulator("noradrenaline", tau=1000)
    for receptor in ("exc", "inh"):
        net.control(exc, pl.Modulation(parameter=f"{receptor}.gain", modulator=noradrenaline.name, slope=0.3))
    return net


def perturb(net: pl.Network, arm: str) -> None:
    """Makes the change, for good."""
    exc = net.populations["exc"]
    if arm == "noradrenaline":
        net.modulators["noradrenaline"].baseline = 1.0
    elif arm.startswith("gabazine"):
        for name, neurons in net.populations.items():
            net.modify(neurons, {"inh.gain": 0.5}, name=f"gabazine, {name}")
    else:
        net.modify(exc, {"I_e": {"more drive": 1.3, "less drive": 0.8}[arm]}, name=arm)


def follow(balanced: pl.Network, arm: str, plastic: bool, before: float, duration: float) -> dict[str, Any]:
    """Rates and the ratio of currents in a copy of the balanced network, around the change at time 0; times in s."""
    net = balanced.copy()
    exc = net.populations["exc"]
    net.projections["learning"].plastic = plastic
    rate = net.record(exc, "rate", interval=BIN)
    state = net.record(exc, ["V", "exc.g", "inh.g"], interval=5.0, sample=np.arange(SAMPLE))
    start = net.time + before
    net.run(before)
    perturb(net, arm)
    net.run(duration)
    voltage, times = state["V"], (state.times - start) * 1e-3
    excitation = state["exc.g"] * (0 - voltage) + np.where(times[:, None] < 0, 200.0, exc.effective("I_e")[0])
    inhibition = state["inh.g"] * (voltage + 80)
    return {
        "t": (rate.times + BIN - start) * 1e-3,
        "rate": rate.rates,
        "current t": times,
        "excitation": excitation.mean(axis=1),
        "inhibition": inhibition.mean(axis=1),
    }


def mean_between(course: dict[str, Any], name: str, begin: float, end: float) -> float:
    """The mean of a course from `begin` to `end`, in s after the change."""
    times = course["t" if name == "rate" else "current t"]
    inside = (times > begin + 1e-6) & (times <= end + 1e-6)
    return float(course[name][inside].mean())


def extreme(course: dict[str, Any], baseline: float) -> float:
    """The rate in the bin that is farthest from the baseline."""
    rates = course["rate"][course["t"] > 1e-6]
    return float(rates[np.argmax(np.abs(rates - baseline))])


def half_recovery(course: dict[str, Any], baseline: float) -> float:
    """When the mean over 0.5 s has come back half of the way from its extreme to the baseline, in s; NaN if never."""
    rates = course["rate"][course["t"] > 1e-6]
    away = np.abs(np.convolve(rates, np.ones(5) / 5, mode="valid") - baseline)
    peak = int(np.argmax(away))
    back = np.flatnonzero(away[peak:] <= away[peak] / 2)
    return (peak + back[0]) * BIN * 1e-3 + 0.25 if len(back) else float("nan")


def near(value: float) -> Criterion:
    """Within 20 %."""
    return between(0.8 * value, 1.2 * value)


def judge(context: Context, courses: dict[tuple[str, bool], dict[str, Any]], duration: float) -> None:
    """Rates beside the oracle; how far, how long, and what is left of the balance."""
    source, ours = "P20: an independent computation, +-20 %", "not judged; what was seen"
    for arm in ARMS:
        for plastic in (True, False):
            course, title = courses[arm, plastic], f"{arm}, {'plastic' if plastic else 'frozen'}"
            baseline = mean_between(course, "rate", -2, 0)
            last = min(duration, 40 if plastic else 10)
            oracle = ORACLE.get((arm, plastic), {})
            for moment in sorted({2.0, last, *(m for m in oracle if m <= course["t"][-1] + 1e-6)}):
                context.record(
                    f"{title}: rate until {moment:g} s",
                    mean_between(course, "rate", moment - 2, moment),
                    near(oracle[moment]) if moment in oracle else None,
                    unit="Hz",
                    provenance=source if moment in oracle else ours,
                )
            context.record(f"{title}: rate farthest from before / before", extreme(course, baseline) / baseline,
                           provenance=ours)  # fmt: skip
            context.record(f"{title}: half recovery", half_recovery(course, baseline), unit="s", provenance=ours)
            for label, begin, end in (("before", -2.0, 0.0), ("0 to 1 s", 0.0, 1.0), ("last 2 s", last - 2, last)):
                ratio = mean_between(course, "excitation", begin, end) / mean_between(course, "inhibition", begin, end)
                context.record(f"{title}: E/I, {label}", ratio, provenance=ours)


def run(context: Context) -> dict[str, Any]:
    """Balances two networks, and perturbs copies."""
    balancing, duration, faster = (12_000, 4_000, 4.0) if context.quick else (50_000, 40_000, 1.0)
    context.compression = "quick: learning rate x 4, 12 s of balancing, 4 s of each arm" if context.quick else "none"
    before = 2_000.0
    courses: dict[tuple[str, bool], dict[str, Any]] = {}
    baselines = {}
    for depressing in (False, True):
        context.stage(f"{balancing / 1000:g} s of balancing{', depressing synapses' if depressing else ''}")
        net = build(context, 0.01 * faster, depressing)
        net.run(balancing - before)
        for arm in ARMS:
            if depressing != arm.endswith("synapses"):
                continue
            context.stage(arm)
            for plastic in (True, False):
                # frozen, nothing changes after a few seconds, and 100 Hz take time
                span = duration if plastic or arm == "more drive" else min(duration, 10_000)
                courses[arm, plastic] = follow(net, arm, plastic, before, span)
        baselines[depressing] = mean_between(courses[ARMS[-1 if depressing else 0], True], "rate", -2, 0)
    source = "P20: an independent computation"
    context.record("rate before", baselines[False], between(4.5 * 0.8, 5.5 * 1.2), unit="Hz",
                   provenance=f"{source}, 4.5 to 5.5 Hz, +-20 %")  # fmt: skip
    context.record("rate before, depressing synapses", baselines[True], unit="Hz", provenance="what was seen")
    judge(context, courses, duration * 1e-3)
    runaway = mean_between(courses["gabazine", False], "rate", 2, 4)
    context.record("gabazine: rate frozen / plastic, 2 to 4 s",
                   runaway / mean_between(courses["gabazine", True], "rate", 2, 4), above(2),
                   provenance="threshold of ours: plasticity ends the runaway")  # fmt: skip
    return {"courses": courses}


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Rates around each change, plastic and frozen, and what becomes of the balance."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, letter

    picture = Figure(figsize=(10.5, 5.6), layout="constrained")
    grid = picture.subplots(2, 3)
    courses = results["courses"]
    for axes, name, arm in zip(grid.flat, "ABCDE", ARMS, strict=False):
        for plastic, color in ((False, GREY), (True, EXCITATORY)):
            course = courses[arm, plastic]
            axes.plot(course["t"], course["rate"], color=color, lw=0.9, label="plastic" if plastic else "frozen")
        axes.axvline(0, color=FIRST, lw=0.8, ls=(0, (4, 3)))
        for plastic in (True, False):
            for moment, rate in ORACLE.get((arm, plastic), {}).items():
                if moment <= courses[arm, plastic]["t"][-1] + 1e-6:
                    axes.plot(moment - 1, rate, "o", ms=4, mfc="none", color=INHIBITORY)
        axes.set(xlabel="time after the change (s)", ylabel="rate (Hz)", ylim=(0, None))
        if arm.startswith("gabazine"):
            axes.set(yscale="log", ylim=(1, 200))
        letter(axes, name, arm)
    grid.flat[1].legend(loc="upper right")

    axes = grid.flat[5]
    for arm, color in (("more drive", EXCITATORY), ("gabazine", INHIBITORY)):
        course = courses[arm, True]
        ratio = np.convolve(course["excitation"], np.ones(40), "valid")
        ratio /= np.convolve(course["inhibition"], np.ones(40), "valid")
        axes.plot(course["current t"][39:], ratio, color=color, lw=0.8, label=arm)
    axes.set(xlabel="time after the change (s)", ylabel="excitation / inhibition")
    axes.legend()
    letter(axes, "F", "currents, with plasticity")
    return picture
