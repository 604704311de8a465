"""How long a network lives: as long as somebody holds it or one of its parts, and not a moment longer."""

from __future__ import annotations

import copy
import gc
import io
import os
import pickle
import random
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import ref

import pytest

import plastica as pl
from plastica.journal import journal
from test_copies import network

SANITIZED = "PLASTICA_SANITIZER" in os.environ
KINDS = ("populations", "projections", "drives", "modulators", "controllers", "modifiers", "guards")


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    """What dies here, dies because nobody refers to it, not because Python's collector has found it."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def rich(folder: Path | None = None) -> pl.Network:
    """One of every kind of handle, laws on every kind of target, and recorders of everything, two of them on disk."""
    net = network()
    exc = net.populations["exc"]
    source = net.population(3, pl.SpikeSource([60.0, 70.0]), name="source", positions=pl.Grid(3))
    net.connect(source[[2, 0]], exc[5:9], pl.AllToAll(), receptor="ampa", name="of views")
    net.control(net.drives["p"], pl.Modulation(parameter="rate", modulator="dopamine", mode="add"), name="of a drive")
    slope = pl.Modulation(parameter="target_rate", modulator="dopamine", mode="add")
    net.control(net.controllers["scaling"], slope, name="of a controller")
    net.guard(net.projections["ee"], weight=(-1e9, 1e9), action="report", name="of weights")
    net.guard(exc[3:9], rate=(0, 1e9), action="report", name="of a view")
    net.apply(pl.drugs.gabazine(), [exc, exc[4:8]], start=1000.0)
    net.record(net.controllers["wiring"], "axonal.z", interval=10.0)
    net.record(exc[2:7], "rate", interval=10.0)
    if folder is not None:
        net.record(exc, "spikes", to=folder / "spikes")
        net.record(net.projections["ee"], "weights", interval=1.0, to=folder / "weights")
    return net


def handles(net: pl.Network) -> dict[str, Any]:
    """Every handle that the network gives, and some views."""
    found = {f"{kind} {name}": part for kind in KINDS for name, part in getattr(net, kind).items()}
    found |= {f"recorders {i}": recorder for i, recorder in enumerate(net.recorders)}
    exc = net.populations["exc"]
    return found | {"view": exc[3:7], "view of a view": exc[3:7][:2]}


# ---- ways to use a network


def look(net: pl.Network, folder: Path) -> None:
    print(net, repr(net), net._repr_html_())
    for part in handles(net).values():
        print(part, part.network.time, getattr(part, "target", None), getattr(part, "active", None))
    for projection in net.projections.values():
        print(projection.pre, projection.post, len(projection.weights), projection.get_weights(sources=[0]))


def run_in_all_ways(net: pl.Network, folder: Path) -> None:
    net.run(1.0)
    net.run(20.0, callback=lambda net: net.populations["exc"].set(V=-60.0), every=5.0, progress=True)
    net.run(20.0, checkpoint=folder / "a.plastica", checkpoint_every=5.0)
    net.run(20.0, progress=True)
    net.drives["p"].active = net.drives["ou"].active = False
    with net.frozen() as frozen:
        frozen.run(5.0)


def copies(net: pl.Network, folder: Path) -> None:
    for copied in (
        pl.Network.copy,
        pl.Network.probe,
        copy.copy,
        copy.deepcopy,
        lambda n: pickle.loads(pickle.dumps(n)),
    ):
        twin = copied(net)
        twin.run(1.0)
        alive = ref(twin)
        del twin
        assert alive() is None
    every = pickle.loads(pickle.dumps(handles(net)))
    assert len({id(part.network) for part in every.values()}) == 1
    assert copy.deepcopy(net.populations["exc"][3:5]).network is not net


def files(net: pl.Network, folder: Path) -> None:
    net.save(folder / "b.plastica")
    net.save(io.BytesIO())
    alive = ref(pl.load(folder / "b.plastica"))
    assert alive() is None
    (folder / "damaged").write_bytes((folder / "b.plastica").read_bytes()[:-100])
    with pytest.raises(pl.CheckpointError):
        pl.load(folder / "damaged")


def edits(net: pl.Network, folder: Path) -> None:
    exc, ee = net.populations["exc"], net.projections["ee"]
    exc[:3].set(V=-55.0, I_e=pl.Uniform(0, 1))
    exc[:2].kill()
    exc.birth(1, V=-50.0)
    ee.add([5, 6], [7, 8], weight=0.2, delay=2.0)
    ee.remove(sources=[6])
    ee.set({"0.U": 0.4, "x": 0.5})
    net.controllers["threshold"].set(target_rate=3.0)
    net.controllers["creation"].set(rate=1.0)
    net.drives["dc"].set(amplitude=[300.0] * 20)
    net.populations["source"].set_spikes([80.0])
    net.modulators["dopamine"].release(1.0)
    net.recorders[0].clear()
    with net.modify(exc, {"I_e": 0.5}):
        net.run(1.0)


def refusals(net: pl.Network, folder: Path) -> None:
    exc, ee = net.populations["exc"], net.projections["ee"]
    refused: list[Callable[[], Any]] = [
        lambda: net.population(0, pl.LIF()),
        lambda: net.connect(exc, exc, pl.FixedProbability(0.1), receptor="none"),
        lambda: net.drive(exc, pl.PoissonInput(rate=1.0), receptor="none"),
        lambda: net.modulator("dopamine"),
        lambda: net.control(exc, pl.SynapticScaling(receptor="none")),
        lambda: net.control(ee, pl.SynapticScaling()),
        lambda: net.modify(exc, {"nothing": 2.0}),
        lambda: net.guard(exc, rate=(2, 1)),
        lambda: net.record(exc, "nothing", interval=1.0),
        lambda: net.record(ee, "weights"),
        lambda: net.run(-1.0),
        lambda: exc.set(V=-60.0, nothing=1.0),
        lambda: ee.add([1], [1000], weight=1.0, delay=1.0),
        lambda: net.rest(hours=-1),
        lambda: net.connect(pl.Network().population(1, pl.LIF()), exc, pl.AllToAll()),
    ]
    for call in refused:
        with pytest.raises((TypeError, ValueError)):
            call()


class Stop(Exception):
    """Something that a callback raises."""


def errors_in_runs(net: pl.Network, folder: Path) -> None:
    def fail(error: type[BaseException]) -> Callable[[pl.Network], None]:
        def callback(net: pl.Network) -> None:
            raise error

        return callback

    for error in (Stop, KeyboardInterrupt, MemoryError):
        with pytest.raises(error):
            net.run(10.0, callback=fail(error), every=2.0, progress=True)
        with pytest.raises(error):
            net.run(10.0, callback=fail(error), every=2.0, checkpoint=folder / "c.plastica", checkpoint_every=1.0)
    net.guard(net.populations["exc"][:5], rate=(1e6, 1e7), window=1.0, name="strict")
    with pytest.raises(pl.GuardError, match=r"5 of exc"):
        net.run(10.0)
    net.guards["strict"].active = False
    net.populations["exc"].set(V=-60.0)
    net.projections["ne"].set_weights(1e38)
    with pytest.raises(pl.SimulationError):
        net.run(1000.0)


def stopped_under_a_journal(net: pl.Network, folder: Path) -> None:
    """A run that is cut off leaves the journal's entry of the network with a run that has begun."""

    def stop() -> None:
        raise Stop

    alive = None
    with suppress(Stop), journal(folder / "journal", {}, resume=False, every=0.0):
        other = pl.Network()
        other.population(3, pl.LIF())
        other.run(5.0)
        other._journal.complete, alive = stop, ref(other)
        other.run(5.0)
    del other
    assert alive() is None


