"""Several synapses between two neurons: each keeps its state and its random numbers, whatever is done in between.

The oracle of every test is the same network, to which nothing was done that could show.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
import pytest

import plastica as pl
from properties.test_rules_same_bits import RULES, W_MAX, assert_same, bits, is_somatic, rules_of

SOURCES, TARGETS = 4, 130  # of two threads, at least


def network(name: str, which: int, seed: int, threads: int) -> pl.Network:
    """Up to four synapses between two neurons, with few delays."""
    net = pl.Network(threads=threads, seed=seed)
    random = np.random.default_rng(seed)
    for modulator in ("dopamine", "noradrenaline"):
        net.modulator(modulator, tau=30.0, baseline=0.1)
    noise = net.population(SOURCES, pl.PoissonSource(80.0), name="noise")
    model = pl.LIF(I_e=450.0, t_ref=1.0, receptors={"r": pl.CurrentExp(tau=4)})
    cells = net.population(TARGETS, model, name="cells", initial={"V": pl.Uniform(-70, -55)})
    number = random.integers(0, 5, SOURCES * TARGETS)
    sources, targets = (
        np.repeat(np.arange(SOURCES), TARGETS).repeat(number),
        np.tile(np.arange(TARGETS), SOURCES).repeat(number),
    )
    net.connect(
        noise,
        cells,
        pl.Explicit(sources, targets),
        weight=random.uniform(0.2 * W_MAX, 0.8 * W_MAX, len(sources)),
        delay=random.choice([0.7, 1.0], len(sources)),
        dendritic_fraction=0.0 if is_somatic(name) else 0.5,
        plasticity=rules_of(name, which),
        name="synapses",
    )
    return net


def edited(net: pl.Network, random: np.random.Generator) -> None:
    """Synapses go, and come between neurons that have some already."""
    synapses = net.projections["synapses"]
    synapses.remove(random.random(len(synapses)) < 0.3)
    count = int(random.integers(0, 9))
    ends = [random.integers(0, size, count).repeat(2) for size in (SOURCES, TARGETS)]
    synapses.add(*ends, weight=W_MAX / 2, delay=1.0)


def taken_up(net: pl.Network, random: np.random.Generator) -> pl.Network:
    """The network from a file on some number of threads, as a copy, or from its pickle."""
    way = int(random.integers(0, 5))
    if way == 0:
        return net.copy()
    if way == 1:
        return pickle.loads(pickle.dumps(net))
    file = io.BytesIO()
    net.save(file)
    file.seek(0)
    return pl.load(file, threads=way - 1)


def run(name: str, which: int, seed: int, *, threads: int, stops: bool) -> dict[str, bytes]:
    net, edits, ways = network(name, which, seed, threads), np.random.default_rng(seed), np.random.default_rng(seed + 1)
    for _ in range(4):
        for duration, edit in ((9.3, False), (3.1, True)):
            net.run(duration)
            if stops:
                net = taken_up(net, ways)
            if edit:
                edited(net, edits)
    net.run(20.0)
    synapses = net.projections["synapses"]
    ends: dict[str, Any] = {"sources": synapses.sources, "targets": synapses.targets, "delays": synapses.delays}
    return bits(net) | {what: values.tobytes() for what, values in ends.items()}


@pytest.mark.threads
@pytest.mark.parametrize("which", [0, 1], ids=["alone", "after STDP"])
@pytest.mark.parametrize("name", RULES)
def test_multapses_go_on_alike_from_a_file_when_some_of_them_go(name, which):
    """Oracle: the network that was never stopped."""
    seed = RULES.index(name)
    expected = run(name, which, seed, threads=1, stops=False)
    assert_same(expected, run(name, which, seed, threads=2, stops=False))
    assert_same(expected, run(name, which, seed, threads=1, stops=True))


def firing_once(threads: int, targets: int) -> dict[str, bytes]:
    """One source with more synapses than a row holds, two onto each neuron."""
    net = pl.Network(threads=threads, seed=5)
    source = net.population(1, pl.SpikeSource(np.arange(1.0, 12.0, 1.5)))
    cells = net.population(targets, pl.LIF(I_e=3000.0, receptors={"r": pl.CurrentExp()}))
    both = np.arange(targets).repeat(2)
    rule = pl.VanRossumSTDP(c_p=0.4)
    synapses = net.connect(
        source, cells, pl.Explicit(np.zeros_like(both), both), weight=20.0, delay=1.0, plasticity=rule
    )
    net.run(6.0)
    synapses.remove([70_001])
    synapses.add(np.zeros_like(both), both, weight=20.0, delay=1.0)
    net.run(7.0)
    assert np.unique(synapses.weights).size > targets
    return bits(net)


@pytest.mark.threads
def test_multapses_draw_the_same_numbers_wherever_a_long_row_is_divided():
    """Oracle: two and three threads, whose rows are shorter."""
    expected = firing_once(1, 40_000)
    for threads in (2, 3):
        assert_same(expected, firing_once(threads, 40_000))
