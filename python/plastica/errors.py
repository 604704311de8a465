"""Errors that reach the user, and how they speak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from . import _native, words

__all__ = ["CheckpointError", "GuardError", "SimulationError", "UnknownName"]


class UnknownName(ValueError, KeyError):
    """A name that nobody knows; the message lists the names that exist."""

    __str__ = Exception.__str__  # KeyError would print the message in quotes


class CheckpointError(ValueError):
    """A file that cannot be read as a network: it is damaged, cut off, of a later version, or something else."""


class SimulationError(_native.SimulationError):
    """The simulation stopped because a value is no longer a finite number.

    Attributes
    ----------
    time : float
        Biological time in ms.
    population : str
        Name of the population.
    neuron : int
        Index of the neuron in its population.
    variable : str
        Name of the variable, such as ``"V"``.
    """

    def __init__(self, time: float, population: str, neuron: int, variable: str) -> None:
        super().__init__(time, population, neuron, variable)
        self.time, self.population, self.neuron, self.variable = time, population, neuron, variable

    def __str__(self) -> str:
        return (
            f"{self.variable} of neuron {self.neuron} of population '{self.population}' is not a finite number at "
            f"{self.time:g} ms; a smaller dt, weaker weights or a bound (w_max) may help"
        )


class GuardError(RuntimeError):
    """A guard stopped the run; the network stands at that moment and can go on.

    Attributes
    ----------
    time : float
        Biological time in ms.
    what : str
        What was watched, such as ``"rate of 'exc'"``.
    value : float
        What it was.
    band : tuple of float
        The lowest and the highest value it should have.
    """

    def __init__(self, time: float, what: str, value: float, band: tuple[float, float]) -> None:
        super().__init__(time, what, value, band)
        self.time, self.what, self.value, self.band = time, what, value, band

    def __str__(self) -> str:
        low, high = self.band
        return f"the {self.what} is {self.value:.6g} at {self.time:g} ms, out of the band from {low:g} to {high:g}"


def named(error: _native.SimulationError, populations: Sequence[str]) -> Exception:
    """The error of the engine, which knows populations by number only, with the population's name."""
    if len(error.args) < 4:
        return error
    time, population, neuron, variable = error.args[-4:]
    if isinstance(population, int) and 0 <= population < len(populations):
        population = populations[population]
    return SimulationError(float(time), str(population), int(neuron), str(variable))


def suggestion(
    name: object, valid: Iterable[str], table: Mapping[str, tuple[words.Sense, ...]] = MappingProxyType({})
) -> str:
    """``did you mean 'tau_m'? (C_m, tau_m, ...)``, or the list alone when nothing is meant or near.

    The table says what words of other simulators mean.
    """
    names = list(valid)
    hint = words.suggestion(name, names, table)
    return f"{hint}{' ' if hint else ''}({', '.join(names) if names else 'there are none'})"
