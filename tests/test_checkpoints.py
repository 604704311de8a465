"""Saving and loading: a file has everything, whatever the number of threads, and goes on as if nothing had happened."""

from __future__ import annotations

import hashlib
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

import plastica as pl
from test_copies import assert_same, everything, network


def again(net: pl.Network, path: Path, threads: int | None = 1) -> pl.Network:
    net.save(path)
    return pl.load(path, threads=threads)


@pytest.mark.threads
@pytest.mark.parametrize("saved", [1, 2, 3])
@pytest.mark.parametrize("loaded", [1, 2, 5])
def test_a_loaded_network_has_everything_and_goes_on_bit_for_bit(tmp_path, saved, loaded):
    """Oracle: the network that was not interrupted, on one thread."""
    net, reference = network(saved), network(1)
    twin = again(net, tmp_path / "net.plastica", loaded)
    assert twin.threads == loaded
    assert_same(reference, twin)
    for stretch in (0.1, 7.3, 72.6):
        for each in (reference, twin, net):
            each.run(stretch)
        assert_same(reference, twin)
    assert_same(reference, net)  # saving leaves no mark


@pytest.mark.threads
def test_a_network_may_be_saved_and_loaded_again_and_again(tmp_path):
    """Oracle: the network that was not interrupted."""
    net, reference = network(1), network(1)
    for i in range(8):
        net = again(net, tmp_path / "net.plastica", 1 + i % 3)
        net.run(11.1)
    reference.run(11.1 * 8)
    assert_same(reference, net)


def plain(threads: int, precision: str = "single") -> pl.Network:
    """Learning by histories, by tables and by sums, with short-term plasticity, noise and delays; no synapse comes or goes."""
    net = pl.Network(seed=5, threads=threads, precision=precision)
    cells = net.population(300, pl.ClopathAdEx(receptors={"e": pl.CurrentExp(tau=3.0)}), name="cells")
    noise = net.population(200, pl.PoissonSource(30.0), name="noise")
    rules = {
        "table": pl.STDP(w_max=90.0),
        "replay": [pl.TsodyksMarkram(), pl.CalciumSTDP.hippocampal_cultures()],
        "sums": pl.VoltageSTDP(w_max=90.0),
        "late": pl.STDP(w_max=90.0, pairing="presynaptic"),
        "static": None,
    }
    for name, rule in rules.items():
        dendritic = 0.4 if name == "replay" else 0.0
        net.connect(
            noise, cells, pl.FixedProbability(0.04), weight=1.2, delay=pl.Uniform(0.2, 6.0), plasticity=rule,
            dendritic_fraction=dendritic, name=name,
        )  # fmt: skip
    net.drive(cells, pl.PoissonInput(rate=4000.0), weight=90.0)
    net.record(cells, "spikes")
    net.run(300.0)
    return net


@pytest.mark.threads
def test_equal_networks_give_equal_files_on_any_number_of_threads(tmp_path):
    """Oracle: one thread."""
    digests = set()
    for threads in (1, 2, 3):
        net = plain(threads)
        assert net.recorders[0].count > 300
        net.save(tmp_path / "net.plastica")
        digests.add(hashlib.sha256((tmp_path / "net.plastica").read_bytes()).hexdigest())
    assert len(digests) == 1
    twin = pl.load(tmp_path / "net.plastica", threads=2)
    twin.save(tmp_path / "again.plastica")
    assert (tmp_path / "again.plastica").read_bytes() == (tmp_path / "net.plastica").read_bytes()


