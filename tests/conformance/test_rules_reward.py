"""Rules with a third factor: against closed forms, and against the reference simulator on random spike trains."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import plastica as pl
import reference
from conformance.setups import DT

PRECISIONS = ["double", "single"]
TOLERANCE = {"double": 1e-11, "single": 3e-6}
PAIR = {"learning_rate": 0.02, "A_plus": 0.9, "A_minus": 1.1, "tau_plus": 17.3, "tau_minus": 33.1, "w_max": 1.7}
WINDOW = {**PAIR, "pairing": "all", "dependence": "additive"}
GATE = {"modulator": "dopamine", "tau": 433.0, "tau_rise": 0.0, "learning_rate": 0.001}
RETRO = {"modulator": "dopamine", "tau": 433.0, "tau_rise": 97.0, "learning_rate": 0.005}
DUAL = {
    "ltp": "dopamine",
    "ltd": "serotonin",
    "tau_plus": 433.0,
    "tau_minus": 211.0,
    "learning_rate": 0.001,
    "max_plus": 0.0,
    "max_minus": 0.0,
}
SATURATED = {**DUAL, "max_plus": 0.044, "max_minus": 0.028}
LOBES = {"ltp": "dopamine", "ltd": "serotonin"}
MODULATED = {"ltp": "dopamine", "ltd": "serotonin", "overlap": 0.4, **PAIR}
REWARDED = {
    "modulator": "dopamine",
    "A_plus": 0.02,
    "A_minus": 0.03,
    "tau_plus": 17.3,
    "tau_minus": 33.1,
    "tau": 433.0,
    "learning_rate": 0.005,
    "baseline": 0.013,
    "w_max": 1.7,
    "pairing": "all",
}
# The modulators of all these tests: time constant and baseline, and what is released when (ms).
MODULATORS = {"dopamine": (117.0, 0.07), "serotonin": (61.0, 0.31)}
RELEASES = {"dopamine": {40.0: 0.9, 41.3: 0.4, 150.1: 1.3, 222.2: 0.7}, "serotonin": {17.7: 0.8, 150.1: 0.6}}


def both(*parts: tuple[str, dict[str, Any]]) -> tuple[list[pl.Rule], list[reference.Rule]]:
    """The same rules for the engine and for the reference."""
    engine = [getattr(pl, name)(**values) for name, values in parts]
    twins = [getattr(reference, name)(**values) for name, values in parts]
    return engine, twins


RULES = {
    "gate": [("STDP", WINDOW), ("RewardGate", GATE)],
    "gate that rises": [("STDP", WINDOW), ("RewardGate", {**GATE, "tau_rise": 97.0})],
    "gate at once": [("STDP", WINDOW), ("RewardGate", {**GATE, "tau": 0.0})],
    "lobes": [("STDP", WINDOW), ("LobeGate", LOBES)],
    "lobes, then gate": [("STDP", WINDOW), ("LobeGate", LOBES), ("RewardGate", GATE)],
    "modulated": [("ModulatedSTDP", MODULATED)],
    "dual": [("STDP", WINDOW), ("DualEligibility", DUAL)],
    "dual, saturated": [("STDP", WINDOW), ("DualEligibility", SATURATED)],
    "conversion": [("STDP", WINDOW), ("RetroactiveConversion", RETRO)],
    "rewarded": [("RewardSTDP", REWARDED)],
    "rewarded, nearest": [("RewardSTDP", {**REWARDED, "pairing": "nearest"})],
    "rewarded, and plain": [("RewardSTDP", REWARDED), ("STDP", WINDOW)],
}


@dataclass
class Pair:
    """Two neurons of the engine whose spikes are given, with one synapse between them for each delay."""

    pre: list[Any]  # steps of the spikes of each source
    post: list[Any]
    rules: list[pl.Rule]
    weight: float = 0.8
    delay: int = 12
    fraction: float = 0.0
    precision: str = "double"
    threads: int = 1
    releases: dict[str, dict[float, float]] = field(default_factory=lambda: RELEASES)

    def __post_init__(self) -> None:
        net = self.net = pl.Network(DT, precision=self.precision, threads=self.threads)
        for name, (tau, baseline) in MODULATORS.items():
            modulator = net.modulator(name, tau=tau, baseline=baseline)
            for moment, amount in self.releases.get(name, {}).items():
                modulator.release(amount, at=moment)
        count = len(self.pre)
        sources = net.population(count, pl.SpikeSource([np.asarray(steps) * DT for steps in self.pre]))
        teachers = net.population(count, pl.SpikeSource([(np.asarray(steps) - 2) * DT for steps in self.post]))
        post = net.population(count, pl.Relay())
        net.connect(teachers, post, pl.OneToOne(), weight=1e3, delay=DT)
        # a relay repeats its teacher a step after the arrival; negative weights never make it spike
        self.synapses = net.connect(
            sources,
            post,
            pl.OneToOne(),
            weight=-self.weight,
            delay=self.delay * DT,
            dendritic_fraction=self.fraction,
            plasticity=self.rules,
        )

    @property
    def weights(self) -> np.ndarray:
        return -self.synapses.weights


class Twin:
    """The same in the reference simulator."""

    def __init__(self, pair: Pair, rules: list[reference.Rule]) -> None:
        net = self.net = reference.Network(DT)
        for name, (tau, baseline) in MODULATORS.items():
            modulator = net.modulator(name, tau=tau, baseline=baseline)
            for moment, amount in pair.releases.get(name, {}).items():
                modulator.release(round(moment / DT), amount)
        count = len(pair.pre)
        sources = net.sources(count, {i: steps for i, steps in enumerate(pair.pre) if len(steps)})
        teachers = net.sources(count, {i: np.asarray(s) - 2 for i, s in enumerate(pair.post) if len(s)})
        post = net.population(count, reference.Relay())
        everyone = np.arange(count)
        net.connect(teachers, post, everyone, everyone, 1e3, 1)
        self.synapses = net.connect(
            sources,
            post,
            everyone,
            everyone,
            -pair.weight,
            pair.delay,
            dendritic_fraction=pair.fraction,
            rules=rules,
        )

    @property
    def weights(self) -> np.ndarray:
        return -self.synapses.weights


def random_trains(seed: int, *, count: int = 4, steps: int = 3000, spikes: int = 14) -> list[np.ndarray]:
    """Spike trains, some of them empty or with one spike."""
    draws = np.random.default_rng(seed)
    numbers = [0, 1, *draws.integers(spikes // 2, spikes + 1, count)][-count:]
    return [np.sort(draws.choice(np.arange(20, steps - 20), number, replace=False)) for number in numbers]


def with_coincidences(pre: list[np.ndarray], post: list[np.ndarray], shift: int) -> list[np.ndarray]:
    """Postsynaptic spikes, some of which meet a presynaptic one at the synapse."""
    return [np.unique(np.concatenate([b, a[::3] + shift])) for a, b in zip(pre, post, strict=True)]


# ------------------------------------------------------------------------------------------------ against the reference


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", RULES)
def test_a_rule_does_to_random_trains_what_the_reference_does(name, fraction, precision):
    """Oracle: the reference simulator, weights and states at several moments, spikes that meet at the synapse included."""
    rules, twins = both(*RULES[name])
    pre = random_trains(1)
    dendritic = math.floor(fraction * 12 + 0.5)
    post = with_coincidences(pre, random_trains(2), (12 - dendritic) - dendritic)
    pair = Pair(pre, post, rules, fraction=fraction, precision=precision)
    twin = Twin(pair, twins)
    for _ in range(4):
        pair.net.run(80.0)
        twin.net.run(800)
        np.testing.assert_allclose(pair.weights, twin.weights, rtol=0, atol=TOLERANCE[precision])
        for state in twin.synapses.states():
            np.testing.assert_allclose(
                pair.synapses.get(state), twin.synapses.state(state), rtol=0, atol=TOLERANCE[precision], err_msg=state
            )
    assert np.ptp(pair.weights) > 1e-3


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", RULES)
def test_weights_stay_within_their_bounds(name, precision):
    """Oracle: the bounds, with changes as large as the weight, and the reference."""
    faster = 2000 if name == "dual, saturated" else 40  # its eligibility is small
    strong = [
        (part, {key: faster * value if key == "learning_rate" else value for key, value in values.items()})
        for part, values in RULES[name]
    ]
    rules, twins = both(*strong)
    pre, post = random_trains(3), random_trains(4)
    pair = Pair(pre, post, rules, precision=precision)
    twin = Twin(pair, twins)
    met = False
    for _ in range(12):
        pair.net.run(25.0)
        twin.net.run(250)
        weights = pair.weights
        assert np.all(weights >= 0)
        assert np.all(weights <= 1.7 * (1 + 1e-7))
        met |= bool(np.any(weights == 0) or np.any(weights > 1.7 * (1 - 1e-6)))
    assert met
    np.testing.assert_allclose(pair.weights, twin.weights, rtol=0, atol=30 * TOLERANCE[precision])


@pytest.mark.parametrize("name", RULES)
def test_learning_rate_0_leaves_weights_as_they_are(name):
    """Oracle: a static synapse. With the gates, it is the rate of conversion or of the rule before them that is 0."""
    parts = [
        (part, {**values, **({"learning_rate": 0.0} if "learning_rate" in values else {})})
        for part, values in RULES[name]
    ]
    rules, _ = both(*parts)
    pair = Pair(random_trains(5), random_trains(6), rules)
    pair.net.run(300.0)
    assert np.array_equal(pair.weights, np.full(4, 0.8))


@pytest.mark.parametrize("name", RULES)
def test_a_frozen_projection_keeps_its_weights_and_goes_on_afterwards(name):
    """Oracle: the constant, and the reference, frozen for the same time."""
    rules, twins = both(*RULES[name])
    pair = Pair(random_trains(7), random_trains(8), rules)
    twin = Twin(pair, twins)
    for frozen, duration in ((False, 70.0), (True, 90.0), (False, 140.0)):
        pair.synapses.plastic = twin.synapses.plastic = not frozen
        before = pair.weights
        pair.net.run(duration)
        twin.net.run(round(duration / DT))
        assert not frozen or np.array_equal(pair.weights, before)
        np.testing.assert_allclose(pair.weights, twin.weights, rtol=0, atol=TOLERANCE["double"])


@pytest.mark.parametrize("name", RULES)
def test_looking_at_a_synapse_moves_nothing(name):
    """Oracle: the same bits as a network that nobody looks at, on two threads and in one run."""
    rules, _ = both(*RULES[name])
    pre, post = random_trains(9), random_trains(10)
    looked_at, alone = Pair(pre, post, rules), Pair(pre, post, rules, threads=2)
    recorder = looked_at.net.record(looked_at.synapses, "weights", interval=0.7)
    for _ in range(30):
        looked_at.net.run(10.0)
        for state in looked_at.synapses.states:
            looked_at.synapses.get(state)
    alone.net.run(300.0)
    assert np.array_equal(looked_at.weights, alone.weights)
    assert recorder.values.shape == (math.ceil(300 / 0.7), 4)


# ------------------------------------------------------------------------------------------------ closed forms


def one_pair(
    rules: list[pl.Rule], interval: int, *, releases: dict[str, dict[float, float]], precision: str = "double"
) -> Pair:
    """A pair at the synapse: the arrival at 100 ms, the postsynaptic event `interval` steps later."""
    return Pair([[1000 - 12]], [[1000 + interval]], rules, precision=precision, releases=releases)


def levels(name: str, releases: dict[float, float], t: np.ndarray) -> np.ndarray:
    tau, baseline = MODULATORS[name]
    return baseline + sum(a * np.where(t >= at, np.exp(-(t - at) / tau), 0) for at, a in releases.items())


def quadrature(function, begin: float, end: float, breaks: list[float]) -> float:
    """The integral of a function that is smooth between breaks, by Gauss and Legendre."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    edges = [begin, *sorted(b for b in breaks if begin < b < end), end]
    total = 0.0
    for a, b in pairwise(edges):
        t = 0.5 * (b - a) * nodes + 0.5 * (a + b)
        total += 0.5 * (b - a) * float(np.sum(weights * function(t)))
    return total


