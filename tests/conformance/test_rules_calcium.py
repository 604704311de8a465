"""Rules that calcium drives, and tags, against closed forms and the reference simulator."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

import plastica as pl
import reference
from conformance.setups import DT, mean_and_error
from reference.plasticity.calcium import pieces

Steps = Sequence[int]
CALCIUM = {"tau_Ca": 21.0, "C_pre": 0.9, "C_post": 1.4, "theta_p": 1.5, "theta_d": 1.0}
STDP = {**CALCIUM, "gamma_p": 700.0, "gamma_d": 300.0, "tau": 90_000.0, "delay_Ca": 3.7, "w_0": 0.3, "w_1": 1.7}
CAPTURE = {
    **CALCIUM, "gamma_p": 1600.0, "gamma_d": 310.0, "tau_h": 90_000.0, "delay_Ca": 3.7, "h_0": 1.3, "h_max": 2.4, "leak": 0.4,
    "theta_tag": 0.02, "theta_pro": 0.03, "tau_p": 60.0, "synthesis": 0.8, "tau_z": 50.0, "interval": 7.0,
}  # fmt: skip
TRIGGER = {
    "w_rest": 0.5, "w_plus": 0.9, "w_minus": 0.4, "w_late": 1.8, "tau_z": 60.0, "gamma": 0.6, "theta_pro": 1.0,
    "tau_rise": 40.0, "tau_p": 90.0, "synthesis": 0.7, "interval": 7.0,
}  # fmt: skip
PAIRS = {"learning_rate": 0.1, "A_plus": 0.9, "A_minus": 1.1, "tau_plus": 17.3, "tau_minus": 33.1, "w_max": 3.0}
PAIRING = {"mu_plus": 0.0, "mu_minus": 0.0, "dependence": "additive", "pairing": "all"}
WEIGHTS = np.array([0.4, 0.7, 1.0, 1.3, 1.6])
TOLERANCE = {"double": 1e-12, "single": 2e-6}  # of the larger of 1 and the value


def told(
    pre_steps: Sequence[Steps], post_steps: Sequence[Steps], rules: pl.Rule | list[pl.Rule], weights: np.ndarray,
    *, precision: str = "double", dt: float = DT, delay: int = 1, fraction: float = 0.0, repeat: int = 1, seed: int = 1,
) -> tuple[pl.Network, pl.Projection]:  # fmt: skip
    """One synapse, or several, between each pair of neurons; these spike at exactly the given steps."""
    net = pl.Network(dt, precision=precision, threads=1, seed=seed)
    count = len(pre_steps)
    pre = net.population(count, pl.SpikeSource([np.asarray(steps) * dt for steps in pre_steps]))
    # a relay repeats its teacher a step after the arrival; negative weights never make it spike
    teacher = net.population(count, pl.SpikeSource([(np.asarray(steps) - 2) * dt for steps in post_steps]))
    post = net.population(count, pl.Relay())
    net.connect(teacher, post, pl.OneToOne(), weight=1e6, delay=dt)
    ends = np.repeat(np.arange(count), repeat)
    synapses = net.connect(
        pre, post, pl.Explicit(sources=ends, targets=ends), weight=-np.repeat(np.broadcast_to(weights, count), repeat),
        delay=delay * dt, dendritic_fraction=fraction, plasticity=rules,
    )  # fmt: skip
    return net, synapses


def trains(seed: int, count: int, last: int, spikes: int) -> list[list[int]]:
    """Half of the spikes on a coarse grid, so that trains meet."""
    random = np.random.default_rng(seed)
    coarse, fine = np.arange(50, last, 25), np.arange(50, last)
    return [
        sorted(
            {*random.choice(coarse, spikes // 2, replace=False).tolist(), *random.choice(fine, spikes // 2).tolist()}
        )
        for _ in range(count)
    ]


def beside_the_reference(
    rules: list[pl.Rule], theirs: list[reference.Rule], precision: str, fraction: float, delay: int
) -> None:
    """Weights and states at five moments between, and at, the events of random trains."""
    pre, post = trains(3, 5, 4000, 60), trains(4, 5, 4000, 60)
    net, synapses = told(pre, post, rules, WEIGHTS, precision=precision, delay=delay, fraction=fraction)
    slow = reference.Network(DT)
    sources, relays = slow.sources(5, dict(enumerate(pre))), slow.population(5, reference.Relay())
    teachers = slow.sources(5, {i: [step - 2 for step in steps] for i, steps in enumerate(post)})
    each = np.arange(5)
    slow.connect(teachers, relays, each, each, 1e6, 1)
    expected = slow.connect(sources, relays, each, each, -WEIGHTS, delay, "input", fraction, theirs)
    for step in (701, 1500, 2625, 2626, 4100):
        net.run((step - slow.k) * DT)
        slow.run(step - slow.k)
        limit = TOLERANCE[precision]
        np.testing.assert_allclose(synapses.weights, expected.weights, rtol=limit, atol=limit)
        for name in expected.states():
            ours = synapses.get(name if len(rules) > 1 else name.split(".")[1])
            np.testing.assert_allclose(ours, expected.state(name), rtol=limit, atol=limit, err_msg=name)
    assert np.abs(-synapses.weights - WEIGHTS).min() > 0.01


# ------------------------------------------------------------------------------------------------ CalciumSTDP


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(("fraction", "delay"), [(0.0, 1), (0.0, 14), (0.5, 14), (1.0, 14)])
def test_calcium_stdp_equals_the_reference_on_trains_that_meet(precision, fraction, delay):
    """Oracle: the reference simulator; the presynaptic jump comes 3.7 ms after the arrival."""
    beside_the_reference(
        [pl.CalciumSTDP(sigma=0.0, **STDP)], [reference.CalciumSTDP(**STDP)], precision, fraction, delay
    )


@pytest.mark.parametrize("theta_p", [1.5, 0.8])
@pytest.mark.parametrize("D", [0.0, 3.7])
def test_calcium_is_the_sum_of_decaying_jumps_and_goes_on_while_weights_are_frozen(theta_p, D):
    """Oracle: C_pre exp(-(t - arrival - D)/tau_Ca) and C_post exp(-(t - spike)/tau_Ca), summed."""
    pre, post = trains(1, 5, 3000, 40), trains(2, 5, 3000, 40)
    net, synapses = told(
        pre, post, pl.CalciumSTDP(sigma=1.0, **(STDP | {"theta_p": theta_p, "delay_Ca": D})), WEIGHTS, delay=8
    )
    lag = round(D / DT)
    for step in (500, 1825, 3100):
        synapses.plastic = step != 1825
        net.run(step * DT - net.time)
        for i in range(5):
            jumps = [(s + 8 + lag, 0.9) for s in pre[i]] + [(s, 1.4) for s in post[i]]
            expected = sum(size * math.exp(-(step - at) * DT / 21.0) for at, size in jumps if at < step)
            assert synapses.get("calcium")[i] == pytest.approx(expected, rel=1e-9)


def integrated(rule: dict[str, float], pre: Steps, post: Steps, rho: float, last: int, rho_star: float) -> float:
    """rho' with both drifts at once, by Runge-Kutta steps of 1/20 of a step that end where calcium meets a threshold."""
    jumps: dict[int, float] = {}
    for step, size in [
        *((s + 1 + round(rule["delay_Ca"] / DT), rule["C_pre"]) for s in pre),
        *((s, rule["C_post"]) for s in post),
    ]:
        jumps[step] = jumps.get(step, 0.0) + size
    calcium, now = 0.0, 0
    for step in [*sorted(s for s in jumps if s < last), last]:
        duration = (step - now) * DT
        for time, above_p, above_d in pieces(calcium, duration, rule["tau_Ca"], rule["theta_p"], rule["theta_d"]):
            up, down = rule["gamma_p"] * above_p, rule["gamma_d"] * above_d

            def slope(x: float, up: float = up, down: float = down) -> float:
                return (-x * (1 - x) * (rho_star - x) + up * (1 - x) - down * x) / rule["tau"]

            count = max(1, round(20 * time))
            h = time / count
            for _ in range(count):
                a = slope(rho)
                b = slope(rho + h / 2 * a)
                c = slope(rho + h / 2 * b)
                rho += h / 6 * (a + 2 * b + 2 * c + slope(rho + h * c))
        calcium = calcium * math.exp(-duration / rule["tau_Ca"]) + jumps.get(step, 0.0)
        now = step
    return rho


