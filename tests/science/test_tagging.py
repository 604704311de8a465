"""Synaptic tagging: what is stimulated weakly lasts if proteins are made for something else."""

from __future__ import annotations

import json

import pytest

from plastica.cli import main


@pytest.mark.science
def test_a_weak_tetanus_fades_unless_proteins_rescue_it(tmp_path):
    assert main(["run", "tagging", "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    content = json.loads((tmp_path / "tagging" / "result.json").read_text(encoding="utf-8"))
    records = {record["metric"]: record for record in content["records"]}
    for metric in (
        "WTET alone",
        "STET alone, protein synthesis blocked",
        "WTET, not rescued if blocked",
        "STET alone, against the published program",
    ):
        assert records[metric]["pass"], records[metric]
    # the amounts of the reduced run are noisy: what is rescued stays, what is not goes
    assert records["STET alone"]["value"] > 10
    for metric in (
        "WTET, rescued by STET 30 min later",
        "WTET, 30 min after STET",
        "WTET, rescued by SLFS 30 min later",
    ):
        assert records[metric]["value"] > records["WTET alone"]["value"] + 1
