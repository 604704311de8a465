"""A workload on ANNarchy 5, in ANNarchy's own environment; run by bench.compare.run.

`--generate` writes and compiles the C++, which is not counted; without it, the compiled network is built and runs once.
Equations are integrated by exponential Euler, in double precision, compiled with `-O3 -march=native`.
"""

import argparse
import json
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import ANNarchy
import numpy as np
from bench.activity import learned, peak_memory_mib
from bench.compare import peer
from bench.networks import parameters as p

FLAGS = "-O3 -march=native"

# currents in mV, conductances in units of the leak
CURRENT_EQUATIONS = """
    tau_m*dv/dt = (E_L - v) + g_exc + g_inh : exponential
    tau_e*dg_exc/dt = -g_exc : exponential
    tau_i*dg_inh/dt = -g_inh : exponential
"""
CONDUCTANCE_EQUATIONS = """
    tau_m*dv/dt = (E_L - v) + g_exc*(E_e - v) + g_inh*(E_i - v) + drive : exponential
    tau_e*dg_exc/dt = -g_exc : exponential
    tau_i*dg_inh/dt = -g_inh : exponential
"""
TRACES = """
    tau*dx/dt = -x : event-driven
    tau*dy/dt = -y : event-driven
"""


class Built(NamedTuple):
    """A network before it is compiled."""

    groups: dict[str, ANNarchy.Population]  # or views of one
    starts: tuple[float, float]  # range of the initial potentials
    projections: list[ANNarchy.Projection]
    plastic: ANNarchy.Projection | None = None


def constants(**values: float) -> str:
    """Declarations of parameters that a whole population shares."""
    return "\n".join(f"{name} = {value} : population" for name, value in values.items())


def vogels_abbott(network: ANNarchy.Network, arguments: argparse.Namespace) -> Built:
    q = p.VOGELS_ABBOTT
    kind, size = arguments.workload.split("-")
    n = int(size[:-1]) * 1000
    excitatory, probability = round(n * q.fraction_excitatory), q.inputs / n
    w = p.CURRENT if kind == "current" else p.CONDUCTANCE
    cells = network.create(n, neuron(q, w, kind))
    groups = {"E": cells[:excitatory], "I": cells[excitatory:]}
    wire = partial(connect, network, probability=probability, delay=q.delay)
    projections = [
        wire(groups["E"], cells, "exc", w.w_excitatory / q.g_leak),
        wire(groups["I"], cells, "inh", w.w_inhibitory / q.g_leak),
    ]
    return Built(groups, (q.V_reset, q.V_th), projections)


def vogels2011(network: ANNarchy.Network, arguments: argparse.Namespace) -> Built:
    q = p.VOGELS_2011
    model = neuron(q, q, "conductance")
    E, I = network.create(q.excitatory, model), network.create(q.inhibitory, model)  # noqa: E741
    rule = ANNarchy.Synapse(
        parameters=f"""
            tau = {q.tau_rule} : projection
            eta = {q.learning_rate / q.g_leak} : projection
            alpha = {2 * q.target_rate * q.tau_rule * 1e-3} : projection
            w_max = {q.w_max / q.g_leak} : projection
        """,
        equations=TRACES,
        pre_spike="""
            g_target += w
            x += 1.0
            w = clip(w + eta*(y - alpha), 0.0, w_max)
        """,
        post_spike="""
            y += 1.0
            w = clip(w + eta*x, 0.0, w_max)
        """,
    )
    wire = partial(connect, network, probability=q.probability, delay=q.delay)
    plastic = wire(I, E, "inh", q.w_inhibitory_excitatory / q.g_leak, rule)
    static = [
        wire(E, E, "exc", q.w_excitatory / q.g_leak),
        wire(E, I, "exc", q.w_excitatory / q.g_leak),
        wire(I, I, "inh", q.w_inhibitory_inhibitory / q.g_leak),
    ]
    return Built({"E": E, "I": I}, (q.V_reset, q.V_th), [*static, plastic], plastic)


def brunel(network: ANNarchy.Network, arguments: argparse.Namespace) -> Built:
    q = p.BRUNEL
    mean = q.external_rate * p.DT * 1e-3  # arrivals of a step
    # a conductance without an equation lives for a step, and the exponential step turns it into a jump before the
    # decay; a normal number with the mean and variance of the Poisson number stands for it: equations cannot draw those
    model = ANNarchy.Neuron(
        parameters=constants(tau_m=q.tau_m, V_th=q.V_th, V_reset=q.V_reset, jump=1.0 / np.expm1(p.DT / q.tau_m)),
        equations=f"""
            drive = Normal({mean * q.w_excitatory}, {np.sqrt(mean) * q.w_excitatory})
            tau_m*dv/dt = -v + jump*(g_exc + g_inh + drive) : exponential
        """,
        spike="v > V_th",
        reset="v = V_reset",
        refractory=q.t_ref,
    )
    E, I = network.create(q.excitatory, model), network.create(q.inhibitory, model)  # noqa: E741
    step = q.learning_rate * q.w_max
    rule = ANNarchy.Synapse(
        parameters=f"""
            tau = {q.tau_rule} : projection
            a_plus = {step} : projection
            a_minus = {step * q.A_minus} : projection
            w_max = {q.w_max} : projection
        """,
        equations=TRACES,
        pre_spike="""
            g_target += w
            x += a_plus
            w = clip(w - y, 0.0, w_max)
        """,
        post_spike="""
            y += a_minus
            w = clip(w + x, 0.0, w_max)
        """,
    )
    wire = partial(connect, network, probability=q.probability, delay=q.delay)
    learns = arguments.workload == "brunel-stdp"
    e_to_e = wire(E, E, "exc", q.w_excitatory, rule if learns else None)
    others = [
        wire(E, I, "exc", q.w_excitatory),
        wire(I, E, "inh", q.w_inhibitory),
        wire(I, I, "inh", q.w_inhibitory),
    ]
    return Built({"E": E, "I": I}, (0.0, q.V_th), [e_to_e, *others], e_to_e if learns else None)


