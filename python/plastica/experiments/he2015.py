"""Separate eligibilities for potentiation and depression let a recurrent network learn when reward comes.

He et al. (2015), Neuron 88:528, doi:10.1016/j.neuron.2015.09.037; the idea of the model is that of Gavornik et al.
(2009), PNAS 106:6826, doi:10.1073/pnas.0901835106, and of Huertas, Schwettmann and Shouval (2016), Front Synaptic
Neurosci 8:37, doi:10.3389/fnsyn.2016.00037. The constants are our own.

100 leaky integrate-and-fire neurons, all connected to each other by slow currents (80 ms). A cue of 100 ms makes them
fire; what follows dies away the more slowly the stronger the synapses are. Balanced pair STDP, and `DualEligibility`:
potentiation waits 5 s for noradrenaline, depression 2.5 s for serotonin; both saturate while neurons fire, depression a
tenth higher. Reward releases both modulators at a fixed time after the cue. If firing still goes on then, more
depression waits than potentiation, and synapses weaken; if it has ended long before, depression has faded more, and
they strengthen.

A network for each interval of 500 to 1500 ms, 120 trials of 8 s, all from the same weak synapses; then 20 trials
without reward and plasticity. The time that a network has learned is when its rate falls below the one at which pairs
of spikes refill the trace of depression just as fast as it decays (21 Hz). Two more networks: one
for 500 ms that starts from synapses of the longest interval, and one for 1000 ms without serotonin (15 trials of 4 s).

``quick`` trains two intervals with 40 trials of 5 s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import plastica as pl

from ._framework import Context, above, below

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P60",)

NEURONS = 100
CUE = 100.0  # ms
TAU_PAIR, W_MAX, STEP = 20.0, 0.5, 1e-3  # ms, pA, fraction of W_MAX
TAU_PLUS, TAU_MINUS = 5000.0, 2500.0  # ms
MAX_PLUS, MAX_MINUS = 0.010, 0.011  # pA
WEAK, STRONG = 0.10, 0.225  # pA
# Pairs of one synapse at rate r add STEP W_MAX r^2 TAU_PAIR (1 - e/MAX_MINUS) per unit of time.
READ_OUT = 1e3 * np.sqrt(MAX_MINUS / (TAU_MINUS * STEP * W_MAX * TAU_PAIR))  # Hz
SMOOTH = 50  # ms


class Trained(NamedTuple):
    """What a network does after its trials, and how its weights came there."""

    weights: list[float]  # mean after each trial, pA
    first: Array  # rate in Hz by time after the cue, mean over the first trials
    last: Array  # the same over the trials of the test
    raster: tuple[Array, Any]  # times after the cue and neurons of the spikes of the last trial

    @property
    def learned(self) -> float:
        """When the rate of the test trials falls below the read-out, in ms after the cue; infinity if it never does."""
        return falls(self.last)


def train(
    context: Context,
    interval: float,
    *,
    start: float = WEAK,
    serotonin: bool = True,
    trials: int,
    test: int,
    gap: float,
) -> Trained:
    """Trials with a reward after an interval, then trials without reward and plasticity."""
    net = pl.Network(dt=1.0, seed=context.seed, threads=context.threads, precision=context.precision)
    neurons = net.population(
        NEURONS,
        pl.LIF(C_m=250, tau_m=20, E_L=-70, V_th=-55, V_reset=-60, t_ref=2, receptors={"slow": pl.CurrentExp(tau=80)}),
    )
    net.drive(neurons, pl.OUCurrent(mean=140, sigma=60, tau=5))
    onsets = gap * np.arange(trials + test) + 1.0
    edges = np.column_stack([onsets, onsets + CUE]).ravel()
    net.drive(neurons, pl.StepCurrent(times=edges, amplitudes=np.tile([200.0, 0.0], len(onsets))))
    net.modulator("noradrenaline", tau=30)
    net.modulator("serotonin", tau=30)
    net.modulators["noradrenaline"].release(1.0, at=onsets[:trials] + interval)
    if serotonin:
        net.modulators["serotonin"].release(1.0, at=onsets[:trials] + interval)
    synapses = net.connect(neurons, neurons, pl.AllToAll(allow_autapses=False), weight=start, delay=1.0,
                           plasticity=rules())  # fmt: skip
    spikes = net.record(neurons, "spikes")
    weights = []
    for _ in range(trials):
        net.run(gap)
        weights.append(float(synapses.weights.mean()))
    synapses.plastic = False
    net.run(test * gap)
    rate = spikes.rate(bin=1.0)[1].reshape(trials + test, round(gap))
    onset = onsets[-1] - 1
    late = spikes.times > onset
    raster = (spikes.times[late] - onset, spikes.ids[late])
    return Trained(weights, rate[:5].mean(axis=0), rate[trials:].mean(axis=0), raster)


def rules() -> list[pl.Rule]:
    """Balanced pair STDP whose changes wait for two modulators."""
    return [
        pl.STDP(learning_rate=STEP, A_plus=1, A_minus=1, tau_plus=TAU_PAIR, tau_minus=TAU_PAIR, w_max=W_MAX),
        pl.DualEligibility(
            ltp="noradrenaline", ltd="serotonin", tau_plus=TAU_PLUS, tau_minus=TAU_MINUS, max_plus=MAX_PLUS,
            max_minus=MAX_MINUS, learning_rate=0.2,
        ),
    ]  # fmt: skip


def smooth(rate: Array) -> Array:
    """Running mean over 50 ms."""
    return np.convolve(rate, np.full(SMOOTH, 1 / SMOOTH), "same")


def falls(rate: Array, level: float = READ_OUT) -> float:
    """When a rate first falls below a level after the cue."""
    course = smooth(rate)
    low = np.flatnonzero(course[round(CUE) + SMOOTH :] < level)
    return float(low[0] + round(CUE) + SMOOTH) if len(low) else np.inf


def run(context: Context) -> dict[str, Any]:
    """All intervals, and the two controls."""
    intervals = (500, 1000) if context.quick else (500, 750, 1000, 1250, 1500)
    size: dict[str, Any] = (
        {"trials": 40, "test": 8, "gap": 5000.0} if context.quick else {"trials": 120, "test": 20, "gap": 8000.0}
    )
    context.compression = "quick: 2 intervals, 40 trials of 5 s instead of 120 of 8 s" if context.quick else "none"
    trained = {}
    for interval in intervals:
        context.stage(f"reward after {interval} ms")
        trained[interval] = train(context, interval, **size)
    source = "P60; He 2015: accurately predicts the time of the reward; own constants"
    errors = {interval: abs(network.learned / interval - 1) for interval, network in trained.items()}
    for interval, network in trained.items():
        context.record(
            f"learned time, reward after {interval} ms", network.learned, unit="ms",
            provenance="not judged; the next rows are",
        )  # fmt: skip
        context.record(f"error, reward after {interval} ms", errors[interval], below(0.15), provenance=source)
    for level in (10.0, 15.0, 30.0, 40.0):
        times = {interval: falls(network.last, level) for interval, network in trained.items()}
        context.record(
            f"largest error with a read-out of {level:g} Hz", max(abs(times[i] / i - 1) for i in times),
            provenance="not judged: how much hangs on the read-out",
        )  # fmt: skip
    before = falls(trained[intervals[0]].first)
    context.record("time before learning", before, unit="ms", provenance="first 5 trials; not judged")
    context.stage("from strong synapses")
    strong = train(context, 500, start=STRONG, **size)
    context.record(
        "from strong synapses: error, reward after 500 ms", abs(strong.learned / 500 - 1), below(0.15),
        provenance="P60: the fixed point does not depend on the start",
    )  # fmt: skip
    context.stage("without serotonin")
    alone = train(context, 1000, serotonin=False, trials=15, test=3, gap=4000.0)
    context.record(
        "without serotonin: rate 2 s after the cue", alone.last[2000:2500].mean(), above(READ_OUT), unit="Hz",
        provenance="P60: with potentiation alone there is no fixed point; firing does not end",
    )  # fmt: skip
    return {"trained": trained, "strong": strong, "alone": alone}


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Firing after learning, learned times, and the course of the weights."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    from ._style import FIRST, GREY, INHIBITORY, INK, LIGHT, letter

    trained = results["trained"]
    picture = Figure(figsize=(10.5, 6.0), layout="constrained")
    (raster, rates), (times, weights) = picture.subplots(2, 2)
    colors = dict(zip(trained, mpl.colormaps["viridis"](np.linspace(0.05, 0.8, len(trained))), strict=True))

    middle = 1000
    spike_times, ids = trained[middle].raster
    raster.plot(spike_times, ids, ",", color=INK)
    raster.axvspan(0, CUE, color=LIGHT, lw=0)
    raster.axvline(middle, color=INHIBITORY, lw=1)
    raster.set(xlim=(-50, 2500), ylim=(0, NEURONS), xlabel="time after the cue (ms)", ylabel="neuron")
    letter(raster, "A", f"one trial after learning (reward after {middle} ms, red)")

    for interval, network in trained.items():
        rates.plot(smooth(network.last), color=colors[interval], label=f"{interval} ms")
        rates.axvline(interval, color=colors[interval], lw=0.8, ls=(0, (4, 3)))
    rates.plot(smooth(trained[middle].first), color=GREY, lw=1, label="before")
    rates.axhline(READ_OUT, color=LIGHT, lw=1)
    rates.set(xlim=(0, 2500), ylim=(0, None), xlabel="time after the cue (ms)", ylabel="rate (Hz)")
    rates.legend(title="reward after")
    letter(rates, "B", "firing lasts until the reward (dashed) was given")

    limits = np.array([400.0, 1600.0])
    times.fill_between(limits, 0.85 * limits, 1.15 * limits, color=LIGHT, lw=0, label="15 %")
    times.plot(limits, limits, color=GREY, lw=0.8)
    times.plot(
        list(trained), [network.learned for network in trained.values()], "o", color=INK, label="from weak synapses"
    )
    times.plot(500, results["strong"].learned, "s", mfc="none", color=FIRST, label="from strong synapses")
    times.set(xlabel="reward after the cue (ms)", ylabel="learned time (ms)")
    times.legend(loc="upper left")
    letter(times, "C", "the time of the reward is learned")

    for interval, network in trained.items():
        weights.plot(np.arange(1, len(network.weights) + 1), network.weights, color=colors[interval])
    weights.plot(np.arange(1, len(results["strong"].weights) + 1), results["strong"].weights, color=FIRST, lw=1)
    alone = np.array(results["alone"].weights)
    weights.plot(np.arange(1, len(alone) + 1), alone, color=INHIBITORY, lw=1, ls=(0, (4, 2)), label="without serotonin")
    weights.set(xlabel="trial", ylabel="mean weight (pA)")
    weights.legend(loc="lower right")
    letter(weights, "D", "weights settle")
    return picture
