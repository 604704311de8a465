"""What adjusts parameters, rests and frozen blocks, in combinations that had gone wrong."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import plastica as pl


@pytest.mark.parametrize(
    "model", [pl.LIF(I_e=400.0), pl.Izhikevich(I_e=10.0), pl.AdEx(I_e=600.0)], ids=lambda m: type(m).__name__
)
@pytest.mark.parametrize("whom", [[0], [0, 1, 2, 3]], ids=["one", "all"])
def test_blocked_spikes_leave_the_membrane_alone_whatever_is_set(model, whom):
    """Oracle: the same network without the block, whose membranes go on alike."""

    def membranes(blocked: bool) -> list[np.ndarray]:
        net = pl.Network(seed=1, threads=1, precision="double")
        cells = net.population(4, model, name="cells")
        net.modify(cells, {"I_e": 1.0})
        if blocked:
            net.apply(pl.drugs.ttx(), cells[whom])
        net.run(20.0)
        cells.set(I_e=cells.get("I_e") * 1.1)
        cells[[3]].kill()
        cells.birth(1, I_e=300.0)
        net.run(100.0)
        names = [*cells.states, *(name for name in cells.variables if name not in cells.states)]
        return [cells.effective(name) if name not in cells.states else cells.get(name) for name in names]

    for with_block, without in zip(membranes(True), membranes(False), strict=True):
        np.testing.assert_array_equal(with_block, without)


REWRITING = {
    "pruning": lambda: pl.Pruning(below=0.5, interval=5.0),
    "turnover": lambda: pl.KestenTurnover(sd_eps=0.01, sd_eta=0.01, w_c=0.1, w_new=0.2, delay=1.0, interval=5.0),
    "normalisation": lambda: pl.WeightNormalization(total=30.0, interval=5.0),
}
RULES = {
    "table": lambda: pl.STDP(w_max=10.0),
    "inhibitory": lambda: pl.InhibitorySTDP(w_max=10.0),
    "running": lambda: pl.TripletSTDP(w_max=10.0),
    "list": lambda: [pl.TsodyksMarkram(), pl.STDP(w_max=10.0)],
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("law", REWRITING.values(), ids=REWRITING)
def test_networks_whose_weights_are_rewritten_can_rest(law, rule):
    """Oracle: the silent network, run step by step."""

    def weights(resting: bool) -> np.ndarray:
        net = pl.Network(seed=1, threads=1, dt=0.5, precision="double")
        pre = net.population(10, pl.PoissonSource(15.0), name="pre")
        post = net.population(10, pl.LIF(receptors={"r": pl.CurrentExp()}), name="post")
        learning = net.connect(pre, post, pl.AllToAll(), weight=2.0, delay=1.0, plasticity=rule())
        net.control(learning, law())
        net.run(40.0)
        if resting:
            net.rest(seconds=6.0)
        else:
            pre.silence()
            post.silence()
            net.run(6000.0)
        return learning.weights

    np.testing.assert_allclose(weights(True), weights(False), rtol=1e-9)


def test_a_frozen_block_ends_while_another_thread_uses_the_network():
    """Oracle: weights move again."""
    net = pl.Network(seed=1, threads=1)
    pre = net.population(50, pl.PoissonSource(100.0))
    post = net.population(50, pl.LIF(I_e=400.0, receptors={"r": pl.CurrentExp()}))
    learning = net.connect(pre, post, pl.AllToAll(), weight=5.0, plasticity=pl.STDP(w_max=10.0, learning_rate=0.1))
    inside, left, refused = threading.Event(), threading.Event(), []

    def runs_in_a_block() -> None:
        with net.frozen():
            inside.set()
            left.wait(60)

    other = threading.Thread(target=runs_in_a_block)
    other.start()
    inside.wait(60)

    def callback(running: pl.Network) -> None:
        left.set()
        other.join(60)
        refused.append(other.is_alive())

    before = learning.weights
    net.run(20.0, callback=callback, every=20.0)
    assert refused == [False]
    np.testing.assert_array_equal(learning.weights, before)
    net.run(20.0)
    assert not np.array_equal(learning.weights, before)


@pytest.mark.parametrize(("train", "test", "interval"), [(100.0, 200.0, 100.0), (50.0, 50.0, 200.0)])
def test_phases_no_longer_than_the_interval_lose_nothing(train, test, interval):
    """Oracle: the number of spikes of the training phases, which the threshold counts."""
    net = pl.Network(seed=1, threads=1, precision="double")
    cells = net.population(5, pl.SpikeSource([np.arange(1.0, 5000.0, 5.0)] * 5), name="trains")
    post = net.population(5, pl.LIF(V_th=-50.0, receptors={"k": pl.CurrentDelta()}), name="cells")
    net.connect(cells, post, pl.OneToOne(), weight=1000.0, delay=0.5)
    law = net.control(post, pl.SpikeTriggeredThreshold(amount=1e-6, tau=1e12, interval=interval))
    trained = 0
    for _ in range(10):
        before = post.spike_count
        net.run(train)
        trained += post.spike_count - before
        with net.frozen():
            net.run(test)
    net.run(2 * interval + 0.1)
    late = post.spike_count
    counted = float(np.sum(law.get("theta"))) / 1e-6
    # the last phases are counted with the control steps behind them
    assert trained <= round(counted) <= late


def test_normalisation_whose_steps_fall_into_tests_acts_between_them():
    """Oracle: the norm that was asked for."""
    net = pl.Network(seed=1, threads=1, precision="double")
    pre = net.population(10, pl.PoissonSource(5.0))
    post = net.population(3, pl.LIF(receptors={"r": pl.CurrentExp()}))
    weights = net.connect(pre, post, pl.AllToAll(), weight=2.0, plasticity=pl.STDP(w_max=10.0, learning_rate=0.0))
    net.control(weights, pl.WeightNormalization(total=30.0, interval=200.0))
    for _ in range(5):
        with net.frozen():
            net.run(100.0)
        net.run(100.0)
    np.testing.assert_allclose(np.bincount(weights.targets, weights.weights), 30.0)


@pytest.mark.parametrize("pause", [500.0, 500.1], ids=["at an update", "between updates"])
def test_a_law_of_structure_that_goes_on_has_the_elements_that_it_had(pause):
    """Oracle: with calcium at the set point, elements stand still."""
    net = pl.Network(seed=1, threads=1, precision="double")
    pre = net.population(5, pl.SpikeSource([5000.0]), name="pre")
    post = net.population(5, pl.LIF(receptors={"e": pl.CurrentExp()}), name="post")
    grown = net.connect(pre, post, pl.AllToAll(), weight=1.0, delay=1.0)
    elements = pl.SynapticElements(growth="linear", eps=6.0, nu=1e-6, tau_Ca=1e9, beta_Ca=0.1)
    law = net.control(grown, pl.StructuralPlasticity(elements, elements, weight=1.0, delay=1.0, interval=100.0))
    law.active = False
    net.run(pause)
    law.active = True
    law.set({"axonal.Ca": 6.0, "dendritic.Ca": 6.0})
    net.run(50.0)
    np.testing.assert_allclose(law.get("axonal.z"), 5.0, atol=1e-3)
    assert len(grown) == 25
