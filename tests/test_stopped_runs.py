"""Runs of experiments that are stopped, go on, lack something, or meet another run: nothing is lost, nothing made twice."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plastica as pl
from plastica import cli, experiments, journal
from plastica.experiments import above

DURATIONS = (30.0, 50.0)  # ms, of two runs


def network(context: experiments.Context) -> pl.Network:
    net = pl.Network(seed=context.seed, threads=context.threads, precision=context.precision)
    cells = net.population(30, pl.LIF(receptors={"in": pl.CurrentExp(tau=5)}))
    net.drive(cells, pl.PoissonInput(rate=2000), weight=60.0)
    net.connect(
        cells, cells, pl.AllToAll(), weight=pl.Uniform(0, 1), delay=1.5, plasticity=pl.STDP(w_max=1.0), name="learns"
    )
    net._chunk = 20
    return net


class Lab:
    """An experiment that takes no time, with a signal or something else in the middle of a run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.simulated: list[int] = []  # seeds
        self.trouble: Callable[[], None] | None = None  # in the second run of a network
        self.in_seed = 1
        self.wait = 0.0  # s, at the beginning
        real = experiments.load("stdp-window")
        replaced = {"simulate": self.simulate, "draw": self.draw}
        self.experiment = type(real)(**(vars(real) | replaced))
        monkeypatch.setattr(experiments, "load", lambda name: self.experiment)
        original = journal.Entries.note

        def note(entries: Any) -> None:
            original(entries)
            here = self.simulated[-1] == self.in_seed and entries._network().time > DURATIONS[0] + 20
            if self.trouble is not None and here:
                trouble, self.trouble = self.trouble, None
                trouble()

        monkeypatch.setattr(journal.Entries, "note", note)

    def simulate(self, context: experiments.Context) -> dict[str, Any]:
        self.simulated.append(context.seed)
        time.sleep(self.wait)
        net = network(context)
        for number, duration in enumerate(DURATIONS):
            net.run(duration)
            weights = net.projections["learns"].weights
            context.record(f"mean weight {number}", weights.mean(), above(0), provenance="test")
        context.record("not a number", np.nan, provenance="test")
        return {"weights": weights, ("time", 1): net.time}

    def draw(self, results: dict[Any, Any]) -> Any:
        from matplotlib.figure import Figure

        picture = Figure(figsize=(1, 1))
        picture.subplots().plot(results["weights"][:50])
        return picture


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    return Lab(monkeypatch)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Handlers of signals as a program finds them; and afterwards as they were."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    after = {number: signal.getsignal(number) for number in numbers[1:]}
    for number, handler in before.items():
        signal.signal(number, handler)
    assert after == {number: before[number] for number in numbers[1:]}


def run(folder: Path, *options: str) -> int:
    return cli.main(["run", "stdp-window", "--threads", "1", "--out", str(folder), *options])


def content(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "stdp-window" / "result.json").read_text(encoding="utf-8"))


def figure(folder: Path) -> bytes:
    return (folder / "stdp-window" / "figure.png").read_bytes()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "stdp-window").iterdir())


def command_in(text: str) -> list[str]:
    """The words of the command that goes on, as a shell takes them, without the program."""
    (line,) = (line for line in text.splitlines() if line.startswith("  ") and line.endswith("--resume"))
    words = shlex.split(line)
    assert words[0] == "plastica"
    return words[1:]


# ---- signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("every", ["60", "1e-9"])
def test_a_signal_saves_and_the_command_that_is_printed_goes_on(lab, tmp_path, capsys, number, every) -> None:
    """Oracle: the run in one piece; the wall time is that of both processes."""
    assert run(tmp_path / "whole") == 0
    folder = tmp_path / "it's here"
    lab.trouble = lambda: signal.raise_signal(number)
    options = ["--precision", "double", "--checkpoint-every", every, "--seeds", "2"]
    assert run(folder, *options) == 128 + number
    assert names(folder) == ["stopped-1", "unfinished.json"]
    said = capsys.readouterr().err
    assert f"stopped by {signal.Signals(number).name}" in said
    assert cli.main(command_in(said)) == 0
    steps = int(capsys.readouterr().out.partition(" steps were simulated before")[0].split()[-1])
    assert steps >= (200 if every == "60" else 500)
    whole, resumed = content(tmp_path / "whole"), content(folder)
    assert [one for one in resumed["records"] if one["seed"] == 1] == whole["records"]
    assert figure(folder) == figure(tmp_path / "whole")
    assert names(folder) == ["figure.png", "outcome-1.npz", "outcome-2.npz", "result.json"]


