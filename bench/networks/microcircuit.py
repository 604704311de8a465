"""W4: the cortical microcircuit of Potjans and Diesmann (2014); at full scale 77,169 neurons and 299 million synapses.

python -m bench.networks.microcircuit --threads 2
python -m bench.networks.microcircuit --scale 0.1 --drive dc
python -m bench.networks.microcircuit --plastic --threads 2       # W6

With --plastic, W6: all synapses between excitatory neurons learn by pair STDP, additive, within 0 and twice the mean
weight, slowly enough for the rates to stay. Full scale needs about 3 GB. Below it, weights grow and a constant current
replaces the input that is missing.
"""

import argparse

from bench import report
from bench.networks.parameters import DT, microcircuit_at
from bench.networks.parameters import MICROCIRCUIT as P

import plastica as pl


def build(net: pl.Network, arguments: argparse.Namespace, plastic: bool) -> report.Groups:
    """Eight populations; each pair is connected by a fixed number of synapses."""
    circuit = microcircuit_at(arguments.scale)
    layers = {}
    for i, name in enumerate(P.names):
        model = pl.LIF(
            C_m=P.C_m,
            tau_m=P.tau_m,
            E_L=P.E_L,
            V_th=P.V_th,
            V_reset=P.V_reset,
            t_ref=P.t_ref,
            I_e=circuit.current[i] + (mean_drive(circuit, i) if arguments.drive == "dc" else 0.0),
            receptors={"input": pl.CurrentExp(tau=P.tau_synapse)},  # excitation and inhibition decay alike
        )
        layers[name] = net.population(circuit.sizes[i], model, name=name, initial={"V": pl.Normal(*P.V_start)})
        if arguments.drive == "poisson":
            net.drive(layers[name], pl.PoissonInput(rate=circuit.external_rates[i]), weight=circuit.external_weight)
    for t, target in enumerate(layers.values()):
        for s, source in enumerate(layers.values()):
            if circuit.numbers[t][s]:
                learns = arguments.plastic and plastic and source.name.endswith("E") and target.name.endswith("E")
                connect(net, source, target, circuit.numbers[t][s], circuit.weights[t][s], learns)
    return layers


def connect(
    net: pl.Network, source: pl.Population, target: pl.Population, number: int, weight: float, learns: bool
) -> None:
    """Weights keep their sign; delays are rounded to the grid, at least one step."""
    spread = P.relative_spread * abs(weight)
    bounds = {"low": 0.0, "high": 2 * weight} if weight > 0 else {"high": 0.0}
    mean, deviation = P.delay_excitatory if weight > 0 else P.delay_inhibitory
    net.connect(
        source,
        target,
        pl.FixedTotalNumber(number),
        weight=pl.Normal(weight, spread, **bounds),
        delay=pl.Normal(mean, deviation, low=DT),
        plasticity=pl.STDP(learning_rate=1e-4, w_max=2 * weight) if learns else None,
    )


def mean_drive(circuit: object, layer: int) -> float:
    """The current (pA) with the mean of the Poisson drive."""
    return 1e-3 * P.tau_synapse * circuit.external_weight * circuit.external_rates[layer]


def main() -> None:
    options = report.parser(__doc__, seconds=1.0, warm_up=0.5)
    options.add_argument("--scale", type=float, default=1.0, help="of neurons and of inputs per neuron")
    options.add_argument("--drive", choices=("poisson", "dc"), default="poisson", help="external input")
    options.add_argument("--plastic", action="store_true", help="synapses between excitatory neurons learn: W6")
    arguments = options.parse_args()
    name = f"{'W6' if arguments.plastic else 'W4'}-microcircuit-{arguments.scale:g}-{arguments.drive}"
    report.benchmark(name, build, arguments, published=dict(zip(P.names, P.rates, strict=True)))


if __name__ == "__main__":
    main()
