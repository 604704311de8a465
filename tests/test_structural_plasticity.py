"""Laws of structure: synapses that form and go by themselves."""

from __future__ import annotations

import os
import resource
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
from reference import structure

SANITIZED = "PLASTICA_SANITIZER" in os.environ

RECEPTORS = {"r": pl.CurrentExp(tau=5.0)}
CELL = pl.LIF(receptors=RECEPTORS)
NOTHING = pl.Explicit([], [])


def elements(**changes: object) -> pl.SynapticElements:
    given = {"growth": "gaussian", "eta": 0.0, "eps": 0.3, "nu": 0.0123, "tau_Ca": 700.0, "beta_Ca": 0.01}
    return pl.SynapticElements(**(given | changes))


def law(own: pl.SynapticElements | None = None, **changes: object) -> pl.StructuralPlasticity:
    own = own or elements()
    given = {"axonal": own, "dendritic": own, "weight": 20.0, "delay": 1.0}
    return pl.StructuralPlasticity(**(given | changes))


def driven(n: int, **options: object) -> tuple[pl.Network, pl.Population]:
    places = options.pop("positions", None)
    net = pl.Network(**({"seed": 3, "threads": 1} | options))
    cells = net.population(n, CELL, positions=places)
    net.drive(cells, pl.PoissonInput(rate=1000.0), weight=60.0)
    return net, cells


def ends_of(synapses: pl.Projection) -> list[tuple[int, int, int]]:
    delays = np.round(synapses.delays / 0.1).astype(int)
    return sorted(zip(synapses.sources.tolist(), synapses.targets.tolist(), delays.tolist(), strict=True))


# ------------------------------------------------------------------------------------------------ growth curves


def test_the_gaussian_curve_has_the_published_values():
    """Oracle: the growth curve of NEST with eta 0.1 and eps 0.7."""
    curve = pl.SynapticElements(growth="gaussian", eta=0.1, eps=0.7, nu=1.0)
    np.testing.assert_allclose(curve.growth_rate([0, 0.1, 0.4, 0.7, 1.0]), [-0.417, 0, 1, 0, -0.875], atol=5e-4)
    np.testing.assert_allclose(curve.growth_rate([0.1, 0.4, 0.7]), [0, 1, 0], atol=1e-15)


@given(ca=st.floats(0, 3), eta=st.floats(0, 0.5), width=st.floats(0.01, 2), psi=st.floats(0.01, 1))
def test_growth_curves_follow_their_closed_forms(ca, eta, width, psi):
    """Oracle: the published formulas."""
    eps = eta + width
    zeta = width / (2 * np.sqrt(np.log(2)))
    expected = {
        "linear": 1 - ca / eps,
        "gaussian": 2 * np.exp(-(((ca - (eta + eps) / 2) / zeta) ** 2)) - 1,
        "sigmoid": 2 / (1 + np.exp((ca - eps) / psi)) - 1,
    }
    for growth, value in expected.items():
        curve = pl.SynapticElements(growth=growth, eta=eta, eps=eps, psi=psi, nu=2.0)
        assert curve.growth_rate(ca) == pytest.approx(2 * value, rel=1e-9, abs=1e-9)


def test_linear_elements_follow_the_integral_of_calcium():
    """Oracle: z = nu (t - integral of Ca / eps), in closed form, whatever the interval."""
    times = [13.0, 14.5, 120.0, 299.9]
    for interval in (10.0, 100.0, 250.0):
        net = pl.Network(threads=1)
        sources, cells = net.population(1, pl.SpikeSource([times])), net.population(1, CELL)
        synapses = net.connect(sources, cells, NOTHING, weight=1.0, delay=1.0)
        own = elements(growth="linear", eps=0.5, nu=0.01, tau_Ca=80.0, beta_Ca=0.2, initial=5.0)
        control = net.control(synapses, law(own, dendritic=elements(nu=0.0), interval=interval))
        net.run(500.1)
        integral = sum(0.2 * 80 * (1 - np.exp(-(500 - t) / 80)) for t in times)
        assert control.get("axonal.z")[0] == pytest.approx(5 + 0.01 * (500 - integral / 0.5), rel=1e-12)
        calcium = sum(0.2 * np.exp(-(500.1 - t) / 80) for t in times)
        assert control.get("axonal.Ca")[0] == pytest.approx(calcium, rel=1e-12)


