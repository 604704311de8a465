"""Controllers: what their sensors say, how their laws move, and what that does to neurons."""

from __future__ import annotations

import math

import numpy as np
import pytest

import plastica as pl
from plastica.schema import schemas

INPUT = {"in": pl.ConductanceExp(tau=5.0, E_rev=0.0)}
NEVER = {"V_th": 1e4}


def silent(law: pl.Law, *, size: int = 3, **options: object) -> tuple[pl.Network, pl.Population, pl.Controller]:
    net = pl.Network(0.1, threads=1, **options)
    cells = net.population(size, pl.LIF(receptors=INPUT, **NEVER))
    return net, cells, net.control(cells, law)


# ---------------------------------------------------------------------------------------------------- sensors


@pytest.mark.threads
@pytest.mark.parametrize("threads", [1, 2])
def test_the_sensor_is_an_exponential_trace_of_the_spikes_up_to_the_update(threads):
    """Oracle: 1000/tau times the sum of exp(-age/tau) over the spikes, and what is left of the start."""
    net = pl.Network(0.1, threads=threads, precision="double")
    cells = net.population(130, pl.LIF(I_e=600.0, tau_m=np.linspace(8, 30, 130)))
    spikes = net.record(cells, "spikes")
    law = pl.IntrinsicExcitability(target_rate=7.0, tau=80.0, eta=0.0, interval=20.0)
    rates = net.record(net.control(cells, law), "rate", interval=10.0)
    net.run(205.0)
    expected = np.zeros((21, 130))
    for row, moment in enumerate(rates.times):
        update = (
            20.0 * math.ceil(moment / 20.0 - 1) if moment > 0 else 0.0
        )  # a sample does not contain the update at its own moment
        expected[row] = 7.0 * math.exp(-update / 80.0)
        seen = spikes.times <= update + 1e-9
        np.add.at(expected[row], spikes.ids[seen], 1000 / 80.0 * np.exp(-(update - spikes.times[seen]) / 80.0))
    assert spikes.count > 500
    np.testing.assert_allclose(rates.values, expected, rtol=1e-12)


def test_a_sensor_of_the_population_moves_every_neuron_by_the_mean_rate():
    """Oracle: the addend of every neuron is the integral of the mean of the recorded rates."""
    net = pl.Network(0.1, threads=1, precision="double")
    cells = net.population(40, pl.LIF(I_e=np.linspace(0, 800, 40)))
    law = pl.IntrinsicExcitability("I_e", target_rate=5.0, tau=100.0, eta=-2.0, sensor="population", interval=50.0)
    controller = net.control(cells, law)
    rates = net.record(controller, "rate", interval=50.0)
    net.run(500.1)
    assert np.ptp(rates.values[-1]) > 1.0
    # the sample at an update is the rate of the update before it
    errors = np.append(rates.values[2:].mean(axis=1), controller.get("rate").mean()) - 5.0
    np.testing.assert_allclose(controller.get("change"), -2.0 * errors.sum() * 0.05, rtol=1e-12)


# ---------------------------------------------------------------------------------------------------- laws


def test_without_spikes_the_factor_of_scaling_grows_as_the_exponential_of_a_parabola():
    """Oracle: factor = exp(beta r t + gamma r t^2 / 2) and integral = r t while the rate is 0."""
    law = pl.SynapticScaling(target_rate=4.0, tau=1e3, beta=0.02, gamma=0.005, interval=100.0, high=1e6)
    net, _, controller = silent(law, precision="single")
    controller.set(rate=0.0)
    net.run(10_000.1)
    np.testing.assert_allclose(controller.get("integral"), 40.0, rtol=1e-12)
    np.testing.assert_allclose(controller.get("factor"), math.exp(0.02 * 4 * 10 + 0.005 * 4 * 50), rtol=1e-12)


