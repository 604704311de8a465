"""Every part that the native module lists can be built with its defaults and run: a new one is covered once it is listed."""

from __future__ import annotations

import re

import numpy as np
import pytest

import plastica as pl
from parts import forms_of, oracle, oracle_of, reads_voltage, receptors_of, refused_receptor, required, takes_receptors
from parts import made as made_for
from parts import with_defaults as made
from plastica.schema import schemas

PARTS = {
    kind: [p["name"] for p in pl._native.parts() if p["kind"] == kind]
    for kind in {p["kind"] for p in pl._native.parts()}
}

CONNECTORS = [*PARTS["connector"], "FromSparse"]
STIMULI = [*PARTS["stimulus"], "StepCurrent"]


def receptors_or_built_in(membrane):
    return receptors_of(membrane) or ["built in"]


def population(net, membrane, receptor):
    positions = np.arange(20.0).reshape(10, 2)
    if not takes_receptors(membrane):
        return net.population(10, made(membrane), positions=positions)
    return net.population(10, made(membrane).replace(receptors={"r": made(receptor)}), positions=positions)


def weight_of(receptor):
    """A weight that is felt but harmless, in the unit of the receptor."""
    if receptor == "built in":
        return 1.0
    return {"delta": 0.5, "current": 20.0, "conductance": 1.0}[oracle_of(receptor).does.kind]


def sources(net):
    positions = np.arange(20.0).reshape(10, 2)
    return net.population(10, pl.SpikeSource([1.0, 5.0, 5.3, 30.0]), positions=positions)


def everything_is_finite(neurons):
    return all(np.all(np.isfinite(neurons.get(name))) for name in neurons.variables)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize(
    ("membrane", "receptor"), [(m, r) for m in PARTS["membrane"] for r in receptors_or_built_in(m)]
)
def test_a_membrane_with_a_receptor_runs_and_feels_its_arrivals(membrane, receptor, precision):
    """Oracle: finite states, and others than those of the neurons that get no spikes."""
    net = pl.Network(seed=1, precision=precision, threads=1)
    cells, quiet = population(net, membrane, receptor), population(net, membrane, receptor)
    net.connect(sources(net), cells, pl.OneToOne(), weight=weight_of(receptor))
    spikes, alone = net.record(cells, "spikes"), net.record(quiet, "spikes")
    states = net.record(cells, "V", interval=1.0)
    without = net.record(quiet, "V", interval=1.0)
    net.run(50.0)
    assert everything_is_finite(cells)
    assert spikes.count != alone.count or not np.array_equal(states.values, without.values)
    assert len(states.times) == 50


@pytest.mark.parametrize("membrane", [m for m in PARTS["membrane"] if takes_receptors(m)])
def test_a_membrane_takes_currents_and_takes_conductances_or_says_that_it_does_not(membrane):
    """Oracle: the kind of each receptor."""
    refused = {receptor: refused_receptor(membrane, receptor) for receptor in PARTS["receptor"]}
    for receptor, reason in refused.items():
        conductance = oracle_of(receptor).does.kind == "conductance"
        assert not reason or (conductance and f"{membrane} takes receptors that are currents" in reason)


@pytest.mark.parametrize("source", PARTS["source"])
def test_a_source_runs_and_spikes(source):
    """Oracle: its spikes are all that a relay repeats, one step and one delay later."""
    net = pl.Network(seed=1, threads=1)
    cells, relay = net.population(10, made(source)), net.population(10, pl.Relay())
    net.connect(cells, relay, pl.OneToOne(), delay=1.0)
    emitted, repeated = net.record(cells, "spikes"), net.record(relay, "spikes")
    net.run(50.0)
    due = emitted.times <= 48.85
    assert np.count_nonzero(due) > 0
    np.testing.assert_allclose(repeated.times, emitted.times[due] + 1.1, rtol=1e-12)
    assert np.array_equal(repeated.ids, emitted.ids[due])


# Weights within the bounds of every rule, and rules that have no bound of their own.
W_START, W_MAX = 1.5, 2.0
BOUNDS = {"w_max": W_MAX, "w_1": W_MAX}  # by the name of the parameter


def rule_named(name):
    """A rule with the bound of these tests, if it has one."""
    rule = made(name)
    return rule.replace(**{n: v for n, v in BOUNDS.items() if n in rule.parameters})


