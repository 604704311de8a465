"""The command line and the experiments that come with it."""

from __future__ import annotations

import json
import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import plastica as pl
from plastica import experiments
from plastica.cli import main
from plastica.experiments import above, below, between

FIELDS = {"experiment", "seed", "compression", "metric", "value", "unit", "criterion", "pass", "provenance"}


def records_of(folder: Path, name: str) -> dict[str, dict[str, object]]:
    content = json.loads((folder / name / "result.json").read_text(encoding="utf-8"))
    return {record["metric"]: record for record in content["records"]}


# ---- criteria


@pytest.mark.parametrize(
    ("criterion", "inside", "outside"),
    [
        (between(0.9, 1.1), [0.9, 1.0, 1.1], [0.89, 1.11, math.nan, math.inf]),
        (below(3), [2.999, -5], [3, math.inf, math.nan]),
        (above(4), [4.001], [4, -math.inf, math.nan, math.inf]),
    ],
)
def test_a_criterion_is_met_inside_its_bounds_and_never_by_nan_or_infinity(criterion, inside, outside) -> None:
    assert all(criterion(value) for value in inside)
    assert not any(criterion(value) for value in outside)


def test_a_metric_is_recorded_once() -> None:
    context = experiments.Context()
    context.record("rate", 3, provenance="test")
    with pytest.raises(ValueError, match="'rate' is recorded twice"):
        context.record("rate", 4, provenance="test")


# ---- what there is


def test_the_experiments_of_the_first_release_are_found() -> None:
    assert {"vogels2011", "song2000", "stdp-window"} <= set(experiments.names())


@pytest.mark.parametrize("name", experiments.names())
def test_an_experiment_names_its_paper_and_the_phenomena_it_reproduces(name: str) -> None:
    experiment = experiments.load(name)
    assert experiment.sentence.endswith(".")
    assert len(experiment.sentence) < 120
    assert "doi:" in experiment.description
    assert "``quick``" in experiment.description
    assert experiment.science
    assert all(re.fullmatch(r"[PF]\d+", number) for number in experiment.science)


@pytest.mark.parametrize("name", experiments.names())
def test_an_experiment_has_its_page_with_figure_and_command(name: str) -> None:
    docs = Path(__file__).resolve().parents[2] / "docs"
    page = (docs / "experiments" / f"{name}.md").read_text(encoding="utf-8")
    assert f"plastica run {name}" in page
    picture = docs / "figures" / f"{name}.png"
    assert f"../figures/{picture.name}" in page
    assert picture.stat().st_size < 300_000


# ---- the command line


def test_info_says_what_runs(capsys) -> None:
    assert main(["info"]) == 0
    text = capsys.readouterr().out
    assert pl.__version__ in text
    for name in ("instruction set", "threads", "precision", "compiler"):
        assert name in text


def test_list_shows_every_experiment_with_its_ids(capsys) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == experiments.names()
    assert any(line.startswith("vogels2011") and "P19" in line for line in lines)


def test_an_unknown_experiment_is_answered_with_the_nearest_name(capsys, tmp_path) -> None:
    assert main(["run", "vogels2012", "--out", str(tmp_path)]) == 2
    assert "did you mean 'vogels2011'?" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_run_asks_for_names_or_all(capsys) -> None:
    assert main(["run"]) == 2
    assert main(["run", "stdp-window", "--all"]) == 2
    assert "stdp-window" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--threads", "0"], ["--seeds", "0"], ["--seed", "-1"]])
def test_options_out_of_bounds_are_refused(option) -> None:
    with pytest.raises(SystemExit) as error:
        main(["run", "stdp-window", *option])
    assert error.value.code == 2


