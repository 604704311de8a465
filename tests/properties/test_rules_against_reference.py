"""Lists of rules in the engine, in double precision, against the slow NumPy simulator of `tests/reference`.

Hypothesis draws the structure (which rules, how many spikes, who is connected to whom, when something is read or changed), so
that a failure shrinks to few rules, synapses and events; physical numbers come from a generator seeded by one integer.

A new rule gets a line in RULES: its parameters, drawn. Its oracle is the class of the same name in `tests/reference`.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import plastica as pl
import reference

TOLERANCE = 1e-9
BOUND = 150.0  # pA: the bound of all weights, or where a rule without bound feels at home
Numbers = dict[str, object]
Draw = Callable[[np.random.Generator, float], Numbers]

# ------------------------------------------------------------------------------------------------ the rules


def drawn(**ranges: object) -> Draw:
    """Parameters of a rule: (low, high) is drawn, a Weight is in units of w_max, anything else stands."""

    def numbers(random: np.random.Generator, w_max: float) -> Numbers:
        found: Numbers = {}
        for name, value in ranges.items():
            value = random.uniform(*value) if isinstance(value, tuple) else value
            if isinstance(value, Weight):
                value = random.uniform(value.low, value.high) * w_max
            found[name] = value
        return found

    return numbers


@dataclass(frozen=True)
class Weight:
    low: float
    high: float


W_MAX = {"w_max": Weight(1, 1)}
TAUS = {"tau_plus": (0.3, 30), "tau_minus": (0.3, 30)}
PAIRS = {"learning_rate": (0.01, 0.3), "A_plus": (0.2, 1.5), "A_minus": (0.2, 1.5)} | TAUS | W_MAX


def window_stdp(random: np.random.Generator, w_max: float) -> Numbers:
    """Points off the grid: a step that rounds to the window's end is in it or is not."""
    points = np.sort(np.concatenate([random.uniform(-30, -1, 3), random.uniform(1, 30, 3)]))
    rate = {"learning_rate": random.uniform(0.01, 0.3), "w_max": w_max}
    return {"intervals": points, "changes": random.uniform(-1, 1, 6)} | rate


def triplet_stdp(pairing: str, threshold: str) -> Draw:
    amplitudes = dict.fromkeys(("A2_plus", "A3_plus", "A2_minus", "A3_minus"), (0.1, 1.0))
    taus = TAUS | {"tau_x": (5, 100), "tau_y": (5, 100)}
    return drawn(learning_rate=Weight(0.01, 0.1), pairing=pairing, threshold=threshold, **amplitudes, **taus, **W_MAX)


# Bounds act at events, and where the engine takes a new origin for its integrals, every 8 time constants: what moves a weight
# into a bound and out of it again between two events must be slower than these tests.
SLOW = (19, 100)


def reward_gate(tau: object, tau_rise: object) -> Draw:
    return drawn(modulator="dopamine", tau=tau, tau_rise=tau_rise, learning_rate=(0.01, 0.1))


def voltage_stdp(homeostasis: bool) -> Draw:
    """The neurons of these tests rest at -65 mV and are driven to anything between -100 and 0 mV."""
    amplitudes = {"learning_rate": (0.5, 1.0), "A_LTD": Weight(1e-3, 1e-2), "A_LTP": Weight(1e-3, 1e-2)}
    thresholds = {"theta_minus": (-67, -63), "theta_plus": (-63, -55), "V_mean": (-70, -60), "u_ref": (3, 10)}
    taus = {"tau_minus": (5, 20), "tau_plus": (5, 20), "tau_x": (5, 30), "delay_u": (0, 4), "tau_homeo": (20, 200)}
    return drawn(homeostasis=homeostasis, **amplitudes, **thresholds, **taus, **W_MAX)


CALCIUM = {"tau_Ca": (5, 30), "C_pre": (0.3, 1.0), "C_post": (0.3, 1.0), "theta_p": (1.2, 1.5), "theta_d": (0.8, 1.1)}
CALCIUM |= {"gamma_p": (1, 5), "gamma_d": (1, 5), "sigma": 0.0, "delay_Ca": (0.2, 8)}

