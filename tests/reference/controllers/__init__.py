"""Oracles of controllers, one file for each header in `cpp/parts/controllers`; `controller.py` says what one is."""

from reference.registry import found_in

from .controller import Adjustment, Controller, Law, Place, ProjectionController

__all__ = ["Adjustment", "Controller", "Law", "Place", "ProjectionController"]

globals().update(found_in(__name__, __path__))
