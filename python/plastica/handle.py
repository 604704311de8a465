"""What the parts of a network that users hold in their hands have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from .network import Network


class Handle:
    """A part of a network, pickled and copied as the network and the part's place in it."""

    place: ClassVar[str] = ""  # the dictionary of the network that knows it by its name
    network: Network
    name: str

    def __reduce__(self) -> tuple[Any, ...]:
        return found, (self.network, self.place, self.name)


def found(network: Network, place: str, key: Any) -> Any:
    """A part of a network by its name, or its number in a list."""
    return getattr(network, place)[key]