def test_the_wall_time_is_that_of_all_processes(lab, tmp_path, capsys) -> None:
    """Oracle: a tenth of a second is waited in each of three; time between them does not count."""
    lab.wait, began = 0.1, time.monotonic()
    for options in ([], ["--resume"]):
        lab.trouble = lambda: signal.raise_signal(signal.SIGTERM)
        assert run(tmp_path, *options) == 143
        time.sleep(0.1)
    assert run(tmp_path, "--resume") == 0
    assert 0.3 <= content(tmp_path)["header"]["wall_seconds"] <= time.monotonic() - began - 0.2


def test_signals_that_follow_the_first_one_do_not_keep_it_from_saving(lab, tmp_path, capsys, monkeypatch) -> None:
    """Oracle: the checkpoint is there. A terminal that is closed sends several."""
    original = pl.Network.put_state

    def put_state(net: pl.Network, path: Path) -> None:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGTERM)
        original(net, path)

    monkeypatch.setattr(pl.Network, "put_state", put_state)
    lab.trouble = lambda: signal.raise_signal(signal.SIGHUP)
    assert run(tmp_path) == 129
    assert list((tmp_path / "stdp-window" / "stopped-1").glob("*-part.plastica"))


def test_a_signal_that_is_ignored_stays_ignored(lab, tmp_path, capsys) -> None:
    """Oracle: the run ends well; nohup ignores SIGHUP."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        lab.trouble = lambda: signal.raise_signal(signal.SIGHUP)
        assert run(tmp_path) == 0
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_a_command_in_the_background_of_a_script_which_ignores_ctrl_c_can_be_stopped(lab, tmp_path, capsys) -> None:
    """Oracle: the exit status and the checkpoint."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lab.trouble = lambda: signal.raise_signal(signal.SIGTERM)
    assert run(tmp_path) == 143
    assert list((tmp_path / "stdp-window" / "stopped-1").glob("*-part.plastica"))


def test_an_interrupt_while_a_run_is_taken_from_the_journal_loses_nothing(lab, tmp_path, capsys, monkeypatch) -> None:
    """Oracle: the checkpoint before, byte for byte."""
    lab.trouble = lambda: signal.raise_signal(signal.SIGTERM)
    assert run(tmp_path) == 143
    (part,) = (tmp_path / "stdp-window" / "stopped-1").glob("*-part.plastica")
    before = part.read_bytes()

    def interrupted(*_: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pl.Network, "take_state", interrupted)
        # the first run was short and is simulated again
        assert run(tmp_path, "--resume") == 130
    assert part.read_bytes() == before


def test_a_damaged_checkpoint_of_a_stopped_run_costs_time_and_no_result(lab, tmp_path, capsys) -> None:
    """Oracle: the run in one piece."""
    assert run(tmp_path / "whole") == 0
    folder = tmp_path / "damaged"
    lab.trouble = lambda: signal.raise_signal(signal.SIGTERM)
    assert run(folder) == 143
    (part,) = (folder / "stdp-window" / "stopped-1").glob("*-part.plastica")
    part.write_bytes(part.read_bytes()[:-100])
    with pytest.warns(UserWarning, match="simulated again: cannot load"):
        assert run(folder, "--resume") == 0
    assert content(folder)["records"] == content(tmp_path / "whole")["records"]


# ---- a folder that holds a stopped run


