"""What is recorded is the left limit of its moment, and does not depend on how a run is cut, on threads or on who looks on.

Hypothesis draws small networks that learn, are steered and are rewired, and in which all there is to record is recorded.
The oracles are the same network in one piece, and values that are read by hand before each step.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

import parts
import plastica as pl
from properties.test_rules_same_bits import RULES, W_MAX

STEPS = 48
Recorded = dict[str, np.ndarray]


@dataclass(frozen=True)
class Plan:
    """A network by a few numbers; times in steps."""

    rules: tuple[str, ...] = ("STDP: additive, all",)
    fraction: float = 1.0
    longest_delay: int = 8
    seed: int = 1
    dt: float = 1.0
    precision: str = "single"
    cells: int = 9
    synapses: int = 40  # of each projection, with several between the same two neurons
    laws: tuple[str, ...] = ()
    controllers: tuple[str, ...] = ()
    interval: int = 1  # of recorders
    static: bool = False  # a bundle of static projections


LAWS: dict[str, Any] = {
    "Creation": lambda delay: pl.Creation(rate=40.0, weight=W_MAX / 3, delay=delay, interval=5.0),
    "Pruning": lambda _: pl.Pruning(below=W_MAX / 2, rate=20.0, interval=4.0),
    "unused": lambda _: pl.Pruning(unused_for=6.0, rate=40.0, interval=7.0),
    "KestenTurnover": lambda delay: pl.KestenTurnover(
        sd_eps=0.1, sd_eta=2.0, w_c=W_MAX / 4, w_new=W_MAX / 3, delay=delay, interval=9.0
    ),
    "StructuralPlasticity": lambda delay: pl.StructuralPlasticity(
        axonal=pl.SynapticElements(growth="linear", nu=0.1, eps=0.5, tau_Ca=50.0, beta_Ca=0.05),
        dendritic=pl.SynapticElements(growth="linear", nu=0.1, eps=0.3, tau_Ca=50.0, beta_Ca=0.05),
        weight=W_MAX / 3,
        delay=delay,
        interval=6.0,
    ),
}
CONTROLLERS: dict[str, Any] = {
    "SynapticScaling": ("cells", pl.SynapticScaling("r", target_rate=20.0, tau=30.0, beta=0.5, interval=5.0)),
    "IntrinsicExcitability": ("cells", pl.IntrinsicExcitability(target_rate=20.0, tau=30.0, eta=3.0, interval=4.0)),
    "WeightNormalization": ("forward", pl.WeightNormalization(total=2 * W_MAX, interval=6.0)),
}


def rules_of(plan: Plan) -> list[pl.Rule]:
    return [parts.made(rule, W_MAX) for rule in plan.rules]


def lists_with(name: str) -> list[tuple[str, ...]]:
    """The rule, after another where it is about others; and all this after a rule of the axon, where they go together."""
    rules = parts.in_company(parts.forms_of(name)[0])
    axons = [rule for rule in parts.rules() if parts.oracle(rule).of_axon]
    return [rules, *((axon, *rules) for axon in axons if parts.go_together((axon, *rules)))]


def wire(net: pl.Network, plan: Plan, pre: pl.Population, post: pl.Population, name: str, rules: Any) -> pl.Projection:
    random = np.random.default_rng([plan.seed, len(name)])
    ends = [random.integers(0, len(side), plan.synapses) for side in (pre, post)]
    ends = [np.concatenate([side, side[:5]]) for side in ends]  # multapses
    count = len(ends[0])
    delays = random.integers(1, plan.longest_delay + 1, count) * plan.dt
    options = {"dendritic_fraction": plan.fraction if rules else 0.0, "plasticity": rules, "name": name}
    weights = random.uniform(0.3, 0.7, count) * W_MAX
    return net.connect(pre, post, pl.Explicit(*ends), receptor="r", weight=weights, delay=delays, **options)


def build(plan: Plan, threads: int = 1) -> pl.Network:
    net = pl.Network(dt=plan.dt, seed=plan.seed, threads=threads, precision=plan.precision)
    for modulator in ("dopamine", "noradrenaline"):
        net.modulator(modulator, tau=30.0, baseline=0.1)
    noise = net.population(7, pl.PoissonSource(pl.Uniform(20, 200)), name="noise")
    model = pl.LIF(I_e=pl.Normal(600, 150), receptors={"r": pl.CurrentExp(tau=4)})
    cells = net.population(plan.cells, model, name="cells", initial={"V": pl.Uniform(-70, -52)})
    wire(net, plan, noise, cells, "forward", rules_of(plan))
    recurrent = wire(net, plan, cells, cells, "recurrent", rules_of(plan))
    if plan.static:
        wire(net, plan, noise, cells, "static one", None)
        wire(net, plan, noise, cells, "static, too", None)
    for modulator, population in zip(net.modulators.values(), (noise, cells), strict=True):
        modulator.release_by(population, 0.02, delay=2 * plan.dt)
    for law in plan.laws:
        net.control(recurrent, LAWS[law](2 * plan.longest_delay * plan.dt), name=law)
    for name in plan.controllers:
        target, controller = CONTROLLERS[name]
        net.control(net.populations[target] if target == "cells" else net.projections[target], controller, name=name)
    return net


def names_of(net: pl.Network) -> list[tuple[Any, str]]:
    """Everything that can be sampled: its owner and its name."""
    found: list[tuple[Any, str]] = [
        (population, name)
        for population in net.populations.values()
        for name in population.variables
        if not isinstance(population.model, pl.PoissonSource) and name in ("V", "r.I", "refractory")
    ]
    for projection in net.projections.values():
        found += [(projection, name) for name in ("weights", *projection.states)]
    found += [(modulator, "level") for modulator in net.modulators.values()]
    found += [(controller, name) for controller in net.controllers.values() for name in controller.states]
    return found


def record_everything(net: pl.Network, interval: int) -> None:
    for target, name in names_of(net):
        net.record(target, name, interval=interval * net.dt)
    for population in net.populations.values():
        net.record(population, "spikes")
        net.record(population, "rate", interval=interval * net.dt)
    for projection in net.projections.values():
        net.record(projection, "structure")


def recorded(net: pl.Network) -> Recorded:
    found: Recorded = {}
    for number, recorder in enumerate(net.recorders):
        key = f"{number}: {recorder.what} of {recorder.target}"
        for column in ("times", "ids", "values", "rates", "sources", "targets", "created"):
            if hasattr(recorder, column):
                found[f"{column} of {key}"] = np.asarray(getattr(recorder, column))
    return found


def assert_same(first: Recorded, second: Recorded) -> None:
    assert first.keys() == second.keys()
    for what, values in first.items():
        other = second[what]
        assert values.shape == other.shape, what
        if values.tobytes() != other.tobytes():
            moments = np.flatnonzero((values != other).reshape(len(values), -1).any(axis=1)) if values.ndim else 0
            raise AssertionError(f"{what}: differs at {moments}")


def run(plan: Plan, pieces: list[int] | None = None, threads: int = 1, files: bool = False) -> Recorded:
    net = build(plan, threads)
    record_everything(net, plan.interval)
    for number, steps in enumerate(pieces or [STEPS]):
        net.run(steps * plan.dt)
        if files and number % 3 == 1:
            file = io.BytesIO()
            net.save(file)
            net = pl.load(file, threads=1 + number % 3)
    return recorded(net)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    rules = draw(st.sampled_from(lists_with(draw(st.sampled_from(RULES)))))
    controllers = set(draw(st.lists(st.sampled_from(sorted(CONTROLLERS)), max_size=2)))
    laws = set(draw(st.lists(st.sampled_from(sorted(LAWS)), max_size=2)))
    return Plan(
        rules=rules,
        fraction=0.0 if parts.is_somatic(*rules) else draw(st.sampled_from((0.0, 0.4, 1.0, 1.0))),
        longest_delay=draw(st.sampled_from((1, 2, 8, 30))),
        seed=draw(st.integers(0, 2**31)),
        dt=draw(st.sampled_from((1.0, 0.5, 0.1))) if not laws and not controllers else 1.0,
        precision=draw(st.sampled_from(("single", "double"))),
        cells=draw(st.sampled_from((1, 9, 33))),
        laws=tuple(sorted(laws)),
        controllers=tuple(sorted(controllers)),
        interval=draw(st.sampled_from((1, 1, 3))),
        static=draw(st.booleans()),
    )


@st.composite
def pieces(draw: st.DrawFn) -> list[int]:
    ends = draw(st.lists(st.integers(0, STEPS), max_size=10))
    return np.diff([0, *sorted(ends), STEPS]).tolist()


@settings(max_examples=60)
@given(plan=plans(), lengths=pieces(), threads=st.integers(1, 3), files=st.booleans())
@example(plan=Plan(), lengths=[1] * STEPS, threads=1, files=False)
@example(plan=Plan(controllers=("WeightNormalization",)), lengths=[6] * 8, threads=2, files=False)
def test_recorded_data_do_not_depend_on_how_a_run_is_cut(
    plan: Plan, lengths: list[int], threads: int, files: bool
) -> None:
    """Oracle: one uninterrupted run on one thread; the pieces run on several, and are saved and loaded in between."""
    assert_same(run(plan), run(plan, lengths, threads, files))


@settings(max_examples=40)
@given(plan=plans(), threads=st.integers(1, 3))
@example(plan=Plan(), threads=1)
@example(plan=Plan(fraction=0.4, controllers=("WeightNormalization",)), threads=2)
def test_a_recorded_value_is_the_one_that_is_read_before_its_step(plan: Plan, threads: int) -> None:
    """Oracle: values of a second network that are read by hand between its steps, before anything acts at them."""
    whole, stepped = build(plan, threads), build(plan)
    names = [pair for pair in names_of(stepped) if plan.laws == () or not isinstance(pair[0], pl.Projection)]
    watched = [pair for pair in names_of(whole) if plan.laws == () or not isinstance(pair[0], pl.Projection)]
    recorders = [whole.record(target, name, interval=plan.interval * plan.dt) for target, name in watched]
    whole.run(STEPS * plan.dt)
    rows: list[list[np.ndarray]] = [[] for _ in names]
    for k in range(STEPS):
        for (target, name), row in zip(names, rows, strict=True):
            if k % plan.interval == 0:
                row.append(np.atleast_1d(read(target, name)))
        stepped.run(plan.dt)
    for (target, name), recorder, row in zip(names, recorders, rows, strict=True):
        values = np.asarray(recorder.values).reshape(len(row), -1)
        expected = np.array([np.broadcast_to(each, values.shape[1]) for each in row])
        if plan.precision == "single":
            expected = expected.astype(np.float32)  # in which records are kept
        different = np.flatnonzero((values != expected).any(axis=1))
        assert len(different) == 0, f"{name} of {target}: differs at {different}"


def read(target: Any, name: str) -> Any:
    if isinstance(target, pl.Modulator):
        return target.level
    return target.weights if name == "weights" else target.get(name)


@settings(max_examples=10)
@given(seed=st.integers(0, 1000), threads=st.integers(1, 3), interval=st.integers(2, 7))
def test_a_synapse_is_recorded_up_to_the_step_at_which_a_law_removes_it(seed: int, threads: int, interval: int) -> None:
    """Oracle: the log of structure: at the step of the removal the weight is there, and from the next one on it is not."""
    net = build(Plan(seed=seed, fraction=0.4), threads)
    synapses = net.projections["recurrent"]
    net.control(synapses, pl.Pruning(below=W_MAX / 2, rate=40.0, interval=float(interval)))
    weights, log = net.record(synapses, "weights", interval=1.0), net.record(synapses, "structure")
    net.run(STEPS)
    there = ~np.isnan(weights.values)
    for step in set(log.times.astype(int)):
        assert step % interval == 0
    last = [STEPS - 1 if column.all() else int(np.flatnonzero(column)[-1]) for column in there.T]
    assert all(column[: end + 1].all() for column, end in zip(there.T, last, strict=True))
    removed = sorted(end for end in last if end < STEPS - 1)
    assert removed == sorted(int(time) for time in log.times if time < STEPS - 1)
    assert len(removed) > 0
