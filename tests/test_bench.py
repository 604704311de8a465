"""Benchmarks run and count right; how long they take is not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "bench").rglob("*.py")
    if "__main__" in path.read_text(encoding="utf-8")
    and path.stem not in {"nest_side", "annarchy_side"}  # need NEST, ANNarchy
)


def run(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("module", COMMANDS)
def test_every_command_says_how_to_use_it(module: str) -> None:
    assert "usage:" in run(module, "--help")


def test_a_network_counts_its_updates_operations_and_events(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    interval = ["--seconds", "0.02", "--warm-up", "0.1", "--repeats", "1", "--no-machine"]
    run("bench.networks.vogels_abbott", "--n", "1000", *interval, "--json", str(file))
    result = json.loads(file.read_text())
    profile = result["profile"]
    assert profile["updates"] == 1000 * 200
    assert profile["update_operations"] == (5 + 2 * 4) * profile["updates"]  # LIF and two CurrentExp
    assert profile["static_events"] == pytest.approx(80 * profile["spikes"], rel=0.1)
    assert profile["rows"] == pytest.approx(profile["spikes"], rel=0.1)  # one delay, one thread
    assert result["workload"] in run("bench.report", str(file))


def test_neurons_of_the_scaling_network_fire_at_the_rate_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "scaling.json"
    size = ["--neurons", "200", "--inputs", "10", "--repeats", "1"]
    run("bench.scaling.run", "--only", "rate", *size, "--no-machine", "--json", str(file))
    results = json.loads(file.read_text())["results"]
    assert [result["rate"] for result in results] == [1, 1, 3, 3, 10, 10, 30, 30, 100, 100]
    for result in results:
        profile = result["profile"]
        assert result["rate_hz"] == pytest.approx(result["rate"], rel=0.1)
        assert profile["static_events"] + profile["plastic_events"] == 10 * profile["spikes"]
    assert "plastic event" in run("bench.scaling.model", str(file))


def test_loops_are_timed_and_their_operations_counted(tmp_path: Path) -> None:
    assert run("bench.kernels.run", "--only", "drive", "--neurons", "64", "--intervals", "2").count(" ns per ") == 5
    file = tmp_path / "lines.json"
    run("bench.kernels.counted", "--only", "drive", "--neurons", "64", "--json", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["complete"] for line in lines] == 5 * [True, False]
    assert all(line["operations"] == [64 * 500, 64 * 1500] for line in lines)
