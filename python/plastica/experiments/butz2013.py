"""Neurons that grow and lose synaptic elements by their calcium wire themselves up until each fires at its set point.

Butz and van Ooyen (2013), PLoS Comput Biol 9:e1003259, doi:10.1371/journal.pcbi.1003259; growth, set point and engram
as in Gallinaro, Gasparovic and Rotter (2022), PLoS Comput Biol 18:e1009836, doi:10.1371/journal.pcbi.1009836.

2000 excitatory and 500 inhibitory LIF neurons with Poisson input. Inhibitory synapses are there from the start and
stay (100 onto every neuron); excitatory ones, onto both kinds of neurons, all have to grow. Elements grow linearly,
dz/dt = nu (1 - Ca / eps), eps of 8 Hz, nu of half of it per ms, calcium with 10 s, an update every 100 ms. A weight is
0.25 mV, times -8 for inhibition; the input alone brings the mean potential to 0.75, 1.125 and 1.5 of the threshold.

1. 500 s of growth with each input; means over the last 50 s; elements against synapses every 10 s.
2. With the strongest input, that of the source, it goes on: a tenth of the excitatory neurons gets 5 % more for 150 s;
   then, how densely it is connected within, against what its in- and out-degrees give by chance.

The in-degree that brings a neuron to its set point is also had in closed form, from the rate of a LIF neuron in white
noise: Brunel (2000), J Comput Neurosci 8:183, doi:10.1023/A:1008925309027.

``quick`` has 1000 neurons whose elements grow twice as fast, for 200 s, and leaves the middle input out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import plastica as pl

from ._framework import Context, above, below, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P38",)

TAU_M, V_TH, V_RESET, T_REF = 20.0, 20.0, 10.0, 2.0  # ms, mV above rest
WEIGHT, RATIO, INHIBITORY_SYNAPSES = 0.25, 8.0, 100  # mV, of inhibition to excitation, onto each neuron
SET_POINT, TAU_CA, INTERVAL = 8.0, 10e3, 100.0  # Hz, ms
BOUTONS = 400  # for inhibitory neurons, of each excitatory one
DRIVES = (0.75, 1.125, 1.5)  # mean potential by the input alone / threshold
MEASURED, STIMULATION, STEP = 50e3, 150e3, 10e3  # ms


# ---- the rate of a neuron in closed form


def scaled_erfc(x: float) -> float:
    """exp(x**2) erfc(x), for large x by its asymptotic series."""
    if x < 8:
        return math.exp(x * x) * math.erfc(x)
    return (1 - 1 / (2 * x * x)) / (x * math.sqrt(math.pi))


def lif_rate(mean: float, deviation: float) -> float:
    """Rate in Hz in white noise that would give a neuron without threshold this mean and this deviation / sqrt(2)."""
    low, high = (V_RESET - mean) / deviation, (V_TH - mean) / deviation
    points = np.linspace(low, min(high, 8.0), 2001)
    values = [scaled_erfc(-u) for u in points]
    return 1e3 / (T_REF + TAU_M * math.sqrt(math.pi) * float(np.trapezoid(values, points)))


def moments(drive: float, excitatory: float, inhibitory: float, rate: float, weight: float) -> tuple[float, float]:
    """What `lif_rate` takes, for a neuron among neurons of this rate, with so many synapses; drive in mV."""
    arrivals = TAU_M * 1e-3 * rate
    mean = drive + weight * arrivals * (excitatory - RATIO * inhibitory)
    square = drive * weight + weight**2 * arrivals * (excitatory + RATIO**2 * inhibitory)
    return mean, math.sqrt(square)


def needed(drive: float) -> float:
    """Excitatory synapses that bring every neuron to the set point; drive in units of the threshold."""
    low, high = 0.0, 2e3
    for _ in range(40):
        middle = (low + high) / 2
        rate = lif_rate(*moments(drive * V_TH, middle, INHIBITORY_SYNAPSES, SET_POINT, WEIGHT))
        low, high = (middle, high) if rate < SET_POINT else (low, middle)
    return low


# ---- the network


class Size(NamedTuple):
    """How much there is of everything."""

    neurons: int = 2500
    speed: float = 0.5  # of growth, in set points per ms
    growth: float = 500e3  # ms
    after: float = 300e3  # stimulation, ms
    drives: tuple[float, ...] = DRIVES


class Grown(NamedTuple):
    """A network that wires itself up."""

    net: pl.Network
    excitatory: pl.Population
    inhibitory: pl.Population
    recurrent: pl.Projection
    forward: pl.Projection
    laws: tuple[pl.Rewiring, pl.Rewiring]


def poisson(drive: float) -> pl.PoissonInput:
    """Input of synapses of `WEIGHT` that brings the mean potential to `drive` times the threshold."""
    return pl.PoissonInput(rate=drive * V_TH / (WEIGHT * TAU_M * 1e-3))


def elements(speed: float, initial: float = 0.0) -> pl.SynapticElements:
    """Elements with the set point, calcium in Hz; speed in set points per ms."""
    return pl.SynapticElements(
        growth="linear", eps=SET_POINT, nu=speed * SET_POINT * 1e-3, tau_Ca=TAU_CA, beta_Ca=1e3 / TAU_CA,
        initial=initial,
    )  # fmt: skip


def build(context: Context, drive: float, size: Size) -> Grown:
    """Neurons, input, inhibition and the laws of growth; no excitatory synapse."""
    net = pl.Network(seed=context.seed, threads=context.threads, precision=context.precision)
    model = pl.LIF(
        tau_m=TAU_M, C_m=250.0, E_L=0.0, V_th=V_TH, V_reset=V_RESET, t_ref=T_REF, receptors={"psp": pl.CurrentDelta()}
    )
    start = {"V": pl.Uniform(0, V_TH)}
    exc = net.population(size.neurons * 4 // 5, model, name="exc", initial=start)
    inh = net.population(size.neurons // 5, model, name="inh", initial=start)
    for cells in (exc, inh):
        net.drive(cells, poisson(drive), weight=WEIGHT)
        net.connect(inh, cells, pl.FixedInDegree(INHIBITORY_SYNAPSES), weight=-RATIO * WEIGHT, delay=1.5)
    grown, laws = [], []
    for targets, axonal in ((exc, elements(size.speed)), (inh, elements(0.0, BOUTONS))):
        grown.append(net.connect(exc, targets, pl.Explicit([], []), weight=WEIGHT, delay=1.5))
        law = pl.StructuralPlasticity(axonal, elements(size.speed), weight=WEIGHT, delay=1.5, interval=INTERVAL)
        laws.append(net.control(grown[-1], law))
    return Grown(net, exc, inh, grown[0], grown[1], (laws[0], laws[1]))


# ---- what is measured


def in_degrees(projection: pl.Projection) -> Array:
    """Of each target."""
    return np.bincount(projection.targets, minlength=len(projection.post)).astype(float)


def unaccounted(grown: Grown) -> int:
    """Elements that are bound without a synapse, synapses without elements, and elements bound but not there."""
    wrong = 0
    for projection, law in zip((grown.recurrent, grown.forward), grown.laws, strict=True):
        out = np.bincount(projection.sources, minlength=len(projection.pre))
        for side, degrees in (("axonal", out), ("dendritic", in_degrees(projection))):
            bound = law.get(f"{side}.bound")
            wrong += int(np.abs(bound - degrees).sum() + np.maximum(bound - np.floor(law.get(f"{side}.z")), 0).sum())
        wrong += abs(law.created - law.removed - len(projection))
    return wrong


def modes(degrees: Array) -> int:
    """Peaks of the distribution, smoothed by half its standard deviation, that are above 1 % of the highest."""
    width = 0.5 * degrees.std()
    grid = np.linspace(degrees.min() - 4 * width, degrees.max() + 4 * width, 400)
    density = np.exp(-0.5 * ((grid[:, None] - degrees) / width) ** 2).sum(axis=1)
    inner = density[1:-1]
    peaks = (inner > density[:-2]) & (inner >= density[2:]) & (inner > 0.01 * density.max())
    return int(np.count_nonzero(peaks))


def over_chance(projection: pl.Projection, groups: int) -> Array:
    """Of each of so many groups, the synapses within it over what its in- and out-degree give by chance."""
    size = len(projection.pre) // groups
    count = np.zeros((groups, groups))
    np.add.at(count, (projection.sources // size, projection.targets // size), 1)
    return np.asarray(np.diag(count) * count.sum() / (count.sum(axis=1) * count.sum(axis=0)))


def grow(context: Context, drive: float, size: Size) -> tuple[Grown, dict[str, Any]]:
    """Growth, followed every 10 s."""
    grown = build(context, drive, size)
    recorders = [grown.net.record(law, "dendritic.Ca", interval=1e3) for law in grown.laws]
    wrong, times, course = 0, [], []
    while grown.net.time < size.growth - 1:
        grown.net.run(STEP)
        wrong += unaccounted(grown)
        times.append(grown.net.time)
        course.append((in_degrees(grown.recurrent).mean(), in_degrees(grown.forward).mean()))
    levels = [recorder.values.mean(axis=1) for recorder in recorders]
    late = recorders[0].times > size.growth - MEASURED
    return grown, {
        "calcium times": recorders[0].times, "levels": levels, "means": [float(level[late].mean()) for level in levels],
        "late": [level[late] for level in levels],
        "times": np.array(times), "course": np.array(course), "degrees": in_degrees(grown.recurrent), "wrong": wrong,
        "degree": np.array(course)[np.array(times) > size.growth - MEASURED].mean(axis=0),
    }  # fmt: skip


def engram(grown: Grown, after: float) -> dict[str, Any]:
    """A tenth is stimulated; density within each tenth, over chance, and the first one's in-degree, every 10 s."""
    begin, size = grown.net.time, len(grown.excitatory) // 10
    extra = grown.net.drive(grown.excitatory[:size], poisson(0.05 * DRIVES[-1]), weight=WEIGHT)
    times, ratios, degrees = [0.0], [over_chance(grown.recurrent, 10)], [in_degrees(grown.recurrent)[:size].mean()]
    while times[-1] < STIMULATION + after - 1:
        extra.active = times[-1] < STIMULATION - 1
        grown.net.run(STEP)
        times.append(grown.net.time - begin)
        ratios.append(over_chance(grown.recurrent, 10))
        degrees.append(in_degrees(grown.recurrent)[:size].mean())
    return {"times": np.array(times), "ratios": np.array(ratios), "degrees": np.array(degrees)}