# ------------------------------------------------------------------------------------------------ who is connected to whom


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_networks_rewire_as_in_the_reference(data):
    """Oracle: elements and synapses one by one, with the same random numbers, from the engine's spikes."""
    seed, threads = data.draw(st.integers(0, 2**40)), data.draw(st.integers(1, 3))
    pairing = data.draw(st.sampled_from(["uniform", "distance", "activity"]))
    autapses, multapses, several = (data.draw(st.booleans()) for _ in range(3))
    n, interval = data.draw(st.integers(3, 10)), data.draw(st.sampled_from([50.0, 110.0]))
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    places = random.uniform(0, 4, (n, 2))
    net, cells = driven(n, seed=seed, threads=threads, positions=places)
    others = net.population(5, CELL, positions=random.uniform(0, 4, (5, 2)))
    net.drive(others, pl.PoissonInput(rate=900.0), weight=50.0)
    targets = [cells, others] if several else [cells]
    options = {
        "growth": "gaussian",
        "eps": 0.25,
        "nu": 0.0531,
        "tau_vacant": data.draw(st.sampled_from([400.0, np.inf])),
    }
    own, projections = elements(**options), []
    for target in targets:
        count = int(random.integers(0, 30))
        start = pl.Explicit(random.integers(0, n, count), random.integers(0, len(target), count))
        delays = np.round(random.uniform(0.5, 2, count), 1) if count else 1.0
        projections.append(net.connect(cells, target, start, weight=2.0, delay=delays))
    wanted = law(own, pairing=pairing, width=1.5, extent=(4.0, 4.0), autapses=autapses, multapses=multapses,
                 interval=interval, delay=1.3)  # fmt: skip
    control = net.control(projections, wanted)
    positions = [cells.positions, *(t.positions for t in targets)]

    def curve(ca: float) -> float:
        return float(own.growth_rate(ca))

    ref_elements = [structure.Elements(len(p), curve, 700.0, 0.01, options["tau_vacant"]) for p in [cells, *targets]]

    def distance(q: int, i: int, j: int) -> float:
        d = positions[0][i] - positions[1 + q][j]
        d -= 4 * np.round(d / 4)
        return float(np.exp(-(d @ d) / (2 * 1.5**2)))

    affinity = {"uniform": None, "distance": distance, "activity": lambda q, i, j: ref_elements[1 + q].calcium[j]}
    ref = structure.StructuralPlasticity(
        seed, ref_elements[0], ref_elements[1:], 13, interval, affinity[pairing],
        [t is cells for t in targets], autapses, multapses,
    )  # fmt: skip
    for q, projection in enumerate(projections):
        for s, t, d in zip(projection.sources, projection.targets, projection.delays, strict=True):
            ref.add(q, int(s), int(t), round(d / 0.1))
            ref_elements[0].z[s] += 1
            ref_elements[1 + q].z[t] += 1
    spikes = [net.record(p, "spikes") for p in [cells, *targets]]
    for n_update in range(1, 13):
        begin, end = (n_update - 1) * interval, n_update * interval
        net.run(end + 0.1 - net.time)
        for column, recorder in zip(ref_elements, spikes, strict=True):
            inside = (recorder.times > begin + 0.01) & (recorder.times < end + 0.01)
            times = [recorder.times[inside & (recorder.ids == i)].tolist() for i in range(column.n)]
            column.advance(times, begin, end)
        ref.update(round(end / 0.1))
        for q, projection in enumerate(projections):
            assert ends_of(projection) == sorted(
                (s.source, s.target, s.delay) for s in ref.synapses if s.projection == q
            )
    np.testing.assert_allclose(control.get("axonal.z"), ref_elements[0].z, rtol=1e-9)


