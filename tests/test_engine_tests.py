"""Every test file is known to be about the engine, or not: what nobody has sorted would not run under AddressSanitizer."""

from __future__ import annotations

from engine_tests import ENGINE, HERE, OTHERS, entries_of


def test_every_test_file_stands_in_one_of_the_two_lists() -> None:
    """Oracle: the files that there are."""
    files = sorted(HERE.rglob("test_*.py"))
    assert [file for file in files if len(entries_of(file) & ENGINE) + len(entries_of(file) & OTHERS) != 1] == []
    assert (ENGINE | OTHERS) - set().union(*map(entries_of, files)) == set()


def test_the_marker_is_on_the_tests_of_the_first_list(request) -> None:
    """Oracle: the lists, for all tests that have been collected in this run."""
    for item in request.session.items:
        assert (item.get_closest_marker("engine") is not None) == bool(entries_of(item.path) & ENGINE), item
