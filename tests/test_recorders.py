"""Recorders tell what direct reads of the network tell, at the moments they claim, and analyses equal plain loops."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
from plastica.recorders import SpikesRecord

DT = 0.1


def network(precision: str = "double", threads: int = 1, size: int = 70) -> pl.Network:
    """Sources, noisy neurons with two receptors, and a plastic projection between them."""
    net = pl.Network(dt=DT, seed=4, threads=threads, precision=precision)
    pre = net.population(20, pl.PoissonSource(80), name="pre")
    receptors = {"exc": pl.ConductanceBiExp(), "now": pl.CurrentDelta(), "slow": pl.CurrentExp(tau=4)}
    model = pl.LIF(I_e=pl.Uniform(300, 450), t_ref=1, receptors=receptors)
    post = net.population(size, model, name="post", initial={"V": pl.Uniform(-70, -56)})
    rule = pl.STDP(learning_rate=0.05, w_max=4)
    learns = {"plasticity": rule, "weight": 2, "delay": pl.Uniform(0.1, 4), "dendritic_fraction": 0.5}
    net.connect(pre, post, pl.FixedProbability(0.3), receptor="exc", name="learning", **learns)
    net.connect(pre, post, pl.FixedProbability(0.1), receptor="now", weight=pl.Normal(0, 1), delay=1.3, name="static")
    return net


def step_by_step(net: pl.Network, steps: int, read: Callable[[], Any]) -> np.ndarray:
    """What `read` gives at each step from now, before the step is made."""
    values = []
    for _ in range(steps):
        values.append(read())
        net.run(DT)
    return np.array(values)


# ---- samples are direct reads


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("threads", [1, pytest.param(3, marks=pytest.mark.threads)])
def test_states_recorded_at_every_step_are_those_read_between_steps(precision: str, threads: int) -> None:
    """Oracle: the same network stopped after every step and read."""
    names = ["V", "refractory", "exc.g", "exc.rise", "slow.I"]
    recorded, read = network(precision, threads), network(precision)
    recorder = recorded.record(recorded.populations["post"], names, interval=DT)
    recorded.run(30)
    post = read.populations["post"]
    expected = step_by_step(read, 300, lambda: [post.get(name) for name in names])
    assert recorder.times == pytest.approx(np.arange(300) * DT)
    assert recorder.variables == tuple(names)
    for i, name in enumerate(names):
        assert np.array_equal(recorder[name], expected[:, i])
    assert (recorder["refractory"] > 0).any()
    assert (np.ptp(recorder["exc.g"], axis=0) > 0).any()


@settings(max_examples=10)
@given(data=st.data(), start=st.integers(0, 25), interval=st.integers(1, 40))
def test_recorders_sample_at_multiples_of_their_interval_from_when_they_were_made(
    data: st.DataObject, start: int, interval: int
) -> None:
    """Oracle: a recorder of every step of everybody, of which the right rows and columns are taken."""
    net = network("single", threads=data.draw(st.sampled_from([1, 2])))
    post, learning = net.populations["post"], net.projections["learning"]
    ids = data.draw(st.lists(st.integers(0, 69), min_size=1, max_size=9, unique=True))
    some = data.draw(st.lists(st.integers(0, len(learning) - 1), min_size=1, max_size=9, unique=True))
    everything = net.record(post, "V", interval=DT)
    all_weights = net.record(learning, "weights", interval=DT)
    net.run(start * DT)
    view = net.record(post[ids], "V", interval=interval * DT)
    sample = net.record(post, "V", interval=interval * DT, sample=ids)
    weights = net.record(learning, "weights", interval=interval * DT, sample=some)
    for steps in data.draw(st.lists(st.integers(0, 30), max_size=5)):
        net.run(steps * DT)
    end = round(net.time / DT)
    taken = [k for k in range(start, end) if k % interval == 0]
    for recorder in (view, sample):
        assert recorder.ids.tolist() == ids
        assert recorder.times == pytest.approx(np.array(taken) * DT)
        assert np.array_equal(recorder.values, everything.values.reshape(-1, 70)[np.ix_(taken, ids)])
    assert weights.indices.tolist() == some
    assert weights.times == pytest.approx(np.array(taken) * DT)
    rows = all_weights.values.reshape(-1, len(learning))
    assert np.array_equal(weights.values, rows[np.ix_(taken, some)])


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("threads", [1, pytest.param(3, marks=pytest.mark.threads)])
def test_weights_recorded_at_every_step_are_those_read_between_steps(precision: str, threads: int) -> None:
    """Oracle: the same network stopped after every step and read; plastic and static projections."""
    recorded, read = network(precision, threads), network(precision)
    recorders = [recorded.record(p, "weights", interval=DT) for p in recorded.projections.values()]
    recorded.run(60)
    projections = list(read.projections.values())
    expected = [np.array(w) for w in zip(*step_by_step_weights(read, projections, 600), strict=True)]
    for recorder, values in zip(recorders, expected, strict=True):
        assert np.array_equal(recorder.values, values)
    assert np.ptp(recorders[0].values, axis=0).max() > 0.1
    assert np.ptp(recorders[1].values, axis=0).max() == 0


def step_by_step_weights(net: pl.Network, projections: list[pl.Projection], steps: int) -> list[list[np.ndarray]]:
    rows = []
    for _ in range(steps):
        rows.append([projection.weights for projection in projections])
        net.run(DT)
    return rows


# ---- the left limit


def test_a_sample_does_not_contain_what_happens_at_its_moment() -> None:
    """Oracle: the semantics of a step. A spike stamped 10 with a delay of 7 steps arrives at 17 and shows at 18."""
    net = pl.Network(dt=DT, precision="double")
    pre = net.population(1, pl.SpikeSource([1.0]))
    model = pl.LIF(tau_m=1e9, receptors={"kick": pl.CurrentDelta(), "current": pl.CurrentExp(tau=1e9)})
    post = net.population(1, model)
    net.connect(pre, post, pl.OneToOne(), receptor="kick", weight=3, delay=0.7)
    net.connect(pre, post, pl.OneToOne(), receptor="current", weight=5, delay=0.9)
    recorder = net.record(post, ["V", "current.I"], interval=DT)
    net.run(3)
    assert recorder["V"][:18, 0] == pytest.approx(-70)
    assert recorder["V"][18, 0] == pytest.approx(-67)
    assert recorder["current.I"][:20, 0].tolist() == [0] * 20
    assert recorder["current.I"][20, 0] == pytest.approx(5)


def test_a_spike_and_the_reset_it_brings_carry_the_same_stamp() -> None:
    """Oracle: a constant drive without leak crosses at a known step; V is V_reset at the stamp and above before it."""
    net = pl.Network(dt=DT, precision="double")
    model = pl.LIF(C_m=100, tau_m=1e9, E_L=-70, V_reset=-75, V_th=-60.05, t_ref=0.3, I_e=1000)
    cell = net.population(1, model)  # 1 mV per step, so the threshold is passed in the tenth
    spikes = net.record(cell, "spikes")
    states = net.record(cell, ["V", "refractory"], interval=DT)
    net.run(2)
    assert spikes.times == pytest.approx([1.0])
    assert states["V"][:, 0] == pytest.approx([*range(-70, -60), -75, -75, -75, -75, *range(-74, -68)], abs=1e-6)
    assert states["refractory"][9:15, 0].tolist() == [0, 3, 2, 1, 0, 0]


def test_a_weight_at_a_moment_does_not_contain_the_events_of_that_moment() -> None:
    """Oracle: an isolated pair. The postsynaptic spike stamped 50 acts at the synapse at 50 and shows at 51."""
    net = pl.Network(dt=DT, precision="double")
    pre = net.population(1, pl.SpikeSource([2.0]))
    teacher = net.population(1, pl.SpikeSource([4.8]))
    post = net.population(1, pl.Relay())
    rule = pl.STDP(learning_rate=0.1, A_plus=1, tau_plus=20, w_max=1)
    learning = net.connect(pre, post, pl.OneToOne(), weight=0, delay=1.0, plasticity=rule)
    net.connect(teacher, post, pl.OneToOne(), weight=1, delay=0.1)
    spikes = net.record(post, "spikes")
    recorder = net.record(learning, "weights", interval=DT)
    net.run(6)
    assert spikes.times == pytest.approx([5.0])
    assert recorder.values[:51, 0].tolist() == [0] * 51
    assert recorder.values[51:, 0] == pytest.approx(0.1 * np.exp(-2.0 / 20))


# ---- spikes and rates


def plain_rate(times: np.ndarray, size: int, start: float, end: float, width: float) -> tuple[list[float], list[float]]:
    """Bins from `start`, closed on the right; one that is not complete is left out."""
    starts: list[float] = []
    rates: list[float] = []
    while start + (len(starts) + 1) * width <= end + 1e-9:
        left, right = start + len(starts) * width, start + (len(starts) + 1) * width
        number = sum(left + 1e-9 < t <= right + 1e-9 for t in times)
        starts.append(left)
        rates.append(number / size / (width / 1000))
    return starts, rates


def plain_cv(times: np.ndarray, ids: np.ndarray) -> list[float]:
    found = []
    for neuron in sorted(set(ids.tolist())):
        own = [t for t, i in zip(times, ids, strict=True) if i == neuron]
        if len(own) < 3:
            continue
        intervals = [b - a for a, b in pairwise(own)]
        mean = sum(intervals) / len(intervals)
        variance = sum((x - mean) ** 2 for x in intervals) / len(intervals)
        found.append(sqrt(variance) / mean)
    return found


trains = st.lists(st.lists(st.integers(1, 500), unique=True, max_size=12).map(sorted), min_size=1, max_size=20)


@settings(max_examples=30)
@given(trains=trains, width=st.integers(1, 200), length=st.integers(0, 60), threads=st.sampled_from([1, 2]))
def test_spikes_rates_and_irregularity_are_those_of_plain_loops(
    trains: list[list[int]], width: int, length: int, threads: int
) -> None:
    """Oracle: the spikes that the sources were told to emit, counted in loops."""
    net = pl.Network(dt=DT, threads=threads)
    source = net.population(len(trains), pl.SpikeSource([np.array(t, dtype=float) * DT for t in trains]))
    spikes, rate = net.record(source, "spikes"), net.record(source, "rate", interval=width * DT)
    net.run(length)
    wanted = sorted((k, i) for i, train in enumerate(trains) for k in train if k <= length * 10)
    assert spikes.times == pytest.approx([k * DT for k, _ in wanted])
    assert spikes.ids.tolist() == [i for _, i in wanted]
    assert spikes.count == source.spike_count == len(wanted)
    starts, rates = plain_rate(spikes.times, len(trains), 0, length, width * DT)
    for times, values in (spikes.rate(width * DT), (rate.times, rate.rates)):
        assert times == pytest.approx(starts)
        assert values == pytest.approx(rates)
    assert spikes.cv() == pytest.approx(plain_cv(spikes.times, spikes.ids))


def test_spikes_of_a_view_are_those_of_its_neurons() -> None:
    """Oracle: the spikes of the population, filtered."""
    net = network(threads=2, size=200)
    post = net.populations["post"]
    ids = [170, 3, 64, 63, 99]
    all_spikes, some = net.record(post, "spikes"), net.record(post[ids], "spikes")
    all_rate, rate = net.record(post, "rate", interval=10), net.record(post[ids], "rate", interval=10)
    net.run(300)
    chosen = np.isin(all_spikes.ids, ids)
    assert 5 < chosen.sum() < len(chosen)
    assert some.times.tolist() == all_spikes.times[chosen].tolist()
    assert some.ids.tolist() == all_spikes.ids[chosen].tolist()
    assert rate.rates == pytest.approx(plain_rate(some.times, 5, 0, 300, 10)[1])
    assert all_rate.rates == pytest.approx(plain_rate(all_spikes.times, 200, 0, 300, 10)[1])
    assert some.rate(7.5)[1] == pytest.approx(plain_rate(some.times, 5, 0, 300, 7.5)[1])


def test_bins_start_with_the_recording_whole_and_of_one_width() -> None:
    """Oracle: plain loops; of a recorder that begins between two multiples of its bin, bins hold a full interval.

    The rate recorder counts in bins that lie on multiples of its interval, like the samples of states.
    """
    net = pl.Network(dt=DT)
    source = net.population(3, pl.SpikeSource(np.arange(1, 1000) * DT))  # a spike at every step
    net.run(3)
    spikes, rate = net.record(source, "spikes"), net.record(source, "rate", interval=10)
    net.run(42)
    times, rates = spikes.rate(10)
    assert times.tolist() == [3, 13, 23, 33]
    assert rates == pytest.approx([10_000] * 4)
    assert rate.times.tolist() == [10, 20, 30]
    assert rate.rates == pytest.approx([10_000] * 3)


def test_clear_forgets_what_was_and_recording_goes_on() -> None:
    """Oracle: recorders made at the moment of clearing."""
    net = network("single")
    post, learning = net.populations["post"], net.projections["learning"]

    def made() -> tuple[Any, ...]:
        return (
            net.record(post, "spikes"),
            net.record(post, ["V", "exc.g"], interval=0.7),
            net.record(learning, "weights", interval=0.7),
            net.record(post, "rate", interval=5),
        )

    old = made()
    net.run(35)
    for recorder in old:
        recorder.clear()
    assert old[0].count == 0
    assert old[1]["V"].shape[0] == len(old[1].times) == len(old[2].times) == len(old[3].times) == 0
    new = made()
    net.run(41.9)
    assert old[0].count == new[0].count > 0
    assert np.array_equal(old[0].times, new[0].times)
    assert np.array_equal(old[0].ids, new[0].ids)
    assert np.array_equal(old[0].rate(5), new[0].rate(5))
    for name in ("V", "exc.g"):
        assert np.array_equal(old[1][name], new[1][name])
    assert np.array_equal(old[1].times, new[1].times)
    assert np.array_equal(old[2].values, new[2].values)
    assert np.array_equal(old[3].times, new[3].times)
    assert np.array_equal(old[3].rates, new[3].rates)
    assert len(new[3].rates) == 8
    assert new[0].times.min() > 35


def test_a_spike_stamped_now_belongs_to_the_run_that_made_it() -> None:
    """Oracle: the definition. A recorder made at the moment of a spike, or cleared then, does not see it."""
    net = pl.Network(dt=DT)
    source = net.population(1, pl.SpikeSource([1.0, 2.0]))
    first = net.record(source, "spikes")
    net.run(1)
    assert first.times.tolist() == [1.0]
    late = net.record(source, "spikes")
    net.run(0.9)
    assert late.count == 0
    net.run(0.1)
    assert late.times.tolist() == [2.0]
    assert first.times.tolist() == [1.0, 2.0]


# ---- what becomes of the arrays


def test_arrays_are_copies_that_nobody_else_holds() -> None:
    """Oracle: writing into a result changes neither the recorder nor the network."""
    net = network()
    post, learning = net.populations["post"], net.projections["learning"]
    states, weights = net.record(post, "V", interval=1), net.record(learning, "weights", interval=1)
    spikes = net.record(post, "spikes")
    net.run(30)
    kept = [states.values, weights.values, spikes.times, post.get("V"), learning.weights]
    copies = [array.copy() for array in kept]
    for array in kept:
        array[...] = 77
    again = [states.values, weights.values, spikes.times, post.get("V"), learning.weights]
    for array, copy in zip(again, copies, strict=True):
        assert np.array_equal(array, copy)


def test_data_frames_hold_the_arrays_row_by_row() -> None:
    """Oracle: the arrays, looked up by time and id."""
    pytest.importorskip("pandas")
    net = network()
    post, learning = net.populations["post"], net.projections["learning"]
    spikes, rate = net.record(post, "spikes"), net.record(post, "rate", interval=5)
    states = net.record(post[[9, 2]], ["V", "slow.I"], interval=1)
    weights = net.record(learning, "weights", interval=10, sample=[4, 1])
    net.run(50)
    frame = spikes.to_pandas()
    assert frame["time"].tolist() == spikes.times.tolist()
    assert frame["id"].tolist() == spikes.ids.tolist()
    frame = states.to_pandas().set_index(["time", "id"])
    assert len(frame) == 100
    for t, moment in enumerate(states.times):
        for n, neuron in enumerate((9, 2)):
            assert frame.loc[(moment, neuron), "V"] == states["V"][t, n]
            assert frame.loc[(moment, neuron), "slow.I"] == states["slow.I"][t, n]
    frame = weights.to_pandas().set_index(["time", "index"])["weight"]
    for t, moment in enumerate(weights.times):
        for n, index in enumerate((4, 1)):
            assert frame.loc[(moment, index)] == weights.values[t, n]
    frame = rate.to_pandas()
    assert frame["time"].tolist() == rate.times.tolist()
    assert frame["rate"].tolist() == rate.rates.tolist()


def test_recorders_of_nothing_yet_are_empty_and_of_the_right_shape() -> None:
    """Oracle: (0, n)."""
    net = network()
    post, learning = net.populations["post"], net.projections["learning"]
    assert net.record(post, "spikes").times.shape == (0,)
    assert net.record(post, "spikes").cv().shape == (0,)
    assert [a.shape for a in net.record(post, "spikes").rate(10)] == [(0,), (0,)]
    assert net.record(post, "rate", interval=10).rates.shape == (0,)
    assert net.record(post, "V", interval=1).values.shape == (0, 70)
    assert net.record(learning, "weights", interval=1, sample=3).values.shape == (0, 3)


def test_parameters_cannot_be_recorded_and_the_message_says_so() -> None:
    """Oracle: parameters change only when they are set."""
    net = network()
    with pytest.raises(ValueError, match="'V_th' is a parameter"):
        net.record(net.populations["post"], "V_th", interval=1)
    assert net.recorders == []


# ---- kinds of recorders


class FirstRecord(SpikesRecord):
    """A kind of recorder that the package does not have: the spikes of the first neuron."""

    kind = "FirstRecorder"

    @classmethod
    def offered(cls, neurons: Any) -> tuple[str, ...]:
        return ("first",)

    @classmethod
    def planned(cls, neurons: Any, what: Any, interval: Any, sample: Any) -> Any:
        return super().planned(neurons[:1], what, interval, sample)


def test_a_kind_of_recorder_needs_a_place_in_the_list_of_what_it_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: what a recorder of all spikes has of the first neuron, and what names are offered."""
    monkeypatch.setattr(
        pl.population.Neurons, "_kinds_of_recorders", (*pl.population.Neurons._kinds_of_recorders, FirstRecord)
    )
    net = network()
    post = net.populations["post"]
    first, spikes = net.record(post, "first"), net.record(post, "spikes")
    net.run(200)
    assert first.times.size > 0
    assert np.array_equal(first.times, spikes.times[spikes.ids == 0])
    with pytest.raises(TypeError, match=r"'spikes', 'rate', 'first'"):
        net.record(post)