@pytest.mark.parametrize("rho_star", [0.5, 0.3, 0.8])
def test_efficacy_solves_its_differential_equation(rho_star):
    """Oracle: Runge-Kutta; potentiation and depression, then drift, one after the other, err by less than 2e-6 here."""
    pre, post = trains(5, 5, 8000, 120), trains(6, 5, 8000, 120)
    rule = pl.CalciumSTDP(sigma=0.0, rho_star=rho_star, **(STDP | {"tau": 200_000.0}))
    net, synapses = told(pre, post, rule, WEIGHTS)
    start = synapses.get("efficacy")
    net.run(8100 * DT)
    expected = [
        integrated(STDP | {"tau": 200_000.0}, pre[i], post[i], start[i], 8100, rho_star) for i in range(5)
    ]  # fmt: skip
    np.testing.assert_allclose(start, (WEIGHTS - 0.3) / 1.4, rtol=1e-12)
    np.testing.assert_allclose(synapses.get("efficacy"), expected, rtol=0, atol=2e-6)
    assert np.abs(synapses.get("efficacy") - start).max() > 0.5


@pytest.mark.parametrize(("precision", "error"), [("double", 1e-12), ("single", 1e-5)])
def test_without_calcium_the_efficacy_goes_to_the_nearer_stable_state(precision, error):
    """Oracle: the solution of rho' = -rho (1 - rho) (1/2 - rho)/tau, in one leap of any length."""
    start = np.array([0.0, 0.02, 0.49, 0.5, 0.51, 0.8, 1.0])
    for leap in (0.01, 1.0, 10.0, 200.0):
        net, synapses = told([[]] * 7, [[]] * 7, pl.CalciumSTDP(**(STDP | {"tau": 1000.0})), 1.0, precision=precision)
        synapses.set(efficacy=start)
        net.run(leap * 1000)
        u = start - 0.5
        expected = 0.5 + u / np.sqrt(4 * u**2 + (1 - 4 * u**2) * math.exp(-leap / 2) + 1e-300)
        np.testing.assert_allclose(synapses.get("efficacy"), expected, rtol=0, atol=error)
        np.testing.assert_allclose(-synapses.weights, 0.3 + 1.4 * expected, rtol=0, atol=2 * error)