def neuron(q, w, kind: str) -> ANNarchy.Neuron:
    """The neuron of W1 and W2; `q` has its membrane, `w` its input."""
    shared = {
        "tau_m": q.tau_m,
        "tau_e": q.tau_excitatory,
        "tau_i": q.tau_inhibitory,
        "E_L": w.E_L,
        "V_th": q.V_th,
        "V_reset": q.V_reset,
    }
    if kind == "conductance":
        shared |= {"E_e": w.E_excitatory, "E_i": w.E_inhibitory, "drive": w.I_e / q.g_leak}
    return ANNarchy.Neuron(
        parameters=constants(**shared),
        equations=CURRENT_EQUATIONS if kind == "current" else CONDUCTANCE_EQUATIONS,
        spike="v > V_th",
        reset="v = V_reset",
        refractory=q.t_ref,
    )


def connect(
    network: ANNarchy.Network,
    source: ANNarchy.Population,
    target: ANNarchy.Population,
    receptor: str,
    weight: float,
    synapse: ANNarchy.Synapse | None = None,
    *,
    probability: float,
    delay: float,
) -> ANNarchy.Projection:
    projection = network.connect(source, target, receptor, synapse)
    return projection.fixed_probability(probability=probability, weights=weight, delays=delay)


BUILDERS = {"current": vogels_abbott, "conductance": vogels_abbott, "vogels2011": vogels2011, "brunel": brunel}


def compiled(arguments: argparse.Namespace) -> tuple[ANNarchy.Network, Built, float]:
    """The network, its parts, and the seconds until it could run; unchanged sources are not compiled again."""
    network = ANNarchy.Network(dt=p.DT, seed=arguments.seed)
    network.config(num_threads=arguments.threads, dtype=ANNarchy.float64)
    start = perf_counter()
    built = BUILDERS[arguments.workload.split("-")[0]](network, arguments)
    network.compile(directory=str(arguments.directory), compiler_flags=FLAGS, silent=True)
    rng = np.random.default_rng(arguments.seed)
    for group in built.groups.values():
        group.v = rng.uniform(*built.starts, len(group))
    return network, built, perf_counter() - start


def generate(arguments: argparse.Namespace) -> None:
    """Writes and compiles the program, and notes how long that took, with the network that is built for it."""
    _, _, seconds = compiled(arguments)
    (arguments.directory / "note.json").write_text(json.dumps({"codegen_s": seconds}))


def execute(arguments: argparse.Namespace) -> None:
    """Builds the compiled network and runs it once."""
    note = json.loads((arguments.directory / "note.json").read_text())
    network, built, seconds = compiled(arguments)
    monitors = {name: network.monitor(group, "spike") for name, group in built.groups.items()}
    if arguments.warm_up:
        network.simulate(arguments.warm_up * 1e3)
        for monitor in monitors.values():
            monitor.get("spike")
    start = perf_counter()
    network.simulate(arguments.seconds * 1e3)
    wall = perf_counter() - start
    memory = peak_memory_mib()
    trains = {}
    for name, monitor in monitors.items():
        times, ids = monitor.raster_plot(monitor.get("spike"))
        trains[name] = (len(built.groups[name]), times, ids.astype(np.int64))
    unit = p.VOGELS_2011.g_leak if arguments.workload == "vogels2011" else 1.0  # conductances in units of the leak
    peer.write(
        arguments,
        trains,
        simulator="ANNarchy",
        version=ANNarchy.__release__,
        build_s=seconds,
        codegen_s=note["codegen_s"] - seconds,  # the network was built then too
        wall_s=wall,
        weights=learned(np.concatenate(built.plastic.w) * unit) if built.plastic else None,
        synapses=int(sum(projection.nb_synapses for projection in built.projections)),
        peak_memory_mib=memory,
    )


def main() -> None:
    parser = peer.options(__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="of the generated program")
    parser.add_argument("--generate", action="store_true")
    arguments = parser.parse_args()
    if arguments.generate:
        generate(arguments)
    else:
        execute(arguments)


if __name__ == "__main__":
    main()
