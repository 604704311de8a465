"""Voltage-based plasticity against closed forms under voltage clamp, the reference, and what it promises."""

from __future__ import annotations

import math

import numpy as np
import pytest

import plastica as pl
import reference
from conformance.setups import DT
from reference.plasticity.voltage_stdp import VoltageSTDP as Oracle

RULE = {"A_LTD": 14e-5, "A_LTP": 8e-5, "theta_minus": -70.6, "theta_plus": -45.3, "tau_minus": 10.0, "tau_plus": 7.0}
RULE |= {"tau_x": 15.0, "delay_u": 3.0, "w_max": 3.0}
NEURON = {"C_m": 281.0, "g_L": 30.0, "E_L": -70.6, "V_th_rest": -50.4, "V_th_max": -30.4, "tau_V_th": 50.0}
NEURON |= {"Delta_T": 2.0, "V_peak": 20.0, "V_clamp": 31.131, "t_clamp": 2.0, "V_reset": -49.5, "t_ref": 0.0}
NEURON |= {"a": 4.0, "b": 80.5, "tau_w": 144.0, "I_sp": 400.0, "tau_z": 40.0}


# ------------------------------------------------------------------------------------------------ voltage clamp

POTENTIALS = np.array([-80.0, -70.6, -66.1, -45.3, -45.0, -31.7, 0.0, 20.0])
ARRIVALS = np.array([500, 501, 700, 1100])  # steps at the synapse
CLAMPED = 1500  # steps


def clamped(rule, *, precision="double", delay=3):
    """Weights from 0.5, one synapse for each of POTENTIALS, at which the membrane stays."""
    net = pl.Network(DT, precision=precision, threads=1)
    count = len(POTENTIALS)
    # with so large a capacitance that no input moves it
    model = pl.LIF(
        C_m=1e12, tau_m=10.0, E_L=POTENTIALS, V_th=1e4, V_reset=-70.0, t_ref=0.0, receptors={"r": pl.CurrentExp(tau=2)}
    )
    cells = net.population(count, model)
    pre = net.population(count, pl.SpikeSource((ARRIVALS - delay) * DT))
    synapses = net.connect(pre, cells, pl.OneToOne(), weight=0.5, delay=delay * DT, plasticity=rule)
    net.run(CLAMPED * DT)
    assert np.max(np.abs(cells.get("V") - POTENTIALS)) < 1e-5
    return synapses.weights


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("delay", [1, 12])
@pytest.mark.parametrize("learning_rate", [1.0, 0.3])
def test_under_voltage_clamp_the_weight_moves_by_the_integrals_of_the_rule(learning_rate, delay, precision):
    """Oracle: -A_LTD [V - theta_minus]+ for each arrival, and A_LTP [V - theta_plus]+ [V - theta_minus]+ times the
    integral of the trace, exp(-t/tau_x)/tau_x after each arrival, on the grid."""
    weights = clamped(pl.VoltageSTDP(**RULE, learning_rate=learning_rate), precision=precision, delay=delay)
    depression = len(ARRIVALS) * RULE["A_LTD"] * np.maximum(POTENTIALS - RULE["theta_minus"], 0)
    per_step = math.exp(-DT / RULE["tau_x"])
    integral = (
        sum(per_step * (1 - per_step ** (CLAMPED - 1 - a)) / (1 - per_step) for a in ARRIVALS) * DT / RULE["tau_x"]
    )
    gate = np.maximum(POTENTIALS - RULE["theta_plus"], 0) * np.maximum(POTENTIALS - RULE["theta_minus"], 0)
    expected = learning_rate * (RULE["A_LTP"] * gate * integral - depression)
    limit = {"double": 1e-11, "single": 3e-6}[precision]
    np.testing.assert_allclose(weights - 0.5, expected, rtol=0, atol=limit)
    assert (np.sign(expected) == [0, 0, -1, -1, -1, 1, 1, 1]).all()


