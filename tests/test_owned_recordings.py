"""Recordings on disk have one writer, whoever copies, loads, sends or forks its network."""

from __future__ import annotations

import copy
import errno
import gc
import io
import json
import multiprocessing
import os
import pickle
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plastica as pl
from fuzz.mutations import Archive
from plastica import locks
from recorded import IN_MEMORY, ON_DISK, files_in, is_whole, loaded, network, saved, spikes_of, use, work_of_a_child


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr("plastica.network.recording.CHUNK_BYTES", 500)
    monkeypatch.setattr("plastica.recorders.base._PAUSE", 0.0)


def run(net: pl.Network, duration: int) -> None:
    """In pieces, since a chunk is written behind each native call at most."""
    for _ in range(duration // 50):
        net.run(50.0)


def on_disk(folder: Path) -> list[tuple[float, int]]:
    recording = pl.Recording(folder)
    return list(zip(recording.times.tolist(), recording["ids"].tolist(), strict=True))


OTHERS: dict[str, Callable[[pl.Network], pl.Network]] = {
    "copy": lambda net: net.copy(),
    "deepcopy": copy.deepcopy,
    "probe": lambda net: net.probe(),
    "load": lambda net: loaded(saved(net)),
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "pickled recorder": lambda net: pickle.loads(pickle.dumps(net.recorders[0])).network,
    "load of a copy": lambda net: loaded(saved(net.copy())),
    "load of a load": lambda net: loaded(saved(loaded(saved(net)))),
}

COPIES = {
    "copy",
    "deepcopy",
    "probe",
    "pickle",
    "pickled recorder",
    "load of a copy",
}  # of which everybody knows that they go on in memory


@pytest.mark.parametrize("other", OTHERS)
def test_another_network_leaves_the_recording_of_one_that_lives_alone(tmp_path, other):
    """Oracle: the files; the same recorder in memory, of the original and of the other network."""
    net = network(tmp_path / "spikes")
    run(net, 100)
    early = saved(net)  # the original is ahead of this one
    run(net, 300)
    before = files_in(tmp_path / "spikes")
    assert len(before) > 5
    for made, tells in ((OTHERS[other](net), other not in COPIES), (loaded(early), True)):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            use(made)
        assert is_whole(made)
        assert any("recorder.write_to(folder)" in str(each.message) for each in told) == tells
        assert files_in(tmp_path / "spikes") == before
        made.recorders[ON_DISK].clear()
        assert files_in(tmp_path / "spikes") == before
        assert spikes_of(made.recorders[ON_DISK]) == []
    assert is_whole(net)
    run(net, 200)
    assert is_whole(net)
    net.recorders[ON_DISK].flush()
    assert on_disk(tmp_path / "spikes") == spikes_of(net.recorders[IN_MEMORY])


def test_the_warning_says_where_why_and_what_to_do(tmp_path):
    """Oracle: its text, once for each recorder."""
    net = network(tmp_path / "spikes")
    run(net, 100)
    other = loaded(saved(net))
    with pytest.warns(UserWarning, match="in memory") as told:
        use(other)
    (message,) = [str(each.message) for each in told if "recording" in str(each.message)]
    assert f"'{tmp_path / 'spikes'}' is in use in this process" in message
    assert message.startswith("the recording of spikes of source goes on in memory, and what is on disk stays as it is")
    assert message.endswith("recorder.write_to(folder)")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_worker_leaves_the_recording_alone(tmp_path, method):
    """Oracle: the files, and the recorder in memory, in the worker and at home; the network is pickled for it."""
    net = network(tmp_path / "spikes")
    run(net, 300)
    before = files_in(tmp_path / "spikes")
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pickle.loads(pool.apply_async(work_of_a_child, (net,)).get(120)) == (True, 501.0)
    assert files_in(tmp_path / "spikes") == before
    run(net, 100)
    assert is_whole(net)


def test_a_forked_child_leaves_the_recording_alone_and_its_end_ends_nothing(tmp_path):
    """Oracle: the files, and the recorder in memory, in the child and at home."""
    net = network(tmp_path / "spikes")
    run(net, 300)
    before = files_in(tmp_path / "spikes")
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = int(pickle.loads(work_of_a_child(net)) != (True, 501.0))
            gc.collect()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert files_in(tmp_path / "spikes") == before
    run(net, 100)
    assert is_whole(net)
    net.recorders[ON_DISK].flush()
    assert on_disk(tmp_path / "spikes") == spikes_of(net.recorders[IN_MEMORY])


# ---- heirs

LIFE = """
import os, signal, sys
sys.path[:0] = [{tests!r}]
import plastica.network.recording, plastica.recorders.base
plastica.network.recording.CHUNK_BYTES = 500
plastica.recorders.base._PAUSE = 0.0
from pathlib import Path
from recorded import network
from test_owned_recordings import run
folder = Path({folder!r})
net = network(folder / "spikes")
net.run(200.0)
net.save(folder / "net.plastica")
net.run(300.0)
{end}
"""
ENDS = {
    "returns": "",
    "raises": "raise RuntimeError",
    "_exit": "os._exit(0)",
    "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL)",
    "leaves a child": "if os.fork() == 0:\n    print('child', flush=True)\n    sys.stdin.read()\n    os._exit(0)\nos._exit(0)",
}


@pytest.mark.parametrize("end", ENDS)
def test_the_heir_of_a_process_that_is_gone_goes_on(tmp_path, end):
    """Oracle: a network in memory that was not interrupted; what the first had written later is taken back."""
    program = LIFE.format(tests=str(Path(__file__).parent), folder=str(tmp_path), end=ENDS[end])
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        if end == "leaves a child":
            assert process.stdout.readline() == "child\n"
        process.wait()
        further = on_disk(tmp_path / "spikes")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            net = pl.load(tmp_path / "net.plastica", threads=1)
            net.run(50.0)
        assert max(further)[0] > 400
        plain = network(None)
        plain.run(250.0)
        assert spikes_of(net.recorders[ON_DISK]) == spikes_of(plain.recorders[IN_MEMORY])
        net.recorders[ON_DISK].flush()
        assert on_disk(tmp_path / "spikes") == spikes_of(plain.recorders[IN_MEMORY])


def test_a_loaded_network_that_takes_the_name_of_the_old_one_is_its_heir(tmp_path):
    """Oracle: no warning, and the recorder in memory; as in a notebook, the old one is there while the new one is loaded."""
    net = network(tmp_path / "spikes")
    for _ in range(3):
        run(net, 100)
        data = saved(net)
        net.run(50.0)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            net = loaded(data)
            run(net, 100)
        assert is_whole(net)
    net.recorders[ON_DISK].flush()
    assert on_disk(tmp_path / "spikes") == spikes_of(net.recorders[IN_MEMORY])


def test_a_recording_that_went_on_from_another_moment_has_no_heir_in_the_first_line(tmp_path):
    """Oracle: the files. Both lines have the same identity and enough chunks, of which some differ."""
    net = network(tmp_path / "spikes")
    run(net, 100)
    early = saved(net)
    run(net, 300)
    late = saved(net)
    waiting = loaded(late)  # found everything in place, and has not run yet
    del net
    other = loaded(early)
    use(other)
    del other
    before = files_in(tmp_path / "spikes")
    with pytest.warns(UserWarning, match=r"not hold it as this network knows it.*write_to"):
        waiting.run(10.0)
    with pytest.raises(OSError, match=r"npz' is not what this network recorded|cannot read"):
        _ = waiting.recorders[ON_DISK].times
    with pytest.warns(UserWarning, match=r"is not there any more, is damaged, or has been changed since.*write_to"):
        again = loaded(late)
    again.run(10.0)
    later = spikes_of(again.recorders[ON_DISK])
    assert later == spikes_of(again.recorders[IN_MEMORY])[-len(later) :]
    assert files_in(tmp_path / "spikes") == before


def test_a_file_of_an_earlier_version_goes_on_with_its_recording(tmp_path):
    """Oracle: the recorder in memory; such a file does not say how its chunks are known again."""
    net = network(tmp_path / "spikes")
    run(net, 200)
    archive = Archive(saved(net))
    for recorder in archive.network["network"]["recorders"]:
        for name in ("described", "digest", "writes"):
            (recorder["stream"] or {}).pop(name, None)
    run(net, 100)
    del net
    again = loaded(archive.write())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again.run(50.0)
    assert is_whole(again)
    again.recorders[ON_DISK].flush()
    assert on_disk(tmp_path / "spikes") == spikes_of(again.recorders[IN_MEMORY])


class Life:
    """A network, and whether its recorder on disk still has all that it has ever recorded."""

    def __init__(self, net: pl.Network, complete: bool) -> None:
        self.net = net
        self.complete = complete and net.recorders[ON_DISK].folder is not None

    def writes(self) -> bool:
        stream = self.net.recorders[ON_DISK]._stream
        return stream is not None and stream.writes and stream._is_heir and stream._lock.held

    def folder(self) -> Path | None:
        """Where it writes to; its recording is there, or the recorder says that it is not."""
        recorder, expected = self.net.recorders[ON_DISK], spikes_of(self.net.recorders[IN_MEMORY])
        found = attempt(lambda: spikes_of(recorder))
        if found is None:
            assert not self.writes()
            return None
        assert found == expected[len(expected) - len(found) :]
        assert len(found) == len(expected) or not self.complete
        if not self.writes():
            return None
        recorder.flush()
        assert on_disk(recorder.folder) == found
        return recorder.folder


def attempt(work: Callable[[], Any]) -> Any:
    """What comes out of it; None if it says that the recording is not this network's any more."""
    try:
        return work()
    except OSError as error:
        if "is not what this network recorded" not in str(error) and "cannot read" not in str(error):
            raise
        return None


def change(lives: list[Life], files: list[tuple[bytes, bool]], draws: random.Random, folder: Path) -> None:
    """Does something at random with one of the networks."""
    life = draws.choice(lives)
    net, recorder = life.net, life.net.recorders[ON_DISK]
    action = draws.choice(["run", "run", "run", "save", "load", "copy", "pickle", "drop", "flush", "write_to", "rate"])
    if action == "run":
        net.run(float(draws.randint(1, 80)))
    elif action == "save":
        files.append((saved(net), life.complete))
    elif action == "load" and files:
        data, complete = draws.choice(files)
        lives.append(Life(loaded(data), complete))
    elif action in ("copy", "pickle"):
        lives.append(Life(OTHERS[action](net), life.complete))
    elif action == "drop" and len(lives) > 1:
        lives.remove(life)
    elif action == "flush":
        recorder.flush()
    elif action == "write_to":
        attempt(lambda: recorder.write_to(folder))
    else:
        net.populations["source"].set(rate=float(draws.randint(50, 400)))


@pytest.mark.filterwarnings("ignore:the recording of")
@pytest.mark.parametrize("seed", range(6))
def test_random_programs_of_saving_loading_copying_and_letting_go(tmp_path, seed):
    """Oracle: each network's recorder in memory; of each folder, that one network writes there and finds all of it."""
    draws = random.Random(seed)
    lives: list[Life] = [Life(network(tmp_path / "first"), complete=True)]
    files: list[tuple[bytes, bool]] = []
    for step in range(30):
        change(lives, files, draws, tmp_path / str(step))
        del lives[4:]
        owned = [folder for folder in (life.folder() for life in lives) if folder is not None]
        assert len(owned) == len(set(owned))


# ---- another folder


@pytest.mark.parametrize("kind", ["in memory", "on disk", "copy", "refused"])
def test_a_recorder_goes_on_in_a_new_folder_with_all_that_it_has(tmp_path, kind):
    """Oracle: the recorder in memory, and the files of the first folder."""
    original = network(None if kind == "in memory" else tmp_path / "spikes")
    run(original, 300)
    net = OTHERS[{"copy": "copy", "refused": "load"}[kind]](original) if kind in ("copy", "refused") else original
    if kind == "refused":
        with pytest.warns(UserWarning, match="write_to"):
            net.run(50.0)
    original.recorders[ON_DISK].flush()
    before = {} if kind == "in memory" else files_in(tmp_path / "spikes")
    net.recorders[ON_DISK].write_to(tmp_path / "new")
    assert net.recorders[ON_DISK].folder == tmp_path / "new"
    for _ in range(3):
        assert is_whole(net)
        assert on_disk(tmp_path / "new") == spikes_of(net.recorders[IN_MEMORY])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run(net, 100)
    assert before == ({} if kind == "in memory" else files_in(tmp_path / "spikes"))
    data = saved(net)
    del net, original
    again = loaded(data)
    run(again, 100)
    assert again.recorders[ON_DISK].folder == tmp_path / "new"
    assert is_whole(again)


def test_a_new_folder_that_is_refused_changes_nothing(tmp_path, monkeypatch):
    """Oracle: the message, the folders, and the recorder in memory."""
    net, other = network(tmp_path / "spikes"), network(tmp_path / "others")
    for each in (net, other):
        run(each, 300)
    before = files_in(tmp_path / "others")
    for folder in ("spikes", "others"):
        with pytest.raises(FileExistsError, match="not empty"):
            net.recorders[ON_DISK].write_to(tmp_path / folder)
    savez = np.savez

    def full(*args: Any, **columns: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        net.recorders[ON_DISK].write_to(tmp_path / "new")
    monkeypatch.setattr(np, "savez", savez)
    assert not (tmp_path / "new").exists()
    assert files_in(tmp_path / "others") == before
    run(net, 100)
    assert is_whole(net)
    assert net.recorders[ON_DISK].folder == tmp_path / "spikes"


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.EPERM])
def test_a_folder_that_cannot_be_written_to_any_more_is_left(tmp_path, monkeypatch, number):
    """Oracle: the warning, and the recorder in memory."""
    net = network(tmp_path / "spikes")
    run(net, 200)
    data = saved(net)
    del net
    net = loaded(data)
    monkeypatch.setattr(locks.Lock, "acquire", lambda _: failing(number))
    with pytest.warns(UserWarning, match=r"spikes' cannot be written to: .*write_to"):
        net.run(50.0)
    monkeypatch.undo()
    run(net, 100)
    assert is_whole(net)


