"""What `plastica run` and `plastica draw` say and leave: real signals, wrong words, files that are missing or damaged."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import plastica as pl
from plastica import cli, experiments, journal
from plastica.experiments import above, below

NAME = "stdp-window"
ENVIRONMENT = {**os.environ, "MPLBACKEND": "Agg"}
SIMULATED: list[int] = []


def simulate(context: experiments.Context) -> dict[str, Any]:
    """One run of 500 steps in chunks of 20. Seed 3 fails a criterion."""
    SIMULATED.append(context.seed)
    net = pl.Network(seed=context.seed, threads=context.threads, precision=context.precision)
    cells = net.population(30, pl.LIF(receptors={"in": pl.CurrentExp(tau=5)}))
    net.drive(cells, pl.PoissonInput(rate=2000), weight=60.0)
    spikes = net.record(cells, "spikes")
    net._chunk = 20
    context.stage("begins")
    net.run(50.0)
    context.record("spikes", float(spikes.times.size), above(0), provenance="test")
    context.record("seed", float(context.seed), below(3), provenance="test")
    return {"seed": context.seed, "times": np.asarray(spikes.times)}


def draw(results: dict[str, Any]) -> Any:
    from matplotlib.figure import Figure

    picture = Figure(figsize=(1, 1))
    picture.subplots().plot(results["times"], np.full(results["times"].shape, results["seed"]))
    return picture


def stand_in() -> experiments.Experiment:
    real = experiments.load(NAME)
    return type(real)(**(vars(real) | {"simulate": simulate, "draw": draw}))


def slow_main(seconds: float) -> int:
    """The command in a process of its own; each of 25 chunks of a run takes so long."""
    own, note = stand_in(), journal.Entries.note

    def slow(entries: journal.Entries) -> None:
        note(entries)
        entries._network()._chunk = 20  # type: ignore[misc, union-attr]
        time.sleep(seconds)

    journal.Entries.note = slow  # type: ignore[method-assign]
    experiments.load = lambda name: own
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return cli.main(sys.argv[1:])


def command_of_its_own(seconds: float, *words: str) -> list[str]:
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_command_line as t"
    return [sys.executable, "-c", f"{code}; sys.exit(t.slow_main({seconds}))", *words]


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "Agg")
    own = stand_in()
    monkeypatch.setattr(experiments, "load", lambda name: own)
    SIMULATED.clear()


def run(folder: Path, *options: str) -> int:
    return cli.main(["run", NAME, "--threads", "1", "--out", str(folder), *options])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / NAME).iterdir())


def result(folder: Path) -> dict[str, Any]:
    return json.loads((folder / NAME / "result.json").read_text(encoding="utf-8"))


def command_in(text: str) -> list[str]:
    """The words of the command in a message, as a shell takes them, without the program."""
    (line,) = (line for line in text.splitlines() if line.startswith("  ") and line.endswith("--resume"))
    return shlex.split(line)[1:]


# ---- a signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_within_a_run_saves_the_run_long_before_the_next_checkpoint(lab, tmp_path, capsys, number) -> None:
    """Oracle: the steps that the second process need not simulate, and the result of a run in one piece."""
    words = command_of_its_own(0.1, "run", NAME, "--threads", "1", "--out", str(tmp_path))
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if "begins" in line:
                break
        time.sleep(1.0)
        process.send_signal(number)
        said = process.stderr.read()
        assert process.wait(60) == 128 + number, said
    assert list((tmp_path / NAME / "stopped-1").glob("*-part.plastica"))
    assert run(tmp_path, "--resume") == 0
    before = re.search(r"(\d+) steps were simulated before", capsys.readouterr().out)
    assert before is not None
    assert 0 < int(before[1]) < 500
    assert run(tmp_path / "whole") == 0
    assert result(tmp_path)["records"] == result(tmp_path / "whole")["records"]


# ---- wrong words


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threads", "2000"], "--threads = 2000 must be at least 1 and at most 1024"),
        (["--threads", "1e3"], "'1e3' is not a whole number"),
        (["--threads", "0"], "0 must be at least 1"),
        (["--seed", "1e3"], "'1e3' is not a whole number"),
        (["--seed", ""], "'' is not a whole number"),
        (["--seeds", "two"], "'two' is not a whole number"),
        (["--checkpoint-every", "soon"], "'soon' is not a number of seconds"),
        (["--checkpoint-every", "nan"], "nan must be above 0"),
        (["--out", ""], "the name of a folder is empty"),
    ],
)
def test_a_wrong_argument_is_refused_in_words_and_leaves_nothing(
    lab, tmp_path, capsys, monkeypatch, options, message
) -> None:
    """Oracle: the message; nothing is simulated, and there is no folder."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as error:
        cli.main(["run", NAME, "--out", "not/there", *options])
    assert error.value.code == 2
    assert message in capsys.readouterr().err
    assert SIMULATED == []
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [["--seed", "1e3"], ["--out", ""]])
def test_draw_refuses_a_wrong_argument_in_words(lab, capsys, words) -> None:
    """Oracle: the message has no name of a function."""
    with pytest.raises(SystemExit):
        cli.main(["draw", NAME, *words])
    said = capsys.readouterr().err
    assert "is not a whole number" in said or "is empty" in said
    assert "_natural" not in said


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("tsodyks", ["tsodyks-markram"]),
        ("vogels", ["vogels2011", "vogels2011-feedforward"]),
        ("song200", ["song2000"]),
        ("Kesten", ["kesten"]),
        ("qqqq", []),
        ("", []),
    ],
)
def test_a_misspelt_experiment_is_answered_in_one_line(tmp_path, capsys, name, near) -> None:
    """Oracle: the names that are near, and nothing else."""
    assert cli.main(["run", name, "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert len(said) < 200
    assert "; (" not in said
    assert "`plastica list` shows" in said
    quoted = re.findall(r"'([^']*)'", said)[1:]
    assert set(near) <= set(quoted)
    assert bool(near) == bool(quoted)


# ---- what finished


def same_files(folder: Path, before: dict[str, bytes]) -> bool:
    return {name: (folder / NAME / name).read_bytes() for name in names(folder)} == before


@pytest.mark.parametrize("options", [["--seeds", "1"], ["--seed", "2"], ["--seed", "2", "--seeds", "2"]])
def test_a_part_of_a_finished_run_is_finished(lab, tmp_path, capsys, options) -> None:
    """Oracle: the files, which stay; seed 3, which fails a criterion, counts where it is asked for only."""
    assert run(tmp_path, "--seeds", "3") == 0
    before = {name: (tmp_path / NAME / name).read_bytes() for name in names(tmp_path)}
    SIMULATED.clear()
    assert run(tmp_path, *options, "--resume", "--strict") == (1 if options[-2:] == ["--seeds", "2"] else 0)
    assert "finished before" in capsys.readouterr().out
    assert SIMULATED == []
    assert same_files(tmp_path, before)


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:200])])
@pytest.mark.parametrize(("options", "made"), [(["--seeds", "3"], [2]), (["--seed", "2"], [2]), (["--seeds", "1"], [])])
def test_an_outcome_of_a_finished_run_that_is_missing_or_damaged_is_made(
    lab, tmp_path, capsys, damage, options, made
) -> None:
    """Oracle: the run before; whoever asks for other seeds does not wait for it."""
    assert run(tmp_path, "--seeds", "3") == 0
    before, outcome = result(tmp_path), tmp_path / NAME / "outcome-2.npz"
    with np.load(outcome) as file:
        arrays = {name: file[name] for name in file.files if name.endswith("npy") or "arrays" in name}
    SIMULATED.clear()
    damage(outcome)
    assert run(tmp_path, *options, "--resume") == 0
    assert ("\n  finished before" in capsys.readouterr().out) == (not made)
    assert made == SIMULATED
    assert result(tmp_path) == before
    if made:
        with np.load(outcome) as file:
            assert all((file[name] == array).all() for name, array in arrays.items())


