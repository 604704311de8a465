"""Random sequences of calls of the Python interface, made to a network of Plastica and to the reference simulator.

A case is a few numbers and a list of calls; every call is a word and an integer that seeds all its numbers, so that a case
that fails shrinks by leaving calls out. A call that makes no sense where it stands does nothing.

    python -m tests.sequences --cases 1000 --seed 7

tries so many cases and prints the seeds of those that fail; `--cases 1` with such a seed repeats one of them.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import plastica as pl
import reference
from parts import (
    MODULATORS,
    agrees_closely,
    can_be_frozen,
    go_together,
    is_somatic,
    names,
    numbers_of,
    oracle_of,
    part,
    reads_voltage,
    receptors_of,
    rules,
    strength_of,
    twin,
)
from properties.test_rules_against_reference import (
    BOUND,
    CHANGEABLE,
    agree,
    in_units_of_weight,
    is_of_neurons,
    lowered,
    order_of,
    seen,
    settable,
)
from test_all_or_nothing import Interrupter, state_of

INTERRUPTED = 0.15  # of the changes and runs
LONGEST = 300  # steps of a case
MOST_POPULATIONS, MOST_PROJECTIONS = 6, 5

# How often each call is made.
CALLS = {
    "sources": 1,
    "cells": 1,
    "connect": 4,
    "run": 12,
    "add": 3,
    "remove": 3,
    "disconnect": 1,
    "silence": 2,
    "restore": 2,
    "kill": 2,
    "birth": 2,
    "weights": 2,
    "state": 2,
    "rule parameter": 2,
    "neuron parameter": 2,
    "neuron state": 2,
    "freeze": 1,
    "thaw": 1,
    "release": 1,
    "baseline": 1,
    "file": 3,
    "copy": 2,
    "pickle": 2,
    "spoiled copy": 2,
    "record": 2,
    "record synapses": 3,
    "clear": 1,
    "read": 2,
    "refused": 2,
}
BEGINNING = ("sources", "cells", "connect", "record", "run")


@dataclass(frozen=True)
class Call:
    what: str
    seed: int


@dataclass(frozen=True)
class Case:
    dt: float
    threads: int
    calls: tuple[Call, ...]


def random_case(seed: int) -> Case:
    random = np.random.default_rng([seed, 2026])
    frequencies = np.array(list(CALLS.values())) / sum(CALLS.values())
    words = [*BEGINNING, *random.choice(list(CALLS), int(random.integers(5, 40)), p=frequencies).tolist()]
    calls = tuple(Call(word, int(random.integers(2**31))) for word in words)
    return Case(float(random.choice((0.1, 0.25, 0.5))), int(random.integers(1, 4)), calls)


# ------------------------------------------------------------------------------------------------ what is kept of each


@dataclass
class Cells:
    name: str
    theirs: reference.Population | reference.Sources
    model: str = ""
    receptor: str = ""  # the part that "r" is; "kick" is a CurrentDelta

    @property
    def is_source(self) -> bool:
        return isinstance(self.theirs, reference.Sources)


@dataclass
class Synapses:
    name: str
    post: Cells
    theirs: reference.Projection
    rules: tuple[str, ...]


@dataclass
class Recording:
    """What a recorder must hold: spikes (step, neuron), or rows of values."""

    index: int
    what: str
    cells: Cells
    ids: np.ndarray
    interval: int = 0
    spikes_before: int = 0
    steps: list[int] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)
    scale: float = BOUND
    synapses: reference.Projection | None = None
    followed: list[reference.Synapse] = field(default_factory=list)

    def sample(self) -> np.ndarray:
        """The left limit of the present step; of synapses that are gone nothing."""
        if self.what == "V":
            self.scale = max(self.scale, voltage_scale(self.cells))
        if self.synapses is None:
            return self.cells.theirs.state(self.what)[self.ids]
        values = self.synapses.weights if self.what == "weights" else self.synapses.state(self.what)
        if self.what != "weights" and is_of_neurons(self.synapses, self.what):
            return values
        present = {id(synapse): value for synapse, value in zip(self.synapses.synapses, values, strict=True)}
        return np.array([present.get(id(synapse), np.nan) for synapse in self.followed])


def voltage_scale(cells: Cells) -> float:
    """In the upswing of a spike differences in V grow."""
    model = cells.theirs.model
    return 100.0 * model.tolerance / 1e-10 * float(model.sensitivity(cells.theirs.states).max())


class Twins:
    """The same network twice: in the engine, in double precision, and in the reference."""

    def __init__(self, case: Case) -> None:
        self.dt = case.dt
        self.net = pl.Network(case.dt, threads=case.threads, precision="double")
        self.oracle = reference.Network(case.dt)
        self.cells: list[Cells] = []
        self.synapses: list[Synapses] = []
        self.recordings: list[Recording] = []
        self.random = self.chaos = np.random.default_rng(0)
        for i, name in enumerate(MODULATORS):
            self.net.modulator(name, tau=20.0 + 30 * i, baseline=0.2 * i)
            self.oracle.modulator(name, 20.0 + 30 * i, 0.2 * i)

    def play(self, case: Case) -> None:
        for call in case.calls:
            self.random, self.chaos = np.random.default_rng(call.seed), np.random.default_rng([call.seed, 1])
            getattr(self, "call_" + call.what.replace(" ", "_"))()
        self.compare()

    def attempt(self, call: Callable[[], object]) -> None:
        """Makes a change. Some are interrupted before a line of Python, and made again if they have not happened."""
        if self.chaos.random() > INTERRUPTED:
            call()
            return
        before = state_of(self.net)
        if Interrupter(int(self.chaos.integers(150)))(call) and state_of(self.net) == before:
            call()

    def run(self, steps: int) -> None:
        """Runs the network. Some runs are interrupted, and go on."""
        end = round(self.net.time / self.dt) + steps
        if self.chaos.random() < INTERRUPTED:
            Interrupter(int(self.chaos.integers(50)))(lambda: self.net.run(steps * self.dt))
        self.net.run((end - round(self.net.time / self.dt)) * self.dt)

    # ---- drawing

    def one_of(self, things):
        return things[int(self.random.integers(len(things)))] if things else None

    def some_neurons(self, cells: Cells, among: np.ndarray | None = None) -> list[int]:
        ids = np.arange(cells.theirs.n) if among is None else np.flatnonzero(among)
        return ids[self.random.random(len(ids)) < 0.5].tolist()

    def targets(self) -> list[Cells]:
        return [cells for cells in self.cells if not cells.is_source]

    def ours(self, cells: Cells) -> pl.Population:
        return self.net.populations[cells.name]

    def projection(self, synapses: Synapses) -> pl.Projection:
        return self.net.projections[synapses.name]

    # ---- building

    def call_sources(self) -> None:
        if len(self.cells) >= MOST_POPULATIONS:
            return
        n, now, random = int(self.random.integers(1, 5)), self.oracle.k, self.random
        trains = []
        for _ in range(n):
            coarse = random.permutation(np.arange(now // 5 * 5 + 5, now + LONGEST, 5))[: random.integers(0, 30)]
            fine = random.permutation(np.arange(now + 1, now + LONGEST))[: random.integers(0, 15)]
            trains.append(sorted({*coarse.tolist(), *fine.tolist()}))
        name = f"sources {len(self.cells)}"
        source = pl.SpikeSource([np.array(train) * self.dt for train in trains])
        self.attempt(lambda: self.net.population(n, source, name=name))
        self.cells.append(Cells(name, self.oracle.sources(n, dict(enumerate(trains)))))

    def call_cells(self) -> None:
        if len(self.cells) >= MOST_POPULATIONS:
            return
        n, random = int(self.random.integers(1, 5)), self.random
        model = self.one_of([name for name in names("membrane") if "CurrentDelta" in receptors_of(name)])
        receptor = self.one_of([r for r in receptors_of(model) if oracle_of(r).does.kind != "delta"])
        numbers, of_receptor = (oracle_of(name).drawn("", random, n) for name in (model, receptor))
        initial = {key: random.uniform(*between, n) for key, between in oracle_of(model).does.beginning.items()}

        def built(library):
            receptors = {"kick": library.CurrentDelta(), "r": getattr(library, receptor)(**of_receptor)}
            return getattr(library, model)(**numbers, receptors=receptors)

        name = f"cells {len(self.cells)}"
        self.attempt(lambda: self.net.population(n, built(pl), name=name, initial=initial))
        ours = self.net.populations[name]
        theirs = self.oracle.population(n, built(reference), initial)
        self.cells.append(Cells(name, theirs, model, receptor))
        modulator, amount, delay = self.one_of(MODULATORS), random.uniform(0, 0.5), int(random.integers(1, 20))
        if random.random() < 0.5:
            self.net.modulators[modulator].release_by(ours, amount, delay=delay * self.dt)
            self.oracle.modulators[modulator].release_by(theirs, amount, delay)

    def call_connect(self) -> None:
        pre, post = self.one_of(self.cells), self.one_of(self.targets())
        if pre is None or post is None or len(self.synapses) >= MOST_PROJECTIONS:
            return
        if not (pre.theirs.alive.any() and post.theirs.alive.any()):
            return
        random, count = self.random, int(self.random.choice((0, 1, 2, 3, 4, 5, 6, 7, 8)))
        chosen = self.some_rules(post) if random.random() < 0.7 else ()
        receptor = "kick" if not chosen and random.random() < 0.5 else "r"
        # connectors see the neurons of a view as 0, 1, ...
        pre_alive, post_alive = np.flatnonzero(pre.theirs.alive), np.flatnonzero(post.theirs.alive)
        sources, targets = random.integers(len(pre_alive), size=count), random.integers(len(post_alive), size=count)
        weights = self.new_weights(post, receptor, bool(chosen), count)
        delays = self.new_delays(count)
        fraction = 0.0 if chosen and is_somatic(*chosen) else self.one_of((0.0, 1.0, 0.5, 0.37))
        numbers = [
            numbers_of(rule, np.random.default_rng([r, count]), self.bound(post)) for r, rule in enumerate(chosen)
        ]
        name = f"synapses {len(self.synapses)}"
        options = {"receptor": receptor, "weight": weights, "delay": delays * self.dt, "name": name}
        options |= {"dendritic_fraction": fraction}
        ours = [getattr(pl, part(rule))(**n) for rule, n in zip(chosen, numbers, strict=True)]
        ends = self.ours(pre)[pre_alive], self.ours(post)[post_alive]
        self.attempt(lambda: self.net.connect(*ends, pl.Explicit(sources, targets), plasticity=ours or None, **options))
        twins = [twin(rule, n) for rule, n in zip(chosen, numbers, strict=True)]
        pairs = pre_alive[sources], post_alive[targets]
        theirs = self.oracle.connect(pre.theirs, post.theirs, *pairs, weights, delays, receptor, fraction, twins)
        self.synapses.append(Synapses(name, post, theirs, chosen))

    def bound(self, post: Cells) -> float:
        """The largest weight of synapses that learn, onto these neurons."""
        return strength_of(post.model, post.receptor)

    def new_delays(self, count: int) -> np.ndarray:
        """In steps: what comes later is often longer or shorter than all that there is."""
        shortest, longest = self.one_of(((1, 1), (1, 3), (1, 40), (1, 40), (30, 150)))
        return self.random.integers(shortest, longest + 1, count)

    def new_weights(self, post: Cells, receptor: str, of_one_sign: bool, count: int) -> np.ndarray:
        random, scale = self.random, 30.0 if receptor == "kick" else self.bound(post)
        signs = random.choice((-1.0, 1.0, 1.0), 1 if of_one_sign else count)
        if receptor == "r" and self.synaptic(post) == "r.g":
            signs = 1.0
        return signs * scale * random.uniform(0.05, 0.95, count)

    def some_rules(self, post: Cells) -> tuple[str, ...]:
        """Those that read V only where two ways to compute it agree closely."""
        fitting = sorted(rule for rule in rules() if agrees_closely(post.model) or not reads_voltage(rule))
        while True:
            chosen = tuple(self.random.choice(fitting, int(self.random.integers(1, 4))).tolist())
            if go_together(chosen):
                return chosen

    # ---- time

    def call_run(self) -> None:
        steps = min(int(self.random.integers(1, 60)), LONGEST - self.oracle.k)
        cuts = sorted(self.random.integers(0, steps + 1, int(self.random.integers(0, 3))).tolist())
        for begin, end in zip([0, *cuts], [*cuts, steps], strict=True):
            self.run(end - begin)
        for _ in range(steps):
            for recording in self.recordings:
                if recording.interval and self.oracle.k % recording.interval == 0:
                    recording.steps.append(self.oracle.k)
                    recording.rows.append(recording.sample())
            self.oracle.step()

    # ---- structure

    def call_add(self) -> None:
        chosen = self.one_of(self.synapses)
        if chosen is None:
            return
        random, theirs, count = self.random, chosen.theirs, int(self.random.integers(1, 4))
        pre, post = np.flatnonzero(theirs.pre.alive), np.flatnonzero(theirs.post.alive)
        if len(pre) == 0 or len(post) == 0:
            return
        sources, targets = random.choice(pre, count), random.choice(post, count)
        weights = self.new_weights(chosen.post, theirs.receptor, bool(chosen.rules), count)
        weights = theirs.sign * np.abs(weights) if chosen.rules and theirs.synapses else weights
        delays = self.new_delays(count)
        ours = self.projection(chosen)
        self.attempt(lambda: ours.add(sources, targets, weight=weights, delay=delays * self.dt))
        theirs.add(sources, targets, weights, delays)

    def call_remove(self) -> None:
        chosen = self.one_of(self.synapses)
        if chosen is None:
            return
        gone = self.random.random(len(chosen.theirs.synapses)) < 0.4
        ours, mask = self.projection(chosen), gone[order_of(chosen.theirs)]
        self.attempt(lambda: ours.remove(mask))
        chosen.theirs.remove(np.flatnonzero(gone).tolist())

    def call_disconnect(self) -> None:
        if (cells := self.one_of(self.cells)) and (ids := self.some_neurons(cells)):
            self.ours(cells)[ids].disconnect()
            self.oracle.disconnect(cells.theirs, ids)

    def call_silence(self) -> None:
        if (cells := self.one_of(self.cells)) and (ids := self.some_neurons(cells)):
            self.ours(cells)[ids].silence()
            cells.theirs.silent[ids] = True

    def call_restore(self) -> None:
        if cells := self.one_of(self.cells):
            self.ours(cells).restore()
            cells.theirs.silent[:] = False

    def call_kill(self) -> None:
        if (cells := self.one_of(self.cells)) and (ids := self.some_neurons(cells, cells.theirs.alive)):
            self.ours(cells)[ids].kill()
            self.oracle.kill(cells.theirs, ids)

    def call_birth(self) -> None:
        if (cells := self.one_of(self.cells)) and not cells.theirs.alive.all():
            free = np.flatnonzero(~cells.theirs.alive)
            number = int(self.random.integers(1, len(free) + 1))
            born = self.ours(cells).birth(number)
            np.testing.assert_array_equal(born.ids, free[:number])
            self.oracle.birth(cells.theirs, free[:number].tolist())

    # ---- values

    def call_weights(self) -> None:
        if (chosen := self.one_of(self.synapses)) is None:
            return
        theirs, count = chosen.theirs, len(chosen.theirs.synapses)
        weights = self.new_weights(chosen.post, theirs.receptor, bool(chosen.rules), count)
        ours = self.projection(chosen)
        self.attempt(lambda: ours.set_weights(weights[order_of(theirs)]))
        theirs.weights = weights

    def call_state(self) -> None:
        """To numbers between those that there are and 0, which are in its bounds."""
        if (chosen := self.one_of([synapses for synapses in self.synapses if synapses.rules])) is None:
            return
        ours, theirs = self.projection(chosen), chosen.theirs
        name = self.one_of(settable(ours, theirs))
        if name is None:
            return
        values = lowered(theirs, name, self.random)
        of_synapses = np.ndim(values) == 1 and not is_of_neurons(theirs, name)
        given = {name: values[order_of(theirs)] if of_synapses else values}
        self.attempt(lambda: ours.set(given))
        theirs.set_state(name, values)

    def call_rule_parameter(self) -> None:
        if (chosen := self.one_of([synapses for synapses in self.synapses if synapses.rules])) is None:
            return
        theirs, position = chosen.theirs, int(self.random.integers(len(chosen.rules)))
        for name in CHANGEABLE:
            if hasattr(theirs.rules[position], name):
                value = getattr(theirs.rules[position], name) * self.random.uniform(0.2, 1)
                self.projection(chosen).set({name if len(theirs.rules) == 1 else f"{position}.{name}": value})
                theirs.set_parameter(position, name, value)

    def call_neuron_parameter(self) -> None:
        if cells := self.one_of(self.targets()):
            changeable = [f"r.{name}" for name in oracle_of(cells.receptor).does.changeable]
            name = self.one_of(["I_e", *changeable])
            values = cells.theirs.parameter(name) * self.random.uniform(0.8, 1.2, cells.theirs.n)
            ours = self.ours(cells)
            self.attempt(lambda: ours.set({name: values}))
            cells.theirs.set(name, values)

    def call_neuron_state(self) -> None:
        if cells := self.one_of(self.targets()):
            single = cells.theirs.channels["r"].x.shape[1] == 1
            name = self.one_of(["V", *([self.synaptic(cells)] if single else [])])
            values = cells.theirs.state(name)
            values = self.random.uniform(-70, -56, len(values)) if name == "V" else values * self.random.uniform(0, 1)
            ours = self.ours(cells)
            self.attempt(lambda: ours.set({name: values}))
            cells.theirs.set(name, values)

    def synaptic(self, cells: Cells) -> str:
        return "r.g" if cells.theirs.channels["r"].receptor.kind == "conductance" else "r.I"

    def scale(self, cells: Cells, name: str) -> float:
        return voltage_scale(cells) if name == "V" else self.bound(cells)

    def call_freeze(self) -> None:
        self.set_plastic(False)

    def call_thaw(self) -> None:
        self.set_plastic(True)

    def set_plastic(self, on: bool) -> None:
        chosen = self.one_of([s for s in self.synapses if s.rules and can_be_frozen(*s.rules)])
        if chosen is not None:
            self.projection(chosen).plastic = chosen.theirs.plastic = on

    def call_release(self) -> None:
        name, amount = self.one_of(MODULATORS), self.random.uniform(0, 1)
        self.net.modulators[name].release(amount)
        self.oracle.modulators[name].release(self.oracle.k, amount)

    def call_baseline(self) -> None:
        name, amount = self.one_of(MODULATORS), self.random.uniform(0, 0.5)
        self.net.modulators[name].baseline = amount
        self.oracle.modulators[name].set_baseline(self.oracle.k, amount)

    # ---- the network as a thing

    def call_file(self) -> None:
        file = BytesIO()
        self.net.save(file)
        file.seek(0)
        self.net = pl.load(file, threads=int(self.random.integers(1, 5)))

    def call_copy(self) -> None:
        self.net = self.net.copy()

    def call_pickle(self) -> None:
        if cells := self.one_of(self.cells):
            self.net = pickle.loads(pickle.dumps(self.ours(cells))).network

    def call_spoiled_copy(self) -> None:
        """What is done to a copy leaves no mark."""
        twin = self.net.copy()
        for population in twin.populations.values():
            population[:1].kill()
        for projection in twin.projections.values():
            projection.remove(np.ones(len(projection), dtype=bool))
        twin.run(10 * self.dt)

    def call_refused(self) -> None:
        """What is refused leaves no mark."""
        wrong = [lambda: self.net.run(0.3 * self.dt), lambda: self.net.population(0, pl.LIF())]
        if cells := self.one_of(self.targets()):
            ours = self.ours(cells)
            wrong += [lambda: ours.set(V=np.nan), lambda: ours.set({"r.tau": -1.0}), lambda: ours[[99]].kill()]
            options = {"receptor": "r", "weight": 1.0}
            wrong += [
                lambda: self.net.connect(ours, ours, pl.AllToAll(), delay=self.dt / 4, **options),
                lambda: self.net.connect(ours, ours, pl.Explicit([0], [99]), **options),
                lambda: ours.birth(1) if ours.alive.all() else self.net.run(-1.0),
            ]
        if chosen := self.one_of(self.synapses):
            projection = self.projection(chosen)
            wrong += [
                lambda: projection.add([0, 99], [0, 0], weight=1.0, delay=1.0),
                lambda: projection.add([0], [0], weight=np.inf, delay=1.0),
                lambda: projection.add([0], [0], weight=1.0, delay=self.dt / 4),
                lambda: projection.remove([len(projection)]),
                lambda: setattr(projection, "weights", np.full(len(projection) + 2, 1.0)),
            ]
        call = self.one_of(wrong)
        try:
            call()
        except (ValueError, IndexError, TypeError):
            return
        raise AssertionError("a wrong call was not refused")

    # ---- recorders

    def call_record(self) -> None:
        if cells := self.one_of(self.cells):
            ids = np.array(self.some_neurons(cells) or [0])
            if cells.is_source or self.random.random() < 0.5:
                self.net.record(self.ours(cells)[ids], "spikes")
                before = len(cells.theirs.spikes)
                recording = Recording(len(self.recordings), "spikes", cells, ids, spikes_before=before)
            else:
                what, interval = self.one_of(("V", self.synaptic(cells))), int(self.random.integers(1, 20))
                neurons = self.ours(cells)[ids]
                self.attempt(lambda: self.net.record(neurons, what, interval=interval * self.dt))
                recording = Recording(len(self.recordings), what, cells, ids, interval, scale=self.scale(cells, what))
            self.recordings.append(recording)

    def call_record_synapses(self) -> None:
        if (chosen := self.one_of(self.synapses)) is None:
            return
        ours, theirs = self.projection(chosen), chosen.theirs
        what, interval = self.one_of(["weights", *seen(ours)]), int(self.random.choice((1, 1, 3, 20)))
        self.attempt(lambda: self.net.record(ours, what, interval=interval * self.dt))
        scale = self.bound(chosen.post) if what == "weights" or in_units_of_weight(ours, what) else 0.1
        recording = Recording(len(self.recordings), what, chosen.post, np.array([]), interval, scale=scale)
        recording.synapses, recording.followed = theirs, [theirs.synapses[i] for i in order_of(theirs)]
        self.recordings.append(recording)

    def call_clear(self) -> None:
        if recording := self.one_of(self.recordings):
            self.net.recorders[recording.index].clear()
            recording.spikes_before = len(recording.cells.theirs.spikes)
            recording.steps.clear()
            recording.rows.clear()

    # ---- what must agree

    def call_read(self) -> None:
        self.compare()

    def compare(self) -> None:
        assert round(self.net.time / self.dt) == self.oracle.k
        for cells in self.cells:
            self.compare_cells(cells)
        for recording in self.recordings:
            self.compare_recording(recording)
        for name in MODULATORS:
            agree(self.net.modulators[name].level, self.oracle.modulators[name].left_limit(self.oracle.k), 1.0, name)
        for synapses in self.synapses:
            self.compare_synapses(synapses)

    def compare_cells(self, cells: Cells) -> None:
        ours, theirs = self.ours(cells), cells.theirs
        assert ours.spike_count == len(theirs.spikes), f"spikes of {cells.name}"
        np.testing.assert_array_equal(ours.alive, theirs.alive)
        np.testing.assert_array_equal(ours.silent, theirs.silent)
        if not cells.is_source:
            for name in ("V", self.synaptic(cells)):
                agree(ours.get(name), theirs.state(name), self.scale(cells, name), f"{name} of {cells.name}")

    def compare_recording(self, recording: Recording) -> None:
        ours = self.net.recorders[recording.index]
        steps = np.rint(ours.times / self.dt).astype(int).tolist()
        if recording.what == "spikes":
            spikes = recording.cells.theirs.spikes[recording.spikes_before :]
            expected = [spike for spike in spikes if spike[1] in recording.ids]
            assert list(zip(steps, ours.ids.tolist(), strict=True)) == expected, f"recorder {recording.index}"
        else:
            assert steps == recording.steps, f"recorder {recording.index}"
            rows = np.array(recording.rows).reshape(ours.values.shape)
            there = ~np.isnan(rows)
            np.testing.assert_array_equal(~np.isnan(ours.values), there, err_msg=f"recorder {recording.index}")
            agree(ours.values[there], rows[there], recording.scale, f"{recording.what}, recorder {recording.index}")

    def compare_synapses(self, synapses: Synapses) -> None:
        ours, theirs = self.projection(synapses), synapses.theirs
        order = order_of(theirs)
        keys = np.array([(s.source, s.target, s.axonal + s.dendritic) for s in theirs.synapses], dtype=int)
        for i, column in enumerate((ours.sources, ours.targets, np.rint(ours.delays / self.dt).astype(int))):
            np.testing.assert_array_equal(column, keys.reshape(-1, 3)[order, i], err_msg=synapses.name)
        agree(ours.weights, theirs.weights[order], self.bound(synapses.post), f"weights of {synapses.name}")
        for name in seen(ours):
            expected = theirs.state(name)
            if not is_of_neurons(theirs, name):
                expected = expected[order]
            scale = self.bound(synapses.post) if in_units_of_weight(ours, name) else 0.1
            agree(ours.get(name), expected, scale, f"{name} of {synapses.name}")


def play(case: Case) -> None:
    """Raises AssertionError where the two networks differ."""
    Twins(case).play(case)


def fails(case: Case) -> bool:
    try:
        play(case)
    except Exception:
        return True
    return False


def shrunk(case: Case) -> Case:
    """A case that fails, with calls left out that it fails without."""
    place = len(case.calls) - 1
    while place >= 0:
        shorter = replace(case, calls=case.calls[:place] + case.calls[place + 1 :])
        if fails(shorter):
            case = shorter
        place -= 1
    return case


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sequences", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the first case; the next ones have the next seeds")
    chosen = parser.parse_args()
    failed, started = [], time.perf_counter()
    for seed in range(chosen.seed, chosen.seed + chosen.cases):
        case = random_case(seed)
        try:
            play(case)
        except Exception:
            failed.append(seed)
            traceback.print_exc(limit=-4)
            print(f"seed {seed} fails; so does\n{shrunk(case)}", flush=True)
    print(f"{chosen.cases} cases in {time.perf_counter() - started:.1f} s; failed: {failed or 'none'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
