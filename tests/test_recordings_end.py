"""Recordings on disk have their end, however the program goes on, and nothing that is not theirs is touched."""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import multiprocessing
import os
import pickle
import shutil
import socket
import subprocess
import sys
import threading
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plastica as pl
from recorded import IN_MEMORY, ON_DISK, files_in, is_whole, loaded, record_in_a_worker, saved, spikes_of
from recorded import slow_network as network

HERE = str(Path(__file__))


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Nothing is written at the end of a run that ends as it should; chunks are small."""
    monkeypatch.setattr("plastica.network.recording.CHUNK_BYTES", 2000)
    monkeypatch.setattr("plastica.recorders.base._PAUSE", 1e9)


def on_disk(folder: Path) -> list[tuple[float, int]]:
    """What NumPy finds in the chunks, without Plastica, which could write before it reads. A step is 1 ms."""
    spikes: list[tuple[float, int]] = []
    for path in sorted(folder.glob("[0-9]" * 6 + ".npz")):
        with np.load(path) as chunk:
            spikes += zip(chunk["steps"].astype(float).tolist(), chunk["ids"].tolist(), strict=True)
    return spikes


def told(work: Callable[[], Any]) -> list[warnings.WarningMessage]:
    """The warnings about recordings."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        work()
    return [each for each in found if "recording" in str(each.message)]


# ---- the end of programs, networks and runs

