"""Recorders: what a run leaves behind, as NumPy arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce
from .changes import Change, assigned, claiming, perform
from .handle import found
from .recording import Columns, Stream, whole

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from .controller import Controller
    from .modulator import Modulator
    from .network import Network
    from .population import Neurons
    from .projection import Projection
    from .rewiring import Rewiring

    DataFrame = Any


_PAUSE = 1.0  # seconds between two writings of a chunk that is not whole


class Recorder(ABC):
    """The base of all recorders; made by `Network.record`. Arrays are copies of what has been recorded so far."""

    def __init__(self, network: Network, what: str, target: str) -> None:
        self.network, self.what, self.target = network, what, target
        self._indices: list[int] = []  # the engine's recorders; `Network.record` adds them
        self._start = network.engine().time_step
        self._stream: Stream | None = None

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
        if self._stream is not None and self._stream.writes:
            self._stream.write(self._present(), whole=False)

    def spill(self, *, at_least: int, now: bool) -> None:
        """Writes a chunk if so many bytes are in memory, and forgets them; for the parts of this package.

        `now`: otherwise writes what there is, unless that was done a moment ago.
        """
        stream = self._stream
        if stream is None or not stream.writes:
            return
        core = self.network.engine()
        if sum(core.recorded_bytes(index) for index in self._indices) >= at_least:
            drops = [Change(partial(core.drop_recorded, index)) for index in self._indices]
            stream.write(self._present(), whole=True, then=drops)
        elif now and monotonic() - stream.written > _PAUSE:
            self.flush()

    def only_read(self) -> None:
        """Writes nothing from now on, as the recorder of a copy; for the parts of this package."""
        if self._stream is not None:
            self._stream.writes = False

    def _about(self) -> dict[str, Any]:
        return {"what": self.what, "target": self.target, "dt": self.network.dt}

    @abstractmethod
    def _present(self) -> Columns:
        """What is in memory: arrays by name, ``steps`` among them."""

    @claiming
    def _column(self, name: str) -> NDArray[Any]:
        return whole(self._stream, self._present, name)

    @property
    def times(self) -> NDArray[np.float64]:
        """Moments in ms of what has been recorded, in order."""
        return self.network.clock.ms_array(self._column("steps"))

    def __reduce__(self) -> tuple[Any, ...]:
        return found, (self.network, "recorders", self.network.recorders.index(self))

    @claiming
    def clear(self) -> None:
        """Forgets everything recorded so far; recording goes on."""
        core = self.network.engine()
        changes = [assigned(self, "_start", core.time_step)]
        stream = self._stream if self._stream is not None and self._stream.writes else None
        if stream is not None:
            changes.append(assigned(stream, "chunks", 0))
        perform([*changes, *(Change(partial(core.clear_recorder, index)) for index in self._indices)])
        if stream is not None:
            stream.clear()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.what} of {self.target}>"


class SpikeRecorder(Recorder):
    """Every spike of some neurons; `times` is sorted by time, then by neuron."""

    def __init__(self, network: Network, neurons: Neurons) -> None:
        super().__init__(network, "spikes", neurons.name)
        self._neurons = neurons

    @property
    def ids(self) -> NDArray[np.uint32]:
        """The neuron of each spike, as an index of the population, shape (spikes,)."""
        return self._column("ids")

    @property
    def count(self) -> int:
        """Number of spikes."""
        return len(self._column("steps"))

    @claiming
    def rate(self, bin: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # noqa: A002
        """Mean rate of a neuron over time.

        Parameters
        ----------
        bin : float
            Width of a bin in ms, a multiple of dt. Bins follow each other from the start of the recording (or the last
            `clear`); one that is not complete is left out. A bin that starts at t holds the spikes after t, up to
            t + bin.

        Returns
        -------
        times : ndarray, shape (bins,)
            The start of each bin in ms.
        rates : ndarray, shape (bins,)
            Spikes per neuron and second, in Hz.
        """
        clock = self.network.clock
        width = clock.steps(bin, "bin", minimum=1)
        bins = (self.network.engine().time_step - self._start) // width
        steps = self._column("steps")
        counts = np.bincount((steps - self._start - 1) // width, minlength=bins)[:bins]
        times = clock.ms_array(self._start + width * np.arange(bins, dtype=np.int64))
        return times, counts / (len(self._neurons) * clock.ms(width) * 1e-3)

    @claiming
    def cv(self) -> NDArray[np.float64]:
        """Coefficient of variation of the intervals between spikes, for each neuron with at least 3 spikes."""
        steps, ids = self._column("steps"), self._column("ids")
        order = np.argsort(ids, kind="stable")
        neurons, moments = ids[order], steps[order]
        same = neurons[1:] == neurons[:-1]
        owners, intervals = neurons[1:][same].astype(np.int64), np.diff(moments)[same].astype(np.float64)
        number = np.bincount(owners)
        enough = number >= 2
        count = np.maximum(number, 1)
        mean = np.bincount(owners, intervals) / count
        variance = np.bincount(owners, (intervals - mean[owners]) ** 2) / count
        return np.sqrt(variance[enough]) / mean[enough]

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms) and ``id``."""
        return _pandas().DataFrame({"time": self.times, "id": self.ids})

    def _present(self) -> Columns:
        steps, ids = self.network.engine().spikes(self._indices[0])
        return {"steps": steps, "ids": ids}


