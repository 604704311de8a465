"""Slow rules: closed forms, the reference on random trains, bounds, frozen weights, and how a cascade is distributed."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

import plastica as pl
import reference
from conformance.setups import DT, PRECISION

PRECISIONS = pytest.mark.parametrize("precision", ["double", "single"])


def one_to_one(rules, pre, post, weight, *, precision="double", delay=1, fraction=0.0, dt=DT, **options):
    """A network of one synapse for each pair of trains (steps), and its projection; weights are magnitudes times -1."""
    net = pl.Network(dt, precision=precision, **{"threads": 1, **options})
    sources = net.population(len(pre), pl.SpikeSource([np.asarray(train) * dt for train in pre]))
    # a relay repeats its teacher two steps later; negative weights never make it spike
    teachers = net.population(len(post), pl.SpikeSource([(np.asarray(train) - 2) * dt for train in post]))
    cells = net.population(len(post), pl.Relay())
    net.connect(teachers, cells, pl.OneToOne(), weight=1e4, delay=dt)
    rules = rules(net) if callable(rules) else rules
    return net, net.connect(
        sources, cells, pl.OneToOne(), weight=-np.asarray(weight, dtype=float), delay=delay * dt,
        dendritic_fraction=fraction, plasticity=rules,
    )  # fmt: skip


NEVER = np.array([], dtype=int)

# ------------------------------------------------------------------------------------------------ closed forms


@PRECISIONS
@pytest.mark.parametrize("interval", [20, 100, 333])
def test_a_burst_leads_weights_back_by_the_cube_of_the_trace_at_every_spike(interval, precision):
    """Oracle: the k-th spike of a regular train finds y = sum of q^j, j = 1..k-1, and leaves 1 - beta y^3 of w - reference."""
    rule = pl.Heterosynaptic(beta=0.08, tau=20.0)
    weight = np.array([0.2, 0.9, 1.7])
    spikes = 10 + interval * np.arange(8)
    net, synapses = one_to_one([rule], [NEVER] * 3, [spikes] * 3, weight, precision=precision)
    synapses.set(reference=0.5)
    net.run((spikes[-1] + 3) * DT)
    left, y, q = 1.0, 0.0, math.exp(-interval * DT / 20.0)
    for _ in spikes:
        left *= 1 - min(0.08 * y**3, 1)
        y = (y + 1) * q
    np.testing.assert_allclose(-synapses.weights, 0.5 + left * (weight - 0.5), rtol=PRECISION[precision])
    if interval == 20:
        assert left < 0.05


@PRECISIONS
def test_a_burst_does_not_lead_past_the_reference(precision):
    """Oracle: with beta y^3 above 1, the weight is the reference."""
    rule = pl.Heterosynaptic(beta=50.0)
    net, synapses = one_to_one([rule], [NEVER] * 2, [[10, 15, 20]] * 2, [0.3, 2.0], precision=precision)
    synapses.set(reference=[1.1, 0.4])
    net.run(3)
    np.testing.assert_allclose(-synapses.weights, [1.1, 0.4], rtol=PRECISION[precision])


@PRECISIONS
def test_a_reference_follows_its_weight_by_the_cubic_of_the_paper(precision):
    """Oracle: an accurate integration of tau r' = w - r - P r (r - w_P/2) (r - w_P) for constant weights."""
    rule = pl.Heterosynaptic(beta=0.0, tau_reference=1000.0, P=20.0, w_P=0.5, interval=10.0)
    weight, start = np.array([0.0, 0.24, 0.26, 0.8, 0.25]), np.array([0.6, 0.0, 0.5, 0.1, 0.0])
    net, synapses = one_to_one([rule], [NEVER] * 5, [NEVER + 5] * 5, weight, precision=precision)
    synapses.set(reference=start)
    net.run(3000 + DT)  # the tick at 3000 ms acts after what is read at 3000 ms

    def drift(_, r):
        return (weight - r - 20 * r * (r - 0.25) * (r - 0.5)) / 1000

    expected = solve_ivp(drift, (0, 3000), start, rtol=1e-11, atol=1e-12).y[:, -1]
    np.testing.assert_allclose(synapses.get("reference"), expected, atol={"double": 1e-8, "single": 1e-5}[precision])


