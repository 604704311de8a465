"""Networks with a recording on disk, and what worker processes do with them: they find it by this module's name."""

from __future__ import annotations

import io
import pickle
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import plastica as pl

ON_DISK, IN_MEMORY = 0, 1  # numbers of the two recorders of a network; the second is the oracle of the first


def network(folder: Path | None, *, rate: float = 100.0, seed: int = 5) -> pl.Network:
    """A source whose spikes are recorded twice: to a folder, and in memory."""
    net = pl.Network(dt=1.0, threads=1, seed=seed)
    source = net.population(20, pl.PoissonSource(rate), name="source")
    net.record(source, "spikes", to=folder)
    net.record(source, "spikes")
    return net


slow_network = partial(network, rate=15.0)


def spikes_of(recorder: Any) -> list[tuple[float, int]]:
    return list(zip(recorder.times.tolist(), recorder.ids.tolist(), strict=True))


def is_whole(net: pl.Network) -> bool:
    return spikes_of(net.recorders[ON_DISK]) == spikes_of(net.recorders[IN_MEMORY])


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


def saved(net: pl.Network) -> bytes:
    file = io.BytesIO()
    net.save(file)
    return file.getvalue()


def loaded(data: bytes) -> pl.Network:
    return pl.load(io.BytesIO(data), threads=1)


def use(net: pl.Network) -> None:
    """Whatever a network may do with its recording."""
    net.populations["source"].set(rate=300.0)
    for _ in range(5):
        net.run(40.0)
        net.recorders[ON_DISK].flush()
    net.run(1.0)


_kept: list[pl.Network] = []


def record_in_a_worker(folder: Path) -> None:
    """Its network lives until the process ends."""
    net = slow_network(folder)
    net.run(700.0)
    net.run(20.0)
    _kept.append(net)


def work_of_a_child(net: pl.Network) -> bytes:
    """Whether both recorders of a network that came by pickle agree after more use, and its time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        use(net)
    return pickle.dumps((is_whole(net), net.time))
