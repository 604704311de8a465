"""The engine in double precision against the slow NumPy simulator of `tests/reference`, on random small networks.

Hypothesis draws the structure (who, how many, which parts, who is connected to whom, when something is read or changed),
so that a failure shrinks to few neurons and synapses; physical numbers come from a generator seeded by one integer, so that
they stay generic: a threshold met exactly, to the last bit, is no network that rounding leaves alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
import reference
from parts import (
    MODULATORS,
    agrees_closely,
    can_be_frozen,
    go_together,
    in_company,
    is_somatic,
    names,
    numbers_of,
    oracle_of,
    part,
    reads_voltage,
    receptors_of,
    rules,
    strength_of,
    takes_receptors,
    twin,
)

TOLERANCE = 1e-10

# ------------------------------------------------------------------------------------------------ what is drawn


@dataclass(frozen=True)
class Cells:
    model: str
    size: int
    receptors: tuple[str, ...]  # their parts; the names are r0, r1, ...
    stimulus: str | None


@dataclass(frozen=True)
class Spikes:
    counts: tuple[int, ...]  # spikes of each neuron

    @property
    def size(self) -> int:
        return len(self.counts)


@dataclass(frozen=True)
class Synapses:
    pre: int
    post: int
    receptor: int
    pairs: tuple[tuple[int, int, int], ...]  # source, target, delay in steps
    fraction: float
    negative: bool
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Action:
    step: int
    what: str
    which: int


@dataclass(frozen=True)
class Plan:
    dt: float
    steps: int
    threads: int
    seed: int  # of all physical numbers
    populations: tuple[Cells | Spikes, ...]
    projections: tuple[Synapses, ...]
    actions: tuple[Action, ...]


ACTIONS = ("read", "freeze", "thaw", "weights", "flip", "V", "I_e", "receptor", "learning_rate")


def lists_of_rules(membrane: str, min_size: int = 0) -> st.SearchStrategy[tuple[str, ...]]:
    """Up to two rules. Those that read V are put where two ways to compute it agree also in the upswing of a spike."""
    fitting = [rule for rule in rules() if agrees_closely(membrane) or not reads_voltage(rule)]
    return st.lists(st.sampled_from(fitting), min_size=min_size, max_size=2).map(tuple).map(taken)


def taken(drawn: tuple[str, ...]) -> tuple[str, ...]:
    """The list, or what the engine takes instead."""
    return drawn if not drawn or go_together(drawn) else in_company(drawn[-1])


@st.composite
def cells(draw: st.DrawFn) -> Cells:
    model, size = draw(st.sampled_from(names("membrane"))), draw(st.integers(1, 12))
    if not takes_receptors(model):
        return Cells(model, size, (), None)
    receptors = draw(st.lists(st.sampled_from(receptors_of(model)), min_size=1, max_size=3))
    return Cells(model, size, tuple(receptors), draw(st.sampled_from((None, "constant", "step", "sine"))))


@st.composite
def synapses(draw: st.DrawFn, populations: tuple[Cells | Spikes, ...]) -> Synapses:
    pre = draw(st.integers(0, len(populations) - 1))
    post = draw(st.sampled_from([i for i, population in enumerate(populations) if isinstance(population, Cells)]))
    source, target = st.integers(0, populations[pre].size - 1), st.integers(0, populations[post].size - 1)
    pairs = draw(st.lists(st.tuples(source, target, st.integers(1, 25)), min_size=1, max_size=14))
    receptor = draw(st.integers(0, max(len(populations[post].receptors) - 1, 0)))
    drawn = draw(lists_of_rules(populations[post].model))
    fraction = 0.0 if drawn and is_somatic(*drawn) else draw(st.sampled_from((0.0, 1.0, 0.5, 0.37)))
    return Synapses(pre, post, receptor, tuple(pairs), fraction, draw(st.booleans()), drawn)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    steps = draw(st.integers(1, 400))
    spikes = st.builds(Spikes, st.lists(st.integers(0, 20), min_size=1, max_size=6).map(tuple))
    populations = (draw(cells()), *draw(st.lists(st.one_of(spikes, cells()), max_size=2)))
    return Plan(
        dt=draw(st.sampled_from((0.1, 0.25, 0.125))),
        steps=steps,
        threads=draw(st.sampled_from((1, 2, 3))),
        seed=draw(st.integers(0, 10_000)),
        populations=populations,
        projections=tuple(draw(st.lists(synapses(populations), min_size=1, max_size=4))),
        actions=tuple(
            draw(
                st.lists(
                    st.builds(Action, st.integers(0, steps), st.sampled_from(ACTIONS), st.integers(0, 3)), max_size=6
                ).map(lambda actions: sorted(actions, key=lambda action: action.step))
            )
        ),
    )


# ------------------------------------------------------------------------------------------------ its numbers


def strength(plan: Plan, synapses: Synapses) -> float:
    """A weight that matters, in the unit of the receptor."""
    post = plan.populations[synapses.post]
    return strength_of(post.model, post.receptors[synapses.receptor]) if post.receptors else 1.0


def negative_allowed(plan: Plan, synapses: Synapses) -> bool:
    post = plan.populations[synapses.post]
    return not post.receptors or oracle_of(post.receptors[synapses.receptor]).does.kind != "conductance"


def generator(plan: Plan, *key: int) -> np.random.Generator:
    """Numbers of one thing, which do not depend on what else there is."""
    return np.random.default_rng([plan.seed, *key])


def spike_steps(plan: Plan, index: int) -> list[list[int]]:
    """Mostly on a coarse grid, so that trains coincide."""
    trains = []
    for neuron, count in enumerate(plan.populations[index].counts):
        random = generator(plan, 0, index, neuron)
        coarse, fine = np.arange(5, plan.steps + 1, 5), np.arange(1, plan.steps + 1)
        chosen = np.concatenate(
            [random.permutation(coarse)[: count - count // 3], random.permutation(fine)[: count // 3]]
        )
        trains.append(sorted(set(chosen.tolist())))
    return trains


# ------------------------------------------------------------------------------------------------ the two networks


class Pair:
    """The same network twice: in the engine, in double precision, and in the reference."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.engine = pl.Network(plan.dt, threads=plan.threads, precision="double")
        self.oracle = reference.Network(plan.dt)
        self.populations = [self.add_population(i) for i in range(len(plan.populations))]
        self.recorders = [self.engine.record(ours, "spikes") for ours, _ in self.populations]
        for name in MODULATORS:
            for net in (self.engine, self.oracle):
                net.modulator(name, tau=20.0, baseline=0.3)
        self.projections = [self.add_projection(p) for p in range(len(plan.projections))]

    def add_population(self, index: int):
        population = self.plan.populations[index]
        if isinstance(population, Spikes):
            trains = spike_steps(self.plan, index)
            ours = self.engine.population(population.size, pl.SpikeSource([np.array(t) * self.plan.dt for t in trains]))
            return ours, self.oracle.sources(population.size, dict(enumerate(trains)))
        oracle, random = oracle_of(population.model), generator(self.plan, 1, index)
        if not population.receptors:
            ours = self.engine.population(population.size, getattr(pl, population.model)())
            return ours, self.oracle.population(population.size, oracle.does())
        numbers = oracle.drawn("", random, population.size)
        parts = {f"r{i}": part for i, part in enumerate(population.receptors)}
        of_receptors = {name: oracle_of(part).drawn("", random, population.size) for name, part in parts.items()}
        initial = {name: random.uniform(*between, population.size) for name, between in oracle.does.beginning.items()}

        def model(library):
            receptors = {name: getattr(library, parts[name])(**of_receptors[name]) for name in parts}
            return getattr(library, population.model)(**numbers, receptors=receptors)

        ours = self.engine.population(population.size, model(pl), initial=initial)
        theirs = self.oracle.population(population.size, model(reference), initial=initial)
        self.stimulate(ours, theirs, population, random)
        return ours, theirs

    def stimulate(self, ours, theirs, population: Cells, random: np.random.Generator) -> None:
        scale = oracle_of(population.model).does.strong_current
        amplitude = scale * random.uniform(0.2, 1.5, population.size)
        dt = self.plan.dt
        if population.stimulus == "constant":
            self.engine.drive(ours, pl.ConstantCurrent(amplitude))
            self.oracle.inject(theirs, lambda k: amplitude)
        elif population.stimulus == "step":
            steps = np.unique(random.integers(0, self.plan.steps + 1, 3))
            values = scale * random.uniform(-0.5, 1.5, (len(steps), population.size))
            self.engine.drive(ours, pl.StepCurrent(steps * dt, values))
            before = np.zeros((1, population.size))
            table = np.concatenate([before, values])
            self.oracle.inject(theirs, lambda k: table[np.searchsorted(steps, k, side="right")])
        elif population.stimulus == "sine":
            frequency, phase = random.uniform(5, 200, population.size), random.uniform(0, 6, population.size)
            current = pl.SineCurrent(amplitude=amplitude, frequency=frequency, phase=phase, offset=scale / 7)
            self.engine.drive(ours, current)
            self.oracle.inject(
                theirs, lambda k: scale / 7 + amplitude * np.sin(2e-3 * np.pi * frequency * k * dt + phase)
            )

    def add_projection(self, index: int):
        synapses = self.plan.projections[index]
        sources, targets, delays = np.array(synapses.pairs).T
        sign = -1.0 if synapses.negative and negative_allowed(self.plan, synapses) else 1.0
        weights = sign * self.new_weights(index, 0)
        receptor = f"r{synapses.receptor}" if self.plan.populations[synapses.post].receptors else "input"
        numbers = [
            numbers_of(rule, generator(self.plan, 2, index, r), self.bound(index))
            for r, rule in enumerate(synapses.rules)
        ]
        (pre, pre_oracle), (post, post_oracle) = self.populations[synapses.pre], self.populations[synapses.post]
        ours = self.engine.connect(
            pre,
            post,
            pl.Explicit(sources, targets),
            receptor=receptor,
            weight=weights,
            delay=delays * self.plan.dt,
            dendritic_fraction=synapses.fraction,
            plasticity=[getattr(pl, part(rule))(**n) for rule, n in zip(synapses.rules, numbers, strict=True)],
        )
        twins = [twin(rule, n) for rule, n in zip(synapses.rules, numbers, strict=True)]
        theirs = self.oracle.connect(
            pre_oracle, post_oracle, sources, targets, weights, delays, receptor, synapses.fraction, twins
        )
        return ours, theirs, np.lexsort((delays, targets, sources))  # the order in which the engine lists them

    def bound(self, index: int) -> float:
        """The weights' upper bound where the projection is plastic."""
        return 1.7 * strength(self.plan, self.plan.projections[index])

    def new_weights(self, index: int, version: int) -> np.ndarray:
        random = generator(self.plan, 3, index, version)
        return self.bound(index) * random.uniform(0.05, 0.95, len(self.plan.projections[index].pairs))

    # ---- what happens

    def run_to(self, step: int) -> None:
        self.engine.run((step - self.oracle.k) * self.plan.dt)
        self.oracle.run(step - self.oracle.k)

    def act(self, number: int, action: Action) -> None:
        index = action.which % len(self.projections)
        ours, theirs, order = self.projections[index]
        synapses = self.plan.projections[index]
        if action.what in ("freeze", "thaw") and synapses.rules and can_be_frozen(*synapses.rules):
            ours.plastic = theirs.plastic = action.what == "thaw"
        elif action.what in ("weights", "flip"):
            sign = -1.0 if np.any(theirs.weights < 0) else 1.0
            if action.what == "flip" and negative_allowed(self.plan, synapses):
                sign = -sign
            weights = sign * self.new_weights(index, number + 1)
            ours.set_weights(weights[order])
            theirs.weights = weights
        elif action.what == "learning_rate" and synapses.rules and hasattr(theirs.rules[-1], "learning_rate"):
            last = len(synapses.rules) - 1
            rate = 0.5 * theirs.rules[last].learning_rate
            ours.set({"learning_rate" if last == 0 else f"{last}.learning_rate": rate})
            theirs.set_parameter(last, "learning_rate", rate)
        elif action.what in ("V", "I_e", "receptor"):
            self.change_neurons(action)

    def change_neurons(self, action: Action) -> None:
        index = action.which % len(self.populations)
        population = self.plan.populations[index]
        if isinstance(population, Spikes) or not population.receptors:
            return
        ours, theirs = self.populations[index]
        random = generator(self.plan, 4, index, action.step)
        if action.what == "V":
            ours_and_theirs = {"V": random.uniform(-70, -59, population.size)}
        elif action.what == "I_e":
            ours_and_theirs = {"I_e": ours.get("I_e") * random.uniform(0.5, 1.5, population.size)}
        else:
            oracles = [oracle_of(part) for part in population.receptors]
            drawn = [oracle.drawn("", random, population.size) for oracle in oracles]
            ours_and_theirs = {
                f"r{i}.{name}": drawn[i][name] for i, oracle in enumerate(oracles) for name in oracle.does.changeable
            }
        ours.set(ours_and_theirs)
        for name, values in ours_and_theirs.items():
            theirs.set(name, values)

    def run(self) -> None:
        """Through all steps and actions, compared before and after each."""
        for number, action in enumerate(self.plan.actions):
            self.run_to(action.step)
            self.compare()
            self.act(number, action)
            self.compare()
        self.run_to(self.plan.steps)
        self.compare()

    # ---- what must agree

    def compare(self) -> None:
        assert round(self.engine.time / self.plan.dt) == self.oracle.k
        for index, (ours, theirs) in enumerate(self.populations):
            steps = np.rint(self.recorders[index].times / self.plan.dt).astype(int)
            spikes = list(zip(steps.tolist(), self.recorders[index].ids.tolist(), strict=True))
            assert spikes == theirs.spikes, f"spikes of population {index}"
            population = self.plan.populations[index]
            if isinstance(population, Cells) and population.receptors:
                self.compare_states(ours, theirs, population)
        for index, (ours, theirs, order) in enumerate(self.projections):
            assert np.array_equal(ours.sources, [theirs.synapses[i].source for i in order])
            assert np.array_equal(ours.targets, [theirs.synapses[i].target for i in order])
            delays = [theirs.synapses[i].axonal + theirs.synapses[i].dendritic for i in order]
            assert np.array_equal(np.rint(ours.delays / self.plan.dt), delays)
            weights = theirs.weights[order]
            np.testing.assert_allclose(
                ours.weights, weights, rtol=0, atol=TOLERANCE * self.bound(index), err_msg=f"weights of {index}"
            )

    def compare_states(self, ours, theirs, population: Cells) -> None:
        model = theirs.model
        V, tolerance = theirs.V, model.tolerance
        limit = tolerance * np.maximum(np.abs(V), 1) * model.sensitivity(theirs.states)
        assert np.all(np.abs(ours.get("V") - V) <= limit), ("V", ours.get("V"), V)
        for name, values in theirs.states.items():
            if np.issubdtype(values.dtype, np.integer):
                np.testing.assert_array_equal(ours.get(name), values, err_msg=name)
            elif name != "V":
                np.testing.assert_allclose(ours.get(name), values, rtol=tolerance, atol=100 * tolerance, err_msg=name)
        for name, channel in theirs.channels.items():
            variable = f"{name}.I" if channel.receptor.kind == "current" else f"{name}.g"
            scale = strength_of(population.model, type(channel.receptor).__name__)
            np.testing.assert_allclose(
                ours.get(variable), theirs.state(variable), rtol=TOLERANCE, atol=TOLERANCE * scale, err_msg=variable
            )


