"""One cost model for all stored results: what an update, an event and a Poisson number cost, and who deviates.

    python -m bench.scaling.model bench/results/scaling.json bench/results/W*.json

    wall time = updates * update + static events * event + plastic events * event + Poisson numbers * draw

Coefficients are not negative and make the squares of relative errors least; one fit per precision and number of
threads. Takes the JSON of `bench.scaling.run` and of the networks. A large residual says that the workload's operations
cost something else than the others': another neuron model, shorter rows, more cache misses.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

TERMS = {
    "updates": "neuron update",
    "static_events": "static event",
    "plastic_events": "plastic event",
    "poisson_draws": "Poisson number",
}


def stored(files: list[Path]) -> Iterator[dict]:
    """The results in some files that have a profile."""
    for file in files:
        content = json.loads(file.read_text())
        found = [result for result in content.get("results", [content]) if "profile" in result]
        if not found:
            print(f"{file}: no result with a profile", file=sys.stderr)
        yield from found


def fit(results: list[dict]) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of each term, and each result's predicted over measured wall time."""
    counts = np.array([[result["profile"][term] for term in TERMS] for result in results], dtype=float)
    wall = np.array([result["rtf"] * result["bio_s"] for result in results])
    relative = counts / wall[:, None]
    scale = np.maximum(relative.max(axis=0), 1.0)  # columns of equal size, as the solver wants them
    seconds = nnls(relative / scale, np.ones(len(wall)))[0] / scale
    return seconds, relative @ seconds


def text(results: list[dict]) -> str:
    """The fit as a table."""
    if len(results) <= len(TERMS):
        return f"too few results: {len(results)} for {len(TERMS)} coefficients"
    seconds, predicted = fit(results)
    lines = []
    for (term, name), cost in zip(TERMS.items(), seconds, strict=True):
        with_term = sum(result["profile"][term] > 0 for result in results)
        cell = f"{cost * 1e9:8.3f} ns" if with_term else "       -   "
        lines.append(f"{name:16}{cell}   in {with_term} of {len(results)} results")
    lines += ["", f"{'measured s':>10}{'predicted':>12}"]
    for result, ratio in zip(results, predicted, strict=True):
        wall = result["rtf"] * result["bio_s"]
        lines.append(f"{wall:>10.4f}{100 * (ratio - 1):>+10.1f} %  {result['workload']}")
    lines.append(f"root mean square of the relative errors: {100 * np.sqrt(np.mean((predicted - 1) ** 2)):.1f} %")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    groups: dict[tuple[str, int], list[dict]] = {}
    for result in stored(parser.parse_args().files):
        settings = result["settings"]
        groups.setdefault((settings["precision"], settings["threads"]), []).append(result)
    for (precision, threads), results in groups.items():
        print(f"{precision} precision, {threads} thread(s)\n{text(results)}\n")


if __name__ == "__main__":
    main()