# "PART" or "PART: what is special": its parameters, drawn, for weights up to w_max. Modulators are called "dopamine" and
# "noradrenaline". A rule with noise has it at 0.
RULES: dict[str, Draw] = {
    # pairs and triplets of spikes
    **{
        f"STDP: {dependence}, {pairing}": drawn(
            dependence=dependence, pairing=pairing, mu_plus=(0.2, 2), mu_minus=(0.2, 2), **PAIRS
        )
        for dependence in ("additive", "multiplicative", "power")
        for pairing in ("all", "nearest", "presynaptic")
    },
    "InhibitorySTDP": drawn(target_rate=(10, 80), tau=(0.3, 30), learning_rate=Weight(0.01, 0.3), **W_MAX),
    **{
        f"PowerLawSTDP: {pairing}": drawn(
            learning_rate=(0.01, 0.03), alpha=(0.2, 1.5), mu=(0.1, 1), w_0=Weight(0.3, 0.3), pairing=pairing, **TAUS
        )
        for pairing in ("all", "nearest")
    },
    "WindowSTDP": window_stdp,
    **{
        f"DoubleExponentialSTDP: {pairing}": drawn(
            **PAIRS | {"tau_plus": (5, 30), "tau_minus": (5, 30)},
            tau_plus_rise=(0.3, 4),
            tau_minus_rise=(0.3, 4),
            pairing=pairing,
        )
        for pairing in ("all", "nearest")
    },
    **{
        f"SuppressionSTDP: {dependence}": drawn(
            **PAIRS, tau_suppression_pre=(1, 50), tau_suppression_post=(1, 90), dependence=dependence
        )
        for dependence in ("additive", "relative")
    },
    **{
        f"LogSTDP: {pairing}": drawn(
            learning_rate=Weight(0.01, 0.05),
            c_plus=(0.5, 1.5),
            c_minus=(0.2, 1),
            J0=Weight(0.2, 0.4),
            alpha=(2, 8),
            beta=(2, 50),
            sigma=0.0,
            pairing=pairing,
            **TAUS,
        )
        for pairing in ("all", "nearest")
    },
    **{
        f"VanRossumSTDP: {pairing}": drawn(c_p=Weight(0.01, 0.05), c_d=(0.01, 0.1), sigma=0.0, pairing=pairing, **TAUS)
        for pairing in ("all", "nearest")
    },
    **{
        f"TripletSTDP: {pairing}, {threshold}": triplet_stdp(pairing, threshold)
        for pairing in ("all", "nearest")
        for threshold in ("fixed", "per neuron")
    },
    # the membrane potential, calcium
    "VoltageSTDP": voltage_stdp(homeostasis=False),
    "VoltageSTDP: homeostasis": voltage_stdp(homeostasis=True),
    "CalciumSTDP": drawn(**CALCIUM, tau=(50, 200), rho_star=0.5, w_0=Weight(0.01, 0.04), w_1=Weight(1, 1)),
    "TaggingCapture": drawn(
        **CALCIUM,
        h_0=Weight(0.3, 0.5),
        h_max=(1.5, 2.5),
        leak=(0.1, 0.5),
        tau_h=(50, 200),
        theta_tag=(0.01, 0.1),
        theta_pro=(0.05, 0.5),
        tau_p=(20, 100),
        synthesis=1.0,
        tau_z=(20, 100),
        interval=(2, 9),
    ),
    "TaggingTrigger": drawn(
        w_rest=Weight(0.3, 0.5),
        P_plus=1e12,
        P_minus=1e12,
        w_plus=(0.5, 1),
        w_minus=(0.2, 0.6),
        w_late=(0.5, 2),
        tau_plus=1e18,
        tau_minus=1e18,
        tau_z=(20, 100),
        gamma=(0.1, 0.5),
        theta_pro=(0.5, 3.5),
        tau_rise=(20, 100),
        tau_p=(20, 100),
        synthesis=1.0,
        interval=(2, 9),
    ),
    # what a spike transmits
    **{
        f"TsodyksMarkram: {rest}, {per}, {inactivation}": drawn(
            U=(0.1, 0.8), tau_rec=(5, 100), tau_facil=(5, 100), tau_I=tau_I, rest=rest, per=per
        )
        for rest in ("zero", "U")
        for per in ("axon", "synapse")
        for inactivation, tau_I in (("at once", 0.0), ("slowly", (1, 4)))
    },
    "VesiclePools": drawn(
        U=(0.1, 0.8),
        tau_facil=(5, 100),
        n_ready=(5, 10),
        n_recycling=(20, 40),
        n_reserve=(100, 200),
        tau_ready=(10, 100),
        tau_reserve=(100, 300),
        tau_retrieval=(20, 200),
        refill_per_spike=(0, 0.5),
    ),
    # a third factor
    "RewardGate": reward_gate((2, 50), 0.0),
    "RewardGate: rising": reward_gate((150, 300), SLOW),
    "LobeGate": drawn(ltp="dopamine", ltd="noradrenaline"),
    "ModulatedSTDP": drawn(ltp="dopamine", ltd="noradrenaline", overlap=(0, 1), **PAIRS),
    "DualEligibility": drawn(
        ltp="dopamine",
        ltd="noradrenaline",
        learning_rate=(0.01, 0.1),
        max_plus=0.0,
        max_minus=0.0,
        tau_plus=SLOW,
        tau_minus=SLOW,
    ),
    "DualEligibility: saturating": drawn(
        ltp="noradrenaline",
        ltd="dopamine",
        learning_rate=(0.01, 0.1),
        max_plus=Weight(0.1, 0.5),
        max_minus=Weight(0.1, 0.5),
        tau_plus=SLOW,
        tau_minus=SLOW,
    ),
    "RetroactiveConversion": drawn(modulator="dopamine", tau=(15, 100), tau_rise=(1, 10), learning_rate=(0.01, 0.1)),
    **{
        f"RewardSTDP: {pairing}": drawn(
            modulator="dopamine",
            **PAIRS | {"A_plus": Weight(0.01, 0.1), "A_minus": Weight(0.01, 0.1), "learning_rate": (0.01, 0.1)},
            tau=(5, 100),
            baseline=(0, 0.1),
            pairing=pairing,
        )
        for pairing in ("nearest", "all")
    },
    "GlobalInhibitorySTDP": drawn(
        modulator="noradrenaline", target=(0.2, 1), tau=(0.3, 30), learning_rate=Weight(0.01, 0.1), **W_MAX
    ),
    # slow
    "Heterosynaptic": drawn(
        beta=(0.01, 0.1),
        tau=(5, 30),
        tau_reference=(800, 2000),
        P=4 / BOUND**2,
        w_P=Weight(0.5, 0.9),
        interval=(19, 40),
    ),
    "TransmitterInduced": drawn(delta=Weight(0.01, 0.05)),
    "WeightDecay": drawn(tau=(20, 200), w_rest=Weight(0, 1)),
    "Consolidation": drawn(tau=(20, 200), tau_reference=(20, 200)),
    "Cascade": drawn(levels=2, x=0.5, learning_rate=1.0, w_low=Weight(0.2, 0.3), w_high=Weight(0.6, 0.8)),
    "BidirectionalChain": drawn(
        variables=4, n=(1.5, 3), alpha=(0.1, 0.3), tau=(10, 30), w_mean=Weight(0.3, 0.6), interval=(2, 9)
    ),
}
# Rules without an upper bound: they are not in one list with those that have one.
UNBOUNDED = {"PowerLawSTDP", "LogSTDP", "VanRossumSTDP"}
# Rules about what others before them do, and one that takes no others beside it but those of axons.
AFTERWARDS = {"RewardGate", "LobeGate", "DualEligibility", "RetroactiveConversion", "TaggingTrigger", "Cascade"}
ALONE = {"VoltageSTDP"}
# Rules that write the weight from variables of their own: what others do between their events is lost.
OWNERS = {"CalciumSTDP", "TaggingCapture", "TaggingTrigger", "Cascade"}
AT_EVENTS = {"STDP", "InhibitorySTDP", "WindowSTDP", "DoubleExponentialSTDP", "TripletSTDP", "ModulatedSTDP"}
# Rules whose presynaptic events are late.
LATE = {"CalciumSTDP", "TaggingCapture"}
# Rules that need a dendritic fraction of 0.
SOMATIC = {"VoltageSTDP", "TaggingCapture", "TaggingTrigger", "Heterosynaptic", "BidirectionalChain"}
# Parameters that may change at any time: nothing that was accumulated before depends on them.
CHANGEABLE = ("learning_rate",)
# All synapses of one source and delay share its variables.
AXON = {"TsodyksMarkram", "VesiclePools"}
# States that are not set here: oracles that keep a list of events instead, and states that are whole numbers.
NOT_SET = {"RewardGate", "RetroactiveConversion", "RewardSTDP", "Cascade", "TaggingTrigger"}
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


