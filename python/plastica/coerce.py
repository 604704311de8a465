"""What users pass, made into numbers, arrays and names, or refused with the part, the field and the value."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import suggestion

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NUMBERS = (int, float, np.integer, np.floating)


def shown(value: object, unit: str = "") -> str:
    """A value as a person writes it: ``0.1 ms``, ``'fast'``."""
    text = f"{value:.10g}" if isinstance(value, _NUMBERS) and not isinstance(value, bool) else repr(value)
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"{text} {unit}" if unit else text


def number(value: object, what: str, unit: str = "", *, infinite: bool = False) -> float:
    """A finite float.

    Raises
    ------
    TypeError
        For booleans, strings, complex numbers and everything else that is not a real number.
    ValueError
        For NaN, and for infinity unless `infinite`.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        raise TypeError(f"{what} = {shown(value)} must be a number, not {type(value).__name__}")
    try:
        result = float(value)
    except OverflowError:
        raise ValueError(f"{what} is too large a number") from None
    if isfinite(result) or (infinite and not isnan(result)):
        return result
    raise ValueError(f"{what} = {shown(result, unit)} must be a finite number")


def integer(value: object, what: str, *, low: int, high: int) -> int:
    """An integer of at least `low` and at most `high`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{what} = {shown(value)} must be an integer, not {type(value).__name__}")
    if not low <= value <= high:
        raise ValueError(f"{what} = {value} must be at least {low} and at most {high}")
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


def name_of_modulator(value: object, what: str) -> str:
    """The name of a modulator, given itself or its name."""
    name = getattr(value, "name", value) if type(value).__name__ == "Modulator" else value
    if not isinstance(name, str) or not name:
        raise TypeError(f"{what} = {shown(value)} must be a modulator, from net.modulator(...), or its name")
    return name


def array(value: object, what: str, unit: str = "", *, dimensions: Sequence[int] = (1,)) -> NDArray[np.float64]:
    """A read-only array of finite doubles; the caller's own array is copied."""
    try:
        data = np.asarray(value)
    except ValueError:
        raise ValueError(f"{what} must be an array, not nested sequences of different lengths") from None
    if data.dtype.kind not in "iuf" and data.size:
        raise TypeError(f"{what} must be a number or an array of numbers, not {_kind_of(value, data)}")
    if data.ndim not in dimensions:
        expected = " or ".join(map(str, dimensions))
        raise ValueError(f"{what} has {data.ndim} dimensions; it must have {expected}")
    result = np.array(data, dtype=np.float64, order="C")
    finite = np.isfinite(result)
    if not finite.all():
        where = np.unravel_index(int(np.argmin(finite)), result.shape)
        place = ", ".join(str(int(i)) for i in where)
        raise ValueError(f"{what}[{place}] = {shown(result[where], unit)} must be a finite number")
    return _frozen(result)


def number_or_array(value: object, what: str, unit: str = "", *, infinite: bool = False) -> float | NDArray[np.float64]:
    """A float, or a read-only array of one dimension."""
    if isinstance(value, (list, tuple, range)) or (isinstance(value, np.ndarray) and value.ndim > 0):
        return array(value, what, unit)
    if hasattr(value, "__array__") and not isinstance(value, (np.ndarray, np.generic)):
        return array(value, what, unit)  # a pandas Series, for example
    return number(value, what, unit, infinite=infinite)


def indices(value: object, what: str, size: int | None = None) -> NDArray[np.uint32]:
    """A read-only array of indices, below `size` where one is given."""
    data = np.asarray(value)
    if data.ndim != 1:
        raise ValueError(f"{what} must be an array of one dimension, not {data.ndim}")
    if data.dtype.kind not in "iu" and data.size:
        raise TypeError(f"{what} must be integers, not {_kind_of(value, data)}")
    limit = 2**32 if size is None else size
    outside = (data < 0) | (data >= limit) if data.size else np.zeros(0, bool)
    if outside.any():
        first = int(np.argmax(outside))
        raise ValueError(f"{what}[{first}] = {data[first]} must be at least 0 and below {limit}")
    return _frozen(data.astype(np.uint32))


def _kind_of(value: object, data: NDArray[Any]) -> str:
    return f"an array of {data.dtype}" if data.ndim else type(value).__name__


def _frozen(data: NDArray[Any]) -> NDArray[Any]:
    data.flags.writeable = False
    return data
