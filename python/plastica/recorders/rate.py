"""Recorders of the mean rate of neurons."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from plastica import coerce
from plastica.changes import claiming
from plastica.recording import Columns
from plastica.saving import Put, Restoring, Sides

from .base import DataFrame, Planned, Recorder, RecorderRecord, common, interval_of, pandas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plastica.faces import NetworkFace, NeuronsFace


class RateRecord(RecorderRecord):
    """What a network knows of a recorder of a rate."""

    __slots__ = ("interval", "size")

    kind: ClassVar = "RateRecorder"
    numbers: ClassVar = frozenset({2})

    def __init__(self, what: str, target: str, engine: list[int], start: int, interval: int, size: int) -> None:
        super().__init__(what, target, engine, start)
        self.interval, self.size = interval, size  # steps, and number of neurons

    @classmethod
    def offered(cls, neurons: NeuronsFace) -> tuple[str, ...]:
        """What it can record."""
        return ("rate",)

    @classmethod
    def planned(cls, neurons: NeuronsFace, what: Any, interval: Any, sample: Any) -> Planned:
        """A recording that has not begun."""
        if sample is not None:
            raise ValueError("recording the rate takes no sample; record a view of the population instead")
        core, steps = neurons._network.engine(), interval_of(interval, "rate", neurons._network)
        record = cls("rate", neurons.name, [], core.time_step, steps, len(neurons))
        return Planned(record, [partial(core.record_rate, neurons.population.index, neurons.native_ids, steps)])

    def _new_handle(self, network: NetworkFace) -> RateRecorder:
        return RateRecorder(network, self)

    def _own(self, put: Put) -> dict[str, Any]:
        return {"interval": self.interval, "size": self.size, **super()._own(put)}

    @classmethod
    def _compare(cls, told: Mapping[str, Any], index: int, sides: Sides) -> None:
        sides.same("a recorder's interval", told["interval"], sides.engine[f"recorder/{index}/interval"])

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> RateRecord:
        """The reverse of `state`."""
        interval = coerce.integer(told["interval"], "interval", low=1, high=2**53)
        return cls(*common(told), interval, coerce.integer(told["size"], "size", low=1, high=2**31))


class RateRecorder(Recorder):
    """The mean rate of a population, counted in bins while it runs; it stores no spikes.

    Bins lie on multiples of the interval, as the samples of variables do. Those that the recording covers only in part,
    at its start and at this moment, are left out.
    """

    _record: RateRecord

    @property
    def times(self) -> NDArray[np.float64]:
        """Start of each bin in ms, shape (bins,); a bin that starts at t holds the spikes after t, to t + interval."""
        return self._network.clock.ms_array(self._column("steps"))

    @property
    def rates(self) -> NDArray[np.float64]:
        """Spikes per neuron and second in each bin, in Hz, shape (bins,)."""
        return self._column("counts") / (self._record.size * self._network.clock.ms(self._record.interval) * 1e-3)

    def _present(self) -> Columns:
        """First step and number of spikes of each whole bin."""
        core = self._network.engine()
        ends, counts = core.spike_counts(self._record.engine[0])
        starts = ends - self._record.interval
        complete = (starts >= self._record.start) & (ends <= core.time_step)
        return {"steps": starts[complete], "counts": counts[complete]}

    def _about(self) -> dict[str, Any]:
        return super()._about() | {
            "interval": self._network.clock.ms(self._record.interval),
            "neurons": self._record.size,
        }

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms) and ``rate`` (Hz)."""
        return pandas().DataFrame({"time": self.times, "rate": self.rates})
