"""How fast networks are saved and loaded, and how large their files are.

python -m bench.checkpoints [--synapses N] [--parts N] [--threads N] [--folder DIR]

Beside each the memory that its synapses take; and what the disk and the checksum alone take for as many bytes.
Last, a network of many small parts.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

import plastica as pl

REPEATS = 3


def build(rule: object, synapses: int, degree: int, threads: int, delay: object) -> pl.Network:
    """Neurons that fire, with so many synapses each."""
    net = pl.Network(seed=1, threads=threads)
    cells = net.population(synapses // degree, pl.LIF(receptors={"r": pl.CurrentExp(tau=5.0)}))
    net.drive(cells, pl.PoissonInput(rate=3000.0), weight=60.0)
    net.connect(cells, cells, pl.FixedInDegree(degree), weight=pl.Uniform(0.1, 0.9), delay=delay, plasticity=rule)
    net.run(100.0)
    return net


def build_many(parts: int, threads: int) -> pl.Network:
    """So many small populations, each with a projection and a recorder."""
    net = pl.Network(seed=1, threads=threads)
    model = pl.LIF(receptors={"r": pl.CurrentExp(tau=5.0)})
    cells = [net.population(3, model) for _ in range(parts)]
    for index, pre in enumerate(cells):
        rule = pl.STDP() if index % 2 else None
        net.connect(pre, cells[index - 1], pl.AllToAll(), weight=0.5, delay=1.0, plasticity=rule)
        net.record(pre, "spikes")
    return net


def seconds(action: Callable[[], object]) -> float:
    """Median of some repetitions."""
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        action()
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def write_only(path: Path, data: bytes) -> None:
    """What the disk alone does."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--synapses", type=int, default=20_000_000)
    parser.add_argument("--parts", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    cases = {
        "static": (None, 1000, 1.5),
        "static, various delays": (None, 1000, pl.Uniform(0.5, 5.0)),
        "static, short rows": (None, 20, 1.5),
        "STDP": (pl.STDP(), 1000, 1.5),
        "TsodyksMarkram, TripletSTDP": ([pl.TsodyksMarkram(), pl.TripletSTDP()], 1000, 1.5),
    }
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = Path(folder) / "net.plastica"
        data = os.urandom(1 << 20) * 100
        disk = len(data) / seconds(lambda: write_only(path, data)) / 1e6
        check = len(data) / seconds(lambda: zlib.crc32(data)) / 1e6
        print(f"{options.threads} threads; writing alone {disk:.0f} MB/s, checksum alone {check:.0f} MB/s")
        print(f"{'':<30}{'memory':>10}{'file':>10}{'ratio':>8}{'save':>12}{'load':>12}")
        for name, (rule, degree, delay) in cases.items():
            net = build(rule, options.synapses, degree, options.threads, delay)
            memory = sum(projection.nbytes for projection in net.projections.values())
            save = seconds(lambda net=net: net.save(path))
            size = path.stat().st_size
            load = seconds(lambda: pl.load(path, threads=options.threads))
            row = f"{name:<30}{memory / 1e6:>7.0f} MB{size / 1e6:>7.0f} MB{size / memory:>8.2f}"
            print(f"{row}{size / save / 1e6:>7.0f} MB/s{size / load / 1e6:>7.0f} MB/s", flush=True)
        net = build_many(options.parts, options.threads)
        save = seconds(lambda: net.save(path))
        load = seconds(lambda: pl.load(path, threads=options.threads))
        print(f"{options.parts} populations, projections and recorders: save {save:.2f} s, load {load:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"largest memory of the process: {peak:.2f} GB, NumPy {np.__version__}")


if __name__ == "__main__":
    main()
