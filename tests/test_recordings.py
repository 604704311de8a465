"""Recorders that write to folders: memory stays flat, nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import plastica as pl
from plastica import recording


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr("plastica.network.recording.CHUNK_BYTES", 1000)


KINDS = ("spikes", "rate", "V", "weights", "structure", "level", "factor")


def network(to: Path | None = None, *, threads: int = 1) -> pl.Network:
    net = pl.Network(seed=4, threads=threads)
    exc = net.population(100, pl.LIF(receptors={"e": pl.CurrentExp(tau=5)}), name="exc")
    net.drive(exc, pl.PoissonInput(rate=3000), weight=70.0)
    p = net.connect(
        exc, exc, pl.FixedInDegree(5), weight=5.0, delay=pl.Uniform(0.5, 4), plasticity=pl.STDP(w_max=9.0), name="p"
    )
    dopamine = net.modulator("dopamine", tau=20.0)
    dopamine.release_by(exc, 0.01, delay=1.0)
    scaling = net.control(exc, pl.SynapticScaling(receptor="e", tau=50.0, beta=0.05, interval=10.0))
    net.control(p, pl.Creation(rate=100.0, weight=4.0, delay=1.0, interval=5.0))
    net.control(p, pl.Pruning(below=2.0, interval=5.0))
    places = dict.fromkeys(KINDS) if to is None else {kind: to / kind for kind in KINDS}
    net.record(exc, "spikes", to=places["spikes"])
    net.record(exc[:50], "rate", interval=7.0, to=places["rate"])
    net.record(exc[:3], ["V", "e.I"], interval=0.5, to=places["V"])
    net.record(p, "weights", interval=5.0, sample=20, to=places["weights"])
    net.record(p, "structure", to=places["structure"])
    net.record(dopamine, interval=1.0, to=places["level"])
    net.record(scaling, "factor", interval=10.0, to=places["factor"])
    return net


def tables(net: pl.Network) -> list[bytes]:
    return [recorder.to_pandas().to_csv().encode() for recorder in net.recorders]


@pytest.mark.usefixtures("small_chunks")
def test_a_recording_on_disk_is_the_recording_in_memory(tmp_path):
    """Oracle: the same recorders in memory."""
    plain, streamed = network(), network(tmp_path)
    for stretch in (3.3, 250.0, 0.1, 400.0):
        plain.run(stretch)
        streamed.run(stretch)
        assert tables(plain) == tables(streamed)
    for recorder in streamed.recorders:
        recorder.flush()
    for kind, recorder in zip(KINDS, plain.recorders, strict=True):
        on_disk = pl.Recording(tmp_path / kind)
        assert len(list((tmp_path / kind).glob("*.npz"))) > 1
        assert np.array_equal(on_disk.times, recorder.times)
        assert on_disk.what == recorder.what
    assert np.array_equal(pl.Recording(tmp_path / "spikes")["ids"], plain.recorders[0].ids)
    assert np.array_equal(pl.Recording(tmp_path / "V")["e.I"], plain.recorders[2]["e.I"])
    assert np.array_equal(pl.Recording(tmp_path / "weights")["values"], plain.recorders[3].values, equal_nan=True)
    assert list(pl.Recording(tmp_path / "spikes").to_pandas().columns) == ["times", "ids"]


@pytest.mark.usefixtures("small_chunks")
def test_a_streaming_network_that_is_saved_and_loaded_goes_on_without_doubling(tmp_path):
    """Oracle: a network that was not interrupted. What was recorded after the checkpoint is taken back and made again."""
    plain, streamed = network(), network(tmp_path)
    plain.run(700.0)
    streamed.run(300.0)
    streamed.save(tmp_path / "net.plastica")
    streamed.run(250.0)  # lost with the process
    del streamed
    again = pl.load(tmp_path / "net.plastica")
    again.run(400.0)
    assert tables(plain) == tables(again)
    for recorder in again.recorders:
        recorder.flush()
    assert np.array_equal(pl.Recording(tmp_path / "spikes").times, plain.recorders[0].times)
    assert np.array_equal(pl.Recording(tmp_path / "structure")["targets"], plain.recorders[4].targets)


@pytest.mark.usefixtures("small_chunks")
def test_what_was_recorded_after_the_checkpoint_is_taken_back_even_if_less_comes_again(tmp_path):
    """Oracle: a network in memory, at the moment that the resumed one has reached; the lost run had gone much further."""
    plain, streamed = network(), network(tmp_path)
    streamed.run(300.0)
    streamed.save(tmp_path / "net.plastica")
    for _ in range(30):
        streamed.run(20.0)  # many chunks
    del streamed
    again = pl.load(tmp_path / "net.plastica")
    again.run(20.0)
    plain.run(320.0)
    for recorder in again.recorders:
        recorder.flush()
    for kind, recorder in zip(KINDS, plain.recorders, strict=True):
        assert np.array_equal(pl.Recording(tmp_path / kind).times, recorder.times)


@pytest.mark.usefixtures("small_chunks")
def test_memory_is_flat_however_long_a_network_records(tmp_path):
    """Oracle: what the engine holds in the middle of a run that records many times as much."""
    net, held = network(tmp_path), []

    def look(net: pl.Network) -> None:
        held.append(
            max(sum(net.engine().recorded_bytes(i) for i in recorder._record.engine) for recorder in net.recorders)
        )

    net.run(500.0, callback=look, every=5.0)
    assert len(held) == 100
    assert net.recorders[0].count * 12 > 10 * max(held)
    assert max(held) < 3 * 1000 + 5 * 100 * 16  # and what 5 ms add


def test_a_folder_that_holds_something_is_refused_and_a_recorder_that_is_refused_leaves_nothing(tmp_path):
    """Oracle: the message, and the folder."""
    net = network()
    before = len(net.recorders)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("all of it", encoding="utf-8")
    with pytest.raises(FileExistsError, match="not empty"):
        net.record(net.populations["exc"], "spikes", to=tmp_path / "full")
    with pytest.raises(ValueError, match=r"cannot record"):
        net.record(net.populations["exc"], "W", interval=1.0, to=tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert len(net.recorders) == before
    with pytest.raises(FileNotFoundError, match="no recording"):
        pl.Recording(tmp_path / "full")


@pytest.mark.usefixtures("small_chunks")
def test_a_copy_reads_the_recording_and_does_not_write_to_it(tmp_path):
    """Oracle: the folder's files."""
    net = network(tmp_path)
    net.run(300.0)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*.npz")}
    twin = net.copy()
    assert tables(twin) == tables(net)
    twin.run(300.0)
    twin.recorders[0].flush()
    assert files == {path: path.read_bytes() for path in tmp_path.rglob("*.npz")}
    net.run(300.0)
    assert tables(twin) == tables(net)


