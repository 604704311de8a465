"""Controllers in the engine, in double precision, against the slow NumPy simulator of `tests/reference`; and the same bits however they run.

Hypothesis draws the structure; physical numbers come from a generator seeded by one integer. A new law is drawn as soon as its
oracle stands in `tests/reference/controllers`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
import reference
from parts import names, oracle_of
from reference.controllers import Place

SIZE, SOURCES = 9, 6


@dataclass(frozen=True)
class Plan:
    seed: int
    threads: int
    dt: float
    steps: int
    currents: bool
    laws: tuple[tuple[str, int], ...]  # name, interval in steps
    views: bool
    breaks: tuple[int, ...]


@dataclass
class Twins:
    """The network twice: in the engine and in the reference."""

    plan: Plan
    random: np.random.Generator
    net: pl.Network
    cells: pl.Population
    synapses: pl.Projection
    twin: reference.Network
    others: reference.Population
    reflected: reference.Projection

    def control(self, name: str, interval: int) -> pl.Controller:
        """A law with the same numbers on some or all neurons of both, or on their synapses."""
        oracle = oracle_of(name)
        numbers = oracle.drawn("", self.random, None)
        some = np.sort(self.random.choice(SIZE, 5, replace=False)) if self.plan.views else None
        place = Place(self.twin, self.others, self.reflected, some)
        oracle.does.put_on(place, interval, **numbers)
        ours = self.cells if some is None or oracle.does.whole else self.cells[some]
        law = getattr(pl, name)(interval=interval * self.plan.dt, **numbers)
        return self.net.control(self.synapses if oracle.does.of_projection else ours, law)

    def add_modulator(self) -> None:
        """What laws go by if they go by a modulator."""
        ours = self.net.modulator("signal", tau=20.0, baseline=0.1)
        theirs = self.twin.modulator("signal", tau=20.0, baseline=0.1)
        for _ in range(3):
            step, amount = int(self.random.integers(0, self.plan.steps)), self.random.uniform(-0.3, 0.3)
            ours.release(amount, at=step * self.plan.dt)
            theirs.release(step, amount)


def test_every_law_has_its_oracle():
    """Oracle: the list of the native module; the failure says which file to add."""
    assert all(oracle_of(name).kind == "controller" for name in names("controller"))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    steps = draw(st.integers(20, 300))
    laws = st.tuples(st.sampled_from(sorted(names("controller"))), st.integers(1, 60))
    return Plan(
        seed=draw(st.integers(0, 10_000)),
        threads=draw(st.integers(1, 3)),
        dt=draw(st.sampled_from((0.1, 0.25))),
        steps=steps,
        currents=draw(st.booleans()),
        laws=tuple(draw(st.lists(laws, min_size=1, max_size=4))),
        views=draw(st.booleans()),
        breaks=tuple(sorted(draw(st.sets(st.integers(1, steps - 1), max_size=2)))),
    )


def model(library, plan: Plan):
    """The same neurons in both libraries."""
    random = np.random.default_rng([plan.seed, 1])
    kind = library.CurrentExp if plan.currents else library.ConductanceExp
    extra = ({}, {}) if plan.currents else ({"E_rev": 0.0}, {"E_rev": -80.0})
    receptors = {"exc": kind(tau=4.1, **extra[0]), "inh": kind(tau=7.3, **extra[1])}
    numbers = {
        "C_m": 200.0,
        "tau_m": random.uniform(8, 20),
        "E_L": -65.0,
        "V_th": -52.0,
        "V_reset": -66.0,
        "t_ref": 0.7,
    }
    return library.LIF(I_e=random.uniform(150, 400, SIZE), receptors=receptors, **numbers)


def triplets(library, scale: float):
    amplitudes = {"A2_plus": 0.3, "A3_plus": 0.4, "A2_minus": 0.2, "A3_minus": 0.1, "learning_rate": 0.1 * scale}
    taus = {"tau_plus": 16.8, "tau_minus": 33.7, "tau_x": 101.0, "tau_y": 125.0, "w_max": 60 * scale}
    return library.TripletSTDP(**amplitudes, **taus, pairing="all", threshold="per neuron")


def build(plan: Plan) -> tuple[Twins, list[pl.Controller]]:
    random = np.random.default_rng(plan.seed)
    trains = [np.unique(random.integers(1, plan.steps + 1, 25)) for _ in range(SOURCES)]
    net = pl.Network(plan.dt, seed=1, threads=plan.threads, precision="double")
    twin = reference.Network(plan.dt)
    cells, others = net.population(SIZE, model(pl, plan)), twin.population(SIZE, model(reference, plan))
    pre = net.population(SOURCES, pl.SpikeSource([train * plan.dt for train in trains]))
    before = twin.sources(SOURCES, dict(enumerate(trains)))
    scale = 10.0 if plan.currents else 0.1
    made = []
    for receptor, sign in (("exc", 1.0), ("inh", -1.0 if plan.currents else 1.0)):
        weight = (sign * random.uniform(5, 40, (SOURCES, SIZE)) * scale).ravel()
        delay = random.integers(1, 20, (SOURCES, SIZE)).ravel()
        pairs = [axis.ravel() for axis in np.indices((SOURCES, SIZE))]
        plastic = receptor == "exc"
        rule = triplets(pl, scale) if plastic else None
        wiring = {"weight": weight, "delay": delay * plan.dt, "plasticity": rule}
        synapses = net.connect(pre, cells, pl.Explicit(*pairs), receptor=receptor, **wiring)
        rules = [triplets(reference, scale)] if plastic else []
        made.append((synapses, twin.connect(before, others, *pairs, weight, delay, receptor=receptor, rules=rules)))
    # what is normalised learns, or is static
    chosen = made[0] if any(oracle_of(name).does.needs_rule for name, _ in plan.laws) else made[plan.seed % 2]
    twins = Twins(plan, random, net, cells, chosen[0], twin, others, chosen[1])
    twins.add_modulator()
    return twins, [twins.control(name, interval) for name, interval in plan.laws]


@settings(max_examples=80)
@given(plans())
def test_controllers_do_what_the_reference_says(plan):
    twins, controllers = build(plan)
    spikes = twins.net.record(twins.cells, "spikes")
    for begin, end in zip((0, *plan.breaks), (*plan.breaks, plan.steps), strict=True):
        twins.net.run((end - begin) * plan.dt)
        twins.twin.run(end - begin)
        np.testing.assert_allclose(twins.synapses.weights, twins.reflected.weights, rtol=1e-9, atol=1e-9)
    fired = sorted(twins.others.spikes)
    np.testing.assert_array_equal(np.rint(spikes.times / plan.dt).astype(int), [step for step, _ in fired])
    np.testing.assert_array_equal(spikes.ids, [neuron for _, neuron in fired])
    np.testing.assert_allclose(twins.cells.get("V"), twins.others.V, rtol=1e-9)
    for ours, theirs in zip(controllers, twins.twin.controllers, strict=True):
        for state in theirs.states:
            np.testing.assert_allclose(ours.get(state), theirs.states[state], rtol=1e-9, atol=1e-9, err_msg=state)
        if hasattr(theirs, "adjustment"):
            np.testing.assert_allclose(twins.cells.effective(ours.acts_on), theirs.adjustment.effective, rtol=1e-9)


def everything(threads: int, chunks: tuple[float, ...], *, reads: bool, precision: str) -> tuple[bytes, ...]:
    net = pl.Network(0.1, seed=4, threads=threads, precision=precision)
    receptors = {"ampa": pl.ConductanceExp(tau=5.0, E_rev=0.0), "gaba": pl.ConductanceExp(tau=10.0, E_rev=-80.0)}
    exc = net.population(700, pl.LIF(receptors=receptors), name="exc", initial={"V": pl.Uniform(-70, -56)})
    drive = net.drive(exc, pl.PoissonInput(rate=3000.0), receptor="ampa", weight=0.9)
    wiring = pl.FixedProbability(0.05)
    delays = {"delay": pl.Uniform(0.5, 3.0)}
    static = net.connect(exc, exc, wiring, receptor="ampa", weight=0.2, **delays)
    rule = pl.InhibitorySTDP(target_rate=5.0, w_max=50.0, learning_rate=0.1)
    plastic = net.connect(exc[500:], exc, wiring, receptor="gaba", weight=0.2, delay=0.8, plasticity=rule)
    triplet = pl.TripletSTDP(w_max=1.0, threshold="per neuron")
    learning = net.connect(exc[:100], exc, wiring, receptor="ampa", weight=0.1, **delays, plasticity=triplet)
    noradrenaline = net.modulator("noradrenaline", tau=40.0)
    noradrenaline.release_by(exc[:50], 0.01)
    ampa, gaba = (
        net.control(exc, law)
        for law in (
            pl.SynapticScaling("ampa", target_rate=8.0, tau=100.0, beta=0.2, gamma=0.05, interval=30.0),
            pl.SynapticScaling("gaba", target_rate=8.0, tau=100.0, beta=0.1, sensor="population", interval=70.0),
        )
    )
    controllers = [
        ampa,
        gaba,
        net.control(exc[:333], pl.IntrinsicExcitability(target_rate=8.0, tau=100.0, eta=1.0, interval=10.0)),
        net.control(exc, pl.IntrinsicExcitability("ampa.tau", tau=60.0, eta=-0.1, mode="factor", interval=45.0)),
        net.control(exc, pl.SpikeTriggeredThreshold(amount=0.2, tau=50.0)),
        net.control(learning, pl.SlidingThreshold(target_rate=8.0, tau=100.0)),
        net.control(static, pl.Modulation("gain", noradrenaline, slope=0.2)),
        net.control(drive, pl.Modulation("rate", noradrenaline, slope=0.02, interval=5.0)),
        net.control(ampa, pl.Modulation("target_rate", noradrenaline, slope=0.1)),
    ]  # fmt: skip
    for projection, axis in ((plastic, "source"), (learning, "target"), (static, "source")):
        net.control(projection, pl.WeightNormalization(axis=axis, interval=35.0))
    net.modify(exc[100:400], {"gaba.gain": 0.5, "C_m": 1.1}, start=77.7, stop=222.2)
    net.guard(exc, rate=(0.0, 1e6), window=40.0)
    recorders = [net.record(c, c.states[0], interval=15.0) for c in controllers] if reads else []
    for chunk in chunks:
        net.run(chunk)
        if reads:
            plastic.weights, exc.effective("V_th"), static.effective_weights, ampa.get("factor")
    assert exc.spike_count > 1000
    assert all(len(r.times) == 20 for r in recorders)
    states = (c.get(state).tobytes() for c in controllers for state in c.states)
    weights = (projection.weights.tobytes() for projection in (static, plastic, learning))
    return (exc.get("V").tobytes(), exc.get("ampa.g").tobytes(), *weights, *states)


@pytest.mark.threads
@pytest.mark.parametrize("precision", ["single", "double"])
def test_controllers_give_the_same_bits_on_any_threads_in_any_chunks_whether_observed_or_not(precision):
    once = everything(1, (300.0,), reads=False, precision=precision)
    for threads in (2, 3, 4, 5):
        assert everything(threads, (300.0,), reads=False, precision=precision) == once
    assert everything(2, (29.9, 0.1, 40.0, 65.3, 164.7), reads=True, precision=precision) == once


@pytest.mark.parametrize("isa", pl._native.info()["isas"])
def test_controllers_give_the_same_bits_on_any_instruction_set(isa, monkeypatch):
    once = everything(2, (300.0,), reads=False, precision="single")
    monkeypatch.setenv("PLASTICA_ISA", isa)
    assert everything(2, (300.0,), reads=False, precision="single") == once