@pytest.mark.parametrize(("rho_star", "error"), [(0.3, 3e-6), (0.8, 3e-6)])
def test_the_drift_with_another_unstable_state_is_close_to_the_solution_and_never_crosses_it(rho_star, error):
    """Oracle: time as a function of rho, by partial fractions, after tau / 3; and the basins after 1000 tau."""
    start = np.array([0.05, rho_star - 0.01, rho_star + 0.01, 0.95])

    def elapsed(rho: np.ndarray) -> np.ndarray:
        a, b, c = 1 / rho_star, 1 / (1 - rho_star), 1 / (rho_star * (1 - rho_star))
        return c * np.log(np.abs(rho - rho_star)) - a * np.log(rho) - b * np.log(1 - rho)

    for leap in (1 / 3, 1000.0):
        net, synapses = told([[]] * 4, [[]] * 4, pl.CalciumSTDP(rho_star=rho_star, **(STDP | {"tau": 1000.0})), 1.0)
        synapses.set(efficacy=start)
        net.run(round(leap * 1000 / DT) * DT)
        efficacy = synapses.get("efficacy")
        if leap < 1:
            slope = efficacy * (1 - efficacy) * (efficacy - rho_star)
            late = elapsed(efficacy) - elapsed(start) - net.time / 1000
            assert np.abs(late * slope).max() < error
        assert np.array_equal(efficacy > rho_star, start > rho_star)


@pytest.mark.parametrize("precision", ["double", "single"])
def test_noise_has_the_variance_of_the_time_above_each_threshold(precision):
    """Oracle: an Ornstein-Uhlenbeck process in two pieces; 5 standard errors of mean and variance of 10,000 synapses."""
    rule = pl.CalciumSTDP(sigma=3.0, **(STDP | {"C_post": 2.4, "tau": 200_000.0}))
    net, synapses = told([[]] * 50, [[100]] * 50, rule, 0.3, precision=precision, repeat=200)
    net.run(100.0)
    mean, variance = 0.0, 0.0
    for time, above_p, above_d in pieces(2.4, 90.0, 21.0, 1.5, 1.0):
        gain = 700.0 * above_p + 300.0 * above_d
        left = math.exp(-gain * time / 200_000.0) if gain else 1.0
        if gain:
            mean = 700.0 * above_p / gain + (mean - 700.0 * above_p / gain) * left
            variance = variance * left**2 + 9.0 * (above_p + above_d) / (2 * gain) * (1 - left**2)
    found, error = mean_and_error(synapses.get("efficacy"))
    # the bistable drift over 90 ms is below 1e-5
    assert abs(found - mean) < 5 * error
    assert np.var(synapses.get("efficacy")) == pytest.approx(variance, rel=5 * math.sqrt(2 / 10_000))
    assert len(np.unique(synapses.get("efficacy"))) > 9_900