@pytest.mark.parametrize("pairing", ["uniform", "activity"])
def test_partners_are_drawn_in_proportion_to_their_vacant_elements(pairing):
    """Oracle: chi-square of the synapses per target, of which some offer three times as much."""
    net, cells = driven(60)
    sources = net.population(200, pl.PoissonSource(1.0))
    synapses = net.connect(sources, cells, NOTHING, weight=1.0, delay=1.0)
    control = net.control(synapses, law(elements(nu=0.0), pairing=pairing, max_rate=600.0, interval=10.0))
    offered = np.where(np.arange(60) < 30, 300.0, 100.0)
    control.set({"axonal.z": 50.0, "dendritic.z": offered, "dendritic.Ca": 1.0})
    net.run(10.1)
    counts = np.bincount(synapses.targets, minlength=60)
    expected = 600 * offered / offered.sum()
    assert counts.sum() == 600
    assert ((counts - expected) ** 2 / expected).sum() < 59 + 4 * np.sqrt(2 * 59)


def test_distances_of_new_synapses_follow_the_kernel():
    """Oracle: Kolmogorov-Smirnov distance to the kernel times the number of pairs at each distance."""
    net = pl.Network(threads=1)
    cells = net.population(900, CELL, positions=pl.Grid((30, 30), (30.0, 30.0)))
    synapses = net.connect(cells, cells, NOTHING, weight=1.0, delay=1.0)
    own = law(elements(nu=0.0), pairing="distance", width=3.0, extent=(30.0, 30.0), speed=2.0, interval=10.0)
    control = net.control(synapses, own)
    # so much is on offer that what has been taken hardly matters
    control.set({"axonal.z": 2.0, "dendritic.z": 20.0})
    net.run(10.1)
    assert len(synapses) > 1700
    apart = cells.positions[synapses.sources] - cells.positions[synapses.targets]
    apart -= 30 * np.round(apart / 30)
    square = (apart**2).sum(axis=1)
    np.testing.assert_allclose(synapses.delays, np.round((1 + np.sqrt(square) / 2) / 0.1) * 0.1, atol=1e-9)
    grid = np.arange(-15, 15)
    all_squares = (grid[:, None] ** 2 + grid**2).ravel()
    all_squares = all_squares[all_squares > 0]
    weights = np.exp(-all_squares / (2 * 3.0**2))
    levels = np.unique(all_squares)
    expected = np.array([weights[all_squares <= level].sum() for level in levels]) / weights.sum()
    found = np.array([(square <= level + 0.1).mean() for level in levels])
    assert np.abs(found - expected).max() < 2.0 / np.sqrt(len(synapses))


def test_neither_autapses_nor_multapses_form_unless_allowed():
    """Oracle: the list of pairs."""
    for autapses, multapses in ((False, False), (True, False), (False, True), (True, True)):
        net, cells = driven(6)
        synapses = net.connect(cells, cells, pl.Explicit([0, 0], [1, 1]), weight=1.0, delay=1.0)
        control = net.control(synapses, law(elements(nu=0.0), autapses=autapses, multapses=multapses, interval=1.0))
        control.set({"axonal.z": 20.0, "dendritic.z": 20.0})
        net.run(200.0)
        pairs = Counter(zip(synapses.sources.tolist(), synapses.targets.tolist(), strict=True))
        assert any(s == t for s, t in pairs) == autapses
        if not multapses:
            assert pairs.pop((0, 1)) == 2
            assert set(pairs.values()) == {1}
            assert len(pairs) == 29 + 6 * autapses
        else:
            # at the end only a neuron's own elements may be left
            assert len(synapses) == 120 if autapses else 100 < len(synapses) <= 120


