"""The progress bar: whatever happens to it, later bars are drawn and the run goes on."""

from __future__ import annotations

import io
import subprocess
import sys
import textwrap
from typing import Any

import pytest

import plastica as pl
from plastica import progress
from plastica.progress import Progress

# A clock that is a second later whenever it is looked at: every update is one that draws.
INTERRUPTED = """
    import itertools, os, signal, sys, threading, time
    ticks = itertools.count(1.0)
    time.time = time.perf_counter = lambda: next(ticks)
    import tqdm
    import plastica as pl
    from plastica.progress import Progress

    net = pl.Network(threads=1)
    net.population(3, pl.LIF())

    def draw():
        with Progress(True, net, 1000) as bar:
            bar.update(500)

    def interrupted_at(number):
        '''Whether so many lines are executed at all; then KeyboardInterrupt comes before the last of them.'''
        left = number
        def look(frame, event, argument):
            nonlocal left
            name = frame.f_code.co_filename
            if "tqdm" not in name and not name.endswith("progress.py"):
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    raise KeyboardInterrupt
            return look
        sys.settrace(look)
        try:
            draw()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(None)
        return False

    def in_time(number):
        thread = threading.Thread(target=draw, daemon=True)
        thread.start()
        thread.join(10)
        if thread.is_alive():
            return f"a thread hangs after an interrupt at line {number}"
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            draw()
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            return f"a child hangs after an interrupt at line {number}"

    draw()
    for number in itertools.count(1):
        if not interrupted_at(number):
            break
        if trouble := in_time(number):
            print(trouble)
            sys.stdout.flush()
            os._exit(0)
    print("lines:", number > 30)
"""


def test_after_an_interrupt_at_any_line_of_a_drawing_bars_of_threads_and_children_are_drawn() -> None:
    """Oracle: they end; a lock that is still taken would keep them waiting."""
    code = "import warnings; warnings.simplefilter('ignore')\n" + textwrap.dedent(INTERRUPTED)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "lines: True\n", done.stdout + done.stderr[-2000:]


class Screen(io.StringIO):
    """A terminal of a certain encoding that notes what is written, or fails."""

    def __init__(self, encoding: str = "utf-8", error: Exception | None = None) -> None:
        super().__init__()
        self._encoding, self._error = encoding, error

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if self._error is not None:
            raise self._error
        text.encode(self._encoding)
        return super().write(text)


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> pl.Network:
    """A network whose bars are drawn at every update."""
    monkeypatch.setattr(progress, "_DELAY", 0.0)
    monkeypatch.setattr(progress, "_INTERVAL", 0.0)
    net = pl.Network(threads=1)
    net.population(3, pl.LIF())
    return net


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(5, "Input/output error"), ValueError("closed file")])
def test_a_run_goes_on_without_its_bar_where_the_terminal_is_gone(
    net: pl.Network, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Oracle: the time afterwards."""
    monkeypatch.setattr(sys, "stderr", Screen(error=error))
    net.run(100.0, progress=True)
    assert net.time == 100.0


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_a_bar_has_only_characters_that_the_terminal_can_show(
    net: pl.Network, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """Oracle: the codec. What is shown last is the end of the run, on a line of its own."""
    screen = Screen(encoding)
    monkeypatch.setattr(sys, "stderr", screen)
    net.run(100.0, progress=True)
    assert "0.1/0.1 s" in screen.getvalue().rpartition("\r")[2]
    assert screen.getvalue().endswith("\n")
    assert ("█" in screen.getvalue()) == (encoding == "utf-8")


def test_a_bar_stays_below_those_of_the_user(net: pl.Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: the cursor goes down as often as up while the run lasts; the bar of the loop is not painted over."""
    from tqdm import tqdm

    screen: Any = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with tqdm(total=2, file=io.StringIO()), Progress(True, net, 1000) as bar:
        bar.update(500)
        drawn = screen.getvalue()
    assert drawn.startswith("\n\r")
    assert drawn.endswith("\x1b[A")
    assert drawn.count("\n") == drawn.count("\x1b[A") == 1


def test_a_bar_leaves_nothing_of_a_longer_line(net: pl.Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: each line is at least as long as the one before."""
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    line = progress._line(10.0)
    assert line is not None
    lengths = []
    for text in ("short", "a much longer text than before", "short"):
        line.show(1.0, text)
        lengths.append(len(screen.getvalue().rpartition("\r")[2]))
    assert lengths[0] < lengths[1] == lengths[2]
