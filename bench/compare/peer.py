"""What the scripts that run a peer share: options, and the line of JSON they print."""

import argparse
import json
from pathlib import Path

from bench.activity import activity


def options(description: str | None) -> argparse.ArgumentParser:
    """The options of a peer's script."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("workload", help="a name of bench.compare.workloads")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0, help="biological time that is measured")
    parser.add_argument("--warm-up", type=float, default=0.2, help="biological time before it")
    parser.add_argument("--scale", type=float, default=1.0, help="of the microcircuit and hpc")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, required=True, help="where the result goes")
    return parser


def write(arguments: argparse.Namespace, trains: dict[str, tuple], **measured: object) -> None:
    """Stores a result. `trains` has (size, times, ids) by group; `measured` what bench.compare.run expects."""
    groups = {name: activity(size, times, ids, arguments.seconds) for name, (size, times, ids) in trains.items()}
    result = {
        "workload": arguments.workload,
        "threads": arguments.threads,
        "bio_s": arguments.seconds,
        "rtf": measured["wall_s"] / arguments.seconds,
        "activity": groups,
        **measured,
    }
    arguments.json.write_text(json.dumps(result, indent=1) + "\n")
