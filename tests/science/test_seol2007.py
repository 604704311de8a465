"""Gating of the two lobes of the window by neuromodulators."""

from __future__ import annotations

import pytest

from plastica import experiments


@pytest.mark.science
def test_each_modulator_alone_moves_both_orders_of_spikes_one_way_and_both_together_restore_the_window() -> None:
    """Oracle: the signs of Seol et al. (2007) in four baths, and the closed form of isolated pairs."""
    outcome = experiments.load("seol2007").run(quick=True, threads=1)
    judged = [record for record in outcome.records if record.criterion is not None]
    assert len(judged) == 10
    assert [record.metric for record in judged if not record.passed] == []
