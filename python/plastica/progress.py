"""The progress bar of a run: biological time, speed, mean rate and remaining time.

tqdm formats the line, and Plastica writes it. tqdm's own bars share a lock, which an exception in the middle of a
redraw leaves taken, so that the next bar of another thread or of a forked child waits for ever. A line that one call
writes needs no lock.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Self, TextIO

    from .faces import NetworkFace

_FORMAT = "{desc}{percentage:3.0f}%|{bar}| {n:.1f}/{total:.1f} s [{elapsed}<{remaining}{postfix}]"

# a short run ends before its bar would appear, s
_DELAY = 0.3
# between two drawings, s
_INTERVAL = 0.1


class Progress:
    """A bar on a terminal, or nothing.

    Parameters
    ----------
    wanted : bool or None
        None: only if the standard error is a terminal and tqdm is installed.
    network : Network
        The network that runs.
    steps : int
        Length of the run.

    Raises
    ------
    ImportError
        If a bar is asked for and tqdm is not installed.
    """

    def __init__(self, wanted: bool | None, network: NetworkFace, steps: int) -> None:
        self._network, self._clock = network, network.clock
        self._line = _line(self._clock.ms(steps) * 1e-3) if wanted or (wanted is None and _on_terminal()) else None
        if self._line is None and wanted:
            raise ImportError("the progress bar needs tqdm: pip install tqdm")
        self._started, self._spikes = perf_counter(), self._count()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._line is not None:
            self._line.close()

    def update(self, done: int) -> None:
        """Shows that `done` steps of the run are over."""
        if self._line is None or done == 0:
            return
        seconds = self._clock.ms(done) * 1e-3
        speed = seconds / max(perf_counter() - self._started, 1e-9)
        neurons = sum(population.size for population in self._network.populations.values())
        rate = (self._count() - self._spikes) / (seconds * max(neurons, 1))
        self._line.show(seconds, f"{speed:.3g}x real time, {rate:.1f} Hz")

    def _count(self) -> int:
        if self._line is None:
            return 0
        return sum(population.spike_count for population in self._network.populations.values())


class _Line:
    """A line of the standard error that is written again and again.

    Parameters
    ----------
    stream : text file
        Where to.
    total : float
        Biological time of the run in s.
    tqdm : type
        The class of that name, which formats the line and knows the bars of the user.
    """

    def __init__(self, stream: TextIO, total: float, tqdm: Any) -> None:
        self._stream, self._total, self._tqdm = stream, total, tqdm
        self._started = perf_counter()
        self._drawn: float | None = None
        self._seconds, self._text, self._length = 0.0, "", 0
        self._ascii = "utf" not in (getattr(stream, "encoding", None) or "").lower()
        self._open = True

    def show(self, seconds: float, text: str) -> None:
        """Shows so much biological time and a text, if it is time to draw."""
        self._seconds, self._text = seconds, text
        now = perf_counter()
        if now - self._started >= _DELAY and (self._drawn is None or now - self._drawn >= _INTERVAL):
            self._drawn = now
            self._draw(last=False)

    def close(self) -> None:
        """Leaves the last state of the bar on the screen; a bar that never appeared leaves nothing."""
        if self._drawn is not None:
            self._draw(last=True)

    def _draw(self, *, last: bool) -> None:
        if not self._open:
            return
        bar = self._tqdm.format_meter(
            self._seconds, self._total, perf_counter() - self._started, ncols=_columns(self._stream),
            ascii=self._ascii, bar_format=_FORMAT, postfix=self._text,
        )  # fmt: skip
        # what an earlier, longer line left is painted over
        line = "\r" + bar + " " * (self._length - len(bar))
        self._length = len(bar)
        # a loop that shows a bar of its own keeps its line: this one is below until it is over, as tqdm has it
        below = 0 if last else self._bars_of_the_user()
        try:
            self._stream.write("\n" * below + line + "\x1b[A" * below + "\n" * last)
            self._stream.flush()
        except (OSError, ValueError):
            # the terminal is gone; the run is worth more than its bar
            self._open = False

    def _bars_of_the_user(self) -> int:
        return len(getattr(self._tqdm, "_instances", ())) if self._stream.isatty() else 0


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _line(seconds: float) -> _Line | None:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return None if sys.stderr is None else _Line(sys.stderr, seconds, tqdm)


def _columns(stream: Any) -> int | None:
    """Columns of the terminal, less the last one, which would begin another line; None: it is not a terminal."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError, AttributeError):
        return None
    return max(columns - 1, 1) if columns else None
