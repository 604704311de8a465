"""Rules against closed forms: isolated pairs, published protocols, and the drift between Poisson trains."""

from __future__ import annotations

import math

import numpy as np
import pytest

import plastica as pl
from conformance.setups import DT, PRECISION, mean_and_error

PAIR = {"learning_rate": 0.1, "A_plus": 0.9, "A_minus": 1.1, "tau_plus": 17.3, "tau_minus": 33.1, "w_max": 1.7}
EXPONENTS = {"additive": (0.0, 0.0), "multiplicative": (1.0, 1.0), "power": (0.4, 0.7)}

# From -100 ms to 100 ms, densely around 0.
DIFFERENCES = np.unique(np.concatenate([np.arange(-1000, 1001, 17), np.arange(-25, 26)]))


def trains_of(pre_steps, post_steps, rule, weight, *, delay=10, fraction=0.0, precision="double"):
    """Weights of one synapse for each pair of trains (steps), between neurons that spike at exactly those steps."""
    net = pl.Network(DT, precision=precision, threads=1)
    count = len(pre_steps)
    pre = net.population(count, pl.SpikeSource([np.asarray(steps) * DT for steps in pre_steps]))
    # a relay repeats its teacher a step after the arrival; negative weights never make it spike
    teacher = net.population(count, pl.SpikeSource([(np.asarray(steps) - 2) * DT for steps in post_steps]))
    post = net.population(count, pl.Relay())
    net.connect(teacher, post, pl.OneToOne(), weight=1e3, delay=DT)
    synapses = net.connect(
        pre, post, pl.OneToOne(), weight=-weight, delay=delay * DT, dendritic_fraction=fraction, plasticity=rule
    )
    spikes = net.record(post, "spikes")
    last = max(max(steps) for steps in [*pre_steps, *post_steps])
    net.run((last + delay + 2) * DT)
    order = np.argsort(spikes.ids, kind="stable")
    assert np.array_equal(np.rint(spikes.times[order] / DT), np.concatenate([np.sort(s) for s in post_steps]))
    return -synapses.weights


def isolated_pairs(rule, weight, delay, fraction, precision):
    """One pair for each of DIFFERENCES, post minus pre at the somata."""
    pre = [[1500]] * len(DIFFERENCES)
    return trains_of(
        pre, [[1500 + d] for d in DIFFERENCES], rule, weight, delay=delay, fraction=fraction, precision=precision
    )


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(
    ("delay", "fraction", "dendritic"), [(1, 0.0, 0), (12, 0.0, 0), (12, 0.3, 4), (12, 0.5, 6), (12, 1.0, 12)]
)
@pytest.mark.parametrize("pairing", ["all", "nearest", "presynaptic"])
@pytest.mark.parametrize("dependence", EXPONENTS)
def test_isolated_pair_changes_the_weight_by_the_exponential_window(
    dependence, pairing, delay, fraction, dendritic, precision
):
    """Oracle: learning_rate A f(w) exp(-|Delta|/tau), Delta taken at the synapse; 0 where the two meet there."""
    mu_plus, mu_minus = EXPONENTS[dependence]
    rule = pl.STDP(**PAIR, mu_plus=mu_plus, mu_minus=mu_minus, dependence=dependence, pairing=pairing)
    weights = isolated_pairs(rule, 0.6, delay, fraction, precision)
    at_synapse = (DIFFERENCES + dendritic - (delay - dendritic)) * DT
    scale = PAIR["learning_rate"] * PAIR["w_max"]
    plus = scale * PAIR["A_plus"] * (1 - 0.6 / 1.7) ** mu_plus * np.exp(-at_synapse / PAIR["tau_plus"])
    minus = scale * PAIR["A_minus"] * (0.6 / 1.7) ** mu_minus * np.exp(at_synapse / PAIR["tau_minus"])
    meets = np.abs(at_synapse) < DT / 2
    expected = np.where(meets, 0.0, np.where(at_synapse > 0, plus, -minus))
    assert np.count_nonzero(meets) == 1
    assert np.max(np.abs(weights - 0.6 - expected)) < PRECISION[precision] * np.max(np.abs(expected))


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(("delay", "fraction", "dendritic"), [(1, 0.0, 0), (12, 0.3, 4), (12, 1.0, 12)])
def test_isolated_pair_of_inhibitory_stdp_changes_the_weight_by_the_symmetric_window(
    delay, fraction, dendritic, precision
):
    """Oracle: learning_rate (exp(-|Delta|/tau) - 2 target_rate tau), without the first term where the two meet."""
    rule = pl.InhibitorySTDP(target_rate=7.0, tau=21.0, learning_rate=0.1, w_max=10.0)
    weights = isolated_pairs(rule, 2.0, delay, fraction, precision)
    at_synapse = (DIFFERENCES + dendritic - (delay - dendritic)) * DT
    pair = np.where(np.abs(at_synapse) < DT / 2, 0.0, np.exp(-np.abs(at_synapse) / 21.0))
    expected = 0.1 * (pair - 2 * 0.007 * 21.0)
    limit = PRECISION[precision] * (2.0 if precision == "single" else np.max(np.abs(expected)))
    assert np.max(np.abs(weights - 2.0 - expected)) < limit