@settings(max_examples=150, report_multiple_bugs=False)
@given(plan=plans())
def test_a_random_network_spikes_evolves_and_learns_as_the_reference_does(plan):
    """Oracle: the reference simulator, at the end and at every moment at which something is read or changed."""
    Pair(plan).run()


# ------------------------------------------------------------------------------------------------ dense learning


@st.composite
def learning_plans(draw: st.DrawFn) -> Plan:
    """One plastic projection between two trains that are given: relays repeat what their sources say."""
    steps = draw(st.integers(20, 300))
    n_pre, n_post = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    counts = st.integers(0, 60)
    teachers = Spikes(tuple(draw(st.lists(counts, min_size=n_post, max_size=n_post))))
    inputs = Spikes(tuple(draw(st.lists(counts, min_size=n_pre, max_size=n_pre))))
    teaching = Synapses(1, 0, 0, tuple((i, i, 1) for i in range(n_post)), 0.0, False, ())
    source, target = st.integers(0, n_pre - 1), st.integers(0, n_post - 1)
    pairs = draw(st.lists(st.tuples(source, target, st.integers(1, 60)), min_size=1, max_size=6))
    drawn = draw(lists_of_rules("Relay", 1))
    learning = Synapses(
        2,
        0,
        0,
        tuple(pairs),
        0.0 if is_somatic(*drawn) else draw(st.sampled_from((0.0, 1.0, 0.5, 0.8))),
        True,  # negative: an arrival never makes the relay spike on its own
        drawn,
    )
    what = st.sampled_from(("read", "freeze", "thaw", "weights", "learning_rate"))
    actions = draw(st.lists(st.builds(Action, st.integers(0, steps), what, st.just(1)), max_size=8))
    return Plan(
        dt=0.1,
        steps=steps,
        threads=draw(st.sampled_from((1, 2))),
        seed=draw(st.integers(0, 10_000)),
        populations=(Cells("Relay", n_post, (), None), teachers, inputs),
        projections=(teaching, learning),
        actions=tuple(sorted(actions, key=lambda action: action.step)),
    )


