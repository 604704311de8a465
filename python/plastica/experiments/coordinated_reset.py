"""Coordinated reset stimulation makes a synchronous network unlearn its synchrony; periodic pulses do not.

Popovych and Tass (2012), Front Hum Neurosci 6:58, doi:10.3389/fnhum.2012.00058; Manos, Zeitler and Tass (2018), PLoS
Comput Biol 14:e1006113, doi:10.1371/journal.pcbi.1006113.

200 LIF neurons that fire at 3.8 Hz by themselves (tau_m of 150 ms, spread by 8 %; Poisson input), all-to-all coupled
by AMPA conductances of 0 to 2.2 nS, with a delay of 3 ms, half of it dendritic. STDP is additive, A_plus tau_plus = 10
and A_minus tau_minus = 14: pairs at random depress, coincident ones potentiate. So there are two states, synchronous
with strong synapses and asynchronous with weak ones.

Stimulation begins after 40 s and lasts 60 s: cycles of 250 ms, 3 on and 2 off. A pulse makes the neurons of a site
spike, each 1 to 31 ms later.

1. Coordinated reset: in each cycle, one pulse to each of 4 sites, a quarter of a cycle apart, in random order.
2. Periodic: one pulse in each cycle to all sites at once.
3. No stimulation, from strong and from weak synapses.

Synchrony is the order parameter R, the modulus of the mean of exp(i phase), phases growing linearly between spikes. It
is followed for 300 s after stimulation.

``quick`` follows it for 100 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import plastica as pl

from ._framework import Context, above, below

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Stimulation = Literal["coordinated reset", "periodic"]

SCIENCE = ("P26",)

NEURONS, SITES = 200, 4
STRONGEST = 2.2  # nS
LEARNING_RATE, TAU_PLUS, TAU_MINUS, DOMINANCE = 0.1, 10.0, 40.0, 1.4
CYCLE, ON, OFF = 250.0, 3, 2  # ms, cycles
SETTLING, STIMULATION, AFTER = 40e3, 60e3, 300e3  # ms
WINDOW = 20e3  # ms


def pulses(kind: Stimulation, draws: np.random.Generator) -> list[Array]:
    """When each site is stimulated, in ms."""
    times: list[list[float]] = [[] for _ in range(SITES)]
    for cycle in range(int(STIMULATION / CYCLE)):
        order = draws.permutation(SITES)
        if cycle % (ON + OFF) < ON:
            for site in range(SITES):
                shift = CYCLE / SITES * order[site] if kind == "coordinated reset" else 0.0
                times[site].append(SETTLING + cycle * CYCLE + shift)
    return [np.array(site) for site in times]


def order_parameter(spikes: pl.SpikeRecorder, begin: float, end: float) -> Array:
    """R every 5 ms; a neuron's phase grows by one turn from spike to spike."""
    moments = np.arange(begin, end, 5.0)
    times, ids = spikes.times, spikes.ids
    by_neuron = np.split(times[np.argsort(ids, kind="stable")], np.cumsum(np.bincount(ids, minlength=NEURONS))[:-1])
    turns = sum(np.exp(2j * np.pi * np.interp(moments, one, np.arange(len(one)))) for one in by_neuron if len(one) > 1)
    return np.asarray(np.abs(turns) / NEURONS)