POWER_LAW = {"learning_rate": 0.1, "alpha": 0.7, "mu": 0.4, "w_0": 1.3, "tau_plus": 17.3, "tau_minus": 33.1}


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(
    ("delay", "fraction", "dendritic"), [(1, 0.0, 0), (12, 0.0, 0), (12, 0.3, 4), (12, 0.5, 6), (12, 1.0, 12)]
)
@pytest.mark.parametrize("pairing", ["all", "nearest"])
@pytest.mark.parametrize("mu", [0.0, 0.4, 1.0])
def test_isolated_pair_of_the_power_law_potentiates_by_a_power_and_depresses_in_proportion(
    mu, pairing, delay, fraction, dendritic, precision
):
    """Oracle: learning_rate w_0^(1-mu) w^mu exp(-Delta/tau_plus) and -alpha learning_rate w exp(Delta/tau_minus)."""
    weights = isolated_pairs(
        pl.PowerLawSTDP(**(POWER_LAW | {"mu": mu}), pairing=pairing), 2.6, delay, fraction, precision
    )
    at_synapse = (DIFFERENCES + dendritic - (delay - dendritic)) * DT
    plus = 0.1 * 1.3 ** (1 - mu) * 2.6**mu * np.exp(-at_synapse / 17.3)
    minus = 0.7 * 0.1 * 2.6 * np.exp(at_synapse / 33.1)
    meets = np.abs(at_synapse) < DT / 2
    expected = np.where(meets, 0.0, np.where(at_synapse > 0, plus, -minus))
    assert np.count_nonzero(meets) == 1
    # in single precision the weight itself is rounded to 1.2e-7 of 2.6
    limit = PRECISION[precision] * (np.max(expected) if precision == "double" else 0.1)
    assert np.max(np.abs(weights - 2.6 - expected)) < limit


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("pairing", ["all", "nearest"])
def test_a_weight_of_the_power_law_stays_at_least_0_and_at_0_for_good(pairing, precision):
    """Oracle: the bound, reached at once by a depression larger than the weight; 0^mu = 0 brings nothing back."""
    rule = pl.PowerLawSTDP(**(POWER_LAW | {"alpha": 50.0}), pairing=pairing)
    pre, post = np.arange(100, 2100, 100), np.arange(95, 2095, 100)
    (at_bound,) = trains_of([pre], [post], rule, 0.5, delay=1, precision=precision)
    assert at_bound == 0.0
    (from_zero,) = trains_of([pre], [post + 10], rule.replace(alpha=0.0), 0.0, delay=1, precision=precision)
    assert from_zero == 0.0
    (additive,) = trains_of([pre], [post + 10], rule.replace(alpha=0.0, mu=0.0), 1e-9, delay=1, precision=precision)
    assert additive > 0.1


def test_a_weight_of_the_power_law_settles_where_potentiation_balances_depression():
    """Oracle: w^(1-mu) = w_0^(1-mu) exp(-a/tau_plus) / (alpha exp(-b/tau_minus)), for pairs a and b apart in turn."""
    rule = pl.PowerLawSTDP(
        learning_rate=0.1, alpha=2.0, mu=0.4, w_0=1.0, tau_plus=10.0, tau_minus=10.0, pairing="nearest"
    )
    pre = np.arange(100, 40_100, 200)
    balance = (math.exp(-0.4) / (2.0 * math.exp(-1.6))) ** (1 / 0.6)  # post 4 ms after pre, pre 16 ms after post
    for start in (0.2 * balance, 3.0 * balance):
        (settled,) = trains_of([pre], [pre + 41], rule, start, delay=1)
        assert settled == pytest.approx(balance, rel=0.05)  # it moves by 4 percent at every spike


def test_rules_of_a_list_add_their_isolated_windows():
    """Oracle: the sum of the two windows, since both are additive."""
    rules = [pl.STDP(**PAIR), pl.InhibitorySTDP(target_rate=7.0, tau=21.0, learning_rate=0.1, w_max=PAIR["w_max"])]
    together = isolated_pairs(rules, 0.9, 12, 0.5, "double") - 0.9
    apart = sum(isolated_pairs(rule, 0.9, 12, 0.5, "double") - 0.9 for rule in rules)
    np.testing.assert_allclose(together, apart, rtol=0, atol=1e-13)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("w_max", [1.0, 0.1, 2.6742361801310572, 3.3])
