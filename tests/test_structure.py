"""Synapses that come and go, neurons that fall silent, die and are born."""

from __future__ import annotations

import os
import resource

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
import reference

SANITIZED = "PLASTICA_SANITIZER" in os.environ

RECEPTORS = {"r": pl.CurrentExp(tau=5.0)}


def sources_and_cells(trains: list[list[float]], cells: int, threads: int = 1, **options: object):
    net = pl.Network(threads=threads, **options)
    model = pl.LIF(V_th=1e4, receptors=RECEPTORS)
    return net, net.population(len(trains), pl.SpikeSource(trains)), net.population(cells, model)


def current(net: pl.Network, cells: pl.Population, until: float) -> np.ndarray:
    """The input current of each cell, step by step."""
    recorder = net.record(cells, "r.I", interval=net.dt)
    net.run(until - net.time)
    return recorder["r.I"] if hasattr(recorder, "__getitem__") else recorder.values


# ------------------------------------------------------------------------------------------------ what is delivered


@pytest.mark.parametrize("threads", [1, 2])
def test_spikes_on_their_way_to_a_removed_synapse_are_not_delivered(threads):
    """Oracle: no current."""
    net, sources, cells = sources_and_cells([[1.0]], 3, threads)
    synapses = net.connect(sources, cells, pl.AllToAll(), weight=[1.0, 2.0, 3.0], delay=5.0)
    net.run(3.0)
    synapses.remove([1])
    net.run(3.1)
    np.testing.assert_array_equal(cells.get("r.I") > 0, [True, False, True])


def test_spikes_in_the_dendrite_reach_the_soma_although_their_synapse_is_gone():
    """Oracle: the current of a synapse that stays."""
    currents = []
    for removed in (False, True):
        net, sources, cells = sources_and_cells([[1.0]], 1)
        synapses = net.connect(
            sources, cells, pl.AllToAll(), weight=1.0, delay=5.0, dendritic_fraction=0.8, plasticity=pl.STDP(w_max=2)
        )
        net.run(3.0)
        if removed:
            synapses.remove([0])
        net.run(5.0)
        currents.append(cells.get("r.I"))
    assert currents[0] > 0
    np.testing.assert_array_equal(currents[0], currents[1])


@pytest.mark.parametrize("delay", [0.1, 2.0, 40.0])
@pytest.mark.parametrize("plasticity", [None, pl.STDP(w_max=2.0), pl.TsodyksMarkram()], ids=["static", "STDP", "STP"])
def test_a_new_synapse_delivers_only_later_spikes(delay, plasticity):
    """Oracle: of spikes every 0.5 ms, the first that arrives is the first one stamped later than the synapse was made."""
    net, sources, cells = sources_and_cells([np.arange(0.5, 60, 0.5).tolist()], 2)
    synapses = net.connect(
        sources, cells[:1], pl.AllToAll(), weight=1.0, delay=2.0, receptor="r", plasticity=plasticity
    )
    net.run(10.0)
    synapses.add([0], [1], weight=1.0, delay=delay)
    recorder = net.record(cells, "r.I", interval=0.1)
    net.run(delay + 5)
    first = recorder.times[np.argmax(recorder["r.I"][:, 1] > 0)]
    # a spike stamped t with delay d acts in the step that begins at t + d, and is seen after it
    assert first == pytest.approx(10.5 + delay + 0.1)