@pytest.mark.parametrize("interval", [-83, 57])
@pytest.mark.parametrize("tau_rise", [0.0, 97.0])
def test_a_gated_pair_changes_the_weight_by_the_integral_of_level_times_eligibility(tau_rise, interval):
    """Oracle: the integral by quadrature, at many moments; the change is that of the window of the rule before."""
    size = 0.02 * 1.7 * (0.9 * math.exp(-5.7 / 17.3) if interval > 0 else -1.1 * math.exp(-8.3 / 33.1))
    begin = 100 + max(interval, 0) * DT
    releases = {"dopamine": {60.0: 0.5, 130.0: 1.1, 200.0: 0.6}}
    rules, _ = both(("STDP", WINDOW), ("RewardGate", {**GATE, "tau_rise": tau_rise}))
    pair = one_pair(rules, interval, releases=releases)

    def eligibility(t):
        return size * (np.exp(-(t - begin) / 433.0) - (np.exp(-(t - begin) / tau_rise) if tau_rise else 0))

    def flow(t):
        return levels("dopamine", releases["dopamine"], t) * eligibility(t)

    pair.net.run(120.0)
    for moment in (120.0, 135.0, 180.0, 260.0, 600.0):
        if moment > 120:
            pair.net.run(moment - pair.net.time)
        expected = 0.8 + 0.001 * quadrature(flow, begin, moment, [130.0, 200.0])
        assert pair.weights[0] == pytest.approx(expected, abs=1e-11)
        assert pair.synapses.get("eligibility")[0] == pytest.approx(eligibility(np.array(moment)), abs=1e-13)


