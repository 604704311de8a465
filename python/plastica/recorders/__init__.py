"""Recorders: what a run leaves behind, as NumPy arrays.

Each kind has a file. A thing that can be recorded lists the kinds that there are of it: see `Recordable`.
"""

from __future__ import annotations

from .base import Planned, Recordable, Recorder, RecorderRecord, sample_of
from .level import LevelRecord, ModulatorRecorder
from .moved import ControllerRecorder, MovedRecord
from .rate import RateRecord, RateRecorder
from .spikes import SpikeRecorder, SpikesRecord
from .states import NoSingleVariable, StateRecorder, StatesRecord
from .structure import StructureRecord, StructureRecorder
from .synapses import SynapseRecorder, SynapsesRecord

__all__ = [
    "ControllerRecorder",
    "LevelRecord",
    "ModulatorRecorder",
    "MovedRecord",
    "NoSingleVariable",
    "Planned",
    "RateRecord",
    "RateRecorder",
    "Recordable",
    "Recorder",
    "RecorderRecord",
    "SpikeRecorder",
    "SpikesRecord",
    "StateRecorder",
    "StatesRecord",
    "StructureRecord",
    "StructureRecorder",
    "SynapseRecorder",
    "SynapsesRecord",
    "sample_of",
]
