"""The rate of stimulation decides between potentiation and depression, through calcium from a neuron's own spikes.

Dudek and Bear (1992), Proc Natl Acad Sci USA 89:4363, doi:10.1073/pnas.89.10.4363: 900 pulses depress at 1 to 3 Hz, do
little at 10 Hz and potentiate at 50 Hz. Calcium-based plasticity with the set for hippocampal slices of Graupner and
Brunel (2012), PNAS 109:3991, doi:10.1073/pnas.1109359109.

Leaky integrate-and-fire neurons with a noisy potential receive a pathway: a bundle of fibres whose current pulse takes
the mean potential 95 % of the way from rest to threshold, so that noise decides whether the neuron fires, and ten
observed synapses, too weak to matter. A second pathway onto the same neurons is silent. 30 % of the synapses start in
the strong state; the change is that of the mean strength after every synapse has fallen into the nearer stable state.
The strength of the bundle is the one number that no paper gives; it is chosen such that 10 Hz changes little.

1. Rates: 900 pulses at 1 to 50 Hz.
2. Tetanus (3 x 100 pulses at 100 Hz, 10 min apart), weak tetanus (21 pulses at 100 Hz), theta bursts (10 x 4 pulses at
   100 Hz, every 200 ms), strong low-frequency stimulation (900 x 3 pulses at 20 Hz, one per second).
3. The same rates with a weaker and a stronger bundle: how much hangs on that number.

``quick`` has a fifth of the neurons, fewer rates, and 10 s between the trains of the tetanus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl
from plastica import protocols

from ._framework import Context, above, below, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P06", "P05")

DT = 0.5
REST, THRESHOLD, TAU_M, TAU_SYN, C_M = -70.0, -55.0, 20.0, 5.0, 200.0
NOISE = 2.0  # mV, standard deviation of the potential
OBSERVED = 10  # synapses of each pathway onto a neuron
DOWN = 0.7  # fraction of weak synapses at the start
RATES = (1, 2, 3, 5, 7, 10, 14, 20, 30, 50)  # Hz
QUICK_RATES = (1, 3, 5, 10, 20, 50)
BUNDLE = 0.95  # peak of the mean response, in units of the way from rest to threshold
BUNDLES = (0.9, BUNDLE, 1.0)


def bundle_weight(peak: float) -> float:
    """The current in pA, decaying with TAU_SYN, whose response peaks at `peak` times the way to threshold."""
    t = np.log(TAU_M / TAU_SYN) * TAU_M * TAU_SYN / (TAU_M - TAU_SYN)
    response = TAU_M * TAU_SYN / (TAU_M - TAU_SYN) * (np.exp(-t / TAU_M) - np.exp(-t / TAU_SYN)) / C_M
    return float(peak * (THRESHOLD - REST) / response)


class Slice:
    """Neurons of one condition, with a stimulated and a silent pathway."""

    def __init__(self, net: pl.Network, pulses: Array, peak: float, neurons: int, random: np.random.Generator) -> None:
        model = pl.LIF(
            C_m=C_M, tau_m=TAU_M, E_L=REST, V_th=THRESHOLD, V_reset=REST, t_ref=2,
            receptors={"synapse": pl.CurrentExp(tau=TAU_SYN)},
        )  # fmt: skip
        self.cells = net.population(neurons, model)
        self.pulses = pulses
        # the noise has the time constant of the synapses; its filtered variance is sigma^2 R^2 tau_s / (tau_s + tau_m)
        resistance = TAU_M / C_M
        sigma = NOISE / resistance * np.sqrt((TAU_SYN + TAU_M) / TAU_SYN)
        net.drive(self.cells, pl.OUCurrent(mean=0, sigma=sigma, tau=TAU_SYN))
        bundle = net.population(1, pl.SpikeSource(pulses))
        net.connect(bundle, self.cells, pl.AllToAll(), receptor="synapse", weight=bundle_weight(peak), delay=1)
        tiny = 1e-3  # pA
        rule = pl.CalciumSTDP.hippocampal_slices()
        self.low, self.high = tiny, tiny * rule.w_1 / rule.w_0
        rule = rule.replace(w_0=self.low, w_1=self.high)
        self.pathways = []
        for times in (pulses, []):
            fibres = net.population(OBSERVED, pl.SpikeSource(times))
            start = np.where(random.random(OBSERVED * neurons) < DOWN, self.low, self.high)
            pathway = net.connect(
                fibres, self.cells, pl.AllToAll(), receptor="synapse", weight=start, delay=1, plasticity=rule
            )
            self.pathways.append((pathway, start))

    def changes(self) -> list[float]:
        """Relative change of the mean strength of the stimulated and of the silent pathway."""
        return [
            float(np.where(pathway.get("efficacy") > 0.5, self.high, self.low).mean() / start.mean() - 1)
            for pathway, start in self.pathways
        ]

    def fired(self) -> float:
        """Spikes for each pulse and neuron."""
        return self.cells.spike_count / len(self.cells) / len(self.pulses)


def stimulate(context: Context, protocols_of: dict[str, Array], peak: float, neurons: int) -> dict[str, dict[str, Any]]:
    """Changes of both pathways and spikes per pulse, for each protocol."""
    net = pl.Network(dt=DT, seed=context.seed, threads=context.threads, precision=context.precision)
    random = np.random.default_rng([context.seed, round(100 * peak)])
    slices = {name: Slice(net, pulses, peak, neurons, random) for name, pulses in protocols_of.items()}
    net.run(max(pulses[-1] for pulses in protocols_of.values()) + 500)
    results = {}
    for name, one in slices.items():
        stimulated, silent = one.changes()
        results[name] = {"change": stimulated, "silent": silent, "fired": one.fired(), "pulses": one.pulses}
    return results


def crossover(rates: tuple[int, ...], changes: list[float]) -> float:
    """The rate at which depression turns into potentiation for good, between two rates on a logarithmic scale."""
    last = max((i for i, change in enumerate(changes) if change < 0), default=-1)
    if not 0 <= last < len(rates) - 1:
        return float("nan")
    part = changes[last] / (changes[last] - changes[last + 1])
    return float(rates[last] * (rates[last + 1] / rates[last]) ** part)


def judge(context: Context, by_rate: dict[str, Any], other: dict[str, Any], rates: tuple[int, ...]) -> None:
    """Records signs, crossover, specificity and what the other protocols do."""
    source = "P06; Dudek and Bear 1992"
    signs = {1: below(-0.05), 3: below(-0.05), 10: between(-0.1, 0.1), 50: above(0.05)}
    for rate in rates:
        context.record(
            f"{rate} Hz: change", by_rate[f"{rate} Hz"]["change"], signs.get(rate),
            provenance=f"{source}; 900 pulses, sign pattern -, -, 0, + at 1, 3, 10, 50 Hz",
        )  # fmt: skip
    context.record(
        "crossover", crossover(rates, [by_rate[f"{rate} Hz"]["change"] for rate in rates]), between(5, 20), unit="Hz",
        provenance=f"{source}; interpolated on a logarithmic scale",
    )  # fmt: skip
    silent = max(abs(result["silent"]) for result in (by_rate | other).values())
    context.record(
        "silent pathway: largest change", silent, below(0.03), provenance="P06; input specificity, all protocols"
    )
    for name, result in other.items():
        criterion = above(0.1) if name in ("tetanus", "theta burst") else None
        provenance = "P06; potentiates" if criterion else "P06; not judged"
        context.record(f"{name}: change", result["change"], criterion, provenance=provenance)
    for rate in rates:
        context.record(f"{rate} Hz: spikes per pulse", by_rate[f"{rate} Hz"]["fired"], provenance="not judged")


def run(context: Context) -> dict[str, Any]:
    """All protocols, with three bundles for the rates."""
    rates, neurons, pause = (QUICK_RATES, 40, 10_000.0) if context.quick else (RATES, 200, 600_000.0)
    context.compression = "40 of 200 neurons; 10 s of 10 min between trains" if context.quick else "none"
    pulses = {f"{rate} Hz": protocols.low_frequency(rate=rate) for rate in rates}
    others = {
        "tetanus": protocols.tetanus(pause=pause),
        "weak tetanus": protocols.weak_tetanus(),
        "theta burst": protocols.theta_burst(),
        "strong 1 Hz": protocols.strong_low_frequency(),
    }
    results = {}
    for peak in BUNDLES:
        context.stage(f"900 pulses at {rates[0]} to {rates[-1]} Hz, a bundle of {peak:g}")
        results[peak] = stimulate(context, pulses | (others if peak == BUNDLE else {}), peak, neurons)
    by_rate = {name: results[BUNDLE][name] for name in pulses}
    other = {name: results[BUNDLE][name] for name in others}
    judge(context, by_rate, other, rates)
    for peak in BUNDLES:
        if peak != BUNDLE:
            changes = [results[peak][f"{rate} Hz"]["change"] for rate in rates]
            context.record(
                f"bundle of {peak:g}: crossover", crossover(rates, changes), unit="Hz", provenance="not judged"
            )
    curves = {peak: [results[peak][f"{rate} Hz"] for rate in rates] for peak in BUNDLES}
    return {"rates": rates, "curves": curves, "other": other, "low": results[BUNDLE]["1 Hz"]}


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """The protocols, the curve of rates, and what the other protocols do."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INK, SECOND, letter

    picture = Figure(figsize=(10.5, 3.6), layout="constrained")
    panels = picture.subplots(1, 3, width_ratios=(1, 1.2, 1))
    other, rates = results["other"], results["rates"]

    axes = panels[0]
    shown = {"1 Hz": results["low"]} | other
    for row, result in enumerate(shown.values()):
        times = (result["pulses"] - result["pulses"][0]) / 1000
        axes.vlines(times[times < 2.4], row - 0.32, row + 0.32, color=INK, lw=0.5)
    axes.set_yticks(range(len(shown)), list(shown))
    axes.invert_yaxis()
    axes.set(xlabel="time (s)", xlim=(-0.05, 2.4))
    letter(axes, "A", "protocols, their first 2.4 s")

    axes = panels[1]
    for peak, color in zip(BUNDLES, (SECOND, EXCITATORY, FIRST), strict=True):
        curve = results["curves"][peak]
        fired = np.mean([one["fired"] for one, rate in zip(curve, rates, strict=True) if rate <= 3])
        label = f"a pulse fires the neuron {100 * fired:.0f} % of the time"
        axes.plot(rates, [100 * one["change"] for one in curve], "o-", ms=3.5, color=color, label=label)
    silent = [100 * one["silent"] for one in results["curves"][BUNDLE]]
    axes.plot(rates, silent, color=GREY, label="silent pathway")
    axes.axhline(0, color=GREY, lw=0.6)
    axes.axvspan(5, 20, color=GREY, alpha=0.12, lw=0)
    axes.set(xscale="log", xlabel="rate of 900 pulses (Hz)", ylabel="change (%)")
    axes.set_xticks([1, 3, 10, 50], ["1", "3", "10", "50"])
    axes.minorticks_off()
    axes.legend(loc="upper left")
    letter(axes, "B", "slow stimulation depresses, fast potentiates")

    axes = panels[2]
    names = list(other)
    axes.barh(names, [100 * other[name]["change"] for name in names], color=EXCITATORY, height=0.55)
    axes.axvline(0, color=INK, lw=0.7)
    axes.invert_yaxis()
    axes.set(xlabel="change (%)")
    letter(axes, "C", "tetanus, theta bursts, strong 1 Hz")
    return picture
