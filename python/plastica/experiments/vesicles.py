"""Vesicles are released one by one, from pools that empty and refill on two time scales.

Fuhrmann, Segev, Markram and Tsodyks (2002), J Neurophysiol 87:140, doi:10.1152/jn.00258.2001, and Loebel et al. (2009),
Front Comput Neurosci 3:27, doi:10.3389/neuro.10.027.2009 (quantal release); Rizzoli and Betz (2005), Nat Rev Neurosci
6:57, doi:10.1038/nrn1583 (pools).

1. Mean: 5,000 synapses of 10 sites under a train of 10 spikes at 20 Hz, depressing and facilitating, against the
   deterministic synapse of Tsodyks and Markram and against the exact distribution.
2. Variance against mean: first responses of 5,000 synapses of 5 sites for nine probabilities of release; the parabola
   q M - M^2/N gives back the quantum q and the number of sites N.
3. Cumulative release from the pools: trains of 5 to 100 Hz for 10 s.
4. Recovery: 20 Hz for 60 s, then one spike after 0.1 to 300 s.

``quick`` uses 2,000 synapses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, above, below, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P30",)
PRECISION = "double"

SYNAPSES: dict[str, dict[str, Any]] = {
    "depressing": {"U": 0.5, "tau_rec": 800.0, "tau_facil": 0.0},
    "facilitating": {"U": 0.05, "tau_rec": 130.0, "tau_facil": 530.0},
}
SITES, TRAIN = 10, 1.0 + 50.0 * np.arange(10)
FEW_SITES, PROBABILITIES = 5, np.arange(0.1, 0.95, 0.1)
POOLS = pl.VesiclePools()
RATES = (5, 20, 50, 100)  # Hz
TRAIN_SECONDS = 10
DELAYS = np.round(np.geomspace(0.1, 300, 28), 1)  # s after the train


def sinks(net: pl.Network, count: int) -> pl.Population:
    """Membranes that add up what they are sent."""
    neuron = pl.LIF(tau_m=1e15, E_L=0, V_th=1e9, V_reset=0, t_ref=0, receptors={"in": pl.CurrentDelta()})
    return net.population(count, neuron)


def responses(context: Context, rule: pl.Rule, count: int) -> Array:
    """What each spike of TRAIN transmits over `count` synapses of weight 1 mV, shape (spikes, count)."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    target = sinks(net, count)
    source = net.population(1, pl.SpikeSource([TRAIN]))
    net.connect(source, target, pl.AllToAll(), weight=1, delay=0.1, plasticity=rule)
    sums = [np.zeros(count)]
    for time in TRAIN:
        net.run(np.round(time + 1 - net.time, 1))
        sums.append(target.get("V").copy())
    return np.diff(np.array(sums), axis=0)