@pytest.mark.parametrize(
    ("options", "seeds"), [(["--seed", "5"], [1, 2, 5]), (["--seed", "2", "--seeds", "2"], [1, 2, 3])]
)
def test_resuming_adds_seeds_and_keeps_those_that_are_there(lab, tmp_path, capsys, options, seeds) -> None:
    """Oracle: the records of each seed alone."""
    assert run(tmp_path, "--seeds", "2") == 0
    figure = (tmp_path / NAME / "figure.png").read_bytes()
    assert run(tmp_path, *options, "--resume") == 0
    assert result(tmp_path)["header"]["seeds"] == seeds
    alone = [record for seed in seeds for record in records_of(seed, tmp_path / f"alone-{seed}")]
    assert result(tmp_path)["records"] == alone
    assert (tmp_path / NAME / "figure.png").read_bytes() == figure
    assert len(SIMULATED) == 3 + len(seeds)


def records_of(seed: int, folder: Path) -> list[dict[str, Any]]:
    assert run(folder, "--seed", str(seed)) == 0
    return list(result(folder)["records"])


def test_a_seed_whose_outcome_is_gone_is_left_out_of_a_new_result_in_words(lab, tmp_path, capsys) -> None:
    """Oracle: the message; the seeds that are left."""
    assert run(tmp_path, "--seeds", "2") == 0
    (tmp_path / NAME / "outcome-1.npz").unlink()
    assert run(tmp_path, "--seed", "3", "--resume") == 0
    assert "seed 1 is left out" in capsys.readouterr().out
    assert result(tmp_path)["header"]["seeds"] == [2, 3]


