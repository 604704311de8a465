"""Copies of networks, frozen networks and probes."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import plastica as pl


def network(threads: int = 1, precision: str = "single") -> pl.Network:
    """A bit of everything: drives, schedules, a view, modulators, controllers, recorders, edits, a silent and a dead neuron."""
    net = pl.Network(seed=8, threads=threads, precision=precision)
    receptors = {"ampa": pl.ConductanceExp(tau=5, E_rev=0), "gaba": pl.ConductanceExp(tau=10, E_rev=-80)}
    exc = net.population(80, pl.LIF(t_ref=3, receptors=receptors), name="exc", initial={"V": pl.Uniform(-70, -55)})
    inh = net.population(20, exc.model, name="inh")
    noise = net.population(30, pl.PoissonSource(pl.Schedule([0.0, 60.0], [40.0, 80.0])), name="noise")
    net.drive(
        exc, pl.PoissonInput(rate=pl.Schedule([0.0, 50.0], [900.0, 1100.0])), receptor="ampa", weight=4.0, name="p"
    )
    net.drive(exc[:40], pl.OUCurrent(mean=20.0, sigma=30.0, tau=5.0), name="ou")
    net.drive(inh, pl.ConstantCurrent(amplitude=400.0), name="dc")
    dopamine = net.modulator("dopamine", tau=30.0)
    dopamine.release([0.5, 1.0], at=[20.0, 90.0])
    dopamine.release_by(inh, 0.01, delay=1.0)
    connect = {"connector": pl.FixedProbability(0.2), "delay": pl.Uniform(0.5, 5)}
    net.connect(
        exc,
        exc,
        **connect,
        receptor="ampa",
        weight=0.3,
        plasticity=[pl.TsodyksMarkram(), pl.STDP(w_max=1.0)],
        name="ee",
    )
    net.connect(noise, exc, **connect, receptor="ampa", weight=0.3, name="ne")
    net.connect(inh, exc, **connect, receptor="gaba", weight=0.5, plasticity=pl.InhibitorySTDP(w_max=9.0), name="ie")
    reward = pl.RewardGate(modulator="dopamine")
    net.connect(noise, inh, **connect, receptor="ampa", weight=0.9, plasticity=[pl.STDP(w_max=2.0), reward], name="ni")
    net.control(exc, pl.SynapticScaling(receptor="ampa", tau=50.0, beta=0.05, interval=10.0), name="scaling")
    net.control(exc[:50], pl.IntrinsicExcitability(parameter="V_th", tau=50.0, eta=0.1, interval=7.0), name="threshold")
    threshold = pl.TripletSTDP(w_max=2.0, threshold="per neuron")
    net.connect(noise, exc, **connect, receptor="ampa", weight=0.5, plasticity=threshold, name="triplet")
    net.control(net.projections["triplet"], pl.SlidingThreshold(tau=100.0, interval=10.0))
    net.control(net.projections["ie"], pl.WeightNormalization(interval=20.0))
    net.control(exc, pl.Modulation(parameter="I_e", modulator="dopamine", slope=5.0, mode="add", interval=5.0))
    elements = pl.SynapticElements(growth="linear", nu=2e-2, eps=0.5, tau_Ca=50.0)
    wiring = pl.StructuralPlasticity(axonal=elements, dendritic=elements, weight=0.3, delay=2.0, interval=10.0)
    net.connect(exc, exc, **connect, receptor="ampa", weight=0.1, name="grown")
    net.control(net.projections["grown"], wiring, name="wiring")
    net.control(net.projections["ee"], pl.Creation(rate=20.0, weight=0.4, delay=1.5, interval=8.0), name="creation")
    net.control(net.projections["ee"], pl.Pruning(below=0.28, interval=12.0), name="pruning")
    net.modify(exc, {"gaba.gain": 0.8, "ampa.tau": 1.1}, name="drug", start=35.0, stop=70.0)
    net.modify(net.projections["ne"], {"gain": 1.5}, name="boost", start=40.0)
    net.guard(exc, rate=(0.0, 1e4), window=25.0, action="report", name="guard")
    net.record(exc, "spikes")
    net.record(exc[:5], ["V", "ampa.g"], interval=1.0)
    net.record(net.projections["ee"], "weights", interval=5.0, sample=10)
    net.record(net.projections["ee"], "x", interval=5.0, sample=10)
    net.record(net.projections["ee"], "structure")
    net.record(dopamine, interval=2.0)
    net.record(inh, "rate", interval=10.0)
    net.record(net.controllers["scaling"], "factor", interval=10.0)
    net.run(30.0)
    net.projections["ee"].add([1, 2, 3], [4, 5, 6], weight=0.5, delay=[9.0, 0.5, 3.0])
    net.projections["ne"].remove([0, 5, 7])
    exc[3:5].silence()
    exc[70:].kill()
    net.run(20.3)
    return net


def everything(net: pl.Network) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for name, population in net.populations.items():
        found |= {f"{name}.{variable}": population.get(variable) for variable in population.variables}
        found |= {f"{name} alive": population.alive, f"{name} silent": population.silent}
    for name, projection in net.projections.items():
        found |= {f"{name}.{state}": projection.get(state) for state in projection.states}
        found |= {f"{name} weights": projection.weights, f"{name} ages": projection.ages}
        found |= {f"{name} sources": projection.sources, f"{name} targets": projection.targets}
    for name, controller in net.controllers.items():
        found |= {f"{name}.{state}": controller.get(state) for state in controller.states}
    for i, recorder in enumerate(net.recorders):
        table = recorder.to_pandas()
        found |= {f"{i} {column}": np.asarray(table[column]) for column in table.columns}
    return found | {"dopamine": np.array(net.modulators["dopamine"].level), "time": np.array(net.time)}


def assert_same(one: pl.Network, other: pl.Network) -> None:
    first, second = everything(one), everything(other)
    assert first.keys() == second.keys()
    different = [name for name in first if first[name].tobytes() != second[name].tobytes()]
    assert not different


@pytest.mark.threads
@pytest.mark.parametrize("threads", [1, 2])
def test_a_copy_has_everything_under_the_same_names_and_goes_on_like_its_original(threads):
    """Oracle: the original, before and after."""
    net = network(threads)
    twin = net.copy()
    assert_same(net, twin)
    for kind in ("populations", "projections", "drives", "modulators", "controllers"):
        assert list(getattr(twin, kind)) == list(getattr(net, kind))
        assert all(handle.network is twin for handle in getattr(twin, kind).values())
    assert all(recorder.network is twin for recorder in twin.recorders)
    twin.run(80.0)
    net.run(80.0)
    assert_same(net, twin)


@pytest.mark.threads
@pytest.mark.parametrize("threads", [2, 3, 5])
def test_everything_at_once_gives_the_same_bits_on_any_number_of_threads(threads):
    """Oracle: one thread; synapses have come and gone, controllers have moved."""
    one, other = network(1), network(threads)
    for net in (one, other):
        net.run(60.0)
    assert_same(one, other)
    assert one.controllers["wiring"].created > 0
    assert one.controllers["creation"].created > 0
    assert one.controllers["pruning"].removed > 0
    assert np.ptp(one.controllers["scaling"].get("factor")) > 0


def test_what_is_done_to_a_copy_is_not_done_to_its_original():
    """Oracle: a network from which no copy was made."""
    net, untouched = network(), network()
    twin = net.copy()
    twin.populations["exc"].set(V=-50.0)
    twin.projections["ee"].remove([0, 1, 2])
    twin.projections["ie"].weights = 0.0
    twin.drives["dc"].set(amplitude=500.0)
    twin.modulators["dopamine"].release(3.0)
    twin.controllers["scaling"].set(target_rate=30.0)
    twin.population(3, pl.PoissonSource(5.0))
    twin.recorders[0].clear()
    twin.run(30.0)
    del twin
    net.run(50.0)
    untouched.run(50.0)
    assert_same(net, untouched)


def test_a_handle_that_is_copied_brings_its_network():
    """Oracle: the handle's state, in a network of its own."""
    net = network()
    exc = copy.deepcopy(net.populations["exc"])
    assert exc.network is not net
    assert exc.network.populations["exc"] is exc
    np.testing.assert_array_equal(exc.get("V"), net.populations["exc"].get("V"))