# ------------------------------------------------------------------------------------------------ conservation


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000))
def test_bound_elements_are_synapses_whatever_is_edited_by_hand(seed):
    """Oracle: the synapses themselves, counted; elements never fall below what they bind for longer than an update."""
    random = np.random.default_rng(seed)
    net, cells = driven(20, threads=int(random.integers(1, 4)), seed=seed)
    synapses = net.connect(cells, cells, pl.FixedProbability(0.3), weight=5.0, delay=pl.Uniform(0.5, 3))
    control = net.control(synapses, law(elements(nu=0.03), interval=20.0))
    for _ in range(12):
        net.run(random.integers(1, 60))
        if random.random() < 0.5 and len(synapses):
            synapses.remove(random.choice(len(synapses), min(5, len(synapses)), replace=False))
        alive = np.flatnonzero(cells.alive)
        if random.random() < 0.5:
            synapses.add(random.choice(alive, 7), random.choice(alive, 7), weight=5.0, delay=1.0)
        if random.random() < 0.3 and len(alive) > 10:
            cells[random.choice(alive, 1)].kill()
        for side, ends in (("axonal", synapses.sources), ("dendritic", synapses.targets)):
            bound = control.get(f"{side}.bound")
            np.testing.assert_array_equal(bound, np.bincount(ends, minlength=20))
            assert bound.sum() == len(synapses)
    control.active = False
    net.run(25.0)
    control.active = True
    net.run(20.1)
    for side in ("axonal", "dendritic"):
        assert (control.get(f"{side}.bound") <= np.floor(control.get(f"{side}.z"))).all()
        assert (control.get(f"{side}.z")[~cells.alive] == 0).all()


def everything(threads: int, chunks: int = 1, copied: bool = False) -> list[np.ndarray]:
    """All laws at once, on plastic projections with short-term plasticity and on static ones."""
    net, cells = driven(60, threads=threads, positions=pl.Grid((6, 10)))
    others = net.population(30, CELL, positions=pl.Grid((5, 6)))
    net.drive(others, pl.PoissonInput(rate=900.0), weight=60.0)
    rules = [pl.TsodyksMarkram(), pl.STDP(w_max=40.0, learning_rate=0.1)]
    grown = [
        net.connect(cells, target, pl.FixedProbability(0.1), weight=8.0, delay=pl.Uniform(0.3, 4), plasticity=rules)
        for target in (cells, others)
    ]
    static = net.connect(cells, others, pl.FixedProbability(0.2), weight=4.0, delay=1.0)
    turned = net.connect(
        others, cells, pl.FixedProbability(0.3), weight=4.0, delay=pl.Uniform(0.3, 4), plasticity=[pl.STDP(w_max=40.0)]
    )
    net.control(grown, law(elements(nu=0.02), pairing="distance", width=0.4, weight=6.0, interval=30.0))
    net.control(static, pl.Creation(rate=3.0, weight=3.0, delay=2.0, interval=40.0))
    net.control(static, pl.Pruning(unused_for=60.0, rate=2.0, interval=50.0))
    net.control(
        turned, pl.KestenTurnover(mean_eps=0.97, mean_eta=0.1, sd_eta=0.3, w_c=0.5, w_new=3.0, delay=1.0, interval=20.0)
    )
    net.control(turned, pl.Pruning(below=3.5, older_than=100.0, rate=5.0, w_0=2.0, interval=30.0))
    for _ in range(chunks):
        net.run(630.0 / chunks)
        if copied:
            net = net.copy()
    projections = list(net.projections.values())
    kept = [a for p in projections for a in (p.sources, p.targets, p.weights, p.delays, p.ages)]
    kept += [np.asarray(p.get(state)) for p in projections for state in p.states]
    return [*kept, next(iter(net.populations.values())).get("V")]


