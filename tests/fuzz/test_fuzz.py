"""Damaged and edited checkpoints are refused by their name, or give a network that can be used."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import plastica as pl
from fuzz import bases, cases, mutations

SEED = 20_000  # python -m tests.fuzz --seed 20000 --cases 150 repeats them, each in a process that may die
CASES = 30 if "PLASTICA_SANITIZER" in os.environ else 150


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder: Path = tmp_path_factory.mktemp("files")
    bases.write(folder)
    return bases.read(folder)


def test_a_damaged_file_is_refused_or_harmless(files):
    """Oracle: the only error is CheckpointError; what is loaded is the network that it was, or can be run, read and saved."""
    again = cache(lambda name: bases.again(files[name]))
    outcomes = []
    for number in range(CASES):
        kind, name, data = cases.made(files, SEED, number)
        outcomes.append(cases.tried(data, kind, lambda name=name: again(name), cases.threads_of(number, kind)))
    assert outcomes.count(cases.REFUSED) > CASES / 3
    # few cases, as under sanitizers, say nothing of how often that happens
    assert outcomes.count(cases.OTHER) > (CASES / 20 if CASES >= 100 else 0)


def test_files_that_nobody_has_touched_are_those_of_the_networks(files):
    """Oracle: the file itself, after taking it apart and writing it anew, and the file that the loaded network gives."""
    for name, data in files.items():
        assert bases.again(data) == data, name
        assert bases.again(mutations.Archive(data).write()) == data, name


@pytest.mark.skipif("PLASTICA_SANITIZER" in os.environ, reason="covered by the test above")
def test_equal_numbers_make_equal_cases(files):
    """Oracle: the same case made twice, byte for byte."""
    for number in range(40):
        assert cases.made(files, 3, number) == cases.made(files, 3, number)


def changed(values: Any, at: int, to: Any) -> Any:
    values = values.copy()
    values[at] = to
    return values


def of_a_projection(engine: dict[str, Any]) -> dict[str, int]:
    """What a controller would be told to move, were it a parameter of a projection."""
    index = next(i for i in range(engine["adjustments"]) if engine[f"adjusted/{i}/owner"] == 1)
    return {"controller/0/adjusted": index, "controller/0/contribution": engine[f"adjusted/{index}/contribution/0/id"]}


# What would lead the engine astray, and what is said of it. `a` are the arrays and `e` the values of the engine.
EDITS: dict[str, tuple[str, Callable[[dict[str, Any], dict[str, Any]], None], str]] = {
    "a list that is longer than the file": (
        "everything-single", lambda a, e: e.update({"modulator/0/releasers": 1 << 23}), "more than there is",
    ),
    "an arrival after those to come": (
        "STDP", lambda a, e: a.update({"rows/0/0/states.npy": changed(a["rows/0/0/states.npy"], 0, e["now"])}), "states must be of arrivals",
    ),
    "a spike that passes one before it": (
        "CalciumSTDP", lambda a, e: a.update({"rows/0/0/states.npy": a["rows/0/0/states.npy"] * 0 + e["now"] - 26}), "spikes on their way",
    ),
    "delays where all are said to be one": (
        "everything-single", lambda a, e: e.update({"projection/5/various_delays": 0}), "must be one",
    ),
    "rows of other sources": (
        "STDP", lambda a, e: a.update({"rows/0/0/rows.npy": a["rows/0/0/rows.npy"][:-1]}), "sources",
    ),
    "a controller that acts on a projection instead of neurons": (
        "everything-single", lambda a, e: e.update(of_a_projection(e)), "act on something else",
    ),
    "a controller without weights of its own": (
        "everything-single", lambda a, e: e.update({"projection/2/alone": 0}), "weights of its own",
    ),
    "elements below none": (
        "places-single", lambda a, e: e["rewiring/0/elements/0/elements"]["values"].__setitem__(0, -7.5), "must not be below 0",
    ),
    "spikes of the future": (
        "places-single", lambda a, e: e["rewiring/0/last_spike"]["values"].__setitem__(0, 2**40), "must be between",
    ),
    "a law on one projection twice": (
        "places-single", lambda a, e: e.update({"rewiring/0/projections": {"type": "<u8", "values": [0, 0]}}), "law 0 is",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", EDITS)
def test_what_would_lead_the_engine_astray_is_refused(files, what):
    """Oracle: the message says what is wrong."""
    name, change, message = EDITS[what]
    archive = mutations.Archive(files[name])
    change(archive.arrays, archive.engine)
    with pytest.raises(pl.CheckpointError, match=message):
        pl.load(io.BytesIO(archive.write()), threads=1)


# What Python is told of the network, against what the engine is told.
DESCRIPTIONS: dict[str, Callable[[Any], None]] = {
    "another size": lambda d: d["populations"][0].update(size=81),
    "another model": lambda d: d["populations"][0]["model"].update(part="AdEx", parameters={}),
    "another end": lambda d: d["projections"][1]["ends"][0].update(population="exc"),
    "fewer rules": lambda d: d["projections"][0]["rules"].pop(),
    "another target": lambda d: d["controllers"][0]["target"].update(population="inh", ids=None),
    "no such modifier": lambda d: d["modifiers"][0].update(index=9),
    "another kind of recorder": lambda d: d["recorders"][0].update(kind="RateRecorder", interval=1, size=80),
    "a recorder of nothing": lambda d: d["recorders"][2].update(engine=[]),
    "a recorder of more than there is": lambda d: d["recorders"][-1].update(size=2**31),
    "one guard less": lambda d: d["guards"].clear(),
}


@pytest.mark.parametrize("what", DESCRIPTIONS)
def test_python_and_the_engine_are_told_the_same(files, what):
    """Oracle: the file is refused."""
    archive = mutations.Archive(files["everything-single"])
    DESCRIPTIONS[what](archive.network["network"])
    with pytest.raises(pl.CheckpointError):
        pl.load(io.BytesIO(archive.write()), threads=1)


def test_a_header_cannot_ask_for_more_than_the_file_has(files):
    """Oracle: the file is refused, without room made for what it claims."""
    archive = mutations.Archive(files["STDP"])
    archive.headers["rows/0/0/targets.npy"] = repr({"descr": "<u2", "fortran_order": False, "shape": (2**40,)})
    with pytest.raises(pl.CheckpointError, match="not the size that it claims"):
        pl.load(io.BytesIO(archive.write()), threads=1)