@settings(max_examples=150, report_multiple_bugs=False)
@given(plan=learning_plans())
def test_weights_read_at_any_moment_between_dense_trains_equal_those_of_the_reference(plan):
    """Oracle: the reference simulator; spikes in flight in the dendrite while weights are read, set, frozen and freed."""
    Pair(plan).run()


# ------------------------------------------------------------------------------------------------ bundles


@st.composite
def bundle_plans(draw: st.DrawFn) -> Plan:
    """Static projections with various delays that leave the same populations: the engine lays them out together."""
    steps = draw(st.integers(20, 300))
    first, second = (
        Cells("LIF", draw(st.integers(1, 8)), tuple(draw(st.lists(receptors, min_size=1, max_size=2))), None)
        for receptors in (st.sampled_from(("CurrentExp", "ConductanceExp")), st.sampled_from(receptors_of("LIF")))
    )
    inputs = Spikes(tuple(draw(st.lists(st.integers(0, 40), min_size=1, max_size=4))))
    populations = (first, second, inputs)
    projections = []
    for _ in range(draw(st.integers(2, 6))):
        pre, post = draw(st.sampled_from((2, 2, 0))), draw(st.integers(0, 1))
        source, target = st.integers(0, populations[pre].size - 1), st.integers(0, populations[post].size - 1)
        delay = st.one_of(st.integers(1, 60), st.sampled_from((1, 7)))
        pairs = draw(st.lists(st.tuples(source, target, delay), min_size=2, max_size=30))
        receptor = draw(st.integers(0, len(populations[post].receptors) - 1))
        fraction = draw(st.sampled_from((0.0, 0.0, 0.6)))
        projections.append(Synapses(pre, post, receptor, tuple(pairs), fraction, draw(st.booleans()), ()))
    what = st.sampled_from(("read", "weights", "flip", "receptor", "V"))
    actions = draw(st.lists(st.builds(Action, st.integers(0, steps), what, st.integers(0, 5)), max_size=6))
    return Plan(
        dt=0.1,
        steps=steps,
        threads=draw(st.sampled_from((1, 2, 3))),
        seed=draw(st.integers(0, 10_000)),
        populations=populations,
        projections=tuple(projections),
        actions=tuple(sorted(actions, key=lambda action: action.step)),
    )


