"""Recorders: what a run leaves behind, as NumPy arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np

from . import coerce, endings, losses
from .changes import Change, assigned, claiming, perform
from .handle import Handle, Record, found
from .recording import Columns, Stream, whole
from .rewiring import Rewiring
from .saving import Put, Restoring, index_of, require, saved, text

if TYPE_CHECKING:
    from os import PathLike

    from numpy.typing import ArrayLike, NDArray

    from .controller import Controller
    from .modulator import Modulator
    from .network import Network
    from .population import Neurons, NeuronsRecord
    from .projection import Projection
    from .rewiring import Rewiring

    DataFrame = Any


_PAUSE = 1.0  # seconds between two writings of a chunk that is not whole


class RecorderRecord(Record["Recorder"]):
    """What a network knows of a recorder."""

    __slots__ = ("engine", "start", "stream", "target", "what")

    def __init__(self, what: str, target: str, engine: list[int], start: int) -> None:
        super().__init__()
        self.what, self.target = what, target  # names of variables, and of whom
        self.engine = engine  # the engine's recorders
        self.start = start  # the step since which it records
        self.stream: Stream | None = None

    def reference(self, put: Put) -> dict[str, Any]:
        """Nothing refers to recorders."""
        raise TypeError("a recorder is nothing that others refer to")

    def state(self, put: Put) -> dict[str, Any]:
        """What a file says of the recorder."""
        return {**self._own(put), "start": self.start, "target": self.target, "what": self.what}

    def _own(self, put: Put) -> dict[str, Any]:
        """What only a recorder of this kind has."""
        return {}

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> RecorderRecord:
        """The reverse of `state`."""
        return cls(*_common(told))


Planned = tuple[RecorderRecord, list[Callable[[], int]]]
"""A record, and the calls of the engine that begin the recording and give their numbers."""


def _common(told: Mapping[str, Any], columns: int = 1) -> tuple[str, str, list[int], int]:
    """What records of all kinds have."""
    engine = [index_of(each) for each in told["engine"]]
    require(len(engine) == columns > 0, "a recorder has not the columns of its kind")
    return text(told["what"]), text(told["target"]), engine, index_of(told["start"])


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
        endings.watch(self.network)
        return stream

    def _put(self, stream: Stream, *, whole: bool, then: Sequence[Change] = ()) -> None:
        stream.write(self._present(), whole=whole, then=then)
        stream.upto = self.extent()

    def extent(self) -> tuple[int, int]:
        """The step and the bytes in memory, which differ when there is more to write; for the parts of this package."""
        core = self.network.engine()
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
        endings.watch(self.network)
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
        stream, core = self._claimed(), self.network.engine()
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
        return found, (self.network, "recorders", self.network._recorders.index(self._record))

    @claiming
    def clear(self) -> None:
        """Forgets everything recorded so far; recording goes on."""
        core = self.network.engine()
        changes = [assigned(self._record, "start", core.time_step)]
        stream = self._stream
        if stream is not None:
            changes.append(assigned(stream, "_marks", []))
        perform([*changes, *(Change(partial(core.clear_recorder, index)) for index in self._record.engine)])
        if stream is not None:
            stream.clear()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.what} of {self.target}>"


class SpikesRecord(RecorderRecord):
    """What a network knows of a recorder of spikes."""

    __slots__ = ("neurons",)

    def __init__(self, what: str, target: str, engine: list[int], start: int, neurons: NeuronsRecord) -> None:
        super().__init__(what, target, engine, start)
        self.neurons = neurons

    @classmethod
    def planned(cls, network: Network, neurons: Neurons) -> Planned:
        """A recording that has not begun."""
        core = network.engine()
        record = cls("spikes", neurons.name, [], core.time_step, neurons._record)
        return record, [partial(core.record_spikes, neurons.population.index, neurons.native_ids)]

    def _new_handle(self, network: Network) -> SpikeRecorder:
        return SpikeRecorder(network, self)

    def _own(self, put: Put) -> dict[str, Any]:
        return {"neurons": self.neurons.reference(put)}

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> SpikesRecord:
        """The reverse of `state`."""
        return cls(*_common(told), known.neurons(told["neurons"]))


class SpikeRecorder(Recorder):
    """Every spike of some neurons; `times` is sorted by time, then by neuron."""

    _record: SpikesRecord

    @property
    def ids(self) -> NDArray[np.int64]:
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
        bins = (self.network.engine().time_step - self._record.start) // width
        steps = self._column("steps")
        counts = np.bincount((steps - self._record.start - 1) // width, minlength=bins)[:bins]
        times = clock.ms_array(self._record.start + width * np.arange(bins, dtype=np.int64))
        return times, counts / (self._record.neurons.size * clock.ms(width) * 1e-3)

    @claiming
    def cv(self) -> NDArray[np.float64]:
        """Coefficient of variation of the intervals between spikes, for each neuron with at least 3 spikes."""
        steps, ids = self._column("steps"), self._column("ids")
        order = np.argsort(ids, kind="stable")
        neurons, moments = ids[order], steps[order]
        same = neurons[1:] == neurons[:-1]
        owners, intervals = neurons[1:][same], np.diff(moments)[same].astype(np.float64)
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
        steps, ids = self.network.engine().spikes(self._record.engine[0])
        return {"steps": steps, "ids": coerce.ids(ids)}


class StatesRecord(RecorderRecord):
    """What a network knows of a recorder of variables."""

    __slots__ = ("names", "neurons")

    def __init__(
        self, what: str, target: str, engine: list[int], start: int, names: tuple[str, ...], neurons: NeuronsRecord
    ) -> None:
        super().__init__(what, target, engine, start)
        self.names, self.neurons = names, neurons

    @classmethod
    def planned(cls, network: Network, neurons: Neurons, names: Sequence[str], interval: int) -> Planned:
        """A recording that has not begun."""
        core, number, ids = network.engine(), neurons.population.index, neurons.native_ids
        record = cls(", ".join(names), neurons.name, [], core.time_step, tuple(names), neurons._record)
        return record, [partial(core.record_states, number, name, ids, interval) for name in names]

    def _new_handle(self, network: Network) -> StateRecorder:
        return StateRecorder(network, self)

    def _own(self, put: Put) -> dict[str, Any]:
        return {"names": saved(self.names, put), "neurons": self.neurons.reference(put)}

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> StatesRecord:
        """The reverse of `state`."""
        names = tuple(text(each) for each in told["names"])
        return cls(*_common(told, len(names)), names, known.neurons(told["neurons"]))


class NoSingleVariable(ValueError, AttributeError):
    """A recorder of several variables has no `values`."""


class StateRecorder(Recorder):
    """One or more variables of some neurons, at an interval. ``recorder["V"]`` has the shape (T, n)."""

    _record: StatesRecord

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables."""
        return self._record.names

    @property
    def ids(self) -> NDArray[np.int64]:
        """The neurons, as indices of the population, shape (n,)."""
        return self._record.neurons.handle(self.network).ids

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        coerce.variable(name, self.variables, f"recorder of {self.target} has not recorded")
        return self._column(name)

    def _present(self) -> Columns:
        columns: dict[str, NDArray[Any]] = {}
        for index, name in zip(self._record.engine, self.variables, strict=True):
            steps, values = self.network.engine().states(index)
            columns |= {"steps": steps, name: values.reshape(len(steps), self._record.neurons.size)}
        return columns

    def _unknown(self, name: str) -> str:
        if name in self.variables:
            return f"{self._title()} has no attribute '{name}'; take a variable by its name: recorder['{name}']"
        return super()._unknown(name)

    def _about(self) -> dict[str, Any]:
        return super()._about() | {"ids": self.ids.tolist()}

    @property
    def values(self) -> NDArray[np.float64]:
        """The samples, shape (T, n), when one variable is recorded.

        Raises
        ------
        NoSingleVariable
            A ValueError and an AttributeError, if several are; take them by name.
        """
        if len(self.variables) != 1:
            names = ", ".join(f"recorder['{name}']" for name in self.variables)
            raise NoSingleVariable(f"several variables are recorded; take one by name: {names}")
        return self[self.variables[0]]

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms), ``id`` and one for each variable."""
        times, ids = self.times, self.ids
        columns = {name: self[name].ravel() for name in self.variables}
        return _pandas().DataFrame({"time": np.repeat(times, len(ids)), "id": np.tile(ids, len(times)), **columns})


class SynapsesRecord(RecorderRecord):
    """What a network knows of a recorder of synapses."""

    __slots__ = ("indices",)

    def __init__(self, what: str, target: str, engine: list[int], start: int, indices: NDArray[np.int64]) -> None:
        super().__init__(what, target, engine, start)
        self.indices = indices

    @classmethod
    def planned(cls, network: Network, projection: Projection, what: str, interval: int, sample: Any) -> Planned:
        """A recording that has not begun."""
        core, state = network.engine(), None if what == "weights" else projection.state_index(what)
        if state is not None and projection.state_role(what) == "neuron":
            if sample is not None:
                raise ValueError(f"{what} of projection '{projection.name}' is kept per neuron: it takes no sample")
            indices = np.arange(len(projection.post), dtype=np.int64)
        else:
            indices = sample_of(sample, len(projection), "connections")
        native = None if sample is None else indices
        record = cls(what, projection.name, [], core.time_step, indices)
        return record, [partial(core.record_synapses, projection.index, state, native, interval)]

    def _new_handle(self, network: Network) -> SynapseRecorder:
        return SynapseRecorder(network, self)

    def state(self, put: Put) -> dict[str, Any]:
        """What a file says of the recorder."""
        return {"start": self.start, "indices": put(self.indices), "target": self.target, "what": self.what}

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> SynapsesRecord:
        """The reverse of `state`."""
        return cls(*_common(told), np.array(known.get(told["indices"]["array"]), np.int64))


class SynapseRecorder(Recorder):
    """Weights of a projection, or a state of its rules, of all synapses or a sample of them, at an interval.

    A state that rules keep for every target neuron has a column for each neuron instead.
    """

    _record: SynapsesRecord

    @property
    def indices(self) -> NDArray[np.int64]:
        """Numbers of the connections, or of the target neurons, shape (n,)."""
        return self._record.indices

    @property
    def values(self) -> NDArray[np.float64]:
        """The samples, shape (T, n), in the order of `indices`."""
        return self._column("values")

    def _present(self) -> Columns:
        steps, values = self.network.engine().weight_samples(self._record.engine[0])
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


class LevelRecord(RecorderRecord):
    """What a network knows of a recorder of a modulator."""

    __slots__ = ()

    @classmethod
    def planned(cls, network: Network, modulator: Modulator, interval: int) -> Planned:
        """A recording that has not begun."""
        core = network.engine()
        record = cls("level", modulator.name, [], core.time_step)
        return record, [partial(core.record_modulator, modulator.index, interval)]

    def _new_handle(self, network: Network) -> ModulatorRecorder:
        return ModulatorRecorder(network, self)


class ModulatorRecorder(Recorder):
    """The level of a modulator, at an interval."""

    _record: LevelRecord

    @property
    def values(self) -> NDArray[np.float64]:
        """Levels, shape (T,)."""
        return self._column("values")

    def _present(self) -> Columns:
        steps, values = self.network.engine().weight_samples(self._record.engine[0])
        return {"steps": steps, "values": values.ravel()}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms) and ``level``."""
        return _pandas().DataFrame({"time": self.times, "level": self.values})