PROGRAM = """
import gc, os, signal, sys
sys.path[:0] = [{tests!r}]
import plastica as pl
import plastica.network.recording, plastica.recorders.base
plastica.network.recording.CHUNK_BYTES = 2000
plastica.recorders.base._PAUSE = 1e9
from pathlib import Path
from recorded import slow_network as network
folder = Path({folder!r})
net = network(folder / "spikes")
net.run(700.0)
net.run(20.0)
{end}
"""
ENDS = {
    "returns": "",
    "sys.exit": "sys.exit(3)",
    "raises": "raise RuntimeError",
    "interrupted": "os.kill(os.getpid(), signal.SIGINT)",
    "in a cycle": "class Own: pass\nown = Own()\nown.net, own.own = net, own\ndel net",
    "without the collector": "gc.disable()",
    "a child that ends first": "if os.fork() == 0:\n    net.run(50.0)\n    sys.exit(0)\nos.wait()",
    "a child that deletes it": "if os.fork() == 0:\n    del net\n    gc.collect()\n    sys.exit(0)\nos.wait()",
    "an heir": "net.save(folder / 'n')\nold = net\nnet = pl.load(folder / 'n', threads=1)\ndel old\nnet.run(10.0)",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_program_that_ends_has_written_its_recordings(tmp_path, end):
    """Oracle: the same network, recorded in memory in this process."""
    program = PROGRAM.format(tests=str(Path(__file__).parent), folder=str(tmp_path), end=ENDS[end])
    subprocess.run([sys.executable, "-c", program], stderr=subprocess.DEVNULL, check=False, timeout=60)
    plain = network(None)
    plain.run(730.0 if end == "an heir" else 720.0)
    assert on_disk(tmp_path / "spikes") == spikes_of(plain.recorders[IN_MEMORY])
    assert not (tmp_path / "spikes" / ".lock").exists()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_worker_that_ends_has_written_its_recordings(tmp_path, method):
    """Oracle: the same network, recorded in memory in this process, which has recordings of its own."""
    own = network(tmp_path / "own")
    own.run(720.0)
    before = files_in(tmp_path / "own")
    worker = multiprocessing.get_context(method).Process(target=record_in_a_worker, args=(tmp_path / "spikes",))
    worker.start()
    worker.join(60)
    assert worker.exitcode == 0
    assert on_disk(tmp_path / "spikes") == spikes_of(own.recorders[IN_MEMORY])
    assert files_in(tmp_path / "own") == before


class Own:
    """Whatever a program keeps its network in."""


@pytest.mark.parametrize("cyclic", [False, True])
def test_a_network_that_goes_writes_its_recordings(tmp_path, cyclic):
    """Oracle: the recorder in memory; the network is not kept alive, and gives its folder up."""
    for seed in range(3):
        folder, owner = tmp_path / str(seed), Own()
        net = network(folder, seed=seed)
        if cyclic:
            owner.net, owner.own = net, owner
        net.run(700.0)
        net.run(20.0)
        expected, gone = spikes_of(net.recorders[IN_MEMORY]), weakref.ref(net)
        assert on_disk(folder) != expected
        assert told(lambda: None) == []
        del net, owner
        if cyclic:
            assert told(gc.collect) == []
        assert gone() is None
        assert on_disk(folder) == expected
        assert not (folder / ".lock").exists()


def test_a_network_goes_without_a_word_when_its_folder_is_gone_or_somebody_elses(tmp_path):
    """Oracle: the files of the others, and no error of any kind."""
    errors: list[Any] = []
    before, sys.unraisablehook = sys.unraisablehook, errors.append
    try:
        for case in ("gone", "another", "copy", "unused"):
            net = network(tmp_path / case)
            net.run(300.0)
            kept = {"copy": net, "unused": net}.get(case)
            files = files_in(tmp_path / case)
            if case == "copy":
                net = net.copy()
            elif case == "unused":
                net = loaded(saved(net))
            if case in ("gone", "another"):
                shutil.rmtree(tmp_path / case)
            if case == "another":
                kept = network(tmp_path / case, seed=7)
                kept.run(300.0)
                kept.recorders[ON_DISK].flush()
                files = files_in(tmp_path / case)
            with warnings.catch_warnings(record=True) as found:
                warnings.simplefilter("always")
                del net
            assert found == []
            if case != "gone":
                assert files_in(tmp_path / case) == files
            del kept
    finally:
        sys.unraisablehook = before
    assert errors == []


def _interrupt(net: pl.Network) -> None:
    raise KeyboardInterrupt


def _fail(net: pl.Network) -> None:
    raise ZeroDivisionError


@pytest.mark.parametrize("stop", [_interrupt, _fail, "guard"])
def test_a_run_that_is_stopped_has_written_its_recordings(tmp_path, stop):
    """Oracle: the recorder in memory, of a run whose end is stopped from outside."""
    net = network(tmp_path / "spikes")
    net.run(700.0)
    before = on_disk(tmp_path / "spikes")
    if stop == "guard":
        net.guard(net.populations["source"], rate=(0.0, 1.0), window=20.0)
    with pytest.raises((KeyboardInterrupt, ZeroDivisionError, pl.GuardError)):
        net.run(1000.0, callback=None if stop == "guard" else stop, every=None if stop == "guard" else 20.0)
    assert net.time == 720
    assert before != spikes_of(net.recorders[IN_MEMORY])
    assert on_disk(tmp_path / "spikes") == spikes_of(net.recorders[IN_MEMORY])
    with contextlib.suppress(pl.GuardError):
        net.run(100.0)
    assert is_whole(net)


def test_a_full_disk_does_not_hide_what_stopped_a_run(tmp_path, monkeypatch):
    """Oracle: the error of the callback, a warning, and the recorder in memory, which is written later."""
    net = network(tmp_path / "spikes")
    savez = np.savez

    def stop(_: pl.Network) -> None:
        monkeypatch.setattr(np, "savez", _failing(errno.ENOSPC))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), pytest.warns(UserWarning, match="No space left") as found:
        net.run(1000.0, callback=stop, every=20.0)
    assert {each.filename for each in found if "No space" in str(each.message)} == {HERE}
    monkeypatch.setattr(np, "savez", savez)
    assert is_whole(net)
    expected = spikes_of(net.recorders[IN_MEMORY])
    del net
    gc.collect()  # the error holds it
    assert on_disk(tmp_path / "spikes") == expected


def test_a_recording_that_its_own_process_reads_has_everything(tmp_path):
    """Oracle: the recorder in memory; in a callback, too, and beside a thread that runs another network."""
    net, seen = network(tmp_path / "spikes"), []
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "spikes")

    def look(net: pl.Network) -> None:
        seen.append(pl.Recording(link).times.tolist() == net.recorders[IN_MEMORY].times.tolist())

    net.run(1000.0, callback=look, every=250.0)
    look(net)
    assert seen == [True] * 5
    reading = threading.Thread(target=lambda: seen.append(len(pl.Recording(link).times) > 0))
    net.run(10.0, callback=lambda _: (reading.start(), reading.join()), every=10.0)
    assert seen == [True] * 6


