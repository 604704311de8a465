"""What other processes do for the tests of processes: they find it by this module's name."""

from __future__ import annotations

import numpy as np

import plastica as pl
from test_robustness import everything, plastic_network


def result_of(seed: int, threads: int) -> bytes:
    """Spikes, weights and potentials of a network that is made and run where this is called."""
    net = plastic_network(seed, threads=threads)
    net.run(60)
    return everything(net)


def gone_on(net: pl.Network) -> pl.Network:
    """A network that came by pickle, 60 ms later."""
    net.run(60)
    return net


def potentials(cells: pl.Population) -> np.ndarray:
    """Those of neurons that came by pickle, 10 ms later."""
    cells.network.run(10)
    return cells.get("V")
