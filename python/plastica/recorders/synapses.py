"""Recorders of weights and of what rules keep of synapses."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from plastica import words
from plastica.changes import claiming
from plastica.errors import suggestion
from plastica.recording import Columns
from plastica.saving import Put, Restoring

from .base import (
    DataFrame,
    Planned,
    Recorder,
    RecorderRecord,
    check_one,
    common,
    interval_of,
    of_a_parameter,
    pandas,
    sample_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plastica.faces import NetworkFace


class Synapses(Protocol):
    """What is asked of a projection."""

    _network: NetworkFace

    @property
    def index(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def states(self) -> tuple[str, ...]: ...
    @property
    def _recordable(self) -> tuple[str, ...]: ...
    @property
    def post(self) -> Sized: ...
    def __len__(self) -> int: ...
    def _rule_fields(self) -> Mapping[str, Any]: ...
    def state_index(self, name: str) -> int: ...
    def state_role(self, name: str) -> str: ...


class SynapsesRecord(RecorderRecord):
    """What a network knows of a recorder of synapses."""

    __slots__ = ("indices",)

    kind: ClassVar = "SynapseRecorder"
    numbers: ClassVar = frozenset({3})

    def __init__(self, what: str, target: str, engine: list[int], start: int, indices: NDArray[np.int64]) -> None:
        super().__init__(what, target, engine, start)
        self.indices = indices

    @classmethod
    def offered(cls, projection: Synapses) -> tuple[str, ...]:
        """What it can record."""
        return ("weights", *projection.states)

    @classmethod
    def planned(cls, projection: Synapses, what: Any, interval: Any, sample: Any) -> Planned:
        """A recording that has not begun."""
        _check_name(what, projection)
        core, steps = projection._network.engine(), interval_of(interval, what, projection._network)
        state = None if what == "weights" else projection.state_index(what)
        if state is not None and projection.state_role(what) == "neuron":
            if sample is not None:
                raise ValueError(f"{what} of projection '{projection.name}' is kept per neuron: it takes no sample")
            indices = np.arange(len(projection.post), dtype=np.int64)
        else:
            indices = sample_of(sample, len(projection), "connections")
        native = None if sample is None else indices
        record = cls(what, projection.name, [], core.time_step, indices)
        return Planned(record, [partial(core.record_synapses, projection.index, state, native, steps)])

    def _new_handle(self, network: NetworkFace) -> SynapseRecorder:
        return SynapseRecorder(network, self)

    def _own(self, put: Put) -> dict[str, Any]:
        return {"start": self.start, "indices": put(self.indices), "target": self.target, "what": self.what}

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> SynapsesRecord:
        """The reverse of `state`."""
        return cls(*common(told), np.array(known.get(told["indices"]["array"]), np.int64))


class SynapseRecorder(Recorder):
    """Weights of a projection, or a state of its rules, of all synapses or a sample of them, at an interval.

    A state that rules keep for every target neuron has a column for each neuron instead.
    """

    _record: SynapsesRecord

    @property
    def indices(self) -> NDArray[np.int64]:
        """Numbers of the connections, or of the target neurons, shape (n,)."""
        return self._record.indices

    @property
    def values(self) -> NDArray[np.float64]:
        """The samples, shape (T, n), in the order of `indices`."""
        return self._column("values")

    def _present(self) -> Columns:
        steps, values = self._network.engine().weight_samples(self._record.engine[0])
        return {"steps": steps, "values": values.reshape(len(steps), len(self.indices))}

    def _about(self) -> dict[str, Any]:
        return super()._about() | {"ids": self.indices.tolist()}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms), ``index`` and ``weight``, or the state's name."""
        times, values = self.times, self.values
        index = np.tile(self.indices, len(times))
        column = "weight" if self.what == "weights" else self.what
        return pandas().DataFrame({"time": np.repeat(times, len(self.indices)), "index": index, column: values.ravel()})


def _check_name(what: Any, projection: Synapses) -> None:
    """Refuses what is neither the weights nor a state of the rules."""
    check_one(what, f"projection '{projection.name}'")
    if what == "weights" or what in projection.states:
        return
    hint = suggestion(what, projection._recordable, words.ATTRIBUTES)
    if what in projection._rule_fields():
        hint = f"{of_a_parameter(what, 'projection')} ({', '.join(projection._recordable)})"
    raise ValueError(f"projection '{projection.name}' cannot record {what!r}; {hint}")
