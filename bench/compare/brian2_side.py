"""A workload on Brian2's C++ standalone mode, in Brian2's own environment; run by bench.compare.run.

`--generate` writes and compiles the program, which is not counted; without it, the program runs once. Brian2
integrates the current-based networks exactly and the conductance-based ones by exponential Euler, in double
precision, compiled with `-O3 -ffast-math -march=native`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter, sleep

import numpy as np
from bench.activity import learned
from bench.compare import peer
from bench.networks import parameters as p

FLAGS = ["-w", "-O3", "-ffast-math", "-fno-finite-math-only", "-march=native", "-std=c++11"]


def vogels_abbott(b, arguments):
    from brian2 import ms, mV

    q = p.VOGELS_ABBOTT
    kind, size = arguments.workload.split("-")
    n = int(size[:-1]) * 1000
    excitatory, probability = round(n * q.fraction_excitatory), q.inputs / n
    names = {
        "taum": q.tau_m * ms,
        "taue": q.tau_excitatory * ms,
        "taui": q.tau_inhibitory * ms,
        "Vt": q.V_th * mV,
        "Vr": q.V_reset * mV,
    }
    if kind == "current":
        w, method = p.CURRENT, "exact"
        unit = mV / q.g_leak  # the membrane's resistance turns pA into mV
        names |= {"El": w.E_L * mV}
        equations = """dv/dt = (ge + gi - (v - El))/taum : volt (unless refractory)
                       dge/dt = -ge/taue : volt
                       dgi/dt = -gi/taui : volt"""
    else:
        w, method, unit = p.CONDUCTANCE, "exponential_euler", 1 / q.g_leak
        names |= {
            "El": w.E_L * mV,
            "Ee": w.E_excitatory * mV,
            "Ei": w.E_inhibitory * mV,
            "drive": w.I_e / q.g_leak * mV,
        }
        equations = """dv/dt = (ge*(Ee - v) + gi*(Ei - v) - (v - El) + drive)/taum : volt (unless refractory)
                       dge/dt = -ge/taue : 1
                       dgi/dt = -gi/taui : 1"""
    cells = b.NeuronGroup(
        n,
        equations,
        threshold="v > Vt",
        reset="v = Vr",
        refractory=q.t_ref * ms,
        method=method,
        namespace=names,
    )
    cells.v = "Vr + rand()*(Vt - Vr)"
    E, I = cells[:excitatory], cells[excitatory:]  # noqa: E741
    delay = q.delay * ms
    from_e = b.Synapses(E, cells, on_pre="ge += we", delay=delay, namespace={"we": w.w_excitatory * unit})
    from_i = b.Synapses(I, cells, on_pre="gi += wi", delay=delay, namespace={"wi": w.w_inhibitory * unit})
    from_e.connect("i != j", p=probability)
    from_i.connect(f"i + {excitatory} != j", p=probability)
    return cells, {"E": (0, excitatory), "I": (excitatory, n)}, [from_e, from_i], []


def vogels2011(b, arguments):
    from brian2 import ms, mV

    q = p.VOGELS_2011
    n, g = q.excitatory + q.inhibitory, q.g_leak
    names = {
        "taum": q.tau_m * ms,
        "taue": q.tau_excitatory * ms,
        "taui": q.tau_inhibitory * ms,
        "Vt": q.V_th * mV,
        "Vr": q.V_reset * mV,
        "El": q.E_L * mV,
        "Ee": q.E_excitatory * mV,
        "Ei": q.E_inhibitory * mV,
        "drive": q.I_e / g * mV,
    }
    equations = """dv/dt = (ge*(Ee - v) + gi*(Ei - v) - (v - El) + drive)/taum : volt (unless refractory)
                   dge/dt = -ge/taue : 1
                   dgi/dt = -gi/taui : 1"""
    cells = b.NeuronGroup(
        n,
        equations,
        threshold="v > Vt",
        reset="v = Vr",
        refractory=q.t_ref * ms,
        method="exponential_euler",
        namespace=names,
    )
    cells.v = "Vr + rand()*(Vt - Vr)"
    E, I = cells[: q.excitatory], cells[q.excitatory :]  # noqa: E741
    delay = q.delay * ms
    from_e = b.Synapses(E, cells, on_pre="ge += we", delay=delay, namespace={"we": q.w_excitatory / g})
    from_e.connect("i != j", p=q.probability)
    i_to_i = b.Synapses(I, I, on_pre="gi += wi", delay=delay, namespace={"wi": q.w_inhibitory_inhibitory / g})
    i_to_i.connect("i != j", p=q.probability)
    rule = {
        "taus": q.tau_rule * ms,
        "eta": q.learning_rate / g,
        "wmax": q.w_max / g,
        "alpha": 2 * q.target_rate * q.tau_rule * 1e-3,
    }
    i_to_e = b.Synapses(
        I,
        E,
        """w : 1
           dapre/dt = -apre/taus : 1 (event-driven)
           dapost/dt = -apost/taus : 1 (event-driven)""",
        on_pre="gi_post += w\n apre += 1\n w = clip(w + (apost - alpha)*eta, 0, wmax)",
        on_post="apost += 1\n w = clip(w + apre*eta, 0, wmax)",
        delay=delay,
        namespace=rule,
    )
    i_to_e.connect(p=q.probability)
    i_to_e.w = q.w_inhibitory_excitatory / g
    return cells, {"E": (0, q.excitatory), "I": (q.excitatory, n)}, [from_e, i_to_i, i_to_e], []


def brunel(b, arguments):
    from brian2 import Hz, ms, mV

    q = p.BRUNEL
    n = q.excitatory + q.inhibitory
    cells = b.NeuronGroup(
        n,
        "dv/dt = -v/taum : volt (unless refractory)",
        threshold="v > Vt",
        reset="v = Vr",
        refractory=q.t_ref * ms,
        method="exact",
        namespace={"taum": q.tau_m * ms, "Vt": q.V_th * mV, "Vr": q.V_reset * mV},
    )
    cells.v = "rand()*Vt"
    E, I = cells[: q.excitatory], cells[q.excitatory :]  # noqa: E741
    # a binomial number of 1000 sources stands for the Poisson number
    drive = b.PoissonInput(cells, "v", 1000, q.external_rate / 1000 * Hz, weight=q.w_excitatory * mV)
    delay = q.delay * ms
    if arguments.workload == "brunel-static":
        e_to_e = b.Synapses(E, E, on_pre="v_post += w0", delay=delay, namespace={"w0": q.w_excitatory * mV})
    else:
        step = q.learning_rate * q.w_max
        e_to_e = b.Synapses(
            E,
            E,
            """w : 1
               dapre/dt = -apre/taus : 1 (event-driven)
               dapost/dt = -apost/taus : 1 (event-driven)""",
            on_pre="v_post += w*mV\n apre += ap\n w = clip(w - apost, 0, wmax)",
            on_post="apost += am\n w = clip(w + apre, 0, wmax)",
            delay=delay,
            namespace={"taus": q.tau_rule * ms, "wmax": q.w_max, "ap": step, "am": step * q.A_minus},
        )
    e_to_e.connect("i != j", p=q.probability)
    if arguments.workload != "brunel-static":
        e_to_e.w = q.w_excitatory
    e_to_i = b.Synapses(E, I, on_pre="v_post += w0", delay=delay, namespace={"w0": q.w_excitatory * mV})
    e_to_i.connect(p=q.probability)
    from_i = b.Synapses(I, cells, on_pre="v_post += w0", delay=delay, namespace={"w0": q.w_inhibitory * mV})
    from_i.connect(f"i + {q.excitatory} != j", p=q.probability)
    return cells, {"E": (0, q.excitatory), "I": (q.excitatory, n)}, [e_to_e, e_to_i, from_i], [drive]


BUILDERS = {"current": vogels_abbott, "conductance": vogels_abbott, "vogels2011": vogels2011, "brunel": brunel}


def generate(arguments, directory: Path) -> None:
    """Writes and compiles the program, and a note of where its results will be."""
    import brian2 as b

    b.prefs.devices.cpp_standalone.openmp_threads = arguments.threads if arguments.threads > 1 else 0
    b.prefs.codegen.cpp.extra_compile_args_gcc = FLAGS
    b.set_device("cpp_standalone", directory=str(directory), build_on_run=False)
    b.seed()  # the program is compiled once; every run of it draws another network
    b.defaultclock.dt = p.DT * b.ms
    cells, groups, synapses, others = BUILDERS[arguments.workload.split("-")[0]](b, arguments)
    monitor = b.SpikeMonitor(cells)
    network = b.Network(cells, *synapses, *others, monitor)
    start = perf_counter()
    if arguments.warm_up:
        network.run(arguments.warm_up * b.second)
    network.run(arguments.seconds * b.second)
    b.device.build(directory=str(directory), compile=True, run=False, debug=False)
    note = {
        "version": b.__version__,
        "codegen_s": perf_counter() - start,
        "groups": groups,
        "synapses": [s.name for s in synapses],
        "monitor": monitor.name,
        "plastic": next((s.name for s in synapses if "w" in s.variables), None),
    }
    (directory / "note.json").write_text(json.dumps(note))


def execute(arguments, directory: Path) -> None:
    """Runs the program once and measures it."""
    note = json.loads((directory / "note.json").read_text())
    start = perf_counter()
    program = subprocess.Popen(["./main"], cwd=directory, stdout=subprocess.DEVNULL)
    memory = watch_memory(program)
    whole = perf_counter() - start
    if program.returncode:
        sys.exit(f"Brian2's program failed with status {program.returncode}")
    results = directory / "results"
    wall = float((results / "last_run_info.txt").read_text().split()[0])

    def stored(name: str, variable: str, kind: type) -> np.ndarray:
        label = f"_{name}_{variable}"
        found = next(f for f in results.iterdir() if f.name == label or f.name.startswith(label + "_"))
        return np.fromfile(found, dtype=kind)

    monitor = f"dynamic_array_{note['monitor']}"
    ids, times = stored(monitor, "i", np.int32), stored(monitor, "t", np.float64)
    late = times >= arguments.warm_up - 1e-9
    ids, times = ids[late], times[late]
    weights = None
    if note["plastic"]:
        unit = p.VOGELS_2011.g_leak if arguments.workload == "vogels2011" else 1.0  # conductances in units of the leak
        weights = learned(stored(f"dynamic_array_{note['plastic']}", "w", np.float64) * unit)
    trains = {}
    for name, (first, last) in note["groups"].items():
        inside = (ids >= first) & (ids < last)
        trains[name] = (last - first, times[inside], ids[inside])
    peer.write(
        arguments,
        trains,
        simulator="Brian2",
        version=note["version"],
        build_s=whole - wall * (1 + arguments.warm_up / arguments.seconds),  # the warm-up is not timed apart
        codegen_s=note["codegen_s"],
        wall_s=wall,
        weights=weights,
        synapses=sum(int(stored(f"array_{s}", "N", np.int32)[0]) for s in note["synapses"]),
        peak_memory_mib=memory,
    )


def watch_memory(program: subprocess.Popen) -> float:
    """Waits for a program and returns its highest resident memory in MiB."""
    highest = 0.0
    status = Path(f"/proc/{program.pid}/status")
    while program.poll() is None:
        try:
            lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
            highest = max([highest] + [float(line.split()[1]) / 1024 for line in lines])
        except OSError:
            pass
        sleep(0.02)
    return highest


def main() -> None:
    parser = peer.options(__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="of the generated program")
    parser.add_argument("--generate", action="store_true")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if arguments.generate:
        generate(arguments, arguments.directory)
    else:
        execute(arguments, arguments.directory)


if __name__ == "__main__":
    main()
