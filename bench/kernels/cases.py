"""The loops of the engine, each in a network that does little else; on the public API.

`update` has neurons without synapses; `delivery` and `rules` have sources that fire independently at a fixed rate.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from math import exp
from typing import NamedTuple

from bench.rules import Make, rules

import plastica as pl

DELIVERY = ("deliver", "learn", "exchange")

Add = Callable[[pl.Network], object]


class Case(NamedTuple):
    """A loop: what the network has beside it, what is added, and what counts as one operation."""

    kernel: str
    name: str
    operation: str
    phases: tuple[str, ...]  # of the step, that spend time on it
    surroundings: Add
    loop: Add
    fan: int = 0  # synapses per source: an operation is an arrival; 0: an operation is a neuron's step
    surroundings_in_phases: bool = False  # they take time of the same phases

    def build(self, arguments: argparse.Namespace, *, complete: bool = True) -> pl.Network:
        """The network; if not `complete`, its surroundings only."""
        net = pl.Network(threads=1, precision=arguments.precision)
        self.surroundings(net)
        if complete:
            self.loop(net)
        return net

    def operations(self, net: pl.Network, steps: float, spikes: list[float]) -> float:
        """How many there are in some steps, in which the populations fired `spikes` times."""
        return spikes[0] * self.fan if self.fan else sum(len(p) for p in net.populations.values()) * steps


def receptors(kind: str, number: int) -> dict[str, pl.Receptor]:
    """Some receptors of one kind, with different time constants where they have one."""
    if kind == "CurrentDelta":
        return {f"r{i}": pl.CurrentDelta() for i in range(number)}
    if kind in ("ConductanceBiExp", "NMDA"):
        return {f"r{i}": getattr(pl, kind)(tau_rise=1.0 + i, tau_decay=5.0 + i) for i in range(number)}
    return {f"r{i}": getattr(pl, kind)(tau=5.0 + i) for i in range(number)}


def models() -> Iterator[tuple[str, pl.Model]]:
    """LIF with every kind of receptor once and twice, a mixture, and the other membranes."""
    yield "LIF", pl.LIF()
    currents = ("CurrentDelta", "CurrentExp", "CurrentAlpha")
    conductances = ("ConductanceExp", "ConductanceAlpha", "ConductanceBiExp", "NMDA")
    for kind in currents + conductances:
        yield f"LIF, {kind}", pl.LIF(receptors=receptors(kind, 1))
        yield f"LIF, 2 {kind}", pl.LIF(receptors=receptors(kind, 2))
    mixture = {**receptors("ConductanceExp", 2), "nmda": pl.NMDA()}
    yield "LIF, 2 ConductanceExp, NMDA", pl.LIF(receptors=mixture)
    for name, model in (("AdEx", pl.AdEx), ("Izhikevich", pl.Izhikevich)):
        yield name, model()
        yield f"{name}, 2 ConductanceExp", model(receptors=receptors("ConductanceExp", 2))


def regular_firing(rate: float) -> pl.LIF:
    """A neuron that a constant current lets fire at about `rate` Hz."""
    tau, resistance = 10.0, 10.0 / 250.0
    period = 1e3 / rate - 2.0
    current = 15.0 / resistance / (1.0 - exp(-period / tau))
    return pl.LIF(I_e=current, receptors={"input": pl.CurrentExp()})


def nothing(net: pl.Network) -> None:
    """Surroundings of a loop that needs none."""


def neurons(net: pl.Network, size: int, model: pl.Model) -> None:
    net.population(size, model)


def silent(net: pl.Network, size: int) -> None:
    """Targets that never fire."""
    net.population(size, pl.LIF(V_th=1e9, receptors=receptors("CurrentExp", 1)), name="target")


def sources(net: pl.Network, size: int, rate: float, least_delay: float) -> None:
    """Poisson sources and targets that never fire."""
    net.population(size, pl.PoissonSource(rate=rate), name="source")
    silent(net, size)
    set_interval(net, least_delay)


def both_firing(net: pl.Network, size: int, rate: float, least_delay: float) -> None:
    """Poisson sources and targets that fire at the same rate."""
    net.population(size, pl.PoissonSource(rate=rate), name="source")
    net.population(size, regular_firing(rate), name="target", initial={"V": pl.Uniform(-70, -55)})
    set_interval(net, least_delay)


def set_interval(net: pl.Network, least_delay: float) -> None:
    """One synapse, so that the surroundings alone run in intervals of the same length."""
    target = net.populations["target"]
    net.connect(target, target, pl.FixedTotalNumber(1), weight=0.0, delay=least_delay)


def connect(net: pl.Network, connector: pl.Connector, **synapses: object) -> None:
    net.connect(net.populations["source"], net.populations["target"], connector, **synapses)


def connect_plastic(net: pl.Network, make: Make | None, connector: pl.Connector, **synapses: object) -> None:
    connect(net, connector, plasticity=None if make is None else make(net), **synapses)


def drive(net: pl.Network, rate: float) -> None:
    net.drive(net.populations["target"], pl.PoissonInput(rate=rate), weight=1.0)


def update_cases(arguments: argparse.Namespace) -> Iterator[Case]:
    """Neurons without input, at rest."""
    for name, model in models():
        loop = partial(neurons, size=arguments.neurons, model=model)
        yield Case("update", name, "neuron and step", ("update",), nothing, loop)


def drive_cases(arguments: argparse.Namespace) -> Iterator[Case]:
    """Poisson numbers of small and large mean; dt is 0.1 ms."""
    surroundings = partial(silent, size=arguments.neurons)
    for rate in (100.0, 1e3, 1e4, 2e4, 1e5):
        loop = partial(drive, rate=rate)
        yield Case("PoissonInput", f"{rate:g} Hz", "neuron and step", ("drive",), surroundings, loop)


def delivery_cases(arguments: argparse.Namespace) -> Iterator[Case]:
    """Static synapses: one weight or many, one delay or many, few or many synapses per source."""
    many_weights, many_delays = pl.Normal(1.0, 0.1, low=0.0), pl.Uniform(0.5, 3.0)
    for fan in (80, 1000):
        for name, weight, delay, least in (
            ("one weight, one delay", 1.0, 1.5, 1.5),
            ("weights, one delay", many_weights, 1.5, 1.5),
            ("weights, 26 delays", many_weights, many_delays, 0.5),
        ):
            surroundings = partial(sources, size=arguments.neurons, rate=arguments.rate, least_delay=least)
            loop = partial(connect, connector=pl.FixedOutDegree(fan), weight=weight, delay=delay)
            name = f"{fan} per source, {name}"
            yield Case("static delivery", name, "event", DELIVERY, surroundings, loop, fan)


def rule_cases(arguments: argparse.Namespace) -> Iterator[Case]:
    """Plastic synapses between sources and targets that fire at the same rate; a target's rate is set by a current."""
    fan, delay, weight = 400, 1.5, 5e-4  # too small a weight to matter to the targets
    surroundings = partial(both_firing, size=arguments.neurons, rate=arguments.rate, least_delay=delay)
    dendritic = ("STDP, all, additive", "PowerLawSTDP", "TripletSTDP, full", "CalciumSTDP")
    for name, make in (("static", None), *rules(weight, 2 * weight)):
        for fraction in (0.0, 1.0) if name in dendritic else (0.0,):
            loop = partial(
                connect_plastic,
                make=make,
                connector=pl.FixedInDegree(fan),
                weight=weight,
                delay=delay,
                dendritic_fraction=fraction,
            )
            shown = f"{name}, dendritic delay" if fraction else name
            yield Case("rule", shown, "arrival", (*DELIVERY, "update"), surroundings, loop, fan, True)


Cases = Callable[[argparse.Namespace], Iterator[Case]]
KERNELS: dict[str, Cases] = {
    "update": update_cases,
    "drive": drive_cases,
    "delivery": delivery_cases,
    "rules": rule_cases,
}


def parser(description: str | None, kernels: Iterable[str], *, neurons: int) -> argparse.ArgumentParser:
    """The options of whatever measures the loops."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", nargs="+", choices=list(kernels), default=list(kernels))
    options.add_argument("--neurons", type=int, default=neurons)
    options.add_argument("--rate", type=float, default=10.0, help="of sources and targets, in Hz")
    options.add_argument("--precision", choices=("single", "double"), default="single")
    return options
