"""Writes the files of the present release: python -m tests.golden.make"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

import plastica as pl

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))


def checksums(net: pl.Network) -> dict[str, str]:
    """Of everything that the network says of itself."""
    from test_copies import everything

    arrays = everything(net) if "dopamine" in net.modulators else plain(net)
    return {name: hashlib.sha256(in_first_type(name, values).tobytes()).hexdigest() for name, values in arrays.items()}


def in_first_type(name: str, values: np.ndarray) -> np.ndarray:
    """Indices of neurons as unsigned numbers of 32 bits, as users got them when the first files were made."""
    of_neurons = name.rpartition(" ")[2] in ("sources", "targets", "source", "target", "id")
    return np.ascontiguousarray(values, dtype=np.uint32 if of_neurons else values.dtype)


def plain(net: pl.Network) -> dict[str, np.ndarray]:
    found = {f"spikes {i}": np.stack([r.times, r.ids]) for i, r in enumerate(net.recorders)}
    for name, population in net.populations.items():
        found |= {f"{name}.{variable}": population.get(variable) for variable in population.variables}
    for name, projection in net.projections.items():
        found |= {f"{name} weights": projection.weights, f"{name} delays": projection.delays}
        found |= {f"{name}.{state}": projection.get(state) for state in projection.states}
    return found | {"time": np.array(net.time)}


def main() -> None:
    """One file of a network with everything, one of a larger one with few things."""
    import test_checkpoints
    import test_copies

    folder = HERE / pl.__version__
    folder.mkdir(exist_ok=True)
    for name, net in (("everything", test_copies.network()), ("plain", test_checkpoints.plain(1))):
        path = folder / f"{name}.plastica"
        if path.exists():
            print(f"{path} is there; it stays as it is")
            continue
        net.save(path)
        path.with_suffix(".json").write_text(json.dumps(checksums(net), indent=1) + "\n", encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
