"""Connectors: who is connected to whom, counted over seeds and compared with the law each connector follows.

The statistical tests stand on fixed seeds: they pass or fail for ever. Their bound is a probability of 1e-4 under the
law, so that of the hundred or so tests here none fails by chance, and a wrong law fails far beyond it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, stats

import plastica as pl

SEEDS = range(40)
UNLIKELY = 1e-4
RELAY = pl.Relay()
Pairs = tuple[np.ndarray, np.ndarray]


def pairs(projection: pl.Projection) -> Pairs:
    return projection.sources.astype(np.int64), projection.targets.astype(np.int64)


def connected(
    connector: pl.Connector, pre: int = 30, post: int | None = 40, *, seed: int = 1, threads: int = 1, **options: Any
) -> pl.Projection:
    """Two populations and a projection; with `post=None`, one population onto itself."""
    net = pl.Network(seed=seed, threads=threads)
    first = net.population(pre, RELAY, name="first")
    second = first if post is None else net.population(post, RELAY, name="second")
    return net.connect(first, second, connector, **options)


def counted(connector: pl.Connector, pre: int = 30, post: int | None = 40, seeds: Iterable[int] = SEEDS) -> np.ndarray:
    """How many synapses each pair has, for each seed: shape (seeds, pre, post)."""
    matrices = []
    for seed in seeds:
        sources, targets = pairs(connected(connector, pre, post, seed=seed))
        matrix = np.zeros((pre, post or pre), dtype=np.int64)
        np.add.at(matrix, (sources, targets), 1)
        matrices.append(matrix)
    return np.stack(matrices)


def assert_follows(counts: np.ndarray, law: Callable[[np.ndarray], np.ndarray]) -> None:
    """A chi-square test of counts against a probability mass function; rare values are pooled."""
    values = np.arange(int(counts.max()) * 2 + 50)
    expected, observed = law(values) * counts.size, np.bincount(counts.ravel(), minlength=len(values))
    bins, total = [], [0.0, 0.0]
    for value in values:
        total = [total[0] + observed[value], total[1] + expected[value]]
        if total[1] >= 10:
            bins.append(total)
            total = [0.0, 0.0]
    bins[-1] = [bins[-1][0] + total[0], bins[-1][1] + counts.size - sum(b[1] for b in bins)]
    found, wanted = np.array(bins).T
    assert len(bins) > 2
    assert stats.chi2.sf(((found - wanted) ** 2 / wanted).sum(), len(bins) - 1) > UNLIKELY


def assert_equally_likely(sums: np.ndarray, variance: float, constrained: bool) -> None:
    """A chi-square test of sums with equal expectation: no neuron and no pair is preferred."""
    mean = sums.mean()
    freedom = sums.size - constrained
    statistic = ((sums - mean) ** 2).sum() / variance
    if constrained:
        statistic *= (sums.size - 1) / sums.size
    assert UNLIKELY < stats.chi2.sf(statistic, freedom) < 1 - UNLIKELY


# ---- degrees


@pytest.mark.parametrize("probability", [0.02, 0.3, 0.9])
def test_fixed_probability_connects_every_pair_independently(probability: float) -> None:
    """Oracle: in- and out-degrees and the counts of each pair over seeds are binomial."""
    counts = counted(pl.FixedProbability(probability), 60, 70)
    assert counts.max() == 1
    assert_follows(counts.sum(axis=1), stats.binom(60, probability).pmf)
    assert_follows(counts.sum(axis=2), stats.binom(70, probability).pmf)
    variance = len(SEEDS) * probability * (1 - probability)
    expected = len(SEEDS) * probability
    statistic = ((counts.sum(axis=0) - expected) ** 2).sum() / variance
    assert UNLIKELY < stats.chi2.sf(statistic, 60 * 70) < 1 - UNLIKELY


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("multapses", [True, False])
@pytest.mark.parametrize("degree", [1, 7, 25])
def test_a_fixed_degree_is_exact_on_one_side_and_chance_on_the_other(axis: int, multapses: bool, degree: int) -> None:
    """Oracle: in-degree (out-degree) constant; the other is binomial, its places are equally likely."""
    connector = (pl.FixedInDegree, pl.FixedOutDegree)[axis](degree=degree, allow_multapses=multapses)
    counts = counted(connector, 30, 30)
    if axis == 1:
        counts = counts.transpose(0, 2, 1)
    assert (counts.sum(axis=1) == degree).all()  # of each target
    drawn = counts.sum(axis=(0, 2))  # how often each source was drawn, over seeds and targets
    draws = len(SEEDS) * 30
    if multapses:
        assert_equally_likely(drawn, draws * degree / 30, constrained=True)
        if degree > 1:
            assert_follows(counts, stats.binom(degree, 1 / 30).pmf)
        assert_follows(counts.sum(axis=2), stats.binom(degree * 30, 1 / 30).pmf)
    else:
        share = degree / 30
        assert counts.max() == 1
        assert_equally_likely(drawn, draws * share * (1 - share) * 30 / 29, constrained=True)
        assert_follows(counts.sum(axis=2), stats.binom(30, share).pmf)


@pytest.mark.parametrize("multapses", [True, False])
@pytest.mark.parametrize("number", [50, 500])
def test_a_fixed_total_number_is_exact_and_every_pair_is_equally_likely(multapses: bool, number: int) -> None:
    """Oracle: multinomial over all pairs with multapses, hypergeometric without; so are the degrees."""
    counts = counted(pl.FixedTotalNumber(number=number, allow_multapses=multapses), 25, 30)
    assert (counts.sum(axis=(1, 2)) == number).all()
    of_pairs, share = counts.sum(axis=0), number / 750
    if multapses:
        assert_equally_likely(of_pairs, len(SEEDS) * share, constrained=True)
        assert_follows(counts.sum(axis=1), stats.binom(number, 1 / 30).pmf)
        assert_follows(counts.sum(axis=2), stats.binom(number, 1 / 25).pmf)
    else:
        assert counts.max() == 1
        assert_equally_likely(of_pairs, len(SEEDS) * share * (1 - share) * 750 / 749, constrained=True)
        assert_follows(counts.sum(axis=1), stats.hypergeom(750, 25, number).pmf)
        assert_follows(counts.sum(axis=2), stats.hypergeom(750, 30, number).pmf)


def test_full_connections_are_all_pairs_and_empty_ones_none() -> None:
    """Oracle: counting."""
    everything = {(i, j) for i, j in product(range(30), range(40))}
    for connector in (
        pl.AllToAll(),
        pl.FixedProbability(1.0),
        pl.FixedInDegree(degree=30, allow_multapses=False),
        pl.FixedOutDegree(degree=40, allow_multapses=False),
        pl.FixedTotalNumber(number=1200, allow_multapses=False),
    ):
        projection = connected(connector)
        assert len(projection) == 1200
        assert set(zip(*(p.tolist() for p in pairs(projection)), strict=True)) == everything
    for connector in (
        pl.FixedProbability(0.0),
        pl.FixedInDegree(degree=0),
        pl.FixedOutDegree(degree=0),
        pl.FixedTotalNumber(number=0),
        pl.Explicit([], []),
    ):
        nothing = connected(connector)
        assert len(nothing) == len(nothing.weights) == len(nothing.sources) == 0
        nothing.network.run(1)
    one = connected(pl.OneToOne(), 40, 40)
    assert (one.sources == np.arange(40)).all()
    assert (one.targets == np.arange(40)).all()


# ---- autapses and multapses


RANDOM = [
    pl.AllToAll(allow_autapses=False),
    pl.FixedProbability(0.5, allow_autapses=False),
    pl.FixedInDegree(degree=9, allow_autapses=False),
    pl.FixedInDegree(degree=9, allow_autapses=False, allow_multapses=False),
    pl.FixedOutDegree(degree=9, allow_autapses=False),
    pl.FixedOutDegree(degree=9, allow_autapses=False, allow_multapses=False),
    pl.FixedTotalNumber(number=150, allow_autapses=False),
    pl.FixedTotalNumber(number=150, allow_autapses=False, allow_multapses=False),
]


@pytest.mark.parametrize("connector", RANDOM, ids=repr)
def test_autapses_are_left_out_of_a_population_onto_itself_and_nothing_else(connector: pl.Connector) -> None:
    """Oracle: the diagonal is empty; with autapses, and between different populations, it is not."""
    counts = counted(connector, 20, None)
    assert counts[:, range(20), range(20)].sum() == 0
    assert (counts.sum(axis=0) + np.eye(20, dtype=int) > 0).all()
    assert counted(connector.replace(allow_autapses=True), 20, None)[:, range(20), range(20)].sum() > 0
    assert counted(connector, 20, 20)[:, range(20), range(20)].sum() > 0


def test_degrees_stay_exact_without_autapses() -> None:
    """Oracle: a neuron left out is replaced, not lost."""
    for multapses in (True, False):
        options = {"allow_autapses": False, "allow_multapses": multapses}
        assert (counted(pl.FixedInDegree(degree=9, **options), 20, None).sum(axis=1) == 9).all()
        assert (counted(pl.FixedOutDegree(degree=9, **options), 20, None).sum(axis=2) == 9).all()
        assert (counted(pl.FixedTotalNumber(number=77, **options), 20, None).sum(axis=(1, 2)) == 77).all()
        full = pl.FixedInDegree(degree=19, **options)
        assert (counted(full, 20, None, [1]).sum(axis=1) == 19).all()
    assert len(connected(pl.AllToAll(allow_autapses=False), 20, None)) == 20 * 19
    assert len(connected(pl.OneToOne(allow_autapses=False), 20, None)) == 0


def test_without_autapses_the_other_pairs_stay_equally_likely() -> None:
    """Oracle: chi-square over the pairs off the diagonal; the gap must not favour a neighbour."""
    off = ~np.eye(20, dtype=bool)
    draws = len(SEEDS)
    for connector in (pl.FixedInDegree, pl.FixedOutDegree):
        for multapses in (True, False):
            counts = counted(connector(degree=6, allow_autapses=False, allow_multapses=multapses), 20, None)
            share = 6 / 19
            variance = draws * share * ((1 - 1 / 19) if multapses else (1 - share))
            # within each row of 19 the sum is given: 18 degrees of freedom of 19
            statistic = ((counts.sum(axis=0)[off] - draws * share) ** 2).sum() / variance * (18 / 19)
            assert UNLIKELY < stats.chi2.sf(statistic, 20 * 18) < 1 - UNLIKELY


@pytest.mark.parametrize("connector", RANDOM, ids=repr)
def test_autapses_of_views_are_known_by_the_neuron_and_not_by_its_place(connector: pl.Connector) -> None:
    """Oracle: two overlapping views in different orders."""
    net = pl.Network()
    ten = net.population(30, RELAY)
    projection = net.connect(ten[[9, 3, 4, 5, 6, 7, 8, 25, 26, 27]], ten[2:20], connector)
    sources, targets = pairs(projection)
    assert len(projection) > 50
    assert (sources != targets).all()
    positions = np.searchsorted([3, 4, 5, 6, 7, 8, 9, 25, 26, 27], sources)
    assert (positions == targets - 2).any()  # the same place, but another neuron


# ---- views


@settings(max_examples=40)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_views_connect_only_their_own_neurons(data: st.DataObject, seed: int) -> None:
    """Oracle: the ids of the views, and the counts that belong to their sizes."""
    pre = data.draw(st.lists(st.integers(0, 32), min_size=1, max_size=20, unique=True))
    post = data.draw(st.lists(st.integers(0, 79), min_size=1, max_size=40, unique=True))
    net = pl.Network(seed=seed)
    first, second = net.population(33, RELAY)[pre], net.population(80, RELAY)[post]
    degree = data.draw(st.integers(0, 5))
    for connector, count in (
        (pl.AllToAll(), len(pre) * len(post)),
        (pl.FixedInDegree(degree=degree), degree * len(post)),
        (pl.FixedOutDegree(degree=degree), degree * len(pre)),
        (pl.FixedTotalNumber(number=17), 17),
        (pl.FixedProbability(0.4), None),
    ):
        projection = net.connect(first, second, connector)
        sources, targets = pairs(projection)
        assert set(sources.tolist()) <= set(pre)
        assert set(targets.tolist()) <= set(post)
        assert count is None or len(projection) == count
        if isinstance(connector, pl.FixedInDegree):
            assert (np.bincount(targets, minlength=80)[post] == degree).all()
        if isinstance(connector, pl.FixedOutDegree):
            assert (np.bincount(sources, minlength=33)[pre] == degree).all()


def test_one_to_one_pairs_views_in_their_own_order() -> None:
    """Oracle: the i-th of one view goes to the i-th of the other."""
    net = pl.Network(threads=2)
    population = net.population(100, RELAY)
    pre, post = [7, 99, 3, 50], [64, 1, 63, 0]
    projection = net.connect(population[pre], population[post], pl.OneToOne())
    assert sorted(zip(pre, post, strict=True)) == list(zip(*(p.tolist() for p in pairs(projection)), strict=True))


def test_a_view_of_everybody_is_the_population() -> None:
    """Oracle: a view is drawn from as a population of its own, in the same places."""
    for connector in (pl.AllToAll(), pl.FixedInDegree(degree=4), pl.FixedTotalNumber(number=99)):
        counts = []
        for whole in (True, False):
            net = pl.Network()
            first, second = net.population(20, RELAY), net.population(33, RELAY)
            ends = (first, second) if whole else (first[:], second[np.arange(33)])
            counts.append(np.stack(pairs(net.connect(*ends, connector))))
        assert np.array_equal(*counts)


# ---- the same network on any number of threads, in one order


PLACED = pl.DistanceDependent(scale=0.2, probability=0.8)
ALL = [*RANDOM, pl.OneToOne(), PLACED, pl.Explicit([1, 0, 199, 64, 63, 0], [0, 199, 65, 63, 64, 0])]


@pytest.mark.threads
@pytest.mark.parametrize("connector", ALL, ids=lambda c: type(c).__name__)
def test_every_connector_makes_the_same_network_on_any_number_of_threads(connector: pl.Connector) -> None:
    """Oracle: one thread; also weights and delays that are drawn, and plastic projections."""

    def made(threads: int) -> list[bytes]:
        net = pl.Network(seed=3, threads=threads)
        model = pl.LIF(receptors={"in": pl.CurrentExp()})
        population = net.population(200, model, positions=pl.UniformPositions((1.0, 1.0)))
        arrays = []
        for rule in (None, pl.STDP()):
            projection = net.connect(
                population,
                population,
                connector,
                weight=pl.Normal(0.5, 0.1, low=0, high=1),
                delay=pl.LogNormal(0, 0.5),
                plasticity=rule,
            )
            arrays += [projection.sources, projection.targets, projection.weights, projection.delays]
        return [array.tobytes() for array in arrays]

    one = made(1)
    for threads in (2, 3, 5):
        assert made(threads) == one


@pytest.mark.parametrize("connector", ALL, ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("plastic", [False, True])
def test_connections_are_listed_by_source_then_target(connector: pl.Connector, plastic: bool) -> None:
    """Oracle: a lexicographic sort; whatever the delays, by which the engine stores them."""
    net = pl.Network(threads=3)
    model = pl.LIF(receptors={"in": pl.CurrentExp()})
    population = net.population(200, model, positions=pl.UniformPositions((1.0, 1.0)))
    rule = pl.STDP() if plastic else None
    projection = net.connect(population, population, connector, delay=pl.Uniform(0.1, 5), plasticity=rule)
    sources, targets = pairs(projection)
    assert len(projection) == len(projection.delays) == len(sources) > 0
    assert (np.lexsort((targets, sources)) == np.arange(len(sources))).all()


# ---- explicit connections and sparse matrices


@settings(max_examples=60)
@given(data=st.data())
def test_explicit_connections_come_back_with_their_weights_and_delays_also_duplicates(data: st.DataObject) -> None:
    """Oracle: the user's own list, sorted by source, then target, duplicates by delay, then in the order given."""
    number = data.draw(st.integers(1, 60))
    sources = np.array(data.draw(st.lists(st.integers(0, 4), min_size=number, max_size=number)))
    targets = np.array(data.draw(st.lists(st.integers(0, 69), min_size=number, max_size=number)))
    rng = np.random.default_rng(number)
    steps = rng.integers(1, 4, number)
    weights, delays = rng.normal(size=number), steps * 0.1
    net = pl.Network(threads=data.draw(st.sampled_from([1, 2])), precision="double")
    pre = net.population(5, RELAY)
    post = net.population(70, pl.LIF(receptors={"in": pl.CurrentExp()}))
    projection = net.connect(pre, post, pl.Explicit(sources, targets), weight=weights, delay=delays)
    order = np.lexsort((steps, targets, sources))
    assert projection.sources.tolist() == sources[order].tolist()
    assert projection.targets.tolist() == targets[order].tolist()
    assert projection.weights.tolist() == weights[order].tolist()
    assert projection.delays == pytest.approx(delays[order])
    dense = np.zeros((5, 70))
    np.add.at(dense, (sources, targets), weights)
    assert projection.to_sparse().toarray() == pytest.approx(dense)


