"""The network: what it is made of, and time that runs.

`Network` is put together from a class for each thing that one does with a network: building, controlling, recording,
saving, running and resting.
"""

from __future__ import annotations

from io import BytesIO
from typing import IO, Any

from plastica import coerce, description, journal, summary, words
from plastica.changes import claiming
from plastica.errors import suggestion
from plastica.memory import making_room

from .building import Building
from .files import PathName, from_file
from .resting import Resting

__all__ = ["Network", "load"]


class _NetworkType(type):
    """Says what an argument of other simulators is called here, before Python complains."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        names = ("dt", "seed", "threads", "precision")
        for name in options:
            if name not in names:
                hint = suggestion(name, names, words.ARGUMENTS)
                raise TypeError(f"{cls.__name__} has no argument '{name}'; {hint}")
        return super().__call__(*args, **options)


class Network(Building, Resting, metaclass=_NetworkType):
    """A network of spiking neurons.

    Several can exist at once, also in several threads. One network is used by one thread at a time: while a thread runs
    it, changes it or reads from it, whatever another thread asks of it is a RuntimeError, except for its `time`. A call
    that is interrupted, as by Ctrl-C, has happened as a whole or not at all; a run stops at a step.

    A network lives as long as somebody holds it or one of its parts, such as a population or a recorder.

    Parameters
    ----------
    dt : float
        The step of time in ms, from 1e-6 to 1e9.
    seed : int
        Every random number follows from it, whatever the number of threads and the order of calls; 0 to 2**64 - 1.
    threads : int, optional
        The most threads that it runs on; None: all cores. More threads than cores are not started. Results do not
        depend on it.
    precision : {"single", "double"}
        Precision of states and weights.

    Raises
    ------
    ValueError
        If a value is out of bounds.
    """

    @claiming
    def copy(self) -> Network:
        """An independent network in the same state, with everything that there is under the same names.

        Going on with the copy gives, bit for bit, what going on with the original would have given; the original is not
        touched. Recorders are copied with what they have recorded; those that write to a folder go on in memory.

        Returns
        -------
        Network

        Raises
        ------
        RuntimeError
            If the network is running in another thread, or has stopped with an error.
        """
        core = making_room(self.engine().copy)()
        twin = Network(core.dt, seed=core.seed, precision="double" if core.precision == "double" else "single")
        twin._core = core
        twin._profiling, twin._chunk = self._profiling, self._chunk
        arrays: list[Any] = []

        def put(values: Any) -> dict[str, Any]:
            arrays.append(values)
            return {"array": len(arrays) - 1}

        description.restore(twin, description.describe(self, put), lambda number: arrays[int(number)])
        return twin._only_reading()

    def _only_reading(self) -> Network:
        """Makes this network one that writes to no folder of another one; returns it."""
        for recorder in self.recorders:
            recorder.only_read()
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Network:
        """See `copy`; copying a population or another handle copies its network, too."""
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        """A network is pickled as the contents of its file. What comes of the pickle is a copy: see `copy`."""
        file = BytesIO()
        self.save(file)
        return _unpickled, (file.getvalue(),)

    def probe(self) -> Network:
        """A frozen copy: for asking what the network does, without changing it.

        ``probe = net.probe(); probe.drives["stimulus"].set(rate=50); probe.run(500)``

        Returns
        -------
        Network
            A copy in which ``plastic`` of every projection and ``active`` of every controller is False. Throw it away
            after use.
        """
        twin = self.copy()
        for projection in twin.projections.values():
            projection.plastic = False
        for controller in twin.controllers.values():
            controller.active = False
        return twin

    def __str__(self) -> str:
        return summary.text(self)

    def __repr__(self) -> str:
        return (
            f"<Network at {self.time:g} ms: {len(self._populations)} populations, {len(self._projections)} projections>"
        )

    def _repr_html_(self) -> str:
        return summary.html(self)


def load(path: PathName | IO[bytes], *, threads: int | None = None) -> Network:
    """The network in a file that `Network.save` wrote, at the moment it was saved.

    Going on with it gives, bit for bit, what going on without interruption would have given, on any number of threads
    and any machine. Files of strangers are safe to load: nothing in them is executed.

    Parameters
    ----------
    path : path or binary file
        The file.
    threads : int, optional
        Number of threads; None: all cores. Results do not depend on it.

    Returns
    -------
    Network
        Its parts are found by name: ``net.populations["exc"]``, ``net.recorders[0]``.

    Raises
    ------
    CheckpointError
        If the file is damaged, cut off, of a later version of Plastica, or no file of a network, or if the network
        needs more memory than there is.
    OSError
        If there is no such file, it cannot be read, or it is a folder, a device or a FIFO.
    """
    if threads is not None:
        coerce.integer(threads, "threads", low=1, high=1024)
    entries = journal.of_new_network()
    with journal.unnoticed():  # it is one network, however often the file is tried
        network = from_file(path, Network, threads)
    network._journal = entries
    return network


def _unpickled(data: bytes) -> Network:
    return load(BytesIO(data))._only_reading()
