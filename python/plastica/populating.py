"""From what a user says about neurons to what the engine takes; nothing is made before all of it is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from . import coerce, words
from .changes import Change, added
from .handle import free_name
from .part import Model, Source
from .population import PopulationRecord, states_of
from .positions import positions_of
from .spike_lists import spikes_of
from .values import Draws, Value, checked, per_neuron, resolve, schedule_settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .faces import NetworkFace

_BYTES_OF_A_NEURON = 32  # at the least


def planned(
    network: NetworkFace,
    populations: dict[str, PopulationRecord],
    size: Any,
    model: Any,
    *,
    name: str | None,
    positions: Any,
    initial: Mapping[str, Value] | None,
) -> tuple[PopulationRecord, list[Change]]:
    """A population, and the changes that add it: see `Network.population`."""
    core, clock = network.engine(), network.clock
    size = coerce.integer(size, "size of a population", low=1, high=2**31 - 1)
    if not isinstance(model, Model):
        raise TypeError(f"model = {coerce.shown(model)} must be a model, such as LIF(){words.remedy(model)}")
    coerce.check_memory(size, _BYTES_OF_A_NEURON, f"size of a population = {size}: so many neurons", "lower it")
    name, draws = free_name(name, "population", populations), Draws(core, len(populations))
    places = positions_of(positions, size, draws)
    parameters = resolve(draws, model, size)
    receptors = _receptors_of(model, draws, size)
    states = _initial_states(model, {} if initial is None else initial, draws, size)
    spikes = spikes_of(model, size, clock, core.time_step) if isinstance(model, Source) else None
    keep: list[Callable[[int], None]] = [
        *schedule_settings(core, clock, "population", parameters.schedules),
        *(partial(core.set, name=variable, ids=None, value=values) for variable, values in states.items()),
    ]
    if spikes is not None:
        keep.append(partial(core.set_spike_times, steps=spikes[0], ids=spikes[1]))
    record = PopulationRecord(-1, name, size, model, places)
    add = partial(core.add_population, size, type(model).__name__, parameters.numbers, receptors)
    return record, added(populations, record, add, core.withdraw_population, keep)


def _receptors_of(model: Model, draws: Draws, size: int) -> list[tuple[str, str, dict[str, Any]]]:
    """Name, part and numbers of each receptor, also of those that are built in."""
    given = [
        (name, type(part).__name__, resolve(draws, part, size, f"{name}.").numbers)
        for name, part in model.receptors.items()
    ]
    return [*given, *((name, part, {}) for name, part in model.schema().declared.receptors.items())]


def _initial_states(
    model: Model, initial: Mapping[str, Value], draws: Draws, size: int
) -> dict[str, float | NDArray[np.float64]]:
    """Checked initial values by the name of the state."""
    states = states_of(model)
    values = {}
    for name, value in coerce.mapping(initial, "initial").items():
        part, field = states[coerce.variable(name, states, f"initial: {type(model).__name__} has no state")]
        number = checked(part, field.name, value, field.unit)
        values[name] = per_neuron(draws, number, part, field.name, name, size)
    return values
