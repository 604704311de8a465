"""How many instructions a run executes, in small networks that take each way through the step.

    python -m bench.networks.instructions [--package FOLDER]

Two lengths of the same run are counted by valgrind and subtracted, so that what is left is the longer run's last part,
whatever the engine's functions are called. The counts are those of SSE2, and do not depend on what else the machine
does: run it before and after a change of the engine.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

NEURONS, SHORT, LONG = 2000, 100.0, 300.0  # ms
NETWORKS = (
    "static",
    "delays",
    "conductances",
    "recorded",
    "table",
    "replay",
    "running",
    "variables",
    "dendritic",
    "small",
)


def build(name: str, length: float) -> None:
    """Makes the network of this name and runs it."""
    import plastica as pl

    rules: dict[str, object] = {
        "table": pl.STDP(learning_rate=0.01, w_max=30.0),
        "replay": pl.STDP(learning_rate=0.01, w_max=30.0, mu_plus=1.0, mu_minus=1.0),
        "running": pl.TripletSTDP(w_max=30.0),
        "variables": pl.CalciumSTDP(w_0=1.0, w_1=20.0, sigma=0.0),
        "dendritic": pl.STDP(learning_rate=0.01, w_max=30.0),
    }
    net = pl.Network(seed=1, threads=1)
    conductances = {"exc": pl.ConductanceExp(tau=5.0), "inh": pl.ConductanceExp(tau=10.0, E_rev=-80.0)}
    receptors = conductances if name == "conductances" else {"exc": pl.CurrentExp(tau=5.0)}
    cells = net.population(NEURONS, pl.LIF(receptors=receptors))
    per_weight = 0.02 if name == "conductances" else 1.0
    net.drive(cells, pl.PoissonInput(rate=9000.0), receptor="exc", weight=60.0 * per_weight)
    if name == "recorded":
        net.record(cells, "spikes")
        net.record(cells, "rate", interval=10.0)
        net.record(cells[:10], "V", interval=1.0)
    net.connect(
        cells,
        cells,
        pl.FixedProbability(0.05),
        receptor="exc",
        weight=pl.Uniform(1.0 * per_weight, 20.0 * per_weight),
        delay=pl.Uniform(1.0, 5.0) if name != "static" else 1.5,
        plasticity=rules.get(name),
        dendritic_fraction=0.5 if name == "dendritic" else 0.0,
    )
    net.engine().run(round(length / net.dt))


def many_small_projections(length: float) -> None:
    """Of each rule some, with a few arrivals in a step: what a projection costs besides its synapses."""
    import plastica as pl

    net = pl.Network(seed=1, threads=1)
    cells = [net.population(40, pl.LIF(receptors={"exc": pl.CurrentExp(tau=5.0)})) for _ in range(5)]
    for population in cells:
        net.drive(population, pl.PoissonInput(rate=9000.0), receptor="exc", weight=60.0)
    rules = (pl.STDP(learning_rate=0.01, w_max=30.0), pl.TripletSTDP(w_max=30.0), pl.InhibitorySTDP(w_max=30.0))
    for i, pre in enumerate(cells):
        for j, post in enumerate(cells):
            if i != j:
                delay, rule = pl.Uniform(1.0, 5.0), rules[(i + j) % 3]
                net.connect(pre, post, pl.FixedProbability(0.2), weight=5.0, delay=delay, plasticity=rule)
    net.engine().run(round(length / net.dt))


def count(name: str, package: str, length: float) -> int:
    """Instructions of a process that makes this network and runs it so long."""
    script = [sys.executable, "-m", "bench.networks.instructions", "--network", name, "--length", str(length)]
    command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", *script]
    settings = os.environ | {"PYTHONPATH": package, "PLASTICA_ISA": "sse2", "PYTHONHASHSEED": "0"}
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=settings).stderr
    found = re.search(r"I\s+refs:\s+([\d,]+)", told)
    assert found is not None, told
    return int(found[1].replace(",", ""))


def main() -> None:
    """Prints millions of instructions by network, of 200 ms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", default=str(Path("python").resolve()), help="folder that holds the package")
    parser.add_argument("--network", choices=NETWORKS, help="make and run this one, uncounted")
    parser.add_argument("--length", type=float, default=LONG, help="for so many ms")
    options = parser.parse_args()
    if options.network:
        many_small_projections(options.length) if options.network == "small" else build(options.network, options.length)
        return
    for name in NETWORKS:
        spent = count(name, options.package, LONG) - count(name, options.package, SHORT)
        print(f"{name:12} {spent / 1e6:8.1f} M", flush=True)


if __name__ == "__main__":
    main()
