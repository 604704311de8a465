"""Values that are wrong somewhere, and what a refusal must look like."""

from __future__ import annotations

import resource
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from functools import partial
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np

import plastica as pl

# ---- values, by name


class Stranger:
    """An object that nobody has heard of."""


def read_only(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


# No number, no name, nothing that anything takes.
NONSENSE: dict[str, Any] = {
    "object": Stranger(),
    "type": int,
    "module": np,
    "ellipsis": ...,
    "complex": 1 + 2j,
    "bytes": b"ampa",
    "dict of objects": {1: Stranger()},
    "set": {1.0},
    "generator": (i for i in ()),
    "Decimal": Decimal("0.5"),
    "Fraction": Fraction(1, 2),
    "datetime": np.datetime64("2020-01-01"),
    "duration": np.timedelta64(3, "s"),
    "complex scalar": np.complex64(1),
    "void": np.zeros(1, dtype=[("a", float)])[0],
    "list of strings": ["ampa", "gaba"],
    "list of None": [None, None],
    "list of objects": [Stranger(), Stranger()],
    "ragged list": [[1.0], [1.0, 2.0]],
    "array of objects": np.array([Stranger(), None], dtype=object),
    "array of large integers": np.array([10**30, 1], dtype=object),
    "array of datetimes": np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
    "array of durations": np.array([1, 2], dtype="timedelta64[ms]"),
    "array of complex": np.array([1j, 2]),
    "array of strings": np.array(["1", "2"]),
    "array of bytes": np.array([b"1", b"2"]),
    "array of records": np.zeros(2, dtype=[("a", float), ("b", int)]),
    "array of 4 dimensions": np.zeros((1, 1, 1, 1)),
    "0-d object": np.array(Stranger(), dtype=object),
    "masked array": np.ma.masked_array([1.0, 2.0], mask=[True, False]),
}
# No number, but there are those that take it.
OTHERWISE: dict[str, Any] = {
    "None": None,
    "empty string": "",
    "unknown name": "no such name",
    "name with NUL": "a\0b",
    "lone surrogate": "\ud800",
    "True": True,
    "numpy bool": np.bool_(True),
    "function": lambda *_: nan,
    "empty dict": {},
    "empty list": [],
    "empty array of objects": np.array([], dtype=object),
    "array of bools": np.array([True, False]),
}
NOT_FINITE: dict[str, Any] = {
    "nan": nan,
    "inf": inf,
    "-inf": -inf,
    "float16 nan": np.float16(nan),
    "longdouble beyond double": np.longdouble("1e400"),
    "0-d nan": np.array(nan),
    "signalling nan": np.array([0x7FF0000000000001], dtype=np.uint64).view(np.float64)[0],
}
ARRAYS_NOT_FINITE: dict[str, Any] = {
    "array with nan": np.array([1.0, nan, 1.0]),
    "array with inf": np.array([inf] * 12),
    "array of float16 with nan": np.array([nan] * 12, dtype=np.float16),
    "nested nan": [[nan]],
}
NUMBERS: dict[str, Any] = {
    "0": 0,
    "-0.0": -0.0,
    "1": 1,
    "-1": -1,
    "0.5": 0.5,
    "-1.5": -1.5,
    "subnormal": 5e-324,
    "-subnormal": -5e-324,
    "1e-300": 1e-300,
    "1e9": 1e9,
    "1e39": 1e39,
    "1e300": 1e300,
    "-1e300": -1e300,
    "1e308": 1e308,
    "-1e308": -1e308,
    "2**31 - 1": 2**31 - 1,
    "2**31": 2**31,
    "2**32 - 1": 2**32 - 1,
    "2**32": 2**32,
    "2**53 + 1": 2**53 + 1,
    "2**63 - 1": 2**63 - 1,
    "2**63": 2**63,
    "2**64": 2**64,
    "-2**63": -(2**63),
    "10**30": 10**30,
    "float16": np.float16(0.5),
    "float32": np.float32(1.0),
    "int8": np.int8(-3),
    "uint64": np.uint64(2**64 - 1),
    "0-d array": np.array(1.0),
}
TOO_LARGE: dict[str, Any] = {"10**400": 10**400, "-10**5000": -(10**5000)}
ARRAYS: dict[str, Any] = {
    "array of 1": np.ones(1),
    "array of 2": [1.0, 2.0],
    "array of 12": np.linspace(1, 2, 12),
    "Fortran order": np.asfortranarray(np.ones((12, 12))),
    "not contiguous": np.linspace(1, 2, 24)[::2],
    "backwards": np.linspace(1, 2, 12)[::-1],
    "read-only": read_only(np.ones(12)),
    "big-endian": np.ones(12, dtype=">f8"),
    "float16 array": np.ones(12, dtype=np.float16),
    "int8 array": np.full(12, -1, dtype=np.int8),
    "uint64 array": np.full(12, 2**64 - 1, dtype=np.uint64),
    "huge array": np.full(12, 1e308),
    "array of 3 dimensions": np.ones((2, 2, 3)),
}
NUMERIC_VALUES = NUMBERS | TOO_LARGE | ARRAYS
NEVER = NONSENSE | NOT_FINITE | ARRAYS_NOT_FINITE  # never a number, a name, or an array of numbers
VALUES = NONSENSE | OTHERWISE | NOT_FINITE | ARRAYS_NOT_FINITE | NUMBERS | TOO_LARGE | ARRAYS

# ---- refusals

# What C++, pybind11, NumPy or Python say when a bad value got further than it should have.
LEAKS = (
    "incompatible function arguments", "incompatible constructor", "std::", "vector::", "bad_alloc", "Unable to cast",
    "unhashable", "ambiguous", "inhomogeneous", "has no attribute", "not supported between", "not iterable", "not subscriptable",
    "unsupported operand", "cannot convert", "could not convert", "only length-1", "only 0-dimensional", "format code", "positional argument",
    "unexpected keyword", "not callable", "too large to convert", "Exceeds the limit", "surrogates", "invalid value",
    "object of type", "object is not", "required argument", "has no len", "can't multiply", "Cannot cast", "setting an array element",
    "loop of ufunc", "could not be broadcast", "out of bounds for axis", "is a required", "argument must be", "bad argument", "unknown format",
    "cannot be interpreted", "Cannot interpret", "did not contain a loop", "operands could not",
)  # fmt: skip


def complaint(error: BaseException, named: tuple[str, ...]) -> str:
    """What is wrong with a refusal; empty if nothing is."""
    if not isinstance(error, TypeError | ValueError | IndexError):
        return f"is a {type(error).__name__}"
    text = str(error)
    leaked = [leak for leak in LEAKS if leak in text]
    if leaked:
        return f"leaks {leaked[0]!r}"
    if not any(name in text for name in named):
        return f"names none of {named}"
    if len(text) > 1500:
        return f"has {len(text)} characters"
    return ""


@contextmanager
def limited_memory(more: int = 2**31) -> Iterator[None]:
    """At most so many more bytes of addresses: what would take all memory fails instead of harming the machine."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def attempt(call: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """What a call gives, or the error it raises; a warning is an error, but for those that values are documented to give."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "PoissonSource.rate = ")
        try:
            return call(), None
        except Exception as error:  # whatever it is, the caller judges it
            return None, error


def bits_of(net: pl.Network) -> dict[str, bytes]:
    """All that a network shows: variables, parameters, synapses, recordings and settings."""
    found: dict[str, Any] = {"time": net.time, "counts": [len(getattr(net, kind)) for kind in KINDS]}
    for p in net.populations.values():
        found |= {f"{p.name}.{v}": p.get(v) for v in p.variables}
        found |= {f"{p.name} {what}": getattr(p, what) for what in ("silent", "alive", "ages", "spike_count")}
    for s in net.projections.values():
        found |= {
            f"{s.name} {what}": getattr(s, what) for what in ("sources", "targets", "weights", "delays", "plastic")
        }
        found |= {f"{s.name}.{v}": s.get(v) for v in s.states}
        found |= {f"{s.name}.{v}": s.get(v) for v in _parameters(s)}
    for d in net.drives.values():
        found |= {f"{d.name}.{v}": d.get(v) for v in pl.schema.schemas()[d._part].parameters} | {
            f"{d.name} active": d.active
        }
    for m in net.modulators.values():
        found |= {f"{m.name} level": m.level, f"{m.name} baseline": m.baseline}
    for c in net.controllers.values():
        found |= {f"{c.name}.{v}": c.get(v) for v in (*c.states, *c.parameters)} | {f"{c.name} active": c.active}
    for f in net.modifiers.values():
        found |= {f"{f.name} {what}": getattr(f, what) for what in ("active", "in_force", "start", "stop")}
    for g in net.guards.values():
        found |= {f"{g.name} events": g.events, f"{g.name} active": g.active}
    for i, r in enumerate(net.recorders):
        found |= {
            f"recorder {i} {what}": getattr(r, what)
            for what in ("times", "ids", "values", "rates", "sources")
            if _has(r, what)
        }
    return {
        name: value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
        for name, value in found.items()
    }


def after_refusals(
    net: pl.Network, refusals: dict[str, Callable[[pl.Network], Any]], before: dict[str, bytes]
) -> tuple[pl.Network, list[str]]:
    """A copy that all these calls were refused on, and which of them have changed it: looked for one by one if any has."""
    refusing = net.copy()
    for call in refusals.values():
        attempt(partial(call, refusing))
    if bits_of(refusing) == before:
        return refusing, []
    guilty = []
    for label, call in refusals.items():
        single = net.copy()
        attempt(partial(call, single))
        if bits_of(single) != before:
            guilty.append(label)
    return refusing, guilty or ["all of them, one after the other"]


KINDS = ("populations", "projections", "drives", "modulators", "controllers", "modifiers", "guards", "recorders")


def _has(recorder: Any, what: str) -> bool:
    return hasattr(type(recorder), what) and not (what == "values" and len(getattr(recorder, "variables", "1")) > 1)


def _parameters(synapses: pl.Projection) -> list[str]:
    several = len(synapses.rules) > 1
    return [
        f"{i}.{name}" if several else name
        for i, rule in enumerate(synapses.rules)
        for name, field in rule.schema().parameters.items()
        if not field.choices and not field.is_modulator
    ]
