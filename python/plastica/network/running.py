"""Running a network."""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from plastica import _native, coerce, journal
from plastica.changes import Change, assigned, perform
from plastica.clock import MOST_STEPS
from plastica.errors import named
from plastica.progress import Progress

from .controlling import Controlling
from .files import Files, PathName
from .recording import Recording

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Literal, Self


_FIRST_CHUNK = 100  # steps of the first native call; the next ones aim at CHUNK_SECONDS
_CHUNK_SECONDS = 0.1


class Running(Files, Recording, Controlling):
    """Lets time run."""

    def __init__(
        self,
        dt: float = 0.1,
        *,
        seed: int = 1,
        threads: int | None = None,
        precision: Literal["single", "double"] = "single",
    ) -> None:
        super().__init__(dt, seed=seed, threads=threads, precision=precision)
        self._profiling, self._chunk = False, _FIRST_CHUNK
        self._journal = journal.of_new_network()

    def run(
        self,
        duration: float,
        *,
        progress: bool | None = None,
        callback: Callable[[Self], None] | None = None,
        every: float | None = None,
        checkpoint: PathName | None = None,
        checkpoint_every: float | None = None,
    ) -> None:
        """Lets time run.

        Ctrl-C stops between two chunks of steps (about 0.1 s of wall time); the network can go on after it.

        Parameters
        ----------
        duration : float
            In ms, a multiple of dt to within 1e-6 of a step.
        progress : bool, optional
            Whether to show a progress bar; None: on a terminal, if tqdm is installed.
        callback : callable, optional
            Called with the network after every `every` ms of this run; it may read and set anything, but not run.
        every : float, optional
            In ms, a multiple of dt; goes with `callback`.
        checkpoint : path, optional
            The file to which the network is saved, as by `save`, after every `checkpoint_every` ms of this run, behind
            the callback of that moment; at its end; and when Ctrl-C stops it. After a crash `plastica.load` has the
            network as it was then.
        checkpoint_every : float, optional
            In ms, a multiple of dt; goes with `checkpoint`.

        Raises
        ------
        ValueError
            If a time is not on the grid; the message says the nearest that is.
        OSError
            If a checkpoint or a recording cannot be written; the network can go on, and nothing is lost.
        SimulationError
            If a state or a weight is no longer a finite number.
        GuardError
            If a guard stopped the run; the network can go on.
        RuntimeError
            If the network is already running.
        """
        steps = self._steps_ahead(duration, "duration")
        if callback is not None and not callable(callback):
            raise TypeError(f"callback = {coerce.shown(callback)} must be a function that takes the network")
        wanted = None if progress is None else coerce.flag(progress, "progress")
        if (callback is None) != (every is None):
            raise ValueError("callback and every go together: run(1000, callback=function, every=100)")
        if (checkpoint is None) != (checkpoint_every is None):
            raise ValueError(
                "checkpoint and checkpoint_every go together: run(1e6, checkpoint=p, checkpoint_every=1e4)"
            )
        actions: list[tuple[int, Callable[[], None]]] = []
        if callback is not None:
            actions.append((self.clock.steps(every, "every", minimum=1), lambda: callback(self)))
        saving = None
        if checkpoint is not None:
            place = coerce.file(checkpoint, "checkpoint")
            interval = self.clock.steps(checkpoint_every, "checkpoint_every", minimum=1)
            actions.append((interval, lambda: self.put_state(place)))
            saving = place, interval
        resumable = callback is None
        run = partial(self._run, steps, wanted, actions, saving, resumable)
        self._core.claim("run", partial(self._recorded, run), runs=True)
        self._report_guards()

    def _run(
        self,
        steps: int,
        progress: bool | None = False,
        actions: Sequence[tuple[int, Callable[[], None]]] = (),
        saving: tuple[Path, int] | None = None,
        resumable: bool = True,
    ) -> None:
        """Lets time run in a network that this thread holds. `saving`: to which file, and after how many steps."""
        entries = self._journal if resumable else None
        if entries is not None:
            steps -= entries.catch_up(self, steps)
            actions = [*actions, (0, entries.note)]
        try:
            if steps <= self._chunk and not progress and not actions:
                self._advance(self._core.run, steps)
            else:
                self._run_in_chunks(steps, progress, actions)
        except KeyboardInterrupt:
            if saving is not None:
                self.put_state(saving[0])
            if entries is not None:
                entries.save()
            raise
        if saving is not None and (steps == 0 or steps % saving[1]):
            self.put_state(saving[0])
        if entries is not None:
            entries.complete()
        self._spill(finished=True)

    def _steps_ahead(self, duration: Any, what: str) -> int:
        """The number of steps in a duration from now on; time as a whole is counted in steps, too."""
        steps = self.clock.steps(duration, what)
        if self._core.time_step + steps >= MOST_STEPS:
            shown, most = coerce.shown(duration, "ms"), coerce.shown(self.clock.ms(MOST_STEPS), "ms")
            raise ValueError(f"{what} = {shown} would lead beyond {most}, the longest time that steps can count")
        return steps

    def _advance(self, advance: Callable[[int], None], steps: int) -> None:
        """Lets the engine work; its errors get names."""
        try:
            advance(steps)
        except _native.SimulationError as error:
            raise named(error, list(self._populations)) from None
        except _native.GuardError as error:
            raise self._guard_error(error) from None

    def _run_in_chunks(
        self, steps: int, progress: bool | None, actions: Sequence[tuple[int, Callable[[], None]]]
    ) -> None:
        """`actions` happen after every so many steps; those of 0 steps, after every chunk."""
        done = 0
        with Progress(progress, self, steps) as bar:
            while done < steps:
                chunk = min(self._chunk, steps - done, *(every - done % every for every, _ in actions if every))
                started = perf_counter()
                self._advance(self._core.run, chunk)
                self._adapt(chunk, perf_counter() - started)
                done += chunk
                bar.update(done)
                self._spill(finished=False)
                for every, action in actions:
                    if every == 0 or done % every == 0:
                        action()

    def _adapt(self, chunk: int, seconds: float) -> None:
        """Chooses the next chunk; one that was cut short says nothing unless it was slow."""
        if chunk == self._chunk or seconds > _CHUNK_SECONDS:
            factor = min(max(_CHUNK_SECONDS / max(seconds, 1e-9), 0.25), 4.0)
            self._chunk = min(max(int(chunk * factor), 1), 2**31)

    @property
    def profiling(self) -> bool:
        """Whether the time spent in each phase of the step is measured; setting it starts `timings` at 0."""
        return self._profiling

    @profiling.setter
    def profiling(self, on: bool) -> None:
        wanted = coerce.flag(on, "profiling")
        perform([assigned(self, "_profiling", wanted), Change(partial(self.engine().profile, wanted))])

    @property
    def timings(self) -> dict[str, float]:
        """Seconds spent in each phase of the step since `profiling` was set, summed over the threads."""
        return self.engine().timings()