@pytest.mark.parametrize("precision", ["double", "single"])
def test_homeostasis_scales_depression_with_the_mean_square_of_the_potential(precision):
    """Oracle: (V - V_mean)^2 (1 - exp(-t/tau_homeo)) / u_ref^2 at each arrival, t since the network began."""
    homeostasis = {"homeostasis": True, "u_ref": 6.1, "tau_homeo": 80.0, "V_mean": -68.3}
    weights = clamped(pl.VoltageSTDP(**RULE | {"A_LTP": 0.0, "A_LTD": 4e-7}, **homeostasis), precision=precision)
    grown = np.sum(1 - np.exp(-ARRIVALS * DT / 80.0))
    squares = (POTENTIALS + 68.3) ** 2 / 6.1**2
    expected = -4e-7 * grown * squares * np.maximum(POTENTIALS - RULE["theta_minus"], 0)
    limit = {"double": 1e-11, "single": 3e-7}[precision]
    np.testing.assert_allclose(weights - 0.5, expected, rtol=0, atol=limit)
    assert expected[-1] < -0.01


# ------------------------------------------------------------------------------------------------ spiking neurons


STEPS = 700


def trains(seed, count, spikes):
    """Steps, on a coarse grid for two thirds of them, so that trains coincide."""
    random = np.random.default_rng(seed)
    coarse = [random.choice(np.arange(20, STEPS, 10), spikes - spikes // 3, replace=False) for _ in range(count)]
    fine = [random.choice(np.arange(20, STEPS), spikes // 3, replace=False) for _ in range(count)]
    return [np.unique(np.concatenate(pair)) for pair in zip(coarse, fine, strict=True)]


def taught(rule, *, precision="double", delay=14, weight=0.5, read_every=None, frozen=False, threads=1):
    """Synapses of 4 sources onto 3 neurons that are kicked into spikes, in the engine: the network and the synapses."""
    net = pl.Network(DT, precision=precision, threads=threads)
    receptors = {"r": pl.CurrentExp(tau=3.0), "teacher": pl.CurrentDelta()}
    cells = net.population(3, pl.ClopathAdEx(**NEURON, receptors=receptors))
    pre = net.population(4, pl.SpikeSource([steps * DT for steps in trains(1, 4, 30)]))
    teachers = net.population(3, pl.SpikeSource([steps * DT for steps in trains(2, 3, 12)]))
    net.connect(teachers, cells, pl.OneToOne(), receptor="teacher", weight=1000.0, delay=DT)
    synapses = net.connect(pre, cells, pl.AllToAll(), receptor="r", weight=weight, delay=delay * DT, plasticity=rule)
    synapses.plastic = not frozen
    if read_every is None:
        net.run(STEPS * DT)
    else:
        for _ in range(STEPS // read_every):
            net.run(read_every * DT)
            assert len(synapses.weights) == 12
    return net, synapses


def taught_reference(rule, delay=14, weight=0.5):
    """The same in the reference."""
    net = reference.Network(DT)
    receptors = {"r": reference.CurrentExp(tau=3.0), "teacher": reference.CurrentDelta()}
    cells = net.population(3, reference.ClopathAdEx(**NEURON, receptors=receptors))
    pre = net.sources(4, dict(enumerate(trains(1, 4, 30))))
    teachers = net.sources(3, dict(enumerate(trains(2, 3, 12))))
    each = np.arange(3)
    net.connect(teachers, cells, each, each, 1000.0, 1, "teacher")
    sources, targets = np.repeat(np.arange(4), 3), np.tile(each, 4)
    synapses = net.connect(pre, cells, sources, targets, weight, delay, "r", 0.0, [rule])
    net.run(STEPS)
    return synapses.weights


@pytest.mark.parametrize("homeostasis", [False, True])
@pytest.mark.parametrize("delay", [1, 14])
def test_the_rule_does_what_the_reference_does_with_spiking_neurons(delay, homeostasis):
    """Oracle: the reference simulator, on random trains with coincidences; both precisions."""
    more = {"homeostasis": homeostasis, "u_ref": 25.0, "tau_homeo": 60.0, "V_mean": -70.6}
    expected = taught_reference(Oracle(**RULE, **more), delay)
    assert np.ptp(expected) > 0.1
    for precision, limit in (("double", 1e-10), ("single", 1e-4)):
        _, synapses = taught(pl.VoltageSTDP(**RULE, **more), precision=precision, delay=delay)
        assert np.max(np.abs(synapses.weights - expected)) < limit


@pytest.mark.parametrize("precision", ["double", "single"])
def test_weights_stay_between_0_and_w_max(precision):
    """Oracle: the bounds, both of which are reached."""
    _, up = taught(pl.VoltageSTDP(**RULE | {"w_max": 0.7}, learning_rate=20.0), precision=precision)
    assert np.all((up.weights >= 0) & (up.weights <= (0.7 if precision == "double" else np.float32(0.7))))
    assert np.max(up.weights) == pytest.approx(0.7, rel=1e-6)
    _, down = taught(pl.VoltageSTDP(**RULE | {"A_LTP": 0.0}, learning_rate=20.0), precision=precision)
    assert np.all(down.weights == 0)


def test_a_learning_rate_of_0_and_a_frozen_projection_leave_weights_alone():
    """Oracle: the weight itself; and frozen filters are not: what is learned after thawing is what the reference says."""
    _, still = taught(pl.VoltageSTDP(**RULE, learning_rate=0.0))
    assert np.all(still.weights == 0.5)
    _, frozen = taught(pl.VoltageSTDP(**RULE), frozen=True)
    assert np.all(frozen.weights == 0.5)


@pytest.mark.parametrize("precision", ["double", "single"])
def test_reading_the_weights_at_any_time_and_threads_change_no_bit(precision):
    """Oracle: the same network run at once on one thread."""
    rule = pl.VoltageSTDP(**RULE, homeostasis=True, u_ref=25.0)
    _, once = taught(rule, precision=precision)
    _, often = taught(rule, precision=precision, read_every=5, threads=2)
    assert once.weights.tobytes() == often.weights.tobytes()


def test_the_potential_is_read_before_the_spike():
    """Oracle: an isolated post spike 10 ms after a pre spike finds the filters at rest, and changes nothing, if they
    take in potentials that are older than the spike is long; without that delay the spike potentiates by itself."""

    def single_pair(delay_u):
        net = pl.Network(DT, precision="double", threads=1)
        model = pl.ClopathAdEx(**NEURON, receptors={"r": pl.CurrentExp(tau=3.0), "teacher": pl.CurrentDelta()})
        cells = net.population(1, model)
        pre, teacher = net.population(1, pl.SpikeSource([20.0])), net.population(1, pl.SpikeSource([29.8]))
        net.connect(teacher, cells, pl.OneToOne(), receptor="teacher", weight=1000.0, delay=DT)
        rule = pl.VoltageSTDP(**RULE | {"delay_u": delay_u})
        synapse = net.connect(pre, cells, pl.OneToOne(), receptor="r", weight=1e-9, delay=DT, plasticity=rule)
        net.run(100.0)
        assert cells.spike_count == 1
        return synapse.weights[0]

    assert single_pair(3.0) == pytest.approx(0.0, abs=1e-7)  # at rest the exponential moves V by 1e-4 mV
    step = np.arange(20)  # of the spike, the first 9.9 ms after the arrival at the synapse
    x = np.exp(-(9.9 + step * DT) / 15) / 15
    spike = RULE["A_LTP"] * (31.131 + 45.3) * (31.131 + 70.6) * np.sum(x * (1 - np.exp(-step * DT / 7))) * DT
    assert single_pair(0.0) == pytest.approx(spike, rel=2e-5)
    assert spike > 0.004


def test_a_neuron_without_a_potential_is_refused_with_both_names():
    """Oracle: the message."""
    net = pl.Network(DT, threads=1)
    pre, post = net.population(1, pl.SpikeSource([1.0])), net.population(1, pl.Relay())
    with pytest.raises(ValueError, match=r"VoltageSTDP.*Relay|Relay.*VoltageSTDP"):
        net.connect(pre, post, pl.OneToOne(), weight=0.5, plasticity=pl.VoltageSTDP())


def test_a_synapse_far_out_on_the_dendrite_is_refused_with_the_reason():
    """Oracle: the message; the potential is that of the soma."""
    net = pl.Network(DT, threads=1)
    pre, post = (
        net.population(1, pl.SpikeSource([1.0])),
        net.population(1, pl.ClopathAdEx(receptors={"r": pl.CurrentDelta()})),
    )
    with pytest.raises(ValueError, match=r"VoltageSTDP .* dendritic_fraction = 0"):
        net.connect(pre, post, pl.OneToOne(), weight=0.5, dendritic_fraction=0.5, plasticity=pl.VoltageSTDP())


def test_the_published_set_is_named():
    """Oracle: Clopath et al. (2010), visual cortex."""
    rule = pl.VoltageSTDP.visual_cortex()
    assert (rule.A_LTD, rule.A_LTP, rule.tau_x, rule.tau_minus, rule.tau_plus) == (14e-5, 8e-5, 15.0, 10.0, 7.0)
    assert (rule.theta_minus, rule.theta_plus, rule.u_ref**2) == (-70.6, -45.3, pytest.approx(60.0))
