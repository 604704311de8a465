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

TOLERANCE = 1e-10
# Euler steps overshoot V_peak by a hundred mV; u takes that up, so that every spike multiplies rounding. One step is compared
# to 1e-12 in tests/conformance.
IZHIKEVICH_TOLERANCE = 1e-8

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
    rules: tuple[
        tuple[str, ...], ...
    ]  # ("STDP", dependence, pairing), ("InhibitorySTDP",) or ("PowerLawSTDP", pairing)


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


RECEPTORS = (
    "CurrentExp",
    "CurrentDelta",
    "CurrentAlpha",
    "ConductanceExp",
    "ConductanceAlpha",
    "ConductanceBiExp",
    "NMDA",
)
ACTIONS = ("read", "freeze", "thaw", "weights", "flip", "V", "I_e", "tau", "learning_rate")
RULES = st.one_of(
    st.tuples(
        st.just("STDP"),
        st.sampled_from(("additive", "multiplicative", "power")),
        st.sampled_from(("all", "nearest", "presynaptic")),
    ),
    st.tuples(st.just("InhibitorySTDP")),
)
UNBOUNDED_RULES = st.tuples(st.just("PowerLawSTDP"), st.sampled_from(("all", "nearest")))


def lists_of_rules(min_size: int) -> st.SearchStrategy[list[tuple[str, ...]]]:
    """Up to two rules; those of one projection share one bound, or have none."""
    lists = (st.lists(rules, min_size=min_size, max_size=2) for rules in (RULES, UNBOUNDED_RULES))
    return st.one_of(*lists)


@st.composite
def cells(draw: st.DrawFn) -> Cells:
    model = draw(st.sampled_from(("LIF", "Relay", "AdEx", "ClopathAdEx", "Izhikevich")))
    size = draw(st.integers(1, 12))
    if model == "Relay":
        return Cells(model, size, (), None)
    receptors = draw(st.lists(st.sampled_from(RECEPTORS), min_size=1, max_size=3))
    return Cells(model, size, tuple(receptors), draw(st.sampled_from((None, "constant", "step", "sine"))))


@st.composite
def synapses(draw: st.DrawFn, populations: tuple[Cells | Spikes, ...]) -> Synapses:
    pre = draw(st.integers(0, len(populations) - 1))
    post = draw(st.sampled_from([i for i, population in enumerate(populations) if isinstance(population, Cells)]))
    source, target = st.integers(0, populations[pre].size - 1), st.integers(0, populations[post].size - 1)
    pairs = draw(st.lists(st.tuples(source, target, st.integers(1, 25)), min_size=1, max_size=14))
    fraction = draw(st.sampled_from((0.0, 1.0, 0.5, 0.37)))
    receptor = draw(st.integers(0, max(len(populations[post].receptors) - 1, 0)))
    rules = draw(lists_of_rules(0))
    return Synapses(pre, post, receptor, tuple(pairs), fraction, draw(st.booleans()), tuple(rules))


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

# A weight that matters, in the unit of the receptor.
STRENGTH = {"CurrentDelta": 3.0, "CurrentExp": 150.0, "CurrentAlpha": 120.0}
WEAK_STRENGTH = {"CurrentDelta": 3.0, "CurrentExp": 4.0, "CurrentAlpha": 3.0}  # of an Izhikevich neuron, per pF


def strength(plan: Plan, synapses: Synapses) -> float:
    post = plan.populations[synapses.post]
    if post.model == "Relay":
        return 1.0
    if post.model == "Izhikevich":
        return WEAK_STRENGTH.get(post.receptors[synapses.receptor], 0.05)
    return STRENGTH.get(post.receptors[synapses.receptor], 4.0)


def negative_allowed(plan: Plan, synapses: Synapses) -> bool:
    post = plan.populations[synapses.post]
    return post.model == "Relay" or post.receptors[synapses.receptor].startswith("Current")


