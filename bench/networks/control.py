"""What controllers cost: W2 with synaptic scaling and intrinsic excitability of its excitatory neurons, every 100 ms.

python -m bench.networks.control

The networks run in turns, 100 ms of biology at a time, so that other loads of the machine meet them all; of each, the
tenth percentile of its processor time is compared with that of the network without controllers.
"""

import argparse
from time import process_time

import numpy as np
from bench import report
from bench.networks.vogels2011 import build

import plastica as pl

TARGET = 5.0  # Hz
LAWS = {
    "scaling": pl.SynapticScaling("excitation", target_rate=TARGET),
    "intrinsic": pl.IntrinsicExcitability("V_th", target_rate=TARGET, eta=1e-3),
}
ARMS = {"none": (), "scaling": ("scaling",), "intrinsic": ("intrinsic",), "both": ("scaling", "intrinsic")}


def made(arguments: argparse.Namespace, laws: tuple[str, ...]) -> pl.Network:
    """W2 with some controllers, warmed up."""
    net = pl.Network(0.1, seed=arguments.seed, threads=arguments.threads, precision=arguments.precision)
    excitatory = build(net, arguments, True)["E"]
    for law in laws:
        net.control(excitatory, LAWS[law])
    net.run(1e3 * arguments.warm_up)
    return net


def main() -> None:
    options = report.parser(__doc__, seconds=0.1, warm_up=2.0)
    options.set_defaults(repeats=100)
    arguments = options.parse_args()
    nets = {arm: made(arguments, laws) for arm, laws in ARMS.items()}
    seconds: dict[str, list[float]] = {arm: [] for arm in nets}
    for _ in range(arguments.repeats):
        for arm, net in nets.items():
            start = process_time()
            net.run(1e3 * arguments.seconds)
            seconds[arm].append(process_time() - start)
    steps = 1e3 * arguments.seconds / 0.1
    alone = float(np.quantile(seconds["none"], 0.1))
    print(f"{'controllers':12}{'s per s':>10}{'more':>9}{'ns per neuron and step':>25}")
    for arm, taken in seconds.items():
        best = float(np.quantile(taken, 0.1))
        size = sum(len(population) for population in nets[arm].populations.values())
        each = 1e9 * (best - alone) / size / steps
        print(f"{arm:12}{best / arguments.seconds:10.4f}{best / alone - 1:9.1%}{each:25.4f}")


if __name__ == "__main__":
    main()