def zeros(content: bytearray) -> None:
    content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)


def one_bit(content: bytearray) -> None:
    content[-20] ^= 1


def nothing_between(content: bytearray) -> None:
    del content[60:-12]


def more(content: bytearray) -> None:
    content += b"more"


@pytest.mark.parametrize("damage", [zeros, one_bit, nothing_between, more])
def test_a_figure_that_is_damaged_anywhere_is_drawn_again(lab, tmp_path, capsys, damage: Callable) -> None:
    """Oracle: the figure before."""
    assert run(tmp_path) == 0
    place = tmp_path / NAME / "figure.png"
    before, content = place.read_bytes(), bytearray(place.read_bytes())
    damage(content)
    place.write_bytes(content)
    SIMULATED.clear()
    assert run(tmp_path, "--resume") == 0
    assert place.read_bytes() == before
    assert SIMULATED == []
    assert run(tmp_path, "--resume") == 0
    assert "finished before" in capsys.readouterr().out


def test_a_figure_of_chunks_that_are_whole_is_whole(tmp_path) -> None:
    """Oracle: chunks that are put together here, with the checksum that PNG prescribes."""
    from plastica.run_folder import _is_whole_png

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    whole = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)) + chunk(b"IDAT", b"abc") + chunk(b"IEND", b"")
    assert _is_whole_png(whole)
    assert not any(_is_whole_png(whole[:length]) for length in range(len(whole)))
    for place in range(len(whole)):
        assert not _is_whole_png(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])


# ---- notes and checkpoints


def note(**changed: Any) -> dict[str, Any]:
    version = pl._native.info()["version"]
    about = {"experiment": NAME, "quick": False, "precision": "single", "plastica": version, "seeds": [1], "done": []}
    return {**about, **changed}


@pytest.mark.parametrize(
    "content",
    [
        *(note(seeds=one) for one in (3, [], None, "1", ["1"], [1.0], [True], [-1], [2**64], [1, 3], {}, [[1]])),
        *(note(done=one) for one in (3, None, ["1"], {})),
        *(note(quick=one) for one in (1, "no", None)),
        *(note(precision=one) for one in ("half", None, [])),
        *(note(experiment=one) for one in (None, 3, [])),
        *(note(plastica=one) for one in (None, 0.1)),
        [],
        "text",
        None,
    ],
    ids=json.dumps,
)
def test_a_note_of_wrong_types_is_damaged_in_words(lab, tmp_path, capsys, content) -> None:
    """Oracle: the message with its remedy, which works."""
    place = tmp_path / NAME / "unfinished.json"
    place.parent.mkdir()
    place.write_text(json.dumps(content), encoding="utf-8")
    for options in ([], ["--resume"]):
        assert run(tmp_path, *options) == 1
        assert f"'{place}' is damaged; start again with --overwrite" in capsys.readouterr().err
    assert SIMULATED == []


