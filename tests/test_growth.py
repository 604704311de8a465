"""Columns that grow while a network lives: what rules read of histories, rings, sums and variables is where it is now.

AddressSanitizer sees a read of what has moved; these tests see what comes of it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

import plastica as pl

CELLS = 40
# A rule for each walk, and for each kind of column that rules read: traces, tables, running sums, filters of the potential, levels and integrals
# of modulators, variables of neurons.
RULES: dict[str, object] = {
    "table": pl.STDP(w_max=2.0, learning_rate=0.05),
    "running": pl.TripletSTDP(w_max=2.0),
    "voltage": pl.VoltageSTDP(w_max=2.0),
    "replay": pl.STDP(w_max=2.0, learning_rate=0.05, mu_plus=1.0, mu_minus=1.0),
    "late": pl.CalciumSTDP(),
    "level": pl.ModulatedSTDP(ltp="dopamine", ltd="dopamine", w_max=2.0),
    "integral": pl.RewardSTDP(modulator="dopamine", w_max=2.0),
    "neurons": pl.TripletSTDP(w_max=2.0, threshold="per neuron"),
    "list": [pl.TsodyksMarkram(), pl.STDP(w_max=2.0, learning_rate=0.05), pl.RewardGate(modulator="dopamine")],
}


def network(threads: int) -> pl.Network:
    """Cells that fire irregularly, in bursts at times, under synapses of each rule; and sources that are silent."""
    random = np.random.default_rng(3)
    net = pl.Network(seed=2, threads=threads, precision="double")
    receptors = {"exc": pl.CurrentExp(tau=5.0)}
    cells = net.population(CELLS, pl.AdEx(receptors=receptors), name="cells", initial={"V": pl.Uniform(-70, -55)})
    trains = [np.unique(np.round(random.uniform(0.1, 300.0, 12), 1)).tolist() for _ in range(30)]
    sources = net.population(32, pl.SpikeSource([*trains, [], []]), name="sources")
    net.population(5, pl.SpikeSource([[]] * 5), name="silent")
    net.drive(cells, pl.PoissonInput(rate=8000.0), receptor="exc", weight=35.0)
    net.modulator("dopamine", tau=40.0).release([0.5, 1.0, -0.3], at=[20.0, 110.0, 190.0])
    for name, rule in RULES.items():
        delay, fraction = (
            (pl.Uniform(1.0, 6.0), 0.0) if name in {"table", "running", "voltage", "neurons"} else (3.0, 0.5)
        )
        net.connect(
            sources[:30],
            cells,
            pl.FixedProbability(0.3),
            receptor="exc",
            weight=1.5,
            delay=delay,
            dendritic_fraction=fraction,
            plasticity=rule,
            name=name,
        )
    return net


def more_synapses(net: pl.Network) -> None:
    """From sources that are silent, with longer delays than any before: rings of levels and sums of integrals grow."""
    for name in RULES:
        net.projections[name].add([30, 31], [2, 3], weight=1.5, delay=300.0)


def first_traces(net: pl.Network) -> None:
    """A projection whose rules read other traces than those that there are."""
    rule = pl.STDP(w_max=1.0, mu_plus=0.5, tau_minus=77.0)
    net.connect(net.populations["silent"], net.populations["cells"], pl.AllToAll(), weight=0.5, plasticity=rule)


def plastic_elsewhere(net: pl.Network) -> None:
    """The first plastic projection onto another population, whose rows look back at the modulator for longer."""
    others = net.population(10, pl.LIF(receptors={"exc": pl.CurrentExp(tau=5.0)}))
    rule = pl.RewardSTDP(modulator="dopamine", w_max=1.0)
    silent = net.populations["silent"]
    net.connect(silent, others, pl.AllToAll(), weight=0.5, delay=400.0, dendritic_fraction=1.0, plasticity=rule)


def drives(net: pl.Network) -> None:
    net.drive(net.populations["cells"], pl.ConstantCurrent(amplitude=0.0))


def controllers(net: pl.Network) -> None:
    nothing = pl.Modulation(parameter="I_e", modulator="dopamine", slope=0.0, mode="add", interval=5.0)
    net.control(net.populations["cells"], nothing)


def modulators(net: pl.Network) -> None:
    for name in ("serotonin", "acetylcholine", "noradrenaline"):
        net.modulator(name, tau=10.0).release(1.0)


def saved(net: pl.Network) -> None:
    """For a file, the histories of all shares become as long as the longest."""
    net.save(io.BytesIO())


GROWTHS: dict[str, Callable[[pl.Network], None]] = {
    grow.__name__: grow
    for grow in (more_synapses, first_traces, plastic_elsewhere, drives, controllers, modulators, saved)
}


def outcome(net: pl.Network) -> dict[str, np.ndarray]:
    """What a network has come to; of its synapses, those that there were at first."""
    found = {"V": net.populations["cells"].get("V"), "spikes": net.recorders[0].to_pandas().to_numpy()}
    for name in RULES:
        projection = net.projections[name]
        found[name] = projection.weights[projection.delays < 100.0]
    return found


def run(growth: Callable[[pl.Network], None] | None, threads: int, goes_on: Callable[[pl.Network], pl.Network]) -> dict:
    net = network(threads)
    net.record(net.populations["cells"], "spikes")
    for _ in range(3):
        net.run(70.1)
        net = goes_on(net)
    if growth is not None:
        growth(net)
    net.run(90.0)
    return outcome(net)


@cache
def ungrown() -> dict[str, np.ndarray]:
    """The outcome of a network to which nothing was added. Its synapses have learned, and its cells fired in bursts."""
    found = run(None, 1, lambda net: net)
    assert all(np.ptp(found[name]) > 0.005 for name in RULES)
    assert len(found["spikes"]) > 20 * CELLS
    return found


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert [name for name in one if not np.array_equal(one[name], other[name])] == []


@pytest.mark.threads
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("growth", GROWTHS)
def test_what_is_added_in_the_middle_of_a_run_and_does_nothing_changes_nothing(growth, threads):
    """Oracle: a network to which nothing was added."""
    assert_same(ungrown(), run(GROWTHS[growth], threads, lambda net: net))


@pytest.mark.parametrize("growth", GROWTHS)
def test_a_copy_reads_its_own_columns_when_those_of_its_original_grow(growth):
    """Oracle: a network to which nothing was added."""
    originals = []

    def leave(net: pl.Network) -> pl.Network:
        twin = net.copy()
        originals.append(net)
        GROWTHS[growth](net)
        net.run(5.0)
        return twin

    assert_same(ungrown(), run(None, 1, leave))
    assert len(originals) == 3
