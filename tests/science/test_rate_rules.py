"""The experiment rate-rules, reduced."""

from __future__ import annotations

import json

import pytest

from plastica.cli import main


@pytest.mark.science
def test_rate_rules_grow_select_and_oscillate_as_published(tmp_path) -> None:
    """Oracle: every criterion of the experiment."""
    assert main(["run", "rate-rules", "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "rate-rules" / "result.json").read_text(encoding="utf-8"))
    judged = [record for record in content["records"] if record["criterion"] is not None]
    assert len(judged) >= 4
    assert [record["metric"] for record in judged if not record["pass"]] == []
