"""The experiment vogels2011-feedforward, reduced."""

from __future__ import annotations

import json

import pytest

from plastica.cli import main


@pytest.mark.science
def test_inhibition_balances_every_channel_and_leaves_transients(tmp_path) -> None:
    """Oracle: every criterion but the balance of the weakest channel, which takes longer."""
    assert main(["run", "vogels2011-feedforward", "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "vogels2011-feedforward" / "result.json").read_text(encoding="utf-8"))
    judged = [
        record
        for record in content["records"]
        if record["criterion"] is not None and record["metric"] != "I / E current, smallest of the channels"
    ]
    assert len(judged) >= 4
    assert [record["metric"] for record in judged if not record["pass"]] == []
