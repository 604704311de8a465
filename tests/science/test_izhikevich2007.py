"""Distal reward."""

from __future__ import annotations

import pytest

from plastica import experiments


@pytest.mark.science
def test_reward_that_comes_seconds_late_strengthens_the_synapse_it_follows() -> None:
    """Oracle: closed forms of c, d and s for two neurons; Izhikevich (2007) for a network of a fifth of the size."""
    outcome = experiments.load("izhikevich2007").run(quick=True, threads=1)
    records = {record.metric: record for record in outcome.records}
    exact = [record for metric, record in records.items() if metric.startswith("two neurons")]
    assert len(exact) == 4
    assert all(record.passed for record in exact)
    assert records["rewarded synapse, largest / maximum"].passed
    assert records["mean of the others when it reaches 90 % / maximum"].passed
    assert records["unrewarded control, largest / maximum"].passed