def test_at_its_bound_a_factor_stands_still_and_its_integral_too():
    """Oracle: the bound; and the integral of the last interval before it."""
    law = pl.SynapticScaling(target_rate=4.0, beta=0.5, gamma=0.5, interval=100.0, high=1.5)
    net, _, controller = silent(law)
    controller.set(rate=0.0)
    net.run(100.1)
    integral = controller.get("integral")
    assert np.all(controller.get("factor") < 1.5)
    net.run(5000.0)
    assert np.all(controller.get("factor") == 1.5)
    assert np.all(controller.get("integral") >= integral)
    assert np.all(controller.get("integral") < 1.0)


@pytest.mark.parametrize(("mode", "expected"), [("addend", -1.2), ("factor", math.exp(-1.2))])
def test_without_spikes_a_parameter_moves_at_a_constant_speed(mode, expected):
    """Oracle: change = -eta r t, or its exponential."""
    law = pl.IntrinsicExcitability("tau_m", target_rate=6.0, eta=0.1, mode=mode, tau=1e-3)
    net, cells, controller = silent(law)
    net.run(100.1)
    controller.set(rate=0.0, change=0.0 if mode == "addend" else 1.0)
    net.run(2000.0)
    np.testing.assert_allclose(controller.get("change"), expected, rtol=1e-12)
    effective = 10.0 + expected if mode == "addend" else 10.0 * expected
    np.testing.assert_allclose(cells.effective("tau_m"), effective, rtol=1e-12)
    assert np.all(cells.get("tau_m") == 10.0)


@pytest.mark.parametrize(
    "law",
    [
        pl.SynapticScaling(target_rate=8.0, tau=2e3, beta=0.02, gamma=0.004, interval=50.0),
        pl.IntrinsicExcitability("V_th", target_rate=8.0, tau=2e3, eta=0.15, interval=50.0),
        pl.IntrinsicExcitability("I_e", target_rate=8.0, tau=2e3, eta=-3.0, interval=50.0),
    ],
    ids=["scaling", "threshold", "bias"],
)
@pytest.mark.parametrize("drive", [6000.0, 3000.0])
def test_in_the_end_every_neuron_fires_at_its_target_rate(law, drive):
    """Oracle: the set point, within 3 % (P15); what an integral law must reach from drives a factor of two apart."""
    net = pl.Network(0.5, seed=5, threads=1)
    cells = net.population(400, pl.LIF(receptors=INPUT))
    net.drive(cells, pl.PoissonInput(rate=drive), weight=0.3)
    net.control(cells, law)
    net.run(40_000)
    spikes = net.record(cells, "rate", interval=20_000)
    net.run(20_000)
    assert spikes.rates[-1] == pytest.approx(8.0, rel=0.03)


def test_a_threshold_that_spikes_raise_is_the_sum_of_what_is_left_of_them():
    """Oracle: amount times the sum of exp(-age/tau) over the spikes up to the interval (Diehl and Cook 2015)."""
    net = pl.Network(0.1, threads=1, precision="double")
    cells = net.population(3, pl.LIF(I_e=[500.0, 700.0, 900.0]))
    spikes = net.record(cells, "spikes")
    controller = net.control(cells, pl.SpikeTriggeredThreshold(amount=0.4, tau=300.0, interval=5.0))
    net.run(400.1)
    expected = np.zeros(3)
    seen = spikes.times <= 400.0 + 1e-9
    np.add.at(expected, spikes.ids[seen], 0.4 * np.exp(-(400.0 - spikes.times[seen]) / 300.0))
    assert spikes.count > 20
    np.testing.assert_allclose(controller.get("theta"), expected, rtol=1e-12)
    np.testing.assert_allclose(cells.effective("V_th"), -55.0 + expected, rtol=1e-12)


