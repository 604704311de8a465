"""A workload on NEST, in NEST's own environment; run by bench.compare.run.

`iaf_psc_exp`, `iaf_psc_delta` and `iaf_psc_alpha` are integrated exactly, `iaf_cond_exp` by an adaptive Runge-Kutta.
NEST's delay is dendritic. In double precision, as the wheel from PyPI is built.
"""

import argparse
from time import perf_counter

import nest
import numpy as np
from bench.activity import learned, peak_memory_mib
from bench.compare import peer
from bench.networks import parameters as p

Groups = dict[str, "nest.NodeCollection"]


def vogels_abbott(arguments: argparse.Namespace) -> Groups:
    q = p.VOGELS_ABBOTT
    kind, size = arguments.workload.split("-")
    n = int(size[:-1]) * 1000
    common = {
        "C_m": q.C_m,
        "V_th": q.V_th,
        "V_reset": q.V_reset,
        "t_ref": q.t_ref,
        "tau_syn_ex": q.tau_excitatory,
        "tau_syn_in": q.tau_inhibitory,
    }
    if kind == "current":
        w = p.CURRENT
        model, inhibition = "iaf_psc_exp", w.w_inhibitory
        common |= {"E_L": w.E_L, "tau_m": q.tau_m}
    else:
        w = p.CONDUCTANCE
        model, inhibition = "iaf_cond_exp", -w.w_inhibitory
        common |= {"E_L": w.E_L, "g_L": q.g_leak, "E_ex": w.E_excitatory, "E_in": w.E_inhibitory, "I_e": w.I_e}
    excitatory = round(n * q.fraction_excitatory)
    cells = nest.Create(model, n, common)
    cells.V_m = np.random.default_rng(arguments.seed).uniform(q.V_reset, q.V_th, n)
    groups = {"E": cells[:excitatory], "I": cells[excitatory:]}
    for group, weight in ((groups["E"], w.w_excitatory), (groups["I"], inhibition)):
        probability = q.inputs / n
        # pairwise_bernoulli visits every pair, so larger networks have fixed in-degrees
        rule = {"rule": "pairwise_bernoulli", "p": probability}
        if n > 4000:
            rule = {"rule": "fixed_indegree", "indegree": round(probability * len(group))}
        nest.Connect(group, cells, {**rule, "allow_autapses": False}, {"weight": weight, "delay": q.delay})
    return groups


def vogels2011(arguments: argparse.Namespace) -> Groups:
    q = p.VOGELS_2011
    size = q.excitatory + q.inhibitory
    cells = nest.Create(
        "iaf_cond_exp",
        size,
        {
            "C_m": q.C_m,
            "g_L": q.g_leak,
            "E_L": q.E_L,
            "E_ex": q.E_excitatory,
            "E_in": q.E_inhibitory,
            "I_e": q.I_e,
            "V_th": q.V_th,
            "V_reset": q.V_reset,
            "t_ref": q.t_ref,
            "tau_syn_ex": q.tau_excitatory,
            "tau_syn_in": q.tau_inhibitory,
            "tau_minus": q.tau_rule,
        },
    )
    cells.V_m = np.random.default_rng(arguments.seed).uniform(q.V_reset, q.V_th, size)
    groups = {"E": cells[: q.excitatory], "I": cells[q.excitatory :]}
    rule = {
        "weight": -q.w_inhibitory_excitatory,
        "Wmax": -q.w_max,
        "eta": q.learning_rate,
        "alpha": 2 * q.target_rate * q.tau_rule * 1e-3,
        "tau": q.tau_rule,
        "delay": q.delay,
    }
    nest.CopyModel("vogels_sprekeler_synapse", "inhibitory_stdp", rule)
    wiring = {"rule": "pairwise_bernoulli", "p": q.probability, "allow_autapses": False}
    nest.Connect(groups["E"], cells, wiring, {"weight": q.w_excitatory, "delay": q.delay})
    nest.Connect(groups["I"], groups["I"], wiring, {"weight": -q.w_inhibitory_inhibitory, "delay": q.delay})
    nest.Connect(groups["I"], groups["E"], wiring, {"synapse_model": "inhibitory_stdp"})
    return groups


