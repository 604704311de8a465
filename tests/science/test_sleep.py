"""The experiment sleep, reduced."""

from __future__ import annotations

import json

import pytest

from plastica.cli import main


@pytest.mark.science
def test_sleep_lets_the_signal_rise_and_keeps_weights_off_their_bound(tmp_path) -> None:
    """Oracle: every criterion."""
    assert main(["run", "sleep", "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "sleep" / "result.json").read_text(encoding="utf-8"))
    judged = [record for record in content["records"] if record["criterion"] is not None]
    assert len(judged) >= 4
    assert [record["metric"] for record in judged if not record["pass"]] == []
