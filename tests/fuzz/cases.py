"""One case: a file that is damaged as its number says, what loading makes of it, and what the network then does."""

from __future__ import annotations

import builtins
import io
import random
import warnings
from collections.abc import Callable, Mapping

import numpy as np

import plastica as pl
from fuzz import bases, mutations
from test_copies import everything

KINDS = ("bytes", "edits")
REFUSED, HUGE, SAME, OTHER, STOPPED = (
    "refused",
    "refused for its size",
    "loaded, the same",
    "loaded, another",
    "loaded, stopped with an error",
)


def threads_of(number: int, kind: str) -> int:
    """Most cases take one thread; where files are compared, it is the number that wrote them."""
    return 3 if number % 5 == 0 and kind == "edits" else 1


class Broken(Exception):
    """A promise that was not kept."""


def made(files: Mapping[str, bytes], seed: int, number: int) -> tuple[str, str, bytes]:
    """The file of a case, its kind and the name of the network that it was."""
    draw = random.Random(f"{seed}/{number}")
    kind = KINDS[draw.random() < 0.8]
    name = bases.choose(list(files), draw.random())
    other = bases.choose(list(files), draw.random())
    data = mutations.damage(draw, files[name]) if kind == "bytes" else mutations.edit(draw, files[name], files[other])
    return kind, name, data


def tried(data: bytes, kind: str, original: Callable[[], bytes], threads: int = 1) -> str:
    """What becomes of a file. Raises what should not come."""
    try:
        net = pl.load(io.BytesIO(data), threads=threads)
    except pl.CheckpointError as error:
        return HUGE if "more memory than there is" in str(error) else REFUSED
    finally:
        if hasattr(builtins, "opened"):
            raise Broken("a pickle was opened")
    if kind == "bytes":
        # Checksums see every change of what the archive holds: the network is the same, whatever else was changed.
        file = io.BytesIO()
        net.save(file)
        if file.getvalue() != original():
            raise Broken("a damaged file gave another network")
        return SAME
    return used(net)


def used(net: pl.Network) -> str:
    """Runs a network, and reads all that can be read. It may refuse with an error of its own."""
    outcome = OTHER
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for step in (read, lambda net: net.run(50 * net.dt), read, lambda net: net.save(io.BytesIO())):
            try:
                step(net)
            except (pl.SimulationError, pl.GuardError, ValueError, RuntimeError):
                outcome = STOPPED
    return outcome


def read(net: pl.Network) -> None:
    """Everything that a network holds, as its users get it."""
    if "dopamine" in net.modulators:
        everything(net)
    repr(net)
    for projection in net.projections.values():
        for what in ("weights", "sources", "targets", "delays", "ages"):
            getattr(projection, what)
        for state in projection.states:
            projection.get(state)
    for population in net.populations.values():
        for variable in population.variables:
            population.get(variable)
    for drive in net.drives.values():
        repr(drive)
    for controller in net.controllers.values():
        for state in controller.states:
            controller.get(state)
    for recorder in net.recorders:
        recorder.to_pandas()
