"""Rules that pair spikes: closed forms, the reference on random trains, bounds, and how noise is distributed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

import plastica as pl
import reference
from conformance.setups import DT, PRECISION
from conformance.test_plasticity import DIFFERENCES, isolated_pairs, trains_of
from plastica.protocols import bursts_of_pairs, pairing, quadruplets, triplets

DELAYS = [(1, 0.0, 0), (12, 0.0, 0), (12, 0.5, 6), (12, 1.0, 12)]


def at_synapse(delay: int, dendritic: int) -> np.ndarray:
    """Post minus pre, in ms, of each of DIFFERENCES."""
    return (DIFFERENCES + dendritic - (delay - dendritic)) * DT


def lobes(interval, plus, minus):
    """A window of two functions of the distance; spikes that meet do not pair."""
    meets = np.abs(interval) < DT / 2
    assert np.count_nonzero(meets) == 1
    distance = np.abs(interval)
    return np.where(meets, 0.0, np.where(interval > 0, plus(distance), minus(distance)))


# ------------------------------------------------------------------------------------------------ isolated pairs


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(("delay", "fraction", "dendritic"), DELAYS)
def test_isolated_pair_changes_the_weight_by_the_table_of_its_window(delay, fraction, dendritic, precision):
    """Oracle: linear interpolation between the points, 0 outside; points lie on, between and beyond steps of the grid."""
    intervals = np.array([-61.03, -40.0, -7.77, -0.05, 0.05, 3.3, 3.4, 25.0, 70.0])
    changes = np.array([-0.3, -0.9, 0.4, -1.2, 1.1, 0.2, 0.9, -0.5, 0.35])
    rule = pl.WindowSTDP(intervals=intervals, changes=changes, learning_rate=0.1, w_max=1.7)
    weights = isolated_pairs(rule, 0.6, delay, fraction, precision)
    interval = at_synapse(delay, dendritic)
    table = np.interp(interval, intervals, changes, left=0, right=0)
    # a step that is the last point up to rounding is that point
    table[np.abs(interval - 70.0) < 1e-9] = 0.35
    expected = 0.1 * 1.7 * np.where(np.abs(interval) < DT / 2, 0.0, table)
    assert np.max(np.abs(weights - 0.6 - expected)) < PRECISION[precision] * np.max(np.abs(expected))


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("pairing", ["all", "nearest"])
@pytest.mark.parametrize(("delay", "fraction", "dendritic"), DELAYS)
def test_isolated_pair_changes_the_weight_by_the_double_exponential(delay, fraction, dendritic, pairing, precision):
    """Oracle: A (exp(-Delta/tau) - exp(-Delta/tau_rise)) of each lobe, times learning_rate w_max."""
    rule = pl.DoubleExponentialSTDP(
        learning_rate=0.1, A_plus=0.9, A_minus=1.1, tau_plus=17.3, tau_plus_rise=4.1, tau_minus=33.1,
        tau_minus_rise=9.9, w_max=1.7, pairing=pairing,
    )  # fmt: skip
    weights = isolated_pairs(rule, 0.6, delay, fraction, precision)
    expected = 0.17 * lobes(
        at_synapse(delay, dendritic),
        lambda t: 0.9 * (np.exp(-t / 17.3) - np.exp(-t / 4.1)),
        lambda t: -1.1 * (np.exp(-t / 33.1) - np.exp(-t / 9.9)),
    )
    assert np.max(np.abs(weights - 0.6 - expected)) < PRECISION[precision] * 0.17


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("dependence", ["additive", "relative"])
@pytest.mark.parametrize(("delay", "fraction", "dendritic"), DELAYS)
def test_isolated_pair_is_not_suppressed(delay, fraction, dendritic, dependence, precision):
    """Oracle: the exponential window, as part of w_max or of the weight: the first spike of a neuron has its whole effect."""
    rule = pl.SuppressionSTDP(learning_rate=0.1, w_max=1.7, dependence=dependence)
    weights = isolated_pairs(rule, 0.6, delay, fraction, precision)
    scale = 0.1 * (1.7 if dependence == "additive" else 0.6)
    window = lobes(
        at_synapse(delay, dendritic), lambda t: 1.03 * np.exp(-t / 13.3), lambda t: -0.51 * np.exp(-t / 34.5)
    )
    assert np.max(np.abs(weights - 0.6 - scale * window)) < PRECISION[precision] * 0.17


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("pairing", ["all", "nearest"])
@pytest.mark.parametrize("weight", [1e-6, 0.1, 0.25, 0.26, 1.0, 30.0])
def test_isolated_pair_of_log_stdp_depends_on_the_weight_as_published(weight, pairing, precision):
    """Oracle: c_plus exp(-w/(beta J0)), and c_minus w/J0 up to J0, c_minus (1 + log(1 + alpha (w/J0 - 1))/alpha) above."""
    rule = pl.LogSTDP(learning_rate=0.03, J0=0.25, sigma=0, pairing=pairing)
    weights = isolated_pairs(rule, weight, 12, 0.5, precision)
    f_plus = math.exp(-weight / (50 * 0.25))
    ratio = weight / 0.25
    f_minus = 0.5 * (ratio if ratio <= 1 else 1 + math.log(1 + 5 * (ratio - 1)) / 5)
    change = 0.03 * lobes(
        at_synapse(12, 6), lambda t: f_plus * np.exp(-t / 17.0), lambda t: -f_minus * np.exp(-t / 34.0)
    )
    limit = PRECISION[precision] * max(0.05, weight if precision == "single" else 0)
    assert np.max(np.abs(weights - weight - change)) < limit


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("pairing", ["all", "nearest"])
def test_isolated_pair_of_van_rossum_potentiates_by_a_constant_and_depresses_in_proportion(pairing, precision):
    """Oracle: c_p exp(-Delta/tau_plus) and -c_d w exp(Delta/tau_minus)."""
    rule = pl.VanRossumSTDP(c_p=0.05, c_d=0.03, sigma=0, tau_plus=19.0, tau_minus=23.0, pairing=pairing)
    weights = isolated_pairs(rule, 2.5, 12, 0.5, precision)
    change = lobes(at_synapse(12, 6), lambda t: 0.05 * np.exp(-t / 19.0), lambda t: -0.03 * 2.5 * np.exp(-t / 23.0))
    limit = PRECISION[precision] * (0.075 if precision == "double" else 2.5)
    assert np.max(np.abs(weights - 2.5 - change)) < limit


TRIPLET = {
    "learning_rate": 0.1, "A2_plus": 0.3, "A3_plus": 0.7, "A2_minus": 0.25, "A3_minus": 0.6,
    "tau_plus": 16.8, "tau_minus": 33.7, "tau_x": 101.0, "tau_y": 125.0,
}  # fmt: skip


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("pairing", ["all", "nearest"])
@pytest.mark.parametrize(("first", "second"), [(50, 70), (3, 400), (400, 3)])
def test_isolated_triplets_add_their_pairs_and_what_the_third_spike_makes_of_the_first(
    first, second, pairing, precision
):
    """Oracle, with a and b between the three spikes (ms), in units of learning_rate:

    post-pre-post: -A2_minus exp(-a/tau_minus) + exp(-b/tau_plus) (A2_plus + A3_plus exp(-(a+b)/tau_y));
    pre-post-pre: A2_plus exp(-a/tau_plus) - exp(-b/tau_minus) (A2_minus + A3_minus exp(-(a+b)/tau_x)).
    """
    rule = pl.TripletSTDP(**TRIPLET, pairing=pairing, w_max=5)
    middle, outer = [1000 + first], [1000, 1000 + first + second]
    weights = trains_of([middle, outer], [outer, middle], rule, 1.0, precision=precision, fraction=0.5)
    a, b = first * DT, second * DT
    post_pre_post = math.exp(-b / 16.8) * (0.3 + 0.7 * math.exp(-(a + b) / 125)) - 0.25 * math.exp(-a / 33.7)
    pre_post_pre = 0.3 * math.exp(-a / 16.8) - math.exp(-b / 33.7) * (0.25 + 0.6 * math.exp(-(a + b) / 101))
    expected = 1 + 0.1 * np.array([post_pre_post, pre_post_pre])
    np.testing.assert_allclose(weights, expected, rtol=PRECISION[precision])


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("dependence", ["additive", "relative"])
@pytest.mark.parametrize(("first", "second"), [(50, 70), (3, 400), (400, 3)])
def test_in_a_triplet_the_second_spike_of_a_neuron_has_what_suppression_leaves(first, second, dependence, precision):
    """Oracle: the second of two spikes that are a + b apart counts 1 - exp(-(a+b)/tau_suppression)."""
    rule = pl.SuppressionSTDP(learning_rate=0.1, w_max=2, dependence=dependence)
    middle, outer = [1000 + first], [1000, 1000 + first + second]
    weights = trains_of([middle, outer], [outer, middle], rule, 1.0, precision=precision, fraction=0.5)
    a, b = first * DT, second * DT
    plus = 1.03 * np.exp(-np.array([b, a]) / 13.3)
    minus = 0.51 * np.exp(-np.array([a, b]) / 34.5)
    plus[0] *= 1 - math.exp(-(a + b) / 88)
    minus[1] *= 1 - math.exp(-(a + b) / 28)
    expected = 1 + 0.2 * (plus - minus) if dependence == "additive" else (1 + 0.1 * plus) * (1 - 0.1 * minus)
    np.testing.assert_allclose(weights, expected, rtol=PRECISION[precision])


def test_a_table_of_the_exponential_window_is_pair_stdp_of_nearest_spikes():
    """Oracle: STDP, on trains with coincidences; the table has every step of the grid."""
    steps = np.arange(-6000, 6001)
    interval = steps * DT
    changes = np.where(steps > 0, 0.9 * np.exp(-interval / 17.3), -1.1 * np.exp(interval / 33.1))
    table = pl.WindowSTDP(intervals=interval, changes=changes, learning_rate=0.01, w_max=1.7)
    stdp = pl.STDP(
        learning_rate=0.01, A_plus=0.9, A_minus=1.1, tau_plus=17.3, tau_minus=33.1, w_max=1.7, pairing="nearest"
    )
    pre, post = random_trains(3, 20, 60, 3000)
    np.testing.assert_allclose(
        trains_of(pre, post, table, 0.8, fraction=0.5), trains_of(pre, post, stdp, 0.8, fraction=0.5), rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("precision", ["double", "single"])
def test_symmetric_and_anti_hebbian_pairs_are_pair_stdp_with_signs(precision):
    """Oracle: both lobes A exp(-|Delta|/tau); and the window of STDP mirrored in the weight."""
    interval = at_synapse(12, 6)
    symmetric = pl.STDP.symmetric(learning_rate=0.1, A=0.8, tau=17.0, w_max=1.7)
    expected = 0.17 * lobes(interval, *(2 * [lambda t: 0.8 * np.exp(-t / 17.0)]))
    change = isolated_pairs(symmetric, 0.6, 12, 0.5, precision) - 0.6
    assert np.max(np.abs(change - expected)) < PRECISION[precision] * 0.17
    anti = pl.STDP.anti_hebbian(
        learning_rate=0.1, A_pre_post=0.9, A_post_pre=0.5, tau_pre_post=17.3, tau_post_pre=33.1, w_max=1.7
    )
    expected = 0.17 * lobes(interval, lambda t: -0.9 * np.exp(-t / 17.3), lambda t: 0.5 * np.exp(-t / 33.1))
    change = isolated_pairs(anti, 0.8, 12, 0.5, precision) - 0.8
    assert np.max(np.abs(change - expected)) < PRECISION[precision] * 0.17


# ------------------------------------------------------------------------------------------------ published numbers

# Change of a weight of 1 by 60 pairs of +10 and -10 ms at 20, 40 and 50 Hz, and by 60 triplets or pairs at 1 Hz, each from
# an independent calculation, to three digits. Pfister and Gerstner (2006), SCIENCE P03.
VISUAL_CORTEX = {
    ("all", "full"): [0.247, 0.534, 0.741, -0.352, 0.155, 0.727],
    ("nearest", "full"): [0.323, 0.560, 0.624, -0.338, 0.260, 0.619],
    ("all", "minimal"): [0.228, 0.532, 0.763, -0.342, 0.174, 0.749],
    ("nearest", "minimal"): [0.322, 0.568, 0.636, -0.279, 0.290, 0.630],
}
HIPPOCAMPUS = {
    ("all", "full"): [0.043, 0.005, -0.078, 0.102, 0.358, 0.204, 0.108, 0.325, 0.202, -0.104],
    ("nearest", "minimal"): [0.050, 0.018, -0.042, 0.090, 0.379, 0.217, 0.105, 0.357, 0.152, -0.134],
}


# The delay in steps and its dendritic part: the engine sums up events of the one, and replays those of the other.
WALKS = {"summed": (1, 0.0), "replayed": (10, 0.5)}


def changes_by(protocols, rule, walk):
    """Of a weight of 1, with the intervals of the protocols at the synapse."""
    delay, fraction = WALKS[walk]
    steps = [[np.rint(times / DT).astype(int) for times in protocol] for protocol in protocols]
    later = round(delay * (1 - 2 * fraction))
    pre, post = [pre - later for pre, _ in steps], [post for _, post in steps]
    return trains_of(pre, post, rule, 1.0, delay=delay, fraction=fraction) - 1


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize(("pairs", "form"), VISUAL_CORTEX)
def test_the_sets_of_visual_cortex_give_the_frequency_dependence_of_their_fit(pairs, form, walk):
    rule = pl.TripletSTDP.visual_cortex(pairing=pairs, form=form, w_max=10)
    change = changes_by([pairing(*condition) for condition in product((10, -10), (20, 40, 50))], rule, walk)
    np.testing.assert_allclose(change, VISUAL_CORTEX[pairs, form], rtol=0, atol=1e-3)


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize(("pairs", "form"), HIPPOCAMPUS)
def test_the_sets_of_hippocampus_give_the_triplets_of_their_fit(pairs, form, walk):
    rule = pl.TripletSTDP.hippocampus(pairing=pairs, form=form, w_max=10)
    intervals = [(5, -5), (10, -10), (15, -5), (5, -15), (-5, 5), (-10, 10), (-5, 15), (-15, 5)]
    protocols = [triplets(*two) for two in intervals] + [pairing(10), pairing(-10)]
    change = changes_by(protocols, rule, walk)
    np.testing.assert_allclose(change, HIPPOCAMPUS[pairs, form], rtol=0, atol=1e-3)


@pytest.mark.parametrize("area", ["visual_cortex", "hippocampus"])
@pytest.mark.parametrize(("pairs", "form"), VISUAL_CORTEX)
def test_a_minimal_set_is_one_of_the_rule_without_the_terms_it_leaves_out(area, pairs, form):
    """Oracle: Pfister and Gerstner (2006): A3_minus = 0 in minimal sets, and A2_plus = 0 in those of visual cortex."""
    rule = getattr(pl.TripletSTDP, area)(pairing=pairs, form=form)
    assert rule.pairing == pairs
    assert (rule.A3_minus == 0) == (form == "minimal")
    assert (rule.A2_plus == 0) == (form == "minimal" and area == "visual_cortex")
    assert (rule.tau_plus, rule.tau_minus) == (16.8, 33.7)


# ------------------------------------------------------------------------------------------------ protocols


def test_protocols_start_where_they_are_told_and_keep_their_intervals():
    """Oracle: their definitions."""
    for protocol in (pairing(-7, 20, 3, start=50), bursts_of_pairs(-7, 20, 3, 1, start=50)):
        np.testing.assert_allclose(protocol.post, [50, 100, 150])
        np.testing.assert_allclose(protocol.pre, [57, 107, 157])
    bursts = bursts_of_pairs(5, 50, pairs=2, bursts=3, period=1000, start=10)
    np.testing.assert_allclose(bursts.pre, [10, 30, 1010, 1030, 2010, 2030])
    np.testing.assert_allclose(triplets(5, -15, 1, 2, start=10).pre, [10, 30, 1010, 1030])
    np.testing.assert_allclose(triplets(5, -15, 1, 2, start=10).post, [15, 1015])
    np.testing.assert_allclose(triplets(-5, 15, 1, 1, start=10).post, [10, 30])
    late, early = quadruplets(6, 20, 1, 1, start=10), quadruplets(6, -20, 1, 1, start=10)
    np.testing.assert_allclose([*late.post, *late.pre], [10, 36, 16, 30])
    np.testing.assert_allclose([*early.pre, *early.post], [10, 36, 16, 30])


def test_protocols_without_meaning_are_refused():
    for call in (
        lambda: triplets(5, 5),
        lambda: bursts_of_pairs(10, 1, pairs=20),
        lambda: pairing(10, 0),
        lambda: pairing(10, 1, 0),
        lambda: quadruplets(10, 5),
        lambda: pairing(10, start=-1),
        lambda: triplets(float("nan"), -5),
        lambda: pairing(float("nan"), start=10),
    ):
        with pytest.raises(ValueError, match=r"must|longer"):
            call()


# ------------------------------------------------------------------------------------------------ against the reference


@dataclass(frozen=True)
class Case:
    name: str
    numbers: tuple[tuple[str, object], ...]

    def engine(self) -> pl.Rule:
        return getattr(pl, self.name)(**{name: self.array(value) for name, value in self.numbers})

    def oracle(self) -> reference.Rule:
        skip = ("sigma",)  # rules with noise are compared where it is zero
        return getattr(reference, self.name)(**{name: value for name, value in self.numbers if name not in skip})

    @staticmethod
    def array(value):
        return np.array(value) if isinstance(value, tuple) else value

    def __str__(self) -> str:
        return "-".join([self.name, *(str(value) for _, value in self.numbers if isinstance(value, str))])


def case(name: str, **numbers: object) -> Case:
    return Case(name, tuple(numbers.items()))


TAUS = {"tau_plus": 17.3, "tau_minus": 33.1}
PAIRINGS = ("all", "nearest")
CASES = [
    case(
        "WindowSTDP", intervals=(-55.5, -20.0, -3.0, 0.0, 2.0, 31.7), changes=(0.0, -0.7, -0.2, 0.3, 0.9, -0.4),
        learning_rate=0.05, w_max=1.6,
    ),
    *(
        case(
            "DoubleExponentialSTDP", learning_rate=0.08, A_plus=0.9, A_minus=0.8, tau_plus_rise=4.1, tau_minus_rise=7.7,
            w_max=1.6, pairing=pairing, **TAUS,
        )
        for pairing in PAIRINGS
    ),
    *(
        case(
            "SuppressionSTDP", learning_rate=0.1, A_plus=0.9, A_minus=0.4, tau_suppression_pre=28.0,
            tau_suppression_post=88.0, w_max=1.6, dependence=dependence, **TAUS,
        )
        for dependence in ("additive", "relative")
    ),
    *(
        case(
            "LogSTDP", learning_rate=0.02, c_plus=1.0, c_minus=0.5, J0=0.55, alpha=5.0, beta=3.0, sigma=0.0,
            pairing=pairing, **TAUS,
        )
        for pairing in PAIRINGS
    ),
    *(
        case("VanRossumSTDP", c_p=0.02, c_d=0.05, sigma=0.0, pairing=pairing, **TAUS) for pairing in PAIRINGS
    ),
    *(
        case(
            "TripletSTDP", learning_rate=0.05, A2_plus=0.1, A3_plus=0.3, A2_minus=0.4, A3_minus=A3_minus, tau_x=51.0,
            tau_y=67.0, w_max=1.6, pairing=pairing, threshold=threshold, **TAUS,
        )
        for A3_minus in (0.2, 0.0)
        for pairing in PAIRINGS
        for threshold in ("fixed", "per neuron")
    ),
]  # fmt: skip

PRE, POST = 3, 4
DELAY = 7
STEPS = 900


def random_trains(seed: int, count: int, spikes: int, last: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Trains of pairs of neurons, with coincidences: a third of the spikes of the second are the first's."""
    random = np.random.default_rng(seed)
    first = [np.sort(random.choice(np.arange(20, last), spikes, replace=False)) for _ in range(count)]
    second = []
    for train in first:
        shared = random.choice(train, spikes // 3, replace=False)
        own = random.choice(np.arange(20, last), spikes - spikes // 3, replace=False)
        second.append(np.unique(np.concatenate([shared, own])))
    return first, second


def trains() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Trains of PRE and POST neurons that often meet at the synapses, whatever part of the delay is dendritic."""
    random = np.random.default_rng(11)
    pre = [np.sort(random.choice(np.arange(20, STEPS - 20), 40, replace=False)) for _ in range(PRE)]
    post = []
    for number in range(POST):
        meeting = pre[number % PRE][::3] + (0, DELAY, -DELAY, 1)[number]
        own = random.choice(np.arange(20, STEPS - 20), 25, replace=False)
        post.append(np.unique(np.concatenate([meeting[meeting > 5], own])))
    return pre, post


FACTORS = np.array([1.0, 0.3, 2.5, 0.0])
HALF = STEPS // 2


@cache
def of_reference(which: Case, fraction: float, set_factors: bool) -> tuple[np.ndarray, np.ndarray]:
    """Weights at half time, when factors of neurons may be set, and at the end."""
    pre_trains, post_trains = trains()
    net = reference.Network(DT)
    pre = net.sources(PRE, dict(enumerate(pre_trains)))
    teachers = net.sources(POST, {number: train - 2 for number, train in enumerate(post_trains)})
    post = net.population(POST, reference.Relay())
    net.connect(teachers, post, range(POST), range(POST), 1e3, 1)
    sources, targets = np.repeat(np.arange(PRE), POST), np.tile(np.arange(POST), PRE)
    start = np.linspace(-0.3, -1.4, PRE * POST)
    synapses = net.connect(
        pre, post, sources, targets, start, DELAY, dendritic_fraction=fraction, rules=[which.oracle()]
    )
    net.run(HALF)
    middle = synapses.weights
    if set_factors:
        synapses.set_state("ltd_factor", FACTORS)
    net.run(STEPS - HALF)
    return middle, synapses.weights


def of_engine(
    which: Case, fraction: float, set_factors: bool, precision: str, **options
) -> tuple[np.ndarray, np.ndarray]:
    pre_trains, post_trains = trains()
    net = pl.Network(DT, precision=precision, **{"threads": 1, **options})
    pre = net.population(PRE, pl.SpikeSource([train * DT for train in pre_trains]))
    teachers = net.population(POST, pl.SpikeSource([(train - 2) * DT for train in post_trains]))
    post = net.population(POST, pl.Relay())
    net.connect(teachers, post, pl.OneToOne(), weight=1e3, delay=DT)
    start = np.linspace(-0.3, -1.4, PRE * POST)
    synapses = net.connect(
        pre, post, pl.AllToAll(), weight=start, delay=DELAY * DT, dendritic_fraction=fraction, plasticity=which.engine()
    )
    net.run(HALF * DT)
    middle = synapses.weights
    if set_factors:
        synapses.set(ltd_factor=FACTORS)
    net.run((STEPS - HALF) * DT)
    return np.array(middle), np.array(synapses.weights)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("which", CASES, ids=str)
def test_random_trains_with_coincidences_change_weights_as_in_the_reference(which, fraction, precision):
    """Oracle: tests/reference; weights are read in the middle and at the end."""
    expected = of_reference(which, fraction, False)
    got = of_engine(which, fraction, False, precision)
    assert np.max(np.abs(expected[1] - np.linspace(-0.3, -1.4, PRE * POST))) > 0.05
    for weights, oracle in zip(got, expected, strict=True):
        np.testing.assert_allclose(weights, oracle, rtol=0, atol={"double": 1e-11, "single": 2e-5}[precision])


def of_one_synapse(rule: reference.Rule, pre: np.ndarray, post: np.ndarray, weight: float, dt: float) -> float:
    """The weight after all events of one synapse, which sees both trains as they are."""
    neuron = rule.initial_neuron()
    for now in np.union1d(pre, post).tolist():
        history = SimpleNamespace(
            arrivals=pre[pre < now].tolist(), backprops=post[post < now].tolist(), dt=dt, neuron=neuron
        )
        if now in post:
            weight = rule.after_backprop(weight, {}, now, history, 0.0)
        if now in pre:
            weight = rule.after_arrival(weight, {}, now, history, 0.0)
    return weight


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("which", CASES, ids=str)
def test_silences_longer_than_every_trace_and_dense_trains_change_weights_as_in_the_reference(which, precision):
    """Oracle: tests/reference, event by event: 12 s, three bursts of one neuron while the other goes on, and the reverse."""
    random = np.random.default_rng(8)
    dt, last = 0.5, 24_000
    steady = random.choice(np.arange(20, last), 400, replace=False)
    bursts = [random.choice(np.arange(begin, begin + 300), 40, replace=False) for begin in (500, 9000, 22_000)]
    bursts = np.unique(np.concatenate(bursts))
    steady = np.union1d(steady, bursts[::6])
    both = [(steady, bursts), (bursts, steady)]
    net = pl.Network(dt, precision=precision, threads=1)
    pre = net.population(2, pl.SpikeSource([(arrivals - 1) * dt for arrivals, _ in both]))
    teacher = net.population(2, pl.SpikeSource([(backprops - 2) * dt for _, backprops in both]))
    post = net.population(2, pl.Relay())
    net.connect(teacher, post, pl.OneToOne(), weight=1e3, delay=dt)
    synapses = net.connect(pre, post, pl.OneToOne(), weight=-0.7, delay=dt, plasticity=which.engine())
    net.run((last + 5) * dt)
    expected = [of_one_synapse(which.oracle(), arrivals, backprops, 0.7, dt) for arrivals, backprops in both]
    np.testing.assert_allclose(-synapses.weights, expected, rtol=0, atol={"double": 1e-10, "single": 1e-4}[precision])


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("which", [one for one in CASES if "per neuron" in str(one)], ids=str)
def test_the_factor_of_a_neuron_scales_the_depression_of_its_synapses_from_when_it_is_set(which, precision):
    """Oracle: tests/reference; a factor of 0 leaves no depression at all."""
    expected = of_reference(which, 0.5, True)
    got = of_engine(which, 0.5, True, precision)
    assert np.max(np.abs(expected[1] - of_reference(which, 0.5, False)[1])) > 0.05
    for weights, oracle in zip(got, expected, strict=True):
        np.testing.assert_allclose(weights, oracle, rtol=0, atol={"double": 1e-11, "single": 2e-5}[precision])


def test_the_factor_of_a_neuron_is_1_and_can_be_read_and_set():
    net = pl.Network(threads=1)
    pre, post = net.population(3, pl.PoissonSource(rate=20)), net.population(5, pl.Relay())
    synapses = net.connect(
        pre, post, pl.AllToAll(), weight=1, delay=1, plasticity=pl.TripletSTDP(threshold="per neuron")
    )
    np.testing.assert_array_equal(synapses.get("ltd_factor"), np.ones(5))
    net.run(50)
    synapses.set(ltd_factor=np.arange(5.0))
    net.run(50)
    np.testing.assert_array_equal(synapses.get("ltd_factor"), np.arange(5.0))
    assert synapses.state_role("ltd_factor") == "neuron"


# ------------------------------------------------------------------------------------------------ bounds and rest

STRONG = [
    pl.WindowSTDP(intervals=[-30, -1, 1, 30], changes=[-1, -1, 1, 1], learning_rate=0.7, w_max=1.3),
    pl.DoubleExponentialSTDP(learning_rate=3, w_max=1.3),
    pl.SuppressionSTDP(learning_rate=2, w_max=1.3),
    pl.SuppressionSTDP(learning_rate=2, w_max=1.3, dependence="relative"),
    pl.TripletSTDP(learning_rate=100, w_max=1.3),
    pl.TripletSTDP(learning_rate=100, A2_plus=3e-3, A3_minus=0, w_max=1.3, threshold="per neuron", pairing="nearest"),
    pl.LogSTDP(learning_rate=2, sigma=2),
    pl.VanRossumSTDP(c_p=0.5, c_d=1, sigma=2),
    pl.VanRossumSTDP(c_p=0.5, c_d=1, sigma=2, noise="constant"),
]


def learning(rule, *, seed=3, precision="single", seconds=2.0, chunks=1, watch=False, threads=1, dt=0.5):
    """Weights of 200 synapses between Poisson neurons at 40 Hz, as a course over time if watched."""
    net = pl.Network(dt, seed=seed, threads=threads, precision=precision)
    pre, post = net.population(20, pl.PoissonSource(rate=40)), net.population(10, pl.Relay())
    teachers = net.population(10, pl.PoissonSource(rate=40))
    net.connect(teachers, post, pl.OneToOne(), weight=1e4, delay=dt)
    synapses = net.connect(pre, post, pl.AllToAll(), weight=-0.7, delay=2, dendritic_fraction=0.5, plasticity=rule)
    course = net.record(synapses, "weights", interval=10 * dt) if watch else None
    for _ in range(chunks):
        net.run(seconds * 1000 / chunks)
    return -np.array(course.values) if watch else -synapses.weights


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("rule", STRONG, ids=repr)
def test_weights_stay_within_the_bounds_of_the_rule(rule, precision):
    """Oracle: 0 and w_max, both reached by rules that have both; 0 alone for rules without an upper bound."""
    weights = learning(rule, precision=precision, watch=True)
    assert np.all(weights >= 0)
    assert np.all(np.isfinite(weights))
    if hasattr(rule, "w_max"):
        bound = float(np.float32(rule.w_max)) if precision == "single" else rule.w_max
        assert np.all(weights <= bound)
        assert weights.max() == bound
    else:
        assert weights.max() > 1.5
    assert weights.min() < 0.05


STILL = [
    pl.WindowSTDP(intervals=[-30, 30], changes=[1, 1], learning_rate=0),
    pl.DoubleExponentialSTDP(learning_rate=0),
    pl.SuppressionSTDP(learning_rate=0),
    pl.SuppressionSTDP(learning_rate=0, dependence="relative"),
    pl.TripletSTDP(learning_rate=0),
    pl.TripletSTDP(learning_rate=0, threshold="per neuron", A3_minus=0),
    pl.LogSTDP(learning_rate=0),
    pl.VanRossumSTDP(c_p=0, c_d=0, sigma=0),
]


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("rule", STILL, ids=repr)
def test_a_learning_rate_of_0_is_a_static_synapse(rule, precision):
    """Oracle: the weights it started with, to the last bit."""
    start = 0.7 if precision == "double" else float(np.float32(0.7))
    assert np.all(learning(rule, precision=precision) == start)


@pytest.mark.parametrize("rule", STRONG, ids=repr)
def test_frozen_weights_stay_and_learning_goes_on_with_the_traces_that_went_on(rule):
    """Oracle: weights do not move while `plastic` is false."""
    net = pl.Network(0.5, seed=2, threads=1)
    pre, post = net.population(20, pl.PoissonSource(rate=40)), net.population(10, pl.Relay())
    teachers = net.population(10, pl.PoissonSource(rate=40))
    net.connect(teachers, post, pl.OneToOne(), weight=1e4, delay=0.5)
    synapses = net.connect(pre, post, pl.AllToAll(), weight=-0.7, delay=2, plasticity=rule)
    synapses.plastic = False
    net.run(500)
    assert np.all(synapses.weights == synapses.weights[0])
    synapses.plastic = True
    net.run(500)
    assert np.std(synapses.weights) > 0.01


# ------------------------------------------------------------------------------------------------ noise

NOISY = [
    pl.LogSTDP(learning_rate=0.02),
    pl.VanRossumSTDP(c_p=0.01, c_d=0.01, sigma=0.05),
    pl.VanRossumSTDP(c_p=0.01, c_d=0.01, sigma=0.05, noise="constant"),
]


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("rule", NOISY, ids=repr)
def test_noise_is_the_same_in_chunks_on_threads_and_observed_and_another_with_another_seed(rule, precision):
    """Oracle: promise of the same bits."""
    once = learning(rule, precision=precision)
    np.testing.assert_array_equal(once, learning(rule, precision=precision, chunks=8))
    np.testing.assert_array_equal(once, learning(rule, precision=precision, threads=2))
    watched = learning(rule, precision=precision, watch=True)
    assert len(watched) > 100
    np.testing.assert_array_equal(watched, learning(rule, precision=precision, chunks=8, watch=True, threads=2))
    assert np.all(learning(rule, precision=precision, seed=4) != once)


def many(rule, pre, post, weight, precision):
    """Changes of 4,000 synapses, all with the same two trains (steps)."""
    net = pl.Network(DT, seed=5, threads=1, precision=precision)
    source = net.population(40, pl.SpikeSource(np.asarray(pre) * DT))
    target = net.population(100, pl.Relay())
    teacher = net.population(1, pl.SpikeSource((np.asarray(post) - 2) * DT))
    net.connect(teacher, target, pl.AllToAll(), weight=1e4, delay=DT)
    synapses = net.connect(source, target, pl.AllToAll(), weight=-weight, delay=1, plasticity=rule)
    net.run((max(*pre, *post) + 20) * DT)
    return -synapses.weights - weight


PAIRS_OF_TRAINS = {
    "one pair, post after pre": ([1000], [1100]),  # 9 ms at the synapse
    "one pair, pre after post": ([1100], [1000]),  # 11 ms
    "two arrivals before the spike": ([1000, 1050], [1100]),  # 9 and 4 ms
    "two spikes before the arrival": ([1100], [1000, 1050]),  # 11 and 6 ms
}


def pairs_of(name):
    pre, post = PAIRS_OF_TRAINS[name]
    distances = np.abs(np.array([(after - before) * DT - 1.0 for before in pre for after in post]))
    return pre, post, distances, post[-1] > pre[-1]


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("pairs", PAIRS_OF_TRAINS)
@pytest.mark.parametrize("name", ["fading", "constant", "log"])
def test_noise_is_normal_of_the_stated_size_and_of_its_own_for_every_pair_and_synapse(name, pairs, precision):
    """Oracle: mean and variance of the sum over pairs of their change times (1 + noise); Kolmogorov's distance.

    fading: sigma w exp(-Delta/tau) of each pair; constant: sigma w of each event; log: sigma times the pair's change.
    """
    pre, post, distances, potentiates = pairs_of(pairs)
    w = 2.0
    if name == "log":
        rule = pl.LogSTDP(learning_rate=0.1, J0=1.0, sigma=0.6)
        f_minus = 0.5 * (1 + math.log(1 + 5 * (w - 1)) / 5)
        scale, tau = (math.exp(-w / 50), 17.0) if potentiates else (-f_minus, 34.0)
        parts = 0.1 * scale * np.exp(-distances / tau)
        mean, deviation = parts.sum(), 0.6 * np.sqrt((parts**2).sum())
    else:
        rule = pl.VanRossumSTDP(c_p=0.1, c_d=0.03, sigma=0.02, tau_plus=17.0, tau_minus=25.0, noise=name)
        scale, tau = (0.1, 17.0) if potentiates else (-0.03 * w, 25.0)
        window = np.exp(-distances / tau)
        mean = scale * window.sum()
        deviation = 0.02 * w * (np.sqrt((window**2).sum()) if name == "fading" else 1.0)
    change = many(rule, pre, post, w, precision)
    z = np.sort((change - mean) / deviation)
    assert len(np.unique(z)) > 0.9 * len(z)
    normal = np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in z])
    distance = np.max(np.abs(normal - (np.arange(len(z)) + 0.5) / len(z)))
    assert distance < 1.63 / math.sqrt(len(z))  # 1 % of samples are farther
    assert abs(z.mean()) < 3 / math.sqrt(len(z))
    assert abs(z.var() - 1) < 3 * math.sqrt(2 / len(z))


def test_noise_of_successive_events_is_independent():
    """Oracle: the correlation of the changes by two pairs, 500 ms apart, is 0 within 3 standard errors."""
    rule = pl.VanRossumSTDP(
        c_p=0.0, c_d=0.0, sigma=0.02, tau_plus=5.0, tau_minus=5.0, noise="constant", pairing="nearest"
    )
    first = many(rule, [1000], [1100], 1.0, "double")
    both = many(rule, [1000, 6000], [1100, 6100], 1.0, "double")
    correlation = np.corrcoef(first, (both - first) / (1 + first))[0, 1]
    assert abs(correlation) < 3 / math.sqrt(len(first))
    assert np.std(both - first) > 0.018
