"""Slow processes: published time courses and closed forms, shortened."""

from __future__ import annotations

import json

import pytest

from plastica.cli import main


def judged(name, tmp_path):
    """Records of a quick run that have a criterion, by metric."""
    assert main(["run", name, "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / name / "result.json").read_text(encoding="utf-8"))
    return {record["metric"]: record for record in content["records"] if record["criterion"] is not None}


@pytest.mark.science
def test_the_closed_eye_is_lost_first_the_open_eye_gains_later_and_recovery_overshoots(tmp_path):
    records = judged("toyoizumi2014", tmp_path)
    assert [record for record in records.values() if not record["pass"]] == []
