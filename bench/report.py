"""What every benchmark of a network measures, prints and stores.

A network module gives `benchmark` a function that builds it; the rest is the same for all: build, warm up, measure
several intervals, and profile one more. Where a network learns, its static twin (same synapses, weights as learned so
far, no rules) tells how much of an event's cost is plasticity.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from bench import machine, operations
from bench.activity import activity, learned, peak_memory_mib
from bench.networks.parameters import DT

import plastica as pl
from plastica import _native

Groups = dict[str, "pl.Population | pl.View"]
Build = Callable[[pl.Network, argparse.Namespace, bool], Groups]

READABLE = 20_000_000  # synapses; reading all sources or weights of larger projections would take much memory
SAMPLED = 200  # sources of a projection whose rows are counted
UPDATE, DELIVERY = ("update",), ("deliver", "learn", "exchange")


def parser(description: str | None, *, seconds: float = 2.0, warm_up: float = 0.5) -> argparse.ArgumentParser:
    """The options that every network has; `seconds` and `warm_up` are defaults in seconds of biology."""
    options = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--seconds", type=float, default=seconds, help="biological time of an interval")
    options.add_argument("--warm-up", type=float, default=warm_up, help="biological time before the first interval")
    options.add_argument("--repeats", type=int, default=3, help="intervals measured; medians are reported")
    options.add_argument("--precision", choices=("single", "double"), default="single")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--no-twin", action="store_true", help="do not measure the static twin of a plastic network")
    options.add_argument("--no-profile", action="store_true", help="do not measure the phases of the step")
    options.add_argument("--no-machine", action="store_true", help="do not measure the machine's own limits")
    options.add_argument("--json", type=Path, metavar="PATH", help="also write the result as JSON")
    return options


def benchmark(
    name: str, build: Build, arguments: argparse.Namespace, *, published: dict[str, float] | None = None
) -> dict:
    """Measures a network, prints a report and returns it.

    Parameters
    ----------
    name : str
        Of the workload, with its size.
    build : callable
        ``build(network, arguments, plastic)`` adds everything to an empty network and returns its groups of neurons.
    arguments : Namespace
        Of `parser`.
    published : dict, optional
        Published rate of each group in Hz, printed beside the measured one.
    """
    load = os.getloadavg()[0]
    trial = Trial(build, arguments)
    intervals = [trial.interval() for _ in range(arguments.repeats)]
    result = {
        "simulator": "Plastica",
        "version": pl.__version__,
        "workload": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "load": round(load, 2),
        "settings": {k: v for k, v in vars(arguments).items() if isinstance(v, int | float | str)},
        "isa": _native.info()["isa"],
        **trial.size(),
        "build_s": trial.build_seconds,
        "synapses_built_per_s": trial.synapses / trial.build_seconds,
        "peak_memory_mib": peak_memory_mib(),
        "bio_s": arguments.seconds,
        "intervals": intervals,
        "rtf": median(i["rtf"] for i in intervals),
        "activity": intervals[-1]["activity"],
        "weights": trial.weights(),
    }
    if not arguments.no_profile:
        result |= costs(trial, build, arguments, result)
    print(text(result, published or {}))
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    return result


def costs(trial: "Trial", build: Build, arguments: argparse.Namespace, result: dict) -> dict:
    """Where the time goes: phases, nanoseconds per operation, and what the machine could do in that time."""
    profile = trial.profile()
    found = {
        "profile": profile,
        "ns_per_update": nanoseconds(profile, UPDATE, profile["updates"]),
        "ns_per_event": nanoseconds(profile, DELIVERY, profile["static_events"] + profile["plastic_events"]),
    }
    if profile["plastic_events"] and not arguments.no_twin:
        found |= compare_with_static_twin(trial, build, arguments, {**result, **found})
    if not arguments.no_machine:
        found["machine"] = machine.measure(arguments.threads)
        found["limits"] = against_limits({**result, **found})
    return found


class Trial:
    """A network that has been built and warmed up."""

    def __init__(self, build: Build, arguments: argparse.Namespace, learned: "Trial | None" = None) -> None:
        """With `learned`, the static twin of that trial: its weights now, and no rules."""
        self.seconds = arguments.seconds
        start = perf_counter()
        self.net = pl.Network(DT, seed=arguments.seed, threads=arguments.threads, precision=arguments.precision)
        self.groups = build(self.net, arguments, learned is None)
        self.net.run(self.net.dt)  # whatever the first step still has to prepare belongs to the build
        self.build_seconds = perf_counter() - start
        if learned is not None:
            for mine, other in zip(self.net.projections.values(), learned.net.projections.values(), strict=True):
                if other.rules:
                    mine.weights = other.weights
        self.recorders = {name: self.net.record(group, "spikes") for name, group in self.groups.items()}
        self.out_degrees: dict[str, np.ndarray | float] = {}
        self.row_lengths: dict[str, float] = {}
        if arguments.warm_up:
            self.net.run(arguments.warm_up * 1e3, progress=False)

    @property
    def neurons(self) -> int:
        return sum(len(group) for group in self.groups.values())

    @property
    def synapses(self) -> int:
        return sum(len(p) for p in self.net.projections.values())

    @property
    def operations(self) -> int | None:
        """Arithmetic operations of a step of all neurons, where they are known."""
        each = [(operations.of_update(population), len(population)) for population in self.net.populations.values()]
        return None if any(count is None for count, _ in each) else sum(count * size for count, size in each)

    def size(self) -> dict:
        """Numbers of neurons and synapses, and bytes per synapse."""
        projections = self.net.projections.values()
        plastic = [p for p in projections if p.rules]
        static = [p for p in projections if not p.rules]
        return {
            "neurons": self.neurons,
            "synapses": self.synapses,
            "plastic_synapses": sum(len(p) for p in plastic),
            "bytes_per_static_synapse": bytes_per_synapse(static),
            "bytes_per_plastic_synapse": bytes_per_synapse(plastic),
        }

    def weights(self) -> dict | None:
        """Mean and standard deviation of the plastic weights, unless it would take much memory to read them."""
        plastic = [p for p in self.net.projections.values() if p.rules and len(p) <= READABLE]
        return learned(np.concatenate([p.weights for p in plastic])) if plastic else None

    def interval(self) -> dict:
        """Runs an interval: wall time, activity."""
        wall = self._run()
        return {"wall_s": wall, "rtf": wall / self.seconds, "activity": self._activity()}

    def profile(self, repeats: int = 2) -> dict:
        """The profile of the fastest of some intervals: an interval that was disturbed tells nothing of the phases."""
        return min((self._profiled() for _ in range(repeats)), key=lambda profile: profile["wall_s"])

    def _profiled(self) -> dict:
        """Runs an interval with the clock on: seconds of each phase, summed over threads, and how much was done."""
        self.net.profiling = True
        wall = self._run()
        phases = dict(self.net.timings)
        self.net.profiling = False
        spikes = sum(recorder.count for recorder in self.recorders.values())
        steps = round(self.seconds * 1e3 / self.net.dt)
        driven = sum(len(d.target) for d in self.net.drives.values() if isinstance(d.stimulus, pl.PoissonInput))
        return {
            "wall_s": wall,
            "phases": phases,
            "updates": self.neurons * steps,
            "update_operations": None if self.operations is None else self.operations * steps,
            "poisson_draws": driven * steps,
            "spikes": spikes,
            **self._delivered(),
        }

    def _run(self) -> float:
        for recorder in self.recorders.values():
            recorder.clear()
        start = perf_counter()
        self.net.run(self.seconds * 1e3, progress=False)
        return perf_counter() - start

    def _activity(self) -> dict:
        return {
            name: activity(len(self.groups[name]), recorder.times, recorder.ids, self.seconds)
            for name, recorder in self.recorders.items()
        }

    def _delivered(self) -> dict:
        """Static and plastic synaptic events of the last interval, and the rows of synapses that they came in.

        An event is a spike at one of the synapses that leave the neuron; a row has those with the same delay onto the
        neurons of one thread.
        """
        spikes: dict[str, np.ndarray] = {}
        for name, recorder in self.recorders.items():
            population = self.groups[name].population
            counts = np.bincount(recorder.ids, minlength=len(population))
            spikes[population.name] = spikes.get(population.name, 0) + counts
        events, rows = [0.0, 0.0], 0.0
        for projection in sorted(self.net.projections.values(), key=len):
            if projection.pre.name in spikes:
                arrived = float((spikes[projection.pre.name] * self._degrees(projection)).sum())
                events[bool(projection.rules)] += arrived
                rows += min(arrived, arrived / self._row_length(projection) * self.net.threads)
        return {"static_events": round(events[0]), "plastic_events": round(events[1]), "rows": round(rows)}

    def _degrees(self, projection: pl.projection.Projection) -> np.ndarray | float:
        if projection.name not in self.out_degrees:
            size = len(projection.pre)
            readable = len(projection) <= READABLE  # out-degrees of others are taken as equal
            degrees = np.bincount(projection.sources, minlength=size) if readable else len(projection) / size
            self.out_degrees[projection.name] = degrees
        return self.out_degrees[projection.name]

    def _row_length(self, projection: pl.projection.Projection) -> float:
        """Mean number of synapses of one source with one delay; of large projections, the longest of the others' or,
        where there are no others, what it is with one delay."""
        if len(projection) > READABLE:
            return max(self.row_lengths.values(), default=len(projection) / len(projection.pre))
        if projection.name not in self.row_lengths:
            sources = projection.sources
            sampled = sources % max(1, len(projection.pre) // SAMPLED) == 0
            rows = np.unique(sources[sampled] * 1e6 + projection.delays[sampled])
            self.row_lengths[projection.name] = sampled.sum() / max(1, len(rows))
        return self.row_lengths[projection.name]


def bytes_per_synapse(projections: list) -> float | None:
    synapses = sum(len(p) for p in projections)
    return sum(p.nbytes for p in projections) / synapses if synapses else None


def nanoseconds(profile: dict, phases: tuple[str, ...], number: float) -> float | None:
    """Nanoseconds of the phases for each of a number of operations, in thread time."""
    spent = sum(profile["phases"].get(phase, 0.0) for phase in phases)
    return spent / number * 1e9 if number else None


def compare_with_static_twin(trial: Trial, build: Build, arguments: argparse.Namespace, result: dict) -> dict:
    """Nanoseconds per static and per plastic event, and how much slower the network is than without plasticity."""
    twin = Trial(build, arguments, trial)
    seconds = median(twin.interval()["rtf"] for _ in range(max(1, arguments.repeats - 1)))
    bare, learning = twin.profile(), result["profile"]
    static = nanoseconds(bare, DELIVERY, bare["static_events"]) or 0.0
    total = result["ns_per_event"] * (learning["static_events"] + learning["plastic_events"])
    rate = sum(a["spikes"] for a in result["activity"].values())
    return {
        "ns_per_static_event": static,
        "ns_per_plastic_event": (total - static * learning["static_events"]) / learning["plastic_events"],
        "static_rtf": seconds,
        "static_spikes": bare["spikes"],
        # the twin's rates differ a little: seconds are compared per spike
        "plastic_to_static": (result["rtf"] / rate) / (seconds / bare["spikes"]) if bare["spikes"] and rate else None,
    }


def against_limits(result: dict) -> dict:
    """How near the loops come to the machine: nothing here is modelled, only divided."""
    profile, limits = result["profile"], result["machine"]
    update = sum(profile["phases"].get(phase, 0.0) for phase in UPDATE) / limits["threads"]
    delivery = sum(profile["phases"].get(phase, 0.0) for phase in DELIVERY) / limits["threads"]
    events = profile["static_events"] + profile["plastic_events"]
    synapses = result["plastic_synapses"] * (result["bytes_per_plastic_synapse"] or 0.0)
    synapses += (result["synapses"] - result["plastic_synapses"]) * (result["bytes_per_static_synapse"] or 0.0)
    moved = events * synapses / result["synapses"] * 1e-9 if result["synapses"] else 0.0
    arithmetic = (profile["update_operations"] or 0) / update * 1e-9 if update else 0.0
    reads = profile["rows"] * limits["random_read_ns"] * 1e-9 / limits["threads"]
    return {
        "operations_per_update": (profile["update_operations"] or 0) / profile["updates"] or None,
        "update_gflop_s": arithmetic or None,
        # of matrix products, whose every instruction is two operations
        "update_to_arithmetic": arithmetic / limits["gflop_s"] or None,
        # bytes of the synapses that were delivered, against what the memory can stream in that time
        "delivery_to_stream": moved / delivery / limits["read_gb_s"] if delivery else None,
        "synapses_per_row": events / profile["rows"] if profile["rows"] else None,
        # time of one random read for every row, against that of the delivery
        "rows_to_delivery": reads / delivery if delivery else None,
    }


def text(result: dict, published: dict[str, float]) -> str:
    """The report as text."""
    settings = result["settings"]
    thread_word = "thread" if settings["threads"] == 1 else "threads"
    lines = [
        f"{result['workload']}: {result['neurons']:,} neurons, {result['synapses']:,} synapses "
        f"({result['plastic_synapses']:,} plastic); Plastica {result['version']}, {settings['precision']} precision, "
        f"{settings['threads']} {thread_word}, {result['isa']}; load {result['load']}",
        "",
        row("real-time factor", result["rtf"], "", ", ".join(f"{i['rtf']:.4f}" for i in result["intervals"])),
        row("build", result["build_s"], "s", f"{result['synapses_built_per_s'] * 1e-6:.1f} M synapses per second"),
    ]
    for kind in ("static", "plastic"):
        if result[f"bytes_per_{kind}_synapse"]:
            lines.append(row(f"{kind} synapse", result[f"bytes_per_{kind}_synapse"], "bytes"))
    lines.append(row("peak memory", result["peak_memory_mib"], "MiB"))
    if "profile" in result:
        lines += cost_lines(result)
    lines += ["", "group    neurons   rate Hz      CV" + ("   published Hz" if published else "")]
    for name, group in result["activity"].items():
        irregularity = "      -" if group["cv"] is None else f"{group['cv']:7.3f}"
        known = f"   {published[name]:12.3f}" if name in published else ""
        lines.append(f"{name:8} {group['neurons']:7} {group['rate_hz']:9.3f} {irregularity}{known}")
    if result["weights"]:
        lines.append(
            f"plastic weights {result['weights']['mean']:.6g} with a deviation of {result['weights']['std']:.3g}"
        )
    if "machine" in result:
        lines += ["", *machine_lines(result)]
    return "\n".join(lines)


def cost_lines(result: dict) -> list[str]:
    """Nanoseconds per operation, and the phases of the step."""
    lines = [
        row("neuron update", result["ns_per_update"], "ns"),
        row("synaptic event", result["ns_per_event"], "ns", "deliver, learn and exchange over all events"),
    ]
    if "static_rtf" in result:
        slower = result["plastic_to_static"]
        lines += [
            row("  static", result["ns_per_static_event"], "ns", "from the static twin"),
            row("  plastic", result["ns_per_plastic_event"], "ns", "the rest"),
            row("static twin", result["static_rtf"], "", f"real-time factor; plastic costs {slower:.2f} times as much"),
        ]
    phases = result["profile"]["phases"]
    total = sum(phases.values()) or 1.0
    lines += ["", "phase      s per s   share"]
    for phase, spent in phases.items():
        lines.append(f"{phase:9} {spent / result['bio_s']:8.4f}  {100 * spent / total:5.1f} %")
    return lines


def machine_lines(result: dict) -> list[str]:
    """The machine, and how near to its limits the loops come."""
    m, near = result["machine"], result["limits"]
    lines = [
        f"machine: {m['processor']}, {m['threads']} of {m['cores']} cores: read {m['read_gb_s']} GB/s, "
        f"copy {m['copy_gb_s']} GB/s, random read {m['random_read_ns']} ns, matrix product {m['gflop_s']} Gflop/s",
    ]
    if near["update_gflop_s"]:
        lines.append(
            f"update: {near['operations_per_update']:.0f} operations of the equations per neuron, "
            f"{near['update_gflop_s']:.1f} Gflop/s, {100 * near['update_to_arithmetic']:.0f} % of the matrix product"
        )
    if near["delivery_to_stream"]:
        lines.append(
            f"delivery: reads its synapses at {100 * near['delivery_to_stream']:.1f} % of the memory's stream; "
            f"{near['synapses_per_row']:.0f} synapses per row,"
        )
        lines.append(
            f"          one random read for every row would be {100 * near['rows_to_delivery']:.2g} % of its time"
        )
    return lines


def row(name: str, value: float | None, unit: str, note: str = "") -> str:
    number = "-" if value is None else f"{value:.4g}"
    return f"{name:18} {number:>9} {unit:6} {note}".rstrip()


def main() -> None:
    """Prints stored results as one table."""
    options = argparse.ArgumentParser(description="Prints stored results, one line each.")
    options.add_argument("files", nargs="+", type=Path)
    header = ("workload", "threads", "RTF", "build s", "ns/update", "ns/event", "B/static", "B/plastic", "MiB")
    keys = ("rtf", "build_s", "ns_per_update", "ns_per_event", "bytes_per_static_synapse", "bytes_per_plastic_synapse")
    print(f"{header[0]:32}" + "".join(f"{h:>10}" for h in header[1:]))
    for file in options.parse_args().files:
        result = json.loads(file.read_text())
        if "profile" not in result:
            print(f"{file.name}: not the result of a network with its profile", file=sys.stderr)
            continue
        values = [result[key] for key in keys] + [result["peak_memory_mib"]]
        cells = "".join(f"{'-' if v is None else f'{v:.4g}':>10}" for v in values)
        print(f"{result['workload']:32}{result['settings']['threads']:>10}{cells}")


if __name__ == "__main__":
    main()
