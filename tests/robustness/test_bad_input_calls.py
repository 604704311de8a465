"""Every argument of every public function and method is given every value of `bad_values`: it works or is refused, and harms nothing."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from functools import partial
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import plastica as pl
from plastica import protocols
from robustness.bad_values import (
    ARRAYS_NOT_FINITE,
    LEAKS,
    NONSENSE,
    NOT_FINITE,
    NUMERIC_VALUES,
    OTHERWISE,
    VALUES,
    after_refusals,
    attempt,
    bits_of,
    complaint,
    limited_memory,
)

pytestmark = pytest.mark.skipif(
    "PLASTICA_SANITIZER" in os.environ, reason="memory that ends is an error; under a sanitizer it ends the process"
)

# ---- a network with one of everything


class World(NamedTuple):
    """A network, by which handles are found by name, so that they can be found in a copy."""

    net: pl.Network

    @property
    def cells(self) -> pl.Population:
        return self.net.populations["cells"]

    @property
    def trains(self) -> pl.Population:
        return self.net.populations["trains"]

    @property
    def plastic(self) -> pl.Projection:
        return self.net.projections["plastic"]

    @property
    def drive(self) -> pl.Drive:
        return self.net.drives["noise"]

    @property
    def dopamine(self) -> pl.Modulator:
        return self.net.modulators["dopamine"]

    @property
    def scaling(self) -> Any:
        return self.net.controllers["scaling"]

    @property
    def growth(self) -> Any:
        return self.net.controllers["growth"]

    @property
    def modifier(self) -> pl.Modifier:
        return self.net.modifiers["block"]

    @property
    def guard(self) -> pl.Guard:
        return self.net.guards["watch"]

    def recorder(self, kind: type) -> Any:
        return next(r for r in self.net.recorders if type(r) is kind)


def build() -> World:
    net = pl.Network(seed=3, threads=1)
    receptors = {"ampa": pl.CurrentExp(), "gaba": pl.CurrentExp(tau=8)}
    cells = net.population(
        12, pl.LIF(I_e=pl.Uniform(280, 320), receptors=receptors), name="cells", positions=pl.Grid((3, 4))
    )
    trains = net.population(6, pl.SpikeSource([1.0, 5.0, 30.0, 34.0]), name="trains", positions=pl.UniformPositions())
    net.population(4, pl.LIF(), name="others", initial={"V": -60})
    net.modulator("dopamine", baseline=0.2)
    rules = [pl.TsodyksMarkram(), pl.STDP(w_max=90, learning_rate=0.02)]
    delay = pl.Uniform(0.5, 3)
    plastic = net.connect(
        cells,
        cells,
        pl.FixedProbability(0.4),
        receptor="ampa",
        weight=40,
        delay=delay,
        plasticity=rules,
        name="plastic",
    )
    net.connect(trains, cells, pl.AllToAll(), receptor="ampa", weight=50, name="static")
    grown = net.connect(cells, cells, pl.FixedProbability(0.2), receptor="gaba", weight=-5, name="grown")
    net.drive(cells, pl.PoissonInput(900), receptor="ampa", weight=60, name="noise")
    net.drive(cells[:4], pl.ConstantCurrent(15), name="current")
    net.control(cells, pl.SynapticScaling(receptor="ampa", target_rate=5, interval=2), name="scaling")
    net.control(
        grown,
        pl.StructuralPlasticity(
            pl.SynapticElements(nu=0.01), pl.SynapticElements(nu=0.01), weight=-5, delay=1, interval=2
        ),
        name="growth",
    )
    net.modify(cells, {"gaba.gain": 0.5}, name="block")
    net.guard(cells, rate=(0, inf), action="report", name="watch")
    net.record(cells, "spikes")
    net.record(cells, ["V", "ampa.I"], interval=1)
    net.record(cells, "rate", interval=2)
    net.record(plastic, "weights", interval=2)
    net.record(grown, "structure")
    net.record(net.modulators["dopamine"], interval=1)
    net.record(net.controllers["scaling"], "factor", interval=2)
    net.run(12)
    cells[10:].kill()
    net.run(8)
    return World(net)


STRANGER = build()  # another network, whose things are not welcome
FOREIGN: dict[str, Any] = {
    "foreign network": STRANGER.net,
    "foreign population": STRANGER.cells,
    "foreign view": STRANGER.cells[:2],
    "empty view": STRANGER.cells[:0],
    "foreign projection": STRANGER.plastic,
    "foreign modulator": STRANGER.dopamine,
    "foreign drive": STRANGER.drive,
    "foreign controller": STRANGER.scaling,
    "foreign rewiring": STRANGER.growth,
    "foreign modifier": STRANGER.modifier,
    "foreign guard": STRANGER.guard,
    "foreign recorder": STRANGER.net.recorders[0],
    "a model": pl.LIF(),
    "a class": pl.LIF,
    "a rule": pl.STDP(),
    "a distribution": pl.Normal(1, 0),
    "a wide distribution": pl.Normal(0, 1e300),
    "a connector": pl.AllToAll(),
    "a stimulus": pl.ConstantCurrent(1),
    "a law": pl.SynapticScaling(),
    "a law of structure": pl.Pruning(below=1),
    "a schedule": pl.Schedule([0], [1]),
    "a schedule too late": pl.Schedule([1e300], [1]),
    "a drug": pl.drugs.ttx(),
    "positions": pl.UniformPositions(),
    "list of foreign": [STRANGER.plastic, STRANGER.cells],
    "sparse matrix": csr_array(np.eye(3)),
}
EVERY = VALUES | FOREIGN

# ---- what each kind of argument must refuse

NOT_A_NUMBER = [*NONSENSE, *OTHERWISE, *NOT_FINITE, *ARRAYS_NOT_FINITE]
NOT_ONE_NUMBER = [n for n in NOT_A_NUMBER if n != "None"]
NOT_A_NAME = [
    n
    for n in [*NONSENSE, *NOT_FINITE, *ARRAYS_NOT_FINITE, *NUMERIC_VALUES, *OTHERWISE]
    if "name" not in n and n not in ("lone surrogate", "None")
]
MUST_REFUSE: dict[str, list[str]] = {
    "any": [],
    "number": NOT_ONE_NUMBER,
    "value": [*NONSENSE, *NOT_FINITE, *ARRAYS_NOT_FINITE, "True", "array of bools", "unknown name"],
    "integer": [*NOT_ONE_NUMBER, "0.5", "1e9", "-1.5", "1e300"],
    "name": NOT_A_NAME,
    "thing": [
        *NONSENSE,
        *NOT_FINITE,
        *NUMERIC_VALUES,
        "True",
        "unknown name",
        "empty dict",
        *(n for n in FOREIGN if n.startswith("foreign")),
    ],
    "foreign": [n for n in FOREIGN if n.startswith("foreign")],
    "flag": [n for n in VALUES if n not in ("True", "numpy bool", "None")],
    "indices": [
        *NONSENSE,
        *NOT_FINITE,
        *ARRAYS_NOT_FINITE,
        "-1",
        "2**31",
        "2**32",
        "2**63",
        "0.5",
        "uint64 array",
        "unknown name",
    ],
}


class Call(NamedTuple):
    """One argument of one public callable: what it is called, its kind, and the call that gives it a value."""

    name: str
    argument: str
    kind: str
    call: Callable[[World, Any], Any]
    also: tuple[str, ...] = ()  # further words by which a refusal may name it
    takes: tuple[str, ...] = ()  # values that it may take although its kind does not


def _noop(_: pl.Network) -> None:
    """A callback."""


CALLS: list[Call] = [
    # Network
    Call("Network", "dt", "number", lambda w, v: pl.Network(v)),
    Call("Network", "seed", "integer", lambda w, v: pl.Network(seed=v)),
    Call("Network", "threads", "integer", lambda w, v: pl.Network(threads=v)),
    Call("Network", "precision", "name", lambda w, v: pl.Network(precision=v)),
    Call("Network.population", "size", "integer", lambda w, v: w.net.population(v, pl.LIF())),
    Call("Network.population", "model", "thing", lambda w, v: w.net.population(3, v)),
    Call("Network.population", "name", "name", lambda w, v: w.net.population(3, pl.LIF(), name=v)),
    Call("Network.population", "positions", "value", lambda w, v: w.net.population(12, pl.LIF(), positions=v)),
    Call(
        "Network.population",
        "initial",
        "thing",
        lambda w, v: w.net.population(12, pl.LIF(), initial=v),
        takes=("empty dict",),
    ),
    Call(
        "Network.population",
        "initial V",
        "value",
        lambda w, v: w.net.population(12, pl.LIF(), initial={"V": v}),
        ("V",),
    ),
    Call(
        "Network.population",
        "initial name",
        "name",
        lambda w, v: w.net.population(12, pl.LIF(), initial={_key(v): 1}),
        ("initial",),
    ),
    Call(
        "Network.connect",
        "pre",
        "thing",
        lambda w, v: w.net.connect(v, w.cells, pl.AllToAll(), receptor="ampa"),
        ("view",),
    ),
    Call(
        "Network.connect",
        "post",
        "thing",
        lambda w, v: w.net.connect(w.trains, v, pl.AllToAll(), receptor="ampa"),
        ("view",),
    ),
    Call(
        "Network.connect", "connector", "thing", lambda w, v: w.net.connect(w.trains, w.cells[:9], v, receptor="ampa")
    ),
    Call(
        "Network.connect",
        "receptor",
        "name",
        lambda w, v: w.net.connect(w.trains, w.cells[:9], pl.AllToAll(), receptor=v),
    ),
    Call(
        "Network.connect",
        "weight",
        "value",
        lambda w, v: w.net.connect(w.trains[:3], w.cells[:4], pl.AllToAll(), receptor="ampa", weight=v),
    ),
    Call(
        "Network.connect",
        "delay",
        "value",
        lambda w, v: w.net.connect(w.trains[:3], w.cells[:4], pl.AllToAll(), receptor="ampa", delay=v),
    ),
    Call(
        "Network.connect",
        "dendritic_fraction",
        "number",
        lambda w, v: w.net.connect(w.trains, w.cells[:9], pl.AllToAll(), receptor="ampa", dendritic_fraction=v),
    ),
    Call(
        "Network.connect",
        "plasticity",
        "thing",
        lambda w, v: w.net.connect(w.trains, w.cells[:9], pl.AllToAll(), receptor="ampa", plasticity=v),
        takes=("empty list",),
    ),
    Call(
        "Network.connect",
        "name",
        "name",
        lambda w, v: w.net.connect(w.trains, w.cells[:9], pl.AllToAll(), receptor="ampa", name=v),
    ),
    Call("Network.modulator", "name", "name", lambda w, v: w.net.modulator(v), ("modulator",), ("foreign modulator",)),
    Call("Network.modulator", "tau", "number", lambda w, v: w.net.modulator("new", tau=v)),
    Call("Network.modulator", "baseline", "number", lambda w, v: w.net.modulator("new", baseline=v)),
    Call("Network.drive", "target", "thing", lambda w, v: w.net.drive(v, pl.ConstantCurrent(1)), ("view",)),
    Call("Network.drive", "stimulus", "thing", lambda w, v: w.net.drive(w.cells, v)),
    Call("Network.drive", "receptor", "name", lambda w, v: w.net.drive(w.cells, pl.PoissonInput(9), receptor=v)),
    Call(
        "Network.drive",
        "weight",
        "value",
        lambda w, v: w.net.drive(w.cells, pl.PoissonInput(9), receptor="ampa", weight=v),
    ),
    Call("Network.drive", "name", "name", lambda w, v: w.net.drive(w.cells, pl.ConstantCurrent(1), name=v)),
    Call(
        "Network.control",
        "target",
        "thing",
        lambda w, v: w.net.control(v, pl.SynapticScaling(receptor="ampa")),
        ("view", "SynapticScaling"),
    ),
    Call(
        "Network.control",
        "target of a law of structure",
        "thing",
        lambda w, v: w.net.control(v, pl.Pruning(below=1)),
        ("Pruning", "belongs to another network"),
    ),
    Call(
        "Network.control",
        "law",
        "thing",
        lambda w, v: w.net.control(w.cells, v),
        ("SynapticScaling", "Pruning", "receptor"),
    ),
    Call("Network.control", "name", "name", lambda w, v: w.net.control(w.cells, pl.IntrinsicExcitability(), name=v)),
    Call("Network.modify", "target", "thing", lambda w, v: w.net.modify(v, {"gain": 2}), ("modifier", "view")),
    Call("Network.modify", "factors", "thing", lambda w, v: w.net.modify(w.cells, v), ("modifier",)),
    Call(
        "Network.modify", "factor", "number", lambda w, v: w.net.modify(w.cells, {"gaba.gain": v}), ("gain", "modifier")
    ),
    Call(
        "Network.modify", "name of a parameter", "name", lambda w, v: w.net.modify(w.cells, {_key(v): 1}), ("modifier",)
    ),
    Call(
        "Network.modify",
        "name of a rule's parameter",
        "name",
        lambda w, v: w.net.modify(w.plastic, {_key(v): 1}),
        ("modifier", "projection"),
    ),
    Call(
        "Network.modify",
        "name of a drive's parameter",
        "name",
        lambda w, v: w.net.modify(w.drive, {_key(v): 1}),
        ("modifier", "PoissonInput"),
    ),
    Call(
        "Network.modify",
        "name of a controller's parameter",
        "name",
        lambda w, v: w.net.modify(w.scaling, {_key(v): 1}),
        ("modifier", "SynapticScaling"),
    ),
    Call("Network.modify", "name", "name", lambda w, v: w.net.modify(w.cells, {"gaba.gain": 2}, name=v)),
    Call("Network.modify", "start", "number", lambda w, v: w.net.modify(w.cells, {"gaba.gain": 2}, start=v)),
    Call("Network.modify", "stop", "number", lambda w, v: w.net.modify(w.cells, {"gaba.gain": 2}, stop=v)),
    Call("Network.apply", "drug", "thing", lambda w, v: w.net.apply(v, w.cells)),
    Call(
        "Network.apply",
        "targets",
        "thing",
        lambda w, v: w.net.apply(pl.drugs.ttx(), v),
        ("target", "view", "modifier", "ttx"),
    ),
    Call("Network.apply", "name", "name", lambda w, v: w.net.apply(pl.drugs.ttx(), w.cells, name=v)),
    Call("Network.apply", "start", "number", lambda w, v: w.net.apply(pl.drugs.ttx(), w.cells, start=v)),
    Call("Network.apply", "stop", "number", lambda w, v: w.net.apply(pl.drugs.ttx(), w.cells, stop=v)),
    Call("Network.guard", "target", "thing", lambda w, v: w.net.guard(v, rate=(0, 1)), ("guard", "view")),
    Call("Network.guard", "rate", "thing", lambda w, v: w.net.guard(w.cells, rate=v), ("guard",), ("array of 2",)),
    Call("Network.guard", "rate's low", "any", lambda w, v: w.net.guard(w.cells, rate=(v, 1e9)), ("guard",)),
    Call(
        "Network.guard", "weight", "thing", lambda w, v: w.net.guard(w.plastic, weight=v), ("guard",), ("array of 2",)
    ),
    Call("Network.guard", "weight's high", "any", lambda w, v: w.net.guard(w.plastic, weight=(-1, v)), ("guard",)),
    Call("Network.guard", "window", "number", lambda w, v: w.net.guard(w.cells, rate=(0, inf), window=v)),
    Call("Network.guard", "action", "name", lambda w, v: w.net.guard(w.cells, rate=(0, inf), action=v)),
    Call("Network.guard", "name", "name", lambda w, v: w.net.guard(w.cells, rate=(0, inf), name=v)),
    Call(
        "Network.record",
        "target",
        "thing",
        lambda w, v: w.net.record(v, "spikes"),
        ("view", "belongs to another network", "cannot record"),
    ),
    Call(
        "Network.record",
        "what of neurons",
        "name",
        lambda w, v: w.net.record(w.cells, v, interval=1),
        ("what", "record", "name"),
    ),
    Call(
        "Network.record",
        "what of a projection",
        "name",
        lambda w, v: w.net.record(w.plastic, v, interval=1),
        ("what", "record"),
    ),
    Call(
        "Network.record",
        "what of a modulator",
        "name",
        lambda w, v: w.net.record(w.dopamine, v, interval=1),
        ("what", "record"),
    ),
    Call(
        "Network.record",
        "what of a controller",
        "name",
        lambda w, v: w.net.record(w.scaling, v, interval=1),
        ("what", "record"),
    ),
    Call(
        "Network.record",
        "what of a law of structure",
        "name",
        lambda w, v: w.net.record(w.growth, v, interval=1),
        ("what", "record"),
    ),
    Call("Network.record", "interval", "number", lambda w, v: w.net.record(w.cells, "V", interval=v)),
    Call(
        "Network.record",
        "interval of rates",
        "number",
        lambda w, v: w.net.record(w.cells, "rate", interval=v),
        ("interval",),
    ),
    Call(
        "Network.record",
        "interval of weights",
        "number",
        lambda w, v: w.net.record(w.plastic, "weights", interval=v),
        ("interval",),
    ),
    Call(
        "Network.record",
        "interval of levels",
        "number",
        lambda w, v: w.net.record(w.dopamine, interval=v),
        ("interval",),
    ),
    Call(
        "Network.record",
        "interval of factors",
        "number",
        lambda w, v: w.net.record(w.scaling, "factor", interval=v),
        ("interval",),
    ),
    Call(
        "Network.record",
        "sample of neurons",
        "indices",
        lambda w, v: w.net.record(w.cells, "V", interval=1, sample=v),
        ("sample",),
    ),
    Call(
        "Network.record",
        "sample of synapses",
        "indices",
        lambda w, v: w.net.record(w.plastic, "weights", interval=1, sample=v),
        ("sample",),
    ),
    Call("Network.run", "duration", "number", lambda w, v: w.net.run(v), takes=()),
    Call("Network.run", "progress", "flag", lambda w, v: w.net.run(1, progress=v), takes=("function",)),
    Call("Network.run", "callback", "thing", lambda w, v: w.net.run(1, callback=v, every=1)),
    Call("Network.run", "every", "number", lambda w, v: w.net.run(2, callback=_noop, every=v)),
    Call("Network.rest", "hours", "number", lambda w, v: w.net.rest(hours=v), ("rest", "hours")),
    Call("Network.rest", "minutes", "number", lambda w, v: w.net.rest(minutes=v), ("rest", "minutes")),
    Call("Network.rest", "seconds", "number", lambda w, v: w.net.rest(seconds=v), ("rest", "seconds")),
    Call("Network.profiling", "on", "flag", lambda w, v: setattr(w.net, "profiling", v), ("profiling",)),
    # Population and View
    Call("Population.__getitem__", "key", "indices", lambda w, v: w.cells[v], ("'cells'", "mask"), ("None",)),
    Call("Population.get", "name", "name", lambda w, v: w.cells.get(v)),
    Call("Population.effective", "name", "name", lambda w, v: w.cells.effective(v), ("parameter",)),
    Call("Population.set", "mapping", "thing", lambda w, v: w.cells.set(v), ("set", "name"), ("empty dict",)),
    Call("Population.set", "V", "value", lambda w, v: w.cells.set(V=v)),
    Call("Population.set", "I_e", "value", lambda w, v: w.cells.set(I_e=v), ("LIF",)),
    Call("Population.set", "C_m", "value", lambda w, v: w.cells.set(C_m=v), ("LIF",)),
    Call("Population.set", "ampa.tau", "value", lambda w, v: w.cells.set({"ampa.tau": v}), ("tau", "CurrentExp")),
    Call("Population.set", "ampa.I", "value", lambda w, v: w.cells.set({"ampa.I": v}), ("CurrentExp.I",)),
    Call("Population.set", "name", "name", lambda w, v: w.cells.set({_key(v): 1}), ("variable",)),
    Call(
        "Population.set_spikes",
        "times",
        "value",
        lambda w, v: w.trains.set_spikes(v),
        ("SpikeSource",),
        ("ragged list",),
    ),
    Call(
        "Population.set_spikes", "ids", "indices", lambda w, v: w.trains.set_spikes([100.0, 101.0], v), ("SpikeSource",)
    ),
    Call("Population.birth", "number", "integer", lambda w, v: w.cells.birth(v), ("born",)),
    Call("Population.birth", "V", "value", lambda w, v: w.cells.birth(2, V=v)),
    Call("Population.field", "name", "name", lambda w, v: w.cells.field(v), ("variable",)),
    Call("Population.receptor_index", "receptor", "name", lambda w, v: w.cells.receptor_index(v)),
    Call("View.__getitem__", "key", "indices", lambda w, v: w.cells[2:8][v], ("cells", "mask"), ("None",)),
    Call("View.get", "name", "name", lambda w, v: w.cells[2:8].get(v), ("variable",)),
    Call("View.effective", "name", "name", lambda w, v: w.cells[2:8].effective(v), ("variable", "parameter")),
    Call("View.set", "V", "value", lambda w, v: w.cells[2:8].set(V=v)),
    # Projection
    Call("Projection.weights", "value", "value", lambda w, v: setattr(w.plastic, "weights", v), ("weight",)),
    Call("Projection.plastic", "value", "flag", lambda w, v: setattr(w.plastic, "plastic", v), ("plastic",)),
    Call("Projection.get_weights", "sources", "indices", lambda w, v: w.plastic.get_weights(sources=v)),
    Call("Projection.get_weights", "targets", "indices", lambda w, v: w.plastic.get_weights(targets=v)),
    Call(
        "Projection.set_weights", "value", "value", lambda w, v: w.plastic.set_weights(v, sources=[0, 1]), ("weight",)
    ),
    Call("Projection.set_weights", "sources", "indices", lambda w, v: w.plastic.set_weights(3, sources=v)),
    Call("Projection.set_weights", "targets", "indices", lambda w, v: w.plastic.set_weights(3, targets=v)),
    Call("Projection.add", "sources", "indices", lambda w, v: w.plastic.add(v, [1], weight=1, delay=1)),
    Call("Projection.add", "targets", "indices", lambda w, v: w.plastic.add([1], v, weight=1, delay=1)),
    Call("Projection.add", "weight", "value", lambda w, v: w.plastic.add([1, 2], [3, 4], weight=v, delay=1)),
    Call("Projection.add", "delay", "value", lambda w, v: w.plastic.add([1, 2], [3, 4], weight=1, delay=v)),
    Call("Projection.add", "autapses", "flag", lambda w, v: w.plastic.add([1], [3], weight=1, delay=1, autapses=v)),
    Call("Projection.remove", "indices", "indices", lambda w, v: w.plastic.remove(v), ("remove",)),
    Call("Projection.remove", "sources", "indices", lambda w, v: w.plastic.remove(sources=v), ("remove",)),
    Call("Projection.remove", "targets", "indices", lambda w, v: w.plastic.remove(targets=v), ("remove",)),
    Call("Projection.get", "name", "name", lambda w, v: w.plastic.get(v), ("rule parameter",)),
    Call("Projection.effective", "name", "name", lambda w, v: w.plastic.effective(v), ("rule parameter",)),
    Call("Projection.set", "mapping", "thing", lambda w, v: w.plastic.set(v), ("set", "name"), ("empty dict",)),
    Call(
        "Projection.set",
        "1.learning_rate",
        "number",
        lambda w, v: w.plastic.set({"1.learning_rate": v}),
        ("learning_rate",),
    ),
    Call("Projection.set", "1.w_max", "number", lambda w, v: w.plastic.set({"1.w_max": v}), ("w_max",)),
    Call("Projection.set", "u", "value", lambda w, v: w.plastic.set(u=v), ("TsodyksMarkram",)),
    Call("Projection.set", "name", "name", lambda w, v: w.plastic.set({_key(v): 1}), ("rule parameter",)),
    Call("Projection.state_index", "name", "name", lambda w, v: w.plastic.state_index(v), ("state",)),
    Call("Projection.state_role", "name", "name", lambda w, v: w.plastic.state_role(v), ("state",)),
    # Drive, Modulator
    Call("Drive.active", "value", "flag", lambda w, v: setattr(w.drive, "active", v), ("active",)),
    Call("Drive.get", "name", "name", lambda w, v: w.drive.get(v), ("parameter",)),
    Call("Drive.effective", "name", "name", lambda w, v: w.drive.effective(v), ("parameter",)),
    Call("Drive.set", "mapping", "thing", lambda w, v: w.drive.set(v), ("set", "name"), ("empty dict",)),
    Call("Drive.set", "rate", "value", lambda w, v: w.drive.set(rate=v), ("Schedule",)),
    Call("Drive.set", "name", "name", lambda w, v: w.drive.set({_key(v): 1}), ("parameter",)),
    Call("Modulator.baseline", "value", "number", lambda w, v: setattr(w.dopamine, "baseline", v), ("baseline",)),
    Call("Modulator.release", "amount", "value", lambda w, v: w.dopamine.release(v), ("release",)),
    Call("Modulator.release", "at", "value", lambda w, v: w.dopamine.release(1, at=v), ("release",)),
    Call("Modulator.release_by", "neurons", "thing", lambda w, v: w.dopamine.release_by(v, 1), ("view", "belongs")),
    Call("Modulator.release_by", "amount", "number", lambda w, v: w.dopamine.release_by(w.cells, v), ("release",)),
    Call(
        "Modulator.release_by", "delay", "number", lambda w, v: w.dopamine.release_by(w.cells, 1, delay=v), ("release",)
    ),
    # Controller, Rewiring, Modifier, Guard
    Call("Controller.active", "value", "flag", lambda w, v: setattr(w.scaling, "active", v), ("active",)),
    Call("Controller.get", "name", "name", lambda w, v: w.scaling.get(v), ("parameter",)),
    Call("Controller.effective", "name", "name", lambda w, v: w.scaling.effective(v), ("parameter",)),
    Call("Controller.set", "mapping", "thing", lambda w, v: w.scaling.set(v), ("set", "name"), ("empty dict",)),
    Call("Controller.set", "target_rate", "value", lambda w, v: w.scaling.set(target_rate=v)),
    Call("Controller.set", "factor", "value", lambda w, v: w.scaling.set(factor=v), ("gain",)),
    Call("Controller.set", "name", "name", lambda w, v: w.scaling.set({_key(v): 1}), ("parameter",)),
    Call("Rewiring.active", "value", "flag", lambda w, v: setattr(w.growth, "active", v), ("active",)),
    Call("Rewiring.get", "name", "name", lambda w, v: w.growth.get(v), ("parameter",)),
    Call("Rewiring.set", "mapping", "thing", lambda w, v: w.growth.set(v), ("set", "name"), ("empty dict",)),
    Call("Rewiring.set", "weight", "number", lambda w, v: w.growth.set(weight=v)),
    Call("Rewiring.set", "delay", "number", lambda w, v: w.growth.set(delay=v)),
    Call(
        "Rewiring.set",
        "axonal.z",
        "value",
        lambda w, v: w.growth.set({"axonal.z": v}),
        ("SynapticElements.z", "axonal"),
    ),
    Call(
        "Rewiring.set",
        "dendritic.Ca",
        "value",
        lambda w, v: w.growth.set({"dendritic.Ca": v}),
        ("SynapticElements.Ca", "dendritic"),
    ),
    Call("Rewiring.set", "name", "name", lambda w, v: w.growth.set({_key(v): 1}), ("parameter",)),
    Call("Rewiring.place_of", "state", "name", lambda w, v: w.growth.place_of(v)),
    Call("Modifier.active", "value", "flag", lambda w, v: setattr(w.modifier, "active", v), ("active",)),
    Call("Guard.active", "value", "flag", lambda w, v: setattr(w.guard, "active", v), ("active",)),
    # recorders
    Call("SpikeRecorder.rate", "bin", "number", lambda w, v: w.recorder(pl.SpikeRecorder).rate(v)),
    Call("StateRecorder.__getitem__", "name", "name", lambda w, v: w.recorder(pl.StateRecorder)[v], ("recorded",)),
    # values
    Call("Schedule", "times", "value", lambda w, v: pl.Schedule(v, [1.0, 2.0])),
    Call("Schedule", "values", "value", lambda w, v: pl.Schedule([1.0, 2.0], v)),
    Call("Grid", "shape", "integer", lambda w, v: pl.Grid(v), takes=()),
    Call("Grid", "extent", "value", lambda w, v: pl.Grid((2, 3), v), takes=("None", "array of large integers")),
    Call(
        "UniformPositions", "extent", "value", lambda w, v: pl.UniformPositions(v), takes=("array of large integers",)
    ),
    Call("grid_positions", "shape", "integer", lambda w, v: pl.grid_positions((v, 2), (1.0, 1.0)), ("Grid.shape",)),
    Call("grid_positions", "extent", "value", lambda w, v: pl.grid_positions((2, 2), (v, 1.0)), ("Grid.extent",)),
    Call(
        "Grid.place",
        "size",
        "integer",
        lambda w, v: w.net.population(v, pl.LIF(), positions=pl.Grid((3, 4))),
        ("Grid", "size"),
    ),
    Call(
        "SynapticElements.growth_rate",
        "calcium",
        "value",
        lambda w, v: pl.SynapticElements().growth_rate(v),
        takes=("array of 4 dimensions",),
    ),
    Call("Part.replace", "C_m", "value", lambda w, v: pl.LIF().replace(C_m=v)),
    *(
        Call(f"drugs.{name}", "dose", "number", lambda w, v, name=name: getattr(pl.drugs, name)(v), ("dose",), ("inf",))
        for name in pl.drugs.__all__
        if name not in ("Drug", "ttx")
    ),
    *(
        Call(
            f"drugs.{name}", "acts_on", "name", lambda w, v, name=name: getattr(pl.drugs, name)(acts_on=v), ("acts_on",)
        )
        for name in pl.drugs.__all__
        if name not in ("Drug", "ttx")
    ),
    # protocols
    *(
        Call(
            f"protocols.{name}",
            argument,
            "number",
            lambda w, v, name=name, argument=argument: _protocol(name, argument, v),
        )
        for name in protocols.__all__
        if name != "Pairing"
        for argument in inspect.signature(getattr(protocols, name)).parameters
    ),
    Call("protocols.Pairing.shifted", "by", "number", lambda w, v: protocols.pairing(5).shifted(v)),
    # published sets
    Call("WindowSTDP.from_function", "window", "thing", lambda w, v: pl.WindowSTDP.from_function(v)),
    Call("WindowSTDP.from_function", "reach", "number", lambda w, v: pl.WindowSTDP.from_function(np.sign, reach=v)),
    Call("WindowSTDP.from_function", "step", "number", lambda w, v: pl.WindowSTDP.from_function(np.sign, step=v)),
    Call("TsodyksMarkram.liquid", "name", "name", lambda w, v: pl.TsodyksMarkram.liquid(v)),
    *(
        Call(
            f"CalciumSTDP.{name}",
            "w_0",
            "number",
            lambda w, v, name=name: getattr(pl.CalciumSTDP, name)(w_0=v),
            ("w_1",),
        )
        for name in (
            "DP",
            "DPD",
            "DPD_prime",
            "P",
            "D",
            "D_prime",
            "hippocampal_slices",
            "hippocampal_cultures",
            "cortical_slices",
        )
    ),
    *(
        Call(
            f"STDP.{name}",
            argument,
            "any",
            lambda w, v, name=name, argument=argument: getattr(pl.STDP, name)(**{argument: v}),
            ("STDP.",),
        )
        for name in ("symmetric", "inhibitory_wilmes", "anti_hebbian")
        for argument in inspect.signature(getattr(pl.STDP, name)).parameters
    ),
    *(
        Call(
            f"TripletSTDP.{name}",
            argument,
            "any",
            lambda w, v, name=name, argument=argument: getattr(pl.TripletSTDP, name)(**{argument: v}),
            ("TripletSTDP.",),
        )
        for name in ("visual_cortex", "hippocampus")
        for argument in inspect.signature(getattr(pl.TripletSTDP, name)).parameters
    ),
]


def _key(value: Any) -> Any:
    """A value as the key of a mapping; what cannot be one stands for no key at all."""
    try:
        hash(value)
    except TypeError:
        return "no such name"
    return value


def _protocol(name: str, argument: str, value: Any) -> Any:
    function = getattr(protocols, name)
    plain = {"interval": 8.0, "between": 20.0, "first": 5.0, "second": -5.0, "frequency": 10.0, "count": 3}
    arguments = {n: plain[n] for n, p in inspect.signature(function).parameters.items() if p.default is p.empty}
    return function(**{**arguments, argument: value})


# ---- what needs no value: no argument, or nothing but handles that networks make

WITHOUT_ARGUMENTS = {
    "Network.copy", "Network.probe", "Network.frozen", "Neurons.silence", "Neurons.restore", "Neurons.disconnect", "Neurons.kill",
    "Modifier.remove", "Recorder.clear", "SpikeRecorder.cv", "Projection.to_sparse", "Part.schema", "Part.options", "Rule.samples",
    "TsodyksMarkram.depressing", "TsodyksMarkram.facilitating", "VoltageSTDP.visual_cortex", "drugs.ttx", "Network.engine",
}  # fmt: skip
MADE_BY_NETWORKS = {
    "Controller", "ControllerRecorder", "Drive", "Guard", "Modifier", "Modulator", "ModulatorRecorder", "Population", "Projection", "RateRecorder",
    "Recorder", "Rewiring", "SpikeRecorder", "StateRecorder", "SynapseRecorder", "View",
}  # fmt: skip
# Bases and errors, which users do not call; tuples of results; what only this package calls.
NOT_CALLED = {
    "GuardError", "GuardEvent", "SimulationError", "UnknownName", "Positions", "Value", "Positions.place", "UniformPositions.place",
    "CheckpointError", "Recording.chunks", "Network.put_state", "Network.take_state", "Network.end_recordings", "Network.finish_recordings", "Recorder.extent", "Recorder.finish", "Recorder.flush", "Recorder.only_read", "Recorder.spill",
    "Guard.message", "drugs.Drug", "protocols.Pairing", "Connector", "Distribution", "Elements", "Law", "Model",
    "Part", "Receptor", "Rule", "Source", "Stimulus", "StructuralLaw", "drugs",
}  # fmt: skip
# What takes a path: test_bad_input_files.py.
WITH_PATHS = {"Network.save", "load", "Recording", "Recorder.write_to"}
# Properties that can be set are callables, too; the parts themselves are in the other file.


def public_callables() -> set[str]:
    """Names of all public functions, classes that are no parts, methods and properties that can be set, by who defines them."""
    found = (
        {f"drugs.{name}" for name in pl.drugs.__all__}
        | {f"protocols.{name}" for name in protocols.__all__}
        | {"protocols.Pairing.shifted"}
    )
    for name in pl.__all__:
        thing = getattr(pl, name)
        if not inspect.isclass(thing):
            found.add(name)
            continue
        if name not in pl.parts.__all__:
            found.add(name)
        for cls in thing.__mro__:
            if not cls.__module__.startswith("plastica") or issubclass(cls, BaseException):
                continue
            owner = "Network" if issubclass(pl.Network, cls) else cls.__name__.removesuffix("Sets")
            for member, value in vars(cls).items():
                called = inspect.isfunction(value) or isinstance(value, classmethod | staticmethod)
                settable = isinstance(value, property) and value.fset is not None
                if (called or settable) and not member.startswith("_") and member != "to_pandas":
                    found.add(f"{owner}.{member}")
    return found


def covered(name: str) -> bool:
    """Whether a table has it, under its own name or under that of a class that inherits it."""
    if name in WITHOUT_ARGUMENTS | MADE_BY_NETWORKS | NOT_CALLED | WITH_PATHS or any(
        call.name == name for call in CALLS
    ):
        return True
    owner, _, member = name.partition(".")
    heirs = {
        cls.__name__
        for cls in vars(pl).values()
        if inspect.isclass(cls) and owner in [b.__name__.removesuffix("Sets") for b in cls.__mro__]
    }
    return bool(member) and any(call.name == f"{heir}.{member}" for heir in heirs for call in CALLS)


def test_every_public_callable_is_in_a_table() -> None:
    """Oracle: what Python says the package has."""
    assert sorted(name for name in public_callables() if not covered(name)) == []
    known = public_callables() | {f"{cls}.__getitem__" for cls in ("Population", "View", "StateRecorder")}
    assert sorted(n for n in WITHOUT_ARGUMENTS | MADE_BY_NETWORKS | NOT_CALLED if n not in known) == []


# ---- the sweep

LONG = ("1e9", "2**31 - 1", "2**31", "2**32 - 1", "2**32", "2**53 + 1")
SLOW_TO_GRANT = {  # values that are taken and take their time; those of a callback are the user's own affair
    ("Network.run", "duration"): LONG,
    ("Network.rest", "hours"): (*LONG, "1", "0.5", "float16", "float32", "0-d array"),
    ("Network.rest", "minutes"): (*LONG, "1", "0.5", "float16", "float32", "0-d array"),
    ("Network.rest", "seconds"): LONG,
    ("Network.run", "callback"): ("type", "a class", "function"),
    ("Network.run", "progress"): ("True", "numpy bool"),
}
PERIOD = 6.0


@pytest.fixture(scope="module")
def world() -> World:
    return build()


@pytest.fixture(scope="module")
def states(world: World) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """All bits of the network as it is, and of a twin after a run."""
    twin = world.net.copy()
    twin.run(PERIOD)
    return bits_of(world.net), bits_of(twin)


def names_of(call: Call) -> tuple[str, ...]:
    function = call.name.rpartition(".")[2]
    handle = ("variable", "parameter") if call.kind == "name" else ()
    return (call.argument.split()[0], function, *handle, *call.also)


def called(net: pl.Network, *, call: Call, value: Any) -> Any:
    return call.call(World(net), value)


def sweep(call: Call, world: World, before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Everything that goes wrong when this argument gets every value."""
    found, tried, refusals = [], World(world.net.copy()), {}
    must_be_refused = [n for n in MUST_REFUSE[call.kind] if n not in call.takes]
    for label, value in EVERY.items():
        if label in SLOW_TO_GRANT.get((call.name, call.argument), ()):
            continue
        where = f"{call.name}({call.argument} = {label})"
        _, error = attempt(partial(call.call, tried, value))
        if error is not None:
            refusals[label] = partial(called, call=call, value=value)
            if wrong := complaint(error, names_of(call)):
                found.append(f"{where}: {wrong}: {error!r}")
            continue
        if label in must_be_refused:
            found.append(f"{where}: is taken")
        _, error = attempt(partial(tried.net.run, 2.0))
        if (
            error is not None
            and not isinstance(error, pl.SimulationError)
            and "adjusted by" not in str(error)
            and "synaptic elements need" not in str(error)
        ):
            found.append(f"{where}: taken, and the run ends in {error!r}")
        tried = World(world.net.copy())
    refusing, guilty = after_refusals(world.net, refusals, before)
    found += [f"{call.name}({call.argument} = {label}): refused, and the network has changed" for label in guilty]
    refusing.run(PERIOD)
    if bits_of(refusing) != after:
        found.append(f"{call.name}({call.argument}): after its refusals the network runs on differently")
    return found


