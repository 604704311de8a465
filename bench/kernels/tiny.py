"""A small network that runs for a number of ms: what callgrind.sh counts the instructions of.

python -m bench.kernels.tiny vogels_abbott 100
"""

import argparse
import importlib

import plastica as pl

NETWORKS = {
    "vogels_abbott": {"n": 1000, "synapses": "current"},
    "vogels_abbott_conductance": {"n": 1000, "synapses": "conductance"},
    "vogels2011": {},
    "brunel_stdp": {"static": False, "dendritic_fraction": 0.0},
    "brunel_static": {"static": True, "dendritic_fraction": 0.0},
    "microcircuit": {"scale": 0.02, "drive": "poisson"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("milliseconds", type=float)
    arguments = parser.parse_args()
    module = {"vogels_abbott_conductance": "vogels_abbott", "brunel_static": "brunel_stdp"}
    network = importlib.import_module(f"bench.networks.{module.get(arguments.network, arguments.network)}")
    net = pl.Network(threads=1)
    network.build(net, argparse.Namespace(**NETWORKS[arguments.network]), True)
    net.engine().run(round(arguments.milliseconds / net.dt))  # one call: no progress bar, no chunks
    neurons = sum(len(p) for p in net.populations.values())
    events = sum(p.spike_count * outputs(net, p) for p in net.populations.values())
    print(f"{neurons * arguments.milliseconds / net.dt:.0f} {events:.0f}")


def outputs(net: pl.Network, population: pl.Population) -> float:
    """Mean number of synapses that leave a neuron of a population."""
    return sum(len(p) for p in net.projections.values() if p.pre is population) / len(population)


if __name__ == "__main__":
    main()