def failing(number: int) -> None:
    raise OSError(number, os.strerror(number))


def test_a_full_disk_at_the_moment_of_going_on_loses_nothing(tmp_path, monkeypatch):
    """Oracle: the error, and the recorder in memory; the network goes on on disk as soon as there is room."""
    net = network(tmp_path / "spikes")
    run(net, 200)
    data = saved(net)
    del net
    net = loaded(data)
    monkeypatch.setattr(locks.Lock, "acquire", lambda _: failing(errno.ENOSPC))
    for _ in range(2):
        with pytest.raises(OSError, match="No space left"):
            net.run(50.0)
    monkeypatch.undo()
    run(net, 100)
    assert is_whole(net)
    net.recorders[ON_DISK].flush()
    assert on_disk(tmp_path / "spikes") == spikes_of(net.recorders[IN_MEMORY])


def test_a_folder_that_somebody_is_about_to_record_to_is_refused(tmp_path):
    """Oracle: the message. A lock and a temporary file that a killed process left are none."""
    with locks.owned(tmp_path / "spikes", "another recorder"), pytest.raises(OSError, match=r"in use in this process"):
        network(tmp_path / "spikes")
    (tmp_path / "spikes" / ".lock").write_text("{", encoding="utf-8")
    (tmp_path / "spikes" / ".recording.json.0123456789abcdef.partial").write_text("{", encoding="utf-8")
    net = network(tmp_path / "spikes")
    run(net, 100)
    assert is_whole(net)


