"""Handles, which users hold, and records, which the network holds.

A network knows each of its parts as a record, and no record knows the network. A handle has both: the network, so that
the network lives as long as any of its handles, and the record. So nothing that a network holds refers to the network,
and the network goes with the last of its handles, at once.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload
from weakref import ReferenceType, ref

from . import coerce, words
from .errors import UnknownName, suggestion

if TYPE_CHECKING:
    from typing import Self

    from . import _native
    from .faces import NetworkFace
    from .saving import Put, Restoring, Sides

H = TypeVar("H")
R = TypeVar("R", bound="Record[Any]")
N = TypeVar("N", bound="NamedRecord[Any]")


class Guided:
    """What belongs to a network says what it has: unknown attributes are refused, and those that cannot be set.

    Without this, Python would keep what is set by a wrong name, and nothing would follow from it.
    """

    if not TYPE_CHECKING:  # or type checkers would allow every name

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
            if hasattr(type(self), name):
                return object.__getattribute__(self, name)  # its own error, once more
            raise AttributeError(self._unknown(name))

        def __setattr__(self, name: str, value: Any) -> None:
            own = getattr(type(self), name, None)
            inside = sys._getframe(1).f_globals.get("__name__", "").partition(".")[0] == __name__.partition(".")[0]
            if name.startswith("_") or inside or getattr(own, "fset", None) is not None:
                object.__setattr__(self, name, value)
                return
            if own is None and name not in vars(self):
                raise AttributeError(self._unknown(name))
            fixed = "it is fixed when it is made" if name in vars(self) else ""
            hints = (words.FIXED.get((cls.__name__, name), "") for cls in type(self).__mro__)
            hint = next(filter(None, hints), fixed)
            raise AttributeError(f"{name} of {self._title()} cannot be set{'; ' if hint else ''}{hint}")

    def _title(self) -> str:
        """What it is in a message, such as ``projection 'feedback'``."""
        name = getattr(self, "name") if hasattr(type(self), "name") else None  # noqa: B009
        kind = type(self).__name__.lower()
        return f"this {kind}" if name is None else f"{kind} '{name}'"

    def _gettable(self) -> tuple[str, ...]:
        """Names that `get` knows, where there is a `get`."""
        return ()

    def _unknown(self, name: str) -> str:
        """The sentence that names what was meant by an attribute that there is not."""
        own = self._gettable()
        given = name if name in own else words.meant(name, own)
        if given in own and words.folded(name) not in words.ATTRIBUTES:
            how = f"get('{given}'), {words.setting('', given)}"
            return f"{self._title()} has no attribute '{name}'; '{given}' is read and set by {how}"
        public = [each for each in (*dir(type(self)), *vars(self)) if not each.startswith("_")]
        return f"{self._title()} has no attribute '{name}'; {suggestion(name, public, words.ATTRIBUTES)}"


class Record(ABC, Generic[H]):
    """What a network knows of one of its parts. It refers to other parts by their records."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: ReferenceType[H] | None = None  # the handle that somebody holds

    def handle(self, network: NetworkFace) -> H:
        """The part as users see it: the handle that somebody holds, or a new one."""
        handle = None if self._held is None else self._held()
        if handle is None:
            handle = self._new_handle(network)
            self._held = ref(handle)
        return handle

    @abstractmethod
    def _new_handle(self, network: NetworkFace) -> H:
        """A handle of this record."""

    @abstractmethod
    def reference(self, put: Put) -> dict[str, Any]:
        """What a file says where another part refers to this one."""