def test_synapses_of_all_delays_come_and_go_while_spikes_are_on_their_way():
    """Oracle: the sum over all (spike, synapse) that were alive when the spike set out and when it arrived."""
    random = np.random.default_rng(5)
    trains = [np.unique(np.round(random.uniform(0.1, 150, 80), 1)).tolist() for _ in range(4)]
    net, sources, cells = sources_and_cells(trains, 3, precision="double")
    synapses = net.connect(sources, cells, pl.AllToAll(), weight=1.0, delay=pl.Uniform(0.1, 30))
    alive = [[0, np.inf, s, t, w, d] for s, t, w, d in zip(*state_of(synapses), strict=True)]
    for _ in range(30):
        net.run(round(random.uniform(0.1, 6), 1))
        now = round(net.time / 0.1)
        number = int(random.integers(3, 9))
        new = random.integers(0, 4, number), random.integers(0, 3, number), random.uniform(1, 2, number)
        delays = np.round(random.uniform(0.1, 45, number), 1)
        synapses.add(*new[:2], weight=new[2], delay=delays)
        alive += [[now, np.inf, s, t, w, d] for s, t, w, d in zip(*new, delays, strict=True)]
        gone = random.choice(len(synapses), min(len(synapses), 5), replace=False)
        for s, t, w, d in np.transpose(state_of(synapses))[gone]:
            found = next(a for a in alive if a[1] == np.inf and np.allclose(a[2:], (s, t, w, d)))
            found[1] = now
        synapses.remove(gone)
    charge = net.record(cells, "r.I", interval=0.1)
    begin = round(net.time / 0.1)
    net.run(60.0)
    steps = np.arange(begin, begin + 600)
    expected = np.zeros((600, 3))
    for made, removed, s, t, w, d in alive:
        for spike in trains[int(s)]:
            stamp, arrival = round(spike / 0.1), round(spike / 0.1) + round(d / 0.1)
            if stamp > made and arrival < removed:
                age = steps - arrival
                expected[:, int(t)] += np.where(age > 0, w * np.exp(-(age - 0) * 0.1 / 5.0), 0.0)
    scale = expected.max()
    assert scale > 1
    np.testing.assert_allclose(charge["r.I"] * np.exp(0.0), expected, atol=1e-9 * scale)


def state_of(synapses: pl.Projection) -> tuple[np.ndarray, ...]:
    return synapses.sources, synapses.targets, synapses.weights, np.round(synapses.delays, 1)


# ------------------------------------------------------------------------------------------------ what is left alone


@pytest.mark.parametrize(
    "plasticity",
    [
        None,
        [pl.STDP(w_max=40.0, learning_rate=0.1)],
        [pl.TripletSTDP(w_max=40.0, learning_rate=40.0)],
        [pl.TsodyksMarkram(), pl.STDP(w_max=40.0), pl.WeightDecay(tau=1e3)],
    ],
    ids=["static", "table", "running sums", "replay and short-term"],
)
def test_edits_of_other_synapses_change_no_bit_of_the_survivors(plasticity):
    """Oracle: the same network, in which neurons that nobody listens to keep their synapses and get no new ones."""

    def run(edited: bool) -> dict[str, np.ndarray]:
        net = pl.Network(seed=3, threads=2)
        noise = net.population(50, pl.PoissonSource(60.0))
        cells = net.population(60, pl.LIF(I_e=500.0, receptors=RECEPTORS), initial={"V": pl.Uniform(-70, -55)})
        synapses = net.connect(
            noise, cells, pl.FixedProbability(0.5), weight=20.0, delay=pl.Uniform(0.5, 4), plasticity=plasticity
        )
        random = np.random.default_rng(2)
        for _ in range(8):
            net.run(37.3)
            if edited:
                number = 60
                ends = random.integers(0, 50, number), random.integers(40, 60, number)
                synapses.add(*ends, weight=random.uniform(1, 39, number), delay=random.uniform(0.1, 8, number))
                synapses.remove((synapses.targets >= 40) & (random.random(len(synapses)) < 0.3))
        kept = synapses.targets < 40
        states = {name: np.asarray(synapses.get(name)) for name in synapses.states}
        states = {name: values[kept] for name, values in states.items() if values.shape == kept.shape}
        weights = synapses.weights[kept]
        assert plasticity is None or np.std(weights) > 0 or states
        return states | {"weights": weights, "V": cells.get("V")[:40]}

    untouched, edited = run(False), run(True)
    for name, values in untouched.items():
        np.testing.assert_array_equal(values, edited[name], err_msg=name)


def test_generations_of_synapses_become_one_row_again():
    """Oracle: the memory of the same synapses, made at once, with the room to spare that edits leave."""
    net, sources, cells = sources_and_cells([[1.0]] * 10, 200)
    synapses = net.connect(sources, cells, pl.FixedInDegree(5), weight=1.0, delay=1.0, plasticity=pl.STDP(w_max=2.0))
    for target in range(200):
        synapses.add(np.arange(10), np.full(10, target), weight=1.0, delay=1.0)
        net.run(2.0)
    assert len(synapses) == 3000
    # targets, weights, births, and 1/4 to spare; and little for 10 rows
    assert synapses.nbytes < 3000 * 10 * 1.25 + 10 * 400


