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

import plastica as pl
import reference

Numbers = dict[str, object]


def homeostasis(random: np.random.Generator, **more: object) -> Numbers:
    shared = {"target_rate": random.uniform(5, 80), "tau": random.uniform(3, 60)}
    return shared | {"sensor": str(random.choice(["cell", "population"]))} | more


def scaling(random: np.random.Generator) -> Numbers:
    gains = {"beta": random.uniform(0, 0.3), "gamma": random.uniform(0, 0.5)}
    return homeostasis(random, low=random.uniform(0.2, 0.9), high=random.uniform(1.1, 3.0), **gains)


def excitability(random: np.random.Generator) -> Numbers:
    mode = str(random.choice(["addend", "factor"]))
    speed = 0.02 if mode == "factor" else 0.3
    bounds = {"low": 0.8, "high": 1.2} if mode == "factor" else {"low": -5.0, "high": 5.0}
    return homeostasis(random, mode=mode, eta=random.uniform(-speed, speed), **bounds)


# name, what it is called in Python, what it may act on, its numbers
LAWS: dict[str, tuple[str, tuple[str, ...], Callable[[np.random.Generator], Numbers]]] = {
    "SynapticScaling": ("receptor", ("exc", "inh"), scaling),
    "IntrinsicExcitability": ("parameter", ("V_th", "I_e", "E_L", "C_m", "exc.tau", "inh.gain"), excitability),
}


@dataclass(frozen=True)
class Plan:
    seed: int
    threads: int
    dt: float
    steps: int
    currents: bool
    laws: tuple[tuple[str, int, int], ...]  # name, interval in steps, made at step
    views: bool
    breaks: tuple[int, ...]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    steps = draw(st.integers(20, 300))
    laws = st.tuples(st.sampled_from(sorted(LAWS)), st.integers(1, 60), st.just(0))
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


def build(plan: Plan) -> tuple[pl.Network, pl.Population, list[pl.Controller], object]:
    """The network twice: in the engine and in the reference."""
    random = np.random.default_rng(plan.seed)
    size, sources = 9, 6
    membrane = {
        "C_m": 200.0,
        "tau_m": random.uniform(8, 20),
        "E_L": -65.0,
        "V_th": -52.0,
        "V_reset": -66.0,
        "t_ref": 0.7,
    }
    bias = random.uniform(150, 400, size)
    kind = "CurrentExp" if plan.currents else "ConductanceExp"
    extra = ({}, {}) if plan.currents else ({"E_rev": 0.0}, {"E_rev": -80.0})
    receptors = {"exc": {"tau": 4.1, **extra[0]}, "inh": {"tau": 7.3, **extra[1]}}
    trains = [np.unique(random.integers(1, plan.steps + 1, 25)) for _ in range(sources)]

    net = pl.Network(plan.dt, seed=1, threads=plan.threads, precision="double")
    twin = reference.Network(plan.dt)
    ours = {name: getattr(pl, kind)(**given) for name, given in receptors.items()}
    theirs = {name: getattr(reference, kind)(**given) for name, given in receptors.items()}
    cells = net.population(size, pl.LIF(I_e=bias, receptors=ours, **membrane))
    others = twin.population(size, reference.LIF(I_e=bias, receptors=theirs, **membrane))
    pre = net.population(sources, pl.SpikeSource([train * plan.dt for train in trains]))
    before = twin.sources(sources, dict(enumerate(trains)))
    for receptor, sign in (("exc", 1.0), ("inh", -1.0 if plan.currents else 1.0)):
        weight = sign * random.uniform(5, 40, (sources, size)) * (10.0 if plan.currents else 0.1)
        delay = random.integers(1, 20, (sources, size))
        pairs = [axis.ravel() for axis in np.indices((sources, size))]
        net.connect(
            pre, cells, pl.Explicit(*pairs), receptor=receptor, weight=weight.ravel(), delay=delay.ravel() * plan.dt
        )
        twin.connect(before, others, *pairs, weight.ravel(), delay.ravel(), receptor=receptor)
    made = [add(plan, law, random, net, cells, twin, others) for law in plan.laws]
    return net, cells, made, twin


