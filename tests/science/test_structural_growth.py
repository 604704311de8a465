"""The experiments of structural plasticity: what is exact in them, and both of them reduced."""

from __future__ import annotations

import json

import numpy as np
import pytest

import plastica as pl
from plastica.cli import main
from plastica.experiments import Context, butz2013, rtms


def test_elements_and_synapses_agree_while_neurons_grow_and_shrink() -> None:
    """Oracle: conservation. Bound axonal and dendritic elements are the synapses, made less gone, of every neuron."""
    size = butz2013.Size(neurons=250, speed=2.0)
    grown = butz2013.build(Context(seed=1, threads=1), 1.5, size)
    for _ in range(12):
        grown.net.run(2500)
        assert butz2013.unaccounted(grown) == 0
    assert all(law.created > law.removed > 0 for law in grown.laws)
    for projection, law in zip((grown.recurrent, grown.forward), grown.laws, strict=True):
        assert law.get("axonal.bound").sum() == law.get("dendritic.bound").sum() == len(projection)


def test_what_does_not_agree_is_counted() -> None:
    """Oracle: a synapse that is added by hand is one that the law has not made, and binds two elements too many."""
    grown = butz2013.build(Context(seed=1, threads=1), 1.5, butz2013.Size(neurons=250))
    grown.recurrent.add([0], [1], weight=butz2013.WEIGHT, delay=1.5)
    assert butz2013.unaccounted(grown) == 3


def test_the_rate_in_closed_form_has_its_limit_without_noise() -> None:
    """Oracle: t_ref + tau ln((mu - V_reset) / (mu - V_th)) between spikes."""
    for mean in (22.0, 30.0, 50.0):
        interval = 2.0 + 20.0 * np.log((mean - 10) / (mean - 20))
        assert butz2013.lif_rate(mean, 0.25) == pytest.approx(1e3 / interval, rel=5e-3)


def test_the_rate_in_closed_form_is_that_of_simulated_neurons() -> None:
    """Oracle: the engine, with Poisson input of small weights."""
    for mean, weight in ((16.0, 0.1), (18.0, 0.1), (22.0, 0.2)):
        net = pl.Network(seed=2, threads=1, dt=0.02)
        model = pl.LIF(tau_m=20, C_m=250, E_L=0, V_th=20, V_reset=10, t_ref=2, receptors={"psp": pl.CurrentDelta()})
        cells = net.population(400, model, initial={"V": pl.Uniform(0, 20)})
        net.drive(cells, pl.PoissonInput(rate=mean / (weight * 20e-3)), weight=weight)
        net.drive(cells, pl.PoissonInput(rate=2e4), weight=weight)
        net.drive(cells, pl.PoissonInput(rate=2e4), weight=-weight)
        net.run(500)
        before = cells.spike_count
        net.run(4000)
        rate = (cells.spike_count - before) / 400 / 4
        variance = 20e-3 * weight**2 * (mean / (weight * 20e-3) + 4e4)
        assert rate == pytest.approx(butz2013.lif_rate(mean, np.sqrt(variance)), rel=0.08)


def test_modes_are_counted() -> None:
    """Oracle: one normal distribution has one, two far apart have two, and a single outlier adds none."""
    draws = np.random.default_rng(1)
    one, other = draws.normal(100, 5, 2000).round(), draws.normal(160, 5, 2000).round()
    assert butz2013.modes(one) == 1
    assert butz2013.modes(np.append(one, 140)) == 1
    assert butz2013.modes(np.concatenate([one, other])) == 2


def test_synapses_at_random_are_as_dense_as_chance_and_added_ones_denser() -> None:
    """Oracle: count / (out in / all), from counts made by hand."""
    net = pl.Network(seed=1, threads=1)
    cells = net.population(10, pl.LIF(receptors={"psp": pl.CurrentDelta()}))
    everyone = net.connect(cells, cells, pl.AllToAll(), weight=1.0, delay=1.0)
    np.testing.assert_allclose(butz2013.over_chance(everyone, 5), 1 if len(everyone) == 100 else 90 * 2 / 18**2)
    pairs = net.connect(cells, cells, pl.Explicit([0, 0, 1, 5], [1, 7, 0, 1]), weight=1.0, delay=1.0)
    assert butz2013.over_chance(pairs, 2)[0] == pytest.approx(2 * 4 / (3 * 3))


def test_a_pulse_raises_the_potential_by_three_millivolts() -> None:
    """Oracle: A tau / C (1 - exp(-width / tau))."""
    net = pl.Network(seed=1, threads=1, precision="double")
    cell = net.population(
        1, pl.LIF(tau_m=20, C_m=250, E_L=0, V_th=20, V_reset=10, receptors={"psp": pl.CurrentDelta()})
    )
    cell.set(V=0.0)
    net.drive(cell, rtms.pulses(50.0))
    net.run(50.0)
    assert cell.get("V")[0] == 0
    net.run(0.5)
    assert cell.get("V")[0] == pytest.approx(1500 * 20 / 250 * (1 - np.exp(-0.5 / 20)), rel=1e-9)
    assert cell.get("V")[0] == pytest.approx(rtms.STEP_OF_PULSE, rel=0.02)


def test_the_input_of_the_reduced_network_belongs_to_a_tenth_of_the_connections() -> None:
    """Oracle: Brunel's rate of neurons with 100 excitatory and 25 inhibitory synapses is the set point."""
    moments = butz2013.moments(rtms.DRIVE, 100, 25, rtms.SET_POINT, rtms.WEIGHT)
    assert butz2013.lif_rate(*moments) == pytest.approx(rtms.SET_POINT, rel=0.03)


def test_an_overshoot_is_measured() -> None:
    """Oracle: 1 + 0.2 exp(-t / 300 s) halves in 300 ln 2 seconds."""
    times = np.arange(-100e3, 1090e3 + 1, 10e3)
    after = times - 90e3
    relative = np.where(after > 0, 1 + 0.2 * np.exp(-(after - 10e3) / 300e3), 1)
    peak, when, half = rtms.overshoot(relative, times)
    assert peak == pytest.approx(1.2, abs=0.015)
    assert when == pytest.approx(30e3)
    assert half - when == pytest.approx(300e3 * np.log(2), abs=10e3)


@pytest.mark.science
@pytest.mark.parametrize("name", ["butz2013", "rtms"])
def test_growth_reaches_its_set_point_and_stimulation_rewires(name: str, tmp_path) -> None:
    """Oracle: every criterion."""
    assert main(["run", name, "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / name / "result.json").read_text(encoding="utf-8"))
    judged = [record for record in content["records"] if record["criterion"] is not None]
    assert len(judged) >= 3
    assert [record["metric"] for record in judged if not record["pass"]] == []