@pytest.mark.parametrize("call", CALLS, ids=lambda c: f"{c.name}-{c.argument}")
def test_a_call_works_or_says_what_is_wrong_and_leaves_the_network_as_it_was(
    call: Call, world: World, states: tuple[dict[str, bytes], dict[str, bytes]]
) -> None:
    """Oracle: a twin that never saw the bad value, bit for bit, then and after a run."""
    with limited_memory():
        assert sweep(call, world, *states) == []


# ---- combinations of values


@settings(max_examples=60)
@given(data=st.data())
def test_no_sequence_of_bad_calls_does_any_harm(data: st.DataObject) -> None:
    """Oracle: a twin that saw none of the calls; only values that must be refused are drawn."""
    calls = [call for call in CALLS if MUST_REFUSE[call.kind] and not call.name.startswith(("drugs", "protocols"))]
    net, twin = World(STRANGER.net.copy()), World(STRANGER.net.copy())
    for call in data.draw(st.lists(st.sampled_from(calls), min_size=1, max_size=12)):
        refused = [n for n in MUST_REFUSE[call.kind] if n not in call.takes and n not in FOREIGN]
        label = data.draw(st.sampled_from(refused))
        with pytest.raises((TypeError, ValueError, IndexError)):
            call.call(net, EVERY[label])
        if data.draw(st.booleans()):
            net.net.run(1)
            twin.net.run(1)
    assert bits_of(net.net) == bits_of(twin.net)
    net.net.run(PERIOD)
    twin.net.run(PERIOD)
    assert bits_of(net.net) == bits_of(twin.net)


