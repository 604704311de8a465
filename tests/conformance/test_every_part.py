"""Every part that the native module lists can be built with its defaults and run: a new one is covered once it is listed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

import plastica as pl

PARTS = {
    kind: [p["name"] for p in pl._native.parts() if p["kind"] == kind]
    for kind in {p["kind"] for p in pl._native.parts()}
}

# Parameters without a default, and connectors that exist in Python only.
REQUIRED = {
    "SpikeSource": {"times": [3.0, 7.0, 7.1, 40.0]},
    "Explicit": {"sources": [0, 1, 1, 9], "targets": [3, 0, 0, 9]},
    "FromSparse": {"matrix": csr_array(np.eye(10))},
    "StepCurrent": {"times": [0.0, 10.0], "amplitudes": [50.0, -20.0]},
}
CONNECTORS = [*PARTS["connector"], "FromSparse"]
STIMULI = [*PARTS["stimulus"], "StepCurrent"]
# A weight that is felt but harmless, by the unit of the receptor's weights.
WEIGHTS = {"Delta": 0.5, "Current": 20.0, "Conductance": 1.0, "NMDA": 1.0}


def made(name):
    return getattr(pl, name)(**REQUIRED.get(name, {}))


def accepts_receptors(membrane):
    return "receptors" in getattr(pl, membrane)().parameters


def receptors_of(membrane):
    return PARTS["receptor"] if accepts_receptors(membrane) else ["built in"]


def population(net, membrane, receptor):
    positions = np.arange(20.0).reshape(10, 2)
    if not accepts_receptors(membrane):
        return net.population(10, made(membrane), positions=positions)
    return net.population(10, made(membrane).replace(receptors={"r": made(receptor)}), positions=positions)


def weight_of(receptor):
    return next((weight for key, weight in WEIGHTS.items() if key in receptor), 1.0)


def sources(net):
    positions = np.arange(20.0).reshape(10, 2)
    return net.population(10, pl.SpikeSource([1.0, 5.0, 5.3, 30.0]), positions=positions)


def everything_is_finite(neurons):
    return all(np.all(np.isfinite(neurons.get(name))) for name in neurons.variables)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize(("membrane", "receptor"), [(m, r) for m in PARTS["membrane"] for r in receptors_of(m)])
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


def bounded(rule):
    return rule.replace(w_max=2.0) if "w_max" in rule.parameters else rule


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("second", [None, *PARTS["rule"]])
@pytest.mark.parametrize("rule", PARTS["rule"])
@pytest.mark.parametrize("membrane", PARTS["membrane"])
def test_a_rule_runs_on_every_membrane_alone_and_in_a_list(membrane, rule, second, precision):
    """Oracle: finite weights within the bounds, which changed; rules with and without a bound do not go together."""
    net = pl.Network(seed=1, precision=precision, threads=1)
    cells = population(net, membrane, "CurrentDelta")
    rules = [bounded(made(name)) for name in (rule, second) if name is not None]
    kicks = net.population(10, pl.SpikeSource([3.0, 15.0, 25.0]))
    net.connect(kicks, cells, pl.OneToOne(), weight=500.0)
    plastic = {"weight": 0.5, "plasticity": rules}
    if len({"w_max" in r.parameters for r in rules}) == 2:
        with pytest.raises(ValueError, match=r"must share one w_max; .* has inf"):
            net.connect(sources(net), cells, pl.OneToOne(), **plastic)
        return
    synapses = net.connect(sources(net), cells, pl.OneToOne(), **plastic)
    net.run(50.0)
    assert np.all((synapses.weights >= 0) & (synapses.weights <= (2.0 if "w_max" in rules[0].parameters else 10.0)))
    assert not np.any(synapses.weights == 0.5)


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
    if not accepts_receptors(membrane) and stimulus != "PoissonInput":
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


def test_every_kind_of_part_is_covered():
    """Oracle: the kinds of docs/architecture: a new kind needs its test here."""
    assert set(PARTS) == {"membrane", "source", "receptor", "rule", "connector", "stimulus", "distribution"}


def test_every_part_has_a_class_with_the_defaults_of_its_declaration():
    """Oracle: the native schema."""
    for part in pl._native.parts():
        values = made(part["name"]).parameters
        for field in part["fields"]:
            if field["role"] == "parameter":
                value = values[field["name"]]
                assert (
                    field["choices"][int(field["default"])] == value
                    if isinstance(value, str)
                    else value == field["default"]
                )
