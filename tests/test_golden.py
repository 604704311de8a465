"""Files of every release load for ever."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import plastica as pl
from golden.make import checksums

# Versions up to 0.1.0 said 0 of a rate that follows a schedule; what is in force is read since.
IN_FORCE = {"0.1.0/everything": {"noise": 40.0}}
FILES = sorted((Path(__file__).parent / "golden").glob("*/*.plastica"))


def test_there_is_a_file_of_this_release() -> None:
    """Oracle: the version."""
    assert any(path.parent.name == pl.__version__ for path in FILES)


@pytest.mark.threads
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_file_of_a_release_loads_with_what_it_held(path: Path, threads: int) -> None:
    """Oracle: what the network said of itself when it was saved."""
    net = pl.load(path, threads=threads)
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    found = checksums(net)
    scheduled = IN_FORCE.get(f"{path.parent.name}/{path.stem}", {})
    for source, rate in scheduled.items():
        np.testing.assert_array_equal(net.populations[source].get("rate"), rate)
        del expected[f"{source}.rate"]
    assert [name for name in expected if found.get(name) != expected[name]] == []
    net.run(20.0)
    assert sum(population.spike_count for population in net.populations.values()) > 0
