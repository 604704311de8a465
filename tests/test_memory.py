"""Memory stays bounded: no history grows because some neuron is silent."""

from __future__ import annotations

import os
import resource

import pytest

import plastica as pl

RULES = {
    "table of epochs": [pl.STDP(w_max=1.0)],
    "running sums": [pl.TripletSTDP(w_max=1.0)],
    "replay": [pl.STDP(w_max=1.0, dependence="power", mu_plus=0.4, mu_minus=0.4)],
    "heterosynaptic": [pl.STDP(w_max=1.0), pl.Heterosynaptic()],
    "calcium": [pl.CalciumSTDP(w_0=0.1, w_1=1.0)],
    "reward": [pl.STDP(w_max=1.0), pl.RewardGate("dopamine")],
}


# What a run may add; AddressSanitizer keeps 256 MB of freed memory out of use.
ALLOWED = (300 << 20) if os.environ.get("PLASTICA_SANITIZER") == "asan" else (512 << 10)


def resident() -> int:
    """The most memory that this process has had so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_an_hour_at_500_hz_behind_a_silent_source_takes_no_more_memory_than_a_minute(rules):
    """Oracle: the memory after the first minute, but for half a megabyte; the weights are still finite."""
    net = pl.Network(dt=2.0, threads=1)
    net.modulator("dopamine", baseline=0.1)
    silent = net.population(4, pl.SpikeSource([]))
    # so far above threshold that a neuron spikes in every step
    cells = net.population(2, pl.LIF(t_ref=0.0, I_e=9000.0, receptors={"in": pl.CurrentDelta()}))
    learning = net.connect(silent, cells, pl.AllToAll(), weight=0.5, delay=2.0, plasticity=rules)
    net.run(60_000)
    rate = cells.spike_count / 2 / 60
    assert rate == pytest.approx(500)
    before = resident()
    net.run(3_540_000)
    assert resident() - before < ALLOWED
    assert cells.spike_count / 2 / 3600 == pytest.approx(rate, rel=0.01)
    assert ((learning.weights >= 0) & (learning.weights <= 1)).all()
