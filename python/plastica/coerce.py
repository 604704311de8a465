"""What users pass, made into numbers, arrays and names, or refused with the part, the field and the value."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from errno import EISDIR
from math import isfinite
from os import PathLike, fsencode, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

import numpy as np

from . import _native, words
from .errors import UnknownName, suggestion

if TYPE_CHECKING:
    from numpy.typing import NDArray

_T = TypeVar("_T", bound=np.generic)


class Signal:
    """What parts refer to by its name: the base of modulators."""

    __slots__ = ()


_NUMBERS = (int, float, np.integer, np.floating)


def _is_number(value: object) -> TypeGuard[float]:
    """Whether it is a real number; a duration of NumPy says that it is an integer."""
    return isinstance(value, _NUMBERS) and not isinstance(value, (bool, np.timedelta64))


def shown(value: object, unit: str = "") -> str:
    """A value as a person writes it: ``0.1 ms``, ``'fast'``."""
    try:
        text = f"{value:.10g}" if _is_number(value) else " ".join(repr(value).split())
    except (OverflowError, ValueError):  # integers that no float can hold, and that Python does not print
        text = f"a {type(value).__name__} of too many digits"
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"{text} {unit}" if unit else text


def path(value: object, what: str) -> Path:
    """The name of a file or a folder."""
    text = value if isinstance(value, str) else fspath(value) if isinstance(value, PathLike) else None
    if not isinstance(text, str):
        raise TypeError(f"{what} = {shown(value)} must be a path, not {type(value).__name__}")
    try:
        fsencode(text)
    except UnicodeEncodeError:
        raise ValueError(f"{what} = {shown(value)} must be a name that files can have") from None
    if not text or "\0" in text:
        raise ValueError(f"{what} = {shown(value)} must be a name that files can have")
    return Path(text)


def file(value: object, what: str) -> Path:
    """The name of a file: a path that does not end as only folders do."""
    named = path(value, what)
    if fspath(value).rpartition("/")[2] in ("", ".", ".."):  # type: ignore[call-overload]
        raise IsADirectoryError(EISDIR, f"{what} = {shown(value)} names a folder; give the name of a file")
    return named


def number(value: object, what: str, unit: str = "", *, infinite: Sequence[float] = ()) -> float:
    """A finite float, or one of the infinities that are allowed.

    Raises
    ------
    TypeError
        For booleans, strings, complex numbers and everything else that is not a real number.
    ValueError
        For NaN, for infinity that is not allowed, and for what is beyond double precision.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if not _is_number(value):
        raise TypeError(f"{what} = {shown(value)} must be a number, not {type(value).__name__}")
    try:
        result = float(value)
    except OverflowError:
        result = np.inf
    if isfinite(result) or (result in infinite and value == result):
        return result
    if result in (np.inf, -np.inf) and value != result:
        raise ValueError(f"{what} is too large a number")
    raise ValueError(f"{what} = {shown(result, unit)} must be a finite number")


def integer(value: object, what: str, *, low: int, high: int) -> int:
    """An integer of at least `low` and at most `high`."""
    if not _is_number(value) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{what} = {shown(value)} must be an integer, not {type(value).__name__}")
    if not low <= value <= high:
        raise ValueError(f"{what} = {shown(value)} must be at least {low} and at most {high}")
    return int(value)


def flag(value: object, what: str) -> bool:
    """A boolean."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{what} = {shown(value)} must be True or False, not {type(value).__name__}")
    return bool(value)


def choice(value: object, what: str, choices: Sequence[str]) -> str:
    """One of a few names."""
    if not isinstance(value, str):
        raise TypeError(f"{what} = {shown(value)} must be one of the names {', '.join(choices)}")
    if value not in choices:
        raise ValueError(f"{what} = '{value}' is unknown; {suggestion(value, choices)}")
    return value


def text(value: object, what: str) -> str:
    """A string that is not empty and that can be written down."""
    if not isinstance(value, str) or not value:
        raise TypeError(f"{what} = {shown(value)} must be a non-empty string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{what} = {shown(value)} must be a string of valid Unicode") from None
    return str(value)


def known(name: object, valid: Collection[str], what: str, others: Collection[str] = ()) -> str:
    """The name, if it is one of the valid ones; else an error that begins as ``population 'exc' has no receptor``.

    The error lists the others, too: names that are valid elsewhere.
    """
    if not isinstance(name, str):
        raise TypeError(f"{what} {shown(name)}: a name must be a string, not {type(name).__name__}")
    if name not in valid:
        raise UnknownName(f"{what} {name!r}; {suggestion(name, (*valid, *others))}")
    return name


def variable(name: object, valid: Collection[str], what: str, others: Collection[str] = ()) -> str:
    """The same for a parameter or a state, which other simulators may call by another name."""
    if isinstance(name, str) and name not in valid:
        raise UnknownName(f"{what} {name!r}; {suggestion(name, (*valid, *others), words.PARAMETERS)}")
    return known(name, valid, what, others)


def name_of_modulator(value: object, what: str) -> str:
    """The name of a modulator, given itself or its name."""
    name = getattr(value, "name", value) if isinstance(value, Signal) else value
    if not isinstance(name, str) or not name:
        raise TypeError(f"{what} = {shown(value)} must be a modulator, from net.modulator(...), or its name")
    return text(name, what)


def is_name(value: object, *names: str) -> bool:
    """Whether a value is one of some names; arrays and what else compares in its own way are none."""
    return isinstance(value, str) and value in names


def is_function(value: object) -> bool:
    """Whether a value can be called, and is no class."""
    return callable(value) and not isinstance(value, type)


def check_names(value: object, what: str) -> None:
    """Refuses all but a name or a sequence of names."""
    several = isinstance(value, Sequence) and all(isinstance(name, str) for name in value)
    if not several:
        raise TypeError(f"{what} = {shown(value)} must be a name or a list of names")


def mapping(value: object, what: str) -> Mapping[Any, Any]:
    """A mapping."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{what} = {shown(value)} must be a mapping from names to values, not {type(value).__name__}")
    return value


