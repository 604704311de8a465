"""Modifiers: factors on parameters that come and go, such as what a drug does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from . import _native, coerce
from .changes import Call, Change
from .handle import Handle

if TYPE_CHECKING:
    from .network import Network


class Modifier(Handle, _native.Scope):
    """Factors on parameters, in force for a time; made by `Network.modify` and `Network.apply`.

    As a context manager it is removed at the end of the block.
    """

    place = "modifiers"

    _entering = ()  # it is in force before the block begins
    _entered = None

    def __init__(
        self, network: Network, index: int, name: str, factors: Mapping[str, float], span: tuple[float, float | None]
    ) -> None:
        self.network, self.index, self.name = network, index, name
        self.factors = dict(factors)
        self.start, self.stop = span
        self._number = [index]  # as `remove` finds it
        removal = [
            Change((network.engine().remove_modifier, self._number)),
            Change(partial(network._modifiers.pop, name, None)),
        ]
        self._leaving: list[Call] = [partial(_native.perform, removal)]  # empty: removed

    @property
    def active(self) -> bool:
        """Whether it is in force when its time has come; False takes its factors away at once."""
        return bool(self._leaving) and self.network.engine().modifier_active(self.index)

    @active.setter
    def active(self, value: bool) -> None:
        active = coerce.flag(value, f"active of modifier '{self.name}'")
        if not self._leaving:
            raise ValueError(f"modifier '{self.name}' has been removed")
        self.network.engine().set_modifier_active(self.index, active)

    @property
    def in_force(self) -> bool:
        """Whether its factors hold at this moment; a change of this very moment is not in it yet."""
        return self.network.engine().modifier_acts(self.index)

    def remove(self) -> None:
        """Takes its factors away for good."""
        self.__exit__(None, None, None)

    def __repr__(self) -> str:
        factors = ", ".join(f"{name} x {factor:g}" for name, factor in self.factors.items())
        return f"<Modifier '{self.name}': {factors}>"


def factors_of(value: Any, what: str) -> dict[str, float]:
    """Names and finite factors."""
    if not isinstance(value, Mapping) or not value:
        raise TypeError(f"{what} must map names of parameters to factors, such as {{'gaba.gain': 0.5}}")
    return {
        coerce.text(name, f"{what}: a parameter"): coerce.number(factor, f"{what}['{name}']")
        for name, factor in value.items()
    }
