"""Parameters of the workloads W1 to W5, written once: the networks here and their twins on other simulators read them.

Times in ms, potentials in mV, currents in pA, conductances in nS, capacitances in pF, rates in Hz.
This file imports neither Plastica nor NumPy, so that a peer's own environment can read it.
"""

from math import e, exp, log, log1p, sqrt
from types import SimpleNamespace

DT = 0.1

# W1: Vogels and Abbott (2005), benchmarks 1 and 2 of Brette et al. (2007). A neuron keeps 80 inputs at every size.
VOGELS_ABBOTT = SimpleNamespace(
    size=4000,
    inputs=80.0,
    fraction_excitatory=0.8,
    C_m=200.0,
    tau_m=20.0,
    V_th=-50.0,
    V_reset=-60.0,
    t_ref=5.0,
    tau_excitatory=5.0,
    tau_inhibitory=10.0,
    delay=0.8,
    g_leak=10.0,
)
CURRENT = SimpleNamespace(E_L=-49.0, I_e=0.0, w_excitatory=16.2, w_inhibitory=-90.0)
CONDUCTANCE = SimpleNamespace(
    E_L=-60.0, I_e=200.0, E_excitatory=0.0, E_inhibitory=-80.0, w_excitatory=4.0, w_inhibitory=51.0
)

# W2: Vogels et al. (2011), inhibitory plasticity.
VOGELS_2011 = SimpleNamespace(
    excitatory=8000,
    inhibitory=2000,
    probability=0.02,
    C_m=200.0,
    tau_m=20.0,
    E_L=-60.0,
    V_th=-50.0,
    V_reset=-60.0,
    t_ref=5.0,
    I_e=200.0,
    g_leak=10.0,
    tau_excitatory=5.0,
    tau_inhibitory=10.0,
    E_excitatory=0.0,
    E_inhibitory=-80.0,
    delay=0.8,
    w_excitatory=3.0,
    w_inhibitory_inhibitory=30.0,
    w_inhibitory_excitatory=40.0,
    w_max=300.0,
    learning_rate=0.01,
    tau_rule=20.0,
    target_rate=3.0,
)

# W3: Brunel (2000) with delta synapses; excitatory to excitatory additive pair STDP with hard bounds. Weights in mV.
BRUNEL = SimpleNamespace(
    excitatory=8000,
    inhibitory=2000,
    probability=0.1,
    C_m=250.0,
    tau_m=20.0,
    E_L=0.0,
    V_th=20.0,
    V_reset=10.0,
    t_ref=2.0,
    delay=1.5,
    w_excitatory=0.1,
    w_inhibitory=-0.8,
    external_rate=1.8 * 20.0 / (0.1 * 20.0) * 1e3,  # eta V_th / (J tau_m), summed over the sources of one neuron
    tau_rule=20.0,
    w_max=0.3,
    learning_rate=0.001,
    A_minus=1.05,
)

# W4: Potjans and Diesmann (2014), tables 4 and 5.
MICROCIRCUIT = SimpleNamespace(
    names=("L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"),
    sizes=(20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948),
    probabilities=(  # [target][source]
        (0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0),
        (0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0),
        (0.0077, 0.0059, 0.0497, 0.1350, 0.0067, 0.0003, 0.0453, 0.0),
        (0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0),
        (0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0),
        (0.0548, 0.0269, 0.0257, 0.0022, 0.0600, 0.3158, 0.0086, 0.0),
        (0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252),
        (0.0364, 0.0010, 0.0034, 0.0005, 0.0277, 0.0080, 0.0658, 0.1443),
    ),
    external_inputs=(1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100),
    external_rate=8.0,  # of one external input
    rates=(0.971, 2.868, 4.746, 5.396, 8.142, 9.078, 0.991, 7.523),  # of the full-scale network
    weight=87.8,
    relative_inhibition=-4.0,
    relative_spread=0.1,  # standard deviation of weights
    delay_excitatory=(1.5, 0.75),  # mean and standard deviation
    delay_inhibitory=(0.75, 0.375),
    C_m=250.0,
    tau_m=10.0,
    tau_synapse=0.5,
    t_ref=2.0,
    E_L=-65.0,
    V_th=-50.0,
    V_reset=-65.0,
    V_start=(-58.0, 10.0),
)

