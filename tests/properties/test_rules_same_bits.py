"""The promise of bit reproducibility for every rule that the native module lists: a new one is covered once it is listed.

The oracle of every test is the same network, computed in another way.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
import pytest

import parts
import plastica as pl
from parts import MODULATORS
from plastica import _native

ISAS: list[str] = _native.info()["isas"]
RULES = parts.names("rule")
DURATION = 120  # ms
W_MAX = 40.0  # pA
Bits = dict[str, bytes]


def labels_of(name: str, which: int) -> tuple[str, ...]:
    """0: the rule in its first form, alone if it does something then. 1: in its last form, after one that changes weights."""
    rule = parts.forms_of(name)[-which]
    rests = which == 0 and parts.oracle(rule).rests_alone
    return parts.after_another(rule) if which == 1 or rests else parts.in_company(rule)


def rules_of(name: str, which: int) -> list[pl.Rule]:
    """Ticks come every 7 ms, which other times of these tests are multiples of."""
    made = [parts.made(label, W_MAX) for label in labels_of(name, which)]
    return [rule.replace(interval=7.0) if "interval" in rule.parameters else rule for rule in made]


def is_somatic(name: str) -> bool:
    """Whether a list of `rules_of` needs a dendritic fraction of 0."""
    return any(parts.is_somatic(*labels_of(name, which)) for which in (0, 1))


def transmits(name: str) -> bool:
    return parts.oracle(parts.forms_of(name)[0]).transmits


def build(name: str, *, which: int, precision: str = "single", threads: int = 1, dt: float = 0.1) -> pl.Network:
    """Noise onto neurons that are driven to spike and are connected with each other; both projections learn."""
    net = pl.Network(dt=dt, seed=7, threads=threads, precision=precision)
    for modulator in MODULATORS:
        net.modulator(modulator, tau=30.0, baseline=0.1)
    noise = net.population(33, pl.PoissonSource(pl.Uniform(20, 200)), name="noise")
    model = pl.LIF(I_e=pl.Normal(500, 150), receptors={"r": pl.CurrentExp(tau=4)})
    cells = net.population(129, model, name="cells", initial={"V": pl.Uniform(-70, -58)})
    weights = pl.Normal(W_MAX / 2, W_MAX / 8, low=0, high=W_MAX)
    for pre, name_of_projection in ((noise, "forward"), (cells, "recurrent")):
        net.connect(
            pre,
            cells,
            pl.FixedProbability(0.2),
            receptor="r",
            weight=weights,
            delay=pl.Uniform(dt, 6.0),
            dendritic_fraction=0.0 if is_somatic(name) else 0.4,
            plasticity=rules_of(name, which),
            name=name_of_projection,
        )
    for modulator, population in zip(net.modulators.values(), (noise, cells), strict=True):
        modulator.release_by(population, 0.02, delay=1.0)
    for population in (noise, cells):
        net.record(population, "spikes")
    return net


def states(projection: pl.Projection) -> dict[str, np.ndarray]:
    return {name: np.asarray(projection.get(name)) for name in projection.states}


def bits(net: pl.Network) -> Bits:
    """Every spike, weight and state, byte by byte."""
    found: dict[str, np.ndarray] = {}
    for recorder in net.recorders:
        if isinstance(recorder, pl.SpikeRecorder):
            found[f"spikes of {recorder.target}"] = np.stack([recorder.times, recorder.ids])
    for name, projection in net.projections.items():
        found[f"weights of {name}"] = projection.weights
        found |= {f"{state} of {name}": values for state, values in states(projection).items()}
    for name, population in net.populations.items():
        found |= {f"{variable} of {name}": population.get(variable) for variable in population.variables}
    return {what: np.asarray(values).tobytes() for what, values in found.items()}


def assert_same(first: Bits, second: Bits) -> None:
    assert not [what for what in first if first[what] != second.get(what)]
    assert first.keys() == second.keys()


def result(name: str, run: Callable[[pl.Network], Any] | None = None, **options: Any) -> Bits:
    net = build(name, **options)
    (run or (lambda network: network.run(DURATION)))(net)
    return bits(net)


@cache
def on_one_thread(name: str, run: Callable[[pl.Network], Any] | None = None, **options: Any) -> Bits:
    """What several tests compare with."""
    return result(name, run, **options)


@contextmanager
def instruction_set(name: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLASTICA_ISA", name)
        yield


every_rule = pytest.mark.parametrize("name", RULES)
alone_and_after_another = pytest.mark.parametrize("which", [0, 1], ids=["alone", "after STDP"])
both_precisions = pytest.mark.parametrize("precision", ["single", "double"])


@every_rule
@alone_and_after_another
def test_the_networks_of_these_tests_spike_and_their_rules_do_something(name: str, which: int) -> None:
    """Oracle: a comparison of silent or frozen networks shows nothing."""
    net = build(name, which=which)
    projections = list(net.projections.values())
    before = [(projection.weights, states(projection)) for projection in projections]
    net.run(DURATION)
    assert 5 < net.populations["cells"].spike_count / 129 / DURATION * 1000 < 300
    for projection, (weights, old) in zip(projections, before, strict=True):
        moved = [np.mean(projection.weights != weights), *(np.mean(v != old[s]) for s, v in states(projection).items())]
        assert max(moved) > 0.3
        assert np.all(np.isfinite(projection.weights))


@pytest.mark.threads
@every_rule
@alone_and_after_another
@both_precisions
def test_any_number_of_threads_gives_the_same_bits(name: str, which: int, precision: str) -> None:
    """Oracle: one thread."""
    one = on_one_thread(name, which=which, precision=precision)
    for threads in (2, 3):
        assert_same(one, result(name, which=which, precision=precision, threads=threads))


@every_rule
@alone_and_after_another
@both_precisions
def test_every_instruction_set_gives_the_same_bits(name: str, which: int, precision: str) -> None:
    """Oracle: the narrowest instruction set, which every machine of the architecture has."""
    found = {}
    for isa in ISAS:
        with instruction_set(isa):
            net = build(name, which=which, precision=precision)
        assert net.engine().isa == isa
        net.run(DURATION)
        found[isa] = bits(net)
    for isa in ISAS[1:]:
        assert_same(found[ISAS[0]], found[isa])


@every_rule
@alone_and_after_another
@pytest.mark.parametrize("threads", [1, 3])
def test_a_run_in_chunks_is_one_run(name: str, which: int, threads: int) -> None:
    """Oracle: one uninterrupted run."""

    def in_chunks(net: pl.Network) -> None:
        for steps in (1, 1, 0, 68, 70, 3, 257, 800):
            net.run(steps * 0.1)

    whole = on_one_thread(name, which=which, precision="single")
    assert_same(whole, result(name, in_chunks, which=which, threads=threads))


@every_rule
@alone_and_after_another
@both_precisions
def test_reading_and_recording_change_nothing(name: str, which: int, precision: str) -> None:
    """Oracle: a run in which nobody looks at weights and states."""

    def watched(net: pl.Network) -> None:
        for projection in net.projections.values():
            net.record(projection, "weights", interval=1.7)
            for state in states(projection):
                net.record(projection, state, interval=2.3)
        net.run(DURATION, callback=bits, every=9.7)

    alone = on_one_thread(name, which=which, precision=precision)
    assert_same(alone, result(name, watched, which=which, precision=precision))


@every_rule
@alone_and_after_another
def test_a_projection_that_does_not_learn_keeps_its_weights(name: str, which: int) -> None:
    """Oracle: the weights before; spikes and membranes are those of the rule with a static weight."""
    net = build(name, which=which)
    for projection in net.projections.values():
        if parts.can_be_frozen(*labels_of(name, which)):
            projection.plastic = False
    before = {key: projection.weights for key, projection in net.projections.items()}
    net.run(DURATION)
    for key, projection in net.projections.items():
        assert np.array_equal(projection.weights, before[key])


@pytest.mark.parametrize("name", [name for name in RULES if not transmits(name)])
def test_a_projection_that_does_not_learn_and_transmits_its_weights_is_static(name: str) -> None:
    """Oracle: the same network with the same weights and no rules."""
    frozen, static = build(name, which=0), pl.Network(dt=0.1, seed=7)
    for population in frozen.populations.values():
        model, initial = population.model, {}
        if isinstance(model, pl.PoissonSource):
            model = pl.PoissonSource(population.get("rate"))
        else:
            model, initial = model.replace(I_e=population.get("I_e")), {"V": population.get("V")}
        static.record(static.population(population.size, model, name=population.name, initial=initial), "spikes")
    for key, projection in frozen.projections.items():
        projection.plastic = False
        projection.weights = np.trunc(projection.weights * 64) / 64  # sums are exact in any order
        ends = (static.populations[projection.pre.name], static.populations[projection.post.name])
        explicit = pl.Explicit(projection.sources, projection.targets)
        options = {"weight": projection.weights, "delay": projection.delays, "receptor": projection.receptor}
        static.connect(*ends, explicit, name=key, **options)
    frozen.run(DURATION)
    static.run(DURATION)
    expected = bits(static)
    assert_same(expected, {what: value for what, value in bits(frozen).items() if what in expected})


def with_edits(net: pl.Network, interrupted: Callable[[pl.Network, int], pl.Network] | None = None) -> pl.Network:
    """Synapses come and go at many moments, spikes are under way; some neurons die, others are born."""
    random = np.random.default_rng(11)
    for moment in range(6):
        net.run(DURATION / 8)
        if interrupted is not None:
            net = interrupted(net, moment)
        for projection in net.projections.values():
            ends = [random.integers(0, len(side), 40) for side in (projection.pre, projection.post)]
            alive = np.flatnonzero(projection.post.alive)
            ends[1] = alive[ends[1] % len(alive)]
            if projection.pre is projection.post:
                ends[0] = alive[ends[0] % len(alive)]
            weights, delays = random.uniform(0.2, 0.8, 40) * W_MAX, random.uniform(0.1, 9.0, 40)
            projection.add(*ends, weight=weights, delay=delays)
            projection.remove(random.random(len(projection)) < 0.1)
        if interrupted is not None:
            net = interrupted(net, moment)  # with what has left synapses that are gone
        cells = net.populations["cells"]
        if moment == 2:
            cells[100:110].kill()
            cells[3:7].silence()
        if moment == 4:
            cells.birth(4, V=-60.0)
            cells[3:7].restore()
    net.run(DURATION / 4)
    return net


@pytest.mark.threads
@every_rule
@alone_and_after_another
def test_synapses_that_come_and_go_give_the_same_bits_on_any_number_of_threads(name: str, which: int) -> None:
    """Oracle: one thread."""
    one = on_one_thread(name, with_edits, which=which, precision="single")
    for threads in (2, 3):
        assert_same(one, result(name, with_edits, which=which, threads=threads))


@every_rule
@alone_and_after_another
def test_a_copy_goes_on_like_its_original(name: str, which: int) -> None:
    """Oracle: the original, which goes on after the copy has been used and thrown away."""
    net = build(name, which=which, threads=2)
    net.run(DURATION / 2)
    twin = net.copy()
    twin.run(DURATION / 2)
    copied = bits(twin)
    del twin
    net.run(DURATION / 2)
    assert_same(bits(net), copied)


@every_rule
@alone_and_after_another
@both_precisions
def test_a_network_that_is_saved_and_loaded_goes_on_as_if_nothing_had_happened(
    name: str, which: int, precision: str
) -> None:
    """Oracle: a network that was never saved; synapses come and go before and after, and the number of threads changes."""
    whole = on_one_thread(name, with_edits, which=which, precision=precision)

    def interrupted(net: pl.Network, moment: int) -> pl.Network:
        file = io.BytesIO()
        net.save(file)
        return pl.load(file, threads=1 + (moment + 1) % 3)

    net = with_edits(build(name, which=which, precision=precision), interrupted)
    assert_same(whole, bits(net))
