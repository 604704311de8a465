"""A slow, obvious simulator with the semantics of `docs/semantics.md`: the oracle of the engine.

Everything is float64, synapse by synapse and event by event. Physical parameters have no defaults, so that the
oracle never silently stands on another number than the engine. Units: ms, mV, pA, nS, pF, Hz.
"""

from .controllers import (
    HomeostaticFactor,
    IntrinsicExcitability,
    SlidingThreshold,
    SpikeTriggeredThreshold,
    SynapticScaling,
)
from .membranes import LIF, AdEx, ClopathAdEx, Izhikevich, Relay
from .modulators import Modulator
from .plasticity import STDP, InhibitorySTDP, PowerLawSTDP, Rule
from .receptors import (
    NMDA,
    ConductanceAlpha,
    ConductanceBiExp,
    ConductanceExp,
    CurrentAlpha,
    CurrentDelta,
    CurrentExp,
)
from .simulator import History, Network, Population, Projection, Sources

__all__ = [
    "LIF",
    "NMDA",
    "STDP",
    "AdEx",
    "ClopathAdEx",
    "ConductanceAlpha",
    "ConductanceBiExp",
    "ConductanceExp",
    "CurrentAlpha",
    "CurrentDelta",
    "CurrentExp",
    "History",
    "HomeostaticFactor",
    "InhibitorySTDP",
    "IntrinsicExcitability",
    "Izhikevich",
    "Modulator",
    "Network",
    "Population",
    "PowerLawSTDP",
    "Projection",
    "Relay",
    "Rule",
    "SlidingThreshold",
    "Sources",
    "SpikeTriggeredThreshold",
    "SynapticScaling",
]
