"""The command line: ``plastica info``, ``plastica list``, ``plastica run NAME`` and ``plastica draw NAME``."""

from __future__ import annotations

import argparse
import copy
import os
import platform
import shlex
import shutil
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from . import _native, experiments, journal
from .errors import UnknownName
from .experiments import DamagedOutcome, Experiment, Outcome
from .network import Network
from .run_folder import RunFolder, draw, first_seed, in_words, stored_result, stored_seeds, unfinished
from .stopping import stopping_signals

# the exit status of a command whose reader is gone, as shells have it: 128 + SIGPIPE
_READER_GONE = 141
_OUT = Path("plastica-results")


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
        after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP, 141 if the reader of a pipe is gone.
    """
    for stream in (sys.stdout, sys.stderr):
        # a letter that the output cannot encode must not end a run
        if getattr(stream, "errors", None) == "strict" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        options = _parser().parse_args(arguments)
        options.program = ["plastica"] if arguments is not None else _program()
        return _obey(options)
    except BrokenPipeError:
        return _READER_GONE
    finally:
        _drop_unwritten()


def _obey(options: argparse.Namespace) -> int:
    with stopping_signals() as stop, _warnings_in_a_line():
        try:
            status = int(options.command(options))
            if sys.stdout is not None:
                sys.stdout.flush()
            return status
        except KeyboardInterrupt:
            _complain(f"stopped by {stop.signal.name}", options)
            return stop.status
        except BrokenPipeError:
            if _has_begun(options):
                _complain("stopped: nobody reads the output", options)
            return _READER_GONE
        except UnknownName as error:
            _complain(str(error), options)
            return 2
        except (ImportError, OSError, RuntimeError, TypeError, ValueError) as error:
            _complain(str(error), options)
            return 1


@contextmanager
def _warnings_in_a_line() -> Iterator[None]:
    """In the block, a warning is one line: where in an experiment it comes from helps nobody who types a command."""
    before = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"plastica: {' '.join(str(message).split())}\n"
    try:
        yield
    finally:
        warnings.formatwarning = before


def _complain(text: str, options: argparse.Namespace) -> None:
    """Says what went wrong, and how a run that has begun goes on."""
    if _has_begun(options):
        text += f"; go on with\n  {_command(options)}"
    # a terminal that was closed takes no words
    with suppress(OSError):
        print(f"plastica: {text}", file=sys.stderr, flush=True)


def _has_begun(options: argparse.Namespace) -> bool:
    return getattr(options, "begun", False)


def _drop_unwritten() -> None:
    """Forgets output that cannot be written, which Python would complain about at its exit."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, stream.fileno())
                os.close(nothing)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plastica", description="Spiking neural networks whose wiring learns.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    info = commands.add_parser("info", help="version, instruction set, threads, precision, compiler")
    info.set_defaults(command=_info)
    listing = commands.add_parser("list", help="the experiments that come with Plastica")
    listing.set_defaults(command=_list)
    run = commands.add_parser("run", help="run experiments and compare them with what was published")
    run.set_defaults(command=_run, refuse=run.error)
    _add_names(run, "run all experiments")
    run.add_argument("--seed", type=_natural, default=1, metavar="N", help="seed (default: 1)")
    run.add_argument("--seeds", type=_positive, default=1, metavar="N", help="number of seeds, from --seed on")
    run.add_argument("--threads", type=_positive, metavar="N", help="number of threads (default: all cores)")
    run.add_argument("--quick", action="store_true", help="less biological time; says so in the results")
    run.add_argument("--precision", choices=("single", "double"), help="default: what the experiment asks for")
    stopped = run.add_mutually_exclusive_group()
    stopped.add_argument("--resume", action="store_true", help="go on with a stopped run; make what is missing")
    stopped.add_argument("--overwrite", action="store_true", help="throw a stopped run away and start again")
    run.add_argument(
        "--checkpoint-every", type=_seconds, default=60.0, metavar="S", help="seconds between checkpoints (default: 60)"
    )
    run.add_argument("--strict", action="store_true", help="exit with status 1 if a criterion fails")
    drawing = commands.add_parser("draw", help="draw figures from stored results, without simulating")
    drawing.set_defaults(command=_draw)
    _add_names(drawing, "draw all experiments that have results")
    drawing.add_argument("--seed", type=_natural, metavar="N", help="seed to show (default: the first of the run)")
    return parser


def _add_names(command: argparse.ArgumentParser, everything: str) -> None:
    command.add_argument("names", nargs="*", metavar="NAME", help="experiments, as `plastica list` names them")
    command.add_argument("--all", action="store_true", help=everything)
    command.add_argument("--out", type=_folder_name, default=_OUT, metavar="DIR", help="folder of the results")


def _folder_name(text: str) -> Path:
    if not text:
        raise argparse.ArgumentTypeError("the name of a folder is empty")
    return Path(text)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number") from None


def _natural(text: str) -> int:
    number = _whole(text)
    if not 0 <= number < 2**64:
        raise argparse.ArgumentTypeError(f"{text} must be at least 0 and below 2**64")
    return number


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds") from None
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return number