def membrane_numbers(random: np.random.Generator, model: str, n: int) -> dict[str, np.ndarray]:
    def draw(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, n)

    if model == "Relay":
        return {}
    if model == "LIF":
        numbers = {"C_m": draw(100, 300), "tau_m": draw(5, 25), "E_L": draw(-72, -65), "V_th": draw(-58, -50)}
        rheobase = (numbers["V_th"] - numbers["E_L"]) * numbers["C_m"] / numbers["tau_m"]
        return numbers | {"V_reset": draw(-75, -60), "t_ref": draw(0, 3), "I_e": rheobase * draw(-0.2, 2.5)}
    if model == "AdEx":
        numbers = {"C_m": draw(100, 300), "g_L": draw(8, 30), "E_L": draw(-72, -65), "V_th": draw(-55, -50)}
        numbers |= {"Delta_T": draw(1, 3), "V_peak": draw(-40, 10), "V_reset": draw(-72, -60), "t_ref": draw(0, 3)}
        return numbers | {"a": draw(-2, 5), "b": draw(0, 100), "tau_w": draw(20, 150), "I_e": draw(-50, 1200)}
    if model == "ClopathAdEx":
        numbers = {"C_m": draw(100, 300), "g_L": draw(8, 30), "E_L": draw(-72, -65), "V_th_rest": draw(-55, -50)}
        numbers |= {
            "V_th_max": draw(-45, -30),
            "tau_V_th": draw(10, 80),
            "Delta_T": draw(1, 3),
            "V_peak": draw(-20, 25),
        }
        numbers |= {"V_clamp": draw(20, 40), "t_clamp": draw(0, 3), "V_reset": draw(-72, -48), "t_ref": draw(0, 3)}
        numbers |= {"a": draw(-2, 5), "b": draw(0, 100), "tau_w": draw(20, 150), "I_sp": draw(0, 400)}
        return numbers | {"tau_z": draw(10, 50), "I_e": draw(-50, 1200)}
    numbers = {"a": draw(0.01, 0.03), "b": draw(0.15, 0.25), "c": draw(-68, -55), "d": draw(1, 8)}
    return numbers | {"V_peak": draw(25, 40), "I_e": draw(-2, 15)}


def receptor_numbers(random: np.random.Generator, part: str, n: int) -> dict[str, np.ndarray]:
    def draw(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, n)

    if part == "CurrentDelta":
        return {}
    if part in ("CurrentExp", "CurrentAlpha"):
        return {"tau": draw(0.5, 10)}
    if part in ("ConductanceExp", "ConductanceAlpha"):
        return {"tau": draw(0.5, 10), "E_rev": draw(-90, 10)}
    numbers = {"tau_rise": draw(0.3, 2), "tau_decay": draw(3, 50), "E_rev": draw(-90, 10)}
    return numbers | ({"Mg": draw(0, 2)} if part == "NMDA" else {})