class NamedRecord(Record[H]):
    """A record of a part that the network knows by its name."""

    __slots__ = ("index", "name")

    kind: ClassVar[str] = ""  # such as "population"

    def __init__(self, index: int, name: str) -> None:
        super().__init__()
        self.index, self.name = index, name  # the engine knows it by its index

    def reference(self, put: Put) -> dict[str, Any]:
        """The part's kind and name."""
        return {self.kind: self.name}

    @abstractmethod
    def state(self, put: Put, core: _native.Core) -> dict[str, Any]:
        """What a file says of the part."""

    @classmethod
    def is_of(cls, told: Mapping[str, Any]) -> bool:
        """Whether a file tells of a part of this kind, and not of another one that is kept in the same place."""
        return True

    @classmethod
    @abstractmethod
    def restored(cls, number: int, told: Mapping[str, Any], known: Restoring) -> Self:
        """The reverse of `state`; it is the part of this number in the file."""

    @classmethod
    def compare(cls, number: int, told: Mapping[str, Any], sides: Sides) -> None:
        """Refuses a file where the engine was told something else of the part."""


class Handle(Guided, Generic[R]):
    """A part of a network, as users hold it."""

    def __init__(self, network: NetworkFace, record: R) -> None:
        self._network, self._record = network, record

    @property
    def network(self) -> Any:
        """The network, which lives as long as any of its handles."""
        return self._network  # a Network, which is made of handles and can have no name here


class NamedHandle(Handle[N]):
    """A part with a name; it is pickled and copied as the network and the part's place in it."""

    place: ClassVar[str] = ""  # the dictionary of the network that knows it by its name

    @property
    def index(self) -> int:
        """The number by which the engine knows it."""
        return self._record.index

    @property
    def name(self) -> str:
        """Its name."""
        return self._record.name

    def _check_own(self, network: NetworkFace, what: str) -> None:
        """Refuses a part of another network, for the parts of this package."""
        if self._network is not network:
            raise ValueError(f"{what}: {self._record.kind} '{self.name}' belongs to another network")

    def __reduce__(self) -> tuple[Any, ...]:
        return found, (self.network, self.place, self.name)


class ByName(Mapping[str, H]):
    """Parts of a network by name, as they were when they were asked for; a handle is made when it is looked at."""

    def __init__(self, network: NetworkFace, records: Mapping[str, Record[Any]], place: str) -> None:
        self._network, self._records = network, dict(records)
        self._place = place  # what the network calls them, such as "populations"

    def __getitem__(self, name: str) -> H:
        if name not in self._records:
            kind = self._place.removesuffix("s")
            raise UnknownName(f"the network has no {kind} {name!r}; {suggestion(name, self._records)}")
        handle: H = self._records[name].handle(self._network)
        return handle

    if not TYPE_CHECKING:  # or type checkers would allow every name

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
            near = words.suggestion(name, self._records, {})
            hint = f"net.{self._place}['{name}']" if name in self._records else f"net.{self._place}[name]; {near}"
            raise AttributeError(f"parts of a network are found by name in brackets: {hint.removesuffix('; ')}")

    def __contains__(self, name: object) -> bool:
        return name in self._records

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)

    def __repr__(self) -> str:
        return repr(dict(self))


class InOrder(Sequence[H]):
    """Parts of a network in the order they were made; otherwise as `ByName`."""

    def __init__(self, network: NetworkFace, records: Sequence[Record[Any]]) -> None:
        self._network, self._records = network, tuple(records)

    @overload
    def __getitem__(self, index: int) -> H: ...

    @overload
    def __getitem__(self, index: slice) -> list[H]: ...

    def __getitem__(self, index: int | slice) -> H | list[H]:
        if isinstance(index, slice):
            return [record.handle(self._network) for record in self._records[index]]
        handle: H = self._records[index].handle(self._network)
        return handle

    def __len__(self) -> int:
        return len(self._records)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (list, InOrder)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)

    def __repr__(self) -> str:
        return repr(list(self))


def found(network: NetworkFace, place: str, key: Any) -> Any:
    """A part of a network by its name, or its number in a list."""
    return getattr(network, f"_{place}")[key].handle(network)


def free_name(name: Any, kind: str, taken: Mapping[str, object]) -> str:
    """The name given, or the first free one such as population_0."""
    if name is None:
        number = len(taken)
        while f"{kind}_{number}" in taken:
            number += 1
        return f"{kind}_{number}"
    chosen = coerce.text(name, f"name of a {kind}")
    if chosen in taken:
        raise ValueError(f"there is already a {kind} with the name '{chosen}'")
    return chosen