def brunel(arguments: argparse.Namespace) -> Groups:
    q = p.BRUNEL
    size = q.excitatory + q.inhibitory
    cells = nest.Create(
        "iaf_psc_delta",
        size,
        {
            "C_m": q.C_m,
            "tau_m": q.tau_m,
            "E_L": q.E_L,
            "V_th": q.V_th,
            "V_reset": q.V_reset,
            "t_ref": q.t_ref,
            "tau_minus": q.tau_rule,
        },
    )
    cells.V_m = np.random.default_rng(arguments.seed).uniform(0.0, q.V_th, size)
    groups = {"E": cells[: q.excitatory], "I": cells[q.excitatory :]}
    drive = nest.Create("poisson_generator", params={"rate": q.external_rate})
    nest.Connect(drive, cells, syn_spec={"weight": q.w_excitatory, "delay": q.delay})
    wiring = {"rule": "pairwise_bernoulli", "p": q.probability, "allow_autapses": False}
    learning = {"weight": q.w_excitatory, "delay": q.delay}
    if arguments.workload == "brunel-stdp":
        rule = {
            "lambda": q.learning_rate,
            "alpha": q.A_minus,
            "tau_plus": q.tau_rule,
            "mu_plus": 0.0,
            "mu_minus": 0.0,
            "Wmax": q.w_max,
        }
        nest.CopyModel("stdp_synapse", "additive_stdp", rule)
        learning["synapse_model"] = "additive_stdp"
    nest.Connect(groups["E"], groups["E"], wiring, learning)
    nest.Connect(groups["E"], groups["I"], wiring, {"weight": q.w_excitatory, "delay": q.delay})
    nest.Connect(groups["I"], cells, wiring, {"weight": q.w_inhibitory, "delay": q.delay})
    return groups


def microcircuit(arguments: argparse.Namespace) -> Groups:
    q, circuit = p.MICROCIRCUIT, p.microcircuit_at(arguments.scale)
    common = {
        "C_m": q.C_m,
        "tau_m": q.tau_m,
        "tau_syn_ex": q.tau_synapse,
        "tau_syn_in": q.tau_synapse,
        "t_ref": q.t_ref,
        "E_L": q.E_L,
        "V_th": q.V_th,
        "V_reset": q.V_reset,
    }
    groups = {}
    for name, size, current in zip(q.names, circuit.sizes, circuit.current, strict=True):
        groups[name] = nest.Create("iaf_psc_exp", size, {**common, "I_e": current})
        groups[name].V_m = nest.random.normal(*q.V_start)
    # devices only after all neurons: one in between makes NEST's look-up of nodes a linear search
    for group, rate in zip(groups.values(), circuit.external_rates, strict=True):
        drive = nest.Create("poisson_generator", params={"rate": rate})
        nest.Connect(drive, group, syn_spec={"weight": circuit.external_weight, "delay": q.delay_excitatory[0]})
    # at most 2^27 connections fit into a thread and synapse model: two models
    nest.CopyModel("static_synapse", "excitatory")
    nest.CopyModel("static_synapse", "inhibitory")
    for t, target in enumerate(groups.values()):
        for s, source in enumerate(groups.values()):
            weight = circuit.weights[t][s]
            low, high = (0.0, np.inf) if weight > 0 else (-np.inf, 0.0)
            drawn = nest.random.normal(weight, abs(weight) * q.relative_spread)
            delay = nest.random.normal(*(q.delay_excitatory if weight > 0 else q.delay_inhibitory))
            synapse = {
                "synapse_model": "excitatory" if weight > 0 else "inhibitory",
                "weight": nest.math.redraw(drawn, min=low, max=high),
                "delay": nest.math.redraw(delay, min=p.DT, max=np.inf),
            }
            if circuit.numbers[t][s]:
                nest.Connect(source, target, {"rule": "fixed_total_number", "N": circuit.numbers[t][s]}, synapse)
    return groups


