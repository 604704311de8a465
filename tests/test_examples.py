"""Examples do what they show: the scripts, the README, and every block of the docs that is marked to run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```python( run| on)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, *, only_marked: bool) -> list[str]:
    """Return the Python code of a page; in docs, the blocks that begin with ```python run, and "on" from there."""
    found: list[str] = []
    for marked, code in BLOCK.findall(page.read_text(encoding="utf-8")):
        if marked == " on":
            found[-1] += code
        elif marked or not only_marked:
            found.append(code)
    return found


def documented() -> list[object]:
    pages = [(ROOT / "README.md", False), *((page, True) for page in sorted((ROOT / "docs").rglob("*.md")))]
    return [
        pytest.param(code, id=f"{page.relative_to(ROOT)}-{i}")
        for page, only_marked in pages
        for i, code in enumerate(blocks(page, only_marked=only_marked))
    ]


def run(arguments: list[str], folder: Path) -> str:
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_is_something_to_run() -> None:
    assert blocks(ROOT / "README.md", only_marked=False)
    assert list((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("script", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_the_example_runs_and_says_something(script: Path, tmp_path: Path) -> None:
    assert run([str(script)], tmp_path).strip()


@pytest.mark.parametrize("code", documented())
def test_the_code_of_a_page_runs_as_it_stands(code: str, tmp_path: Path) -> None:
    run(["-c", code], tmp_path)


def test_the_stdp_example_prints_the_window_of_its_closed_form(tmp_path: Path) -> None:
    rows = run([str(ROOT / "examples" / "stdp_pair.py")], tmp_path).splitlines()[1:]
    assert len(rows) == 8
    for row in rows:
        _, measured, expected = map(float, row.split())
        assert measured == pytest.approx(expected, abs=2e-6)