def run(context: Context) -> dict[str, Any]:
    """Growth with three inputs, and an engram."""
    size = Size(1000, 1.0, 200e3, 100e3, (DRIVES[0], DRIVES[-1])) if context.quick else Size()
    context.compression = "quick: 1000 neurons, growth twice as fast and for 200 s" if context.quick else "none"
    found = []
    for drive in size.drives:
        context.stage(f"growth, input of {drive:g} thresholds")
        grown, one = grow(context, drive, size)
        found.append(one)
    context.stage("engram")
    trace = engram(grown, size.after)
    trace["unaccounted"] = unaccounted(grown)
    judge_growth(context, size.drives, found, trace["unaccounted"])
    judge_engram(context, trace)
    return {"size": size, "growth": found, "engram": trace, "needed": [needed(drive) for drive in size.drives]}


def judge_growth(context: Context, drives: tuple[float, ...], found: list[dict[str, Any]], at_the_end: int) -> None:
    """Set points, bookkeeping, and in-degrees."""
    for k, name in enumerate(("excitatory", "inhibitory")):
        for drive, one in zip(drives, found, strict=True):
            context.record(
                f"calcium of {name} neurons / set point, input of {drive:g}", one["means"][k] / SET_POINT,
                between(0.95, 1.05), provenance="P38; mean of the last 50 s",
            )  # fmt: skip
            context.record(
                f"the same, farthest from 1 in the last 50 s, {name}, input of {drive:g}",
                1 + np.abs(one["late"][k] / SET_POINT - 1).max(), provenance="not judged; mean of all neurons, each s",
            )  # fmt: skip
    context.record(
        "elements and synapses that do not agree", sum(one["wrong"] for one in found) + at_the_end, between(0, 0),
        provenance="P38; of each neuron, every 10 s",
    )  # fmt: skip
    context.record(
        "modes of the in-degree, most of all inputs", max(modes(one["degrees"]) for one in found), between(1, 1),
        provenance="P38; recurrent, excitatory",
    )  # fmt: skip
    for k, name in enumerate(("excitatory", "inhibitory")):
        degrees = np.array([one["degree"][k] for one in found])
        context.record(
            f"in-degree of {name} neurons, largest change with the input", np.diff(degrees).max(), below(0),
            provenance="P38; falls whenever the input grows",
        )  # fmt: skip
        for drive, degree in zip(drives, degrees, strict=True):
            context.record(f"in-degree of {name} neurons, input of {drive:g}", degree, provenance="not judged")
    for drive in drives:
        context.record(f"the same in closed form, input of {drive:g}", needed(drive), provenance="not judged; Siegert")


