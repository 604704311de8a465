"""What all tests share: the profiles of hypothesis, the markers `engine` and `twin`, and a first line that says what is being tested."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable

import hypothesis
import pytest

from engine_tests import ENGINE, entries_of

# Networks start no more threads than there are cores. Tests with 3 and 5 threads are about several threads, on any machine.
os.environ.setdefault("PLASTICA_WORKERS", "8")
# Several processes test at once: a thread of OpenMP that waits for another one by spinning takes the core that this one needs.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# How many examples a test draws whose settings say n. Under a sanitizer each costs ten times as much.
EXAMPLES: dict[str, Callable[[int], int]] = {
    "few": lambda n: min(n, 5),
    "plain": lambda n: max(n // 3, min(n, 10)),
    "deep": lambda n: 10 * n,
}
PROFILE = os.environ.get("PLASTICA_HYPOTHESIS", "plain")

# CI draws the same examples every time, so that a failure there can be repeated anywhere. A deep search draws others each time.
hypothesis.settings.register_profile("default", deadline=None, print_blob=True)
hypothesis.settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" and PROFILE != "deep" else "default")


def pytest_report_header() -> str:
    if importlib.util.find_spec("plastica") is None:
        return "plastica: not installed"
    from plastica import _native

    info = _native.info()
    build = os.environ.get("PLASTICA_SANITIZER", "no sanitizer")
    parallel = "OpenMP" if info["openmp"] else "std::thread"
    return f"plastica: {info['version']}, {info['isa']}, {info['cores']} cores, {parallel}, {info['compiler']}, {build}"


def pytest_configure() -> None:
    if PROFILE not in EXAMPLES:
        raise pytest.UsageError(f"PLASTICA_HYPOTHESIS is {PROFILE!r}, and must be one of {', '.join(EXAMPLES)}")


@pytest.hookimpl(tryfirst=True)  # before -m chooses among the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    of_the_engine = {path for path in {item.path for item in items} if entries_of(path) & ENGINE}
    for item in items:
        if item.path in of_the_engine:
            item.add_marker("engine")
        draw_examples(item, EXAMPLES[PROFILE])
    for item in twins(items):
        item.add_marker("twin")


def twins(items: list[pytest.Item]) -> list[pytest.Item]:
    """Of tests in both precisions, one of each two: single and double in turn. The engine is one template over the precision."""
    of_precision: dict[tuple[object, ...], dict[object, pytest.Item]] = {}
    for item in items:
        params = dict(item.callspec.params) if hasattr(item, "callspec") else {}
        precision = params.pop("precision", None)
        if precision in ("single", "double"):
            key = (item.path, getattr(item, "originalname", item.name), repr(sorted(params.items(), key=repr)))
            of_precision.setdefault(key, {})[precision] = item
    pairs = [pair for pair in of_precision.values() if len(pair) == 2]
    return [pair[("single", "double")[i % 2]] for i, pair in enumerate(pairs)]


DRAWN: set[object] = set()


def draw_examples(item: pytest.Item, number: Callable[[int], int]) -> None:
    """Gives a test of hypothesis its number of examples, once for all its parameters."""
    test = getattr(getattr(item, "obj", None), "__func__", getattr(item, "obj", None))
    chosen = getattr(test, "_hypothesis_internal_use_settings", None)
    if chosen is not None and test not in DRAWN:
        DRAWN.add(test)
        test._hypothesis_internal_use_settings = hypothesis.settings(chosen, max_examples=number(chosen.max_examples))