def test_a_recording_whose_lock_was_removed_or_whose_folder_was_made_anew(tmp_path):
    """Oracle: the recorder in memory; the second network's files."""
    net = network(tmp_path / "spikes")
    run(net, 100)
    (tmp_path / "spikes" / ".lock").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.run(100.0)  # nobody else has taken it
    assert is_whole(net)
    assert (tmp_path / "spikes" / ".lock").exists()
    shutil.rmtree(tmp_path / "spikes")
    other = network(tmp_path / "spikes", rate=200.0)
    with pytest.warns(UserWarning, match="in use in this process"):
        run(net, 100)
    run(other, 100)
    assert is_whole(other)
    other.recorders[ON_DISK].flush()
    assert on_disk(tmp_path / "spikes") == spikes_of(other.recorders[IN_MEMORY])


# ---- what is damaged


def _field(name: str, value: Any) -> Callable[[Path], Any]:
    def change(path: Path) -> None:
        about = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(about | {name: value}), encoding="utf-8")

    return change


def _text(text: str | bytes) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(text if isinstance(text, bytes) else text.encode())


def _huge(path: Path) -> None:
    with path.open("r+b") as file:  # of zeros, behind what belongs there
        file.truncate(1 << 36)


def _instead(make: Callable[[Path], Any]) -> Callable[[Path], Any]:
    def change(path: Path) -> None:
        path.unlink()
        make(path)

    return change


