"""W3: the network of Brunel (2000) with plastic excitatory synapses; 10,000 neurons, 10 million synapses.

python -m bench.networks.brunel_stdp --threads 2
python -m bench.networks.brunel_stdp --static
"""

import argparse
from collections.abc import Sequence

from bench import report
from bench.networks.parameters import BRUNEL as P

import plastica as pl


def connected(
    net: pl.Network, plasticity: pl.Rule | Sequence[pl.Rule] | None, dendritic_fraction: float = 0.0
) -> tuple[pl.View, pl.View, pl.Projection]:
    """Excitatory and inhibitory neurons, and the synapses between excitatory ones, which may learn."""
    model = pl.LIF(
        C_m=P.C_m,
        tau_m=P.tau_m,
        E_L=P.E_L,
        V_th=P.V_th,
        V_reset=P.V_reset,
        t_ref=P.t_ref,
        receptors={"input": pl.CurrentDelta()},
    )
    size = P.excitatory + P.inhibitory
    cells = net.population(size, model, name="cells", initial={"V": pl.Uniform(0.0, P.V_th)})
    E, I = cells[: P.excitatory], cells[P.excitatory :]  # noqa: E741
    net.drive(cells, pl.PoissonInput(rate=P.external_rate), weight=P.w_excitatory)
    wiring = pl.FixedProbability(P.probability, allow_autapses=False)
    between = {"weight": P.w_excitatory, "delay": P.delay, "dendritic_fraction": dendritic_fraction}
    learning = net.connect(E, E, wiring, plasticity=plasticity, **between)
    net.connect(E, I, wiring, weight=P.w_excitatory, delay=P.delay)
    net.connect(I, cells, wiring, weight=P.w_inhibitory, delay=P.delay)
    return E, I, learning


def build(net: pl.Network, arguments: argparse.Namespace, plastic: bool) -> report.Groups:
    """Synapses between excitatory neurons learn, unless `--static`."""
    rule = pl.STDP(
        learning_rate=P.learning_rate,
        A_plus=1.0,
        A_minus=P.A_minus,
        tau_plus=P.tau_rule,
        tau_minus=P.tau_rule,
        w_max=P.w_max,
    )
    E, I, _ = connected(net, rule if plastic and not arguments.static else None, arguments.dendritic_fraction)  # noqa: E741
    return {"E": E, "I": I}


def main() -> None:
    options = report.parser(__doc__, warm_up=0.2)
    options.add_argument("--static", action="store_true", help="without plasticity")
    options.add_argument("--dendritic-fraction", type=float, default=0.0, help="0 as in Brian2, 1 as in NEST")
    arguments = options.parse_args()
    report.benchmark("W3-brunel-static" if arguments.static else "W3-brunel-stdp", build, arguments)


if __name__ == "__main__":
    main()
