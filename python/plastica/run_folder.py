"""The folder of one experiment under ``plastica run``: what has finished, what was stopped, and what is missing.

While a run is under way, ``unfinished.json`` says what it is, so that a run that was stopped is known as such. Each
seed keeps its checkpoints in ``stopped-SEED`` and leaves ``outcome-SEED.npz``. From the outcomes follow ``result.json``
and ``figure.png``; they can be made again without simulating.
"""

from __future__ import annotations

import io
import json
import shutil
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from . import _native
from .experiments import DamagedOutcome, Experiment, Outcome, can_draw, read_outcome, write_outcome
from .files import opened, replacing
from .journal import Journal, journal
from .journal import known as journal_is_known
from .locks import FolderInUse, owned

_UNFINISHED, _RESULT, _FIGURE = "unfinished.json", "result.json", "figure.png"
_PNG_BEGINS, _PNG_ENDS = b"\x89PNG\r\n\x1a\n", b"IEND"


class RunFolder:
    """The files of one experiment.

    Parameters
    ----------
    path : Path
        The folder.
    experiment : Experiment
        What is run.
    seeds : sequence of int
        The seeds of this run.
    quick : bool
        Whether less biological time is simulated.
    precision : str
        Precision of the networks.
    """

    def __init__(self, path: Path, experiment: Experiment, seeds: Sequence[int], quick: bool, precision: str) -> None:
        self.path, self.experiment, self.seeds = path, experiment, seeds
        self.kind = {
            "experiment": experiment.name,
            "quick": quick,
            "precision": precision,
            "plastica": _native.info()["version"],
        }
        self._done: list[int] | None = None

    @contextmanager
    def owned(self) -> Iterator[None]:
        """In the block, no other process may run this experiment into this folder; checks that files can be written.

        Raises
        ------
        OSError
            If another process runs into the folder, or it cannot be written to.
        """
        made = [folder for folder in (self.path, *self.path.parents) if not folder.exists()]
        try:
            with owned(self.path, f"plastica run {self.experiment.name}"):
                self._check_places()
                yield
        except FolderInUse as error:
            raise FolderInUse(f"{error} with --out") from None
        finally:
            # a run that never began leaves no folder
            with suppress(OSError):
                for folder in made or [self.path]:
                    folder.rmdir()

    def _check_places(self) -> None:
        for name in (_UNFINISHED, _RESULT, _FIGURE, *(self.outcome(seed).name for seed in self.seeds[:1000])):
            place = self.path / name
            if place.exists() and not place.is_file():
                raise FileExistsError(f"'{place}' is in the way of a file: it is no regular file; move it away")
        for place in self.path.glob("stopped-*"):
            if not place.is_dir():
                raise FileExistsError(f"'{place}' is in the way of a folder; move it away")

    # ---- what was stopped

    def unfinished(self) -> dict[str, Any] | None:
        """What a run that was stopped in this folder was: its kind, and its ``seeds``. None if there is none.

        Raises
        ------
        ValueError
            If the file that says so is damaged.
        """
        return unfinished(self.path)

    def check_journals(self) -> None:
        """Checks that a stopped run can go on with what it has left.

        Raises
        ------
        ValueError
            If checkpoints are those of something else, or nothing says what they are.
        """
        for place in self.path.glob("stopped-*"):
            number = place.name.removeprefix("stopped-")
            if number.isdecimal() and int(number) in self.seeds:
                journal_is_known(place, self._about(int(number)))

    def difference(self, stopped: dict[str, Any]) -> str:
        """In which respect a stopped run is another than this one; empty if this one can go on with it."""
        different = [
            f"{name} = {stopped[name]!r}, not {value!r}" for name, value in self.kind.items() if stopped[name] != value
        ]
        if any(seed not in self.seeds for seed in stopped["seeds"]):
            were = "was" if len(self.seeds) == 1 else "were"
            different.append(f"{in_words(stopped['seeds'])}, where {in_words(self.seeds)} {were} asked for")
        return ", ".join(different)

    def can_go_on(self, stopped: dict[str, Any]) -> bool:
        """Whether some command of this Plastica goes on with a stopped run."""
        return all(stopped[name] == self.kind[name] for name in ("experiment", "plastica"))

    def begin(self, *, resume: bool) -> None:
        """Begins the run, or goes on with it: from here on it is unfinished."""
        stopped = self.unfinished() if resume else None
        if stopped is None:
            for left in self.path.glob("stopped-*"):
                shutil.rmtree(left)
        if not resume:
            self._done = []
        elif stopped is not None:
            self._done = [seed for seed in stopped["done"] if seed in self.seeds]
        else:
            self._done = list(self.seeds)
        self._write_unfinished()

    def _write_unfinished(self) -> None:
        with replacing(self.path / _UNFINISHED) as file:
            file.write(json.dumps({**self.kind, "seeds": list(self.seeds), "done": self._done}).encode())

    # ---- seeds

    def known(self, seed: int) -> Outcome | None:
        """The outcome of a seed that this run has finished already, or that an equal run has left; None: simulate it.

        Raises
        ------
        DamagedOutcome
            If there is one and it cannot be read.
        """
        return None if self._done is None or seed not in self._done else self.stored(seed)

    def stored(self, seed: int) -> Outcome | None:
        """The outcome of a seed that a run of this kind has left; None if there is none.

        Raises
        ------
        DamagedOutcome
            If there is one and it cannot be read.
        """
        try:
            outcome, about = read_outcome(self.outcome(seed))
        except FileNotFoundError:
            return None
        return outcome if about == self._about(seed) else None

    @contextmanager
    def simulated(self, seed: int, *, every: float) -> Iterator[Journal]:
        """In the block, networks save themselves every so many seconds; those that a stopped run has saved go on."""
        with journal(self.path / f"stopped-{seed}", self._about(seed), resume=True, every=every) as kept:
            yield kept

    def keep(self, outcome: Outcome) -> None:
        """Stores an outcome; its seed has finished."""
        write_outcome(self.outcome(outcome.seed), outcome, self._about(outcome.seed))
        if self._done is not None:
            self._done = sorted({*self._done, outcome.seed})
            self._write_unfinished()

    def outcome(self, seed: int) -> Path:
        """Where the outcome of a seed is."""
        return self.path / f"outcome-{seed}.npz"

    def _about(self, seed: int) -> dict[str, Any]:
        return {**self.kind, "seed": seed}

    # ---- the whole run

    def finished(self) -> bool | None:
        """Whether the criteria were met when this very run finished; None if something of it is missing."""
        result = self._whole_result()
        if result is None or (self.path / _UNFINISHED).exists() or self._figure_is_missing():
            return None
        if not all(map(self._is_stored, self.seeds)):
            return None
        return all(record["pass"] is not False for record in result["records"] if record["seed"] in self.seeds)

    def _is_stored(self, seed: int) -> bool:
        try:
            return self.stored(seed) is not None
        except DamagedOutcome:
            return False

    @property
    def result(self) -> Path:
        """Where the metrics of all seeds are."""
        return self.path / _RESULT

    @property
    def figure(self) -> Path:
        """Where the figure of the first seed is."""
        return self.path / _FIGURE

    def has_result(self) -> bool:
        """Whether the metrics of all seeds of this run are there and whole; there may be those of more seeds."""
        return self._whole_result() is not None

    def _whole_result(self) -> dict[str, Any] | None:
        result = self._result_of_kind()
        if result is None:
            return None
        seeds = {*result["header"]["seeds"]}
        return result if len(self.seeds) <= len(seeds) and seeds.issuperset(self.seeds) else None

    def other_seeds(self) -> list[int]:
        """The seeds of earlier runs of this kind whose metrics are there, too."""
        result = self._result_of_kind()
        return [] if result is None else [seed for seed in result["header"]["seeds"] if seed not in self.seeds]

    def _result_of_kind(self) -> dict[str, Any] | None:
        result = stored_result(self.path)
        same = result is not None and all(result["header"].get(name) == value for name, value in self.kind.items())
        return result if same else None

    def _figure_is_missing(self) -> bool:
        if not can_draw():
            return False
        try:
            with opened(self.figure) as file:
                content = file.read()
        except OSError:
            return True
        return not _is_whole_png(content)

    def finish(self) -> None:
        """Ends the run: nothing of it is missing."""
        (self.path / _UNFINISHED).unlink()