def test_the_same_bits_on_any_threads_and_in_chunks():
    """Oracle: one thread, one run."""
    one = everything(1)
    for other in (everything(2), everything(3, 7), everything(5), everything(2, 3, copied=True)):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_survivors_keep_every_bit_of_their_state():
    """Oracle: the same network without the law, at targets none of whose synapses is light enough to go."""

    def run(pruned: bool) -> dict[str, np.ndarray]:
        net = pl.Network(seed=4, threads=2)
        noise = net.population(50, pl.PoissonSource(40.0))
        cells = net.population(40, CELL.replace(I_e=500.0), initial={"V": pl.Uniform(-70, -55)})
        rules = [pl.TsodyksMarkram(), pl.STDP(w_max=90.0, learning_rate=0.05)]
        synapses = net.connect(noise, cells, pl.FixedProbability(0.5), weight=40.0, delay=1.5, plasticity=rules)
        synapses.weights = np.where(synapses.targets < 20, 60.0, 5.0)
        if pruned:
            net.control(synapses, pl.Pruning(below=20.0, rate=2.0, interval=25.0))
        net.run(500.0)
        kept = synapses.targets < 20
        assert np.std(synapses.weights[kept]) > 0
        assert pruned == (np.count_nonzero(~kept) < np.count_nonzero(kept) / 2)
        return {name: np.asarray(synapses.get(name))[kept] for name in synapses.states} | {"w": synapses.weights[kept]}

    without, pruned = run(False), run(True)
    for name, values in without.items():
        # an update brings weights up to date, which rounds; nothing else may differ
        np.testing.assert_allclose(pruned[name], values, rtol=3e-5, err_msg=name)


def test_a_million_synapses_come_and_go_by_themselves_in_bounded_memory():
    """Oracle: as many synapses take as much memory at the end as after the first updates."""
    net = pl.Network(threads=2)
    noise, cells = net.population(200, pl.PoissonSource(5.0)), net.population(1000, CELL)
    rules = [pl.TsodyksMarkram(), pl.STDP()]
    synapses = net.connect(noise, cells, pl.FixedInDegree(20), weight=0.5, delay=pl.Uniform(1, 3), plasticity=rules)
    turnover = pl.KestenTurnover(mean_eps=0.0, sd_eps=0.0, mean_eta=0.0, w_c=0.1, w_new=0.5, delay=2.0, interval=2.0)
    control = net.control(synapses, turnover)
    used, resident = [], []
    for _ in range(51):
        net.run(2.0)
        used.append(synapses.nbytes)
        resident.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert control.created == control.removed > 990_000
    assert len(synapses) == 20_000
    assert max(used[25:]) < 1.15 * max(used[5:25])
    # a sanitizer keeps freed memory
    assert SANITIZED or resident[-1] - resident[10] < 20_000  # KiB


# ------------------------------------------------------------------------------------------------ laws one by one


def test_pruning_takes_what_is_weak_old_and_disused():
    """Oracle: the three conditions, of every synapse."""
    net = pl.Network(threads=2)
    trains = [np.arange(1.0, 900, 5).tolist(), [1.0], [700.0]]
    sources, cells = net.population(3, pl.SpikeSource(trains)), net.population(40, CELL)
    synapses = net.connect(sources, cells, pl.AllToAll(), weight=pl.Uniform(0, 2), delay=1.0)
    net.control(synapses, pl.Pruning(below=1.0, older_than=400.0, unused_for=250.0, interval=800.0))
    net.run(500.0)
    before = {(s, t): w for s, t, w in zip(synapses.sources, synapses.targets, synapses.weights, strict=True)}
    synapses.add([1] * 40, np.arange(40), weight=0.5, delay=1.0)
    net.run(301.0)
    left = Counter(zip(synapses.sources.tolist(), synapses.targets.tolist(), strict=True))
    for (s, t), w in before.items():
        assert left[s, t] == int(s == 1) + int(s != 1 or w >= 1.0)