def test_a_million_synapses_come_and_go_in_bounded_memory():
    """Oracle: as many synapses take as much memory at the end as after the first round."""
    net, sources, cells = sources_and_cells([np.arange(0.5, 1e3, 1).tolist()] * 100, 1000, threads=2)
    synapses = net.connect(
        sources,
        cells,
        pl.FixedInDegree(20),
        weight=1.0,
        delay=pl.Uniform(1, 5),
        plasticity=[pl.TsodyksMarkram(), pl.STDP()],
    )
    random = np.random.default_rng(1)
    used, resident = [], []
    for _ in range(50):
        number = 10_000
        ends = random.integers(0, 100, number), random.integers(0, 1000, number)
        synapses.add(*ends, weight=0.5, delay=random.uniform(1, 5, number))
        net.run(1.0)
        synapses.remove(random.choice(len(synapses), number, replace=False))
        used.append(synapses.nbytes)
        resident.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert len(synapses) == 20_000
    assert max(used[25:]) < 1.15 * max(used[:25])
    # a sanitizer keeps freed memory
    assert SANITIZED or resident[-1] - resident[10] < 20_000  # KiB


@given(data=st.data())
@settings(max_examples=25)
def test_static_synapses_that_come_and_go_do_what_the_reference_does(data):
    """Oracle: the slow simulator, voltages at the end."""
    seed = data.draw(st.integers(0, 1000))
    threads = data.draw(st.sampled_from((1, 2, 3)))
    random = np.random.default_rng(seed)
    trains = [np.unique(random.integers(1, 300, 30)).tolist() for _ in range(3)]
    engine = pl.Network(threads=threads, precision="double")
    oracle = reference.Network(0.1)
    numbers = {"C_m": 200.0, "tau_m": 10.0, "E_L": -65.0, "V_th": -55.0, "V_reset": -65.0, "t_ref": 2.0, "I_e": 150.0}
    ours = engine.population(3, pl.SpikeSource([np.array(t) * 0.1 for t in trains]))
    theirs = oracle.sources(3, dict(enumerate(trains)))
    cells = engine.population(4, pl.LIF(**numbers, receptors={"r": pl.CurrentExp(tau=3.0)}))
    others = oracle.population(4, reference.LIF(**numbers, receptors={"r": reference.CurrentExp(tau=3.0)}))
    pairs = []
    for pre, before in ((ours, theirs), (cells, others)):
        count = 6
        size = len(pre)
        ends = random.integers(0, size, count), random.integers(0, 4, count)
        weights, delays = random.uniform(50, 200, count), random.integers(1, 60, count)
        one = engine.connect(pre, cells, pl.Explicit(*ends), weight=weights, delay=delays * 0.1)
        other = oracle.connect(before, others, *ends, weights, delays, "r", 0.0, [])
        pairs.append((one, other))
    for _ in range(data.draw(st.integers(1, 8))):
        steps = data.draw(st.integers(0, 60))
        engine.run(steps * 0.1)
        oracle.run(steps)
        one, other = pairs[data.draw(st.integers(0, 1))]
        if data.draw(st.booleans()):
            count = data.draw(st.integers(1, 4))
            ends = random.integers(0, len(one.pre), count), random.integers(0, 4, count)
            weights, delays = random.uniform(50, 200, count), random.integers(1, 60, count)
            one.add(*ends, weight=weights, delay=delays * 0.1)
            other.add(*ends, weights, delays)
        else:
            keys = [(s.source, s.target, s.axonal + s.dendritic) for s in other.synapses]
            columns = np.array(keys, dtype=int).reshape(-1, 3).T
            order = np.lexsort(columns[::-1])
            gone = random.random(len(keys)) < 0.4
            one.remove(gone[order])
            other.remove(np.flatnonzero(gone).tolist())
    engine.run(8.0)
    oracle.run(80)
    np.testing.assert_allclose(cells.get("V"), others.state("V"), rtol=0, atol=1e-7)


# ------------------------------------------------------------------------------------------------ what is seen


