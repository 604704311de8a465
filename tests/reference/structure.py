"""Laws of structure, as obvious code: who is connected to whom, synapse by synapse."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np

MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1
STRUCTURE = 13  # what the random numbers are for
AXONAL, DENDRITIC, ORDER, PARTNER, ATTEMPTS, SYNAPSE = range(1, 7)
Key = tuple[int, int]


def threefry(key: Key, counter: Sequence[int]) -> tuple[int, int, int, int]:
    """Salmon et al. (2011): four random words of 32 bits, after 16 rounds."""
    rotations = ((10, 26), (11, 21), (13, 27), (23, 5), (6, 20), (17, 11), (25, 10), (18, 20))
    keys = (key[0], key[1], 0, 0, 0x1BD11BDA ^ key[0] ^ key[1])
    x = [(c + k) & MASK32 for c, k in zip(counter, keys[:4], strict=True)]

    def turned(word: int, bits: int) -> int:
        return ((word << bits) | (word >> (32 - bits))) & MASK32

    for r in range(16):
        first, second = (1, 3) if r % 2 == 0 else (3, 1)
        for into, word, bits in ((0, first, rotations[r % 8][0]), (2, second, rotations[r % 8][1])):
            x[into] = (x[into] + x[word]) & MASK32
            x[word] = turned(x[word], bits) ^ x[into]
        if r % 4 == 3:
            inject = r // 4 + 1
            x = [(x[i] + keys[(inject + i) % 5]) & MASK32 for i in range(4)]
            x[3] = (x[3] + inject) & MASK32
    return x[0], x[1], x[2], x[3]


def mix_bits(x: int) -> int:
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK64
    return x ^ (x >> 31)


def key_of(seed: int, law: int, use: int, step: int) -> Key:
    mixed = mix_bits(mix_bits((seed + 0x9E3779B97F4A7C15) & MASK64) ^ ((law << 32) | STRUCTURE))
    words = threefry((mixed & MASK32, mixed >> 32), (use, 0, step & MASK32, step >> 32))
    return words[0], words[1]


def uniform(high: int, low: int) -> float:
    return (((high << 32) | low) >> 12) * 2.0**-52 + 2.0**-53


class Stream:
    """The numbers of one index, one after another."""

    def __init__(self, key: Key, index: int) -> None:
        self.key, self.index, self.drawn = key, index, 0

    def word(self) -> int:
        block = self.drawn >> 2
        words = threefry(self.key, (self.index & MASK32, self.index >> 32, block & MASK32, block >> 32))
        self.drawn += 1
        return words[(self.drawn - 1) & 3]

    def uniform(self) -> float:
        high = self.word()
        return uniform(high, self.word())

    def below(self, n: int) -> int:
        product = self.word() * n
        while product & MASK32 < (1 << 32) % n:
            product = self.word() * n
        return product >> 32

    def distinct(self, count: int, n: int) -> set[int]:
        chosen: set[int] = set()
        for j in range(n - count, n):
            drawn = self.below(j + 1)
            chosen.add(j if drawn in chosen else drawn)
        return chosen

    def shuffle_front(self, items: list, count: int) -> list:
        for i in range(count):
            j = i + self.below(len(items) - i)
            items[i], items[j] = items[j], items[i]
        return items[:count]


@dataclasses.dataclass
class Synapse:
    projection: int
    source: int
    target: int
    delay: int  # steps
    number: int  # in the order they were made


@dataclasses.dataclass
class Elements:
    """Of one kind, on `n` neurons."""

    n: int
    growth: Callable[[float], float]  # elements per ms at some calcium
    tau: float
    beta: float
    tau_vacant: float = math.inf
    calcium: np.ndarray = dataclasses.field(init=False)
    z: np.ndarray = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.calcium, self.z = np.zeros(self.n), np.zeros(self.n)

    def advance(self, spikes: Sequence[Sequence[float]], begin: float, end: float) -> None:
        """Over an interval, from the times of each neuron's spikes in it (after `begin`, up to `end`)."""
        for i, times in enumerate(spikes):
            ms = end - begin
            integral = self.calcium[i] * self.tau * (1 - math.exp(-ms / self.tau))
            now = self.calcium[i] * math.exp(-ms / self.tau)
            for t in times:
                integral += self.beta * self.tau * (1 - math.exp(-(end - t) / self.tau))
                now += self.beta * math.exp(-(end - t) / self.tau)
            self.calcium[i] = now
            self.z[i] = max(0.0, self.z[i] + self.growth(integral / ms) * ms)


