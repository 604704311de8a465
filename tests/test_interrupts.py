"""Interrupted at any moment, out of disk, out of memory: the network is as it was before the call, or at a step, and goes on."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

import plastica as pl
from test_robustness import SANITIZED, everything, plastic_network

PRELUDE = """
    import os, random, resource, signal, sys, time
    sys.path[:0] = {path!r}
    import numpy as np
    import plastica as pl
    from test_robustness import everything, plastic_network
"""


def program(body: str, **options: Any) -> list[str]:
    """The lines that a program in a process of its own prints."""
    code = textwrap.dedent(PRELUDE.format(path=[str(Path(__file__).parent)])) + textwrap.dedent(body)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=150, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# ---- signals


@pytest.mark.parametrize("threads", [1, 2])
def test_control_c_at_random_moments_of_runs_stops_them_at_steps(threads: int) -> None:
    """Oracle: a network that was never interrupted; every signal arrives as one KeyboardInterrupt."""
    body = f"""
signal.signal(signal.SIGINT, signal.default_int_handler)
net, other = plastic_network(threads={threads}), plastic_network()
draws = random.Random({threads})
caught = 0
for _ in range(12):
    signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        try:
            signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
            signal.setitimer(signal.ITIMER_REAL, draws.uniform(1e-4, 0.03))
            while True:
                net.run(draws.choice([0.1, 0.7, 30.0, 5000.0]))
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        caught += 1
other.run(net.time)
print(caught, net.time > 0, everything(net) == everything(other))
net.run(50), other.run(50)
print(everything(net) == everything(other))
"""
    assert program(body) == ["12 True True", "True"]


def test_control_c_while_a_network_is_saved_copied_or_rests_leaves_it_as_it_was(tmp_path: Path) -> None:
    """Oracle: a network that nothing was done to; of the file, that it is the one before or the next one, whole.

    Python itself drops a KeyboardInterrupt that arrives in a finalizer, such as that of a ZipFile, and says so.
    """
    body = f"""
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
path = {str(tmp_path / "net.plastica")!r}
net, other = plastic_network(size=600), plastic_network(size=600)
net.run(50), other.run(50)
before = everything(net)
net.save(path)
draws, caught = random.Random(3), 0
dropped = []
sys.unraisablehook = lambda told: dropped.append(told.exc_type)
for i in range(40):
    work = [lambda: net.save(path), net.copy, lambda: pl.load(path)][i % 3]
    started = time.perf_counter()
    work()
    span = time.perf_counter() - started
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, draws.uniform(0.02, 0.98) * span)
            work()
            time.sleep(span)  # the signal may be late: this call may take less time than the last
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        caught += 1
    assert everything(net) == before, i
    assert everything(pl.load(path, threads=1)) == before, i
print(caught + dropped.count(KeyboardInterrupt), os.listdir(os.path.dirname(path)))
net.run(50), other.run(50)
print(everything(net) == everything(other))
"""
    assert program(body) == ["40 ['net.plastica']", "True"]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError, ZeroDivisionError])
def test_whatever_a_callback_raises_arrives_and_the_network_goes_on(threads: int, error: type[BaseException]) -> None:
    """Oracle: an uninterrupted run. The callback changes its mind at random moments, after having read and set."""
    net, other = plastic_network(threads=threads), plastic_network()
    calls = 0

    def sometimes(network: pl.Network) -> None:
        nonlocal calls
        calls += 1
        weights = network.projections["projection_0"]
        weights.weights = weights.weights
        if calls % 7 == 3:
            raise error

    raised = 0
    while net.time < 200:
        try:
            net.run(200 - net.time, callback=sometimes, every=2.5)
        except error:
            raised += 1
    assert raised == calls // 7 + (calls % 7 >= 3) > 8
    for _ in range(80):
        other.run(2.5)
        other.projections["projection_0"].weights = other.projections["projection_0"].weights
    assert everything(net) == everything(other)


# ---- no room on the disk


def test_a_file_that_outgrows_the_disk_is_an_error_and_the_one_before_is_whole(tmp_path: Path) -> None:
    """Oracle: the file before, and a network that was not saved; the room ends at various places of the file."""
    body = f"""
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = {str(tmp_path / "net.plastica")!r}
net, other = plastic_network(size=300, threads=2), plastic_network(size=300, threads=2)
net.run(20), other.run(20)
net.save(path)
whole = open(path, "rb").read()
net.run(30), other.run(30)
for part in (0.0, 0.01, 0.3, 0.9, 0.999):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(part * len(whole)), resource.RLIM_INFINITY))
    try:
        net.save(path)
    except OSError as error:
        print("net.plastica" in str(error), "is whole" in str(error))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert open(path, "rb").read() == whole
    assert os.listdir(os.path.dirname(path)) == ["net.plastica"]
