"""Lists of spikes that sources emit, as the engine takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import coerce

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .clock import Clock
    from .part import Model


def spikes_of(source: Model, size: int, clock: Clock, now: int) -> tuple[NDArray[np.int64], NDArray[np.uint32]] | None:
    """Steps and neurons of the spikes of a SpikeSource; None for other sources."""
    times, ids = source.parameters.get("times"), source.parameters.get("ids")
    if times is None:
        return None
    shared = False
    if isinstance(times, tuple):
        if ids is not None:
            raise ValueError("SpikeSource.ids goes with one flat array of times, not with a list of arrays")
        if len(times) != size:
            raise ValueError(f"SpikeSource.times has {len(times)} arrays for {size} neurons")
        ids = np.repeat(np.arange(size, dtype=np.uint32), [len(t) for t in times])
        times = np.concatenate(times) if times else np.zeros(0)
    elif ids is None:
        shared, ids = True, np.zeros(len(times), dtype=np.uint32)
    elif len(ids) != len(times):
        raise ValueError(f"SpikeSource has {len(times)} times but {len(ids)} ids")
    ids = coerce.indices(ids, "SpikeSource.ids", size)
    steps = clock.nearest(times, "SpikeSource.times")
    early = steps <= now
    if early.any():
        first = times[int(np.argmax(early))]
        raise ValueError(f"SpikeSource.times: {first:g} ms is not later than now, {clock.ms(now):g} ms")
    _check_once_a_step(times, steps, ids, clock)
    if shared:
        return np.tile(steps, size), np.repeat(np.arange(size, dtype=np.uint32), len(steps))
    return steps, ids


def _check_once_a_step(
    times: NDArray[np.float64], steps: NDArray[np.int64], ids: NDArray[np.uint32], clock: Clock
) -> None:
    """Refuses two spikes of a neuron in one step: it can emit one."""
    order_of_spikes = np.lexsort((steps, ids))
    neurons, moments = ids[order_of_spikes], steps[order_of_spikes]
    again = (neurons[1:] == neurons[:-1]) & (moments[1:] == moments[:-1])
    if again.any():
        place = int(np.argmax(again))
        first, second = (coerce.shown(float(times[order_of_spikes[place + i]]), "ms") for i in (0, 1))
        raise ValueError(
            f"SpikeSource.times: the spikes of neuron {neurons[place]} at {first} and {second} fall into one step of "
            f"dt = {clock.dt:g} ms, in which a neuron spikes once at most; leave one out, lower dt, or let another "
            "neuron emit it"
        )