def test_a_modulator_held_at_1_passes_changes_on_unchanged_in_the_end():
    """Oracle: with learning_rate = 1/tau the integral of the eligibility is the change itself."""
    rules, _ = both(("STDP", WINDOW), ("RewardGate", {**GATE, "tau": 200.0, "learning_rate": 1 / 200.0}))
    gated, plain = (one_pair(list_of_rules, 57, releases={}) for list_of_rules in (rules, rules[:1]))
    gated.net.modulators["dopamine"].baseline = 1.0
    for pair in (gated, plain):
        pair.net.run(6000.0)
    assert gated.weights[0] == pytest.approx(plain.weights[0], abs=1e-12)
    assert plain.weights[0] > 0.82


@pytest.mark.parametrize("interval", [-83, 57])
def test_a_gate_without_eligibility_multiplies_a_change_by_the_level_at_the_event(interval):
    """Oracle: the window times the level; a release at the very step of the event counts."""
    rules, _ = both(("STDP", WINDOW), ("RewardGate", {**GATE, "tau": 0.0}))
    size = 0.02 * 1.7 * (0.9 * math.exp(-5.7 / 17.3) if interval > 0 else -1.1 * math.exp(-8.3 / 33.1))
    event = 100 + max(interval, 0) * DT
    releases = {"dopamine": {90.0: 0.4, event: 0.8, event + DT: 5.0}}
    pair = one_pair(rules, interval, releases=releases)
    pair.net.run(150.0)
    level = 0.07 + 0.4 * math.exp(-(event - 90) / 117) + 0.8
    assert pair.weights[0] == pytest.approx(0.8 + level * size, abs=1e-13)


