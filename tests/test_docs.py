"""Pages agree with the repository: links lead somewhere, and what is generated is fresh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import parts
from plastica import experiments

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    return LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """Return the names that a page's headings have as link targets, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_named_in_code_marks_exists(page: Path) -> None:
    """A path such as `cpp/engine/step/interval.cpp`; one with a placeholder or made by a build is left alone."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"`((?:cpp|python|tests|docs|bench|examples|\.ci)/[\w./-]+)`", text)
    assert not [name for name in named if not (ROOT / name).exists()]


def test_the_index_leads_to_every_page() -> None:
    """From the index, or from a page that it leads to and that is called an index, too."""
    index = ROOT / "docs" / "index.md"
    reached, further = {index}, [index]
    while further:
        page = further.pop()
        found = {(page.parent / link.partition("#")[0]).resolve() for link in links(page)} - reached
        reached |= found
        further += [other for other in found if other.name == "index.md" and other.exists()]
    assert set((ROOT / "docs").rglob("*.md")) <= reached


def test_typed_parts_and_reference_pages_are_what_the_schemas_say(capsys: pytest.CaptureFixture[str]) -> None:
    from plastica import _generate

    stale = _generate.main(["--check", "--docs", str(ROOT / "docs"), "--package", str(ROOT / "python" / "plastica")])
    assert not stale, capsys.readouterr().out


README = (ROOT / "README.md").read_text(encoding="utf-8")
COUNTED = {
    "rules": (r"(\d+) \[rules\]\(docs/parts/rule\.md\)", lambda: parts.names("rule")),
    "controllers": (r"(\d+) \[laws\]\(docs/parts/controller\.md\)", lambda: parts.names("controller")),
    "laws of structure": (r"(\d+) \[laws\]\(docs/parts/structure\.md\)", lambda: parts.names("structure")),
    "experiments": (r"names the (\d+) published experiments", experiments.names),
}


@pytest.mark.parametrize("what", COUNTED)
def test_the_readme_counts_what_there_is(what: str) -> None:
    """Oracle: the lists of the native module, and the folder of experiments."""
    pattern, listed = COUNTED[what]
    assert [int(number) for number in re.findall(pattern, README)] == [len(list(listed()))]


def test_the_readme_names_every_membrane() -> None:
    """Oracle: the list of the native module."""
    assert [name for name in parts.names("membrane") if f"`{name}`" not in README] == []