Attempt = Callable[[World], Any]


def unchanged(build_anew: Callable[[], World], call: Attempt, message: str) -> None:
    """A call is refused, and a twin that never saw it is its equal, then and after a run."""
    world, twin = build_anew(), build_anew()
    with limited_memory(), pytest.raises((TypeError, ValueError, IndexError), match=message):
        call(world)
    assert bits_of(world.net) == bits_of(twin.net)
    world.net.run(PERIOD)
    twin.net.run(PERIOD)
    assert bits_of(world.net) == bits_of(twin.net)


def copied() -> World:
    return World(STRANGER.net.copy())


# What is refused only after something has been made or set: it must be taken back.
LATE: dict[str, tuple[Attempt, str]] = {
    "a state beyond the precision": (lambda w: w.net.population(3, pl.LIF(), initial={"V": 1e39}), "V.*precision|precision|finite"),
    "a schedule of a source whose times fall together": (lambda w: w.net.population(3, pl.PoissonSource(pl.Schedule([0, 0.01], [1, 2]))), "must increase"),
    "a schedule of a drive whose times fall together": (lambda w: w.net.drive(w.cells, pl.ConstantCurrent(pl.Schedule([0, 0.01], [1, 2]))), "must increase"),
    "a schedule of a drive with too many spikes": (lambda w: w.net.drive(w.cells, pl.PoissonInput(pl.Schedule([0], [1e12])), receptor="ampa"), "spikes per step"),
    "a schedule of a drive too late": (lambda w: w.net.drive(w.cells, pl.StepCurrent([1e300], [1.0])), r"Schedule\.times"),
    "spikes that are over": (lambda w: w.net.population(3, pl.SpikeSource([1.0])), "not later than now"),
    "the second of two parameters": (lambda w: w.cells.set(I_e=1.0, C_m=1e-300), "LIF"),
    "the second of two parameters of a view": (lambda w: w.cells[2:5].set(V=-50.0, I_e=1e39), "LIF"),
    "the second of two parameters of a drive": (lambda w: w.drive.set({"rate": 1e12, "weight": 1}), "weight"),
    "a parameter and a state of rules": (lambda w: w.plastic.set({"1.learning_rate": 0.5, "0.U": 1.0, "u": 2.0}), r"TsodyksMarkram\.u"),
    "the second of two parameters of a rule": (lambda w: w.plastic.set({"1.learning_rate": 0.5, "1.tau_plus": 7.0}), "tau_plus"),
    "a rule beyond single precision": (lambda w: w.plastic.set({"0.U": 0.3, "1.learning_rate": 1e39}), "learning_rate"),
    "the second of two of a controller": (lambda w: w.scaling.set(target_rate=3, low=1e9), "low"),
    "the second of two of a law of structure": (lambda w: w.growth.set({"axonal.z": 3, "delay": 0.01}), "delay"),
    "a birth with an impossible state": (lambda w: w.cells.birth(2, V=1e39), "V|precision"),
    "a birth with an impossible parameter": (lambda w: w.cells.birth(2, I_e=3.0, C_m=1e-300), "LIF"),
    "more births than places": (lambda w: w.cells.birth(3), "free places"),
    "a second factor": (lambda w: w.net.modify(w.cells, {"gaba.gain": 2, "I_f": 3}), "I_f"),
    "factors of which one leads out of the bounds": (lambda w: w.net.modify(w.cells, {"gaba.gain": 2, "t_ref": -3}), "t_ref"),
    "a weight that w_max forbids, among drawn ones": (lambda w: w.net.connect(w.cells[:8], w.cells[:8], pl.AllToAll(), receptor="ampa", weight=pl.Uniform(0, 9), plasticity=pl.STDP(w_max=1)), "w_max"),
    "a delay below a step, among drawn ones": (lambda w: w.net.connect(w.cells[:8], w.cells[:8], pl.AllToAll(), receptor="ampa", delay=pl.Uniform(0, 0.2)), "delay"),
    "a new synapse with a delay below a step": (lambda w: w.plastic.add([1, 2], [3, 4], weight=1, delay=[1, 0.01]), "delay"),
    "a new synapse of a dead neuron": (lambda w: w.plastic.add([1, 11], [3, 4], weight=1, delay=1), "dead"),
    "a synapse removed twice": (lambda w: w.plastic.remove([0, 0]), "twice"),
    "a connection to dead neurons": (lambda w: w.net.connect(w.cells, w.cells, pl.AllToAll(), receptor="ampa"), "dead"),
}  # fmt: skip