@pytest.mark.parametrize(("start", "end"), [(0.0, 0.0), (0.2, 0.0), (0.3, 0.5), (0.5, 0.5), (0.9, 0.5)])
def test_a_reference_ends_in_one_of_two_wells_if_the_weight_joins_it(start, end):
    """Oracle: 0 and w_P are stable and w_P/2 is not: the signs of the cubic. Bursts keep the weight at its reference."""
    rule = pl.Heterosynaptic(beta=1.0, tau_reference=1000.0, interval=5.0)
    spikes = np.arange(10, 60_000, 20)
    net, synapses = one_to_one([rule], [NEVER], [spikes], [start])
    net.run(6000)
    assert synapses.get("reference")[0] == pytest.approx(end, abs=0.01)
    assert -synapses.weights[0] == pytest.approx(end, abs=0.01)


@PRECISIONS
def test_transmitter_adds_a_constant_at_every_arrival_up_to_the_bound(precision):
    """Oracle: w + n delta, within [0, w_max]."""
    rules = [pl.TransmitterInduced(delta=0.05), pl.STDP(A_plus=0.0, A_minus=0.0, w_max=1.0)]
    pre = [np.arange(10, 10 + n) for n in (0, 1, 7, 40)]
    net, synapses = one_to_one(rules, pre, [NEVER + 3] * 4, [0.3] * 4, precision=precision)
    net.run(20)
    np.testing.assert_allclose(-synapses.weights, [0.3, 0.35, 0.65, 1.0], rtol=PRECISION[precision])


@PRECISIONS
@pytest.mark.parametrize("tau", [30.0, 1e6])
def test_a_weight_decays_exponentially_however_often_it_is_visited(tau, precision):
    """Oracle: w_rest + (w - w_rest) exp(-t/tau). In 10,000 visits, plain single precision would lose what is below 6e-8 each."""
    rule = pl.WeightDecay(tau=tau, w_rest=0.2)
    net, synapses = one_to_one([rule], [np.arange(1, 10_000)] * 2, [NEVER + 3] * 2, [1.0, 0.0], precision=precision)
    net.run(1000)
    expected = 0.2 + np.array([0.8, -0.2]) * math.exp(-1000 / tau)
    np.testing.assert_allclose(-synapses.weights, expected, rtol={"double": 1e-12, "single": 3e-7}[precision])


@PRECISIONS
@pytest.mark.parametrize(("tau", "tau_reference"), [(50.0, 200.0), (50.0, math.inf), (math.inf, 200.0), (1e6, 3e6)])
def test_a_weight_and_its_reference_relax_to_each_other(tau, tau_reference, precision):
    """Oracle: w - reference decays at the rate 1/tau + 1/tau_reference; each makes its part of the way."""
    rule = pl.Consolidation(tau=tau, tau_reference=tau_reference)
    net, synapses = one_to_one([rule], [np.arange(1, 3000)] * 2, [[7, 1500]] * 2, [1.0, 0.1], precision=precision)
    synapses.set(reference=[0.3, 0.6])
    net.run(300)
    rate = 1 / tau + 1 / tau_reference
    gone = np.array([0.7, -0.5]) * -math.expm1(-300 * rate)
    limit = {"double": 1e-12, "single": 5e-7}[precision]
    np.testing.assert_allclose(-synapses.weights, [1.0, 0.1] - gone / tau / rate, rtol=limit)
    np.testing.assert_allclose(synapses.get("reference"), [0.3, 0.6] + gone / tau_reference / rate, rtol=limit)


@PRECISIONS
@pytest.mark.parametrize(("delay", "fraction", "dendritic"), [(1, 0.0, 0), (12, 0.0, 0), (12, 0.5, 6), (12, 1.0, 12)])
def test_an_isolated_pair_of_global_inhibition_is_symmetric_and_scaled_by_the_signal(
    delay, fraction, dendritic, precision
):
    """Oracle: learning_rate (G_pre (1 + exp(-|Delta|/tau)) or G_pre + G_post exp(-|Delta|/tau)), G read at the event."""
    differences = np.array([-400, -37, -7, -6, -1, 0, 1, 5, 6, 7, 12, 13, 120, 900])

    def rules(net):
        signal = net.modulator("rate", tau=100.0, baseline=1.0)
        signal.release(8.0, at=0.0)
        return [pl.GlobalInhibitorySTDP(modulator=signal, target=4.0, tau=20.0, learning_rate=0.01, w_max=5.0)]

    net, synapses = one_to_one(
        rules, [[1000]] * len(differences), [[1000 + d] for d in differences], [2.0] * len(differences), delay=delay,
        fraction=fraction, precision=precision,
    )  # fmt: skip
    net.run(250)
    arrival, backprop = 1000 + delay - dendritic, 1000 + differences + dendritic
    pair = np.where(arrival == backprop, 0.0, np.exp(-np.abs(arrival - backprop) * DT / 20.0))
    last = np.maximum(arrival, backprop)

    def signal(step):
        return 1.0 + 8.0 * np.exp(-step * DT / 100.0) - 4.0

    expected = 2.0 + 0.01 * (signal(arrival) + signal(last) * pair)
    np.testing.assert_allclose(-synapses.weights, expected, rtol=PRECISION[precision])


