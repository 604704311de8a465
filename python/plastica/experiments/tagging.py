"""Weak stimulation lasts only if strong stimulation elsewhere makes the neuron produce proteins within an hour.

Clopath, Ziegler, Vasilaki, Buesing and Gerstner (2008), PLoS Comput Biol 4:e1000248,
doi:10.1371/journal.pcbi.1000248: tag-trigger-consolidation.

A neuron has two pathways of 100 synapses, 30 % of them consolidated at the start. Pathway 1 is stimulated after
30 minutes, pathway 2 30 minutes later: weakly (WTET: 21 pulses at 100 Hz), strongly (STET: 3 times 100 pulses at
100 Hz, 10 minutes apart), or at low frequency (WLFS: 900 pulses at 1 Hz; SLFS: 900 times 3 pulses at 20 Hz, every
second). Every condition has 40 neurons; weights are means over the synapses of a pathway, after 5 hours.

The rule is a list: what a triplet rule does to the weight at a spike says how likely :class:`plastica.TaggingTrigger`
sets a tag. Its amplitudes are those of the published voltage-dependent rule for the published stimulation, in which
every pulse makes the neuron fire at once, to 20 mV for 1 ms: the voltage is known, and only spikes are simulated.
dt = 10 ms, the interval between pulses; tags, proteins and late states are updated every 10 s.

``quick`` has 4 neurons for each condition, and updates every 60 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

import plastica as pl

from ._framework import Context, above, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Protocol = Literal["", "WTET", "STET", "WLFS", "SLFS"]

SCIENCE = ("P10",)

DT = 10.0  # ms
SIZE = 100  # synapses of a pathway
SECOND, MINUTE, HOUR = 1e3, 60e3, 3600e3  # ms
FIRST_START, SECOND_START, END = 30 * MINUTE, 60 * MINUTE, 5 * HOUR
UP_AT_START = 0.3

# The published induction: A_LTD 0.01, A_LTP 0.001, filters of 1000 and 100 ms, thresholds at rest and at -50 mV.
SPIKE = 20.0 - -70.6  # mV above rest, for 1 ms
DEPRESSION = 0.01 * SPIKE / 1000
POTENTIATION = 0.001 * (20.0 - -50.0) * (1 / 100) * (SPIKE / 100)


PUBLISHED_PROGRAM = 21.6  # %: what STET leaves after 5 h in the program of the paper, mean of 10 runs


class Condition(NamedTuple):
    """What the two pathways get, and whether protein synthesis is blocked."""

    first: Protocol
    second: Protocol = ""
    blocked: bool = False


CONDITIONS = {
    "WTET": Condition("WTET"),
    "STET": Condition("STET"),
    "STET, blocked": Condition("STET", "", True),
    "WTET, then STET": Condition("WTET", "STET"),
    "WTET, then STET, blocked": Condition("WTET", "STET", True),
    "STET, then WTET": Condition("STET", "WTET"),
    "WLFS": Condition("WLFS"),
    "SLFS": Condition("SLFS"),
    "WTET, then SLFS": Condition("WTET", "SLFS"),
}


def pulses(protocol: Protocol, start: float) -> Array:
    """Times of the pulses of a protocol."""
    motifs = {
        "": (0, 0, 0.0, 0.0),
        "WTET": (1, 21, 10.0, 0.0),
        "STET": (3, 100, 10.0, 10 * MINUTE),
        "WLFS": (900, 1, 0.0, 1 * SECOND),
        "SLFS": (900, 3, 50.0, 1 * SECOND),
    }
    bursts, count, interval, apart = motifs[protocol]
    return np.add.outer(start + apart * np.arange(bursts), interval * np.arange(count)).ravel()


def induction() -> pl.TripletSTDP:
    """Probabilities of tags, as changes of the weight: the voltage-dependent rule for the published spikes."""
    return pl.TripletSTDP(
        learning_rate=1.0, A2_plus=0.0, A3_plus=POTENTIATION, A2_minus=DEPRESSION, A3_minus=0.0,
        tau_plus=100.0, tau_minus=1000.0, tau_x=100.0, tau_y=100.0, w_max=10.0,
    )  # fmt: skip


class Recording(NamedTuple):
    """Means over neurons and synapses of a condition; times in hours."""

    times: Array
    weights: Array  # (T, 2): of the two pathways, relative to the start
    tags: Array  # (T, 2): sums of the sizes of tags per pathway
    protein: Array


def simulate(context: Context, neurons: int, interval: float) -> dict[str, Recording]:
    """All conditions in one network, independent of each other."""
    net = pl.Network(dt=DT, seed=context.seed, threads=context.threads, precision=context.precision)
    draws = np.random.default_rng(context.seed)
    recorders = {}
    for name, condition in CONDITIONS.items():
        first, second = pulses(condition.first, FIRST_START), pulses(condition.second, SECOND_START)
        axons = net.population(2, pl.SpikeSource([first, second]))
        # every pulse makes the neurons fire: a relay repeats its teacher a step after the arrival, when the pulse is at
        # the synapse; negative plastic weights never make it spike
        teacher = net.population(1, pl.SpikeSource([np.union1d(first, second) - DT]))
        cells = net.population(neurons, pl.Relay())
        net.connect(teacher, cells, pl.AllToAll(), weight=1e6, delay=DT)
        late = np.arange(SIZE) < UP_AT_START * SIZE
        start = np.concatenate([draws.permutation(late) for _ in range(2 * neurons)])
        consolidation = pl.TaggingTrigger(interval=interval, synthesis=0.0 if condition.blocked else 1.0)
        ends = pl.Explicit(
            sources=np.repeat([0, 1], neurons * SIZE), targets=np.tile(np.repeat(np.arange(neurons), SIZE), 2)
        )
        pathways = net.connect(
            axons, cells, ends, delay=DT, weight=-(1.0 + 2.0 * start), plasticity=[induction(), consolidation]
        )
        recorders[name] = [net.record(pathways, what, interval=2 * MINUTE) for what in ("weights", "tag", "protein")]
    net.run(END)
    found = {}
    for name, (weights, tags, protein) in recorders.items():
        strength = -weights.values.reshape(-1, 2, neurons * SIZE).mean(axis=2)
        tagged = np.abs(tags.values).reshape(-1, 2, neurons * SIZE).sum(axis=2) / neurons
        found[name] = Recording(
            weights.times / HOUR, strength / (1 + 2 * UP_AT_START), tagged, protein.values.mean(axis=1)
        )
    return found


def run(context: Context) -> dict[str, Recording]:
    """All conditions; the change of a pathway from its start after 5 hours."""
    neurons, interval = (4, 60 * SECOND) if context.quick else (40, 10 * SECOND)
    context.compression = "quick: 4 neurons, updates every 60 s" if context.quick else "none"
    context.stage(f"5 h, {len(CONDITIONS)} conditions of {neurons} neurons")
    found = simulate(context, neurons, interval)

    def final(name: str, pathway: int = 0) -> float:
        return 100 * float(found[name].weights[-1, pathway] - 1)

    source = "P10; Clopath 2008; 5 h after the start"
    shown: dict[str, Any] = {"unit": "%"}
    context.record("WTET alone", final("WTET"), between(-10, 10), provenance=source, **shown)
    context.record("STET alone", final("STET"), above(50), provenance=source, **shown)
    context.record(
        "STET alone, protein synthesis blocked", final("STET, blocked"), between(-10, 10), provenance=source, **shown
    )
    rescued = f"{source}; WTET on the pathway reported"
    context.record(
        "WTET, rescued by STET 30 min later", final("WTET, then STET"), above(30), provenance=rescued, **shown
    )
    context.record("WTET, 30 min after STET", final("STET, then WTET", 1), above(30), provenance=rescued, **shown)
    context.record(
        "WTET, not rescued if blocked", final("WTET, then STET, blocked"), between(-10, 10), provenance=rescued, **shown
    )
    crossed = f"{rescued}; cross-tagging: the other pathway is depressed"
    context.record(
        "WTET, rescued by SLFS 30 min later", final("WTET, then SLFS"), above(30), provenance=crossed, **shown
    )
    seen = "P10; not judged"
    context.record("WLFS alone", final("WLFS"), provenance=seen, **shown)
    context.record("SLFS alone", final("SLFS"), provenance=seen, **shown)
    context.record(
        "STET alone, against the published program", final("STET") - PUBLISHED_PROGRAM, between(-6, 6),
        provenance="P10; ModelDB 118199, run 10 times: 22 % with a standard error of 1.3 %", **shown,
    )  # fmt: skip
    for name, recording in found.items():
        peak = recording.tags.sum(axis=1).max()
        context.record(
            f"{name}: most tags", float(peak), provenance="P10; of 200 synapses; proteins above 60; not judged"
        )
    return found


# ---- figure


def figure(found: dict[str, Recording]) -> Figure:
    """Weights of pathways over 5 hours, tags, and proteins."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, THIRD, letter
    from ._style import SECOND as VIOLET

    picture = Figure(figsize=(10.5, 5.6), layout="constrained")
    panels = picture.subplots(2, 3).ravel()
    shown: list[tuple[str, list[tuple[str, int, str, str]]]] = [
        ("tetanus alone", [
            ("STET", 0, EXCITATORY, "strong"), ("WTET", 0, FIRST, "weak"),
            ("STET, blocked", 0, GREY, "strong, blocked"),
        ]),
        ("a weak tetanus is rescued", [
            ("WTET, then STET", 0, FIRST, "weak"), ("WTET, then STET", 1, EXCITATORY, "strong, other pathway"),
            ("WTET, then STET, blocked", 0, GREY, "weak, blocked"),
        ]),
        ("also after the strong one", [
            ("STET, then WTET", 0, EXCITATORY, "strong"), ("STET, then WTET", 1, FIRST, "weak, other pathway"),
        ]),
        ("cross-tagging", [
            ("WTET, then SLFS", 0, FIRST, "weak tetanus"), ("WTET, then SLFS", 1, VIOLET, "strong low frequency"),
            ("SLFS", 0, INHIBITORY, "strong low frequency alone"), ("WLFS", 0, THIRD, "weak low frequency alone"),
        ]),
    ]  # fmt: skip
    for axes, name, (title, lines) in zip(panels, "ABCD", shown, strict=False):
        for condition, pathway, color, label in lines:
            axes.plot(found[condition].times, 100 * found[condition].weights[:, pathway], color=color, label=label)
        axes.axhline(100, color=GREY, lw=0.6, zorder=0)
        axes.set(ylabel="weight (% of the start)", xlabel="time (h)", ylim=(60, 230))
        axes.legend(loc="upper right")
        letter(axes, name, title)
    colors = dict(zip(found, (FIRST, EXCITATORY, GREY, THIRD, GREY, VIOLET, GREY, INHIBITORY, GREY), strict=True))
    for name in ("WTET", "STET", "WTET, then STET", "SLFS"):
        recording = found[name]
        panels[4].plot(recording.times, recording.tags.sum(axis=1), color=colors[name], label=name)
        panels[5].plot(recording.times, recording.protein, color=colors[name], label=name)
    panels[4].axhline(60, color=GREY, lw=0.8, ls=(0, (4, 3)))
    panels[4].set(xlabel="time (h)", ylabel="tags of 200 synapses")
    panels[4].legend(loc="upper right")
    letter(panels[4], "E", "tags fade (dashed: trigger)")
    panels[5].set(xlabel="time (h)", ylabel="protein")
    letter(panels[5], "F", "proteins")
    return picture