def test_weights_stay_between_w_0_and_w_1_also_where_noise_carries_the_efficacy_beyond():
    """Oracle: the bounds; the weight is the efficacy, clipped."""
    rule = pl.CalciumSTDP(sigma=20.0, **STDP)
    net, synapses = told([range(50, 4000, 100)] * 5, [range(70, 4000, 100)] * 5, rule, WEIGHTS, repeat=40)
    outside = 0
    for _ in range(20):
        net.run(20.0)
        weights, efficacy = -synapses.weights, synapses.get("efficacy")
        outside += np.count_nonzero((efficacy < 0) | (efficacy > 1))
        assert weights.min() >= 0.3
        assert weights.max() <= 1.7
        np.testing.assert_allclose(weights, 0.3 + 1.4 * np.clip(efficacy, 0, 1), rtol=1e-12)
    assert outside > 100


def test_a_frozen_efficacy_does_not_move_and_one_without_rates_at_a_stable_state_neither():
    """Oracle: the weights before, bit by bit."""
    busy = [list(range(50, 3000, 30))] * 5
    net, synapses = told(busy, busy, pl.CalciumSTDP(sigma=3.0, **STDP), WEIGHTS, precision="single")
    synapses.plastic = False
    before = synapses.weights, synapses.get("efficacy")
    net.run(320.0)
    assert np.array_equal(synapses.weights, before[0])
    assert np.array_equal(synapses.get("efficacy"), before[1])
    assert synapses.get("calcium").min() > 0.1
    still = pl.CalciumSTDP(sigma=0.0, **(STDP | {"gamma_p": 0.0, "gamma_d": 0.0}))
    net, synapses = told(busy, busy, still, np.array([0.3, 1.7, 0.3, 1.7, 0.3]), precision="single")
    before = synapses.weights, synapses.get("efficacy")
    net.run(320.0)
    assert np.array_equal(synapses.weights, before[0])


def test_weight_and_efficacy_follow_each_other_when_they_are_set():
    """Oracle: w_0 + rho (w_1 - w_0)."""
    net, synapses = told([[]] * 5, [[]] * 5, pl.CalciumSTDP(sigma=0.0, **STDP), WEIGHTS)
    net.run(1.0)
    synapses.set(efficacy=0.25)
    np.testing.assert_allclose(-synapses.weights, 0.3 + 1.4 * 0.25)
    synapses.weights = -np.array([0.3, 1.7, 1.0, 0.65, 1.35])
    np.testing.assert_allclose(synapses.get("efficacy"), [0, 1, 0.5, 0.25, 0.75], rtol=0, atol=1e-12)


def test_parameters_that_do_not_go_together_are_refused():
    """Oracle: what the message must name."""
    with pytest.raises(ValueError, match="w_0 must be below w_1"):
        told([[]], [[]], pl.CalciumSTDP(w_0=2.0, w_1=1.0), 1.0)
    with pytest.raises(ValueError, match="interval must be at most tau_z / 2"):
        told([[]], [[]], [pl.STDP(**PAIRS), pl.TaggingTrigger(interval=2000.0, tau_z=1000.0)], 1.0)


# ------------------------------------------------------------------------------------------------ TaggingCapture


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("delay", [1, 14])
def test_tagging_and_capture_equal_the_reference_on_trains_that_meet(precision, delay):
    """Oracle: the reference simulator; early and late weights, calcium, and the proteins of each neuron."""
    beside_the_reference(
        [pl.TaggingCapture(sigma=0.0, **CAPTURE)], [reference.TaggingCapture(**CAPTURE)], precision, 0.0, delay
    )


def captured(early: float, **changes: float) -> tuple[np.ndarray, np.ndarray]:
    """Two synapses onto one neuron, whose early weights stand still: late weights, and the protein, after 300 ms."""
    rule = pl.TaggingCapture(sigma=0.0, **(CAPTURE | {"leak": 0.0, "theta_pro": 0.5, "theta_tag": 0.2} | changes))
    net = pl.Network(DT, precision="double", threads=1)
    pre, post = net.population(2, pl.SpikeSource([])), net.population(1, pl.Relay())
    synapses = net.connect(pre, post, pl.AllToAll(), weight=1.3, delay=DT, plasticity=rule)
    synapses.set(early=early)
    net.run(302.0)
    np.testing.assert_allclose(synapses.weights, 1.3 * (1 + early + synapses.get("late")))
    return synapses.get("late"), synapses.get("protein")


