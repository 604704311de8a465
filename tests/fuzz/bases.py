"""The networks whose files are damaged: small, and together with every kind of thing that a file can hold."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

import plastica as pl
from parts import MODULATORS
from properties.test_rules_same_bits import RULES, is_somatic, rules_of
from test_checkpoints import plain
from test_copies import network


def rule(name: str, which: int, precision: str) -> pl.Network:
    """A rule alone, or after another one."""
    net = pl.Network(seed=4, threads=1, precision=precision)
    for modulator in MODULATORS:
        net.modulator(modulator, tau=30.0, baseline=0.1)
    noise = net.population(7, pl.PoissonSource(200.0), name="noise")
    model = pl.LIF(I_e=pl.Normal(500, 150), receptors={"r": pl.CurrentExp(tau=4)})
    cells = net.population(9, model, name="cells")
    fraction = 0.0 if is_somatic(name) else 0.4
    for number, pre in enumerate((noise, cells)):
        net.connect(
            pre, cells, pl.FixedProbability(0.4), weight=pl.Uniform(15, 25), delay=pl.Uniform(0.1, 6.0),
            dendritic_fraction=fraction, plasticity=rules_of(name, which), name=f"p{number}",
        )  # fmt: skip
    net.modulators[MODULATORS[0]].release_by(cells, 0.02, delay=1.0)
    net.record(net.projections["p0"], "weights", interval=5.0)
    for state in net.projections["p1"].states:
        net.record(net.projections["p1"], state, interval=5.0)
    net.run(60.0)
    return net


def wide(precision: str) -> pl.Network:
    """More neurons than 16 bits count, spikes that are given, and a modifier of a source."""
    net = pl.Network(seed=6, threads=1, precision=precision)
    spikes = net.population(5, pl.SpikeSource([np.arange(1.0, 40.0, 3.1) + i for i in range(5)]), name="spikes")
    many = net.population(65_700, pl.Relay(), name="many")
    few = net.population(4, pl.AdEx(receptors={"e": pl.CurrentExp(tau=3.0)}), name="few")
    ends = [0, 0, 1, 3, 4], [3, 65_600, 65_599, 0, 1]
    net.connect(spikes, many, pl.Explicit(*ends), weight=1.0, delay=pl.Uniform(0.3, 12.0), name="out")
    net.connect(many, few, pl.FixedInDegree(3), weight=20.0, delay=1.0, plasticity=pl.STDP(w_max=50.0), name="back")
    net.record(few, "V", interval=1.0)
    net.run(20.0)
    return net


def places(precision: str) -> pl.Network:
    """Synapses that form by distance, and die with their neurons."""
    net = pl.Network(seed=9, threads=1, precision=precision)
    cells = net.population(
        20, pl.LIF(receptors={"e": pl.CurrentExp(tau=5.0)}), positions=pl.Grid((4, 5), (8.0, 10.0)), name="cells"
    )
    net.drive(cells, pl.PoissonInput(rate=1000.0), weight=60.0)
    own = pl.SynapticElements(growth="linear", nu=0.1, eps=0.5, tau_Ca=50.0)
    net.connect(cells, cells, pl.Explicit([], []), weight=1.0, delay=1.0, name="grown")
    law = pl.StructuralPlasticity(
        axonal=own,
        dendritic=own,
        weight=20.0,
        delay=1.0,
        interval=5.0,
        pairing="distance",
        width=2.0,
        extent=(8.0, 10.0),
    )
    net.control(net.projections["grown"], law, name="law")
    net.record(net.controllers["law"], "axonal.Ca", interval=5.0)
    net.record(net.projections["grown"], "structure")
    net.run(60.0)
    cells[4:6].kill()
    net.run(12.0)
    return net


def makers() -> dict[str, Callable[[], pl.Network]]:
    """All of them by name."""
    found: dict[str, Callable[[], pl.Network]] = {}
    for precision in ("single", "double"):
        found[f"everything-{precision}"] = partial(network, 1, precision)
        found[f"plain-{precision}"] = partial(plain, 1, precision)
        found[f"wide-{precision}"] = partial(wide, precision)
        found[f"places-{precision}"] = partial(places, precision)
    for number, name in enumerate(RULES):
        found[name] = partial(rule, name, number % 2, ("single", "double")[number // 2 % 2])
    return found


def write(folder: Path) -> None:
    """Saves all of them."""
    for name, make in makers().items():
        make().save(folder / f"{name}.plastica")


def read(folder: Path) -> dict[str, bytes]:
    """Their files, in an order that is always the same."""
    return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.plastica"))}


def choose(names: list[str], number: float) -> str:
    """One of them, for a number between 0 and 1: half of the time one that has everything, seldom a large one."""
    everything = [name for name in names if name.startswith("everything")]
    small = [name for name in names if not name.startswith(("everything", "wide", "plain"))]
    large = [name for name in names if name.startswith(("wide", "plain"))]
    kinds = [everything] * 4 + [small] * 5 + [large]
    kind = kinds[int(number * 10)] or names
    return kind[int(number * 10 % 1 * len(kind))]


def again(data: bytes) -> bytes:
    """The file of the network in a file."""
    file = io.BytesIO()
    pl.load(io.BytesIO(data), threads=1).save(file)
    return file.getvalue()
