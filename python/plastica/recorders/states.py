"""Recorders of variables of neurons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from plastica import coerce, words
from plastica.changes import claiming
from plastica.errors import UnknownName
from plastica.recording import Columns
from plastica.saving import Put, Restoring, Sides, saved, text

from .base import (
    DataFrame,
    Planned,
    Recorder,
    RecorderRecord,
    common,
    interval_of,
    of_a_parameter,
    pandas,
    same_population,
    sample_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plastica.faces import NetworkFace, NeuronsFace, NeuronsRecordFace


class StatesRecord(RecorderRecord):
    """What a network knows of a recorder of variables."""

    __slots__ = ("names", "neurons")

    kind: ClassVar = "StateRecorder"
    numbers: ClassVar = frozenset({1})

    def __init__(
        self, what: str, target: str, engine: list[int], start: int, names: tuple[str, ...], neurons: NeuronsRecordFace
    ) -> None:
        super().__init__(what, target, engine, start)
        self.names, self.neurons = names, neurons

    @classmethod
    def offered(cls, neurons: NeuronsFace) -> tuple[str, ...]:
        """What it can record."""
        return neurons.population.states

    @classmethod
    def planned(cls, neurons: NeuronsFace, what: Any, interval: Any, sample: Any) -> Planned:
        """A recording that has not begun."""
        names = _variables_of(what, neurons)
        if sample is not None:
            neurons = neurons[sample_of(sample, len(neurons), "neurons")]
        steps = interval_of(interval, ", ".join(names), neurons._network)
        core, number, ids = neurons._network.engine(), neurons.population.index, neurons.native_ids
        record = cls(", ".join(names), neurons.name, [], core.time_step, tuple(names), neurons._record)
        return Planned(record, [partial(core.record_states, number, name, ids, steps) for name in names])

    def _new_handle(self, network: NetworkFace) -> StateRecorder:
        return StateRecorder(network, self)

    def _own(self, put: Put) -> dict[str, Any]:
        return {"names": saved(self.names, put), "neurons": self.neurons.reference(put), **super()._own(put)}

    @classmethod
    def _compare(cls, told: Mapping[str, Any], index: int, sides: Sides) -> None:
        same_population(told, index, sides)

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> StatesRecord:
        """The reverse of `state`."""
        names = tuple(text(each) for each in told["names"])
        return cls(*common(told, len(names)), names, known.neurons(told["neurons"]))


class NoSingleVariable(ValueError, AttributeError):
    """A recorder of several variables has no `values`."""


class StateRecorder(Recorder):
    """One or more variables of some neurons, at an interval. ``recorder["V"]`` has the shape (T, n)."""

    _record: StatesRecord

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables."""
        return self._record.names

    @property
    def ids(self) -> NDArray[np.int64]:
        """The neurons, as indices of the population, shape (n,)."""
        ids: NDArray[np.int64] = self._record.neurons.handle(self._network).ids
        return ids

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        coerce.variable(name, self.variables, f"recorder of {self.target} has not recorded")
        return self._column(name)

    def _present(self) -> Columns:
        columns: dict[str, NDArray[Any]] = {}
        for index, name in zip(self._record.engine, self.variables, strict=True):
            steps, values = self._network.engine().states(index)
            columns |= {"steps": steps, name: values.reshape(len(steps), self._record.neurons.size)}
        return columns

    def _unknown(self, name: str) -> str:
        if name in self.variables:
            return f"{self._title()} has no attribute '{name}'; take a variable by its name: recorder['{name}']"
        return super()._unknown(name)

    def _about(self) -> dict[str, Any]:
        return super()._about() | {"ids": self.ids.tolist()}

    @property
    def values(self) -> NDArray[np.float64]:
        """The samples, shape (T, n), when one variable is recorded.

        Raises
        ------
        NoSingleVariable
            A ValueError and an AttributeError, if several are; take them by name.
        """
        if len(self.variables) != 1:
            names = ", ".join(f"recorder['{name}']" for name in self.variables)
            raise NoSingleVariable(f"several variables are recorded; take one by name: {names}")
        return self[self.variables[0]]

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms), ``id`` and one for each variable."""
        times, ids = self.times, self.ids
        columns = {name: self[name].ravel() for name in self.variables}
        return pandas().DataFrame({"time": np.repeat(times, len(ids)), "id": np.tile(ids, len(times)), **columns})


def _variables_of(what: str | Sequence[str], neurons: NeuronsFace) -> list[str]:
    """The names of variables to be recorded together; spikes and the rate are recorded by calls of their own."""
    names = [what] if isinstance(what, str) else list(what)
    for own, call in (("spikes", "'spikes'"), ("rate", "'rate', interval=...")):
        if own in names:
            rest = [name for name in names if name not in ("spikes", "rate")]
            beside = f", beside record(neurons, {rest!r}, interval=...)" if rest else ""
            raise ValueError(f"{what!r}: {own!r} is recorded by a call of its own, record(neurons, {call}){beside}")
    if not names or len(set(names)) != len(names):
        raise ValueError(f"{what!r} must be names of variables, each once")
    for name in names:
        if name not in neurons.population.states:
            _refuse(name, neurons)
    return names


def _refuse(name: str, neurons: NeuronsFace) -> NoReturn:
    """Raises the error about a name that is no state of the neurons."""
    population = neurons.population
    what = f"population '{population.name}' cannot record {name!r}"
    can = f"({', '.join(neurons._recordable)})"
    parameters = [each for each in population.fields if each not in population.states]
    if name in parameters:
        raise ValueError(f"{what}; {of_a_parameter(name, 'population')} {can}")
    hint = words.suggestion(name, (*population.fields, "spikes", "rate"), words.PARAMETERS)
    hint = hint or words.of_receptors(name, population.states)
    of_parameters = any(f"'{each}'" in hint for each in parameters)
    also = "; parameters are not recorded, but read by get and effective" if of_parameters else ""
    raise UnknownName(f"{what}; {hint}{also}{' ' if hint else ''}{can}")
