"""What the parts of a network that users hold in their hands have in common."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

from . import words
from .errors import suggestion

if TYPE_CHECKING:
    from .network import Network


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
        name = vars(self).get("name", vars(self).get("_name"))
        kind = type(self).__name__.lower()
        return f"this {kind}" if name is None else f"{kind} '{name}'"

    def _unknown(self, name: str) -> str:
        """The sentence that names what was meant by an attribute that there is not."""
        public = [each for each in (*dir(type(self)), *vars(self)) if not each.startswith("_")]
        return f"{self._title()} has no attribute '{name}'; {suggestion(name, public, words.ATTRIBUTES)}"


class Handle(Guided):
    """A part of a network, pickled and copied as the network and the part's place in it."""

    place: ClassVar[str] = ""  # the dictionary of the network that knows it by its name
    network: Network
    name: str

    def __reduce__(self) -> tuple[Any, ...]:
        return found, (self.network, self.place, self.name)


def found(network: Network, place: str, key: Any) -> Any:
    """A part of a network by its name, or its number in a list."""
    return getattr(network, place)[key]
