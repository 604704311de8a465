"""What all tests share: the profiles of hypothesis, and a first line that says what is being tested."""

from __future__ import annotations

import importlib.util
import os

import hypothesis
import pytest

# Networks start no more threads than there are cores. Tests with 3 and 5 threads are about several threads, on any machine.
os.environ.setdefault("PLASTICA_WORKERS", "8")

# CI draws the same examples every time, so that a failure there can be repeated anywhere.
hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "default")


def pytest_report_header() -> str:
    if importlib.util.find_spec("plastica") is None:
        return "plastica: not installed"
    from plastica import _native

    info = _native.info()
    build = os.environ.get("PLASTICA_SANITIZER", "no sanitizer")
    parallel = "OpenMP" if info["openmp"] else "std::thread"
    return f"plastica: {info['version']}, {info['isa']}, {info['cores']} cores, {parallel}, {info['compiler']}, {build}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under a sanitizer every example costs ten times as much: PLASTICA_HYPOTHESIS_EXAMPLES bounds their number."""
    limit = int(os.environ.get("PLASTICA_HYPOTHESIS_EXAMPLES", "0"))
    if not limit:
        return
    for item in items:
        test = getattr(getattr(item, "obj", None), "__func__", getattr(item, "obj", None))
        chosen = getattr(test, "_hypothesis_internal_use_settings", None)
        if chosen is not None and chosen.max_examples > limit:
            test._hypothesis_internal_use_settings = hypothesis.settings(chosen, max_examples=limit)
