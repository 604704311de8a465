"""Long programs that can be stopped and gone on with: ``plastica run NAME --resume``.

Under a journal every network saves itself from time to time while it runs, when Ctrl-C stops it, and at the end of each
long run. When the program is started again, it does the same things in the same order; a run that is in the journal is
not simulated again: the network takes its state from there. Networks and runs are known by their numbers.
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, Protocol
from weakref import ReferenceType, ref

from .errors import CheckpointError
from .files import content, replacing

_TITLE, _SECONDS = "journal.json", "seconds.json"
_LONGEST = 2**20  # bytes of a title

_current: Journal | None = None


class Kept(Protocol):
    """A network that can be kept in a file."""

    def put_state(self, path: Path) -> None:
        """Saves the network while it is busy."""

    def take_state(self, path: Path, steps: int) -> int:
        """Takes the state from a file of this network, at most so many steps on; how many it is."""


class Journal:
    """A folder of checkpoints of one program.

    Parameters
    ----------
    folder : Path
        Where they are.
    every : float
        Seconds between two checkpoints of one run; a run that took less than a tenth of it is not kept.
    """

    def __init__(self, folder: Path, every: float) -> None:
        self.folder, self.every = folder, every
        self.networks = 0
        self.skipped = 0  # steps that were in the journal
        self._begun, self._before = monotonic(), _seconds_in(folder / _SECONDS)

    @property
    def seconds(self) -> float:
        """Wall time of the program: of this process, and of earlier ones that were stopped."""
        return self._before + monotonic() - self._begun

    def note_seconds(self) -> None:
        """Writes down the wall time, for the process that goes on after this one."""
        with replacing(self.folder / _SECONDS) as file:
            file.write(json.dumps(self.seconds).encode())


class Entries:
    """What a journal has of one network.

    Parameters
    ----------
    journal : Journal
        The journal.
    number : int
        Of the network, in the order in which networks are made.
    """

    def __init__(self, journal: Journal, number: int) -> None:
        self._journal, self._number, self._run = journal, number, 0
        self._network: ReferenceType[Kept] | None = None  # whose run has begun; the network holds its entries
        self._begun = self._noted = 0.0
        self._from: str | None = None  # which file of the journal the run goes on from

    def catch_up(self, network: Kept, steps: int) -> int:
        """Begins a run of so many steps; how many of them are in the journal. The network has made these, then."""
        self._run += 1
        self._begun = self._noted = monotonic()
        made, self._from = 0, None
        for what in ("whole", "part"):
            path = self._path(what)
            if os.path.lexists(path):
                try:
                    made = network.take_state(path, steps)
                except (CheckpointError, OSError) as error:
                    warnings.warn(f"this run is simulated again: {error}", stacklevel=4)
                    continue
                self._journal.skipped += made
                self._from = what
                break
        # from here on an interrupt may replace what the journal has of this run
        self._network = ref(network)
        return made

    def note(self) -> None:
        """Between two chunks of a run: saves the network if it is time."""
        if monotonic() - self._noted > self._journal.every:
            self.save()

    def save(self) -> None:
        """Saves how far the run has come: from time to time, and when it is interrupted."""
        if (network := self._its_network()) is not None:
            network.put_state(self._path("part"))
            self._journal.note_seconds()
            self._noted = monotonic()

    def complete(self) -> None:
        """At the end of a run: keeps it, if it took long, in this process or in the one that was stopped in it."""
        took_long = monotonic() - self._begun > self._journal.every / 10
        network = self._its_network()
        if network is not None and (self._from == "part" or (took_long and self._from is None)):
            whole = self._path("whole")
            try:
                network.put_state(whole)
            except KeyboardInterrupt:
                network.put_state(whole)
                raise
        self._path("part").unlink(missing_ok=True)
        self._network = None

    def _its_network(self) -> Kept | None:
        return None if self._network is None else self._network()

    def _path(self, what: str) -> Path:
        return self._journal.folder / f"network-{self._number}-run-{self._run}-{what}.plastica"


def of_new_network() -> Entries | None:
    """The entries of the network that is being made; None where there is no journal."""
    if _current is None:
        return None
    _current.networks += 1
    return Entries(_current, _current.networks)


@contextmanager
def unnoticed() -> Iterator[None]:
    """Networks that are made in the block are none of the program's."""
    global _current
    before, _current = _current, None
    try:
        yield
    finally:
        _current = before


@contextmanager
def journal(folder: Path, about: Mapping[str, Any], *, resume: bool, every: float) -> Iterator[Journal]:
    """Keeps a journal of what happens in the block; it is removed at the end, when nothing has gone wrong.

    Parameters
    ----------
    folder : Path
        Where to; a folder of its own.
    about : mapping
        What is done. A journal of something else is not gone on with.
    resume : bool
        Whether to go on with the journal that is there; otherwise that is thrown away.
    every : float
        Seconds between two checkpoints of one run.

    Raises
    ------
    ValueError
        If the journal that is there is of something else, or its title is damaged.
    """
    global _current
    if not (resume and known(folder, about)):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with replacing(folder / _TITLE) as file:
            file.write(json.dumps(dict(about)).encode())
    own = Journal(folder, every)
    before, _current = _current, own
    try:
        yield own
    except BaseException:
        # a disk that is full must not hide what has happened
        with suppress(OSError):
            own.note_seconds()
        raise
    finally:
        _current = before
    shutil.rmtree(folder, ignore_errors=True)


def known(folder: Path, about: Mapping[str, Any]) -> bool:
    """Whether a folder holds a journal of this; False if it holds none.

    Raises
    ------
    ValueError
        If the journal that is there is of something else, or its title is damaged or gone.
    """
    title = folder / _TITLE
    if not os.path.lexists(title) and not any(folder.glob("*.plastica")):
        return False
    found = _mapping_in(title)
    if found != dict(about):
        different = ", ".join(f"{k} = {found.get(k)!r}, not {v!r}" for k, v in about.items() if found.get(k) != v)
        raise ValueError(f"what was stopped in '{folder}' had {different}; run it like that, or without --resume")
    return True


def _mapping_in(title: Path) -> dict[str, Any]:
    try:
        found = json.loads(content(title, _LONGEST))
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError(f"'{title}' is damaged; start again with --overwrite")
    return found


def _seconds_in(path: Path) -> float:
    try:
        return float(json.loads(content(path, _LONGEST)))
    except (OSError, ValueError, TypeError, OverflowError, RecursionError):
        return 0.0