@pytest.mark.parametrize("case", LATE)
def test_what_is_refused_late_is_taken_back(case: str) -> None:
    """Oracle: a twin that never saw the call."""
    unchanged(copied, *LATE[case])


def removed_modifier() -> World:
    world = copied()
    STALE["modifier"] = world.modifier
    world.modifier.remove()
    return world


STALE: dict[str, Any] = {}
STALE_CALLS: dict[str, tuple[Attempt, str]] = {
    "a removed modifier": (lambda _: setattr(STALE["modifier"], "active", True), "has been removed"),
    "indices of synapses that are gone": (lambda w: w.plastic.remove([len(STRANGER.plastic)]), "indices"),
    "a population by the name of one that was refused": (lambda w: w.net.connect(w.net.populations.get("refused"), w.cells, pl.AllToAll()), "pre = None"),
}  # fmt: skip


@pytest.mark.parametrize("case", STALE_CALLS)
def test_a_handle_of_what_is_gone_says_so(case: str) -> None:
    """Oracle: a twin on which nobody tried."""
    unchanged(removed_modifier, *STALE_CALLS[case])


def test_a_network_that_has_stopped_refuses_to_go_on_and_stays_readable() -> None:
    """Oracle: what it showed when it stopped."""
    world = copied()
    world.net.projections["static"].weights = 3e38
    world.trains.set_spikes([world.net.time + 1])
    with pytest.raises(pl.SimulationError):
        world.net.run(20)
    before = bits_of(world.net)
    for call in (
        lambda: world.net.run(1),
        lambda: world.net.rest(seconds=1),
        lambda: world.net.copy(),
        lambda: world.net.probe(),
    ):
        with pytest.raises(ValueError, match="stopped with an error"):
            call()
        assert bits_of(world.net) == before


