"""What goes wrong stops with a reason and leaves the network readable; what interrupts leaves it continuable."""

from __future__ import annotations

import gc
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plastica as pl

SANITIZED = "PLASTICA_SANITIZER" in os.environ
CURRENT = {"in": pl.CurrentExp()}
CONDUCTANCE = {"in": pl.ConductanceExp()}


def plastic_network(seed: int = 1, *, threads: int = 1, size: int = 100, precision: str = "single") -> pl.Network:
    """A small recurrent network that spikes and learns."""
    net = pl.Network(seed=seed, threads=threads, precision=precision)
    cells = net.population(size, pl.LIF(I_e=pl.Uniform(370, 420), receptors=CURRENT), name="cells")
    rule = pl.STDP(learning_rate=0.02, w_max=80)
    net.connect(cells, cells, pl.FixedProbability(0.1), weight=40, delay=pl.Uniform(0.5, 3), plasticity=rule)
    net.drive(cells, pl.PoissonInput(800), weight=30)
    net.record(cells, "spikes")
    return net


def everything(net: pl.Network) -> bytes:
    """Spikes, weights and potentials as bytes."""
    spikes = net.recorders[0]
    assert isinstance(spikes, pl.SpikeRecorder)
    cells = net.populations["cells"]
    arrays = [
        spikes.times,
        spikes.ids,
        *(p.weights for p in net.projections.values()),
        cells.get("V"),
        cells.get("in.I"),
    ]
    assert spikes.count > 100
    return b"".join(array.tobytes() for array in arrays)


def resident() -> float:
    """Memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


# ---- numbers that end


def blown_up(net: pl.Network, duration: float = 300) -> pl.SimulationError:
    with pytest.raises(pl.SimulationError) as caught:
        net.run(duration)
    return caught.value


def conductance_that_overflows() -> tuple[pl.Network, pl.Population, int]:
    net = pl.Network(threads=2)
    pre = net.population(2, pl.SpikeSource([5.0]), name="pre")
    cells = net.population(70, pl.LIF(receptors=CONDUCTANCE), name="cells")
    net.connect(pre, cells[66:67], pl.AllToAll(), weight=3e38)
    return net, cells, 66


def potential_that_is_kicked_away() -> tuple[pl.Network, pl.Population, int]:
    net = pl.Network()
    pre = net.population(1, pl.SpikeSource([5.0]), name="pre")
    cells = net.population(20, pl.Izhikevich(receptors={"in": pl.CurrentDelta()}), name="cells")
    net.connect(pre, cells[7:8], pl.AllToAll(), weight=-1e30)
    return net, cells, 7


def adaptation_that_runs_away() -> tuple[pl.Network, pl.Population, int]:
    net = pl.Network()
    a, b = np.full(20, 4.0), np.full(20, 80.0)
    a[13], b[13] = -1e30, 1e36
    cells = net.population(20, pl.AdEx(a=a, b=b, tau_w=0.2, I_e=2000), name="cells")
    return net, cells, 13


@pytest.mark.parametrize(
    "build", [conductance_that_overflows, potential_that_is_kicked_away, adaptation_that_runs_away]
)
def test_a_blow_up_stops_with_time_population_neuron_and_variable(
    build: Callable[[], tuple[pl.Network, pl.Population, int]],
) -> None:
    """Oracle: the one neuron that was given impossible input; recorders stay readable, and time stands still."""
    net, cells, culprit = build()
    states = net.record(cells, "V", interval=0.1)
    error = blown_up(net)
    assert isinstance(error, RuntimeError)
    assert error.population == "cells"
    assert error.neuron == culprit
    assert error.variable.split(".")[-1] in ("V", "w", "u", "g")
    assert 0 < error.time <= net.time <= 300
    for part in (f"neuron {culprit}", "'cells'", f"{error.time:g} ms", error.variable):
        assert part in str(error)
    good = np.delete(states.values, culprit, axis=1)
    assert len(states.times) == len(states.values) > 0
    assert np.isfinite(good).all()
    assert np.isfinite(np.delete(cells.get("V"), culprit)).all()
    now = net.time
    with pytest.raises((RuntimeError, ValueError), match="cannot go on"):
        net.run(1)
    assert net.time == now
    assert str(net).startswith("Network at")


def test_recurrent_excitation_that_overflows_stops_on_every_thread_count_at_the_same_neuron() -> None:
    """Oracle: one thread; a network that blows up does so with the same bits."""
    found = []
    for threads in (1, 2, 3):
        net = pl.Network(threads=threads)
        cells = net.population(200, pl.LIF(I_e=500, receptors=CONDUCTANCE), name="cells")
        net.connect(cells, cells, pl.FixedInDegree(degree=20), weight=2e37)
        error = blown_up(net)
        found.append((error.time, error.population, error.neuron, error.variable))
    assert found[0] == found[1] == found[2]


# ---- interruptions


INTERRUPTED = """
    import os, signal, sys, threading, time
    sys.path[:0] = {path!r}
    from test_robustness import everything, plastic_network
    net, other = plastic_network(threads={threads}), plastic_network(threads={threads})
    net.run(20)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell put the tests in the background
    before = signal.getsignal(signal.SIGINT)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.perf_counter()
    try:
        net.run(1_000_000)
    except KeyboardInterrupt:
        print("stopped", time.perf_counter() - started < 5, net.time > 20, signal.getsignal(signal.SIGINT) is before)
    other.run(net.time)
    print("equal", everything(net) == everything(other))
    net.run(200)
    other.run(200)
    print("equal", everything(net) == everything(other))
