"""Each loop of the engine alone, through the public API: nanoseconds per operation.

    python -m bench.kernels.run
    python -m bench.kernels.run --only update rules --precision double

Times are those of some phases of the step, from the engine's own clock: medians of many intervals that are shorter than
a time slice, so that a busy machine disturbs only some of them.
"""

import argparse
import json
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import machine
from bench.kernels.cases import KERNELS, Case, parser

import plastica as pl


class Cost(NamedTuple):
    """Nanoseconds of one operation."""

    kernel: str
    case: str
    nanoseconds: float
    operation: str


def typical(net: pl.Network, phases: tuple[str, ...], arguments: argparse.Namespace) -> tuple[float, list[float]]:
    """Seconds of some phases in a typical interval, and the mean number of spikes of each population in an interval."""
    populations = list(net.populations.values())
    net.run(arguments.warm_up, progress=False)
    before = [p.spike_count for p in populations]
    seconds = []
    for _ in range(arguments.intervals):
        net.profiling = True
        net.run(arguments.interval, progress=False)
        seconds.append(sum(net.timings[phase] for phase in phases))
    spikes = [(p.spike_count - n) / arguments.intervals for p, n in zip(populations, before, strict=True)]
    return median(seconds), spikes


def measure(case: Case, arguments: argparse.Namespace) -> Cost:
    """The cost of one loop."""
    net = case.build(arguments)
    seconds, spikes = typical(net, case.phases, arguments)
    if case.surroundings_in_phases:
        seconds -= typical(case.build(arguments, complete=False), case.phases, arguments)[0]
    operations = case.operations(net, arguments.interval / net.dt, spikes)
    operation = f"{case.operation} ({spikes[1] / spikes[0]:.2f} post)" if case.kernel == "rule" else case.operation
    return Cost(case.kernel, case.name, seconds / operations * 1e9, operation)


def main() -> None:
    options = parser(__doc__, KERNELS, neurons=4096)
    options.add_argument("--interval", type=float, default=5.0, help="biological time of an interval in ms")
    options.add_argument("--intervals", type=int, default=60)
    options.add_argument("--warm-up", type=float, default=100.0, help="biological time before the first, in ms")
    options.add_argument("--json", type=Path, metavar="PATH", help="also write the result as JSON")
    arguments = options.parse_args()
    costs = []
    for name in arguments.only:
        for case in KERNELS[name](arguments):
            cost = measure(case, arguments)
            costs.append(cost)
            print(f"{cost.kernel:16} {cost.case:42} {cost.nanoseconds:9.3f} ns per {cost.operation}", flush=True)
    if arguments.json:
        settings = {k: v for k, v in vars(arguments).items() if isinstance(v, int | float | str)}
        result = {"settings": settings, "machine": machine.measure(1), "costs": [cost._asdict() for cost in costs]}
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
