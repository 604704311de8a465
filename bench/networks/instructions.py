"""How many instructions the step executes, in small networks that take each way through it.

    python -m bench.networks.instructions [--package FOLDER]

Needs valgrind, and a native module with its symbols. The counts are those of SSE2, and do not depend on what else the
machine does: run it before and after a change of the engine.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

NEURONS, STEPS_MS = 2000, 200.0
NETWORKS = ("static", "delays", "table", "replay", "running", "dendritic")


def build(name: str) -> None:
    """Makes the network of this name and runs it."""
    import plastica as pl

    rules: dict[str, object] = {
        "table": pl.STDP(learning_rate=0.01, w_max=30.0),
        "replay": pl.STDP(learning_rate=0.01, w_max=30.0, mu_plus=1.0, mu_minus=1.0),
        "running": pl.TripletSTDP(w_max=30.0),
        "dendritic": pl.STDP(learning_rate=0.01, w_max=30.0),
    }
    net = pl.Network(seed=1, threads=1)
    cells = net.population(NEURONS, pl.LIF(receptors={"exc": pl.CurrentExp(tau=5.0)}))
    net.drive(cells, pl.PoissonInput(rate=9000.0), receptor="exc", weight=60.0)
    net.connect(
        cells,
        cells,
        pl.FixedProbability(0.05),
        receptor="exc",
        weight=pl.Uniform(1.0, 20.0),
        delay=pl.Uniform(1.0, 5.0) if name != "static" else 1.5,
        plasticity=rules.get(name),
        dendritic_fraction=0.5 if name == "dendritic" else 0.0,
    )
    net.run(STEPS_MS, progress=False)


def count(name: str, package: str, function: str) -> int:
    """Instructions of everything that a run does, outside of Python."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--toggle-collect={function}",
            f"--callgrind-out-file={folder}/out",
        ]
        script = [sys.executable, "-m", "bench.networks.instructions", "--network", name]
        settings = os.environ | {"PYTHONPATH": package, "PLASTICA_ISA": "sse2"}
        told = subprocess.run([*command, *script], check=True, capture_output=True, text=True, env=settings).stderr
    found = re.search(r"Collected : (\d+)", told)
    assert found is not None, told
    return int(found[1])


def main() -> None:
    """Prints millions of instructions by network."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", default=str(Path("python").resolve()), help="folder that holds the package")
    parser.add_argument("--function", default="*plastica::run<float>(*", help="what runs, as callgrind names it")
    parser.add_argument("--network", choices=NETWORKS, help="make and run this one, uncounted")
    options = parser.parse_args()
    if options.network:
        build(options.network)
        return
    for name in NETWORKS:
        print(f"{name:10} {count(name, options.package, options.function) / 1e6:8.1f} M", flush=True)


if __name__ == "__main__":
    main()
