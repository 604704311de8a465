"""Recorders of spikes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from plastica import coerce
from plastica.changes import claiming
from plastica.recording import Columns
from plastica.saving import Put, Restoring, Sides

from .base import DataFrame, Planned, Recorder, RecorderRecord, common, pandas, same_population

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plastica.faces import NetworkFace, NeuronsFace, NeuronsRecordFace


class SpikesRecord(RecorderRecord):
    """What a network knows of a recorder of spikes."""

    __slots__ = ("neurons",)

    kind: ClassVar = "SpikeRecorder"
    numbers: ClassVar = frozenset({0})

    def __init__(self, what: str, target: str, engine: list[int], start: int, neurons: NeuronsRecordFace) -> None:
        super().__init__(what, target, engine, start)
        self.neurons = neurons

    @classmethod
    def offered(cls, neurons: NeuronsFace) -> tuple[str, ...]:
        """What it can record."""
        return ("spikes",)

    @classmethod
    def planned(cls, neurons: NeuronsFace, what: Any, interval: Any, sample: Any) -> Planned:
        """A recording that has not begun."""
        if interval is not None or sample is not None:
            raise ValueError("recording spikes takes no interval and no sample; record a view instead")
        core = neurons._network.engine()
        record = cls("spikes", neurons.name, [], core.time_step, neurons._record)
        return Planned(record, [partial(core.record_spikes, neurons.population.index, neurons.native_ids)])

    def _new_handle(self, network: NetworkFace) -> SpikeRecorder:
        return SpikeRecorder(network, self)

    def _own(self, put: Put) -> dict[str, Any]:
        return {"neurons": self.neurons.reference(put), **super()._own(put)}

    @classmethod
    def _compare(cls, told: Mapping[str, Any], index: int, sides: Sides) -> None:
        same_population(told, index, sides)

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> SpikesRecord:
        """The reverse of `state`."""
        return cls(*common(told), known.neurons(told["neurons"]))


class SpikeRecorder(Recorder):
    """Every spike of some neurons; `times` is sorted by time, then by neuron."""

    _record: SpikesRecord

    @property
    def ids(self) -> NDArray[np.int64]:
        """The neuron of each spike, as an index of the population, shape (spikes,)."""
        return self._column("ids")

    @property
    def count(self) -> int:
        """Number of spikes."""
        return len(self._column("steps"))

    @claiming
    def rate(self, bin: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # noqa: A002
        """Mean rate of a neuron over time.

        Parameters
        ----------
        bin : float
            Width of a bin in ms, a multiple of dt. Bins follow each other from the start of the recording (or the last
            `clear`); one that is not complete is left out. A bin that starts at t holds the spikes after t, up to
            t + bin.

        Returns
        -------
        times : ndarray, shape (bins,)
            The start of each bin in ms.
        rates : ndarray, shape (bins,)
            Spikes per neuron and second, in Hz.
        """
        clock = self._network.clock
        width = clock.steps(bin, "bin", minimum=1)
        bins = (self._network.engine().time_step - self._record.start) // width
        steps = self._column("steps")
        counts = np.bincount((steps - self._record.start - 1) // width, minlength=bins)[:bins]
        times = clock.ms_array(self._record.start + width * np.arange(bins, dtype=np.int64))
        return times, counts / (self._record.neurons.size * clock.ms(width) * 1e-3)

    @claiming
    def cv(self) -> NDArray[np.float64]:
        """Coefficient of variation of the intervals between spikes, for each neuron with at least 3 spikes."""
        steps, ids = self._column("steps"), self._column("ids")
        order = np.argsort(ids, kind="stable")
        neurons, moments = ids[order], steps[order]
        same = neurons[1:] == neurons[:-1]
        owners, intervals = neurons[1:][same], np.diff(moments)[same].astype(np.float64)
        number = np.bincount(owners)
        enough = number >= 2
        count = np.maximum(number, 1)
        mean = np.bincount(owners, intervals) / count
        variance = np.bincount(owners, (intervals - mean[owners]) ** 2) / count
        return np.sqrt(variance[enough]) / mean[enough]

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms) and ``id``."""
        return pandas().DataFrame({"time": self.times, "id": self.ids})

    def _present(self) -> Columns:
        steps, ids = self._network.engine().spikes(self._record.engine[0])
        return {"steps": steps, "ids": coerce.ids(ids)}