class StructuralPlasticity:
    """Several projections of one source population; the axonal elements are shared."""

    def __init__(
        self,
        seed: int,
        axonal: Elements,
        dendritic: Sequence[Elements],
        delay: int,
        interval: float,
        affinity: Callable[[int, int, int], float] | None = None,
        recurrent: Sequence[bool] = (True,),
        autapses: bool = False,
        multapses: bool = True,
    ) -> None:
        self.seed, self.axonal, self.dendritic, self.delay, self.interval = seed, axonal, dendritic, delay, interval
        self.affinity, self.recurrent, self.autapses, self.multapses = affinity, recurrent, autapses, multapses
        self.synapses: list[Synapse] = []
        self.made = 0

    def out_of(self, i: int) -> list[Synapse]:
        own = [s for s in self.synapses if s.source == i]
        return sorted(own, key=lambda s: (s.projection, s.delay, s.target, s.number))

    def onto(self, q: int, j: int) -> list[Synapse]:
        own = [s for s in self.synapses if s.projection == q and s.target == j]
        return sorted(own, key=lambda s: (s.source, s.delay, s.number))

    def add(self, q: int, source: int, target: int, delay: int) -> None:
        self.synapses.append(Synapse(q, source, target, delay, self.made))
        self.made += 1

    def update(self, step: int) -> None:
        """After the elements have advanced."""
        for i in range(self.axonal.n):
            self.break_surplus(self.out_of(i), self.axonal.z[i], AXONAL, step, i)
        for q, elements in enumerate(self.dendritic):
            for j in range(elements.n):
                self.break_surplus(self.onto(q, j), elements.z[j], DENDRITIC, step, (q << 32) | j)
        connected_before = {(s.projection, s.source, s.target) for s in self.before}
        axons, dendrites = [], []
        for i in range(self.axonal.n):
            axons += [i] * self.vacant(self.axonal, i, len(self.out_of(i)))
        for q, elements in enumerate(self.dendritic):
            for j in range(elements.n):
                dendrites += [(q, j)] * self.vacant(elements, j, len(self.onto(q, j)))
        for source, (q, target) in self.matched(axons, dendrites, step, connected_before):
            self.add(q, source, target, self.delay)

    def break_surplus(self, own: list[Synapse], z: float, use: int, step: int, index: int) -> None:
        if use == AXONAL and index == 0:
            self.before = list(self.synapses)
        surplus = len(own) - math.floor(z)
        if surplus <= 0:
            return
        for place in Stream(key_of(self.seed, 0, use, step), index).distinct(surplus, len(own)):
            self.synapses.remove(own[place])

    def vacant(self, elements: Elements, i: int, bound: int) -> int:
        fades = 1 - math.exp(-self.interval / elements.tau_vacant)
        elements.z[i] -= max(0.0, elements.z[i] - bound) * fades
        return math.floor(elements.z[i]) - bound

    def matched(self, axons: list, dendrites: list, step: int, before: set) -> list:
        count = min(len(axons), len(dendrites))
        axons = Stream(key_of(self.seed, 0, ORDER, step), 0).shuffle_front(axons, count)
        partners = Stream(key_of(self.seed, 0, PARTNER, step), 0)
        found: list = []

        def allowed(source: int, q: int, target: int) -> bool:
            if self.recurrent[q] and not self.autapses and source == target:
                return False
            new = {(p, s, t) for s, (p, t) in found}
            return self.multapses or (q, source, target) not in before | new

        if self.affinity is None:
            pairs = zip(axons, partners.shuffle_front(dendrites, count), strict=True)
            for source, (q, target) in pairs:
                if allowed(source, q, target):
                    found.append((source, (q, target)))
            return found
        for source in axons:
            sums = np.cumsum([self.affinity(q, source, target) for q, target in dendrites])
            if len(sums) == 0 or not sums[-1] > 0:
                continue
            place = min(int(np.searchsorted(sums, partners.uniform() * sums[-1], side="right")), len(sums) - 1)
            q, target = dendrites[place]
            if allowed(source, q, target):
                found.append((source, (q, target)))
                del dendrites[place]
        return found
