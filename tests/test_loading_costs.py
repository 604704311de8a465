"""What loading takes: work in proportion to what there is, and memory in proportion to the file, whatever it claims."""

from __future__ import annotations

import cProfile
import io
import json
import pstats
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plastica as pl

MEGABYTE = 1e6
LONGEST = 2**24 - 1  # steps that a delay may have


# ---- work -----------------------------------------------------------------------------------------------------------


def of_many_parts(count: int) -> pl.Network:
    """So many populations, with a projection and recorders each, and now and then what acts on them."""
    net = pl.Network(seed=1, threads=1)
    net.modulator("dopamine")
    model = pl.LIF(receptors={"r": pl.CurrentExp()})
    cells = [net.population(3, model) for _ in range(count)]
    for index, pre in enumerate(cells):
        rules = [None, pl.STDP(), [pl.STDP(), pl.RewardGate(modulator="dopamine")]][index % 3]
        synapses = net.connect(pre, cells[index - 1], pl.AllToAll(), weight=0.5, delay=1.0, plasticity=rules)
        net.record(pre, "spikes")
        net.record(synapses, "weights", interval=1.0)
        net.drive(pre, pl.ConstantCurrent(amplitude=400.0))
        net.control(pre, pl.SynapticScaling(receptor="r", interval=1.0))
        net.modify(pre, {"I_e": 1.0}, start=1.0)
    net.run(1.0)
    return net


def calls_of_loading(count: int) -> int:
    """How many functions are called, of Python's and of its own, while a network of so many parts is loaded."""
    file = io.BytesIO()
    of_many_parts(count).save(file)
    profile = cProfile.Profile()
    profile.runcall(pl.load, file, threads=1)
    return pstats.Stats(profile).total_calls  # type: ignore[attr-defined]


def test_loading_twice_as_many_parts_takes_twice_as_many_calls():
    """Oracle: a straight line through two smaller networks, counted; nothing is timed."""
    calls_of_loading(4)  # what is done once
    few, some, many = (calls_of_loading(count) for count in (20, 40, 120))
    assert many < 1.05 * (some + (some - few) * 4)


# ---- memory ---------------------------------------------------------------------------------------------------------

MEASURE = """
import sys
import plastica as pl
# of this program alone: ru_maxrss contains what the process that started it had
peak = lambda: int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) * 1024
pl.Network(threads=1)
before = peak()
for path in sys.argv[1:]:
    try:
        net, outcome = pl.load(path, threads=4), "loaded"
    except pl.CheckpointError as error:
        net, outcome = None, f"refused: {error}"
    print(peak() - before, outcome)
"""


def growth_while_loading(*paths: Path) -> list[tuple[int, str]]:
    """Bytes by which the peak of a process of its own grows with each file, and what becomes of the file."""
    command = [sys.executable, "-c", MEASURE, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = [line.split(" ", 1) for line in done.stdout.splitlines()]
    return [(int(grown), outcome) for grown, outcome in lines]


def claiming(source: Path, target: Path, claims: dict[str, object]) -> None:
    """The same file, with other numbers of the engine and the checksums that go with them."""
    with zipfile.ZipFile(source) as file:
        members = {name: file.read(name) for name in file.namelist()}
    description = json.loads(members["network.json"])
    missing = [name for name in claims if name not in description["engine"]]
    assert not missing
    members["network.json"] = json.dumps({**description, "engine": description["engine"] | claims}).encode()
    manifest = json.loads(members["manifest.json"])
    manifest["contents"]["network.json"] = zlib.crc32(members["network.json"])
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)


FOREVER = {"type": "<f8", "values": [LONGEST * 0.1 - 1.0]}  # ms, as a rule's parameter
RULES: dict[str, tuple[Any, str]] = {
    "static": (None, ""),
    "axon": (pl.TsodyksMarkram(), ""),
    "table": (pl.STDP(), ""),
    "replay": (pl.PowerLawSTDP(), ""),
    "sums": (pl.VoltageSTDP(), "delay_u"),
    "late": (pl.CalciumSTDP(), "delay_Ca"),
    "modulated": ([pl.STDP(), pl.RewardGate(modulator="dopamine")], ""),
}