@PRECISIONS
@pytest.mark.parametrize("variables", [1, 2, 3, 5, 8, 12])
def test_a_kick_flows_through_the_chain_as_the_exponential_of_its_matrix(variables, precision):
    """Oracle: exp(A t) of the chain's linear flow, on a weight that was set once."""
    numbers = {"variables": variables, "n": 2.0, "alpha": 0.25, "tau": 10.0, "w_mean": 0.5, "interval": 10.0}
    rule = pl.BidirectionalChain(**numbers)
    net, synapses = one_to_one([rule], [NEVER], [NEVER + 5], [0.8], precision=precision)
    net.run(2000 + DT)
    flow = reference.BidirectionalChain(**numbers).flow()
    kick = np.zeros(variables)
    kick[0] = 0.3
    expected = expm(flow * 2000) @ kick
    limit = {"double": 1e-9, "single": 2e-6}[precision]
    assert -synapses.weights[0] - 0.5 == pytest.approx(expected[0], abs=limit)
    for k in range(1, variables):
        assert synapses.get(f"u{k + 1}")[0] == pytest.approx(expected[k], abs=limit)


def test_a_chain_without_a_leak_keeps_its_content():
    """Oracle: the sum of C_k u_k is kept but for what leaves the last variable; with 12 of them, less than 1e-6 in 1 s."""
    rule = pl.BidirectionalChain(variables=12, tau=10.0, interval=10.0)
    net, synapses = one_to_one([rule], [NEVER], [NEVER + 5], [0.8])
    net.run(1000)
    content = -synapses.weights[0] - 0.5 + sum(2.0 ** (k - 1) * synapses.get(f"u{k}")[0] for k in range(2, 13))
    assert content == pytest.approx(0.3, abs=1e-6)


# ------------------------------------------------------------------------------------------------ against the reference


@dataclass(frozen=True, eq=False)
class Case:
    name: str
    engine: object  # of a network
    oracle: tuple
    ticks: bool = False
    states: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


STDP = {"learning_rate": 0.05, "A_plus": 0.9, "A_minus": 1.1, "tau_plus": 17.0, "tau_minus": 29.0, "w_max": 1.6}
PAIRS = (pl.STDP(**STDP), reference.STDP(**STDP, dependence="additive"))
HETERO = {"beta": 2e-4, "tau": 20.0, "tau_reference": 2000.0, "P": 20.0, "w_P": 0.5, "interval": 4.0}
CONSTANT = HETERO | {"tau_reference": math.inf}
GLOBAL = {"target": 2.0, "tau": 21.0, "learning_rate": 0.01, "w_max": 1.6}
CHAIN = {"variables": 6, "n": 2.0, "alpha": 0.25, "tau": 3.0, "w_mean": 0.7, "interval": 2.5}
CASCADE = {"w_low": 0.4, "w_high": 1.2}


def global_rule(net):
    return pl.GlobalInhibitorySTDP(modulator="rate", **GLOBAL)


def with_pairs(rule, oracle):
    return (lambda net: [PAIRS[0], rule]), (PAIRS[1], oracle)