WAYS = [look, run_in_all_ways, copies, files, edits, refusals, errors_in_runs, stopped_under_a_journal]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("kind", ["built", "loaded", "copied"])
def test_a_network_is_gone_as_soon_as_nobody_holds_it_however_it_was_used(kind: str, way: Any, tmp_path: Path) -> None:
    """Oracle: a weak reference, while Python's collector is switched off."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = rich(tmp_path)
        if kind == "loaded":
            net.save(tmp_path / "first.plastica")
            net = pl.load(tmp_path / "first.plastica")
        elif kind == "copied":
            net = net.copy()
        way(net, tmp_path)
    alive = ref(net)
    del net
    assert alive() is None


# ---- handles


def test_every_handle_keeps_its_network_and_the_last_one_takes_it_along() -> None:
    """Oracle: a weak reference; the network runs on."""
    net = rich()
    for name, handle in handles(net).items():
        twin = net.copy()
        if name.startswith("view"):
            held = twin.populations["exc"][handle.ids]
        else:
            kind, _, key = name.partition(" ")
            held = getattr(twin, kind)[int(key) if kind == "recorders" else key]
        alive = ref(twin)
        del twin
        before = held.network.time
        held.network.run(1.0)
        assert (alive() is held.network, held.network.time) == (True, before + 1.0), name
        del held
        assert alive() is None, name


def test_the_same_handle_is_given_while_it_is_held() -> None:
    """Oracle: identity."""
    net = rich()
    held = handles(net)
    again = handles(net)
    assert [name for name in held if again[name] is not held[name] and not name.startswith("view")] == []
    exc, view = net.populations["exc"], net.populations["exc"][:40]
    assert view.population is exc
    for projection in net.projections.values():
        assert projection.pre is net.populations[projection.pre.name]
        assert projection.post is net.populations[projection.post.name]
    drive = net.drive(view, pl.ConstantCurrent(1.0))
    scaling = net.control(view, pl.SynapticScaling(receptor="ampa"))
    second = net.control(scaling, pl.Modulation(parameter="target_rate", modulator="dopamine", mode="add"))
    guard, recorder = net.guard(view, rate=(0, 1e9)), net.record(view, "spikes")
    modifier = net.modify(view, {"I_e": 2.0})
    assert all(part.target is view for part in (drive, scaling, guard))
    assert scaling.neurons is view
    assert second.target is scaling
    assert net.controllers["wiring"].projections == (net.projections["grown"],)
    assert net.controllers["wiring"].target is net.projections["grown"]
    assert net.recorders[-1] is recorder
    assert net.modifiers[modifier.name] is modifier
    assert net.copy().populations["exc"] is not exc


def test_parts_are_found_by_name_and_in_order_as_they_were_when_they_were_asked_for() -> None:
    """Oracle: a dictionary and a list."""
    net = pl.Network()
    assert (net.populations, net.recorders) == ({}, [])
    made = {name: net.population(2, pl.LIF(), name=name) for name in "bca"}
    kept = [net.record(cells, "spikes") for cells in made.values()]
    populations, recorders = net.populations, net.recorders
    net.record(net.population(2, pl.LIF(), name="later"), "spikes")
    assert (list(populations), list(populations.values()), len(populations)) == (list(made), list(made.values()), 3)
    assert populations == made
    assert dict(populations) == {**populations} == made
    assert repr(populations) == repr(made)
    assert ("a" in populations, "later" in populations, populations.get("later")) == (True, False, None)
    with pytest.raises(KeyError, match="later"):
        populations["later"]
    assert recorders == kept
    assert (list(recorders), recorders[1], recorders[-1], recorders[1:], len(recorders)) == (
        kept,
        kept[1],
        kept[2],
        kept[1:],
        3,
    )
    assert (repr(recorders), recorders.index(kept[2]), kept[0] in recorders) == (repr(kept), 2, True)
    with pytest.raises(IndexError):
        recorders[3]
    copied, listed = pickle.loads(pickle.dumps((populations, recorders)))
    assert (type(copied), list(copied), type(listed), len(listed)) == (dict, list("bca"), list, 3)
    alive = ref(net)
    del net, made, kept, recorders
    assert alive() is populations["a"].network


def test_what_was_done_through_a_handle_is_seen_through_the_next_one() -> None:
    """Oracle: what was done."""
    net = rich()
    net.drives["ou"].active = False
    net.controllers["scaling"].active = False
    net.controllers["creation"].active = False
    net.guards["guard"].active = False
    net.modifiers["boost"].active = False
    net.populations["source"].set_spikes([90.0])
    net.modifiers["drug"].remove()
    assert not any(
        part.active
        for part in (
            net.drives["ou"],
            net.controllers["scaling"],
            net.controllers["creation"],
            net.guards["guard"],
            net.modifiers["boost"],
        )
    )
    assert net.populations["source"].model.parameters["times"].tolist() == [90.0]
    assert "drug" not in net.modifiers
    net.guard(net.populations["exc"], rate=(1e6, 1e7), window=1.0, action="report", name="seen")
    with pytest.warns(UserWarning, match="seen"):
        net.run(3.0)
    assert net.guards["seen"].warned
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.run(3.0)  # it has warned
    net.recorders[0].clear()
    assert net.recorders[0].count == 0


@pytest.mark.parametrize("seed", range(20))
def test_a_network_lives_while_any_of_its_handles_is_held(seed: int) -> None:
    """Oracle: a count of what is held, while handles are asked for and dropped in random order."""
    draws = random.Random(seed)
    net = pl.Network(threads=1)
    cells = net.population(4, pl.LIF(receptors={"in": pl.CurrentExp()}), name="cells")
    net.connect(cells, cells[:2], pl.AllToAll(), name="on")
    net.drive(cells[1:], pl.ConstantCurrent(1.0), name="dc")
    net.control(net.drives["dc"], pl.Modulation(parameter="amplitude", modulator=net.modulator("m"), mode="add"))
    net.record(cells, "V", interval=1.0)
    alive, held = ref(net), [net, cells]
    del net, cells
    for _ in range(200):
        if draws.random() < 0.5 and len(held) < 6:
            owner = draws.choice(held)
            found = owner if isinstance(owner, pl.Network) else owner.network
            held.append(draws.choice([found, *_parts(found)]))
            del owner, found
        else:
            held.pop(draws.randrange(len(held)))
        assert (alive() is not None) == bool(held)
        if not held:
            return
        assert len({id(each) for each in held}) == len({_key(each) for each in held})


def _parts(net: pl.Network) -> list[Any]:
    kinds = [part for kind in KINDS for part in getattr(net, kind).values()]
    found = [*kinds, *net.recorders, net.drives["dc"].target, net.projections["on"].post]
    return [*found, net.controllers["controller_0"].target]


def _key(part: Any) -> tuple[str, str]:
    return type(part).__name__, getattr(part, "name", "")


# ---- memory


def lines_of(body: str) -> list[str]:
    """What a program in a process of its own prints."""
    code = "import gc, resource\nimport numpy as np\nimport plastica as pl\n" + textwrap.dedent(body)
    # large arrays go back to the system when they are freed
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(SANITIZED, reason="a sanitizer keeps freed memory")
def test_eight_networks_one_after_another_take_the_memory_of_one() -> None:
    """Oracle: 50 MB of synapses each; at their most, less than 120 MB with everything that Python itself takes."""
    body = """
    gc.disable()

    def study(seed):
        net = pl.Network(seed=seed, threads=1)
        cells = net.population(1000, pl.LIF(receptors={"e": pl.CurrentExp()}))
        for _ in range(8):
            net.connect(cells, cells, pl.AllToAll(), weight=pl.Uniform(0, 1), delay=1.0)
        net.record(cells, "spikes")
        net.run(1.0)
        return sum(projection.nbytes for projection in net.projections.values())

    print(min(study(seed) for seed in range(8)))
    # of this program alone: ru_maxrss contains what the process that started it had
    print(int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) * 1024)
    """
    size, peak = map(int, lines_of(body))
    assert size > 45e6
    assert peak < 120e6


MAKING_ROOM = """
path = {path!r}
calls, edges = [], (np.repeat(np.arange(2000), 500), np.tile(np.arange(500), 2000))
noise = pl.OUCurrent(sigma=np.ones(1000000))
scaling = pl.SynapticScaling('r', target_rate=np.ones(1000000))

