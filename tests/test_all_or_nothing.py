"""A call that is interrupted before any line of Python has happened as a whole, or not at all."""

from __future__ import annotations

import io
import shutil
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
import pytest

import plastica as pl
from plastica import _native
from plastica.changes import Change, perform
from plastica.description import check_sides, describe
from test_interrupts import program

PACKAGE = str(Path(pl.__file__).parent)
INF = float("inf")

Tracer = Callable[[FrameType, str, Any], Any]


# ---- interrupts before every line


class Interrupter:
    """Counts the lines of the package that a call executes, and raises KeyboardInterrupt before one of them.

    A line that a call executes again and again, as a loop does, is interrupted at its first two times.
    """

    def __init__(self, at: int = -1) -> None:
        self.at, self.lines = at, 0
        self._times: dict[tuple[CodeType, int], int] = {}

    def __call__(self, call: Callable[[], Any]) -> bool:
        """Whether the call was interrupted."""
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            call()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
        return False

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Tracer | None:
        return self._line if frame.f_code.co_filename.startswith(PACKAGE) else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Tracer:
        if event == "line":
            place = frame.f_code, frame.f_lineno
            self._times[place] = self._times.get(place, 0) + 1
            if self._times[place] <= 2:
                self.lines += 1
                if self.lines - 1 == self.at:
                    raise KeyboardInterrupt
        return self._line


def build() -> pl.Network:
    """A network with one of everything."""
    net = pl.Network(0.5, seed=3, threads=1)
    receptors = {"ampa": pl.CurrentExp(), "gaba": pl.CurrentExp(tau=8)}
    cells = net.population(
        8, pl.LIF(I_e=pl.Uniform(280, 320), receptors=receptors), name="cells", positions=pl.Grid((2, 4))
    )
    trains = net.population(4, pl.SpikeSource([1.0, 5.0, 30.0, 34.0]), name="trains")
    net.population(3, pl.PoissonSource(20.0), name="noisy")
    net.modulator("dopamine", tau=5.0, baseline=0.2)
    rules = [pl.TsodyksMarkram(), pl.STDP(w_max=90, learning_rate=0.02)]
    plastic = net.connect(
        cells, cells, pl.FixedProbability(0.4), receptor="ampa", weight=40, plasticity=rules, name="plastic"
    )
    net.connect(trains, cells, pl.AllToAll(), receptor="ampa", weight=50, name="static")
    grown = net.connect(cells, cells, pl.FixedProbability(0.2), receptor="gaba", weight=-5, name="grown")
    net.connect(cells, cells, pl.FixedProbability(0.2), receptor="gaba", weight=-5, name="free")
    net.drive(cells, pl.PoissonInput(900), receptor="ampa", weight=60, name="noise")
    net.drive(cells, pl.SineCurrent(amplitude=10.0, frequency=5.0), name="sine")
    net.control(cells, pl.SynapticScaling(receptor="ampa", target_rate=5, interval=2), name="scaling")
    elements = pl.SynapticElements(nu=0.01)
    growth = pl.StructuralPlasticity(elements, elements, weight=-5, delay=1, interval=2)
    net.control(grown, growth, name="growth")
    net.modify(cells, {"gaba.gain": 0.5}, name="block")
    net.guard(cells, rate=(0, INF), action="report", name="watch")
    net.record(cells, "spikes")
    net.record(plastic, "weights", interval=2)
    cells[:2].kill()
    return net


def bytes_of(net: pl.Network) -> bytes:
    """The file of the network."""
    file = io.BytesIO()
    net.save(file)
    return file.getvalue()


def state_of(net: pl.Network) -> bytes:
    """What would be in its file, which takes longer; refused where Python and the engine disagree."""
    arrays: list[bytes] = []

    def put(values: np.ndarray) -> dict[str, Any]:
        arrays.append(values.tobytes())
        return {"array": len(arrays)}

    core = net.engine()
    description, tree = describe(net, put), core.save()
    check_sides(description, tree)
    rows = [core.save_rows(i, 0, len(p.pre)) for i, p in enumerate(net.projections.values())]
    for values in (tree, *rows):
        for name in sorted(values):
            value = values[name]
            arrays.append(name.encode() + (value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()))
    return b"|".join([repr(description).encode(), repr(net.profiling).encode(), *arrays])