@pytest.mark.parametrize("interval", [-83, 57])
def test_lobes_are_gated_each_by_its_modulator(interval):
    """Oracle: the window times the level of noradrenaline for potentiation, of the other for depression."""
    rules, _ = both(("STDP", WINDOW), ("LobeGate", LOBES))
    size = 0.02 * 1.7 * (0.9 * math.exp(-5.7 / 17.3) if interval > 0 else -1.1 * math.exp(-8.3 / 33.1))
    event = 100 + max(interval, 0) * DT
    pair = one_pair(rules, interval, releases={"dopamine": {95.0: 0.4}, "serotonin": {97.0: 0.9}})
    pair.net.run(150.0)
    level = 0.07 + 0.4 * math.exp(-(event - 95) / 117) if interval > 0 else 0.31 + 0.9 * math.exp(-(event - 97) / 61)
    assert pair.weights[0] == pytest.approx(0.8 + level * size, abs=1e-13)


@pytest.mark.parametrize("interval", [-83, 57])
def test_depression_is_done_at_once_and_turned_round_by_a_later_modulator(interval):
    """Oracle: the window at the event; after it, for depression only, the integral by quadrature."""
    rules, _ = both(("STDP", WINDOW), ("RetroactiveConversion", RETRO))
    size = 0.02 * 1.7 * (0.9 * math.exp(-5.7 / 17.3) if interval > 0 else -1.1 * math.exp(-8.3 / 33.1))
    begin = 100 + max(interval, 0) * DT
    releases = {"dopamine": {180.0: 2.1}}
    pair = one_pair(rules, interval, releases=releases)

    def flow(t):
        kernel = np.exp(-(t - begin) / 433.0) - np.exp(-(t - begin) / 97.0)
        return levels("dopamine", releases["dopamine"], t) * kernel * max(-size, 0)

    for moment in (110.0, 178.0, 400.0):
        pair.net.run(moment - pair.net.time)
        expected = 0.8 + size + 0.005 * quadrature(flow, begin, moment, [180.0])
        assert pair.weights[0] == pytest.approx(expected, abs=1e-11)
    assert (pair.weights[0] > 0.8) == (interval > 0 or expected > 0.8)


