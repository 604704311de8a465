"""Handles, which users hold, and records, which the network holds.

A network knows each of its parts as a record, and no record knows the network. A handle has both: the network, so that
the network lives as long as any of its handles, and the record. So nothing that a network holds refers to the network,
and the network goes with the last of its handles, at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload
from weakref import ReferenceType, ref

if TYPE_CHECKING:
    from .network import Network
    from .saving import Put

H = TypeVar("H")
R = TypeVar("R", bound="Record[Any]")
N = TypeVar("N", bound="NamedRecord[Any]")


class Record(ABC, Generic[H]):
    """What a network knows of one of its parts. It refers to other parts by their records."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: ReferenceType[H] | None = None  # the handle that somebody holds

    def handle(self, network: Network) -> H:
        """The part as users see it: the handle that somebody holds, or a new one."""
        handle = None if self._held is None else self._held()
        if handle is None:
            handle = self._new_handle(network)
            self._held = ref(handle)
        return handle

    @abstractmethod
    def _new_handle(self, network: Network) -> H:
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
    def state(self, put: Put) -> dict[str, Any]:
        """What a file says of the part."""


class Handle(Generic[R]):
    """A part of a network, as users hold it."""

    def __init__(self, network: Network, record: R) -> None:
        self._network, self._record = network, record

    @property
    def network(self) -> Network:
        """The network, which lives as long as any of its handles."""
        return self._network


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

    def __reduce__(self) -> tuple[Any, ...]:
        return found, (self.network, self.place, self.name)


class ByName(Mapping[str, H]):
    """Parts of a network by name, as they were when they were asked for; a handle is made when it is looked at."""

    def __init__(self, network: Network, records: Mapping[str, Record[Any]]) -> None:
        self._network, self._records = network, dict(records)

    def __getitem__(self, name: str) -> H:
        handle: H = self._records[name].handle(self._network)
        return handle

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

    def __init__(self, network: Network, records: Sequence[Record[Any]]) -> None:
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


def found(network: Network, place: str, key: Any) -> Any:
    """A part of a network by its name, or its number in a list."""
    return getattr(network, f"_{place}")[key].handle(network)