class StructureRecord(RecorderRecord):
    """What a network knows of a recorder of structure."""

    __slots__ = ()

    @classmethod
    def planned(cls, network: Network, projection: Projection) -> Planned:
        """A recording that has not begun."""
        core = network.engine()
        record = cls("structure", projection.name, [], core.time_step)
        return record, [partial(core.record_structure, projection.index)]

    def _new_handle(self, network: Network) -> StructureRecorder:
        return StructureRecorder(network, self)


class StructureRecorder(Recorder):
    """Who was connected to whom, and when: synapses of a projection that came or went."""

    _record: StructureRecord

    @property
    def sources(self) -> NDArray[np.int64]:
        """Index of the source neuron of each synapse, shape (n,)."""
        return self._column("sources")

    @property
    def targets(self) -> NDArray[np.int64]:
        """Index of the target neuron of each synapse, shape (n,)."""
        return self._column("targets")

    @property
    def created(self) -> NDArray[np.bool_]:
        """True where a synapse came, False where one went, shape (n,)."""
        return self._column("created")

    def _present(self) -> Columns:
        steps, sources, targets, created = self.network.engine().structure_log(self._record.engine[0])
        return {"steps": steps, "sources": coerce.ids(sources), "targets": coerce.ids(targets), "created": created}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms), ``source``, ``target`` and ``created``."""
        columns = {"time": self.times, "source": self.sources, "target": self.targets, "created": self.created}
        return _pandas().DataFrame(columns)


class MovedRecord(RecorderRecord):
    """What a network knows of a recorder of a controller."""

    __slots__ = ("size",)

    def __init__(self, what: str, target: str, engine: list[int], start: int, size: int) -> None:
        super().__init__(what, target, engine, start)
        self.size = size  # of a sample

    @classmethod
    def planned(cls, network: Network, controller: Controller | Rewiring, what: str, interval: int) -> Planned:
        """A recording that has not begun."""
        core, size = network.engine(), len(controller.get(what))
        if isinstance(controller, Rewiring):
            begin = partial(core.record_elements, controller.index, *controller.place_of(what), interval)
        else:
            ids = None if controller.neurons is None else controller.neurons.native_ids
            begin = partial(core.record_controller, controller.index, what, ids, interval)
        return cls(what, controller.name, [], core.time_step, size), [begin]

    def _new_handle(self, network: Network) -> ControllerRecorder:
        return ControllerRecorder(network, self)

    def _own(self, put: Put) -> dict[str, Any]:
        return {"size": self.size}

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> MovedRecord:
        """The reverse of `state`."""
        return cls(*_common(told), coerce.integer(told["size"], "size", low=1, high=2**31))


class ControllerRecorder(Recorder):
    """A state of a controller, at an interval."""

    _record: MovedRecord

    @property
    def values(self) -> NDArray[np.float64]:
        """The state of each neuron, shape (T, n)."""
        return self._column("values")

    def _present(self) -> Columns:
        steps, values = self.network.engine().weight_samples(self._record.engine[0])
        return {"steps": steps, "values": values.reshape(len(steps), self._record.size)}

    @claiming
    def to_pandas(self) -> DataFrame:
        """A DataFrame with the columns ``time`` (ms), ``index`` and the state's name."""
        times, values = self.times, self.values
        index = np.tile(np.arange(self._record.size), len(times))
        columns = {"time": np.repeat(times, self._record.size), "index": index, self.what: values.ravel()}
        return _pandas().DataFrame(columns)


