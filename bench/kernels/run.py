"""Each loop of the engine alone, through the public API: nanoseconds per operation.

    python -m bench.kernels.run
    python -m bench.kernels.run --only update rules --precision double

Times are those of one phase of the step, from the engine's own clock: medians of many intervals that are shorter than a
time slice, so that a busy machine disturbs only some of them. `update` has neurons without synapses; `delivery` and
`rules` have sources that fire independently at a fixed rate.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from math import exp
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import machine

import plastica as pl

DELIVERY = ("deliver", "learn", "exchange")


class Cost(NamedTuple):
    """Nanoseconds of one operation."""

    kernel: str
    case: str
    nanoseconds: float
    operation: str


def receptors(kind: str, number: int) -> dict[str, pl.Receptor]:
    """Some receptors of one kind, with different time constants where they have one."""
    if kind == "CurrentDelta":
        return {f"r{i}": pl.CurrentDelta() for i in range(number)}
    if kind in ("ConductanceBiExp", "NMDA"):
        return {f"r{i}": getattr(pl, kind)(tau_rise=1.0 + i, tau_decay=5.0 + i) for i in range(number)}
    return {f"r{i}": getattr(pl, kind)(tau=5.0 + i) for i in range(number)}


def update_cases() -> Iterator[tuple[str, pl.Model]]:
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


def typical(net: pl.Network, phases: tuple[str, ...], arguments: argparse.Namespace) -> tuple[float, list[float]]:
    """Seconds of some phases in a typical interval, and the mean number of spikes of each population in an interval."""
    populations = list(net.populations.values())
    net.run(arguments.warm_up, progress=False)
    before = [p.spike_count for p in populations]
    seconds = []
    for _ in range(arguments.intervals):
        net.profiling = True
        net.run(arguments.interval, progress=False)
        seconds.append(sum(net.timings[phase] for phase in phases))
    spikes = [(p.spike_count - n) / arguments.intervals for p, n in zip(populations, before, strict=True)]
    return median(seconds), spikes


def network(arguments: argparse.Namespace) -> pl.Network:
    return pl.Network(threads=1, precision=arguments.precision)


def update(arguments: argparse.Namespace) -> Iterator[Cost]:
    """Neurons without input, at rest."""
    for case, model in update_cases():
        net = network(arguments)
        net.population(arguments.neurons, model)
        seconds, _ = typical(net, ("update",), arguments)
        updates = arguments.neurons * arguments.interval / net.dt
        yield Cost("update", case, seconds / updates * 1e9, "neuron and step")


def drive(arguments: argparse.Namespace) -> Iterator[Cost]:
    """Poisson numbers of small and large mean; dt is 0.1 ms."""
    for rate in (100.0, 1e3, 1e4, 2e4, 1e5):
        net = network(arguments)
        target = net.population(arguments.neurons, pl.LIF(V_th=1e9, receptors=receptors("CurrentExp", 1)))
        net.drive(target, pl.PoissonInput(rate=rate), weight=1.0)
        seconds, _ = typical(net, ("drive",), arguments)
        draws = arguments.neurons * arguments.interval / net.dt
        yield Cost("PoissonInput", f"{rate:g} Hz", seconds / draws * 1e9, "neuron and step")


def delivery(arguments: argparse.Namespace) -> Iterator[Cost]:
    """Static synapses: one weight or many, one delay or many, few or many synapses per source."""
    many_weights, many_delays = pl.Normal(1.0, 0.1, low=0.0), pl.Uniform(0.5, 3.0)
    for fan in (80, 1000):
        for case, weight, delay in (
            ("one weight, one delay", 1.0, 1.5),
            ("weights, one delay", many_weights, 1.5),
            ("weights, 26 delays", many_weights, many_delays),
        ):
            net = network(arguments)
            source = net.population(arguments.neurons, pl.PoissonSource(rate=arguments.rate))
            target = net.population(arguments.neurons, pl.LIF(V_th=1e9, receptors=receptors("CurrentExp", 1)))
            net.connect(source, target, pl.FixedOutDegree(fan), weight=weight, delay=delay)
            seconds, spikes = typical(net, DELIVERY, arguments)
            yield Cost("static delivery", f"{fan} per source, {case}", seconds / (spikes[0] * fan) * 1e9, "event")


def rule_cases() -> Iterator[tuple[str, pl.Rule, float]]:
    """Every rule with the dendritic part of its delay."""
    for pairing in ("all", "nearest", "presynaptic"):
        for dependence in ("additive", "multiplicative", "power"):
            rule = pl.STDP(
                w_max=1e-3, learning_rate=1e-4, pairing=pairing, dependence=dependence, mu_plus=0.4, mu_minus=0.4
            )
            yield f"STDP, {pairing}, {dependence}", rule, 0.0
    yield "STDP, all, additive, dendritic delay", pl.STDP(w_max=1e-3, learning_rate=1e-4), 1.0
    yield "PowerLawSTDP", pl.PowerLawSTDP(w_0=5e-4, learning_rate=1e-4), 0.0
    yield "PowerLawSTDP, dendritic delay", pl.PowerLawSTDP(w_0=5e-4, learning_rate=1e-4), 1.0
    yield "InhibitorySTDP", pl.InhibitorySTDP(w_max=1e-3, learning_rate=1e-7), 0.0


def rules(arguments: argparse.Namespace) -> Iterator[Cost]:
    """Plastic synapses between sources and targets that fire at the same rate; a target's rate is set by a current."""
    fan = 400
    for case, rule, dendritic in rule_cases():
        net = network(arguments)
        source = net.population(arguments.neurons, pl.PoissonSource(rate=arguments.rate))
        target = net.population(arguments.neurons, regular_firing(arguments.rate), initial={"V": pl.Uniform(-70, -55)})
        net.connect(
            source,
            target,
            pl.FixedInDegree(fan),
            weight=5e-4,  # too small to matter to the targets
            delay=1.5,
            dendritic_fraction=dendritic,
            plasticity=rule,
        )
        phases = (*DELIVERY, "update")
        seconds, (arrivals, back) = typical(net, phases, arguments)
        bare = network(arguments)
        bare.population(arguments.neurons, pl.PoissonSource(rate=arguments.rate))
        bare.population(arguments.neurons, regular_firing(arguments.rate), initial={"V": pl.Uniform(-70, -55)})
        idle, _ = typical(bare, phases, arguments)
        yield Cost("rule", case, (seconds - idle) / (arrivals * fan) * 1e9, f"arrival ({back / arrivals:.2f} post)")


