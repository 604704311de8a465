"""What a network knows of its parts as JSON and arrays, and back; each record lists its own fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce, parts
from .errors import CheckpointError
from .part import Part
from .schedule import Schedule

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .handle import NamedRecord, Record
    from .network import Network
    from .population import NeuronsRecord
    from .projection import ProjectionRecord

Put = Callable[["NDArray[Any]"], dict[str, Any]]
Get = Callable[[str], "NDArray[Any]"]

_PARTS = {name: getattr(parts, name) for name in parts.__all__}


def saved(value: Any, put: Put) -> Any:
    """A parameter of a part as JSON."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return put(value)
    if isinstance(value, tuple):
        return [saved(item, put) for item in value]
    if isinstance(value, Mapping):
        return {"mapping": {name: saved(item, put) for name, item in value.items()}}
    if isinstance(value, Schedule):
        return {"schedule": [put(value.times), put(value.values)]}
    if isinstance(value, Part):
        return {"part": type(value).__name__, "parameters": {n: saved(v, put) for n, v in value.parameters.items()}}
    raise TypeError(f"{type(value).__name__} cannot be saved")


class Restoring:
    """A network that is read from a file: the file's arrays, and the records that have been read so far.

    Parameters
    ----------
    network : Network
        The network that gets the records.
    get : callable
        Gives an array of the file by its name.
    """

    def __init__(self, network: Network, get: Get) -> None:
        self.get = get
        self._known: dict[str, Mapping[str, NamedRecord[Any]]] = {
            "population": network._populations,
            "projection": network._projections,
            "drive": network._drives,
            "modulator": network._modulators,
            "controller": network._controllers,
            "modifier": network._modifiers,
            "guard": network._guards,
        }

    def free(self, name: Any, kind: str) -> str:
        """A name that no other part of this kind has."""
        taken = self._known[kind]
        require(
            isinstance(name, str) and bool(name) and name not in taken, f"{coerce.shown(name)} is not a name of its own"
        )
        return str(name)

    def neurons(self, reference: Mapping[str, Any]) -> NeuronsRecord:
        """The population, or the view of one, that is referred to."""
        population: Any = self._known["population"][reference["population"]]
        if reference["ids"] is None:
            return population  # type: ignore[no-any-return]
        ids = np.array(self.get(reference["ids"]["array"]))
        require(
            ids.dtype == np.uint32 and ids.ndim == 1 and bool((ids < population.size).all()),
            "a view is not of its population",
        )
        return population.view(ids)  # type: ignore[no-any-return]

    def target(self, reference: Mapping[str, Any]) -> Record[Any]:
        """Whatever is referred to."""
        if "population" in reference:
            return self.neurons(reference)
        ((kind, name),) = reference.items()
        return self._known[kind][name]

    def projection(self, name: str) -> ProjectionRecord:
        """The projection of this name."""
        return self._known["projection"][name]  # type: ignore[return-value]

    def part(self, told: Any, kind: type[Part]) -> Any:
        """A part, checked as if the user had made it."""
        require(isinstance(told, dict) and told.get("part") in _PARTS, "a part of a kind that is not known")
        part = _PARTS[told["part"]](**{name: self._value(value) for name, value in told["parameters"].items()})
        require(isinstance(part, kind), f"{told['part']} is not a {kind.__name__.lower()}")
        return part

    def _value(self, told: Any) -> Any:
        """A parameter of a part."""
        if told is None or isinstance(told, bool | int | float | str):
            return told
        if isinstance(told, list):
            return tuple(self._value(item) for item in told)
        require(isinstance(told, dict), "a value of a part is not one")
        if "array" in told:
            return self.get(told["array"])
        if "mapping" in told:
            return {name: self._value(item) for name, item in told["mapping"].items()}
        if "schedule" in told:
            return Schedule(*(self._value(item) for item in told["schedule"]))
        return self.part(told, Part)


def require(holds: bool, message: str) -> None:
    """Refuses the file, with the message, unless something holds."""
    if not holds:
        raise CheckpointError(message)


def text(value: Any) -> str:
    """A text from a file."""
    require(isinstance(value, str), f"{coerce.shown(value)} is not a text")
    return str(value)


def index_of(value: Any) -> int:
    """A number of the engine's from a file."""
    return coerce.integer(value, "index", low=0, high=2**53)
