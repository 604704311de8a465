"""The order of arrays: where a call takes a view, its arrays go by the order in which the view lists its neurons.

The engine keeps neurons by their index and connections by source, then target. Every call that takes or gives arrays
converts between the two orders here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from . import coerce

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from . import _native
    from .faces import NeuronsFace

_T = TypeVar("_T", bound=np.generic)


def of_neurons(neurons: NeuronsFace, values: NDArray[_T]) -> NDArray[_T]:
    """Values of a whole population, shape (..., size), as values of the neurons of a view: shape (..., n)."""
    return values if neurons.native_ids is None else values[..., neurons.native_ids]


def of_population(
    neurons: NeuronsFace, values: float | NDArray[np.float64], others: NDArray[np.float64] | None = None
) -> float | NDArray[np.float64]:
    """Values of the neurons of a view, shape (..., n), as values of their whole population, which the engine takes.

    Neurons outside the view get those of `others`; without it, the first value, which is within the bounds.
    """
    if neurons.native_ids is None or not (isinstance(values, np.ndarray) or others is not None):
        return values
    if others is None:
        whole = np.repeat(np.asarray(values)[..., :1], neurons.population.size, axis=-1)
    else:
        whole = others.copy()
    whole[..., neurons.native_ids] = values
    return whole


def of_connections(pre: NeuronsFace, post: NeuronsFace, connections: _native.Connections) -> NDArray[np.intp] | None:
    """Where each connection stands in arrays that go by the order of two views: by source, then target.

    None: that is the engine's order.
    """
    if _ascend(pre.native_ids) and _ascend(post.native_ids):
        return None
    given = np.lexsort((_places(post)[connections.targets()], _places(pre)[connections.sources()]))
    return inverse(given)


def inverse(order: NDArray[np.intp]) -> NDArray[np.intp]:
    """The order that undoes another one."""
    undo = np.empty_like(order)
    undo[order] = np.arange(len(order))
    return undo


def of_block(
    ends: tuple[NDArray[Any], NDArray[Any]], chosen: tuple[ArrayLike | None, ArrayLike | None], sizes: tuple[int, int]
) -> NDArray[np.intp]:
    """Numbers of the connections between chosen sources and targets, in the order of these, by source, then target.

    Raises
    ------
    TypeError, ValueError
        If a list is not one of indices of neurons, or has one twice.
    """
    inside, places, rearranged = np.ones(len(ends[0]), dtype=bool), [], False
    for end, wanted, size, what in zip(ends, chosen, sizes, ("sources", "targets"), strict=True):
        place = end
        if wanted is not None:
            ids = coerce.indices(wanted, what, size, single=True)
            place = _places_of(ids, size, what)[end]
            inside &= place >= 0
            rearranged |= not _ascend(ids)
        places.append(place)
    numbers = np.flatnonzero(inside)
    return numbers[np.lexsort((places[1][numbers], places[0][numbers]))] if rearranged else numbers


def _ascend(ids: NDArray[Any] | None) -> bool:
    return ids is None or bool(np.all(ids[1:] > ids[:-1]))


def _places(neurons: NeuronsFace) -> NDArray[np.int64]:
    """The place of each neuron of the population in a view; -1 for those outside."""
    size, ids = neurons.population.size, neurons.native_ids
    return np.arange(size) if ids is None else _places_of(ids, size, "a view")


def _places_of(ids: NDArray[Any], size: int, what: str) -> NDArray[np.int64]:
    places = np.full(size, -1, dtype=np.int64)
    places[ids] = np.arange(len(ids))
    if np.count_nonzero(places >= 0) < len(ids):
        first = int(ids[np.argmax(places[ids] != np.arange(len(ids)))])
        raise ValueError(f"{what} lists neuron {first} twice; list it once")
    return places
