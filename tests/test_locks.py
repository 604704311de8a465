"""Folders have one owner at a time, whatever happens to processes."""

from __future__ import annotations

import errno
import fcntl
import gc
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from plastica import locks
from plastica.locks import FolderInUse, Lock, owned

HOLDER = """
import sys, time
from pathlib import Path
from plastica.locks import Lock
lock = Lock(Path(sys.argv[1]), "a long run")
try:
    lock.acquire()
    print("owner", flush=True)
except OSError as error:
    print(error, flush=True)
    sys.exit()
sys.stdin.read()
"""


def process(folder: Path) -> subprocess.Popen[str]:
    """Another process that owns the folder until its input ends, if it can."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def said(holder: subprocess.Popen[str]) -> str:
    assert holder.stdout is not None
    return holder.stdout.readline().strip()


def is_free(folder: Path) -> bool:
    with process(folder) as other:
        return said(other) == "owner"


def test_a_folder_has_one_owner_in_a_process_and_is_free_afterwards(tmp_path):
    """Oracle: the message, and another process."""
    with owned(tmp_path / "new", "a run"):
        for _ in range(2):
            with pytest.raises(FolderInUse, match=r"new' is in use in this process \(a run\); let go of that first"):
                Lock(tmp_path / "new", "another").acquire()
        assert not is_free(tmp_path / "new")
        assert is_free(tmp_path)
    assert list((tmp_path / "new").iterdir()) == []
    assert is_free(tmp_path / "new")


@pytest.mark.parametrize("end", ["input", "SIGKILL", "SIGTERM"])
def test_an_owner_in_another_process_is_named_and_gone_when_its_process_is(tmp_path, end):
    """Oracle: the number of the process; then the kernel."""
    with process(tmp_path) as other:
        assert said(other) == "owner"
        with pytest.raises(
            FolderInUse, match=rf"process {other.pid} on .* \(a long run\); wait until .* another folder"
        ):
            Lock(tmp_path, "x").acquire()
        if end == "input":
            other.communicate()
        else:
            other.send_signal(getattr(signal, end))
            other.wait()
    lock = Lock(tmp_path, "x")
    lock.acquire()
    assert lock.held
    assert json.loads((tmp_path / locks.NAME).read_text(encoding="utf-8"))["pid"] == os.getpid()


def test_an_owner_that_is_garbage_owns_nothing(tmp_path):
    """Oracle: the next owner. The first is part of a cycle, which only the collector finds."""
    gc.disable()
    try:
        lock = Lock(tmp_path, "x")
        lock.acquire()
        lock.itself = lock  # type: ignore[attr-defined]
        del lock
        Lock(tmp_path, "y").acquire()
    finally:
        gc.enable()


def test_a_child_owns_nothing_and_its_end_takes_nothing_from_the_parent(tmp_path):
    """Oracle: what the child finds; afterwards another process."""
    lock = Lock(tmp_path, "x")
    lock.acquire()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            refused = False
            try:
                Lock(tmp_path, "y").acquire()
            except FolderInUse as error:
                refused = f"process {os.getppid()} " in str(error)
            code = int(lock.held or not refused)
            lock.release()
            del lock
            gc.collect()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert lock.held
    assert not is_free(tmp_path)


def test_a_child_that_outlives_the_owner_does_not_keep_the_folder(tmp_path):
    """Oracle: another process takes the folder while the child lives."""
    program = HOLDER.replace("sys.stdin.read()", "import os\nif os.fork() == 0:\n    sys.stdin.read()\nos._exit(0)")
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert said(other) == "owner"
        other.wait()
        assert is_free(tmp_path)


def test_an_owner_whose_folder_was_made_anew_owns_it_no_more_and_takes_nothing_away(tmp_path):
    """Oracle: the second owner's file."""
    folder = tmp_path / "results"
    folder.mkdir()
    first = Lock(folder, "x")
    first.acquire()
    (folder / locks.NAME).unlink()
    folder.rmdir()
    folder.mkdir()
    assert not first.held
    with owned(folder, "y"):
        first.release()
        assert (folder / locks.NAME).exists()
        assert not is_free(folder)


def test_of_many_that_want_a_folder_at_once_one_gets_it(tmp_path):
    """Oracle: counting, over processes and over threads, many times."""
    holders = [process(tmp_path) for _ in range(4)]
    answers = [said(holder) for holder in holders]
    for holder in holders:
        holder.communicate()
    assert answers.count("owner") == 1
    inside, most, together = [0], [0], threading.Barrier(4)

    def work() -> None:
        together.wait()
        for _ in range(200):
            try:
                with owned(tmp_path, "x"):
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                    inside[0] -= 1
            except FolderInUse:
                pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert most == [1]
    assert list(tmp_path.iterdir()) == []


def _without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.parametrize(
    ("change", "free"),
    [
        ({}, False),
        ({"machine": "another"}, False),
        ({"started": 1}, True),  # the number was used again
        ({"pid": 2**22 + 1}, True),
        ({"pid": None}, True),
        (None, True),
    ],
)
def test_on_a_file_system_without_locks_the_words_in_the_file_decide(tmp_path, monkeypatch, change, free):
    """Oracle: who can be there still: a living process, or one of a machine that cannot be asked."""
    with process(tmp_path) as other:
        assert said(other) == "owner"
        _without_locks(monkeypatch)
        path = tmp_path / locks.NAME
        words = json.loads(path.read_text(encoding="utf-8"))
        path.write_text("[" if change is None else json.dumps(words | change), encoding="utf-8")
        if free:
            Lock(tmp_path, "x").acquire()
        else:
            with pytest.raises(FolderInUse, match=rf"process {other.pid} .* if that process is gone, remove .*\.lock"):
                Lock(tmp_path, "x").acquire()


def test_what_is_no_lock_is_refused_and_nobody_waits(tmp_path):
    """Oracle: the message."""
    (tmp_path / "folder" / locks.NAME).mkdir(parents=True)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / locks.NAME).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "fifo").mkdir()
    os.mkfifo(tmp_path / "fifo" / locks.NAME)
    for kind in ("folder", "link", "fifo", "missing"):
        with pytest.raises(OSError, match=kind):
            Lock(tmp_path / kind, "x").acquire()
    assert not (tmp_path / "elsewhere").exists()