def network(degree=0):
    net = pl.Network(threads=1)
    cells = net.population(2000, pl.LIF(receptors={{"r": pl.CurrentExp()}}), name="cells", positions=pl.UniformPositions())
    if degree:
        net.connect(cells, cells, pl.FixedInDegree(degree), name="on", delay=pl.Uniform(1, 9))
    return net

def many(size=1000000):
    net = pl.Network(threads=1)
    net.population(size, pl.LIF(receptors={{"r": pl.CurrentExp()}}), name="cells")
    return net

def by_distance(net):
    def weight(distances):
        calls.append(len(distances))
        return distances
    cells = net.populations["cells"]
    return net.connect(cells, cells, pl.FixedInDegree(1500), weight=weight, delay=pl.Uniform(1, 9))

def limited(megabytes):
    now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    most = resource.RLIM_INFINITY if megabytes is None else now + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.RLIM_INFINITY))

def attempt():
    net = {net}
    garbage = [many(6000000)]
    garbage.append(garbage)  # Python's collector alone finds it
    if frozen:
        gc.collect(), gc.freeze()  # and now not even that
    del garbage
    limited(8)
    try:
        call = {call}
        return "works"
    except (MemoryError, pl.CheckpointError) as error:
        return str(error)
    finally:
        limited(None)

