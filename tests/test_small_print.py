"""What cannot be held is said when it is given: spikes of one step, weights below single precision, rates above the grid's.

Oracles: counts by hand, the least number of single precision, and the rate of a train that has one spike in a step at most.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl

# ---- spikes of a list


def emitted(source: pl.SpikeSource, size: int, dt: float = 0.1) -> list[tuple[float, int]]:
    net = pl.Network(dt=dt, threads=1)
    spikes = net.record(net.population(size, source), "spikes")
    net.run(100 * dt)
    return list(zip(np.round(spikes.times / dt).tolist(), spikes.ids.tolist(), strict=True))


TRAINS = st.lists(st.lists(st.floats(0.6, 40.4), max_size=12), min_size=1, max_size=3)


@settings(deadline=None, max_examples=60)
@given(TRAINS)
def test_a_list_of_spikes_is_emitted_whole_or_refused(trains: list[list[float]]) -> None:
    """Oracle: the steps that the times are nearest to, each once for a neuron or not."""
    steps = [[math.floor(time / 1.0 + 0.5) for time in train] for train in trains]
    source = pl.SpikeSource(trains if any(trains) else [[1.0]] * len(trains))
    if any(len(set(train)) < len(train) for train in steps):
        with pytest.raises(ValueError, match=r"^SpikeSource\.times: the spikes of neuron \d at .* fall into one step"):
            emitted(source, len(trains), dt=1.0)
        return
    expected = sorted((float(k), i) for i, train in enumerate(steps) for k in train)
    assert not any(trains) or emitted(source, len(trains), dt=1.0) == expected


@pytest.mark.parametrize(
    ("times", "ids", "neuron", "first", "second"),
    [
        ([[5.0], [3.0, 10.0, 10.0]], None, 1, "10 ms", "10 ms"),
        ([[5.0], [10.04, 3.0, 9.96]], None, 1, "10.04 ms", "9.96 ms"),
        ([1.0, 7.0, 1.02], None, 0, "1 ms", "1.02 ms"),
        ([1.0, 1.0, 7.0, 7.04], [0, 1, 1, 1], 1, "7 ms", "7.04 ms"),
    ],
)
def test_two_spikes_of_a_step_are_refused_by_name(times: Any, ids: Any, neuron: int, first: str, second: str) -> None:
    """Oracle: the two times, in the order in which they are given. And nothing has changed."""
    net = pl.Network()
    message = (
        rf"the spikes of neuron {neuron} at {first} and {second} fall into one step of dt = 0\.1 ms.*leave one out"
    )
    with pytest.raises(ValueError, match=message):
        net.population(2, pl.SpikeSource(times, ids))
    assert not net.populations
    trains = net.population(2, pl.SpikeSource([[2.0], [4.0]]))
    with pytest.raises(ValueError, match=message):
        trains.set_spikes(times, ids)
    spikes = net.record(trains, "spikes")
    net.run(12)
    assert list(zip(np.round(spikes.times, 4), spikes.ids, strict=True)) == [(2.0, 0), (4.0, 1)]


def test_the_same_moments_of_different_neurons_are_no_duplicates() -> None:
    assert emitted(pl.SpikeSource([1.0, 2.0]), 2) == [(10, 0), (10, 1), (20, 0), (20, 1)]
    assert emitted(pl.SpikeSource([1.0, 1.0, 2.0], [1, 0, 1]), 2) == [(10, 0), (10, 1), (20, 1)]


# ---- weights that single precision takes for 0

LEAST = float(np.finfo(np.float32).tiny)


def world(precision: Any) -> tuple[pl.Network, pl.Population, pl.Projection]:
    net = pl.Network(precision=precision, seed=1)
    cells = net.population(4, pl.LIF(receptors={"i": pl.CurrentExp()}), positions=pl.Grid(4))
    return net, cells, net.connect(cells, cells, pl.AllToAll(), weight=1, name="p")


WEIGHTS: dict[str, Callable[[pl.Network, pl.Population, pl.Projection, float], Any]] = {
    "connect": lambda n, c, p, w: n.connect(c, c, pl.AllToAll(), weight=w),
    "connect with an array": lambda n, c, p, w: n.connect(c, c, pl.OneToOne(), weight=[w, 0, w, w]),
    "connect with a function": lambda n, c, p, w: n.connect(c, c, pl.AllToAll(), weight=lambda d: w * (1 + d)),
    "connect with a distribution": lambda n, c, p, w: n.connect(c, c, pl.AllToAll(), weight=pl.Uniform(0, w / 2)),
    "set": lambda n, c, p, w: setattr(p, "weights", w),
    "set an array": lambda n, c, p, w: setattr(p, "weights", [w] * 16),
    "set a distribution": lambda n, c, p, w: setattr(p, "weights", pl.Uniform(w / 4, w / 2)),
    "set a block": lambda n, c, p, w: p.set_weights(w, sources=[1, 2]),
    "add": lambda n, c, p, w: p.add([0], [1], weight=w, delay=1.0),
    "drive": lambda n, c, p, w: n.drive(c[:2], pl.PoissonInput(10), weight=[w, w]),
}


@pytest.mark.parametrize("call", WEIGHTS)
def test_weights_that_become_0_are_refused_in_single_and_taken_in_double_precision(call: str) -> None:
    """Oracle: the least number of single precision. A refusal changes nothing."""
    net, cells, projection = world("single")
    with pytest.raises(ValueError, match=r"weight.* = -?\d.* would be 0: single precision.*precision=\"double\""):
        WEIGHTS[call](net, cells, projection, 1e-45)
    assert projection.weights.tolist() == [1.0] * 16
    assert (list(net.projections), len(net.drives), len(net.controllers)) == (["p"], 0, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        WEIGHTS[call](*world("single"), 1e-30)
        WEIGHTS[call](*world("double"), 1e-45)


@pytest.mark.parametrize(
    ("weight", "holds"), [(LEAST, True), (LEAST * 0.99, False), (-LEAST, True), (-LEAST / 2, False), (0.0, True)]
)
def test_the_least_weight_of_single_precision_is_the_least_that_is_taken(weight: float, holds: bool) -> None:
    """Oracle: the number itself, which reads back as it was given."""
    net, cells, _ = world("single")
    if not holds:
        with pytest.raises(ValueError, match="would be 0"):
            net.connect(cells, cells, pl.AllToAll(), weight=weight)
        return
    assert net.connect(cells, cells, pl.AllToAll(), weight=weight).weights.tolist() == [weight] * 16


def test_some_weights_that_become_0_beside_others_are_a_warning() -> None:
    """Oracle: counted by hand: 2 of 4. A kernel of distance falls below any precision somewhere."""
    net, cells, _ = world("single")
    with pytest.warns(UserWarning, match=r"^weight = 1e-50 \(2 of 4 values\) would be 0") as caught:
        made = net.connect(cells, cells, pl.OneToOne(), weight=[1.0, 1e-50, 0.0, -1e-45])
    assert made.weights.tolist()[0] == 1.0
    assert caught[0].filename == __file__


# ---- rates above what a grid can hold


def rates_said(call: Callable[[], Any]) -> str:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert all(each.filename == __file__ for each in caught)
    return " ".join(str(each.message) for each in caught)


RATES: dict[str, Callable[[pl.Network, float], Any]] = {
    "a number": lambda n, r: n.population(3, pl.PoissonSource(r)),
    "an array": lambda n, r: n.population(3, pl.PoissonSource([1.0, r, 2.0])),
    "a distribution": lambda n, r: n.population(3, pl.PoissonSource(pl.Uniform(r, r * (1 + 1e-9) + 1e-12))),
    "a schedule": lambda n, r: n.population(3, pl.PoissonSource(pl.Schedule([0, 10], [r, 0]))),
    "set": lambda n, r: n.population(3, pl.PoissonSource(1)).set(rate=r),
    "set of a view": lambda n, r: n.population(3, pl.PoissonSource(1))[:1].set(rate=[r]),
    "set to a schedule": lambda n, r: n.population(3, pl.PoissonSource(1)).set(rate=pl.Schedule([0], [r])),
}


@pytest.mark.parametrize("dt", [0.1, 1.0])
@pytest.mark.parametrize("call", RATES)
def test_a_source_says_what_it_loses_of_a_rate(call: str, dt: float) -> None:
    """Oracle: 1 - exp(-x) spikes in a step where x are wanted; more than 1 % of x is lost above x = 0.0201."""
    for x in (0.0, 1e-9, 0.0195, 0.0210, 0.1, 0.7, 3.0):
        rate = 1000 * x / dt
        said = rates_said(lambda rate=rate: RATES[call](pl.Network(dt=dt), rate))
        if x < 0.02:
            assert said == ""
            continue
        out = 1000 * -math.expm1(-x) / dt
        assert f"{out:.4g} Hz come out" in said
        assert f"{rate - out:.4g} Hz ({100 * (rate - out) / rate:.2g} %) are lost; PoissonInput" in said


def test_what_is_said_to_come_out_comes_out() -> None:
    """Oracle: the spikes of a run, within three standard deviations."""
    net = pl.Network(dt=0.5, seed=3)
    with pytest.warns(UserWarning, match="1264 Hz come out and 735.8 Hz"):
        sources = net.population(100, pl.PoissonSource(2000))
    net.run(1000)
    p = 1 - math.exp(-1)
    assert abs(sources.spike_count - 2000 * 100 * p) < 3 * math.sqrt(2000 * 100 * p * (1 - p))


def test_stimuli_that_deliver_any_number_lose_nothing() -> None:
    net = pl.Network()
    cells = net.population(2, pl.LIF(receptors={"i": pl.CurrentExp()}))
    assert rates_said(lambda: net.drive(cells, pl.PoissonInput(50_000))) == ""


# ---- indices of neurons are signed


def test_differences_of_indices_do_not_wrap(tmp_path: Any) -> None:
    """Oracle: 1 - 3 is -2, of whatever has indices."""
    net = pl.Network(threads=1)
    trains = net.population(4, pl.SpikeSource([[5.0], [2.0], [3.0], [1.0]]), name="trains")
    cells = net.population(4, pl.LIF(receptors={"i": pl.CurrentExp()}))
    projection = net.connect(trains, cells, pl.Explicit([3, 1], [3, 1]), weight=[1, 2])
    spikes, written = net.record(trains, "spikes"), net.record(trains, "spikes", to=tmp_path / "spikes")
    changes = net.record(projection, "structure")
    states = net.record(cells[[3, 1]], "V", interval=1)
    net.run(4)
    projection.remove(sources=[3])
    projection.remove(sources=[1])
    projection.add([3, 1], [3, 1], weight=1, delay=1)
    net.run(1)
    written.flush()
    indices = {
        "view": cells[[3, 1]].ids,
        "spikes": spikes.ids[:2],
        "written": written.ids[:2],
        "recording": pl.Recording(tmp_path / "spikes")["ids"][:2],
        "states": states.ids,
        "sources of changes": changes.sources[:2],
        "targets of changes": changes.targets[:2],
    }
    for name, ids in indices.items():
        assert np.diff(ids).tolist() == [-2], name
    for ids in (projection.sources, projection.targets, cells.ids, cells[:2].ids):
        assert ids.dtype == np.int64
        assert (ids * 2**33).max() > 2**32


def test_recordings_of_earlier_versions_are_read_with_signed_indices(tmp_path: Any) -> None:
    """Oracle: the chunk that an earlier version wrote, with unsigned indices."""
    net = pl.Network(threads=1)
    recorder = net.record(net.population(4, pl.SpikeSource([[5.0], [2.0], [3.0], [1.0]])), "spikes", to=tmp_path / "r")
    net.run(6)
    recorder.flush()
    path = tmp_path / "r" / "000000.npz"
    with np.load(path) as chunk:
        columns = dict(chunk)
    np.savez(path, **columns | {"ids": columns["ids"].astype(np.uint32)})
    assert np.diff(pl.Recording(tmp_path / "r")["ids"]).tolist() == [-2, 1, -2]


# ---- what is no whole number is no index, and a truth value is no number

NO_INDICES: dict[str, Callable[[pl.Network, pl.Population, pl.Projection], Any]] = {
    "a view": lambda n, c, p: c[[1.0, 2.0]],
    "sources": lambda n, c, p: n.connect(c, c, pl.Explicit([0.5], [1])),
    "ids of spikes": lambda n, c, p: n.population(2, pl.SpikeSource([1.0], [1.0])),
    "a block": lambda n, c, p: p.get_weights(sources=[1.0]),
    "what is removed": lambda n, c, p: p.remove([1.0]),
    "a sample": lambda n, c, p: n.record(c, "V", interval=1, sample=[1.5]),
    "a weight": lambda n, c, p: n.connect(c, c, pl.AllToAll(), weight=True),
    "weights": lambda n, c, p: setattr(p, "weights", [True] * 16),
    "a parameter": lambda n, c, p: pl.LIF(tau_m=True),
    "a delay": lambda n, c, p: n.connect(c, c, pl.AllToAll(), delay=np.array([True] * 16)),
    "a size": lambda n, c, p: n.population(3.0, pl.LIF()),
    "a degree": lambda n, c, p: pl.FixedInDegree(2.5),
}


@pytest.mark.parametrize("case", NO_INDICES)
def test_numbers_are_not_taken_for_what_they_are_not(case: str) -> None:
    with pytest.raises((TypeError, ValueError), match=r"integer|number"):
        NO_INDICES[case](*world("single"))
