"""Recordings on disk: what a recorder writes while a network runs, and how it is read.

A recording is a folder: ``recording.json`` says of what it is, and ``000000.npz``, ``000001.npz``, ... are chunks that
NumPy reads. Each chunk takes its place in one move, so that a reader never sees half of one, and a run that is killed
loses what it had not written yet, no more. One network writes a recording at a time: it owns the folder (see `locks`).
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from . import coerce, endings, locks, losses
from .changes import Change, perform
from .clock import LEAST_DT, MOST_DT, Clock
from .errors import UnknownName, suggestion
from .files import content, opened, replacing, tidy
from .locks import FolderInUse, Lock

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import NDArray

    DataFrame = Any

Columns = Mapping[str, "NDArray[Any]"]
Mark = tuple[int, int]  # by which a chunk is known again

_ABOUT = "recording.json"
_FORMAT = "plastica recording"
_VERSION = 1
_MOST_ABOUT = 1 << 30  # bytes of recording.json
_MORE_ABOUT = 1 << 16  # bytes that somebody may have added to it
_TAIL = 4096  # bytes at the end of a chunk, where the archive lists the checksums of its arrays
_PASSING = (  # what may be over in a moment, such as a full disk: the recording is not given up for it
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOMEM),
    *(errno.EMFILE, errno.ENFILE, errno.EINTR, errno.EAGAIN, errno.EBUSY),
)
_CHUNK = re.compile(r"([0-9]{6}|[1-9][0-9]{6,})\.npz")  # as `Stream` names them
CHUNK_BYTES = 1 << 24  # of what is in memory before it is written


class Stream:
    """The chunks that one recorder has written and, as the owner of their folder, goes on writing.

    A network that was loaded from a file takes the folder when it first has something to write. It gets the folder only
    if no other network owns it and the recording is as this network knows it. Copies, pickles and forked children only
    read.

    Parameters
    ----------
    folder : Path
        Where to.
    identity : str
        Of the recording; a network that is loaded goes on only with a recording that it has begun itself.
    subject : str
        What is recorded, as in "spikes of exc".
    """

    def __init__(self, folder: Path, identity: str, subject: str) -> None:
        self.folder, self.identity, self._subject = folder, identity, subject
        self._described = 0  # bytes of recording.json
        self._marks: list[Mark] = []  # of the chunks that have been written and are not in memory any more
        self.writes = True  # or only reads: that of a copy
        self.written = 0.0  # when something was written last
        self.upto: tuple[int, int] | None = None  # `Recorder.extent` when all of it had been written
        self._process = os.getpid()  # a child that is forked does not write
        self._made: list[Path] = []  # folders that were not there before
        self._lock = Lock(folder, "a network that records")
        self._is_heir = False  # has found the recording as it knows it, since it took the folder

    @classmethod
    def begin(cls, path: str | PathLike[str], about: Mapping[str, Any]) -> Stream:
        """A new recording in a folder that is empty or not there yet.

        A folder where a program that is gone has begun a recording, and has written no chunk of it, counts as empty.

        Raises
        ------
        FileExistsError
            If there is something in the folder.
        OSError
            If it cannot be written to, or another network is about to record there.
        """
        folder = Path(path).absolute()
        stream = cls(folder, uuid.uuid4().hex, _subject(about))
        stream._made = [each for each in (folder, *folder.parents) if not each.exists()]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tidy(folder)  # of a process that was killed at this point
            _check_free(folder)
            stream._lock.acquire()
            _check_free(folder)  # its owner may have written until it went
            stream._is_heir = True  # what is there from now on is this recording's
            stream.describe(about)
            return stream
        except BaseException:
            stream.withdraw()
            raise

    @classmethod
    def found(cls, saved: Mapping[str, Any], subject: str) -> Stream | None:
        """The recording that a network had when it was saved; None: it is not there as the network knew it.

        Parameters
        ----------
        saved : mapping
            What `saved` of the network's stream was. Any folder can be named, and whatever is there harms nothing.
        subject : str
            What is recorded, as in "spikes of exc".
        """
        stream = cls(Path(saved["folder"]), saved["identity"], subject)
        stream.writes, stream._described = saved["writes"], saved["described"]
        try:
            if not stream._is_described():
                return None
            stream._marks = [_mark_at(stream._path(number)) for number in range(saved["chunks"])]
        except (OSError, ValueError):
            return None
        return stream if saved["digest"] in (None, stream._digest()) else None

    def saved(self) -> dict[str, Any]:
        """What a network that is loaded needs to find the recording, and to know that it is the same: see `found`."""
        return {
            "folder": str(self.folder),
            "identity": self.identity,
            "described": self._described,
            "chunks": self.chunks,
            "digest": self._digest(),
            "writes": self.writes and self._is_at_home,
        }

    @property
    def chunks(self) -> int:
        """How many have been written and are not in memory any more."""
        return len(self._marks)

    def describe(self, about: Mapping[str, Any]) -> None:
        """Writes what the recording is of."""
        text = json.dumps(
            {"format": _FORMAT, "version": _VERSION, "identity": self.identity, **about}, indent=1
        ).encode()
        with replacing(self.folder / _ABOUT) as file:
            file.write(text)
        self._subject, self._described = _subject(about), len(text)

    def withdraw(self) -> None:
        """Takes back a recording that has not begun, with the folders that were made for it."""
        if self.owns and self._lock.held:
            (self.folder / _ABOUT).unlink(missing_ok=True)
            self._remove_chunks(0)
        self.leave()
        with suppress(OSError):
            for folder in self._made:
                folder.rmdir()

    def leave(self) -> None:
        """Leaves the recording as it is, to whoever goes on with it."""
        self.writes = self._is_heir = False
        self._lock.release()

    @property
    def owns(self) -> bool:
        """Whether this network is the one that writes: it has the folder, unless somebody took it away."""
        return self.writes and self._is_heir and self._is_at_home

    @property
    def is_there(self) -> bool:
        """Whether the folder holds this recording still, and not another one or none."""
        try:
            return self._is_described()
        except (OSError, ValueError):
            return False

    @property
    def _is_at_home(self) -> bool:
        return self._process == os.getpid()

    def claim(self) -> bool:
        """Whether this network may write: it owns the folder, or takes it as the heir of who did.

        Otherwise it warns, once, and never writes there.

        Raises
        ------
        OSError
            If the folder cannot be taken at the moment, such as with a full disk.
        """
        if not self.writes:
            return False
        if not self._is_at_home:
            return self._refuse(f"this process was forked from process {self._process}, to which the recording belongs")
        if self._is_heir and self._lock.held:
            return True
        self._is_heir = False
        try:
            self._lock.acquire()
        except FolderInUse as error:
            return self._refuse(str(error))
        except OSError as error:
            what = f" ('{error.filename}')" if error.filename and os.path.lexists(error.filename) else ""
            if not self.gives_up(error, f"'{self.folder}' cannot be written to: {error.strerror or error}{what}"):
                raise
            return False
        try:
            known = self._is_described() and all(_mark_at(self._path(i)) == m for i, m in enumerate(self._marks))
        except (OSError, ValueError):
            known = False
        if not known:
            return self._refuse(f"'{self.folder}' does not hold it as this network knows it; it has been changed since")
        tidy(self.folder)
        self._is_heir = True
        return True

    def gives_up(self, error: OSError, why: str | None = None) -> bool:
        """Whether an error means that nobody can write to the folder any more; the network then warns and leaves it."""
        if error.errno in _PASSING:
            return False
        self._refuse(why or error.strerror or str(error))
        return True

    def write(self, columns: Columns, *, whole: bool, then: Sequence[Change] = ()) -> None:
        """Writes the next chunk; `whole`: it will not be written again with more in it. Only for who has a claim.

        `then`: what happens in one with the counting of the chunk, such as the memory's letting go of what is in it.
        """
        with replacing(self._path(self.chunks)) as file:
            np.savez(file, allow_pickle=False, **columns)
            mark = _mark(file)
        counted = [Change(partial(self._marks.append, mark), self._marks.pop)] if whole else []
        perform([*counted, *then])
        self.written = monotonic()
        # what a run that was stopped had written after the moment from which this one went on
        self._remove_chunks(self.chunks + (not whole))

    def read(self) -> list[dict[str, NDArray[Any]]]:
        """The chunks that are not in memory.

        Raises
        ------
        OSError
            If one is gone, or is another than this network has written.
        """
        return [self._read(number) for number in range(self.chunks)]

    def salvage(self) -> tuple[list[dict[str, NDArray[Any]]], list[str]]:
        """The chunks that are not in memory and can be read, and the paths of the others."""
        chunks, lost = [], []
        for number in range(self.chunks):
            try:
                chunks.append(self._read(number))
            except (OSError, ValueError):
                lost.append(str(self._path(number)))
        return chunks, lost

    def clear(self) -> None:
        """Forgets all chunks, and removes them if they belong to this network."""
        if self.claim():
            self._remove_chunks(0)
        self._marks.clear()

    def _refuse(self, why: str) -> bool:
        self.leave()
        losses.warn(
            f"the recording of {self._subject} goes on in memory, and what is on disk stays as it is: {why}. "
            "To go on on disk, give the recorder a new folder: recorder.write_to(folder)"
        )
        return False

    def _read(self, number: int) -> dict[str, NDArray[Any]]:
        path = self._path(number)
        try:
            if _mark_at(path) != self._marks[number]:
                raise OSError(f"'{path}' is not what this network recorded: the recording has been changed since")
            return _chunk(path)
        except OSError as error:
            remedy = "recorder.write_to(folder) saves the rest in a new folder, and the recorder then has that"
            raise OSError(error.errno or errno.EIO, f"{error.strerror or error}; {remedy}") from error

    def _remove_chunks(self, first: int) -> None:
        # the last one first: whoever stops halfway leaves no gap
        for number, path in reversed(_chunks_in(self.folder)):
            if number >= first and not path.is_dir():
                path.unlink(missing_ok=True)

    def _is_described(self) -> bool:
        return _described(self.folder, 2 * self._described + _MORE_ABOUT).get("identity") == self.identity

    def _digest(self) -> str:
        """By which all chunks together are known again."""
        return hashlib.sha256(json.dumps(self._marks).encode()).hexdigest()

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.npz"


def _check_free(folder: Path) -> None:
    """Refuses a folder that holds anything but the beginning of a recording without a chunk."""
    names = {entry.name for entry in folder.iterdir()} - {locks.NAME}
    if not names:
        return
    try:
        about = _described(folder, _MOST_ABOUT)
    except (OSError, ValueError):
        raise FileExistsError(f"'{folder}' is not empty; give a recording a folder of its own") from None
    if names == {_ABOUT}:
        return
    raise FileExistsError(
        f"'{folder}' is not empty: it holds the recording of {_subject(about)} that a program began. To go on with it, "
        "load that program's checkpoint (plastica.load); to begin again, remove the folder; or give a recording a "
        "folder of its own"
    )


def _subject(about: Mapping[str, Any]) -> str:
    return f"{about.get('what')} of {about.get('target')}"


def _described(folder: Path, most: int) -> dict[str, Any]:
    """What a recording is of. Raises OSError or ValueError, whatever is wrong, and reads no more than so many bytes."""
    path = folder / _ABOUT
    try:
        about = json.loads(content(path, min(most, _MOST_ABOUT)))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"'{path}' does not describe a recording: {error}") from None
    if not isinstance(about, dict) or about.get("format") != _FORMAT:
        raise ValueError(f"'{path}' does not describe a recording")
    if about.get("version") != _VERSION:
        raise ValueError(f"the recording in '{folder}' has version {about.get('version')!r}; update Plastica")
    return about


def _ids(value: object) -> NDArray[np.int64]:
    ids = coerce.raw_array(value, "ids")
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise ValueError("ids must be a list of integers")
    return ids.astype(np.int64)


def _step(value: object) -> float:
    dt = coerce.number(value, "dt", "ms")
    if not LEAST_DT <= dt <= MOST_DT:
        raise ValueError(f"dt = {coerce.shown(dt, 'ms')} is no step of time")
    return dt


def _chunks_in(folder: Path) -> list[tuple[int, Path]]:
    """Numbers and paths of the chunks in a folder, in order.

    Chunks are numbered from 0 on. A number at which more than half of those before it are missing is no chunk, but a
    name that somebody has given to a file of his own, such as a date.
    """
    matches = ((_CHUNK.fullmatch(path.name), path) for path in folder.glob("*.npz"))
    numbered = sorted((int(match[1]), path) for match, path in matches if match is not None)
    return [(number, path) for rank, (number, path) in enumerate(numbered) if number <= 2 * rank + 1]


def _chunk(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays of a chunk. Raises OSError or ValueError, whatever is wrong with it."""
    try:
        with opened(path) as file, zipfile.ZipFile(file) as archive:
            columns = {name.removesuffix(".npy"): _array(archive, name) for name in archive.namelist()}
    except (EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{error}") from error
    # recordings of earlier versions hold indices of neurons as unsigned numbers, whose differences wrap
    return {name: coerce.ids(values) if values.dtype == np.uint32 else values for name, values in columns.items()}


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(name) as member:
        return np.lib.format.read_array(member, allow_pickle=False)


def _mark(file: IO[bytes]) -> Mark:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    return size, zlib.crc32(file.read(_TAIL))


def _mark_at(path: Path) -> Mark:
    with opened(path) as file:
        return _mark(file)


class Recording:
    """A recording that a recorder has written to a folder: ``net.record(exc, "spikes", to="spikes")``.

    It can be opened while the network runs, and after a run that was killed; what has been written since is seen when
    the recording is read again. In the process of the network that records, reading first writes what is in memory,
    unless the network is running in another thread.

    Parameters
    ----------
    path : path
        The folder.

    Raises
    ------
    FileNotFoundError
        If there is no recording.
    ValueError
        If it is of a later version, or what describes it is damaged or cannot be read.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.folder = coerce.path(path, "path")
        try:
            about = _described(self.folder, _MOST_ABOUT)
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(f"there is no recording in '{self.folder}'") from None
        except OSError as error:
            raise ValueError(f"the recording in '{self.folder}' cannot be opened: {error.strerror}") from None
        try:
            self.what, self.target = coerce.text(about.get("what"), "what"), coerce.text(about.get("target"), "target")
            self.ids = None if about.get("ids") is None else _ids(about["ids"])
            self._clock = Clock(_step(about.get("dt")))
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"'{self.folder / _ABOUT}' does not describe a recording: {error}") from None

    def chunks(self) -> Iterator[dict[str, NDArray[Any]]]:
        """The recording chunk by chunk: arrays by name, with ``times`` in ms."""
        endings.write_out(self.folder)
        for _, path in _chunks_in(self.folder):
            try:
                columns = _chunk(path)
            except FileNotFoundError:  # taken back by a run that went on from an earlier moment
                continue
            except (OSError, ValueError) as error:
                raise ValueError(f"'{path}' is damaged: {error}") from error
            if "steps" not in columns:
                raise ValueError(f"'{path}' is damaged: it has no steps")
            yield {"times": self._clock.ms_array(columns.pop("steps")), **columns}

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the arrays."""
        return tuple(next(self.chunks(), {"times": None}))

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One of the arrays, from all chunks: ``recording["ids"]``."""
        parts = []
        for chunk in self.chunks():
            if name not in chunk:
                raise UnknownName(f"the recording has no {name!r}; {suggestion(name, chunk)}")
            parts.append(chunk[name])
        return np.concatenate(parts) if parts else np.empty(0)

    @property
    def times(self) -> NDArray[np.float64]:
        """Moments in ms."""
        return self["times"]

    def to_pandas(self) -> DataFrame:
        """A DataFrame with a column for each array; of samples of several neurons, one column for each of them."""
        try:
            import pandas as pd
        except ImportError:
            raise ImportError("to_pandas needs pandas: pip install 'plastica[analysis]'") from None
        columns: dict[str, Any] = {}
        for name in self.columns:
            values = self[name]
            if values.ndim == 1:
                columns[name] = values
            else:
                labels = list(range(values.shape[1])) if self.ids is None else self.ids.tolist()
                columns |= {f"{name} {label}": values[:, i] for i, label in enumerate(labels)}
        return pd.DataFrame(columns)

    def __repr__(self) -> str:
        return f"<Recording: {self.what} of {self.target} in '{os.fspath(self.folder)}'>"


def whole(streamed: Stream | None, present: Callable[[], Columns], name: str) -> NDArray[Any]:
    """A column from the chunks and from memory."""
    here = present()[name]
    if streamed is None or streamed.chunks == 0:
        return here
    return np.concatenate([*(chunk[name] for chunk in streamed.read()), here])
