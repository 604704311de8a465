"""Oracles of membranes, one file for each header in `cpp/parts/membranes`; `membrane.py` says what one is."""

from reference.registry import found_in

from .membrane import Membrane, States

__all__ = ["Membrane", "States"]

globals().update(found_in(__name__, __path__))
