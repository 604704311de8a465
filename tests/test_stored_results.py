"""Results of experiments in files: what comes back is what was stored, and a strange file is refused."""

from __future__ import annotations

import dataclasses
import inspect
import io
import json
import math
import os
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays

import plastica as pl
from plastica import experiments
from plastica.experiments import DamagedOutcome, Outcome, read_outcome, write_outcome
from plastica.experiments.graupner2012 import Transitions

ABOUT = {"experiment": "kesten", "seed": 1}


def same(one: Any, other: Any) -> bool:
    """Whether two values have the same types and, bit for bit, the same contents."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray | np.generic):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if dataclasses.is_dataclass(one):
        return same(vars(one), vars(other))
    if isinstance(one, float | complex):
        return repr(one) == repr(other)
    return one == other


def stored(results: Any, path: Path) -> Any:
    write_outcome(path, Outcome(1, [], results, 0.5), ABOUT)
    outcome, about = read_outcome(path)
    assert about == ABOUT
    assert (outcome.seed, outcome.records, outcome.seconds) == (1, [], 0.5)
    return outcome.results


# ---- what comes back


numbers = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.text(),
    st.floats(width=32).map(np.float32), st.integers(0, 255).map(np.uint8), st.booleans().map(np.bool_),
    st.builds(range, st.integers(-9, 9), st.integers(-9, 9)),
)  # fmt: skip
columns = st.sampled_from(["f4", "f8", "i8", "u4", "?", "c16", "U3", ">i2"]).flatmap(
    lambda kind: arrays(kind, array_shapes(min_dims=0, min_side=0, max_side=3))
)
keys = st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.tuples(st.text(), st.booleans()))
values = st.recursive(
    st.one_of(numbers, columns),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(keys, inner, max_size=3),
        st.builds(Transitions, inner, inner, inner),
    ),
    max_leaves=8,
)


@settings(max_examples=150)
@given(values, st.sets(st.integers()), st.frozensets(st.text(max_size=2)))
def test_whatever_is_stored_comes_back_with_types_and_bits(tmp_path_factory, value, numbers, words) -> None:
    """Oracle: the value. NaN, signed zeros, infinities, empty and zero-dimensional arrays, keys of any kind."""
    path = tmp_path_factory.getbasetemp() / "value.npz"
    assert same(stored([value, numbers, words], path), [value, numbers, words])


def classes() -> Iterator[tuple[str, type]]:
    """The named tuples and dataclasses that experiments declare, and so may return."""
    for name in experiments.names():
        module = import_module(f"plastica.experiments.{name.replace('-', '_')}")
        for title, kind in inspect.getmembers(module, inspect.isclass):
            if kind.__module__ == module.__name__ and (dataclasses.is_dataclass(kind) or hasattr(kind, "_fields")):
                yield f"{name}: {title}", kind


@pytest.mark.parametrize(("name", "kind"), list(classes()), ids=lambda value: value if isinstance(value, str) else "")
def test_what_experiments_declare_comes_back(tmp_path, name, kind) -> None:
    """Oracle: the object; its fields hold arrays, whatever they are declared as."""
    fields = kind._fields if hasattr(kind, "_fields") else [field.name for field in dataclasses.fields(kind)]
    one = kind(**{field: np.arange(float(i)) for i, field in enumerate(fields)})
    assert same(stored({"one": one}, tmp_path / "one.npz"), {"one": one})


def test_records_come_back_with_their_criteria(tmp_path) -> None:
    """Oracle: the records."""
    context = experiments.Context()
    for number, criterion in enumerate([None, experiments.above(2), experiments.below(1), experiments.between(0, 1)]):
        context.record(f"metric {number}", [math.nan, math.inf, 0.1, 1 / 3][number], criterion, provenance="é")
    write_outcome(tmp_path / "one.npz", Outcome(2**64 - 1, context.records, None, 1.25), ABOUT)
    outcome, _ = read_outcome(tmp_path / "one.npz")
    assert same(outcome, Outcome(2**64 - 1, context.records, None, 1.25))


def picture(experiment: experiments.Experiment, results: Any) -> bytes:
    content = io.BytesIO()
    experiment.figure(results).savefig(content, format="png", dpi=60)
    return content.getvalue()


QUICK = ("graupner2012", "population-bursts", "tsodyks-markram")


def drawn_alike(name: str, path: Path) -> None:
    experiment = experiments.load(name)
    outcome = experiment.run(quick=True, threads=1)
    write_outcome(path, outcome, ABOUT)
    again, _ = read_outcome(path)
    assert same(again.records, outcome.records)
    assert picture(experiment, again.results) == picture(experiment, outcome.results)


@pytest.mark.parametrize("name", QUICK)
def test_a_figure_of_stored_results_is_that_of_the_run(tmp_path, name) -> None:
    """Oracle: the figure of the results in memory, pixel by pixel."""
    drawn_alike(name, tmp_path / "one.npz")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in experiments.names() if name not in QUICK])
def test_a_figure_of_stored_results_is_that_of_the_run_in_every_experiment(tmp_path, name) -> None:
    """Oracle: the figure of the results in memory, pixel by pixel."""
    drawn_alike(name, tmp_path / "one.npz")


# ---- what is refused


class Elsewhere(NamedTuple):
    value: int


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (len, "a builtin_function_or_method"),
        (Elsewhere(1), "a Elsewhere"),
        (pl.LIF(), "a LIF"),
        (np.array([None, 1]), "an array of objects"),
        (np.ma.masked_array([1, 2], [True, False]), "a MaskedArray"),
        (Path(), "a PosixPath"),
    ],
)
def test_what_a_file_cannot_hold_is_named_with_its_place(tmp_path, value, what) -> None:
    """Oracle: the message; nothing is written."""
    with pytest.raises(TypeError, match=rf"outcome.results\['a'\]\[1\] is {what}, which a file cannot hold"):
        write_outcome(tmp_path / "one.npz", Outcome(1, [], {"a": [0, value]}, 0.0), ABOUT)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_cut_off_or_changed_anywhere_is_refused(tmp_path) -> None:
    """Oracle: the error; every length, and every byte that a checksum covers."""
    path = tmp_path / "one.npz"
    write_outcome(path, Outcome(1, [], {"a": np.arange(50.0)}, 0.0), ABOUT)
    whole = path.read_bytes()
    random = np.random.default_rng(1)
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(DamagedOutcome, match="is damaged"):
            read_outcome(path)
    for place in random.integers(0, len(whole), 200):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            outcome, about = read_outcome(path)
        except DamagedOutcome:
            continue
        # bytes of the archive's own headers that say nothing, such as dates
        assert same(outcome.results, {"a": np.arange(50.0)})
        assert about == ABOUT


@pytest.mark.parametrize(
    "value",
    [
        {"fields": ["_framework.Nothing", {}]},
        {"fields": ["os.system", {"command": "false"}]},
        {"fields": ["_framework.import_module", {"name": "antigravity"}]},
        {"fields": ["vogels2011.Recording", {"context": 1}]},
        {"fields": ["..cli.main", {}]},
        {"call": "anything"},
        {"array": 7},
        {"list": []},
        {"tuple": 3},
        {},
        [],
        None,
    ],
)
def test_a_strange_file_is_refused_and_executes_nothing(tmp_path, value) -> None:
    """Oracle: the error."""
    path = tmp_path / "one.npz"
    content = {"format": "plastica outcome", "version": 1, "about": ABOUT, "outcome": value}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("outcome.json", json.dumps(content))
    with pytest.raises(DamagedOutcome, match="is damaged"):
        read_outcome(path)


def test_a_pickle_in_a_file_is_refused(tmp_path) -> None:
    """Oracle: the error."""
    path, content = tmp_path / "one.npz", io.BytesIO()
    np.save(content, np.array([print], dtype=object), allow_pickle=True)
    write_outcome(path, Outcome(1, [], np.arange(3), 0.0), ABOUT)
    with zipfile.ZipFile(path) as archive:
        text = archive.read("outcome.json")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("outcome.json", text)
        archive.writestr("arrays/0.npy", content.getvalue())
    with pytest.raises(DamagedOutcome, match="is damaged"):
        read_outcome(path)


def test_what_is_no_file_is_not_waited_for(tmp_path) -> None:
    """Oracle: the error; a pipe would never end."""
    os.mkfifo(tmp_path / "pipe")
    for name in ("nothing", "pipe", "."):
        with pytest.raises(FileNotFoundError):
            read_outcome(tmp_path / name)