CASES = [
    Case(
        "Heterosynaptic, constant reference",
        *with_pairs(pl.Heterosynaptic(**CONSTANT), reference.Heterosynaptic(**(CONSTANT | {"interval": 0.0}))),
        states=("reference",),
    ),
    Case(
        "Heterosynaptic, consolidating",
        *with_pairs(pl.Heterosynaptic(**HETERO), reference.Heterosynaptic(**HETERO)),
        ticks=True,
        states=("reference",),
    ),
    Case(
        "TransmitterInduced", *with_pairs(pl.TransmitterInduced(delta=0.02), reference.TransmitterInduced(delta=0.02))
    ),
    Case("WeightDecay", *with_pairs(pl.WeightDecay(tau=60.0, w_rest=0.6), reference.WeightDecay(tau=60.0, w_rest=0.6))),
    Case(
        "Consolidation",
        *with_pairs(
            pl.Consolidation(tau=40.0, tau_reference=90.0), reference.Consolidation(tau=40.0, tau_reference=90.0)
        ),
        states=("reference",),
    ),
    Case(
        "GlobalInhibitorySTDP",
        lambda net: [global_rule(net)],
        (reference.GlobalInhibitorySTDP(modulator="rate", **GLOBAL),),
    ),
    *(
        Case(
            f"Cascade of {levels}",
            *with_pairs(pl.Cascade(levels=levels, **CASCADE), reference.Cascade(levels=levels, **CASCADE)),
            states=("state",),
        )
        for levels in (1, 2)
    ),
    Case(
        "BidirectionalChain",
        *with_pairs(pl.BidirectionalChain(**CHAIN), reference.BidirectionalChain(**CHAIN)),
        ticks=True,
        states=("u2", "u4", "u6"),
    ),
    Case(
        "all that decays and grows",
        lambda net: [
            pl.STDP(**STDP),
            pl.Heterosynaptic(**CONSTANT),
            pl.TransmitterInduced(delta=0.02),
            global_rule(net),
            pl.WeightDecay(tau=300.0, w_rest=0.1),
        ],
        (
            PAIRS[1],
            reference.Heterosynaptic(**(CONSTANT | {"interval": 0.0})),
            reference.TransmitterInduced(delta=0.02),
            reference.GlobalInhibitorySTDP(modulator="rate", **GLOBAL),
            reference.WeightDecay(tau=300.0, w_rest=0.1),
        ),
        states=("reference",),
    ),
]
WITH_FRACTIONS = [(case, fraction) for case in CASES for fraction in ((0.0,) if case.ticks else (0.0, 0.5, 1.0))]

PRE, POST, DELAY, STEPS = 3, 4, 7, 900
HALF = STEPS // 2
RELEASES = ((25, 3.0), (300, 4.5), (301, -1.5), (610, 2.0))  # step, amount


