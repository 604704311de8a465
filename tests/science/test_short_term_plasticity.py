"""Short-term plasticity against its papers, reduced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plastica.cli import main


def judged(folder: Path, name: str) -> dict[str, bool]:
    """Runs an experiment; whether each judged metric meets its criterion."""
    assert main(["run", name, "--quick", "--threads", "1", "--out", str(folder)]) == 0
    content = json.loads((folder / name / "result.json").read_text(encoding="utf-8"))
    return {record["metric"]: record["pass"] for record in content["records"] if record["criterion"] is not None}


def missed(results: dict[str, bool]) -> list[str]:
    return [metric for metric, passed in results.items() if not passed]


@pytest.mark.science
def test_depressing_and_facilitating_synapses_transmit_the_closed_forms(tmp_path) -> None:
    results = judged(tmp_path, "tsodyks-markram")
    assert len(results) == 35
    assert missed(results) == []


@pytest.mark.science
def test_vesicles_are_released_one_by_one_from_pools_that_refill(tmp_path) -> None:
    results = judged(tmp_path, "vesicles")
    assert len(results) == 11
    assert missed(results) == []


@pytest.mark.science
def test_inhibition_moves_from_the_soma_to_the_dendrite(tmp_path) -> None:
    results = judged(tmp_path, "inhibitory-stp")
    assert len(results) == 6
    assert missed(results) == []


@pytest.mark.science
def test_depressing_synapses_make_a_network_burst_and_constant_ones_do_not(tmp_path) -> None:
    results = judged(tmp_path, "population-bursts")
    for metric in (
        "mean interval between population bursts",
        "mean width of a burst",
        "fall of the mean x in a burst",
        "population bursts with constant efficacies",
    ):
        assert results[metric], metric


@pytest.mark.science
def test_a_probe_brings_back_the_cued_item_within_the_time_of_facilitation(tmp_path) -> None:
    results = judged(tmp_path, "mongillo2008")
    for metric in (
        "held: lowest mean u of the item / U",
        "probed after 1 s: only the cued item returns",
        "probed after 3 tau_facil: only the cued item returns",
    ):
        assert results[metric], metric