def first_responses(context: Context, count: int) -> tuple[Array, Array]:
    """Mean and variance of the first response for each of PROBABILITIES."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=context.threads, precision=context.precision)
    source = net.population(1, pl.SpikeSource([TRAIN[:1]]))
    targets = []
    for probability in PROBABILITIES:
        targets.append(sinks(net, count))
        rule = pl.QuantalRelease(sites=FEW_SITES, U=float(probability), tau_rec=800)
        net.connect(source, targets[-1], pl.AllToAll(), weight=1, delay=0.1, plasticity=rule)
    net.run(5)
    got = np.array([target.get("V") for target in targets])
    return got.mean(axis=1), got.var(axis=1, ddof=1)


def released(
    context: Context, trains: list[Array], duration: float, every: float
) -> tuple[Array, Array, dict[str, Array]]:
    """Vesicles released by each axon until now, shape (T, axons), and the filled parts of its pools."""
    net = pl.Network(dt=1.0, seed=context.seed, threads=context.threads, precision=context.precision)
    source = net.population(len(trains), pl.SpikeSource(trains))
    target = sinks(net, len(trains))
    axons = net.connect(source, target, pl.OneToOne(), weight=POOLS.n_ready, delay=1, plasticity=POOLS)
    potential = net.record(target, "V", interval=every)
    pools = {name: net.record(axons, name, interval=every) for name in ("ready", "recycling", "reserve")}
    net.run(duration)
    return potential.times, potential["V"], {name: recorder.values for name, recorder in pools.items()}


def recovery(context: Context) -> Array:
    """What one spike transmits at DELAYS after 60 s of 20 Hz, in units of the first spike."""
    train = 1 + 50.0 * np.arange(1200)
    trains = [np.append(train, np.round(train[-1] + 1000 * delay)) for delay in DELAYS]
    net = pl.Network(dt=1.0, seed=context.seed, threads=context.threads, precision=context.precision)
    source = net.population(len(trains), pl.SpikeSource(trains))
    target = sinks(net, len(trains))
    net.connect(source, target, pl.OneToOne(), weight=1, delay=1, plasticity=POOLS)
    net.run(train[-1] + 50)
    before = target.get("V").copy()
    net.run(1000 * DELAYS[-1])
    return (target.get("V") - before) / POOLS.U


def one_exponential(times: Array, values: Array) -> float:
    """The sum of squared errors of the 1 - a exp(-t/tau) that fits best."""
    errors = []
    for tau in np.geomspace(0.1, 300, 400):
        basis = np.exp(-times / tau)
        errors.append(np.sum((basis * (basis @ (1 - values)) / (basis @ basis) - 1 + values) ** 2))
    return float(min(errors))


def two_exponentials(times: Array, values: Array) -> tuple[float, float, float, float, float]:
    """Time constants and amplitudes of the best 1 - a exp(-t/fast) - b exp(-t/slow), and its squared error."""
    best = (np.inf, 0.0, 0.0, 0.0, 0.0)
    for fast in np.geomspace(0.1, 10, 60):
        for slow in np.geomspace(3, 200, 60):
            if slow < 2 * fast:
                continue
            basis = np.exp(-times[:, None] / np.array([fast, slow]))
            amplitudes, *_ = np.linalg.lstsq(basis, 1 - values, rcond=None)
            error = float(np.sum((basis @ amplitudes - 1 + values) ** 2))
            best = min(best, (error, fast, slow, float(amplitudes[0]), float(amplitudes[1])))
    return *best[1:], best[0]


def run(context: Context) -> dict[str, Any]:
    """Mean, variance, cumulative release, recovery."""
    count = 2000 if context.quick else 5000
    context.compression = "quick: 2,000 synapses instead of 5,000" if context.quick else "none"
    results: dict[str, Any] = {"trains": {}}
    context.stage(f"{count} synapses of {SITES} sites")
    judge_trains(context, results, count)
    context.stage("variance against mean")
    judge_parabola(context, results, count)
    context.stage(f"pools under trains of {', '.join(map(str, RATES))} Hz")
    judge_pools(context, results)
    context.stage("recovery from 60 s of 20 Hz")
    judge_recovery(context, results)
    return results


def judge_trains(context: Context, results: dict[str, Any], count: int) -> None:
    """What trains of spikes transmit on average, against the deterministic rule."""
    for kind, constants in SYNAPSES.items():
        quantal = responses(context, pl.QuantalRelease(sites=SITES, **constants), count)
        exact = responses(context, pl.TsodyksMarkram(**constants), 1)[:, 0]
        mean, error = quantal.mean(axis=1), quantal.std(axis=1, ddof=1) / np.sqrt(count)
        sampling = quantal.sum(axis=0).std() / np.sqrt(count) / exact.sum()
        context.record(
            f"{kind}: mean transmitted by the train / Tsodyks-Markram", mean.sum() / exact.sum(), between(0.99, 1.01),
            provenance=f"P30, {count} trials; sampling error {sampling:.2g}",
        )  # fmt: skip
        context.record(
            f"{kind}: largest deviation of a spike's mean, in SEM", np.abs((mean - exact) / error).max(), below(4),
            provenance="P30; the largest of ten: above 4 by chance in 1 of 1,600 runs",
        )  # fmt: skip
        results["trains"][kind] = {"mean": mean, "error": error, "exact": exact, "some": quantal[:, :3]}


def judge_parabola(context: Context, results: dict[str, Any], count: int) -> None:
    """Size and number of quanta, from the variance and the mean of responses."""
    mean, variance = first_responses(context, count)
    (q, curvature), *_ = np.linalg.lstsq(np.column_stack([mean, -(mean**2)]), variance, rcond=None)
    results["parabola"] = {"mean": mean, "variance": variance, "q": q, "N": 1 / curvature}
    context.record(
        "variance-mean parabola: quantum / (w / N)", q * FEW_SITES, between(0.9, 1.1), provenance="P30, q M - M^2/N"
    )
    context.record(
        "variance-mean parabola: number of sites / N", 1 / curvature / FEW_SITES, between(0.9, 1.1),
        provenance="P30, q M - M^2/N",
    )  # fmt: skip


def judge_pools(context: Context, results: dict[str, Any]) -> None:
    """Cumulative release of pools of vesicles at several rates."""
    trains = [np.round(np.arange(1, 1000 * TRAIN_SECONDS, 1000 / rate)) for rate in RATES]
    times, vesicles, pools = released(context, trains, 1000 * TRAIN_SECONDS, 10)
    late = times >= 500 * TRAIN_SECONDS
    slopes = np.array([np.polyfit(times[late] * 1e-3, vesicles[late, i], 1)[0] for i in range(len(RATES))])
    refill = (
        POOLS.n_ready / POOLS.tau_ready * 1000 * pools["recycling"][late].mean(axis=0)
    )  # per s, of an empty ready pool
    results["pools"] = {"times": times * 1e-3, "vesicles": vesicles, "slopes": slopes, "states": pools}
    for rate, slope in zip(RATES, slopes, strict=True):
        context.record(
            f"pools, {rate} Hz: vesicles released per second, 5 to 10 s", slope, unit="1/s", provenance="not judged"
        )
    context.record(
        "pools, 100 Hz: release / refilling of an empty ready pool", slopes[-1] / refill[-1], between(0.9, 1.1),
        provenance="P30: at high rates the slope of cumulative release is the rate of refilling, n_ready c / tau_ready",
    )  # fmt: skip
    context.record(
        "pools: release at 100 Hz / at 50 Hz", slopes[-1] / slopes[-2], between(0.9, 1.1),
        provenance="P30: cumulative release saturates at high rates",
    )  # fmt: skip


def judge_recovery(context: Context, results: dict[str, Any]) -> None:
    """The two time constants of the recovery."""
    curve = recovery(context)
    fast, slow, quick, lasting, error = two_exponentials(DELAYS, curve)
    results["recovery"] = {"curve": curve, "fit": (fast, slow, quick, lasting)}
    for text, value, criterion, unit in (
        ("fast time constant", fast, between(0.3, 3), "s"),
        ("slow time constant", slow, between(8, 60), "s"),
        ("fast part", quick, None, ""),
        ("slow part", lasting, None, ""),
        ("squared error of one exponential / of two", one_exponential(DELAYS, curve) / error, above(10), ""),
    ):
        context.record(
            f"recovery: {text}", value, criterion, unit=unit,
            provenance="P30: biphasic; refilling takes about 1 s, retrieval and mixing tens of seconds (from memory)",
        )  # fmt: skip


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Trains, the parabola, cumulative release, recovery."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, INK, LIGHT, SECOND, THIRD, letter

    picture = Figure(figsize=(10.5, 6.4), layout="constrained")
    (one, two), (three, four) = picture.subplots(2, 2)

    for kind, color in (("depressing", EXCITATORY), ("facilitating", INHIBITORY)):
        train = results["trains"][kind]
        shift = {"depressing": 0.0, "facilitating": 8.0}[kind]
        one.plot(TRAIN + shift, train["some"], ".", ms=3, color=color, alpha=0.35, zorder=0)
        one.plot(TRAIN + shift, train["exact"], color=color, lw=1)
        one.errorbar(
            TRAIN + shift, train["mean"], 3 * train["error"], fmt="o", ms=4, color=color, capsize=2, label=kind
        )
    one.set(xlabel="time (ms)", ylabel="transmitted / weight")
    one.legend(loc="upper right", title="mean, 3 SEM; line: Tsodyks-Markram; dots: 3 synapses")
    letter(one, "A", f"release from {SITES} sites, 20 Hz")

    parabola = results["parabola"]
    smooth = np.linspace(0, 1, 200)
    two.plot(smooth, smooth / FEW_SITES - smooth**2 / FEW_SITES, color=GREY, lw=1, ls=(0, (4, 3)), label="expected")
    two.plot(smooth, parabola["q"] * smooth - smooth**2 / parabola["N"], color=INK, lw=1, label="fit")
    two.plot(parabola["mean"], parabola["variance"], "o", ms=4.5, color=SECOND, mec="white", mew=0.5)
    two.text(0.5, 0.012, f"q = {parabola['q']:.3f} w,  N = {parabola['N']:.2f}", ha="center")
    two.set(xlabel="mean of the first response / weight", ylabel="variance / weight²", ylim=(0, None))
    two.legend(loc="upper right")
    letter(two, "B", f"variance against mean, {FEW_SITES} sites")

    pools = results["pools"]
    for i, (rate, color) in enumerate(zip(RATES, (THIRD, EXCITATORY, SECOND, INHIBITORY), strict=True)):
        three.plot(pools["times"], pools["vesicles"][:, i], color=color, label=f"{rate} Hz")
    three.set(xlabel="time (s)", ylabel="vesicles released", ylim=(0, None))
    three.legend(loc="upper left")
    letter(three, "C", "cumulative release from the pools")

    fast, slow, quick, lasting = results["recovery"]["fit"]
    smooth = np.geomspace(0.1, 300, 300)
    four.plot(smooth, 1 - quick * np.exp(-smooth / fast) - lasting * np.exp(-smooth / slow), color=INK, lw=1)
    four.axhline(1 - lasting, color=LIGHT, lw=0.8, zorder=0)
    four.plot(DELAYS, results["recovery"]["curve"], "o", ms=4.5, color=FIRST, mec="white", mew=0.5)
    four.text(0.12, 0.9, f"fast {quick:.2f}, {fast:.2f} s\nslow {lasting:.2f}, {slow:.0f} s", va="top")
    four.set(xscale="log", xlabel="time after 60 s of 20 Hz (s)", ylabel="response / first response", ylim=(0, 1.05))
    letter(four, "D", "recovery of the pools")
    return picture
