"""What a network costs against one property at a time: neurons, synapses per neuron, rate, delays, threads.

    python -m bench.scaling.run --only neurons rate --json bench/results/scaling.json

One population of integrate-and-fire neurons, recurrently connected, once with static synapses and once with STDP. A
constant current lets every neuron fire regularly at the same rate and at a phase of its own; weights are too small to
matter, so that nothing but the varied property changes. Measured and counted as in `bench.report`.
"""

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from math import exp
from pathlib import Path
from statistics import median

from bench import machine, report

import plastica as pl

W_MAX = 2e-4  # pA
WORK = 0.3  # seconds that an interval should take
UPDATE, EVENT, PLASTIC_EVENT = 0.5e-9, 2e-9, 6e-9  # guesses, to choose the length of intervals only


@dataclass(frozen=True)
class Case:
    """A network and the number of threads it runs on."""

    neurons: int = 8000
    inputs: int = 1000  # synapses per neuron
    rate: float = 10.0
    delay: tuple[float, float] = (1.5, 1.5)  # least and greatest
    threads: int = 1

    def shown(self, axis: str) -> str:
        """The value of one property, as the table shows it."""
        value = getattr(self, axis)
        if axis != "delay":
            return f"{value:g}"
        return f"{value[0]:g} ms" if value[0] == value[1] else f"{value[0]:g} to {value[1]:g} ms"


def cases(base: Case, axis: str) -> Iterator[Case]:
    """The networks of one axis."""
    values = {
        "neurons": (1000, 4000, 16000, 64000),
        "inputs": (100, 300, 1000, 3000, 10000),
        "rate": (1.0, 3.0, 10.0, 30.0, 100.0),
        "delay": ((0.1, 0.1), (1.5, 1.5), (15.0, 15.0), (0.1, 3.0), (1.5, 3.0), (1.5, 15.0)),
        "threads": [n for n in (1, 2, 4, 8, 16, 32, 64, 128) if n <= (os.cpu_count() or 1)],
    }
    for value in values[axis]:
        yield replace(base, **{axis: value})


def neuron(rate: float) -> pl.LIF:
    """Fires at `rate` Hz; its leak is so slow that the potential rises almost evenly."""
    C_m, tau_m, t_ref, distance = 250.0, 1e4, 2.0, 15.0
    current = distance * C_m / tau_m / (1.0 - exp(-(1e3 / rate - t_ref) / tau_m))
    return pl.LIF(
        C_m=C_m, tau_m=tau_m, t_ref=t_ref, V_th=-55.0, I_e=current, receptors={"input": pl.CurrentExp(tau=5.0)}
    )


def build(net: pl.Network, arguments: argparse.Namespace, _: bool) -> report.Groups:
    """Every synapse has a weight of its own; all learn, or none, as the arguments say."""
    case: Case = arguments.case
    low, high = case.delay
    cells = net.population(case.neurons, neuron(case.rate), initial={"V": pl.Uniform(-70.0, -55.0)})
    net.connect(
        cells,
        cells,
        pl.FixedOutDegree(case.inputs),
        weight=pl.Uniform(0.0, W_MAX),
        delay=low if low == high else pl.Uniform(low, high),
        plasticity=pl.STDP(w_max=W_MAX, learning_rate=1e-3) if arguments.plastic else None,
    )
    return {"cells": cells}


def biological_time(case: Case, plastic: bool) -> float:
    """Seconds of biology that take about `WORK` seconds."""
    events = case.neurons * case.inputs * case.rate * (PLASTIC_EVENT if plastic else EVENT)
    return min(2.0, max(0.05, WORK * case.threads / (case.neurons * 1e4 * UPDATE + events)))


def measure(axis: str, case: Case, plastic: bool, arguments: argparse.Namespace) -> dict:
    """Real-time factor and nanoseconds per operation, as of a network's report."""
    settings = argparse.Namespace(
        case=case,
        plastic=plastic,
        seconds=round(biological_time(case, plastic), 3),
        warm_up=0.1,
        threads=case.threads,
        precision=arguments.precision,
        seed=arguments.seed,
    )
    trial = report.Trial(build, settings)
    rtf = median(trial.interval()["rtf"] for _ in range(arguments.repeats))
    profile = trial.profile()
    events = profile["static_events"] + profile["plastic_events"]
    return {
        "axis": axis,
        **asdict(case),
        "workload": f"scaling {axis} {case.shown(axis)}, {'plastic' if plastic else 'static'}",
        "settings": {"threads": case.threads, "precision": arguments.precision},
        **trial.size(),
        "bio_s": settings.seconds,
        "rtf": rtf,
        "rate_hz": profile["spikes"] / case.neurons / settings.seconds,
        "profile": profile,
        "ns_per_update": report.nanoseconds(profile, report.UPDATE, profile["updates"]),
        "ns_per_event": report.nanoseconds(profile, report.DELIVERY, events),
    }


HEADER = f"{'synapses':>9}{'rate Hz':>9}{'RTF':>10}{'ns/update':>11}{'ns/event':>10}{'bytes':>7}"


def row(axis: str, case: Case, result: dict) -> str:
    kind = "plastic" if result["plastic_synapses"] else "static"
    bytes_each = result[f"bytes_per_{kind}_synapse"]
    return (
        f"{case.shown(axis):>14}{kind:>9}{result['rate_hz']:>9.2f}{result['rtf']:>10.4g}"
        f"{result['ns_per_update']:>11.3f}{result['ns_per_event']:>10.3f}{bytes_each:>7.2f}"
    )


AXES = ("neurons", "inputs", "rate", "delay", "threads")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=AXES, default=AXES, metavar="AXIS", help=", ".join(AXES))
    parser.add_argument("--neurons", type=int, default=Case.neurons, help="of the axes that vary something else")
    parser.add_argument("--inputs", type=int, default=Case.inputs, help="synapses per neuron")
    parser.add_argument("--rate", type=float, default=Case.rate, help="in Hz")
    parser.add_argument("--threads", type=int, default=Case.threads)
    parser.add_argument("--repeats", type=int, default=3, help="intervals measured; medians are reported")
    parser.add_argument("--precision", choices=("single", "double"), default="single")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-machine", action="store_true", help="do not measure the machine's own limits")
    parser.add_argument("--json", type=Path, metavar="PATH", help="also write the result as JSON")
    arguments = parser.parse_args()
    base = Case(neurons=arguments.neurons, inputs=arguments.inputs, rate=arguments.rate, threads=arguments.threads)
    results = []
    print(
        f"unless varied: {base.neurons:,} neurons, {base.inputs:,} synapses each, {base.rate:g} Hz, delay 1.5 ms, "
        f"{base.threads} thread(s), {arguments.precision} precision; times per operation are summed over threads"
    )
    for axis in arguments.only:
        print(f"\n{axis:>14}{HEADER}", flush=True)
        for case in cases(base, axis):
            for plastic in (False, True):
                result = measure(axis, case, plastic, arguments)
                results.append(result)
                print(row(axis, case, result), flush=True)
    if arguments.json:
        limits = None if arguments.no_machine else machine.measure(base.threads)
        stored = {"machine": limits, "version": pl.__version__, "results": results}
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
