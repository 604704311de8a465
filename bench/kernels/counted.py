"""What bench.kernels.instructions runs in valgrind: every loop for three intervals, with and without its surroundings.

Prints one line of JSON for each of these networks: which it is, and the operations of the second and third interval.
"""

import argparse
import importlib
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.kernels.cases import KERNELS, Case, Cases, nothing, parser

import plastica as pl

STEPS = (1000, 500, 1500)  # to warm up, and twice to count: the difference is one period of targets that fire at 10 Hz
NETWORKS = {
    "vogels_abbott, current": ("vogels_abbott", {"n": 1000, "synapses": "current"}),
    "vogels_abbott, conductance": ("vogels_abbott", {"n": 1000, "synapses": "conductance"}),
    "microcircuit, 2 %": ("microcircuit", {"scale": 0.02, "drive": "poisson", "plastic": False}),
}


def network_cases(_: argparse.Namespace) -> Iterator[Case]:
    """Small networks of `bench.networks`: everything that the step does."""
    for name, (module, settings) in NETWORKS.items():
        build = importlib.import_module(f"bench.networks.{module}").build
        loop = partial(build, arguments=argparse.Namespace(**settings), plastic=True)
        yield Case("network", name, "neuron and step", (), nothing, loop)


COUNTED: dict[str, Cases] = {**KERNELS, "networks": network_cases}


def options(description: str | None) -> argparse.ArgumentParser:
    return parser(description, COUNTED, neurons=2048)


def operations(case: Case, net: pl.Network) -> list[float]:
    """Runs the intervals; each is one call of the engine, after which valgrind stores its counters."""
    populations = list(net.populations.values())
    found = []
    for steps in STEPS:
        before = [p.spike_count for p in populations]
        net.engine().run(steps)
        spikes = [float(p.spike_count - n) for p, n in zip(populations, before, strict=True)]
        found.append(case.operations(net, steps, spikes))
    return found[1:]


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--json", type=Path, required=True, help="where the lines go")
    arguments = parser.parse_args()
    with arguments.json.open("w") as file:
        for name in arguments.only:
            for case in COUNTED[name](arguments):
                for complete in (True, False):
                    net = case.build(arguments, complete=complete)
                    if not net.populations:
                        continue
                    counts = operations(case, net)
                    line = {"kernel": case.kernel, "case": case.name, "operation": case.operation, "complete": complete}
                    file.write(json.dumps({**line, "operations": counts}) + "\n")


if __name__ == "__main__":
    main()
