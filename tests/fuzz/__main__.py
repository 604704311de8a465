"""``python -m tests.fuzz --cases N --seed S``: many cases in processes of their own, which may die.

Prints each case that broke a promise with the command that repeats it, and how many there were of each kind.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz import bases, cases

MEMORY = 4 << 30
SANITIZED = "PLASTICA_SANITIZER" in os.environ
PATIENCE = 120.0 if SANITIZED else 20.0  # seconds of one case


def work(arguments: argparse.Namespace) -> None:
    """Within a process of its own: tries cases, one after the other, and writes what became of each."""
    if not SANITIZED:  # whose shadow memory takes terabytes of addresses
        resource.setrlimit(resource.RLIMIT_AS, (arguments.memory, arguments.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    files = bases.read(arguments.files)
    saved_again: dict[str, bytes] = {}

    def original(name: str) -> bytes:
        if name not in saved_again:
            saved_again[name] = bases.again(files[name])
        return saved_again[name]

    for number in range(arguments.first, arguments.first + arguments.cases):
        _tell({"case": number})
        kind, name, data = cases.made(files, arguments.seed, number)
        if arguments.keep:
            arguments.keep.write_bytes(data)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        told: dict[str, object] = {"kind": kind, "name": name}
        try:
            told["outcome"] = cases.tried(data, kind, lambda name=name: original(name), cases.threads_of(number, kind))
        except Exception as error:
            told["outcome"] = f"broken: {type(error).__name__}"
            told["broken"] = "".join(traceback.format_exception(error, limit=-6))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        if grown > 500_000 and "broken" not in told:
            told |= {"outcome": "broken: memory", "broken": f"it took {grown / 1024:.0f} MiB"}
        _tell(told)


def _tell(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Worker:
    """A process and what it has told."""

    def __init__(self, arguments: argparse.Namespace, folder: Path, first: int, count: int) -> None:
        self.count, self.first = count, first
        self.out = tempfile.NamedTemporaryFile("w+", dir=folder, suffix=".out", delete=False)  # noqa: SIM115
        self.errors = tempfile.NamedTemporaryFile("w+", dir=folder, suffix=".err", delete=False)  # noqa: SIM115
        command = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz", "--work", "--files", str(folder)]
        command += ["--first", str(first), "--cases", str(count), "--seed", str(arguments.seed)]
        command += ["--memory", str(arguments.memory)]
        self.process = subprocess.Popen(command, stdout=self.out, stderr=self.errors)
        self.size, self.since = 0, time.monotonic()

    def hangs(self) -> bool:
        """Whether it has said nothing for too long."""
        size = Path(self.out.name).stat().st_size
        if size != self.size:
            self.size, self.since = size, time.monotonic()
        return time.monotonic() - self.since > PATIENCE

    def told(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in Path(self.out.name).read_text().splitlines()]

    def forget(self) -> None:
        for file in (self.out, self.errors):
            file.close()
            Path(file.name).unlink()


def run(arguments: argparse.Namespace, folder: Path) -> bool:
    """All cases. True if no promise was broken."""
    bases.write(folder)
    waiting = [
        (first, min(arguments.batch, arguments.first + arguments.cases - first))
        for first in range(arguments.first, arguments.first + arguments.cases, arguments.batch)
    ]
    workers: list[Worker] = []
    outcomes: Counter[tuple[str, str]] = Counter()
    broken = 0
    start = time.monotonic()
    while waiting or workers:
        while waiting and len(workers) < arguments.processes and time.monotonic() - start < arguments.seconds:
            workers.append(Worker(arguments, folder, *waiting.pop(0)))
        if not workers:
            break
        time.sleep(0.05)
        for worker in list(workers):
            hangs = worker.process.poll() is None and worker.hangs()
            if worker.process.poll() is None and not hangs:
                continue
            if hangs:
                worker.process.kill()
                worker.process.wait()
            workers.remove(worker)
            told = worker.told()
            case = worker.first
            for entry in told:
                if "case" in entry:
                    case = int(str(entry["case"]))
                    continue
                outcomes[str(entry["kind"]), str(entry["outcome"])] += 1
                if "broken" in entry:
                    broken += 1
                    _report(arguments, case, str(entry["name"]), str(entry["outcome"]), str(entry["broken"]))
            if worker.process.returncode != 0:
                broken += 1
                why = "hangs" if hangs else f"died with {worker.process.returncode}"
                outcomes["?", why] += 1
                _report(arguments, case, "?", why, Path(worker.errors.name).read_text()[-6000:])
                left = worker.first + worker.count - case - 1
                if left:
                    waiting.insert(0, (case + 1, left))
            worker.forget()
    print(f"{sum(outcomes.values())} cases with seed {arguments.seed} in {time.monotonic() - start:.0f} s")
    for (kind, outcome), count in sorted(outcomes.items()):
        print(f"  {kind:6} {outcome:40} {count:7}")
    return broken == 0


def _report(arguments: argparse.Namespace, case: int, name: str, outcome: str, why: str) -> None:
    print(f"---- case {case} ({name}): {outcome}")
    print(f"     python -m tests.fuzz --first {case} --cases 1 --seed {arguments.seed}")
    print(why.rstrip(), flush=True)


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--batch", type=int, default=500, help="cases of one process")
    parser.add_argument("--memory", type=int, default=MEMORY, help="bytes of addresses that a process may have")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="when to start no more processes")
    parser.add_argument("--files", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--keep", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return 0 if run(arguments, Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
