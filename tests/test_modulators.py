"""Modulators: levels, releases, recorders, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl


def test_the_level_is_the_baseline_and_a_decaying_sum_of_releases():
    """Oracle: baseline + sum of amount exp(-(t - release)/tau) over the releases before t."""
    net = pl.Network(0.1, threads=1)
    dopamine = net.modulator("dopamine", tau=150.0, baseline=0.2)
    dopamine.release([0.5, 0.25, -0.1], at=[10.0, 10.0, 40.0])
    levels = net.record(dopamine, interval=0.1)
    net.run(60.0)
    expected = np.full(len(levels.times), 0.2)
    for amount, moment in ((0.75, 10.0), (-0.1, 40.0)):
        age = levels.times - moment
        expected += np.where(age > 1e-9, amount * np.exp(-age / 150.0), 0.0)
    assert len(levels.times) == 600
    np.testing.assert_allclose(levels.values, expected, rtol=0, atol=1e-6)
    assert dopamine.level == pytest.approx(0.2 + 0.75 * np.exp(-50 / 150) - 0.1 * np.exp(-20 / 150), rel=1e-12)


def test_a_level_read_at_the_moment_of_a_release_does_not_contain_it():
    """Oracle: the left limit."""
    net = pl.Network(0.1)
    signal = net.modulator("signal", tau=100.0)
    signal.release(1.0)
    assert signal.level == 0.0
    net.run(0.1)
    assert signal.level == pytest.approx(np.exp(-0.1 / 100))


@pytest.mark.threads
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_spikes_of_a_population_release_after_their_delay(threads):
    """Oracle: one release per spike at its time plus the delay; spikes of neurons that do not release change nothing."""
    net = pl.Network(0.1, threads=threads, precision="double")
    source = net.population(200, pl.SpikeSource([np.array([5.0, 7.5]), np.array([5.0])] + [np.array([6.0])] * 198))
    signal = net.modulator("signal", tau=20.0)
    signal.release_by(source[:2], 0.5, delay=2.0)
    levels = net.record(signal, interval=0.1)
    net.run(15.0)
    expected = np.zeros(len(levels.times))
    for amount, moment in ((1.0, 7.0), (0.5, 9.5)):
        age = levels.times - moment
        expected += np.where(age > 1e-9, amount * np.exp(-age / 20.0), 0.0)
    np.testing.assert_allclose(levels.values, expected, rtol=0, atol=1e-12)


def test_a_baseline_that_is_set_holds_from_now_on():
    net = pl.Network(0.1, precision="double")
    signal = net.modulator("signal", tau=20.0, baseline=1.0)
    levels = net.record(signal, interval=1.0)
    net.run(3.0)
    signal.baseline = 2.0
    net.run(3.0)
    assert levels.values.tolist() == [1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
    assert signal.baseline == 2.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda net: net.modulator("x", tau=0), ValueError, r"Modulator\.tau = 0 ms must be above 0 ms"),
        (lambda net: net.modulator("x", tau=float("nan")), ValueError, r"Modulator\.tau"),
        (lambda net: net.modulator("x", baseline=float("inf")), ValueError, r"Modulator\.baseline"),
        (lambda net: net.modulator("known"), ValueError, "already a modulator with the name 'known'"),
        (lambda net: net.modulator(3), TypeError, "name of a modulator"),
        (lambda net: net.modulators["known"].release(1.0, at=-5.0), ValueError, "cannot be before now"),
        (
            lambda net: net.modulators["known"].release([1.0, 2.0], at=[1.0, 2.0, 3.0]),
            ValueError,
            "2 amounts for 3 times",
        ),
        (lambda net: net.modulators["known"].release(float("nan")), ValueError, "amount"),
        (lambda net: net.modulators["known"].release_by("exc", 1.0), TypeError, "must be a population"),
        (lambda net: net.modulators["known"].release_by(net.populations["p"], 1.0, delay=0.0), ValueError, "at least"),
        (lambda net: net.record(net.modulators["known"], "spikes"), ValueError, "'level'"),
        (lambda net: net.record(net.modulators["known"]), ValueError, "needs an interval"),
    ],
)
def test_what_a_modulator_cannot_be_is_refused_by_name(call, error, message):
    net = pl.Network(0.1)
    net.population(3, pl.LIF(), name="p")
    net.modulator("known")
    with pytest.raises(error, match=message):
        call(net)
    assert list(net.modulators) == ["known"]
    net.run(1.0)


def test_a_projection_that_remembers_a_modulator_for_longer_changes_nothing_for_another():
    """Oracle: the same network without it; what is remembered of a level moves when it must reach further back."""

    def weights(second: bool) -> np.ndarray:
        net = pl.Network(0.1, threads=1, precision="double")
        net.modulator("dopamine", tau=50.0, baseline=0.5)
        pre = net.population(20, pl.SpikeSource([np.arange(2.0, 190.0, 7.0 + i) for i in range(20)]))
        one, other = (net.population(5, pl.LIF(I_e=500.0, receptors={"in": pl.CurrentDelta()})) for _ in range(2))
        gated = [pl.STDP(w_max=1.0), pl.RewardGate("dopamine", tau=0.0)]
        learning = net.connect(pre, one, pl.AllToAll(), weight=0.5, plasticity=gated)
        net.run(50.0)
        if second:
            slow = [pl.STDP(w_max=1.0), pl.RewardGate("dopamine", tau=9000.0)]
            net.connect(pre, other, pl.AllToAll(), weight=0.5, plasticity=slow)
        net.run(150.0)
        return learning.weights

    np.testing.assert_array_equal(weights(second=True), weights(second=False))
    assert np.any(weights(second=True) != 0.5)
