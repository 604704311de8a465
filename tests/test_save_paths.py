"""Where networks are saved to and loaded from: links, modes, owners, long names, and what is no file."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import plastica as pl
from plastica.files import replacing


def network(size: int = 3) -> pl.Network:
    net = pl.Network(threads=1)
    net.population(size, pl.LIF(), name="cells")
    return net


def size_at(path: Path) -> int:
    """Of the population in a file."""
    return pl.load(path, threads=1).populations["cells"].size


def names_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@contextlib.contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Fails where something waits for ever."""

    def late(*_: object) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that other users can reach, which those of pytest are not."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@contextlib.contextmanager
def as_somebody(folder: Path) -> Iterator[int]:
    """As a user that is not the administrator, who owns the folder; the number of the user."""
    me = os.geteuid()
    if me != 0:
        yield me
        return
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)
    try:
        yield 65534
    finally:
        os.seteuid(0)


# ---- links


def test_the_file_that_a_link_names_is_replaced_and_the_link_stays(tmp_path):
    """Oracle: what the link says, and the file in the other folder; a link to a link, and one that is relative."""
    (tmp_path / "scratch").mkdir()
    target = tmp_path / "scratch" / "real.plastica"
    (tmp_path / "link").symlink_to(Path("scratch") / "real.plastica")
    (tmp_path / "second").symlink_to(tmp_path / "link")
    for size, name in ((4, "link"), (5, "second"), (6, "link")):  # the first makes the file: the link dangles
        network(size).save(tmp_path / name)
        assert size_at(target) == size_at(tmp_path / name) == size
        assert not target.is_symlink()
    assert (tmp_path / "link").readlink() == Path("scratch") / "real.plastica"
    assert (tmp_path / "second").readlink() == tmp_path / "link"
    assert names_in(tmp_path) == ["link", "scratch", "second"]
    assert names_in(tmp_path / "scratch") == ["real.plastica"]


def test_a_link_that_leads_nowhere_is_refused(tmp_path):
    """Oracle: the message, and the links."""
    (tmp_path / "lost").symlink_to(tmp_path / "no folder" / "net.plastica")
    (tmp_path / "round").symlink_to(tmp_path / "about")
    (tmp_path / "about").symlink_to(tmp_path / "round")
    with pytest.raises(FileNotFoundError, match=r"cannot save to .*lost': there is no folder .*no folder'"):
        network().save(tmp_path / "lost")
    with pytest.raises(OSError, match=r"cannot save to .*round': Too many levels of symbolic links"):
        network().save(tmp_path / "round")
    assert names_in(tmp_path) == ["about", "lost", "round"]


