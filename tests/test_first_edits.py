"""Edits that bring the first of something: a longer or shorter delay than any before, a sign, a far target."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
from parts import in_company, is_somatic, rules
from properties.test_rules_against_reference import Action, Pair, plans

RECEPTORS = {"r": pl.CurrentExp(tau=5.0), "kick": pl.CurrentDelta()}
CELL = pl.LIF(V_th=-55.0, V_reset=-70.0, E_L=-70.0, t_ref=0.0, receptors=RECEPTORS)
KICK = 30.0  # mV


SEPARABLE = ["STDP: additive, all", "STDP: additive, nearest", "InhibitorySTDP", "TripletSTDP: all, fixed"]
OTHERS = [rule for rule in sorted(rules()) if not is_somatic(*in_company(rule))]


@settings(max_examples=40, report_multiple_bugs=False)
@given(data=st.data())
def test_rules_learn_at_the_first_synapse_with_a_dendritic_delay_as_in_the_reference(data):
    """Oracle: the reference simulator; at first all delays are of one step, of which nothing is dendritic."""
    rule = data.draw(st.sampled_from(SEPARABLE) | st.sampled_from(OTHERS))
    plan = data.draw(plans(st.just(in_company(rule))))
    grown = st.builds(Action, st.integers(0, plan.steps // 2), st.just("grow"), st.integers(0, 20))
    actions = (*plan.actions, *data.draw(st.lists(grown, min_size=1, max_size=3)))
    Pair(
        replace(
            plan,
            fraction=data.draw(st.sampled_from((0.2, 0.37, 0.49))),
            pairs=tuple((source, target, 1) for source, target, _ in plan.pairs),
            recurrent=tuple((source, target, 1) for source, target, _ in plan.recurrent),
            actions=tuple(sorted(actions, key=lambda action: action.step)),
        )
    ).run()


BUSY, BURSTING, FAR, IDLE = 0, 70, 140, 191  # neurons of different threads, where there are several


def bursting(threads: int, fraction: float, idle: float | None = None) -> tuple[pl.Network, pl.Projection]:
    """Neurons that spike rarely up to 1200 ms and then every millisecond.

    Their history is short, and swept as the burst begins. It does not hold all that is in a long dendrite, unless it keeps
    that on purpose, for idle synapses of that delay, or because a busy neuron of the same thread has made it longer.
    """
    net = pl.Network(dt=0.1, threads=threads, precision="double")
    pre = net.population(2, pl.SpikeSource([np.arange(2.0, 2000, 17), np.arange(5.0, 2000, 41)]))
    trains = [np.arange(1.0, 2000, 3), np.concatenate([np.arange(30.0, 1200, 60), np.arange(1200.0, 2000)])]
    drive = net.population(2, pl.SpikeSource(trains))
    post = net.population(192, CELL)
    net.connect(drive, post, pl.Explicit([0, 1, 1], [BUSY, BURSTING, FAR]), receptor="kick", weight=KICK, delay=0.1)
    options = {"receptor": "r", "dendritic_fraction": fraction, "plasticity": pl.STDP(w_max=1.0, learning_rate=0.01)}
    if idle is not None:
        net.connect(pre, post, pl.Explicit([0], [IDLE]), weight=0.0, delay=idle, **options)
    return net, net.connect(pre, post, pl.Explicit([0, 1], [FAR, BURSTING]), weight=0.5, delay=0.1, **options)


@pytest.mark.parametrize("moment", [1227.0, 1235.0, 1260.0])
@pytest.mark.parametrize(("fraction", "delay"), [(1.0, 60.0), (0.6, 90.0), (1.0, 180.0)])
def test_a_synapse_with_the_longest_delay_sees_what_is_in_the_dendrite(moment, fraction, delay):
    """Oracle: a network with idle synapses of that delay, which has always known how long dendrites are."""
    found = []
    for idle in (None, delay):
        net, synapses = bursting(3, fraction, idle)
        net.run(moment)
        synapses.add([0, 1], [BURSTING, FAR], weight=0.5, delay=delay)
        net.run(250.0)
        found.append(synapses.weights[synapses.delays == delay])
    assert (found[0] != 0.5).all()
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize(("way", "delay"), [("add", 230.0), ("connect", 500.0), ("law", 300.0)])
def test_a_delay_beyond_all_that_is_kept_gives_the_same_bits_on_any_number_of_threads(way, delay):
    """Oracle: one thread, never saved. Threads keep events for longer than needed where there is room."""

    def weights(threads: int, saved: bool) -> np.ndarray:
        net, synapses = bursting(threads, 1.0)
        net.run(1249.0)
        if way == "law":
            net.control(synapses, pl.Creation(rate=2.0, weight=0.5, delay=delay, interval=6.0))
        if way == "connect":
            net.connect(synapses.pre, synapses.post, pl.Explicit([1], [1]), receptor="r", weight=0.0, delay=delay,
                        dendritic_fraction=1.0, plasticity=pl.STDP(w_max=1.0))  # fmt: skip
        if saved:
            file = io.BytesIO()
            net.save(file)
            net = pl.load(file, threads=2)
            synapses = net.projections[synapses.name]
        net.run(2.0)
        if way != "law":
            synapses.add([0, 1, 0], [BURSTING, FAR, BUSY], weight=0.5, delay=delay)
        net.run(delay + 30.0)
        return synapses.weights

    one = weights(1, False)
    assert len(one) > 2
    for threads, saved in ((3, False), (1, True)):
        np.testing.assert_array_equal(one, weights(threads, saved))


@pytest.mark.parametrize("plasticity", [None, pl.STDP(w_max=2.0), pl.TsodyksMarkram(U=1.0, tau_rec=1e-3)], ids=str)
def test_a_delay_far_below_all_others_leaves_them_as_they_are(plasticity):
    """Oracle: the moments of arrival, by hand; the delays differ by more than a step between two rows can hold."""
    net = pl.Network(threads=1)
    sources = net.population(2, pl.SpikeSource([[1.0], [1.0, 3000.0]]))
    cells = net.population(4, pl.LIF(V_th=1e4, receptors=RECEPTORS))
    options = {"receptor": "r", "weight": 1.0, "plasticity": plasticity}
    synapses = net.connect(sources, cells, pl.Explicit([0, 1], [0, 1]), delay=[3000.0, 6200.0], **options)
    net.run(100.0)
    synapses.add([0, 1], [2, 3], weight=1.0, delay=[4000.0, 0.5])
    np.testing.assert_array_equal(np.sort(synapses.delays), [0.5, 3000.0, 4000.0, 6200.0])
    recorder = net.record(cells, "r.I", interval=0.1)
    net.run(6200.0)
    first = [recorder.times[np.flatnonzero(current)[0]] if current.any() else None for current in recorder.values.T]
    assert first[0] == pytest.approx(3001.1)
    assert first[1] == pytest.approx(6201.1)
    assert first[2] is None  # younger than the spike
    assert first[3] == pytest.approx(3000.6)


@pytest.mark.parametrize("plasticity", [None, pl.STDP(w_max=2.0)], ids=str)
def test_the_first_target_beyond_16_bits_and_the_first_negative_weight(plasticity):
    """Oracle: the sign of what arrives, and where."""
    net = pl.Network(threads=1)
    sources = net.population(1, pl.SpikeSource([20.0]))
    cells = net.population(70_000, pl.LIF(V_th=1e4, receptors=RECEPTORS))
    synapses = net.connect(sources, cells, pl.Explicit([], []), receptor="r", weight=1.0, plasticity=plasticity)
    net.run(10.0)
    synapses.add([0, 0], [69_999, 3], weight=-1.5, delay=1.0)
    net.run(12.0)
    current = cells.get("r.I")
    np.testing.assert_array_equal(np.flatnonzero(current), [3, 69_999])
    assert (current[[3, 69_999]] < 0).all()
