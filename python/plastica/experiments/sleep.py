"""Sleep that scales all but the strongest synapses down keeps wake's potentiation from filling them up, and memories.

de Vivo, Bellesi, Marshall, Bushong, Ellisman, Tononi and Cirelli (2017), Science 355:507, doi:10.1126/science.aah5982:
interfaces of axons and spines are 18 % smaller after sleep, in proportion to their size, and the largest fifth is
spared.

400 neurons with recurrent excitation (20 %), driven by Poisson input. Five days of

1. wake, 20 s: STDP whose potentiation exceeds its depression, so that activity strengthens synapses; an assembly of 80
   neurons receives more input than the rest;
2. sleep, 10 s: less input, no STDP; every second, synapses below the 80 % quantile of the evening are scaled down, so
   that the mean of all has fallen by 18 % in the morning.

The control does without: the same days without the scaling. The signal-to-noise ratio is the mean weight within the
assembly over that of the synapses that have no end in it; a weight is at its bound above 95 % of it.

``quick`` has wakes of 5 s with a learning rate four times as high, and sleeps of 2 s.
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

SCIENCE = ("P40",)

NEURONS, ASSEMBLY = 400, 80
W_MAX = 0.125  # nS
LEARNING_RATE, DEPRESSION = 0.02, 0.6
DAYS, LOSS, SPARED = 5, 0.18, 0.2
DRIVE, EXTRA, SLEEPING = 1000.0, 60.0, 0.8  # Hz, Hz, share of the drive in sleep
STEPS = 10  # of a night


def build(context: Context, learning_rate: float) -> pl.Network:
    """The network, before the first day."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    neuron = pl.LIF(C_m=200, tau_m=20, E_L=-60, V_th=-50, V_reset=-60, t_ref=5,
                    receptors={"exc": pl.ConductanceExp(tau=5, E_rev=0)})  # fmt: skip
    cells = net.population(NEURONS, neuron, name="cells", initial={"V": pl.Uniform(-60, -50)})
    net.drive(cells, pl.PoissonInput(rate=DRIVE), receptor="exc", weight=0.3, name="drive")
    net.drive(cells[:ASSEMBLY], pl.PoissonInput(rate=EXTRA), receptor="exc", weight=0.3, name="extra")
    rule = pl.STDP(A_plus=1.0, A_minus=DEPRESSION, tau_plus=20, tau_minus=20, learning_rate=learning_rate, w_max=W_MAX)
    weights = pl.Uniform(0.2 * W_MAX, 0.8 * W_MAX)
    net.connect(cells, cells, pl.FixedProbability(0.2), receptor="exc", weight=weights, delay=1.0,
                plasticity=rule, name="recurrent")  # fmt: skip
    return net


def scale_down(weights: Array, evening: Array, factor: float) -> Array:
    """Weights that were below the quantile in the evening, times a factor; the others as they are."""
    scaled: Array = np.where(evening < np.quantile(evening, 1 - SPARED), weights * factor, weights)
    return scaled


def night(net: pl.Network, duration: float, scaling: bool) -> tuple[Array, Array]:
    """Sleep; the weights of the evening and of the morning."""
    synapses, drive = net.projections["recurrent"], net.drives["drive"]
    synapses.plastic = False
    evening = synapses.weights
    scaled = evening < np.quantile(evening, 1 - SPARED)
    # what the scaled ones lose is 18 % of all
    factor = 1 - LOSS * evening.sum() / evening[scaled].sum()
    with net.modify(drive, {"rate": SLEEPING}):
        for _ in range(STEPS):
            if scaling:
                synapses.weights = scale_down(synapses.weights, evening, factor ** (1 / STEPS))
            net.run(duration / STEPS)
    synapses.plastic = True
    return evening, synapses.weights


def slope(evening: Array, morning: Array) -> tuple[float, float]:
    """Slope of log weights of the morning on those of the evening for the lower 80 %, and their mean log ratio."""
    lower = (evening < np.quantile(evening, 1 - SPARED)) & (evening > 0)
    before, after = np.log(evening[lower]), np.log(morning[lower])
    return float(np.polyfit(before, after, 1)[0]), float(np.mean(after - before))