@pytest.mark.threads
@pytest.mark.parametrize("loaded", [1, 3])
@pytest.mark.parametrize("change", ["weights", "remove", "freeze"])
def test_what_is_on_its_way_through_dendrites_is_saved(tmp_path, change, loaded):
    """Oracle: the network that was not interrupted. What synapses transmitted before they changed has yet to reach the soma."""

    def make() -> pl.Network:
        net = pl.Network(seed=2, threads=2)
        noise = net.population(40, pl.PoissonSource(60.0))
        cells = net.population(70, pl.LIF(receptors={"e": pl.CurrentExp()}), name="cells")
        options = {"weight": 30.0, "delay": pl.Uniform(2.0, 9.0), "dendritic_fraction": 0.9, "name": "p"}
        learning = net.connect(noise, cells, pl.FixedProbability(0.2), plasticity=pl.STDP(w_max=60.0), **options)
        net.run(20.0)
        if change == "weights":
            learning.weights = 10.0
        elif change == "remove":
            learning.remove(np.arange(0, len(learning), 2))
        else:
            learning.plastic = False
        return net

    net, reference = make(), make()
    twin = again(net, tmp_path / "x.plastica", loaded)
    still = make()
    still.projections["p"].remove(np.ones(len(still.projections["p"]), bool))
    for each in (reference, twin):
        each.run(15.0)
    for variable in ("V", "e.I"):
        assert np.array_equal(twin.populations["cells"].get(variable), reference.populations["cells"].get(variable))
    still.run(0.5)
    assert still.populations["cells"].get("e.I").any()


def test_populations_without_projections_are_loaded_and_run_for_long(tmp_path):
    """Oracle: the spikes that they were told; lists of spikes do not grow with the run."""
    net = pl.Network(dt=1.0)
    net.record(net.population(2, pl.SpikeSource([[3.0, 500_000.0], [999_999.0]])), "spikes")
    net.run(2.0)
    twin = again(net, tmp_path / "x.plastica")
    twin.run(999_998.0)
    assert twin.recorders[0].times.tolist() == [3.0, 500_000.0, 999_999.0]


def test_handles_are_found_by_name_and_pickled_with_their_network():
    """Oracle: the network itself."""
    net = network()
    exc, view, recorder = pickle.loads(
        pickle.dumps((net.populations["exc"], net.populations["exc"][:7], net.recorders[0]))
    )
    twin = exc.network
    assert view.network is twin
    assert recorder.network is twin
    assert_same(net, twin)
    for each in (net, twin):
        each.run(20.0)
    assert_same(net, twin)
    for kind in ("projections", "drives", "modulators", "controllers", "modifiers", "guards"):
        for name, handle in getattr(net, kind).items():
            assert pickle.loads(pickle.dumps(handle)).name == name


def test_a_file_is_an_archive_of_arrays_that_numpy_reads(tmp_path):
    """Oracle: the weights that the network says it has."""
    net = pl.Network(seed=3, threads=2, precision="double")
    cells = net.population(1000, pl.LIF(receptors={"e": pl.CurrentDelta()}))
    net.connect(cells, cells, pl.FixedProbability(0.1), weight=pl.Normal(1.0, 0.1), name="p")
    net.save(tmp_path / "net.plastica")
    with np.load(tmp_path / "net.plastica", allow_pickle=False) as file:
        weights = np.concatenate(
            [file[name] for name in file.files if name.startswith("rows/0/") and name.endswith("/weights")]
        )
    assert np.array_equal(weights, net.projections["p"].weights)


def test_a_save_that_fails_leaves_the_previous_file_whole(tmp_path, monkeypatch):
    """Oracle: the file before."""
    net = network()
    path = tmp_path / "net.plastica"
    net.save(path)
    before = path.read_bytes()
    written = zipfile._ZipWriteFile.write
    for failing in (1, 5, 40):
        calls = iter(range(10**9))

        def write(self, data, calls=calls, failing=failing):
            if next(calls) >= failing:
                raise OSError(28, "No space left on device")
            return written(self, data)

        monkeypatch.setattr(zipfile._ZipWriteFile, "write", write)
        with pytest.raises(OSError, match=r"cannot save to .*net\.plastica.*No space left.*is whole"):
            net.save(path)
        monkeypatch.undo()
        assert path.read_bytes() == before
        assert [entry.name for entry in tmp_path.iterdir()] == ["net.plastica"]
    reference = network()
    for each in (net, reference):
        each.run(15.0)
    assert_same(net, reference)