def hpc(arguments: argparse.Namespace) -> Groups:
    q, weight = p.HPC, p.hpc_weight()
    excitatory, inhibitory = round(q.excitatory * arguments.scale), round(q.inhibitory * arguments.scale)
    cells = nest.Create(
        "iaf_psc_alpha",
        excitatory + inhibitory,
        {
            "C_m": q.C_m,
            "tau_m": q.tau_m,
            "tau_syn_ex": q.tau_synapse,
            "tau_syn_in": q.tau_synapse,
            "E_L": q.E_L,
            "V_th": q.V_th,
            "V_reset": q.V_reset,
            "t_ref": q.t_ref,
            "tau_minus": q.tau_minus,
        },
    )
    cells.V_m = nest.random.normal(*q.V_start)
    groups = {"E": cells[:excitatory], "I": cells[excitatory:]}
    nest.SetDefaults("static_synapse_hpc", {"delay": q.delay})
    nest.CopyModel("static_synapse_hpc", "excitatory", {"weight": weight})
    nest.CopyModel("static_synapse_hpc", "inhibitory", {"weight": q.relative_inhibition * weight})
    rule = {
        "weight": weight,
        "delay": q.delay,
        "alpha": q.alpha,
        "lambda": q.learning_rate,
        "mu": q.mu,
        "tau_plus": q.tau_plus,
    }
    nest.SetDefaults("stdp_pl_synapse_hom_hpc", rule)
    drive = nest.Create("poisson_generator", params={"rate": p.hpc_external_rate()})
    nest.Connect(drive, cells, syn_spec={"synapse_model": "excitatory"})
    wiring = {"rule": "fixed_indegree", "allow_autapses": False, "allow_multapses": True}
    from_excitatory = {**wiring, "indegree": q.excitatory}
    from_inhibitory = {**wiring, "indegree": q.inhibitory}
    nest.Connect(groups["E"], groups["E"], from_excitatory, {"synapse_model": "stdp_pl_synapse_hom_hpc"})
    nest.Connect(groups["E"], groups["I"], from_excitatory, {"synapse_model": "excitatory"})
    nest.Connect(groups["I"], cells, from_inhibitory, {"synapse_model": "inhibitory"})
    return groups


DRIVEN = ("brunel", "microcircuit", "hpc")  # one connection from a Poisson generator to every neuron: not a synapse
PLASTIC = {  # the rules' names here
    "brunel-stdp": "additive_stdp",
    "vogels2011": "inhibitory_stdp",
    "hpc": "stdp_pl_synapse_hom_hpc",
}


def weights(arguments: argparse.Namespace, groups: Groups) -> dict | None:
    """Mean and deviation of the plastic weights of 100 source neurons: to look up all takes long."""
    if arguments.workload not in PLASTIC:
        return None
    sources = groups["I" if arguments.workload == "vogels2011" else "E"][:100]
    return learned(nest.GetConnections(sources, synapse_model=PLASTIC[arguments.workload]).weight)


BUILDERS = {
    "current": vogels_abbott,
    "conductance": vogels_abbott,
    "vogels2011": vogels2011,
    "brunel": brunel,
    "microcircuit": microcircuit,
    "hpc": hpc,
}


def main() -> None:
    arguments = peer.options(__doc__).parse_args()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.local_num_threads = arguments.threads
    nest.resolution = p.DT
    nest.rng_seed = arguments.seed
    start = perf_counter()
    groups = BUILDERS[arguments.workload.split("-")[0]](arguments)
    built = perf_counter() - start
    synapses = nest.num_connections
    if arguments.workload.split("-")[0] in DRIVEN:
        synapses -= sum(len(group) for group in groups.values())
    warm_up = max(arguments.warm_up * 1e3, 2.0)
    recorders = {name: nest.Create("spike_recorder", params={"start": warm_up}) for name in groups}
    for name, group in groups.items():
        nest.Connect(group, recorders[name])
    start = perf_counter()
    nest.Prepare()
    built += perf_counter() - start
    nest.Run(warm_up)
    start = perf_counter()
    nest.Run(arguments.seconds * 1e3)
    wall = perf_counter() - start
    memory = peak_memory_mib()
    nest.Cleanup()
    trains = {}
    for name, recorder in recorders.items():
        events = recorder.events
        trains[name] = (len(groups[name]), events["times"], events["senders"])
    peer.write(
        arguments,
        trains,
        simulator="NEST",
        version=nest.__version__,
        build_s=built,
        wall_s=wall,
        synapses=synapses,
        peak_memory_mib=memory,
        weights=weights(arguments, groups),
    )


if __name__ == "__main__":
    main()
