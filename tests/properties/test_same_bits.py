"""The promise of bit reproducibility: spikes, weights and states do not depend on how a network is computed.

The oracle of every test is the same network, computed in another way. `Plan` describes a network by a few numbers that
hypothesis draws; `build` makes it, always with the same bits.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import plastica as pl
import reference
from parts import names, oracle_of, receptors_of, takes_receptors
from plastica import _native

ISAS: list[str] = _native.info()["isas"]
THREADS = (1, 2, 3, 5)
SIZES = (1, 3, 15, 16, 17, 63, 64, 65, 129)  # around the engine's chunks of 16 neurons, and around those of other ones
PAIRINGS = ("all", "nearest", "presynaptic")
MEMBRANES = [name for name in names("membrane") if takes_receptors(name)]
Bits = dict[str, bytes]


# ---- networks


@dataclass(frozen=True)
class Plan:
    """A network of Poisson sources, a list of spikes, excitatory and inhibitory neurons, driven and plastic."""

    seed: int = 1
    precision: str = "single"
    sources: int = 17
    exc: int = 65
    inh: int = 16
    membrane: str = "LIF"
    pairing: str = "all"
    dependence: str = "additive"  # of STDP; "power law": PowerLawSTDP instead
    fraction: float = 0.5
    longest_delay: float = 4.0
    conductances: bool = True
    drives: bool = True
    grows: bool = True  # synapses form in a run, with delays longer than all that there are
    duration: int = 80  # ms


plans = st.builds(
    Plan,
    seed=st.integers(0, 2**32),
    precision=st.sampled_from(["single", "double"]),
    sources=st.sampled_from(SIZES),
    exc=st.sampled_from(SIZES),
    inh=st.sampled_from(SIZES[:6]),
    membrane=st.sampled_from(MEMBRANES),
    pairing=st.sampled_from(PAIRINGS),
    dependence=st.sampled_from(["additive", "multiplicative", "power", "power law"]),
    fraction=st.sampled_from([0.0, 0.3, 0.5, 1.0]),
    longest_delay=st.sampled_from([0.1, 1.0, 12.0]),
    conductances=st.booleans(),
    drives=st.booleans(),
    grows=st.booleans(),
)
# Large enough that every thread has several chunks, rows are wide, and histories overflow.
LARGE = Plan(sources=129, exc=1000, inh=250, pairing="presynaptic", dependence="power", duration=60)
UNBOUNDED = Plan(sources=129, exc=1000, inh=250, dependence="power law", fraction=1.0, duration=60)
DOUBLE = Plan(precision="double", exc=129, pairing="nearest", dependence="multiplicative", membrane="AdEx")


def has_conductances(plan: Plan) -> bool:
    return plan.conductances and "ConductanceExp" in receptors_of(plan.membrane)


def receptors(plan: Plan) -> dict[str, pl.Receptor]:
    if has_conductances(plan):
        return {
            "fast": pl.ConductanceExp(tau=pl.Uniform(2, 6)),
            "slow": pl.NMDA(),
            "shut": pl.ConductanceBiExp(E_rev=-80),
        }
    return {"fast": pl.CurrentExp(tau=pl.Uniform(2, 6)), "slow": pl.CurrentAlpha(), "shut": pl.CurrentDelta()}


def membrane(plan: Plan) -> pl.Model:
    inputs = receptors(plan)
    if plan.membrane == "LIF":
        return pl.LIF(
            tau_m=pl.Normal(15, 3, low=5), V_th=pl.Uniform(-56, -52), t_ref=1, I_e=pl.Normal(350, 30), receptors=inputs
        )
    if plan.membrane == "AdEx":
        return pl.AdEx(b=pl.Exponential(40), I_e=pl.Normal(900, 100), t_ref=0.5, receptors=inputs)
    if plan.membrane != "Izhikevich":
        numbers = oracle_of(plan.membrane).drawn("", np.random.default_rng(plan.seed), plan.exc)
        return getattr(pl, plan.membrane)(**numbers, receptors=inputs)
    return pl.Izhikevich(a=pl.Uniform(0.02, 0.1), d=pl.Gamma(4, 1), I_e=pl.Normal(12, 2), receptors=inputs)


def unit_of(plan: Plan) -> float:
    """The weight that moves the membrane by a millivolt or so; Izhikevich's has no capacitance."""
    if plan.membrane == "Izhikevich":
        return 0.05 if has_conductances(plan) else 4.0
    return 8.0 if has_conductances(plan) else 150.0


