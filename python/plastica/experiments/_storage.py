"""Outcomes of experiments in files that hold everything a table and a figure need.

A file is a ZIP archive: one text in JSON, which has the structure, and the arrays as NumPy writes them. Nothing in a
file is executed. Classes are looked up by name among the named tuples and dataclasses of the experiments.
"""

from __future__ import annotations

import dataclasses
import io
import json
import math
import zipfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plastica.files import replacing

from ._framework import Outcome

_FORMAT, _VERSION = "plastica outcome", 1
_TEXT = "outcome.json"


class DamagedOutcome(ValueError):
    """A file of an outcome that cannot be read."""


def write_outcome(path: Path, outcome: Outcome, about: Mapping[str, Any]) -> None:
    """Stores an outcome.

    Parameters
    ----------
    path : Path
        The file. It takes the place of an older one when it is complete.
    outcome : Outcome
        What one run of an experiment with one seed has left.
    about : mapping
        What was run, as texts and numbers.

    Raises
    ------
    TypeError
        If the results hold something other than arrays, numbers, texts, containers, named tuples and dataclasses.
    OSError
        If the file cannot be written.
    """
    arrays: list[NDArray[Any]] = []
    content = {"outcome": encoded(outcome, arrays, "outcome")}
    text = json.dumps({"format": _FORMAT, "version": _VERSION, "about": dict(about), **content}, allow_nan=False)
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_TEXT, text)
        for number, array in enumerate(arrays):
            with archive.open(_member(number), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read_outcome(path: Path) -> tuple[Outcome, dict[str, Any]]:
    """An outcome that `write_outcome` stored, and what was run.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Outcome, dict

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    DamagedOutcome
        If the file is damaged, or not one of an outcome.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file '{path}'")
    try:
        with zipfile.ZipFile(path) as archive:
            content = json.loads(archive.read(_TEXT))
            if (content["format"], content["version"]) != (_FORMAT, _VERSION):
                raise ValueError(f"{content['format']!r}, version {content['version']}, cannot be read")
            names = (name for name in archive.namelist() if name != _TEXT)
            arrays = {name: _array(archive.read(name)) for name in names}
            outcome = decoded(content["outcome"], arrays)
        if not isinstance(outcome, Outcome) or not isinstance(content["about"], dict):
            raise ValueError("it holds no outcome")
    # zipfile, json and NumPy have many errors for a damaged file
    except Exception as error:
        raise DamagedOutcome(f"'{path}' is damaged: {error}") from error
    return outcome, content["about"]


def _member(number: int) -> str:
    return f"arrays/{number}.npy"


def _array(data: bytes) -> NDArray[Any]:
    array: NDArray[Any] = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    return array


# ---- values as texts


def encoded(value: Any, arrays: list[NDArray[Any]], where: str) -> Any:
    """A value as JSON has it; arrays go to the list.

    JSON knows None, booleans, integers, finite numbers, texts and lists. Everything else is a mapping with one entry,
    whose name says what the entry is.
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if type(value) is complex:
        return {"complex": [encoded(part, arrays, where) for part in (value.real, value.imag)]}
    if type(value) is np.ndarray or isinstance(value, np.generic):
        return _encoded_array(value, arrays, where)
    if type(value) is dict:
        pairs = (
            [encoded(key, arrays, f"{where}: the key {key!r}"), encoded(one, arrays, f"{where}[{key!r}]")]
            for key, one in value.items()
        )
        return {"dict": list(pairs)}
    if type(value) in (list, tuple, set, frozenset):
        items = [encoded(one, arrays, f"{where}[{i}]") for i, one in enumerate(value)]
        return items if type(value) is list else {type(value).__name__: items}
    if type(value) is range:
        return {"range": [value.start, value.stop, value.step]}
    return _encoded_fields(value, arrays, where)


def _encoded_array(value: Any, arrays: list[NDArray[Any]], where: str) -> dict[str, int]:
    if value.dtype.hasobject:
        raise TypeError(f"{where} is an array of objects, which a file cannot hold; make it a list")
    arrays.append(np.asarray(value))
    return {"array" if type(value) is np.ndarray else "scalar": len(arrays) - 1}


def _encoded_fields(value: Any, arrays: list[NDArray[Any]], where: str) -> dict[str, Any]:
    kind = type(value)
    names = _fields(kind)
    if names is None or kind is not _class(_name(kind)):
        raise TypeError(
            f"{where} is a {kind.__name__}, which a file cannot hold; make it an array, a number, a text, a list, "
            f"a tuple, a dict, or a named tuple or dataclass at the top of an experiment's module"
        )
    fields = {name: encoded(getattr(value, name), arrays, f"{where}.{name}") for name in names}
    return {"fields": [_name(kind), fields]}


def decoded(value: Any, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """The value that `encoded` has made JSON of."""
    if isinstance(value, list):
        return [decoded(one, arrays) for one in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    match kind:
        case "float":
            return float(content)
        case "complex":
            return complex(*decoded(content, arrays))
        case "array":
            return arrays[_member(content)]
        case "scalar":
            return arrays[_member(content)][()]
        case "dict":
            return {decoded(key, arrays): decoded(one, arrays) for key, one in content}
        case "tuple" | "set" | "frozenset":
            return {"tuple": tuple, "set": set, "frozenset": frozenset}[kind](decoded(content, arrays))
        case "range":
            return range(*content)
        case "fields":
            name, fields = content
            return _class(name)(**{field: decoded(one, arrays) for field, one in fields.items()})
    raise ValueError(f"{kind!r} is no kind of value")


def _fields(kind: type) -> list[str] | None:
    """Names of the fields of a named tuple or dataclass; None of any other class."""
    if dataclasses.is_dataclass(kind):
        return [field.name for field in dataclasses.fields(kind) if field.init]
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return list(kind._fields)
    return None


def _name(kind: type) -> str:
    """``vogels2011.Recording``: module and class."""
    return f"{kind.__module__.rpartition('.')[2]}.{kind.__qualname__}"


def _class(name: str) -> Any:
    """The named tuple or dataclass of this name in the folder of the experiments; None if there is none."""
    module, _, title = name.partition(".")
    if not (module.isidentifier() and title.isidentifier()):
        return None
    try:
        found = getattr(import_module(f"{__package__}.{module}"), title, None)
    except ModuleNotFoundError:
        return None
    if not isinstance(found, type) or found.__module__ != f"{__package__}.{module}":
        return None
    return found if _fields(found) is not None else None
