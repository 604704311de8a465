"""The Python layer: every parameter of every part is checked, parts are values, views and runs do what they say."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plastica as pl
from parts import required
from plastica import _generate, _native
from plastica.schema import Field, Schema, schemas


def part_class(name: str) -> Any:
    return getattr(pl, name)


def made(part: str, **changes: Any) -> Any:
    """A part with its defaults, but for some changes."""
    modulators = {name: "signal" for name, field in schemas()[part].parameters.items() if field.is_modulator}
    return part_class(part)(**{**required(part), **modulators, **changes})


def fields(wanted: Callable[[Field], bool]) -> Iterator[Any]:
    for schema in schemas().values():
        for field in schema.parameters.values():
            if wanted(field) and not field.is_modulator:
                yield pytest.param(schema, field, id=f"{schema.name}.{field.name}")


NUMBERS = list(fields(lambda f: not f.choices))
FINITE = list(fields(lambda f: not f.choices and not (isinstance(f.default, float) and np.isinf(f.default))))
PARTS = [pytest.param(schema, id=schema.name) for schema in schemas().values()]


# ---- parts


@pytest.mark.parametrize("schema", PARTS)
def test_every_part_of_the_native_module_has_a_class_with_its_defaults(schema: Schema) -> None:
    part = made(schema.name)
    assert isinstance(part, pl.Part)
    for name, field in schema.parameters.items():
        given = required(schema.name).get(name, field.default)
        assert getattr(part, name) == ("signal" if field.is_modulator else given)


def test_the_native_module_and_the_classes_list_the_same_parts() -> None:
    native = {part["name"] for part in _native.parts()}
    assert native <= set(schemas()) <= set(pl.__all__)


@pytest.mark.parametrize(("schema", "field"), list(fields(lambda f: not f.choices and f.low > -inf)))
def test_a_value_below_its_bound_names_the_part_the_field_and_the_value(schema: Schema, field: Field) -> None:
    bad = field.low if field.low_open else field.low - 1
    with pytest.raises(ValueError, match=rf"^{schema.name}\.{field.name} = {bad:.10g}.* must be (above|at least)"):
        made(schema.name, **{field.name: bad})
    if not field.low_open and not field.is_count:
        assert getattr(made(schema.name, **{field.name: field.low}), field.name) == field.low


@pytest.mark.parametrize(("schema", "field"), list(fields(lambda f: not f.choices and f.high < inf and not f.is_count)))
def test_a_value_above_its_bound_names_the_part_the_field_and_the_value(schema: Schema, field: Field) -> None:
    bad = field.high if field.high_open else field.high + 1
    with pytest.raises(ValueError, match=rf"^{schema.name}\.{field.name} = {bad:.10g}.* must be "):
        made(schema.name, **{field.name: bad})


@pytest.mark.parametrize(("schema", "field"), NUMBERS)
@pytest.mark.parametrize("bad", [nan, np.float32(nan), np.array(nan)])
def test_a_value_that_is_not_a_number_is_refused(schema: Schema, field: Field, bad: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{schema.name}\.{field.name} = nan.* must be a finite number"):
        made(schema.name, **{field.name: bad})


@pytest.mark.parametrize(("schema", "field"), FINITE)
@pytest.mark.parametrize("bad", [inf, -inf])
def test_infinity_is_refused_where_it_is_not_a_default(schema: Schema, field: Field, bad: float) -> None:
    with pytest.raises(ValueError, match=rf"^{schema.name}\.{field.name} = -?inf"):
        made(schema.name, **{field.name: bad})


@pytest.mark.parametrize(("schema", "field"), NUMBERS)
@pytest.mark.parametrize("bad", [True, "12", 1j, None, b"1", np.bool_(True), {}, pl.STDP, np.array("x")])
def test_a_value_of_the_wrong_type_is_refused(schema: Schema, field: Field, bad: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{schema.name}\.{field.name}"):
        made(schema.name, **{field.name: bad})


@pytest.mark.parametrize(("schema", "field"), list(fields(lambda f: f.is_flag)))
@pytest.mark.parametrize("bad", [1, 0.0, "true", None])
def test_a_flag_is_true_or_false(schema: Schema, field: Field, bad: Any) -> None:
    with pytest.raises(TypeError, match=rf"^{schema.name}\.{field.name} = .* must be True or False"):
        made(schema.name, **{field.name: bad})


@pytest.mark.parametrize(("schema", "field"), list(fields(lambda f: bool(f.choices) and not f.is_flag)))
def test_a_misspelt_choice_lists_the_names(schema: Schema, field: Field) -> None:
    with pytest.raises(
        ValueError, match=rf"^{schema.name}\.{field.name} = '{field.choices[0]}x' is unknown; did you mean"
    ):
        made(schema.name, **{field.name: field.choices[0] + "x"})
    with pytest.raises(TypeError, match=rf"^{schema.name}\.{field.name}"):
        made(schema.name, **{field.name: 0})
    for choice in field.choices:
        assert getattr(made(schema.name, **{field.name: choice}), field.name) == choice


@pytest.mark.parametrize("schema", PARTS)
def test_an_unknown_parameter_is_named_with_those_that_exist(schema: Schema) -> None:
    with pytest.raises(TypeError, match=rf"^{schema.name} has no parameter 'nonsense'; .*\(.*\)$") as error:
        made(schema.name, nonsense=1)
    assert all(name in str(error.value) for name in schema.parameters)


def test_a_misspelt_parameter_is_answered_with_the_nearest() -> None:
    with pytest.raises(TypeError, match=r"^LIF has no parameter 'tau_men'; did you mean 'tau_m'\? \(C_m, tau_m, E_L, "):
        pl.LIF(tau_men=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="LIF takes its parameters by name"):
        pl.LIF(3)  # type: ignore[misc]


@pytest.mark.parametrize("schema", PARTS)
def test_a_part_is_an_immutable_value(schema: Schema) -> None:
    part = made(schema.name)
    assert part == made(schema.name)
    assert hash(part) == hash(made(schema.name))
    assert pickle.loads(pickle.dumps(part)) == part
    assert part.replace() == part
    for name in part.parameters:
        with pytest.raises(AttributeError, match="cannot be changed"):
            setattr(part, name, 1)
    with pytest.raises(AttributeError, match="has no parameter"):
        part.nonsense = 1


@pytest.mark.parametrize(("schema", "field"), list(fields(lambda f: not f.choices and not f.is_count)))
def test_repr_shows_what_differs_from_the_default_and_makes_the_part_again(schema: Schema, field: Field) -> None:
    default = required(schema.name).get(field.name, field.default)
    assert isinstance(default, float)
    value = default / 2 if default and np.isfinite(default) else 0.5
    changed = made(schema.name, **{field.name: value})
    assert changed != made(schema.name)
    assert changed == made(schema.name).replace(**{field.name: value})
    assert f"{field.name}=" in repr(changed)
    assert eval(repr(changed), vars(pl)) == changed


def test_arrays_are_copied_and_read_only() -> None:
    mine = np.array([10.0, 20.0])
    model = pl.LIF(tau_m=mine)
    mine[0] = 99
    assert isinstance(model.tau_m, np.ndarray)
    assert model.tau_m.tolist() == [10.0, 20.0]
    with pytest.raises(ValueError, match="read-only"):
        model.tau_m[0] = 1
    with pytest.raises(ValueError, match=r"LIF\.tau_m\[1\] = nan ms must be a finite number"):
        pl.LIF(tau_m=[1, nan])
    with pytest.raises(ValueError, match=r"LIF.tau_m has 2 dimensions"):
        pl.LIF(tau_m=np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"LIF.tau_m"):
        pl.LIF(tau_m=[1, -1])


def test_receptors_are_named_receptors() -> None:
    with pytest.raises(TypeError, match=r"LIF\.receptors\['ampa'\]"):
        pl.LIF(receptors={"ampa": 3})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="without dots"):
        pl.LIF(receptors={"a.b": pl.CurrentExp()})
    with pytest.raises(TypeError, match="receptors must map names"):
        pl.LIF(receptors=[pl.CurrentExp()])  # type: ignore[arg-type]


def test_a_schedule_rises_and_is_taken_only_where_values_change_in_time() -> None:
    with pytest.raises(ValueError, match="must rise"):
        pl.Schedule([1, 1], [2, 3])
    with pytest.raises(ValueError, match="2 times but 3 values"):
        pl.Schedule([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match=r"PoissonSource.rate"):
        pl.PoissonSource(pl.Schedule([0, 1], [5, -5]))
    with pytest.raises(TypeError, match=r"LIF.tau_m"):
        pl.LIF(tau_m=pl.Schedule([0], [1]))  # type: ignore[arg-type]


def test_the_generated_files_are_up_to_date() -> None:
    package = Path(__file__).parent.parent / "python" / "plastica"
    docs = Path(__file__).parent.parent / "docs"
    stale = [path.name for path, text in _generate.files(package, docs).items() if path.read_text() != text]
    assert not stale, "run python -m plastica._generate --package python/plastica --docs docs"


# ---- populations and views


@pytest.fixture
def net() -> pl.Network:
    return pl.Network(seed=3, threads=1, precision="double")


def cells(net: pl.Network, size: int = 10, **options: Any) -> pl.Population:
    model = pl.LIF(receptors={"ampa": pl.CurrentExp(tau=3), "gaba": pl.ConductanceExp(E_rev=-80)})
    return net.population(size, model, **options)


def test_values_per_neuron_are_scalars_arrays_or_distributions(net: pl.Network) -> None:
    model = pl.LIF(tau_m=np.arange(1.0, 5.0), V_th=pl.Uniform(-50, -40))
    four = net.population(4, model, initial={"V": pl.Uniform(-70, -60)})
    assert four.get("tau_m") == pytest.approx([1, 2, 3, 4])
    assert ((four.get("V_th") > -50) & (four.get("V_th") < -40)).all()
    assert ((four.get("V") > -70) & (four.get("V") < -60)).all()
    assert len(set(four.get("V"))) == 4
    with pytest.raises(ValueError, match=r"LIF\.tau_m has 4 values for 5 neurons"):
        net.population(5, model)
    assert list(net.populations) == ["population_0"]


def test_a_draw_depends_on_the_variable_and_not_on_the_order() -> None:
    def voltages(names: list[str]) -> np.ndarray[Any, Any]:
        one = pl.Network(seed=3)
        initial = {name: pl.Uniform(0, 1) for name in names}
        return cells(one, initial=initial).get("V")

    assert (voltages(["V", "gaba.g"]) == voltages(["gaba.g", "V"])).all()


def test_a_drawn_value_out_of_bounds_names_the_distribution(net: pl.Network) -> None:
    with pytest.raises(ValueError, match=r"LIF\.tau_m = -.* drawn from Normal\("):
        net.population(100, pl.LIF(tau_m=pl.Normal(0, 1)))
    assert net.populations == {}


def test_a_view_reads_and_writes_its_own_neurons_in_its_own_order(net: pl.Network) -> None:
    ten = cells(net)
    ten.set(V=np.arange(10.0))
    assert ten[2:5].get("V").tolist() == [2, 3, 4]
    assert ten[[7, 1]].get("V").tolist() == [7, 1]
    assert ten[ten.get("V") > 7].ids.tolist() == [8, 9]
    assert ten[4:][1:3].ids.tolist() == [5, 6]
    assert ten[-2:].ids.tolist() == [8, 9]
    ten[[7, 1]].set({"V": [70, 10], "ampa.tau": 9})
    assert ten.get("V").tolist() == [0, 10, 2, 3, 4, 5, 6, 70, 8, 9]
    assert ten.get("ampa.tau").tolist() == [3, 9, 3, 3, 3, 3, 3, 9, 3, 3]


def test_a_distribution_gives_a_neuron_the_same_number_in_every_view(net: pl.Network) -> None:
    ten = cells(net)
    ten.set(V=pl.Uniform(0, 1))
    whole = ten.get("V")
    ten.set(V=0)
    ten[3:6].set(V=pl.Uniform(0, 1))
    assert (ten.get("V")[3:6] == whole[3:6]).all()


@pytest.mark.parametrize("key", [[0, 0], [10], [-11], np.ones(9, bool)])
def test_a_view_of_neurons_that_are_not_there_is_refused(net: pl.Network, key: Any) -> None:
    with pytest.raises(IndexError):
        cells(net)[key]


@pytest.mark.parametrize("key", [3, 1.5, [0.5], "V", [[1]]])
def test_a_view_takes_slices_masks_and_integers(net: pl.Network, key: Any) -> None:
    with pytest.raises((TypeError, IndexError)):
        cells(net)[key]


def test_unknown_variables_are_answered_with_the_nearest(net: pl.Network) -> None:
    ten = cells(net, name="exc")
    for call in (lambda: ten.get("Vth"), lambda: ten.set(Vth=1), lambda: ten[:2].get("Vth")):
        with pytest.raises(pl.UnknownName, match=r"^population 'exc' has no variable 'Vth'; did you mean 'V_th'\?"):
            call()
    with pytest.raises(KeyError):
        ten.get("ampa.h")
    with pytest.raises(ValueError, match="LIF has no state 'tau_m'"):
        cells(net, initial={"tau_m": 1})


def test_set_is_all_or_nothing(net: pl.Network) -> None:
    ten = cells(net)
    before = ten.get("V")
    with pytest.raises(ValueError, match=r"LIF\.tau_m = -1 ms must be above 0 ms"):
        ten.set(V=0, tau_m=-1)
    assert (ten.get("V") == before).all()
    with pytest.raises(ValueError, match=r"LIF\.V has 3 values for 10 neurons"):
        ten.set(V=[1, 2, 3])


def test_names_are_unique_and_free_ones_are_found(net: pl.Network) -> None:
    cells(net, name="population_1")
    assert cells(net).name == "population_2"
    with pytest.raises(ValueError, match="already a population with the name 'population_1'"):
        cells(net, name="population_1")


@pytest.mark.parametrize("size", [0, -1, 2.5, "3", True])
def test_the_size_of_a_population_is_a_positive_integer(net: pl.Network, size: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="size of a population"):
        net.population(size, pl.LIF())


def test_positions_have_one_row_per_neuron(net: pl.Network) -> None:
    grid = net.population(6, pl.LIF(), positions=pl.Grid((2, 3), (2, 3)))
    assert grid.positions is not None
    assert grid.positions.tolist() == [[0.5, 0.5], [0.5, 1.5], [0.5, 2.5], [1.5, 0.5], [1.5, 1.5], [1.5, 2.5]]
    view = grid[[4, 0]]
    assert view.positions is not None
    assert view.positions.tolist() == [[1.5, 1.5], [0.5, 0.5]]
    somewhere = net.population(500, pl.LIF(), positions=pl.UniformPositions((1, 2, 3))).positions
    assert somewhere is not None
    assert somewhere.shape == (500, 3)
    assert (somewhere.min(axis=0) >= 0).all()
    assert (somewhere.max(axis=0) <= [1, 2, 3]).all()
    for wrong in (np.zeros((5, 2)), np.zeros((6, 4)), pl.Grid((2, 2)), [[0, nan]] * 6):
        with pytest.raises(ValueError, match=r"positions|places"):
            net.population(6, pl.LIF(), positions=wrong)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (pl.SpikeSource([0.0]), "not later than now"),
        (pl.SpikeSource([[1.0], [2.0]]), "2 arrays for 3 neurons"),
        (pl.SpikeSource([1.0, 2.0], [0]), "2 times but 1 ids"),
        (pl.SpikeSource([1.0], [3]), r"SpikeSource.ids\[0\] = 3"),
    ],
)
def test_spikes_that_cannot_be_emitted_are_refused(net: pl.Network, source: pl.SpikeSource, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        net.population(3, source)
    assert net.populations == {}


# ---- connections


def test_explicit_connections_are_listed_by_source_then_target(net: pl.Network) -> None:
    ten = cells(net)
    explicit = pl.Explicit([1, 0, 1], [2, 1, 0])
    projection = net.connect(ten[[5, 3]], ten[2:6], explicit, receptor="ampa", weight=[1, 2, 3], delay=[1, 2, 3])
    assert projection.sources.tolist() == [3, 3, 5]
    assert projection.targets.tolist() == [2, 4, 3]
    assert projection.weights == pytest.approx([3, 1, 2])
    assert projection.delays == pytest.approx([3, 1, 2])


def test_a_sparse_matrix_makes_its_entries_and_comes_back(net: pl.Network) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.random_array((10, 10), density=0.3, rng=np.random.default_rng(1))
    ten = cells(net)
    projection = net.connect(ten, ten, pl.FromSparse(matrix), receptor="ampa")
    assert (projection.to_sparse() != matrix.tocsr()).nnz == 0
    assert net.connect(ten, ten, pl.FromSparse(matrix), receptor="ampa", weight=2).weights == pytest.approx(2)
    with pytest.raises(ValueError, match=r"has the shape \(10, 10\); it must be \(5, 10\)"):
        net.connect(ten[:5], ten, pl.FromSparse(matrix), receptor="ampa")


def test_a_function_of_distance_gets_the_distances_of_all_connections(net: pl.Network) -> None:
    line = net.population(5, pl.LIF(receptors={"in": pl.CurrentExp()}), positions=np.arange(5.0))
    projection = net.connect(line, line, pl.AllToAll(), weight=lambda d: 10 - d, delay=lambda d: 1 + d)
    distance = np.abs(projection.sources.astype(float) - projection.targets)
    assert projection.weights == pytest.approx(10 - distance)
    assert projection.delays == pytest.approx(1 + distance)
    with pytest.raises(ValueError, match="delay as a function of distance gave 2 values for 25 distances"):
        net.connect(line, line, pl.AllToAll(), delay=lambda d: d[:2])
    with pytest.raises(ValueError, match=r"= 0 ms must be at least the step dt = 0.1 ms"):
        net.connect(line, line, pl.AllToAll(), delay=lambda d: d)
    with pytest.raises(ValueError, match="distances need positions"):
        net.connect(line, cells(net), pl.AllToAll(), receptor="ampa", weight=lambda d: d)
    assert len(net.projections) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "population 'exc' has several receptors; name one: ampa, gaba"),
        ({"receptor": "amp"}, r"population 'exc' has no receptor 'amp'; did you mean 'ampa'\? \(ampa, gaba\)"),
        ({"receptor": "ampa", "delay": 0.05}, "delay = 0.05 ms must be at least the step dt = 0.1 ms"),
        (
            {"receptor": "ampa", "delay": [1.0, 0.05] * 50},
            r"delay\[1\] = 0.05 ms must be at least the step dt = 0.1 ms",
        ),
        ({"receptor": "ampa", "delay": nan}, "delay = nan ms must be a finite number"),
        ({"receptor": "ampa", "delay": [1, 2, 3]}, "delay has 3 values for 100 connections"),
        ({"receptor": "ampa", "weight": [1, 2, 3]}, "weight has 3 values for 100 connections"),
        ({"receptor": "ampa", "weight": [inf] * 100}, r"weight\[0\] = inf must be a finite number"),
        ({"receptor": "ampa", "dendritic_fraction": 1.5}, "dendritic_fraction = 1.5 must be at least 0 and at most 1"),
        ({"receptor": "ampa", "weight": "1"}, "weight = '1' must be a number, not str"),
        ({"receptor": "ampa", "plasticity": pl.LIF()}, "plasticity = .* must be a rule"),
        ({"receptor": "ampa", "plasticity": [pl.STDP(), 3]}, "plasticity = 3 must be a rule"),
        ({"receptor": "ampa", "name": ""}, "name of a projection = '' must be a non-empty string"),
    ],
)
def test_a_refused_projection_leaves_the_network_as_it_was(net: pl.Network, options: Any, message: str) -> None:
    exc = cells(net, name="exc")
    with pytest.raises((TypeError, ValueError), match=message):
        net.connect(exc, exc, pl.AllToAll(), **options)
    assert net.projections == {}
    assert net.connect(exc, exc, pl.AllToAll(), receptor="ampa").name == "projection_0"


def test_weights_of_both_signs_cannot_learn(net: pl.Network) -> None:
    exc = cells(net)
    with pytest.raises(ValueError, match="sign"):
        net.connect(exc, exc, pl.OneToOne(), receptor="ampa", weight=[-1, 1] * 5, plasticity=pl.STDP())
    assert net.projections == {}


def test_what_belongs_to_another_network_is_refused(net: pl.Network) -> None:
    other = pl.Network()
    mine, theirs = cells(net), cells(other)
    their_projection = other.connect(theirs, theirs, pl.AllToAll(), receptor="ampa")
    calls: list[Callable[[], Any]] = [
        lambda: net.connect(mine, theirs, pl.AllToAll(), receptor="ampa"),
        lambda: net.connect(theirs[:3], mine, pl.AllToAll(), receptor="ampa"),
        lambda: net.drive(theirs, pl.ConstantCurrent(1)),
        lambda: net.record(theirs, "spikes"),
        lambda: net.record(their_projection, "weights", interval=1),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="belongs to another network"):
            call()


def test_blocks_of_weights_are_set_by_source_and_target(net: pl.Network) -> None:
    ten = cells(net)
    projection = net.connect(ten, ten, pl.AllToAll(), receptor="ampa", weight=1)
    projection.set_weights([5, 6, 7, 8], sources=[1, 3], targets=[2, 4])
    matrix = projection.weights.reshape(10, 10)
    assert matrix[np.ix_([1, 3], [2, 4])].tolist() == [[5, 6], [7, 8]]
    assert matrix.sum() == 96 + 26
    assert projection.get_weights(sources=[1, 3], targets=[2, 4]).tolist() == [5, 6, 7, 8]
    projection.weights = 2
    assert (projection.weights == 2).all()
    for bad in ([1, 2], nan, "3"):
        with pytest.raises((TypeError, ValueError), match="weights of projection"):
            projection.weights = bad  # type: ignore[assignment]
    with pytest.raises(ValueError, match=r"sources\[0\] = 10 must be at least 0 and below 10"):
        projection.set_weights(1, sources=[10])


def test_parameters_of_rules_are_read_and_set_by_name(net: pl.Network) -> None:
    ten = cells(net)
    one = net.connect(ten, ten, pl.AllToAll(), receptor="ampa", weight=0.5, plasticity=pl.STDP(learning_rate=0.02))
    assert one.get("learning_rate") == pytest.approx(0.02)
    one.set(learning_rate=0)
    assert one.get("learning_rate") == 0
    with pytest.raises(ValueError, match=r"STDP\.learning_rate = -1 must be at least 0"):
        one.set(learning_rate=-1)
    with pytest.raises(ValueError, match="fixed when the projection is made"):
        one.set({"pairing": "all"})
    with pytest.raises(pl.UnknownName, match="did you mean 'learning_rate'"):
        one.get("learning_rat")
    assert one.plastic is True
    one.plastic = False
    assert one.plastic is False
    with pytest.raises(TypeError, match="must be True or False"):
        one.plastic = 1  # type: ignore[assignment]


def test_a_drive_is_read_set_and_switched_off(net: pl.Network) -> None:
    exc = cells(net, name="exc")
    drive = net.drive(exc, pl.PoissonInput(100), receptor="ampa", weight=2)
    drive.set(rate=50)
    assert np.unique(drive.get("rate")) == pytest.approx([50])
    with pytest.raises(ValueError, match=r"PoissonInput\.rate = -1 Hz must be at least 0 Hz"):
        drive.set(rate=-1)
    with pytest.raises(pl.UnknownName, match="did you mean 'rate'"):
        drive.set(rat=1)
    drive.active = False
    assert drive.active is False
    with pytest.raises(ValueError, match="takes no receptor and no weight"):
        net.drive(exc, pl.ConstantCurrent(1), receptor="ampa")
    with pytest.raises(ValueError, match="several receptors"):
        net.drive(exc, pl.PoissonInput(1))
    with pytest.raises(ValueError, match=r"ConstantCurrent.amplitude has 3 values for 10 neurons"):
        net.drive(exc, pl.ConstantCurrent([1, 2, 3]))
    with pytest.raises(ValueError, match="2 columns for 10 neurons"):
        net.drive(exc, pl.StepCurrent([0], [[1, 2]]))
    with pytest.raises(ValueError, match="no membrane to drive"):
        net.drive(net.population(1, pl.PoissonSource(1)), pl.ConstantCurrent(1))


def test_a_drive_on_a_view_takes_one_value_per_neuron_of_the_view(net: pl.Network) -> None:
    ten = cells(net)
    ids = [7, 0, 3]
    current = net.drive(ten[ids], pl.ConstantCurrent([100, 200, 300]))
    assert np.asarray(current.get("amplitude")).tolist() == [100, 200, 300]
    poisson = net.drive(ten[ids], pl.PoissonInput(pl.Uniform(1, 2)), receptor="ampa", weight=[1, 2, 3])
    assert np.shape(poisson.get("rate")) == (3,)
    net.drive(ten[ids], pl.StepCurrent([0.5], [[1, 2, 3]]))
    poisson.active = False
    net.run(0.5)
    charged = np.zeros(10)
    charged[ids] = [1, 2, 3]
    assert ten.get("V") + 70 == pytest.approx(charged * (ten.get("V")[7] + 70))
    current.set(amplitude=[0, 500, 0])
    assert np.asarray(current.get("amplitude")).tolist() == [0, 500, 0]
    current.set(amplitude=7)
    assert current.get("amplitude") == 7
    with pytest.raises(ValueError, match="has 10 values for 3 neurons"):
        current.set(amplitude=np.ones(10))


@pytest.mark.parametrize("size", [1, 2, 17])
@pytest.mark.parametrize("receives", [slice(None), slice(0, 1)])
def test_every_stimulus_takes_arrays_in_populations_of_any_size(size: int, receives: slice) -> None:
    one = pl.Network(threads=1, precision="double")
    alone = one.population(size, pl.LIF(V_th=1e9, receptors={"in": pl.CurrentExp()}))
    view = alone[receives]
    count = len(view)
    one.drive(view, pl.PoissonInput(np.full(count, 2000.0)), weight=np.full(count, 9.0))
    one.drive(view, pl.ConstantCurrent(np.full(count, 10.0)))
    one.drive(view, pl.SineCurrent(amplitude=np.full(count, 10.0)))
    one.drive(view, pl.OUCurrent(sigma=np.full(count, 10.0)))
    one.run(20)
    moved = alone.get("V") != -70
    assert moved[receives].all()
    assert moved.sum() == count


# ---- recorders


def test_spikes_come_sorted_with_rates_and_irregularity(net: pl.Network) -> None:
    times = [[1.0, 2.0, 4.0], [2.0], [1.0, 3.0, 5.0, 9.0]]
    source = net.population(3, pl.SpikeSource(times))
    spikes, rate = net.record(source, "spikes"), net.record(source, "rate", interval=2)
    net.run(11)
    assert spikes.times.tolist() == [1, 1, 2, 2, 3, 4, 5, 9]
    assert spikes.ids.tolist() == [0, 2, 0, 1, 2, 0, 2, 2]
    assert spikes.count == 8 == source.spike_count
    start, rates = spikes.rate(2)
    assert start.tolist() == rate.times.tolist() == [0, 2, 4, 6, 8]
    assert rates.tolist() == rate.rates.tolist() == pytest.approx([4 / 0.006, 2 / 0.006, 1 / 0.006, 0, 1 / 0.006])
    assert spikes.cv() == pytest.approx([np.std([1, 2]) / 1.5, np.std([2, 2, 4]) / np.mean([2, 2, 4])])
    spikes.clear()
    assert spikes.count == 0
    with pytest.raises(ValueError, match=r"bin = 0.15 ms must be a multiple"):
        spikes.rate(0.15)


def test_states_and_weights_are_sampled_at_an_interval(net: pl.Network) -> None:
    ten = cells(net)
    projection = net.connect(ten, ten, pl.AllToAll(), receptor="ampa", weight=1)
    two = net.record(ten, ["V", "gaba.g"], interval=0.5, sample=[3, 8])
    weights = net.record(projection, "weights", interval=1, sample=4)
    net.run(2)
    assert two.times == pytest.approx([0, 0.5, 1, 1.5])
    assert two["V"].shape == two["gaba.g"].shape == (4, 2)
    assert two.ids.tolist() == [3, 8]
    assert weights.values.shape == (2, 4)
    assert weights.indices.tolist() == [0, 25, 50, 75]
    with pytest.raises(ValueError, match="several variables"):
        _ = two.values
    with pytest.raises(pl.UnknownName, match="has not recorded"):
        two["w"]


@pytest.mark.parametrize(
    ("what", "options", "message"),
    [
        ("V", {}, "recording V needs an interval in ms"),
        ("rate", {}, "recording rate needs an interval"),
        ("Vm", {"interval": 1}, "cannot record 'Vm'; did you mean 'V'"),
        ("spikes", {"interval": 1}, "recording spikes takes no interval"),
        ("V", {"interval": 0}, "interval = 0 ms must be at least 0.1 ms"),
        ("V", {"interval": 0.25}, "interval = 0.25 ms must be a multiple of the step dt = 0.1 ms"),
        ("V", {"interval": 1, "sample": 11}, "sample = 11 must be at least 1 and at most 10"),
        ("V", {"interval": 1, "sample": [1, 1]}, "contains an index twice"),
    ],
)
def test_a_recording_that_makes_no_sense_is_refused(net: pl.Network, what: str, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        net.record(cells(net), what, **options)
    assert net.recorders == []


def test_results_become_data_frames(net: pl.Network) -> None:
    pytest.importorskip("pandas")
    source = net.population(2, pl.SpikeSource([1.0, 2.0]))
    ten = cells(net)
    spikes, states = net.record(source, "spikes"), net.record(ten, ["V", "ampa.I"], interval=1)
    rate = net.record(source, "rate", interval=1)
    net.run(3)
    assert list(spikes.to_pandas().columns) == ["time", "id"]
    assert len(spikes.to_pandas()) == 4
    assert states.to_pandas().shape == (30, 4)
    assert list(rate.to_pandas()["rate"]) == [1000, 1000, 0]


# ---- running


def test_time_is_counted_in_steps(net: pl.Network) -> None:
    net.run(0.3)
    assert net.time == 0.3
    net.run(0)
    for _ in range(7):
        net.run(0.1)
    assert net.time == 1.0


@pytest.mark.parametrize(
    ("duration", "message"),
    [
        (0.15, "duration = 0.15 ms must be a multiple of the step dt = 0.1 ms; the nearest is 0.[12] ms"),
        (100.00001, "the nearest is 100 ms"),
        (-1, "duration = -1 ms must be at least 0 ms"),
        (-0.01, "duration = -0.01 ms must be at least 0 ms"),
        (nan, "finite"),
        (inf, "finite"),
        ("100", "duration = '100' must be a number, not str"),
        (True, "duration = True must be a number, not bool"),
        (None, "duration = None must be a number"),
        (1j, "must be a number, not complex"),
        (np.array([1.0]), "must be a number, not ndarray"),
    ],
)
def test_a_duration_that_is_not_on_the_grid_is_refused(net: pl.Network, duration: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        net.run(duration)
    assert net.time == 0


@pytest.mark.parametrize("duration", [1, np.float32(2.0), np.int64(3), np.array(4.0), 1e5 * 0.1 + 0.1 * 3])
def test_every_kind_of_number_is_a_duration(net: pl.Network, duration: Any) -> None:
    net.run(duration)
    assert net.time == pytest.approx(float(duration))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dt": 0}, "dt = 0 ms must be above 0 ms"),
        ({"dt": nan}, "dt = nan ms must be a finite number"),
        ({"seed": -1}, "seed = -1 must be at least 0"),
        ({"seed": 1.5}, "seed = 1.5 must be an integer"),
        ({"threads": 0}, "threads = 0 must be at least 1"),
        ({"precision": "half"}, "precision = 'half' is unknown"),
    ],
)
def test_arguments_of_the_network_are_checked(options: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        pl.Network(**options)


def test_the_callback_comes_at_multiples_from_the_start_of_the_run(net: pl.Network) -> None:
    moments: list[float] = []
    net.run(5)
    net.run(10, callback=lambda n: moments.append(n.time), every=3)
    assert moments == [8, 11, 14]
    assert net.time == 15
    for wrong in ({"callback": print}, {"every": 1.0}):
        with pytest.raises(ValueError, match="go together"):
            net.run(1, **wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"every = 0 ms must be at least 0.1 ms"):
        net.run(1, callback=print, every=0)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_a_run_that_is_interrupted_can_go_on(net: pl.Network, error: type[BaseException]) -> None:
    def stop(_: pl.Network) -> None:
        raise error

    with pytest.raises(error):
        net.run(10, callback=stop, every=4, progress=True)
    assert net.time == 4
    net.run(6)
    assert net.time == 10


def test_a_network_runs_once_at_a_time(net: pl.Network) -> None:
    cells(net)
    refused: list[str] = []

    def again(_: pl.Network) -> None:
        def elsewhere() -> None:
            for call in (lambda: net.run(1), lambda: net.populations["population_0"].get("V")):
                try:
                    call()
                except RuntimeError as error:
                    refused.append(str(error))

        with pytest.raises(RuntimeError, match="already running"):
            net.run(1)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        net.populations["population_0"].get("V")

    net.run(1, callback=again, every=1)
    assert len(refused) == 2
    assert all("already running" in text for text in refused)
    assert net.time == 1


def test_handles_keep_their_network_alive() -> None:
    population = cells(pl.Network())
    population.network.run(1)
    assert population.get("V").shape == (10,)


# ---- what is shown


def test_the_summary_is_a_table_of_what_there_is(net: pl.Network) -> None:
    assert str(net).startswith("Network at 0 ms: dt = 0.1 ms, seed 3, 1 thread, double precision")
    exc = cells(net, name="exc")
    net.connect(exc, exc, pl.AllToAll(), receptor="ampa", delay=1.5, plasticity=pl.STDP(), weight=0.5, name="ee")
    net.drive(exc, pl.ConstantCurrent(200), name="<current>")
    net.record(exc, "spikes")
    rows = [line.split() for line in str(net).splitlines()]
    assert ["exc", "10", "LIF", "ampa,", "gaba", "0"] in rows
    assert ["ee", "exc", "->", "exc", "ampa", "100", "1.5", "ms", "STDP"] in rows
    assert ["spikes", "exc"] in rows
    html = net._repr_html_()
    assert html.count("<table>") == html.count("</table>") == 4
    assert "<td>ee</td>" in html
    assert "&lt;current&gt;" in html


def test_import_loads_numpy_and_nothing_heavy() -> None:
    heavy = (
        "scipy",
        "pandas",
        "matplotlib",
        "tqdm",
        "asyncio",
        "email",
        "importlib.metadata",
        "argparse",
        "dataclasses",
    )
    code = "import sys, numpy; before = set(sys.modules); import plastica; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(heavy) & set(done.stdout.split())


def test_a_source_emits_the_spikes_it_was_given_last_and_those_that_came_before():
    """Oracle: the lists themselves."""
    net = pl.Network(threads=1)
    source = net.population(2, pl.SpikeSource([[1.0, 5.0], [2.0]]))
    spikes = net.record(source, "spikes")
    net.run(3)
    source.set_spikes([[4.0], [4.0, 6.0]])
    with pytest.raises(ValueError, match="not later than now"):
        source.set_spikes([2.0])
    net.run(5)
    assert list(zip(spikes.times.tolist(), spikes.ids.tolist(), strict=True)) == [
        (1, 0),
        (2, 1),
        (4, 0),
        (4, 1),
        (6, 1),
    ]
    with pytest.raises(TypeError, match="does not emit a list"):
        net.population(1, pl.Relay()).set_spikes([9.0])


@pytest.mark.parametrize("name", pl.parts.__all__)
def test_a_part_has_the_parameters_that_its_class_takes_and_no_others(name: str) -> None:
    """Oracle: the signature of its class, which is generated; a part of no parameters has none of its base's."""
    part = getattr(pl, name)
    assert set(part._declared) == set(part._defaults)
