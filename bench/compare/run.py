"""The same network on Plastica, Brian2, NEST and ANNarchy, in turns; medians, ratios, and their activity side by side.

    python -m bench.compare.run --install                 # once: the peers from PyPI, into an environment of their own
    python -m bench.compare.run current-4k --threads 1
    python -m bench.compare.run brunel-stdp --seconds 2 --rounds 3

Every round draws another network, and every simulator records all spikes of the interval that is timed. A peer that is
not installed is left out.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from statistics import mean, median

from bench import machine
from bench.compare.workloads import WORKLOADS, Workload

ROOT = Path(__file__).parents[2]
DEFAULT_PEERS = Path(tempfile.gettempdir()) / "plastica-peers"
MODULES = {"brian2": "brian2", "nest": "nest", "annarchy": "ANNarchy"}
NAMES = {"plastica": "Plastica", "brian2": "Brian2", "nest": "NEST", "annarchy": "ANNarchy"}
COMPILED = ("brian2", "annarchy")  # their program is written and compiled before the clocks start


class Runner:
    """Runs the simulators of one comparison, each in processes of its own."""

    def __init__(self, arguments: argparse.Namespace, workload: Workload, scratch: Path) -> None:
        self.arguments, self.workload, self.scratch = arguments, workload, scratch
        self.interval = ("--seconds", str(arguments.seconds), "--warm-up", str(arguments.warm_up))
        self.peer_python = arguments.peers / "bin" / "python"

    def installed(self, peer: str) -> str | None:
        """None if the peer can run, else why not."""
        if peer not in self.workload.peers:
            return "does not have this workload"
        if not self.peer_python.exists():
            return f"no environment at {self.arguments.peers}; make it with --install"
        found = subprocess.run([self.peer_python, "-c", f"import {MODULES[peer]}"], capture_output=True, text=True)
        return None if found.returncode == 0 else f"cannot be imported: {found.stderr.strip().splitlines()[-1]}"

    def prepare(self, peer: str) -> None:
        """Lets a peer that compiles do so before the clocks start."""
        if peer in COMPILED:
            self._call(self._peer_command(peer, self.scratch / "unused.json"), "--generate")

    def measure(self, simulator: str, turn: int) -> dict:
        """One run of one simulator."""
        answer = self.scratch / f"{simulator}-{turn}.json"
        if simulator != "plastica":
            self._call(self._peer_command(simulator, answer), "--seed", str(turn + 1))
            return json.loads(answer.read_text())
        command = [sys.executable, "-m", f"bench.networks.{self.workload.module}", *self.workload.arguments]
        command += ["--repeats", "1", "--no-twin", "--no-machine", "--no-profile", *self.interval, *self._scale()]
        command += ["--threads", str(self.arguments.threads), "--precision", self.arguments.precision]
        self._call([*command, "--json", str(answer)], "--seed", str(turn + 1))
        result = json.loads(answer.read_text())
        return {**result, "wall_s": result["intervals"][0]["wall_s"]}

    def _peer_command(self, peer: str, answer: Path) -> list[str]:
        command = [str(self.peer_python), "-m", f"bench.compare.{peer}_side", self.arguments.workload]
        command += [*self.interval, *self._scale(), "--threads", str(self.arguments.threads), "--json", str(answer)]
        return [*command, "--directory", str(self.scratch / peer)] if peer in COMPILED else command

    def _scale(self) -> tuple[str, ...]:
        scaled = self.workload.module in ("microcircuit", "hpc_benchmark")
        return ("--scale", str(self.arguments.scale)) if scaled else ()

    def _call(self, command: list[str], *more: str) -> None:
        # ANNarchy looks for cmake on the path
        path = f"{self.peer_python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        environment = {**os.environ, "PATH": path}
        done = subprocess.run([*command, *more], cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def compare(arguments: argparse.Namespace) -> dict:
    """Runs all simulators in turns and returns what each measured."""
    workload = WORKLOADS[arguments.workload]
    arguments.seconds = arguments.seconds or workload.seconds
    arguments.warm_up = workload.warm_up if arguments.warm_up is None else arguments.warm_up
    runs: dict[str, list[dict]] = {"plastica": []}
    missing, loads = {}, []
    with tempfile.TemporaryDirectory(prefix="plastica-compare-") as scratch:
        runner = Runner(arguments, workload, Path(scratch))
        for peer in arguments.with_peers:
            reason = runner.installed(peer)
            if reason is None:
                say(f"{NAMES[peer]}: prepare")
                runner.prepare(peer)
                runs[peer] = []
            else:
                missing[peer] = reason
                say(f"{NAMES[peer]}: left out, {reason}")
        for turn in range(arguments.rounds):
            for simulator, results in runs.items():
                loads.append(round(os.getloadavg()[0], 2))
                results.append(runner.measure(simulator, turn))
                say(f"round {turn + 1}, {NAMES[simulator]}: real-time factor {results[-1]['rtf']:.4g}")
    settings = ("workload", "threads", "seconds", "warm_up", "rounds", "precision", "scale")
    return {
        "settings": {name: getattr(arguments, name) for name in settings},
        "machine": machine.measure(arguments.threads),
        "load": loads,
        "missing": missing,
        "summary": {simulator: summary(results, runs["plastica"]) for simulator, results in runs.items()},
        "runs": {simulator: [without_details(r) for r in results] for simulator, results in runs.items()},
    }


def summary(results: list[dict], ours: list[dict]) -> dict:
    """Medians of a simulator and of its ratio to Plastica in the same round; rates and CVs are means over networks."""
    groups = results[0]["activity"]
    return {
        "version": results[0]["version"],
        "build_s": median(r["build_s"] for r in results),
        "codegen_s": results[0].get("codegen_s"),
        "rtf": median(r["rtf"] for r in results),
        "ratio": median(r["rtf"] / own["rtf"] for r, own in zip(results, ours, strict=True)),
        "synapses": results[0]["synapses"],
        "peak_memory_mib": median(r["peak_memory_mib"] for r in results),
        "rate_hz": {g: mean(r["activity"][g]["rate_hz"] for r in results) for g in groups},
        "weight": mean(r["weights"]["mean"] for r in results) if results[0].get("weights") else None,
        "cv": {g: mean_or_none([r["activity"][g]["cv"] for r in results]) for g in groups},
    }


def mean_or_none(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return mean(known) if known else None


def without_details(result: dict) -> dict:
    keys = ("version", "build_s", "codegen_s", "wall_s", "rtf", "synapses", "peak_memory_mib", "activity", "weights")
    return {key: result[key] for key in keys if key in result}


def text(result: dict) -> str:
    """The comparison as a table."""
    s, m = result["settings"], result["machine"]
    lines = [
        f"{s['workload']}: {s['seconds']:g} s of biology after {s['warm_up']:g} s, {s['threads']} thread(s), "
        f"medians of {s['rounds']}; Plastica in {s['precision']}, the others in double precision",
        f"{m['processor']}, read {m['read_gb_s']} GB/s, {m['gflop_s']} Gflop/s; load {min(result['load'])} to "
        f"{max(result['load'])}",
        "",
        f"{'':10}{'version':>9}{'RTF':>10}{'ratio':>8}{'compile s':>11}{'build s':>9}{'MiB':>8}{'synapses':>13}",
    ]
    for simulator, r in result["summary"].items():
        compiling = "-" if r["codegen_s"] is None else f"{r['codegen_s']:.1f}"
        lines.append(
            f"{NAMES[simulator]:10}{r['version']:>9}{r['rtf']:>10.4g}{r['ratio']:>8.2f}{compiling:>11}{r['build_s']:>9.2f}"
            f"{r['peak_memory_mib']:>8.0f}{r['synapses']:>13,}"
        )
    lines += [f"{NAMES[peer]:10} left out: {reason}" for peer, reason in result["missing"].items()]
    simulators = result["summary"]
    lines += ["", f"{'rate, CV':10}" + "".join(f"{NAMES[simulator]:>18}" for simulator in simulators)]
    for group in simulators["plastica"]["rate_hz"]:
        cells = ""
        for r in simulators.values():
            cv = r["cv"][group]
            cells += f"{r['rate_hz'][group]:>11.3f},{'-' if cv is None else f'{cv:.3f}':>6}"
        lines.append(f"{group:10}{cells}")
    if simulators["plastica"]["weight"]:
        weights = [r["weight"] for r in simulators.values()]
        lines.append(f"{'weight':10}" + "".join(f"{'-' if w is None else f'{w:.5g}':>18}" for w in weights))
    return "\n".join(lines)


def install(directory: Path) -> None:
    """Makes the environment of the peers."""
    say(f"installing the peers into {directory}")
    venv.create(directory, with_pip=True)
    requirements = Path(__file__).with_name("requirements.txt")
    subprocess.run([directory / "bin" / "pip", "install", "--quiet", "--requirement", requirements], check=True)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="?", choices=WORKLOADS)
    parser.add_argument("--install", action="store_true", help="install the peers first")
    parser.add_argument("--peers", type=Path, default=DEFAULT_PEERS, help="their virtual environment")
    parser.add_argument("--with", dest="with_peers", nargs="*", choices=MODULES, default=list(MODULES), metavar="PEER")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, help="biological time; by default that of the workload")
    parser.add_argument("--warm-up", type=float, help="biological time before it")
    parser.add_argument("--precision", choices=("single", "double"), default="single", help="of Plastica")
    parser.add_argument("--scale", type=float, default=1.0, help="of the microcircuit and hpc")
    parser.add_argument("--json", type=Path, metavar="PATH", help="also write the result as JSON")
    arguments = parser.parse_args()
    if arguments.install:
        install(arguments.peers)
    if arguments.workload is None:
        if not arguments.install:
            parser.error("which workload?")
        return
    result = compare(arguments)
    print(text(result))
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