@pytest.mark.parametrize(("early", "target"), [(0.3, 1.0), (-0.3, -0.5)])
def test_tagged_synapses_capture_proteins_once_their_neuron_makes_them(early, target):
    """Oracle: p = synthesis (1 - exp(-t/tau_p)), and a late weight that relaxes at the rate p / tau_z, tick by tick."""
    late, protein = captured(early)
    made = [0.8 * (1 - math.exp(-7.0 * tick / 60)) for tick in range(1, 44)]
    assert protein == pytest.approx(made[-1])
    assert late == pytest.approx(target * (1 - math.exp(-7.0 / 50 * sum(made))))


@pytest.mark.parametrize("changes", [{"synthesis": 0.0}, {"theta_pro": 0.7}])
def test_without_synthesis_or_below_its_threshold_there_is_nothing_to_capture(changes):
    """Oracle: 0. The threshold is for the sum over both synapses, 0.6."""
    late, protein = captured(0.3, **changes)
    assert protein == 0
    assert np.array_equal(late, [0, 0])


def test_proteins_do_not_change_synapses_without_a_tag():
    """Oracle: 0; the neuron makes proteins, 0.1 + 0.1 is over its threshold of 0.15, but no synapse has a tag."""
    late, protein = captured(0.1, theta_pro=0.15)
    assert protein > 0.5
    assert np.array_equal(late, [0, 0])


def test_the_early_weight_fades_exponentially_and_the_block_acts_from_when_it_is_set():
    """Oracle: exp(-leak t / tau_h); proteins are made for 140 ms and decay afterwards."""
    rule = pl.TaggingCapture(sigma=0.0, **(CAPTURE | {"theta_tag": 9.0}))
    net, synapses = told([[]], [[]], rule, 1.3)
    synapses.set(early=0.5)
    net.run(140.0)
    synapses.set(synthesis=0.0)
    net.run(210.1)
    assert synapses.get("early") == pytest.approx(0.5 * math.exp(-0.4 * 350.1 / 90_000))
    # ticks at 7, ..., 133 with synthesis, from 140 on without
    assert synapses.get("protein") == pytest.approx(0.8 * (1 - math.exp(-133 / 60)) * math.exp(-217 / 60))


# ------------------------------------------------------------------------------------------------ TaggingTrigger


@pytest.mark.parametrize("precision", ["double", "single"])
def test_tags_that_are_certain_equal_the_reference(precision):
    """Oracle: the reference simulator; every change by the rule before sets a tag, and no tag fades."""
    certain = {"P_plus": 1e15, "P_minus": 1e15, "tau_plus": 1e15, "tau_minus": 1e15}
    rules = [pl.STDP(**PAIRS, **PAIRING), pl.TaggingTrigger(**TRIGGER, **certain)]
    theirs = [reference.STDP(**PAIRS, **PAIRING), reference.TaggingTrigger(**TRIGGER)]
    beside_the_reference(rules, theirs, precision, 0.0, 14)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(("distance", "sign"), [(10, 1), (-10, -1)])
def test_the_size_of_a_change_is_the_probability_of_a_tag(precision, distance, sign):
    """Oracle: learning_rate A w_max exp(-1 ms/tau) P / w_rest, 5 standard errors of 20,000 synapses; weights follow."""
    rules = [pl.STDP(**PAIRS), pl.TaggingTrigger(w_rest=0.5, P_plus=0.8, P_minus=0.6)]
    net, synapses = told([[100]] * 100, [[101 + distance]] * 100, rules, 0.5, precision=precision, repeat=200)
    net.run(30.0)
    size = 0.1 * 3.0 * (0.9 * math.exp(-1 / 17.3) * 0.8 if sign > 0 else 1.1 * math.exp(-1 / 33.1) * 0.6) / 0.5
    tag = synapses.get("tag")
    assert set(np.unique(tag)) == {0.0, float(sign)}
    assert np.mean(tag != 0) == pytest.approx(size, abs=5 * math.sqrt(size * (1 - size) / len(tag)))
    np.testing.assert_allclose(-synapses.weights, np.where(tag == 0, 0.5, 1.0 if sign > 0 else 0.25), rtol=1e-6)


