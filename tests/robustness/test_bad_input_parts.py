"""Every field of every part is given every value of `bad_values`: when it is made, put into a network, and set later."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import plastica as pl
from parts import with_defaults as made
from plastica.schema import Schema, schemas
from robustness.bad_values import NEVER, VALUES, after_refusals, attempt, bits_of, complaint, limited_memory

SIZE = 12
SCHEMAS = list(schemas().values())

# Values that are put into a network where a part takes them: the extremes, and one of each kind of array.
EXTREMES = (
    "0", "-0.0", "-1", "subnormal", "-subnormal", "1e-300", "1e9", "1e39", "1e300", "-1e300", "1e308", "-1e308", "inf", "-inf",
    "2**31", "2**53 + 1", "2**63", "10**30", "unknown name", "array of 1", "array of 2", "array of 12", "huge array", "int8 array", "name with NUL",
    "lone surrogate", "empty list", "2**32 - 1", "empty array of objects", "empty dict", "None", "True",
)  # fmt: skip

pytestmark = pytest.mark.skipif(
    "PLASTICA_SANITIZER" in os.environ, reason="memory that ends is an error; under a sanitizer it ends the process"
)


def fields_of(schema: Schema) -> list[str]:
    return [
        *schema.parameters,
        *(name for name in schema.objects if name not in schema.parameters),
    ]


# ---- a network for each kind of part


def base() -> tuple[pl.Network, pl.Population, pl.Projection]:
    """Neurons with places, receptors, a plastic and a static projection, and modulators of every name that parts have."""
    net = pl.Network(seed=5, threads=1)
    receptors = {"r": pl.CurrentExp()}
    cells = net.population(SIZE, pl.LIF(I_e=390, receptors=receptors), name="cells", positions=pl.Grid((3, 4)))
    for name in {n for s in SCHEMAS for n, f in s.parameters.items() if f.is_modulator}:
        net.modulator(name, baseline=0.5)
    synapses = net.connect(cells, cells, pl.FixedProbability(0.4), weight=30, delay=pl.Uniform(0.5, 2), name="synapses")
    net.connect(
        cells,
        cells,
        pl.OneToOne(),
        weight=10.0,
        plasticity=pl.TripletSTDP(threshold="per neuron", w_max=2000.0),
        name="learning",
    )
    net.drive(cells, pl.PoissonInput(2000), weight=20)
    return net, cells, synapses


Use = Callable[[pl.Network, pl.Part], Any]


def use_model(net: pl.Network, part: Any) -> Any:
    if not isinstance(part, pl.Source) and not isinstance(part, pl.Relay) and "r" not in part.receptors:
        part = part.replace(receptors={**part.receptors, "r": pl.CurrentExp()})
    new = net.population(SIZE, part, name="new")
    net.connect(new, net.populations["cells"], pl.OneToOne(), name="from new")
    if not isinstance(part, pl.Source):
        net.connect(net.populations["cells"], new, pl.OneToOne(), receptor=new.receptors[-1], weight=1, name="to new")
    return new


def use_receptor(net: pl.Network, part: Any) -> Any:
    return use_model(net, pl.LIF(I_e=390, receptors={"r": part}))


def use_rule(net: pl.Network, part: Any) -> Any:
    net.population(SIZE, pl.ClopathAdEx(receptors={"r": pl.CurrentExp()}), name="learners")
    rules = [part] if alone(type(part).__name__) else [pl.STDP(w_max=2), part]
    return net.connect(
        net.populations["cells"], net.populations["learners"], pl.OneToOne(), weight=1, plasticity=rules, name="new"
    )


ALONE: dict[str, bool] = {}


def alone(rule: str) -> bool:
    """Whether a rule needs no other one before it."""
    if rule not in ALONE:
        net, cells, _ = base()
        ALONE[rule] = (
            attempt(lambda: net.connect(cells, cells, pl.OneToOne(), plasticity=made(rule)))[1] is None
            or rule == "VoltageSTDP"
        )
    return ALONE[rule]


def use_connector(net: pl.Network, part: Any) -> Any:
    return net.connect(net.populations["cells"], net.populations["cells"], part, weight=1, name="new")


def use_stimulus(net: pl.Network, part: Any) -> Any:
    return net.drive(net.populations["cells"], part, name="new")


def use_distribution(net: pl.Network, part: Any) -> Any:
    net.connect(net.populations["cells"], net.populations["cells"], pl.OneToOne(), weight=part, delay=part)


def use_controller(net: pl.Network, part: Any) -> Any:
    target: Any = net.populations["cells"]
    if type(part).__name__ in ("WeightNormalization", "SlidingThreshold"):
        target = net.projections["learning"]
    return net.control(target, part, name="new")


def use_structure(net: pl.Network, part: Any) -> Any:
    return net.control(net.projections["synapses"], part, name="new")


def use_elements(net: pl.Network, part: Any) -> Any:
    return use_structure(net, pl.StructuralPlasticity(axonal=part, dendritic=part, weight=1, delay=1, interval=1))


USES: dict[str, Use] = {
    "membrane": use_model,
    "source": use_model,
    "receptor": use_receptor,
    "rule": use_rule,
    "connector": use_connector,
    "stimulus": use_stimulus,
    "distribution": use_distribution,
    "controller": use_controller,
    "structure": use_structure,
    "elements": use_elements,
}
PERIOD = 4.0  # ms of a run


def soon(part: pl.Part) -> pl.Part:
    """With updates within the run."""
    return part.replace(interval=1.0) if "interval" in part.parameters else part


def problems_after(net: pl.Network, before: dict[str, bytes], after: dict[str, bytes]) -> str:
    """What a refusal has left behind: bits that differ, now or after a run."""
    if bits_of(net) != before:
        return "the network has changed"
    _, error = attempt(lambda: net.run(PERIOD))
    if error is not None:
        return f"the network does not run on: {error!r}"
    return "" if bits_of(net) == after else "the network runs on differently"


def problems_of_run(net: pl.Network) -> str:
    """What an accepted value does in a run: finite numbers, or an error that says where they end."""
    _, error = attempt(lambda: net.run(PERIOD))
    if isinstance(error, pl.SimulationError) or (isinstance(error, ValueError) and "'new'" in str(error)):
        return ""  # a controller, or a law of structure, that leads a parameter out of its bounds says so
    if error is not None:
        return f"the run ends in {error!r}"
    for population in net.populations.values():
        for name in population.states:
            if not np.isfinite(population.get(name)).all():
                return f"{name} of {population.name} is not finite"
    for synapses in net.projections.values():
        for values in (synapses.weights, *(synapses.get(name) for name in synapses.states)):
            if not np.isfinite(values).all():
                return f"a weight or state of {synapses.name} is not finite"
    return ""


def sweep_of_making(schema: Schema, field: str) -> list[str]:
    """Every value for one field of a part, in the constructor, then in a network."""
    net = base()[0]
    net.run(PERIOD)
    before = bits_of(net)
    twin = net.copy()
    twin.run(PERIOD)
    after = bits_of(twin)
    use, found = USES[schema.kind], []
    start = made(schema.name)
    for label, value in VALUES.items():
        part, error = attempt(lambda value=value: start.replace(**{field: value}))
        where = f"{schema.name}.{field} = {label}"
        if error is not None:
            if wrong := complaint(error, (schema.name,)):
                found.append(f"{where}: {wrong}: {error!r}")
            continue
        if label in NEVER and not allowed(schema, field, label):
            found.append(f"{where}: is taken")
        if label not in EXTREMES or label in TOO_SLOW.get((schema.name, field), ()):
            continue
        other = net.copy()
        ready = part if field == "interval" else attempt(lambda part=part: soon(part))[0]
        _, error = attempt(lambda other=other, ready=ready: use(other, ready))
        if error is None:
            wrong = problems_of_run(other)
        elif not (wrong := complaint(error, (schema.name, field, *NAMED_IN_USE.get(schema.kind, ())))):
            wrong = (
                problems_after(other, before, after)
                if schema.kind in ("stimulus", "controller", "structure", "elements", "connector", "distribution")
                else ""
            )
        if wrong:
            found.append(f"{where} in a network: {wrong}" + (f": {error!r}" if error else ""))
    return found


NAMED_IN_USE: dict[str, tuple[str, ...]] = {
    "distribution": ("weight", "delay"),
    "rule": ("w_max", "rule"),
    "stimulus": ("Schedule",),
    "controller": ("'new'",),
}


def allowed(schema: Schema, field: str, label: str) -> bool:
    """Infinity where it is the default, and spike times as a list of arrays."""
    known = schema.parameters.get(field)
    return (known is not None and label in ("inf", "-inf") and float(label) in known.infinite) or (field, label) == (
        "times",
        "ragged list",
    )


CASES = [(s, f) for s in SCHEMAS for f in fields_of(s)]


@pytest.mark.parametrize(("schema", "field"), CASES, ids=lambda x: getattr(x, "name", x))
def test_a_part_takes_a_value_that_works_or_says_what_is_wrong_with_it(schema: Schema, field: str) -> None:
    """Oracle: a refusal names part and field and leaves no bit changed; what is taken runs, or ends in a SimulationError."""
    with limited_memory():
        assert sweep_of_making(schema, field) == []


# ---- a part at work: setting what it has


def setter(net: pl.Network, schema: Schema) -> tuple[Callable[..., Any], list[str]]:
    """Puts a part into a network; how its fields are set there, and which there are."""
    part = made(schema.name)
    new = USES[schema.kind](net, soon(part))
    fields = [*schema.parameters, *schema.states]
    if schema.kind in ("membrane", "source"):
        return lambda net, field, value: net.populations["new"].set({field: value}), fields
    if schema.kind == "receptor":
        return lambda net, field, value: net.populations["new"].set({f"r.{field}": value}), fields
    if schema.kind == "rule":
        position = f"{len(new.rules) - 1}." if len(new.rules) > 1 else ""
        return lambda net, field, value: net.projections["new"].set({position + field: value}), fields
    if schema.kind == "stimulus":
        return lambda net, field, value: net.drives["new"].set({field: value}), [
            f for f in fields if new._part == schema.name
        ]
    if schema.kind == "elements":
        return lambda net, field, value: net.controllers["new"].set({f"axonal.{field}": value}), [*schema.states]
    return lambda net, field, value: net.controllers["new"].set({field: value}), fields


# New synapses every millisecond until memory is full: it takes its time.
TOO_SLOW = {("Creation", "rate"): ("1e9", "2**31 - 1", "2**31", "2**32 - 1", "2**32", "2**53 + 1")}
SETTABLE = [s for s in SCHEMAS if s.kind not in ("connector", "distribution") and (s.parameters or s.states)]


@pytest.mark.parametrize("schema", SETTABLE, ids=lambda s: s.name)
def test_what_a_part_has_is_set_or_the_refusal_changes_nothing(schema: Schema) -> None:
    """Oracle: a copy that never saw the bad values, bit for bit, then and after a run."""
    net = base()[0]
    put, fields = setter(net, schema)
    net.run(PERIOD)
    before = bits_of(net)
    twin = net.copy()
    twin.run(PERIOD)
    after = bits_of(twin)
    found = []
    with limited_memory():
        for field in fields:
            tried, refusals = net.copy(), {}
            for label, value in VALUES.items():
                if label in TOO_SLOW.get((schema.name, field), ()):
                    continue
                call = partial(put, field=field, value=value)
                _, error = attempt(partial(call, tried))
                where = f"{schema.name}.{field} set to {label}"
                if error is None:
                    wrong = "is taken" if label in NEVER and not allowed(schema, field, label) else ""
                    wrong = wrong or (problems_of_run(tried) if label in EXTREMES else "")
                    tried = net.copy()
                else:
                    refusals[label] = call
                    wrong = complaint(error, (field, schema.name, "gain", "'new'"))
                if wrong:
                    found.append(f"{where}: {wrong}: {error!r}")
            refusing, guilty = after_refusals(net, refusals, before)
            found += [f"{schema.name}.{field} set to {label}: refused, and the network has changed" for label in guilty]
            if wrong := problems_after(refusing, before, after):
                found.append(f"{schema.name}.{field}: {wrong}")
    assert found == []
