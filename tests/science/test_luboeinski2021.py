"""A memory in a recurrent network is recalled after 8 hours if neurons make proteins."""

from __future__ import annotations

import json

import pytest

from plastica.cli import main


@pytest.mark.science
def test_recall_after_8_hours_needs_proteins_and_is_better_than_at_first(tmp_path):
    assert main(["run", "luboeinski2021", "--quick", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "luboeinski2021" / "result.json").read_text(encoding="utf-8"))
    judged = [record for record in content["records"] if record["criterion"] is not None]
    assert len(judged) == 5
    assert [record["metric"] for record in judged if not record["pass"]] == []