def _is_whole_png(content: bytes) -> bool:
    """Whether all chunks of a PNG are there, up to the last one, each with the right checksum."""
    place, kind = len(_PNG_BEGINS), b""
    while kind != _PNG_ENDS and place + 12 <= len(content):
        kind, end = content[place + 4 : place + 8], place + 8 + int.from_bytes(content[place : place + 4], "big")
        if zlib.crc32(content[place + 4 : end]) != int.from_bytes(content[end : end + 4], "big"):
            return False
        place = end + 4
    return content.startswith(_PNG_BEGINS) and kind == _PNG_ENDS and place == len(content)


# ---- what a folder says


def unfinished(folder: Path) -> dict[str, Any] | None:
    """What a run that was stopped in a folder was: its kind, and its ``seeds``. None if there is none.

    Raises
    ------
    ValueError
        If the file that says so is damaged.
    """
    place = folder / _UNFINISHED
    try:
        found = _json_in(place)
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        found = None
    if not _is_note(found):
        raise ValueError(f"'{place}' is damaged; start again with --overwrite, or give another folder with --out")
    return dict(found)


def _is_note(found: Any) -> bool:
    if not isinstance(found, dict) or not _is_kind(found) or not _are_seeds(found.get("seeds")):
        return False
    first, number = found["seeds"][0], len(found["seeds"])
    done = found.get("done")
    return found["seeds"] == [*range(first, first + number)] and (done == [] or _are_seeds(done))


