"""Files that are whole or not there, and files that are read without waiting for anybody."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_STEM = 100  # bytes that a temporary name keeps of the name; names have at most 255, on some file systems 143
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF)


# ---- writing --------------------------------------------------------------------------------------------------------


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file that takes the place of another when, and only when, all of it has been written and is on the disk.

    A link stays, and the file that it names is replaced. The new file has the mode and the owner of the old one, as far
    as the system allows. Several processes may write to one path at once: one of the files is there in the end.

    Raises
    ------
    OSError
        If it cannot be written, or if there is something that is no file; the file that was there before is whole.
    """
    kept, partial = "", None
    try:
        place, before = _target(path)
        kept = "" if before is None else "; the file that was there before is whole"
        tidy(place.parent, _stem(place))
        descriptor = None
        while descriptor is None:
            partial = new = place.with_name(f"{_stem(place)}.{os.urandom(8).hex()}.partial")
            descriptor = _created(new, 0o666 if before is None else 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            if before is not None:
                _same_access(file.fileno(), before)
            os.fsync(file.fileno())
            new.replace(place)
    except BaseException as error:
        if partial is not None:
            with suppress(OSError):
                partial.unlink()
        if isinstance(error, OSError):
            raise OSError(error.errno, f"cannot save to '{path}': {error.strerror or error}{kept}") from error
        raise
    _sync_folder(place.parent)


def tidy(folder: Path, stem: str = ".") -> None:
    """Removes temporary files of processes that were killed; those that somebody is writing stay."""
    unfinished = re.compile(re.escape(stem) + r".*\.[0-9a-f]{16}\.partial", re.DOTALL)
    with suppress(OSError), os.scandir(folder) as entries:
        for name in [entry.name for entry in entries if unfinished.fullmatch(entry.name)]:
            with suppress(OSError):
                _remove_if_abandoned(folder / name)


def _target(path: Path) -> tuple[Path, os.stat_result | None]:
    """The file that a name leads to, through links, and what is known of it; None: it is not there yet."""
    place = Path(os.path.realpath(path))
    try:
        _check_regular(path.stat())
    except FileNotFoundError:
        if not place.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, f"there is no folder '{place.parent}'") from None
        return place, None
    before = place.lstat()
    _check_regular(before)
    if not os.access(place, os.W_OK, effective_ids=True):
        raise PermissionError(errno.EACCES, "the file is read-only; make it writable or give another name")
    return place, before


def _stem(place: Path) -> str:
    return "." + os.fsencode(place.name)[:_STEM].decode(errors="ignore")


def _created(partial: Path, mode: int) -> int | None:
    """A new file that is locked while it is written; None: somebody who tidied up has taken it away."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(partial, flags, mode)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:  # a file system without locks, on which nobody tidies up
        return descriptor
    if os.fstat(descriptor).st_nlink > 0:
        return descriptor
    os.close(descriptor)
    return None


def _remove_if_abandoned(partial: Path) -> None:
    descriptor = os.open(partial, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises OSError while it is written
            # its writer may have put it in its place since
            if os.path.samestat(os.fstat(descriptor), os.lstat(partial)):
                partial.unlink()
    finally:
        os.close(descriptor)


def _same_access(descriptor: int, before: os.stat_result) -> None:
    """Gives an open file the owner and the mode of another, as far as the system allows; never more access."""
    mode, now = stat.S_IMODE(before.st_mode), os.fstat(descriptor)
    if (now.st_uid, now.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.fchown(descriptor, before.st_uid, before.st_gid)
        except OSError:  # only the administrator gives files away
            with suppress(OSError):
                os.fchown(descriptor, -1, before.st_gid)
            mode &= 0o777 if os.fstat(descriptor).st_gid == before.st_gid else 0o707
    with suppress(OSError):  # a file system without modes
        os.fchmod(descriptor, mode)


def _sync_folder(folder: Path) -> None:
    """Makes a new name in a folder outlast a power cut, where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise OSError(error.errno, f"'{folder}' is not on the disk for certain: {error.strerror}") from error
    finally:
        os.close(descriptor)


# ---- reading --------------------------------------------------------------------------------------------------------


def opened(path: Path) -> IO[bytes]:
    """A file, open for reading. FIFOs, devices and folders are not opened, since that could wait for ever.

    Raises
    ------
    OSError
        If it is not there, cannot be read, or is no file.
    """
    try:
        _check_regular(path.stat())  # devices may do something when they are opened
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        raise OSError(error.errno, f"cannot read '{path}': {error.strerror}") from error
    file = os.fdopen(descriptor, "rb")
    try:
        _check_regular(os.fstat(descriptor))
    except OSError as error:
        file.close()
        raise OSError(error.errno, f"cannot read '{path}': {error.strerror}") from error
    return file


def content(path: Path, most: int) -> bytes:
    """What is in a small file.

    Raises
    ------
    OSError
        If it is not there, cannot be read, or is no file.
    ValueError
        If it has more than so many bytes.
    """
    with opened(path) as file:
        data = file.read(most + 1) if os.fstat(file.fileno()).st_size <= most else None
    if data is None or len(data) > most:
        raise ValueError(f"'{path}' is too large: more than {most} bytes")
    return data


def _check_regular(about: os.stat_result) -> None:
    if not stat.S_ISREG(about.st_mode):
        kind = next((name for holds, name in _KINDS if holds(about.st_mode)), "something else")
        number = errno.EISDIR if stat.S_ISDIR(about.st_mode) else errno.EINVAL
        raise OSError(number, f"it is {kind}; give the name of a file")
