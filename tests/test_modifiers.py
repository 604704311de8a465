"""Modifiers come and go, at moments that chunks do not move; guards look and stop; modulators act on parameters."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import plastica as pl

RECEPTORS = {"ampa": pl.ConductanceExp(tau=5.0, E_rev=0.0), "gaba": pl.ConductanceExp(tau=10.0, E_rev=-80.0)}


def network(**options: object) -> tuple[pl.Network, pl.Population, pl.Drive]:
    net = pl.Network(0.1, seed=6, **options)
    cells = net.population(150, pl.LIF(receptors=RECEPTORS), name="cells")
    drive = net.drive(cells, pl.PoissonInput(rate=4000.0), receptor="ampa", weight=0.8, name="drive")
    return net, cells, drive


def signature(cells: pl.Population) -> tuple[int, bytes]:
    return cells.spike_count, cells.get("V").tobytes()


FACTORS = [
    ({"ampa.gain": 0.5}, lambda net, cells, on: None),
    ({"ampa.tau": 1.5}, lambda net, cells, on: cells.set({"ampa.tau": 7.5 if on else 5.0})),
    ({"V_th": 0.9}, lambda net, cells, on: cells.set({"V_th": -55.0 * 0.9 if on else -55.0})),
]


@pytest.mark.parametrize(("factors", "by_hand"), FACTORS[1:], ids=["ampa.tau", "V_th"])
@pytest.mark.parametrize("chunks", [(300.0,), (20.0, 99.9, 0.1, 30.05, 149.95)])
def test_one_run_crosses_start_and_stop_as_if_the_user_had_set_the_values(factors, by_hand, chunks):
    """Oracle: the same network, stopped at these moments and set by hand."""
    net, cells, _ = network(threads=1)
    net.modify(cells, factors, start=100.0, stop=220.0)
    chunks = tuple(round(chunk * 10) / 10 for chunk in chunks)
    for chunk in chunks:
        net.run(chunk)
    twin, others, _ = network(threads=1)
    twin.run(100.0)
    by_hand(twin, others, True)
    twin.run(120.0)
    by_hand(twin, others, False)
    twin.run(sum(chunks) - 220.0)
    assert signature(cells) == signature(others)
    assert cells.effective(next(iter(factors)))[0] == cells.get(next(iter(factors)))[0]


def test_a_modifier_is_a_context_and_can_be_switched_and_removed():
    """Oracle: the effective values of the parameter, and the factors of two modifiers multiplied."""
    net, cells, drive = network(threads=1)
    with net.modify(cells[:10], {"ampa.gain": 0.5, "C_m": 2.0}, name="first") as first:
        assert list(net.modifiers) == ["first"]
        second = net.modify(cells, {"C_m": 1.5})
        np.testing.assert_array_equal(cells.effective("C_m")[[0, 9, 10]], [750.0, 750.0, 375.0])
        first.active = False
        np.testing.assert_array_equal(cells.effective("C_m"), 375.0)
        np.testing.assert_array_equal(cells.effective("ampa.gain"), 1.0)
        first.active = True
        np.testing.assert_array_equal(cells.effective("ampa.gain")[[0, 9, 10]], [0.5, 0.5, 1.0])
    assert list(net.modifiers) == ["modifier_1"]
    second.remove()
    second.remove()
    np.testing.assert_array_equal(cells.effective("C_m"), 250.0)
    np.testing.assert_array_equal(cells.get("C_m"), 250.0)
    net.modify(drive, {"rate": 0.25})
    assert drive.effective("rate") == 1000.0
    assert drive.get("rate") == 4000.0
    drive.set(rate=2000.0)
    assert drive.effective("rate") == 500.0


@pytest.mark.parametrize("doubled", [("ampa",), ("gaba",), ("ampa", "gaba")], ids="+".join)
@pytest.mark.parametrize("differ", [False, True], ids=["one threshold", "thresholds"])
def test_a_gain_of_two_is_twice_the_weight(doubled, differ):
    """Oracle: a symmetry, to the last bit, since 2 is a power of two; whichever receptors have gains."""

    def run(gains: bool) -> tuple[int, bytes]:
        net = pl.Network(0.1, seed=6, threads=1)
        cells = net.population(150, pl.LIF(receptors=RECEPTORS))
        if differ:
            cells.set(V_th=np.linspace(-55.0, -50.0, 150))
        for receptor, weight in (("ampa", 0.8), ("gaba", 0.3)):
            double = receptor in doubled
            net.drive(
                cells,
                pl.PoissonInput(rate=4000.0),
                receptor=receptor,
                weight=weight * (2 if double and not gains else 1),
            )
            if double and gains:
                net.modify(cells, {f"{receptor}.gain": 2.0})
        net.run(200.0)
        return signature(cells)

    assert run(True) == run(False)
    assert run(True)[0] > 0


@pytest.mark.parametrize("kind", ["drive", "source", "sine"])
def test_a_factor_on_a_drive_is_a_drive_with_the_product(kind):
    """Oracle: the same bits as with the product, also where the drive follows a schedule."""

    def run(factor: float, rate: float) -> tuple[int, bytes]:
        net = pl.Network(0.1, seed=6, threads=1)
        cells = net.population(100, pl.LIF(receptors=RECEPTORS))
        schedule = pl.Schedule([0.0, 50.0], [rate, 2 * rate])
        if kind == "drive":
            target = net.drive(cells, pl.PoissonInput(rate=schedule), receptor="ampa", weight=0.8)
        elif kind == "source":
            target = net.population(100, pl.PoissonSource(rate=schedule))
            net.connect(target, cells, pl.FixedProbability(0.5), receptor="ampa", weight=1.0)
        else:
            target = net.drive(cells, pl.SineCurrent(amplitude=rate, frequency=30.0, offset=200.0))
        name = "amplitude" if kind == "sine" else "rate"
        if factor != 1.0:
            net.modify(target, {name: factor})
        net.run(200.0)
        return signature(cells)

    rate = {"drive": 4000.0, "source": 100.0, "sine": 400.0}[kind]
    assert run(0.5, rate) == run(1.0, rate / 2)
    assert run(0.5, rate) != run(1.0, rate)


@pytest.mark.parametrize("delay", [1.5, pl.Uniform(0.5, 5.0)], ids=["one delay", "many"])
@pytest.mark.parametrize("weight", [0.25, "each"])
@pytest.mark.parametrize(
    "rules",
    [
        None,
        pl.InhibitorySTDP(target_rate=5.0, learning_rate=1e-9, w_max=10.0),
        pl.TripletSTDP(learning_rate=0.0, w_max=10.0),
        pl.TsodyksMarkram(),
        pl.CalciumSTDP(w_0=0.1, w_1=10.0),
    ],
    ids=["static", "table", "running", "axon", "replay"],
)
def test_the_gain_of_a_projection_scales_what_it_transmits(rules, weight, delay):
    """Oracle: a gain of 2 on the projection and 1/2 on the receptor is nothing; effective weights are their product with the weights."""

    def run(gain: float) -> tuple[int, bytes]:
        net = pl.Network(0.1, seed=2, threads=1)
        cells = net.population(80, pl.LIF(I_e=360.0, receptors={"in": pl.ConductanceExp(tau=5.0, E_rev=0.0)}))
        pre = net.population(60, pl.PoissonSource(rate=60.0))
        weights = 0.25 if weight == "each" else weight
        strength = pl.Uniform(0.2, 0.4) if weight == "each" else weights
        options = {"plasticity": rules, "delay": delay, "weight": strength}
        projection = net.connect(pre, cells, pl.FixedProbability(0.5), **options)
        other = net.connect(pre, cells, pl.FixedProbability(0.1), weight=0.0, delay=delay)
        net.modify(projection, {"gain": gain})
        net.modify(other, {"gain": 1.0})
        net.modify(cells, {"in.gain": 1 / gain})
        net.run(300.0)
        np.testing.assert_allclose(projection.effective_weights, projection.weights, rtol=1e-6)
        assert projection.effective("gain") == gain
        return signature(cells)

    assert run(2.0) == run(1.0)
    assert run(1.0)[0] > 50


def test_rules_are_adjusted_and_settled_only_when_a_value_changes():
    """Oracle: the same bits as setting the product by hand; a factor of 1 is nothing."""

    def run(factor: float | None, rate: float) -> bytes:
        net = pl.Network(0.1, seed=3, threads=1)
        cells = net.population(30, pl.LIF(receptors={"in": pl.CurrentExp()}, I_e=400.0))
        pre = net.population(30, pl.PoissonSource(rate=30.0))
        rules = [pl.TsodyksMarkram(U=0.5), pl.STDP(w_max=100.0, learning_rate=0.01)]
        projection = net.connect(pre, cells, pl.AllToAll(), weight=50.0, plasticity=rules)
        net.run(100.0)
        if factor is None:
            projection.set({"1.learning_rate": rate})
        else:
            net.modify(projection, {"1.learning_rate": factor})
            assert projection.effective("1.learning_rate") == rate
            assert projection.get("1.learning_rate") == 0.01
        net.run(200.0)
        return projection.weights.tobytes()

    assert run(0.5, 0.005) == run(None, 0.005)
    assert run(0.5, 0.005) != run(None, 0.01)


# ---------------------------------------------------------------------------------------------------- modulation


def test_a_modulator_acts_on_every_kind_of_parameter():
    """Oracle: base * (1 + slope level), base + slope level, with the level at the last interval."""
    net, cells, drive = network(threads=1)
    rule = pl.TsodyksMarkram(U=0.4)
    projection = net.connect(cells, cells, pl.FixedProbability(0.1), receptor="gaba", weight=0.1, plasticity=rule)
    scaling = net.control(cells, pl.SynapticScaling("gaba", target_rate=8.0))
    dopamine = net.modulator("dopamine", tau=100.0, baseline=0.5)
    dopamine.release(1.0, at=50.0)
    for target, parameter, mode in (
        (cells, "V_th", "add"),
        (cells[:20], "ampa.gain", "multiply"),
        (projection, "gain", "multiply"),
        (projection, "U", "multiply"),
        (drive, "rate", "multiply"),
        (scaling, "target_rate", "multiply"),
    ):
        net.control(target, pl.Modulation(parameter, dopamine, slope=0.5, mode=mode, interval=10.0))
    assert projection.effective("gain") == 1.25
    net.run(100.1)
    level = 0.5 + np.exp(-50.0 / 100.0)
    factor = 1 + 0.5 * level
    np.testing.assert_allclose(cells.effective("V_th"), -55.0 + 0.5 * level, rtol=1e-12)
    np.testing.assert_allclose(cells.effective("ampa.gain")[[0, 19, 20]], [factor, factor, 1.0], rtol=1e-12)
    assert projection.effective("gain") == pytest.approx(factor, rel=1e-6)
    assert projection.effective("U") == pytest.approx(0.4 * factor, rel=1e-12)
    assert drive.effective("rate") == pytest.approx(4000.0 * factor, rel=1e-12)
    assert scaling.effective("target_rate") == pytest.approx(8.0 * factor, rel=1e-12)
    assert projection.get("U") == 0.4
    assert scaling.get("target_rate") == 8.0


# ---------------------------------------------------------------------------------------------------- guards


@pytest.mark.threads
@pytest.mark.parametrize("threads", [1, 2])
def test_a_guard_stops_the_run_where_the_rate_leaves_its_band_and_the_network_goes_on(threads):
    """Oracle: the recorded rate of the window; and the same bits as a network without a guard."""
    net, cells, _ = network(threads=threads)
    net.modify(cells, {"ampa.gain": 2.0}, start=250.0)
    guard = net.guard(cells, rate=(0.0, 180.0), window=100.0, name="watch")
    rates = net.record(cells, "rate", interval=100.0)
    with pytest.raises(
        pl.GuardError, match=r"rate of 'cells' is .* at 300 ms, out of the band from 0 to 180"
    ) as caught:
        net.run(1000.0)
    assert net.time == caught.value.time == 300.0
    assert caught.value.value == pytest.approx(rates.rates[2])
    assert guard.events == [(300.0, caught.value.value)]
    guard.active = False
    net.run(100.0)

    twin, others, _ = network(threads=1)
    twin.modify(others, {"ampa.gain": 2.0}, start=250.0)
    twin.run(400.0)
    assert signature(cells) == signature(others)


def test_a_guard_that_reports_warns_once_and_keeps_a_list():
    net, cells, _ = network(threads=1)
    guard = net.guard(cells[:20], rate=(0.0, 1.0), window=50.0, action="report")
    with pytest.warns(UserWarning, match=r"guard 'guard_0': the rate of '20 of cells'"):
        net.run(120.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.run(50.0)
    assert [event.time for event in guard.events] == [50.0, 100.0, 150.0]


def test_a_guard_watches_weights():
    """Oracle: STDP at a constant rate that leads some weight above the band."""
    net, cells, _ = network(threads=1)
    rule = pl.STDP(w_max=10.0, learning_rate=0.05, A_minus=0.0)
    projection = net.connect(cells, cells, pl.FixedProbability(0.1), receptor="gaba", weight=0.5, plasticity=rule)
    net.guard(projection, weight=(0.0, 1.0), window=20.0)
    with pytest.raises(pl.GuardError) as caught:
        net.run(1000.0)
    assert caught.value.value > 1.0
    assert projection.weights.max() > 1.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda n, c: n.modify(c, {"V_tt": 1.0}), pl.UnknownName, "did you mean 'V_th'"),
        (lambda n, c: n.modify(c, {"V": 1.0}), pl.UnknownName, "no adjustable parameter 'V'"),
        (lambda n, c: n.modify(c, {"C_m": -1.0}), ValueError, r"LIF\.C_m = -250 pF must be above 0 pF.*adjusted by"),
        (lambda n, c: n.modify(c, {"ampa.gain": -1.0}), ValueError, r"ConductanceExp\.gain = -1 must be at least 0"),
        (lambda n, c: n.modify(c, {}), TypeError, "must map names of parameters to factors"),
        (lambda n, c: n.modify(c, {"C_m": "x"}), TypeError, "must be a number"),
        (lambda n, c: n.modify(c, {"C_m": 1.0}, start=-5.0), ValueError, "before now"),
        (lambda n, c: n.modify(c, {"C_m": 1.0}, start=5.0, stop=5.0), ValueError, "must stop later"),
        (lambda n, c: n.modify(3, {"C_m": 1.0}), TypeError, "must be a population"),
        (lambda n, c: n.modify(n.drives["drive"], {"rat": 1.0}), ValueError, "rat"),
        (lambda n, c: n.modify(n.projections["p"], {"w_max": 2.0}), ValueError, r"STDP\.w_max is fixed"),
        (lambda n, c: n.modify(n.projections["p"], {"x": 2.0}), ValueError, "'x'"),
        (
            lambda n, c: n.control(n.projections["p"], pl.SynapticScaling("ampa")),
            TypeError,
            "SynapticScaling acts on a population",
        ),
        (lambda n, c: n.control(c, pl.WeightNormalization()), TypeError, "WeightNormalization acts on a projection"),
        (lambda n, c: n.control(n.projections["p"], pl.SlidingThreshold()), ValueError, "TripletSTDP"),
        (lambda n, c: n.control(c, pl.Modulation("V_th", "none")), pl.UnknownName, "no modulator 'none'"),
        (lambda n, c: n.guard(c, weight=(0, 1)), TypeError, "a guard watches"),
        (lambda n, c: n.guard(c, rate=(2, 1)), ValueError, "lower to a higher"),
        (lambda n, c: n.guard(c, rate=3), TypeError, "must be a band"),
        (lambda n, c: n.guard(c, rate=(0, 1), action="scream"), ValueError, "'scream' is unknown"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(call, error, message):
    net, cells, _ = network(threads=1)
    net.connect(
        cells, cells, pl.FixedProbability(0.1), receptor="gaba", weight=0.1, plasticity=pl.STDP(w_max=1.0), name="p"
    )
    with pytest.raises(error, match=message):
        call(net, cells)
    assert not net.modifiers
    assert not net.guards
    assert not net.controllers
    net.run(10.0)
    np.testing.assert_array_equal(cells.effective("C_m"), 250.0)
