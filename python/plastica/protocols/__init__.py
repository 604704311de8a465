"""Protocols that induce plasticity: spike times in ms, as :class:`plastica.SpikeSource` takes them.

>>> import plastica as pl
>>> from plastica import protocols
>>> source = pl.SpikeSource(protocols.theta_burst(start=1000))

Stimulation of one pathway: :func:`tetanus`, :func:`weak_tetanus`, :func:`low_frequency`, :func:`strong_low_frequency`,
:func:`theta_burst`, and :func:`bursts`, which all of them are made of. Times are exact; a network rounds them to its
grid.

Pairs of one presynaptic and one postsynaptic neuron: :func:`pairing`, :func:`bursts_of_pairs`, :func:`triplets`,
:func:`quadruplets`.
"""

from __future__ import annotations

from ._pairings import Pairing, bursts_of_pairs, pairing, quadruplets, triplets
from ._stimulation import bursts, low_frequency, strong_low_frequency, tetanus, theta_burst, weak_tetanus

__all__ = [
    "Pairing",
    "bursts",
    "bursts_of_pairs",
    "low_frequency",
    "pairing",
    "quadruplets",
    "strong_low_frequency",
    "tetanus",
    "theta_burst",
    "triplets",
    "weak_tetanus",
]
