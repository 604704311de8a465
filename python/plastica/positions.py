"""Where neurons are, for connections that depend on distance."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .values import Draws


class Positions(ABC):
    """A rule that places the neurons of a population in 1 to 3 dimensions."""

    @abstractmethod
    def place(self, size: int, draws: Draws) -> NDArray[np.float64]:
        """Positions of shape (size, dimensions)."""


class UniformPositions(Positions):
    """Independent, uniformly random positions in a box from 0 to `extent`.

    Parameters
    ----------
    extent : float or sequence of 1 to 3 floats
        Side lengths of the box, in any unit of length; above 0.
    """

    def __init__(self, extent: float | Sequence[float] = (1.0, 1.0)) -> None:
        self.extent = _lengths(extent, "UniformPositions.extent")

    def place(self, size: int, draws: Draws) -> NDArray[np.float64]:
        """Positions of shape (size, dimensions); the same for the same seed and population."""
        from .parts import Uniform

        return np.stack([draws(Uniform(0, side), f"position.{i}", size) for i, side in enumerate(self.extent)], axis=1)

    def __repr__(self) -> str:
        return f"UniformPositions(extent={self.extent})"


class Grid(Positions):
    """A regular grid: the centres of equal cells of a box from 0 to `extent`; the last dimension runs fastest.

    Parameters
    ----------
    shape : int or sequence of 1 to 3 ints
        Number of neurons along each dimension; their product is the size of the population.
    extent : float or sequence of floats, optional
        Side lengths of the box; by default 1 along each dimension.
    """

    def __init__(self, shape: int | Sequence[int], extent: float | Sequence[float] | None = None) -> None:
        self.shape = tuple(coerce.integer(side, "Grid.shape", low=1, high=2**31 - 1) for side in _sides(shape))
        self.extent = _lengths((1.0,) * len(self.shape) if extent is None else extent, "Grid.extent")
        if len(self.shape) != len(self.extent):
            raise ValueError(f"Grid.shape has {len(self.shape)} dimensions but Grid.extent {len(self.extent)}")

    def place(self, size: int, draws: Draws) -> NDArray[np.float64]:
        """Positions of shape (size, dimensions)."""
        if prod(self.shape) != size:
            raise ValueError(f"{self!r} has {prod(self.shape)} places for {size} neurons")
        return grid_positions(self.shape, self.extent)

    def __repr__(self) -> str:
        return f"Grid(shape={self.shape}, extent={self.extent})"


def grid_positions(shape: Sequence[int], extent: Sequence[float]) -> NDArray[np.float64]:
    """Centres of equal cells of a box from 0 to `extent`, shape (n, dimensions); the last dimension runs fastest."""
    grid = Grid(shape, extent)
    sides = zip(grid.shape, grid.extent, strict=True)
    coerce.check_memory(prod(grid.shape), 8 * len(grid.shape), f"Grid.shape = {grid.shape}: so many places", "lower it")
    axes = [(np.arange(n) + 0.5) * (side / n) for n, side in sides]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def positions_of(value: ArrayLike | Positions | None, size: int, draws: Draws) -> NDArray[np.float64] | None:
    """What a user gave as positions, as a read-only array of shape (size, dimensions)."""
    if value is None:
        return None
    places = value.place(size, draws) if isinstance(value, Positions) else value
    result: NDArray[Any] = coerce.array(places, "positions", dimensions=(1, 2))
    if result.ndim == 1:
        result = result.reshape(-1, 1)
    if result.shape[0] != size or not 1 <= result.shape[1] <= 3:
        raise ValueError(f"positions has shape {result.shape}; it must be ({size}, 1), ({size}, 2) or ({size}, 3)")
    return result


def _sides(value: Any) -> tuple[Any, ...]:
    """The sides of a box: those of a sequence or an array of one dimension, or the only one."""
    several = isinstance(value, (list, tuple, range)) or (isinstance(value, np.ndarray) and value.ndim == 1)
    return tuple(value) if several else (value,)


def _lengths(extent: float | Sequence[float], what: str) -> tuple[float, ...]:
    lengths = tuple(coerce.number(side, what) for side in _sides(extent))
    if not 1 <= len(lengths) <= 3 or min(lengths) <= 0:
        raise ValueError(f"{what} = {coerce.shown(extent)} must be 1 to 3 lengths above 0")
    return lengths
