"""Published parameter sets of parts, by name.

A class ``TripletSTDPSets`` in any module of this folder is the base of the generated class ``TripletSTDP``; its class
methods return a part with the parameters of a paper.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules


def base_of(part: str) -> tuple[str, str] | None:
    """Module and name of the class with the published sets of a part; None where there is none."""
    for module in iter_modules(__path__):
        if hasattr(import_module(f"{__name__}.{module.name}"), f"{part}Sets"):
            return f"presets.{module.name}", f"{part}Sets"
    return None
