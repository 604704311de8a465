"""Calcium above two thresholds gives all shapes of STDP, its dependence on rate, and on the number of spikes.

Graupner and Brunel (2012), PNAS 109:3991, doi:10.1073/pnas.1109359109; noise as in the erratum,
doi:10.1073/pnas.1220044110. Data of cortical slices: Sjoestroem, Turrigiano and Nelson (2001), Neuron 32:1149,
doi:10.1016/S0896-6273(01)00542-6.

Every condition has 512 synapses that start at efficacy 0 and 512 that start at 1; at the end those above 1/2 count as
strong: without calcium the bistable efficacy goes on to the nearer of 0 and 1 (shown once, in panel D). The change of
synaptic strength is compared with the closed form of the paper, :func:`closed_form`, which leaves out the bistable
drift during the stimulation and sums over initially weak and strong synapses.

1. Shapes: 60 pairs at 1 Hz, the postsynaptic spike -100 to 100 ms after the presynaptic one, for the sets DP, DPD,
   DPD', P, D and D'; the shape is read off the simulated curve by :func:`shape_of`.
2. Cortical slices: 75 pairs at 0.1 to 50 Hz and +10 or -10 ms against the data.
3. Hippocampal slices: 200 pairs at 5 Hz; a presynaptic spike with two postsynaptic ones 11.5 ms apart, 100 and 30
   times.

``quick`` has the 7 intervals of the published table and 5 more, instead of 41, and pairs at 1 Hz instead of 0.1 Hz.
"""

from __future__ import annotations

import math
from itertools import groupby
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import plastica as pl

from ._framework import Context, below, between
from ._style import EXCITATORY, FIRST, GREY, INK, SECOND, THIRD, letter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P05",)

SHAPES = {
    "DP": pl.CalciumSTDP.DP(),
    "DPD": pl.CalciumSTDP.DPD(),
    "DPD'": pl.CalciumSTDP.DPD_prime(),
    "P": pl.CalciumSTDP.P(),
    "D": pl.CalciumSTDP.D(),
    "D'": pl.CalciumSTDP.D_prime(),
}
INTERVALS = np.arange(-100.0, 101.0, 5.0)  # ms
TABLE = np.array([-40.0, -20.0, -10.0, 0.0, 10.0, 20.0, 40.0])  # ms, where the closed form is compared
FEW = np.array([-100.0, -90.0, *TABLE[:4], 5.0, *TABLE[4:], 90.0, 100.0])
TAIL = 85.0  # ms: pairs further apart than this do not interact
SIDE = 32  # neurons on each side of a condition: 32 x 32 synapses, half of which start strong
HALF = SIDE * SIDE // 2

# rate in Hz, interval in ms, change of the strength and its standard error in the experiment
CORTEX = np.array(
    [
        (0.1, 10, -0.04, 0.05), (0.1, -10, -0.29, 0.08), (10, 10, 0.14, 0.10), (10, -10, -0.41, 0.11),
        (20, 10, 0.29, 0.14), (20, -10, -0.34, 0.10), (40, 10, 0.53, 0.11), (40, -10, 0.56, 0.32),
        (50, 10, 0.56, 0.26), (50, -10, 0.75, 0.19),
    ]
)  # fmt: skip


# ---- the closed form of the paper


class Transitions(NamedTuple):
    """What a protocol does to an ensemble of synapses."""

    up: float  # probability that a synapse of efficacy 0 ends above rho_star
    down: float  # probability that a synapse of efficacy 1 ends below
    change: float  # mean strength after / before