@pytest.mark.parametrize(("form", "limit"), [("threshold", 2.0), ("plain", 7.0)])
def test_the_factor_of_a_silent_neuron_relaxes_to_what_pulls_it(form, limit):
    """Oracle: f = 2 for a silent neuron (1 + tanh of infinity), or the bound; h = f + (1 - f) exp(-t/tau_factor)."""
    law = pl.HomeostaticFactor(target_rate=3.0, tau_factor=400.0, form=form, high=7.0, interval=10.0)
    net, cells, controller = silent(law)
    controller.set(rate=0.0)
    net.run(300.1)
    expected = limit + (1 - limit) * math.exp(-300.0 / 400.0)
    np.testing.assert_allclose(controller.get("factor"), expected, rtol=1e-12)
    np.testing.assert_allclose(cells.effective("in.gain"), expected, rtol=1e-12)


def test_the_factor_of_a_neuron_that_is_active_enough_falls_to_its_bound():
    """Oracle: f(z) = 0 up to z = 1.05, so that h decays, and the factor is max(low, h)."""
    law = pl.HomeostaticFactor(target_rate=3.0, tau=1e9, tau_factor=50.0, low=0.5, interval=10.0)
    net, _, controller = silent(law)
    net.run(30.1)
    np.testing.assert_allclose(controller.get("factor"), math.exp(-30.0 / 50.0), rtol=1e-6)
    net.run(500.0)
    np.testing.assert_array_equal(controller.get("factor"), 0.5)


@pytest.mark.parametrize("exponent", [1.0, 2.0])
def test_a_sliding_threshold_sets_the_factor_of_depression_to_a_power_of_the_rate(exponent):
    """Oracle: ltd_factor = (rate / target_rate)^exponent, and the depression of an isolated pair in proportion."""
    net = pl.Network(0.1, threads=1, precision="double")
    cells = net.population(4, pl.LIF(I_e=[0.0, 400.0, 500.0, 900.0], receptors={"in": pl.CurrentDelta()}))
    pre = net.population(1, pl.SpikeSource(np.arange(5.0, 400.0, 13.0)))
    rule = pl.TripletSTDP(threshold="per neuron", A2_plus=0.0, A3_plus=0.0, A3_minus=0.0, w_max=1e9)
    synapses = net.connect(pre, cells, pl.AllToAll(), weight=1e8, plasticity=rule)
    law = pl.SlidingThreshold(target_rate=20.0, tau=200.0, exponent=exponent, interval=20.0)
    controller = net.control(synapses, law)
    factors = net.record(synapses, "ltd_factor", interval=20.0)
    net.run(400.1)
    expected = (controller.get("rate") / 20.0) ** exponent
    np.testing.assert_allclose(controller.get("factor"), expected, rtol=1e-12)
    np.testing.assert_allclose(synapses.get("ltd_factor"), expected, rtol=1e-12)
    assert factors.values.shape == (21, 4)
    assert np.all(factors.values[0] == 1.0)


NORMS = {"L1": np.sum, "L2": lambda w: np.sqrt(np.sum(w**2)), "subtractive": np.sum}


@pytest.mark.parametrize("plastic", [False, True], ids=["static", "plastic"])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("axis", ["target", "source"])
def test_normalised_weights_have_their_total_again_and_keep_their_ratios_or_differences(axis, norm, plastic):
    """Oracle: the norm of each neuron's weights; ratios under division, differences under subtraction."""
    net = pl.Network(0.1, seed=3, threads=2, precision="double")
    cells = net.population(130, pl.LIF(receptors=INPUT))
    rule = pl.STDP(w_max=9.0) if plastic else None
    wiring = {"weight": pl.Uniform(1.0, 2.0), "delay": pl.Uniform(0.5, 3.0), "plasticity": rule}
    synapses = net.connect(cells, cells, pl.FixedProbability(0.3), **wiring)
    before, ends = synapses.weights, synapses.targets if axis == "target" else synapses.sources
    net.control(synapses, pl.WeightNormalization(axis=axis, norm=norm, total=20.0, interval=50.0))
    net.run(50.0)
    np.testing.assert_array_equal(synapses.weights, before)
    net.run(0.1)
    for neuron in range(130):
        own, was = synapses.weights[ends == neuron], before[ends == neuron]
        kept = own - was if norm == "subtractive" else own / was
        if np.all(own > 0):
            np.testing.assert_allclose(NORMS[norm](own), 20.0, rtol=1e-10)
            np.testing.assert_allclose(kept, kept[0], rtol=1e-9, atol=1e-12)


