"""A day in the life of a network, twice: in one piece, and in pieces that end with SIGKILL.

    python -m tests.soak --hours 24 --kills 100 --out build/soak

A small network in which everything goes on at once: plasticity of several kinds, short-term depression, reward, all
kinds of controllers, synapses that form and go, recordings on disk. The two must end alike, bit for bit; memory must
stay flat; and the clock must be where it should be. Exits with status 1 if not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import plastica as pl

HOUR = 3.6e6  # ms
PIECE = 20_000.0  # ms between checkpoints


def network(folder: Path, threads: int) -> pl.Network:
    """A hundred neurons, and everything that can happen to them."""
    net = pl.Network(dt=1.0, seed=24, threads=threads)
    receptors = {"ampa": pl.ConductanceExp(tau=5, E_rev=0), "gaba": pl.ConductanceExp(tau=10, E_rev=-80)}
    exc = net.population(80, pl.LIF(t_ref=3, receptors=receptors), name="exc", initial={"V": pl.Uniform(-70, -55)})
    inh = net.population(20, exc.model, name="inh")
    noise = net.population(40, pl.PoissonSource(8.0), name="noise")
    net.drive(exc, pl.PoissonInput(rate=300.0), receptor="ampa", weight=4.0)
    net.drive(exc[:40], pl.OUCurrent(mean=20.0, sigma=30.0, tau=20.0))
    net.drive(inh, pl.ConstantCurrent(amplitude=330.0))
    dopamine = net.modulator("dopamine", tau=500.0)
    dopamine.release_by(inh, 0.01, delay=1.0)
    wires = {"connector": pl.FixedProbability(0.15), "delay": pl.Uniform(1, 8)}
    stdp = pl.STDP(w_max=1.0, learning_rate=1e-3)
    for name, ends, receptor, weight, rule in (
        ("ee", (exc, exc), "ampa", 0.3, [pl.TsodyksMarkram(), stdp]),
        ("ie", (inh, exc), "gaba", 0.5, pl.InhibitorySTDP(w_max=9.0)),
        ("rewarded", (noise, inh), "ampa", 0.5, [stdp, pl.RewardGate(modulator="dopamine")]),
        ("triplet", (noise, exc), "ampa", 0.5, pl.TripletSTDP(w_max=2.0, threshold="per neuron")),
        ("grown", (exc, exc), "ampa", 0.1, None),
        ("ei", (exc, inh), "ampa", 0.5, None),
    ):
        net.connect(*ends, **wires, receptor=receptor, weight=weight, plasticity=rule, name=name)
    net.control(exc, pl.SynapticScaling(receptor="ampa", tau=1e4, beta=1e-4, interval=100.0), name="scaling")
    net.control(exc, pl.IntrinsicExcitability(parameter="V_th", tau=1e4, eta=1e-3, interval=100.0), name="threshold")
    net.control(net.projections["triplet"], pl.SlidingThreshold(tau=1e4, interval=100.0), name="sliding")
    net.control(net.projections["ie"], pl.WeightNormalization(interval=1e4), name="normalization")
    net.control(exc, pl.Modulation(parameter="I_e", modulator="dopamine", slope=5.0, mode="add", interval=50.0))
    elements = pl.SynapticElements(growth="linear", nu=1e-5, eps=5e-3, tau_Ca=1e4, beta_Ca=1e-4)
    wiring = pl.StructuralPlasticity(axonal=elements, dendritic=elements, weight=0.1, delay=2.0, interval=1000.0)
    net.control(net.projections["grown"], wiring, name="wiring")
    net.control(net.projections["ee"], pl.Creation(rate=0.02, weight=0.4, delay=2.0, interval=1000.0), name="creation")
    net.control(net.projections["ee"], pl.Pruning(older_than=6e5, rate=1e-3, interval=1000.0), name="pruning")
    net.guard(exc, rate=(0.0, 200.0), window=6e4, action="report")
    net.record(exc, "spikes", to=folder / "spikes")
    net.record(exc, "rate", interval=1000.0, to=folder / "rate")
    net.record(net.projections["ee"], "structure", to=folder / "structure")
    net.record(net.projections["ee"], "weights", interval=6e4, sample=50, to=folder / "weights")
    net.record(net.controllers["scaling"], "factor", interval=6e4, to=folder / "factor")
    return net


def digest(net: pl.Network, folder: Path) -> dict[str, str]:
    """What there is at the end: states, weights, who is connected to whom, and every recording."""
    found: dict[str, np.ndarray] = {"time": np.array(net.time)}
    for name, population in net.populations.items():
        found |= {f"{name}.{variable}": population.get(variable) for variable in population.variables}
    for name, projection in net.projections.items():
        found |= {f"{name}.{state}": projection.get(state) for state in projection.states}
        found |= {f"{name} weights": projection.weights, f"{name} ages": projection.ages}
        found |= {f"{name} sources": projection.sources, f"{name} targets": projection.targets}
    for name, controller in net.controllers.items():
        found |= {f"{name}.{state}": np.asarray(controller.get(state)) for state in controller.states}
    result = {
        name: hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest() for name, values in found.items()
    }
    for recorder in net.recorders:
        recorder.flush()
    for path in sorted(folder.glob("*/recording.json")):
        recorded = pl.Recording(path.parent)
        for column in recorded.columns:
            values = hashlib.sha256(np.ascontiguousarray(recorded[column]).tobytes()).hexdigest()
            result[f"recording {path.parent.name}.{column}"] = values
    return result


def live(folder: Path, hours: float, threads: int, checkpoints: bool) -> None:
    """One process: from the last checkpoint, or from the beginning, to the end."""
    saved = folder / "net.plastica"
    if not saved.exists():  # killed before the first checkpoint
        for begun in folder.glob("*/"):
            shutil.rmtree(begun)
    net = pl.load(saved, threads=threads) if saved.exists() else network(folder, threads)
    print("lives", flush=True)
    end, memory = round(hours * HOUR), []
    while net.time < end:
        stretch = min(60 * PIECE, end - net.time)
        if checkpoints:
            net.run(stretch, checkpoint=saved, checkpoint_every=PIECE, progress=False)
        else:
            net.run(stretch, progress=False)
        memory.append(resident())
    result = {
        "digest": digest(net, folder),
        "memory": memory,
        "synapses": {name: len(projection) for name, projection in net.projections.items()},
        "created": net.controllers["creation"].created,
        "removed": net.controllers["pruning"].removed,
        "spikes": {name: population.spike_count for name, population in net.populations.items()},
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


def resident() -> int:
    """Bytes of memory that the process has now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def spawn(folder: Path, options: argparse.Namespace, *, checkpoints: bool) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.soak", "--live", str(folder), "--hours", str(options.hours)]
    command += ["--threads", str(options.threads)] + (["--checkpoints"] if checkpoints else [])
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def main() -> int:
    """Both lives, and the comparison."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/soak"))
    parser.add_argument("--live", type=Path)
    parser.add_argument("--checkpoints", action="store_true")
    options = parser.parse_args()
    if options.live is not None:
        live(options.live, options.hours, options.threads, options.checkpoints)
        return 0

    whole, pieces = options.out / "whole", options.out / "pieces"
    for folder in (whole, pieces):
        folder.mkdir(parents=True)
    started = time.perf_counter()
    first = spawn(whole, options, checkpoints=False)
    assert first.wait() == 0
    seconds = time.perf_counter() - started
    print(f"in one piece: {seconds:.0f} s")

    random = np.random.default_rng(options.seed)
    killed = 0
    started = time.perf_counter()
    while True:
        process = spawn(pieces, options, checkpoints=True)
        assert process.stdout is not None
        if killed < options.kills:
            # at any moment: while it starts, runs, saves or writes
            left = seconds * (1 - progress(pieces, options.hours)) / (options.kills - killed)
            if random.random() > 0.1:
                process.stdout.readline()
            time.sleep(random.exponential(max(left, 0.05)))
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                killed += 1
        status = process.wait()
        if status == 0:
            break
        assert status == -signal.SIGKILL, f"status {status}"
    print(f"in pieces: {time.perf_counter() - started:.0f} s, killed {killed} times")

    results = [json.loads((folder / "result.json").read_text(encoding="utf-8")) for folder in (whole, pieces)]
    different = [name for name, value in results[0]["digest"].items() if results[1]["digest"].get(name) != value]
    memory = np.array(results[0]["memory"]) / 1e6
    growth = memory[-1] - memory[min(len(memory) - 1, len(memory) // 4)]
    print(f"compared: {len(results[0]['digest'])} arrays; different: {different or 'none'}")
    print(
        f"memory: {memory[0]:.0f} MB after the first stretch, {memory[-1]:.0f} MB at the end; {growth:+.1f} MB after a quarter"
    )
    print(f"spikes {results[0]['spikes']}, synapses {results[0]['synapses']}, ", end="")
    print(f"{results[0]['created']} formed, {results[0]['removed']} removed")
    return 1 if different or killed < options.kills or growth > 20 else 0


def progress(folder: Path, hours: float) -> float:
    """How much of the time has passed at the last checkpoint."""
    saved = folder / "net.plastica"
    if not saved.exists():
        return 0.0
    with np.load(saved, allow_pickle=False) as file:
        now = json.loads(file["network.json"])["engine"]["now"]
    return float(now) / (hours * HOUR)


if __name__ == "__main__":
    sys.exit(main())