def test_pruning_by_chance_falls_with_the_weight():
    """Oracle: the probability of each weight, within four standard deviations."""
    net = pl.Network(threads=2)
    cells = net.population(300, CELL)
    synapses = net.connect(cells, cells, pl.FixedInDegree(100), weight=pl.Uniform(0, 4), delay=1.0)
    net.control(synapses, pl.Pruning(rate=0.5, w_0=1.5, interval=2000.0))
    net.run(2000.0)
    survival = np.exp(-0.5 * 2.0 * np.exp(-synapses.weights / 1.5))
    bins = np.digitize(synapses.weights, np.linspace(0, 4, 9))
    expected = np.bincount(bins, survival)
    deviation = np.sqrt(np.bincount(bins, survival * (1 - survival)))
    net.run(0.1)
    found = np.bincount(np.digitize(synapses.weights, np.linspace(0, 4, 9)))
    assert (np.abs(found - expected)[1:] < 4 * deviation[1:]).all()


def test_creation_keeps_its_rate_schedule_and_limit():
    """Oracle: the number of attempts that the schedule allows, exactly where it is whole."""
    net = pl.Network(threads=3)
    sources, cells = net.population(500, pl.PoissonSource(1.0)), net.population(40, CELL)
    synapses = net.connect(sources, cells, NOTHING, weight=1.0, delay=1.0, plasticity=pl.STDP(w_max=2.0))
    rate = pl.Schedule([1000.0, 3000.0], [4.0, 0.5])
    net.control(synapses, pl.Creation(rate=rate, weight=1.0, delay=1.0, multapses=True, interval=500.0))
    net.run(1000.1)
    assert len(synapses) == 0
    net.run(2000.0)
    np.testing.assert_array_equal(np.bincount(synapses.targets, minlength=40), 8)
    net.run(2000.0)
    assert abs(len(synapses) - 40 * 9) < 4 * np.sqrt(40 * 4 * 0.25 * 0.75)
    fuller = net.connect(sources, cells, NOTHING, weight=1.0, delay=1.0)
    net.control(fuller, pl.Creation(rate=20.0, weight=1.0, delay=1.0, max_in_degree=30, interval=100.0))
    net.run(3000.0)
    np.testing.assert_array_equal(np.bincount(fuller.targets, minlength=40), 30)


def test_kesten_weights_have_the_moments_of_their_process():
    """Oracle: mean and variance of the stationary process; with a factor of fixed size nothing goes."""
    net = pl.Network(threads=2)
    cells = net.population(200, CELL)
    synapses = net.connect(cells, cells, pl.FixedInDegree(100), weight=1.0, delay=1.0)
    eps, sd_eps, eta, sd_eta = 0.8, 0.15, 0.2, 0.05
    turnover = pl.KestenTurnover(
        mean_eps=eps, sd_eps=sd_eps, mean_eta=eta, sd_eta=sd_eta, w_c=0.0, w_new=1.0, delay=1.0, interval=1.0
    )
    net.control(synapses, turnover)
    net.run(60.0)
    mean = eta / (1 - eps)
    variance = (sd_eps**2 * mean**2 + sd_eta**2) / (1 - eps**2 - sd_eps**2)
    assert synapses.weights.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / 20_000))
    assert synapses.weights.var() == pytest.approx(variance, rel=0.06)


def test_a_synapse_that_has_become_too_small_is_replaced_onto_its_target():
    """Oracle: in-degrees stay; without replacement they fall."""
    for renew in (True, False):
        net = pl.Network(threads=2)
        cells = net.population(50, CELL)
        synapses = net.connect(cells, cells, pl.FixedInDegree(20), weight=1.0, delay=1.0)
        turnover = pl.KestenTurnover(
            mean_eps=0.9, mean_eta=0.0, w_c=0.5, w_new=1.0, renew=renew, delay=1.0, autapses=True, interval=1.0
        )
        control = net.control(synapses, turnover)
        net.run(30.0)
        degrees = np.bincount(synapses.targets, minlength=50)
        assert control.removed > 1000 if renew else (degrees < 20).all()
        assert not renew or (degrees == 20).all()