def test_a_weight_that_all_synapses_shared_is_normalised_one_by_one():
    """Oracle: what each target had at the start is what it has after an edit."""
    net = pl.Network(0.1, seed=3, threads=1, precision="double")
    cells = net.population(50, pl.LIF(receptors=INPUT))
    synapses = net.connect(cells, cells, pl.FixedProbability(0.3), weight=0.5)
    net.control(synapses, pl.WeightNormalization(interval=10.0))
    number = np.bincount(synapses.targets, minlength=50)
    synapses.weights = np.linspace(0.1, 2.0, len(synapses))
    net.run(10.1)
    np.testing.assert_allclose(np.bincount(synapses.targets, synapses.weights, 50), 0.5 * number, rtol=1e-12)


def test_normalised_weights_stay_within_their_bounds():
    """Oracle: 0 and w_max."""
    net = pl.Network(0.1, seed=3, threads=1)
    cells = net.population(50, pl.LIF(receptors=INPUT))
    rule = pl.STDP(w_max=1.0)
    for norm, total in (("L1", 100.0), ("subtractive", 0.001)):
        synapses = net.connect(cells, cells, pl.FixedProbability(0.3), weight=pl.Uniform(0, 1), plasticity=rule)
        net.control(synapses, pl.WeightNormalization(norm=norm, total=total, interval=10.0))
    net.run(10.1)
    for projection in net.projections.values():
        assert projection.weights.min() >= 0
        assert projection.weights.max() <= 1


# ---------------------------------------------------------------------------------------------------- effects


@pytest.mark.parametrize(
    "receptor", ["CurrentDelta", "CurrentExp", "CurrentAlpha", "ConductanceExp", "ConductanceAlpha", "NMDA"]
)
@pytest.mark.parametrize("precision", ["single", "double"])
def test_a_factor_scales_what_arrives_and_leaves_ratios_alone(receptor, precision):
    """Oracle: the same network with weights times the factor, a power of two, which rounds nothing."""

    def potentials(factor: float, weight: float) -> np.ndarray:
        net = pl.Network(0.1, threads=1, precision=precision)
        cells = net.population(70, pl.LIF(receptors={"in": getattr(pl, receptor)()}, **NEVER))
        pre = net.population(1, pl.SpikeSource([3.0, 4.0]))
        net.connect(pre, cells, pl.AllToAll(), weight=weight * np.linspace(0.5, 2.0, 70))
        controller = net.control(cells, pl.SynapticScaling(beta=0.0, gamma=0.0))
        controller.set(factor=factor)
        states = net.record(cells, "V", interval=0.5)
        net.run(20.0)
        return states.values

    np.testing.assert_array_equal(potentials(0.25, 4.0), potentials(1.0, 1.0))
    assert np.ptp(potentials(2.0, 1.0)) > 0


def membranes_and_parameters() -> list[tuple[str, str]]:
    names = [p["name"] for p in pl._native.parts() if p["kind"] == "membrane" and p["name"] != "Relay"]
    return [(name, parameter) for name in names for parameter in schemas()[name].parameters]