"""


def run_python(code: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=120, **options
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_control_c_stops_a_run_soon_and_the_network_goes_on_as_if_nothing_had_happened(threads: int) -> None:
    """Oracle: an uninterrupted network of the same seed, at the moment of the signal and 200 ms later."""
    done = run_python(INTERRUPTED.format(path=[str(Path(__file__).parent)], threads=threads))
    assert done.stdout.splitlines() == ["stopped True True True", "equal True", "equal True"], done.stderr


@pytest.mark.parametrize("threads", [1, pytest.param(3, marks=pytest.mark.threads)])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_exception_in_a_callback_leaves_a_network_that_goes_on(threads: int, error: type[BaseException]) -> None:
    """Oracle: an uninterrupted run."""
    net, other = plastic_network(threads=threads), plastic_network(threads=threads)

    def stop(network: pl.Network) -> None:
        if network.time > 60:
            raise error("enough")

    with pytest.raises(error, match="enough"):
        net.run(300, callback=stop, every=12.5)
    assert net.time == 62.5
    net.run(137.5)
    other.run(200)
    assert everything(net) == everything(other)


def test_callbacks_come_at_exact_moments_and_see_the_state_of_that_moment() -> None:
    """Oracle: a recorder of the left limit, and multiples counted in steps."""
    net = plastic_network()
    cells = net.populations["cells"]
    recorder = net.record(cells, "V", interval=0.1)
    seen: list[tuple[float, np.ndarray]] = []
    net.run(7)
    net.run(500, callback=lambda n: seen.append((n.time, cells.get("V"))), every=0.7)
    net.run(0.1)
    assert [t for t, _ in seen] == [(70 + 7 * i) / 10 for i in range(1, 715)]
    for moment, potential in seen:
        assert (recorder.values[round(moment * 10)] == potential).all()


def test_a_callback_may_change_the_network() -> None:
    """Oracle: the same changes made between runs."""

    def change(network: pl.Network) -> None:
        network.populations["cells"].set(I_e=300 + network.time)
        network.projections["projection_0"].plastic = network.time < 80
        network.drives["drive_0"].active = network.time != 50

    net, other = plastic_network(), plastic_network()
    net.run(150, callback=change, every=25)
    for _ in range(6):
        other.run(25)
        change(other)
    assert everything(net) == everything(other)


# ---- threads of Python


@pytest.mark.threads
def test_networks_in_several_python_threads_give_what_they_give_one_after_another() -> None:
    """Oracle: the same networks in one thread; each has its own seed and its own number of threads."""
    plans = [(seed, 1 + seed % 3) for seed in range(6)]
    alone = []
    for seed, threads in plans:
        net = plastic_network(seed, threads=threads)
        net.run(100)
        alone.append(everything(net))
    together: list[bytes] = [b""] * len(plans)

    def work(i: int) -> None:
        seed, threads = plans[i]
        net = plastic_network(seed, threads=threads)
        for _ in range(10):
            net.run(10)
        together[i] = everything(net)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(len(plans))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert together == alone
    assert len(set(alone)) == len(plans)


def test_a_network_that_runs_in_one_thread_refuses_another_and_is_unharmed() -> None:
    """Oracle: the same run without an intruder."""
    net, other = plastic_network(), plastic_network()
    running = threading.Event()
    worker = threading.Thread(
        target=lambda: net.run(1000, callback=lambda _: (running.set(), time.sleep(0.001)), every=10)  # type: ignore[func-returns-value]
    )
    worker.start()
    assert running.wait(20)
    cells = net.populations["cells"]
    calls: list[Callable[[], Any]] = [
        lambda: net.run(1),
        lambda: cells.get("V"),
        lambda: cells.set(V=0),
        lambda: net.projections["projection_0"].weights,
        lambda: net.connect(cells, cells, pl.AllToAll()),
        lambda: net.recorders[0].times,  # type: ignore[attr-defined]
    ]
    for call in calls:
        with pytest.raises(RuntimeError, match="already running"):
            call()
    worker.join()
    other.run(1000)
    assert everything(net) == everything(other)


def test_a_run_leaves_other_python_threads_free_to_work() -> None:
    """Oracle: while one long native call runs, another thread counts; with the interpreter held it would count none."""
    net = plastic_network(size=2000)
    net.run(10)
    counted, over = 0, threading.Event()

    def work() -> None:
        net.run(net.time)  # at least one native call without returning to Python
        net.run(300)
        over.set()

    worker = threading.Thread(target=work)
    worker.start()
    while not over.is_set():
        counted += 1
        time.sleep(0.0005)
    worker.join()
    assert counted > 20


# ---- many short runs


def test_twenty_thousand_short_runs_are_one_long_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Oracle: one call. The time that each call adds is printed, not asserted: machines differ."""
    many, one = plastic_network(), plastic_network()
    started = time.perf_counter()
    one.run(20_000)
    between = time.perf_counter()
    for _ in range(20_000):
        many.run(1.0)
    over = time.perf_counter() - between
    assert many.time == one.time == 20_000
    assert everything(many) == everything(one)
    added = (over - (between - started)) / 20_000 * 1e6
    with capsys.disabled():
        print(f"\n20,000 runs of 1 ms: {added:.1f} us added by each ({over:.2f} s, one run {between - started:.2f} s)")