# ---- numbers beyond single precision


@pytest.mark.parametrize("precision", ["single", "double"])
def test_a_number_beyond_single_precision_is_refused_there_and_taken_in_double(precision: Any) -> None:
    """Oracle: 1e39 is infinite as a single-precision number."""
    net = pl.Network(precision=precision)
    cells = net.population(3, pl.LIF(receptors={"in": pl.CurrentExp()}))
    calls: list[Callable[[], Any]] = [
        lambda: cells.set(V=-1e39),
        lambda: net.connect(cells, cells, pl.AllToAll(), weight=1e39),
        lambda: net.drive(cells, pl.ConstantCurrent(1e39)),
    ]
    for call in calls:
        if precision == "double":
            call()
            continue
        with pytest.raises(ValueError, match=r"finite|precision"):
            call()
    net.run(0.1 if precision == "double" else 10)


# ---- sizes: in processes of their own, whose memory is limited

LIMITED = """
    import resource, sys
    sys.path[:0] = {path!r}
    import numpy as np
    import plastica as pl
    from plastica import protocols
    from robustness.bad_values import bits_of
    from robustness.test_bad_input_calls import build
    world = build()
    net, cells = world.net, world.cells[:10]
    twin = net.copy()
    pages = int(open("/proc/self/statm").read().split()[0])
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]

    def tried(call, bytes):
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + bytes, hard))
        try:
            call()
            answer = "taken"
        except Exception as error:
            answer = type(error).__name__ + " " + str(error).replace(chr(10), " ")
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        return answer

    {body}
    net.run(5)
    twin.run(5)
    print(bits_of(net) == bits_of(twin))
"""
HUGE: dict[str, str] = {
    "net.population(2**31 - 1, pl.LIF())": "size of a population",
    "net.population(2**31, pl.LIF())": "size of a population",
    "net.population(2**32, pl.LIF())": "size of a population",
    "net.population(10**12, pl.Relay())": "size of a population",
    "net.population(2**31 - 1, pl.PoissonSource(5))": "size of a population",
    "net.population(2**31 - 1, pl.LIF(V_th=pl.Normal(0, 1)), positions=pl.UniformPositions())": "size of a population",
    "net.population(2**30, pl.LIF(), positions=pl.Grid((2**15, 2**15)))": "size of a population",
    "pl.grid_positions((2**16, 2**16), (1, 1))": "Grid.shape",
    "net.connect(cells, cells, pl.FixedTotalNumber(number=10**15), receptor='ampa')": "FixedTotalNumber.number = 1000000000000000",
    "net.connect(cells, cells, pl.FixedInDegree(degree=2**33), receptor='ampa')": "FixedInDegree.degree = 8589934592",
    "net.connect(cells, cells, pl.FixedOutDegree(degree=2**33), receptor='ampa')": "FixedOutDegree.degree = 8589934592",
    "many.connect(relays, relays, pl.AllToAll())": "AllToAll",
    "many.connect(relays, relays, pl.FixedProbability(1))": "FixedProbability",
    "net.run(1e18)": "duration",
    "net.rest(hours=1e12)": "duration",
    "net.run(float('nan'))": "duration",
    "pl.Network(dt=1e-300)": "dt",
    "pl.Network(dt=5e-324)": "dt",
    "pl.Network(dt=1e300)": "dt",
    "pl.Network(threads=10**6)": "threads",
    "protocols.tetanus(pulses=10**12)": "pulses",
    "protocols.bursts(10**5, 1e9, pulses=10**4)": "count times pulses",
    "protocols.pairing(5, repetitions=10**12)": "repetitions",
    "protocols.bursts_of_pairs(5, 100, pairs=10**4, bursts=10**6, period=1e9)": "bursts times pairs",
    "pl.WindowSTDP.from_function(np.sign, reach=1e5, step=1e-5)": "reach",
    "net.connect(cells, cells, pl.OneToOne(), receptor='ampa', plasticity=pl.CalciumSTDP(delay_Ca=1e9))": "CalciumSTDP",
    "net.connect(cells, cells, pl.OneToOne(), receptor='ampa', plasticity=pl.VoltageSTDP(delay_u=1e9))": "VoltageSTDP",
    "net.connect(cells, cells, pl.OneToOne(), receptor='ampa', delay=1e9)": "delay",
}  # fmt: skip