def course(context: Context, strength: float, kind: Stimulation | None, duration: float) -> dict[str, Array]:
    """R and the mean weight (as a share of the strongest) in windows of 20 s, and the weights at the end."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    receptors = {"ampa": pl.ConductanceExp(tau=1, E_rev=0), "site": pl.CurrentDelta()}
    neuron = pl.LIF(C_m=3000, tau_m=150, E_L=-36, V_th=-40, V_reset=-67, t_ref=2, receptors=receptors)
    cells = net.population(NEURONS, neuron, initial={"V": pl.Uniform(-67, -40)})
    cells.set(tau_m=pl.Normal(150, 0.08 * 150))
    net.drive(cells, pl.PoissonInput(rate=20.0), receptor="ampa", weight=25.0)
    rule = pl.STDP(
        learning_rate=LEARNING_RATE, A_plus=1, A_minus=DOMINANCE * TAU_PLUS / TAU_MINUS, tau_plus=TAU_PLUS,
        tau_minus=TAU_MINUS, w_max=STRONGEST,
    )  # fmt: skip
    synapses = net.connect(
        cells, cells, pl.AllToAll(), receptor="ampa", weight=strength * STRONGEST, delay=3.0, dendritic_fraction=0.5,
        plasticity=rule,
    )  # fmt: skip
    if kind is not None:
        for site, times in enumerate(pulses(kind, np.random.default_rng([context.seed, 1]))):
            size = NEURONS // SITES
            there = cells[site * size : (site + 1) * size]
            net.connect(net.population(1, pl.SpikeSource(times)), there, pl.AllToAll(), receptor="site", weight=40.0,
                        delay=pl.Uniform(1, 31))  # fmt: skip
    spikes = net.record(cells, "spikes")
    weights = []
    while net.time < duration - 1:
        net.run(WINDOW)
        weights.append(synapses.weights.mean() / STRONGEST)
    starts = np.arange(0.0, duration - 1, WINDOW)
    synchrony = [order_parameter(spikes, start, start + WINDOW).mean() for start in starts]
    return {"times": starts + WINDOW / 2, "R": np.array(synchrony), "weights": np.array(weights)}


def run(context: Context) -> dict[str, Any]:
    """Both stimulations, and both states without any."""
    after = 100e3 if context.quick else AFTER
    context.compression = "quick: 100 s after stimulation instead of 300 s" if context.quick else "none"
    duration = SETTLING + STIMULATION + after
    arms: dict[str, tuple[float, Stimulation | None]] = {
        "coordinated reset": (0.9, "coordinated reset"), "periodic": (0.9, "periodic"),
        "strong, unstimulated": (0.9, None), "weak, unstimulated": (0.1, None),
    }  # fmt: skip
    found = {}
    for name, (strength, kind) in arms.items():
        context.stage(name)
        found[name] = course(context, strength, kind, duration)
    late = found["periodic"]["times"] > SETTLING + STIMULATION
    before = found["periodic"]["times"] < SETTLING
    source = f"P26; R in windows of {WINDOW / 1e3:g} s, order parameter of linear phases"
    one, other = found["coordinated reset"], found["periodic"]
    context.record("R before stimulation", one["R"][before][-1], above(0.8), provenance=source)
    context.record("R after coordinated reset, largest", one["R"][late].max(), below(0.3),
                   provenance=f"{source}; for {after / STIMULATION:.2g} times the time of stimulation")  # fmt: skip
    context.record("R after periodic stimulation, mean", other["R"][late].mean(), above(0.7), provenance=source)
    context.record("unstimulated, strong synapses: R, smallest after settling",
                   found["strong, unstimulated"]["R"][~before].min(), above(0.8),
                   provenance=f"{source}; the state is stable")  # fmt: skip
    context.record("unstimulated, weak synapses: R, largest", found["weak, unstimulated"]["R"].max(), below(0.3),
                   provenance=f"{source}; the state is stable")  # fmt: skip
    during = ~late & ~before
    seen = "not judged; what was seen"
    context.record("R after periodic stimulation, smallest", other["R"][late].min(), provenance=seen)
    context.record("R during coordinated reset", one["R"][during].mean(), provenance=seen)
    context.record("R during periodic stimulation", other["R"][during].mean(), provenance=seen)
    context.record("mean weight before", one["weights"][before][-1], provenance=f"{seen}; share of the strongest")
    context.record("mean weight after coordinated reset", one["weights"][during][-1], provenance=seen)
    context.record("mean weight at the end, coordinated reset", one["weights"][-1], provenance=seen)
    context.record("mean weight at the end, periodic", other["weights"][-1], provenance=seen)
    return found


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Synchrony and weights over time."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INK, letter

    picture = Figure(figsize=(10.5, 3.4), layout="constrained")
    grid = picture.subplot_mosaic("AB")
    colors = dict(zip(results, (EXCITATORY, FIRST, INK, GREY), strict=True))
    for name, variable, label, title in (
        ("A", "R", "R", "synchrony"),
        ("B", "weights", "mean weight / strongest", "synapses"),
    ):
        axes = grid[name]
        axes.axvspan(SETTLING * 1e-3, (SETTLING + STIMULATION) * 1e-3, color="#fdf0dc", zorder=0)
        for arm, one in results.items():
            dashes = "--" if arm.endswith("unstimulated") else "-"
            axes.plot(one["times"] * 1e-3, one[variable], dashes, color=colors[arm], label=arm)
        axes.set(xlabel="time (s)", ylabel=label, ylim=(0, 1.02), xlim=(0, None))
        letter(axes, name, title)
    grid["A"].legend(loc="center right")
    return picture