# ---- the progress bar


BAR = """
    import sys
    sys.path[:0] = {path!r}
    from test_robustness import everything, plastic_network
    import zlib
    net = plastic_network(size=1000, threads=1)
    net.run(5000{options})
    print(zlib.crc32(everything(net)))
"""


def on_terminal(code: str) -> tuple[str, str]:
    """What a program writes to its standard output and to the terminal that its standard error is."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))  # a new one has no columns, and a bar as long
    program = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = b""
        while select.select([ours], [], [], 120)[0]:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
        os.close(ours)
        assert process.stdout is not None
        output = process.stdout.read()
    return output, shown.decode(errors="replace")


def test_the_progress_bar_shows_on_a_terminal_and_alters_nothing() -> None:
    """Oracle: the same program without a terminal, and with progress=False on one."""
    path = [str(Path(__file__).parent)]
    output, shown = on_terminal(BAR.format(path=path, options=""))
    assert "100%" in shown
    assert "x real time" in shown
    assert " Hz" in shown
    assert "5.0/5.0 s" in shown
    quiet, nothing = on_terminal(BAR.format(path=path, options=", progress=False"))
    assert nothing == ""
    piped = run_python(BAR.format(path=path, options=""))
    assert piped.stderr == ""
    assert output == quiet == piped.stdout != ""


# ---- memory


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps freed memory")
def test_networks_that_are_dropped_give_their_memory_back() -> None:
    """Oracle: 200 networks of 0.3 MB or more may not add 10 MB; drives, recorders and refused projections included."""

    def one(seed: int) -> None:
        net = plastic_network(seed, size=400, threads=1 + seed % 2)
        net.record(net.populations["cells"], "V", interval=0.1)
        net.record(net.projections["projection_0"], "weights", interval=1, sample=100)
        net.run(5)
        if seed % 3 == 0:
            with pytest.raises(ValueError, match="values"):
                net.connect(net.populations["cells"], net.populations["cells"], pl.AllToAll(), weight=[1, 2])

        del net
        if seed % 10 == 9:  # networks and their populations refer to each other
            gc.collect()

    for seed in range(40):
        one(seed)
    before = resident()
    for seed in range(200):
        one(seed)
    assert resident() - before < 10


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps freed memory")
@pytest.mark.parametrize("fraction", [0.0, 1.0])
def test_histories_do_not_grow_while_a_presynaptic_neuron_is_silent(fraction: float) -> None:
    """Oracle: 60 s of 500 Hz are 30,000 events; memory is that of the first two seconds."""
    net = pl.Network(dt=0.5, threads=1)
    pre = net.population(3, pl.SpikeSource([[50_000.0], [], [1.0]]))
    post = net.population(100, pl.LIF(t_ref=0.5, I_e=np.where(np.arange(100) < 50, 4000.0, 0.0), receptors=CURRENT))
    rule = pl.STDP(learning_rate=0.001, w_max=2)
    options = {"weight": 1, "delay": 5, "dendritic_fraction": fraction, "plasticity": rule}
    learning = net.connect(pre, post, pl.AllToAll(), **options)
    net.run(2000)
    bytes_then, memory_then = learning.nbytes, resident()
    net.run(58_000)
    assert post.spike_count / 50 > 60 * 400
    assert learning.nbytes <= bytes_then
    assert resident() - memory_then < 3
    assert (learning.weights != 1).any()


# ---- import and the process


def test_import_changes_nothing_in_the_process() -> None:
    """Oracle: signal handlers, environment, threads, random state, error state, warnings, logging and files."""
    code = """
        import logging, os, signal, sys, threading, warnings
        import numpy as np

        def state():
            handlers = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGFPE, signal.SIGSEGV)]
            return [
                handlers, dict(os.environ), len(os.listdir("/proc/self/task")), np.random.get_state()[1].tolist(),
                np.geterr(), list(warnings.filters), logging.root.handlers[:], logging.root.level, os.getcwd(),
                sorted(os.listdir(".")), np.get_printoptions(), sys.getrecursionlimit(), threading.active_count(),
                gc_settings(), float(np.float32(1e-40) * np.float32(0.5)) > 0,
            ]

        def gc_settings():
            import gc
            return gc.isenabled(), gc.get_threshold()

        before = state()
        import plastica
        print(state() == before)
    """
    done = run_python(code)
    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.parametrize("threads", [1, 2])
def test_a_run_leaves_the_arithmetic_of_the_process_alone(threads: int) -> None:
    """Oracle: numbers below the normal range stay what they are after a run, which rounds them to zero inside."""
    tiny = np.float32(1e-40)
    net = plastic_network(threads=threads)
    net.run(50)
    _ = net.projections["projection_0"].weights
    net.projections["projection_0"].weights = 1
    assert tiny * np.float32(0.5) > 0
    assert 5e-324 * 1.0 > 0
    assert np.exp(np.float32(-100)) > 0


def test_a_child_process_simulates_as_its_parent_did() -> None:
    """Oracle: the parent, which had used several threads before it forked."""
    net = plastic_network(threads=2)
    net.run(50)
    code = """
        import os, sys, zlib
        sys.path[:0] = {path!r}
        from test_robustness import everything, plastic_network
        first = plastic_network(threads=2)
        first.run(100)
        expected = zlib.crc32(everything(first))
        child = os.fork()
        if child == 0:
            again = plastic_network(threads=2)
            again.run(100)
            os._exit(0 if zlib.crc32(everything(again)) == expected else 3)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    """
    done = run_python(code.format(path=[str(Path(__file__).parent)]))
    assert done.stdout == "0\n", done.stderr


def test_a_signal_handler_of_the_user_stays_in_force() -> None:
    """Oracle: the handler runs, and the run goes on when it returns."""
    calls: list[int] = []
    old = signal.signal(signal.SIGUSR1, lambda *_: calls.append(1))
    try:
        net, other = plastic_network(), plastic_network()
        timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1))
        timer.start()
        net.run(3000)
        timer.join()
        other.run(3000)
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert calls == [1]
    assert everything(net) == everything(other)