def regular_firing(rate: float) -> pl.LIF:
    """A neuron that a constant current lets fire at about `rate` Hz."""
    tau, resistance = 10.0, 10.0 / 250.0
    period = 1e3 / rate - 2.0
    current = 15.0 / resistance / (1.0 - exp(-period / tau))
    return pl.LIF(I_e=current, receptors={"input": pl.CurrentExp()})


KERNELS: dict[str, Callable[[argparse.Namespace], Iterator[Cost]]] = {
    "update": update,
    "drive": drive,
    "delivery": delivery,
    "rules": rules,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=KERNELS, default=list(KERNELS))
    parser.add_argument("--neurons", type=int, default=4096)
    parser.add_argument("--rate", type=float, default=10.0, help="of sources and targets, in Hz")
    parser.add_argument("--interval", type=float, default=5.0, help="biological time of an interval in ms")
    parser.add_argument("--intervals", type=int, default=60)
    parser.add_argument("--warm-up", type=float, default=100.0, help="biological time before the first, in ms")
    parser.add_argument("--precision", choices=("single", "double"), default="single")
    parser.add_argument("--json", type=Path, metavar="PATH", help="also write the result as JSON")
    arguments = parser.parse_args()
    costs = []
    for name in arguments.only:
        for cost in KERNELS[name](arguments):
            costs.append(cost)
            print(f"{cost.kernel:16} {cost.case:42} {cost.nanoseconds:9.3f} ns per {cost.operation}", flush=True)
    if arguments.json:
        settings = {k: v for k, v in vars(arguments).items() if isinstance(v, int | float | str)}
        result = {"settings": settings, "machine": machine.measure(1), "costs": [cost._asdict() for cost in costs]}
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