def limited(body: str) -> list[str]:
    path = [str(Path(__file__).parents[1]), str(Path(pl.__file__).parents[1])]
    code = textwrap.dedent(LIMITED).format(path=path, body="BODY").replace("BODY", body)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_what_no_machine_holds_is_refused_before_memory_is_taken() -> None:
    """Oracle: 1.5 GB of addresses; each refusal names what is too large, and the network runs on as its twin does."""
    lines = ["many = pl.Network(threads=1)", "relays = many.population(10**5, pl.Relay())"]
    answers = limited("\n".join([*lines, *(f"print(tried(lambda: {call}, 3 * 2**29))" for call in HUGE)]))
    assert len(answers) == len(HUGE) + 1
    for answer, (call, named) in zip(answers, HUGE.items(), strict=False):
        assert answer.startswith("ValueError"), (call, answer)
        assert named in answer, (call, answer)
        assert not any(leak in answer for leak in LEAKS), (call, answer)


FULL: list[str] = [
    "net.connect(big, big, pl.FixedInDegree(degree=2000), receptor='ampa', weight=pl.Uniform(0, 1))",
    "net.connect(big, big, pl.FixedInDegree(degree=2000), receptor='ampa', delay=pl.Uniform(1, 20))",
    "net.connect(big, big, pl.FixedInDegree(degree=1000), receptor='ampa', plasticity=[pl.TsodyksMarkram(), pl.CalciumSTDP()])",
    "net.population(1000000, pl.AdEx(receptors={'r': pl.ConductanceExp()}), initial={'V': pl.Uniform(-70, -60)})",
    "net.projections['plastic'].add(np.zeros(1000000, int), np.ones(1000000, int), weight=1, delay=1)",
    "[net.copy() for _ in range(1000)]",
]
FILLED = """
net.population(2000, pl.LIF(receptors={{'ampa': pl.CurrentExp()}}), name='big')
original = net.copy()
before = bits_of(original)
original.run(2)
after = bits_of(original)
for call in {calls!r}:
    for more in (2, 4, 8, 16, 24, 32):
        copy = net.copy()
        answer = tried(lambda: eval(call, {{**globals(), 'net': copy, 'big': copy.populations['big']}}), more * 2**20)
        if answer == 'taken':
            break
        print(answer, bits_of(copy) == before)
    copy = net.copy()
    tried(lambda: eval(call, {{**globals(), 'net': copy, 'big': copy.populations['big']}}), 2**21)
    copy.run(2)
    print('then', bits_of(copy) == after)
twin = net
"""


def test_memory_that_ends_in_the_middle_of_a_call_leaves_the_network_as_it_was() -> None:
    """Oracle: a twin; the limits go from nearly none to nearly enough, so that many allocations are the one that fails."""
    answers = limited(FILLED.format(calls=FULL))
    failures = [answer for answer in answers if answer.startswith("MemoryError")]
    assert len(failures) > 2 * len(FULL)
    assert answers.count("then True") == len(FULL)
    assert len(answers) == len(failures) + len(FULL) + 1
    for answer in failures:
        assert answer.startswith(("MemoryError there is not enough memory", "MemoryError Unable to allocate")), answer
        assert answer.endswith("True"), answer
