"""The folder of one experiment under ``plastica run``: what has finished, what was stopped, and what is missing.

While a run is under way, ``unfinished.json`` says what it is, so that a run that was stopped is known as such. Each
seed keeps its checkpoints in ``stopped-SEED`` and leaves ``outcome-SEED.npz``. From the outcomes follow ``result.json``
and ``figure.png``; they can be made again without simulating.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from . import _native
from .experiments import Experiment, Outcome, can_draw, read_outcome, write_outcome
from .files import replacing
from .journal import Journal, journal
from .locks import FolderInUse, owned

_UNFINISHED, _RESULT, _FIGURE = "unfinished.json", "result.json", "figure.png"
_PNG_BEGINS, _PNG_ENDS = b"\x89PNG\r\n\x1a\n", b"IEND\xae\x42\x60\x82"


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
        try:
            with owned(self.path, f"plastica run {self.experiment.name}"):
                self._check_places()
                yield
        except FolderInUse as error:
            raise FolderInUse(f"{error} with --out") from None
        finally:
            # a run that never began leaves no folder
            with suppress(OSError):
                self.path.rmdir()

    def _check_places(self) -> None:
        for name in (_UNFINISHED, _RESULT, _FIGURE, *(self.outcome(seed).name for seed in self.seeds[:1000])):
            place = self.path / name
            if place.exists() and not place.is_file():
                raise FileExistsError(f"'{place}' is in the way of a file: it is no regular file; move it away")

    # ---- what was stopped

    def unfinished(self) -> dict[str, Any] | None:
        """What a run that was stopped in this folder was: its kind, and its ``seeds``. None if there is none.

        Raises
        ------
        ValueError
            If the file that says so is damaged.
        """
        place = self.path / _UNFINISHED
        try:
            found = json.loads(place.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            found = None
        if not isinstance(found, dict) or not {*self.kind, "seeds", "done"} <= found.keys():
            raise ValueError(f"'{place}' is damaged; start again with --overwrite, or give another folder with --out")
        return found

    def difference(self, stopped: dict[str, Any]) -> str:
        """In which respect a stopped run is another than this one; empty if this one can go on with it."""
        different = [
            f"{name} = {stopped[name]!r}, not {value!r}" for name, value in self.kind.items() if stopped[name] != value
        ]
        missing = [seed for seed in stopped["seeds"] if seed not in self.seeds]
        if missing:
            different.append(f"seed {missing[0]}, too")
        return ", ".join(different)

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
        if self._done is None or seed not in self._done:
            return None
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
        if (self.path / _UNFINISHED).exists() or not self.has_result() or self._figure_is_missing():
            return None
        records = json.loads(self.result.read_bytes())["records"]
        return all(record["pass"] is not False for record in records)

    @property
    def result(self) -> Path:
        """Where the metrics of all seeds are."""
        return self.path / _RESULT

    @property
    def figure(self) -> Path:
        """Where the figure of the first seed is."""
        return self.path / _FIGURE

    def has_result(self) -> bool:
        """Whether the metrics of all seeds of this run are there and whole."""
        try:
            content = json.loads(self.result.read_text(encoding="utf-8"))
            seeds = {record["seed"] for record in content["records"] if isinstance(record["pass"], bool | None)}
            header = content["header"]
            wanted = {**self.kind, "seeds": list(self.seeds)}
            return seeds == {*self.seeds} and all(header[name] == value for name, value in wanted.items())
        except (OSError, ValueError, TypeError, KeyError):
            return False

    def _figure_is_missing(self) -> bool:
        if not can_draw():
            return False
        try:
            content = self.figure.read_bytes()
        except OSError:
            return True
        return not (content.startswith(_PNG_BEGINS) and content.endswith(_PNG_ENDS))

    def finish(self) -> None:
        """Ends the run: nothing of it is missing."""
        (self.path / _UNFINISHED).unlink()


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
        The file of the figure.

    Raises
    ------
    FileNotFoundError
        If there is no outcome.
    ValueError
        If the outcome is damaged, or one of another experiment.
    RuntimeError
        If another version of Plastica has stored the outcome, and this one cannot draw it.
    """
    place = folder / f"outcome-{_first_seed(folder) if seed is None else seed}.npz"
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
    figure = folder / _FIGURE
    with replacing(figure) as file:
        file.write(content.getbuffer())
    return figure


def _first_seed(folder: Path) -> int:
    """The first seed of the run whose result is there; without a result, the smallest one that has an outcome."""
    try:
        return int(json.loads((folder / _RESULT).read_text(encoding="utf-8"))["header"]["seeds"][0])
    except (OSError, ValueError, TypeError, LookupError):
        numbers = (path.stem.removeprefix("outcome-") for path in folder.glob("outcome-*.npz"))
        return min((int(number) for number in numbers if number.isdecimal()), default=1)