def test_two_eligibilities_wait_for_two_modulators():
    """Oracle: each by quadrature; one modulator converts nothing of the other's."""
    releases = {"dopamine": {160.0: 1.1}, "serotonin": {220.0: 0.9}}
    rules, _ = both(("STDP", WINDOW), ("DualEligibility", DUAL))
    # an arrival at 100 ms between postsynaptic events at 91.7 and 105.7 ms
    pair = Pair([[1000 - 12]], [[917, 1057]], rules, releases=releases)
    down = 0.02 * 1.7 * 1.1 * math.exp(-8.3 / 33.1)
    up = 0.02 * 1.7 * 0.9 * math.exp(-5.7 / 17.3)
    for moment in (140.0, 200.0, 240.0, 700.0):
        pair.net.run(moment - pair.net.time)
        plus = quadrature(
            lambda t: levels("dopamine", releases["dopamine"], t) * up * np.exp(-(t - 105.7) / 433),
            105.7,
            moment,
            [160],
        )
        minus = quadrature(
            lambda t: levels("serotonin", releases["serotonin"], t) * down * np.exp(-(t - 100) / 211),
            100,
            moment,
            [220],
        )
        assert pair.weights[0] == pytest.approx(0.8 + 0.001 * (plus - minus), abs=1e-11)
    assert pair.synapses.get("eligibility_plus")[0] == pytest.approx(up * math.exp(-(700 - 105.7) / 433), rel=1e-11)
    assert pair.synapses.get("eligibility_minus")[0] == pytest.approx(down * math.exp(-600 / 211), rel=1e-11)


