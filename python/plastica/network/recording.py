"""Recording: what a network has recorded, and that its end is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from plastica import coerce, endings, losses
from plastica.changes import Change, assigned, claiming, perform
from plastica.contents import Contents
from plastica.memory import making_room
from plastica.recorders import Recordable
from plastica.recording import CHUNK_BYTES, Stream

from .files import PathName

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from plastica.controller import Controller
    from plastica.modulator import Modulator
    from plastica.population import Neurons
    from plastica.projection import Projection
    from plastica.recorders import (
        ControllerRecorder,
        ModulatorRecorder,
        Planned,
        RateRecorder,
        Recorder,
        RecorderRecord,
        SpikeRecorder,
        StateRecorder,
        StructureRecorder,
        SynapseRecorder,
    )
    from plastica.rewiring import Rewiring


class Recording(Contents):
    """Records what a network does, and writes it where it is wanted."""

    @overload
    def record(self, target: Neurons, what: Literal["spikes"], *, to: PathName | None = None) -> SpikeRecorder: ...

    @overload
    def record(  # type: ignore[overload-overlap]
        self, target: Neurons, what: Literal["rate"], *, interval: float, to: PathName | None = None
    ) -> RateRecorder: ...

    @overload
    def record(
        self, target: Projection, what: Literal["structure"], *, to: PathName | None = None
    ) -> StructureRecorder: ...

    @overload
    def record(
        self,
        target: Projection,
        what: str,
        *,
        interval: float,
        sample: int | ArrayLike | None = None,
        to: PathName | None = None,
    ) -> SynapseRecorder: ...

    @overload
    def record(
        self, target: Modulator, what: Literal["level"] = "level", *, interval: float, to: PathName | None = None
    ) -> ModulatorRecorder: ...

    @overload
    def record(
        self, target: Controller | Rewiring, what: str, *, interval: float, to: PathName | None = None
    ) -> ControllerRecorder: ...

    @overload
    def record(
        self,
        target: Neurons,
        what: str | Sequence[str],
        *,
        interval: float,
        sample: int | ArrayLike | None = None,
        to: PathName | None = None,
    ) -> StateRecorder: ...

    @claiming
    @making_room
    def record(
        self,
        target: Neurons | Projection | Modulator | Controller | Rewiring,
        what: str | Sequence[str] | None = None,
        *,
        interval: float | None = None,
        sample: int | ArrayLike | None = None,
        to: PathName | None = None,
    ) -> Any:
        """Records something from now on.

        Parameters
        ----------
        target : Population, View, Projection, Modulator or Controller
            Of whom.
        what : str or sequence of str
            ``"spikes"``, ``"rate"``, or names of variables such as ``"V"`` or ``["V", "ampa.g"]`` of neurons;
            ``"weights"`` of a projection, a state that its rules keep, such as ``"u"``, or ``"structure"``: which
            synapses come and go; ``"level"`` of a modulator, where it need not be said; a state of a
            controller, such as ``"factor"``.
        interval : float
            Time between samples in ms, a multiple of dt; for everything but spikes and structure.
        sample : int or array_like of int, optional
            Of variables and weights: a number of neurons or connections, spread evenly, or their indices.
        to : path, optional
            A folder of its own, to which the recording is written while the network runs, so that memory does not grow:
            see `Recording`. None: it stays in memory.

        Returns
        -------
        SpikeRecorder, RateRecorder, StateRecorder, SynapseRecorder, StructureRecorder, ModulatorRecorder or
        ControllerRecorder

        Raises
        ------
        TypeError, ValueError
            If there is no such variable, or an argument is missing or out of place.
        OSError
            If the folder cannot be written to, or is not empty.
        """
        if not isinstance(target, Recordable):
            raise TypeError(
                f"target = {coerce.shown(target)} must be a population, a view, a projection or a controller"
            )
        what = target._said(what)
        place = None if to is None else coerce.path(to, "to")
        target._check_own(self, "target")
        return self._begin(target._plan_recorder(what, interval, sample), place)

    def _begin(self, plan: Planned, place: Path | None) -> Recorder:
        """Begins a recording, in a folder where one is given."""
        record, begins = plan
        recorder, core, stream = record.handle(self), self.engine(), None
        changes = [Change(partial(self._recorders.append, record), self._recorders.pop)]
        changes += [Change(begin, core.withdraw_recorder, [record.engine.append]) for begin in begins]
        try:
            if place is not None:
                stream = Stream.begin(place, recorder._about())
                endings.watch(self)
                changes.append(assigned(record, "stream", stream))
            perform(changes)
            if stream is not None:
                stream.upto = recorder.extent()  # nothing yet: a recording that never runs gets no chunk
        except BaseException:
            if stream is not None and record not in self._recorders:
                stream.withdraw()
            raise
        return recorder

    def _spill(self, *, finished: bool) -> None:
        """Takes what streaming recorders hold out of memory."""
        for record in self._recorders:
            if record.stream is not None:
                record.handle(self).spill(at_least=CHUNK_BYTES, now=finished)

    def _recorded(self, run: Callable[[], None]) -> None:
        """Lets time run; if an error or Ctrl-C ends it, what has been recorded until then is written at once."""
        try:
            run()
        except BaseException as reason:
            try:
                self.finish_recordings()
            except Exception as error:  # what ended the run matters more, and may be the same
                if not isinstance(reason, OSError):
                    with suppress(Warning):
                        losses.warn(f"the end of a recording has not been written, and stays in memory: {error}")
            raise

    def finish_recordings(self, *, folder: Path | None = None) -> None:
        """Writes what streaming recorders hold, for the parts of this package.

        `folder`: only of the recording that this network writes there.
        """
        failed: Exception | None = None
        for record in self._recorders:
            stream = record.stream
            if stream is None or (folder is not None and not (stream.owns and stream.folder.resolve() == folder)):
                continue
            try:
                record.handle(self).finish()
            except Exception as error:  # the others are written nevertheless
                failed = failed or error
        if failed is not None:
            raise failed

    def end_recordings(self) -> None:
        """Writes the end of the recordings when the network goes or the program ends; it never raises."""
        with suppress(Exception):
            for record in self._recorders:
                stream = record.stream
                if stream is not None and stream.owns and stream.is_there:
                    self._end_recording(record)

    def _end_recording(self, record: RecorderRecord) -> None:
        with suppress(Exception):
            try:
                record.handle(self).finish()
            except OSError as error:
                losses.warn(f"the end of the recording of {record.what} of {record.target} is lost: {error}")

    def __del__(self) -> None:
        self.end_recordings()
        with suppress(Exception):
            for record in self._recorders:
                if record.stream is not None:
                    record.stream.leave()