@pytest.fixture
def stopped(lab, tmp_path, capsys) -> Path:
    """A folder with a run that was stopped in the second of three seeds."""
    folder = tmp_path / "stopped"

    lab.in_seed, lab.trouble = 2, lambda: signal.raise_signal(signal.SIGTERM)
    assert run(folder, "--seeds", "3") == 143
    assert names(folder) == ["outcome-1.npz", "stopped-2", "unfinished.json"]
    capsys.readouterr()
    lab.simulated.clear()
    return folder


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_seeds_that_have_finished_are_not_simulated_again(lab, stopped, tmp_path, capsys) -> None:
    """Oracle: the run in one piece, and which seeds are simulated."""
    assert run(stopped, "--seeds", "3", "--resume") == 0
    assert lab.simulated == [2, 3]
    assert run(tmp_path / "whole", "--seeds", "3") == 0
    assert content(stopped)["records"] == content(tmp_path / "whole")["records"]
    assert figure(stopped) == figure(tmp_path / "whole")


@pytest.mark.parametrize(
    "options", [["--seeds", "3"], [], ["--seed", "7"], ["--quick"], ["--seeds", "3", "--precision", "single"]]
)
def test_a_run_into_a_folder_with_a_stopped_one_is_refused_with_the_command_that_goes_on(
    lab, stopped, capsys, options
) -> None:
    """Oracle: the files, which stay; the command, which works."""
    before = files(stopped)
    for resume in [[]] if options == ["--seeds", "3"] else [[], ["--resume"]]:
        assert run(stopped, *options, *resume) == 1
        said = capsys.readouterr().err
        assert "holds a run that was stopped" in said
        assert "--overwrite" in said
        assert "--out" in said
        assert files(stopped) == before
        assert lab.simulated == []
    assert cli.main(command_in(said)) == 0
    assert lab.simulated == [2, 3]


def test_overwrite_starts_again(lab, stopped, capsys) -> None:
    """Oracle: what is simulated, and that nothing of the stopped run is left."""
    assert run(stopped, "--overwrite") == 0
    assert lab.simulated == [1]
    assert "simulated before" not in capsys.readouterr().out
    assert not {"stopped-2", "unfinished.json"} & set(names(stopped))


@pytest.mark.parametrize(
    ("answer", "status", "simulated"), [("g", 0, [2, 3]), ("s", 0, [1, 2, 3]), ("", 1, []), (EOFError(), 1, [])]
)
def test_on_a_terminal_a_run_asks_what_to_do_with_a_stopped_one(
    lab, stopped, capsys, monkeypatch, answer, status, simulated
) -> None:
    """Oracle: which seeds are simulated."""

    def answered(_: str) -> str:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    monkeypatch.setattr(cli, "_on_terminal", lambda: True)
    monkeypatch.setattr("builtins.input", answered)
    assert run(stopped, "--seeds", "3") == status
    assert lab.simulated == simulated


def test_on_a_terminal_another_run_cannot_go_on_with_a_stopped_one(lab, stopped, capsys, monkeypatch) -> None:
    """Oracle: the question, which leaves that answer out, and the answer, which is refused."""
    questions = []
    monkeypatch.setattr(cli, "_on_terminal", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: questions.append(question) or "g")
    assert run(stopped, "--quick") == 1
    assert "(g)" not in questions[0]
    assert lab.simulated == []


def test_a_damaged_note_of_a_stopped_run_is_named(lab, stopped, capsys) -> None:
    """Oracle: the message; the files stay until --overwrite."""
    (stopped / "stdp-window" / "unfinished.json").write_text('{"seeds": [1', encoding="utf-8")
    before = files(stopped)
    for options in ([], ["--resume"]):
        assert run(stopped, *options) == 1
        assert "unfinished.json' is damaged" in capsys.readouterr().err
        assert files(stopped) == before
    assert run(stopped, "--overwrite") == 0


# ---- what is missing


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [Path.unlink, cut_off, emptied])
@pytest.mark.parametrize(
    ("damaged", "simulated"),
    [
        (["figure.png"], []),
        (["result.json"], []),
        (["figure.png", "result.json"], []),
        (["outcome-1.npz", "figure.png"], [1]),
        (["outcome-2.npz", "result.json"], [2]),
    ],
)
def test_resuming_makes_what_is_missing_and_no_more(lab, tmp_path, capsys, damage, damaged, simulated) -> None:
    """Oracle: the files before."""
    assert run(tmp_path, "--seeds", "2") == 0
    before, drawn = content(tmp_path), figure(tmp_path)
    lab.simulated.clear()
    for name in damaged:
        damage(tmp_path / "stdp-window" / name)
    assert run(tmp_path, "--seeds", "2", "--resume") == 0
    assert content(tmp_path)["records"] == before["records"]
    assert figure(tmp_path) == drawn
    assert lab.simulated == simulated
    if not simulated:
        assert content(tmp_path)["header"] == before["header"]
    assert run(tmp_path, "--seeds", "2", "--resume") == 0
    assert lab.simulated == simulated
    assert "finished before" in capsys.readouterr().out