def stored_result(folder: Path) -> dict[str, Any] | None:
    """What ``result.json`` in a folder holds; None if there is none, or it is damaged."""
    try:
        found = _json_in(folder / _RESULT)
        header, records = found["header"], found["records"]
        seeds = {record["seed"] for record in records if isinstance(record["pass"], bool | None)}
        whole = _is_kind(header) and _are_seeds(header["seeds"]) and seeds == {*header["seeds"]}
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None
    return dict(found) if whole else None


def stored_seeds(folder: Path) -> list[int]:
    """The seeds that have an outcome in a folder, in order."""
    numbers = (path.stem.removeprefix("outcome-") for path in folder.glob("outcome-*.npz"))
    return sorted(int(number) for number in numbers if number.isascii() and number.isdecimal())


def _json_in(place: Path) -> Any:
    with opened(place) as file:
        return json.loads(file.read())


def _is_kind(found: Any) -> bool:
    texts = all(type(found.get(name)) is str for name in ("experiment", "plastica"))
    return texts and type(found.get("quick")) is bool and found.get("precision") in ("single", "double")


def _are_seeds(found: Any) -> bool:
    return isinstance(found, list) and found != [] and all(type(one) is int and 0 <= one < 2**64 for one in found)


def in_words(seeds: Iterable[int]) -> str:
    """Seeds in words: ``seed 1``, ``seeds 1 to 3, 7``."""
    if isinstance(seeds, range):
        spans = [(seeds[0], seeds[-1])]
    else:
        spans = []
        for seed in sorted(seeds):
            if spans and spans[-1][1] == seed - 1:
                spans[-1] = (spans[-1][0], seed)
            else:
                spans.append((seed, seed))
    several = len(spans) > 1 or spans[0][0] < spans[0][1]
    named = (f"{first}" if first == last else f"{first} to {last}" for first, last in spans)
    return f"seed{'s' if several else ''} {', '.join(named)}"


def draw(experiment: Experiment, folder: Path, seed: int | None = None) -> Path:
    """Draws the figure of an experiment from a stored outcome, without simulating.

    Parameters
    ----------
    experiment : Experiment
        The experiment.
    folder : Path
        The folder with its results.
    seed : int, optional
        The seed that is shown; None: the first one of the run.

    Returns
    -------
    Path
        The file of the figure: ``figure.png`` for the first seed of the run, ``figure-SEED.png`` for another one.

    Raises
    ------
    FileNotFoundError
        If there is no outcome.
    ValueError
        If the outcome is damaged, or one of another experiment.
    RuntimeError
        If another version of Plastica has stored the outcome, and this one cannot draw it.
    """
    first = first_seed(folder)
    shown = first if seed is None else seed
    place = folder / f"outcome-{shown}.npz"
    outcome, about = read_outcome(place)
    if about.get("experiment") != experiment.name:
        raise ValueError(f"'{place}' is an outcome of {about.get('experiment')}, not of {experiment.name}")
    content = io.BytesIO()
    try:
        experiment.figure(outcome.results).savefig(content, format="png", dpi=150)
    except Exception as error:
        if (stored := about.get("plastica")) != (here := _native.info()["version"]):
            message = f"Plastica {stored} stored '{place}', and {here} cannot draw it; run the experiment again"
            raise RuntimeError(message) from error
        raise
    figure = folder / (_FIGURE if shown == first else f"figure-{shown}.png")
    with replacing(figure) as file:
        file.write(content.getbuffer())
    return figure


def first_seed(folder: Path) -> int:
    """The first seed of the run whose result is there; without a result, the smallest one that has an outcome."""
    if (result := stored_result(folder)) is not None:
        return int(result["header"]["seeds"][0])
    return next(iter(stored_seeds(folder)), 1)