def part(rule: str) -> str:
    return rule.split(":")[0]


def known(rules: tuple[str, ...]) -> bool:
    return all(hasattr(pl, part(rule)) for rule in rules)


RULES = {rule: numbers for rule, numbers in RULES.items() if known((rule,))}
COMPOSITIONS = {name: rules for name, rules in COMPOSITIONS.items() if known(rules)}
BOUNDED = {part(rule) for rule, numbers in RULES.items() if "w_max" in numbers(np.random.default_rng(0), BOUND)}
BOUNDED |= {"CalciumSTDP"}  # by w_1


def go_together(rules: tuple[str, ...]) -> bool:
    """Whether the engine takes this list: others it refuses, with a reason."""
    parts = [part(rule) for rule in rules]
    synaptic = [part(rule) for rule in rules if part(rule) not in AXON]
    transmitting = [rule for rule in rules if part(rule) in AXON and "synapse" in rule]
    owners = [name for name in synaptic if name in OWNERS]
    return not (
        (BOUNDED.intersection(parts) and UNBOUNDED.intersection(parts))
        or (AFTERWARDS.intersection(synaptic) and (synaptic[0] in AFTERWARDS or rules[0] in transmitting))
        or (len(synaptic) + len(transmitting) > 1 and ALONE.intersection(parts))
        or (owners and (synaptic[-1:] != owners or not AT_EVENTS.issuperset(synaptic[:-1])))
        or (LATE.intersection(parts) and len(synaptic) > 1)
    )