def test_run_writes_a_table_a_result_and_a_figure(capsys, tmp_path) -> None:
    assert main(["run", "stdp-window", "--quick", "--strict", "--threads", "1", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert re.search(r"additive, all, axonal delay: largest relative error +\S+ +< 1e-06 +yes", text)

    content = json.loads((tmp_path / "stdp-window" / "result.json").read_text(encoding="utf-8"))
    header, records = content["header"], content["records"]
    assert header["plastica"] == pl.__version__
    assert header["threads"] == 1
    assert header["quick"]
    assert header["wall_seconds"] > 0
    assert header["isa"]
    assert all(set(record) == FIELDS for record in records)
    assert {record["seed"] for record in records} == {1}
    assert all((record["criterion"] is None) == (record["pass"] is None) for record in records)
    assert any(record["compression"].startswith("quick") for record in records)
    assert (tmp_path / "stdp-window" / "figure.png").stat().st_size > 10_000


def test_a_failed_criterion_is_reported_and_fails_only_a_strict_run(capsys, tmp_path, monkeypatch) -> None:
    def simulate(context) -> None:
        context.record("seed", context.seed, below(2), provenance="test")
        context.record("nothing", math.nan, above(0), provenance="test")

    experiment = experiments.load("stdp-window")
    failing = type(experiment)(**(vars(experiment) | {"simulate": simulate, "draw": lambda results: blank()}))
    monkeypatch.setattr(experiments, "load", lambda name: failing)
    call = ["run", "stdp-window", "--seeds", "3", "--out", str(tmp_path)]
    assert main(call) == 0
    assert re.search(r"seed +2 \(1 to 3\) +< 2 +NO \(1/3\)", capsys.readouterr().out)
    assert main([*call, "--strict"]) == 1
    values = json.loads((tmp_path / "stdp-window" / "result.json").read_text(encoding="utf-8"))["records"]
    assert [(record["seed"], record["metric"], record["pass"]) for record in values][:2] == [
        (1, "seed", True),
        (1, "nothing", False),
    ]
    assert values[1]["value"] is None


def test_without_matplotlib_the_result_is_written_and_the_figure_explained(capsys, tmp_path, monkeypatch) -> None:
    experiment = experiments.load("stdp-window")
    empty = type(experiment)(**(vars(experiment) | {"simulate": lambda context: None}))
    monkeypatch.setattr(experiments, "load", lambda name: empty)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["run", "stdp-window", "--out", str(tmp_path)]) == 0
    assert "pip install 'plastica[plot]'" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "stdp-window").iterdir()) == ["outcome-1.npz", "result.json"]


def blank() -> object:
    from matplotlib.figure import Figure

    return Figure()


# ---- published results, reduced


@pytest.mark.science
def test_inhibitory_plasticity_balances_hides_and_recalls(tmp_path) -> None:
    assert main(["run", "vogels2011", "--quick", "--out", str(tmp_path)]) == 0
    records = records_of(tmp_path, "vogels2011")
    judged = [record for record in records.values() if record["criterion"] is not None]
    assert len(judged) == 5
    assert [record["metric"] for record in judged if not record["pass"]] == []
    # the runaway is real: without inhibition the rate is near the refractory limit
    assert records["rate at the start"]["value"] > 100
    assert records["assembly, 1 s after storing"]["value"] > 2 * records["assembly before the cue"]["value"]


@pytest.mark.science
def test_competition_depends_on_correlation_and_on_the_dependence_on_weights(tmp_path) -> None:
    assert main(["run", "song2000", "--quick", "--threads", "1", "--out", str(tmp_path)]) == 0
    records = records_of(tmp_path, "song2000")
    for metric in (
        "A: output rate at 40 Hz / at 10 Hz",
        "A, 20 Hz: final CV of intervals",
        "A, 40 Hz: bimodality coefficient",
        "B, fading noise: mean weight / (c_p / c_d)",
        "B, fading noise: bimodality coefficient",
        "B, constant noise: mean weight / (c_p / c_d)",
        "B, constant noise: bimodality coefficient",
        "C: spread of weights at mu = 1 / at mu = 0.02",
        "C, log-STDP: skewness",
        "C, log-STDP: largest / median weight",
        "A: mean weight, correlated / uncorrelated half",
    ):
        assert records[metric]["pass"], records[metric]


def test_bimodality_is_one_for_two_points_and_five_ninths_for_a_uniform_distribution() -> None:
    from plastica.experiments.song2000 import bimodality

    assert bimodality(np.repeat([0.0, 1.0], 5000)) == pytest.approx(1, rel=1e-3)
    assert bimodality(np.linspace(0, 1, 10_000)) == pytest.approx(5 / 9, rel=1e-3)
