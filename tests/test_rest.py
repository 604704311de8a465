"""Quiet periods that pass at once, against the silent network run step by step."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from properties.test_rules_same_bits import W_MAX, build, every_rule

ACTIVE = 120.0  # ms


def silent(net: pl.Network, seconds: float) -> None:
    """What a rest does, step by step."""
    awake = [population[~population.silent] for population in net.populations.values()]
    driven = [drive for drive in net.drives.values() if drive.active]
    for neurons in awake:
        neurons.silence()
    for drive in driven:
        drive.active = False
    net.run(seconds * 1e3)
    for neurons in awake:
        neurons.restore()
    for drive in driven:
        drive.active = True


def states(projection: pl.Projection) -> dict[str, np.ndarray]:
    found = {name: np.asarray(projection.get(name)) for name in projection.states if not name.endswith("carry")}
    return found | {"weights": projection.weights}


def assert_agree(one: pl.Network, other: pl.Network, tolerance: float) -> None:
    assert one.time == other.time
    for name, projection in one.projections.items():
        expected = states(other.projections[name])
        for state, values in states(projection).items():
            scale = max(np.abs(expected[state]).max(initial=0), 1e-3)
            np.testing.assert_allclose(
                values, expected[state], rtol=0, atol=tolerance * scale, err_msg=f"{name}.{state}"
            )
    for name, modulator in one.modulators.items():
        np.testing.assert_allclose(modulator.level, other.modulators[name].level, atol=1e-12)
    for name, controller in one.controllers.items():
        for state in controller.states:
            expected_state = other.controllers[name].get(state)
            np.testing.assert_allclose(
                controller.get(state), expected_state, rtol=1e-9, atol=1e-9, err_msg=f"{name}.{state}"
            )


def assert_alike(one: pl.Network, other: pl.Network) -> None:
    """Noise has other realisations: means over synapses agree to 5 % of the largest value."""
    assert one.time == other.time
    for name, projection in one.projections.items():
        expected = states(other.projections[name])
        for state, values in states(projection).items():
            scale = np.abs(expected[state]).max(initial=0)
            assert abs(values.mean() - expected[state].mean()) <= 0.05 * scale, state


NOISY = {"CalciumSTDP", "QuantalRelease"}  # whose variables move by random amounts between events


@every_rule
def test_a_rest_is_the_silent_network_run_step_by_step(name: str) -> None:
    """Oracle: stepping; weights, states of rules and modulators, in double precision."""
    net = build(name, which=0, precision="double", dt=0.5)
    net.run(ACTIVE)
    stepped = net.copy()
    for network in (net, stepped):
        network.populations["cells"].set(I_e=0.0)
    # so long that most of it passes at once
    quiet = net.engine().memory_steps() * net.dt // 1e3 + 3
    net.rest(seconds=quiet)
    silent(stepped, quiet)
    if name in NOISY:
        assert_alike(net, stepped)
        return
    assert_agree(net, stepped, 1e-9)
    for network in (net, stepped):
        network.run(1.0)
    assert_agree(net, stepped, 1e-6)


def test_controllers_and_modifiers_go_on_through_a_rest() -> None:
    """Oracle: stepping."""

    def made() -> pl.Network:
        net = pl.Network(seed=2, precision="double")
        cells = net.population(20, pl.LIF(receptors={"ampa": pl.CurrentExp(tau=5.0)}), name="cells")
        net.drive(cells, pl.PoissonInput(rate=3000.0), receptor="ampa", weight=90.0)
        law = pl.SynapticScaling(receptor="ampa", tau=500.0, beta=1e-3, gamma=1e-4, high=5.0, interval=50.0)
        net.control(cells, law, name="scaling")
        law = pl.IntrinsicExcitability(parameter="V_th", tau=200.0, eta=1e-3, low=-3.0, interval=70.0)
        net.control(cells, law, name="threshold")
        net.modify(cells, {"tau_m": 1.5}, name="drug", start=5000.0, stop=30_000.0)
        net.run(500.0)
        return net

    net, stepped = made(), made()
    assert net.populations["cells"].spike_count > 0
    net.rest(seconds=60.0)
    silent(stepped, 60.0)
    assert_agree(net, stepped, 1e-9)
    np.testing.assert_array_equal(net.populations["cells"].effective("tau_m"), net.populations["cells"].get("tau_m"))
    for network in (net, stepped):
        network.run(200.0)
    assert_agree(net, stepped, 1e-6)


def test_weights_decay_over_eight_hours_by_the_closed_form() -> None:
    """Oracle: exp(-t/tau), for a hundred thousand synapses."""
    net = pl.Network(threads=1)
    sources = net.population(100, pl.PoissonSource(10.0))
    cells = net.population(1000, pl.LIF(receptors={"r": pl.CurrentExp(tau=5.0)}))
    tau = 4 * 3.6e6
    rules = [pl.STDP(w_max=2 * W_MAX, learning_rate=0.0), pl.WeightDecay(tau=tau)]
    synapses = net.connect(sources, cells, pl.AllToAll(), weight=pl.Uniform(1, W_MAX), delay=1.0, plasticity=rules)
    net.run(100.0)
    before = synapses.weights
    net.rest(hours=8)
    assert net.time == 100.0 + 8 * 3.6e6
    np.testing.assert_allclose(synapses.weights, before * np.exp(-8 * 3.6e6 / tau), rtol=1e-5)
    spikes = net.record(sources, "spikes")
    net.run(100.0)
    assert spikes.count > 50


@pytest.mark.parametrize("threads", [1, 3])
def test_a_rest_gives_the_same_bits_on_any_number_of_threads(threads: int) -> None:
    """Oracle: two threads."""

    def result(count: int) -> dict[str, bytes]:
        net = build("TsodyksMarkram", which=1, threads=count)
        net.run(ACTIVE)
        net.populations["cells"].set(I_e=0.0)
        net.rest(seconds=12)
        net.populations["cells"].set(I_e=500.0)
        net.run(ACTIVE)
        found = {f"{p.name}.{state}": values for p in net.projections.values() for state, values in states(p).items()}
        found["V"] = net.populations["cells"].get("V")
        return {name: values.tobytes() for name, values in found.items()}

    assert result(threads) == result(2)


def test_a_rest_leaves_drives_and_silence_as_they_were() -> None:
    """Oracle: what was on and silent before."""
    net = pl.Network()
    cells = net.population(3, pl.LIF(receptors={"r": pl.CurrentExp(tau=5.0)}))
    on = net.drive(cells, pl.PoissonInput(rate=100.0), receptor="r")
    off = net.drive(cells, pl.PoissonInput(rate=100.0), receptor="r")
    off.active = False
    cells[:1].silence()
    net.rest(minutes=1)
    assert on.active
    assert not off.active
    assert cells.silent.tolist() == [True, False, False]


def test_a_short_rest_is_run_step_by_step() -> None:
    """Oracle: stepping, bit for bit."""
    net = build("TripletSTDP", which=0)
    net.run(ACTIVE)
    stepped = net.copy()
    net.rest(seconds=0.01)
    silent(stepped, 0.01)
    assert_agree(net, stepped, 0.0)


def test_slow_variables_of_neurons_come_to_rest_first() -> None:
    """Oracle: stepping; an adaptation of 20 s."""

    def made() -> pl.Network:
        net = pl.Network(precision="double", dt=0.5)
        cells = net.population(5, pl.AdEx(tau_w=20_000.0, receptors={"r": pl.CurrentExp(tau=5.0)}), name="cells")
        net.drive(cells, pl.ConstantCurrent(amplitude=900.0))
        net.run(300.0)
        return net

    net, stepped = made(), made()
    assert np.all(net.populations["cells"].get("w") > 10)
    net.rest(seconds=60)
    silent(stepped, 60)
    for variable in ("V", "w"):
        ours, theirs = (network.populations["cells"].get(variable) for network in (net, stepped))
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_neurons_that_do_not_come_to_rest_are_named() -> None:
    """Oracle: the message; drives and sources are as before."""
    net = pl.Network()
    cells = net.population(3, pl.LIF(I_e=600.0, receptors={"r": pl.CurrentExp(tau=5.0)}), name="cells")
    drive = net.drive(cells, pl.PoissonInput(rate=100.0), receptor="r")
    with pytest.raises(RuntimeError, match="of population 'cells' does not come to rest"):
        net.rest(hours=1)
    assert drive.active
    assert not cells.silent.any()


def test_bad_durations_are_refused() -> None:
    """Oracle: the message."""
    net = pl.Network()
    with pytest.raises(ValueError, match="duration of the rest"):
        net.rest(seconds=-1)
    with pytest.raises(ValueError, match="duration of the rest"):
        net.rest(seconds=0.00005)
    with pytest.raises((TypeError, ValueError), match="hours"):
        net.rest(hours="long")  # type: ignore[arg-type]


def test_eligibilities_are_gathered_alike_however_often_a_network_has_rested() -> None:
    """Oracle: the silent network run step by step, in stretches that avoid the moments at which integrals begin anew."""

    def made() -> pl.Network:
        net = pl.Network(0.5, seed=4, threads=1, precision="double")
        dopamine = net.modulator("dopamine", tau=20.0, baseline=0.1)
        sources = net.population(10, pl.PoissonSource(40.0), name="sources")
        cells = net.population(10, pl.LIF(I_e=400.0, receptors={"r": pl.CurrentExp(tau=4.0)}), name="cells")
        rules = [pl.STDP(w_max=W_MAX, learning_rate=0.05), pl.RewardGate("dopamine", tau=100.0)]
        net.connect(sources, cells, pl.AllToAll(), weight=W_MAX / 2, delay=2.0, plasticity=rules, name="p")
        dopamine.release_by(cells, 0.05, delay=1.0)
        return net

    net, stepped = made(), made()
    quiet = net.engine().memory_steps() * net.dt // 1e3 + 3
    for _ in range(6):
        for network in (net, stepped):
            network.populations["cells"].set(I_e=400.0)
            network.run(500.0)
            network.populations["cells"].set(I_e=0.0)
        net.rest(seconds=quiet)
        silent(stepped, quiet)
    assert_agree(net, stepped, 1e-6)
