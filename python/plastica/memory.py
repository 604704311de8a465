"""Memory that is refused is asked for again, after what nobody holds any more has been let go."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def making_room(call: Callable[P, T]) -> Callable[P, T]:
    """The same function; where it runs out of memory, it is called a second time, after garbage has been collected.

    Objects that refer to each other in a cycle wait for Python's collector. The collector counts objects and does not
    know that a network among them holds gigabytes. `call` must change nothing when it fails.
    """

    @wraps(call)
    def once_more(*args: P.args, **kwargs: P.kwargs) -> T:
        with suppress(MemoryError):
            return call(*args, **kwargs)
        gc.collect()
        return call(*args, **kwargs)

    return once_more
