"""Files of a network."""

from __future__ import annotations

from os import PathLike
from typing import IO, TYPE_CHECKING, TypeVar, cast

from plastica import checkpoint, coerce
from plastica.changes import claiming
from plastica.contents import Contents
from plastica.errors import CheckpointError
from plastica.files import opened, replacing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


PathName = str | PathLike[str]
N = TypeVar("N", bound=Contents)


class Files(Contents):
    """Saves a network."""

    @claiming
    def save(self, path: PathName | IO[bytes]) -> None:
        """Writes the network to a file, with everything that it needs to go on, bit for bit: see `plastica.load`.

        Structure, states, spikes on their way, histories, random numbers, and what recorders hold. The file takes the
        place of one that is there only when it is complete: whatever happens, one of the two is whole. The new file
        keeps the mode and the owner of the old one. If the path is a link, the file that the link names is replaced.

        Parameters
        ----------
        path : path or binary file
            Where to. A name that ends in ``.plastica`` tells people what it is; any will do. An open file is written to
            as it is.

        Raises
        ------
        OSError
            If the file cannot be written; the one that was there before is whole, and the network can go on. Folders,
            devices, FIFOs, sockets and files without permission to write are refused.
        RuntimeError
            If the network is running in another thread; or if the engine has other parts than Python knows of, so that
            the file could not be loaded.
        ValueError
            If the network has stopped with an error.
        """
        if callable(getattr(path, "write", None)):
            checkpoint.write(self, cast("IO[bytes]", path))
        else:
            self.put_state(coerce.file(path, "path"))

    def put_state(self, path: Path) -> None:
        """Saves the network while it is busy, for the parts of this package."""
        with replacing(path) as file:
            checkpoint.write(self, file)

    def take_state(self, path: Path, steps: int) -> int:
        """Takes the state from a file of this network, at most so many steps on; how many it is.

        For the parts of this package.

        Raises
        ------
        CheckpointError
            If it is a file of another network.
        """
        saved, own = from_file(path, Contents, self.threads), self.engine()
        made = saved.engine().time_step - own.time_step
        same = (saved.dt, saved.seed, saved.precision) == (self.dt, self.seed, self.precision)
        if not same or list(saved.populations) != list(self.populations) or not 0 <= made <= steps:
            raise CheckpointError(f"'{path}' is not of this network; run without --resume")
        own.exchange(saved.engine())
        return made


def from_file(path: PathName | IO[bytes], make: Callable[..., N], threads: int | None) -> N:
    """The network in a file, as `make` makes it from dt, seed, precision and threads."""
    if callable(getattr(path, "read", None)):
        return checkpoint.read(cast("IO[bytes]", path), make, threads)
    with opened(coerce.file(path, "path")) as file:
        try:
            return checkpoint.read(file, make, threads)
        except CheckpointError as error:
            raise CheckpointError(f"cannot load '{path}': {error}") from error.__cause__