def learning_network(membrane, rules, precision):
    net = pl.Network(seed=1, precision=precision, threads=1)
    cells = population(net, membrane, "CurrentDelta")
    kicks = net.population(10, pl.SpikeSource([3.0, 15.0, 25.0]))
    net.connect(kicks, cells, pl.OneToOne(), weight=500.0)
    for name in sorted({m for r in rules for m, f in r.schema().parameters.items() if f.is_modulator}):
        net.modulator(name, baseline=0.5)
    return net, cells


REASONS = (
    "acts on what the rules before it in the list do",
    "must share one w_max",
    "goes together with rules of the axon",
    "makes the weight of its own variables; what .* does to it would be lost",
    "reads the membrane potential V of its target, and Relay has none",
    "does not go together with a rule whose presynaptic event comes late",
    "must share one delay of their presynaptic event",
)


def connected(net, cells, rules):
    """The projection, or why its rules are refused, which must be one of the reasons that the semantics state."""
    before, reason = len(net.projections), ""
    try:
        return net.connect(sources(net), cells, pl.OneToOne(), weight=W_START, plasticity=rules)
    except ValueError as error:
        reason = str(error)
    assert any(re.search(known, reason) for known in REASONS), reason
    assert len(net.projections) == before
    return reason


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("membrane", PARTS["membrane"])
@pytest.mark.parametrize("rule", PARTS["rule"])
def test_a_rule_runs_on_every_membrane_or_says_why_not(rule, membrane, precision):
    """Oracle: weights and states change and stay within their bounds; a rule that acts on others comes after STDP."""
    form = forms_of(rule)[0]
    lists = [[rule_named(rule)], [made_for(form, W_MAX).replace(**{n: n for n in signals(rule)})]]
    for rules in lists:
        net, cells = learning_network(membrane, rules, precision)
        synapses = connected(net, cells, rules)
        if (isinstance(synapses, str) and "before it in the list" in synapses) or oracle(form).rests_alone:
            rules.insert(0, pl.STDP(w_max=W_MAX))
            synapses = connected(net, cells, rules)
        if isinstance(synapses, str):
            assert reads_voltage(form)
            assert not takes_receptors(membrane)
            return
        before = {name: synapses.get(name) for name in synapses.states}
        net.run(50.0)
        bound = W_MAX if any(name in r.parameters for r in rules for name in BOUNDS) else 10.0
        assert np.all((synapses.weights >= 0) & (synapses.weights <= bound))
        for name in before:
            field = rules[-1].schema().states[name]
            assert np.all((synapses.get(name) >= field.low) & (synapses.get(name) <= field.high)), name
        changed = [np.any(synapses.get(name) != old) for name, old in before.items()]
        # with its defaults a rule may need minutes, and these neurons rest below what one that reads V goes by
        at_rest = rules is lists[0] or reads_voltage(form)
        assert np.any(synapses.weights != W_START) or any(changed) or at_rest


def signals(rule):
    return [name for name, field in schemas()[rule].parameters.items() if field.is_modulator]


@pytest.mark.parametrize("second", PARTS["rule"])
@pytest.mark.parametrize("first", PARTS["rule"])
def test_every_two_rules_run_in_a_list_or_are_refused_with_the_reason(first, second):
    """Oracle: finite weights within the bounds, finite states."""
    rules = [rule_named(first), rule_named(second)]
    net, cells = learning_network("LIF", rules, "double")
    synapses = connected(net, cells, rules)
    net.run(50.0)
    assert everything_is_finite(cells)
    if isinstance(synapses, str):
        return
    bound = W_MAX if any(name in r.parameters for r in rules for name in BOUNDS) else 10.0
    assert np.all((synapses.weights >= 0) & (synapses.weights <= bound))
    assert all(np.all(np.isfinite(synapses.get(name))) for name in synapses.states)


