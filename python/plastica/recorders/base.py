"""What recorders of all kinds have in common: a record, a handle with arrays, and how a thing finds its recorder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from plastica import coerce, endings, losses
from plastica.changes import Change, assigned, claiming, perform
from plastica.handle import Handle, Record, found
from plastica.recording import Columns, Stream, whole
from plastica.saving import Put, Restoring, Sides, index_of, require, text

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import ArrayLike, NDArray

    from plastica import _native
    from plastica.faces import NetworkFace

DataFrame = Any

_PAUSE = 1.0  # seconds between two writings of a chunk that is not whole


class RecorderRecord(Record["Recorder"]):
    """What a network knows of a recorder."""

    __slots__ = ("engine", "start", "stream", "target", "what")

    kind: ClassVar[str] = ""  # what files call it
    numbers: ClassVar[frozenset[int]] = frozenset()  # what the engine's files call its recorders of this kind

    def __init__(self, what: str, target: str, engine: list[int], start: int) -> None:
        super().__init__()
        self.what, self.target = what, target  # names of variables, and of whom
        self.engine = engine  # the engine's recorders
        self.start = start  # the step since which it records
        self.stream: Stream | None = None

    @classmethod
    @abstractmethod
    def offered(cls, target: Any) -> tuple[str, ...]:
        """Names of what it can record of something that it is a recorder of."""

    @classmethod
    @abstractmethod
    def planned(cls, target: Any, what: Any, interval: Any, sample: Any) -> Planned:
        """A recording that has not begun.

        Raises
        ------
        TypeError, ValueError
            If it cannot record that, or an argument is missing or out of place.
        """

    def reference(self, put: Put) -> dict[str, Any]:
        """Nothing refers to recorders."""
        raise TypeError("a recorder is nothing that others refer to")

    def state(self, put: Put, core: _native.Core) -> dict[str, Any]:
        """What a file says of the recorder."""
        stream = None if self.stream is None else self.stream.saved()
        return {"kind": self.kind, **self._own(put), "engine": list(self.engine), "stream": stream}

    def _own(self, put: Put) -> dict[str, Any]:
        """The fields that recorders of this kind have."""
        return {"start": self.start, "target": self.target, "what": self.what}

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> RecorderRecord:
        """The reverse of `state`, but for the recording on disk."""
        return cls(*common(told))

    @classmethod
    def compare(cls, told: Mapping[str, Any], sides: Sides) -> None:
        """Refuses a file where the engine was told something else of the recorder."""
        for index in told["engine"]:
            number = sides.engine[f"recorder/{index_of(index)}/kind"]
            require(number in cls.numbers, "a recorder is of another kind than it is told to be")
            cls._compare(told, index, sides)

    @classmethod
    def _compare(cls, told: Mapping[str, Any], index: int, sides: Sides) -> None:
        """The same for what only recorders of this kind have; `index` is one of the engine's recorders."""


class Planned(NamedTuple):
    """A recorder that does not record yet."""

    record: RecorderRecord
    begins: Sequence[Callable[[], int]]  # calls of the engine that begin the recording and give their numbers


class Recordable:
    """Something of which one can record.

    `_kinds_of_recorders` lists how. The first kind is the general one: it gets what no other kind offers, and refuses
    it where it must.
    """

    _kinds_of_recorders: ClassVar[tuple[type[RecorderRecord], ...]] = ()
    _recorded_unsaid: ClassVar[str | None] = None  # what is recorded where nothing is said

    if TYPE_CHECKING:

        @property
        def name(self) -> str: ...

        def _check_own(self, network: NetworkFace, what: str) -> None: ...

    @property
    def _recordable(self) -> tuple[str, ...]:
        """Names of what can be recorded."""
        return tuple(name for kind in self._kinds_of_recorders for name in kind.offered(self))

    def _plan_recorder(self, what: Any, interval: Any, sample: Any) -> Planned:
        """A recorder, and the calls that begin its recording."""
        general = self._kinds_of_recorders[0]
        kind = next((kind for kind in self._kinds_of_recorders if what in kind.offered(self)), general)
        return kind.planned(self, what, interval, sample)

    def _said(self, what: Any) -> Any:
        """What is to be recorded, if only that it is a name or names.

        Raises
        ------
        TypeError
            If nothing is said where it must be, or if it is no name.
        """
        if what is None and self._recorded_unsaid is None:
            can = f"say what: one of {', '.join(map(repr, self._recordable))}"
            can = can if self._recordable else "there is nothing to record of it"
            raise TypeError(f"record({self.name!r}) does not say what is recorded; {can}")
        chosen = self._recorded_unsaid if what is None else what
        coerce.check_names(chosen, "what")
        return chosen


