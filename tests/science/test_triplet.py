"""The triplet rule against what it was fitted to."""

from __future__ import annotations

import json
import math

import pytest

from plastica.cli import main
from plastica.experiments import triplet


def records_of(folder) -> dict[str, dict[str, object]]:
    content = json.loads((folder / "triplet" / "result.json").read_text(encoding="utf-8"))
    return {record["metric"]: record for record in content["records"]}


@pytest.mark.science
def test_the_triplet_rule_meets_the_data_it_was_fitted_to_and_the_bcm_threshold(tmp_path) -> None:
    assert main(["run", "triplet", "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    records = records_of(tmp_path)
    judged = [record for record in records.values() if record["criterion"] is not None]
    assert len(judged) == 4 * 6 + 2 + 4 + 2
    assert [record["metric"] for record in judged if not record["pass"]] == []
    # the protocol matters: with bursts of 5 pairs the all-to-all sets are far from the data, at 60 pairs near
    for form in ("full", "minimal"):
        contiguous = records[f"all, {form}; 60 contiguous pairs: mean squared error in SEM"]["value"]
        assert records[f"all, {form}; 15 bursts of 5 pairs: mean squared error in SEM"]["value"] > 10 * contiguous


def test_the_bcm_threshold_of_the_minimal_set_is_19_hertz() -> None:
    """Oracle: SCIENCE P03, 19.2 Hz."""
    assert math.isclose(triplet.THRESHOLD, 19.2, abs_tol=0.05)