def judge_engram(context: Context, trace: dict[str, Any]) -> None:
    """Density within the stimulated tenth, and within the nine others."""
    times, ratios = trace["times"] / 1e3, trace["ratios"]
    moment = int(np.argmin(np.abs(times - (STIMULATION / 1e3 + 100))))
    others = ratios[moment, 1:]
    source = "P38; synapses within over what in- and out-degrees give by chance"
    context.record(
        "density within the stimulated tenth over chance, 100 s after", ratios[moment, 0], above(1), provenance=source
    )
    context.record(
        "the same, in standard deviations of the nine other tenths from their mean",
        (ratios[moment, 0] - others.mean()) / others.std(ddof=1), above(3), provenance=f"{source}; ours",
    )  # fmt: skip
    context.record("density within the others over chance, mean", others.mean(), provenance="not judged")
    context.record("density within the stimulated tenth before", ratios[0, 0], provenance="not judged")
    context.record("density within the stimulated tenth at the end", ratios[-1, 0], provenance="not judged")
    stimulated = trace["degrees"][(times > 100) & (times <= STIMULATION / 1e3)].mean()
    context.record(
        "in-degree of the stimulated tenth, during / before", stimulated / trace["degrees"][0], provenance="not judged"
    )


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Calcium, in-degrees, their distributions, and the engram."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, LIGHT, SECOND, THIRD, letter

    picture = Figure(figsize=(10.5, 5.8), layout="constrained")
    grid = picture.subplot_mosaic("AB;CD")
    first, colors = results["growth"][0], (THIRD, FIRST, SECOND)
    for level, name, color in zip(first["levels"], ("excitatory", "inhibitory"), (EXCITATORY, INHIBITORY), strict=True):
        dashes = "-" if name == "excitatory" else "--"
        grid["A"].plot(first["calcium times"] / 1e3, level, dashes, color=color, label=name)
    grid["A"].axhline(SET_POINT, color=GREY, lw=0.8, ls=(0, (4, 3)))
    grid["A"].set(xlabel="time (s)", ylabel="calcium (Hz)", ylim=(0, None), xlim=(0, None))
    grid["A"].legend(loc="lower right")
    letter(grid["A"], "A", f"calcium reaches its set point (input of {DRIVES[0]:g})")
    rows = zip(results["size"].drives, results["growth"], results["needed"], colors, strict=False)
    for drive, one, expected, color in rows:
        grid["B"].plot(one["times"] / 1e3, one["course"][:, 0], color=color, label=f"input of {drive:g}")
        grid["B"].axhline(expected, color=color, lw=0.8, ls=":")
        degrees = one["degrees"]
        grid["C"].hist(degrees, np.arange(degrees.min() - 0.5, degrees.max() + 1).tolist(), color=color)
    grid["B"].set(xlabel="time (s)", ylabel="mean in-degree", ylim=(0, None), xlim=(0, None))
    grid["B"].legend(loc="lower right")
    letter(grid["B"], "B", "more input, fewer synapses (dotted: closed form)")
    grid["C"].set(xlabel="in-degree after growth", ylabel="neurons", xlim=(0, None))
    letter(grid["C"], "C", "in-degrees, recurrent, excitatory")
    trace, axes = results["engram"], grid["D"]
    axes.axvspan(0, STIMULATION / 1e3, color="#fdf0dc", zorder=0)
    axes.plot(trace["times"] / 1e3, trace["ratios"][:, 1:], color=LIGHT, lw=0.8)
    axes.plot(trace["times"] / 1e3, trace["ratios"][:, 0], color=EXCITATORY)
    axes.axhline(1, color=GREY, lw=0.8, ls=(0, (4, 3)))
    axes.set(xlabel="time (s)", ylabel="synapses within / chance", xlim=(0, None))
    letter(axes, "D", "the stimulated tenth (grey: the others)")
    return picture