@pytest.mark.parametrize("form", ["csr_array", "csc_array", "coo_array", "lil_array", "dok_array", "csr_matrix"])
def test_a_sparse_matrix_of_any_form_makes_a_round_trip(form: str) -> None:
    """Oracle: the matrix itself, with zeros that are stored and without those that are not."""
    matrix = sparse.random_array((20, 33), density=0.2, rng=np.random.default_rng(4), dtype=np.float64)
    projection = connected(pl.FromSparse(getattr(sparse, form)(matrix)), 20, 33)
    back = projection.to_sparse()
    assert back.shape == (20, 33)
    assert back.nnz == len(projection) == matrix.nnz
    assert back.toarray() == pytest.approx(matrix.toarray(), rel=1e-6)
    again = connected(pl.FromSparse(back), 20, 33)
    assert again.weights.tolist() == projection.weights.tolist()


def test_the_entries_of_a_sparse_matrix_that_stand_twice_add_up() -> None:
    """Oracle: what SciPy itself makes of them."""
    twice = sparse.coo_array(([1.0, 2.0, 4.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    projection = connected(pl.FromSparse(twice), 2, 2)
    assert projection.to_sparse().toarray().tolist() == twice.toarray().tolist()
    assert projection.weights.tolist() == [3, 4]


def test_arrays_follow_the_order_of_explicit_connections_through_views() -> None:
    """Oracle: each connection carries the number that stood beside it."""
    net = pl.Network(precision="double")
    pre, post = net.population(10, RELAY), net.population(80, RELAY)
    sources, targets = [2, 0, 1, 0], [1, 2, 0, 0]
    explicit = pl.Explicit(sources, targets)
    projection = net.connect(pre[[9, 1, 5]], post[[70, 0, 64]], explicit, weight=[1, 2, 3, 4], delay=[0.1, 0.2, 0.3, 9])
    listed = zip(projection.sources, projection.targets, projection.weights, projection.delays, strict=True)
    found = {(int(s), int(t)): (float(w), round(float(d), 6)) for s, t, w, d in listed}
    assert found == {(5, 0): (1, 0.1), (9, 64): (2, 0.2), (1, 70): (3, 0.3), (9, 70): (4, 9.0)}


def test_drawn_weights_follow_their_distribution_and_one_stream_per_projection() -> None:
    """Oracle: Kolmogorov-Smirnov against SciPy's laws; two projections and weights and delays are independent."""
    laws: list[tuple[pl.Distribution, Any]] = [
        (pl.Normal(3, 0.5), stats.norm(3, 0.5)),
        (pl.Normal(0, 1, low=0), stats.truncnorm(0, np.inf)),
        (pl.LogNormal(0.3, 0.7), stats.lognorm(s=0.7, scale=np.exp(0.3))),
        (pl.Uniform(2, 5), stats.uniform(2, 3)),
        (pl.Exponential(4), stats.expon(scale=4)),
        (pl.Gamma(0.4, 3), stats.gamma(0.4, scale=3)),
        (pl.Gamma(5, 0.5), stats.gamma(5, scale=0.5)),
    ]
    net = pl.Network(precision="double")
    population = net.population(100, RELAY)
    for given_law, law in laws:
        first = net.connect(population, population, pl.AllToAll(), weight=given_law, delay=pl.Uniform(1, 1000))
        second = net.connect(population, population, pl.AllToAll(), weight=given_law)
        assert stats.kstest(first.weights, law.cdf).pvalue > UNLIKELY, given_law
        assert stats.pearsonr(first.weights, second.weights).pvalue > UNLIKELY, given_law
        assert stats.pearsonr(first.weights, first.delays).pvalue > UNLIKELY, given_law
    delays = first.delays
    assert delays / 0.1 == pytest.approx(np.round(delays / 0.1))
    assert stats.kstest(delays, stats.uniform(1, 999).cdf).pvalue > UNLIKELY


# ---- distance


def separation(a: np.ndarray, b: np.ndarray, extent: Any) -> np.ndarray:
    """Distances of every pair, shape (a, b); periodic in `extent` if there is one."""
    difference = np.abs(a[:, None, :] - b[None, :, :])
    if extent is not None:
        box = np.asarray(extent, dtype=float)
        difference = difference % box
        difference = np.minimum(difference, box - difference)
    return np.sqrt((difference**2).sum(axis=-1))


KERNELS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "gaussian": lambda d, scale: np.exp(-(d**2) / (2 * scale**2)),
    "exponential": lambda d, scale: np.exp(-d / scale),
    "box": lambda d, scale: (d <= scale).astype(float),
}


@pytest.mark.parametrize("kernel", list(KERNELS))
@pytest.mark.parametrize("dimensions", [1, 2, 3])
@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("probability", [1.0, 0.6])
@pytest.mark.parametrize("furthest", [np.inf, 0.7])
def test_the_probability_falls_with_distance_as_the_kernel_says(
    kernel: str, dimensions: int, periodic: bool, probability: float, furthest: float
) -> None:
    """Oracle: in bins of distance, the number of connections against the sum of the kernel over the pairs there."""
    extent = (1.0, 1.5, 0.8)[:dimensions]
    scale = 0.25 if kernel != "box" else 0.4
    connector = pl.DistanceDependent(
        kernel=kernel,  # type: ignore[arg-type]
        probability=probability,
        scale=scale,
        max_distance=furthest,
        extent=extent if periodic else None,
    )
    found, wanted, variance = np.zeros(20), np.zeros(20), np.zeros(20)
    for seed in range(3):
        net = pl.Network(seed=seed)
        pre = net.population(150, RELAY, positions=pl.UniformPositions(extent))
        post = net.population(170, RELAY, positions=pl.UniformPositions(extent))
        assert pre.positions is not None
        assert post.positions is not None
        distance = separation(pre.positions, post.positions, extent if periodic else None)
        chance = probability * KERNELS[kernel](distance, scale) * (distance <= furthest)
        matrix = np.zeros((150, 170))
        sources, targets = pairs(net.connect(pre, post, connector))
        np.add.at(matrix, (sources, targets), 1)
        assert matrix.max() == 1
        assert (chance[sources, targets] > 0).all()
        assert (matrix[chance == 1] == 1).all()
        which = np.minimum((distance * 12).astype(int), 19)
        for sums, values in ((found, matrix), (wanted, chance), (variance, chance * (1 - chance))):
            sums += np.bincount(which.ravel(), values.ravel(), minlength=20)
    sure = variance < 5
    assert np.abs(found[sure].sum() - wanted[sure].sum()) < 5 * np.sqrt(variance[sure].sum()) + 1e-6
    if sure.all():
        return
    statistic = ((found - wanted)[~sure] ** 2 / variance[~sure]).sum()
    assert UNLIKELY < stats.chi2.sf(statistic, int((~sure).sum())) <= 1


def test_distance_dependent_connections_know_views_and_autapses() -> None:
    """Oracle: a box that holds everybody connects the whole of two views but for the autapses."""
    net = pl.Network()
    line = net.population(40, RELAY, positions=np.linspace(0, 1, 40))
    wide = pl.DistanceDependent(kernel="box", scale=5, allow_autapses=False)
    pre, post = [30, 3, 5], [5, 6, 30, 39]
    sources, targets = pairs(net.connect(line[pre], line[post], wide))
    expected = sorted((i, j) for i, j in product(pre, post) if i != j)
    assert list(zip(sources.tolist(), targets.tolist(), strict=True)) == expected


@pytest.mark.parametrize("extent", [None, (1.0, 1.5)])
def test_weights_and_delays_are_functions_of_the_distance_of_each_connection(extent: Any) -> None:
    """Oracle: the distance computed from the positions; also across the edge of a periodic box, and for views."""
    net = pl.Network(precision="double", threads=2)
    places = pl.UniformPositions((1.0, 1.5))
    pre, post = net.population(80, RELAY, positions=places), net.population(90, RELAY, positions=places)
    connector = pl.DistanceDependent(scale=0.5, extent=extent)
    projection = net.connect(
        pre[::-2], post[10:], connector, weight=lambda d: 3 * np.exp(-d), delay=lambda d: 0.1 + 2 * d
    )
    assert pre.positions is not None
    assert post.positions is not None
    sources, targets = pairs(projection)
    distance = separation(pre.positions, post.positions, extent)[sources, targets]
    assert projection.weights == pytest.approx(3 * np.exp(-distance))
    assert projection.delays == pytest.approx(0.1 + 2 * distance, abs=0.0501)
    steps = projection.delays / 0.1
    assert steps == pytest.approx(np.floor((0.1 + 2 * distance) / 0.1 + 0.5), abs=1e-6)
    assert distance.max() > 0.6


# ---- requests that cannot be met


IMPOSSIBLE = [
    (pl.FixedInDegree(degree=31, allow_multapses=False), r"FixedInDegree\.degree = 31 .*30.*allow_multapses=True"),
    (pl.FixedOutDegree(degree=41, allow_multapses=False), r"FixedOutDegree\.degree = 41 .*40.*allow_multapses=True"),
    (pl.FixedTotalNumber(number=1201, allow_multapses=False), r"FixedTotalNumber\.number = 1201 .*1200"),
    (pl.OneToOne(), r"OneToOne needs as many sources as targets, not 30 and 40"),
    (pl.Explicit([30], [0]), r"Explicit\.sources\[0\] = 30 must be at least 0 and below 30"),
    (pl.Explicit([0, 1], [3, 40]), r"Explicit\.targets\[1\] = 40 must be at least 0 and below 40"),
    (pl.Explicit([0, 1], [3]), r"Explicit has 2 sources but 1 targets"),
    (pl.FromSparse(sparse.csr_array((3, 40))), r"FromSparse\.matrix has the shape \(3, 40\)"),
    (pl.DistanceDependent(), r"distances need positions; give population 'first' some"),
]


@pytest.mark.parametrize(("connector", "message"), IMPOSSIBLE, ids=lambda v: repr(v) if isinstance(v, pl.Part) else "")
def test_an_impossible_request_says_why_and_leaves_the_network_unchanged(connector: pl.Connector, message: str) -> None:
    """Oracle: the projection made afterwards is the one of a network in which nothing went wrong."""
    net = pl.Network(seed=5)
    first, second = net.population(30, RELAY, name="first"), net.population(40, RELAY, name="second")
    with pytest.raises(ValueError, match=message):
        net.connect(first, second, connector)
    assert net.projections == {}
    drawn = pl.Uniform(0, 1)
    after = net.connect(first, second, pl.FixedProbability(0.3), weight=drawn, delay=pl.Uniform(1, 5))
    net.run(1)
    clean = connected(pl.FixedProbability(0.3), seed=5, weight=drawn, delay=pl.Uniform(1, 5))
    assert after.name == clean.name
    assert np.array_equal(np.stack(pairs(after)), np.stack(pairs(clean)))
    assert (after.weights == clean.weights).all()
    assert (after.delays == clean.delays).all()


def test_an_autapse_too_many_counts_among_what_is_impossible() -> None:
    """Oracle: without autapses, a population of 20 has 19 partners for each neuron and 380 pairs."""
    options = {"allow_autapses": False, "allow_multapses": False}
    for connector in (
        pl.FixedInDegree(degree=20, **options),
        pl.FixedOutDegree(degree=20, **options),
        pl.FixedTotalNumber(number=381, **options),
    ):
        with pytest.raises(ValueError, match=f"{type(connector).__name__}.* (19|380)"):
            connected(connector, 20, None)
    lonely = pl.FixedInDegree(degree=1, allow_autapses=False)
    with pytest.raises(ValueError, match="FixedInDegree"):
        connected(lonely, 1, None)


def test_positions_and_boxes_of_other_dimensions_are_refused() -> None:
    """Oracle: the message names both numbers."""
    net = pl.Network()
    flat = net.population(4, RELAY, positions=np.zeros((4, 2)))
    line = net.population(4, RELAY, positions=np.zeros(4))
    with pytest.raises(ValueError, match="have 2 and 1 dimensions"):
        net.connect(flat, line, pl.DistanceDependent())
    with pytest.raises(ValueError, match="extent has 1 lengths for positions of 2 dimensions"):
        net.connect(flat, flat, pl.DistanceDependent(extent=1.0))
    assert net.projections == {}