@pytest.mark.usefixtures("small_chunks")
def test_a_checkpoint_of_a_stranger_writes_to_no_folder(tmp_path):
    """Oracle: the folder, which has been begun anew by somebody else."""
    net = network(tmp_path)
    net.run(300.0)
    net.save(tmp_path / "net.plastica")
    about = json.loads((tmp_path / "spikes" / "recording.json").read_text(encoding="utf-8"))
    (tmp_path / "spikes" / "recording.json").write_text(json.dumps(about | {"identity": "mine"}), encoding="utf-8")
    del net
    files = {path.name: path.read_bytes() for path in (tmp_path / "spikes").iterdir() if path.name != ".lock"}
    with pytest.warns(UserWarning, match=r"recording of spikes of exc .* goes on in memory"):
        again = pl.load(tmp_path / "net.plastica")
    again.run(300.0)
    assert files == {path.name: path.read_bytes() for path in (tmp_path / "spikes").iterdir()}


@pytest.mark.usefixtures("small_chunks")
def test_a_full_disk_loses_nothing(tmp_path, monkeypatch):
    """Oracle: a recorder in memory."""
    plain, net = network(), network(tmp_path)
    net.run(100.0)
    savez = np.savez

    def full(*args, **columns):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recording.np, "savez", full)
    with pytest.raises(OSError, match=r"cannot save to .*npz.*No space left"):
        net.run(500.0)
    monkeypatch.setattr(recording.np, "savez", savez)
    plain.run(net.time)
    assert tables(plain) == tables(net)
    for each in (plain, net):
        each.run(100.0)
    assert tables(plain) == tables(net)


PROGRAM = """
import shutil, sys, time
sys.path.insert(0, {tests!r})
import plastica.network.recording
plastica.network.recording.CHUNK_BYTES = 4096
import plastica as pl
from pathlib import Path
from test_recordings import network
folder = Path({folder!r})
saved = folder / "net.plastica"
if not saved.exists():
    for begun in folder.glob("*"):
        shutil.rmtree(begun)
net = pl.load(saved, threads=1) if saved.exists() else network(folder)
print("ready", flush=True)
while net.time < 3000:
    net.run(min(50, 3000 - net.time), checkpoint=saved, checkpoint_every=20)
    time.sleep(0.002)
for recorder in net.recorders:
    recorder.flush()
print("finished", flush=True)
"""


@pytest.mark.slow
def test_a_run_that_is_killed_at_random_moments_ends_like_one_that_is_not(tmp_path):
    """Oracle: a run in one piece. Readers look at the recording all the while."""
    plain = network()
    plain.run(3000.0)
    program = PROGRAM.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    random = np.random.default_rng(1)
    kills = 0
    while True:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        if kills < 12:
            time.sleep(random.uniform(0.0, 0.15))
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        rest = process.stdout.read()
        process.wait()
        times = (
            pl.Recording(tmp_path / "spikes").times
            if (tmp_path / "spikes" / "recording.json").exists()
            else np.empty(0)
        )
        expected = plain.recorders[0].times
        assert np.array_equal(times, expected[: len(times)])
        if "finished" in rest:
            break
    assert kills == 12
    for kind, recorder in zip(KINDS, plain.recorders, strict=True):
        assert np.array_equal(pl.Recording(tmp_path / kind).times, recorder.times)
    assert np.array_equal(pl.Recording(tmp_path / "weights")["values"], plain.recorders[3].values, equal_nan=True)