@pytest.mark.parametrize(("membrane", "parameter"), membranes_and_parameters())
@pytest.mark.parametrize("receptor", ["CurrentExp", "ConductanceExp"])
def test_an_adjusted_parameter_acts_as_one_that_is_set(membrane, parameter, receptor):
    """Oracle: the same bits as the network whose neurons are given the sum."""

    def run(adjusted: bool) -> tuple[np.ndarray, int]:
        net = pl.Network(0.1, threads=1)
        cells = net.population(200, getattr(pl, membrane)(receptors={"in": getattr(pl, receptor)()}))
        net.drive(cells, pl.PoissonInput(rate=4000.0), weight=60.0 if receptor == "CurrentExp" else 2.0)
        base = cells.get(parameter)
        change = np.linspace(0.0, 0.0625, 200) * np.where(base == 0, 1.0, np.abs(base))
        if adjusted:
            law = pl.IntrinsicExcitability(parameter, eta=0.0, interval=7.0)
            net.control(cells, law).set(change=change)
        else:
            cells.set({parameter: base + change})
        net.run(100.0)
        return cells.get("V"), cells.spike_count

    (one, fired), (other, also) = run(adjusted=True), run(adjusted=False)
    np.testing.assert_array_equal(one, other)
    assert fired == also


def network(
    law: pl.Law | None, target: slice = slice(None), size: int = 150
) -> tuple[pl.Network, pl.Population, pl.Controller | None]:
    net = pl.Network(0.1, seed=2, threads=1)
    cells = net.population(size, pl.LIF(receptors=INPUT))
    net.drive(cells, pl.PoissonInput(rate=4000.0), weight=0.8)
    return net, cells, None if law is None else net.control(cells[target], law)


@pytest.mark.parametrize(
    "law",
    [pl.SynapticScaling(beta=0.0, gamma=0.0, interval=10.0), pl.IntrinsicExcitability(eta=0.0, interval=10.0)],
    ids=["scaling", "intrinsic"],
)
def test_a_controller_without_gain_changes_nothing(law):
    """Oracle: the same bits without it."""
    found = []
    for which in (law, None):
        net, cells, _ = network(which)
        net.run(300.0)
        found.append((cells.spike_count, cells.get("V")))
    assert found[0][0] == found[1][0] > 100
    np.testing.assert_array_equal(found[0][1], found[1][1])


def test_in_a_view_only_its_neurons_are_sensed_and_adjusted():
    """Oracle: neurons without connections: those of the view behave as in a network that is all controlled, the others as in one that is not."""
    law = pl.SynapticScaling(target_rate=3.0, tau=100.0, beta=0.5, gamma=0.1, interval=10.0)
    potentials, factors = [], []
    for which, target in ((law, slice(None)), (law, slice(40, 90)), (None, slice(None))):
        net, cells, controller = network(which, target)
        net.run(300.0)
        potentials.append(cells.get("V"))
        factors.append(None if controller is None else controller.get("factor"))
    np.testing.assert_array_equal(factors[1], factors[0][40:90])
    np.testing.assert_array_equal(potentials[1][40:90], potentials[0][40:90])
    outside = np.r_[0:40, 90:150]
    np.testing.assert_array_equal(potentials[1][outside], potentials[2][outside])


def test_sources_contribute_in_the_order_they_were_made():
    """Oracle: base * factor * factor + addend + addend."""
    net = pl.Network(0.1, threads=1)
    cells = net.population(2, pl.LIF(receptors=INPUT))
    changes = (("factor", 1.5), ("addend", 3.0), ("factor", 0.5), ("addend", [1.0, 2.0]))
    for mode, change in changes:
        net.control(cells, pl.IntrinsicExcitability("C_m", eta=0.0, mode=mode)).set(change=change)
    np.testing.assert_allclose(cells.effective("C_m"), 250 * 1.5 * 0.5 + 3 + np.array([1, 2]), rtol=1e-15)
    cells.set(C_m=100.0)
    np.testing.assert_allclose(cells.effective("C_m"), 100 * 1.5 * 0.5 + 3 + np.array([1, 2]), rtol=1e-15)
    np.testing.assert_array_equal(cells.get("C_m"), 100.0)


