"""Recorders of synapses that come and go."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from plastica import coerce
from plastica.changes import claiming
from plastica.recording import Columns

from .base import DataFrame, Planned, Recorder, RecorderRecord, pandas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plastica.faces import NetworkFace

    from .synapses import Synapses


class StructureRecord(RecorderRecord):
    """What a network knows of a recorder of structure."""

    __slots__ = ()

    kind: ClassVar = "StructureRecorder"
    numbers: ClassVar = frozenset({5})

    @classmethod
    def offered(cls, projection: Synapses) -> tuple[str, ...]:
        """What it can record."""
        return ("structure",)

    @classmethod
    def planned(cls, projection: Synapses, what: Any, interval: Any, sample: Any) -> Planned:
        """A recording that has not begun."""
        if interval is not None or sample is not None:
            raise ValueError("recording structure takes no interval and no sample")
        core = projection._network.engine()
        record = cls("structure", projection.name, [], core.time_step)
        return Planned(record, [partial(core.record_structure, projection.index)])

    def _new_handle(self, network: NetworkFace) -> StructureRecorder:
        return StructureRecorder(network, self)


class StructureRecorder(Recorder):
    """Who was connected to whom, and when: synapses of a projection that came or went."""

    _record: StructureRecord

    @property
    def sources(self) -> NDArray[np.int64]:
        """Index of the source neuron of each synapse, shape (n,)."""
        return self._column("sources")

    @property
    def targets(self) -> NDArray[np.int64]:
        """Index of the target neuron of each synapse, shape (n,)."""
        return self._column("targets")

    @property
    def created(self) -> NDArray[np.bool_]:
        """True where a synapse came, False where one went, shape (n,)."""
        return self._column("created")

    def _present(self) -> Columns:
        steps, sources, targets, created = self._network.engine().structure_log(self._record.engine[0])
        return {"steps": steps, "sources": coerce.ids(sources), "targets": coerce.ids(targets), "created": created}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms), ``source``, ``target`` and ``created``."""
        columns = {"time": self.times, "source": self.sources, "target": self.targets, "created": self.created}
        return pandas().DataFrame(columns)
