"""The experiment cascade, reduced."""

from __future__ import annotations

import json

import pytest

from plastica.cli import main


@pytest.mark.science
def test_cascades_forget_by_a_power_law_as_their_markov_chain_does(tmp_path) -> None:
    """Oracle: every criterion of the experiment, with 10,000 synapses."""
    assert main(["run", "cascade", "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "cascade" / "result.json").read_text(encoding="utf-8"))
    judged = [record for record in content["records"] if record["criterion"] is not None]
    assert len(judged) >= 4
    assert [record["metric"] for record in judged if not record["pass"]] == []