def test_a_recorder_goes_on_with_the_synapses_it_was_given():
    """Oracle: weights that tell which synapse is which; of one that is gone nothing is recorded."""
    net, sources, cells = sources_and_cells([[1.0]] * 3, 3)
    synapses = net.connect(sources, cells, pl.AllToAll(), weight=np.arange(1.0, 10.0), delay=1.0)
    recorder = net.record(synapses, "weights", interval=1.0, sample=[0, 4, 8])
    net.run(2.5)
    synapses.remove([0, 1, 3])
    synapses.add([1, 2], [0, 2], weight=99.0, delay=1.0)
    net.run(2.0)
    np.testing.assert_array_equal(recorder.values[:3], [[1.0, 5.0, 9.0]] * 3)
    np.testing.assert_array_equal(recorder.values[3:], [[np.nan, 5.0, 9.0]] * 2)


def test_who_was_connected_to_whom_is_logged():
    """Oracle: what was asked for; replaying the log gives the connections there are."""
    net, sources, cells = sources_and_cells([[1.0]] * 20, 10, threads=2)
    synapses = net.connect(sources, cells, pl.FixedProbability(0.3), weight=1.0, delay=1.0)
    there = list(zip(synapses.sources.tolist(), synapses.targets.tolist(), strict=True))
    log = net.record(synapses, "structure")
    random = np.random.default_rng(0)
    for _ in range(5):
        net.run(1.0)
        synapses.add(random.integers(0, 20, 10), random.integers(0, 10, 10), weight=1.0, delay=1.0)
        net.run(1.0)
        synapses.remove(random.choice(len(synapses), 8, replace=False))
    assert np.count_nonzero(log.created) == 50
    assert np.count_nonzero(~log.created) == 40
    np.testing.assert_allclose(np.unique(log.times[log.created]), [1, 3, 5, 7, 9])
    for source, target, created in zip(log.sources.tolist(), log.targets.tolist(), log.created.tolist(), strict=True):
        (there.append if created else there.remove)((source, target))
    assert sorted(there) == list(zip(synapses.sources.tolist(), synapses.targets.tolist(), strict=True))
    assert list(log.to_pandas().columns) == ["time", "source", "target", "created"]


def test_ages_count_from_when_synapses_were_made():
    """Oracle: the clock, to 256 steps."""
    net, sources, cells = sources_and_cells([[1.0]], 2)
    synapses = net.connect(sources, cells[:1], pl.AllToAll(), weight=1.0, delay=1.0)
    net.run(1000.0)
    synapses.add([0], [1], weight=1.0, delay=1.0)
    net.run(500.0)
    np.testing.assert_allclose(synapses.ages, [1500.0, 500.0], atol=25.6)


# ------------------------------------------------------------------------------------------------ neurons


def test_silenced_neurons_send_nothing_until_they_are_restored():
    """Oracle: no spikes of theirs are recorded or arrive; those of others do."""
    net = pl.Network()
    sources = net.population(2, pl.SpikeSource([np.arange(1.0, 30).tolist()] * 2))
    cells = net.population(2, pl.LIF(V_th=1e4, receptors=RECEPTORS))
    net.connect(sources, cells, pl.OneToOne(), weight=1.0, delay=0.5)
    spikes = net.record(sources, "spikes")
    sources[:1].silence()
    net.run(10.0)
    assert sources.silent.tolist() == [True, False]
    assert set(spikes.ids.tolist()) == {1}
    assert cells.get("r.I")[0] == 0 < cells.get("r.I")[1]
    sources.restore()
    net.run(10.0)
    assert np.count_nonzero(spikes.ids == 0) == 10


def test_the_dead_have_no_synapses_and_newborn_neurons_begin_anew():
    """Oracle: degrees; the state of a neuron that was made with its population."""
    net = pl.Network(seed=4, threads=2)
    cells = net.population(40, pl.LIF(I_e=600.0, receptors=RECEPTORS))
    synapses = net.connect(
        cells, cells, pl.FixedProbability(0.5), weight=5.0, delay=1.0, plasticity=pl.STDP(w_max=10.0)
    )
    initial = cells.get("V")[0]
    spikes = net.record(cells, "spikes")
    net.run(100.0)
    cells[10:20].kill()
    ends = np.concatenate([synapses.sources, synapses.targets])
    assert not np.isin(ends, np.arange(10, 20)).any()
    assert np.flatnonzero(~cells.alive).tolist() == list(range(10, 20))
    net.run(100.0)
    assert not np.isin(spikes.ids[spikes.times > 100.0], np.arange(10, 20)).any()
    with pytest.raises(ValueError, match="dead"):
        synapses.add([0], [12], weight=1.0, delay=1.0)
    newborn = cells.birth(4, V_th=-52.0)
    assert newborn.ids.tolist() == [10, 11, 12, 13]
    assert newborn.get("V").tolist() == [initial] * 4
    assert set(newborn.get("V_th").tolist()) == {-52.0}
    net.run(50.0)
    np.testing.assert_allclose(cells.ages[[0, 10]], [250.0, 50.0])
    synapses.add([0, 1], [10, 11], weight=5.0, delay=1.0)
    net.run(100.0)
    assert np.isin(np.arange(10, 14), spikes.ids[spikes.times > 200.0]).all()
    with pytest.raises(ValueError, match="6 free places for 7"):
        cells.birth(7)


