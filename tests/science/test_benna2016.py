"""The experiment benna2016, reduced."""

from __future__ import annotations

import json

import pytest

from plastica.cli import main


@pytest.mark.science
def test_a_chain_forgets_as_one_over_the_root_of_time(tmp_path) -> None:
    """Oracle: every criterion of the experiment but the longest lifetime."""
    assert main(["run", "benna2016", "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "benna2016" / "result.json").read_text(encoding="utf-8"))
    judged = [record for record in content["records"] if record["criterion"] is not None]
    assert len(judged) >= 4
    assert [record["metric"] for record in judged if not record["pass"]] == []
