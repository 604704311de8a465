"""Several networks, threads of Python and processes at once: what each computes does not depend on the others."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from joblib import Parallel, delayed

import plastica as pl
from test_robustness import SANITIZED, everything, plastic_network
from workers import gone_on, potentials, result_of

SWEEP = [(seed, 1 + seed % 3) for seed in range(6)]


@pytest.fixture(scope="module")
def expected() -> list[bytes]:
    """The sweep as a loop. It leaves a pool of OpenMP's threads in this process, as a user's session has it."""
    return [result_of(*point) for point in SWEEP]


# ---- threads


@pytest.mark.threads
def test_a_sweep_over_threads_of_python_is_the_loop(expected: list[bytes]) -> None:
    """Oracle: the loop; networks of one to three threads run at the same time."""
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(result_of, *zip(*SWEEP, strict=True))) == expected


@pytest.mark.threads
def test_networks_take_turns_in_a_thread_while_others_run_elsewhere() -> None:
    """Oracle: each by itself. Two threads step three networks each, in turn, by different chunks."""
    alone = []
    for seed, threads in SWEEP:
        net = plastic_network(seed, threads=threads)
        net.run(90)
        alone.append(everything(net))
    nets = [plastic_network(seed, threads=threads) for seed, threads in SWEEP]

    def work(mine: list[pl.Network], chunk: float) -> None:
        for _ in range(round(90 / chunk)):
            for net in mine:
                net.run(chunk)

    workers = [threading.Thread(target=work, args=(nets[i::2], (3.0, 7.5)[i])) for i in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [everything(net) for net in nets] == alone


@pytest.mark.threads
def test_a_network_goes_from_thread_to_thread() -> None:
    """Oracle: one thread; the next thread of Python takes over where the last one has left off."""
    net, other = plastic_network(threads=2), plastic_network(threads=2)
    for _ in range(5):
        worker = threading.Thread(target=net.run, args=(20,))
        worker.start()
        worker.join()
    other.run(100)
    assert everything(net) == everything(other)


@pytest.mark.threads
def test_what_a_second_thread_asks_of_a_running_network_is_refused_by_name_and_leaves_no_mark() -> None:
    """Oracle: a RuntimeError that says so from every call that would look at the engine, and the run without an intruder."""
    net, other = plastic_network(), plastic_network()
    cells, weights, spikes = net.populations["cells"], net.projections["projection_0"], net.recorders[0]
    calls: list[Callable[[], Any]] = [
        lambda: net.run(1),
        lambda: net.rest(seconds=1),
        lambda: net.save("never-written"),
        net.copy,
        net.probe,
        lambda: pickle.dumps(net),
        lambda: net.population(1, pl.LIF()),
        lambda: net.connect(cells, cells, pl.OneToOne()),
        lambda: net.drive(cells, pl.ConstantCurrent(1.0)),
        lambda: net.record(cells, "spikes"),
        lambda: net.modulator("m", tau=5.0),
        lambda: cells.get("V"),
        lambda: cells.set(V=-60.0),
        cells[:3].silence,
        cells[:3].kill,
        lambda: cells.spike_count,
        lambda: weights.weights,
        lambda: weights.add([0], [1], weight=1.0, delay=1.0),
        lambda: weights.remove([0]),
        lambda: setattr(weights, "plastic", False),
        lambda: len(weights),
        lambda: spikes.times,  # type: ignore[attr-defined]
        spikes.clear,
    ]
    running, asked = threading.Event(), threading.Event()

    def wait(_: pl.Network) -> None:
        running.set()
        assert asked.wait(60)

    worker = threading.Thread(target=lambda: net.run(100, callback=wait, every=50))
    worker.start()
    assert running.wait(60)
    try:
        for call in calls:
            with pytest.raises(RuntimeError, match="already running"):
                call()
    finally:
        asked.set()
        worker.join()
    assert not Path("never-written").exists()
    other.run(100)
    assert everything(net) == everything(other)


def test_two_networks_run_at_the_same_time_and_not_one_after_the_other() -> None:
    """Oracle: the two calls overlap, both within one native call, during which a third thread goes on counting."""
    nets = [plastic_network(seed, size=1500) for seed in range(2)]
    for net in nets:
        net.run(10)
    spans: dict[int, tuple[float, float]] = {}
    together = threading.Barrier(2)

    def work(i: int) -> None:
        together.wait()
        begin = time.perf_counter()
        nets[i]._core.run(3000)
        spans[i] = begin, time.perf_counter()

    workers = [threading.Thread(target=work, args=(i,)) for i in range(2)]
    for worker in workers:
        worker.start()
    counted = 0
    while any(worker.is_alive() for worker in workers):
        counted += 1
        time.sleep(0.0005)
    assert max(begin for begin, _ in spans.values()) < min(end for _, end in spans.values())
    assert counted > 20


# ---- processes: not under ThreadSanitizer, which forbids threads after a fork


def in_child(work: Callable[[], bytes]) -> bytes:
    """What a child made by os.fork() computes; fails if it takes longer than a minute."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            signal.alarm(60)  # a child that hangs is killed
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(work())
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return data


FORKED = """
    import os, sys, threading, warnings
    warnings.simplefilter("ignore", DeprecationWarning)  # of forks of processes with several threads
    sys.path[:0] = {path!r}
    from test_processes import in_child
    from workers import result_of
    from test_robustness import everything, plastic_network
    {body}
"""


