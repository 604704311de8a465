"""The machine's own limits: memory stream, random reads and arithmetic, measured beside every benchmark.

    python -m bench.machine --threads 2

All in as many threads as the benchmark has. `read` takes the maximum of 256 MiB, `copy` copies them (what it reads and
what it writes counts). `random_read` gathers from 1 GiB, one value per line of 64 bytes, in random order: the reads do
not depend on each other, so that several are under way at once; it is the time of one read of one thread. Arithmetic:
single-precision matrix products of BLAS, which do little else than fused multiplications and additions.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import numpy as np

ELEMENTS = 2**25  # 256 MiB of doubles: more than the share of the last-level cache that one process gets
SCATTERED = 2**27  # 1 GiB of doubles: more than any cache, and than the pages that are remembered
READS = 2**20  # random reads of each thread
LINE = 8  # doubles


def processor() -> str:
    """The processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def best_of(function, repeats: int = 4) -> float:
    """Seconds of the fastest call."""
    seconds = []
    for _ in range(repeats):
        start = perf_counter()
        function()
        seconds.append(perf_counter() - start)
    return min(seconds)


def stream(threads: int) -> tuple[float, float]:
    """Read and copy bandwidth in GB/s."""
    share = ELEMENTS // threads
    sources = [np.ones(share) for _ in range(threads)]
    targets = [np.zeros(share) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        read = best_of(lambda: list(pool.map(np.max, sources)))
        copy = best_of(lambda: list(pool.map(np.copyto, targets, sources)))
    total = 8e-9 * share * threads
    return total / read, 2 * total / copy


def random_read(threads: int) -> float:
    """Nanoseconds of one random read of one thread."""
    rng = np.random.default_rng(1)
    table = np.ones(SCATTERED)
    places = [LINE * rng.integers(0, SCATTERED // LINE, READS) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        return 1e9 / READS * best_of(lambda: list(pool.map(table.take, places)))


def arithmetic() -> float:
    """Single-precision operations per second, in units of 1e9, in as many threads as BLAS was given."""
    n = 1024
    a = np.random.default_rng(1).random((n, n), dtype=np.float32)
    b, c = a.copy(), np.empty_like(a)
    np.matmul(a, b, out=c)
    return 2e-9 * n**3 / best_of(lambda: np.matmul(a, b, out=c))


def measure(threads: int = 1) -> dict:
    """The limits of this machine for a number of threads; takes a few seconds, in a process of its own."""
    variables = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(variables, str(threads))}
    command = [sys.executable, "-m", "bench.machine", "--threads", str(threads), "--json"]
    root = Path(__file__).parents[1]
    answer = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=True)
    return json.loads(answer.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures memory and arithmetic of this machine.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON; BLAS then uses the threads it was given")
    arguments = parser.parse_args()
    if not arguments.json:
        for name, value in measure(arguments.threads).items():
            print(f"{name:16} {value:.1f}" if isinstance(value, float) else f"{name:16} {value}")
        return
    read, copy = stream(arguments.threads)
    limits = {
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": arguments.threads,
        "load": round(os.getloadavg()[0], 2),
        "read_gb_s": round(read, 2),
        "copy_gb_s": round(copy, 2),
        "random_read_ns": round(random_read(arguments.threads), 2),
        "gflop_s": round(arithmetic(), 1),
    }
    print(json.dumps(limits))


if __name__ == "__main__":
    main()