@settings(max_examples=150, report_multiple_bugs=False)
@given(plan=bundle_plans())
def test_projections_that_are_laid_out_together_deliver_read_and_change_as_the_reference_does(plan):
    """Oracle: the reference simulator; spikes on their way through all delays while weights are read and set."""
    Pair(plan).run()


@pytest.mark.parametrize("fraction", [0.0, 0.6, 1.0])
@pytest.mark.parametrize("pairing", ["all", "nearest", "presynaptic"])
@pytest.mark.parametrize("first_arrival", [1, 2990])
def test_a_synapse_that_is_rarely_visited_misses_none_of_many_postsynaptic_spikes(pairing, fraction, first_arrival):
    """Oracle: the reference simulator; 900 postsynaptic spikes between arrivals exceed any buffer of recent events."""
    random = np.random.default_rng(5)
    kicks = np.sort(random.choice(np.arange(1, 3000), 900, replace=False))
    arrivals = [[first_arrival, 3005], [700, 2400, 3003]]
    numbers = {"learning_rate": 0.01, "A_plus": 1.0, "A_minus": 1.1, "tau_plus": 15.0, "tau_minus": 30.0, "w_max": 1.0}
    numbers |= {"mu_plus": 0.7, "mu_minus": 0.4, "dependence": "power", "pairing": pairing}
    delays = np.array([1, 40, 80, 7])
    sources, targets, weights = np.array([0, 0, 1, 1]), np.zeros(4, dtype=int), np.array([0.3, 0.5, 0.6, 0.2])

    engine = pl.Network(0.1, threads=1, precision="double")
    relay = engine.population(1, pl.Relay())
    teacher = engine.population(1, pl.SpikeSource(kicks * 0.1))
    pre = engine.population(2, pl.SpikeSource([np.array(steps) * 0.1 for steps in arrivals]))
    engine.connect(teacher, relay, pl.OneToOne(), weight=1e3, delay=0.1)
    ours = engine.connect(
        pre,
        relay,
        pl.Explicit(sources, targets),
        weight=-weights,
        delay=delays * 0.1,
        dendritic_fraction=fraction,
        plasticity=pl.STDP(**numbers),
    )
    oracle = reference.Network(0.1)
    relay = oracle.population(1, reference.Relay())
    teacher = oracle.sources(1, {0: kicks})
    pre = oracle.sources(2, dict(enumerate(arrivals)))
    oracle.connect(teacher, relay, [0], [0], 1e3, 1)
    rules = [reference.STDP(**numbers)]
    theirs = oracle.connect(pre, relay, sources, targets, -weights, delays, dendritic_fraction=fraction, rules=rules)
    order = np.lexsort((delays, targets, sources))
    for steps in (1500, 1200, 500):
        engine.run(steps * 0.1)
        oracle.run(steps)
        np.testing.assert_allclose(ours.weights, theirs.weights[order], rtol=0, atol=1e-12)
    assert np.all(theirs.weights != -weights)