def _positive(text: str) -> int:
    number = _whole(text)
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
    chosen = _chosen(options)
    if options.seed + options.seeds > 2**64:
        options.refuse(f"--seed {options.seed} --seeds {options.seeds}: the last seed would not be below 2**64")
    _check_networks(options)
    # what will fail is found before the first hour of simulation, for all experiments
    experiments.check_drawing()
    if not experiments.can_draw():
        print("there will be no figures: they need matplotlib (pip install 'plastica[plot]')")
    with ExitStack() as stack:
        folders = []
        for experiment in chosen:
            folder = _folder(experiment, options)
            stack.enter_context(folder.owned())
            folders.append((folder, _goes_on(folder, options)))
        passed = [_run_one(folder, resume, options) for folder, resume in folders]
    return 1 if options.strict and not all(passed) else 0


def _check_networks(options: argparse.Namespace) -> None:
    """Makes a network as experiments will make theirs: what it refuses is refused before there is a folder."""
    try:
        with journal.unnoticed():
            for seed in (options.seed, options.seed + options.seeds - 1):
                Network(seed=seed, threads=options.threads, precision=options.precision or "single")
    except (TypeError, ValueError) as error:
        options.refuse(f"--{error}")


def _chosen(options: argparse.Namespace) -> list[Experiment]:
    """The experiments that were named, each once."""
    if options.all == bool(options.names):
        raise UnknownName(f"name an experiment ({', '.join(experiments.names())}), or give --all")
    loaded = [experiments.load(name) for name in (experiments.names() if options.all else options.names)]
    return list({experiment.name: experiment for experiment in loaded}.values())


def _folder(experiment: Experiment, options: argparse.Namespace) -> RunFolder:
    seeds = range(options.seed, options.seed + options.seeds)
    precision = options.precision or experiment.precision
    return RunFolder(options.out / experiment.name, experiment, seeds, options.quick, precision)


def _goes_on(folder: RunFolder, options: argparse.Namespace) -> bool:
    """Whether the run goes on with what is in the folder.

    Raises
    ------
    ValueError
        If the folder holds a run that was stopped, and it is not said what to do with it, or it is another run.
    """
    if options.overwrite:
        return False
    stopped = folder.unfinished()
    if stopped is None:
        return bool(options.resume)
    different = folder.difference(stopped)
    goes_on = options.resume and not different
    if not goes_on:
        what = f"'{folder.path}' holds a run that was stopped"
        what += f", with {different}" if different else ""
        ways = ""
        if folder.can_go_on(stopped):
            ways = f"go on with it by\n  {_command_of(stopped, folder.experiment, options)}\nor "
        if options.resume or not _on_terminal():
            raise ValueError(f"{what}; {ways}start again with --overwrite, or give another folder with --out")
        goes_on = _asked(what, ways, same=not different)
    if goes_on:
        folder.check_journals()
    return goes_on


def _on_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def _asked(what: str, ways: str, *, same: bool) -> bool:
    """Asks the user what to do with a run that was stopped: whether to go on with it, or to start again."""
    choices = "go on with it (g), start again (s), or leave it (any other key)? "
    if not same:
        print(f"{what}; {ways.removesuffix('or ')}" if ways else f"{what}\n", end="")
        choices = choices.partition(", ")[2]
    else:
        print(what)
    try:
        answer = input(choices).strip().lower()
    except EOFError:
        answer = ""
    if answer[:1] not in ("g", "s") or (answer[:1] == "g" and not same):
        raise ValueError(f"nothing was run; {ways}start again with --overwrite")
    return answer[:1] == "g"


def _run_one(folder: RunFolder, resume: bool, options: argparse.Namespace) -> bool:
    """Runs one experiment with all seeds, writes its files and prints its table; whether all criteria are met."""
    experiment = folder.experiment
    print(f"{experiment.name}: {experiment.sentence}", flush=True)
    if resume and (before := folder.finished()) is not None:
        print(f"  finished before: {folder.result}; without --resume it is run again")
        return before
    folder.begin(resume=resume)
    options.begun = True
    outcomes = []
    for seed in folder.seeds:
        outcome = _known(folder, seed, options) or _run_seed(folder, seed, options)
        # results are stored; all of them would only fill the memory
        outcomes.append(replace(outcome, results=None))
    if not (resume and folder.has_result()):
        everything = sorted([*outcomes, *(_earlier(folder) if resume else [])], key=lambda outcome: outcome.seed)
        experiments.save(experiment, everything, _header(experiment, everything, options), folder.path)
    print()
    print(_table(outcomes))
    print(f"\n{folder.result}")
    _show(experiment, folder.path)
    folder.finish()
    return all(record.passed is not False for outcome in outcomes for record in outcome.records)


def _known(folder: RunFolder, seed: int, options: argparse.Namespace) -> Outcome | None:
    """The outcome of a seed that has finished before; None: it is to be simulated."""
    try:
        outcome = folder.known(seed)
    except DamagedOutcome as error:
        print(f"  seed {seed} is simulated again: {error}", flush=True)
        return None
    if outcome is not None and options.seeds > 1:
        print(f"  seed {seed} has finished before: {folder.outcome(seed)}", flush=True)
    return outcome


