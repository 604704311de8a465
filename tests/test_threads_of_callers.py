"""One network in two threads of the caller at once: each call works, or is refused by a RuntimeError; nothing else happens."""

from __future__ import annotations

import io
import itertools
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import plastica as pl
from plastica import _native
from test_all_or_nothing import build, bytes_of, switches

pytestmark = pytest.mark.threads

SECONDS = 0.12  # that each pair of calls takes


@pytest.fixture(autouse=True)
def quick_switches() -> Iterator[None]:
    """Threads of Python take turns after almost every line."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def frozen(net: pl.Network) -> None:
    with net.frozen():
        pass


def grown(net: pl.Network, what: str, most: int, add: Callable[[], Any]) -> None:
    """Adds something, while there is not too much of it."""
    if len(getattr(net, what)) < most:
        add()
    else:
        time.sleep(1e-3)


def len_of(net: pl.Network) -> None:
    """A callback that looks at something."""
    assert len(net.populations["cells"]) == 8


CALLS: dict[str, Callable[[pl.Network], Any]] = {
    "run": lambda n: n.run(0.5),
    "run on": lambda n: n.run(2.0, callback=len_of, every=0.5),
    "rest": lambda n: n.rest(seconds=0.1),
    "frozen": frozen,
    "read": lambda n: (n.projections["plastic"].weights, n.populations["cells"].get("V"), str(n)),
    "look": lambda n: n.projections["plastic"].effective_weights,
    "block": lambda n: n.projections["plastic"].get_weights(targets=[3, 4]),
    "recorded": lambda n: n.recorders[0].times,
    "set": lambda n: n.populations["cells"].set(V=-60.0, I_e=301.0),
    "set weights": lambda n: n.projections["plastic"].set_weights(3.0, targets=[3, 4]),
    "set rule": lambda n: n.projections["plastic"].set({"1.learning_rate": 0.1, "u": 0.3}),
    "set drive": lambda n: n.drives["sine"].set(amplitude=2.0, phase=1.0),
    "add": lambda n: n.projections["plastic"].add([2, 3], [3, 4], weight=1.0, delay=1.0),
    "remove": lambda n: n.projections["plastic"].remove(sources=[2, 3]),
    "connect": lambda n: grown(
        n,
        "projections",
        60,
        lambda: n.connect(n.populations["noisy"], n.populations["cells"][2:], pl.AllToAll(), receptor="ampa"),
    ),
    "population": lambda n: grown(n, "populations", 60, lambda: n.population(5, pl.LIF(I_e=pl.Uniform(300, 400)))),
    "drive": lambda n: grown(n, "drives", 40, lambda: n.drive(n.populations["cells"], pl.ConstantCurrent(1.0))),
    "record": lambda n: grown(
        n, "recorders", 40, lambda: n.record(n.populations["cells"], ["V", "ampa.I"], interval=1.0)
    ),
    "clear": lambda n: n.recorders[0].clear(),
    "modify": lambda n: n.modify(n.populations["cells"], {"I_e": 0.9}).remove(),
    "save": lambda n: n.save(io.BytesIO()),
    "copy": lambda n: n.copy(),
}
OTHERS = [name for name in CALLS if name not in ("run", "run on")]
PAIRS = [("run", other) for other in ["run on", *OTHERS]]
PAIRS += [pair for i, pair in enumerate(itertools.combinations(OTHERS, 2)) if i % 9 == 4]


def together(net: pl.Network, names: tuple[str, str]) -> tuple[dict[str, int], list[BaseException]]:
    """How often each call went through while two threads made one each, again and again; and errors but refusals."""
    done = dict.fromkeys(names, 0)
    errors: list[BaseException] = []
    stop = time.monotonic() + SECONDS

    def repeat(name: str) -> None:
        attempts = 0
        while attempts < 20 or time.monotonic() < stop:
            attempts += 1
            try:
                CALLS[name](net)
                done[name] += 1
            except RuntimeError as error:
                if "another thread" not in str(error):
                    errors.append(error)
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=repeat, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done, errors


@pytest.mark.parametrize("names", PAIRS, ids=" and ".join)
def test_two_threads_get_what_they_ask_for_or_a_runtime_error(names: tuple[str, str]) -> None:
    """Oracle: no other error, no crash; the network can be saved, loaded and gone on with, to the bits of its copy."""
    net = build()
    net.run(5)
    done, errors = together(net, names)
    assert not errors
    assert sum(done.values()) > 0
    if "frozen" not in names:
        net.populations["cells"].restore()
    saved = bytes_of(net)
    again = pl.load(io.BytesIO(saved), threads=1)
    assert bytes_of(again) == saved
    net.run(3), again.run(3)
    assert bytes_of(again) == bytes_of(net)


def test_the_engine_itself_refuses_a_thread_that_comes_while_another_one_is_inside() -> None:
    """Oracle: the same run without an intruder. The native network is asked directly; time can be read, and rises."""
    net, other = build(), build()
    core = net.engine()
    running, over = threading.Event(), threading.Event()

    def work() -> None:
        running.set()
        try:
            for _ in range(20):
                with suppress(RuntimeError):  # the intruder may be inside, between two of these runs
                    core.run(2000)
        finally:
            over.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert running.wait(60)
    refusals: list[str] = []
    times = [0.0]
    while not over.is_set():
        times.append(net.time)
        for call in (
            lambda: core.weights(0),
            lambda: core.run(1),
            lambda: core.save(),
            lambda: core.add_modulator(1, 0),
        ):
            try:
                if net.time < 3000:
                    call()
            except RuntimeError as error:
                refusals.append(str(error))
    worker.join()
    assert refusals
    assert all("another thread" in text for text in refusals)
    assert times == sorted(times)
    assert len(net.modulators) == len(other.modulators)


def test_whoever_holds_a_network_may_go_on_with_it_and_nobody_else() -> None:
    """Oracle: what each of two threads gets, before, while and after one of them holds the network."""
    core = _native.Core(0.1, 1, 1, "single")
    answers: list[str] = []

    def ask() -> None:
        try:
            core.add_modulator(1.0, 0.0)
            answers.append("done")
        except RuntimeError as error:
            answers.append(str(error))

    def elsewhere() -> None:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()

    def hold(depth: int) -> int:
        elsewhere()
        ask()
        return depth if depth == 3 else core.claim("edit", lambda: hold(depth + 1))

    assert core.claim("edit", lambda: hold(1)) == 3
    elsewhere()
    with pytest.raises(ZeroDivisionError):
        core.claim("edit", lambda: 1 / 0)
    elsewhere()
    refusal = (
        "this network is in use by another thread, for edit; wait until that is over, or give each thread a network"
    )
    assert [a.startswith(refusal) for a in answers] == [True, False] * 3 + [False, False]
    assert answers.count("done") == 5


def test_time_passes_in_one_run_at_a_time_and_the_refusal_says_what_a_callback_can_do() -> None:
    """Oracle: the refusals of run and rest, of each within each; everything else works in a callback."""
    net = build()
    refused: list[str] = []

    def again(network: pl.Network) -> None:
        for call in (lambda: network.run(1), lambda: network.rest(seconds=1)):
            with pytest.raises(RuntimeError, match="already running: a callback can read and set anything") as caught:
                call()
            refused.append(str(caught.value))
        network.population(2, pl.LIF())
        network.projections["plastic"].weights = np.arange(len(network.projections["plastic"]))
        with network.frozen():
            network.save(io.BytesIO())

    before = switches(net)
    net.run(1, callback=again, every=0.5)
    assert len(refused) == 4
    assert net.time == 1.0
    assert switches(net)[:2] == before[:2]
    net.run(1)