@pytest.mark.parametrize("dependence", EXPONENTS)
def test_a_weight_stays_within_its_bounds_and_finite_at_them(dependence, w_max, precision):
    """Oracle: the bounds, 0 and w_max, reached from inside and left again; w/w_max may round to just above 1."""
    rule = pl.STDP(
        learning_rate=0.8, A_plus=1.0, A_minus=1.0, w_max=w_max, mu_plus=0.3, mu_minus=0.3, dependence=dependence
    )
    pre, post = np.arange(100, 2100, 100), np.arange(105, 2105, 100)
    bound = float(np.float32(w_max)) if precision == "single" else w_max
    start = min(bound, w_max)
    (up,) = trains_of([pre], [post], rule.replace(A_minus=0.0), start, delay=1, precision=precision)
    (down,) = trains_of([pre], [post - 10], rule.replace(A_plus=0.0), start, delay=1, precision=precision)
    assert up == pytest.approx(bound, rel=1e-6)
    assert up <= bound
    assert 0 <= down < 0.3 * w_max


# ------------------------------------------------------------------------------------------------ Bi and Poo


@pytest.mark.parametrize("pairing", ["all", "nearest", "presynaptic"])
def test_sixty_pairs_at_one_hertz_trace_the_window_of_bi_and_poo(pairing):
    """Oracle: the closed form for all pairs, with the fit of Bi and Poo (2001): A 0.777 and 0.273, tau 16.8 and 33.7 ms.

    To 1e-6 relative, from -100 to 100 ms in steps of 5 ms (docs: SCIENCE P02). All-to-all includes pairs of neighbouring
    repetitions; nearest pairings have, besides the pair itself, the one with the last spike of the repetition before.
    """
    rule = pl.STDP(
        learning_rate=1 / 60, A_plus=0.0777, A_minus=0.0273, tau_plus=16.8, tau_minus=33.7, w_max=10.0, pairing=pairing
    )
    differences = np.arange(-100, 101, 5)
    pre = [2000 + 10_000 * np.arange(60) for _ in differences]
    post = [train + 10 * d for train, d in zip(pre, differences, strict=True)]
    change = trains_of(pre, post, rule, 1.0, delay=2, fraction=0.5) - 1.0
    repeats = np.arange(60)
    lag = 1000.0 * (repeats[None, :] - repeats[:, None])  # post of repetition j minus pre of repetition i
    for d, got in zip(differences, change, strict=True):
        delta = lag + d
        plus = np.where(delta > 0, np.exp(-np.abs(delta) / 16.8), 0)
        minus = np.where(delta < 0, np.exp(-np.abs(delta) / 33.7), 0)
        if pairing == "all":
            total_plus, total_minus = plus.sum(), minus.sum()
        else:  # trains of one period alternate, so that both kinds of nearest spikes are the same
            total_plus = plus.max(axis=0).sum()
            total_minus = minus.max(axis=1).sum()
        expected = 0.777 / 60 * total_plus - 0.273 / 60 * total_minus
        assert got == pytest.approx(expected, rel=1e-6), d
        if d:
            window = 0.777 * math.exp(-d / 16.8) if d > 0 else -0.273 * math.exp(d / 33.7)
            assert got == pytest.approx(window, rel=1e-6), d


# ------------------------------------------------------------------------------------------------ Poisson drift


def poisson_changes(rule, pre_rate, post_rate, *, seed, dt=0.5, duration=20_000.0, count=400, weight=50.0):
    """Changes of weights between independent Poisson trains, one synapse for each pair of trains."""
    net = pl.Network(dt, seed=seed, threads=1, precision="double")
    pre = net.population(count, pl.PoissonSource(rate=pre_rate))
    teacher = net.population(count, pl.PoissonSource(rate=post_rate))
    post = net.population(count, pl.Relay())
    net.connect(teacher, post, pl.OneToOne(), weight=1e6, delay=dt)
    synapses = net.connect(pre, post, pl.OneToOne(), weight=-weight, delay=dt, plasticity=rule)
    net.run(duration)
    return -synapses.weights - weight


def expected_pairs(tau, steps, dt):
    """The sum of exp(-lag/tau) over the pairs of steps with lag > 0: a coincidence does not pair, the past is empty."""
    lags = np.arange(1, min(steps, round(60 * tau / dt)))
    return np.sum((steps - lags) * np.exp(-lags * dt / tau))


def probability(rate, dt):
    return -math.expm1(-rate * 1e-3 * dt)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("pre_rate", "post_rate"), [(20.0, 20.0), (5.0, 50.0), (40.0, 8.0)])