def common(told: Mapping[str, Any], columns: int = 1) -> tuple[str, str, list[int], int]:
    """What records of all kinds have, from a file."""
    engine = [index_of(each) for each in told["engine"]]
    require(len(engine) == columns > 0, "a recorder has not the columns of its kind")
    return text(told["what"]), text(told["target"]), engine, index_of(told["start"])


def same_population(told: Mapping[str, Any], index: int, sides: Sides) -> None:
    """Refuses a file where one of the engine's recorders is of another population than it says here."""
    place = sides.places["population"][told["neurons"]["population"]]
    sides.same("a recorder's population", place, sides.engine[f"recorder/{index}/target"])


class Recorder(Handle[RecorderRecord], ABC):
    """The base of all recorders; made by `Network.record`. Arrays are copies of what has been recorded so far."""

    @property
    def what(self) -> str:
        """What is recorded: ``"spikes"``, or names of variables."""
        return self._record.what

    @property
    def target(self) -> str:
        """Name of what it is recorded of."""
        return self._record.target

    @property
    def _stream(self) -> Stream | None:
        return self._record.stream

    @property
    def folder(self) -> Path | None:
        """Where the recording is written to while the network runs; None: it stays in memory."""
        return None if self._stream is None else self._stream.folder

    @claiming
    def flush(self) -> None:
        """Writes what is still in memory to the recording's folder, where there is one.

        Raises
        ------
        OSError
            If it cannot be written; it stays in memory.
        """
        stream = self._claimed()
        if stream is not None:
            self._put(stream, whole=False)

    def _claimed(self) -> Stream | None:
        """The recording on disk, if this network writes it; its end will be written, too."""
        stream = self._stream
        if stream is None or not stream.claim():
            return None
        endings.watch(self._network)
        return stream

    def _put(self, stream: Stream, *, whole: bool, then: Sequence[Change] = ()) -> None:
        stream.write(self._present(), whole=whole, then=then)
        stream.upto = self.extent()

    def extent(self) -> tuple[int, int]:
        """The step and the bytes in memory, which differ when there is more to write; for the parts of this package."""
        core = self._network.engine()
        return core.time_step, sum(core.recorded_bytes(index) for index in self._record.engine)

    @claiming
    def write_to(self, folder: str | PathLike[str]) -> None:
        """Writes the recording to a folder from now on, beginning with everything that has been recorded so far.

        For recorders in memory, of copies, and of networks that were loaded while another one goes on with the
        recording. A folder that the recording was in before stays as it is. If chunks of it are gone or damaged, a
        warning names them, and the new recording has the rest.

        Parameters
        ----------
        folder : path
            A folder of its own, empty or not there yet.

        Raises
        ------
        OSError
            If the folder cannot be written to, or is not empty; the recorder then goes on as before.
        RuntimeError
            If the network is running in another thread.
        """
        before, stream = self._stream, None
        lost: list[str] = []
        try:
            stream = Stream.begin(coerce.path(folder, "folder"), self._about())
            chunks, lost = ([], []) if before is None else before.salvage()
            for columns in chunks:
                stream.write(columns, whole=True)
            self._put(stream, whole=False)
            perform([assigned(self._record, "stream", stream)])
        except BaseException:
            if stream is not None and self._record.stream is not stream:
                stream.withdraw()
            raise
        endings.watch(self._network)
        if before is not None:
            before.leave()
        if lost:
            losses.warn(
                f"the recording of {self.what} of {self.target} goes on in '{stream.folder}' without chunks that are "
                f"gone or have been changed: {', '.join(lost)}"
            )

    def spill(self, *, at_least: int, now: bool) -> None:
        """Writes a chunk if so many bytes are in memory, and forgets them; for the parts of this package.

        `now`: otherwise writes what there is, unless that was done a moment ago.
        """
        stream, core = self._claimed(), self._network.engine()
        if stream is None:
            return
        try:
            if self.extent()[1] >= at_least:
                drops = [Change(partial(core.drop_recorded, index)) for index in self._record.engine]
                self._put(stream, whole=True, then=drops)
            elif now and monotonic() - stream.written > _PAUSE:
                self._put(stream, whole=False)
        except OSError as error:
            if not stream.gives_up(error):
                raise

    def finish(self) -> None:
        """Writes what there is, unless that has been done since the last step; for the parts of this package."""
        if self._stream is None or self._stream.upto == self.extent():
            return
        stream = self._claimed()
        if stream is None:
            return
        try:
            self._put(stream, whole=False)
        except OSError as error:
            if not stream.gives_up(error):
                raise

    def only_read(self) -> None:
        """Writes nothing from now on, as the recorder of a copy; for the parts of this package."""
        if self._stream is not None:
            self._stream.leave()

    def _about(self) -> dict[str, Any]:
        return {"what": self.what, "target": self.target, "dt": self._network.dt}

    @abstractmethod
    def _present(self) -> Columns:
        """What is in memory: arrays by name, ``steps`` among them."""

    @claiming
    def _column(self, name: str) -> NDArray[Any]:
        return whole(self._stream, self._present, name)

    @property
    def times(self) -> NDArray[np.float64]:
        """Moments in ms of what has been recorded, in order."""
        return self._network.clock.ms_array(self._column("steps"))

    def __reduce__(self) -> tuple[Any, ...]:
        return found, (self._network, "recorders", self._network._recorders.index(self._record))

    @claiming
    def clear(self) -> None:
        """Forgets everything recorded so far; recording goes on."""
        core = self._network.engine()
        changes = [assigned(self._record, "start", core.time_step)]
        stream = self._stream
        if stream is not None:
            changes.append(assigned(stream, "_marks", []))
        perform([*changes, *(Change(partial(core.clear_recorder, index)) for index in self._record.engine)])
        if stream is not None:
            stream.clear()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.what} of {self.target}>"


