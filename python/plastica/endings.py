"""What recorders still hold in memory is written when their network goes, and when the program ends.

Only networks that write a recording are known here, and none of them is kept alive. A child that was forked writes
nothing of the recordings that it inherited: its parent owns the folders.
"""

from __future__ import annotations

import atexit
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakValueDictionary


class Writing(Protocol):
    """A network that writes recordings."""

    def finish_recordings(self, *, folder: Path | None = None) -> None:
        """Writes what recorders hold."""

    def end_recordings(self) -> None:
        """The same at the end; it never raises."""


_writing: WeakValueDictionary[int, Writing] = WeakValueDictionary()
_watching = 0  # the process whose end is watched


def watch(network: Any) -> None:
    """Sees to it that the end of the network's recordings is written when the program ends.

    It is called when the first folder has been locked: what is registered last happens first at the exit, and the locks
    must be held still.
    """
    global _watching
    _writing[id(network)] = network
    if _watching == os.getpid():
        return
    _watching = os.getpid()
    atexit.register(_at_exit)
    workers = sys.modules.get("multiprocessing.util")
    if workers is not None:  # a worker that was forked leaves out what is registered with atexit
        workers.Finalize(None, _at_exit, exitpriority=0)


def write_out(folder: Path) -> None:
    """Writes what a network of this process holds of the recording in a folder, before somebody reads it.

    A network that another thread runs is left alone, and so is a disk that is full: what has been written can be read.
    """
    for network in _networks():
        with suppress(OSError, RuntimeError):
            network.finish_recordings(folder=folder.resolve())


def _at_exit() -> None:
    for network in _networks():
        network.end_recordings()


def _networks() -> list[Writing]:
    networks = (reference() for reference in _writing.valuerefs())
    return [network for network in networks if network is not None]
