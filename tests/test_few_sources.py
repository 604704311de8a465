"""Projections of which few sources reach a thread's neurons: their index by source is kept as bits."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

import plastica as pl

SOURCES, TARGETS, SYNAPSES = 20_000, 64, 300


def network(threads: int, rule: Any = None) -> pl.Network:
    """Many sources, a few of which have synapses, with delays of their own."""
    net = pl.Network(seed=4, threads=threads)
    sources = net.population(SOURCES, pl.PoissonSource(rate=50.0))
    cells = net.population(TARGETS, pl.LIF(receptors={"exc": pl.CurrentExp(tau=5.0)}), name="cells")
    net.connect(
        sources, cells, pl.FixedTotalNumber(SYNAPSES), weight=pl.Uniform(500.0, 1500.0), delay=pl.Uniform(0.5, 4.0),
        plasticity=rule, name="few",
    )  # fmt: skip
    net.record(cells, "spikes")
    return net


@pytest.mark.threads
@pytest.mark.parametrize(
    "rule", [None, pl.STDP(w_max=2000.0), pl.TripletSTDP(w_max=2000.0)], ids=["static", "STDP", "TripletSTDP"]
)
def test_few_sources_do_the_same_on_any_number_of_threads_through_edits_and_files(rule: Any) -> None:
    """Oracle: one thread. Sources that had no synapse get one, some lose theirs, and the network goes through a file."""
    ends = []
    for threads in (1, 3, 8):
        net = network(threads, rule)
        net.run(20.0)
        file = io.BytesIO()
        net.save(file)
        file.seek(0)
        net = pl.load(file, threads=9 - threads)
        few = net.projections["few"]
        net.run(20.0)
        few.add(np.arange(0, SOURCES, 500), np.arange(0, SOURCES, 500) % TARGETS, weight=800.0, delay=1.0)
        net.run(20.0)
        few.remove(np.arange(0, len(few), 3))
        net.run(20.0)
        assert len(net.recorders[0].times) > 50  # type: ignore[attr-defined]
        cells, spikes = net.populations["cells"], net.recorders[0]
        found = (
            spikes.times,
            spikes.ids,
            few.sources,
            few.targets,
            few.weights,
            few.delays,
            cells.get("V"),
            cells.get("exc.I"),
        )  # type: ignore[attr-defined]
        ends.append([each.tobytes() for each in found])
    assert ends[1] == ends[0]
    assert ends[2] == ends[0]


def test_an_index_of_few_sources_takes_bits_instead_of_numbers() -> None:
    """Oracle: 32 bits for each source on each of 8 threads are 640 kB; with bits, 1.5 for each, and some words per row."""
    net = network(threads=8)
    assert net.projections["few"].nbytes < 8 * SOURCES * 1.5 / 8 + SYNAPSES * 64