@pytest.mark.parametrize("connector", CONNECTORS)
def test_a_connector_connects_neurons_that_exist_and_runs(connector):
    """Oracle: ids within the populations, listed by source, then target, as many as there are weights and delays."""
    net = pl.Network(seed=1, threads=1)
    cells = population(net, "LIF", "CurrentExp")
    synapses = net.connect(sources(net), cells, made(connector))
    net.run(50.0)
    assert len(synapses) == len(synapses.weights) == len(synapses.delays) > 0
    key = synapses.sources.astype(int) * 10 + synapses.targets
    assert np.all(np.diff(key) >= 0)
    assert key[-1] < 100
    assert synapses.sources.max() < 10 > synapses.targets.max()
    assert synapses.to_sparse().sum() == pytest.approx(len(synapses))


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("membrane", PARTS["membrane"])
@pytest.mark.parametrize("stimulus", STIMULI)
def test_a_stimulus_drives_every_membrane(stimulus, membrane, precision):
    """Oracle: finite states; a stimulus that acts on the membrane is refused by one that has no current."""
    net = pl.Network(seed=1, precision=precision, threads=1)
    cells = population(net, membrane, "CurrentExp")
    if not takes_receptors(membrane) and stimulus != "PoissonInput":
        with pytest.raises(ValueError, match=membrane):
            net.drive(cells, made(stimulus))
        return
    drive = net.drive(cells, made(stimulus))
    net.run(25.0)
    drive.active = False
    net.run(25.0)
    assert everything_is_finite(cells)


@pytest.mark.parametrize("distribution", PARTS["distribution"])
def test_a_distribution_gives_states_weights_and_delays(distribution):
    """Oracle: finite numbers that differ from neuron to neuron and synapse to synapse."""
    net = pl.Network(seed=1, threads=1)
    cells = net.population(10, pl.LIF(receptors={"r": pl.CurrentExp()}), initial={"V": made(distribution)})
    synapses = net.connect(sources(net), cells, pl.AllToAll(), weight=made(distribution))
    assert len(np.unique(cells.get("V"))) == 10
    assert len(np.unique(synapses.weights)) == 100
    net.run(50.0)
    assert everything_is_finite(cells)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("controller", PARTS["controller"])
def test_a_controller_with_its_defaults_runs_and_updates(controller, precision):
    """Oracle: finite states, of which some have moved."""
    net = pl.Network(seed=1, threads=1, precision=precision)
    cells = net.population(10, pl.LIF(receptors={"r": pl.CurrentExp()}))
    net.modulator("modulator").release(1.0)
    rule = pl.TripletSTDP(threshold="per neuron", w_max=2000.0, learning_rate=100.0)
    synapses = net.connect(sources(net), cells, pl.OneToOne(), weight=1000.0, plasticity=rule)
    target = synapses if oracle_of(controller).does.of_projection else cells
    slow = net.control(target, made(controller).replace(interval=10.0))
    before = {state: slow.get(state) for state in slow.states}
    net.run(100.0)
    assert all(np.all(np.isfinite(slow.get(state))) for state in slow.states)
    assert not slow.states or any(np.any(slow.get(state) != before[state]) for state in slow.states)
    if controller == "WeightNormalization":
        np.testing.assert_allclose(synapses.weights, 1000.0, rtol=0.05)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("law", PARTS["structure"])
def test_a_law_of_structure_with_its_defaults_runs_and_counts(law, precision):
    """Oracle: as many synapses as the law says it has made and taken away."""
    net = pl.Network(seed=4, precision=precision)
    cells = net.population(30, pl.LIF(I_e=600.0, receptors={"r": pl.CurrentExp(tau=5.0)}), positions=pl.Grid((6, 5)))
    synapses = net.connect(cells, cells, pl.FixedProbability(0.2), weight=1.0, delay=1.0)
    before = len(synapses)
    slow = net.control(synapses, made(law).replace(interval=10.0))
    net.run(200.0)
    assert len(synapses) == before + slow.created - slow.removed
    assert slow.name in net.controllers


def test_every_kind_of_part_is_covered():
    """Oracle: the kinds of docs/architecture: a new kind needs its test here."""
    assert set(PARTS) == {
        "membrane",
        "source",
        "receptor",
        "rule",
        "connector",
        "stimulus",
        "distribution",
        "controller",
        "elements",
        "structure",
    }


def test_every_part_has_a_class_with_the_defaults_of_its_declaration():
    """Oracle: the native schema."""
    for part in pl._native.parts():
        values = made(part["name"]).parameters
        for field in part["fields"]:
            if field["role"] == "parameter" and field["unit"] != "modulator":
                value = values[field["name"]]
                if field["name"] in required(part["name"]):
                    continue
                assert (
                    field["choices"][int(field["default"])] == value
                    if isinstance(value, str)
                    else value == field["default"]
                )