# ---- each holds what it is for


def test_a_recorder_is_read_as_what_it_holds_and_refuses_the_rest() -> None:
    """Oracle: who holds what, by the names of the recorders."""
    net = network()
    dopamine = net.modulator("dopamine", tau=30.0)
    post, learning = net.populations["post"], net.projections["learning"]
    rewarded = net.connect(net.populations["pre"], post, pl.FixedProbability(0.1), receptor="exc", weight=1, delay=1)
    elements = pl.SynapticElements(growth="linear", nu=1e-2, eps=0.5, tau_Ca=50.0)
    wiring = net.control(
        rewarded, pl.StructuralPlasticity(axonal=elements, dendritic=elements, weight=1, delay=1, interval=5)
    )
    scaling = net.control(post, pl.SynapticScaling(receptor="exc", tau=50.0, beta=0.05, interval=5))
    held = {
        "spikes": [net.record(post, "spikes")],
        "spike_counts": [net.record(post, "rate", interval=2)],
        "structure_log": [net.record(learning, "structure")],
        "states": [
            net.record(post, "V", interval=1),
            net.record(learning, "weights", interval=1),
            net.record(dopamine, interval=1),
            net.record(scaling, "factor", interval=5),
            net.record(wiring, "axonal.z", interval=5),
        ],
    }
    net.run(10)
    for method in held:
        for holds, recorders in held.items():
            for recorder in recorders:
                read = partial(getattr(net._core, method), recorder._record.engine[0])
                if method == holds:
                    assert len(read()) >= 2
                else:
                    with pytest.raises(ValueError, match="this recorder holds no"):
                        read()
