"""The progress bar of a run: biological time, speed, mean rate and remaining time."""

from __future__ import annotations

import sys
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Self

    from .network import Network

_FORMAT = "{desc}{percentage:3.0f}%|{bar}| {n:.1f}/{total:.1f} s [{elapsed}<{remaining}{postfix}]"


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

    def __init__(self, wanted: bool | None, network: Network, steps: int) -> None:
        self._network, self._clock = network, network.clock
        self._bar = _bar(self._clock.ms(steps) * 1e-3) if wanted or (wanted is None and _on_terminal()) else None
        if self._bar is None and wanted:
            raise ImportError("the progress bar needs tqdm: pip install tqdm")
        self._started, self._spikes = perf_counter(), self._count()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, done: int) -> None:
        """Shows that `done` steps of the run are over."""
        if self._bar is None or done == 0:
            return
        seconds = self._clock.ms(done) * 1e-3
        speed = seconds / max(perf_counter() - self._started, 1e-9)
        neurons = sum(population.size for population in self._network.populations.values())
        rate = (self._count() - self._spikes) / (seconds * max(neurons, 1))
        self._bar.set_postfix_str(f"{speed:.3g}x real time, {rate:.1f} Hz", refresh=False)
        self._bar.update(seconds - self._bar.n)

    def _count(self) -> int:
        if self._bar is None:
            return 0
        return sum(population.spike_count for population in self._network.populations.values())


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


def _bar(seconds: float) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    # a short run ends before its bar would appear
    return tqdm(total=seconds, bar_format=_FORMAT, file=sys.stderr, delay=0.3, leave=True)