def test_what_is_no_checkpoint_is_refused_by_name(tmp_path):
    """Oracle: the message names the file and what is wrong with it."""
    path = tmp_path / "net.plastica"
    with pytest.raises(FileNotFoundError):
        pl.load(path)
    path.write_bytes(b"")
    with pytest.raises(pl.CheckpointError, match=r"net\.plastica"):
        pl.load(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("something", b"else")
    with pytest.raises(pl.CheckpointError, match=r"manifest\.json is missing"):
        pl.load(path)


def test_random_numbers_and_times_go_on_in_double_precision(tmp_path):
    """Oracle: the network that was not interrupted."""

    def make() -> pl.Network:
        net = pl.Network(dt=0.25, seed=2**64 - 1, precision="double", threads=1)
        cells = net.population(70, pl.AdEx(receptors={"e": pl.CurrentExp(tau=5)}))
        net.drive(cells, pl.PoissonInput(rate=2000), weight=60.0)
        net.connect(
            cells, cells, pl.FixedInDegree(7), weight=20.0, delay=pl.Uniform(0.5, 9), plasticity=pl.STDP(w_max=50.0)
        )
        net.record(cells, "spikes")
        net.run(50.0)
        return net

    net, reference = make(), make()
    twin = again(net, tmp_path / "x.plastica")
    for each in (reference, twin):
        each.run(100.0)
    assert twin.seed == 2**64 - 1
    assert twin.dt == 0.25
    assert twin.recorders[0].count > 100
    assert np.array_equal(twin.recorders[0].times, reference.recorders[0].times)
    assert np.array_equal(twin.projections["projection_0"].weights, reference.projections["projection_0"].weights)


def test_everything_compares_something():
    """Oracle: the recorders of the network hold data."""
    assert sum(values.size for values in everything(network()).values()) > 10_000


def test_births_are_kept_in_double_precision(tmp_path):
    """Oracle: the network that was not interrupted."""
    net, reference = network(1, "double"), network(1, "double")
    twin = again(net, tmp_path / "net.plastica")
    assert np.ptp(reference.projections["grown"].ages) > 0
    assert_same(reference, twin)
    for each in (reference, twin):
        each.run(80.0)
    assert_same(reference, twin)


@pytest.mark.threads
@pytest.mark.parametrize("threads", [1, 3])
def test_what_an_edit_has_left_in_the_dendrites_arrives_after_loading(tmp_path, threads):
    """Oracle: the network that was not interrupted, on one thread."""

    def made(count: int) -> pl.Network:
        net = pl.Network(seed=3, threads=count, precision="double")
        sources = net.population(40, pl.PoissonSource(100.0))
        cells = net.population(30, pl.LIF(receptors={"e": pl.CurrentExp(tau=5.0)}), name="cells")
        synapses = net.connect(
            sources, cells, pl.AllToAll(), weight=5.0, delay=9.0, dendritic_fraction=0.9, plasticity=pl.STDP(w_max=9.0)
        )
        net.run(50.0)
        synapses.remove([3])
        return net

    reference, net = made(1), made(threads)
    twin = again(net, tmp_path / "net.plastica", threads)
    for each in (reference, twin):
        each.run(9.0)
    assert np.array_equal(twin.populations["cells"].get("V"), reference.populations["cells"].get("V"))


def test_a_loaded_network_gives_the_file_that_it_came_from(tmp_path):
    """Oracle: the file."""
    for precision in ("single", "double"):
        network(1, precision).save(tmp_path / "net.plastica")
        pl.load(tmp_path / "net.plastica", threads=1).save(tmp_path / "again.plastica")
        assert (tmp_path / "again.plastica").read_bytes() == (tmp_path / "net.plastica").read_bytes()


def test_a_member_of_another_file_is_refused(tmp_path):
    """Oracle: the message names it; its own checksum is right, and the manifest's another."""
    paths = [tmp_path / f"{i}.plastica" for i in range(2)]
    net = network()
    net.save(paths[0])
    net.run(10.0)
    net.save(paths[1])
    mixed = tmp_path / "mixed.plastica"
    member = "rows/0/0/weights.npy"
    with zipfile.ZipFile(paths[0]) as one, zipfile.ZipFile(paths[1]) as other, zipfile.ZipFile(mixed, "w") as archive:
        assert one.read(member) != other.read(member)
        for name in one.namelist():
            archive.writestr(name, (other if name == member else one).read(name))
    with pytest.raises(pl.CheckpointError, match=f"{member} is not the one that was written"):
        pl.load(mixed)