def network_of(rule: str, dendritic_fraction: float) -> pl.Network:
    net = pl.Network(seed=1, threads=1)
    net.modulator("dopamine")
    noise = net.population(5, pl.PoissonSource(50.0))
    cells = net.population(3000, pl.LIF(receptors={"r": pl.CurrentExp()}))
    options = {"dendritic_fraction": dendritic_fraction, "plasticity": RULES[rule][0]}
    net.connect(noise, cells, pl.AllToAll(), weight=1.0, delay=1.0, **options)
    net.run(5.0)
    return net


@pytest.mark.parametrize("rule", list(RULES))
def test_a_file_that_claims_the_longest_delay_takes_no_more_memory_than_others(tmp_path, rule):
    """Oracle: twice the file and 100 MB, on four threads; the file is loaded, or refused."""
    paths = []
    for fraction in (0.0, 1.0) if rule != "sums" else (0.0,):
        saved = tmp_path / f"{fraction}.plastica"
        network_of(rule, fraction).save(saved)
        delay: dict[str, Any] = {"projection/0/max_delay": LONGEST, "projection/0/various_delays": 1}
        claims = [delay, {"projection/0/min_delay": LONGEST} | delay]
        if own := RULES[rule][1]:
            claims.append({f"projection/0/rule/0/parameters/{own}": FOREVER})
        paths += [tmp_path / f"{fraction} {number}.plastica" for number in range(len(claims))]
        for path, numbers in zip(paths[-len(claims) :], claims, strict=True):
            claiming(saved, path, numbers)
    for path, (grown, outcome) in zip(paths, growth_while_loading(*paths), strict=True):
        assert grown < 2 * path.stat().st_size + 100 * MEGABYTE, outcome


def test_a_spike_that_takes_very_long_arrives_after_a_file(tmp_path):
    """Oracle: a network with such a delay is made, saved and loaded in little memory, and has its spike on the way."""
    script = f"""
import sys
import plastica as pl
net = pl.Network(dt=0.1, threads=2)
source = net.population(1, pl.SpikeSource([1.0]))
cell = net.population(1, pl.Relay())
net.connect(source, cell, pl.OneToOne(), delay={LONGEST} * 0.1)
net.run(5.0)
net.save(sys.argv[1])
"""
    path = tmp_path / "net.plastica"
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    ((grown, outcome),) = growth_while_loading(path)
    assert outcome == "loaded"
    assert grown < 2 * path.stat().st_size + 100 * MEGABYTE
    with np.load(path) as file:
        engine = json.loads(file["network.json"])["engine"]
    assert engine["projection/0/under_way/stamps"]["values"] == [10]


def test_a_large_recording_is_loaded_in_twice_its_size(tmp_path):
    """Oracle: the size of the file, of which nearly all are the values of one recorder."""
    path = tmp_path / "net.plastica"
    script = """
import sys
import plastica as pl
net = pl.Network(threads=2)
cells = net.population(8000, pl.LIF(I_e=400.0))
net.record(cells, "V", interval=0.1)
net.record(cells, "spikes")
net.run(800.0)
net.save(sys.argv[1])
"""
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)
    size = path.stat().st_size
    assert size > 250 * MEGABYTE
    ((grown, outcome),) = growth_while_loading(path)
    assert outcome == "loaded"
    assert grown < 2 * size + 100 * MEGABYTE


def test_a_dendritic_delay_too_long_to_look_back_over_is_refused_when_it_is_made():
    """Oracle: what rules read of a modulator is kept for every step; what is refused leaves the network as it was."""
    net = pl.Network(threads=1)
    net.modulator("dopamine")
    cells = net.population(4, pl.LIF(receptors={"r": pl.CurrentExp()}))
    rules = [pl.STDP(), pl.RewardGate(modulator="dopamine")]
    options = {"weight": 0.5, "dendritic_fraction": 1.0, "plasticity": rules}
    message = r"delay = 27000 ms, of which 1 is dendritic, is too long .* at most 26214\.4 ms"
    with pytest.raises(ValueError, match=message):
        net.connect(cells, cells, pl.OneToOne(), delay=27_000.0, **options)
    assert not net.projections
    synapses = net.connect(cells, cells, pl.OneToOne(), delay=26_000.0, **options)
    with pytest.raises(ValueError, match=message):
        synapses.add([0], [1], weight=0.5, delay=27_000.0)
    assert len(synapses) == 4
    net.run(1.0)
