"""Lists of rules in the engine, in double precision, against the slow NumPy simulator of `tests/reference`.

Hypothesis draws the structure (which rules, how many spikes, who is connected to whom, when something is read or changed), so
that a failure shrinks to few rules, synapses and events; physical numbers come from a generator seeded by one integer.

A new rule is drawn as soon as its oracle stands in `tests/reference/plasticity`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import plastica as pl
import reference
from parts import (
    can_be_frozen,
    go_together,
    in_company,
    is_somatic,
    names,
    numbers_of,
    oracle,
    part,
    rules,
    twin,
)

TOLERANCE = 1e-9
BOUND = 150.0  # pA: the bound of all weights, or where a rule without bound feels at home
# Parameters that may change at any time: nothing that was accumulated before depends on them.
CHANGEABLE = ("learning_rate",)

# Lists that mean something together.
COMPOSITIONS: dict[str, tuple[str, ...]] = {
    "pairs and homeostasis": ("STDP: multiplicative, nearest", "InhibitorySTDP"),
    "three of pairs": ("STDP: power, all", "STDP: additive, presynaptic", "STDP: additive, all"),
    "axons and triplets": ("TsodyksMarkram: U, axon, at once", "TripletSTDP: all, fixed"),
    "synapses that depress, potential": ("TsodyksMarkram: zero, axon, slowly", "VoltageSTDP"),
    "orchestrated": ("TripletSTDP: all, fixed", "Heterosynaptic", "TransmitterInduced"),
    "everything that waits": (
        "TsodyksMarkram: zero, axon, at once",
        "TripletSTDP: nearest, per neuron",
        "Heterosynaptic",
        "RewardGate",
    ),
    "two gates": ("STDP: additive, all", "LobeGate", "DualEligibility", "WeightDecay"),
    "a gate in the middle": ("STDP: additive, nearest", "RewardGate: rising", "InhibitorySTDP", "Consolidation"),
    "converted": ("STDP: multiplicative, all", "RetroactiveConversion", "TsodyksMarkram: U, synapse, slowly"),
    "calcium of what is released": ("TsodyksMarkram: zero, axon, at once", "CalciumSTDP"),
    "tags": ("STDP: additive, all", "TaggingTrigger"),
    "chain": ("STDP: additive, all", "BidirectionalChain", "TransmitterInduced"),
}


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


ACTIONS = (
    "read",
    "freeze",
    "thaw",
    "weights",
    "flip",
    "state",
    "parameter",
    "release",
    "baseline",
    "grow",
    "prune",
)


def lists_of_rules() -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(sorted(rules())), min_size=1, max_size=4).map(tuple).filter(go_together)


@st.composite
def plans(draw: st.DrawFn, lists: st.SearchStrategy[tuple[str, ...]]) -> Plan:
    list_of_rules, steps = draw(lists), draw(st.integers(20, 300))
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
        rules=list_of_rules,
        seed=draw(st.integers(0, 10_000)),
        steps=steps,
        dt=draw(st.sampled_from((0.1, 0.25, 0.5))),
        threads=draw(st.sampled_from((1, 2, 3))),
        fraction=0.0 if is_somatic(*list_of_rules) else draw(st.sampled_from((0.0, 1.0, 0.5, 0.37))),
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
        random = self.random(2, index)
        tau, baseline, amount = random.uniform(2, 50), random.uniform(0, 0.5), random.uniform(0, 0.8)
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
        numbers = [numbers_of(rule, self.random(3, r), BOUND) for r, rule in enumerate(self.plan.rules)]
        ours = self.engine.connect(
            pre[0],
            self.cells[0],
            pl.Explicit(sources, targets),
            receptor="r",
            weight=weights,
            delay=delays * self.plan.dt,
            dendritic_fraction=self.plan.fraction,
            plasticity=[getattr(pl, part(rule))(**n) for rule, n in zip(self.plan.rules, numbers, strict=True)],
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
            [twin(rule, n) for rule, n in zip(self.plan.rules, numbers, strict=True)],
        )
        return ours, theirs, order_of(theirs)

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
        if action.what in ("freeze", "thaw") and can_be_frozen(*self.plan.rules):
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
        elif action.what in ("grow", "prune"):
            edit = self.grow if action.what == "grow" else self.prune
            edit(ours, theirs, order, random)
            self.projections[index] = (ours, theirs, order_of(theirs))
        elif action.what in ("release", "baseline"):
            mine, its = self.modulators[action.which % 2]
            amount = random.uniform(0, 1)
            if action.what == "release":
                mine.release(amount)
                its.release(self.oracle.k, amount)
            else:
                mine.baseline = amount
                its.set_baseline(self.oracle.k, amount)

    def grow(self, ours, theirs, order: np.ndarray, random: np.random.Generator) -> None:
        number = int(random.integers(1, 4))
        sources, targets = random.integers(0, len(ours.pre), number), random.integers(0, len(ours.post), number)
        weights, delays = theirs.sign * BOUND * random.uniform(0.05, 0.95, number), random.integers(1, 41, number)
        ours.add(sources, targets, weight=weights, delay=delays * self.plan.dt)
        theirs.add(sources, targets, weights, delays)

    def prune(self, ours, theirs, order: np.ndarray, random: np.random.Generator) -> None:
        gone = random.random(len(order)) < 0.4
        ours.remove(gone[order])
        theirs.remove(np.flatnonzero(gone).tolist())

    def set_state(self, ours, theirs, order: np.ndarray, which: int, random: np.random.Generator) -> None:
        """To numbers between those that there are and 0, which are in its bounds."""
        names = settable(ours, theirs)
        if not names:
            return
        name = names[which % len(names)]
        values = lowered(theirs, name, random)
        of_synapses = np.ndim(values) == 1 and not is_of_neurons(theirs, name)
        ours.set({name: values[order] if of_synapses else values})
        theirs.set_state(name, values)

    def set_parameter(self, ours, theirs, which: int, random: np.random.Generator) -> None:
        position = which % len(theirs.rules)
        names = [name for name in CHANGEABLE if hasattr(theirs.rules[position], name)]
        if names:
            name = names[which % len(names)]
            value = getattr(theirs.rules[position], name) * random.uniform(0.2, 1)
            ours.set({name if len(theirs.rules) == 1 else f"{position}.{name}": value})
            theirs.set_parameter(position, name, value)

    # ---- what must agree

    def compare(self) -> None:
        assert round(self.engine.time / self.plan.dt) == self.oracle.k
        steps = np.rint(self.spikes.times / self.plan.dt).astype(int)
        assert list(zip(steps.tolist(), self.spikes.ids.tolist(), strict=True)) == self.cells[1].spikes
        for name, scale in (("V", 100.0), ("r.I", BOUND)):
            agree(self.cells[0].get(name), self.cells[1].state(name), scale, name)
        for mine, its in self.modulators:
            agree(mine.level, its.left_limit(self.oracle.k), 1.0, its.name)
        for index, (ours, theirs, order) in enumerate(self.projections):
            agree(ours.weights, theirs.weights[order], BOUND, f"weights of {index}")
            for name in seen(ours):
                scale = BOUND if in_units_of_weight(ours, name) else 0.1
                expected = theirs.state(name)
                if not is_of_neurons(theirs, name):
                    expected = expected[order]
                agree(ours.get(name), expected, scale, f"{name} of {index}")


def order_of(theirs: reference.Projection) -> np.ndarray:
    """The order in which the engine lists synapses."""
    keys = [(s.source, s.target, s.axonal + s.dendritic) for s in theirs.synapses]
    sources, targets, delays = np.array(keys, dtype=int).reshape(-1, 3).T
    return np.lexsort((delays, targets, sources))


def seen(projection: pl.Projection) -> list[str]:
    """The states that oracles have: neither parameters that can differ between synapses, nor what rounding has cut off."""
    return [name for name in projection.states if not name.endswith(("carry", "U", "tau_rec", "tau_facil"))]


def rule_of(theirs: reference.Projection, name: str) -> reference.Rule:
    return theirs.rules[theirs.find(name)[0]]


def settable(ours: pl.Projection, theirs: reference.Projection) -> list[str]:
    return [name for name in seen(ours) if rule_of(theirs, name).settable]


def lowered(theirs: reference.Projection, name: str, random: np.random.Generator) -> np.ndarray:
    """Numbers between those of a state and 0; one for all synapses, where they are variables of axons."""
    values = theirs.state(name)
    if rule_of(theirs, name).of_axon:
        return values.mean() * random.uniform(0.3, 1) if len(values) else 0.0
    return values * random.uniform(0.3, 1, len(values))


def in_units_of_weight(ours: pl.Projection, name: str) -> bool:
    fields = [
        field for rule in ours.rules for field in rule.schema().states.values() if field.name == name.split(".")[-1]
    ]
    return all(field.unit == "weight" for field in fields)


def is_of_neurons(theirs: reference.Projection, name: str) -> bool:
    r, variable = theirs.find(name)
    return variable in theirs.rules[r].initial_neuron()


def agree(ours: np.ndarray, theirs: np.ndarray, scale: float, what: str) -> None:
    scale = max(scale, np.abs(theirs).max(initial=0.0))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=TOLERANCE * scale, err_msg=what)


# ------------------------------------------------------------------------------------------------ tests


@pytest.mark.parametrize("rule", rules())
@settings(max_examples=15, report_multiple_bugs=False)
@given(data=st.data())
def test_a_rule_alone_does_what_its_oracle_does(rule, data):
    """Oracle: the reference simulator, at the end and at every moment at which something is read or changed."""
    Pair(data.draw(plans(st.just(in_company(rule))))).run()


# Flows that do not commute take turns at postsynaptic spikes, too, although neither rule acts at these.
TURNS = {"steps": 60, "dt": 0.1, "threads": 1, "fraction": 0.0, "negative": False, "free": False}


@example(
    plan=Plan(rules=("Consolidation", "WeightDecay"), seed=1, inputs=(0,), taught=(5,), pairs=((0, 0, 1),), **TURNS)
)
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
@pytest.mark.parametrize("name", [*rules(), *COMPOSITIONS])
def test_the_networks_of_these_tests_learn(name, free):
    """Oracle: a comparison of weights that stand still shows nothing. Most weights change, of the reference too."""
    pairs = tuple((i % 3, i % 2, 1 + 4 * i) for i in range(8))
    drawn = COMPOSITIONS.get(name) or in_company(name)
    fraction = 0.0 if is_somatic(*drawn) else 0.5
    pair = Pair(
        Plan(drawn, 3, 300, 0.5, 1, fraction, False, free, (30, 40, 50), (50, 30), pairs, ((0, 1, 9),) if free else ())
    )
    ours, theirs, _ = pair.projections[0]
    before = [theirs.weights, *(theirs.state(name) for name in seen(ours))]
    pair.run()
    after = [theirs.weights, *(theirs.state(name) for name in seen(ours))]
    moved = [np.mean(old != new) for old, new in zip(before, after, strict=True)]
    assert moved[0] > 0.5 or (max(moved) > 0.5 and oracle(drawn[0]).transmits)


def test_every_rule_has_an_oracle():
    """Oracle: the list of the native module; the failure says which file to add."""
    assert {part(rule) for rule in rules()} == set(names("rule"))


def test_the_engine_takes_most_rules_alone_and_every_rule_after_another():
    """Oracle: what the lists of these tests are filtered by must not leave everything out."""
    assert sum(go_together((rule,)) for rule in rules()) > 0.7 * len(rules())
    assert [rule for rule in rules() if not go_together(in_company(rule))] == []
