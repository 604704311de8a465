"""How oracles are found: a class in a folder of `tests/reference` says of which part it is, and with which numbers it is drawn.

    @rule(drawn(tau=(5, 50), gain=Weight(0.01, 0.1), w_max=Weight(1, 1)))
    @dataclass(kw_only=True)
    class Growth(Rule):
        ...

is the oracle of the part `Growth`. All tests of parts draw from what is found: there is no list to add it to.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

Random = np.random.Generator
Numbers = dict[str, Any]
Draw = Callable[[Random, Any], Numbers]


@dataclass(frozen=True)
class Oracle:
    """What is known of one part besides its schema.

    `forms` are ways to draw its parameters: for each what is special about it, "" for nothing. `without_chance` are
    parameters of noise, at values where chance has no say: only there can a part be compared with `does`.
    """

    kind: str  # as the native module says it
    name: str
    does: type
    forms: Mapping[str, Draw]
    without_chance: Mapping[str, object]

    def drawn(self, form: str, random: Random, scale: Any) -> Numbers:
        return dict(self.forms[form](random, scale))

    def known(self, numbers: Mapping[str, object]) -> Any:
        """The oracle with those of the parameters that it has: noise that is 0 is none of them."""
        names = {item.name for item in fields(self.does)}
        return self.does(**{name: value for name, value in numbers.items() if name in names})


ORACLES: dict[str, Oracle] = {}
Forms = Draw | Mapping[str, Draw]


def registered(kind: str, forms: Forms, without_chance: Mapping[str, object] | None = None) -> Callable[[type], type]:
    """A decorator: this class is the oracle of the part of its name."""

    def register(does: type) -> type:
        drawn = {"": forms} if callable(forms) else dict(forms)
        ORACLES[does.__name__] = Oracle(kind, does.__name__, does, drawn, without_chance or {})
        return does

    return register


def rule(forms: Forms, *, without_chance: Mapping[str, object] | None = None) -> Callable[[type], type]:
    """The numbers are drawn for weights up to w_max."""
    return registered("rule", forms, without_chance)


def membrane(forms: Forms) -> Callable[[type], type]:
    """The numbers are drawn for n neurons."""
    return registered("membrane", forms)


def receptor(forms: Forms) -> Callable[[type], type]:
    """The numbers are drawn for n neurons."""
    return registered("receptor", forms)


def controller(forms: Forms) -> Callable[[type], type]:
    return registered("controller", forms)


# ------------------------------------------------------------------------------------------------ numbers


@dataclass(frozen=True)
class Weight:
    """A range in units of the largest weight."""

    low: float
    high: float


def drawn(**ranges: object) -> Draw:
    """Parameters of a rule: (low, high) is drawn, a Weight is in units of w_max, a function is called, anything else stands."""

    def number(value: object, random: Random, w_max: float) -> object:
        if isinstance(value, tuple):
            return random.uniform(*value)
        if isinstance(value, Weight):
            return random.uniform(value.low, value.high) * w_max
        return value(random, w_max) if callable(value) else value

    return lambda random, w_max: {name: number(value, random, w_max) for name, value in ranges.items()}


def per_neuron(**ranges: object) -> Draw:
    """Parameters of neurons or their receptors: (low, high) is drawn for each of n neurons, anything else stands."""
    return lambda random, n: {
        name: random.uniform(*value, n) if isinstance(value, tuple) else value for name, value in ranges.items()
    }


# ------------------------------------------------------------------------------------------------ finding them


def found_in(package: str, path: Iterable[str]) -> dict[str, type]:
    """All modules of a folder are imported; the oracles that stand in them, by name."""
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{module.name}")
    return {name: oracle.does for name, oracle in ORACLES.items() if oracle.does.__module__.startswith(package + ".")}


FOLDERS = {"rule": "plasticity", "membrane": "membranes", "receptor": "receptors", "controller": "controllers"}


def where(kind: str, part: str) -> str:
    """The file in which the oracle of a part is looked for by a reader; any in the folder will do."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", part).lower()
    return f"tests/reference/{FOLDERS[kind]}/{snake}.py"
