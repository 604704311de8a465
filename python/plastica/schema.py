"""The declarations of all parts, as the native module tells them. Read once, when the first part is made."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import isinf
from typing import Any, NamedTuple

from . import _native
from .declarations import COMPOSED, Declaration, ObjectParameter, declaration

_FLAG = ("false", "true")


class Field(NamedTuple):
    """One parameter or state of a part."""

    name: str
    default: float | bool | str | None  # None: the user must give it
    unit: str
    low: float
    high: float
    low_open: bool
    high_open: bool
    sentence: str
    choices: tuple[str, ...]
    when_frozen: str  # of a state: "stands still" or "goes on"
    follows_schedule: bool = False  # whether it may be a Schedule
    once_a_step: bool = False  # whether it is the rate of neurons that spike once in a step at most
    is_fixed: bool = False  # whether it cannot be set any more when the part is at work

    @property
    def is_flag(self) -> bool:
        """Whether the field is True or False."""
        return self.choices == _FLAG

    @property
    def is_modulator(self) -> bool:
        """Whether the field names a modulator of the network."""
        return self.unit == "modulator"

    @property
    def is_count(self) -> bool:
        """Whether the field counts something: its bound is the largest whole number a double can hold."""
        return self.high == 2.0**53 and not self.choices

    @property
    def infinite(self) -> tuple[float, ...]:
        """The infinity that the field may be, where that is its default."""
        return (self.default,) if isinstance(self.default, float) and isinf(self.default) else ()

    @property
    def bound(self) -> str:
        """The bound in words, such as ``above 0 ms``; empty where there is none."""
        if self.is_modulator:
            return ""
        low = f"{'above' if self.low_open else 'at least'} {self.low:g}" if self.low > float("-inf") else ""
        limited = self.high < float("inf") and not self.is_count
        high = f"{'below' if self.high_open else 'at most'} {self.high:g}" if limited else ""
        words = " and ".join(filter(None, (low, high)))
        return f"{words} {self.unit}".strip() if words else ""


class Schema(NamedTuple):
    """The declaration of a part."""

    kind: str
    name: str
    sentence: str
    equation: str
    reference: str
    parameters: dict[str, Field]  # those that are numbers, names or flags
    states: dict[str, Field]
    declared: Declaration = Declaration()
    targets: tuple[str, ...] = ()  # what a controller may act on
    into_receptor: bool = False  # whether a stimulus is spikes with a weight, which a receptor gets

    @property
    def objects(self) -> Mapping[str, ObjectParameter]:
        """The parameters that are not numbers."""
        return self.declared.objects

    @property
    def engine_name(self) -> str:
        """What the engine calls the part."""
        return self.declared.engine_name or self.name


@cache
def schemas() -> dict[str, Schema]:
    """All parts by name, in the order of the native lists."""
    own = [Schema(kind, name, sentence, "", "", {}, {}, declaration(kind, name)) for kind, name, sentence in COMPOSED]
    return {part.name: part for part in [*map(_schema, _native.parts()), *own]}


def _schema(part: dict[str, Any]) -> Schema:
    kind, name = part["kind"], part["name"]
    declared = declaration(kind, name)
    once_a_step = part.get("once_a_step")
    parameters = {
        f["name"]: _field(f)._replace(once_a_step=f["name"] == once_a_step)
        for f in part["fields"]
        if f["role"] == "parameter"
    }
    states = {f["name"]: _field(f) for f in part["fields"] if f["role"] == "state"}
    told = part["sentence"], part["equation"], part["reference"]
    targets, into_receptor = tuple(part.get("targets", ())), part.get("into_receptor", False)
    return Schema(kind, name, *told, parameters, states, declared, targets, into_receptor)


def _field(field: dict[str, Any]) -> Field:
    choices = tuple(field["choices"])
    told = {key: field[key] for key in Field._fields if key in field}
    told |= {"choices": choices, "default": _default(field["default"], choices)}
    return Field(**told, follows_schedule=field["scheduled"], is_fixed=field["fixed"])


def _default(value: Any, choices: tuple[str, ...]) -> float | bool | str | None:
    if choices:
        name = value if isinstance(value, str) else choices[int(value)]
        return name == "true" if choices == _FLAG else name
    return None if value is None or value != value else float(value)


def not_followed(part: str, field: str) -> str:
    """The sentence that refuses a schedule for a parameter that cannot follow one."""
    scheduled = sorted(
        f"{s.name}.{f.name}" for s in schemas().values() for f in s.parameters.values() if f.follows_schedule
    )
    others = ", ".join(scheduled)
    remedy = (
        "drive the neurons: net.drive(neurons, ConstantCurrent(amplitude=Schedule(...)))"
        if field == "I_e"
        else "set it between runs, or in a callback of run"
    )
    return f"{part}.{field} follows no Schedule; {remedy} ({others} follow one)"
