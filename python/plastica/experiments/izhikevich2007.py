"""Reward that comes seconds late strengthens the one synapse whose spikes it follows.

Izhikevich (2007), Cereb Cortex 17:2443, doi:10.1093/cercor/bhl152.

1. Two neurons, deterministic. Three pairs of spikes (pre at 500, 1000 and 1510 ms, post at 550, 1010 and 1500 ms) with
   plain STDP; the same three pairs 3 s later with reward-modulated STDP and a pulse of dopamine 20 ms after the first
   spike of each pair. Eligibility c, dopamine d and weight s, every ms, against their closed forms.
2. A network of 800 regular and 200 fast spiking neurons that fire at 2 Hz, driven by noise; each sends 100 synapses
   with a delay of 1 ms. Excitatory weights start at 1 mV, at most 4 mV; that of one synapse, from n1 to n2, at 0.
   Whenever n2 fires within 20 ms after n1, dopamine rises by 0.5 after a random delay of 1 to 3 s. One hour with this
   reward; then half an hour with as many rewards at random times; and, from the start, one hour without any reward.

``quick`` is 160 and 40 neurons with 50 synapses each for 15 minutes, then 5 minutes of random rewards.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

import plastica as pl

from ._framework import Context, above, below

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P56",)

# ---- the two neurons
TAU_PAIR, TAU_C, TAU_D = 20.0, 1000.0, 200.0  # ms
STEP, RATIO, PULSE, W_START, W_TOP = 1e-4, 1.05, 5e-3, 5e-3, 1e-2
PRE, POST = np.array([500.0, 1000.0, 1510.0]), np.array([550.0, 1010.0, 1500.0])
LATER = 3000.0  # ms
PULSES = LATER + PRE.round(-2) + 20  # 3520, 4020, 4520 ms

# ---- the network
COINCIDENCE, REWARD = 20.0, 0.5  # ms, units of dopamine
W_MAX = 4.0
NOISE = 13 / np.sqrt(12)  # of uniform numbers of width 13
MINUTE = 60_000.0


# ------------------------------------------------------------------------------------------------ two neurons


def two_neurons(context: Context) -> dict[str, Array]:
    """The courses of both synapses, and of dopamine, every ms."""
    net = pl.Network(dt=0.1, seed=context.seed, threads=1, precision="double")
    net.modulator("dopamine", tau=TAU_D).release(PULSE, at=PULSES)
    rules: list[pl.Rule] = [
        pl.STDP(
            learning_rate=1, A_plus=STEP / W_TOP, A_minus=RATIO * STEP / W_TOP, tau_plus=TAU_PAIR, tau_minus=TAU_PAIR,
            w_max=W_TOP,
        ),
        pl.RewardSTDP(
            modulator="dopamine", A_plus=STEP, A_minus=RATIO * STEP, tau_plus=TAU_PAIR, tau_minus=TAU_PAIR, tau=TAU_C,
            learning_rate=1, baseline=0, w_max=W_TOP, pairing="all",
        ),
    ]  # fmt: skip
    recorders: dict[str, Any] = {"d": net.record(net.modulators["dopamine"], interval=1.0)}
    for name, rule, shift in (("plain", rules[0], 0.0), ("s", rules[1], LATER)):
        synapse = between_trains(net, PRE + shift, POST + shift, rule)
        recorders[name] = net.record(synapse, "weights", interval=1.0)
        if name == "s":
            recorders["c"] = net.record(synapse, "eligibility", interval=1.0)
    net.run(6000)
    return {"t": recorders["d"].times} | {name: recorder.values.ravel() for name, recorder in recorders.items()}


def between_trains(net: pl.Network, pre: Array, post: Array, rule: pl.Rule) -> pl.Projection:
    """A synapse that sees the presynaptic spikes `pre` and the postsynaptic spikes `post`, and no others."""
    source = net.population(1, pl.SpikeSource(pre - net.dt))
    teacher = net.population(1, pl.SpikeSource(post - 2 * net.dt))
    target = net.population(1, pl.LIF(receptors={"synapse": pl.CurrentDelta(), "teacher": pl.CurrentDelta()}))
    net.connect(teacher, target, pl.OneToOne(), receptor="teacher", weight=1e3, delay=net.dt)
    return net.connect(source, target, pl.OneToOne(), receptor="synapse", weight=W_START, delay=net.dt, plasticity=rule)


def closed_form(t: Array) -> dict[str, Array]:
    """The same from the equations: left limits, as recorded."""
    steps = pairs()
    c, d, s, plain = np.zeros_like(t), np.zeros_like(t), np.full_like(t, W_START), np.full_like(t, W_START)
    for moment, size in steps:
        plain += size * (t > moment)
    for pulse in PULSES:
        d += np.where(t > pulse, PULSE * np.exp(-(t - pulse) / TAU_D), 0)
    rate = 1 / TAU_C + 1 / TAU_D
    for moment, size in ((moment + LATER, size) for moment, size in steps):
        c += np.where(t > moment, size * np.exp(-(t - moment) / TAU_C), 0)
        for pulse in PULSES:
            first = max(moment, pulse)
            product = size * np.exp(-(first - moment) / TAU_C) * PULSE * np.exp(-(first - pulse) / TAU_D)
            s += np.where(t > first, product * -np.expm1(-(t - first) * rate) / rate, 0)
    return {"plain": plain, "c": c, "d": d, "s": s}


def pairs() -> list[tuple[float, float]]:
    """When the synapse changes or becomes eligible, and by how much: all pairs of the three spikes."""
    found = []
    for pre, post in product(PRE.tolist(), POST.tolist()):
        size = STEP if post > pre else -RATIO * STEP
        found.append((max(pre, post), size * float(np.exp(-abs(post - pre) / TAU_PAIR))))
    return found


# ------------------------------------------------------------------------------------------------ network


class Rewards:
    """Watches n1 and n2 and releases dopamine, as a callback every second."""

    def __init__(self, net: pl.Network, spikes: pl.SpikeRecorder, n1: int, n2: int, seed: int) -> None:
        self.dopamine, self.spikes, self.n1, self.n2 = net.modulators["dopamine"], spikes, n1, n2
        self.draws = np.random.default_rng(seed)
        self.last = -np.inf
        self.times: list[float] = []
        self.random_rate = 0.0  # rewards per ms at random times, instead of those that follow the pair

    def __call__(self, net: pl.Network) -> None:
        due = self.after_pairs()
        if self.random_rate > 0:
            due = net.time + np.ceil(1000 * self.draws.random(self.draws.poisson(1000 * self.random_rate)))
        for moment in due:
            self.dopamine.release(REWARD, at=moment)
        self.times += list(due)

    def after_pairs(self) -> Array:
        """When rewards are due for what happened in the last second: always later than now."""
        moments = []
        for time, neuron in zip(self.spikes.times, self.spikes.ids, strict=True):
            if neuron == self.n1:
                self.last = time
            elif 0 < time - self.last < COINCIDENCE:
                moments.append(time + 1000 + np.ceil(2000 * self.draws.random()))
        self.spikes.clear()
        return np.array(moments)


def network(context: Context, rewarded: bool) -> dict[str, Any]:
    """Trains one network; returns the weight of the chosen synapse and the mean of the others over time."""
    size, degree = (200, 50) if context.quick else (1000, 100)
    exc_size = size * 4 // 5
    net = pl.Network(dt=1.0, seed=context.seed, threads=context.threads, precision=context.precision)
    kind = np.arange(size) < exc_size
    model = pl.Izhikevich(
        a=np.where(kind, 0.02, 0.1), b=0.2, c=-65, d=np.where(kind, 8.0, 2.0), receptors={"in": pl.CurrentDelta()}
    )
    neurons = net.population(size, model, name="neurons")
    net.drive(neurons, pl.OUCurrent(sigma=NOISE, tau=0.1))  # forgets within a step
    net.modulator("dopamine", tau=TAU_D)
    spread = pl.FixedOutDegree(degree, allow_multapses=False, allow_autapses=False)
    exc = net.connect(
        neurons[:exc_size], neurons, spread, weight=1.0, delay=1.0, plasticity=pl.RewardSTDP(modulator="dopamine")
    )
    net.connect(neurons[exc_size:], neurons[:exc_size], spread, weight=-1.0, delay=1.0)
    start = exc.weights
    start[0] = 0.0
    exc.weights = start
    n1, n2 = int(exc.sources[0]), int(exc.targets[0])
    rewards = Rewards(net, net.record(neurons[[n1, n2]], "spikes"), n1, n2, context.seed)
    course = Course(exc)
    train, extinguish = (15 * MINUTE, 5 * MINUTE) if context.quick else (60 * MINUTE, 30 * MINUTE)
    if not rewarded:
        course.follow(net, train, lambda _: None)
        return course.results()
    course.follow(net, train, rewards)
    trained = exc.weights / W_MAX
    rewards.random_rate = len(rewards.times) / train
    course.follow(net, extinguish, rewards)
    return course.results() | {"trained": trained, "rewards": np.array(rewards.times), "train": train}


class Course:
    """Weights over time, in units of the largest."""

    def __init__(self, synapses: pl.Projection) -> None:
        self.synapses = synapses
        self.t, self.chosen, self.others = [0.0], [0.0], [0.25]

    def follow(self, net: pl.Network, duration: float, callback: Any) -> None:
        """Runs, and looks at the weights every 5 s."""
        for _ in range(round(duration / 5000)):
            net.run(5000, callback=callback, every=1000)
            weights = self.synapses.weights / W_MAX
            self.t.append(net.time)
            self.chosen.append(weights[0])
            self.others.append(weights[1:].mean())

    def results(self) -> dict[str, Any]:
        """As arrays."""
        return {"t": np.array(self.t), "chosen": np.array(self.chosen), "others": np.array(self.others)}


# ------------------------------------------------------------------------------------------------ protocol


def run(context: Context) -> dict[str, Any]:
    """The two neurons, then the networks."""
    context.stage("two neurons")
    courses = two_neurons(context)
    expected = closed_form(courses["t"])
    for name, what in (("c", "eligibility"), ("d", "dopamine"), ("s", "weight"), ("plain", "weight with plain STDP")):
        base = W_START if name in ("s", "plain") else 0.0
        error = np.abs(courses[name] - expected[name]).max() / np.abs(expected[name] - base).max()
        context.record(
            f"two neurons: error of {what}", error, below(1e-9), provenance="P56, closed form; relative to its largest"
        )
    reduced = "quick: 200 neurons, 15 + 5 min instead of 1000 neurons, 60 + 30 min"
    context.compression = reduced if context.quick else "none"
    context.stage("network with reward")
    rewarded = network(context, True)
    context.stage("network without reward")
    control = network(context, False)
    judge(context, rewarded, control)
    return {"two": courses, "expected": expected, "rewarded": rewarded, "control": control}


def judge(context: Context, rewarded: dict[str, Any], control: dict[str, Any]) -> None:
    """Records the metrics of the networks."""
    source = "P56; Izhikevich 2007, Fig. 1"
    training = rewarded["t"] <= rewarded["train"]
    chosen, others = rewarded["chosen"][training], rewarded["others"][training]
    reached = bool((chosen >= 0.9).any())
    first = int(np.argmax(chosen >= 0.9)) if reached else len(chosen) - 1
    context.record(
        "rewarded synapse, largest / maximum", chosen.max(), above(0.9), provenance=f"{source}; while rewarded"
    )
    context.record(
        "mean of the others when it reaches 90 % / maximum", others[first], below(0.2), provenance=f"{source}; training"
    )
    last = rewarded["t"][training] > 0.75 * rewarded["train"]
    context.record(
        "time to reach 90 %", rewarded["t"][first] * 1e-3 if reached else np.inf, unit="s", provenance="not judged"
    )
    context.record(
        "rewarded synapse, last quarter / maximum", chosen[last].mean(), provenance=f"{source}; mean; not judged"
    )
    context.record("mean of the others, last quarter / maximum", others[last].mean(), below(0.2), provenance=source)
    context.record("rewards per minute, first quarter", rate(rewarded, 0, 0.25), provenance="not judged")
    context.record("rewards per minute, last quarter", rate(rewarded, 0.75, 1), provenance="not judged")
    context.record(
        "unrewarded control, largest / maximum", control["chosen"].max(), below(0.3),
        provenance=f"{source}; same network, no dopamine but the tonic 0.002",
    )  # fmt: skip
    end = rewarded["chosen"][-max(len(chosen) // 12, 1) :]
    context.record(
        "after random rewards, end / maximum", end.mean(), below(0.3),
        provenance="P56: extinction when reward is uncorrelated; bound as for the control",
    )  # fmt: skip


def rate(rewarded: dict[str, Any], begin: float, end: float) -> float:
    """Rewards per minute in a part of the training."""
    limits = rewarded["train"] * begin + 1000, rewarded["train"] * end + 1000
    times = rewarded["rewards"]
    return float(((times > limits[0]) & (times <= limits[1])).sum() / ((limits[1] - limits[0]) / MINUTE))


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """The two neurons; the chosen synapse and the others over time; weights after training."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INHIBITORY, SECOND, letter

    picture = Figure(figsize=(10.5, 6.2), layout="constrained")
    grid = picture.add_gridspec(2, 3)
    two, expected = results["two"], results["expected"]
    t = two["t"] * 1e-3
    left = grid[:, 0].subgridspec(3, 1)
    panels = [picture.add_subplot(left[i]) for i in range(3)]
    kinds = ("c", FIRST, "eligibility c"), ("d", INHIBITORY, "dopamine d"), ("s", EXCITATORY, "change of s")
    for axes, (name, color, label) in zip(panels, kinds, strict=True):
        power, base = (3, 0.0) if name == "d" else (4, W_START if name == "s" else 0.0)
        axes.plot(t, (two[name] - base) * 10**power, color=color)
        axes.plot(t, (expected[name] - base) * 10**power, color=GREY, ls=(0, (1, 2)), lw=1.8)
        axes.set(ylabel=f"{label} (10$^{{-{power}}}$)", xlim=(0, 6))
    panels[2].plot(t, (two["plain"] - W_START) * 1e4, color=SECOND, label="plain STDP")
    panels[2].legend(loc="upper center")
    panels[2].set(xlabel="time (s)")
    letter(panels[0], "A", "two neurons, and closed forms (dotted)")

    rewarded, control = results["rewarded"], results["control"]
    axes = picture.add_subplot(grid[0, 1:])
    minutes = rewarded["t"] / MINUTE
    axes.plot(minutes, rewarded["chosen"], color=INHIBITORY, label="rewarded synapse")
    axes.plot(minutes, rewarded["others"], color=EXCITATORY, label="mean of the others")
    axes.plot(control["t"] / MINUTE, control["chosen"], color=GREY, label="the same synapse without reward", lw=1)
    axes.axvspan(rewarded["train"] / MINUTE, minutes[-1], color=FIRST, alpha=0.15, lw=0)
    axes.text(minutes[-1], 1.03, "rewards at random times", ha="right", color=FIRST, fontsize=8)
    axes.set(xlabel="time (min)", ylabel="weight / maximum", ylim=(-0.02, 1.1), xlim=(0, minutes[-1]))
    axes.legend(loc="center", bbox_to_anchor=(0.2, 0.62))
    letter(axes, "B", "reward 1 to 3 s after n1, then n2 fire")

    axes = picture.add_subplot(grid[1, 1])
    axes.hist(rewarded["trained"], bins=np.linspace(0, 1, 41).tolist(), color=EXCITATORY)
    axes.plot(rewarded["trained"][0], 2, "v", color=INHIBITORY, ms=7, clip_on=False)
    axes.set(yscale="log", xlabel="weight / maximum", ylabel="synapses")
    letter(axes, "C", "after training (red: rewarded)")

    axes = picture.add_subplot(grid[1, 2])
    counts, edges = np.histogram(rewarded["rewards"] / MINUTE, bins=np.linspace(0, minutes[-1], 31))
    axes.stairs(counts / np.diff(edges), edges, color=SECOND, fill=True, alpha=0.6)
    axes.axvline(rewarded["train"] / MINUTE, color=FIRST, lw=1)
    axes.set(xlabel="time (min)", ylabel="rewards per minute")
    letter(axes, "D", "rewards")
    return picture
