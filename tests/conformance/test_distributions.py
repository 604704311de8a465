"""Samples of every distribution against SciPy's, by Kolmogorov and Smirnov."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

import plastica as pl


def truncated(mean, std, low, high):
    return stats.truncnorm((low - mean) / std, (high - mean) / std, loc=mean, scale=std)


DISTRIBUTIONS = {
    "Normal": (pl.Normal(-61.0, 4.0), stats.norm(-61.0, 4.0)),
    "Normal truncated on both sides": (pl.Normal(2.0, 1.5, low=1.0, high=2.5), truncated(2.0, 1.5, 1.0, 2.5)),
    "Normal truncated below": (pl.Normal(1.0, 2.0, low=0.0), truncated(1.0, 2.0, 0.0, math.inf)),
    "Normal truncated above": (pl.Normal(1.0, 2.0, high=0.0), truncated(1.0, 2.0, -math.inf, 0.0)),
    "Normal truncated to a tail": (pl.Normal(0.0, 1.0, low=2.5), truncated(0.0, 1.0, 2.5, math.inf)),
    "Normal truncated to a narrow window": (pl.Normal(0.0, 5.0, low=1.0, high=1.1), truncated(0.0, 5.0, 1.0, 1.1)),
    "LogNormal": (pl.LogNormal(-0.5, 0.7), stats.lognorm(0.7, scale=math.exp(-0.5))),
    "LogNormal wide": (pl.LogNormal(2.0, 3.0), stats.lognorm(3.0, scale=math.exp(2.0))),
    "Uniform": (pl.Uniform(-3.0, 5.0), stats.uniform(-3.0, 8.0)),
    "Exponential": (pl.Exponential(2.7), stats.expon(scale=2.7)),
    "Gamma of small shape": (pl.Gamma(0.3, 2.0), stats.gamma(0.3, scale=2.0)),
    "Gamma of shape 1": (pl.Gamma(1.0, 0.5), stats.gamma(1.0, scale=0.5)),
    "Gamma of large shape": (pl.Gamma(40.0, 0.1), stats.gamma(40.0, scale=0.1)),
}


def samples(distribution, seed, count=20_000):
    """Initial potentials of a population, which are drawn in double precision."""
    net = pl.Network(seed=seed, precision="double", threads=1)
    cells = net.population(count, pl.LIF(V_th=1e300), initial={"V": distribution})
    return cells.get("V")


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_follow_the_distribution(name):
    """Oracle: SciPy's distribution; Kolmogorov-Smirnov over four seeds, whose p values are uniform themselves."""
    distribution, expected = DISTRIBUTIONS[name]
    p_values = []
    for seed in (1, 2, 3, 4):
        values = samples(distribution, seed)
        low, high = expected.support()
        assert np.all((values >= low) & (values <= high))
        p_values.append(stats.kstest(values, expected.cdf).pvalue)
    assert min(p_values) > 1e-4
    assert stats.combine_pvalues(p_values).pvalue > 5e-3


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_have_the_mean_and_variance_of_the_distribution(name):
    """Oracle: moments of SciPy's distribution, within 4 standard errors over 80,000 samples."""
    distribution, expected = DISTRIBUTIONS[name]
    if name == "LogNormal wide":
        distribution, expected = pl.LogNormal(2.0, 0.3), stats.lognorm(0.3, scale=math.exp(2.0))
    values = np.concatenate([samples(distribution, seed) for seed in (5, 6, 7, 8)])
    mean, variance = expected.stats("mv")
    assert abs(values.mean() - mean) < 4 * math.sqrt(variance / values.size)
    squares = (values - mean) ** 2
    assert abs(squares.mean() - variance) < 4 * squares.std() / math.sqrt(values.size)


def test_every_distribution_that_is_listed_is_compared_with_scipy():
    """Oracle: the native list of parts; a new distribution needs its oracle here."""
    listed = {part["name"] for part in pl._native.parts() if part["kind"] == "distribution"}
    assert listed == {type(distribution).__name__ for distribution, _ in DISTRIBUTIONS.values()}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_are_independent_and_follow_from_the_seed(name):
    """Oracle: correlation 0 between neighbours and between seeds, identity for one seed."""
    distribution, expected = DISTRIBUTIONS[name]
    one, again, other = (expected.cdf(samples(distribution, seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / math.sqrt(one.size)
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 4 / math.sqrt(one.size)


@pytest.mark.parametrize("distribution", [pl.Normal(3.0, 0.0), pl.LogNormal(math.log(3.0), 0.0)])
def test_a_distribution_without_width_is_a_number(distribution):
    """Oracle: the number."""
    np.testing.assert_allclose(samples(distribution, 1, 50), 3.0, rtol=1e-14)


def test_a_window_that_holds_almost_nothing_of_a_normal_distribution_is_refused():
    """Oracle: docs; drawing again and again is not for a window beyond 8 standard deviations."""
    with pytest.raises(ValueError, match="almost nothing"):
        samples(pl.Normal(0.0, 1.0, low=8.0), 1, 1)


@pytest.mark.parametrize("what", ["weight", "delay", "parameter"])
def test_weights_delays_and_parameters_follow_their_distribution(what):
    """Oracle: SciPy's distribution by Kolmogorov-Smirnov, with delays rounded to the grid."""
    net = pl.Network(0.1, seed=3, precision="double", threads=1)
    distribution, expected = pl.Gamma(4.0, 1.5), stats.gamma(4.0, scale=1.5)
    parameters = {"tau_m": distribution} if what == "parameter" else {}
    cells = net.population(200, pl.LIF(**parameters, receptors={"r": pl.CurrentExp()}))
    if what == "parameter":
        assert stats.kstest(cells.get("tau_m"), expected.cdf).pvalue > 1e-3
        return
    values = {"weight": 1.0, "delay": 1.0, what: pl.Normal(6.0, 2.0, low=0.1)}
    synapses = net.connect(cells, cells, pl.AllToAll(), **values)
    expected = truncated(6.0, 2.0, 0.1, math.inf)
    if what == "weight":
        assert stats.kstest(synapses.weights, expected.cdf).pvalue > 1e-3
        return
    steps = np.rint(synapses.delays / 0.1).astype(int)
    np.testing.assert_allclose(synapses.delays, steps * 0.1, rtol=1e-12)
    edges = np.arange(0, 121, 10)
    observed, _ = np.histogram(steps, edges)
    shares = np.diff(expected.cdf((edges - 0.5) * 0.1))
    shares[-1] += expected.sf(edges[-1] * 0.1 - 0.05)
    observed[-1] += np.count_nonzero(steps > 120)
    keep = shares * len(steps) > 5
    assert stats.chisquare(observed[keep], shares[keep] / shares[keep].sum() * observed[keep].sum()).pvalue > 1e-3
