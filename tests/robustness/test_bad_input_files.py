"""What takes a path takes paths, and refuses everything else by the argument's name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plastica as pl

NOT_PATHS: list[Any] = [
    1, 0, -1, 2**63, 1.5, float("nan"), True, b"net", bytearray(b"net"), [], ["net"], {}, ("a", "b"), object(), pl.LIF, np.array("net"), np.float64(1),
    lambda: None, 1j,
]  # fmt: skip
NOT_NAMES = ["", "a\0b", "\ud800"]


def build() -> tuple[pl.Network, pl.Population]:
    net = pl.Network(seed=1, threads=1)
    cells = net.population(20, pl.LIF(I_e=390, receptors={"r": pl.CurrentExp()}), name="cells")
    net.connect(cells, cells, pl.FixedProbability(0.2), weight=1.0, plasticity=pl.STDP(w_max=2.0), name="p")
    net.run(20.0)
    return net, cells


def _recorder_of_a_copy(net: pl.Network) -> pl.SpikeRecorder:
    return (twin := net.copy()).record(twin.populations["cells"], "spikes")


CALLS: dict[str, tuple[str, Callable[[pl.Network, Any], Any]]] = {
    "Network.save": ("path", lambda net, value: net.save(value)),
    "Network.run": ("checkpoint", lambda net, value: net.run(1.0, checkpoint=value, checkpoint_every=1.0)),
    "Network.record": ("to", lambda net, value: net.record(net.populations["cells"], "spikes", to=value)),
    "Recorder.write_to": ("folder", lambda net, value: _recorder_of_a_copy(net).write_to(value)),
    "load": ("path", lambda net, value: pl.load(value)),
    "Recording": ("path", lambda net, value: pl.Recording(value)),
}


@pytest.mark.parametrize("call", CALLS)
def test_what_is_no_path_is_refused_by_name_and_nothing_changes(call: str, tmp_path: Path, monkeypatch: Any) -> None:
    """Oracle: the message; a network that was asked nothing; the folder, which stays empty."""
    monkeypatch.chdir(tmp_path)
    argument, action = CALLS[call]
    net, twin = build()[0], build()[0]
    for value in NOT_PATHS:
        with pytest.raises(TypeError, match=argument):
            action(net, value)
    for value in NOT_NAMES:
        with pytest.raises(ValueError, match=argument):
            action(net, value)
    assert not list(tmp_path.iterdir())
    assert not net.recorders
    for each in (net, twin):
        each.run(30.0)
    assert np.array_equal(net.projections["p"].weights, twin.projections["p"].weights)
    assert np.array_equal(net.populations["cells"].get("V"), twin.populations["cells"].get("V"))


def test_a_folder_is_no_file_and_a_file_no_folder(tmp_path: Path) -> None:
    """Oracle: the error of the system, with the name."""
    net, cells = build()
    file = tmp_path / "file"
    file.write_bytes(b"mine")
    with pytest.raises(OSError, match=str(tmp_path)):
        net.save(tmp_path)
    with pytest.raises(OSError, match=str(tmp_path)):
        pl.load(tmp_path)
    with pytest.raises(OSError, match="file"):
        net.record(cells, "spikes", to=file)
    with pytest.raises(FileNotFoundError, match="file"):
        pl.Recording(file)
    assert file.read_bytes() == b"mine"
    assert os.listdir(tmp_path) == ["file"]  # noqa: PTH208


@pytest.mark.parametrize("threads", [0, -1, 1.5, "2", 2**31, float("nan"), True])
def test_threads_of_a_network_that_is_loaded_are_a_number(threads: Any, tmp_path: Path) -> None:
    """Oracle: the message."""
    net, _ = build()
    net.save(tmp_path / "net.plastica")
    with pytest.raises((TypeError, ValueError), match="threads"):
        pl.load(tmp_path / "net.plastica", threads=threads)
