"""Short-term plasticity against closed forms, the reference and exact distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest

import plastica as pl
import reference
from conformance.setups import DT
from reference.plasticity.quantal_release import quantal_release
from reference.plasticity.tsodyks_markram import TsodyksMarkram
from reference.plasticity.vesicle_pools import VesiclePools

TOLERANCE = {"double": 1e-11, "single": 3e-6}  # of what a spike of weight 1 transmits
POOLS = {
    "U": 0.23, "tau_facil": 40.0, "n_ready": 7.0, "n_recycling": 31.0, "n_reserve": 150.0, "tau_ready": 90.0,
    "tau_reserve": 700.0, "tau_retrieval": 300.0, "refill_per_spike": 0.1,
}  # fmt: skip
SETS = [(0.5, 800.0, 0.0), (0.03, 130.0, 530.0), (0.2, 200.0, 1500.0), (0.9, 20.0, 5.0)]  # U, tau_rec, tau_facil


def counter(net, size):
    """Neurons whose potential is the sum of all weights that ever arrived."""
    neuron = pl.LIF(tau_m=1e15, E_L=0, V_th=1e9, V_reset=0, t_ref=0, receptors={"in": pl.CurrentDelta()})
    return net.population(size, neuron)


def transmitted(rule, trains, *, precision="double", weight=1.0, delay=0.1, fraction=0.0, prepare=None):
    """What each spike of each train (steps) transmits over a synapse of its own, by spike; NaN after a train's last."""
    net = pl.Network(DT, precision=precision, threads=1)
    source = net.population(len(trains), pl.SpikeSource([np.asarray(train) * DT for train in trains]))
    sink = counter(net, len(trains))
    synapses = net.connect(
        source, sink, pl.OneToOne(), weight=weight, delay=delay, dendritic_fraction=fraction, plasticity=rule
    )
    if prepare is not None:
        prepare(synapses)
    last = max(max(train) for train in trains)
    record = net.record(sink, "V", interval=DT)
    net.run((last + 3) * DT + delay)
    V = record["V"]
    assert np.array_equal(
        synapses.weights, np.full(len(trains), np.float32(weight) if precision == "single" else weight)
    )
    result = np.full((max(len(train) for train in trains), len(trains)), np.nan)
    for i, train in enumerate(trains):
        # sampled at k before anything stamped k acts, and added to V in the step that begins then
        at = np.asarray(train) + round(delay / DT)
        result[: len(train), i] = V[at + 1, i] - V[at, i]
    return result


def recursion(gaps, U, tau_rec, tau_facil, tau_I=0.0, rest="zero"):
    """What spikes these gaps (ms) apart transmit, the first from rest: the equations, spike by spike."""
    at_rest = U if rest == "U" else 0.0
    u, x, y, sent = at_rest, 1.0, 0.0, []
    for gap in gaps:
        if gap > 0:
            u = at_rest + (u - at_rest) * (math.exp(-gap / tau_facil) if tau_facil else 0.0)
            x = 1 - (1 - x) * math.exp(-gap / tau_rec)
            if tau_I == tau_rec:
                x -= y * gap / tau_rec * math.exp(-gap / tau_rec)
            elif tau_I:
                x -= y * tau_I / (tau_I - tau_rec) * (math.exp(-gap / tau_I) - math.exp(-gap / tau_rec))
            y *= math.exp(-gap / tau_I) if tau_I else 0.0
        u = u + U * (1 - u) if tau_facil else U
        sent.append(u * x)
        x, y = x - u * x, y + u * x
    return np.array(sent)


