"""A slow, obvious simulator with the semantics of `docs/semantics.md`: the oracle of the engine.

Everything is float64, synapse by synapse and event by event. Physical parameters have no defaults, so that the
oracle never silently stands on another number than the engine. Units: ms, mV, pA, nS, pF, Hz.

The oracle of a part is a class of the same name, `reference.LIF` of `plastica.LIF`. It is found by standing in the folder of its kind:
`membranes`, `receptors`, `plasticity` or `controllers`. `registry` says what the tests know of it.
"""

from . import controllers, membranes, plasticity, receptors
from .modulators import Modulator
from .plasticity import Rule
from .registry import ORACLES, Oracle, where
from .simulator import History, Network, Population, Projection, Sources, Synapse

__all__ = [
    "ORACLES",
    "History",
    "Modulator",
    "Network",
    "Oracle",
    "Population",
    "Projection",
    "Rule",
    "Sources",
    "Synapse",
    "controllers",
    "membranes",
    "plasticity",
    "receptors",
    "where",
]

globals().update({name: oracle.does for name, oracle in ORACLES.items()})