net.save(path)
net.run(20), other.run(20)
print(everything(net) == everything(other))
again = pl.load(path)
again.run(20)
print(everything(again) == everything(net))
"""
    assert program(body) == ["True True"] * 5 + ["True", "True"]


def test_an_open_file_that_outgrows_the_disk_is_an_error_and_the_network_goes_on(tmp_path: Path) -> None:
    """Oracle: a network that was not saved."""
    body = f"""
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
net, other = plastic_network(size=300), plastic_network(size=300)
net.run(20), other.run(20)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
try:
    with open({str(tmp_path / "open")!r}, "wb", buffering=0) as file:
        net.save(file)
except OSError as error:
    print("refused")
net.run(20), other.run(20)
print(everything(net) == everything(other))
"""
    assert program(body) == ["refused", "True"]


# ---- no room in memory

LIMITED = """
def limited(megabytes):
    now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + int(megabytes * 2**20), resource.RLIM_INFINITY))

def unlimited():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
"""


@pytest.mark.skipif(SANITIZED, reason="a sanitizer reserves address space")
@pytest.mark.parametrize("threads", [1, 3])
def test_a_projection_that_does_not_fit_into_memory_is_not_made_at_all(threads: int) -> None:
    """Oracle: a network to which nothing of the kind was said, which goes on alike. Memory ends at various moments."""
    body = f"""
{LIMITED}
net, other = plastic_network(threads={threads}), plastic_network(threads={threads})
large, same = (n.population(3000, pl.LIF(receptors={{"in": pl.CurrentExp()}}), name="large") for n in (net, other))
net.run(20), other.run(20)
options = dict(weight=pl.Uniform(0, 1), delay=pl.Uniform(0.5, 9))
rules = [None, pl.STDP(w_max=1), [pl.TsodyksMarkram(), pl.TripletSTDP(w_max=1)]]
refused = 0
for i, megabytes in enumerate((1, 5, 17, 40, 60, 80, 100, 130)):
    limited(megabytes)
    try:
        net.connect(large, large, pl.AllToAll(), plasticity=rules[i % 3], **options)
    except MemoryError:
        refused += 1
    finally:
        unlimited()
    if len(net.projections) > len(other.projections):  # memory that was given back has sufficed
        other.connect(same, same, pl.AllToAll(), plasticity=rules[i % 3], **options)
    net.run(5), other.run(5)
print(refused > 4, everything(net) == everything(other))
for n, cells in ((net, large), (other, same)):
    n.connect(n.populations["cells"], cells, pl.FixedProbability(0.1), plasticity=rules[2], name="small", **options)
    n.run(20)
print(everything(net) == everything(other))
"""
    assert program(body) == ["True True", "True"]


@pytest.mark.skipif(SANITIZED, reason="a sanitizer reserves address space")
def test_synapses_that_do_not_fit_into_memory_are_not_added_at_all() -> None:
    """Oracle: a network to which nothing was added."""
    body = f"""
{LIMITED}
net, other = plastic_network(size=400), plastic_network(size=400)
net.run(20), other.run(20)
edges = np.repeat(np.arange(400), 2000), np.tile(np.arange(400), 2000)
learning, refused = net.projections["projection_0"], 0
for megabytes in (0.5, 2, 5, 9, 14, 20, 25):
    limited(megabytes)
    try:
        learning.add(*edges, weight=1.0, delay=1.0)
    except MemoryError:
        refused += 1
    finally:
        unlimited()
    assert len(learning) == len(other.projections["projection_0"]), megabytes
    net.run(5), other.run(5)
print(refused, everything(net) == everything(other))
"""
    assert program(body) == ["7 True"]


@pytest.mark.skipif(SANITIZED, reason="a sanitizer reserves address space")
def test_a_copy_or_a_file_that_does_not_fit_into_memory_leaves_the_network_as_it_was(tmp_path: Path) -> None:
    """Oracle: a network that was not copied."""
    body = f"""
{LIMITED}
net, other = plastic_network(size=1500), plastic_network(size=1500)
net.run(20), other.run(20)
path, refused = {str(tmp_path / "net.plastica")!r}, 0
net.save(path)
for megabytes in (0.1, 0.5, 1, 2, 3):
    for work in (net.copy, lambda: pl.load(path)):
        limited(megabytes)
        try:
            work()
        except (MemoryError, pl.CheckpointError):
            refused += 1
        finally:
            unlimited()
print(refused > 2)  # memory that was given back serves some
net.run(20), other.run(20)
print(everything(net) == everything(other))
"""
    assert program(body) == ["True", "True"]