def sample_of(sample: int | ArrayLike | None, size: int, what: str) -> NDArray[np.int64]:
    """Indices of a sample: all, a number of them spread evenly, or those given (without repetitions)."""
    if sample is None:
        return np.arange(size, dtype=np.int64)
    if isinstance(sample, int | np.integer):
        number = coerce.integer(sample, "sample", low=1, high=max(size, 1))
        return (np.arange(number, dtype=np.int64) * size) // number
    indices = coerce.indices(sample, f"sample of {size} {what}", size).astype(np.int64)
    if len(np.unique(indices)) != len(indices):
        raise ValueError(f"sample of {size} {what} contains an index twice")
    return indices


def pandas() -> Any:
    try:
        import pandas as pd
    except ImportError:
        raise ImportError("to_pandas needs pandas: pip install 'plastica[analysis]'") from None
    return pd


def interval_of(interval: Any, what: str, network: NetworkFace) -> int:
    """The steps between two samples."""
    if interval is None:
        raise ValueError(f"recording {what} needs an interval in ms, such as interval=1.0")
    return network.clock.steps(interval, "interval", minimum=1)


def check_one(what: Any, owner: str) -> None:
    """Refuses several names where one is recorded at a time."""
    if not isinstance(what, str):
        raise ValueError(f"{owner} records one thing at a time, not {coerce.shown(what)}; call record for each")


def of_a_parameter(name: str, owner: str) -> str:
    """The sentence about a parameter that somebody wants to record."""
    return (
        f"'{name}' is a parameter, which changes only when it is set, or adjusted by controllers and modifiers: read "
        f"it by {owner}.get('{name}') and {owner}.effective('{name}'), as in a callback of run"
    )
