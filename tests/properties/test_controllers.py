"""Controllers in the engine, in double precision, against the slow NumPy simulator of `tests/reference`; and the same bits however they run.

Hypothesis draws the structure; physical numbers come from a generator seeded by one integer. A new law gets a line in LAWS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.rules_stdp import TripletSTDP

import plastica as pl
import reference

Numbers = dict[str, object]
SIZE, SOURCES = 9, 6
PARAMETERS = ("V_th", "I_e", "E_L", "C_m", "exc.tau", "inh.gain")
# How far an addend may go; a factor goes 20 % far, of potentials 1 %.
REACH = {"exc.tau": 2.0, "inh.gain": 0.5, "V_th": 5.0, "E_L": 5.0, "I_e": 100.0, "C_m": 20.0}


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

    def control(self, name: str, interval: int, target: str, argument: str | None, numbers: Numbers) -> pl.Controller:
        """A law of the same name on some or all neurons of both."""
        view = np.sort(self.random.choice(SIZE, 5, replace=False)) if self.plan.views else None
        neurons = self.cells if view is None else self.cells[view]
        acts_on = f"{target}.gain" if argument == "receptor" else target
        law = getattr(pl, name)(**{str(argument): target}, interval=interval * self.plan.dt, **numbers)
        renamed = {"jump" if key == "amount" else key: value for key, value in numbers.items()}
        self.twin.control(self.others, getattr(reference, name)(acts_on=acts_on, interval=interval, **renamed), view)
        return self.net.control(neurons, law)


def homeostasis(random: np.random.Generator) -> Numbers:
    sensor = str(random.choice(["cell", "population"]))
    return {"target_rate": random.uniform(5, 80), "tau": random.uniform(3, 60), "sensor": sensor}


def scaling(twins: Twins, interval: int) -> pl.Controller:
    random = twins.random
    numbers = homeostasis(random) | {"low": random.uniform(0.2, 0.9), "high": random.uniform(1.1, 3.0)}
    numbers |= {"beta": random.uniform(0, 0.3), "gamma": random.uniform(0, 0.5)}
    return twins.control("SynapticScaling", interval, str(random.choice(["exc", "inh"])), "receptor", numbers)


def factor(twins: Twins, interval: int) -> pl.Controller:
    random = twins.random
    numbers = homeostasis(random) | {"low": random.uniform(0.2, 1.0), "high": random.uniform(1.1, 3.0)}
    numbers |= {"tau_factor": random.uniform(10, 200), "form": str(random.choice(["threshold", "plain"]))}
    return twins.control("HomeostaticFactor", interval, str(random.choice(["exc", "inh"])), "receptor", numbers)


def excitability(twins: Twins, interval: int) -> pl.Controller:
    random, target = twins.random, str(twins.random.choice(PARAMETERS))
    mode = str(random.choice(["addend", "factor"]))
    numbers = homeostasis(random) | {"mode": mode}
    if mode == "factor":
        reach = 0.01 if target in ("V_th", "E_L") else 0.2
        numbers |= {"eta": random.uniform(-0.02, 0.02), "low": 1 - reach, "high": 1 + reach}
    else:
        reach = REACH[target]
        numbers |= {"eta": random.uniform(-0.06, 0.06) * reach, "low": -reach, "high": reach}
    return twins.control("IntrinsicExcitability", interval, target, "parameter", numbers)


def spike_triggered(twins: Twins, interval: int) -> pl.Controller:
    numbers: Numbers = {"amount": twins.random.uniform(0.1, 2.0), "tau": twins.random.uniform(5, 100)}
    return twins.control("SpikeTriggeredThreshold", interval, "V_th", "parameter", numbers)


def sliding(twins: Twins, interval: int) -> pl.Controller:
    random = twins.random
    numbers = {"target_rate": random.uniform(5, 80), "tau": random.uniform(3, 60), "exponent": random.uniform(0.5, 3)}
    numbers |= {"low": random.uniform(0.0, 0.3), "high": random.uniform(2, 5)}
    law = reference.SlidingThreshold(acts_on="ltd_factor", interval=interval, **numbers)
    twins.twin.control(twins.reflected, law)
    return twins.net.control(twins.synapses, pl.SlidingThreshold(interval=interval * twins.plan.dt, **numbers))


def normalization(twins: Twins, interval: int) -> pl.Controller:
    random = twins.random
    axis, norm = str(random.choice(["target", "source"])), str(random.choice(["L1", "L2", "subtractive"]))
    total = float(random.choice([0.0, 40.0]))
    twins.twin.normalize(twins.reflected, axis, norm, total, interval)
    law = pl.WeightNormalization(axis=axis, norm=norm, total=total, interval=interval * twins.plan.dt)
    return twins.net.control(twins.synapses, law)


def modulation(twins: Twins, interval: int) -> pl.Controller:
    random, target = twins.random, str(twins.random.choice(PARAMETERS))
    name = f"signal {len(twins.net.modulators)}"
    modulator = twins.net.modulator(name, tau=20.0, baseline=0.1)
    mirrored = twins.twin.modulator(name, tau=20.0, baseline=0.1)
    for _ in range(3):
        step, amount = int(random.integers(0, twins.plan.steps)), random.uniform(-0.3, 0.3)
        modulator.release(amount, at=step * twins.plan.dt)
        mirrored.release(step, amount)
    mode = str(random.choice(["multiply", "add"]))
    slope = (0.01 if target in ("V_th", "E_L") else 0.5) if mode == "multiply" else REACH[target] / 2
    twins.twin.modulate(twins.others, target, mirrored, slope, mode, interval)
    law = pl.Modulation(target, modulator, slope=slope, mode=mode, interval=interval * twins.plan.dt)
    return twins.net.control(twins.cells, law)


LAWS: dict[str, Callable[[Twins, int], pl.Controller]] = {
    "SynapticScaling": scaling,
    "HomeostaticFactor": factor,
    "IntrinsicExcitability": excitability,
    "SpikeTriggeredThreshold": spike_triggered,
    "SlidingThreshold": sliding,
    "WeightNormalization": normalization,
    "Modulation": modulation,
}


def test_every_law_has_its_oracle():
    """Oracle: the list of the native module."""
    assert set(LAWS) == {part["name"] for part in pl._native.parts() if part["kind"] == "controller"}


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    steps = draw(st.integers(20, 300))
    laws = st.tuples(st.sampled_from(sorted(LAWS)), st.integers(1, 60))
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


def build(plan: Plan) -> tuple[Twins, list[pl.Controller]]:
    random = np.random.default_rng(plan.seed)
    membrane = {
        "C_m": 200.0,
        "tau_m": random.uniform(8, 20),
        "E_L": -65.0,
        "V_th": -52.0,
        "V_reset": -66.0,
        "t_ref": 0.7,
    }
    bias = random.uniform(150, 400, SIZE)
    kind = "CurrentExp" if plan.currents else "ConductanceExp"
    extra = ({}, {}) if plan.currents else ({"E_rev": 0.0}, {"E_rev": -80.0})
    receptors = {"exc": {"tau": 4.1, **extra[0]}, "inh": {"tau": 7.3, **extra[1]}}
    trains = [np.unique(random.integers(1, plan.steps + 1, 25)) for _ in range(SOURCES)]

    net = pl.Network(plan.dt, seed=1, threads=plan.threads, precision="double")
    twin = reference.Network(plan.dt)
    ours = {name: getattr(pl, kind)(**numbers) for name, numbers in receptors.items()}
    theirs = {name: getattr(reference, kind)(**numbers) for name, numbers in receptors.items()}
    cells = net.population(SIZE, pl.LIF(I_e=bias, receptors=ours, **membrane))
    others = twin.population(SIZE, reference.LIF(I_e=bias, receptors=theirs, **membrane))
    pre = net.population(SOURCES, pl.SpikeSource([train * plan.dt for train in trains]))
    before = twin.sources(SOURCES, dict(enumerate(trains)))
    scale = 10.0 if plan.currents else 0.1
    amplitudes = {"A2_plus": 0.3, "A3_plus": 0.4, "A2_minus": 0.2, "A3_minus": 0.1, "learning_rate": 0.1 * scale}
    taus = {"tau_plus": 16.8, "tau_minus": 33.7, "tau_x": 101.0, "tau_y": 125.0, "w_max": 60 * scale}
    rule = amplitudes | taus | {"pairing": "all", "threshold": "per neuron"}
    made = []
    for receptor, sign in (("exc", 1.0), ("inh", -1.0 if plan.currents else 1.0)):
        weight = (sign * random.uniform(5, 40, (SOURCES, SIZE)) * scale).ravel()
        delay = random.integers(1, 20, (SOURCES, SIZE)).ravel()
        pairs = [axis.ravel() for axis in np.indices((SOURCES, SIZE))]
        plastic = receptor == "exc"
        wiring = {"weight": weight, "delay": delay * plan.dt, "plasticity": pl.TripletSTDP(**rule) if plastic else None}
        synapses = net.connect(pre, cells, pl.Explicit(*pairs), receptor=receptor, **wiring)
        rules = [TripletSTDP(**rule)] if plastic else []
        made.append((synapses, twin.connect(before, others, *pairs, weight, delay, receptor=receptor, rules=rules)))
    # what is normalised learns, or is static
    chosen = made[0] if any(name == "SlidingThreshold" for name, _ in plan.laws) else made[plan.seed % 2]
    twins = Twins(plan, random, net, cells, chosen[0], twin, others, chosen[1])
    return twins, [LAWS[name](twins, interval) for name, interval in plan.laws]


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
