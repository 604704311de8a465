"""The window of time in which dopamine acts on a spine, and retroactive conversion."""

from __future__ import annotations

import pytest

from plastica import experiments


@pytest.mark.science
def test_dopamine_acts_shortly_after_spikes_only_and_turns_depression_round() -> None:
    """Oracle: Yagishita et al. (2014), the delays that were significant and those that were not; Brzosko et al. (2015)."""
    outcome = experiments.load("yagishita2014").run(quick=True, threads=1)
    judged = [record for record in outcome.records if record.criterion is not None]
    assert len(judged) == 10
    assert [record.metric for record in judged if not record.passed] == []