def check_memory(count: float, each: float, what: str, remedy: str) -> None:
    """Refuses what takes more memory than the machine has: so many things of so many bytes, at the least."""
    _native.check_memory(float(count) * each, what, remedy)


def raw_array(value: object, what: str) -> NDArray[Any]:
    """An array of whatever kind: a view where possible."""
    if isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise TypeError(f"{what} must be an array without masked values; fill or leave them out")
    try:
        return np.asarray(value)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"{what} must be an array, not nested sequences of different lengths") from None


def array(value: object, what: str, unit: str = "", *, dimensions: Sequence[int] = (1,)) -> NDArray[np.float64]:
    """A read-only array of finite doubles; the caller's own array is copied."""
    data = raw_array(value, what)
    if data.dtype.kind not in "iuf" and data.size:
        raise TypeError(f"{what} must be a number or an array of numbers, not {_kind_of(value, data)}")
    if data.ndim not in dimensions:
        expected = " or ".join(map(str, dimensions))
        raise ValueError(f"{what} has {data.ndim} dimensions; it must have {expected}")
    if data.size == 0:
        return frozen(np.empty(data.shape))
    with np.errstate(over="ignore"):  # of longer floats: they become infinite, and are refused
        result = np.array(data, dtype=np.float64, order="C")
    finite = np.isfinite(result)
    if not finite.all():
        where = np.unravel_index(int(np.argmin(finite)), result.shape)
        place = ", ".join(str(int(i)) for i in where)
        raise ValueError(f"{what}[{place}] = {shown(result[where], unit)} must be a finite number")
    return frozen(result)


def number_or_array(
    value: object, what: str, unit: str = "", *, infinite: Sequence[float] = ()
) -> float | NDArray[np.float64]:
    """A float, or a read-only array of one dimension."""
    if isinstance(value, (list, tuple, range)) or (isinstance(value, np.ndarray) and value.ndim > 0):
        return array(value, what, unit)
    if hasattr(value, "__array__") and not isinstance(value, (np.ndarray, np.generic)):
        return array(value, what, unit)  # a pandas Series, for example
    return number(value, what, unit, infinite=infinite)


def indices(value: object, what: str, size: int | None = None, *, single: bool = False) -> NDArray[np.uint32]:
    """A read-only array of indices, below `size` where one is given; of a single one, if that is allowed."""
    if hasattr(value, "native_ids"):
        raise TypeError(f"{what} must be integers: of a population or a view give its .ids")
    data = raw_array(value, what)
    if single:
        data = np.atleast_1d(data)
    if data.ndim != 1:
        raise ValueError(f"{what} must be an array of one dimension, not {data.ndim}")
    if data.dtype.kind not in "iu" and data.size:
        raise TypeError(f"{what} must be integers, not {_kind_of(value, data)}")
    limit = 2**32 if size is None else size
    outside = (data < 0) | (data >= limit) if data.size else np.zeros(0, bool)
    if outside.any():
        first = int(np.argmax(outside))
        raise ValueError(f"{what}[{first}] = {data[first]} must be at least 0 and below {limit}")
    return frozen(data.astype(np.uint32))


def ids(values: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Indices of the engine as users get them: signed, so that their differences do not wrap; a copy."""
    return values.astype(np.int64)


def _kind_of(value: object, data: NDArray[Any]) -> str:
    return f"an array of {data.dtype}" if data.ndim else type(value).__name__


def frozen(data: NDArray[_T]) -> NDArray[_T]:
    """The same array, which cannot be written to from now on."""
    data.flags.writeable = False
    return data