def _array_file() -> bytes:
    file = io.BytesIO()
    np.save(file, np.arange(3))
    return file.getvalue()


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


NOT_THERE: dict[str, Callable[[Path], Any]] = {
    "gone": lambda path: path.unlink(),
    "FIFO": _instead(os.mkfifo),
    "folder": _instead(lambda path: path.mkdir()),
    "socket": _instead(_socket),
    "endless device": _instead(lambda path: path.symlink_to("/dev/zero")),
    "link to itself": _instead(lambda path: path.symlink_to(path.name)),
    "huge": _huge,
}
TEXTS = [
    "",
    "null",
    "[]",
    "{",
    "{}",
    "0",
    '"x"',
    "NaN",
    "true",
    "[" * 100_000,
    '{"a":' * 100_000,
    "1" * 100_000,
    b"\xff\xfe\0",
    b"\0" * 5000,
    b"PK\3\4",
]
ABOUT: dict[str, Callable[[Path], Any]] = {
    **NOT_THERE,
    **{f"text {i}": _text(text) for i, text in enumerate(TEXTS)},
    **{f"identity {value!r}": _field("identity", value) for value in (None, 1, [], {}, "", "0" * 32)},
    **{f"version {value!r}": _field("version", value) for value in (None, "1", 2, [], {})},
    **{f"format {value!r}": _field("format", value) for value in (None, 1, [], "plastica checkpoint")},
}
CHUNK: dict[str, Callable[[Path], Any]] = {
    **NOT_THERE,
    "empty": _text(""),
    "cut off": lambda path: os.truncate(path, path.stat().st_size - 10),
    "longer": lambda path: os.truncate(path, path.stat().st_size + 10),
    "another": _text(b"PK\3\4" * 100),
    "an array": lambda path: path.write_bytes(_array_file()),
    "other columns": lambda path: np.savez(path, numbers=np.arange(3)),
}


