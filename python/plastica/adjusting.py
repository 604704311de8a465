"""What laws, modifiers and guards act on: neurons, projections, drives and controllers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from . import coerce, words
from .errors import UnknownName, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from .faces import NetworkFace
    from .schema import Field


class Address(NamedTuple):
    """Whose parameter it is, as the engine knows it."""

    owner: str  # "population", "projection", "drive" or "controller"
    number: int
    ids: NDArray[np.uint32] | None


class Adjustable(ABC):
    """Something with parameters that others adjust."""

    _watched: ClassVar[str] = ""  # what of it a guard watches

    @abstractmethod
    def _check_own(self, network: NetworkFace, what: str) -> None:
        """Refuses what belongs to another network, for the parts of this package."""

    @abstractmethod
    def _address(self) -> Address:
        """Where the engine finds it."""

    @abstractmethod
    def _check_multiplied(self, name: str, what: str) -> None:
        """Refuses a name of what a modifier cannot multiply, with what was meant."""


def address_of(target: Any, network: NetworkFace, what: str) -> Address:
    """Where the engine finds something that can be acted on.

    Raises
    ------
    TypeError, ValueError
        If nothing can act on it, or it belongs to another network.
    """
    if not isinstance(target, Adjustable):
        raise TypeError(
            f"{what} = {coerce.shown(target)} must be a population, a view of one, a projection, a drive or a "
            "controller"
        )
    target._check_own(network, what)
    return target._address()


def adjustable(fields: Iterable[tuple[str, Field]]) -> list[str]:
    """Names of those parameters that have factors: numbers that may change while the part is at work."""
    return [name for name, field in fields if not (field.choices or field.is_modulator or field.is_fixed)]


def check_factor(name: str, names: Iterable[str], known: Iterable[str], what: str) -> None:
    """Refuses the name of a parameter that has no factor; of known others the engine says why.

    Raises
    ------
    UnknownName
        If there is no such parameter.
    """
    if name not in (*names, *known):
        meant = suggestion(name, names, {**words.PARAMETERS, **words.FACTORS})
        raise UnknownName(f"{what} has no parameter {name!r} to multiply; {meant}")
