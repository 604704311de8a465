"""The command line: ``plastica info``, ``plastica list`` and ``plastica run NAME``."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from . import _native, experiments
from .errors import UnknownName
from .experiments import Experiment, Outcome
from .journal import journal


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command's words; None: those the program was called with.

    Returns
    -------
    int
        The exit status: 0, 1 if criteria fail under ``--strict`` or something went wrong, 2 for a wrong call, 130
        after Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except KeyboardInterrupt:
        print("plastica: stopped", file=sys.stderr)
        return 130
    except UnknownName as error:
        print(f"plastica: {error}", file=sys.stderr)
        return 2
    except (ImportError, OSError, RuntimeError, TypeError, ValueError) as error:
        print(f"plastica: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plastica", description="Spiking neural networks whose wiring learns.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    info = commands.add_parser("info", help="version, instruction set, threads, precision, compiler")
    info.set_defaults(command=_info)
    listing = commands.add_parser("list", help="the experiments that come with Plastica")
    listing.set_defaults(command=_list)
    run = commands.add_parser("run", help="run experiments and compare them with what was published")
    run.set_defaults(command=_run)
    run.add_argument("names", nargs="*", metavar="NAME", help="experiments, as `plastica list` names them")
    run.add_argument("--all", action="store_true", help="run all experiments")
    run.add_argument("--seed", type=_natural, default=1, metavar="N", help="seed (default: 1)")
    run.add_argument("--seeds", type=_positive, default=1, metavar="N", help="number of seeds, from --seed on")
    run.add_argument("--threads", type=_positive, metavar="N", help="number of threads (default: all cores)")
    run.add_argument("--out", type=Path, default=Path("plastica-results"), metavar="DIR", help="folder of the results")
    run.add_argument("--quick", action="store_true", help="less biological time; says so in the results")
    run.add_argument("--precision", choices=("single", "double"), help="default: what the experiment asks for")
    run.add_argument("--resume", action="store_true", help="go on with a run that was stopped or killed")
    run.add_argument(
        "--checkpoint-every", type=_seconds, default=60.0, metavar="S", help="seconds between checkpoints (default: 60)"
    )
    run.add_argument("--strict", action="store_true", help="exit with status 1 if a criterion fails")
    return parser


def _natural(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**64:
        raise argparse.ArgumentTypeError(f"{text} must be at least 0 and below 2**64")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} must be at least 1")
    return number


# ---- info and list


def _info(options: argparse.Namespace) -> int:
    facts = _native.info()
    threading = "OpenMP" if facts["openmp"] else "std::thread"
    rows = [
        ("plastica", facts["version"]),
        ("instruction set", f"{facts['isa']} (this machine has: {', '.join(facts['isas'])})"),
        ("threads", f"{facts['cores']} ({threading})"),
        ("precision", "single (double on request)"),
        ("compiler", facts["compiler"]),
        ("python", f"{platform.python_version()}, NumPy {np.__version__}"),
    ]
    for name, value in rows:
        print(f"{name:<16} {value}")
    return 0


def _list(options: argparse.Namespace) -> int:
    for name in experiments.names():
        experiment = experiments.load(name)
        print(f"{name:<12} {experiment.sentence} ({', '.join(experiment.science)})")
    return 0


# ---- run


def _run(options: argparse.Namespace) -> int:
    if options.all == bool(options.names):
        known = ", ".join(experiments.names())
        print(f"plastica run: name an experiment ({known}), or give --all", file=sys.stderr)
        return 2
    # a misspelt name must not be found after an hour
    chosen = [experiments.load(name) for name in (experiments.names() if options.all else options.names)]
    passed = [_run_one(experiment, options) for experiment in chosen]
    return 1 if options.strict and not all(passed) else 0


def _run_one(experiment: Experiment, options: argparse.Namespace) -> bool:
    """Runs one experiment with all seeds, writes its files and prints its table; whether all criteria are met."""
    print(f"{experiment.name}: {experiment.sentence}", flush=True)
    folder = options.out / experiment.name
    if options.resume and (before := _finished(experiment, options, folder)) is not None:
        print(f"  finished before: {folder / 'result.json'}; without --resume it is run again")
        return before
    started = perf_counter()
    outcomes = []
    for seed in range(options.seed, options.seed + options.seeds):
        outcomes.append(_run_seed(experiment, seed, options))
        if seed > options.seed:
            # the figure shows the first seed; the others would only fill the memory
            outcomes[-1] = Outcome(seed, outcomes[-1].records, None, outcomes[-1].seconds)
    header = _header(experiment, outcomes, perf_counter() - started, options)
    path = experiments.save(experiment, outcomes, header, folder)
    print()
    print(_table(outcomes))
    print(f"\n{path}")
    _draw(experiment, outcomes[0], folder / "figure.png")
    return all(record.passed is not False for outcome in outcomes for record in outcome.records)


def _finished(experiment: Experiment, options: argparse.Namespace, folder: Path) -> bool | None:
    """Whether the criteria were met when this very run was finished before; None: it was not."""
    if any(folder.glob("stopped-*")):
        return None
    try:
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    wanted = {
        "plastica": _native.info()["version"],
        "precision": options.precision or experiment.precision,
        "quick": options.quick,
        "seeds": list(range(options.seed, options.seed + options.seeds)),
    }
    if any(result["header"].get(name) != value for name, value in wanted.items()):
        return None
    return all(record["pass"] is not False for record in result["records"])


def _run_seed(experiment: Experiment, seed: int, options: argparse.Namespace) -> Outcome:
    started = perf_counter()

    def say(text: str) -> None:
        print(f"  {perf_counter() - started:6.1f} s  {text}", flush=True)

    if options.seeds > 1:
        print(f"  seed {seed}", flush=True)
    quick, precision = options.quick, options.precision
    about = {"experiment": experiment.name, "seed": seed, "quick": quick, "precision": precision}
    about |= {"plastica": _native.info()["version"]}
    folder = options.out / experiment.name / f"stopped-{seed}"
    with journal(folder, about, resume=options.resume, every=options.checkpoint_every) as kept:
        outcome = experiment.run(seed, threads=options.threads, quick=quick, precision=precision, say=say)
    say("done" if not kept.skipped else f"done; {kept.skipped} steps were simulated before")
    return outcome


def _header(
    experiment: Experiment, outcomes: Sequence[Outcome], seconds: float, options: argparse.Namespace
) -> dict[str, Any]:
    facts = _native.info()
    return {
        "experiment": experiment.name,
        "science": list(experiment.science),
        "plastica": facts["version"],
        "isa": facts["isa"],
        "threads": options.threads or facts["cores"],
        "precision": options.precision or experiment.precision,
        "quick": options.quick,
        "seeds": [outcome.seed for outcome in outcomes],
        "wall_seconds": round(seconds, 3),
        "compiler": facts["compiler"],
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _table(outcomes: Sequence[Outcome]) -> str:
    """One row for each metric; over several seeds the mean, the range and how many pass."""
    rows = [("metric", "value", "criterion", "pass")]
    for records in zip(*(outcome.records for outcome in outcomes), strict=True):
        first, values = records[0], [record.value for record in records]
        value = f"{np.mean(values):.4g} {first.unit}".rstrip()
        if len(values) > 1:
            value += f" ({min(values):.4g} to {max(values):.4g})"
        number = sum(record.passed is True for record in records)
        verdict = "yes" if number == len(records) else "NO"
        if len(records) > 1:
            verdict += f" ({number}/{len(records)})"
        judged = first.criterion is not None
        rows.append((first.metric, value, first.criterion.text if first.criterion else "-", verdict if judged else "-"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _draw(experiment: Experiment, outcome: Outcome, path: Path) -> None:
    try:
        picture = experiment.figure(outcome.results)
    except ImportError as error:
        print(error)
        return
    picture.savefig(path, dpi=150)
    print(path)


if __name__ == "__main__":
    sys.exit(main())