@pytest.mark.parametrize(("A_plus", "A_minus"), [(1.0, 0.0), (0.0, 1.0), (1.0, 0.4)])
def test_all_to_all_stdp_drifts_between_poisson_trains_at_the_product_of_the_rates(
    A_plus, A_minus, pre_rate, post_rate, seed
):
    """Oracle: r_pre r_post (A_plus tau_plus - A_minus tau_minus) per unit of time, on the grid; within 3 SEM."""
    dt, steps = 0.5, 40_000
    rule = pl.STDP(learning_rate=1e-5, A_plus=A_plus, A_minus=A_minus, tau_plus=17.0, tau_minus=34.0, w_max=100.0)
    mean, error = mean_and_error(poisson_changes(rule, pre_rate, post_rate, seed=seed))
    pairs = A_plus * expected_pairs(17.0, steps, dt) - A_minus * expected_pairs(34.0, steps, dt)
    expected = 1e-3 * probability(pre_rate, dt) * probability(post_rate, dt) * pairs
    assert abs(mean - expected) < 3 * error
    continuous = 1e-3 * pre_rate * post_rate * 1e-6 * (A_plus * 17.0 - A_minus * 34.0) * 20_000
    assert expected == pytest.approx(continuous, rel=0.08)
    assert error < 0.05 * max(abs(expected), 1e-3 * pre_rate * post_rate * 1e-6 * 17.0 * 20_000)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("post_rate", [4.0, 8.0, 16.0])
def test_inhibitory_stdp_drifts_towards_its_target_rate_and_stands_still_at_it(post_rate, seed):
    """Oracle: 2 learning_rate tau r_pre (r_post - target_rate) per unit of time, on the grid; within 3 SEM."""
    dt, steps, tau = 0.5, 40_000, 20.0
    rule = pl.InhibitorySTDP(target_rate=8.0, tau=tau, learning_rate=1e-3, w_max=100.0)
    mean, error = mean_and_error(poisson_changes(rule, 15.0, post_rate, seed=seed))
    p_pre, p_post = probability(15.0, dt), probability(post_rate, dt)
    expected = 1e-3 * p_pre * (2 * p_post * expected_pairs(tau, steps, dt) - 2 * 8e-3 * tau * steps)
    assert abs(mean - expected) < 3 * error
    continuous = 2 * 1e-3 * tau * 15e-3 * (post_rate - 8.0) * 1e-3 * 20_000
    assert expected == pytest.approx(continuous, abs=0.05 * 2 * 1e-3 * tau * 15e-3 * post_rate * 1e-3 * 20_000)


def test_inhibitory_stdp_brings_a_neuron_to_its_target_rate():
    """Oracle: the fixed point of the rule, r_post = target_rate (Vogels et al. 2011), to a fifth: an arriving spike itself lowers what follows."""
    net = pl.Network(0.1, seed=4, threads=1)
    receptors = {"e": pl.ConductanceExp(tau=5.0, E_rev=0.0), "i": pl.ConductanceExp(tau=10.0, E_rev=-80.0)}
    cells = net.population(
        40, pl.LIF(C_m=200.0, tau_m=20.0, E_L=-60.0, V_th=-50.0, V_reset=-60.0, t_ref=5.0, receptors=receptors)
    )
    net.drive(cells, pl.PoissonInput(rate=2500.0), receptor="e", weight=1.0)
    inhibition = net.population(1000, pl.PoissonSource(rate=10.0))  # many and weak: hardly correlated with one spike
    rule = pl.InhibitorySTDP(target_rate=6.0, tau=20.0, learning_rate=0.005, w_max=10.0)
    synapses = net.connect(inhibition, cells, pl.AllToAll(), receptor="i", weight=0.01, delay=1.0, plasticity=rule)
    early = net.record(cells, "spikes")
    net.run(200.0)
    assert early.count / (40 * 0.2) > 30.0
    net.run(6000.0)
    synapses.set(learning_rate=0.001)
    late = net.record(cells, "spikes")
    net.run(6000.0)
    assert late.count / (40 * 6.0) == pytest.approx(6.0, rel=0.2)
    assert np.all(synapses.weights < 10.0)


@pytest.mark.parametrize(
    "rule", [pl.STDP(tau_plus=0.004, tau_minus=0.004), pl.InhibitorySTDP(tau=0.004, target_rate=0, w_max=1)]
)
@pytest.mark.parametrize("precision", ["single", "double"])
def test_traces_far_shorter_than_a_step_pair_nothing(rule, precision):
    """Oracle: exp(-dt/tau) < 2e-11, so that a weight of 0.5 cannot move by as much as 1e-9."""
    net = pl.Network(precision=precision, threads=1)
    source = net.population(1, pl.SpikeSource(np.arange(1, 60) * 0.3))
    cell = net.population(1, pl.LIF(I_e=3000, receptors={"in": pl.CurrentDelta()}))
    learning = net.connect(source, cell, pl.AllToAll(), weight=0.5, delay=0.1, plasticity=rule)
    net.run(50)
    assert cell.spike_count > 5
    assert abs(learning.weights[0] - 0.5) < 1e-9
