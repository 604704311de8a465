"""W1: the network of Vogels and Abbott (2005), current- or conductance-based, with 80 inputs per neuron at any size.

python -m bench.networks.vogels_abbott --n 16000 --synapses conductance
"""

import argparse

from bench import report
from bench.networks.parameters import CONDUCTANCE, CURRENT
from bench.networks.parameters import VOGELS_ABBOTT as P

import plastica as pl


def neuron(synapses: str) -> pl.LIF:
    """The neuron with current or conductance receptors."""
    if synapses == "current":
        kind = CURRENT
        excitation, inhibition = pl.CurrentExp(tau=P.tau_excitatory), pl.CurrentExp(tau=P.tau_inhibitory)
    else:
        kind = CONDUCTANCE
        excitation = pl.ConductanceExp(tau=P.tau_excitatory, E_rev=kind.E_excitatory)
        inhibition = pl.ConductanceExp(tau=P.tau_inhibitory, E_rev=kind.E_inhibitory)
    return pl.LIF(
        C_m=P.C_m,
        tau_m=P.tau_m,
        E_L=kind.E_L,
        V_th=P.V_th,
        V_reset=P.V_reset,
        t_ref=P.t_ref,
        I_e=kind.I_e,
        receptors={"excitation": excitation, "inhibition": inhibition},
    )


def build(net: pl.Network, arguments: argparse.Namespace, plastic: bool) -> report.Groups:
    """One population; its first 80 % are excitatory."""
    kind = CURRENT if arguments.synapses == "current" else CONDUCTANCE
    n = arguments.n
    cells = net.population(n, neuron(arguments.synapses), name="cells", initial={"V": pl.Uniform(P.V_reset, P.V_th)})
    border = round(P.fraction_excitatory * n)
    excitatory, inhibitory = cells[:border], cells[border:]
    wiring = pl.FixedProbability(P.inputs / n, allow_autapses=False)
    net.connect(excitatory, cells, wiring, receptor="excitation", weight=kind.w_excitatory, delay=P.delay)
    net.connect(inhibitory, cells, wiring, receptor="inhibition", weight=kind.w_inhibitory, delay=P.delay)
    return {"E": excitatory, "I": inhibitory}


def main() -> None:
    options = report.parser(__doc__)
    options.add_argument("--n", type=int, default=P.size, help="neurons: 4000, 16000 or 64000")
    options.add_argument("--synapses", choices=("current", "conductance"), default="current")
    arguments = options.parse_args()
    report.benchmark(f"W1-{arguments.synapses}-{arguments.n}", build, arguments)


if __name__ == "__main__":
    main()