# ------------------------------------------------------------------------------------------------ Tsodyks and Markram


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("per", ["axon", "synapse"])
@pytest.mark.parametrize(("U", "tau_rec", "tau_facil"), SETS)
def test_a_regular_train_becomes_stationary_at_the_closed_form(U, tau_rec, tau_facil, per, precision):
    """Oracle: u = U/(1 - (1 - U) f), x = (1 - r)/(1 - (1 - u) r), f and r what a period leaves of either."""
    periods, duration = np.array([97, 250, 1000]), round(18 * max(tau_rec, tau_facil, 100) / DT)
    trains = [1 + period * np.arange(duration // period) for period in periods]
    rule = pl.TsodyksMarkram(U=U, tau_rec=tau_rec, tau_facil=tau_facil, per=per)
    got = transmitted(rule, trains, precision=precision)
    last = np.array([got[len(train) - 1, i] for i, train in enumerate(trains)])
    f = np.exp(-periods * DT / tau_facil) if tau_facil else 0.0
    r = np.exp(-periods * DT / tau_rec)
    u = U / (1 - (1 - U) * f)
    # exp(-18) is 1.5e-8; in single precision the counting potential has grown to hundreds
    limit = {"double": 1e-7, "single": 1e-4}[precision]
    np.testing.assert_allclose(last, u * (1 - r) / (1 - (1 - u) * r), rtol=0, atol=limit)


@pytest.mark.parametrize("per", ["axon", "synapse"])
@pytest.mark.parametrize(("rest", "first"), [("zero", lambda U: U), ("U", lambda U: U * (2 - U))])
@pytest.mark.parametrize("tau_I", [0.0, 3.0])
def test_a_first_spike_from_rest_transmits_what_the_convention_says(rest, first, per, tau_I):
    """Oracle: U where u rests at 0; U + U (1 - U) where it rests at U; and with tau_facil = 0, U in both."""
    for U in (0.0, 0.03, 0.5, 1.0):
        rule = pl.TsodyksMarkram(U=U, tau_rec=100, tau_facil=50, tau_I=tau_I, rest=rest, per=per)
        assert transmitted(rule, [[700]], weight=2.0)[0, 0] == pytest.approx(2 * first(U), abs=1e-14)
        unmoved = transmitted(rule.replace(tau_facil=0.0), [[700, 1200]], weight=2.0)[:, 0]
        assert unmoved[0] == pytest.approx(2 * U, abs=1e-14)
        assert unmoved[1] == pytest.approx(2 * recursion([0, 50], U, 100.0, 0.0, tau_I, rest)[1], abs=1e-13)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("per", ["axon", "synapse"])
@pytest.mark.parametrize("rest", ["zero", "U"])
@pytest.mark.parametrize("tau_I", [0.0, 1.7, 90.0, 130.0, 130.0 * (1 + 1e-9), 400.0])
@pytest.mark.parametrize("tau_facil", [0.0, 210.0])
def test_irregular_trains_transmit_the_recursion(tau_facil, tau_I, rest, per, precision):
    """Oracle: the closed forms from spike to spike, tau_I below, at, next to and above tau_rec = 130 ms."""
    random = np.random.default_rng(7)
    trains = [np.cumsum(random.integers(1, longest, 25)) for longest in (4, 60, 900)]
    rule = pl.TsodyksMarkram(U=0.31, tau_rec=130, tau_facil=tau_facil, tau_I=tau_I, rest=rest, per=per)
    got = transmitted(rule, trains, precision=precision)
    if tau_I == 130.0 * (1 + 1e-9):
        tau_I = 130.0  # where the two exponentials cancel, the oracle takes their limit
    for i, train in enumerate(trains):
        expected = recursion(np.diff(train, prepend=train[0]) * DT, 0.31, 130.0, tau_facil, tau_I, rest)
        np.testing.assert_allclose(got[:, i], expected, rtol=0, atol=100 * TOLERANCE[precision])


def test_releasing_with_u_before_its_jump_where_u_rests_at_U_is_the_convention_zero():
    """Oracle: Mongillo et al. (2008), u' = (U - u)/tau_facil, u x released and then u += U (1 - u), spike by spike."""
    U, tau_rec, tau_facil = 0.2, 200.0, 1500.0
    random = np.random.default_rng(3)
    train = np.cumsum(random.integers(1, 1500, 40))
    u, x, expected = U, 1.0, []
    for gap in np.diff(train, prepend=train[0]) * DT:
        u = U + (u - U) * math.exp(-gap / tau_facil)
        x = 1 - (1 - x) * math.exp(-gap / tau_rec)
        expected.append(u * x)
        x, u = x - u * x, u + U * (1 - u)
    got = transmitted(pl.TsodyksMarkram(U=U, tau_rec=tau_rec, tau_facil=tau_facil, rest="zero"), [train])[:, 0]
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("tau_I", [0.0, 2.0])
@pytest.mark.parametrize("precision", ["double", "single"])
def test_synapses_with_constants_of_their_own_do_what_the_oracle_does(precision, tau_I, fraction):
    """Oracle: the reference, on recurrent trains that coincide, states read at many moments; U and both tau per synapse."""
    random = np.random.default_rng(11)
    count, steps = 6, 1200
    U, tau_rec = random.uniform(0.05, 0.95, count), random.uniform(20, 300, count)
    tau_facil = np.where(np.arange(count) % 2, random.uniform(20, 300, count), 0.0)
    sources, targets = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 0, 1])
    delays = np.array([1, 8, 8, 15, 30, 2])
    pre = [sorted(random.choice(np.arange(5, steps, 5), 40, replace=False).tolist()) for _ in range(3)]
    post = [sorted(random.choice(np.arange(5, steps, 5), 60, replace=False).tolist()) for _ in range(2)]
    rule = pl.TsodyksMarkram(tau_I=tau_I, per="synapse", rest="U")

    net, oracle = pl.Network(DT, precision=precision, threads=2), reference.Network(DT)
    ours = net.population(3, pl.SpikeSource([np.array(train) * DT for train in pre]))
    theirs = oracle.sources(3, dict(enumerate(pre)))
    numbers = {"C_m": 200.0, "tau_m": 12.0, "E_L": -65.0, "V_th": 1e4, "V_reset": -67.0, "t_ref": 0.0, "I_e": 0.0}

    def model(library):
        receptors = {"kick": library.CurrentDelta(), "r": library.CurrentExp(tau=4.0)}
        return library.LIF(**numbers, receptors=receptors)

    cells, neurons = net.population(2, model(pl)), oracle.population(2, model(reference))
    teachers = net.population(2, pl.SpikeSource([np.array(train) * DT for train in post]))
    net.connect(teachers, cells, pl.OneToOne(), weight=1e6, delay=DT, receptor="kick")
    told = oracle.sources(2, dict(enumerate(post)))
    oracle.connect(told, neurons, [0, 1], [0, 1], 1e6, 1, "kick")
    synapses = net.connect(
        ours, cells, pl.Explicit(sources, targets), receptor="r", weight=120.0, delay=delays * DT,
        dendritic_fraction=fraction, plasticity=rule,
    )  # fmt: skip
    synapses.set(U=U, tau_rec=tau_rec, tau_facil=tau_facil, u=U)
    own = TsodyksMarkram(U=0.5, tau_rec=800.0, tau_facil=0.0, tau_I=tau_I, rest="U")
    same = oracle.connect(theirs, neurons, sources, targets, 120.0, delays, "r", fraction, [own])
    for i, synapse in enumerate(same.synapses):
        synapse.own[0] |= {"_U": U[i], "_tau_rec": tau_rec[i], "_tau_facil": tau_facil[i], "u": U[i]}
    limit = {"double": 1e-11, "single": 2e-6}[precision]
    moved = False
    for _ in range(24):
        net.run(steps // 24 * DT)
        oracle.run(steps // 24)
        np.testing.assert_allclose(cells.get("r.I"), neurons.state("r.I"), rtol=0, atol=400 * limit)
        for name in ("u", "x", "y")[: 3 if tau_I else 2]:
            expected = same.state(name)
            moved = moved or bool(np.any(np.abs(expected - expected[0]) > 0.01))
            np.testing.assert_allclose(synapses.get(name), expected, rtol=0, atol=limit, err_msg=name)
    assert moved
    assert cells.spike_count == 120


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("per", ["axon", "synapse"])
def test_u_x_and_y_stay_within_0_and_1(per, precision):
    """Oracle: their meaning, as parts; at the ends of all parameters, a spike in every step and long pauses."""
    train = np.concatenate([np.arange(1, 200), [5000], np.arange(9000, 9050)])
    for U in (0.0, 0.4, 1.0):
        for tau_rec, tau_facil, tau_I in ((1e-3, 1e-3, 1e-3), (1e9, 1e9, 1e9), (800.0, 0.0, 1e9), (1e9, 50.0, 1e-3)):
            for rest in ("zero", "U"):
                rule = pl.TsodyksMarkram(U=U, tau_rec=tau_rec, tau_facil=tau_facil, tau_I=tau_I, rest=rest, per=per)
                net = pl.Network(DT, precision=precision, threads=1)
                source = net.population(1, pl.SpikeSource([train * DT]))
                synapse = net.connect(source, counter(net, 1), pl.AllToAll(), weight=1, delay=DT, plasticity=rule)
                recorders = {name: net.record(synapse, name, interval=3 * DT) for name in ("u", "x", "y")}
                net.run(950)
                rounding = 1e-12 if precision == "double" else 2e-5
                for name, recorder in recorders.items():
                    assert recorder.values.min() >= -rounding, (name, rule)
                    assert recorder.values.max() <= 1 + rounding, (name, rule)


def test_resources_go_on_while_the_weights_are_frozen():
    """Oracle: STDP of learning rate 0: what a frozen projection transmits is what one that learns nothing does."""
    train = np.cumsum(np.random.default_rng(5).integers(5, 300, 30))
    rules = [pl.TsodyksMarkram(U=0.4, tau_rec=90, tau_facil=60), pl.STDP(w_max=2.0, learning_rate=0.5)]

    def freeze(synapses):
        synapses.plastic = False

    expected = recursion(np.diff(train, prepend=train[0]) * DT, 0.4, 90.0, 60.0)
    for per in ("axon", "synapse"):
        both = [rules[0].replace(per=per), rules[1]]
        frozen = transmitted(both, [train], prepare=freeze)[:, 0]
        np.testing.assert_allclose(frozen, expected, rtol=0, atol=1e-11)
        idle = transmitted([both[0], rules[1].replace(learning_rate=0.0)], [train])[:, 0]
        np.testing.assert_allclose(idle, expected, rtol=0, atol=1e-11)


def test_published_constants_have_names():
    """Oracle: Tsodyks, Pawelzik and Markram (1998); the liquid of Maass, Natschlaeger and Markram (2002), U, D and F."""
    assert pl.TsodyksMarkram.depressing() == pl.TsodyksMarkram(U=0.5, tau_rec=800, tau_I=3)
    assert pl.TsodyksMarkram.facilitating() == pl.TsodyksMarkram(U=0.03, tau_rec=130, tau_facil=530, tau_I=1.5)
    liquid = {"EE": (0.5, 1100, 50), "EI": (0.05, 125, 1200), "IE": (0.25, 700, 20), "II": (0.32, 144, 60)}
    for name, (U, tau_rec, tau_facil) in liquid.items():
        assert pl.TsodyksMarkram.liquid(name) == pl.TsodyksMarkram(U=U, tau_rec=tau_rec, tau_facil=tau_facil)
    with pytest.raises(ValueError, match="'EX'"):
        pl.TsodyksMarkram.liquid("EX")


# ------------------------------------------------------------------------------------------------ quantal release


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(
    ("sites", "U", "tau_rec", "tau_facil"), [(1, 0.5, 80.0, 0.0), (5, 0.2, 40.0, 60.0), (12, 0.7, 100.0, 0.0)]
)
def test_quantal_release_has_the_exact_distribution_at_every_spike(sites, U, tau_rec, tau_facil, precision):
    """Oracle: the distribution of full sites carried from spike to spike; chi-square of 20,000 synapses below its 1e-4 quantile."""
    count, times = 20_000, np.array([50, 90, 600, 620, 1500])
    net = pl.Network(DT, precision=precision, threads=1, seed=8)
    source, sink = net.population(1, pl.SpikeSource([times * DT])), counter(net, count)
    rule = pl.QuantalRelease(sites=sites, U=U, tau_rec=tau_rec, tau_facil=tau_facil)
    synapses = net.connect(source, sink, pl.AllToAll(), weight=sites, delay=DT, plasticity=rule)
    sums = [np.zeros(count)]
    for time in times:
        net.run((time + 3) * DT - net.time)
        sums.append(sink.get("V"))
    released = np.rint(np.diff(sums, axis=0)).astype(int)
    assert np.allclose(np.diff(sums, axis=0), released, atol=1e-4)
    exact = quantal_release((times * DT).tolist(), sites=sites, U=U, tau_rec=tau_rec, tau_facil=tau_facil)
    means = recursion(np.diff(times, prepend=times[0]) * DT, U, tau_rec, tau_facil)
    for k, probabilities in enumerate(exact):
        # the mean of the exact distribution is what TsodyksMarkram transmits
        assert probabilities @ np.arange(sites + 1) / sites == pytest.approx(means[k], rel=1e-12)
        expected = probabilities * count
        observed = np.bincount(released[k], minlength=sites + 1)
        common = expected >= 5
        chi = np.sum((observed - expected)[common] ** 2 / expected[common])
        degrees = common.sum() - 1
        # Wilson and Hilferty's quantile of chi-square
        assert chi < degrees * (1 - 2 / (9 * degrees) + 3.72 * math.sqrt(2 / (9 * degrees))) ** 3
    # neighbouring synapses are independent
    assert abs(np.corrcoef(released[0, :-1], released[0, 1:])[0, 1]) < 4 / math.sqrt(count)
    assert np.all((synapses.get("available") >= 0) & (synapses.get("available") <= sites))


def test_quantal_release_with_certainty_is_all_or_nothing():
    """Oracle: U = 1 empties every site; U = 0 releases nothing; nothing comes back with a tau_rec of a year."""
    year = 365 * 86_400_000.0
    got = transmitted(pl.QuantalRelease(sites=7, U=1.0, tau_rec=year), [[10, 500, 900]], weight=3.0)
    np.testing.assert_allclose(got[:, 0], [3.0, 0.0, 0.0], atol=1e-12)
    got = transmitted(pl.QuantalRelease(sites=7, U=0.0, tau_rec=1.0), [[10, 500, 900]], weight=3.0)
    np.testing.assert_allclose(got[:, 0], 0.0, atol=1e-12)
    got = transmitted(pl.QuantalRelease(sites=100, U=1.0, tau_rec=0.1), [[10, 5000, 9000]], weight=3.0)
    np.testing.assert_allclose(got[:, 0], 3.0, atol=1e-12)


def test_quantal_release_needs_whole_sites():
    net = pl.Network(DT, threads=1)
    source = net.population(1, pl.SpikeSource([[1.0]]))
    with pytest.raises(ValueError, match="sites must be a whole number"):
        net.connect(source, counter(net, 1), pl.AllToAll(), weight=1, delay=DT, plasticity=pl.QuantalRelease(sites=2.5))


@pytest.mark.parametrize("threads", [1, 2])
def test_what_is_released_does_not_depend_on_threads_chunks_and_reading(threads):
    """Oracle: one run on one thread that nobody looks at."""

    def potentials(threads, looked_at):
        net = pl.Network(DT, threads=threads, seed=4)
        random = np.random.default_rng(2)
        trains = [np.unique(random.integers(1, 2000, 40)) * DT for _ in range(5)]
        source, sink = net.population(5, pl.SpikeSource(trains)), counter(net, 300)
        rule = pl.QuantalRelease(sites=4, U=0.4, tau_rec=30, tau_facil=20)
        synapses = net.connect(source, sink, pl.AllToAll(), weight=1, delay=pl.Uniform(0.1, 3), plasticity=rule)
        for _ in range(20 if looked_at else 1):
            net.run(10 if looked_at else 200)
            if looked_at:
                assert np.all(synapses.get("available") <= 4)
        return sink.get("V")

    assert np.array_equal(potentials(1, False), potentials(threads, True))


# ------------------------------------------------------------------------------------------------ vesicle pools


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_vesicle_pools_do_what_the_oracle_does(fraction, precision):
    """Oracle: the reference's matrix exponential; three axons at their own times."""
    random = np.random.default_rng(9)
    trains = [np.unique(random.integers(1, 6000, count)) for count in (5, 60, 400)]
    got = transmitted(pl.VesiclePools(**POOLS), trains, precision=precision, delay=1.2, fraction=fraction)
    rule = VesiclePools(**POOLS)

    class History:
        dt = DT

    for i, train in enumerate(trains):
        own, previous, expected = rule.initial(1.0), 0, []
        for step in train.tolist():
            rule.between(1.0, own, previous, step, History)
            rule.after_arrival(1.0, own, step, History, 0.0)
            expected.append(own["_sent"])
            previous = step
        np.testing.assert_allclose(got[: len(train), i], expected, rtol=0, atol=300 * TOLERANCE[precision])


def test_no_vesicle_is_lost_and_all_pools_refill():
    """Oracle: n_ready r + n_recycling c + n_reserve s + f is constant, at any moment; rest is where it all returns to."""
    net = pl.Network(1.0, precision="double", threads=1)
    train = 1 + 7 * np.arange(300)
    source = net.population(1, pl.SpikeSource([train * 1.0]))
    axon = net.connect(source, counter(net, 1), pl.AllToAll(), weight=1, delay=1, plasticity=pl.VesiclePools(**POOLS))
    names = ("ready", "recycling", "reserve", "retrieved")
    recorders = [net.record(axon, name, interval=5) for name in names]
    net.run(60_000)
    r, c, s, f = (recorder.values[:, 0] for recorder in recorders)
    total = 7 * r + 31 * c + 150 * s + f
    np.testing.assert_allclose(total, 188.0, rtol=1e-11)
    assert r.min() < 0.2
    assert f.max() > 10
    assert min(r.min(), c.min(), s.min()) > 0
    assert r.max() <= 1 + 1e-12
    np.testing.assert_allclose([r[-1], c[-1], s[-1]], 1.0, atol=1e-9)
    assert f[-1] < 1e-9


def test_calcium_of_a_spike_can_refill_the_whole_ready_pool():
    """Oracle: with refill_per_spike = 1 the ready pool is as full after a spike as the recycling pool before it."""
    net = pl.Network(DT, precision="double", threads=1)
    source = net.population(1, pl.SpikeSource([[1.0, 3.0]]))
    rule = pl.VesiclePools(**(POOLS | {"refill_per_spike": 1.0}))
    axon = net.connect(source, counter(net, 1), pl.AllToAll(), weight=1, delay=DT, plasticity=rule)
    net.run(1.2)
    # the spike took 0.23 and got it back from the recycling pool; 0.1 ms have passed since
    assert axon.get("ready")[0] == pytest.approx(1.0, abs=1e-3)
    assert axon.get("recycling")[0] == pytest.approx(1 - 0.23 * 7 / 31, abs=1e-3)