def rules_of(plan: Plan, unit: float) -> tuple[pl.Rule, pl.Rule]:
    """The rule of most projections, and a second one for a list."""
    if plan.dependence == "power law":
        numbers = {"learning_rate": 0.05, "alpha": 0.9, "mu": 0.3, "w_0": unit, "tau_minus": 31}
        pairing = "all" if plan.pairing == "all" else "nearest"
        return pl.PowerLawSTDP(**numbers, tau_plus=17, pairing=pairing), pl.PowerLawSTDP(**numbers, tau_plus=5)
    rule = pl.STDP(
        learning_rate=0.05,
        pairing=plan.pairing,
        dependence=plan.dependence,
        mu_plus=0.3,
        mu_minus=0.6,
        tau_plus=17,
        tau_minus=31,
        w_max=unit,
    )
    return rule, pl.STDP(learning_rate=0.02, pairing="nearest", w_max=unit, tau_plus=5)


def build(plan: Plan, threads: int = 1) -> pl.Network:
    net = pl.Network(dt=0.1, seed=plan.seed, threads=threads, precision=plan.precision)
    noise = net.population(plan.sources, pl.PoissonSource(pl.Uniform(20, 200)), name="noise")
    moments = np.random.default_rng(plan.seed).integers(1, 10 * plan.duration, (plan.sources, 12)) * 0.1
    trains = net.population(plan.sources, pl.SpikeSource([np.unique(train) for train in moments]), name="trains")
    exc = net.population(plan.exc, membrane(plan), name="exc", initial={"V": pl.Uniform(-70, -58)})
    still = pl.LIF(tau_m=20, I_e=390, receptors={"in": pl.CurrentExp(tau=3), "out": pl.CurrentExp(tau=7)})
    inh = net.population(plan.inh, still, name="inh")

    unit = unit_of(plan)
    delay = pl.Uniform(0.1, max(plan.longest_delay, 0.1000001))
    bounded = pl.Normal(0.5 * unit, 0.2 * unit, low=0, high=unit)
    rule, nearest = rules_of(plan, unit)
    balance = pl.InhibitorySTDP(learning_rate=0.02 * unit, w_max=unit, target_rate=20)
    split = {"dendritic_fraction": plan.fraction, "delay": delay}
    net.connect(noise, exc, pl.FixedProbability(0.3), receptor="fast", weight=bounded, plasticity=rule, **split)
    net.connect(trains, exc, pl.FixedInDegree(5), receptor="slow", weight=bounded, plasticity=[rule, nearest], **split)
    net.connect(exc, inh, pl.FixedProbability(0.3), receptor="in", weight=pl.LogNormal(3, 0.5), delay=delay)
    # Static, from the same sources and with various delays: a bundle.
    net.connect(noise, inh, pl.FixedProbability(0.2), receptor="out", weight=pl.Normal(2, 1), delay=delay)
    net.connect(noise, exc, pl.FixedProbability(0.1), receptor="slow", weight=0.1 * unit, delay=delay)
    shut = -bounded.mean if not has_conductances(plan) else bounded.mean
    net.connect(inh, exc, pl.FixedOutDegree(7), receptor="shut", weight=shut, plasticity=balance, **split)
    net.connect(exc, exc, pl.FixedTotalNumber(4 * plan.exc), receptor="fast", weight=bounded, plasticity=rule, **split)
    # Several synapses between the same two neurons; at first all delays are of one step.
    ids = np.tile(np.arange(20), 2)
    twice = pl.Explicit(ids % plan.inh, ids % plan.exc)
    one_step = {"dendritic_fraction": plan.fraction, "delay": 0.1}
    twins = net.connect(inh, exc, twice, receptor="shut", weight=shut, plasticity=balance, name="twins", **one_step)
    if plan.grows:
        longer = 2 * max(plan.longest_delay, 1.0)
        net.control(twins, pl.Creation(rate=5.0, weight=shut, delay=longer, multapses=True, interval=7.0))
    if plan.drives:
        net.drive(exc, pl.PoissonInput(pl.Uniform(100, 900)), receptor="fast", weight=0.1 * unit)
        net.drive(exc, pl.OUCurrent(mean=0, sigma=pl.Uniform(10, 60), tau=7))
        net.drive(exc[: (plan.exc + 1) // 2], pl.SineCurrent(amplitude=40, frequency=30))
        net.drive(inh, pl.StepCurrent([10, 30], [100, 40]))
    for population in net.populations.values():
        net.record(population, "spikes")
    return net


def bits(net: pl.Network) -> Bits:
    """Every spike, weight, connection and state, byte by byte."""
    found: dict[str, np.ndarray] = {}
    for recorder in net.recorders:
        if isinstance(recorder, pl.SpikeRecorder):
            found[f"spikes of {recorder.target}"] = np.stack([recorder.times, recorder.ids])
    for name, projection in net.projections.items():
        for what in ("weights", "sources", "targets", "delays"):
            found[f"{what} of {name}"] = getattr(projection, what)
    for name, population in net.populations.items():
        for variable in population.variables:
            found[f"{variable} of {name}"] = population.get(variable)
    return {what: values.tobytes() for what, values in found.items()}


def assert_same(first: Bits, second: Bits) -> None:
    differing = [what for what in first if first[what] != second.get(what)]
    assert not differing
    assert first.keys() == second.keys()


def result(plan: Plan, threads: int = 1, run: Callable[[pl.Network], Any] | None = None) -> Bits:
    net = build(plan, threads)
    run = run or (lambda network: network.run(plan.duration))
    run(net)
    return bits(net)


@contextmanager
def instruction_set(name: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLASTICA_ISA", name)
        yield


# ---- the networks are worth comparing


@pytest.mark.parametrize("membrane", MEMBRANES)
@pytest.mark.parametrize("conductances", [True, False])
@pytest.mark.parametrize("pairing", PAIRINGS)
def test_the_networks_of_these_tests_spike_and_learn(membrane: str, conductances: bool, pairing: str) -> None:
    """Oracle: a comparison of silent or frozen networks shows nothing."""
    plan = Plan(membrane=membrane, conductances=conductances, pairing=pairing, grows=False)
    net = build(plan)
    before = [projection.weights for projection in net.projections.values()]
    net.run(plan.duration)
    for population in net.populations.values():
        rate = population.spike_count / population.size / plan.duration * 1000
        assert 5 < rate < 500, f"{population.name}: {rate} Hz"
    for projection, old in zip(net.projections.values(), before, strict=True):
        changed = float(np.mean(projection.weights != old))
        assert changed > 0.4 if projection.rules else changed == 0, projection.name


def test_the_seed_and_nothing_else_changes_a_network() -> None:
    """Oracle: two seeds share neither connections, delays, weights nor spikes; one seed shares all."""
    first, second = result(Plan(seed=1)), result(Plan(seed=2))
    assert_same(first, result(Plan(seed=1)))
    for what in ("spikes of noise", "spikes of exc", "sources of projection_0", "weights of projection_0"):
        assert first[what] != second[what]


# ---- threads and instruction sets


@pytest.mark.threads
@settings(max_examples=12)
@given(plan=plans)
@example(plan=LARGE)
@example(plan=DOUBLE)
def test_any_number_of_threads_gives_the_same_bits(plan: Plan) -> None:
    """Oracle: one thread."""
    one = result(plan)
    for threads in THREADS[1:]:
        assert_same(one, result(plan, threads))


@settings(max_examples=12)
@given(plan=plans)
@example(plan=replace(LARGE, duration=30))
@example(plan=replace(UNBOUNDED, duration=30))
@example(plan=DOUBLE)
def test_every_instruction_set_gives_the_same_bits(plan: Plan) -> None:
    """Oracle: the narrowest instruction set, which every machine of the architecture has."""
    found = {}
    for name in ISAS:
        with instruction_set(name):
            net = build(plan)
        assert net.engine().isa == name
        net.run(plan.duration)
        found[name] = bits(net)
    for name in ISAS[1:]:
        assert_same(found[ISAS[0]], found[name])


# ---- how a run is cut, watched and read


@st.composite
def cuts(draw: st.DrawFn) -> list[int]:
    """Lengths of runs in steps of 0.1 ms, also of no step at all, that make 80 ms."""
    ends = draw(st.lists(st.integers(0, 800), max_size=12))
    return np.diff([0, *sorted(ends), 800]).tolist()


@settings(max_examples=15)
@given(plan=plans, lengths=cuts(), threads=st.sampled_from(THREADS))
@example(plan=DOUBLE, lengths=[1] * 800, threads=1)
@example(plan=Plan(longest_delay=0.1), lengths=[1] * 800, threads=2)
def test_a_run_in_chunks_is_one_run(plan: Plan, lengths: list[int], threads: int) -> None:
    """Oracle: one uninterrupted run."""

    def in_chunks(net: pl.Network) -> None:
        for steps in lengths:
            net.run(steps * 0.1)

    assert_same(result(plan), result(plan, threads, in_chunks))


@settings(max_examples=15)
@given(plan=plans, begin=st.integers(0, 500), threads=st.sampled_from(THREADS))
@example(plan=LARGE, begin=333, threads=2)
@example(plan=Plan(fraction=1.0, longest_delay=12.0), begin=100, threads=1)
def test_a_copy_goes_on_like_its_original_and_neither_feels_the_other(plan: Plan, begin: int, threads: int) -> None:
    """Oracle: a network that was never copied."""
    whole = result(plan, threads)
    net = build(plan, threads)
    net.run(begin * net.dt)
    twin, other = net.copy(), net.copy()
    for projection in other.projections.values():
        projection.weights = 0.5 * projection.weights
    other.run(5.0)
    del other
    twin.run(plan.duration - begin * net.dt)
    assert_same(whole, bits(twin))
    net.run(plan.duration - begin * net.dt)
    assert_same(whole, bits(net))


@settings(max_examples=25)
@given(plan=plans, moments=st.lists(st.integers(0, 800), max_size=4), threads=st.permutations(THREADS))
@example(plan=LARGE, moments=[333, 450], threads=[2, 1, 3, 5])
@example(plan=Plan(fraction=1.0, longest_delay=12.0), moments=[1, 2, 3, 100], threads=[1, 5, 2, 3])
@example(plan=Plan(precision="double", longest_delay=12.0), moments=[5, 300], threads=[3, 2, 1, 5])
def test_a_network_that_is_saved_and_loaded_goes_on_as_if_nothing_had_happened(
    plan: Plan, moments: list[int], threads: list[int]
) -> None:
    """Oracle: a network that was never saved; the number of threads changes each time."""
    net, done = build(plan, threads[0]), 0
    for moment, number in zip(sorted(moments), [*threads[1:], threads[0]], strict=False):
        net.run((moment - done) * net.dt)
        done = moment
        file = io.BytesIO()
        net.save(file)
        if number % 2:
            net = pl.load(file, threads=number)  # or the one that was saved goes on
    net.run((10 * plan.duration - done) * net.dt)
    assert_same(result(plan), bits(net))


@settings(max_examples=15)
@given(plan=plans, every=st.integers(1, 97), interval=st.integers(1, 300), threads=st.sampled_from(THREADS))
@example(plan=Plan(fraction=1.0, longest_delay=12.0), every=1, interval=1, threads=1)
def test_reading_and_recording_change_nothing(plan: Plan, every: int, interval: int, threads: int) -> None:
    """Oracle: a run in which nobody looks at weights and states."""

    def watched(net: pl.Network) -> None:
        for projection in net.projections.values():
            net.record(projection, "weights", interval=interval * 0.1, sample=min(len(projection), 5) or None)
        for population in list(net.populations.values())[2:]:
            net.record(population, "V", interval=interval * 0.1)
            net.record(population, "rate", interval=interval * 0.1)

        def look(net: pl.Network) -> None:
            bits(net)
            str(net)

        net.run(plan.duration, callback=look, every=every * 0.1)

    assert_same(result(plan), result(plan, threads, watched))


@pytest.mark.parametrize("threads", [1, 3])
def test_profiling_changes_nothing_but_the_timings(threads: int) -> None:
    """Oracle: the same run without clocks; with them, the phases that happened took time."""
    plan = Plan()
    net = build(plan, threads)
    net.profiling = True
    net.run(plan.duration)
    assert_same(result(plan, threads), bits(net))
    spent = net.timings
    assert min(spent[phase] for phase in ("deliver", "drive", "update", "exchange")) > 0


# ---- relabelled neurons


@dataclass(frozen=True)
class Wiring:
    """Explicit connections with dyadic weights: their sums are exact, whatever the order of the terms."""

    pre: np.ndarray
    post: np.ndarray
    weights: np.ndarray
    delays: np.ndarray

    def relabelled(self, pre: np.ndarray, post: np.ndarray) -> Wiring:
        return replace(self, pre=pre[self.pre], post=post[self.post])

    def keys(self) -> np.ndarray:
        """The order in which the engine lists the connections; equal pairs stay in the order given."""
        return np.lexsort((self.post, self.pre))


def random_wiring(rng: np.random.Generator, pre: int, post: int, number: int, scale: float) -> Wiring:
    return Wiring(
        rng.integers(0, pre, number),
        rng.integers(0, post, number),
        rng.integers(1, 17, number) / 16 * scale,
        rng.integers(1, 40, number) * 0.1,
    )


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.tuples(st.sampled_from([5, 17, 64, 65]), st.sampled_from([3, 16, 65, 129])),
    precision=st.sampled_from(["single", "double"]),
    threads=st.sampled_from(THREADS),
    pairing=st.sampled_from(PAIRINGS),
)
@example(seed=1, sizes=(65, 1000), precision="single", threads=2, pairing="all")
def test_relabelled_neurons_give_relabelled_results(
    seed: int, sizes: tuple[int, int], precision: str, threads: int, pairing: str
) -> None:
    """Oracle: the network before its neurons were renumbered, renumbered afterwards.

    Weights that learn are not dyadic, so no neuron has more than one plastic synapse where order would matter: each
    membrane has one such synapse on a receptor of its own, and relays only ask whether a sum is above 0.
    """
    rng = np.random.default_rng(seed)
    sources, cells = sizes
    trains = [np.unique(rng.integers(1, 1500, rng.integers(0, 40))) * 0.1 for _ in range(sources)]
    tau_m, V_th = rng.uniform(10, 20, cells), rng.uniform(-58, -55, cells)
    fixed = random_wiring(rng, sources, cells, 10 * cells, 512.0)
    recurrent = random_wiring(rng, cells, cells, 4 * cells, 64.0)
    single = Wiring(rng.integers(0, sources, cells), np.arange(cells), np.full(cells, 128.0), np.full(cells, 1.2))
    to_relays = random_wiring(rng, cells, cells, 3 * cells, 1.0)
    rule = pl.STDP(learning_rate=0.03, pairing=pairing, w_max=400)
    small = pl.STDP(learning_rate=0.03, pairing=pairing, w_max=1.0)

    def simulate(new_source: np.ndarray, new_cell: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Spikes with the old names of the neurons, and weights in the order of the wiring."""
        net = pl.Network(threads=threads, precision=precision)
        old_source, old_cell = np.argsort(new_source), np.argsort(new_cell)
        pre = net.population(sources, pl.SpikeSource([trains[i] for i in old_source]))
        inputs = {"fixed": pl.CurrentExp(tau=3), "single": pl.CurrentExp(tau=5)}
        post = net.population(cells, pl.LIF(tau_m=tau_m[old_cell], V_th=V_th[old_cell], receptors=inputs))
        relays = net.population(cells, pl.Relay())
        recorders = [net.record(population, "spikes") for population in (pre, post, relays)]
        weights = []
        for first, second, wiring, receptor, plasticity, fraction in (
            (pre, post, fixed, "fixed", None, 0.0),
            (post, post, recurrent, "fixed", None, 0.0),
            (pre, post, single, "single", rule, 0.5),
            (post, relays, to_relays, "input", small, 0.3),
        ):
            new = wiring.relabelled(new_source if first is pre else new_cell, new_cell)
            options = {"weight": new.weights, "delay": new.delays, "dendritic_fraction": fraction}
            explicit = pl.Explicit(new.pre, new.post)
            weights.append(
                (net.connect(first, second, explicit, receptor=receptor, plasticity=plasticity, **options), new.keys())
            )
        net.run(150)
        spikes = []
        for recorder, old in zip(recorders, (old_source, old_cell, old_cell), strict=True):
            ids = old[recorder.ids]
            order = np.lexsort((ids, recorder.times))
            spikes.append(np.stack([recorder.times[order], ids[order]]))
        listed = []
        for projection, order in weights:
            values = np.empty(len(order))
            values[order] = projection.weights
            listed.append(values)
        return spikes, listed

    plain = simulate(np.arange(sources), np.arange(cells))
    renamed = simulate(rng.permutation(sources), rng.permutation(cells))
    for first, second in zip(plain[0] + plain[1], renamed[0] + renamed[1], strict=True):
        assert np.array_equal(first, second)


# ---- freezing


@settings(max_examples=10)
@given(plan=plans)
@example(plan=LARGE)
@pytest.mark.parametrize("way", ["learning rate", "plastic"])
def test_a_projection_that_does_not_learn_is_static(way: str, plan: Plan) -> None:
    """Oracle: the same network with the same weights and no rules, whatever the pairing and the split of delays.

    Static projections with various delays are summed first, so weights are on a grid on which sums are exact in any order.
    """
    frozen = build(replace(plan, grows=False))
    for projection in frozen.projections.values():
        projection.weights = np.trunc(projection.weights * 64) / 64
    static = pl.Network(seed=plan.seed, precision=plan.precision)
    for name, population in frozen.populations.items():
        model = population.model
        initial = {v: population.get(v) for v in population.variables if v in ("V", "u")}
        if not isinstance(model, pl.SpikeSource | pl.PoissonSource):
            model = copied(model, population)
        elif isinstance(model, pl.PoissonSource):
            model = pl.PoissonSource(population.get("rate"))
        copy = static.population(population.size, model, name=name, initial=initial)
        static.record(copy, "spikes")
    for name, projection in frozen.projections.items():
        ends = (static.populations[projection.pre.name], static.populations[projection.post.name])
        explicit = pl.Explicit(projection.sources, projection.targets)
        options = {"weight": projection.weights, "delay": projection.delays, "receptor": projection.receptor}
        static.connect(*ends, explicit, name=name, **options)
        if way == "plastic":
            projection.plastic = False
        else:
            for rule in range(len(projection.rules)):
                key = "learning_rate" if len(projection.rules) == 1 else f"{rule}.learning_rate"
                projection.set({key: 0})
    for drive in frozen.drives.values():
        target = static.populations[drive.target.population.name][drive.target.ids]
        if isinstance(drive.stimulus, pl.PoissonInput):
            poisson = pl.PoissonInput(drive.get("rate"))
            static.drive(target, poisson, receptor="fast", weight=0.1 * unit_of(plan))
        elif isinstance(drive.stimulus, pl.OUCurrent):
            static.drive(target, drive.stimulus.replace(sigma=drive.get("sigma")))
        else:
            static.drive(target, drive.stimulus)
    frozen.run(plan.duration)
    static.run(plan.duration)
    assert_same(bits(frozen), bits(static))


def copied(model: pl.Model, population: pl.Population) -> pl.Model:
    """The model with the numbers that were drawn."""
    inputs = {}
    for name, receptor in model.receptors.items():
        drawn = {key: population.get(f"{name}.{key}") for key in receptor.parameters}
        inputs[name] = receptor.replace(**drawn)
    own = {key: population.get(key) for key in model.parameters if key != "receptors"}
    return model.replace(receptors=inputs, **own)


# ---- histories that overflow


FAST, RARE, SILENT, REGULAR = range(4)


def lopsided(
    precision: str,
    pairing: str,
    threads: int = 1,
    *,
    seconds: float = 4.0,
    fraction: float = 0.5,
    dt: float = 0.5,
) -> tuple[pl.Network, pl.Projection]:
    """Neurons at several hundred Hz beside silent ones, with presynaptic partners that hardly ever spike."""
    net = pl.Network(dt=dt, threads=threads, precision=precision)
    rng = np.random.default_rng(5)
    last = int(seconds * 1000 / dt)
    steps = [np.arange(7, last, 61), np.sort(rng.choice(np.arange(1, last), 3, replace=False)), [], [last - 10]]
    pre = net.population(4, pl.SpikeSource([np.asarray(s, dtype=float) * dt for s in steps]), name="pre")
    drive = np.zeros(70)
    drive[[0, 20, 69]] = [4000.0, 1500.0, 3000.0]
    model = pl.LIF(t_ref=1, I_e=drive, receptors={"in": pl.CurrentExp(tau=2)})
    post = net.population(70, model, name="post")
    net.record(post, "spikes")
    targets = [0, 5, 20, 33, 69]
    explicit = pl.Explicit(np.repeat(np.arange(4), len(targets)), targets * 4)
    rule = pl.STDP(learning_rate=0.004, pairing=pairing, dependence="multiplicative", w_max=20, tau_minus=27)
    delays = dt * np.tile([1, 60, 7, 3, 20], 4)
    learning = net.connect(
        pre, post, explicit, weight=10, delay=delays, dendritic_fraction=fraction, plasticity=rule, name="learning"
    )
    return net, learning


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("pairing", PAIRINGS)
def test_histories_that_overflow_give_the_same_bits_on_any_thread_count_and_however_they_are_read(
    precision: str, pairing: str
) -> None:
    """Oracle: one thread whose weights nobody reads; sweeps and growing rings make no difference."""
    net, learning = lopsided(precision, pairing, seconds=6)
    before = learning.weights
    net.run(6000)
    spikes = np.bincount(net.recorders[0].ids, minlength=70)  # type: ignore[attr-defined]
    assert spikes[0] > 6 * 200
    assert spikes[5] == spikes[33] == 0
    assert (learning.weights != before)[[0, 2, 4]].all()
    plain = bits(net)
    for threads in (2, 3, 5):
        other, _ = lopsided(precision, pairing, threads, seconds=6)
        other.run(6000)
        assert_same(plain, bits(other))
    for every in (10.0, 1.5, 977.0):
        read, weights = lopsided(precision, pairing, 1, seconds=6)
        read.record(weights, "weights", interval=every)
        read.run(6000, callback=lambda _, weights=weights: weights.weights, every=every)
        assert_same(plain, bits(read))


@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("fraction", [0.0, 0.5, 1.0])
def test_histories_that_overflow_hold_what_the_reference_remembers(pairing: str, fraction: float) -> None:
    """Oracle: the reference simulator, which keeps every event; weights agree every 10 ms and at the end to 1e-10."""
    seconds, dt = 1.5, 0.5
    net, learning = lopsided("double", pairing, seconds=seconds, fraction=fraction, dt=dt)
    recorder = net.record(learning, "weights", interval=10)
    net.run(seconds * 1000)

    oracle = reference.Network(dt=dt)
    stamps: dict[int, list[int]] = {}
    post_spikes = net.recorders[0]
    assert isinstance(post_spikes, pl.SpikeRecorder)
    rng, last = np.random.default_rng(5), int(seconds * 1000 / dt)
    stamps[FAST] = list(range(7, last, 61))
    stamps[RARE] = sorted(rng.choice(np.arange(1, last), 3, replace=False).tolist())
    stamps[SILENT], stamps[REGULAR] = [], [last - 10]
    pre = oracle.sources(4, stamps)
    # A relay that repeats the spikes of the engine: the oracle is asked about learning, not about membranes.
    wanted = {n: [round(t / dt) for t in post_spikes.times[post_spikes.ids == n]] for n in range(70)}
    repeated = oracle.sources(70, wanted)
    repeated.has_receptor = lambda _: True  # type: ignore[attr-defined]
    repeated.receive = lambda *_: None  # type: ignore[attr-defined]
    rule = reference.STDP(
        learning_rate=0.004,
        A_plus=1.0,
        A_minus=1.05,
        tau_plus=20.0,
        tau_minus=27.0,
        w_max=20.0,
        pairing=pairing,
        dependence="multiplicative",
    )
    steps = np.round(learning.delays / dt).astype(int)
    synapses = oracle.connect(
        pre, repeated, learning.sources, learning.targets, 10.0, steps, dendritic_fraction=fraction, rules=[rule]
    )
    for row in recorder.values:
        assert row == pytest.approx(synapses.weights, rel=1e-10)
        oracle.run(round(10 / dt))
    assert learning.weights == pytest.approx(synapses.weights, rel=1e-10)
    assert np.ptp(learning.weights) > 0.05