def trains() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Trains of PRE and POST neurons that often meet at the synapses, whatever part of the delay is dendritic."""
    random = np.random.default_rng(12)
    pre = [np.sort(random.choice(np.arange(20, STEPS - 20), 40, replace=False)) for _ in range(PRE)]
    post = []
    for number in range(POST):
        meeting = pre[number % PRE][::3] + (0, DELAY, -DELAY, 1)[number]
        own = random.choice(np.arange(20, STEPS - 20), 25, replace=False)
        post.append(np.unique(np.concatenate([meeting[meeting > 5], own])))
    return pre, post


def start_of(which: Case) -> np.ndarray:
    """Two strengths for a cascade, whose weights have no others."""
    spread = np.linspace(0.3, 1.4, PRE * POST)
    return np.where(spread > 0.8, 1.2, 0.4) if "Cascade" in which.name else spread


@cache
def of_reference(which: Case, fraction: float, freeze: bool) -> list[np.ndarray]:
    """Weights and states at half time and at the end; frozen for a third of the second half."""
    pre_trains, post_trains = trains()
    net = reference.Network(DT)
    signal = net.modulator("rate", 30.0, 1.0)
    for step, amount in RELEASES:
        signal.release(step, amount)
    pre = net.sources(PRE, dict(enumerate(pre_trains)))
    teachers = net.sources(POST, {number: train - 2 for number, train in enumerate(post_trains)})
    post = net.population(POST, reference.Relay())
    net.connect(teachers, post, range(POST), range(POST), 1e3, 1)
    synapses = net.connect(
        pre, post, np.repeat(np.arange(PRE), POST), np.tile(np.arange(POST), PRE), -start_of(which), DELAY,
        dendritic_fraction=fraction, rules=copy.deepcopy(which.oracle),
    )  # fmt: skip
    read = []
    for steps, plastic in ((HALF, True), (HALF // 3, not freeze), (STEPS - HALF - HALF // 3, True)):
        synapses.plastic = plastic
        net.run(steps)
        read += [-synapses.weights, *(synapses.state(name) for name in which.states)]
    return read


def of_engine(which: Case, fraction: float, freeze: bool, precision: str, **options) -> list[np.ndarray]:
    pre_trains, post_trains = trains()
    net = pl.Network(DT, precision=precision, **{"threads": 1, **options})
    signal = net.modulator("rate", tau=30.0, baseline=1.0)
    for step, amount in RELEASES:
        signal.release(amount, at=step * DT)
    pre = net.population(PRE, pl.SpikeSource([train * DT for train in pre_trains]))
    teachers = net.population(POST, pl.SpikeSource([(train - 2) * DT for train in post_trains]))
    post = net.population(POST, pl.Relay())
    net.connect(teachers, post, pl.OneToOne(), weight=1e3, delay=DT)
    synapses = net.connect(
        pre, post, pl.AllToAll(), weight=-start_of(which), delay=DELAY * DT, dendritic_fraction=fraction,
        plasticity=which.engine(net),
    )  # fmt: skip
    read = []
    for steps, plastic in ((HALF, True), (HALF // 3, not freeze), (STEPS - HALF - HALF // 3, True)):
        synapses.plastic = plastic
        net.run(steps * DT)
        read += [-synapses.weights, *(synapses.get(name) for name in which.states)]
    return read


@PRECISIONS
@pytest.mark.parametrize(("which", "fraction"), WITH_FRACTIONS, ids=str)
@pytest.mark.parametrize("freeze", [False, True])
def test_random_trains_with_coincidences_change_weights_and_states_as_in_the_reference(
    which, fraction, freeze, precision
):
    """Oracle: tests/reference; read three times. Frozen weights and slow variables stay, and traces go on."""
    expected = of_reference(which, fraction, freeze)
    got = of_engine(which, fraction, freeze, precision)
    assert np.max(np.abs(expected[-1 - len(which.states)] - start_of(which))) > 0.05
    if freeze:
        np.testing.assert_array_equal(got[1 + len(which.states)], got[0])
    # the oracle of a consolidating reference is itself integrated step by step
    limit = {"double": 2e-9 if which.ticks else 1e-11, "single": 3e-5}[precision]
    for values, oracle in zip(got, expected, strict=True):
        np.testing.assert_allclose(values, oracle, rtol=0, atol=limit)


# ------------------------------------------------------------------------------------------------ bounds and rest


def learning(rules, *, seed=3, precision="single", seconds=2.0, chunks=1, threads=1, watch=False, fraction=0.0):
    """Weights of 200 synapses between Poisson neurons at 40 Hz, as a course over time if watched."""
    net = pl.Network(0.5, seed=seed, threads=threads, precision=precision)
    pre, post = net.population(20, pl.PoissonSource(rate=40)), net.population(10, pl.Relay())
    teachers = net.population(10, pl.PoissonSource(rate=40))
    net.connect(teachers, post, pl.OneToOne(), weight=1e4, delay=0.5)
    signal = net.modulator("rate", tau=500.0)
    signal.release_by(post, 0.2)
    synapses = net.connect(
        pre, post, pl.AllToAll(), weight=-0.7, delay=2, dendritic_fraction=fraction, plasticity=rules
    )
    course = net.record(synapses, "weights", interval=5) if watch else None
    for _ in range(chunks):
        net.run(seconds * 1000 / chunks)
    return -np.array(course.values) if watch else -synapses.weights


NOTHING = pl.STDP(learning_rate=0.0, w_max=1.3)
STRONG = pl.STDP(learning_rate=0.4, A_minus=1.0, w_max=1.3)


@PRECISIONS
@pytest.mark.parametrize(
    "rules",
    [
        [STRONG, pl.Heterosynaptic(beta=0.5, tau_reference=2000, interval=5)],
        [STRONG, pl.TransmitterInduced(delta=0.2)],
        [STRONG, pl.TransmitterInduced(delta=-0.2)],
        [STRONG, pl.WeightDecay(tau=20, w_rest=1.2)],
        [STRONG, pl.Consolidation(tau=20, tau_reference=30)],
        [pl.GlobalInhibitorySTDP(modulator="rate", target=2.0, learning_rate=0.3, w_max=1.3)],
        [STRONG, pl.BidirectionalChain(tau=20, interval=10)],
    ],
    ids=lambda rules: type(rules[-1]).__name__,
)
def test_weights_stay_within_the_bounds_of_the_list(rules, precision):
    """Oracle: 0 and w_max, both reached or almost."""
    course = learning(rules, precision=precision, watch=True)
    assert np.all(course >= 0)
    assert np.all(course <= np.float32(1.3) if precision == "single" else course <= 1.3)
    assert course.max() > 1.0
    assert course.min() < 0.3 or isinstance(rules[-1], pl.TransmitterInduced)


@PRECISIONS
@pytest.mark.parametrize(
    "rules",
    [
        [NOTHING, pl.Heterosynaptic(beta=0)],
        [NOTHING, pl.Heterosynaptic(beta=0, tau_reference=2000, interval=5)],
        [NOTHING, pl.Heterosynaptic()],
        [NOTHING, pl.TransmitterInduced(delta=0)],
        [pl.Consolidation()],
        [pl.Consolidation(tau=20, tau_reference=30)],
        [pl.GlobalInhibitorySTDP(modulator="rate", learning_rate=0)],
        [NOTHING, pl.Cascade()],
        [NOTHING, pl.BidirectionalChain(w_mean=0.7)],
        [NOTHING, pl.BidirectionalChain(alpha=0)],
    ],
    ids=lambda rules: type(rules[-1]).__name__,
)
def test_a_rule_without_strength_or_cause_is_a_static_synapse(rules, precision):
    """Oracle: the weight as it was made. A reference starts at its weight, so that nothing relaxes."""
    weights = learning(rules, precision=precision)
    np.testing.assert_array_equal(weights, np.float32(0.7) if precision == "single" else 0.7)


@PRECISIONS
@pytest.mark.parametrize("rules", [case for case in CASES if not case.ticks], ids=str)
def test_the_same_bits_in_chunks_on_threads_and_observed(rules, precision):
    """Oracle: the run in one piece on one thread."""
    made = rules.engine(None)
    once = learning(made, precision=precision, fraction=0.5)
    np.testing.assert_array_equal(learning(made, precision=precision, fraction=0.5, chunks=4, threads=2), once)
    np.testing.assert_array_equal(learning(made, precision=precision, fraction=0.5, watch=True)[-1].shape, once.shape)


@pytest.mark.parametrize("levels", [1, 3, 10])
def test_a_cascade_has_the_same_bits_in_chunks_on_threads_and_others_with_another_seed(levels):
    """Oracle: the run in one piece on one thread; random numbers belong to (seed, synapse, event)."""
    rules = [pl.STDP(learning_rate=0.1, w_max=1.3), pl.Cascade(levels=levels, learning_rate=0.5)]
    once = learning(rules)
    np.testing.assert_array_equal(learning(rules, chunks=5, threads=2), once)
    assert np.any(learning(rules, seed=4) != once)


# ------------------------------------------------------------------------------------------------ the cascade


def candidates(levels, states, up, *, precision="single", x=0.5, learning_rate=1.0, repeats=20_000):
    """States after one candidate event of `repeats` synapses for each state."""
    start = np.repeat(np.asarray(states, dtype=float), repeats)
    rules = [
        pl.TransmitterInduced(delta=0.1 if up else -0.1),
        pl.Cascade(levels=levels, x=x, learning_rate=learning_rate),
    ]
    net = pl.Network(0.5, seed=5, threads=1, precision=precision)
    pre, post = net.population(1, pl.SpikeSource([1.0])), net.population(len(start), pl.Relay())
    synapses = net.connect(pre, post, pl.AllToAll(), weight=-0.25, delay=0.5, plasticity=rules)
    synapses.set(state=start)
    net.run(3)
    state = synapses.get("state")
    np.testing.assert_array_equal(-synapses.weights, np.where(state > 0, 0.75, 0.25))
    return state.reshape(len(states), repeats)


@PRECISIONS
@pytest.mark.parametrize(("levels", "x"), [(1, 0.5), (2, 0.5), (5, 0.5), (4, 0.3)])
@pytest.mark.parametrize("up", [True, False])
def test_a_candidate_moves_a_cascade_with_the_published_probabilities(levels, x, up, precision):
    """Oracle: q_i = x^(i-1), q_n = x^(n-1)/(1-x), p_i = x^i/(1-x), within 4 standard errors; no other transition."""
    states = [side * level for side in (-1, 1) for level in range(1, levels + 1)]
    reached = candidates(levels, states, up, x=x, precision=precision)
    toward = 1 if up else -1
    for state, row in zip(states, reached, strict=True):
        level, side = abs(state), np.sign(state)
        q = 1.0 if levels == 1 else x ** (level - 1) / (1 - x if level == levels else 1)
        p = x**level / (1 - x) if level < levels else 0.0
        probability, entered = (p, state + side) if side == toward else (q, toward)
        moved = row == entered
        assert np.all(moved | (row == state))
        if entered != state:
            error = math.sqrt(probability * (1 - probability) / len(row))
            assert abs(moved.mean() - probability) <= 4 * error


def test_only_part_of_the_candidates_counts_with_a_smaller_learning_rate():
    """Oracle: q = learning_rate for two states, within 4 standard errors; with 0 nothing moves."""
    reached = candidates(1, [-1], True, learning_rate=0.1)
    assert abs(np.mean(reached == 1) - 0.1) < 4 * math.sqrt(0.09 / reached.size)
    np.testing.assert_array_equal(candidates(3, [-2, 1], True, learning_rate=0.0)[:, 0], [-2, 1])


def test_a_cascade_takes_its_state_from_a_weight_that_is_set_and_gives_its_weight_to_a_state():
    rules = [pl.STDP(), pl.Cascade(levels=4)]
    _, synapses = one_to_one(rules, [NEVER] * 3, [NEVER + 5] * 3, [0.25, 0.75, 0.75])
    np.testing.assert_array_equal(synapses.get("state"), [-1, 1, 1])
    synapses.set(state=[3, -2, 4])
    np.testing.assert_array_equal(-synapses.weights, [0.75, 0.25, 0.75])
    synapses.weights = [-0.25, -0.25, -0.75]
    np.testing.assert_array_equal(synapses.get("state"), [-1, -1, 1])


def test_a_cascade_needs_a_rule_before_it():
    with pytest.raises(ValueError, match="Cascade acts on what the rules before it in the list do"):
        one_to_one([pl.Cascade()], [NEVER], [NEVER + 5], [0.25])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: pl.Cascade(levels=2.5), "levels must be a whole number"),
        (lambda: pl.Cascade(w_low=0.5, w_high=0.4), "w_low must be below w_high"),
        (lambda: pl.BidirectionalChain(variables=2.5), "variables must be a whole number"),
        (lambda: pl.BidirectionalChain(interval=5000), "alpha interval must be at most tau / 2"),
        (lambda: pl.Heterosynaptic(tau_reference=100), r"interval \(1 \+ P w_P\^2\) must be at most tau_reference"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        one_to_one([pl.STDP(), make()], [NEVER], [NEVER + 5], [0.25])


# ------------------------------------------------------------------------------------------------ composition (P48)


def orchestrated(without=None):
    """What orchestrated plasticity is made of; depression scales with potentiation as in the paper's code."""
    rules = {
        "TsodyksMarkram": pl.TsodyksMarkram(U=0.2, tau_rec=150, tau_facil=600),
        "TripletSTDP": pl.TripletSTDP(
            learning_rate=1e-2, A2_plus=0, A3_plus=1, A2_minus=1, A3_minus=0, tau_plus=20, tau_minus=20, tau_y=100,
            w_max=5,
        ),
        "Heterosynaptic": pl.Heterosynaptic(beta=0.05, tau_reference=1.2e5, interval=100),
        "TransmitterInduced": pl.TransmitterInduced(delta=2e-4),
    }  # fmt: skip
    return [rule for name, rule in rules.items() if name != without]


def fired(rules, seconds=20.0):
    """Output rate in each second, and weights, of 10 neurons with 200 plastic Poisson inputs of 10 Hz."""
    net = pl.Network(0.5, seed=7, threads=1)
    cells = net.population(10, pl.LIF(C_m=200, tau_m=20, receptors={"exc": pl.ConductanceExp(tau=5, E_rev=0)}))
    inputs = net.population(200, pl.PoissonSource(rate=10))
    synapses = net.connect(inputs, cells, pl.AllToAll(), receptor="exc", weight=2.0, delay=1, plasticity=rules)
    rate = net.record(cells, "rate", interval=1000)
    net.run(seconds * 1000)
    return rate.rates, synapses.weights


def test_orchestrated_plasticity_composes_and_its_heterosynaptic_part_prevents_a_runaway():
    """Oracle (P48): with all four rules, weights stay off their bound and rates settle; without the heterosynaptic one, neither."""
    rates, weights = fired(orchestrated())
    assert rates[-5:].max() < rates[0]
    assert 0.5 < weights.min() < weights.max() < 2.0
    runaway, strong = fired(orchestrated(without="Heterosynaptic"))
    assert runaway[-5:].min() > 2 * rates[-5:].max()
    assert strong.min() > 4.5