def time_above(rule: pl.CalciumSTDP, pre: ArrayLike, post: ArrayLike, period: float) -> tuple[float, float]:
    """Parts of the time that calcium is above theta_p and theta_d, when a motif of spikes repeats.

    Parameters
    ----------
    rule : CalciumSTDP
        The parameters.
    pre, post : array_like
        Times of presynaptic arrivals and postsynaptic spikes at the synapse within one period, in ms.
    period : float
        Time from one motif to the next, in ms.

    Returns
    -------
    tuple of float
        The parts above theta_p and theta_d, each 0 to 1, after many repetitions.
    """
    jumps = [((time + rule.delay_Ca) % period, rule.C_pre) for time in np.atleast_1d(pre)]
    jumps += [(time % period, rule.C_post) for time in np.atleast_1d(post)]
    jumps = sorted(jumps)
    left = sum(size * math.exp(-(period - time) / rule.tau_Ca) for time, size in jumps)
    calcium, now = left / -math.expm1(-period / rule.tau_Ca), 0.0
    above = [0.0, 0.0]
    for time, size in [*jumps, (period, 0.0)]:
        for which, theta in enumerate((rule.theta_p, rule.theta_d)):
            if calcium > theta:
                above[which] += min(rule.tau_Ca * math.log(calcium / theta), time - now)
        calcium, now = calcium * math.exp(-(time - now) / rule.tau_Ca) + size, time
    return above[0] / period, above[1] / period


def closed_form(
    rule: pl.CalciumSTDP, pre: ArrayLike, post: ArrayLike, period: float, repetitions: int, weak: float = 0.5
) -> Transitions:
    """What a repeated motif of spikes does to synapses, without simulation, in the way of the paper.

    The efficacy is an Ornstein-Uhlenbeck process with the mean drifts; its bistable drift is left out during the
    stimulation, and afterwards takes every synapse to the nearer stable state.

    Parameters
    ----------
    rule : CalciumSTDP
        The parameters.
    pre, post : array_like
        Times of presynaptic arrivals and postsynaptic spikes at the synapse within one period, in ms.
    period : float
        Time from one motif to the next, in ms.
    repetitions : int
        Number of motifs.
    weak : float
        The part of the synapses that have efficacy 0 before (beta in the paper); the others have 1.

    Returns
    -------
    Transitions
        Probabilities of going up and down, and the mean strength after divided by that before.
    """
    above_p, above_d = time_above(rule, pre, post, period)
    rate = rule.gamma_p * above_p + rule.gamma_d * above_d
    if rate == 0:
        return Transitions(0.0, 0.0, 1.0)
    rest = rule.gamma_p * above_p / rate
    left = math.exp(-rate * repetitions * period / rule.tau)
    spread = math.sqrt(rule.sigma**2 * (above_p + above_d) / rate * (1 - left**2))
    up = 0.5 * (1 - _erf(rule.rho_star - rest * (1 - left), spread))
    down = 0.5 * (1 + _erf(rule.rho_star - rest * (1 - left) - left, spread))
    return Transitions(up, down, strength(up, down, rule.w_1 / rule.w_0, weak))


def _erf(distance: float, spread: float) -> float:
    return math.erf(distance / spread) if spread > 0 else math.copysign(1.0, distance)


def strength(up: float, down: float, ratio: float, weak: float = 0.5) -> float:
    """Mean strength after / before, if strong synapses are `ratio` times as strong as weak ones."""
    strong = weak * up + (1 - weak) * (1 - down)
    return (1 - strong + ratio * strong) / (weak + ratio * (1 - weak))


def standard_error(expected: Transitions, ratio: float, weak: float = 0.5) -> float:
    """Standard error of the strength of 2 x 512 synapses; a probability counts as at least one synapse in 512."""
    up, down = (max(p * (1 - p), 1 / HALF) / HALF for p in (expected.up, expected.down))
    return (ratio - 1) / (weak + ratio * (1 - weak)) * math.sqrt(weak**2 * up + (1 - weak) ** 2 * down)


# ---- simulation


class Condition(NamedTuple):
    """A motif: times in ms within a period, as often as `repetitions` says."""

    pre: tuple[float, ...]
    post: tuple[float, ...]
    period: float
    repetitions: int

    def times(self, motif: tuple[float, ...]) -> Array:
        """All spike times."""
        starts = self.period * np.arange(self.repetitions)
        times: Array = np.add.outer(starts, 200 + np.array(motif)).ravel()
        return times


def pairs(rate: float, interval: float, repetitions: int) -> Condition:
    """Pairs at a rate in Hz, the postsynaptic spike `interval` ms after the presynaptic one."""
    return Condition((0.0,), (float(interval),), 1e3 / rate, repetitions)