# ---- who writes


def _work(net: pl.Network) -> None:
    net.populations["source"].set(rate=30.0)
    net.run(300.0)
    net.recorders[ON_DISK].flush()


PICKLES: dict[str, tuple[Callable[[pl.Network], bytes], Callable[[bytes], pl.Network]]] = {
    "network": (pickle.dumps, pickle.loads),
    "recorder": (lambda net: pickle.dumps(net.recorders[0]), lambda data: pickle.loads(data).network),
    "of a load": (lambda net: pickle.dumps(loaded(saved(net))), pickle.loads),
    "saved again": (lambda net: saved(pickle.loads(pickle.dumps(net))), loaded),
}


@pytest.mark.parametrize("kind", PICKLES)
def test_what_comes_of_a_pickle_leaves_the_recording_alone_also_when_its_owner_is_gone(tmp_path, kind):
    """Oracle: the files, which have more than the pickle knows; the recorder in memory of each worker's network."""
    net = network(tmp_path / "spikes")
    net.run(500.0)
    dump, make = PICKLES[kind]
    data = dump(net)
    net.run(2000.0)
    del net
    before = files_in(tmp_path / "spikes")
    for _ in range(2):
        made = make(data)
        assert told(lambda made=made: _work(made)) == []
        assert is_whole(made)
        del made
        assert files_in(tmp_path / "spikes") == before


def test_a_forked_child_leaves_the_recording_alone_also_when_its_parent_is_gone(tmp_path):
    """Oracle: the file of the network that did not run in the child; a warning that points at the line of the run."""
    end = """
parent = os.getpid()
plastica.recorders.Recorder.flush(net.recorders[0])
if os.fork():
    os._exit(0)
while os.getppid() == parent:
    pass
import warnings
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    for _ in range(3):
        net.run(100.0)
net.save(folder / "of the child")
whole = net.recorders[0].times.tolist() == net.recorders[1].times.tolist()
print(whole, [(each.filename, "was forked" in str(each.message)) for each in told])
"""
    program = PROGRAM.format(tests=str(Path(__file__).parent), folder=str(tmp_path), end=end)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "True [('<string>', True)]\n"
    plain = network(None)
    plain.run(720.0)
    assert on_disk(tmp_path / "spikes") == spikes_of(plain.recorders[IN_MEMORY])
    before = files_in(tmp_path / "spikes")
    again = pl.load(tmp_path / "of the child", threads=1)
    assert told(lambda: _work(again)) == []
    assert files_in(tmp_path / "spikes") == before


# ---- what is whose

FOREIGN = ["2026.npz", "1.npz", "00007.npz", "0000007.npz", "202611.npz", "20261130.npz", "١٢٣٤٥٦.npz", "-00001.npz"]


@pytest.mark.parametrize("name", FOREIGN)
def test_files_that_plastica_does_not_write_are_neither_read_nor_removed(tmp_path, name):
    """Oracle: the file; the recorder in memory. What is recorded is written, taken back by an heir, and cleared."""
    folder = tmp_path / "spikes"
    net = network(folder)
    net.run(1000.0)
    early = saved(net)
    np.savez(folder / name, steps=np.arange(3), ids=np.arange(3))
    before = (folder / name).read_bytes()
    for _ in range(3):
        net.run(1000.0)
        assert pl.Recording(folder).times.tolist() == net.recorders[IN_MEMORY].times.tolist()
    del net
    net = loaded(early)
    net.run(100.0)
    assert pl.Recording(folder).times.tolist() == net.recorders[IN_MEMORY].times.tolist()
    net.recorders[ON_DISK].clear()
    assert len(pl.Recording(folder).times) == 0
    assert (folder / name).read_bytes() == before