def _earlier(folder: RunFolder) -> Iterator[Outcome]:
    """The outcomes of other seeds that stay in the result."""
    for seed in folder.other_seeds():
        try:
            outcome = folder.stored(seed)
            why = f"there is no '{folder.outcome(seed)}' of this kind"
        except DamagedOutcome as error:
            outcome, why = None, str(error)
        if outcome is None:
            print(f"  seed {seed} is left out of {folder.result}: {why}", flush=True)
        else:
            yield replace(outcome, results=None)


def _run_seed(folder: RunFolder, seed: int, options: argparse.Namespace) -> Outcome:
    started = perf_counter()

    def say(text: str) -> None:
        print(f"  {perf_counter() - started:6.1f} s  {text}", flush=True)

    if options.seeds > 1:
        print(f"  seed {seed}", flush=True)
    with folder.simulated(seed, every=options.checkpoint_every) as kept:
        outcome = folder.experiment.run(
            seed, threads=options.threads, quick=options.quick, precision=options.precision, say=say
        )
        outcome = replace(outcome, seconds=kept.seconds)
        folder.keep(outcome)
    say("done" if not kept.skipped else f"done; {kept.skipped} steps were simulated before")
    return outcome


def _header(experiment: Experiment, outcomes: Sequence[Outcome], options: argparse.Namespace) -> dict[str, Any]:
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
        "wall_seconds": round(sum(outcome.seconds for outcome in outcomes), 3),
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


# ---- draw


def _draw(options: argparse.Namespace) -> int:
    chosen = _chosen(options)
    experiments.check_drawing()
    if options.all:
        chosen = [one for one in chosen if any((options.out / one.name).glob("outcome-*.npz"))]
        if not chosen:
            raise FileNotFoundError(f"no results in '{options.out}'")
    for experiment in chosen:
        try:
            print(draw(experiment, options.out / experiment.name, options.seed), flush=True)
        except (FileNotFoundError, DamagedOutcome) as error:
            raise ValueError(f"{error}; {_remedy(experiment, options)}") from None
    return 0


def _remedy(experiment: Experiment, options: argparse.Namespace) -> str:
    """How the outcome that is missing or damaged is made, and which ones there are."""
    folder = options.out / experiment.name
    run = _parser().parse_args(["run"])
    run.program, run.out = options.program, options.out
    stopped = None
    with suppress(OSError, ValueError):
        stopped = unfinished(folder)
    if stopped is not None:
        return f"the run was stopped; go on with it by\n  {_command_of(stopped, experiment, run)}"
    seed = first_seed(folder) if options.seed is None else options.seed
    others = [one for one in stored_seeds(folder) if one != seed]
    there = f"stored are outcomes of {in_words(others)}; " if others else ""
    result = stored_result(folder)
    about = {"quick": False, "precision": experiment.precision} if result is None else result["header"]
    return f"{there}make it with\n  {_command_of({**about, 'seeds': [seed]}, experiment, run)}"


def _show(experiment: Experiment, folder: Path) -> None:
    """Draws the figure of a run, unless there is no matplotlib or no outcome of the first seed of an earlier run."""
    try:
        print(draw(experiment, folder))
    except (ImportError, FileNotFoundError, DamagedOutcome) as error:
        print(error)


# ---- commands as one types them


def _program() -> list[str]:
    """How this program was called."""
    called = sys.argv[0]
    if Path(called).name == "cli.py":
        return [sys.executable, "-m", "plastica.cli"]
    name = Path(called).name
    found = shutil.which(name)
    return [name if found is not None and Path(found).resolve() == Path(called).resolve() else called]


def _command(options: argparse.Namespace) -> str:
    """The command that goes on with a run of these options, for a shell."""
    words = [*options.program, "run", *(["--all"] if options.all else options.names)]
    defaults = _parser().parse_args(["run"])
    for name in ("seed", "seeds", "threads", "out", "precision", "checkpoint_every"):
        value = getattr(options, name)
        if value != getattr(defaults, name):
            option, text = f"--{name.replace('_', '-')}", str(value)
            # a word that begins with a dash would be another option
            words += [f"{option}={text}"] if text.startswith("-") else [option, text]
    words += [f"--{name}" for name in ("quick", "strict") if getattr(options, name)]
    return shlex.join([*words, "--resume"])


def _command_of(about: dict[str, Any], experiment: Experiment, options: argparse.Namespace) -> str:
    """The command that goes on with a run of this kind and these seeds, whatever the other options say."""
    same = copy.copy(options)
    same.names, same.all = [experiment.name], False
    same.seed, same.seeds, same.quick = about["seeds"][0], len(about["seeds"]), about["quick"]
    same.precision = None if about["precision"] == experiment.precision else about["precision"]
    return _command(same)


if __name__ == "__main__":
    sys.exit(main())
