"""Folders that have one owner at a time.

The owner holds a lock of the kernel on a file in the folder. The kernel gives the lock up when the process ends, in
whatever way, so that a killed owner blocks nobody; it knows processes of other containers, too. The file also says in
words who the owner is. On a file system without such locks, these words decide.
"""

from __future__ import annotations

import errno
import fcntl
import gc
import json
import os
import stat
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

NAME = ".lock"
_LONGEST = 4096  # bytes of the words that are read
_ATTEMPTS = 100  # to lock a file that others remove meanwhile

_Inode = tuple[int, int]
_held: dict[_Inode, weakref.ref[Lock]] = {}  # by this process
_watching_forks = False


class FolderInUse(OSError):
    """Somebody else owns the folder. The message names the process, its machine, and what can be done."""


class Lock:
    """Ownership of a folder, for as long as one needs it; see `owned` for a block.

    It ends with `release`, when the object goes, and when the process ends, in whatever way. A process that was forked
    does not inherit it: `held` is False there.

    Parameters
    ----------
    folder : Path
        An existing folder.
    what : str
        What the owner does there, as in "a recording of spikes of exc": others are told.
    """

    def __init__(self, folder: Path, what: str) -> None:
        self.folder, self.what = folder, what
        self._path = folder / NAME
        self._inode: _Inode | None = None
        self._process = 0
        self._end: weakref.finalize[Any, Any] | None = None

    @property
    def held(self) -> bool:
        """Whether this process owns the folder through this lock; False also if the lock's file has been removed."""
        return self._inode is not None and self._process == os.getpid() and _inode_at(self._path) == self._inode

    def acquire(self) -> None:
        """Takes the folder, if nobody else in this process or another owns it.

        Raises
        ------
        FolderInUse
            If somebody else does.
        OSError
            If the folder is not there, or no file can be written in it.
        """
        if self.held:
            return
        self.release()
        _watch_forks()
        if self._taken_here():
            gc.collect()  # an owner that nobody uses any more may wait for it
        for _ in range(_ATTEMPTS):
            if self._taken_here():
                raise FolderInUse(_refusal(self.folder, _identity_in(self._path), here=True))
            descriptor = self._opened()
            try:
                inode = _lock(descriptor, self.folder)
                # a file that its owner removed in between locks nothing
                if _inode_at(self._path) == inode:
                    self._keep(descriptor, inode)
                    return
            except BaseException:
                if self._end is None:
                    os.close(descriptor)
                self.release()
                raise
            os.close(descriptor)
        raise FolderInUse(_refusal(self.folder, {}, here=False))

    def release(self) -> None:
        """Gives the folder up and removes the lock's file. Does nothing if the folder is not held."""
        end, self._end, self._inode = self._end, None, None
        if end is not None:
            end()

    def forget(self) -> None:
        """In a child: closes what was inherited; the parent goes on owning the folder."""
        end, self._end, self._inode = self._end, None, None
        detached = None if end is None else end.detach()
        if detached is not None:
            with suppress(OSError):
                os.close(detached[2][0])

    def _taken_here(self) -> bool:
        # before the file is opened: on NFS, closing any descriptor of it would drop this process's lock
        inode = _inode_at(self._path)
        return inode is not None and inode in _held

    def _opened(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
        descriptor = os.open(self._path, flags, 0o666)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "it is not a file of Plastica; remove it", str(self._path))
        return descriptor

    def _keep(self, descriptor: int, inode: _Inode) -> None:
        words = json.dumps({**_own_identity(), "what": self.what}, indent=1)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, words.encode(), 0)
        self._process, self._inode = os.getpid(), inode
        # the end first: an interrupt in between must not leave an entry that nobody takes back
        self._end = weakref.finalize(self, _give_up, descriptor, self._path, inode, self._process)
        _held[inode] = weakref.ref(self)


@contextmanager
def owned(folder: Path, what: str) -> Iterator[None]:
    """Owns a folder in a block; the folder is made if it is not there.

    ``with owned(Path("results"), "plastica run song2000"): ...``

    Parameters
    ----------
    folder : Path
        The folder.
    what : str
        What is done there: others are told.

    Raises
    ------
    FolderInUse
        If another process, or something else in this one, owns the folder. It is an `OSError`; its message names the
        owner's process and machine, and what can be done.
    OSError
        If the folder cannot be made, or no file can be written in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = Lock(folder, what)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _lock(descriptor: int, folder: Path) -> _Inode:
    """Locks an open file; its inode."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        identity = _words(os.pread(descriptor, _LONGEST, 0))
        if error.errno in (errno.EAGAIN, errno.EACCES):
            raise FolderInUse(_refusal(folder, identity, here=False)) from None
        # this file system has no locks
        if _lives(identity):
            doubt = f"; if that process is gone, remove '{folder / NAME}'"
            raise FolderInUse(_refusal(folder, identity, here=False) + doubt) from None
    about = os.fstat(descriptor)
    return about.st_dev, about.st_ino


def _give_up(descriptor: int, path: Path, inode: _Inode, process: int) -> None:
    if process == os.getpid():  # a child must not remove what its parent owns
        _held.pop(inode, None)
        with suppress(OSError):
            if _inode_at(path) == inode:  # the folder may have been made anew by somebody else
                path.unlink()
    with suppress(OSError):
        os.close(descriptor)


def _watch_forks() -> None:
    global _watching_forks
    if not _watching_forks:
        _watching_forks = True
        os.register_at_fork(after_in_child=_forget_all)


def _forget_all() -> None:
    for reference in [*_held.values()]:
        lock = reference()
        if lock is not None:
            lock.forget()
    _held.clear()


def _inode_at(path: Path) -> _Inode | None:
    try:
        about = os.lstat(path)
    except OSError:
        return None
    return about.st_dev, about.st_ino


# ---- who it is ------------------------------------------------------------------------------------------------------


def _own_identity() -> dict[str, Any]:
    return {"host": os.uname().nodename, "pid": os.getpid(), "started": _started(os.getpid()), "machine": _machine()}


def _machine() -> str:
    """The boot of the machine and the container: where these are equal, numbers of processes mean the same."""
    parts = []
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
    with suppress(OSError):
        parts.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(parts)


def _started(process: int) -> int | None:
    """When a process began, in ticks since the boot, since numbers of processes are used again; None: there is none."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return int(fields[19])
    except (OSError, ValueError, IndexError):
        return None


def _identity_in(path: Path) -> dict[str, Any]:
    reference = _held.get(_inode_at(path) or (0, 0))
    lock = None if reference is None else reference()
    return {} if lock is None else {**_own_identity(), "what": lock.what}


def _words(text: bytes) -> dict[str, Any]:
    try:
        identity = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return identity if isinstance(identity, dict) else {}


def _lives(identity: dict[str, Any]) -> bool:
    """Whether an owner may be there still; that of another machine may."""
    process, started = identity.get("pid"), identity.get("started")
    if not isinstance(process, int):
        return False
    if identity.get("machine") != _machine():
        return True
    return started is not None and _started(process) == started


def _refusal(folder: Path, identity: dict[str, Any], *, here: bool) -> str:
    process, host, what = (identity.get(name) for name in ("pid", "host", "what"))
    doing = f" ({what})" if isinstance(what, str) else ""
    if here:
        return f"'{folder}' is in use in this process{doing}; let go of that first, or give another folder"
    who = f"process {process} on {host}" if isinstance(process, int) else "another process"
    return f"'{folder}' is in use by {who}{doing}; wait until that has ended, stop it, or give another folder"