def simulated(
    context: Context,
    rules: dict[str, pl.CalciumSTDP],
    conditions: Sequence[Condition],
    dt: float = 0.1,
    drug: pl.drugs.Drug | None = None,
) -> dict[str, list[Transitions]]:
    """Every rule under every condition, with synapses that start at efficacy 0 and 1 in turn; a drug acts on all."""
    net = pl.Network(dt=dt, seed=context.seed, threads=context.threads, precision=context.precision)
    pre = net.population(
        len(conditions) * SIDE, pl.SpikeSource([c.times(c.pre) for c in conditions for _ in range(SIDE)])
    )
    # a relay repeats its teacher a step after the arrival, so that a postsynaptic spike at 0 ms meets the presynaptic
    # one at the synapse; negative plastic weights never make it spike
    teacher = net.population(len(conditions), pl.SpikeSource([c.times(c.post) - dt for c in conditions]))
    post = net.population(len(conditions) * SIDE, pl.Relay())
    condition, source, target = np.indices((len(conditions), SIDE, SIDE)).reshape(3, -1)
    taught = np.arange(len(post))
    net.connect(teacher, post, pl.Explicit(sources=taught // SIDE, targets=taught), weight=1e6, delay=dt)
    ends = pl.Explicit(sources=condition * SIDE + source, targets=condition * SIDE + target)
    synapses = {
        name: net.connect(
            pre, post, ends, delay=dt, plasticity=rule, weight=-np.where(source % 2 == 1, rule.w_1, rule.w_0)
        )
        for name, rule in rules.items()
    }
    if drug is not None:
        net.apply(drug, list(synapses.values()))
    net.run(max(200 + c.period * c.repetitions for c in conditions) + 200)
    found = {}
    for name, projection in synapses.items():
        above = np.asarray(projection.get("efficacy")) > rules[name].rho_star
        parts = above.reshape(len(conditions), SIDE // 2, 2, SIDE).mean(axis=(1, 3))
        ratio = rules[name].w_1 / rules[name].w_0
        found[name] = [Transitions(up, 1 - stay, strength(up, 1 - stay, ratio)) for up, stay in parts]
    return found


def shape_of(intervals: Array, change: Array, error: Array) -> str:
    """The name of an STDP curve: D where it is significantly below 1, P above, from interval to interval.

    Significant: by as many standard errors as all intervals of a flat curve together exceed as seldom as one exceeds 3.

    Depression without interaction, at intervals beyond 85 ms on both sides, does not count as a lobe of its own but is
    written as a prime.
    """
    z = (change - 1) / error
    clear = NormalDist().inv_cdf(1 - NormalDist().cdf(-3) / len(z))
    letters = ["P" if value > clear else "D" for value in z if abs(value) > clear]
    lobes = "".join(letter for letter, _ in groupby(letters))
    tails = [
        (change[side] - 1).mean() / (np.sqrt((error[side] ** 2).sum()) / np.count_nonzero(side))
        for side in (intervals < -TAIL, intervals > TAIL)
    ]
    return lobes + ("'" if max(tails) < -3 else "")


def relaxation(context: Context) -> tuple[Array, Array]:
    """Efficacies of 21 synapses left alone from 0, 0.05, ..., 1, over 6000 s."""
    net = pl.Network(dt=100.0, seed=context.seed, threads=1, precision=context.precision)
    pre, post = net.population(1, pl.SpikeSource([])), net.population(21, pl.Relay())
    synapses = net.connect(pre, post, pl.AllToAll(), weight=-1.0, delay=100.0, plasticity=SHAPES["DP"])
    synapses.set(efficacy=np.linspace(0, 1, 21))
    course = net.record(synapses, "efficacy", interval=10_000.0)
    net.run(6_000_000)
    return course.times / 1000, course.values


def run(context: Context) -> dict[str, Any]:
    """The three parts, each against the closed form and the published numbers."""
    context.compression = "quick: 12 intervals, 1 Hz instead of 0.1 Hz" if context.quick else "none"
    results: dict[str, Any] = {"intervals": FEW if context.quick else INTERVALS}
    context.stage("60 pairs at 1 Hz, six sets of parameters")
    results["curves"] = judge_shapes(context, results["intervals"])
    context.stage("75 pairs at different rates, cortical slices")
    results["cortex"] = judge_cortex(context)
    context.stage("pairs and triplets at 5 Hz, hippocampal slices")
    results["hippocampus"] = judge_hippocampus(context)
    context.stage("6000 s of rest")
    results["rest"] = relaxation(context)
    final = results["rest"][1][-1]
    context.record(
        "at rest: distance from the stable states", float(np.minimum(final, 1 - final)[np.arange(21) != 10].max()),
        below(1e-3), provenance="P05; rho_star = 0.5, tau = 150 s; from 20 efficacies after 6000 s",
    )  # fmt: skip
    return results


def judge_shapes(context: Context, intervals: Array) -> dict[str, Array]:
    """The six curves: their names, and the distance from the closed form at 7 intervals."""
    conditions = [pairs(1.0, interval, 60) for interval in intervals]
    found = simulated(context, SHAPES, conditions)
    curves = {}
    for name, rule in SHAPES.items():
        theory = [closed_form(rule, *condition) for condition in conditions]
        change = np.array([one.change for one in found[name]])
        error = np.array([standard_error(one, rule.w_1 / rule.w_0) for one in theory])
        z = (change - [one.change for one in theory]) / error
        curves[name] = np.array([change, error])
        read = shape_of(intervals, change, error)
        context.record(
            f"{name}: shape read off the curve", float(read == name), between(1, 1),
            provenance=f"P05; Graupner 2012, figure 2; read: {read}",
        )  # fmt: skip
        context.record(
            f"{name}: largest distance from the closed form", float(np.abs(z[np.isin(intervals, TABLE)]).max()),
            below(3), unit="SEM", provenance="P05; 60 pairs at 1 Hz; -40, -20, -10, 0, 10, 20, 40 ms",
        )  # fmt: skip
    return curves


def judge_cortex(context: Context) -> Array:
    """Change of strength for each condition of the data, simulated and in the closed form; chi squared per point."""
    rule = pl.CalciumSTDP.cortical_slices()
    rates, intervals, data, error = CORTEX.T
    change, theory = [], []
    for rate in np.unique(rates):
        used = max(rate, 1.0) if context.quick else rate
        group = [pairs(used, interval, 75) for interval in intervals[rates == rate]]
        change += [one.change for one in simulated(context, {"cortex": rule}, group)["cortex"]]
        theory += [closed_form(rule, *condition).change for condition in group]
    for name, values in (("simulated", change), ("closed form", theory)):
        context.record(
            f"cortex, {name}: chi squared per point", (((np.array(values) - 1 - data) / error) ** 2).mean(),
            below(1), provenance="P05; 75 pairs, 0.1 to 50 Hz, +10 and -10 ms; data of Sjoestroem 2001",
        )  # fmt: skip
    return np.array([change, theory])


WEAK = 0.7  # part of the hippocampal synapses that start weak
HIPPOCAMPUS = {
    "200 pairs, 0 ms": (pairs(5.0, 0.0, 200), 0.76),
    "pre and two post, 100 times": (Condition((0.0,), (0.0, 11.5), 200.0, 100), 1.56),
    "pre and two post, 30 times": (Condition((0.0,), (0.0, 11.5), 200.0, 30), 1.17),
}


def judge_hippocampus(context: Context) -> dict[str, Array]:
    """Pairs and triplets at 5 Hz over the intervals of the figure."""
    rule = pl.CalciumSTDP.hippocampal_slices()
    curves = {}
    shifts = np.arange(-90.0, 91.0, 30.0 if context.quick else 10.0)
    for name, (condition, published) in HIPPOCAMPUS.items():
        moved = [condition._replace(post=tuple(t + shift for t in condition.post)) for shift in shifts]
        theory = [closed_form(rule, *one, weak=WEAK) for one in moved]
        found = simulated(context, {"slices": rule}, moved)["slices"]
        ratio = rule.w_1 / rule.w_0
        change = np.array([strength(one.up, one.down, ratio, WEAK) for one in found])
        error = np.array([standard_error(one, ratio, WEAK) for one in theory])
        curves[name] = np.array([shifts, change, error])
        at_0 = int(np.flatnonzero(shifts == 0)[0])
        context.record(
            f"hippocampus, {name}: change of strength", float(change[at_0]),
            between(float(published - 3 * error[at_0]), float(published + 3 * error[at_0])),
            provenance=f"P05; closed form {published}, 3 SEM of 1,024 synapses; 70 % weak before, 5 Hz",
        )  # fmt: skip
    return curves


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Six shapes, rates in cortical slices, numbers of spikes in hippocampal slices, and rest."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(11.5, 5.4), layout="constrained")
    panels = picture.subplot_mosaic([["DP", "DPD", "DPD'", "cortex", "cortex"], ["P", "D", "D'", "slices", "rest"]])
    fine = np.arange(-100.0, 100.5, 0.5)
    for position, (name, (change, error)) in enumerate(results["curves"].items()):
        axes = panels[name]
        theory = [closed_form(SHAPES[name], *pairs(1.0, interval, 60)).change for interval in fine]
        axes.plot(fine, theory, color=INK, lw=1, label="closed form")
        axes.errorbar(
            results["intervals"], change, 3 * error, fmt="o", ms=2.8, lw=0.7, color=EXCITATORY, label="simulated, 3 SEM"
        )
        axes.set(
            ylim=(0.45, 1.45), xlabel="post - pre (ms)" if axes in (panels["P"], panels["D"], panels["D'"]) else ""
        )
        letter(axes, "A" if position == 0 else "", name)
    panels["DP"].set_ylabel("strength after / before")
    panels["P"].set_ylabel("strength after / before")
    panels["DP"].legend(loc="lower right", fontsize=6.5)

    draw_cortex(panels["cortex"], results)

    draw_hippocampus(panels["slices"], results, fine)

    axes = panels["rest"]
    axes.plot(results["rest"][0], results["rest"][1], color=GREY, lw=0.8)
    axes.set(xlabel="time without spikes (s)", ylabel="efficacy")
    letter(axes, "D", "two stable states")
    for name, axes in panels.items():
        if name != "rest":
            axes.axhline(1, color=GREY, lw=0.6, zorder=0)
        if name not in ("rest", "cortex"):
            axes.axvline(0, color=GREY, lw=0.6, zorder=0)
    return picture


def draw_cortex(axes: Axes, results: dict[str, Any]) -> None:
    """Change of strength against the rate of pairs, cortical slices."""
    rates, intervals, data, error = CORTEX.T
    rule = pl.CalciumSTDP.cortical_slices()
    shown = np.geomspace(0.1, 50, 120)
    for interval, color in ((10, FIRST), (-10, SECOND)):
        chosen = intervals == interval
        theory = [closed_form(rule, *pairs(rate, interval, 75)).change for rate in shown]
        axes.plot(shown, theory, color=color, lw=1)
        axes.errorbar(
            rates[chosen], 1 + data[chosen], error[chosen], fmt="s", ms=4, color=color, mfc="white", capsize=2, lw=0.8,
            label=f"data, {interval:+d} ms",
        )  # fmt: skip
        axes.plot(
            rates[chosen], results["cortex"][0][chosen], "o", ms=4, color=color, label=f"simulated, {interval:+d} ms"
        )
    axes.set(xscale="log", xlabel="rate of pairs (Hz)", ylabel="strength after / before")
    axes.set_xticks([0.1, 1, 10, 20, 50], ["0.1", "1", "10", "20", "50"])
    axes.minorticks_off()
    axes.legend(loc="upper left", fontsize=7)
    letter(axes, "B", "cortical slices")


def draw_hippocampus(axes: Axes, results: dict[str, Any], fine: Array) -> None:
    """Change of strength against the interval for several numbers of spikes, hippocampal slices."""
    rule = pl.CalciumSTDP.hippocampal_slices()
    for (name, (shifts, change, error)), color in zip(
        results["hippocampus"].items(), (EXCITATORY, FIRST, THIRD), strict=True
    ):
        condition = HIPPOCAMPUS[name][0]
        moved = [condition._replace(post=tuple(t + shift for t in condition.post)) for shift in fine]
        axes.plot(fine, [closed_form(rule, *one, weak=WEAK).change for one in moved], color=color, lw=1)
        axes.errorbar(shifts, change, 3 * error, fmt="o", ms=3, lw=0.7, color=color, label=name.replace(", 0 ms", ""))
    axes.set(xlabel="first post - pre (ms)", ylim=(0.5, 2.4))
    axes.legend(loc="upper right", fontsize=6.5)
    letter(axes, "C", "hippocampal slices, 5 Hz")