class StateRecorder(Recorder):
    """One or more variables of some neurons, at an interval. ``recorder["V"]`` has the shape (T, n)."""

    def __init__(self, network: Network, neurons: Neurons, names: Sequence[str]) -> None:
        super().__init__(network, ", ".join(names), neurons.name)
        self._neurons, self._names = neurons, tuple(names)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables."""
        return self._names

    @property
    def ids(self) -> NDArray[np.uint32]:
        """The neurons, as indices of the population, shape (n,)."""
        return self._neurons.ids

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        coerce.known(name, self._names, f"recorder of {self.target} has not recorded")
        return self._column(name)

    def _present(self) -> Columns:
        columns: dict[str, NDArray[Any]] = {}
        for index, name in zip(self._indices, self._names, strict=True):
            steps, values = self.network.engine().states(index)
            columns |= {"steps": steps, name: values.reshape(len(steps), len(self._neurons))}
        return columns

    def _about(self) -> dict[str, Any]:
        return super()._about() | {"ids": self.ids.tolist()}

    @property
    def values(self) -> NDArray[np.float64]:
        """The samples, shape (T, n), when one variable is recorded.

        Raises
        ------
        ValueError
            If several are; take them by name.
        """
        if len(self._names) != 1:
            raise ValueError(f"several variables are recorded; take one by name: {', '.join(self._names)}")
        return self[self._names[0]]

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms), ``id`` and one for each variable."""
        times, ids = self.times, self.ids
        columns = {name: self[name].ravel() for name in self._names}
        return _pandas().DataFrame({"time": np.repeat(times, len(ids)), "id": np.tile(ids, len(times)), **columns})


class SynapseRecorder(Recorder):
    """Weights of a projection, or a state of its rules, of all synapses or a sample of them, at an interval.

    A state that rules keep for every target neuron has a column for each neuron instead.
    """

    def __init__(self, network: Network, projection: Projection, what: str, sample: Any) -> None:
        if what != "weights" and projection.state_role(what) == "neuron":
            if sample is not None:
                raise ValueError(f"{what} of projection '{projection.name}' is kept per neuron: it takes no sample")
            self.indices = np.arange(len(projection.post), dtype=np.int64)
        else:
            self.indices = sample_of(sample, len(projection), "connections")
        super().__init__(network, what, projection.name)

    @property
    def values(self) -> NDArray[np.float64]:
        """The samples, shape (T, n), in the order of `indices`."""
        return self._column("values")

    def _present(self) -> Columns:
        steps, values = self.network.engine().weight_samples(self._indices[0])
        return {"steps": steps, "values": values.reshape(len(steps), len(self.indices))}

    def _about(self) -> dict[str, Any]:
        return super()._about() | {"ids": self.indices.tolist()}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms), ``index`` and ``weight``, or the state's name."""
        times, values = self.times, self.values
        index = np.tile(self.indices, len(times))
        column = "weight" if self.what == "weights" else self.what
        return _pandas().DataFrame(
            {"time": np.repeat(times, len(self.indices)), "index": index, column: values.ravel()}
        )


