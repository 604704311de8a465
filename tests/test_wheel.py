"""What the wheel promises before anything is simulated: it runs on old machines, and importing it does nothing."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WIDE_ISAS = ("avx2", "avx512")


def release_builds() -> list[Path]:
    """Return the folders of release builds: the one that CI names, or those of pip and of the preset."""
    named = os.environ.get("PLASTICA_BUILD_DIR")
    folders = [Path(named)] if named else sorted((ROOT / "build").glob("*"))
    builds = [folder for folder in folders if is_release_with_kernels(folder)]
    assert builds or not named, f"{named} is no release build with kernels for {WIDE_ISAS}"
    return builds


def is_release_with_kernels(folder: Path) -> bool:
    cache = folder / "CMakeCache.txt"
    if not cache.is_file() or not all(objects(folder, isa) for isa in WIDE_ISAS):
        return False
    settings = cache.read_text(encoding="utf-8")
    return (
        "CMAKE_BUILD_TYPE:STRING=Release" in settings
        and re.search(r"^PLASTICA_SANITIZE:STRING=$", settings, re.MULTILINE) is not None
    )


def objects(folder: Path, isa: str) -> list[Path]:
    return sorted((folder / "CMakeFiles" / f"plastica_kernels_{isa}.dir").rglob("*.o"))


def shared_code(object_file: Path, isa: str) -> list[str]:
    """Return the functions that the linker may merge with those of other objects: weak, outside the set's namespace."""
    listing = subprocess.run(
        ["nm", "--demangle", "--defined-only", object_file], check=True, capture_output=True, text=True
    ).stdout
    symbols = [line.split(maxsplit=2) for line in listing.splitlines()]
    return [name for _, kind, name in symbols if kind in "Ww" and f"plastica::{isa}::" not in name]


def test_no_wide_function_can_be_linked_into_general_use() -> None:
    builds = release_builds()
    if not builds:
        pytest.skip("no build folder with kernels for several instruction sets")
    leaks = [
        f"{path}: {name}"
        for folder in builds
        for isa in WIDE_ISAS
        for path in objects(folder, isa)
        for name in shared_code(path, isa)
    ]
    assert not leaks, "\n".join(leaks)


def test_the_search_sees_a_function_that_could_be_linked_into_general_use(tmp_path: Path) -> None:
    """The two functions are kept from being inlined: what is inlined leaves no symbol, and is no danger."""
    if shutil.which("g++") is None:
        pytest.skip("no compiler")
    source = tmp_path / "seeded.cpp"
    source.write_text(
        "namespace plastica {"
        "__attribute__((noinline)) inline float shared(float x) { return 2 * x; }"
        "namespace avx2 { __attribute__((noinline)) inline float own(float x) { return 3 * x; }"
        "float use(float x) { return shared(x) + own(x); } } }",
        encoding="utf-8",
    )
    subprocess.run(["g++", "-O2", "-c", source, "-o", tmp_path / "seeded.o"], check=True)
    assert shared_code(tmp_path / "seeded.o", "avx2") == ["plastica::shared(float)"]


@pytest.mark.parametrize(
    "flag", ["-march=native", "-mtune=native", "-ffast-math", "-Ofast", "-funsafe-math-optimizations"]
)
def test_nothing_is_compiled_for_this_machine_only_or_inexactly(flag: str) -> None:
    for name in ("CMakeLists.txt", "CMakePresets.json", "pyproject.toml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert flag not in re.sub(r"MATCHES \"[^\"]*\"", "", text), name


def test_contraction_is_off_for_every_target() -> None:
    build = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?:add_library|pybind11_add_module)\((\S+)", build)) - {"plastica_options"}
    shared = set(re.findall(r"target_link_libraries\((\S+)(?: PRIVATE| PUBLIC) plastica_options", build))
    assert "-ffp-contract=off" in build
    assert targets == shared


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_importing_loads_nothing_heavy_and_starts_no_thread() -> None:
    code = """
import os, sys, threading
import numpy
tasks = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1
import plastica
heavy = {"matplotlib", "scipy", "pandas", "tqdm", "IPython", "hypothesis", "pytest"} & set(sys.modules)
assert not heavy, heavy
assert threading.active_count() == 1
if os.path.isdir("/proc/self/task"):
    assert len(os.listdir("/proc/self/task")) == tasks
"""
    run_python(code)


def test_importing_is_quick(record_property: Callable[[str, object], None]) -> None:
    """The time is reported, not judged: it belongs to the machine."""
    code = "import time, numpy; start = time.perf_counter(); import plastica; print(time.perf_counter() - start)"
    seconds = statistics.median(float(run_python(code)) for _ in range(5))
    record_property("import_seconds", seconds)
    print(f"import plastica beyond NumPy: {1000 * seconds:.0f} ms")


def test_the_version_stands_in_one_place() -> None:
    import importlib.metadata

    import plastica
    from plastica import _native

    assert plastica.__version__ == _native.info()["version"] == importlib.metadata.version("plastica")