def schedule() -> pl.Schedule:
    return pl.Schedule([0.0, 5.0], [10.0, 20.0])


LIF = pl.LIF(receptors={"ampa": pl.CurrentExp()})
CALLS: dict[str, Callable[[pl.Network], Any]] = {
    "population": lambda n: n.population(4, LIF, name="new", initial={"V": pl.Uniform(-60, -55), "ampa.I": 1.0}),
    "population with a schedule": lambda n: n.population(4, pl.PoissonSource(schedule()), name="new"),
    "population of spikes": lambda n: n.population(2, pl.SpikeSource([40.0, 50.0]), name="new"),
    "connect": lambda n: n.connect(
        n.populations["noisy"], n.populations["cells"][2:], pl.AllToAll(), receptor="ampa", weight=pl.Uniform(1, 2)
    ),
    "connect by distance": lambda n: n.connect(
        n.populations["cells"][2:],
        n.populations["cells"][2:],
        pl.OneToOne(),
        receptor="ampa",
        weight=np.exp,
        plasticity=pl.STDP(w_max=9),
    ),
    "modulator": lambda n: n.modulator("serotonin", tau=20.0),
    "drive": lambda n: n.drive(n.populations["cells"][2:5], pl.ConstantCurrent(5.0)),
    "drive with a schedule": lambda n: n.drive(n.populations["cells"], pl.ConstantCurrent(schedule())),
    "control": lambda n: n.control(n.populations["cells"], pl.SynapticScaling(receptor="gaba", target_rate=5)),
    "control structure": lambda n: n.control(n.projections["free"], pl.Creation(rate=schedule(), weight=-1, delay=1)),
    "modify": lambda n: n.modify(n.populations["cells"], {"I_e": 0.5, "ampa.gain": 0.9}),
    "apply": lambda n: n.apply(pl.drugs.ttx(), n.populations["cells"]),
    "remove a modifier": lambda n: n.modifiers["block"].remove(),
    "switch a modifier": lambda n: setattr(n.modifiers["block"], "active", False),
    "guard": lambda n: n.guard(n.projections["plastic"], weight=(0, 100)),
    "record spikes": lambda n: n.record(n.populations["cells"][2:4], "spikes"),
    "record rate": lambda n: n.record(n.populations["cells"], "rate", interval=2),
    "record states": lambda n: n.record(n.populations["cells"], ["V", "ampa.I", "gaba.I"], interval=1, sample=3),
    "record synapses": lambda n: n.record(n.projections["plastic"], "u", interval=1),
    "record structure": lambda n: n.record(n.projections["plastic"], "structure"),
    "record a level": lambda n: n.record(n.modulators["dopamine"], interval=1),
    "record a controller": lambda n: n.record(n.controllers["scaling"], "factor", interval=2),
    "record elements": lambda n: n.record(n.controllers["growth"], "axonal.z", interval=2),
    "clear a recorder": lambda n: n.recorders[0].clear(),
    "set neurons": lambda n: n.populations["cells"].set({"V": pl.Uniform(-60, -55), "ampa.tau": 4}, I_e=300),
    "set a view": lambda n: n.populations["cells"][2:5].set(V=-61.0, I_e=[1.0, 2.0, 3.0]),
    "set a schedule": lambda n: n.populations["noisy"].set(rate=schedule()),
    "set spikes": lambda n: n.populations["trains"].set_spikes([60.0, 70.0]),
    "birth": lambda n: n.populations["cells"].birth(2, V=-60.0, I_e=[10.0, 20.0]),
    "kill": lambda n: n.populations["cells"][3:].kill(),
    "silence": lambda n: n.populations["cells"].silence(),
    "set a projection": lambda n: n.projections["plastic"].set({"1.learning_rate": 0.1, "0.U": 0.4, "u": 0.3}),
    "set weights": lambda n: n.projections["plastic"].set_weights(pl.Uniform(1, 2), targets=[3, 4]),
    "assign weights": lambda n: setattr(n.projections["plastic"], "weights", 3.0),
    "add synapses": lambda n: n.projections["plastic"].add([2, 3], [4, 5], weight=[1.0, 2.0], delay=1.0),
    "remove synapses": lambda n: n.projections["plastic"].remove(sources=[3]),
    "freeze a projection": lambda n: setattr(n.projections["plastic"], "plastic", False),
    "set a drive": lambda n: n.drives["sine"].set(amplitude=pl.Uniform(1, 2), frequency=7.0, phase=1.0),
    "switch a drive": lambda n: setattr(n.drives["noise"], "active", False),
    "set a controller": lambda n: n.controllers["scaling"].set({"target_rate": 3.0, "factor": 1.5}),
    "switch a controller": lambda n: setattr(n.controllers["scaling"], "active", False),
    "set a law": lambda n: n.controllers["growth"].set({"axonal.z": 3.0, "dendritic.z": 2.0, "weight": -4.0}),
    "switch a guard": lambda n: setattr(n.guards["watch"], "active", False),
    "release": lambda n: n.modulators["dopamine"].release([1.0, 2.0], at=[50.0, 60.0]),
    "release by": lambda n: n.modulators["dopamine"].release_by(n.populations["cells"], 0.5),
    "baseline": lambda n: setattr(n.modulators["dopamine"], "baseline", 0.7),
    "profiling": lambda n: setattr(n, "profiling", True),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_interrupted_change_is_made_as_a_whole_or_not_at_all(name: str) -> None:
    """Oracle: the whole network, to the bit, as it is without the call and with it; before every line of the call."""
    base, call = build(), CALLS[name]
    base.run(20)
    without = state_of(base)
    allowed = {without}
    with_it = base.copy()
    counter = Interrupter()
    assert not counter(lambda: call(with_it))
    allowed.add(state_of(with_it))
    assert counter.lines > 0
    net, loaded = base.copy(), set()
    for line in range(counter.lines):
        assert Interrupter(line)(partial(call, net)), line
        state = state_of(net)
        assert state in allowed, line
        if state not in loaded:
            loaded.add(state)
            assert bytes_of(pl.load(io.BytesIO(bytes_of(net)), threads=1)) == bytes_of(net)
        if state != without:
            net = base.copy()
    call(net)
    assert state_of(net) in allowed  # nothing is in its way
    net.run(2)


SWITCHES = ("drives", "controllers", "modifiers", "guards")


def switches(net: pl.Network) -> list[Any]:
    """What is on and off."""
    parts = [thing.active for place in SWITCHES for thing in getattr(net, place).values()]
    silent = [population.silent.tolist() for population in net.populations.values()]
    return [parts, [p.plastic for p in net.projections.values()], silent, net.engine().frozen()]


def frozen(net: pl.Network) -> None:
    with net.frozen():
        net.run(1.0)


def modified(net: pl.Network) -> None:
    with net.modify(net.populations["cells"], {"I_e": 0.5}, name="while"):
        net.run(1.0)


def nothing(net: pl.Network) -> None:
    """A callback."""


TIMES: dict[str, Callable[[pl.Network], Any]] = {
    "run": lambda n: n.run(1.0),
    "run with a callback": lambda n: n.run(2.0, callback=nothing, every=0.5),
    "frozen": frozen,
    "with modify": modified,
    "rest": lambda n: n.rest(minutes=1),
}


@pytest.mark.parametrize("name", TIMES)
def test_an_interrupted_passing_of_time_leaves_a_network_at_a_step_with_all_switches_as_they_were(name: str) -> None:
    """Oracle: the switches before the call, of every drive, controller, modifier, neuron and projection."""
    base, call = build(), TIMES[name]
    base.run(20)
    base.populations["cells"][5:6].silence()
    base.drives["sine"].active = False
    before = switches(base)
    whole = base.copy()
    counter = Interrupter()
    assert not counter(lambda: call(whole))
    for line in range(counter.lines):
        net = base.copy()
        assert Interrupter(line)(partial(call, net)), line
        if name == "with modify" and "while" in net.modifiers:  # made, and its block not begun
            assert net.time == base.time
            net.modifiers["while"].remove()
        assert switches(net) == before, line
        assert base.time <= net.time <= whole.time
        if name.startswith("run"):
            straight = base.copy()
            straight.run(net.time - base.time)
            assert state_of(net) == state_of(straight), line
        state_of(net)
        net.run(1.0)


def recording(net: pl.Network, folder: Path) -> None:
    net.record(net.populations["cells"], ["V", "ampa.I"], interval=0.5, to=folder)


def test_an_interrupted_beginning_of_a_recording_leaves_a_recorder_or_an_empty_folder(tmp_path: Path) -> None:
    """Oracle: the folder holds a recording where, and only where, the network has its recorder."""
    net, folder = build(), tmp_path / "recording"
    count = len(net.recorders)
    counter = Interrupter()
    counter(lambda: recording(net.copy(), folder))
    for line in range(0, counter.lines, 3):
        shutil.rmtree(folder, ignore_errors=True)
        Interrupter(line)(partial(recording, net, folder))
        begun = len(net.recorders) > count
        assert (folder / "recording.json").exists() == begun, line
        if begun:
            net = build()
        else:
            recording(net.copy(), folder)
        bytes_of(net)


def test_an_interrupted_writing_of_a_chunk_records_nothing_twice_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the same recording in memory. Every run writes a chunk."""
    monkeypatch.setattr("plastica.network.recording.CHUNK_BYTES", 1)
    base = build()
    base.record(base.populations["cells"], "V", interval=0.5)
    counter = Interrupter()
    net = base.copy()
    recording(net, tmp_path / "first")
    counter(lambda: net.run(1.0))
    for line in range(0, counter.lines, 3):
        net = base.copy()
        recording(net, tmp_path / str(line))
        Interrupter(line)(partial(net.run, 1.0))
        net.run(1.0)
        in_memory, on_disk = net.recorders[-2:]
        assert isinstance(in_memory, pl.StateRecorder)
        assert isinstance(on_disk, pl.StateRecorder)
        assert np.array_equal(on_disk["V"], in_memory["V"]), line
        assert np.array_equal(pl.Recording(tmp_path / str(line))["V"], in_memory["V"]), line


# ---- changes that are refused


def test_what_is_refused_at_the_end_of_a_change_undoes_its_beginning() -> None:
    """Oracle: the network before. The engine refuses the last of several things that one call does."""
    net = build()
    before = bytes_of(net)
    with pytest.raises(ValueError, match="'I_e' is a parameter"):
        net.record(net.populations["cells"], ["V", "ampa.I", "I_e"], interval=1)
    with pytest.raises(ValueError, match="must be at least 0"):
        net.control(net.projections["free"], pl.Creation(rate=pl.Schedule([0], [-1.0]), weight=-1, delay=1))
    with pytest.raises(ValueError, match="is beyond the precision"):
        net.population(3, LIF, initial={"V": -60.0, "ampa.I": 1e300})
    assert bytes_of(net) == before


def test_changes_are_undone_in_reverse_order_whatever_refuses() -> None:
    """Oracle: the journal of what was called, for every place at which one of four changes can fail."""
    journal: list[str] = []

    def act(name: str, number: int, fails: int) -> str:
        journal.append(name)
        if number == fails:
            raise ZeroDivisionError
        return name

    for fails in range(8):
        journal.clear()
        changes = [
            Change(
                partial(act, f"make {i}", 2 * i, fails),
                partial(act, f"undo {i}", -1, fails),
                [partial(act, number=2 * i + 1, fails=fails)],
            )
            for i in range(4)
        ]
        with pytest.raises(ZeroDivisionError):
            perform(changes)
        made = (fails + 1) // 2  # the one whose result is not kept has been made, too
        expected = [f"make {i // 2}" for i in range(8)]
        assert journal == expected[: fails + 1] + [f"undo {i}" for i in reversed(range(made))]


@pytest.mark.parametrize("error", [None, KeyboardInterrupt, ZeroDivisionError])
def test_a_scope_undoes_all_of_its_changes_also_when_one_of_them_cannot_be(error: type[BaseException] | None) -> None:
    """Oracle: a list from which each change takes its entry again; the error of the block matters more."""
    there: list[int] = []

    def body() -> str:
        assert there == [0, 1, 2]
        if error is not None:
            raise error
        return "done"

    def undo(number: int) -> None:
        there.remove(number)
        if number == 1:
            raise OSError

    changes = [Change(partial(there.append, i), partial(undo, i)) for i in range(3)]
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        with pytest.raises(error or OSError):
            _native.within(changes, body)
    finally:
        sys.unraisablehook = hook
    assert there == []


def test_a_frozen_block_can_be_entered_again_and_an_error_in_it_ends_it() -> None:
    """Oracle: the switches before."""
    net = build()
    before, block = switches(net), net.frozen()
    for _ in range(3):
        with suppress(ZeroDivisionError), block as same:
            assert same is net
            assert net.engine().frozen()
            raise ZeroDivisionError
        assert switches(net) == before


def test_a_modifier_whose_removal_is_refused_is_in_force_and_can_be_removed_later() -> None:
    """Oracle: the registry and the parameter; another thread holds the network meanwhile."""
    net = build()
    modifier, told = net.modify(net.populations["cells"], {"I_e": 0.5}, name="half"), []

    def elsewhere() -> None:
        try:
            modifier.remove()
        except RuntimeError as error:
            told.append(str(error))

    def hold() -> None:
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()

    whole = net.populations["cells"].get("I_e")
    net.engine().claim("edit", hold)
    assert "another thread" in told[0]
    assert net.modifiers["half"] is modifier
    assert modifier.active
    assert np.array_equal(net.populations["cells"].effective("I_e"), whole / 2)
    modifier.remove()
    modifier.remove()
    assert "half" not in net.modifiers
    assert not modifier.active
    assert np.array_equal(net.populations["cells"].effective("I_e"), whole)
    with pytest.raises(ValueError, match="has been removed"):
        modifier.active = True


# ---- two sides


@pytest.mark.parametrize("what", ["modulator", "guard", "controller", "projection"])
def test_a_network_whose_engine_has_what_python_does_not_know_of_is_not_saved(what: str, tmp_path: Path) -> None:
    """Oracle: a RuntimeError that says what to do, and the file that was there before."""
    net, path = build(), tmp_path / "net.plastica"
    net.save(path)
    whole, core = path.read_bytes(), net.engine()
    if what == "modulator":
        core.add_modulator(1.0, 0.0)
    elif what == "guard":
        core.add_guard("population", 0, None, 0.0, 1.0, 10, False)
    elif what == "controller":
        core.add_controller("ghost", "population", 0, None, "gaba.gain", "SynapticScaling", {})
    else:
        core.add_projection(core.connect(0, 0, None, None, "OneToOne", {}), 0, 1.0, 1.0, 0.0, [])
    with pytest.raises(RuntimeError, match=r"cannot be saved.*build the network again"):
        net.save(path)
    assert path.read_bytes() == whole


def test_control_c_while_parts_are_added_leaves_no_part_that_only_the_engine_knows() -> None:
    """Oracle: the file can be saved and loaded, and has what Python has; signals at random moments."""
    body = """
import io
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
net = pl.Network(threads=1)
a = net.population(400, pl.PoissonSource(10.0))
b = net.population(400, pl.LIF(receptors={"r": pl.CurrentExp()}))
draws, caught = random.Random(5), 0
calls = [
    lambda: net.connect(a, b, pl.FixedProbability(0.5), weight=0.1),
    lambda: net.population(20_000, pl.LIF(I_e=pl.Uniform(1, 2)), initial={"V": pl.Uniform(-60, -55)}),
    lambda: net.drive(b, pl.PoissonInput(pl.Uniform(10.0, 20.0)), weight=pl.Uniform(0, 1)),
]
spans = []
for call in calls:
    started = time.perf_counter()
    call()
    spans.append(time.perf_counter() - started)
for i in range(45):
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, draws.uniform(0.05, 0.999) * spans[i % 3])
            calls[i % 3]()
            time.sleep(60)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        caught += 1
file = io.BytesIO()
net.save(file)
again = pl.load(file, threads=1)
same = [list(getattr(again, k)) == list(getattr(net, k)) for k in ("populations", "projections", "drives")]
print(caught, same)
"""
    assert program(body) == ["45 [True, True, True]"]
