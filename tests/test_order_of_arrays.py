"""Arrays go by the order of the view they are given with, in every call.

Oracle: a symmetry. A view that lists its neurons in another order, with its array in that order, does the same to every
neuron and every pair of neurons as the ascending view with the ascending array.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

import plastica as pl

SIZE = 12
CHOSEN = np.array([1, 2, 4, 5, 8, 11])
ORDERS = {
    "ascending": np.arange(len(CHOSEN)),
    "descending": np.arange(len(CHOSEN))[::-1],
    "rotated": np.roll(np.arange(len(CHOSEN)), 2),
    "mixed": np.array([3, 0, 5, 1, 4, 2]),
}
NUMBERS = np.array([3.0, 17.0, 5.0, 11.0, 2.0, 7.0])

Seen = dict[Any, Any]


class World:
    """A network, and a view of it that lists its neurons in some order."""

    def __init__(self, places: np.ndarray) -> None:
        self.places = places
        self.net = pl.Network(seed=5, threads=2, precision="double")
        receptors = {"ampa": pl.ConductanceExp(), "gaba": pl.CurrentExp()}
        self.cells = self.net.population(SIZE, pl.LIF(receptors=receptors), positions=pl.UniformPositions())
        self.sources = self.net.population(SIZE, pl.PoissonSource(rate=10), positions=pl.UniformPositions())
        self.view, self.emitters = self.cells[CHOSEN[places]], self.sources[CHOSEN[places]]

    def given(self, *shape: int) -> np.ndarray:
        """The numbers of the neurons in the order of the view, shape (..., n)."""
        return np.broadcast_to(NUMBERS, (*shape, len(NUMBERS)))[..., self.places]

    def by_neuron(self, values: np.ndarray) -> Seen:
        """What is seen in the order of the view."""
        return dict(zip(self.view.ids.tolist(), np.asarray(values).T.tolist(), strict=True))

    def potentials(self) -> list[float]:
        self.net.run(3)
        return [*self.cells.get("V").tolist(), *self.cells.get("ampa.g").tolist()]


def after(act: Callable[[World], Any]) -> Callable[[World], Any]:
    """What a call does to the neurons, in the order of the population."""

    def seen(world: World) -> Any:
        act(world)
        return world.potentials()

    return seen


def controlled(world: World) -> pl.Controller:
    law = pl.IntrinsicExcitability(target_rate=world.given(), tau=500, eta=0.1, interval=1)
    return world.net.control(world.view, law)


def recorded_state(world: World) -> Seen:
    world.view.set(V=-world.given() - 50)
    recorder = world.net.record(world.view, ["V", "ampa.g"], interval=1)
    world.net.run(3)
    return dict(zip(recorder.ids.tolist(), recorder["V"].T.tolist(), strict=True))


def recorded_sample(world: World) -> Seen:
    world.view.set(V=-world.given() - 50)
    recorder = world.net.record(world.view, "V", interval=1, sample=np.argsort(world.view.ids)[[4, 0, 2]])
    world.net.run(3)
    return dict(zip(recorder.ids.tolist(), recorder.values.T.tolist(), strict=True))


def recorded_controller(world: World) -> Seen:
    controller = controlled(world)
    recorder = world.net.record(controller, "change", interval=1)
    world.net.run(5)
    return world.by_neuron(recorder.values)


def controller_set(world: World) -> Seen:
    controller = controlled(world)
    controller.set(target_rate=world.given() + 1, change=world.given())
    assert np.array_equal(controller.get("change"), world.given())
    return world.by_neuron(controller.get("target_rate")) | {-1: world.potentials()}


def state_of_view(world: World) -> Seen:
    world.cells[[2, 8]].silence()
    world.cells[[4, 5]].kill()
    world.net.run(1)
    born = world.cells.birth(1, V=[-55.0])
    view = world.view
    places = np.asarray(view.positions)
    assert born.ids.tolist() == [4]
    return world.by_neuron(np.stack([view.silent, view.alive, view.ages, places[:, 0], places[:, 1], view.get("V")]))


def drawn_for_a_drive(world: World) -> Any:
    world.net.drive(world.view, pl.ConstantCurrent(pl.Uniform(0, 300)))
    drive = world.net.drive(world.view, pl.PoissonInput(4000), receptor="ampa", weight=pl.Uniform(0, 5))
    drive.set(rate=pl.Uniform(3000, 9000))
    return world.by_neuron(np.asarray(drive.get("rate"))) | {-1: world.potentials()}


def drawn_for_a_controller(world: World) -> Seen:
    law = pl.IntrinsicExcitability(target_rate=pl.Uniform(1, 20), tau=500, eta=0.1, interval=1)
    return world.by_neuron(world.net.control(world.view, law).get("target_rate"))


def steps(world: World) -> pl.Schedule:
    return pl.Schedule([0.0, 1.0], world.given(2) * [[20.0], [40.0]])


NEURONS: dict[str, Callable[[World], Any]] = {
    "a parameter is set": after(lambda w: w.view.set(I_e=w.given() * 30)),
    "several variables are set": after(lambda w: w.view.set({"V": -w.given() - 52, "ampa.tau": w.given(), "t_ref": 2})),
    "a state is set and read": lambda w: (w.view.set(V=-w.given() - 50), w.by_neuron(w.view.get("V")))[1],
    "a state of a receptor is set": after(lambda w: w.view.set({"ampa.g": w.given()})),
    "a distribution is set": after(lambda w: w.view.set(V=pl.Uniform(-60, -50))),
    "an effective value is read": lambda w: (w.view.set(I_e=w.given()), w.by_neuron(w.view.effective("I_e")))[1],
    "rates of sources are set": lambda w: (w.emitters.set(rate=w.given()), w.sources.get("rate").tolist())[1],
    "a view of a view": after(lambda w: w.view[np.argsort(w.view.ids)[[4, 1]]].set(I_e=[300.0, 400.0])),
    "a view by a mask": after(lambda w: w.view[w.given() > 4].set(I_e=w.given()[w.given() > 4] * 30)),
    "what neurons have": state_of_view,
    "a current": after(lambda w: w.net.drive(w.view, pl.ConstantCurrent(w.given() * 30))),
    "a current from a schedule": after(lambda w: w.net.drive(w.view, pl.ConstantCurrent(steps(w)))),
    "steps of current": after(lambda w: w.net.drive(w.view, pl.StepCurrent([0.0, 1.0], w.given(2) * 30))),
    "a sine": after(lambda w: w.net.drive(w.view, pl.SineCurrent(amplitude=w.given() * 30, phase=w.given()))),
    "a noise": after(lambda w: w.net.drive(w.view, pl.OUCurrent(mean=w.given() * 20, sigma=w.given(), tau=w.given()))),
    "rates and weights of a drive": after(
        lambda w: w.net.drive(w.view, pl.PoissonInput(w.given() * 500), receptor="ampa", weight=w.given())
    ),
    "a drive is set": after(lambda w: w.net.drive(w.view, pl.ConstantCurrent(5)).set(amplitude=w.given() * 30)),
    "a drive is set to a schedule": after(lambda w: w.net.drive(w.view, pl.ConstantCurrent(5)).set(amplitude=steps(w))),
    "a drive is read": lambda w: w.by_neuron(
        np.asarray(w.net.drive(w.view, pl.ConstantCurrent(w.given())).get("amplitude"))
    ),
    "a drive is read as adjusted": lambda w: w.by_neuron(
        np.asarray(w.net.drive(w.view, pl.ConstantCurrent(w.given())).effective("amplitude"))
    ),
    "a distribution drives": drawn_for_a_drive,
    "a controller": after(controlled),
    "a controller is set": controller_set,
    "a controller is read as adjusted": lambda w: w.by_neuron(np.asarray(controlled(w).effective("target_rate"))),
    "a distribution controls": drawn_for_a_controller,
    "states are recorded": recorded_state,
    "a sample of states is recorded": recorded_sample,
    "a controller is recorded": recorded_controller,
    "newborn neurons": lambda w: (w.view.kill(), w.cells.birth(3, V=[-51.0, -52.0, -53.0]), w.cells.get("V").tolist())[
        2
    ],
}


@pytest.mark.parametrize("order", ["descending", "mixed"])
@pytest.mark.parametrize("call", NEURONS)
def test_what_a_view_is_given_goes_to_its_neurons_in_its_order(call: str, order: str) -> None:
    assert NEURONS[call](World(ORDERS[order])) == NEURONS[call](World(ORDERS["ascending"]))


def test_the_numbers_of_a_distribution_do_not_depend_on_the_view() -> None:
    """Oracle: what the whole population gets."""
    one, other = World(ORDERS["mixed"]), World(ORDERS["mixed"])
    some = one.net.drive(one.view, pl.ConstantCurrent(pl.Uniform(0, 300))).get("amplitude")
    every = other.net.drive(other.cells, pl.ConstantCurrent(pl.Uniform(0, 300))).get("amplitude")
    assert np.array_equal(some, np.asarray(every)[one.view.ids])


# ---- connections

PRE, POST = np.array([0, 3, 4, 7, 9, 10]), np.array([1, 2, 4, 5, 8, 11])
PAIRS_OF_ORDERS = [
    ("ascending", "mixed"),
    ("descending", "ascending"),
    ("mixed", "rotated"),
    ("descending", "descending"),
]
EXPLICIT = np.random.default_rng(3).permutation(36)[:20]
MATRIX = np.where(np.arange(36).reshape(6, 6) % 5 < 3, np.arange(36.0).reshape(6, 6) + 1, 0)

CONNECTORS: dict[str, Callable[[np.ndarray, np.ndarray], pl.Connector]] = {
    "AllToAll": lambda pre, post: pl.AllToAll(),
    "AllToAll without autapses": lambda pre, post: pl.AllToAll(allow_autapses=False),
    "FixedProbability": lambda pre, post: pl.FixedProbability(0.5),
    "FixedInDegree": lambda pre, post: pl.FixedInDegree(3, allow_multapses=False),
    "FixedOutDegree": lambda pre, post: pl.FixedOutDegree(3, allow_multapses=False),
    "FixedTotalNumber": lambda pre, post: pl.FixedTotalNumber(15, allow_multapses=False),
    "DistanceDependent": lambda pre, post: pl.DistanceDependent(kernel="gaussian", probability=0.9, scale=0.4),
    "Explicit": lambda pre, post: pl.Explicit(np.argsort(pre)[EXPLICIT // 6], np.argsort(post)[EXPLICIT % 6]),
    "FromSparse": lambda pre, post: pl.FromSparse(csr_array(MATRIX[pre][:, post])),
}


def wired(
    connector: str, orders: tuple[str, str], given: Callable[[list[tuple[int, int]]], dict[str, Any]], same: bool = True
) -> tuple[dict[tuple[int, int], tuple[float, float]], pl.Projection]:
    """The weight and the delay of every pair; what is given are arrays for the pairs in the order of the views.

    The pairs are found first, without arrays: they are those of the ascending views.
    """
    places = ORDERS[orders[0]], ORDERS[orders[1]]
    pairs: list[tuple[int, int]] = []
    for arrays in ({}, None):
        net = pl.Network(seed=8, threads=2, precision="double")
        cells = net.population(SIZE, pl.LIF(receptors={"i": pl.CurrentDelta()}), positions=pl.UniformPositions())
        other = cells if same else net.population(SIZE, pl.PoissonSource(rate=1), positions=pl.UniformPositions())
        pre, post = other[PRE[places[0]]], cells[POST[places[1]]]
        made = CONNECTORS[connector](*places)
        projection = net.connect(pre, post, made, **(given(pairs) if arrays is None else arrays))
        found = list(zip(projection.sources.tolist(), projection.targets.tolist(), strict=True))
        rank = [{neuron: i for i, neuron in enumerate(view.ids.tolist())} for view in (pre, post)]
        pairs = sorted(found, key=lambda pair: (rank[0][pair[0]], rank[1][pair[1]]))
        if connector == "Explicit":
            pairs = [(PRE[k // 6], POST[k % 6]) for k in EXPLICIT]
    values = zip(projection.weights.tolist(), projection.delays.tolist(), strict=True)
    return dict(zip(found, values, strict=True)), projection


def of_pair(pairs: list[tuple[int, int]]) -> dict[str, Any]:
    """A weight and a delay that say from which neuron to which they are."""
    numbers = np.array(pairs)
    return {"weight": numbers @ [100.0, 1.0], "delay": 1 + numbers @ [1.2, 0.1]}


@pytest.mark.parametrize(("pre", "post"), PAIRS_OF_ORDERS)
@pytest.mark.parametrize("connector", CONNECTORS)
@pytest.mark.parametrize("same", [True, False])
def test_arrays_of_connections_go_by_the_order_of_the_views(connector: str, pre: str, post: str, same: bool) -> None:
    """Oracle: every weight and delay names its pair; and which pairs there are does not depend on the order."""
    found, _ = wired(connector, (pre, post), of_pair, same)
    assert found.keys() == wired(connector, ("ascending", "ascending"), of_pair, same)[0].keys()
    for (source, target), (weight, delay) in found.items():
        assert weight == 100 * source + target
        assert delay == pytest.approx(1 + 1.2 * source + 0.1 * target)


@pytest.mark.parametrize("orders", [("descending", "mixed"), ("mixed", "rotated")])
def test_one_to_one_takes_arrays_in_the_order_of_its_pairs(orders: tuple[str, str]) -> None:
    net = pl.Network(precision="double")
    cells = net.population(SIZE, pl.LIF(receptors={"i": pl.CurrentDelta()}))
    pre, post = PRE[ORDERS[orders[0]]], POST[ORDERS[orders[1]]]
    projection = net.connect(cells[pre], cells[post], pl.OneToOne(), weight=NUMBERS, delay=NUMBERS)
    found = zip(projection.sources, projection.targets, projection.weights, projection.delays, strict=True)
    assert sorted(found) == sorted(zip(pre, post, NUMBERS, NUMBERS, strict=True))


@pytest.mark.parametrize("connector", [name for name in CONNECTORS if name != "AllToAll without autapses"])
def test_functions_of_distance_see_distances_in_the_order_of_the_views(connector: str) -> None:
    """Oracle: the distance between the two neurons, from their positions; and the place of each in the order."""
    orders, seen = ("descending", "mixed"), []

    def numbered(distances: np.ndarray) -> np.ndarray:
        seen.append(distances)
        return np.arange(1.0, len(distances) + 1)

    found, projection = wired(connector, orders, lambda pairs: {"weight": numbered, "delay": of_pair(pairs)["delay"]})
    places = np.asarray(projection.pre.positions)
    for (source, target), (weight, delay) in found.items():
        distance = np.hypot(*(places[source] - places[target]))
        assert seen[-1][int(weight) - 1] == pytest.approx(distance)
        assert delay == pytest.approx(1 + 1.2 * source + 0.1 * target)


def test_several_synapses_of_a_pair_take_their_values_in_order() -> None:
    """Oracle: the values of the pairs, by the order of the views, are those given, as sets of each pair."""
    connector = pl.FixedTotalNumber(40)
    views = PRE[ORDERS["mixed"]][:3], POST[ORDERS["descending"]][:3]
    values = np.arange(1.0, 41)
    found: list[dict[tuple[int, int], list[float]]] = []
    for ids in (views, tuple(map(np.sort, views))):
        net = pl.Network(seed=2, precision="double")
        cells = net.population(SIZE, pl.LIF(receptors={"i": pl.CurrentDelta()}))
        plain = net.connect(cells[ids[0]], cells[ids[1]], connector)
        counts = dict.fromkeys(((s, t) for s in ids[0] for t in ids[1]), 0)
        for pair in zip(plain.sources, plain.targets, strict=True):
            counts[pair] += 1
        ends = np.cumsum(list(counts.values()))
        expected = {p: values[e - n : e].tolist() for (p, n), e in zip(counts.items(), ends, strict=True)}
        net = pl.Network(seed=2, precision="double")
        cells = net.population(SIZE, pl.LIF(receptors={"i": pl.CurrentDelta()}))
        made = net.connect(cells[ids[0]], cells[ids[1]], connector, weight=values)
        seen: dict[tuple[int, int], list[float]] = {pair: [] for pair in counts}
        for source, target, weight in zip(made.sources, made.targets, made.weights, strict=True):
            seen[source, target].append(weight)
        assert seen == expected
        found.append({pair: [len(v)] for pair, v in seen.items()})
    assert found[0] == found[1]


def blocks() -> tuple[pl.Projection, np.ndarray]:
    net = pl.Network(seed=1, precision="double")
    cells = net.population(SIZE, pl.LIF(receptors={"i": pl.CurrentDelta()}))
    projection = net.connect(cells, cells, pl.FixedProbability(0.6))
    projection.weights = np.arange(1.0, len(projection) + 1)
    return projection, np.asarray(projection.to_sparse().todense())


BLOCKS = [([8, 1], [6, 0, 3]), ([8, 1], None), (None, [6, 0, 3]), (5, [7, 2]), (list(range(11, -1, -1)), [1])]


@pytest.mark.parametrize(("sources", "targets"), BLOCKS)
def test_a_block_of_weights_goes_by_the_order_of_its_lists(sources: Any, targets: Any) -> None:
    """Oracle: rows and columns of the matrix of weights, taken in the order of the lists."""
    projection, matrix = blocks()
    rows = range(SIZE) if sources is None else np.atleast_1d(sources)
    columns = range(SIZE) if targets is None else np.atleast_1d(targets)
    pairs = [(s, t) for s in rows for t in columns if matrix[s, t]]
    assert projection.get_weights(sources=sources, targets=targets).tolist() == [matrix[pair] for pair in pairs]
    numbers = 1000 + np.arange(float(len(pairs)))
    projection.set_weights(numbers, sources=sources, targets=targets)
    for pair, number in zip(pairs, numbers, strict=True):
        matrix[pair] = number
    assert np.array_equal(np.asarray(projection.to_sparse().todense()), matrix)
    projection.remove(sources=sources, targets=targets)
    for pair in pairs:
        matrix[pair] = 0
    assert np.array_equal(np.asarray(projection.to_sparse().todense()), matrix)


def test_a_block_names_a_neuron_once() -> None:
    projection, _ = blocks()
    for call in (projection.get_weights, lambda **ends: projection.set_weights(1.0, **ends), projection.remove):
        with pytest.raises(ValueError, match="targets lists neuron 3 twice; list it once"):
            call(sources=[1], targets=[3, 2, 3])


def test_new_synapses_take_their_values_in_the_order_they_are_listed() -> None:
    projection, matrix = blocks()
    pairs = [(s, t) for s in (9, 2, 5) for t in (7, 0) if not matrix[s, t]]
    numbers = 100 + np.arange(float(len(pairs)))
    projection.add([s for s, _ in pairs], [t for _, t in pairs], weight=numbers, delay=numbers / 10)
    found = {
        (s, t): (w, round(d, 6))
        for s, t, w, d in zip(
            projection.sources, projection.targets, projection.weights, projection.delays, strict=True
        )
    }
    assert [found[pair] for pair in pairs] == [(n, round(n / 10, 6)) for n in numbers]


def test_a_sample_of_weights_is_recorded_in_the_order_it_is_listed() -> None:
    projection, _ = blocks()
    recorder = projection.network.record(projection, "weights", interval=1, sample=[9, 2, 14])
    projection.network.run(1)
    assert recorder.indices.tolist() == [9, 2, 14]
    assert recorder.values[0].tolist() == projection.weights[[9, 2, 14]].tolist()


# ---- every call that takes an array is above, or takes arrays that belong to no neuron

COVERED = {
    "Network.connect",
    "Network.drive",
    "Network.record",
    "Neurons.__getitem__",
    "Neurons.set",
    "Population.birth",
    "Drive.set",
    "Controller.set",
    "Projection.set_weights",
    "Projection.get_weights",
    "Projection.add",
    "Projection.remove",
}
EXEMPT = {
    "Network.population": "it makes whole populations",
    "Population.set_spikes": "it takes whole populations",
    "Projection.set": "arrays have a value for each connection, or each neuron of the whole population, as `get` has",
    "Rewiring.set": "a law of structure acts on whole populations",
    "Modulator.release": "arrays have a value for each moment",
}


def test_every_call_that_takes_an_array_has_its_order_tested() -> None:
    from plastica.population import Neurons

    takes = set()
    for cls in (
        pl.Network,
        Neurons,
        pl.Population,
        pl.View,
        pl.Drive,
        pl.Projection,
        pl.Controller,
        pl.Rewiring,
        pl.Modulator,
    ):
        # a network is put together from a class for each thing that one does with it
        bases = cls.__mro__ if cls is pl.Network else (cls,)
        for name, function in ((n, f) for base in bases for n, f in vars(base).items()):
            public = not name.startswith("_") or name in ("__getitem__", "__setitem__")
            if not public or not inspect.isfunction(function):
                continue
            annotations = [str(p.annotation) for p in inspect.signature(function).parameters.values()]
            if any("ArrayLike" in a or "Value" in a for a in annotations):
                takes.add(f"{cls.__name__}.{name}")
    assert takes == COVERED | EXEMPT.keys()