def forked(body: str, **environment: str) -> str:
    """The output of a program in a process of its own, whose first parallel region is that of `body`."""
    path = [str(Path(__file__).parent)]
    code = textwrap.dedent(FORKED).format(path=path, body=textwrap.dedent(body))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=150, env=os.environ | environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# Large enough that its threads meet in every interval.
LARGE = "net, other = (plastic_network(threads=3, size=1500) for _ in range(2))"


def test_a_child_goes_on_with_a_network_that_has_run_on_several_threads() -> None:
    """Oracle: the parent, which goes on, too; OpenMP's pool of threads does not survive the fork."""
    body = f"""
{LARGE}
net.run(20), other.run(40)
ours = in_child(lambda: everything((net.run(20), net)[1]))
assert ours == everything(other)
net.run(20)
assert everything(net) == everything(other)
print("equal")
"""
    assert forked(body) == "equal\n"


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's allocator keeps the locks that another thread held at the fork")
def test_a_child_forked_while_another_thread_runs_a_network_works() -> None:
    """Oracle: the same network without a fork; and the parent's run is not disturbed."""
    body = f"""
{LARGE}
busy, undisturbed = (plastic_network(7, threads=2, size=1500) for _ in range(2))
busy.run(5)
worker = threading.Thread(target=busy.run, args=(75,))
worker.start()
children = [in_child(lambda: everything((net.run(20), net)[1])) for _ in range(3)]
worker.join()
other.run(20), undisturbed.run(80)
assert set(children) == {{everything(other)}}
assert everything(busy) == everything(undisturbed)
print("equal")
"""
    assert forked(body) == "equal\n"


def test_a_network_that_runs_in_another_thread_is_refused_in_a_child_of_that_moment() -> None:
    """Oracle: a RuntimeError, at once: the thread that would have finished the run is not in the child."""
    body = """
busy = plastic_network(threads=2)
inside, over = threading.Event(), threading.Event()
worker = threading.Thread(target=lambda: busy.run(40, callback=lambda _: (inside.set(), over.wait(60)), every=20))
worker.start()
inside.wait(60)
def ask():
    found = []
    for call in (lambda: busy.run(1), busy.copy, lambda: busy.populations["cells"].get("V")):
        try:
            call()
        except RuntimeError as error:
            found.append(str(error))
    return ";".join(found).encode()
answer = in_child(ask).decode()
over.set()
worker.join()
print(answer.count("already running"), busy.time)
"""
    assert forked(body) == "3 40.0\n"


def test_children_of_children_work() -> None:
    """Oracle: the parent."""
    body = f"""
{LARGE}
net.run(10), other.run(30)
def child():
    net.run(10)
    return in_child(lambda: everything((net.run(10), net)[1]))
assert in_child(child) == everything(other)
print("equal")
"""
    assert forked(body) == "equal\n"


def test_a_child_works_where_another_library_had_used_the_pool_of_threads() -> None:
    """Oracle: the parent afterwards. The pool is the process's; here a callback of ctypes has used it before there is a network."""
    body = """
import ctypes
maps = open("/proc/self/maps").read().split()
for gomp in {path for path in maps if "libgomp" in path}:
    calls = []
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: calls.append(1))
    ctypes.CDLL(gomp).GOMP_parallel(function, None, 3, 0)
    assert len(calls) == 3
answer = in_child(lambda: result_of(1, 3))
assert answer == result_of(1, 3)
print("equal")
"""
    assert forked(body) == "equal\n"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_sweep_over_processes_is_the_loop(method: str, expected: list[bytes]) -> None:
    """Oracle: the loop, in this process, which has used several threads before."""
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.starmap_async(result_of, SWEEP).get(120) == expected


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_sweep_over_a_pool_of_futures_is_the_loop(method: str, expected: list[bytes]) -> None:
    """Oracle: the loop."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert list(pool.map(result_of, *zip(*SWEEP, strict=True), timeout=120)) == expected


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading", "sequential"])
def test_a_sweep_by_joblib_is_the_loop(backend: str, expected: list[bytes]) -> None:
    """Oracle: the loop."""
    found = Parallel(n_jobs=2, backend=backend, timeout=None if backend == "sequential" else 120)(
        delayed(result_of)(*point) for point in SWEEP
    )
    assert found == expected


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_networks_go_to_workers_and_come_back(method: str) -> None:
    """Oracle: the same networks at home. What comes back goes on as if it had not been away."""
    nets, home = ([plastic_network(seed, threads=threads) for seed, threads in SWEEP[:3]] for _ in range(2))
    for net in (*nets, *home):
        net.run(20)
    with multiprocessing.get_context(method).Pool(2) as pool:
        back = pool.map_async(gone_on, nets).get(120)
    for net in home:
        net.run(60)
    assert [everything(net) for net in back] == [everything(net) for net in home]
    assert all(net.time == 20 for net in nets)
    for net in (*back, *home):
        net.run(20)
    assert [everything(net) for net in back] == [everything(net) for net in home]


def test_a_handle_that_goes_to_a_worker_brings_its_network() -> None:
    """Oracle: the potentials at home."""
    net = plastic_network()
    net.run(20)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        away = pool.apply_async(potentials, (net.populations["cells"],)).get(120)
    net.run(10)
    np.testing.assert_array_equal(away, net.populations["cells"].get("V"))