def test_a_frozen_network_does_not_learn_and_thaws_as_it_was():
    """Oracle: weights and factors before; what was frozen already stays so."""
    net = network()
    net.projections["ni"].plastic = False
    moving = {"ee", "ie", "triplet"}
    before = {name: net.projections[name].weights for name in ("ee", "ie", "ni", "triplet")}
    factor = net.controllers["scaling"].get("factor")
    with net.frozen():
        net.run(60.0)
        for name, weights in before.items():
            np.testing.assert_array_equal(net.projections[name].weights, weights)
        np.testing.assert_array_equal(net.controllers["scaling"].get("factor"), factor)
    assert {name for name, projection in net.projections.items() if projection.plastic} == moving
    net.run(60.0)
    assert all(np.any(net.projections[name].weights != before[name]) for name in ("ie", "triplet"))
    assert np.any(net.controllers["scaling"].get("factor") != factor)


def test_a_probe_answers_and_leaves_no_mark():
    """Oracle: the original that was never asked; a probe's weights stay."""
    net, untouched = network(), network()
    probe = net.probe()
    weights = probe.projections["ee"].weights
    count = probe.populations["exc"].spike_count
    probe.run(100.0)
    assert probe.populations["exc"].spike_count > count
    np.testing.assert_array_equal(probe.projections["ee"].weights, weights)
    net.run(50.0)
    untouched.run(50.0)
    assert_same(net, untouched)
