"""Long programs that can be stopped and gone on with: ``plastica run NAME --resume``.

Under a journal every network saves itself from time to time while it runs, and at the end of each long run. When the
program is started again, it does the same things in the same order; a run that is in the journal is not simulated
again: the network takes its state from there. Networks and runs are known by their numbers.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import ReferenceType, ref

from .files import replacing

if TYPE_CHECKING:
    from .network import Network

_current: Journal | None = None


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
        self._network: ReferenceType[Network] | None = None  # whose run has begun; the network holds its entries
        self._begun = self._noted = 0.0

    def catch_up(self, network: Network, steps: int) -> int:
        """Begins a run of so many steps; how many of them are in the journal. The network has made these, then."""
        self._run += 1
        self._network = ref(network)
        self._begun = self._noted = monotonic()
        for path in (self._path("whole"), self._path("part")):
            if path.is_file():
                made = network.take_state(path, steps)
                self._journal.skipped += made
                return made
        return 0

    def note(self) -> None:
        """Between two chunks of a run: saves the network if it is time."""
        if monotonic() - self._noted > self._journal.every:
            self._put_state("part")
            self._noted = monotonic()

    def complete(self) -> None:
        """At the end of a run: keeps it, if it took long."""
        if monotonic() - self._begun > self._journal.every / 10:
            self._put_state("whole")
        self._path("part").unlink(missing_ok=True)
        self._network = None

    def _put_state(self, what: str) -> None:
        network = None if self._network is None else self._network()
        if network is not None:
            network.put_state(self._path(what))

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
        If the journal that is there is of something else.
    """
    global _current
    title = folder / "journal.json"
    if resume and title.is_file():
        known = json.loads(title.read_text(encoding="utf-8"))
        if known != dict(about):
            different = ", ".join(f"{k} = {known.get(k)!r}, not {v!r}" for k, v in about.items() if known.get(k) != v)
            raise ValueError(f"what was stopped in '{folder}' had {different}; run it like that, or without --resume")
    else:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with replacing(title) as file:
            file.write(json.dumps(dict(about)).encode())
    before, _current = _current, Journal(folder, every)
    try:
        yield _current
    finally:
        _current = before
    shutil.rmtree(folder, ignore_errors=True)
