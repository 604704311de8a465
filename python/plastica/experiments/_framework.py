"""What experiments share: their context, criteria, records and the files they leave behind."""

from __future__ import annotations

import io
import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from plastica.errors import UnknownName
from plastica.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Precision = Literal["single", "double"]

NO_MATPLOTLIB = "the figure needs matplotlib: pip install 'plastica[plot]'"


@dataclass(frozen=True)
class Criterion:
    """What a metric must be. NaN and infinity never meet a criterion."""

    text: str
    low: float = -math.inf
    high: float = math.inf

    def __call__(self, value: float) -> bool:
        return math.isfinite(value) and self.low <= value <= self.high


def between(low: float, high: float) -> Criterion:
    """The value must be at least `low` and at most `high`."""
    return Criterion(f"{low:g} to {high:g}", low, high)


def below(high: float) -> Criterion:
    """The value must be smaller than `high`."""
    return Criterion(f"< {high:g}", high=math.nextafter(high, -math.inf))


def above(low: float) -> Criterion:
    """The value must be greater than `low`."""
    return Criterion(f"> {low:g}", low=math.nextafter(low, math.inf))


@dataclass(frozen=True)
class Record:
    """One metric of one run; without a criterion it is reported and not judged."""

    metric: str
    value: float
    unit: str
    criterion: Criterion | None
    provenance: str
    compression: str

    @property
    def passed(self) -> bool | None:
        """Whether the criterion is met; None without one."""
        return None if self.criterion is None else self.criterion(self.value)


@dataclass
class Context:
    """What an experiment is given, and where it puts its metrics.

    Attributes
    ----------
    seed : int
        Seed of the network, and of everything else that is drawn.
    threads : int or None
        Number of threads; None: all cores.
    quick : bool
        Whether to simulate less biological time on the same code path; `compression` then says what was shortened.
    precision : {"single", "double"}
        Precision of the network.
    compression : str
        How biological time was compressed, for the records that follow.
    """

    seed: int = 1
    threads: int | None = None
    quick: bool = False
    precision: Precision = "single"
    compression: str = "none"
    say: Callable[[str], None] = lambda text: None
    records: list[Record] = field(default_factory=list)

    def record(
        self, metric: str, value: float, criterion: Criterion | None = None, *, unit: str = "", provenance: str
    ) -> None:
        """Reports a metric.

        Parameters
        ----------
        metric : str
            What was measured, in a few words; each name once.
        value : float
            The number.
        criterion : Criterion, optional
            What it must be, such as ``between(0.9, 1.1)``; None: it is reported and not judged.
        unit : str
            The unit of the value.
        provenance : str
            Where the criterion comes from, and how the number was measured.
        """
        if any(known.metric == metric for known in self.records):
            raise ValueError(f"the metric {metric!r} is recorded twice")
        self.records.append(Record(metric, float(value), unit, criterion, provenance, self.compression))

    def stage(self, text: str) -> None:
        """Says what happens next."""
        self.say(text)


@dataclass(frozen=True)
class Outcome:
    """What one run of an experiment with one seed has left."""

    seed: int
    records: list[Record]
    results: Any
    seconds: float


