"""Parts that a network is given at run time. A copy of a part under another name does what the part does, bit for bit."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest

from plastica import _native

STEPS = 3000


class Names(NamedTuple):
    """What the parts of the network are called."""

    membrane: str = "LIF"
    receptor: str = "ConductanceExp"
    inhibition: str = "ConductanceExp"
    rule: str = "TripletSTDP"


BUILT_IN = Names()
COPIES = Names("Leaky", "Excitation", "Inhibition", "Triplets")


def core(names: Names, *, precision: str = "single", threads: int = 2) -> _native.Core:
    """An empty network that knows the copies among the names."""
    made = _native.Core(0.1, 5, threads, precision)
    for own, copy in zip(BUILT_IN, names, strict=True):
        if own != copy:
            made._define_copy(own, copy)
    return made


def build(names: Names, **options: Any) -> _native.Core:
    """100 neurons that a Poisson drive makes fire, and plastic synapses between them."""
    made = core(names, **options)
    receptors = [
        ("exc", names.receptor, {"tau": 5.0, "E_rev": 0.0}),
        ("inh", names.inhibition, {"tau": 8.0, "E_rev": -80.0}),
    ]
    neurons = made.add_population(100, names.membrane, {"tau_m": 20.0, "V_th": -52.0}, receptors)
    made.add_drive(neurons, None, "PoissonInput", {"rate": 900.0}, 0, 4.0)
    connections = made.connect(neurons, neurons, None, None, "FixedProbability", {"probability": 0.2})
    rule = (names.rule, {"w_max": 2.0})
    made.add_projection(connections, 0, ("Uniform", {"low": 0.1, "high": 1.0}), 1.0, 0.0, [rule])
    connections = made.connect(neurons, neurons, None, None, "FixedProbability", {"probability": 0.1})
    made.add_projection(connections, 1, 0.5, 0.8, 0.0, [])
    made.record_spikes(neurons, None)
    return made


def state(made: _native.Core) -> list[np.ndarray]:
    return [*made.spikes(0), made.weights(0), made.get(0, "V"), made.get(0, "exc.g"), made.get(0, "inh.g")]


def assert_same(one: _native.Core, other: _native.Core) -> None:
    assert one.spikes(0)[0].size > 100
    for a, b in zip(state(one), state(other), strict=True):
        np.testing.assert_array_equal(a, b)


def move(source: _native.Core, target: _native.Core) -> None:
    """Save one network, and load what was saved into the other."""
    target.load(source.save())
    for projection in (0, 1):
        blocks = [source.save_rows(projection, *bounds) for bounds in pairwise(source.row_blocks(projection))]
        target.begin_rows(
            projection, *(sum(len(block[name]) for block in blocks) for name in ("rows", "delays", "targets"))
        )
        for block in blocks:
            target.load_rows(block)
        target.end_rows()
    target.end_loading()


@pytest.mark.parametrize("precision", ["single", "double"])
def test_copies_of_parts_give_the_bits_of_the_originals(precision: str) -> None:
    originals, copies = build(BUILT_IN, precision=precision), build(COPIES, precision=precision)
    originals.run(STEPS)
    copies.run(STEPS)
    assert_same(originals, copies)


def test_a_network_of_defined_parts_goes_on_from_where_it_was_saved() -> None:
    straight, saved, loaded = build(BUILT_IN), build(COPIES), core(COPIES)
    straight.run(STEPS)
    saved.run(STEPS // 3)
    move(saved, loaded)
    loaded.run(STEPS - STEPS // 3)
    assert_same(straight, loaded)


def test_a_copy_of_a_network_has_its_parts() -> None:
    original = build(COPIES)
    original.run(STEPS // 3)
    twin = original.copy()
    original.run(STEPS)
    twin.run(STEPS)
    assert_same(original, twin)
    twin.add_population(1, "Leaky", {}, [])


@pytest.mark.parametrize("field", Names._fields)
def test_loading_without_a_part_is_an_error_that_names_it(field: str) -> None:
    saved = build(COPIES)
    incomplete = core(COPIES._replace(**{field: getattr(BUILT_IN, field)}))
    with pytest.raises(ValueError, match=getattr(COPIES, field)):
        incomplete.load(saved.save())


def test_loading_with_another_part_of_that_name_is_an_error() -> None:
    saved = build(COPIES)
    other = core(COPIES._replace(rule="TripletSTDP"))
    other._define_copy("STDP", "Triplets")
    with pytest.raises(ValueError, match="not that of the part 'Triplets'"):
        other.load(saved.save())


def test_a_part_is_defined_once_and_under_a_name_of_its_own() -> None:
    made = core(COPIES)
    made._define_copy("LIF", "Leaky")
    with pytest.raises(ValueError, match="another membrane 'LIF'"):
        made._define_copy("AdEx", "LIF")
    with pytest.raises(ValueError, match="another membrane 'Leaky'"):
        made._define_copy("STDP", "Leaky")


def test_a_part_is_known_to_the_network_that_it_was_given() -> None:
    with pytest.raises(ValueError, match="Leaky"):
        build(BUILT_IN).add_population(1, "Leaky", {}, [])
