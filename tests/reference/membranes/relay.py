"""A relay."""

from __future__ import annotations

from dataclasses import dataclass

from reference.registry import membrane, per_neuron

from .membrane import Membrane


@membrane(per_neuron())
@dataclass(kw_only=True)
class Relay(Membrane):
    """Spikes one step after arrivals on its only receptor, "input", whose weights sum to more than 0.

    The simulator does it.
    """
