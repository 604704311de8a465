"""Every test file is known to be about the engine, or not: what nobody has sorted would not run under AddressSanitizer."""

from __future__ import annotations

import engine_tests
from engine_tests import ENGINE, PYTHON


def test_every_test_file_stands_in_one_of_the_two_lists() -> None:
    """Oracle: the files that there are."""
    there = {engine_tests.entry_of(path) for path in engine_tests.HERE.rglob("test_*.py")}
    assert there == ENGINE | PYTHON
    assert not ENGINE & PYTHON


def test_the_marker_is_on_the_tests_of_the_first_list(request) -> None:
    """Oracle: the lists, for all tests that have been collected in this run."""
    for item in request.session.items:
        assert (item.get_closest_marker("engine") is not None) == (engine_tests.entry_of(item.path) in ENGINE), item
