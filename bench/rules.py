"""One instance of every rule, and some lists, for benchmarks: they learn so slowly that networks hardly change."""

from collections.abc import Callable, Iterator, Sequence

import plastica as pl

Rules = pl.Rule | Sequence[pl.Rule]
Make = Callable[[pl.Network], Rules]


def modulator(net: pl.Network, name: str = "dopamine") -> str:
    """A modulator with a level above 0, made if it is not there."""
    if name not in net.modulators:
        net.modulator(name, tau=200.0, baseline=0.01)
    return name


def rules(w: float, w_max: float) -> Iterator[tuple[str, Make]]:
    """Names of rules, and what makes them for a network.

    Parameters
    ----------
    w : float
        Weight of the synapses at the start.
    w_max : float
        Upper bound.
    """
    slow = 1e-3 * w_max
    pair = pl.STDP(learning_rate=1e-3, w_max=w_max)
    for pairing in ("all", "nearest", "presynaptic"):
        for dependence in ("additive", "multiplicative", "power"):
            rule = pair.replace(pairing=pairing, dependence=dependence, mu_plus=0.4, mu_minus=0.4)
            yield f"STDP, {pairing}, {dependence}", lambda net, rule=rule: rule
    yield "InhibitorySTDP", lambda net: pl.InhibitorySTDP(target_rate=10.0, learning_rate=slow, w_max=w_max)
    yield "PowerLawSTDP", lambda net: pl.PowerLawSTDP(w_0=w, learning_rate=1e-3, alpha=1.0)
    triplet = pl.TripletSTDP(learning_rate=w_max, w_max=w_max)
    yield "TripletSTDP, minimal", lambda net: triplet.replace(A2_plus=0.0, A3_minus=0.0)
    yield "TripletSTDP, full", lambda net: triplet
    yield "SuppressionSTDP", lambda net: pl.SuppressionSTDP(learning_rate=1e-3, w_max=w_max)
    yield "DoubleExponentialSTDP", lambda net: pl.DoubleExponentialSTDP(learning_rate=1e-3, w_max=w_max)
    yield "WindowSTDP", lambda net: pl.WindowSTDP([-50, -1, 1, 50], [0, -1, 1, 0], learning_rate=1e-3, w_max=w_max)
    yield "LogSTDP", lambda net: pl.LogSTDP(learning_rate=slow, J0=w)
    yield "VanRossumSTDP", lambda net: pl.VanRossumSTDP(c_p=1e-3 * w, c_d=1e-3)
    yield (
        "VoltageSTDP",
        lambda net: pl.VoltageSTDP(theta_minus=5.0, theta_plus=15.0, A_LTD=1e-6, A_LTP=1e-6, w_max=w_max),
    )
    yield "CalciumSTDP", lambda net: pl.CalciumSTDP(w_0=0.5 * w, w_1=1.5 * w)
    yield "CalciumSTDP, no noise, no lag", lambda net: pl.CalciumSTDP(w_0=0.5 * w, w_1=1.5 * w, sigma=0.0, delay_Ca=0.0)
    yield (
        "RewardSTDP",
        lambda net: pl.RewardSTDP(modulator(net), A_plus=slow, A_minus=slow, learning_rate=1e-3, w_max=w_max),
    )
    yield "STDP, RewardGate", lambda net: [pair, pl.RewardGate(modulator(net))]
    yield "STDP, LobeGate", lambda net: [pair, pl.LobeGate(modulator(net), modulator(net, "acetylcholine"))]
    yield "STDP, Heterosynaptic", lambda net: [pair, pl.Heterosynaptic(beta=1e-4)]
    yield "Heterosynaptic", lambda net: pl.Heterosynaptic(beta=1e-4)
    yield "STDP, WeightDecay", lambda net: [pair, pl.WeightDecay(tau=1e6)]
    yield "TsodyksMarkram", lambda net: pl.TsodyksMarkram(U=1.0, tau_rec=0.5)
    yield "TsodyksMarkram, per synapse", lambda net: pl.TsodyksMarkram(U=1.0, tau_rec=0.5, per="synapse")
    yield "TsodyksMarkram, STDP", lambda net: [pl.TsodyksMarkram(U=1.0, tau_rec=0.5), pair]
    yield (
        "TsodyksMarkram, TripletSTDP",
        lambda net: [
            pl.TsodyksMarkram(U=1.0, tau_rec=0.5),
            pl.TripletSTDP(learning_rate=w_max, w_max=w_max),
        ],
    )
    yield "QuantalRelease", lambda net: pl.QuantalRelease(sites=5, U=0.99, tau_rec=0.5)