@dataclass(frozen=True)
class Experiment:
    """An experiment of this folder."""

    name: str
    sentence: str
    description: str
    science: tuple[str, ...]
    precision: Precision
    simulate: Callable[[Context], Any]
    draw: Callable[[Any], Figure]

    def run(
        self,
        seed: int = 1,
        *,
        threads: int | None = None,
        quick: bool = False,
        precision: Precision | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> Outcome:
        """Runs it with one seed.

        Parameters
        ----------
        seed : int
            The seed.
        threads : int, optional
            Number of threads; None: all cores.
        quick : bool
            Whether to simulate less biological time.
        precision : {"single", "double"}, optional
            None: the one the experiment asks for.
        say : callable
            Called with a line for each stage.

        Returns
        -------
        Outcome
        """
        context = Context(seed, threads, quick, precision or self.precision, say=say)
        started = perf_counter()
        results = self.simulate(context)
        return Outcome(seed, context.records, results, perf_counter() - started)

    def figure(self, results: Any) -> Figure:
        """The figure of a run's results.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        if not can_draw():
            raise ImportError(NO_MATPLOTLIB)
        import matplotlib as mpl

        from ._style import STYLE

        with mpl.rc_context(STYLE):
            return self.draw(results)


def can_draw() -> bool:
    """Whether matplotlib is installed."""
    try:
        import matplotlib as mpl
    except ImportError:
        return False
    return bool(mpl)


def check_drawing() -> None:
    """Draws a small figure, so that what is wrong with matplotlib is found before an experiment runs.

    Raises
    ------
    RuntimeError
        If matplotlib is installed and cannot draw; the message has its reason.
    """
    try:
        if not can_draw():
            return
        import matplotlib as mpl
        from matplotlib.figure import Figure

        from ._style import STYLE

        with mpl.rc_context(STYLE):
            picture = Figure(figsize=(1, 1))
            picture.subplots().set_title("a")
            picture.savefig(io.BytesIO(), format="png")
    except Exception as error:
        raise RuntimeError(f"matplotlib cannot draw figures: {_in_one_line(error)}{_remedy(error)}") from error


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _remedy(error: Exception) -> str:
    """What helps a matplotlib that cannot draw; the reason alone where only the user can know."""
    backend = os.environ.get("MPLBACKEND")
    if backend and backend in str(error):
        return f"; set MPLBACKEND=Agg instead of {backend}"
    if isinstance(error, ImportError):
        return "; install it anew"
    try:
        from matplotlib import matplotlib_fname

        return f"; its settings are in '{matplotlib_fname()}'"
    # the settings may be what matplotlib cannot read
    except Exception:
        return ""


def names() -> list[str]:
    """Names of all experiments, as the command line knows them."""
    modules = (module.name for module in iter_modules([str(Path(__file__).parent)]))
    return sorted(name.replace("_", "-") for name in modules if not name.startswith("_"))


def load(name: str) -> Experiment:
    """The experiment of this name.

    Raises
    ------
    UnknownName
        If there is none; the message has the nearest names.
    """
    known = names()
    wanted = name.replace("_", "-")
    if wanted not in known:
        raise UnknownName(f"there is no experiment {name!r}; {_nearest(wanted, known)}")
    module = import_module(f".{wanted.replace('-', '_')}", __package__)
    description = (module.__doc__ or "").strip()
    return Experiment(
        name=wanted,
        sentence=description.splitlines()[0],
        description=description,
        science=tuple(module.SCIENCE),
        precision=getattr(module, "PRECISION", "single"),
        simulate=module.run,
        draw=module.figure,
    )


def _nearest(wanted: str, known: list[str]) -> str:
    """The names that are spelt most like a wanted one, and the ones that it is a part of."""
    word = wanted.lower()
    parts = [name for name in known if len(word) > 2 and word in name]
    alike = get_close_matches(word, known, n=3)
    near = list(dict.fromkeys([*alike, *parts]))[:3]
    if not near:
        return "`plastica list` shows those that there are"
    return f"did you mean {' or '.join(repr(name) for name in near)}? `plastica list` shows all"


def save(experiment: Experiment, outcomes: Iterable[Outcome], header: Mapping[str, Any], folder: Path) -> Path:
    """Writes ``result.json``: a header, and one record for each metric and seed.

    Parameters
    ----------
    experiment : Experiment
        What was run.
    outcomes : iterable of Outcome
        One for each seed.
    header : mapping
        Facts about the machine and the run.
    folder : Path
        Where to; it is made if need be.

    Returns
    -------
    Path
        The file.
    """
    records = [
        {
            "experiment": experiment.name,
            "seed": outcome.seed,
            "compression": record.compression,
            "metric": record.metric,
            "value": record.value if math.isfinite(record.value) else None,
            "unit": record.unit,
            "criterion": record.criterion.text if record.criterion else None,
            "pass": record.passed,
            "provenance": record.provenance,
        }
        for outcome in outcomes
        for record in outcome.records
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "result.json"
    content = {"header": dict(header), "records": records}
    with replacing(path) as file:
        file.write((json.dumps(content, indent=2, allow_nan=False) + "\n").encode())
    return path
