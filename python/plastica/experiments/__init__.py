"""Published experiments, one short file each on the public interface of Plastica: they double as examples.

``plastica list`` shows them, ``plastica run vogels2011`` runs one. A new experiment is a new module in this folder with

- a docstring: one sentence, then the paper and the protocol;
- ``SCIENCE``, the ids of the phenomena it reproduces;
- ``run(context)``, which simulates, calls ``context.record`` for each metric, and returns what its figure needs:
  arrays, numbers, texts, lists, tuples, dicts, named tuples and dataclasses, which can be stored;
- ``figure(results)``, which returns a matplotlib figure.
"""

from __future__ import annotations

from ._framework import (
    Context,
    Criterion,
    Experiment,
    Outcome,
    above,
    below,
    between,
    can_draw,
    check_drawing,
    load,
    names,
    save,
)
from ._storage import DamagedOutcome, read_outcome, write_outcome

__all__ = [
    "Context",
    "Criterion",
    "DamagedOutcome",
    "Experiment",
    "Outcome",
    "above",
    "below",
    "between",
    "can_draw",
    "check_drawing",
    "load",
    "names",
    "read_outcome",
    "save",
    "write_outcome",
]