@pytest.mark.parametrize("text", [b"[" * 100_000, b"\xff\xfe", b"", b"1" * 5000, b'{"a":' * 50_000])
def test_a_note_that_is_no_json_is_damaged_in_words(lab, tmp_path, capsys, text) -> None:
    """Oracle: the message; --overwrite starts again."""
    place = tmp_path / NAME / "unfinished.json"
    place.parent.mkdir()
    place.write_bytes(text)
    assert run(tmp_path, "--resume") == 1
    assert f"'{place}' is damaged" in capsys.readouterr().err
    place.rename(tmp_path / NAME / "result.json")
    assert run(tmp_path, "--resume") == 0
    (tmp_path / NAME / "result.json").rename(place)
    assert run(tmp_path, "--overwrite") == 0


def stopped(folder: Path, *options: str) -> None:
    """A folder with a run of seeds 1 and 2, the first of which has finished."""
    with pytest.MonkeyPatch.context() as patch:
        original = journal.Entries.note

        def stop(entries: Any) -> None:
            original(entries)
            if SIMULATED[-1] == 2 and entries._network().time > 20:
                signal.raise_signal(signal.SIGTERM)

        patch.setattr(journal.Entries, "note", stop)
        assert run(folder, "--seeds", "2", *options) == 143
    SIMULATED.clear()


def removed(title: Path) -> None:
    title.unlink()


def a_fifo(title: Path) -> None:
    title.unlink()
    os.mkfifo(title)


def a_folder(title: Path) -> None:
    title.unlink()
    title.mkdir()


def a_list(title: Path) -> None:
    title.write_text("[1]", encoding="utf-8")


@pytest.mark.parametrize("damage", [removed, a_fifo, a_folder, a_list])
def test_a_title_of_checkpoints_that_is_no_file_is_named_and_they_stay(lab, tmp_path, capsys, damage: Callable) -> None:
    """Oracle: the checkpoint, byte for byte; nothing is simulated until --overwrite."""
    stopped(tmp_path)
    (part,) = (tmp_path / NAME / "stopped-2").glob("*-part.plastica")
    before, title = part.read_bytes(), part.parent / "journal.json"
    damage(title)
    capsys.readouterr()
    assert run(tmp_path, "--seeds", "2", "--resume") == 1
    said = capsys.readouterr().err
    assert f"'{title}' is damaged; start again with --overwrite" in said
    assert "go on with" not in said
    assert part.read_bytes() == before
    assert SIMULATED == []
    assert run(tmp_path, "--seeds", "2", "--overwrite") == 0


def test_a_checkpoint_that_is_no_file_is_reported(lab, tmp_path) -> None:
    """Oracle: the warning."""
    stopped(tmp_path)
    (part,) = (tmp_path / NAME / "stopped-2").glob("*-part.plastica")
    part.unlink()
    os.mkfifo(part)
    with pytest.warns(UserWarning, match="simulated again: .*it is a FIFO"):
        run(tmp_path, "--seeds", "2", "--resume")


def test_a_warning_of_an_experiment_is_one_line(lab, tmp_path) -> None:
    """Oracle: the standard error, line by line; Python's own form of warnings comes back."""
    before = warnings.formatwarning
    stopped(tmp_path)
    assert warnings.formatwarning is before
    (part,) = (tmp_path / NAME / "stopped-2").glob("*-part.plastica")
    part.write_bytes(part.read_bytes()[:-100])
    words = command_of_its_own(0.0, "run", NAME, "--threads", "1", "--out", str(tmp_path), "--seeds", "2", "--resume")
    done = subprocess.run(words, capture_output=True, text=True, env=ENVIRONMENT, timeout=120, check=True)
    (line,) = done.stderr.splitlines()
    assert line.startswith("plastica: this run is simulated again: cannot load")


# ---- another run in the folder


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "seeds 1 to 2, where seed 1 was asked for"),
        (["--seed", "7", "--seeds", "3"], "seeds 1 to 2, where seeds 7 to 9 were asked for"),
        (["--quick", "--seeds", "2"], "quick = False, not True"),
    ],
)
def test_another_run_is_told_from_the_stopped_one_in_words(lab, tmp_path, capsys, options, message) -> None:
    """Oracle: the message, with both sets of seeds, and the command that goes on."""
    stopped(tmp_path)
    capsys.readouterr()
    assert run(tmp_path, *options, "--resume") == 1
    said = capsys.readouterr().err
    assert f"holds a run that was stopped, with {message}" in said
    assert ", too" not in said
    assert cli.main(command_in(said)) == 0
    assert SIMULATED == [2]


