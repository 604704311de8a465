"""Plastica simulates spiking networks whose wiring learns.

>>> import plastica as pl
>>> net = pl.Network(dt=0.1, seed=7)
>>> neurons = net.population(100, pl.LIF(tau_m=20, I_e=400))
>>> spikes = net.record(neurons, "spikes")
>>> net.run(100)
"""

from __future__ import annotations

from . import drugs, parts
from .controller import Controller
from .drive import Drive
from .errors import CheckpointError, GuardError, SimulationError, UnknownName
from .guard import Guard, GuardEvent
from .modifier import Modifier
from .modulator import Modulator
from .network import Network, load
from .part import (
    Connector,
    Distribution,
    Elements,
    Law,
    Model,
    Part,
    Receptor,
    Rule,
    Source,
    Stimulus,
    StructuralLaw,
)
from .parts import *  # noqa: F403
from .population import Population, View
from .positions import Grid, Positions, UniformPositions, grid_positions
from .projection import Projection
from .recorders import (
    ControllerRecorder,
    ModulatorRecorder,
    RateRecorder,
    Recorder,
    SpikeRecorder,
    StateRecorder,
    SynapseRecorder,
)
from .recording import Recording
from .rewiring import Rewiring
from .schedule import Schedule
from .values import Value

__all__ = [
    "CheckpointError",
    "Connector",
    "Controller",
    "ControllerRecorder",
    "Distribution",
    "Drive",
    "Elements",
    "Grid",
    "Guard",
    "GuardError",
    "GuardEvent",
    "Law",
    "Model",
    "Modifier",
    "Modulator",
    "ModulatorRecorder",
    "Network",
    "Part",
    "Population",
    "Positions",
    "Projection",
    "RateRecorder",
    "Receptor",
    "Recorder",
    "Recording",
    "Rewiring",
    "Rule",
    "Schedule",
    "SimulationError",
    "Source",
    "SpikeRecorder",
    "StateRecorder",
    "Stimulus",
    "StructuralLaw",
    "SynapseRecorder",
    "UniformPositions",
    "UnknownName",
    "Value",
    "View",
    "drugs",
    "grid_positions",
    "load",
]
__all__ += parts.__all__

__version__: str


def __getattr__(name: str) -> str:
    # importlib.metadata is slow to import, and rarely needed
    if name == "__version__":
        from ._native import info

        return str(info()["version"])
    from .words import instead

    raise AttributeError(f"module 'plastica' has no attribute '{name}'{instead(name)}")