def test_states_of_elements_are_recorded_and_newborn_neurons_begin_anew():
    """Oracle: what is read at the same moments; the elements of a neuron at the start."""
    net, cells = driven(5)
    synapses = net.connect(cells, cells, NOTHING, weight=1.0, delay=1.0)
    control = net.control(synapses, law(elements(initial=2.5), interval=50.0))
    recorder = net.record(control, "axonal.z", interval=50.0)
    seen = []
    for _ in range(4):
        seen.append(control.get("axonal.z"))
        net.run(50.0)
    np.testing.assert_allclose(recorder.values, np.asarray(seen), rtol=1e-6)
    cells[[3]].kill()
    net.run(60.0)
    assert control.get("axonal.z")[3] == 0
    cells.birth(1)
    assert control.get("axonal.z")[3] == 2.5


# ------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: law(elements(eps=-0.1), weight=0.5), "SynapticElements: eta must be below eps"),
        (lambda: elements(tau_Ca=0), "SynapticElements.tau_Ca = 0 ms must be above 0 ms"),
        (lambda: law(weight="heavy"), "StructuralPlasticity.weight"),
        (lambda: law(axonal=3), "StructuralPlasticity.axonal = 3 must be SynapticElements"),
        (lambda: law(pairing="near"), "StructuralPlasticity.pairing"),
        (lambda: law(pairing="distance"), "needs distances; give population .* some: positions"),
        (lambda: law(weight=0.5, delay=0.01), "StructuralPlasticity.delay = 0.01 ms must be at least the step"),
        (lambda: law(weight=3.0), "StructuralPlasticity.weight.*at most w_max = 1"),
        (lambda: law(weight=-0.5), "must all have one sign"),
        (lambda: law(dendritic=[elements(), elements()]), "elements for 2 projections, not for 1"),
        (lambda: pl.Pruning(), "all synapses would go"),
        (lambda: pl.KestenTurnover(w_new=0.5, delay=1.0, sd_eps=-1), "KestenTurnover.sd_eps = -1 must be at least 0"),
    ],
)
def test_bad_input_names_part_field_value_and_remedy(make, message):
    """Oracle: the message; and the network is as it was."""
    net, cells = driven(4)
    synapses = net.connect(cells, cells, pl.AllToAll(), weight=0.5, delay=1.0, plasticity=pl.STDP(w_max=1.0))
    with pytest.raises((ValueError, TypeError), match=message):
        net.control(synapses, make())
    assert not net.controllers
    net.run(200.0)


def test_a_law_says_what_it_can_act_on():
    """Oracle: the messages."""
    net, cells = driven(4)
    synapses = net.connect(cells, cells, pl.AllToAll(), weight=0.5, delay=1.0)
    with pytest.raises(TypeError, match="StructuralPlasticity acts on a projection"):
        net.control(cells, law())
    with pytest.raises(ValueError, match="Pruning acts on one projection"):
        net.control([synapses, synapses], pl.Pruning(below=1.0))
    control = net.control(synapses, law())
    with pytest.raises(ValueError, match="elements of this projection are those of 'controller_0' already"):
        net.control(synapses, law())
    with pytest.raises(pl.UnknownName, match=r"did you mean 'axonal\.z'"):
        control.get("axonal.zz")
    with pytest.raises(ValueError, match="follows from the synapses"):
        control.set({"axonal.bound": 3})
    with pytest.raises(ValueError, match="interval is fixed"):
        control.set(interval=3)
    control.set(max_rate=3)
    assert control.get("max_rate") == 3
