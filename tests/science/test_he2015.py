"""Reward timing by two eligibilities."""

from __future__ import annotations

import pytest

from plastica import experiments


@pytest.mark.science
def test_a_recurrent_network_learns_when_reward_comes() -> None:
    """Oracle: the time of the reward (He et al. 2015), to 15 percent; reduced: two intervals and half of the trials."""
    outcome = experiments.load("he2015").run(quick=True, threads=1)
    records = {record.metric: record for record in outcome.records}
    assert records["error, reward after 500 ms"].passed
    assert records["error, reward after 1000 ms"].passed
    assert records["from strong synapses: error, reward after 500 ms"].passed
    assert records["without serotonin: rate 2 s after the cue"].passed
    assert records["time before learning"].value < 300
