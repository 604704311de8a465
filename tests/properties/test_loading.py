"""Whatever a network records, it can be saved, loaded and gone on with as if it had never stopped.

The subjects are those that the native module lists: a new part is covered once it is listed.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import plastica as pl
from plastica.schema import schemas
from properties.test_rules_same_bits import W_MAX, is_somatic, rules_of

PARTS = {
    kind: [p["name"] for p in pl._native.parts() if p["kind"] == kind]
    for kind in {p["kind"] for p in pl._native.parts()}
}
BEFORE, AFTER = 8.0, 8.0  # ms
COLUMNS = ("times", "ids", "values", "rates", "sources", "targets", "created")  # what recorders have
Build = Callable[[int], pl.Network]


def receptors_of(membrane: str) -> dict[str, Any]:
    """One receptor of each kind, where the membrane takes any."""
    every = {name.lower(): getattr(pl, name)() for name in PARTS["receptor"]}
    return {"receptors": every} if "receptors" in getattr(pl, membrane)().parameters else {}


def begin(threads: int) -> tuple[pl.Network, pl.Population, pl.Population]:
    """Noise, and cells that fire; a modulator that the noise releases."""
    net = pl.Network(seed=3, threads=threads)
    noise = net.population(7, pl.PoissonSource(200.0), name="noise", positions=np.arange(14.0).reshape(7, 2))
    model = pl.LIF(I_e=pl.Uniform(400.0, 700.0), t_ref=1.0, receptors={"r": pl.CurrentExp(tau=4)})
    cells = net.population(70, model, name="cells", positions=np.arange(140.0).reshape(70, 2))
    for name in ("dopamine", "noradrenaline"):
        net.modulator(name, tau=30.0, baseline=0.1).release_by(noise, 0.02, delay=1.0)
    return net, noise, cells


def connected(net: pl.Network, noise: pl.Population, cells: pl.Population, **options: Any) -> pl.Projection:
    """Several synapses between two neurons, with various delays."""
    sources, targets = (ids.ravel() for ids in np.meshgrid(range(7), range(70)))
    several = np.concatenate([sources, sources[::3]]), np.concatenate([targets, targets[::3]])
    settings = {"receptor": "r", "weight": W_MAX / 2, "delay": pl.Uniform(0.2, 4.0), "name": "synapses"} | options
    return net.connect(noise, cells, pl.Explicit(*several), **settings)


def membrane(name: str, threads: int) -> pl.Network:
    net, noise, _ = begin(threads)
    neurons = net.population(70, getattr(pl, name)(**receptors_of(name)), name="neurons")
    for receptor in receptors_of(name).get("receptors", {"built in": None}):
        net.connect(
            noise, neurons, pl.FixedProbability(0.3), weight=5.0, receptor=receptor if receptors_of(name) else None
        )
    return net


def source(name: str, threads: int) -> pl.Network:
    net, _, cells = begin(threads)
    times = {"times": np.arange(1.0, 20.0, 0.7)} if name == "SpikeSource" else {"rate": 300.0}
    neurons = net.population(9, getattr(pl, name)(**times), name="sources")
    net.connect(neurons, cells, pl.AllToAll(), weight=5.0, delay=1.5)
    return net


def rule(name: str, threads: int) -> pl.Network:
    net, noise, cells = begin(threads)
    fraction = 0.0 if is_somatic(name) else 0.4
    rules = rules_of(name, 0)
    connected(net, noise, cells, dendritic_fraction=fraction, plasticity=rules)
    return net


def controller(name: str, threads: int) -> pl.Network:
    net, noise, cells = begin(threads)
    threshold = [pl.TripletSTDP(w_max=W_MAX, threshold="per neuron")] if name == "SlidingThreshold" else None
    synapses = connected(net, noise, cells, plasticity=threshold)
    given = {"parameter": "V_th", "mode": "add", "modulator": "dopamine"} if name == "Modulation" else {}
    law = getattr(pl, name)(**given)
    law = law.replace(**{"interval": 2.0} if "interval" in law.parameters else {})
    net.control(synapses if name in ("SlidingThreshold", "WeightNormalization") else cells, law, name="law")
    return net


def structure(name: str, threads: int) -> pl.Network:
    net, noise, cells = begin(threads)
    elements = pl.SynapticElements(growth="linear", nu=0.1, eps=0.5, tau_Ca=10.0)
    given = {
        "StructuralPlasticity": {"axonal": elements, "dendritic": elements, "weight": 2.0, "delay": 1.0},
        "Pruning": {"below": W_MAX / 2 + 1.0, "rate": 50.0},
        "Creation": {"weight": 2.0, "delay": 1.0, "rate": 100.0},
        "KestenTurnover": {"w_new": 2.0, "delay": 1.0},
    }[name]
    synapses = connected(net, noise, cells, plasticity=pl.STDP(w_max=W_MAX))
    law = getattr(pl, name)(**given)
    net.control(synapses, law.replace(interval=2.0), name="law")
    return net


def recordable(net: pl.Network) -> list[tuple[Any, str]]:
    """Everything that has a name for `record`."""
    found: list[tuple[Any, str]] = []
    for population in net.populations.values():
        found += [(population, what) for what in ("spikes", "rate", *population.variables)]
    for projection in net.projections.values():
        found += [(projection, what) for what in ("weights", "structure", *projection.states)]
    for each in net.controllers.values():
        found += [(each, what) for what in each.states]
    return found + [(modulator, "level") for modulator in net.modulators.values()]


def is_parameter(population: pl.Population, what: str) -> bool:
    """Whether a variable changes only when it is set: that is not recorded."""
    receptor, _, name = what.rpartition(".")
    parts = population.model.parameters.get("receptors", {})
    part = parts.get(receptor, population.model)
    return name in part.schema().parameters


def is_of_each(target: Any, what: str) -> bool:
    """Whether it is one value for each neuron or synapse, of which some can be sampled."""
    return what == "weights" or len(target.get(what)) == len(target) > 5


def record_everything(net: pl.Network) -> set[str]:
    """Records all that is accepted, whole and in part. Returns the names."""
    accepted = set()
    for target, what in recordable(net):
        interval = {} if what in ("spikes", "structure") else {"interval": 0.7}
        if isinstance(target, pl.Population) and what != "rate" and is_parameter(target, what):
            continue
        net.record(target, what, **interval)
        accepted.add(f"{target.name}.{what}")
        if isinstance(target, pl.Population) and what in ("spikes", "rate"):
            net.record(target[1:6], what, **interval)
        elif isinstance(target, pl.Population | pl.Projection) and what != "structure" and is_of_each(target, what):
            net.record(target, what, **interval, sample=[5, 0, 3])
    return accepted


def everything(net: pl.Network) -> dict[str, bytes]:
    """All that can be read of a network, and all that was recorded, byte by byte."""
    found: dict[str, Any] = {"time": net.time}
    for population in net.populations.values():
        found |= {f"{population.name}.{what}": population.get(what) for what in population.variables}
    for synapses in net.projections.values():
        each = ("weights", "sources", "targets", "delays", "ages")
        found |= {f"{synapses.name} {what}": getattr(synapses, what) for what in each}
        found |= {f"{synapses.name}.{what}": synapses.get(what) for what in synapses.states}
    for law in net.controllers.values():
        found |= {f"{law.name}.{what}": law.get(what) for what in law.states}
    for index, recorder in enumerate(net.recorders):
        columns = [name for name in COLUMNS if hasattr(recorder, name)]
        found |= {f"{index} {recorder.target}.{recorder.what} {name}": getattr(recorder, name) for name in columns}
    return {name: np.asarray(values).tobytes() for name, values in found.items()}


def assert_same(expected: dict[str, bytes], net: pl.Network) -> None:
    found = everything(net)
    assert expected.keys() == found.keys()
    assert not [name for name in expected if expected[name] != found[name]]


def loaded(net: pl.Network, threads: int) -> pl.Network:
    file = io.BytesIO()
    net.save(file)
    file.seek(0)
    return pl.load(file, threads=threads)


def check(build: Build, of_part: str) -> set[str]:
    """Goes on from files, a copy and a pickle; returns the names that were recorded."""
    reference, saved = build(1), build(2)
    names = record_everything(reference)
    assert record_everything(saved) == names
    again = [loaded(saved, 3)]
    for net in (reference, saved, *again):
        net.run(BEFORE)
    expected = everything(reference)
    again += [loaded(saved, threads) for threads in (1, 2, 3)]
    again += [saved.copy(), pickle.loads(pickle.dumps(saved))]
    for net in again:
        assert_same(expected, net)
    reference.run(AFTER)
    expected = everything(reference)
    for net in (saved, *again):
        net.run(AFTER)
        assert_same(expected, net)
    assert names, of_part
    return names


@pytest.mark.threads
@pytest.mark.parametrize("name", PARTS["membrane"])
def test_what_is_recorded_of_a_neuron_survives_a_file(name):
    """Oracle: the network that was never stopped, on one thread; every state of the schema was recorded."""
    names = check(lambda threads: membrane(name, threads), name)
    assert {f"neurons.{state}" for state in schemas()[name].states} <= names
    assert {"neurons.spikes", "neurons.rate", "dopamine.level"} <= names


@pytest.mark.threads
@pytest.mark.parametrize("name", PARTS["source"])
def test_what_is_recorded_of_a_source_survives_a_file(name):
    """Oracle: the network that was never stopped, on one thread."""
    assert {"sources.spikes", "sources.rate"} <= check(lambda threads: source(name, threads), name)


@pytest.mark.threads
@pytest.mark.parametrize("name", PARTS["rule"])
def test_what_is_recorded_of_a_rule_survives_a_file(name):
    """Oracle: the network that was never stopped, on one thread."""
    names = check(lambda threads: rule(name, threads), name)
    assert {"synapses.weights", "synapses.structure"} <= names


@pytest.mark.threads
@pytest.mark.parametrize("name", PARTS["controller"])
def test_what_is_recorded_of_a_controller_survives_a_file(name):
    """Oracle: the network that was never stopped, on one thread."""
    names = check(lambda threads: controller(name, threads), name)
    assert {f"law.{state}" for state in schemas()[name].states} <= names


@pytest.mark.threads
@pytest.mark.parametrize("name", PARTS["structure"])
def test_what_is_recorded_of_a_law_of_structure_survives_a_file(name):
    """Oracle: the network that was never stopped, on one thread; elements are counted from synapses that are loaded."""
    names = check(lambda threads: structure(name, threads), name)
    sides = ("axonal", "dendritic") if name == "StructuralPlasticity" else ()
    assert {f"law.{side}.{what}" for side in sides for what in ("z", "Ca", "bound", "vacant")} <= names


def test_every_kind_of_part_that_can_be_recorded_is_among_the_subjects():
    """Oracle: the native list of kinds; the others have no states of their own."""
    recorded = {"membrane", "source", "receptor", "rule", "controller", "structure", "elements"}
    assert set(PARTS) - recorded == {"connector", "stimulus", "distribution"}