@pytest.mark.parametrize("changed", [{"plastica": "0.0.1"}, {"experiment": "kesten"}])
def test_a_run_that_no_command_goes_on_with_is_offered_none(lab, tmp_path, capsys, changed) -> None:
    """Oracle: the remedies, of which each works."""
    stopped(tmp_path)
    place = tmp_path / NAME / "unfinished.json"
    place.write_text(json.dumps(note(seeds=[1, 2], **changed)), encoding="utf-8")
    capsys.readouterr()
    assert run(tmp_path, "--seeds", "2", "--resume") == 1
    said = capsys.readouterr().err
    assert "--overwrite" in said
    assert not re.search(r"^  .*--resume$", said, re.MULTILINE)
    assert run(tmp_path, "--seeds", "2", "--overwrite") == 0


# ---- figures


def test_draw_says_that_a_stopped_run_can_go_on(lab, tmp_path, capsys) -> None:
    """Oracle: the command, which works; the seed that has finished is drawn."""
    folder = tmp_path / "it's here"
    stopped(folder, "--precision", "double")
    assert cli.main(["draw", NAME, "--out", str(folder)]) == 0
    capsys.readouterr()
    assert cli.main(["draw", NAME, "--out", str(folder), "--seed", "2"]) == 1
    said = capsys.readouterr().err
    assert "the run was stopped; go on with it by" in said
    assert cli.main(command_in(said)) == 0
    assert SIMULATED == [2]


def test_draw_all_of_a_folder_without_results_says_so(lab, tmp_path, capsys, monkeypatch) -> None:
    """Oracle: the message and the status."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["draw", "--all", "--out", "nowhere"]) == 1
    assert capsys.readouterr().err == "plastica: no results in 'nowhere'\n"
    assert not list(tmp_path.iterdir())


def test_draw_names_the_command_for_a_folder_without_results(lab, tmp_path, capsys) -> None:
    """Oracle: the command, after which there is a figure."""
    folder = tmp_path / "it's $here"
    assert cli.main(["draw", NAME, "--out", str(folder), "--seed", "4"]) == 1
    assert cli.main(command_in(capsys.readouterr().err)) == 0
    assert SIMULATED == [4]
    assert cli.main(["draw", NAME, "--out", str(folder), "--seed", "4"]) == 0
    assert names(folder) == ["figure.png", "outcome-4.npz", "result.json"]


@pytest.mark.skipif(shutil.which("latex") is not None, reason="there is a LaTeX that matplotlib finds")
@pytest.mark.parametrize("backend", [None, "Agg"])
def test_a_missing_latex_keeps_its_reason(tmp_path, backend) -> None:
    """Oracle: the message; nothing is left behind."""
    settings = tmp_path / "settings"
    settings.mkdir()
    (settings / "matplotlibrc").write_text("text.usetex: True\n", encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    environment |= {"MPLCONFIGDIR": str(settings), **({"MPLBACKEND": backend} if backend else {})}
    words = [sys.executable, "-m", "plastica.cli", "run", NAME, "--quick", "--out", str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.returncode == 1
    assert "latex could not be found" in done.stderr
    assert f"its settings are in '{settings / 'matplotlibrc'}'" in done.stderr
    assert "anew" not in done.stderr
    assert "MPLBACKEND" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_settings_that_matplotlib_cannot_read_keep_their_reason(tmp_path) -> None:
    """Oracle: the message, which names what is wrong; nothing is left behind."""
    (tmp_path / "matplotlibrc").write_bytes(b"\xff\xfe")
    words = [sys.executable, "-m", "plastica.cli", "run", NAME, "--quick", "--out", str(tmp_path / "out")]
    environment = {**ENVIRONMENT, "MPLCONFIGDIR": str(tmp_path)}
    done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert done.returncode == 1
    assert "matplotlib cannot draw figures: 'utf-8' codec can't decode byte 0xff" in done.stderr
    assert "anew" not in done.stderr
    assert "MPLBACKEND" not in done.stderr
    assert not (tmp_path / "out").exists()
