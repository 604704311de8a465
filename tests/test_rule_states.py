"""What rules keep besides weights: names, shapes, setting, recording, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl


def network(*rules: pl.Rule, threads: int = 2, delay: pl.Value = 1.0, weight: pl.Value = 0.5, fraction: float = 0.0):
    """Twelve spiking sources onto five neurons that spike on command, all to all, with a modulator."""
    net = pl.Network(0.1, threads=threads, precision="double")
    net.modulator("dopamine", tau=50.0, baseline=0.1)
    random = np.random.default_rng(5)
    pre = net.population(12, pl.SpikeSource([np.sort(random.uniform(1, 190, 8)) for _ in range(12)]))
    kicks = net.population(5, pl.SpikeSource([np.sort(random.uniform(1, 190, 10)) for _ in range(5)]))
    post = net.population(5, pl.LIF(receptors={"in": pl.CurrentDelta()}))
    net.connect(kicks, post, pl.OneToOne(), weight=1e3, delay=0.1)
    learning = net.connect(
        pre, post, pl.AllToAll(), weight=weight, delay=delay, dendritic_fraction=fraction, plasticity=list(rules)
    )
    return net, learning


STATEFUL = [
    (pl.TsodyksMarkram(tau_facil=100.0),),
    (pl.TsodyksMarkram(tau_facil=100.0, per="synapse"),),
    (pl.CalciumSTDP(w_0=0.1, w_1=1.0, sigma=0.0),),
    (pl.STDP(w_max=1.0), pl.RewardGate("dopamine")),
    (pl.STDP(w_max=1.0), pl.Heterosynaptic(), pl.TsodyksMarkram()),
    (pl.TripletSTDP(threshold="per neuron", w_max=1.0),),
]


@pytest.mark.parametrize("fraction", [0.0, 0.6])
@pytest.mark.parametrize("rules", STATEFUL, ids=lambda rules: "+".join(type(r).__name__ for r in rules))
def test_what_is_recorded_is_what_is_read_at_each_moment(rules, fraction):
    """Oracle: reading, between runs of one interval each; a read moves nothing, so both networks are the same."""
    delay = pl.Uniform(0.5, 3.0)
    net, learning = network(*rules, delay=delay, fraction=fraction)
    names = [*learning.states, "weights"]
    recorders = [net.record(learning, name, interval=7.0) for name in names]
    net.run(210.0)
    again, twin = network(*rules, delay=delay, fraction=fraction)
    read = {name: [] for name in names}
    for _ in range(30):
        for name in names:
            read[name].append(twin.weights if name == "weights" else twin.get(name))
        again.run(7.0)
    assert names[:-1]
    for name, recorder in zip(names, recorders, strict=True):
        assert recorder.times.tolist() == [7.0 * i for i in range(30)]
        np.testing.assert_array_equal(recorder.values, np.array(read[name]), err_msg=name)


@pytest.mark.parametrize("rules", STATEFUL[:-1], ids=lambda rules: "+".join(type(r).__name__ for r in rules))
def test_a_state_that_is_set_reads_back_for_each_synapse_in_canonical_order(rules):
    """Oracle: the values that were set, on one and on three threads."""
    for threads in (1, 3):
        net, learning = network(*rules, threads=threads, delay=pl.Uniform(0.5, 3.0))
        net.run(50.0)
        per_axon = [name for name in learning.states if learning.state_role(name) == "axon"]
        for name in learning.states:
            if name in ("efficacy", "tau_rec", "tau_facil"):
                continue
            one = np.linspace(0.1, 0.9, len(learning))
            if name in per_axon:
                # the delays of a source differ: every synapse is an axon's row of its own
                with_twins = len(np.unique(np.stack([learning.sources, np.rint(learning.delays * 10)]), axis=1).T)
                assert with_twins <= len(learning)
                one = (learning.sources + 1) / 20
            learning.set({name: one})
            np.testing.assert_allclose(learning.get(name), one, rtol=0, atol=1e-12, err_msg=name)
        net.run(50.0)


def test_a_state_of_the_axon_is_one_for_all_synapses_of_a_source():
    _, learning = network(pl.TsodyksMarkram())
    with pytest.raises(
        ValueError, match=r"TsodyksMarkram\.x is one value for all synapses of an axon; .*per='synapse'"
    ):
        learning.set(x=np.linspace(0, 1, len(learning)))
    assert np.all(learning.get("x") == 1)
    learning.set(x=(learning.sources % 3) / 4)
    np.testing.assert_allclose(learning.get("x"), (learning.sources % 3) / 4)


def test_a_factor_per_neuron_scales_the_depression_of_that_neuron_alone():
    """Oracle: where the factor is 0 nothing depresses; where it is 1 the twin without factors."""
    rule = pl.TripletSTDP(A2_plus=0.0, A3_plus=0.0, A2_minus=1e-2, A3_minus=1e-3, w_max=1.0)
    net, learning = network(rule.replace(threshold="per neuron"))
    twin, reference = network(rule)
    factors = np.array([0.0, 1.0, 1.0, 0.5, 0.0])
    learning.set(ltd_factor=factors)
    np.testing.assert_array_equal(learning.get("ltd_factor"), factors)
    net.run(200.0)
    twin.run(200.0)
    lost, expected = 0.5 - learning.weights, 0.5 - reference.weights
    np.testing.assert_allclose(lost, expected * factors[learning.targets], rtol=1e-9, atol=1e-15)
    assert np.all(expected > 0)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p: p.get("uu"), ValueError, r"no rule parameter 'uu'; did you mean 'u'\?"),
        (lambda p: p.set(x=2.0), ValueError, r"TsodyksMarkram\.x = 2 must be at most 1"),
        (lambda p: p.set(x=float("nan")), ValueError, r"TsodyksMarkram\.x"),
        (lambda p: p.set(x=[1.0, 0.5]), ValueError, r"TsodyksMarkram\.x has 2 values for 60 connections"),
        (lambda p: p.set(x="full"), TypeError, r"TsodyksMarkram\.x"),
        (lambda p: p.network.record(p, "y", interval=1.0), ValueError, "cannot record 'y'"),
        (lambda p: p.network.record(p, "u"), ValueError, "needs an interval"),
    ],
)
def test_what_a_state_cannot_be_is_refused_and_nothing_is_set(call, error, message):
    _, learning = network(pl.TsodyksMarkram(), pl.STDP(w_max=1.0))
    with pytest.raises(error, match=message):
        call(learning)
    assert np.all(learning.get("x") == 1)
    assert learning.states == ("u", "x")


@pytest.mark.parametrize(
    ("rules", "options", "message"),
    [
        ([pl.RewardGate("dopamine")], {}, "RewardGate acts on what the rules before it in the list do; there is none"),
        ([pl.TsodyksMarkram(), pl.LobeGate("dopamine", "dopamine")], {}, "LobeGate acts on what the rules before it"),
        ([pl.STDP(w_max=1.0), pl.RewardGate("dopamin")], {}, r"no modulator 'dopamin'; did you mean 'dopamine'\?"),
        ([pl.STDP(w_max=1.0), pl.TripletSTDP(w_max=2.0)], {}, "must share one w_max; STDP has 1, TripletSTDP has 2"),
        ([pl.VoltageSTDP(), pl.STDP()], {}, "VoltageSTDP goes together with rules of the axon, .*: VoltageSTDP, STDP"),
        ([pl.VoltageSTDP()], {"fraction": 0.5}, r"VoltageSTDP .* needs dendritic_fraction = 0"),
        (
            [pl.STDP(w_max=1.0), pl.BidirectionalChain()],
            {"fraction": 0.5},
            r"BidirectionalChain .* dendritic_fraction = 0",
        ),
        ([pl.CalciumSTDP(w_1=5.0), pl.STDP(w_max=5.0)], {"weight": 2.0}, "what STDP does to it would be lost"),
        ([pl.CalciumSTDP(w_0=0.6, w_1=1.0)], {}, r"weight = 0\.5 must be at least 0\.6 in magnitude"),
    ],
)
def test_lists_without_meaning_are_refused_with_the_reason(rules, options, message):
    with pytest.raises(ValueError, match=message):
        network(*rules, **options)


def test_a_rule_that_reads_the_membrane_potential_names_a_target_without_one():
    net = pl.Network()
    pre, post = net.population(2, pl.PoissonSource(rate=5.0)), net.population(2, pl.Relay())
    with pytest.raises(
        ValueError, match="VoltageSTDP reads the membrane potential V of its target, and Relay has none"
    ):
        net.connect(pre, post, pl.AllToAll(), plasticity=pl.VoltageSTDP())


def test_synapses_with_short_term_plasticity_alone_keep_any_sign_and_are_never_frozen():
    net = pl.Network(0.1, precision="double")
    pre, post = net.population(3, pl.SpikeSource([[5.0, 10.0]] * 3)), net.population(1, pl.Relay())
    mixed = net.connect(pre, post, pl.AllToAll(), weight=[1.0, -2.0, 0.5], plasticity=pl.TsodyksMarkram())
    assert mixed.weights.tolist() == [1.0, -2.0, 0.5]
    assert not mixed.plastic
    assert "frozen" not in str(net)
    with pytest.raises(ValueError, match="no rule that changes weights"):
        mixed.plastic = True
    net.run(8.0)
    used = mixed.get("x")
    mixed.weights = [2.0, 2.0, 1.0]
    np.testing.assert_array_equal(mixed.get("x"), used)
    assert np.all(used < 1)


def test_weights_at_a_bound_that_the_precision_cannot_hold_can_be_written_back():
    """Oracle: the weights that were read; 0.1 in single precision is larger than 0.1."""
    net = pl.Network()
    sources = net.population(2, pl.PoissonSource(5.0))
    cells = net.population(2, pl.LIF(receptors={"r": pl.CurrentExp(tau=5.0)}))
    synapses = net.connect(sources, cells, pl.AllToAll(), weight=0.1, plasticity=pl.STDP(w_max=0.1))
    weights = synapses.weights
    synapses.weights = weights
    np.testing.assert_array_equal(synapses.weights, weights)
