"""Oracles of receptors, one file for each header in `cpp/parts/receptors`; `receptor.py` says what one is."""

from reference.registry import found_in

from .receptor import Channel, Kernel, Receptor, Values

__all__ = ["Channel", "Kernel", "Receptor", "Values"]

globals().update(found_in(__name__, __path__))
