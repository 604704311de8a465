"""Recorders of the level of a modulator."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from plastica.changes import claiming
from plastica.recording import Columns

from .base import DataFrame, Planned, Recorder, RecorderRecord, interval_of, pandas

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from plastica.faces import NetworkFace


class Level(Protocol):
    """What is asked of a modulator."""

    _network: NetworkFace

    @property
    def index(self) -> int: ...
    @property
    def name(self) -> str: ...


class LevelRecord(RecorderRecord):
    """What a network knows of a recorder of a modulator."""

    __slots__ = ()

    kind: ClassVar = "ModulatorRecorder"
    numbers: ClassVar = frozenset({4})

    @classmethod
    def offered(cls, modulator: Level) -> tuple[str, ...]:
        """What it can record."""
        return ("level",)

    @classmethod
    def planned(cls, modulator: Level, what: Any, interval: Any, sample: Any) -> Planned:
        """A recording that has not begun."""
        if what != "level" or sample is not None:
            raise ValueError(f"a modulator can record its 'level', without a sample, not {what!r}")
        core, steps = modulator._network.engine(), interval_of(interval, "the level", modulator._network)
        record = cls("level", modulator.name, [], core.time_step)
        return Planned(record, [partial(core.record_modulator, modulator.index, steps)])

    def _new_handle(self, network: NetworkFace) -> ModulatorRecorder:
        return ModulatorRecorder(network, self)


class ModulatorRecorder(Recorder):
    """The level of a modulator, at an interval."""

    _record: LevelRecord

    @property
    def values(self) -> NDArray[np.float64]:
        """Levels, shape (T,)."""
        return self._column("values")

    def _present(self) -> Columns:
        steps, values = self._network.engine().weight_samples(self._record.engine[0])
        return {"steps": steps, "values": values.ravel()}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms) and ``level``."""
        return pandas().DataFrame({"time": self.times, "level": self.values})