def test_an_heir_takes_back_later_chunks_from_the_last_on(tmp_path, monkeypatch):
    """Oracle: the chunks, of which no number is missing, after any interruption."""
    folder = tmp_path / "spikes"
    net = network(folder)
    net.run(100.0)
    early = saved(net)
    for _ in range(30):
        net.run(100.0)
    del net
    assert len([*folder.glob("*.npz")]) > 4
    net, unlink = loaded(early), Path.unlink

    def once(path: Path, **kwargs: Any) -> None:
        unlink(path, **kwargs)
        if path.suffix == ".npz":
            raise KeyboardInterrupt

    monkeypatch.setattr(Path, "unlink", once)
    with pytest.raises(KeyboardInterrupt):
        net.recorders[ON_DISK].flush()
    monkeypatch.undo()
    chunks = sorted(path.name for path in folder.glob("*.npz"))
    assert chunks == [f"{number:06d}.npz" for number in range(len(chunks))]


# ---- folders that are moved, taken away, or cannot be written to

LOSSES: dict[str, Callable[[Path], Any]] = {
    "moved": lambda folder: folder.rename(folder.with_name("moved")),
    "deleted": shutil.rmtree,
    "one chunk deleted": lambda folder: (folder / "000000.npz").unlink(),
    "one chunk damaged": lambda folder: (folder / "000000.npz").write_bytes(b"PK"),
    "a file instead": lambda folder: (shutil.rmtree(folder), folder.write_text("")),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("runs", [False, True])
def test_a_new_folder_gets_what_is_left_of_a_recording(tmp_path, loss, runs):
    """Oracle: the recorder in memory, from the first moment that is left; the names of the chunks that are lost."""
    folder = tmp_path / "spikes"
    net = network(folder)
    for _ in range(20):
        net.run(100.0)
    recorder, chunks = net.recorders[ON_DISK], net.recorders[ON_DISK]._stream.chunks
    assert chunks >= 2
    LOSSES[loss](folder)
    if runs:
        told(lambda: net.run(50.0))
    with pytest.raises(OSError, match=r"000000\.npz.*recorder\.write_to\(folder\) saves the rest"):
        _ = recorder.times
    found = told(lambda: recorder.write_to(tmp_path / "new"))
    lost = 1 if loss.startswith("one") else chunks
    messages = [str(each.message) for each in found]
    assert sum(message.count(".npz") for message in messages) == lost
    assert all(any(str(folder / f"{i:06d}.npz") in message for message in messages) for i in range(lost))
    assert {each.filename for each in found} == {HERE}
    left, expected = spikes_of(recorder), spikes_of(net.recorders[IN_MEMORY])
    assert 0 < len(left) < len(expected)
    assert left == expected[len(expected) - len(left) :]
    assert told(lambda: net.run(100.0)) == []
    assert pl.Recording(tmp_path / "new").times.tolist() == recorder.times.tolist()


def test_a_folder_that_is_refused_leaves_no_new_folders(tmp_path, monkeypatch):
    """Oracle: what is in the folder around it, for `write_to` and for `record`."""
    net = network(tmp_path / "spikes")
    net.run(500.0)
    (tmp_path / "there").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", _failing(errno.ENOSPC))
        for place in ("new", "a/b/c", "there", "there/d"):
            with pytest.raises(OSError, match="No space left"):
                net.recorders[ON_DISK].write_to(tmp_path / place)
    with monkeypatch.context() as patch:
        patch.setattr("plastica.recording.replacing", _failing(errno.EROFS))
        for place in ("new", "a/b/c", "there", "there/d"):
            with pytest.raises(OSError, match="Read-only"):
                net.record(net.populations["source"], "spikes", to=tmp_path / place)
    assert sorted(tmp_path.rglob("*")) == before
    assert is_whole(net)


def _failing(number: int) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return fail


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


IN_THE_WAY: dict[str, Callable[[Path], Any]] = {
    "folder": lambda path: path.mkdir(),
    "link": lambda path: path.symlink_to("elsewhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "FIFO": os.mkfifo,
    "socket": _socket,
}


@pytest.mark.parametrize("name", [".lock", "000000.npz"])
@pytest.mark.parametrize("kind", IN_THE_WAY)
@pytest.mark.parametrize("owner", [True, False])
def test_what_is_in_the_way_makes_a_recording_go_on_in_memory(tmp_path, monkeypatch, name, kind, owner):
    """Oracle: one warning, at the line of the run, that names the remedy; the recorder in memory."""
    monkeypatch.setattr("plastica.recorders.base._PAUSE", 0.0)
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    net = network(Path("spikes"))
    if not owner:
        data = saved(net)
        del net
        net = loaded(data)
    with contextlib.suppress(FileNotFoundError):
        Path("spikes", name).unlink()
    IN_THE_WAY[kind](Path("spikes", name))
    found = told(lambda: [net.run(100.0) for _ in range(3)])
    if (name, kind) == ("000000.npz", "link"):  # of which the file is written
        assert [str(each.message) for each in found] == []
    else:
        (each,) = found
        assert "recorder.write_to(folder)" in str(each.message)
        assert (name in str(each.message), each.filename) == (name == ".lock" or name in str(each.message), HERE)
    assert is_whole(net)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_folder_that_becomes_read_only_is_left_with_one_warning(tmp_path, monkeypatch, number):
    """Oracle: the warning at the line of the run, once; the recorder in memory; a run ends as it should."""
    monkeypatch.setattr("plastica.recorders.base._PAUSE", 0.0)
    net = network(tmp_path / "spikes")
    net.run(200.0)
    before = files_in(tmp_path / "spikes")
    monkeypatch.setattr(np, "savez", _failing(number))
    (each,) = told(lambda: [net.run(200.0) for _ in range(4)])
    assert f"npz': {os.strerror(number)}" in str(each.message)
    assert each.filename == HERE
    assert is_whole(net)
    assert files_in(tmp_path / "spikes") == before


# ---- beginning anew


def test_a_recording_without_a_chunk_whose_owner_is_gone_is_begun_anew(tmp_path):
    """Oracle: the recorder in memory; the files of recordings that have a chunk, an owner, or are none."""
    folder = tmp_path / "spikes"
    program = PROGRAM.format(tests=str(Path(__file__).parent), folder=str(tmp_path), end="")
    program = program.replace("net.run(700.0)", "os.kill(os.getpid(), signal.SIGKILL)")
    subprocess.run([sys.executable, "-c", program], check=False, timeout=60)
    assert [*files_in(folder)] == ["recording.json"]
    net = network(folder)
    with pytest.raises(OSError, match="in use in this process"):
        network(folder)
    net.run(700.0)
    assert pl.Recording(folder).times.tolist() == net.recorders[IN_MEMORY].times.tolist()
    before = files_in(folder)
    for gone in (False, True):
        with pytest.raises(FileExistsError, match=r"recording of spikes of source that a program began.*remove the f"):
            network(folder)
        assert files_in(folder) == before
        if not gone:
            del net
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "recording.json").write_text("{}", encoding="utf-8")
    with pytest.raises(FileExistsError, match="is not empty; give a recording a folder of its own"):
        network(tmp_path / "other")
    assert files_in(tmp_path / "other") == {"recording.json": b"{}"}


def test_an_owner_that_waits_for_the_collector_keeps_what_it_writes_at_its_end(tmp_path):
    """Oracle: its recorder in memory. It has no chunk yet when another network wants the folder, and one when it goes."""
    folder, owner = tmp_path / "spikes", Own()
    owner.net, owner.own = network(folder), owner
    owner.net.run(50.0)
    expected = spikes_of(owner.net.recorders[IN_MEMORY])
    del owner
    with pytest.raises(FileExistsError, match="that a program began"):
        network(folder)
    assert expected
    assert on_disk(folder) == expected


def test_a_recording_that_cannot_be_gone_on_with_is_told_at_the_line_of_the_user(tmp_path):
    """Oracle: this file, for a run, a flush, and a load; one warning for each recording."""
    net = network(tmp_path / "spikes")
    net.run(500.0)
    data = saved(net)
    for use in (lambda other: other.run(1.0, progress=False), lambda other: other.recorders[ON_DISK].flush()):
        other = loaded(data)
        found = told(lambda use=use, other=other: [use(other) for _ in range(3)] + [other.recorders[0].flush()])
        assert [each.filename for each in found] == [HERE]
    del net, other
    shutil.rmtree(tmp_path / "spikes")
    found = told(lambda: pl.load(io.BytesIO(data), threads=1).run(50.0))
    assert [each.filename for each in found] == [HERE]
