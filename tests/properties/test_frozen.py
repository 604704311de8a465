"""What stands still and what goes on while a network is frozen, for every rule, controller and law that the native module lists."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
from parts import MODULATORS, oracle_of, with_defaults
from plastica.schema import schemas
from properties.test_controllers import Plan, Twins, plans
from properties.test_controllers import build as build_twins
from properties.test_rules_same_bits import (
    W_MAX,
    assert_same,
    bits,
    every_rule,
    is_somatic,
    rules_of,
    transmits,
)

Bits = dict[str, bytes]
PARTS_OF_NEURONS = ("membrane", "receptor")
PARTS_OF_CONTROL = ("controller", "elements")


def network(
    rules: Sequence[pl.Rule], *, somatic: bool = True, threads: int = 1, precision: str = "single", quiet: bool = False
) -> pl.Network:
    """Noise onto cells that spike and excite each other, through synapses with these rules; or silence."""
    net = pl.Network(seed=7, threads=threads, precision=precision)
    for modulator in MODULATORS:
        net.modulator(modulator, tau=30.0, baseline=0.1)
    noise = net.population(17, pl.PoissonSource(0.0 if quiet else pl.Uniform(20, 200)), name="noise")
    model = pl.LIF(I_e=0.0 if quiet else pl.Normal(500, 150), receptors={"r": pl.CurrentExp(tau=4)})
    cells = net.population(70, model, name="cells", initial={"V": -70.0 if quiet else pl.Uniform(-70, -58)})
    for pre, name in ((noise, "forward"), (cells, "recurrent")):
        net.connect(
            pre,
            cells,
            pl.FixedProbability(0.2),
            receptor="r",
            weight=pl.Normal(W_MAX / 2, W_MAX / 8, low=0, high=W_MAX),
            delay=pl.Uniform(0.1, 6.0),
            dendritic_fraction=0.0 if somatic else 0.4,
            plasticity=list(rules) or None,
            name=name,
        )
    if not quiet:
        for modulator, population in zip(net.modulators.values(), (noise, cells), strict=True):
            modulator.release_by(population, 0.02, delay=1.0)
    for population in (noise, cells):
        net.record(population, "spikes")
    return net


def lists_of(name: str) -> list[pl.Rule]:
    """The rule, with one before it where it is about others, or where it learns nothing itself."""
    rules = rules_of(name, int(transmits(name)))
    return rules[::-1] if transmits(name) else rules


def side(projection: pl.Projection, state: str) -> str:
    """What the declaration says of a state, "NAME" or "POSITION.NAME"."""
    position, _, name = state.rpartition(".")
    rules = [projection.rules[int(position)]] if position else projection.rules
    return next(r.schema().states[name].when_frozen for r in rules if name in r.schema().states)


def states_on(net: pl.Network, which: str) -> Bits:
    return {
        f"{state} of {projection.name}": np.asarray(projection.get(state)).tobytes()
        for projection in net.projections.values()
        for state in projection.states
        if side(projection, state) == which
    }


def standing(net: pl.Network) -> Bits:
    """The bits of all weights, and of all that weights follow from."""
    weights = {f"weights of {p.name}": p.weights.tobytes() for p in net.projections.values()}
    return weights | states_on(net, "stands still")


def reloaded(net: pl.Network, threads: int) -> pl.Network:
    file = io.BytesIO()
    net.save(file)
    file.seek(0)
    return pl.load(file, threads=threads)


# ------------------------------------------------------------------------------------------------ declarations


def test_every_state_says_on_which_side_it_is():
    """Oracle: states of neurons go on, those of controllers and laws stand still, and of rules those that transmit go on."""
    for part in schemas().values():
        sides = {state.when_frozen for state in part.states.values()}
        assert sides <= {"stands still", "goes on"}
        if part.kind in PARTS_OF_NEURONS or (part.kind == "rule" and transmits(part.name)):
            assert sides <= {"goes on"}
        if part.kind in PARTS_OF_CONTROL:
            assert sides <= {"stands still"}
        assert not any(field.when_frozen for field in part.parameters.values())


# ------------------------------------------------------------------------------------------------ rules


@every_rule
def test_weights_and_what_they_follow_from_stand_still_bit_for_bit_and_the_rest_goes_on(name: str):
    """Oracle: themselves before; then a network that was frozen in pieces, on other threads, was looked at, saved and loaded."""
    net = network(lists_of(name), somatic=is_somatic(name))
    net.run(60.0)
    before, going, count = standing(net), states_on(net, "goes on"), net.populations["cells"].spike_count
    with net.frozen():
        net.run(37.0)
        assert_same(before, standing(net))
    assert_same(before, standing(net))
    assert net.populations["cells"].spike_count > count
    assert not going or going != states_on(net, "goes on")
    net.run(30.0)
    assert before != standing(net)

    other = network(lists_of(name), somatic=is_somatic(name), threads=3)
    other.run(60.0)
    with other.frozen():
        for steps in (1, 0, 70, 113):
            other.run(steps * 0.1)
            standing(other)
        other = reloaded(other, threads=2)
    with other.frozen():
        other.run(18.6)
    other.run(30.0)
    assert_same(bits(net), bits(other))


@every_rule
def test_neurons_of_a_frozen_network_do_what_those_without_learning_do(name: str):
    """Oracle: the network with the same weights and no rules, or with short-term plasticity and a rule whose rate is 0."""
    rules = lists_of(name)
    transmitting = [rules[0], rules[1].replace(learning_rate=0.0)] if transmits(name) else []
    options = {"somatic": is_somatic(name), "precision": "double"}
    ours, theirs = network(rules, **options), network(transmitting, **options)
    for p in ours.projections.values():
        p.weights = theirs.projections[p.name].weights
    with ours.frozen():
        ours.run(50.0)
    theirs.run(50.0)
    for mine, other in zip(ours.recorders, theirs.recorders, strict=True):
        np.testing.assert_array_equal(mine.times, other.times)
        np.testing.assert_array_equal(mine.ids, other.ids)
    cells = ours.populations["cells"], theirs.populations["cells"]
    assert cells[0].spike_count > 20
    for variable in cells[0].states:
        np.testing.assert_allclose(cells[0].get(variable), cells[1].get(variable), rtol=1e-9, atol=1e-9)
    for p in theirs.projections.values():
        for state in p.states:
            np.testing.assert_array_equal(ours.projections[p.name].get(state), p.get(state))


SOMEWHERE = {"late": (0.1, 0.9), "early": (-0.5, 0.9), "protein": (0.1, 0.9), "efficacy": (0.1, 0.9), "tag": (0, 0)}


def silent(rules: Sequence[pl.Rule], somatic: bool) -> pl.Network:
    """What moves by itself has something to do."""
    net = network(rules, somatic=somatic, precision="double", quiet=True)
    random = np.random.default_rng(5)
    for p in net.projections.values():
        for state in p.states:
            if side(p, state) == "stands still" and not state.endswith(("carry", "state")):
                low, high = SOMEWHERE.get(state.rpartition(".")[2], (0.0, 1.0))
                p.set({state: random.uniform(low, high, np.shape(p.get(state)))})
    return net


def assert_stands_where(ours: pl.Network, theirs: pl.Network) -> None:
    for p in ours.projections.values():
        np.testing.assert_allclose(p.weights, theirs.projections[p.name].weights, rtol=1e-10, atol=1e-10)
        for state in p.states:
            if side(p, state) == "stands still":
                expected = theirs.projections[p.name].get(state)
                np.testing.assert_allclose(p.get(state), expected, rtol=1e-9, atol=1e-9, err_msg=state)


@every_rule
@pytest.mark.parametrize("how", ["frozen", "plastic"])
def test_no_time_passes_for_what_stands_still(name: str, how: str):
    """Oracle: a silent network that was never frozen. What moves by itself has moved as far, in the same number of ticks."""

    ours, theirs = (silent(lists_of(name), is_somatic(name)) for _ in range(2))
    theirs.run(100.0)
    ours.run(40.0)
    before = standing(ours)
    if how == "plastic":
        for p in ours.projections.values():
            p.plastic = False
        ours.run(350.0)
        assert_same(before, standing(ours))
        for p in ours.projections.values():
            p.plastic = ours.engine().learns(p.index)
    else:
        with ours.frozen():
            ours.run(350.0)
            assert_same(before, standing(ours))
    ours.run(60.0)
    assert_stands_where(ours, theirs)


@pytest.mark.parametrize(
    "name", ["STDP", "TripletSTDP", "RewardSTDP", "CalciumSTDP", "TaggingCapture", "Consolidation"]
)
def test_switches_that_are_turned_back_before_the_next_step_move_nothing(name: str):
    """Oracle: the network whose switches were not touched, of each walk."""
    ours, theirs = (network(lists_of(name), somatic=is_somatic(name)) for _ in range(2))
    scaling = [
        net.control(net.populations["cells"], pl.SynapticScaling("r", tau=50, beta=0.1)) for net in (ours, theirs)
    ]
    for net in (ours, theirs):
        net.run(33.3)
    with ours.frozen():
        scaling[0].active = False
        for p in ours.projections.values():
            p.plastic = False
        with ours.frozen():
            ours.run(0.0)
        for p in ours.projections.values():
            p.plastic = True
    scaling[0].active = True
    for net in (ours, theirs):
        net.run(40.0)
    assert_same(bits(ours), bits(theirs))
    assert_same(control_bits(ours), control_bits(theirs))


@pytest.mark.parametrize("name", ["STDP", "TripletSTDP", "DoubleExponentialSTDP", "RewardSTDP"])
def test_spikes_of_a_test_teach_nothing_when_they_arrive_after_it(name: str):
    """Oracle: weights and eligibility before, in spite of traces of postsynaptic spikes. A spike that sets out later teaches."""
    net = pl.Network(precision="double", seed=1)
    for modulator in MODULATORS:
        net.modulator(modulator, tau=30.0)
    pre = net.population(1, pl.SpikeSource([25.0, 28.0, 60.0]))
    cell = net.population(1, pl.LIF(receptors={"kick": pl.CurrentDelta(), "r": pl.CurrentExp()}))
    teacher = net.population(1, pl.SpikeSource([5.0, 22.0, 25.5, 29.0]))
    net.connect(teacher, cell, pl.AllToAll(), weight=1e3, delay=0.1, receptor="kick")
    net.connect(pre, cell, pl.AllToAll(), receptor="r", weight=W_MAX / 2, delay=20.0, plasticity=lists_of(name))
    net.run(20.0)
    before = standing(net)
    with net.frozen():
        net.run(10.0)
    net.run(29.0)
    assert cell.spike_count == 4
    assert_same(before, standing(net))
    net.run(30.0)
    assert before != standing(net)


def test_blocks_lie_within_each_other_and_end_with_whatever_is_raised():
    """Oracle: weights move exactly outside of the outermost block; switches stay what the user has made them."""
    net = network(lists_of("STDP"))
    forward, recurrent = net.projections.values()
    forward.plastic = False
    net.run(20.0)
    before = standing(net)

    def inside() -> None:
        with net.frozen() as same:
            assert same is net
            with net.frozen():
                net.run(20.0)
            net.run(20.0)
            assert_same(before, standing(net))
            assert "(frozen)" in str(net)
            forward.plastic = True
            recurrent.plastic = False
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        inside()
    net.run(20.0)
    after = standing(net)
    assert after["weights of forward"] != before["weights of forward"]
    assert after["weights of recurrent"] == before["weights of recurrent"]
    assert (forward.plastic, recurrent.plastic) == (True, False)


@pytest.mark.parametrize("again", [pl.Network.copy, lambda net: reloaded(net, 2)], ids=["copy", "file"])
def test_what_is_copied_or_saved_inside_the_block_learns(again: Callable[[pl.Network], pl.Network]):
    """Oracle: the original after the block."""
    net = network(lists_of("RewardSTDP"))
    net.run(30.0)
    with net.frozen():
        net.run(20.0)
        twin = again(net)
    for each in (net, twin):
        each.run(30.0)
    assert_same(bits(net), bits(twin))


# ------------------------------------------------------------------------------------------------ controllers


def control_bits(net: pl.Network) -> Bits:
    """The bits of what controllers keep, and of all that they do."""
    found: dict[str, Any] = {}
    for controller in net.controllers.values():
        found |= {f"{controller.name}.{state}": controller.get(state) for state in controller.states}
    for population in net.populations.values():
        if population.receptors:
            names = [name for name in population.fields if name not in population.states]
            names += [f"{receptor}.gain" for receptor in population.receptors]
            found |= {f"{name} in force": population.effective(name) for name in names}
    for projection in net.projections.values():
        found[f"{projection.name} as transmitted"] = projection.effective_weights
        found |= {f"{state} of {projection.name}": projection.get(state) for state in projection.states}
    return {what: np.asarray(values).tobytes() for what, values in found.items()}


def law_named(name: str) -> Any:
    """With its defaults; one that goes by a modulator changes what arrives a little."""
    signals = {field: "noradrenaline" for field, item in schemas()[name].parameters.items() if item.is_modulator}
    given = signals | {"parameter": "r.gain", "slope": 0.3} if signals else {}
    return with_defaults(name, **given).replace(interval=7.0)


def law_target(net: pl.Network, name: str) -> Any:
    return net.projections["forward"] if oracle_of(name).does.of_projection else net.populations["cells"]


def controlled(name: str, **options: Any) -> tuple[pl.Network, Any]:
    net = network([pl.TripletSTDP(w_max=W_MAX, learning_rate=W_MAX, threshold="per neuron")], **options)
    return net, net.control(law_target(net, name), law_named(name))


every_law = pytest.mark.parametrize("name", [part.name for part in schemas().values() if part.kind == "controller"])


@every_law
@pytest.mark.parametrize("how", ["frozen", "active"])
def test_every_controller_stands_still_with_what_it_has_sensed(name: str, how: str):
    """Oracle: its variables and all that is in force, before, inside and after; then the same in pieces, saved and loaded."""
    results = []
    for pieces in ((47.0,), (0.1, 13.3, 33.6)):
        net, law = controlled(name, threads=len(pieces))
        net.run(64.0)
        assert control_bits(net) != control_bits(controlled(name)[0])
        for p in net.projections.values():
            p.plastic = how == "frozen"
        before, count = control_bits(net), net.populations["cells"].spike_count
        law.active = how == "frozen"
        if how == "frozen":
            for piece in pieces:
                with net.frozen():
                    net.run(piece)
                    assert_same(before, control_bits(net))
                net = reloaded(net, 2) if len(pieces) > 1 else net
        else:
            for piece in pieces:
                net.run(piece)
                assert_same(before, control_bits(net))
            law.active = True
        for p in net.projections.values():
            p.plastic = True
        assert_same(before, control_bits(net))
        assert net.populations["cells"].spike_count > count + 50
        net.run(40.0)
        results.append(control_bits(net))
    assert results[0] != before
    if how == "active":
        assert_same(*results)


def test_spikes_of_a_test_do_not_raise_the_threshold_of_the_trained_network():
    """Oracle: the threshold before the test, less what fades in the time after it."""
    net = pl.Network(seed=2, precision="double")
    noise = net.population(50, pl.PoissonSource(rate=40), name="noise")
    cells = net.population(20, pl.LIF(receptors={"e": pl.CurrentExp()}), name="cells")
    net.connect(noise, cells, pl.AllToAll(), weight=100.0, plasticity=pl.TripletSTDP(w_max=200.0, A3_plus=0.6))
    net.control(cells, pl.SpikeTriggeredThreshold(amount=0.2, tau=1e3, interval=10.0))
    net.run(500.0)
    risen, count = cells.effective("V_th") - cells.get("V_th"), cells.spike_count
    with net.frozen():
        net.run(480.0)
        noise.set(rate=0.0)
        net.run(40.0)
    assert cells.spike_count > count + 1000
    net.run(40.1)
    np.testing.assert_allclose(cells.effective("V_th") - cells.get("V_th"), risen * np.exp(-0.04), rtol=1e-12)


def test_a_controller_whose_intervals_are_all_cut_short_acts_in_the_end():
    """Oracle: two spikes in the first 60 ms outside of blocks, of 110 ms that make an interval."""
    net = pl.Network(precision="double")
    source = net.population(1, pl.SpikeSource([5.0, 25.0, 45.0, 65.0]))
    cell = net.population(1, pl.LIF(receptors={"r": pl.CurrentDelta()}))
    net.connect(source, cell, pl.AllToAll(), weight=1e3, delay=1.0)
    law = net.control(cell, pl.SpikeTriggeredThreshold(amount=1.0, tau=1e3, interval=110.0))
    for _ in range(3):
        net.run(20.0)  # with the spikes stamped 6.1 and 46.1
        with net.frozen():
            net.run(20.0)
    net.run(0.1)
    assert law.get("theta") == 0.0
    net.run(100.0)
    assert cell.spike_count == 4
    # ages in time that was not frozen: of the interval up to 220 ms, 60 + 100 ms at its end
    assert net.time == pytest.approx(220.1)
    ages = np.array([160 - 6.1, 160 - 26.1])
    np.testing.assert_allclose(law.get("theta"), np.exp(-ages / 1e3).sum(), rtol=1e-9)


def switches() -> st.SearchStrategy[tuple[tuple[int, int], ...]]:
    """(steps until something is switched, what: all, or one controller)"""
    return st.lists(st.tuples(st.integers(0, 60), st.integers(-1, 3)), min_size=1, max_size=6).map(tuple)


@settings(max_examples=40)
@given(plans(), switches())
def test_controllers_that_are_switched_off_and_on_do_what_the_reference_says(
    plan: Plan, turned: tuple[tuple[int, int], ...]
):
    twins, controllers = build_twins(dataclasses.replace(plan, breaks=()))
    block = None
    for steps, which in (*turned, (plan.steps, -1)):
        twins.net.run(steps * plan.dt)
        twins.twin.run(steps)
        compare(twins, controllers)
        if which < 0:
            block = turn_all(twins, block)
        elif which < len(controllers) and block is None:
            controllers[which].active = not controllers[which].active
            twins.twin.controllers[which].active = controllers[which].active


def turn_all(twins: Twins, block: Any) -> Any:
    """Begins a block of the network, or ends the one that is there; the reference has switches only."""
    if block is None:
        block = twins.net.frozen(), [c.active for c in twins.twin.controllers]
        block[0].__enter__()
        for controller in twins.twin.controllers:
            controller.active = False
        for projection in twins.twin.projections:
            projection.plastic = False
        return block
    block[0].__exit__(None, None, None)
    for controller, active in zip(twins.twin.controllers, block[1], strict=True):
        controller.active = active
    for projection in twins.twin.projections:
        projection.plastic = True
    return None


def compare(twins: Twins, controllers: list[pl.Controller]) -> None:
    np.testing.assert_allclose(twins.synapses.weights, twins.reflected.weights, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(twins.cells.get("V"), twins.others.V, rtol=1e-9)
    for ours, theirs in zip(controllers, twins.twin.controllers, strict=True):
        for state in theirs.states:
            np.testing.assert_allclose(ours.get(state), theirs.states[state], rtol=1e-9, atol=1e-9, err_msg=state)
        if hasattr(theirs, "adjustment"):
            np.testing.assert_allclose(twins.cells.effective(ours.acts_on), theirs.adjustment.effective, rtol=1e-9)


def test_weights_of_a_projection_that_is_not_plastic_are_not_rewritten():
    """Oracle: the weights before, in spite of a normalisation and of a law whose weights fluctuate."""
    net = network([pl.STDP(w_max=W_MAX)])
    forward = net.projections["forward"]
    net.control(forward, pl.WeightNormalization(total=50.0, interval=5.0))
    turnover = net.control(
        net.projections["recurrent"], pl.KestenTurnover(w_new=20.0, w_c=15.0, delay=1.0, interval=5.0)
    )
    for p in net.projections.values():
        p.plastic = False
    before = standing(net)
    net.run(22.0)
    assert_same(before, standing(net))
    assert (turnover.created, turnover.removed) == (0, 0)
    for p in net.projections.values():
        p.plastic = True
    net.run(22.0)
    assert before["weights of forward"] != standing(net)["weights of forward"]
    assert turnover.removed > 0


# ------------------------------------------------------------------------------------------------ laws of structure


@pytest.mark.parametrize("how", ["frozen", "active"])
def test_synaptic_elements_know_no_time_but_that_in_which_they_do_not_stand_still(how: str):
    """Oracle: the closed forms of calcium and of linear growth, from the spikes outside of the block."""
    tau, beta, nu, eps = 80.0, 0.02, 0.01, 0.5
    net = pl.Network(seed=3, threads=2)
    cells = net.population(8, pl.LIF(receptors={"r": pl.CurrentExp(tau=5.0)}))
    net.drive(cells, pl.PoissonInput(rate=1000.0), weight=120.0)
    spikes = net.record(cells, "spikes")
    synapses = net.connect(cells, cells, pl.Explicit([], []), weight=[], delay=[])
    own = pl.SynapticElements(growth="linear", nu=nu, eps=eps, tau_Ca=tau, beta_Ca=beta, initial=2.0)
    law = net.control(
        synapses, pl.StructuralPlasticity(axonal=own, dendritic=own, weight=1.0, delay=1.0, max_rate=0, interval=25.0)
    )
    net.run(113.0)
    before = {state: law.get(state) for state in law.states}

    def assert_still() -> None:
        for state, values in before.items():
            np.testing.assert_array_equal(law.get(state), values, err_msg=state)

    if how == "frozen":
        with net.frozen():
            net.run(91.0)
            assert_still()
    else:
        law.active = False
        net.run(91.0)
        assert_still()
        law.active = True
    assert_still()
    net.run(80.0)  # to 284 ms; the last update has been at 275

    def active(t: np.ndarray | float) -> np.ndarray:
        return np.where(np.asarray(t) > 204, np.asarray(t) - 91, np.minimum(t, 113))

    seen = (spikes.times <= 113) | (spikes.times > 204)
    assert 5 < (~seen).sum()
    times, ids = active(spikes.times[seen]), spikes.ids[seen]
    end, last = float(active(284.0)), float(active(275.0))
    calcium = beta * np.bincount(ids, np.exp(-(end - times) / tau), 8)
    np.testing.assert_allclose(law.get("axonal.Ca"), calcium, rtol=1e-9)
    earlier = times <= last
    area = beta * tau * np.bincount(ids[earlier], 1 - np.exp(-(last - times[earlier]) / tau), 8)
    np.testing.assert_allclose(law.get("dendritic.z"), 2 + nu * (last - area / eps), rtol=1e-9)


def test_pruning_counts_disuse_and_creation_counts_time_outside_of_blocks():
    """Oracle: by hand. Source 0 spikes at 10 ms, source 1 never; a block from 25 to 65 ms, updates at multiples of 10 ms."""
    net = pl.Network()
    source = net.population(2, pl.SpikeSource([10.0, 40.0], [0, 1]))
    cells = net.population(5, pl.LIF(receptors={"r": pl.CurrentExp()}))
    synapses = net.connect(source, cells, pl.AllToAll(), weight=0.0, delay=1.0)
    net.control(synapses, pl.Pruning(unused_for=36.0, interval=10.0))
    grown = net.connect(source, cells, pl.Explicit([], []), weight=[], delay=[])
    creation = net.control(grown, pl.Creation(rate=100.0, weight=1.0, delay=1.0, interval=10.0))
    net.run(25.0)
    assert creation.created == 2 * 5
    with net.frozen():
        net.run(40.0)
    assert (len(synapses), creation.created) == (10, 10)
    net.run(5.1)  # the update at 70: 10 ms since the last one, source 1 unused for 30 ms
    assert (len(synapses), creation.created) == (10, 15)
    net.run(10.0)  # at 80: source 1 for 40 ms, source 0 for 30
    assert (synapses.sources == 0).all()
    assert len(synapses) == 5
    net.run(10.0)  # at 90
    assert (len(synapses), creation.created) == (0, 25)
