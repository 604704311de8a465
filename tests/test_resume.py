"""Runs that save themselves, and programs that are stopped and gone on with."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import plastica as pl
from plastica import cli
from plastica.journal import journal
from test_copies import assert_same, network


def test_a_run_saves_itself_and_its_last_checkpoint_is_the_network(tmp_path):
    """Oracle: the network at the moments of the checkpoints, and at the end."""
    net, path = network(), tmp_path / "net.plastica"
    seen = []

    def look(net: pl.Network) -> None:
        if path.exists():
            seen.append((net.time, pl.load(path).time))

    start = net.time
    net.run(45.0, checkpoint=path, checkpoint_every=10.0, callback=look, every=5.0)
    expected = [(start + 5.0 * i, start + 10.0 * ((i - 1) // 2)) for i in range(3, 10)]
    assert np.allclose(seen, expected)
    assert_same(net, pl.load(path))
    assert_same(net, _without_interruption(45.0))


def _without_interruption(duration: float) -> pl.Network:
    net = network()
    net.run(duration)
    return net


def test_a_checkpoint_holds_what_the_callback_of_its_moment_did(tmp_path):
    """Oracle: a network that was not interrupted, under the same callback."""

    def stimulate(net: pl.Network) -> None:
        net.populations["exc"][:10].set(V=-52.0)

    path = tmp_path / "net.plastica"
    plain, net = network(), network()
    plain.run(60.0, callback=stimulate, every=20.0)
    net.run(20.0, callback=stimulate, every=20.0, checkpoint=path, checkpoint_every=20.0)
    again = pl.load(path)
    again.run(40.0, callback=stimulate, every=20.0)
    assert_same(plain, again)


def test_a_callback_may_save_and_pickle(tmp_path):
    """Oracle: a network that was not saved, at the moment of the callback and at the end."""
    net, path, pickled = network(), tmp_path / "net.plastica", []

    def keep(net: pl.Network) -> None:
        net.save(path)
        pickled.append(pickle.dumps(net))

    net.run(30.0, callback=keep, every=20.0)
    assert len(pickled) == 1
    for again in (pl.load(path), pickle.loads(pickled[0])):
        assert_same(again, _without_interruption(20.0))
        again.run(10.0)
        assert_same(again, net)


def test_checkpoint_and_its_interval_go_together(tmp_path):
    """Oracle: the message."""
    net = network()
    before = net.time
    for options in ({"checkpoint": tmp_path / "x"}, {"checkpoint_every": 10.0}):
        with pytest.raises(ValueError, match="go together"):
            net.run(10.0, **options)
    with pytest.raises(ValueError, match="checkpoint_every"):
        net.run(10.0, checkpoint=tmp_path / "x", checkpoint_every=0.05)
    with pytest.raises(OSError, match=r"cannot save to .*nowhere"):
        net.run(10.0, checkpoint=tmp_path / "nowhere" / "x", checkpoint_every=5.0)
    assert net.time == pytest.approx(before + 5.0)
    assert_same(net, _without_interruption(5.0))


def test_ctrl_c_saves_and_the_network_goes_on(tmp_path):
    """Oracle: a network that was not interrupted."""
    net, path = network(), tmp_path / "net.plastica"
    before = net.time
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # tests before may have left another

    def impatient(net: pl.Network) -> None:
        if net.time > before + 20:
            signal.raise_signal(signal.SIGINT)

    try:
        with pytest.raises(KeyboardInterrupt):
            net.run(1000.0, checkpoint=path, checkpoint_every=500.0, callback=impatient, every=3.0)
    finally:
        signal.signal(signal.SIGINT, handler)
    again = pl.load(path)
    assert before + 20 < again.time < before + 30
    assert_same(net, again)
    assert_same(net, _without_interruption(net.time - before))


class Killed(BaseException):
    """The process is gone."""


def program(die_after: int | None = None) -> list[bytes]:
    """Two networks and a copy, in many runs of which some have callbacks; dies in the middle of some run."""
    runs, seen = iter(range(10**9)), []

    def run(net: pl.Network, duration: float, **options) -> None:
        if next(runs) == die_after:
            original = net._journal.note

            def note() -> None:
                original()
                if net.time > begun + duration / 2:
                    raise Killed

            begun, net._journal.note = net.time, note
            net._chunk = 20
        net.run(duration, **options)

    one, two = network(), network(2)
    later = []
    for net in (one, two):
        run(net, 40.0)
        later.append(network())  # a network that is made after some have been taken from the journal
        seen.append(net.projections["ee"].weights.tobytes())
        run(net, 20.0, callback=lambda net: net.populations["exc"].set(V=-60.0), every=10.0)
    twin = one.copy()
    run(twin, 50.0)
    run(one, 30.0)
    later[1].populations["exc"].set(V=-55.0)
    for net in later:
        run(net, 10.0)
    seen += [net.projections["ee"].weights.tobytes() for net in (one, two, twin, *later)]
    return [*seen, twin.recorders[0].ids.tobytes()]


@pytest.mark.parametrize("die_after", [0, 2, 4, 5, 7])
def test_a_program_that_dies_and_is_resumed_gives_what_it_would_have_given(tmp_path, die_after):
    """Oracle: the program that does not die."""
    expected = program()
    about = {"program": "two networks"}
    with pytest.raises(Killed), journal(tmp_path / "j", about, resume=False, every=1e-9):
        program(die_after)
    assert list((tmp_path / "j").glob("*.plastica"))
    with journal(tmp_path / "j", about, resume=True, every=1e-9) as kept:
        assert program() == expected
    assert kept.skipped > 0
    assert not (tmp_path / "j").exists()


def test_a_run_that_was_stopped_and_completed_is_kept_for_the_next_stop(tmp_path):
    """Oracle: the steps that the journal has. Most of the run was made by the first process, which took its time."""

    def program(*, in_the_run: bool) -> None:
        net = network()
        end, net._chunk = net.time + 50, 20

        def interrupt() -> None:
            if net.time > end - 10:
                raise KeyboardInterrupt

        if in_the_run:
            net._journal.note = interrupt
        net.run(50.0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), journal(tmp_path / "j", {"program": 1}, resume=True, every=60.0):
        program(in_the_run=True)
    for expected in (range(400, 500), [500]):
        with (
            pytest.raises(KeyboardInterrupt),
            journal(tmp_path / "j", {"program": 1}, resume=True, every=60.0) as kept,
        ):
            program(in_the_run=False)
        assert kept.skipped in expected


def test_a_journal_of_something_else_is_not_gone_on_with(tmp_path):
    """Oracle: the message names what differs."""
    with pytest.raises(Killed), journal(tmp_path / "j", {"seed": 1}, resume=False, every=1.0):
        raise Killed
    with (
        pytest.raises(ValueError, match="seed = 1, not 2"),
        journal(tmp_path / "j", {"seed": 2}, resume=True, every=1.0),
    ):
        pass


def test_a_finished_experiment_is_not_run_again_by_resuming(tmp_path, capsys, monkeypatch):
    """Oracle: how often it is simulated; another seed, or no --resume, is another run."""
    monkeypatch.setenv("MPLBACKEND", "Agg")
    runs = []
    original = cli._run_seed
    monkeypatch.setattr(cli, "_run_seed", lambda *arguments: runs.append(1) or original(*arguments))
    command = ["run", "stdp-window", "--quick", "--out", str(tmp_path)]
    for options, expected in (([], 1), (["--resume"], 1), (["--resume", "--seed", "2"], 2), ([], 3), (["--resume"], 3)):
        assert cli.main([*command, *options]) == 0
        assert len(runs) == expected
    assert "finished before" in capsys.readouterr().out


@pytest.mark.slow
def test_an_experiment_that_is_killed_again_and_again_ends_with_the_same_numbers(tmp_path):
    """Oracle: the experiment in one piece."""
    command = [sys.executable, "-m", "plastica.cli", "run", "vogels2011", "--quick", "--threads", "1", "--out"]
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    subprocess.run([*command, str(tmp_path / "whole")], check=True, env=environment, stdout=subprocess.DEVNULL)
    resumed = [*command, str(tmp_path / "pieces"), "--resume", "--checkpoint-every", "0.3"]
    random = np.random.default_rng(2)
    for _ in range(6):
        process = subprocess.Popen(resumed, env=environment, stdout=subprocess.DEVNULL)
        time.sleep(random.uniform(1.0, 4.0))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    said = subprocess.run(resumed, check=True, env=environment, capture_output=True, text=True).stdout
    assert "steps were simulated before" in said

    def metrics(folder: str) -> list[dict]:
        return json.loads((tmp_path / folder / "vogels2011" / "result.json").read_text(encoding="utf-8"))["records"]

    def numbers(found: object) -> object:
        if isinstance(found, dict):
            return {key: numbers(value) for key, value in found.items() if "seconds" not in key}
        return [numbers(value) for value in found] if isinstance(found, list) else found

    assert numbers(metrics("whole")) == numbers(metrics("pieces"))
    assert Path(tmp_path / "pieces" / "vogels2011" / "figure.png").exists()
