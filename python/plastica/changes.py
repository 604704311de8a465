"""Changes of a network that happen as a whole: whatever interrupts them, and whatever other threads do.

A method prepares first, in Python, and changes nothing. Then it hands a list of changes to one native call, which makes
all of them or none: what the engine does, and what Python writes down about it. Ctrl-C is answered between two lines of
Python; the native call has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar, cast

from . import _native

if TYPE_CHECKING:
    from .faces import NetworkFace

Method = TypeVar("Method", bound=Callable[..., Any])

Call: TypeAlias = Callable[[], Any] | tuple[Callable[..., Any], Sequence[Any]]
"""A function without arguments, or a function with its arguments, as the sequence is when the call is made."""


class Change(NamedTuple):
    """Something that is done, how it is undone (None: it need not be), and what gets its result.

    All functions are written in C: methods of the engine and of containers, ``setattr``, partials of them.
    """

    make: Call
    undo: Call | None = None
    keep: Sequence[Callable[[Any], Any]] = ()


def listed(registry: dict[str, Any], name: str, thing: object) -> Change:
    """The change that enters a thing under its name."""
    return Change(partial(registry.__setitem__, name, thing), partial(registry.__delitem__, name))


def assigned(owner: object, name: str, value: object) -> Change:
    """The change that gives an attribute another value."""
    return Change(partial(setattr, owner, name, value), partial(setattr, owner, name, getattr(owner, name)))


def added(
    registry: dict[str, Any],
    record: Any,
    add: Call,
    undo: Call | None = None,
    keep: Sequence[Callable[[Any], Any]] = (),
) -> list[Change]:
    """The changes that add a thing to the engine, which gives it an index, and to those that Python knows of.

    `keep`: what else gets the index.
    """
    keep = [partial(setattr, record, "index"), *keep]
    return [listed(registry, record.name, record), Change(add, undo, keep)]


def perform(changes: Iterable[Change]) -> None:
    """Makes all changes in this order or, if one is refused, none."""
    _native.perform(list(changes))


def perform_settings(changes: Iterable[Change]) -> None:
    """Makes all changes or none, in any order: what cannot be undone is made last."""
    perform(sorted(changes, key=lambda change: change.undo is None))


class Scope(_native.Scope):
    """A context manager that makes changes and undoes them, both in native code.

    Parameters
    ----------
    changes : iterable of Change
        What is made when the block begins; at its end all of it is undone.
    entered : object
        What the block gets.
    """

    def __init__(self, changes: Iterable[Change], entered: object) -> None:
        self._entering = list(changes)
        self._leaving: list[Call] = []
        self._entered = entered


def claiming(method: Method) -> Method:
    """While the method of a network, or of a part of one, works, the network is this thread's.

    Other threads get a RuntimeError from whatever they ask of it.
    """

    @wraps(method)
    def claimed(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        network: NetworkFace = getattr(self, "_network", self)
        return network.engine().claim(method.__name__, partial(method, self, *args, **kwargs))

    return cast("Method", claimed)