def test_a_saturating_eligibility_nears_its_ceiling_geometrically():
    """Oracle: e_max (1 - (1 - q/e_max)^n) for n equal changes q that are close together."""
    ceiling, q, n = 0.04, 0.02 * 1.7 * 0.9 * math.exp(-0.5 / 1.7), 6
    window = {**WINDOW, "tau_plus": 1.7, "tau_minus": 1.7, "A_minus": 0.0}
    dual = {**DUAL, "max_plus": ceiling, "tau_plus": 1e9, "tau_minus": 1e9}
    rules, _ = both(("STDP", window), ("DualEligibility", dual))
    arrivals = 1000 + 2000 * np.arange(n)
    pair = Pair([arrivals - 12], [arrivals + 5], rules, releases={})
    pair.net.run((arrivals[-1] + 20) * DT)
    assert pair.synapses.get("eligibility_plus")[0] == pytest.approx(ceiling * (1 - (1 - q / ceiling) ** n), rel=1e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("interval", [-83, 57])
def test_reward_stdp_keeps_an_eligibility_of_its_own(interval, precision):
    """Oracle: c by the window and its decay, w by quadrature of (baseline + level) c."""
    releases = {"dopamine": {130.0: 0.8}}
    rules, _ = both(("RewardSTDP", REWARDED))
    pair = one_pair(rules, interval, releases=releases, precision=precision)
    size = 0.02 * math.exp(-5.7 / 17.3) if interval > 0 else -0.03 * math.exp(-8.3 / 33.1)
    begin = 100 + max(interval, 0) * DT

    def flow(t):
        return (0.013 + levels("dopamine", releases["dopamine"], t)) * size * np.exp(-(t - begin) / 433)

    for moment in (120.0, 160.0, 700.0):
        pair.net.run(moment - pair.net.time)
        expected = min(max(0.8 + 0.005 * quadrature(flow, begin, moment, [130.0]), 0), 1.7)
        assert pair.weights[0] == pytest.approx(expected, abs=TOLERANCE[precision])
        c = pair.synapses.get("eligibility")[0]
        assert c == pytest.approx(
            size * math.exp(-(moment - begin) / 433), rel=1e-5 if precision == "single" else 1e-12
        )


def test_an_eligibility_can_be_set_and_is_converted_from_then_on():
    """Oracle: c exp(-t/tau) with the level at its baseline: learning_rate (baseline + level) c tau (1 - exp(-t/tau))."""
    rules, _ = both(("RewardSTDP", REWARDED))
    pair = Pair([[]], [[]], rules, releases={})
    pair.net.run(40.0)
    pair.synapses.set(eligibility=0.02)
    pair.net.run(300.0)
    expected = 0.8 + 0.005 * (0.013 + 0.07) * 0.02 * 433 * (1 - math.exp(-300 / 433))
    assert pair.weights[0] == pytest.approx(expected, abs=1e-13)


def test_spikes_of_a_population_release_and_reward():
    """Oracle: dopamine neurons that spike at 150 and 190 ms reward as releases a delay later do."""
    rules, _ = both(("RewardSTDP", REWARDED))
    spiking, given = (one_pair(rules, 57, releases=r) for r in ({}, {"dopamine": {153.0: 0.4, 193.0: 0.4}}))
    cells = spiking.net.population(1, pl.SpikeSource([150.0, 190.0]))
    spiking.net.modulators["dopamine"].release_by(cells, 0.4, delay=3.0)
    for pair in (spiking, given):
        pair.net.run(400.0)
    assert spiking.weights[0] == pytest.approx(given.weights[0], abs=1e-14)
    assert given.weights[0] > 0.801


# ------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize("part", ["RewardGate", "RetroactiveConversion"])
def test_an_eligibility_that_rises_more_slowly_than_it_decays_is_refused(part):
    """Oracle: the message names the part and the remedy."""
    net = pl.Network()
    net.modulator("dopamine", tau=200)
    source, target = net.population(1, pl.SpikeSource([1.0])), net.population(1, pl.Relay())
    rule = getattr(pl, part)(modulator="dopamine", tau=100, tau_rise=100)
    with pytest.raises(ValueError, match=f"{part}.*tau_rise must be below tau"):
        net.connect(source, target, pl.OneToOne(), plasticity=[pl.STDP(), rule])


@pytest.mark.parametrize("part", ["RewardGate", "RewardSTDP", "RetroactiveConversion"])
def test_a_modulator_that_does_not_exist_is_refused_with_the_nearest_name(part):
    """Oracle: the message names what is missing and what there is."""
    net = pl.Network()
    net.modulator("dopamine", tau=200)
    source, target = net.population(1, pl.SpikeSource([1.0])), net.population(1, pl.Relay())
    rule = getattr(pl, part)(modulator="dopamin")
    with pytest.raises((ValueError, TypeError, KeyError), match="dopamine"):
        net.connect(source, target, pl.OneToOne(), plasticity=[pl.STDP(), rule])