def test_more_seeds_are_added_to_a_finished_run(lab, tmp_path, capsys) -> None:
    """Oracle: which seeds are simulated."""
    assert run(tmp_path) == 0
    assert run(tmp_path, "--seeds", "3", "--resume") == 0
    assert lab.simulated == [1, 2, 3]


@pytest.mark.parametrize("options", [[], ["--seed", "2"]])
def test_a_figure_is_drawn_from_what_is_stored(lab, tmp_path, capsys, options) -> None:
    """Oracle: the figure of a run with that seed; nothing is simulated, and the figure of the first seed stays."""
    assert run(tmp_path / "other", *options) == 0
    assert run(tmp_path, "--seeds", "2") == 0
    lab.simulated.clear()
    drawn, place = figure(tmp_path), tmp_path / "stdp-window" / ("figure-2.png" if options else "figure.png")
    if not options:
        place.unlink()
    assert cli.main(["draw", "stdp-window", "--out", str(tmp_path), *options]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(place)
    assert place.read_bytes() == figure(tmp_path / "other")
    assert figure(tmp_path) == drawn
    assert lab.simulated == []


def test_a_figure_without_results_is_refused_with_the_remedy(lab, tmp_path, capsys) -> None:
    """Oracle: the message, and the command in it, after which there is a figure."""
    folder = tmp_path / "it's here"
    lab.experiment = type(lab.experiment)(**(vars(lab.experiment) | {"precision": "double"}))
    assert run(folder, "--precision", "single", "--seeds", "3", "--quick") == 0
    whole = content(folder)
    for seed, damage in (("1", cut_off), ("2", Path.unlink)):
        damage(folder / "stdp-window" / f"outcome-{seed}.npz")
        lab.simulated.clear()
        assert cli.main(["draw", "stdp-window", "--out", str(folder), "--seed", seed]) == 1
        said = capsys.readouterr().err
        assert f"outcome-{seed}.npz' is damaged" in said or "there is no file" in said
        assert ("outcomes of seeds 2 to 3;" if seed == "1" else "outcomes of seeds 1, 3;") in said
        assert cli.main(command_in(said)) == 0
        assert lab.simulated == [int(seed)]
        assert cli.main(["draw", "stdp-window", "--out", str(folder), "--seed", seed]) == 0
    assert content(folder) == whole


def test_results_that_cannot_be_stored_are_named_and_the_run_can_go_on(lab, tmp_path, capsys, monkeypatch) -> None:
    """Oracle: the message and the checkpoints."""
    simulate = lab.experiment.simulate
    results: list[Any] = [pl.Network()]
    changed = type(lab.experiment)(**(vars(lab.experiment) | {"simulate": lambda c: [simulate(c), *results]}))
    monkeypatch.setattr(experiments, "load", lambda name: changed)
    assert run(tmp_path, "--checkpoint-every", "1e-9") == 1
    said = capsys.readouterr().err
    assert "outcome.results[1] is a Network, which a file cannot hold" in said
    assert command_in(said)
    assert list((tmp_path / "stdp-window" / "stopped-1").glob("*-whole.plastica"))


# ---- found before the simulation


def test_another_run_into_the_same_folder_is_refused_at_once(lab, tmp_path, capsys) -> None:
    """Oracle: the message, the time, and the run that was there first."""
    code = (
        "import sys, pathlib\nfrom plastica.locks import owned\n"
        "with owned(pathlib.Path(sys.argv[1]), 'plastica run'):\n  print('owned', flush=True)\n  sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "stdp-window")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "owned\n"
        for options in ([], ["--resume"], ["--overwrite"]):
            assert run(tmp_path, *options) == 1
            said = capsys.readouterr().err
            assert f"in use by process {first.pid}" in said
            assert "another folder with --out" in said
        assert lab.simulated == []
        first.communicate("")
    assert run(tmp_path) == 0


def test_places_that_cannot_be_written_are_found_before_the_simulation(lab, tmp_path, capsys) -> None:
    """Oracle: nothing is simulated; the message names the place."""
    (tmp_path / "file").touch()
    assert run(tmp_path / "file") == 1
    assert "file" in capsys.readouterr().err
    for name in ("result.json", "figure.png", "outcome-1.npz"):
        (tmp_path / name / "stdp-window" / name).mkdir(parents=True)
        assert run(tmp_path / name) == 1
        assert f"{name}' is in the way" in capsys.readouterr().err
    assert lab.simulated == []


@pytest.mark.parametrize("options", [["--seed", str(2**64 - 1), "--seeds", "2"], ["--seeds", str(2**64)]])
def test_seeds_beyond_the_last_one_are_refused_before_the_first_one(lab, tmp_path, capsys, options) -> None:
    """Oracle: the message; nothing is simulated."""
    with pytest.raises(SystemExit) as error:
        run(tmp_path, *options)
    assert error.value.code == 2
    assert "below 2**64" in capsys.readouterr().err
    assert lab.simulated == []
    assert run(tmp_path, "--seed", str(2**64 - 1)) == 0


def plastica(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plastica.cli", *words]
    options = {"env": {**os.environ, "MPLBACKEND": "Agg", **options.pop("env", {})}, **options}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)


def test_a_matplotlib_that_cannot_draw_is_found_before_the_simulation(tmp_path) -> None:
    """Oracle: no line of a stage; the remedy."""
    for command in ("run", "draw"):
        done = plastica(command, "kesten", "--out", str(tmp_path), env={"MPLBACKEND": "nonsense"})
        assert done.returncode == 1
        assert done.stdout == ""
        assert "set MPLBACKEND=Agg instead of nonsense" in done.stderr
        assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_output_that_cannot_encode_a_letter_loses_the_letter_only(encoding) -> None:
    """Oracle: the names of all experiments."""
    code = "import sys; from plastica import cli; cli._list = lambda o: print('µ → é', *map(chr, [0xdc80])) or 0; sys.exit(cli.main(['list']))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("µ → é".encode(encoding, errors="backslashreplace"))


# ---- a pipe whose reader is gone


def test_a_reader_that_goes_is_no_error(tmp_path) -> None:
    """Oracle: nothing on the standard error but how a run goes on; the status of shells."""
    command = [sys.executable, "-m", "plastica.cli"]
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    cases: list[tuple[list[str], str]] = [
        (["list"], ""),
        (["run", "stdp-window", "--quick", "--out", str(tmp_path)], "nobody reads the output; go on with"),
    ]
    for words, expected in cases:
        with subprocess.Popen(
            [*command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            if words[0] == "run":
                process.stdout.readline()
            process.stdout.close()
            said = process.stderr.read()
            assert process.wait(60) == 141
        assert expected in said
        assert (said == "") == (expected == "")
        assert "Traceback" not in said
        assert "Exception" not in said
    assert "unfinished.json" in names(tmp_path)


def test_a_full_disk_of_the_output_is_an_error_in_words() -> None:
    """Oracle: the message."""
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "plastica.cli", "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "plastica: [Errno 28] No space left on device\n"


def test_a_real_signal_stops_a_real_experiment(tmp_path) -> None:
    """Oracle: the status, and the command that is printed, which a shell takes as it is."""
    folder = tmp_path / "it's $HOME"
    command = [sys.executable, "-m", "plastica.cli", "run", "vogels2011", "--quick", "--threads", "1", "--out", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.readline()
        time.sleep(1.0)
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()
        assert process.wait(60) == 143
    assert list(folder.glob("vogels2011/stopped-1/*.plastica"))
    line = said.splitlines()[-1].strip()
    shown = subprocess.run(
        ["sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert shown[:3] == [sys.executable, "-m", "plastica.cli"]
    assert shown[3:] == ["run", "vogels2011", "--threads", "1", "--out", str(folder), "--quick", "--resume"]
    shutil.rmtree(folder)
