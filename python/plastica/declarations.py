"""What the native schemas of parts do not say, such as parameters that are not numbers.

A part that is not listed here takes numbers, names and flags only, and has nothing of what a `Declaration` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import coerce

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ObjectParameter(NamedTuple):
    """A parameter of a part that is not a number, such as receptors by name, an array or a matrix."""

    annotation: str
    default: str | None  # source text; None: the user must give it
    sentence: str
    convert: Callable[[str, Any], Any]


class Declaration(NamedTuple):
    """What the native schema of a part does not say."""

    objects: Mapping[str, ObjectParameter] = MappingProxyType({})
    receptors: Mapping[str, str] = MappingProxyType({})  # that a model has without being given any, and their parts
    by_distance: bool = False  # whether a connector needs positions
    acts_on_sources: bool = False  # whether a law may act on neurons without a membrane
    engine_name: str = ""  # what the engine calls the part, if another name
    # parameters of what the engine calls it that follow a Schedule of two of the part's own: of times, and of values
    stepped: Mapping[str, tuple[str, str]] = MappingProxyType({})


def _receptors(what: str, value: Any) -> Mapping[str, Any]:
    if value is None:
        return MappingProxyType({})
    if not isinstance(value, Mapping):
        raise TypeError(f"{what} must map names to receptors, such as {{'ampa': ConductanceExp(tau=5)}}")
    for name, receptor in value.items():
        if not isinstance(name, str) or not name or "." in name:
            raise ValueError(f"{what}: the name {name!r} of a receptor must be a non-empty string without dots")
        if getattr(receptor, "kind", None) != "receptor" or isinstance(receptor, type):
            raise TypeError(
                f"{what}['{name}'] = {coerce.shown(receptor)} must be a receptor, such as ConductanceExp(tau=5)"
            )
    return MappingProxyType(dict(value))


def _spike_times(what: str, value: Any) -> NDArray[np.float64] | tuple[NDArray[np.float64], ...]:
    if isinstance(value, Sequence) and not isinstance(value, str) and any(hasattr(v, "__len__") for v in value):
        return tuple(coerce.array(times, f"{what}[{i}]", "ms") for i, times in enumerate(value))
    if getattr(value, "ndim", 1) == 2:
        raise ValueError(
            f"{what} has 2 dimensions; it must have 1, or be a list with an array for each neuron: of a matrix with a "
            "row for each neuron give list(times)"
        )
    return coerce.array(value, what, "ms")


def _indices(what: str, value: Any) -> NDArray[np.uint32]:
    return coerce.indices(value, what)


def _optional_indices(what: str, value: Any) -> NDArray[np.uint32] | None:
    return None if value is None else coerce.indices(value, what)


def _matrix(what: str, value: Any) -> Any:
    if not (hasattr(value, "tocsr") and getattr(value, "ndim", 2) == 2):
        raise TypeError(
            f"{what} must be a SciPy sparse matrix, such as scipy.sparse.csr_array(matrix), not {type(value).__name__}"
        )
    matrix = value.tocsr(copy=True)
    matrix.sum_duplicates()
    coerce.array(matrix.data, f"{what}.data")
    for column in (matrix.data, matrix.indices, matrix.indptr):
        column.flags.writeable = False
    return matrix


def _extent(what: str, value: Any) -> NDArray[np.float64] | None:
    if value is None:
        return None
    extent = coerce.array(np.atleast_1d(coerce.raw_array(value, what)), what)
    if not 1 <= len(extent) <= 3 or (extent <= 0).any():
        raise ValueError(f"{what} = {coerce.shown(value)} must be 1 to 3 lengths above 0")
    return extent


def _times(what: str, value: Any) -> NDArray[np.float64]:
    times = coerce.array(value, what, "ms")
    if len(times) == 0 or times[0] < 0 or (np.diff(times) <= 0).any():
        raise ValueError(f"{what} must be at least one moment, rise, and start at 0 ms or later")
    return times


LONGEST_INTERVAL = 100_000.0  # ms; the window is tabulated step by step


def _intervals(what: str, value: Any) -> NDArray[np.float64]:
    intervals = coerce.array(value, what, "ms")
    if len(intervals) < 2 or (np.diff(intervals) <= 0).any():
        raise ValueError(f"{what} must be at least two intervals, rising")
    if np.abs(intervals).max() > LONGEST_INTERVAL:
        raise ValueError(f"{what} must lie within {LONGEST_INTERVAL:g} ms of 0")
    return intervals


def _changes(what: str, value: Any) -> NDArray[np.float64]:
    return coerce.array(value, what)


def _amplitudes(what: str, value: Any) -> NDArray[np.float64]:
    return coerce.array(value, what, "pA", dimensions=(1, 2))


def _name(what: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{what} = {coerce.shown(value)} must be a name")
    return value


def _optional_name(what: str, value: Any) -> str | None:
    return None if value is None else _name(what, value)


def _one_kind(what: str, value: Any) -> Any:
    if getattr(value, "kind", None) != "elements" or isinstance(value, type):
        raise TypeError(f"{what} = {coerce.shown(value)} must be SynapticElements(...)")
    return value


def _kinds(what: str, value: Any) -> Any:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_one_kind(f"{what}[{i}]", each) for i, each in enumerate(value))
    return _one_kind(what, value)


EXTENT = ObjectParameter(
    "ArrayLike | None", "None", "side lengths of a periodic box, one per dimension; None: open space", _extent
)
RECEPTORS = ObjectParameter(
    "Mapping[str, Receptor] | None",
    "None",
    "receptors by name; `receptor=` of `connect` and `drive` refers to them",
    _receptors,
)

_DECLARED: dict[str, Declaration] = {
    "Relay": Declaration(receptors={"input": "CurrentDelta"}),
    "SpikeSource": Declaration(
        objects={
            "times": ObjectParameter(
                "ArrayLike | Sequence[ArrayLike]",
                None,
                "spike times in ms, later than now: one array that all neurons share, a list of one array per neuron, "
                "or, with `ids`, one flat array; each is rounded to the grid, which holds one "
                "spike of a neuron in a step",
                _spike_times,
            ),
            "ids": ObjectParameter(
                "ArrayLike | None", "None", "the neuron that emits each of the flat `times`", _optional_indices
            ),
        }
    ),
    "StepCurrent": Declaration(
        objects={
            "times": ObjectParameter(
                "ArrayLike", None, "moments in ms, rising; before the first the current is 0", _times
            ),
            "amplitudes": ObjectParameter(
                "ArrayLike",
                None,
                "current in pA from each moment on, shape (T,), or (T, n) with a column for each neuron",
                _amplitudes,
            ),
        },
        engine_name="ConstantCurrent",
        stepped={"amplitude": ("times", "amplitudes")},
    ),
    "Explicit": Declaration(
        objects={
            "sources": ObjectParameter(
                "ArrayLike", None, "index of the source of each connection, within `pre`", _indices
            ),
            "targets": ObjectParameter(
                "ArrayLike", None, "index of the target of each connection, within `post`", _indices
            ),
        }
    ),
    "FromSparse": Declaration(
        objects={
            "matrix": ObjectParameter(
                "SparseMatrix",
                None,
                "SciPy sparse matrix of shape (pre, post); its stored entries are the connections, and their weights "
                "unless `connect` is given some",
                _matrix,
            ),
        },
        engine_name="Explicit",
    ),
    "WindowSTDP": Declaration(
        objects={
            "intervals": ObjectParameter(
                "ArrayLike",
                None,
                "intervals in ms, rising, of the points of the window: postsynaptic minus presynaptic spike at the "
                "synapse",
                _intervals,
            ),
            "changes": ObjectParameter(
                "ArrayLike",
                None,
                "what a pair with each of the `intervals` does, in units of learning_rate w_max; linear in between, 0 "
                "beyond the first and the last",
                _changes,
            ),
        }
    ),
    "SynapticScaling": Declaration(
        objects={
            "receptor": ObjectParameter(
                "str | None", "None", "the receptor whose arrivals are scaled; None: the only one", _optional_name
            ),
        }
    ),
    "HomeostaticFactor": Declaration(
        objects={
            "receptor": ObjectParameter(
                "str | None", "None", "the receptor whose arrivals are scaled; None: the only one", _optional_name
            ),
        }
    ),
    "IntrinsicExcitability": Declaration(
        objects={
            "parameter": ObjectParameter(
                "str", '"V_th"', "the parameter that moves: any of the membrane, or of a receptor as `ampa.tau`", _name
            ),
        }
    ),
    "SpikeTriggeredThreshold": Declaration(
        objects={
            "parameter": ObjectParameter("str", '"V_th"', "the parameter that rises: any of the membrane", _name),
        }
    ),
    "Modulation": Declaration(
        objects={
            "parameter": ObjectParameter(
                "str",
                None,
                "what it acts on: a parameter of neurons (`V_th`), of a receptor (`ampa.tau`) or its gain "
                "(`ampa.gain`); the `gain` of a projection or a parameter of a rule (`learning_rate`, `0.U`); the "
                "first parameter of a drive; a parameter of a controller",
                _name,
            ),
        },
        acts_on_sources=True,
    ),
    "DistanceDependent": Declaration(objects={"extent": EXTENT}, by_distance=True),
    "StructuralPlasticity": Declaration(
        objects={
            "axonal": ObjectParameter("SynapticElements", None, "elements of the sources' axons", _one_kind),
            "dendritic": ObjectParameter(
                "SynapticElements | Sequence[SynapticElements]",
                None,
                "elements of the targets' dendrites; a list has one for each projection",
                _kinds,
            ),
            "extent": EXTENT,
        }
    ),
    "Creation": Declaration(objects={"extent": EXTENT}),
    "KestenTurnover": Declaration(objects={"extent": EXTENT}),
}

# What a part of a kind has that is not listed above.
_OF_KIND = {"membrane": Declaration(objects={"receptors": RECEPTORS})}

# Parts that exist in Python only: others do their work in the engine.
COMPOSED = (
    ("connector", "FromSparse", "The synapses that the stored entries of a SciPy sparse matrix list."),
    ("stimulus", "StepCurrent", "A current that steps from one amplitude to the next at given moments."),
)


def declaration(kind: str, part: str) -> Declaration:
    """What the native schema of a part does not say."""
    return _DECLARED.get(part) or _OF_KIND.get(kind) or Declaration()