def add(plan, law, random, net, cells, twin, others) -> pl.Controller:
    name, interval, _ = law
    argument, targets, draw = LAWS[name]
    target, numbers = str(random.choice(targets)), draw(random)
    if (target == "C_m" and numbers.get("mode") == "addend") or (
        target in ("exc.tau",) and numbers.get("mode") == "addend"
    ):
        numbers |= {"low": -2.0, "high": 2.0}
    if target == "inh.gain" and numbers.get("mode") == "addend":
        numbers |= {"low": -0.5, "high": 0.5}
    view = np.sort(random.choice(9, 5, replace=False)) if plan.views else None
    neurons = cells if view is None else cells[view]
    acts_on = f"{target}.gain" if argument == "receptor" else target
    if numbers.get("mode") == "factor" and target in ("V_th", "E_L"):
        numbers |= {"low": 0.99, "high": 1.01}
    controller = net.control(neurons, getattr(pl, name)(**{argument: target}, interval=interval * plan.dt, **numbers))
    twin.control(others, getattr(reference, name)(acts_on=acts_on, interval=interval, **numbers), view)
    return controller


@settings(max_examples=60)
@given(plans())
def test_controllers_do_what_the_reference_says(plan):
    net, cells, controllers, twin = build(plan)
    spikes = net.record(cells, "spikes")
    for begin, end in zip((0, *plan.breaks), (*plan.breaks, plan.steps), strict=True):
        net.run((end - begin) * plan.dt)
    twin.run(plan.steps)
    fired = sorted((step, neuron) for step, neuron in twin.populations[0].spikes if step <= plan.steps)
    np.testing.assert_array_equal(np.rint(spikes.times / plan.dt).astype(int), [step for step, _ in fired])
    np.testing.assert_array_equal(spikes.ids, [neuron for _, neuron in fired])
    np.testing.assert_allclose(cells.get("V"), twin.populations[0].V, rtol=1e-9)
    for ours, theirs in zip(controllers, twin.controllers, strict=True):
        for state in ours.states:
            np.testing.assert_allclose(ours.get(state), theirs.states[state], rtol=1e-9, atol=1e-9, err_msg=state)
        adjusted = cells.effective(ours.acts_on)
        np.testing.assert_allclose(adjusted, theirs.adjustment.effective, rtol=1e-9)


def everything(threads: int, chunks: tuple[float, ...], *, reads: bool, precision: str) -> tuple[bytes, ...]:
    net = pl.Network(0.1, seed=4, threads=threads, precision=precision)
    receptors = {"ampa": pl.ConductanceExp(tau=5.0, E_rev=0.0), "gaba": pl.ConductanceExp(tau=10.0, E_rev=-80.0)}
    exc = net.population(700, pl.LIF(receptors=receptors), name="exc", initial={"V": pl.Uniform(-70, -56)})
    net.drive(exc, pl.PoissonInput(rate=3000.0), receptor="ampa", weight=0.9)
    net.connect(exc, exc, pl.FixedProbability(0.05), receptor="ampa", weight=0.2, delay=pl.Uniform(0.5, 3.0))
    rule = pl.InhibitorySTDP(target_rate=5.0, w_max=50.0, learning_rate=0.1)
    plastic = net.connect(
        exc[500:], exc, pl.FixedProbability(0.05), receptor="gaba", weight=0.2, delay=0.8, plasticity=rule
    )
    laws = (
        pl.SynapticScaling("ampa", target_rate=8.0, tau=100.0, beta=0.2, gamma=0.05, interval=30.0),
        pl.SynapticScaling("gaba", target_rate=8.0, tau=100.0, beta=0.1, sensor="population", interval=70.0),
        pl.IntrinsicExcitability(target_rate=8.0, tau=100.0, eta=1.0, interval=10.0),
        pl.IntrinsicExcitability("ampa.tau", target_rate=8.0, tau=60.0, eta=-0.1, mode="factor", interval=45.0),
    )
    controllers = [net.control(exc if i != 2 else exc[:333], law) for i, law in enumerate(laws)]
    recorders = [net.record(c, "rate", interval=15.0) for c in controllers] if reads else []
    for chunk in chunks:
        net.run(chunk)
        if reads:
            plastic.weights, exc.effective("V_th"), controllers[0].get("factor")
    assert exc.spike_count > 1000
    assert all(len(r.times) == 20 for r in recorders)
    states = (c.get(state).tobytes() for c in controllers for state in c.states)
    return (exc.get("V").tobytes(), plastic.weights.tobytes(), exc.get("ampa.g").tobytes(), *states)


@pytest.mark.threads
@pytest.mark.parametrize("precision", ["single", "double"])
def test_controllers_give_the_same_bits_on_any_threads_in_any_chunks_whether_observed_or_not(precision):
    once = everything(1, (300.0,), reads=False, precision=precision)
    for threads in (2, 3, 4, 5):
        assert everything(threads, (300.0,), reads=False, precision=precision) == once
    assert everything(2, (29.9, 0.1, 40.0, 65.3, 164.7), reads=True, precision=precision) == once
