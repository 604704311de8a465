"""Lists of rules in the engine, in double precision, against the slow NumPy simulator of `tests/reference`.

Hypothesis draws the structure (which rules, how many spikes, who is connected to whom, when something is read or changed), so
that a failure shrinks to few rules, synapses and events; physical numbers come from a generator seeded by one integer.

A new rule gets a line in RULES: its parameters, drawn. Its oracle is the class of the same name in `tests/reference`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
import reference

TOLERANCE = 1e-9
BOUND = 150.0  # pA: the bound of all weights, or where a rule without bound feels at home
Numbers = dict[str, object]

# ------------------------------------------------------------------------------------------------ the rules


def stdp(dependence: str, pairing: str) -> Callable[[np.random.Generator, float], Numbers]:
    def numbers(random: np.random.Generator, w_max: float) -> Numbers:
        amplitudes, taus, mu = random.uniform(0.2, 1.5, 2), random.uniform(0.3, 30, 2), random.uniform(0.2, 2, 2)
        return {
            "learning_rate": random.uniform(0.01, 0.3),
            "A_plus": amplitudes[0],
            "A_minus": amplitudes[1],
            "tau_plus": taus[0],
            "tau_minus": taus[1],
            "mu_plus": mu[0],
            "mu_minus": mu[1],
            "w_max": w_max,
            "dependence": dependence,
            "pairing": pairing,
        }

    return numbers


def inhibitory_stdp(random: np.random.Generator, w_max: float) -> Numbers:
    return {
        "target_rate": random.uniform(10, 80),
        "tau": random.uniform(0.3, 30),
        "learning_rate": random.uniform(0.01, 0.3) * w_max,
        "w_max": w_max,
    }


def power_law_stdp(pairing: str) -> Callable[[np.random.Generator, float], Numbers]:
    def numbers(random: np.random.Generator, w_max: float) -> Numbers:
        return {
            "learning_rate": random.uniform(0.01, 0.03),
            "alpha": random.uniform(0.2, 1.5),
            "mu": random.uniform(0.1, 1.0),
            "w_0": 0.3 * w_max,
            "tau_plus": random.uniform(0.3, 30),
            "tau_minus": random.uniform(0.3, 30),
            "pairing": pairing,
        }

    return numbers


def voltage_stdp(homeostasis: bool) -> Callable[[np.random.Generator, float], Numbers]:
    def numbers(random: np.random.Generator, w_max: float) -> Numbers:
        theta_minus = random.uniform(-67, -63)
        return {
            "learning_rate": random.uniform(0.3, 1),
            "A_LTD": 0.01 * w_max,
            "A_LTP": 0.003 * w_max,
            "theta_minus": theta_minus,
            "theta_plus": theta_minus + random.uniform(0.5, 4),
            "tau_minus": random.uniform(0.3, 20),
            "tau_plus": random.uniform(0.3, 20),
            "tau_x": random.uniform(0.3, 30),
            "delay_u": random.choice([0.0, 0.3, 3.0]),
            "homeostasis": homeostasis,
            "u_ref": random.uniform(2, 8),
            "tau_homeo": random.uniform(5, 100),
            "V_mean": -66.0,
            "w_max": w_max,
        }

    return numbers


# "PART" or "PART: what is special": its parameters, drawn, for weights up to w_max. Modulators are called "dopamine" and
# "noradrenaline". A random rule has its noise at 0.
RULES: dict[str, Callable[[np.random.Generator, float], Numbers]] = {
    **{
        f"STDP: {dependence}, {pairing}": stdp(dependence, pairing)
        for dependence in ("additive", "multiplicative", "power")
        for pairing in ("all", "nearest", "presynaptic")
    },
    "InhibitorySTDP": inhibitory_stdp,
    "PowerLawSTDP: all": power_law_stdp("all"),
    "PowerLawSTDP: nearest": power_law_stdp("nearest"),
    "VoltageSTDP": voltage_stdp(False),
    "VoltageSTDP: homeostasis": voltage_stdp(True),
}
# Rules without an upper bound: they are not in one list with those that have one.
UNBOUNDED = {"PowerLawSTDP"}
# Parameters that may be halved at any time: nothing that was accumulated before depends on them.
CHANGEABLE = ("learning_rate",)
# All synapses of one source share its variables.
AXON: set[str] = set()
# Lists that mean something together.
COMPOSITIONS: dict[str, tuple[str, ...]] = {
    "pairs and homeostasis": ("STDP: multiplicative, nearest", "InhibitorySTDP"),
    "three of pairs": ("STDP: power, all", "STDP: additive, presynaptic", "STDP: additive, all"),
}


def part(rule: str) -> str:
    return rule.split(":")[0]


def oracles() -> dict[str, type]:
    """The classes of all modules of the reference that say what a rule does."""
    found = {}
    for module in pkgutil.iter_modules(reference.__path__):
        if module.name == "plasticity" or module.name.startswith("rules_"):
            found |= vars(importlib.import_module(f"reference.{module.name}"))
    return {name: value for name, value in found.items() if isinstance(value, type)}


ORACLES = oracles()


# ------------------------------------------------------------------------------------------------ what is drawn


@dataclass(frozen=True)
class Action:
    step: int
    what: str
    which: int


@dataclass(frozen=True)
class Plan:
    """Sources onto neurons that spike when they are told to; or that spike by themselves, and onto each other."""

    rules: tuple[str, ...]
    seed: int  # of all physical numbers
    steps: int
    dt: float
    threads: int
    fraction: float
    negative: bool
    free: bool
    inputs: tuple[int, ...]  # spikes of each source
    taught: tuple[int, ...]  # spikes that each neuron is made to emit
    pairs: tuple[tuple[int, int, int], ...]  # source, target, delay in steps
    recurrent: tuple[tuple[int, int, int], ...] = ()
    actions: tuple[Action, ...] = field(default=())


ACTIONS = ("read", "freeze", "thaw", "weights", "flip", "state", "parameter", "release", "baseline")


@st.composite
def lists_of_rules(draw: st.DrawFn) -> tuple[str, ...]:
    bounded = draw(st.booleans())
    names = [name for name in RULES if part(name) not in UNBOUNDED or not bounded]
    if not bounded:
        names = [name for name in names if "w_max" not in RULES[name](np.random.default_rng(0), BOUND)]
    return tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=3)))


@st.composite
def plans(draw: st.DrawFn, rules: st.SearchStrategy[tuple[str, ...]]) -> Plan:
    steps = draw(st.integers(20, 300))
    counts = st.lists(st.integers(0, 50), min_size=1, max_size=3).map(tuple)
    inputs, taught = draw(counts), draw(counts)
    source, target = st.integers(0, len(inputs) - 1), st.integers(0, len(taught) - 1)
    delay = st.integers(1, 40)
    free = draw(st.booleans())
    recurrent = st.lists(st.tuples(target, target, delay), max_size=4 if free else 0)
    actions = st.lists(
        st.builds(Action, st.integers(0, steps), st.sampled_from(ACTIONS), st.integers(0, 20)), max_size=8
    )
    return Plan(
        rules=draw(rules),
        seed=draw(st.integers(0, 10_000)),
        steps=steps,
        dt=draw(st.sampled_from((0.1, 0.25, 0.5))),
        threads=draw(st.sampled_from((1, 2, 3))),
        fraction=draw(st.sampled_from((0.0, 1.0, 0.5, 0.37))),
        negative=draw(st.booleans()),
        free=free,
        inputs=inputs,
        taught=taught,
        pairs=tuple(draw(st.lists(st.tuples(source, target, delay), min_size=1, max_size=8))),
        recurrent=tuple(draw(recurrent)),
        actions=tuple(sorted(draw(actions), key=lambda action: action.step)),
    )


# ------------------------------------------------------------------------------------------------ the two networks


class Pair:
    """The same network twice: in the engine, in double precision, and in the reference."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.engine = pl.Network(plan.dt, threads=plan.threads, precision="double")
        self.oracle = reference.Network(plan.dt)
        self.inputs = self.add_sources(plan.inputs, 0)
        self.cells = self.add_cells()
        self.spikes = self.engine.record(self.cells[0], "spikes")
        self.modulators = [self.add_modulator(i, name) for i, name in enumerate(("dopamine", "noradrenaline"))]
        self.projections = [self.add_projection(0, self.inputs, plan.pairs)]
        if plan.recurrent:
            self.projections.append(self.add_projection(1, self.cells, plan.recurrent))

    def random(self, *key: int) -> np.random.Generator:
        """Numbers of one thing, which do not depend on what else there is."""
        return np.random.default_rng([self.plan.seed, *key])

    def add_sources(self, counts: tuple[int, ...], which: int):
        """Mostly on a coarse grid, so that trains coincide."""
        trains = []
        for neuron, count in enumerate(counts):
            random, steps = self.random(0, which, neuron), self.plan.steps
            coarse, fine = random.permutation(np.arange(5, steps + 1, 5)), random.permutation(np.arange(1, steps + 1))
            trains.append(sorted({*coarse[: count - count // 3].tolist(), *fine[: count // 3].tolist()}))
        ours = self.engine.population(len(counts), pl.SpikeSource([np.array(t) * self.plan.dt for t in trains]))
        return ours, self.oracle.sources(len(counts), dict(enumerate(trains)))

    def add_cells(self):
        """What they are told comes as a kick over a threshold that is out of reach for anything else, unless they are free."""
        n = len(self.plan.taught)
        random = self.random(1)
        numbers = {"C_m": random.uniform(100, 300, n), "tau_m": random.uniform(5, 25, n), "E_L": -65.0}
        numbers |= {"V_th": random.uniform(-55, -50, n) if self.plan.free else 1e4, "V_reset": -67.0, "t_ref": 0.0}
        numbers["I_e"] = random.uniform(200, 700, n) if self.plan.free else 0.0
        tau = random.uniform(1, 10, n)

        def model(library):
            return library.LIF(**numbers, receptors={"kick": library.CurrentDelta(), "r": library.CurrentExp(tau=tau)})

        ours, theirs = self.engine.population(n, model(pl)), self.oracle.population(n, model(reference))
        teachers, told = self.add_sources(self.plan.taught, 1)
        one_to_one = np.arange(n)
        self.engine.connect(teachers, ours, pl.OneToOne(), weight=1e6, delay=self.plan.dt, receptor="kick")
        self.oracle.connect(told, theirs, one_to_one, one_to_one, 1e6, 1, "kick")
        return ours, theirs

    def add_modulator(self, index: int, name: str):
        if not hasattr(self.engine, "modulator"):
            return None
        random = self.random(2, index)
        tau, baseline, amount = random.uniform(2, 50), random.uniform(0, 0.5), random.uniform(-0.2, 0.8)
        ours = self.engine.modulator(name, tau=tau, baseline=baseline)
        theirs = self.oracle.modulator(name, tau, baseline)
        steps, amounts = random.integers(0, self.plan.steps + 1, 3), random.uniform(0, 2, 3)
        for step, released in zip(steps.tolist(), amounts.tolist(), strict=True):
            ours.release(released, at=step * self.plan.dt)
            theirs.release(step, released)
        delay = int(random.integers(1, 20))
        population = (self.inputs, self.cells)[index]
        ours.release_by(population[0], amount, delay=delay * self.plan.dt)
        theirs.release_by(population[1], amount, delay)
        return ours, theirs

    def add_projection(self, index: int, pre, pairs: tuple[tuple[int, int, int], ...]):
        sources, targets, delays = np.array(pairs).T
        sign = -1.0 if self.plan.negative else 1.0
        weights = sign * self.new_weights(index, 0, len(pairs))
        numbers = [RULES[rule](self.random(3, r), BOUND) for r, rule in enumerate(self.plan.rules)]
        names = [part(rule) for rule in self.plan.rules]
        ours = self.engine.connect(
            pre[0],
            self.cells[0],
            pl.Explicit(sources, targets),
            receptor="r",
            weight=weights,
            delay=delays * self.plan.dt,
            dendritic_fraction=self.plan.fraction,
            plasticity=[getattr(pl, name)(**n) for name, n in zip(names, numbers, strict=True)],
        )
        theirs = self.oracle.connect(
            pre[1],
            self.cells[1],
            sources,
            targets,
            weights,
            delays,
            "r",
            self.plan.fraction,
            [ORACLES[name](**n) for name, n in zip(names, numbers, strict=True)],
        )
        return ours, theirs, np.lexsort((delays, targets, sources))  # the order in which the engine lists them

    def new_weights(self, index: int, version: int, n: int) -> np.ndarray:
        return BOUND * self.random(4, index, version).uniform(0.05, 0.95, n)

    # ---- what happens

    def run(self) -> None:
        """Through all steps and actions, compared before and after each."""
        for number, action in enumerate(self.plan.actions):
            self.run_to(action.step)
            self.compare()
            self.act(number, action)
            self.compare()
        self.run_to(self.plan.steps)
        self.compare()

    def run_to(self, step: int) -> None:
        self.engine.run((step - self.oracle.k) * self.plan.dt)
        self.oracle.run(step - self.oracle.k)

    def act(self, number: int, action: Action) -> None:
        index = action.which % len(self.projections)
        ours, theirs, order = self.projections[index]
        random = self.random(5, number)
        if action.what in ("freeze", "thaw"):
            ours.plastic = theirs.plastic = action.what == "thaw"
        elif action.what in ("weights", "flip"):
            sign = theirs.sign * (-1.0 if action.what == "flip" else 1.0)
            weights = sign * self.new_weights(index, number + 1, len(order))
            ours.set_weights(weights[order])
            theirs.weights = weights
        elif action.what == "state":
            self.set_state(ours, theirs, order, action.which, random)
        elif action.what == "parameter":
            self.set_parameter(ours, theirs, action.which, random)
        elif action.what in ("release", "baseline") and self.modulators[0] is not None:
            mine, its = self.modulators[action.which % 2]
            amount = random.uniform(0, 1)
            if action.what == "release":
                mine.release(amount)
                its.release(self.oracle.k, amount)
            else:
                mine.baseline = amount
                its.set_baseline(self.oracle.k, amount)

    def set_state(self, ours, theirs, order: np.ndarray, which: int, random: np.random.Generator) -> None:
        """To numbers between those that there are and 0, which are in its bounds."""
        names = theirs.states()
        if not names:
            return
        name = names[which % len(names)]
        values = theirs.state(name)
        if part(self.plan.rules[int(name[0])]) in AXON:
            values = values.mean() * random.uniform(0.3, 1)
        else:
            values = values * random.uniform(0.3, 1, len(values))
        of_synapses = np.ndim(values) == 1 and not is_of_neurons(theirs, name)
        ours.set({self.known(name): values[order] if of_synapses else values})
        theirs.set_state(name, values)

    def set_parameter(self, ours, theirs, which: int, random: np.random.Generator) -> None:
        position = which % len(theirs.rules)
        names = [name for name in CHANGEABLE if hasattr(theirs.rules[position], name)]
        if names:
            name = names[which % len(names)]
            value = getattr(theirs.rules[position], name) * random.uniform(0.2, 1)
            ours.set({name if len(theirs.rules) == 1 else f"{position}.{name}": value})
            theirs.set_parameter(position, name, value)

    def known(self, name: str) -> str:
        """The name of a state as the engine knows it: with its rule's position where that is needed."""
        return name.split(".")[1] if len(self.plan.rules) == 1 else name

    # ---- what must agree

    def compare(self) -> None:
        assert round(self.engine.time / self.plan.dt) == self.oracle.k
        steps = np.rint(self.spikes.times / self.plan.dt).astype(int)
        assert list(zip(steps.tolist(), self.spikes.ids.tolist(), strict=True)) == self.cells[1].spikes
        for name, scale in (("V", 100.0), ("r.I", BOUND)):
            agree(self.cells[0].get(name), self.cells[1].state(name), scale, name)
        for pair in self.modulators:
            if pair is not None:
                agree(pair[0].level, pair[1].left_limit(self.oracle.k), 1.0, pair[1].name)
        for index, (ours, theirs, order) in enumerate(self.projections):
            agree(ours.weights, theirs.weights[order], BOUND, f"weights of {index}")
            for name in theirs.states():
                expected = theirs.state(name)
                if not is_of_neurons(theirs, name):
                    expected = expected[order]
                agree(ours.get(self.known(name)), expected, 0.1, f"{name} of {index}")


def is_of_neurons(theirs: reference.Projection, name: str) -> bool:
    r, variable = theirs.find(name)
    return variable in theirs.rules[r].initial_neuron()


def agree(ours: np.ndarray, theirs: np.ndarray, scale: float, what: str) -> None:
    scale = max(scale, np.abs(theirs).max())
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE * scale, err_msg=what)


# ------------------------------------------------------------------------------------------------ tests


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=15, report_multiple_bugs=False)
@given(data=st.data())
def test_a_rule_alone_does_what_its_oracle_does(rule, data):
    """Oracle: the reference simulator, at the end and at every moment at which something is read or changed."""
    Pair(data.draw(plans(st.just((rule,))))).run()


@settings(max_examples=150, report_multiple_bugs=False)
@given(plan=plans(lists_of_rules()))
def test_rules_in_a_list_do_what_their_oracles_do_one_after_the_other(plan):
    """Oracle: the reference simulator; a rule sees weights and changes that the rules before it have left."""
    Pair(plan).run()


@pytest.mark.parametrize("name", COMPOSITIONS)
@settings(max_examples=20, report_multiple_bugs=False)
@given(data=st.data())
def test_rules_that_are_made_for_each_other_do_what_their_oracles_do(name, data):
    """Oracle: the reference simulator."""
    Pair(data.draw(plans(st.just(COMPOSITIONS[name])))).run()


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("name", [*RULES, *COMPOSITIONS])
def test_the_networks_of_these_tests_learn(name, free):
    """Oracle: a comparison of weights that stand still shows nothing. Most weights change, of the reference too."""
    pairs = tuple((i % 3, i % 2, 1 + 4 * i) for i in range(8))
    rules = COMPOSITIONS.get(name, (name,))
    pair = Pair(
        Plan(rules, 3, 300, 0.5, 1, 0.5, False, free, (30, 40, 50), (50, 30), pairs, ((0, 1, 9),) if free else ())
    )
    before = pair.projections[0][1].weights
    pair.run()
    assert np.mean(pair.projections[0][1].weights != before) > 0.5


def test_every_deterministic_rule_has_a_line_in_the_table():
    """Oracle: the list of the native module."""
    names = {p["name"] for p in pl._native.parts() if p["kind"] == "rule"}
    assert {part(rule) for rule in RULES} == names