class RateRecord(RecorderRecord):
    """What a network knows of a recorder of a rate."""

    __slots__ = ("interval", "size")

    def __init__(self, what: str, target: str, engine: list[int], start: int, interval: int, size: int) -> None:
        super().__init__(what, target, engine, start)
        self.interval, self.size = interval, size  # steps, and number of neurons

    @classmethod
    def planned(cls, network: Network, neurons: Neurons, interval: int) -> Planned:
        """A recording that has not begun."""
        core = network.engine()
        record = cls("rate", neurons.name, [], core.time_step, interval, len(neurons))
        return record, [partial(core.record_rate, neurons.population.index, neurons.native_ids, interval)]

    def _new_handle(self, network: Network) -> RateRecorder:
        return RateRecorder(network, self)

    def _own(self, put: Put) -> dict[str, Any]:
        return {"interval": self.interval, "size": self.size}

    @classmethod
    def restored(cls, told: Mapping[str, Any], known: Restoring) -> RateRecord:
        """The reverse of `state`."""
        interval = coerce.integer(told["interval"], "interval", low=1, high=2**53)
        return cls(*_common(told), interval, coerce.integer(told["size"], "size", low=1, high=2**31))


class RateRecorder(Recorder):
    """The mean rate of a population, counted in bins while it runs; it stores no spikes.

    Bins lie on multiples of the interval, as the samples of variables do. Those that the recording covers only in part,
    at its start and at this moment, are left out.
    """

    _record: RateRecord

    @property
    def times(self) -> NDArray[np.float64]:
        """Start of each bin in ms, shape (bins,); a bin that starts at t holds the spikes after t, to t + interval."""
        return self.network.clock.ms_array(self._column("steps"))

    @property
    def rates(self) -> NDArray[np.float64]:
        """Spikes per neuron and second in each bin, in Hz, shape (bins,)."""
        return self._column("counts") / (self._record.size * self.network.clock.ms(self._record.interval) * 1e-3)

    def _present(self) -> Columns:
        """First step and number of spikes of each whole bin."""
        core = self.network.engine()
        ends, counts = core.spike_counts(self._record.engine[0])
        starts = ends - self._record.interval
        complete = (starts >= self._record.start) & (ends <= core.time_step)
        return {"steps": starts[complete], "counts": counts[complete]}

    def _about(self) -> dict[str, Any]:
        return super()._about() | {
            "interval": self.network.clock.ms(self._record.interval),
            "neurons": self._record.size,
        }

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
