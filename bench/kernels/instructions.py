"""Instructions of each loop of the engine per operation, counted by valgrind; they do not depend on what else runs.

    python -m bench.kernels.instructions
    PLASTICA_ISA=baseline python -m bench.kernels.instructions --only rules networks

Two lengths of the same run are counted and subtracted, and so is what the loop's surroundings execute: the sources and
targets of synapses. `networks` are small ones as a whole. valgrind knows AVX2 but not AVX-512: counts are those of AVX2
unless PLASTICA_ISA says otherwise. The native module needs its symbols.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.kernels.counted import STEPS, options


def count(arguments: argparse.Namespace, scratch: Path) -> list[dict]:
    """Runs all loops in valgrind: a line of `counted` each, with the instructions of both intervals."""
    real = "double" if arguments.precision == "double" else "float"
    lines = scratch / "lines.json"
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={scratch / 'counts'}", "--collect-atstart=no"]
    command += [f"--toggle-collect=*plastica::run<{real}>(*", f"--dump-after=*plastica::run<{real}>(*"]
    command += [sys.executable, "-m", "bench.kernels.counted", "--json", str(lines), "--only", *arguments.only]
    command += ["--neurons", str(arguments.neurons), "--rate", str(arguments.rate), "--precision", arguments.precision]
    done = subprocess.run(command, env={"PLASTICA_ISA": "avx2", **os.environ}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    found = [json.loads(line) for line in lines.read_text().splitlines()]
    dumps = [scratch / f"counts.{number + 1}" for number in range(len(found) * len(STEPS))]
    if not all(dump.exists() for dump in dumps):
        sys.exit("no instructions were counted: is the native module stripped of its symbols?")
    totals = [int(re.search(r"^totals: (\d+)", dump.read_text(), re.MULTILINE)[1]) for dump in dumps]
    for i, line in enumerate(found):
        line["instructions"] = totals[i * len(STEPS) + 1 : (i + 1) * len(STEPS)]
    return found


def per_operation(lines: list[dict]) -> list[dict]:
    """Instructions of one operation of each loop, those of its surroundings taken off."""
    costs: dict[tuple[str, str], dict] = {}
    for line in lines:
        key = line["kernel"], line["case"]
        more = line["instructions"][1] - line["instructions"][0]
        if line["complete"]:
            operations = line["operations"][1] - line["operations"][0]
            costs[key] = {"kernel": key[0], "case": key[1], "operation": line["operation"], "operations": operations}
            costs[key]["instructions"] = more / operations
        else:
            costs[key]["instructions"] -= more / costs[key]["operations"]
    return list(costs.values())


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--json", type=Path, metavar="PATH", help="also write the result as JSON")
    arguments = parser.parse_args()
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is not installed")
    with tempfile.TemporaryDirectory(prefix="plastica-instructions-") as scratch:
        costs = per_operation(count(arguments, Path(scratch)))
    for cost in costs:
        per = f"{cost['instructions']:9.2f} instructions per {cost['operation']}"
        print(f"{cost['kernel']:16} {cost['case']:42} {per}")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        settings = {k: v for k, v in vars(arguments).items() if isinstance(v, int | float | str)}
        settings["isa"] = os.environ.get("PLASTICA_ISA", "avx2")
        arguments.json.write_text(json.dumps({"settings": settings, "costs": costs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