def live(context: Context, scaling: bool, wake: float, sleep: float, learning_rate: float) -> dict[str, Any]:
    """Five days."""
    net = build(context, learning_rate)
    synapses, cells = net.projections["recurrent"], net.populations["cells"]
    inside = (synapses.sources < ASSEMBLY) & (synapses.targets < ASSEMBLY)
    outside = (synapses.sources >= ASSEMBLY) & (synapses.targets >= ASSEMBLY)
    rates = [net.record(group, "rate", interval=1000) for group in (cells[:ASSEMBLY], cells[ASSEMBLY:])]
    found: dict[str, Any] = {"mean": [], "snr": [], "change": [], "slope": [], "bound": []}

    def note(weights: Array) -> None:
        found["mean"].append(float(weights.mean() / W_MAX))
        found["snr"].append(float(weights[inside].mean() / weights[outside].mean()))
        found["bound"].append(float(np.mean(weights > 0.95 * W_MAX)))

    note(synapses.weights)
    for _ in range(DAYS):
        net.run(wake)
        evening, morning = night(net, sleep, scaling)
        note(evening)
        note(morning)
        found["change"].append(float(morning.mean() / evening.mean() - 1))
        found["slope"].append(slope(evening, morning)[0])
        found["pair"] = evening, morning
    found["rates"] = [recorder.rates for recorder in rates]
    return found


def run(context: Context) -> dict[str, Any]:
    """With sleep and without."""
    faster = 4 if context.quick else 1
    wake, sleep = 20_000 / faster, 2_000 if context.quick else 10_000
    context.compression = f"a day is {(wake + sleep) / 1000:g} s"
    results = {}
    for scaling in (True, False):
        context.stage("with sleep" if scaling else "without")
        results[scaling] = live(context, scaling, wake, sleep, LEARNING_RATE * faster)
    slept, awake = results[True], results[False]
    source, seen = "P40", "what was seen"
    mornings = slept["snr"][::2]
    context.record("change of the mean weight per sleep, farthest from -18 %",
                   100 * max(slept["change"], key=lambda value: abs(value + LOSS)), between(-21, -15), unit="%",
                   provenance=f"{source}; by construction, less what the bounds take")  # fmt: skip
    context.record("log-log slope of the lower 80 %, farthest from 1", max(slept["slope"], key=lambda v: abs(v - 1)),
                   between(0.98, 1.02), provenance=f"{source}; 0.02 of ours")  # fmt: skip
    context.record("least rise of the signal-to-noise ratio, morning to morning", float(np.diff(mornings).min()),
                   above(0), provenance=source)  # fmt: skip
    context.record("signal-to-noise ratio after five days", mornings[-1], provenance=seen)
    context.record("without sleep: share of weights at the bound, fifth evening", awake["bound"][-2], above(0.5),
                   provenance=source)  # fmt: skip
    context.record("with sleep: share of weights at the bound, fifth evening", slept["bound"][-2], below(0.5),
                   provenance=source)  # fmt: skip
    context.record("without sleep: signal-to-noise ratio after five days", awake["snr"][-1], provenance=seen)
    for scaling, label in ((True, "with sleep"), (False, "without sleep")):
        for group, rate in zip(("assembly", "others"), results[scaling]["rates"], strict=True):
            last = float(rate[-1 - round(sleep / 1000)])
            context.record(f"{label}: rate of the {group}, fifth evening", last, unit="Hz", provenance=seen)
    return {"slept": slept, "awake": awake}


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Mean weights, ratios, and evening against morning."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, GREY, INK, LIGHT, letter

    picture = Figure(figsize=(10.5, 3.2), layout="constrained")
    mean, ratio, pairs = picture.subplots(1, 3)
    days = np.arange(2 * DAYS + 1) / 2
    for key, color, label in (("slept", EXCITATORY, "sleep"), ("awake", GREY, "no sleep")):
        mean.plot(days, results[key]["mean"], "o-", ms=3, color=color, label=label)
        ratio.plot(days, results[key]["snr"], "o-", ms=3, color=color, label=label)
    mean.set(xlabel="days", ylabel="mean weight / bound", ylim=(0, 1.02))
    mean.legend()
    letter(mean, "A", "without sleep, synapses fill up")
    ratio.set(xlabel="days", ylabel="within assembly / elsewhere")
    ratio.legend()
    letter(ratio, "B", "signal to noise")
    evening, morning = results["slept"]["pair"]
    few = slice(0, None, 20)
    pairs.plot(evening[few] / W_MAX, morning[few] / W_MAX, ".", ms=2, color=INK)
    pairs.plot([0, 1], [0, 1], color=LIGHT, lw=0.8)
    pairs.set(xlabel="evening, weight / bound", ylabel="morning, weight / bound")
    letter(pairs, "C", "proportional, the largest spared")
    return picture
