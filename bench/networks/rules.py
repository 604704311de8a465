"""W3 with every rule between excitatory neurons, beside the same network with static synapses, in turns.

    python -m bench.networks.rules
    python -m bench.networks.rules --only Triplet Calcium --json bench/results/rules-1.json

Printed for each: real-time factor, its ratio to that of the static network just before and after, nanoseconds that a
plastic event costs beyond a static one, bytes per plastic synapse, and the rate of the excitatory neurons, which should
stay near that of the static network: a ratio at another rate compares nothing.
"""

import argparse
import json
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

from bench import machine
from bench.networks.brunel_stdp import connected
from bench.networks.parameters import BRUNEL as P
from bench.rules import Make, rules

import plastica as pl


class Timing(NamedTuple):
    """One network, timed."""

    rule: str
    real_time_factor: float
    ratio: float
    nanoseconds: float  # of a plastic event beyond a static one
    bytes: float  # per plastic synapse
    rate: float  # of excitatory neurons, Hz


def network(arguments: argparse.Namespace, make: Make | None) -> tuple[pl.Network, pl.Projection, pl.View]:
    """The network of `brunel_stdp`, with rules made by `make`; None: static."""
    net = pl.Network(threads=arguments.threads, seed=arguments.seed, precision=arguments.precision)
    E, _, learning = connected(net, None if make is None else make(net))
    # Static synapses have weights of their own, too, as those that have learned.
    learning.weights = learning.weights
    return net, learning, E


def seconds_of(arguments: argparse.Namespace, make: Make | None) -> tuple[float, float, float, float]:
    """Real-time factor, rate of excitatory neurons, plastic events per second of biology, bytes per plastic synapse."""
    net, learning, E = network(arguments, make)
    net.run(arguments.warm_up * 1e3, progress=False)
    spikes = net.record(E, "spikes")
    took = []
    for _ in range(arguments.repeats):
        started = perf_counter()
        net.run(arguments.seconds * 1e3, progress=False)
        took.append(perf_counter() - started)
    span = arguments.repeats * arguments.seconds
    rate = spikes.count / len(E) / span
    events = spikes.count / span * len(learning) / len(E)
    return median(took) / arguments.seconds, rate, events, learning.nbytes / len(learning)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--precision", choices=("single", "double"), default="single")
    options.add_argument("--seconds", type=float, default=0.1, help="of biology, per interval")
    options.add_argument("--warm-up", type=float, default=0.2)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--only", nargs="+", default=[], help="rules whose name contains one of these")
    options.add_argument("--json", type=Path, metavar="PATH")
    arguments = options.parse_args()
    print(f"{'rule':32} {'RTF':>7} {'ratio':>6} {'ns':>6} {'bytes':>6} {'Hz':>6}")
    before = seconds_of(arguments, None)
    timings = [Timing("static", before[0], 1.0, 0.0, before[3], before[1])]
    for name, make in rules(P.w_excitatory, P.w_max):
        if arguments.only and not any(part in name for part in arguments.only):
            continue
        factor, rate, events, size = seconds_of(arguments, make)
        after = seconds_of(arguments, None)
        static = (before[0] + after[0]) / 2
        before = after
        timings.append(Timing(name, factor, factor / static, (factor - static) / events * 1e9, size, rate))
        t = timings[-1]
        print(
            f"{name:32} {t.real_time_factor:7.3f} {t.ratio:6.2f} {t.nanoseconds:6.1f} {t.bytes:6.1f} {t.rate:6.1f}",
            flush=True,
        )
    if arguments.json:
        settings = {k: v for k, v in vars(arguments).items() if isinstance(v, int | float | str)}
        result = {
            "settings": settings,
            "machine": machine.measure(arguments.threads),
            "rules": [t._asdict() for t in timings],
        }
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
