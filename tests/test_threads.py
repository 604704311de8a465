"""How many threads a network runs on: no more than there are cores, whatever number was asked for."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="threads are counted in /proc")

STUDY = """
    import os, sys, threading, time
    import numpy as np
    import plastica as pl

    def study(threads):
        net = pl.Network(seed=3, threads=threads)
        cells = net.population(2000, pl.LIF(I_e=400, receptors={"e": pl.CurrentExp()}), name="cells")
        net.connect(cells, cells, pl.FixedProbability(0.02), weight=pl.Uniform(0, 20), delay=pl.Uniform(0.1, 3),
                    plasticity=pl.STDP(w_max=30))
        net.run(200.0)
        return net

    def tasks():
        return len(os.listdir("/proc/self/task"))

    def most_at_once(work):
        before, most, stop = tasks(), 0, threading.Event()
        def watch():
            nonlocal most
            while not stop.is_set():
                most = max(most, tasks())
                time.sleep(0.001)
        watcher = threading.Thread(target=watch)
        watcher.start()
        result = work()
        stop.set()
        watcher.join()
        return most - before, result  # the watcher, and the threads beside this one
"""


def _run(script: str, **environment: str) -> str:
    known = {key: value for key, value in os.environ.items() if key != "PLASTICA_WORKERS"}
    command = [sys.executable, "-c", textwrap.dedent(STUDY) + textwrap.dedent(script)]
    done = subprocess.run(command, env=known | environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_threads_beyond_the_cores_are_not_started_and_change_no_bit() -> None:
    out = _run("""
        one = study(1)
        number, many = most_at_once(lambda: study(64))
        assert many.threads == 64
        for a, b in ((one.populations["cells"].get("V"), many.populations["cells"].get("V")),
                     (one.projections["projection_0"].weights, many.projections["projection_0"].weights)):
            assert a.tobytes() == b.tobytes()
        print(number, len(os.sched_getaffinity(0)))
    """)
    number, cores = map(int, out.split())
    assert number <= cores  # of which one is the watcher: the program's own thread works, too


def test_a_process_that_is_bound_to_one_core_starts_no_thread() -> None:
    out = _run("""
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(most_at_once(lambda: study(64))[0], most_at_once(lambda: study(None))[0])
    """)
    assert out.split() == ["1", "1"]  # the watcher


def test_a_network_follows_when_its_process_is_bound_to_one_core_later() -> None:
    out = _run("""
        net = study(2)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        pid = os.fork()
        if pid == 0:  # the child has no pool of threads yet
            os._exit(most_at_once(lambda: net.run(2000.0))[0])
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """)
    assert out.split() == ["1"]  # the watcher


def test_tests_can_ask_for_more_threads_than_cores() -> None:
    cores = len(os.sched_getaffinity(0))
    out = _run(f"print(most_at_once(lambda: study({cores + 3}))[0])", PLASTICA_WORKERS=str(cores + 3))
    assert int(out) == cores + 3