# ---- modes and owners


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o666, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path, mode):
    """Oracle: the mode before; at no moment can the new file be read by more people."""
    path, seen = tmp_path / "net.plastica", set()
    path.touch()
    path.chmod(mode)
    with replacing(path) as file:
        seen.add(stat.S_IMODE(os.fstat(file.fileno()).st_mode))
    network().save(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert all(each & ~mode == 0 for each in seen)


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_a_new_file_has_the_mode_that_the_user_gives_to_new_files(tmp_path, mask):
    """Oracle: a file that Python opens."""
    before = os.umask(mask)
    try:
        (tmp_path / "plain").open("w", encoding="utf-8").close()
        network().save(tmp_path / "net.plastica")
    finally:
        os.umask(before)
    assert (tmp_path / "net.plastica").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_file_that_is_replaced_keeps_its_owner(tmp_path):
    """Oracle: the owner before, who is somebody else where the test may give files away."""
    path = tmp_path / "net.plastica"
    path.touch()
    if os.geteuid() == 0:
        os.chown(path, 1234, 4321)
    owner = path.stat().st_uid, path.stat().st_gid
    network().save(path)
    assert (path.stat().st_uid, path.stat().st_gid) == owner


def test_where_the_owner_cannot_be_kept_nobody_else_gets_access(shared_folder):
    """Oracle: the modes; a group that the file had before is not the group that has it now."""
    path = shared_folder / "net.plastica"
    path.touch()
    if os.geteuid() == 0:
        os.chown(path, 1234, 4321)
    path.chmod(0o6676)
    with as_somebody(shared_folder) as user:
        network().save(path)
        assert path.stat().st_uid == user
    kept = os.geteuid() != 0
    assert stat.S_IMODE(path.stat().st_mode) & 0o777 == (0o676 if kept else 0o606)
    assert kept or stat.S_IMODE(path.stat().st_mode) == 0o606


def test_a_file_that_may_not_be_written_is_refused(shared_folder):
    """Oracle: the message, and the file."""
    with as_somebody(shared_folder):
        path = shared_folder / "net.plastica"
        path.write_bytes(b"kept for the paper")
        path.chmod(0o444)
        with pytest.raises(PermissionError, match=r"cannot save to .*net\.plastica': the file is read-only; make it"):
            network().save(path)
        assert path.read_bytes() == b"kept for the paper"
        assert names_in(shared_folder) == ["net.plastica"]


# ---- what is no file


def make(kind: str, path: Path) -> contextlib.AbstractContextManager[object]:
    """Something that is no file, while the context lasts."""
    if kind == "folder":
        path.mkdir()
    elif kind == "FIFO":
        os.mkfifo(path)
    elif kind == "socket":
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        return server
    elif kind == "device":
        path.symlink_to("/dev/zero")
    return contextlib.nullcontext()


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("kind", ["folder", "FIFO", "socket", "device"])
def test_what_is_no_file_is_refused_and_nobody_waits(tmp_path, monkeypatch, kind, linked):
    """Oracle: the message says what it is; it is there afterwards, and nothing else."""
    monkeypatch.chdir(tmp_path)
    path = Path("thing")
    with make(kind, path), at_most(20):
        if linked:
            Path("link").symlink_to(path)
            path = Path("link")
        before, here = path.stat(), names_in(tmp_path)
        net = network()
        for action in (net.save, lambda p: net.run(1, checkpoint=p, checkpoint_every=1), pl.load):
            with pytest.raises(OSError, match=rf"(save to|read) '{path}': it is a {kind}; give the name of a file"):
                action(path)
        assert os.path.samestat(path.stat(), before)
        assert names_in(tmp_path) == here


@pytest.mark.parametrize("name", [".", "..", "/", "a/", "a/.", "a/..", "./", ""])
def test_names_that_only_folders_have_are_refused(tmp_path, monkeypatch, name):
    """Oracle: the message; there is no file afterwards."""
    monkeypatch.chdir(tmp_path)
    for action in (network().save, pl.load):
        with pytest.raises((IsADirectoryError, ValueError), match=r"path = .* (names a folder; give|must be a) "):
            action(name)
    assert names_in(tmp_path) == []


def test_a_folder_that_is_not_there_is_named(tmp_path):
    """Oracle: the message."""
    with pytest.raises(FileNotFoundError, match=r"cannot save to .*x': there is no folder .*/nowhere'"):
        network().save(tmp_path / "nowhere" / "x")


# ---- names


@pytest.mark.parametrize("name", ["a" * 255, "é" * 127 + "a", "a" + "é" * 127, "脳" * 85, "b" * 240 + ".plastica", "x"])
def test_every_name_that_a_file_can_have_works(tmp_path, name):
    """Oracle: the network, twice: the first save makes the file, and the second replaces it."""
    for size in (3, 4):
        network(size).save(tmp_path / name)
        assert size_at(tmp_path / name) == size
    assert names_in(tmp_path) == [name]


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    """Oracle: the message of the system."""
    with pytest.raises(OSError, match=r"cannot save to .*: File name too long"):
        network().save(tmp_path / ("a" * 256))
    assert names_in(tmp_path) == []


# ---- several savers


def test_savers_of_one_path_that_overlap_leave_a_whole_file(tmp_path, monkeypatch):
    """Oracle: the file is, at every moment, the network of one of them. The second saves in the middle of the first."""
    path, nets, written = tmp_path / "net.plastica", {n: network(n) for n in (50, 3000)}, zipfile._ZipWriteFile.write
    for first, second in ((50, 3000), (3000, 50)):
        for moment in (0, 1):
            calls = iter(range(10**9))

            def write(self, data, calls=calls, moment=moment, second=second):
                if next(calls) == moment:
                    nets[second].save(path)
                    assert size_at(path) == second
                return written(self, data)

            monkeypatch.setattr(zipfile._ZipWriteFile, "write", write)
            nets[first].save(path)
            monkeypatch.undo()
            assert next(calls) > moment
            assert size_at(path) == first
            assert names_in(tmp_path) == ["net.plastica"]


def test_savers_in_many_threads_and_a_reader_never_see_half_a_file(tmp_path):
    """Oracle: every file that the reader finds is one of them, whole."""
    path, over = tmp_path / "data", threading.Event()
    contents = [bytes([i]) * (1000 * 3**i) for i in range(5)]
    failed: list[BaseException] = []

    def work(data: bytes) -> None:
        try:
            while not over.is_set():
                with replacing(path) as file:
                    for start in range(0, len(data), 1000):
                        file.write(data[start : start + 1000])
        except BaseException as error:
            failed.append(error)

    workers = [threading.Thread(target=work, args=(data,)) for data in contents]
    for worker in workers:
        worker.start()
    seen, end = set(), time.monotonic() + 20
    while len(seen) < 4 and time.monotonic() < end:
        with contextlib.suppress(FileNotFoundError):
            data = path.read_bytes()
            assert data in contents
            seen.add(data[0])
    over.set()
    for worker in workers:
        worker.join()
    assert failed == []
    assert len(seen) == 4
    assert names_in(tmp_path) == ["data"]


KILLED = """
import os, signal, sys, zipfile
import plastica as pl
net = pl.Network(threads=1)
net.population(3, pl.LIF())
def die(self, data):
    if len(sys.argv) > 2:
        print("saving", flush=True)
        sys.stdin.read()
    os.kill(os.getpid(), signal.SIGKILL)
zipfile._ZipWriteFile.write = die
net.save(sys.argv[1])
"""


def test_what_killed_savers_left_is_removed_and_what_others_are_writing_is_not(tmp_path):
    """Oracle: the files in the folder, after one saver was killed and while another one is at work."""
    path, mine = tmp_path / ("long" * 60), tmp_path / ".thesis.partial"
    mine.write_bytes(b"all of it")
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    (left,) = set(names_in(tmp_path)) - {mine.name}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path), "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "saving\n"
        assert left not in names_in(tmp_path)
        (writing,) = set(names_in(tmp_path)) - {mine.name}
        network(4).save(path)
        assert names_in(tmp_path) == sorted([writing, path.name, mine.name])
    network(5).save(path)
    assert names_in(tmp_path) == sorted([path.name, mine.name])
    assert size_at(path) == 5
    assert mine.read_bytes() == b"all of it"