def rule_numbers(random: np.random.Generator, rule: tuple[str, ...], w_max: float) -> dict[str, object]:
    rate, amplitudes, taus = random.uniform(0.01, 0.3), random.uniform(0.2, 1.5, 2), random.uniform(0.3, 30, 2)
    if rule[0] == "InhibitorySTDP":
        return {"target_rate": 50 * amplitudes[0], "tau": taus[0], "learning_rate": rate * w_max, "w_max": w_max}
    if rule[0] == "PowerLawSTDP":
        numbers = {"learning_rate": 0.3 * rate, "alpha": amplitudes[0], "mu": amplitudes[1] / 1.5, "w_0": 0.3 * w_max}
        return numbers | {"tau_plus": taus[0], "tau_minus": taus[1], "pairing": rule[1]}
    numbers = {"learning_rate": rate, "A_plus": amplitudes[0], "A_minus": amplitudes[1], "w_max": w_max}
    numbers |= {"tau_plus": taus[0], "tau_minus": taus[1]}
    mu = random.uniform(0.2, 2, 2)
    return numbers | {"mu_plus": mu[0], "mu_minus": mu[1], "dependence": rule[1], "pairing": rule[2]}


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
        self.projections = [self.add_projection(p) for p in range(len(plan.projections))]

    def add_population(self, index: int):
        population = self.plan.populations[index]
        if isinstance(population, Spikes):
            trains = spike_steps(self.plan, index)
            ours = self.engine.population(population.size, pl.SpikeSource([np.array(t) * self.plan.dt for t in trains]))
            return ours, self.oracle.sources(population.size, dict(enumerate(trains)))
        if population.model == "Relay":
            ours = self.engine.population(population.size, pl.Relay())
            return ours, self.oracle.population(population.size, reference.Relay())
        random = generator(self.plan, 1, index)
        numbers = membrane_numbers(random, population.model, population.size)
        parts = {f"r{i}": part for i, part in enumerate(population.receptors)}
        of_receptors = {name: receptor_numbers(random, part, population.size) for name, part in parts.items()}
        initial = {"V": random.uniform(-70, -59, population.size)}
        if population.model == "Izhikevich":
            initial["u"] = random.uniform(-15, -8, population.size)
        if population.model in ("AdEx", "ClopathAdEx"):
            initial["w"] = random.uniform(-20, 50, population.size)

        def model(library):
            receptors = {name: getattr(library, parts[name])(**of_receptors[name]) for name in parts}
            return getattr(library, population.model)(**numbers, receptors=receptors)

        ours = self.engine.population(population.size, model(pl), initial=initial)
        theirs = self.oracle.population(population.size, model(reference), initial=initial)
        self.stimulate(ours, theirs, population, random)
        return ours, theirs

    def stimulate(self, ours, theirs, population: Cells, random: np.random.Generator) -> None:
        scale = 5.0 if population.model == "Izhikevich" else 200.0
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
        receptor = "input" if self.plan.populations[synapses.post].model == "Relay" else f"r{synapses.receptor}"

        def rules(library):
            random = generator(self.plan, 2, index)
            bound = self.bound(index)
            return [getattr(library, rule[0])(**rule_numbers(random, rule, bound)) for rule in synapses.rules]

        (pre, pre_oracle), (post, post_oracle) = self.populations[synapses.pre], self.populations[synapses.post]
        ours = self.engine.connect(
            pre,
            post,
            pl.Explicit(sources, targets),
            receptor=receptor,
            weight=weights,
            delay=delays * self.plan.dt,
            dendritic_fraction=synapses.fraction,
            plasticity=rules(pl),
        )
        theirs = self.oracle.connect(
            pre_oracle, post_oracle, sources, targets, weights, delays, receptor, synapses.fraction, rules(reference)
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
        if action.what in ("freeze", "thaw") and synapses.rules:
            ours.plastic = theirs.plastic = action.what == "thaw"
        elif action.what in ("weights", "flip"):
            sign = -1.0 if np.any(theirs.weights < 0) else 1.0
            if action.what == "flip" and negative_allowed(self.plan, synapses):
                sign = -sign
            weights = sign * self.new_weights(index, number + 1)
            ours.set_weights(weights[order])
            theirs.weights = weights
        elif action.what == "learning_rate" and synapses.rules:
            last = len(synapses.rules) - 1
            rate = 0.5 * theirs.rules[last].learning_rate
            ours.set({"learning_rate" if last == 0 else f"{last}.learning_rate": rate})
            theirs.rules[last].learning_rate = rate
        elif action.what in ("V", "I_e", "tau"):
            self.change_neurons(action)

    def change_neurons(self, action: Action) -> None:
        index = action.which % len(self.populations)
        population = self.plan.populations[index]
        if isinstance(population, Spikes) or population.model == "Relay":
            return
        ours, theirs = self.populations[index]
        random = generator(self.plan, 4, index, action.step)
        if action.what == "V":
            ours_and_theirs = {"V": random.uniform(-70, -59, population.size)}
        elif action.what == "I_e":
            ours_and_theirs = {"I_e": ours.get("I_e") * random.uniform(0.5, 1.5, population.size)}
        else:
            changeable = ("CurrentExp", "ConductanceExp", "CurrentAlpha", "ConductanceAlpha")
            names = [f"r{i}.tau" for i, part in enumerate(population.receptors) if part in changeable]
            ours_and_theirs = {name: random.uniform(0.5, 10, population.size) for name in names}
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
            if isinstance(population, Cells) and population.model != "Relay":
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
        V, tolerance = theirs.V, IZHIKEVICH_TOLERANCE if population.model == "Izhikevich" else TOLERANCE
        limit = tolerance * np.maximum(np.abs(V), 1) * upswing(ours, population.model, V)
        assert np.all(np.abs(ours.get("V") - V) <= limit), ("V", ours.get("V"), V)
        others = {"AdEx": ["w"], "ClopathAdEx": ["w", "z", "V_th"], "Izhikevich": ["u"]}.get(population.model, [])
        for other in others:
            np.testing.assert_allclose(ours.get(other), theirs.state(other), rtol=tolerance, atol=100 * tolerance)
        if population.model != "Izhikevich":
            assert np.array_equal(ours.get("refractory"), theirs.state("refractory"))
        for i, part in enumerate(population.receptors):
            if part != "CurrentDelta":
                name = f"r{i}.I" if part.startswith("Current") else f"r{i}.g"
                scale = (WEAK_STRENGTH if population.model == "Izhikevich" else STRENGTH).get(part, 1.0)
                np.testing.assert_allclose(
                    ours.get(name), theirs.state(name), rtol=TOLERANCE, atol=TOLERANCE * scale, err_msg=name
                )


def upswing(ours, model: str, V: np.ndarray) -> np.ndarray:
    """How much the upswing of a spike has multiplied a difference in V: about as much as the slope dV/dt."""
    if model in ("AdEx", "ClopathAdEx"):
        return np.exp(np.clip((V - ours.get("V_th")) / ours.get("Delta_T"), 0, 20))
    return np.maximum(0.04 * V**2 + 5 * V + 140, 1) if model == "Izhikevich" else np.ones_like(V)


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
    learning = Synapses(
        2,
        0,
        0,
        tuple(pairs),
        draw(st.sampled_from((0.0, 1.0, 0.5, 0.8))),
        True,  # negative: an arrival never makes the relay spike on its own
        tuple(draw(lists_of_rules(1))),
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
        for receptors in (st.sampled_from(("CurrentExp", "ConductanceExp")), st.sampled_from(RECEPTORS))
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
    what = st.sampled_from(("read", "weights", "flip", "tau", "V"))
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
    (("PowerLawSTDP", "all"),),
    (("STDP", "power", "presynaptic"),),
    (("STDP", "multiplicative", "nearest"), ("STDP", "power", "presynaptic"), ("InhibitorySTDP",)),
)


@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("rules", LONG_ROW_RULES, ids=lambda rules: "+".join(rule[0] for rule in rules))
@pytest.mark.parametrize("precision", ["double", "single"])
def test_synapses_learn_alike_wherever_they_stand_in_a_long_row(precision, rules, fraction):
    """Oracle: the reference simulator with one target for each of 7 trains, from silent to dense; the row has 1,234 targets.

    Rows are taken in blocks and events in rounds: what a synapse does must not depend on its neighbours.
    """
    random = np.random.default_rng(3)
    kinds, size, steps, delay = 7, 1234, 400, 12
    trains = [np.sort(random.choice(np.arange(1, steps - 2), n, replace=False)) for n in (0, 1, 3, 9, 27, 81, 200)]
    arrivals = [[5, 60, 61, 190, 350], [120, 380], []]
    numbers = [rule_numbers(np.random.default_rng([4, k]), rule, 1.0) for k, rule in enumerate(rules)]
    numbers = [n | {"learning_rate": 0.05 * n["learning_rate"]} for n in numbers]  # away from the bounds
    made = [[getattr(library, r[0])(**n) for r, n in zip(rules, numbers, strict=True)] for library in (pl, reference)]
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


@pytest.mark.parametrize("rules", [(), (("STDP", "additive", "all"),), (("InhibitorySTDP",),)])
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
