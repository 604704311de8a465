"""Milliseconds of a structural update that changes 0.1 % of ten million synapses.

python -m bench.structure [--synapses N] [--threads N]

10,000 neurons with 1,000 synapses each, `STDP`, random delays. Of every four neurons one loses an axonal element that
is bound, one loses two dendritic ones, and two offer one: some 6,500 synapses break and 5,000 form. The first update,
in which rows get room to grow, is apart.
"""

import argparse
import statistics
import time

import numpy as np

import plastica as pl

NEURONS = 10_000
UPDATES = 7


def build(synapses: int, threads: int) -> tuple[pl.Network, pl.Projection, pl.Rewiring]:
    """A network whose elements stand still unless they are set."""
    net = pl.Network(seed=1, threads=threads)
    cells = net.population(NEURONS, pl.LIF(receptors={"r": pl.CurrentExp(tau=5.0)}))
    grown = net.connect(
        cells, cells, pl.FixedInDegree(synapses // NEURONS), weight=0.5, delay=pl.Uniform(1, 5), plasticity=pl.STDP()
    )
    still = pl.SynapticElements(nu=0.0)
    law = pl.StructuralPlasticity(axonal=still, dendritic=still, weight=0.5, delay=2.0, autapses=True, interval=1.0)
    return net, grown, net.control(grown, law)


def update(net: pl.Network, rewiring: pl.Rewiring) -> dict[str, float]:
    """Milliseconds by phase."""
    which = np.arange(NEURONS) % 4
    axonal = np.select([which == 0, which == 2], [-1.0, 1.0], 0.0)
    dendritic = np.select([which == 1, which == 3], [-2.0, 1.0], 0.0)
    rewiring.set({"axonal.z": rewiring.get("axonal.bound") + axonal + 0.5})
    rewiring.set({"dendritic.z": rewiring.get("dendritic.bound") + dendritic + 0.5})
    before = rewiring.created, rewiring.removed
    net.run(1.0)
    changes = {"created": rewiring.created - before[0], "removed": rewiring.removed - before[1]}
    return {phase: 1e3 * seconds for phase, seconds in rewiring.timings.items()} | changes


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--synapses", type=int, default=10_000_000)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    started = time.perf_counter()
    net, grown, rewiring = build(options.synapses, options.threads)
    net.run(1.1)
    print(f"{len(grown):,} synapses, {options.threads} threads, built in {time.perf_counter() - started:.1f} s")
    rows = [update(net, rewiring) for _ in range(1 + UPDATES)]
    first, later = rows[0], {phase: statistics.median(row[phase] for row in rows[1:]) for phase in rows[0]}
    print(f"{'':>8}" + "".join(f"{column:>10}" for column in first) + f"{'sum (ms)':>10}")
    for name, row in (("first", first), ("median", later)):
        total = sum(row[phase] for phase in rewiring.timings)
        print(f"{name:>8}" + "".join(f"{value:10.1f}" for value in (*row.values(), total)))


if __name__ == "__main__":
    main()