# ---- the disk


def test_file_and_folder_are_on_the_disk_before_the_save_returns(tmp_path, monkeypatch):
    """Oracle: the order of the system's calls: the whole file, its place, the folder."""
    path, events, fsync, replace = tmp_path / "net.plastica", [], os.fsync, os.replace

    def synced(descriptor: int) -> None:
        about = os.fstat(descriptor)
        events.append("folder" if stat.S_ISDIR(about.st_mode) else f"file {about.st_size}")
        fsync(descriptor)

    def replaced(*names: Path) -> None:
        events.append("replaced")
        replace(*names)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    network().save(path)
    assert events == [f"file {path.stat().st_size}", "replaced", "folder"]


def test_a_disk_that_does_not_sync_is_told(tmp_path, monkeypatch):
    """Oracle: the message, of the file and of the folder."""
    path, fsync = tmp_path / "net.plastica", os.fsync
    for failing in (False, True):

        def broken(descriptor: int, failing: bool = failing) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode) == failing:
                raise OSError(5, "Input/output error")
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", broken)
        with pytest.raises(OSError, match="Input/output error"):
            network().save(path)
        assert path.exists() == failing
        assert len(names_in(tmp_path)) == failing


def test_an_error_of_the_one_who_writes_leaves_nothing(tmp_path):
    """Oracle: the folder and the file before, for errors of every kind."""
    path = tmp_path / "data"
    path.write_bytes(b"before")

    def write(error: BaseException) -> None:
        with replacing(path) as file:
            file.write(np.arange(10_000).tobytes())
            raise error

    for error in (KeyboardInterrupt(), ValueError("x"), OSError(28, "No space left on device"), SystemExit()):
        with pytest.raises(
            type(error), match=r"cannot save.*No space.*is whole" if isinstance(error, OSError) else None
        ):
            write(error)
        assert path.read_bytes() == b"before"
        assert names_in(tmp_path) == ["data"]
