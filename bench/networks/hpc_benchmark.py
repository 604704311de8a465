"""W5: NEST's hpc_benchmark, a balanced network with 11,250 inputs per neuron; at scale 1 81 million plastic synapses.

python -m bench.networks.hpc_benchmark --threads 2

The scale changes the number of neurons, not of inputs: small networks are synchronous. Full scale needs about 2 GB.
"""

import argparse

from bench import report
from bench.networks.parameters import HPC as P
from bench.networks.parameters import hpc_external_rate, hpc_weight

import plastica as pl


def build(net: pl.Network, arguments: argparse.Namespace, plastic: bool) -> report.Groups:
    """Synapses between excitatory neurons learn; the delay is dendritic, as in NEST."""
    weight = hpc_weight()
    model = pl.LIF(
        C_m=P.C_m,
        tau_m=P.tau_m,
        E_L=P.E_L,
        V_th=P.V_th,
        V_reset=P.V_reset,
        t_ref=P.t_ref,
        receptors={"input": pl.CurrentAlpha(tau=P.tau_synapse)},
    )
    rule = pl.PowerLawSTDP(
        learning_rate=P.learning_rate,
        alpha=P.alpha,
        mu=P.mu,
        w_0=P.w_0,
        tau_plus=P.tau_plus,
        tau_minus=P.tau_minus,
    )
    excitatory, inhibitory = round(P.excitatory * arguments.scale), round(P.inhibitory * arguments.scale)
    cells = net.population(excitatory + inhibitory, model, name="cells", initial={"V": pl.Normal(*P.V_start)})
    E, I = cells[:excitatory], cells[excitatory:]  # noqa: E741
    net.drive(cells, pl.PoissonInput(rate=hpc_external_rate()), weight=weight)
    from_excitatory = pl.FixedInDegree(P.excitatory, allow_autapses=False)
    from_inhibitory = pl.FixedInDegree(P.inhibitory, allow_autapses=False)
    net.connect(
        E,
        E,
        from_excitatory,
        weight=weight,
        delay=P.delay,
        dendritic_fraction=1.0,
        plasticity=rule if plastic else None,
    )
    net.connect(E, I, from_excitatory, weight=weight, delay=P.delay)
    net.connect(I, cells, from_inhibitory, weight=P.relative_inhibition * weight, delay=P.delay)
    return {"E": E, "I": I}


def main() -> None:
    options = report.parser(__doc__, seconds=0.1, warm_up=0.05)
    options.add_argument("--scale", type=float, default=1.0, help="of the number of neurons")
    options.set_defaults(repeats=1)
    arguments = options.parse_args()
    report.benchmark(f"W5-hpc-{arguments.scale:g}", build, arguments)


if __name__ == "__main__":
    main()