class ModulatorRecorder(Recorder):
    """The level of a modulator, at an interval."""

    def __init__(self, network: Network, modulator: Modulator) -> None:
        super().__init__(network, "level", modulator.name)

    @property
    def values(self) -> NDArray[np.float64]:
        """Levels, shape (T,)."""
        return self._column("values")

    def _present(self) -> Columns:
        steps, values = self.network.engine().weight_samples(self._indices[0])
        return {"steps": steps, "values": values.ravel()}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms) and ``level``."""
        return _pandas().DataFrame({"time": self.times, "level": self.values})


class StructureRecorder(Recorder):
    """Who was connected to whom, and when: synapses of a projection that came or went."""

    def __init__(self, network: Network, projection: Projection) -> None:
        super().__init__(network, "structure", projection.name)

    @property
    def sources(self) -> NDArray[np.uint32]:
        """Index of the source neuron of each synapse, shape (n,)."""
        return self._column("sources")

    @property
    def targets(self) -> NDArray[np.uint32]:
        """Index of the target neuron of each synapse, shape (n,)."""
        return self._column("targets")

    @property
    def created(self) -> NDArray[np.bool_]:
        """True where a synapse came, False where one went, shape (n,)."""
        return self._column("created")

    def _present(self) -> Columns:
        steps, sources, targets, created = self.network.engine().structure_log(self._indices[0])
        return {"steps": steps, "sources": sources, "targets": targets, "created": created}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms), ``source``, ``target`` and ``created``."""
        columns = {"time": self.times, "source": self.sources, "target": self.targets, "created": self.created}
        return _pandas().DataFrame(columns)


class ControllerRecorder(Recorder):
    """A state of a controller, at an interval."""

    def __init__(self, network: Network, controller: Controller | Rewiring, what: str) -> None:
        super().__init__(network, what, controller.name)
        self._size = len(controller.get(what))

    @property
    def values(self) -> NDArray[np.float64]:
        """The state of each neuron, shape (T, n)."""
        return self._column("values")

    def _present(self) -> Columns:
        steps, values = self.network.engine().weight_samples(self._indices[0])
        return {"steps": steps, "values": values.reshape(len(steps), self._size)}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms), ``index`` and the state's name."""
        times, values = self.times, self.values
        index = np.tile(np.arange(self._size), len(times))
        columns = {"time": np.repeat(times, self._size), "index": index, self.what: values.ravel()}
        return _pandas().DataFrame(columns)


class RateRecorder(Recorder):
    """The mean rate of a population, counted in bins while it runs; it stores no spikes.

    Bins lie on multiples of the interval, as the samples of variables do. Those that the recording covers only in part,
    at its start and at this moment, are left out.
    """

    def __init__(self, network: Network, neurons: Neurons, interval: int) -> None:
        super().__init__(network, "rate", neurons.name)
        self._interval, self._size = interval, len(neurons)

    @property
    def times(self) -> NDArray[np.float64]:
        """Start of each bin in ms, shape (bins,); a bin that starts at t holds the spikes after t, to t + interval."""
        return self.network.clock.ms_array(self._column("steps"))

    @property
    def rates(self) -> NDArray[np.float64]:
        """Spikes per neuron and second in each bin, in Hz, shape (bins,)."""
        return self._column("counts") / (self._size * self.network.clock.ms(self._interval) * 1e-3)

    def _present(self) -> Columns:
        """First step and number of spikes of each whole bin."""
        core = self.network.engine()
        ends, counts = core.spike_counts(self._indices[0])
        starts = ends - self._interval
        complete = (starts >= self._start) & (ends <= core.time_step)
        return {"steps": starts[complete], "counts": counts[complete]}

    def _about(self) -> dict[str, Any]:
        return super()._about() | {"interval": self.network.clock.ms(self._interval), "neurons": self._size}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms) and ``rate`` (Hz)."""
        return _pandas().DataFrame({"time": self.times, "rate": self.rates})


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


def _pandas() -> Any:
    try:
        import pandas as pd
    except ImportError:
        raise ImportError("to_pandas needs pandas: pip install 'plastica[analysis]'") from None
    return pd
