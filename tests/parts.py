"""The parts that the native module lists, and what the engine and their oracles say of them: no test lists parts by name.

A rule is drawn in one of the forms that stand beside its oracle; here it is called "PART: form", or "PART" if it has only one.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.sparse import csr_array

import plastica as pl
import reference
from plastica import _native
from plastica.declarations import declaration
from plastica.schema import schemas

MODULATORS = ("dopamine", "noradrenaline")
Random = np.random.Generator
Numbers = dict[str, Any]


def names(kind: str) -> list[str]:
    return [part["name"] for part in _native.parts() if part["kind"] == kind]


def oracle_of(part: str) -> reference.Oracle:
    if part not in reference.ORACLES:
        kind = schemas()[part].kind
        raise LookupError(
            f"{part} has no oracle: add {reference.where(kind, part)}, with a class {part} and @{kind}(...)"
        )
    return reference.ORACLES[part]


# ------------------------------------------------------------------------------------------------ any part

# Parameters that are no numbers and have no default, by the name that they have in every part.
STRUCTURAL: dict[str, Any] = {
    "times": [3.0, 7.0, 7.1, 40.0],
    "sources": [0, 1, 1, 9],
    "targets": [3, 0, 0, 9],
    "matrix": csr_array(np.eye(10)),
    "amplitudes": [50.0, -20.0, 10.0, 0.0],
    "parameter": "I_e",
    "axonal": pl.SynapticElements(nu=1e-3),
    "dendritic": pl.SynapticElements(nu=1e-3),
    "intervals": [-30.0, -1.0, 1.0, 30.0],
    "changes": [0.0, -1.0, 1.0, 0.0],
}


# Parameters whose defaults leave a part without anything to do, which it refuses.
NEEDED: Numbers = {"below": 0.5}


def required(part: str) -> Numbers:
    """What has to be given to a part: a number within its bounds, or one of the things above."""
    schema = schemas()[part]
    found = {
        name: 1.0 if field.low < 1 <= field.high else (field.low + field.high) / 2
        for name, field in schema.parameters.items()
        if not field.is_modulator and field.default is None
    }
    others = declaration(schema.kind, part).objects
    found |= {name: NEEDED[name] for name in NEEDED if name in schema.parameters}
    return found | {name: STRUCTURAL[name] for name, item in others.items() if item.default is None}


def with_defaults(part: str, **given: Any) -> Any:
    """A part with its defaults; modulators are called after their parameters."""
    signals = {name: name for name, field in schemas()[part].parameters.items() if field.is_modulator}
    return getattr(pl, part)(**required(part) | signals | given)


# ------------------------------------------------------------------------------------------------ membranes and receptors


def takes_receptors(membrane: str) -> bool:
    return "receptors" in getattr(pl, membrane)().parameters


@cache
def refused_receptor(membrane: str, receptor: str) -> str:
    """Why a membrane refuses a receptor; empty if it takes it."""
    model = getattr(pl, membrane)(receptors={"r": getattr(pl, receptor)()})
    try:
        pl.Network(threads=1).population(1, model)
    except ValueError as error:
        return str(error)
    return ""


@cache
def receptors_of(membrane: str) -> tuple[str, ...]:
    """The receptors that a membrane takes."""
    if not takes_receptors(membrane):
        return ()
    return tuple(receptor for receptor in names("receptor") if not refused_receptor(membrane, receptor))


def strength_of(membrane: str, receptor: str) -> float:
    """A weight that matters, in the unit of the receptor."""
    cell, synaptic = oracle_of(membrane).does, oracle_of(receptor).does
    unit = {"delta": 1.0, "current": cell.strong_current, "conductance": cell.strong_conductance}[synaptic.kind]
    return unit * synaptic.strength


def agrees_closely(membrane: str) -> bool:
    """Whether V has no upswing, in which two ways to compute it come apart."""
    usual = reference.membranes.Membrane.sensitivity
    return takes_receptors(membrane) and oracle_of(membrane).does.sensitivity is usual


# ------------------------------------------------------------------------------------------------ rules


def part(rule: str) -> str:
    return rule.split(": ")[0]


def forms_of(name: str) -> list[str]:
    return [f"{name}: {form}" if form else name for form in oracle_of(name).forms]


@cache
def rules() -> tuple[str, ...]:
    """All rules in all their forms."""
    return tuple(rule for name in names("rule") for rule in forms_of(name))


def numbers_of(rule: str, random: Random, w_max: float, *, chance: bool = False) -> Numbers:
    """The parameters of a rule, drawn; by default with nothing random in what it does then."""
    name, _, form = rule.partition(": ")
    oracle = oracle_of(name)
    return oracle.drawn(form, random, w_max) | ({} if chance else dict(oracle.without_chance))


def made(rule: str, w_max: float, seed: int = 1, *, chance: bool = True) -> pl.Rule:
    """A rule for weights up to w_max."""
    found: pl.Rule = getattr(pl, part(rule))(**numbers_of(rule, np.random.default_rng(seed), w_max, chance=chance))
    return found


def twin(rule: str, numbers: Numbers) -> reference.Rule:
    """The oracle of a rule with these parameters."""
    found: reference.Rule = oracle_of(part(rule)).known(numbers)
    return found


@cache
def oracle(rule: str) -> reference.Rule:
    """The oracle of a rule with some parameters, to be asked what kind of rule it is."""
    return twin(rule, numbers_of(rule, np.random.default_rng(1), 1.0))


@cache
def refusal(rules: tuple[str, ...], *, fraction: float = 0.0, weight: float = 0.5) -> str:
    """Why the engine refuses a list of rules for weights up to 1; empty if it takes it."""
    net = pl.Network(threads=1, precision="double")
    for modulator in MODULATORS:
        net.modulator(modulator, tau=20.0)
    pre = net.population(1, pl.SpikeSource([1.0]))
    post = net.population(1, pl.LIF(receptors={"r": pl.CurrentExp()}))
    options = {"weight": weight, "delay": 1.0, "dendritic_fraction": fraction}
    try:
        net.connect(pre, post, pl.AllToAll(), plasticity=[made(rule, 1.0) for rule in rules], **options)
    except ValueError as error:
        return str(error)
    return ""


def go_together(rules: tuple[str, ...]) -> bool:
    return not refusal(rules)


def reads_voltage(*rules: str) -> bool:
    return any(type(oracle(rule)).after_step is not reference.Rule.after_step for rule in rules)


def is_somatic(*rules: str) -> bool:
    """Whether a list of rules needs a dendritic fraction of 0."""
    return go_together(rules) and bool(refusal(rules, fraction=0.5))


def is_bounded(*rules: str) -> bool:
    """Whether a list of rules has an upper bound of weights."""
    return go_together(rules) and bool(refusal(rules, weight=2.0))


def can_be_frozen(*rules: str) -> bool:
    """Whether a projection has something to learn: not only what axons transmit."""
    return not all(oracle(rule).of_axon for rule in rules)


def after_another(rule: str) -> tuple[str, ...]:
    """The rule after one that changes weights at every event; alone if it takes no other."""
    for other in ("STDP: additive, all", "PowerLawSTDP: all"):
        if go_together((other, rule)):
            return other, rule
    return (rule,)


def in_company(rule: str) -> tuple[str, ...]:
    """The rule alone, or after another where it is about others."""
    return (rule,) if go_together((rule,)) else after_another(rule)
