"""Rows of synapses that do not fit the usual record: very long ones, and delays that lie far apart."""

import numpy as np
import pytest

import plastica as pl

SIZE = 70_000  # more synapses of one source and delay than a record counts


def arrivals(net: pl.Network, target: pl.Population, steps: list[int]) -> dict[int, np.ndarray]:
    """What every neuron's potential has risen by, after the arrivals of each of some steps."""
    seen = {}
    before = target.get("V")
    for step in steps:
        net.run(step * net.dt - net.time, progress=False)
        now = target.get("V")
        seen[step], before = now - before, now
    return seen


def silent(receptors: tuple[str, ...] = ("in",)) -> pl.LIF:
    """Jumps by an arrival's weight and stays there."""
    return pl.LIF(tau_m=1e9, V_th=1e6, receptors={name: pl.CurrentDelta() for name in receptors})


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("bundled", [False, True])
def test_every_target_of_a_very_long_row_receives_its_weight_once(threads: int, bundled: bool) -> None:
    """Oracle: the weights. With `bundled`, several projections with various delays leave the source."""
    net = pl.Network(threads=threads, precision="double")
    source = net.population(1, pl.SpikeSource([[0.1]]))
    target = net.population(SIZE, silent(("in", "other")))
    weight = np.random.default_rng(1).uniform(1, 2, SIZE)
    delay = np.full(SIZE, 1.0)
    if bundled:
        delay[:3] = 2.0
        net.connect(source, target, pl.AllToAll(), receptor="other", weight=0.0, delay=delay + 0.5)
    projection = net.connect(source, target, pl.AllToAll(), receptor="in", weight=weight, delay=delay)
    seen = arrivals(net, target, [11, 12, 21, 22])
    late = delay == 2.0
    np.testing.assert_allclose(seen[12], np.where(late, 0, weight), atol=1e-9)
    np.testing.assert_allclose(seen[22], np.where(late, weight, 0), atol=1e-9)
    assert not seen[11].any()
    assert np.array_equal(projection.weights, weight)
    assert np.array_equal(projection.delays, delay)
    projection.weights = 2 * weight
    assert np.array_equal(projection.weights, 2 * weight)


@pytest.mark.parametrize("bundled", [False, True])
@pytest.mark.parametrize("plastic", [False, True])
def test_delays_that_lie_far_apart_are_kept_to_the_step(plastic: bool, bundled: bool) -> None:
    """Oracle: each arrival's time is the spike's plus the delay; the longest gap is of more than 2^15 steps twice over."""
    delay = np.array([0.1, 3276.8, 3276.9, 10_000.0])
    net = pl.Network(threads=1, precision="double")
    source = net.population(1, pl.SpikeSource([[0.1, 5000.0]]))
    target = net.population(4, silent(("in", "other")))
    rule = pl.STDP(learning_rate=0.0, w_max=2.0) if plastic else None
    if bundled:
        net.connect(source, target, pl.AllToAll(), receptor="other", weight=0.0, delay=delay + 0.2)
    net.connect(source, target, pl.AllToAll(), receptor="in", weight=1.0, delay=delay, plasticity=rule)
    due = np.rint(np.add.outer((0.1, 5000.0), delay) / 0.1)
    rest = target.get("V")
    for step in np.unique(due):
        for moment in (step, step + 1):  # before and after what arrives in this step
            net.run(moment * net.dt - net.time, progress=False)
            np.testing.assert_allclose(target.get("V") - rest, (due < moment).sum(axis=0), atol=1e-4)