def with_company(rule: str) -> tuple[str, ...]:
    """The rule alone, or after another where it is about others."""
    return ("STDP: additive, all", rule) if part(rule) in AFTERWARDS else (rule,)


def oracles() -> dict[str, type]:
    """The classes of all modules of the reference that say what a rule does."""
    found = {}
    for module in pkgutil.iter_modules(reference.__path__):
        if module.name == "plasticity" or module.name.startswith("rules_"):
            found |= vars(importlib.import_module(f"reference.{module.name}"))
    return {name: value for name, value in found.items() if isinstance(value, type)}


ORACLES = oracles()


def oracle(name: str, numbers: Numbers) -> reference.Rule:
    """With the parameters that it has: noise that is 0 is none of them."""
    known = {item.name for item in dataclasses.fields(ORACLES[name])}
    return ORACLES[name](**{key: value for key, value in numbers.items() if key in known})


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
    return st.lists(st.sampled_from(sorted(RULES)), min_size=1, max_size=4).map(tuple).filter(go_together)


@st.composite
def plans(draw: st.DrawFn, rules: st.SearchStrategy[tuple[str, ...]]) -> Plan:
    list_of_rules, steps = draw(rules), draw(st.integers(20, 300))
    somatic = any(part(rule) in SOMATIC for rule in list_of_rules)
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
        fraction=0.0 if somatic else draw(st.sampled_from((0.0, 1.0, 0.5, 0.37))),
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
            [oracle(name, n) for name, n in zip(names, numbers, strict=True)],
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
        changeable = any(part(rule) not in AXON or "synapse" in rule for rule in self.plan.rules)
        if action.what in ("freeze", "thaw") and changeable:
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
        parts = {name: part(self.plan.rules[theirs.find(name)[0]]) for name in seen(ours)}
        names = [name for name in parts if parts[name] not in NOT_SET]
        if not names:
            return
        name = names[which % len(names)]
        values = theirs.state(name)
        if parts[name] in AXON:
            values = values.mean() * random.uniform(0.3, 1) if len(values) else 0.0
        else:
            values = values * random.uniform(0.3, 1, len(values))
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


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=15, report_multiple_bugs=False)
@given(data=st.data())
def test_a_rule_alone_does_what_its_oracle_does(rule, data):
    """Oracle: the reference simulator, at the end and at every moment at which something is read or changed."""
    Pair(data.draw(plans(st.just(with_company(rule))))).run()


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
@pytest.mark.parametrize("name", [*RULES, *COMPOSITIONS])
def test_the_networks_of_these_tests_learn(name, free):
    """Oracle: a comparison of weights that stand still shows nothing. Most weights change, of the reference too."""
    pairs = tuple((i % 3, i % 2, 1 + 4 * i) for i in range(8))
    rules = COMPOSITIONS.get(name, with_company(name))
    fraction = 0.0 if any(part(rule) in SOMATIC for rule in rules) else 0.5
    pair = Pair(
        Plan(rules, 3, 300, 0.5, 1, fraction, False, free, (30, 40, 50), (50, 30), pairs, ((0, 1, 9),) if free else ())
    )
    ours, theirs, _ = pair.projections[0]
    before = [theirs.weights, *(theirs.state(name) for name in seen(ours))]
    pair.run()
    after = [theirs.weights, *(theirs.state(name) for name in seen(ours))]
    moved = [np.mean(old != new) for old, new in zip(before, after, strict=True)]
    assert moved[0] > 0.5 or (max(moved) > 0.5 and part(rules[0]) in AXON)


def test_every_rule_that_is_not_always_random_has_a_line_in_the_table():
    """Oracle: the list of the native module."""
    names = {p["name"] for p in pl._native.parts() if p["kind"] == "rule"}
    assert {part(rule) for rule in RULES} == names - {"QuantalRelease"}
