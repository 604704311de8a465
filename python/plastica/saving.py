"""What a network knows of its parts as JSON and arrays, and back; each record lists its own fields.

`saved` and `Restoring` are for what records are made of; `Sides` compares what a record says with the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce
from .errors import CheckpointError
from .part import Part, part_named
from .schedule import Schedule

if TYPE_CHECKING:
    from numpy.typing import NDArray

Put = Callable[["NDArray[Any]"], dict[str, Any]]
Get = Callable[[str], "NDArray[Any]"]

_OWNERS = ("population", "projection", "drive", "controller")
"""What laws and guards act on, in the order of the engine's numbers."""


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
    known : mapping
        Records by name, by their kind: those of the network, which come to be one after the other.
    get : callable
        Gives an array of the file by its name.
    """

    def __init__(self, known: Mapping[str, Mapping[str, Any]], get: Get) -> None:
        self.get = get
        self._known = known

    def free(self, name: Any, kind: str) -> str:
        """A name that no other part of this kind has."""
        taken = self._known[kind]
        require(
            isinstance(name, str) and bool(name) and name not in taken, f"{coerce.shown(name)} is not a name of its own"
        )
        return str(name)

    def neurons(self, reference: Mapping[str, Any]) -> Any:
        """The population, or the view of one, that is referred to."""
        population = self._known["population"][reference["population"]]
        if reference["ids"] is None:
            return population
        ids = np.array(self.get(reference["ids"]["array"]))
        require(
            ids.dtype == np.uint32 and ids.ndim == 1 and bool((ids < population.size).all()),
            "a view is not of its population",
        )
        return population.view(ids)

    def target(self, reference: Mapping[str, Any]) -> Any:
        """Whatever is referred to."""
        if "population" in reference:
            return self.neurons(reference)
        ((kind, name),) = reference.items()
        return self._known[kind][name]

    def projection(self, name: str) -> Any:
        """The projection of this name."""
        return self._known["projection"][name]

    def part(self, told: Any, kind: type[Part]) -> Any:
        """A part, checked as if the user had made it."""
        made = part_named(told.get("part")) if isinstance(told, dict) else None
        if made is None:
            raise CheckpointError("a part of a kind that is not known")
        part = made(**{name: self._value(value) for name, value in told["parameters"].items()})
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


class Sides:
    """What Python is told of a network, and what the engine was told.

    Parameters
    ----------
    saved : mapping
        What the network's records say of themselves, in lists by place: see `description.describe`.
    engine : mapping
        What the engine says of itself.
    """

    def __init__(self, saved: Mapping[str, Any], engine: Mapping[str, Any]) -> None:
        self.engine = engine
        self.places = {
            kind: {entry["name"]: index for index, entry in enumerate(saved[f"{kind}s"])}
            for kind in ("population", "projection", "drive")
        }
        """The engine's numbers of parts, by kind and name."""
        self.places["controller"] = {entry["name"]: index_of(entry["index"]) for entry in saved["controllers"]}

    def same(self, what: str, told: Any, has: Any) -> None:
        """Refuses the file unless both sides say the same."""
        require(told == has, f"{what} is {coerce.shown(told)} here and {coerce.shown(has)} there")

    def listed(self, name: str, *fields: str) -> list[Any]:
        """Fields of one of the engine's things."""
        return [self.engine[f"{name}/{field}"] for field in fields]

    def address(self, target: Mapping[str, Any]) -> list[int]:
        """What something acts on, in the engine's numbers: the owner's kind, and which one of the kind."""
        owner = next(kind for kind in _OWNERS if kind in target)
        return [_OWNERS.index(owner), self.places[owner][target[owner]]]


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