LONG_ROW_RULES = (
    ("PowerLawSTDP: all",),
    ("STDP: power, presynaptic",),
    ("STDP: multiplicative, nearest", "STDP: power, presynaptic", "InhibitorySTDP"),
)


@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("rules", LONG_ROW_RULES, ids=lambda rules: "+".join(map(part, rules)))
@pytest.mark.parametrize("precision", ["double", "single"])
def test_synapses_learn_alike_wherever_they_stand_in_a_long_row(precision, rules, fraction):
    """Oracle: the reference simulator with one target for each of 7 trains, from silent to dense; the row has 1,234 targets.

    Rows are taken in blocks and events in rounds: what a synapse does must not depend on its neighbours.
    """
    random = np.random.default_rng(3)
    kinds, size, steps, delay = 7, 1234, 400, 12
    trains = [np.sort(random.choice(np.arange(1, steps - 2), n, replace=False)) for n in (0, 1, 3, 9, 27, 81, 200)]
    arrivals = [[5, 60, 61, 190, 350], [120, 380], []]
    numbers = [numbers_of(rule, np.random.default_rng([4, k]), 1.0) for k, rule in enumerate(rules)]
    numbers = [n | {"learning_rate": 0.05 * n["learning_rate"]} for n in numbers]  # away from the bounds
    made = [
        [getattr(library, part(r))(**n) for r, n in zip(rules, numbers, strict=True)] for library in (pl, reference)
    ]
    of_kind = random.integers(0, kinds, size)

    found = []
    for threads in (1, 3):
        engine = pl.Network(0.1, threads=threads, precision=precision)
        relays = engine.population(size, pl.Relay())
        teachers = engine.population(kinds, pl.SpikeSource([train * 0.1 for train in trains]))
        pre = engine.population(3, pl.SpikeSource([np.array(train) * 0.1 for train in arrivals]))
        engine.connect(teachers, relays, pl.Explicit(of_kind, np.arange(size)), weight=1e3, delay=0.1)
        split = {"delay": delay * 0.1, "dendritic_fraction": fraction}
        ours = engine.connect(pre, relays, pl.AllToAll(), weight=-0.4, plasticity=made[0], **split)
        engine.run(steps * 0.1)
        found.append(ours.weights.reshape(3, size))
    assert np.array_equal(*found)

    oracle = reference.Network(0.1)
    relays = oracle.population(kinds, reference.Relay())
    teachers = oracle.sources(kinds, dict(enumerate(trains)))
    pre = oracle.sources(3, dict(enumerate(arrivals)))
    oracle.connect(teachers, relays, np.arange(kinds), np.arange(kinds), 1e3, 1)
    sources, targets = np.repeat(np.arange(3), kinds), np.tile(np.arange(kinds), 3)
    theirs = oracle.connect(pre, relays, sources, targets, -0.4, delay, dendritic_fraction=fraction, rules=made[1])
    oracle.run(steps)
    expected = theirs.weights.reshape(3, kinds)[:, of_kind]
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-12 if precision == "double" else 1e-5)
    for kind in range(kinds):
        assert np.ptp(found[0][:, of_kind == kind], axis=1).max() == 0
    assert np.unique(expected[0]).size >= kinds - 1  # a single spike may be far from all arrivals


@pytest.mark.parametrize("rules", [(), ("STDP: additive, all",), ("InhibitorySTDP",)])
@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("setting", range(1, 24, 2))
def test_a_spike_in_the_dendrite_keeps_its_weight_when_weights_are_set(setting, fraction, rules):
    """Oracle: the reference simulator; a spike stamped 1 with a delay of 20 steps, weights set at every stage of its way."""
    synapses = Synapses(1, 0, 0, ((0, 0, 20), (0, 0, 19)), fraction, False, rules)
    populations = (Cells("LIF", 1, ("CurrentExp",), None), Spikes((3,)))  # one fits: at step 1
    pair = Pair(Plan(0.1, 1, 1, 7, populations, (synapses,), ()))
    pair.run_to(setting)
    pair.act(0, Action(setting, "weights", 0))
    for step in range(setting, 30):
        pair.run_to(step)
        pair.compare()
    assert pair.populations[0][1].state("r0.I")[0] > 0
