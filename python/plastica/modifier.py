"""Modifiers: factors on parameters that come and go, such as what a drug does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from . import _native, coerce
from .adjusting import Adjustable, address_of
from .changes import Call, Change, added
from .handle import NamedHandle, NamedRecord, free_name
from .saving import Put, Restoring, Sides, index_of, require, text

if TYPE_CHECKING:
    from .clock import Clock
    from .faces import NetworkFace


class ModifierRecord(NamedRecord["Modifier"]):
    """What a network knows of a modifier."""

    __slots__ = ("factors", "removed", "start", "stop")

    kind = "modifier"

    def __init__(
        self,
        index: int,
        name: str,
        factors: dict[str, float],
        start: float,
        stop: float | None,
    ) -> None:
        super().__init__(index, name)
        self.factors, self.removed = factors, False
        self.start, self.stop = start, stop  # in ms

    def _new_handle(self, network: NetworkFace) -> Modifier:
        return Modifier(network, self)

    def state(self, put: Put, core: _native.Core) -> dict[str, Any]:
        """What a file says of the modifier."""
        return {
            "name": self.name,
            "index": self.index,
            "factors": self.factors,
            "start": self.start,
            "stop": self.stop,
            "active": core.modifier_active(self.index),
        }

    @classmethod
    def restored(cls, number: int, told: Mapping[str, Any], known: Restoring) -> ModifierRecord:
        """The reverse of `state`."""
        name, start = known.free(told["name"], cls.kind), coerce.number(told["start"], "start")
        stop = None if told["stop"] is None else coerce.number(told["stop"], "stop")
        factors = {text(key): coerce.number(value, "factor") for key, value in told["factors"].items()}
        return cls(index_of(told["index"]), name, factors, start, stop)

    @classmethod
    def compare(cls, number: int, told: Mapping[str, Any], sides: Sides) -> None:
        """Refuses a file where the engine does not know the modifier."""
        require(index_of(told["index"]) < sides.engine["modifiers"], "a modifier is not one of the engine's")


class Modifier(NamedHandle[ModifierRecord], _native.Scope):
    """Factors on parameters, in force for a time; made by `Network.modify` and `Network.apply`.

    As a context manager it is removed at the end of the block.
    """

    place = "modifiers"

    _entering = ()  # it is in force before the block begins
    _entered = None

    def __init__(self, network: NetworkFace, record: ModifierRecord) -> None:
        super().__init__(network, record)
        removal = [
            Change(partial(network.engine().remove_modifier, record.index)),
            Change(partial(network._modifiers.pop, record.name, None)),
            Change(partial(setattr, record, "removed", True)),
        ]
        self._leaving: list[Call] = [] if record.removed else [partial(_native.perform, removal)]

    @property
    def factors(self) -> dict[str, float]:
        """The factors by the names of the parameters."""
        return dict(self._record.factors)

    @property
    def start(self) -> float:
        """From when it is in force, in ms."""
        return self._record.start

    @property
    def stop(self) -> float | None:
        """Until when it is in force, in ms; None: without end."""
        return self._record.stop

    @property
    def active(self) -> bool:
        """Whether it is in force when its time has come; False takes its factors away at once."""
        return not self._record.removed and self._network.engine().modifier_active(self.index)

    @active.setter
    def active(self, value: bool) -> None:
        active = coerce.flag(value, f"active of modifier '{self.name}'")
        if self._record.removed:
            raise ValueError(f"modifier '{self.name}' has been removed")
        self._network.engine().set_modifier_active(self.index, active)

    @property
    def in_force(self) -> bool:
        """Whether its factors hold at this moment; a change of this very moment is not in it yet."""
        return self._network.engine().modifier_acts(self.index)

    def remove(self) -> None:
        """Takes its factors away for good."""
        self.__exit__(None, None, None)

    def __repr__(self) -> str:
        factors = ", ".join(f"{name} x {factor:g}" for name, factor in self.factors.items())
        return f"<Modifier '{self.name}': {factors}>"


def planned(
    network: NetworkFace,
    modifiers: dict[str, ModifierRecord],
    targets: Sequence[tuple[Any, Any]],
    *,
    name: str | None,
    start: float | None,
    stop: float | None,
) -> tuple[ModifierRecord, list[Change]]:
    """A modifier of targets by factors, and the changes that put it in force: see `Network.modify`."""
    core, clock = network.engine(), network.clock
    name = free_name(name, "modifier", modifiers)
    factors: list[tuple[Any, ...]] = []
    every: dict[str, float] = {}
    for target, given in targets:
        address = address_of(target, network, "target")
        numbers = _factors_of(given, f"modifier '{name}'")
        every |= numbers
        for parameter, factor in numbers.items():
            cast("Adjustable", target)._check_multiplied(parameter, f"modifier '{name}'")
            factors.append((*address, parameter, factor))
    begin = core.time_step if start is None else _moment(start, clock, f"modifier '{name}': start")
    end = None if stop is None else _moment(stop, clock, f"modifier '{name}': stop")
    record = ModifierRecord(-1, name, every, clock.ms(begin), None if end is None else clock.ms(end))
    return record, added(modifiers, record, partial(core.add_modifier, name, factors, begin, end))


def _moment(value: Any, clock: Clock, what: str) -> int:
    return int(clock.nearest(np.array([coerce.number(value, what, "ms")]), what)[0])


def _factors_of(value: Any, what: str) -> dict[str, float]:
    """Names and finite factors."""
    if not isinstance(value, Mapping) or not value:
        raise TypeError(f"{what} must map names of parameters to factors, such as {{'gaba.gain': 0.5}}")
    return {
        coerce.text(name, f"{what}: a parameter"): coerce.number(factor, f"{what}['{name}']")
        for name, factor in value.items()
    }