def test_a_tag_keeps_out_the_other_one():
    """Oracle: the first change of each synapse, which is certain to set a tag, decides."""
    rules = [pl.STDP(**PAIRS), pl.TaggingTrigger(w_rest=0.5, P_plus=1e15, P_minus=1e15)]
    net, synapses = told([[100, 300]] * 2, [[111, 280], [91, 331]], rules, 0.5)
    net.run(40.0)
    assert np.array_equal(synapses.get("tag"), [1, -1])


def tagged(tags: np.ndarray, precision: str = "double", **changes: float) -> tuple[pl.Network, pl.Projection]:
    """Synapses onto one neuron, with these tags."""
    rules = [pl.STDP(**PAIRS), pl.TaggingTrigger(**(TRIGGER | {"tau_plus": 1e15, "tau_minus": 1e15} | changes))]
    net = pl.Network(DT, precision=precision, threads=1)
    pre, post = net.population(len(tags), pl.SpikeSource([])), net.population(1, pl.Relay())
    synapses = net.connect(pre, post, pl.AllToAll(), weight=0.5, delay=DT, plasticity=rules)
    synapses.set(tag=tags)
    return net, synapses


@pytest.mark.parametrize("precision", ["double", "single"])
def test_tags_fade_at_their_rates(precision):
    """Oracle: exp(-t/tau) of 10,000 tags of each kind, 5 standard errors."""
    tags = np.repeat([1.0, -1.0], 10_000)
    net, synapses = tagged(tags, precision, tau_plus=100.0, tau_minus=150.0, gamma=0.0)
    net.run(70.1)
    for sign, tau in ((1, 100.0), (-1, 150.0)):
        left = math.exp(-70 / tau)
        found = np.mean(synapses.get("tag")[tags == sign] == sign)
        assert found == pytest.approx(left, abs=5 * math.sqrt(left * (1 - left) / 10_000))


def test_more_tags_than_the_threshold_make_proteins_which_consolidate_tagged_synapses():
    """Oracle: the protein in closed form; z by 100 small Runge-Kutta steps for each tick, with 2e-6 of the step's own error."""
    tags = np.array([1.0, -1.0, 0.0])
    net, synapses = tagged(tags, theta_pro=1.5, tau_z=120.0)
    synapses.set(late=[0.1, 0.9, 0.6])
    net.run(700.1)
    rate = 0.7 / 40 + 1 / 90
    z = np.array([0.1, 0.9, 0.6])
    for tick in range(1, 101):
        protein = 0.7 / 40 / rate * (1 - math.exp(-rate * 7 * tick))

        def slope(z: np.ndarray, protein: float = protein) -> np.ndarray:
            return (z * (1 - z) * (z - 0.5) + 0.6 * tags * protein) / 120

        for _ in range(100):
            a = slope(z)
            b = slope(z + 0.035 * a)
            c = slope(z + 0.035 * b)
            z = z + 0.07 / 6 * (a + 2 * b + 2 * c + slope(z + 0.07 * c))
    assert synapses.get("protein") == pytest.approx(protein)
    np.testing.assert_allclose(synapses.get("late"), z, rtol=0, atol=2e-6)
    np.testing.assert_allclose(synapses.weights, 0.5 * (1 + np.array([0.9, -0.4, 0.0]) + 1.8 * z), rtol=0, atol=2e-6)
    assert z[0] > 1
    assert z[1] < 0


@pytest.mark.parametrize("changes", [{"theta_pro": 2.0}, {"synthesis": 0.0, "theta_pro": 1.0}])
def test_at_the_threshold_or_without_synthesis_no_protein_is_made(changes):
    """Oracle: 0; two of three synapses are tagged, and the threshold must be exceeded."""
    net, synapses = tagged(np.array([1.0, -1.0, 0.0]), **changes)
    net.run(100.0)
    assert synapses.get("protein") == 0


def test_frozen_tags_stay():
    """Oracle: the weights before, bit by bit; an event after which one tag would be set, and ticks."""
    rules = [pl.STDP(**PAIRS), pl.TaggingTrigger(**TRIGGER, P_plus=1e15, P_minus=1e15, tau_plus=10.0, tau_minus=10.0)]
    net, synapses = told([[100]] * 5, [[111]] * 5, rules, WEIGHTS, precision="single")
    synapses.set(tag=[1, -1, 0, 1, 0])
    synapses.plastic = False
    before = synapses.weights, synapses.get("tag"), synapses.get("late")
    net.run(100.0)
    for old, new in zip(before, (synapses.weights, synapses.get("tag"), synapses.get("late")), strict=True):
        assert np.array_equal(old, new)
