"""Parameters that follow a schedule: what is set takes its place, and what is read is in force."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import plastica as pl
from plastica import _native

SIZE = 500


def reloaded(net: pl.Network) -> pl.Network:
    file = io.BytesIO()
    net.save(file)
    file.seek(0)
    return pl.load(file, threads=2)


def assert_poisson(count: int, expected: float) -> None:
    """Within 5 sigma; a source spikes at most once a step, which takes some of the variance."""
    assert abs(count - expected) < 5 * np.sqrt(expected) + 1e-9


each_way = pytest.mark.parametrize("again", [lambda net: net, reloaded], ids=["as it is", "saved and loaded"])
Again = Callable[[pl.Network], pl.Network]


@each_way
@pytest.mark.parametrize(
    "value",
    [150.0, np.linspace(50, 250, SIZE), pl.Schedule([0.0, 200.0], [150.0, 0.0])],
    ids=["number", "array", "other"],
)
def test_a_rate_that_is_set_takes_the_place_of_a_schedule(again: Again, value: Any):
    """Oracle: the mean number of spikes of its rate, 150 Hz for 100 ms."""
    net = pl.Network(seed=4)
    source = net.population(SIZE, pl.PoissonSource(rate=pl.Schedule([0.0, 50.0], [300.0, 20.0])), name="source")
    net.run(60.0)
    source.set(rate=value)
    net = again(net)
    source = net.populations["source"]
    np.testing.assert_array_equal(source.get("rate"), 150.0 if isinstance(value, pl.Schedule) else value)
    before = source.spike_count
    net.run(100.0)
    assert_poisson(source.spike_count - before, SIZE * 150 * 0.1)


@each_way
def test_a_rate_that_is_set_on_a_view_takes_its_neurons_out_of_the_schedule(again: Again):
    """Oracle: mean numbers of spikes, of the view at its rate, of the others by the schedule."""
    net = pl.Network(seed=4)
    source = net.population(SIZE, pl.PoissonSource(rate=pl.Schedule([20.0, 100.0], [200.0, 50.0])), name="source")
    view = np.arange(0, SIZE, 5)
    source[view].set(rate=np.full(len(view), 400.0))
    source[view[::-1][:3]].set(rate=[0.0, 1e4, 0.0])
    spikes = net.record(source, "spikes")
    assert spikes is not None
    expected = np.zeros(SIZE)
    expected[view] = 400.0
    expected[view[-3:]] = [0.0, 1e4, 0.0]
    net = again(net)
    source = net.populations["source"]
    np.testing.assert_array_equal(source.get("rate"), expected)
    others = np.setdiff1d(np.arange(SIZE), view)
    before = np.zeros(SIZE)
    for end, rate in ((20.0, 0.0), (100.0, 200.0), (200.0, 50.0)):
        begin = net.time
        net.run(end - begin)
        count = np.bincount(net.recorders[0].ids, minlength=SIZE)
        got, before = count - before, count
        assert_poisson(got[others].sum(), len(others) * rate * (end - begin) / 1000)
        assert_poisson(got[view[:-3]].sum(), len(view[:-3]) * 0.4 * (end - begin))
        assert got[view[[-1, -3]]].sum() == 0
        assert got[view[-2]] > 4 * (end - begin)
        np.testing.assert_array_equal(source.get("rate")[view], expected[view])


@pytest.mark.parametrize("per_neuron", [False, True])
def test_what_is_read_of_a_schedule_is_in_force_now(per_neuron: bool):
    """Oracle: the schedule itself, 0 before its first moment; for sources and both kinds of drives, also as adjusted."""
    random = np.random.default_rng(1)
    values = random.uniform(10, 900, (3, 4) if per_neuron else 3)
    schedule = pl.Schedule([10.0, 20.0, 30.0], values)
    net = pl.Network()
    source = net.population(4, pl.PoissonSource(rate=5.0))
    cells = net.population(9, pl.LIF(V_th=1e9, receptors={"r": pl.CurrentExp()}))
    view = cells[[7, 2, 5, 1]]
    given = net.drive(view, pl.PoissonInput(rate=schedule), weight=1.0)
    current = net.drive(view, pl.ConstantCurrent(amplitude=5.0))
    source.set(rate=schedule)
    current.set(amplitude=schedule)
    net.modify(source, {"rate": 0.5})
    net.modify(given, {"rate": 0.5})
    for now in (0.0, 5.0, 10.0, 25.0, 30.0, 1000.0):
        net.run(now - net.time)
        passed = int(now >= 10) + int(now >= 20) + int(now >= 30)
        expected = values[passed - 1] if passed else 0.0
        np.testing.assert_array_equal(source.get("rate"), expected)
        np.testing.assert_array_equal(given.get("rate"), expected)
        np.testing.assert_array_equal(current.get("amplitude"), expected)
        np.testing.assert_allclose(source.effective("rate"), 0.5 * np.asarray(expected))
        np.testing.assert_allclose(given.effective("rate"), 0.5 * np.asarray(expected))
        np.testing.assert_array_equal(current.effective("amplitude"), expected)


def integrator(size: int) -> pl.LIF:
    """V rises by I / C_m: the integral of the current can be read."""
    return pl.LIF(tau_m=1e12, C_m=100.0, E_L=0.0, V_reset=-1.0, V_th=1e9, receptors={"r": pl.CurrentDelta()})


@each_way
@pytest.mark.parametrize("kind", ["StepCurrent", "Schedule"])
@pytest.mark.parametrize("value", [40.0, np.array([30.0, 0.0, -20.0])], ids=["number", "array"])
def test_a_current_that_is_set_takes_the_place_of_a_schedule(again: Again, kind: str, value: Any):
    """Oracle: the integral of the current, exactly."""
    net = pl.Network(precision="double")
    cells = net.population(5, integrator(5), name="cells")
    times, amplitudes = [0.0, 10.0, 25.0], [100.0, -50.0, 900.0]
    step = pl.StepCurrent(times, amplitudes)
    drive = net.drive(
        cells[[3, 0, 4]],
        step if kind == "StepCurrent" else pl.ConstantCurrent(pl.Schedule(times, amplitudes)),
        name="d",
    )
    net.run(20.0)
    np.testing.assert_allclose(cells[[3, 0, 4]].get("V"), (1000 - 500) / 100, rtol=1e-9)
    drive.set(amplitude=value)
    net = again(net)
    cells, drive = net.populations["cells"], net.drives["d"]
    np.testing.assert_array_equal(drive.get("amplitude"), value)
    net.run(30.0)
    np.testing.assert_allclose(cells[[3, 0, 4]].get("V"), 5 + 30 * np.asarray(value) / 100, rtol=1e-9)
    np.testing.assert_allclose(cells[[1, 2]].get("V"), 0.0, atol=1e-9)


@each_way
def test_a_rate_of_input_that_is_set_takes_the_place_of_a_schedule(again: Again):
    """Oracle: the mean number of arrivals, which V counts."""
    net = pl.Network(seed=4)
    cells = net.population(SIZE, integrator(SIZE), name="cells")
    drive = net.drive(cells, pl.PoissonInput(rate=pl.Schedule([0.0], [100.0])), weight=1.0, name="d")
    net.run(50.0)
    drive.set(rate=900.0)
    net = again(net)
    cells = net.populations["cells"]
    before = cells.get("V").sum()
    net.run(50.0)
    assert net.drives["d"].get("rate") == 900.0
    assert_poisson(cells.get("V").sum() - before, SIZE * 900 * 0.05)


@each_way
def test_a_rate_of_new_synapses_that_is_set_takes_the_place_of_a_schedule(again: Again):
    """Oracle: attempts per target, where they are whole numbers; a set that is refused leaves the schedule."""
    net = pl.Network()
    cells = net.population(6, pl.LIF(receptors={"r": pl.CurrentExp()}))
    synapses = net.connect(cells, cells, pl.Explicit([], []), weight=[], delay=[])
    schedule = pl.Schedule([100.0, 300.0], [20.0, 10.0])
    net.control(synapses, pl.Creation(rate=schedule, weight=1.0, delay=1.0, interval=100.0, autapses=True), name="law")
    law = net.controllers["law"]
    assert law.get("rate") == 0.0
    net.run(250.0)
    assert law.get("rate") == 20.0
    assert law.created == 6 * 2  # at 200 ms, for the 100 ms before; at 100 ms the rate was 0
    with pytest.raises(ValueError, match="delay"):
        law.set(rate=30.0, delay=-1.0)
    assert law.get("rate") == 20.0
    net.run(100.0)
    assert (law.created, law.get("rate")) == (24, 10.0)
    law.set(rate=30.0)
    net = again(net)
    law = net.controllers["law"]
    assert law.get("rate") == 30.0
    net.run(100.0)
    assert (law.created, law.get("rate")) == (24 + 18, 30.0)


def scheduled(kind: str) -> list[str]:
    """The parameters of parts of a kind whose declarations say that they may follow a schedule."""
    parts = [part for part in _native.parts() if part["kind"] == kind]
    return [f"{part['name']}.{field['name']}" for part in parts for field in part["fields"] if field["scheduled"]]


@pytest.mark.parametrize("kind", ["drive", "population"])
def test_the_engine_names_what_can_follow_a_schedule(kind: str):
    """Oracle: the declarations of the parts."""
    core = _native.Core(0.1, 1, 1, "single")
    core.add_population(5, "LIF", {}, [])
    core.add_drive(0, None, "SineCurrent", {}, -1, [])
    field, stimulus = {"drive": ("frequency", "stimulus"), "population": ("V_th", "source")}[kind]
    named = " and ".join(scheduled(stimulus))
    with pytest.raises(ValueError, match=rf"{field} cannot follow a schedule; {named} can$"):
        core.set_schedule(0, kind, field, [10], [1.0])
    assert named


def test_the_engine_names_the_stimuli_that_there_are():
    """Oracle: the list of the parts."""
    core = _native.Core(0.1, 1, 1, "single")
    core.add_population(5, "LIF", {}, [])
    names = ", ".join(part["name"] for part in _native.parts() if part["kind"] == "stimulus")
    with pytest.raises(ValueError, match=rf"there is no stimulus 'LIF'; .*\({names}\)"):
        core.add_drive(0, None, "LIF", {}, -1, [])


def load(saved: dict[str, Any]) -> None:
    core = _native.Core(0.1, 1, 1, "double")
    core.load(saved)
    core.end_loading()


@pytest.mark.parametrize("kind", ["drive", "population"])
def test_a_schedule_of_a_file_has_values_that_its_parameter_may_have(kind: str):
    """Oracle: the bound of a rate, which is at least 0 Hz."""
    core = _native.Core(0.1, 1, 1, "double")
    core.add_population(5, "PoissonSource", {}, [])
    core.add_population(5, "LIF", {}, [("exc", "CurrentDelta", {})])
    core.add_drive(1, None, "PoissonInput", {}, 0, 1.0)
    core.set_schedule(0, kind, "rate", [10], [20.0])
    saved = core.save()
    saved[f"{kind}/0/schedule/values"] = np.array([-20.0])
    with pytest.raises(ValueError, match=r"rate = -20 Hz must be at least 0 Hz"):
        load(saved)