def test_controllers_begin_anew_with_a_newborn_neuron():
    """Oracle: the controller's initial state."""
    net = pl.Network()
    cells = net.population(3, pl.LIF(I_e=500.0, receptors=RECEPTORS))
    control = net.control(cells, pl.IntrinsicExcitability(parameter="V_th", target_rate=1.0, eta=0.1, tau=100.0))
    before = control.get("change").copy()
    net.run(1000.0)
    assert np.all(control.get("change") > before)
    cells[1:2].kill()
    cells.birth(1)
    assert control.get("change")[1] == before[1]
    assert cells.effective("V_th")[1] == cells.get("V_th")[1] < cells.effective("V_th")[0]


def test_the_dead_are_not_connected_by_chance():
    """Oracle: the message; and degrees where the living are asked for."""
    net = pl.Network()
    cells = net.population(30, pl.LIF(receptors=RECEPTORS), name="cells")
    cells[:10].kill()
    with pytest.raises(ValueError, match=r"10 neurons of 'cells' are dead.*cells\[cells.alive\]"):
        net.connect(cells, cells, pl.FixedProbability(0.5), weight=1.0, delay=1.0)
    living = cells[cells.alive]
    synapses = net.connect(living, living, pl.FixedProbability(0.5), weight=1.0, delay=1.0)
    assert min(synapses.sources.min(), synapses.targets.min()) == 10


# ------------------------------------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda p: p.add([3], [0], weight=1, delay=1), "sources of 'p'.*3"),
        (lambda p: p.add([0], [-4], weight=1, delay=1), "targets of 'p'.*-4"),
        (lambda p: p.add([0, 1], [0], weight=1, delay=1), "2 sources and 1 targets"),
        (lambda p: p.add([0], [0], weight=np.nan, delay=1), "weight"),
        (lambda p: p.add([0], [0], weight=[1, 2], delay=1), "2 values for 1"),
        (lambda p: p.add([0], [0], weight=1, delay=0.01), "delay = 0.01 ms must be at least"),
        (lambda p: p.add([0], [0], weight=11, delay=1), "at most w_max = 10"),
        (lambda p: p.add([0], [0], weight=-1, delay=1), "one sign"),
        (lambda p: p.remove([9]), "indices of 'p'.*9"),
        (lambda p: p.remove([1, 1]), "1 is to be removed twice"),
        (lambda p: p.remove(np.ones(3, dtype=bool)), r"mask of shape \(3,\) for 9"),
        (lambda p: p.remove(), "say which"),
        (lambda p: p.remove([0], sources=[1]), "either indices"),
    ],
)
def test_bad_edits_are_refused_and_change_nothing(call, message):
    """Oracle: the connections before."""
    net, sources, cells = sources_and_cells([[1.0]] * 3, 3)
    synapses = net.connect(
        sources, cells, pl.AllToAll(), weight=1.0, delay=1.0, plasticity=pl.STDP(w_max=10.0), name="p"
    )
    before = np.array(state_of(synapses))
    with pytest.raises((ValueError, IndexError), match=message):
        call(synapses)
    np.testing.assert_array_equal(np.array(state_of(synapses)), before)


def test_autapses_can_be_ruled_out():
    """Oracle: the neuron named in the message."""
    net = pl.Network()
    cells = net.population(3, pl.LIF(receptors=RECEPTORS))
    synapses = net.connect(cells, cells, pl.AllToAll(), weight=1.0, delay=1.0)
    with pytest.raises(ValueError, match="neuron 2 would be connected to itself"):
        synapses.add([0, 2], [1, 2], weight=1.0, delay=1.0, autapses=False)