gc.disable()
for frozen in (False, True):
    print(attempt())
print(calls)
"""
BUILDING = {
    "population": ("pl.Network()", "net.population(500000, pl.AdEx(receptors={'r': pl.ConductanceExp()}))"),
    "connect": (
        "network()",
        "net.connect(*2 * [net.populations['cells']], pl.FixedInDegree(1500), weight=pl.Uniform(0, 1))",
    ),
    "connect by a function": ("network()", "by_distance(net)"),
    "drive": ("many()", "net.drive(net.populations['cells'], noise)"),
    "control": (
        "many()",
        "net.control(net.populations['cells'], scaling)",
    ),
    "add": ("network(10)", "net.projections['on'].add(*edges, weight=1.0, delay=1.0)"),
    "copy": ("network(3000)", "net.copy()"),
    "load": ("network(3000).save(path)", "pl.load(path, threads=1)"),
}


@pytest.mark.skipif(SANITIZED, reason="a sanitizer reserves address space")
@pytest.mark.parametrize("call", BUILDING)
def test_where_memory_is_refused_garbage_makes_room(call: str, tmp_path: Path) -> None:
    """Oracle: the same call while the garbage cannot be collected, which is refused; a user's function is called once."""
    made, called = BUILDING[call]
    first, second, calls = lines_of(MAKING_ROOM.format(net=made, call=called, path=str(tmp_path / "large.plastica")))
    assert first == "works"
    assert "memory" in second or "Unable to allocate" in second
    assert calls == ("[3000000]" if "function" in call else "[]")