def _recorded(tmp_path: Path) -> tuple[Path, bytes, float]:
    """A recording with some chunks, the file of its network, which is gone, and the moment of the file."""
    net = network(tmp_path / "spikes")
    run(net, 200)
    return tmp_path / "spikes", saved(net), net.time


def _loads_with_a_warning(data: bytes, moment: float) -> pl.Network:
    tracemalloc.start()
    started = time.monotonic()
    with pytest.warns(UserWarning, match=r"recording of spikes of source in .* in memory.*write_to"):
        net = loaded(data)
    assert time.monotonic() - started < 20
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()
    assert net.time == moment
    return net


@pytest.fixture
def impatient():
    """Whatever waits for ever fails."""

    def late(*_: object) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("damage", ABOUT)
def test_a_damaged_description_never_makes_the_network_unreadable(tmp_path, damage):
    """Oracle: the network's moment, the warning, a later run in memory, the folder; and what `Recording` says."""
    folder, data, moment = _recorded(tmp_path)
    ABOUT[damage](folder / "recording.json")
    net = _loads_with_a_warning(data, moment)
    chunks = {path.name: path.read_bytes() for path in folder.glob("*.npz")}
    run(net, 100)
    count = net.recorders[ON_DISK].count
    assert spikes_of(net.recorders[ON_DISK]) == spikes_of(net.recorders[IN_MEMORY])[-count:]
    assert net.recorders[ON_DISK].folder is None
    assert chunks == {path.name: path.read_bytes() for path in folder.glob("*.npz")}
    if not damage.startswith("identity"):
        with pytest.raises((ValueError, FileNotFoundError), match=r"recording"):
            pl.Recording(folder)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("damage", CHUNK)
def test_a_damaged_chunk_never_makes_the_network_unreadable(tmp_path, damage):
    """Oracle: the network's moment, the warning, and a later run; what is asked of the recording is told by name."""
    folder, data, moment = _recorded(tmp_path)
    CHUNK[damage](folder / "000001.npz")
    net = _loads_with_a_warning(data, moment)
    run(net, 100)
    if damage not in ("gone", "huge", "longer"):  # of which NumPy can read what is there
        with pytest.raises(ValueError, match=r"000001\.npz' is damaged"):
            _ = pl.Recording(folder).times


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("what", None), ("what", 1), ("what", ""), ("target", []), ("dt", None), ("dt", "x"), ("dt", 0), ("dt", -1.0), ("dt", 1e300), ("dt", True),
        ("ids", 1), ("ids", "x"), ("ids", [0.5]), ("ids", [[1], [2, 3]]), ("ids", [[1]]), ("ids", [10**30]), ("ids", {}),
    ],
)  # fmt: skip
def test_a_description_with_a_wrong_field_is_refused_by_name(tmp_path, name, value):
    """Oracle: the message."""
    folder, _, _ = _recorded(tmp_path)
    _field(name, value)(folder / "recording.json")
    with pytest.raises(ValueError, match=rf"recording\.json' does not describe a recording: .*{name}"):
        pl.Recording(folder)


def test_other_files_in_the_folder_are_left_alone(tmp_path):
    """Oracle: the file; what was recorded later is taken back and the recording cleared around it."""
    folder, data, _ = _recorded(tmp_path)
    np.savez(folder / "analysis.npz", rates=np.arange(3))
    before = (folder / "analysis.npz").read_bytes()
    net = loaded(data)
    net.run(50.0)
    net.recorders[ON_DISK].flush()
    assert on_disk(folder) == spikes_of(net.recorders[IN_MEMORY])
    net.recorders[ON_DISK].clear()
    assert (folder / "analysis.npz").read_bytes() == before
    assert on_disk(folder) == []