def test_a_controller_that_is_not_active_stands_still_with_what_it_has_sensed():
    """Oracle: its states before."""
    law = pl.SynapticScaling(target_rate=3.0, tau=100.0, beta=0.5, interval=10.0)
    net, _, controller = network(law)
    net.run(100.0)
    controller.active = False
    before = {name: controller.get(name) for name in controller.states}
    net.run(100.0)
    for name, values in before.items():
        np.testing.assert_array_equal(controller.get(name), values)


# ---------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda n, c: n.control(c, pl.SynapticScaling("gaba")), pl.UnknownName, "no receptor 'gaba'"),
        (lambda n, c: n.control(c, pl.SynapticScaling(low=2.0, high=1.0)), ValueError, "low must be below high"),
        (
            lambda n, c: n.control(c, pl.SynapticScaling(tau=[1.0, 2.0, 3.0])),
            ValueError,
            r"SynapticScaling\.tau is one value",
        ),
        (lambda n, c: n.control(c, pl.SynapticScaling(beta=[1.0, 2.0])), ValueError, "has 2 values for 3 neurons"),
        (lambda n, c: n.control(c, pl.IntrinsicExcitability("V")), pl.UnknownName, "no adjustable parameter 'V'"),
        (lambda n, c: n.control(c, pl.IntrinsicExcitability("V_tt")), pl.UnknownName, "did you mean 'V_th'"),
        (lambda n, c: n.control(c, pl.STDP(w_max=1)), TypeError, "must be what a controller does"),
        (lambda n, c: n.control("c", pl.SynapticScaling()), TypeError, "must be a population, a view"),
        (lambda n, c: n.control(n.populations["source"], pl.SynapticScaling()), ValueError, "SpikeSource"),
        (lambda n, c: n.control(c, pl.SynapticScaling(), name="known"), ValueError, "already a controller"),
        (lambda n, c: n.controllers["known"].get("x"), pl.UnknownName, "no parameter or state 'x'"),
        (lambda n, c: n.controllers["known"].set(tau=3.0), ValueError, r"SynapticScaling\.tau is fixed"),
        (
            lambda n, c: n.controllers["known"].set(factor=-1.0),
            ValueError,
            r"SynapticScaling\.factor = -1 must be at least 0",
        ),
        (lambda n, c: n.record(n.controllers["known"], "V", interval=1.0), ValueError, "can record a state"),
        (
            lambda n, c: pl.SynapticScaling(target_rate=-1.0),
            ValueError,
            r"SynapticScaling\.target_rate = -1 Hz must be at least 0 Hz",
        ),
    ],
)
def test_what_a_controller_cannot_be_is_refused_by_name(call, error, message):
    net = pl.Network(0.1)
    cells = net.population(3, pl.LIF(receptors=INPUT))
    net.population(3, pl.SpikeSource([1.0]), name="source")
    net.control(cells, pl.SynapticScaling(), name="known")
    with pytest.raises(error, match=message):
        call(net, cells)
    assert list(net.controllers) == ["known"]
    net.run(200.0)


def test_a_parameter_that_is_led_out_of_its_bounds_is_an_error_with_the_name_of_who_did_it():
    """Oracle: tau_m = 10 ms - t/100 must be above 0; the network stands at that step, and goes on once the cause is gone."""
    law = pl.IntrinsicExcitability("tau_m", target_rate=10.0, tau=1e-3, eta=1.0, interval=100.0)
    net, cells, controller = silent(law)
    controller.set(rate=0.0)
    with pytest.raises(ValueError, match=r"LIF\.tau_m = .* must be above 0 ms .*adjusted by 'controller_0'"):
        net.run(3000.0)
    assert net.time == pytest.approx(1000.0, abs=101)
    last = cells.effective("tau_m")
    assert np.all(last > 0)
    controller.set(change=-5.0)
    controller.active = False
    net.run(100.0)
    np.testing.assert_array_equal(cells.effective("tau_m"), 5.0)
