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


@pytest.mark.science
def test_only_coordinated_pulses_unlearn_synchrony(tmp_path):
    records = judged("coordinated-reset", tmp_path)
    assert [record for record in records.values() if not record["pass"]] == []


@pytest.mark.science
def test_the_weakest_synapses_can_go_and_others_cannot(tmp_path):
    records = judged("pruning", tmp_path)
    assert [record for record in records.values() if not record["pass"]] == []


@pytest.mark.science
def test_fluctuating_synapses_live_by_a_power_of_age(tmp_path):
    """5,000 synapses are too few to tell the lives of neighbouring fifths of sizes apart: that takes the full run."""
    records = judged("kesten", tmp_path)
    for metric in ("survival of the newborn: R^2 of a power of age", "its R^2 less that of an exponential"):
        assert records[metric]["pass"], records[metric]


@pytest.mark.science
def test_thresholds_bring_rates_back_and_silence_makes_neurons_excitable(tmp_path):
    records = judged("intrinsic", tmp_path)
    assert [record for record in records.values() if not record["pass"]] == []
