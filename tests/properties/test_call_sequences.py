"""Whatever is done to a network, in whatever order, the slow NumPy simulator of `tests/reference` does the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
import sequences
from sequences import BEGINNING, CALLS, Call, Case, play, random_case, shrunk

SEEDS = st.integers(0, 2**31 - 1)


def calls() -> st.SearchStrategy[tuple[Call, ...]]:
    words = st.sampled_from([word for word, often in CALLS.items() for _ in range(often)])
    beginning = st.tuples(*(st.builds(Call, st.just(word), SEEDS) for word in BEGINNING))
    others = st.lists(st.builds(Call, words, SEEDS), max_size=35).map(tuple)
    return st.tuples(beginning, others).map(lambda two: two[0] + two[1])


@settings(max_examples=60, report_multiple_bugs=False)
@given(st.builds(Case, dt=st.sampled_from((0.1, 0.25, 0.5)), threads=st.integers(1, 3), calls=calls()))
def test_any_sequence_of_calls_does_to_a_network_what_it_does_to_the_reference(case):
    """Oracle: the reference simulator: spikes and recorded moments equal, all weights and states to 1e-9."""
    play(case)


@pytest.mark.parametrize("seed", range(20))
def test_sequences_that_a_seed_repeats(seed):
    """Oracle: the reference simulator; the cases of `python -m tests.sequences`."""
    play(random_case(seed))


def test_the_cases_do_all_there_is_to_do():
    """Oracle: every call is made; half of the networks spike and have rules."""
    made, learning = set(), 0
    for seed in range(40):
        case = random_case(seed)
        made |= {call.what for call in case.calls}
        twins = sequences.Twins(case)
        twins.play(case)
        spikes = sum(len(cells.theirs.spikes) for cells in twins.cells if not cells.is_source)
        learning += spikes > 0 and any(synapses.rules for synapses in twins.synapses)
    assert made == set(CALLS)
    assert learning >= 20


def test_a_difference_is_found_and_what_does_not_matter_is_left_out(monkeypatch):
    """Oracle: a simulator that forgets to restore silenced neurons; only five kinds of calls can show it."""
    monkeypatch.setattr(pl.Population, "restore", lambda self: None)
    case = next(case for case in map(random_case, range(200)) if sequences.fails(case))
    with pytest.raises(AssertionError):
        play(shrunk(case))
    needed = {call.what for call in shrunk(case).calls}
    assert {"silence", "restore"} <= needed <= {"sources", "cells", "silence", "restore", "run"}


LATE = {
    "by the table": pl.STDP(w_max=9.0),
    "by sums": pl.STDP(w_max=9.0, dependence="multiplicative"),
    "by replay": pl.PowerLawSTDP(),
    "suppressed traces": pl.SuppressionSTDP(w_max=9.0),
    "variables that evolve": [pl.STDP(w_max=9.0), pl.DualEligibility("m", "m")],
    "flows that take turns": [pl.InhibitorySTDP(w_max=9.0), pl.WeightDecay(tau=30.0), pl.Consolidation(tau=20.0)],
    "calcium": pl.CalciumSTDP(sigma=0.0, tau=100.0, w_1=9.0),
}


@pytest.mark.parametrize("fraction", [0.0, 1.0])
@pytest.mark.parametrize("name", LATE)
def test_a_projection_that_comes_late_learns_the_same_whatever_has_learned_before(name, fraction):
    """Oracle: a network in which nothing else learns: histories that are kept for others tell it nothing."""
    late: list[np.ndarray] = []
    for company in (False, True):
        net = pl.Network(threads=1, precision="double")
        pre = net.population(3, pl.SpikeSource([np.arange(3.0, 90, 7), np.arange(4.0, 90, 5), np.arange(5.0, 90, 11)]))
        post = net.population(2, pl.LIF(I_e=[450.0, 500.0], receptors={"e": pl.CurrentExp()}))
        net.modulator("m", tau=20.0, baseline=1.0)
        options = {"delay": [1.0, 8.0, 15.0], "dendritic_fraction": fraction}
        if company:
            earlier = [pl.STDP(w_max=9.0), pl.WeightDecay(tau=50.0)]
            other = net.connect(pre, post, pl.Explicit([0, 1, 2], [0, 1, 0]), weight=0.0, plasticity=earlier, **options)
            other.plastic = False
        net.run(31.4)
        connector = pl.Explicit([0, 1, 2], [0, 1, 1])
        made = net.connect(pre, post, connector, weight=3.0, plasticity=LATE[name], **options)
        net.run(50.0)
        late.append(made.weights)
        assert (made.weights != 3.0).any()
    np.testing.assert_array_equal(late[0], late[1])


def test_spikes_on_their_way_pass_static_synapses_that_are_younger():
    """Oracle: the decay of what arrives: nothing of the spike at 1 ms, 1 + 1 of the one at 20 ms."""
    net = pl.Network(threads=1, precision="double")
    pre = net.population(1, pl.SpikeSource([1.0, 20.0]))
    post = net.population(2, pl.LIF(receptors={"old": pl.CurrentExp(tau=5.0), "young": pl.CurrentExp(tau=5.0)}))
    to_both = pl.Explicit([0, 0], [0, 1])
    net.connect(pre, post, to_both, receptor="old", weight=1.0, delay=[2.0, 9.0])
    net.run(2.0)
    net.connect(pre, post, to_both, receptor="young", weight=1.0, delay=[3.0, 8.0])
    net.run(13.0)
    np.testing.assert_allclose(post.get("old.I"), np.exp(-np.array([12.0, 5.0]) / 5), rtol=1e-12)
    assert (post.get("young.I") == 0).all()
    net.run(15.0)
    np.testing.assert_allclose(post.get("young.I"), np.exp(-np.array([7.0, 2.0]) / 5), rtol=1e-12)


def test_a_potential_that_is_set_is_the_one_that_rules_see():
    """Oracle: the closed form of one step above the threshold, of a neuron that is put there."""
    net = pl.Network(precision="double")
    pre = net.population(1, pl.SpikeSource([1.0]))
    post = net.population(1, pl.LIF(E_L=-70.0, V_th=1e4, C_m=1e12, receptors={"e": pl.CurrentExp()}))
    numbers = {"A_LTP": 0.001, "tau_x": 10.0, "theta_minus": -75.0, "theta_plus": -45.0, "w_max": 1.0, "delay_u": 0.0}
    learning = net.connect(pre, post, pl.OneToOne(), weight=0.5, plasticity=pl.VoltageSTDP(A_LTD=0.0, **numbers))
    net.run(4.0)
    post.set(V=-25.0)
    net.run(0.1)
    x = np.exp(-2.0 / 10) / 10  # of the arrival at 2 ms
    gained = learning.get("learning_rate") * 0.001 * x * 20 * 5 * 0.1
    assert learning.weights[0] == pytest.approx(0.5 + gained, rel=1e-12)
