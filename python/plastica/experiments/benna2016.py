"""A chain of coupled variables behind every weight keeps memories as 1/sqrt(t).

Benna and Fusi (2016), Nat Neurosci 19:1697, doi:10.1038/nn.4401.

Every synapse receives random kicks of +-0.02, one per event, and an ideal observer measures how far the weights still
agree with the kicks of one event, its memory: signal / noise = sqrt(N) <u_1 memory> / std(u_1 memory). The chain has
m = 1, 4 or 8 variables, n = 2, alpha = 0.25 and the interval between events as its unit of time; it ends in a leak.

In the engine, one presynaptic neuron spikes every millisecond onto 10,000 neurons, which spike at random with
probability 1/2 per millisecond. At an arrival, TransmitterInduced adds 0.02, and STDP, here without potentiation, takes
0.04 away if the postsynaptic neuron spiked in the step before; BidirectionalChain lets flow what that leaves in the
weight. All chains start in their stationary distribution and see the same kicks, for 10,500 events; the weights are
read after every tenth one. Ratios are given for N = 100,000 synapses: they grow as sqrt(N). Measured are

- the signal as an ideal observer sees it: agreement of weights with the kicks of every event, that is, with 10,500
  memories in turn. A Cascade of one level, whose strength is the last kick, keeps the record of the memories;
- the same without chance: twins of 500 synapses get one kick more and otherwise the same ones. What remains of the
  difference is the signal;
- the noise, the spread of all weights.

Beside it stands the exact linear computation: the kick of age t is exp(A t), and the noise is the sum over all ages.

``quick`` has 2,000 synapses and 2,500 events, and leaves out the lifetime of the longest chain.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import plastica as pl

from ._framework import Context, above, between

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCIENCE = ("P13",)

CHAINS = (1, 4, 8)
N, ALPHA, KICK, MIDDLE = 2.0, 0.25, 0.02, 0.5
SYNAPSES = 100_000  # for which ratios are given
EVERY = 10  # events between readings
TWINS = 500
EARLIER = {1: (253, 20), 4: (130, 1381), 8: (95, 8508)}  # signal / noise at the event, and when it is 1
CONSTANT = 0.948  # of the kick's decay, times sqrt(t)


# ---- the linear computation


def flow(m: int) -> Array:
    """The matrix of du/dt = A u, in events."""
    matrix = np.zeros((m, m))
    for k in range(m):
        into, back = (ALPHA * N ** (1.0 - 2 * k), ALPHA * N ** (-2.0 * k))
        matrix[k, k] = -back - (into if k > 0 else 0)
        if k > 0:
            matrix[k, k - 1] = into
        if k < m - 1:
            matrix[k, k + 1] = back
    return matrix


def modes(m: int) -> tuple[Array, Array, Array]:
    """Eigenvalues of the flow, eigenvectors as columns, and their inverse."""
    values, vectors = np.linalg.eig(flow(m))
    return values.real, vectors.real, np.linalg.inv(vectors.real)


def stationary(m: int) -> Array:
    """Covariance of the variables just after an event, in units of the kick."""
    values, vectors, inverse = modes(m)
    kicks = np.outer(inverse[:, 0], inverse[:, 0])
    return np.asarray(vectors @ (kicks / (1 - np.exp(values[:, None] + values[None, :]))) @ vectors.T)


def remaining(m: int, ages: Array) -> Array:
    """What is left of a kick in u_1 after so many events."""
    values, vectors, inverse = modes(m)
    return np.asarray(np.exp(np.multiply.outer(ages, values)) @ (vectors[0] * inverse[:, 0]))


def exact_ratio(m: int, ages: Array) -> Array:
    """Signal / noise of memories of these ages."""
    left = remaining(m, ages)
    return np.asarray(np.sqrt(SYNAPSES) * left / np.sqrt(stationary(m)[0, 0] - left**2))


def exact_lifetime(m: int) -> float:
    """When signal / noise is 1."""
    low, high = 0.0, 1e6
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if exact_ratio(m, np.array([middle]))[0] > 1 else (low, middle)
    return low


def two_state_lifetime() -> float:
    """The longest lifetime of two-state synapses that switch with probability q: signal / noise sqrt(N) q (1-q)^t."""
    q = np.geomspace(1e-3, 0.5, 20_000)
    return float((np.log(q * np.sqrt(SYNAPSES)) / -np.log1p(-q)).max())


# ---- the engine


class Observed(NamedTuple):
    """What the engine leaves, in units of the kick; readings are after every tenth event."""

    values: dict[int, NDArray[np.float32]]  # u_1 of each chain, shape (readings, size)
    twins: dict[int, Array]  # age of a kick, and mean difference between twins, of which one got it
    memories: NDArray[np.uint8]  # the kicks of every event, packed, shape (events, size / 8)


def simulate(context: Context, size: int, events: int) -> Observed:
    """Chains, their twins, and the record of memories."""
    net = pl.Network(dt=1.0, seed=context.seed, threads=context.threads, precision=context.precision)
    pre = net.population(1, pl.SpikeSource(np.arange(10.0, events + 10)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # half of the steps with a spike is what coins are for
        coins = net.population(size, pl.PoissonSource(1000 * np.log(2)))
    cells = net.population(size, pl.Relay())
    net.connect(coins, cells, pl.OneToOne(), weight=1000.0, delay=1.0)
    # a trace that has faded by exp(-10) per step tells whether the neuron spiked in the step before, and nothing else
    taken = pl.STDP(
        learning_rate=2 * KICK * np.exp(10), A_plus=0, A_minus=1, tau_minus=0.1, pairing="nearest", w_max=2 * MIDDLE
    )

    def connect(part: pl.Rule, to: pl.Population | pl.View = cells) -> pl.Projection:
        rules = [pl.TransmitterInduced(delta=KICK), taken, part]
        return net.connect(pre, to, pl.AllToAll(), weight=-MIDDLE, delay=1.0, plasticity=rules)

    parts = {
        m: pl.BidirectionalChain(variables=m, n=N, alpha=ALPHA, tau=1.0, interval=1.0, w_mean=MIDDLE) for m in CHAINS
    }
    chains = {m: connect(part) for m, part in parts.items()}
    copies = {m: connect(part, cells[:TWINS]) for m, part in parts.items()}
    record = connect(pl.Cascade(levels=1, w_low=MIDDLE - KICK, w_high=MIDDLE + KICK))
    net.run(10)  # coins need three steps to reach the cells
    draws = np.random.default_rng(context.seed)
    for m in CHAINS:
        start = draws.multivariate_normal(np.zeros(m), stationary(m), size)
        begin(chains[m], start)
        start[:, 0] += 1
        begin(copies[m], start[:TWINS])
    values = {m: np.empty((events // EVERY, size), dtype=np.float32) for m in CHAINS}
    memories = np.empty((events, (size + 7) // 8), dtype=np.uint8)
    twins: dict[int, list[tuple[float, float]]] = {m: [] for m in CHAINS}
    for event in range(events):
        # two ticks before the first event: the twins' kick has aged by two when it is read
        net.run(2 if event == 0 else 1)
        memories[event] = np.packbits(-record.weights > MIDDLE)
        reading, early = event % EVERY == EVERY - 1, event < 10 * EVERY
        for m, chain in chains.items() if reading or early else ():
            weights = -chain.weights
            twins[m].append((event + 2.0, float(np.mean(-copies[m].weights - weights[:TWINS])) / KICK))
            if reading:
                values[m][event // EVERY] = (weights - MIDDLE) / KICK
    return Observed(values, {m: np.array(course).T for m, course in twins.items()}, memories)


def begin(chain: pl.Projection, start: Array) -> None:
    """Sets the variables of a chain, in units of the kick, shape (synapses, m)."""
    chain.weights = -np.clip(MIDDLE + KICK * start[:, 0], 0, 2 * MIDDLE)
    chain.set({f"u{k + 1}": KICK * start[:, k] for k in range(1, start.shape[1])})


def agreement(values: NDArray[np.float32], memories: NDArray[np.uint8]) -> tuple[Array, Array]:
    """Sum of <u_1 memory> over all pairs of a reading and a memory of each age, and their number, shape (events,)."""
    readings, size = values.shape
    events = len(memories)
    total, number = np.zeros(events), np.zeros(events)
    moment = EVERY * (np.arange(readings) + 1) - 1
    block = 250
    for first in range(0, events, block):
        signs = np.unpackbits(memories[first : first + block], axis=1)[:, :size].astype(np.float32) * 2 - 1
        products = values @ signs.T / size
        age = moment[:, None] - (first + np.arange(signs.shape[0]))[None, :]
        past = age >= 0
        total += np.bincount(age[past], products[past], events)
        number += np.bincount(age[past], minlength=events)
    return total, number


def averaged(total: Array, number: Array, edges: NDArray[np.int64]) -> tuple[Array, Array]:
    """Mean over ages edges[i] <= age < edges[i + 1]; and the mean age."""
    ages = np.arange(len(total))
    count = np.add.reduceat(number, edges[:-1])
    return np.add.reduceat(total, edges[:-1]) / count, np.add.reduceat(number * ages, edges[:-1]) / count


def lifetime_of(ages: Array, ratio: Array) -> float:
    """When signal / noise falls through 1: by a parabola in double logarithms, where it is between 1/2 and 2."""
    near = (ratio > 0.5) & (ratio < 2) & (ages > 0)
    if near.sum() < 3:
        return np.nan
    fit = np.polynomial.Polynomial.fit(np.log(ages[near]), np.log(ratio[near]), 2)
    roots = [root.real for root in fit.roots() if abs(root.imag) < 1e-9 and fit.deriv()(root.real) < 0]
    return float(np.exp(min(roots, key=lambda root: abs(root - np.log(ages[near]).mean())))) if roots else np.nan


def run(context: Context) -> dict[str, Any]:
    """The engine, beside the linear computation."""
    size, events = (2_000, 2_500) if context.quick else (10_000, 10_500)
    context.compression = "quick: 2,000 synapses, 2,500 events" if context.quick else "none"
    context.stage(f"{events} kicks of {size} synapses, chains of {', '.join(map(str, CHAINS))}")
    seen = simulate(context, size, events)

    context.stage("agreement with every memory")
    longest = events - 500
    edges = np.unique(np.round(np.concatenate([np.arange(30), np.geomspace(30, longest, 40)]))).astype(np.int64)
    curves, signals = {}, {}
    for m in CHAINS:
        left, ages = averaged(*agreement(seen.values[m], seen.memories), edges)
        spread = float(np.mean(seen.values[m].astype(np.float64) ** 2))
        curves[m] = (ages, left, np.sqrt(SYNAPSES) * left / np.sqrt(spread - left**2))
        age, twins = seen.twins[m]
        signals[m] = (age, twins, np.sqrt(SYNAPSES) * twins / np.sqrt(spread - twins**2))

    for m in CHAINS:
        judge(context, m, curves[m], signals[m])
    judge_decay(context, curves[max(CHAINS)], signals[max(CHAINS)])
    return {"curves": curves, "signals": signals}


def judge(context: Context, m: int, curve: tuple[Array, ...], signal: tuple[Array, ...]) -> None:
    """Records how strong a memory is at its event, and how long it lives, beside the linear computation."""
    exact, ratio = exact_ratio(m, np.array([0.0]))[0], curve[2][0]
    source = "P13; exact linear computation, +-3 %; an earlier calculation: {} and {}".format(*EARLIER[m])
    context.record(
        f"m = {m}: signal / noise at the event, relative to exact", ratio / exact, between(0.97, 1.03),
        provenance=source,
    )  # fmt: skip
    context.record(f"m = {m}: signal / noise at the event", ratio, provenance=f"exact {exact:.4g}")
    if m == max(CHAINS) and context.quick:
        return
    lifetime, wanted = lifetime_of(*signal[::2]), exact_lifetime(m)
    context.record(f"m = {m}: lifetime, relative to exact", lifetime / wanted, between(0.97, 1.03), provenance=source)
    context.record(f"m = {m}: lifetime", lifetime, unit="events", provenance=f"from twins; exact {wanted:.4g}")
    context.record(
        f"m = {m}: lifetime as observed", lifetime_of(*curve[::2]), unit="events",
        provenance="not judged; agreement with all memories, with its chance",
    )  # fmt: skip
    if m == max(CHAINS):
        best = two_state_lifetime()
        context.record(
            f"m = {m}: lifetime / that of the best two-state synapses", lifetime / best, above(50),
            provenance=f"P13; two states in closed form, {best:.4g} events at best",
        )  # fmt: skip


def judge_decay(context: Context, curve: tuple[Array, ...], signal: tuple[Array, ...]) -> None:
    """Records whether the memories of the longest chain fade as the root of their age."""
    ages, left, _ = curve
    first, last = (10, 1000) if context.quick else (100, 10_000)
    inside = (ages >= first) & (ages <= last) & (left > 0)
    slope = np.polyfit(np.log(ages[inside]), np.log(left[inside]), 1)[0]
    context.record(
        f"m = {max(CHAINS)}: slope in double logarithms over two decades", slope, between(-0.55, -0.45),
        provenance=f"P13; ages of {first} to {last} events, as observed",
    )  # fmt: skip
    ages, left, _ = signal
    inside = (ages >= 100) & (ages <= 10_000)
    context.record(
        f"m = {max(CHAINS)}: what is left of a kick, times sqrt(age)",
        float(np.mean(left[inside] * np.sqrt(ages[inside]))),
        between(0.97 * CONSTANT, 1.03 * CONSTANT),
        provenance=f"P13; {CONSTANT} in the linear computation, +-3 %; from twins, ages from 100 events on",
    )  # fmt: skip


# ---- figure


def figure(results: dict[str, Any]) -> Figure:
    """Signal to noise over the age of a memory, and its product with the root of the age."""
    from matplotlib.figure import Figure

    from ._style import EXCITATORY, FIRST, GREY, INK, THIRD, letter

    picture = Figure(figsize=(10.5, 4.2), layout="constrained")
    one, two = picture.subplots(1, 2)
    fine = np.geomspace(1, 3e4, 400)
    for (m, (ages, _, ratio)), color in zip(results["curves"].items(), (FIRST, THIRD, EXCITATORY), strict=True):
        one.plot(fine, exact_ratio(m, fine), color=color, lw=1)
        two.plot(fine, remaining(m, fine) * np.sqrt(fine), color=color, lw=1)
        shown = (ages > 0) & (ratio > 0.3)
        one.plot(ages[shown], ratio[shown], "o", ms=3.4, color=color, mec="white", mew=0.3, label=f"m = {m}, observed")
        age, twins, _ = results["signals"][m]
        chosen = np.unique(np.geomspace(1, len(age), 24).astype(int)) - 1
        chosen = chosen[np.abs(twins[chosen]) > 1e-4]
        left = twins[chosen] * np.sqrt(age[chosen])
        two.plot(age[chosen], left, "o", ms=3.4, color=color, mec="white", mew=0.3, label=f"m = {m}, twins")
    q = np.e / np.sqrt(SYNAPSES)
    one.plot(
        fine, np.sqrt(SYNAPSES) * q * (1 - q) ** fine, color=GREY, lw=1, ls=(0, (4, 2)), label="best two-state synapses"
    )
    one.plot([], [], color=INK, lw=1, label="exact")
    one.axhline(1, color=GREY, lw=0.6)
    one.set(xscale="log", yscale="log", ylim=(0.3, 400), xlim=(1, 3e4))
    one.set(xlabel="age of the memory (events)", ylabel=f"signal / noise, {SYNAPSES:,} synapses")
    one.legend(loc="upper right")
    letter(one, "A", "memories fade as 1/sqrt(t)")
    two.axhline(CONSTANT, color=GREY, lw=0.8, ls=(0, (4, 3)))
    two.set(xscale="log", xlim=(1, 3e4), ylim=(0, 1.2), xlabel="age of the memory (events)")
    two.set(ylabel="part of the kick, times sqrt(age)")
    two.legend(loc="lower left")
    letter(two, "B", "what is left of a kick, until the end of the chain")
    return picture
