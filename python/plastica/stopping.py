"""Signals that stop a command: SIGTERM and SIGHUP arrive as Ctrl-C does, as KeyboardInterrupt."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPPING = (signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Which signal has stopped the command."""

    def __init__(self) -> None:
        self.signal = signal.SIGINT
        self._obeyed = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handles a signal. While the first one is obeyed, others do nothing: a closed terminal sends several."""
        if self._obeyed:
            return
        self._obeyed, self.signal = True, signal.Signals(number)
        interrupt = signal.getsignal(signal.SIGINT)
        # one way for all: whoever delays Ctrl-C for a moment delays these signals, too
        if callable(interrupt):
            interrupt(signal.SIGINT, frame)
        else:
            raise KeyboardInterrupt

    @property
    def status(self) -> int:
        """The exit status of a command that a signal has stopped, as shells have it."""
        return 128 + self.signal


@contextmanager
def stopping_signals() -> Iterator[Stop]:
    """In the block, SIGTERM and SIGHUP arrive as KeyboardInterrupt; nohup's SIGHUP, which is ignored, stays ignored.

    Outside the main thread, which alone receives signals, the block does nothing.
    """
    stop = Stop()
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in _STOPPING:
            if signal.getsignal(number) == signal.SIG_DFL:
                before[number] = signal.signal(number, stop)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
