"""Recordings on disk: what a recorder writes while a network runs, and how it is read.

A recording is a folder: ``recording.json`` says of what it is, and ``000000.npz``, ``000001.npz``, ... are chunks that
NumPy reads. Each chunk takes its place in one move, so that a reader never sees half of one, and a run that is killed
loses what it had not written yet, no more.
"""

from __future__ import annotations

import io
import json
import os
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce
from .changes import Change, assigned, perform
from .clock import Clock
from .errors import UnknownName, suggestion
from .files import replacing

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import NDArray

    DataFrame = Any

Columns = Mapping[str, "NDArray[Any]"]

_ABOUT = "recording.json"
_FORMAT = "plastica recording"
_VERSION = 1
CHUNK_BYTES = 1 << 24  # of what is in memory before it is written


class Stream:
    """The chunks that one recorder has written and goes on writing.

    Parameters
    ----------
    folder : Path
        Where to.
    identity : str
        Of the recording; a network that is loaded goes on only with a recording that it has begun itself.
    chunks : int
        How many have been written and are not in memory any more.
    """

    def __init__(self, folder: Path, identity: str, chunks: int) -> None:
        self.folder, self.identity, self.chunks = folder, identity, chunks
        self.writes = True  # or only reads: that of a copy
        self.written = 0.0  # when something was written last

    @classmethod
    def begin(cls, path: str | PathLike[str], about: Mapping[str, Any]) -> Stream:
        """A new recording in a folder that is empty or not there yet.

        Raises
        ------
        FileExistsError
            If there is something in the folder.
        OSError
            If it cannot be written to.
        """
        folder = Path(path).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise FileExistsError(f"'{folder}' is not empty; give a recording a folder of its own")
        stream = cls(folder, uuid.uuid4().hex, 0)
        try:
            stream.describe(about)
            return stream
        except BaseException:
            stream.withdraw()
            raise

    def describe(self, about: Mapping[str, Any]) -> None:
        """Writes what the recording is of."""
        text = {"format": _FORMAT, "version": _VERSION, "identity": self.identity, **about}
        with replacing(self.folder / _ABOUT) as file:
            file.write(json.dumps(text, indent=1).encode())

    def withdraw(self) -> None:
        """Takes back a recording that has not begun."""
        (self.folder / _ABOUT).unlink(missing_ok=True)

    def is_there(self) -> bool:
        """Whether the folder still holds the recording and the chunks that it had."""
        try:
            about = json.loads((self.folder / _ABOUT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return about.get("identity") == self.identity and all(self._path(i).is_file() for i in range(self.chunks))

    def write(self, columns: Columns, *, whole: bool, then: Sequence[Change] = ()) -> None:
        """Writes the next chunk; `whole`: it will not be written again with more in it.

        `then`: what happens in one with the counting of the chunk, such as the memory's letting go of what is in it.
        """
        with replacing(self._path(self.chunks)) as file:
            np.savez(file, allow_pickle=False, **columns)
        perform([assigned(self, "chunks", self.chunks + whole), *then])
        self.written = monotonic()
        # what a run that was stopped had written after the moment from which this one went on
        for later in self.folder.glob("*.npz"):
            if later.stem.isdigit() and int(later.stem) >= self.chunks + (not whole):
                later.unlink()

    def read(self) -> list[dict[str, NDArray[Any]]]:
        """The chunks that are not in memory."""
        return [_chunk(self._path(i)) for i in range(self.chunks)]

    def clear(self) -> None:
        """Removes all chunks."""
        self.chunks = 0
        for chunk in self.folder.glob("*.npz"):
            chunk.unlink()

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.npz"


def _chunk(path: Path) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


class Recording:
    """A recording that a recorder has written to a folder: ``net.record(exc, "spikes", to="spikes")``.

    It can be opened while the network runs, and after a run that was killed; what has been written since is seen when
    the recording is read again.

    Parameters
    ----------
    path : path
        The folder.

    Raises
    ------
    FileNotFoundError
        If there is no recording.
    ValueError
        If it is of a later version.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.folder = coerce.path(path, "path")
        try:
            about = json.loads((self.folder / _ABOUT).read_text(encoding="utf-8"))
        except OSError:
            raise FileNotFoundError(f"there is no recording in '{self.folder}'") from None
        if not isinstance(about, dict) or about.get("format") != _FORMAT:
            raise ValueError(f"'{self.folder / _ABOUT}' does not describe a recording")
        if about.get("version") != _VERSION:
            raise ValueError(f"the recording in '{self.folder}' has version {about.get('version')}; update Plastica")
        self.what, self.target = str(about["what"]), str(about["target"])
        self.ids = None if about.get("ids") is None else np.array(about["ids"], np.int64)
        self._clock = Clock(float(about["dt"]))

    def chunks(self) -> Iterator[dict[str, NDArray[Any]]]:
        """The recording chunk by chunk: arrays by name, with ``times`` in ms."""
        for path in sorted(self.folder.glob("*.npz")):
            try:
                columns = _chunk(path)
            except FileNotFoundError:  # taken back by a run that went on from an earlier moment
                continue
            except (OSError, ValueError, zipfile.BadZipFile) as error:
                raise ValueError(f"'{path}' is damaged: {error}") from error
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