# W5: NEST's example hpc_benchmark, Morrison, Aertsen and Diesmann (2007), at 11,250 inputs per neuron.
HPC = SimpleNamespace(
    excitatory=9000,
    inhibitory=2250,
    C_m=250.0,
    tau_m=10.0,
    E_L=0.0,
    V_th=20.0,
    V_reset=0.0,
    t_ref=0.5,
    tau_synapse=0.32582722403722841,
    time_to_peak=1.700759,  # of the postsynaptic potential
    V_start=(5.7, 7.2),
    delay=1.5,
    peak=0.14,  # of an excitatory postsynaptic potential
    relative_inhibition=-5.0,
    eta=1.685,  # external drive relative to the rate that reaches threshold
    learning_rate=0.1,
    alpha=0.0513,  # depression relative to potentiation
    mu=0.4,  # exponent of the weight in potentiation
    w_0=1.0,  # reference weight
    tau_plus=15.0,
    tau_minus=30.0,
)


def microcircuit_at(scale: float) -> SimpleNamespace:
    """Sizes, numbers of synapses, mean weights and compensating current of the microcircuit at a scale of up to 1.

    Below full scale the number of neurons and of inputs shrink by `scale`, weights grow by its square root, and a
    constant current replaces the mean input that is missing.
    """
    p = MICROCIRCUIT
    layers = range(len(p.sizes))
    sizes = [round(n * scale) for n in p.sizes]
    inputs = [[_mean_inputs(p.probabilities[t][s], p.sizes[s], p.sizes[t]) for s in layers] for t in layers]
    weights = [[p.weight * (p.relative_inhibition if s % 2 else 1.0) for s in layers] for t in layers]
    weights[0][2] *= 2.0  # the pathway from layer 4 to layer 2/3 is twice as strong
    growth = 1.0 / sqrt(scale)
    missing = []
    for t in layers:
        mean = sum(weights[t][s] * inputs[t][s] * p.rates[s] for s in layers)
        mean += p.weight * p.external_inputs[t] * p.external_rate
        missing.append(1e-3 * p.tau_synapse * (1.0 - sqrt(scale)) * mean)
    return SimpleNamespace(
        sizes=sizes,
        numbers=[[round(inputs[t][s] * scale * sizes[t]) for s in layers] for t in layers],
        weights=[[w * growth for w in row] for row in weights],
        external_weight=p.weight * growth,
        external_rates=[k * scale * p.external_rate for k in p.external_inputs],
        current=missing,
    )


def hpc_weight() -> float:
    """The peak current (pA) whose postsynaptic potential peaks at `HPC.peak` mV."""
    p = HPC
    b = 1.0 / p.tau_synapse - 1.0 / p.tau_m
    t = p.time_to_peak
    rise = (exp(-t / p.tau_m) - exp(-t / p.tau_synapse)) / b - t * exp(-t / p.tau_synapse)
    return p.peak / (e / (p.tau_synapse * p.C_m * b) * rise)


def hpc_external_rate() -> float:
    """The summed rate (Hz) of one neuron's external inputs."""
    p = HPC
    threshold_rate = p.V_th / (p.tau_m / p.C_m * hpc_weight() * e * p.tau_synapse)
    return threshold_rate * p.eta * 1e3


def _mean_inputs(probability: float, sources: int, targets: int) -> float:
    """Mean number of synapses of a target when pairs are drawn with repetition until `probability` are connected."""
    return log(1.0 - probability) / log1p(-1.0 / (float(sources) * targets)) / targets
