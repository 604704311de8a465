"""Published experiments, one short file each on the public interface of Plastica: they double as examples.

``plastica list`` shows them, ``plastica run vogels2011`` runs one. A new experiment is a new module in this folder with

- a docstring: one sentence, then the paper and the protocol;
- ``SCIENCE``, the ids of the phenomena it reproduces;
- ``run(context)``, which simulates, calls ``context.record`` for each metric, and returns what its figure needs;
- ``figure(results)``, which returns a matplotlib figure.
"""

from __future__ import annotations

from ._framework import Context, Criterion, Experiment, Outcome, above, below, between, load, names, save

__all__ = ["Context", "Criterion", "Experiment", "Outcome", "above", "below", "between", "load", "names", "save"]
