"""W2: inhibitory plasticity balances a recurrent network, Vogels et al. (2011); 10,000 neurons, 2 million synapses.

python -m bench.networks.vogels2011 --threads 2
"""

import argparse

from bench import report
from bench.networks.parameters import VOGELS_2011 as P

import plastica as pl


def build(net: pl.Network, arguments: argparse.Namespace, plastic: bool) -> report.Groups:
    """Synapses from inhibitory to excitatory neurons learn."""
    model = pl.LIF(
        C_m=P.C_m,
        tau_m=P.tau_m,
        E_L=P.E_L,
        V_th=P.V_th,
        V_reset=P.V_reset,
        t_ref=P.t_ref,
        I_e=P.I_e,
        receptors={
            "excitation": pl.ConductanceExp(tau=P.tau_excitatory, E_rev=P.E_excitatory),
            "inhibition": pl.ConductanceExp(tau=P.tau_inhibitory, E_rev=P.E_inhibitory),
        },
    )
    rule = pl.InhibitorySTDP(target_rate=P.target_rate, tau=P.tau_rule, learning_rate=P.learning_rate, w_max=P.w_max)
    size = P.excitatory + P.inhibitory
    cells = net.population(size, model, name="cells", initial={"V": pl.Uniform(P.V_reset, P.V_th)})
    E, I = cells[: P.excitatory], cells[P.excitatory :]  # noqa: E741
    wiring = pl.FixedProbability(P.probability, allow_autapses=False)
    net.connect(E, cells, wiring, receptor="excitation", weight=P.w_excitatory, delay=P.delay)
    net.connect(I, I, wiring, receptor="inhibition", weight=P.w_inhibitory_inhibitory, delay=P.delay)
    net.connect(
        I,
        E,
        wiring,
        receptor="inhibition",
        weight=P.w_inhibitory_excitatory,
        delay=P.delay,
        plasticity=rule if plastic else None,
    )
    return {"E": E, "I": I}


def main() -> None:
    arguments = report.parser(__doc__, warm_up=2.0).parse_args()
    report.benchmark("W2-vogels2011", build, arguments)


if __name__ == "__main__":
    main()
