"""Arrows go one way: base <- schema <- network <- parts <- engine <- bindings. Read from the sources themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CPP = ROOT / "cpp"
BINDINGS = ROOT / "python" / "bindings"
PACKAGE = ROOT / "python" / "plastica"

# What a layer may include, besides itself.
MAY_USE = {
    "base": set(),
    "schema": {"base"},
    "network": {"base", "schema"},
    "parts": {"base", "schema", "network"},
    "transport": {"base", "schema", "network"},
    "device": {"base", "schema", "network", "parts"},
    "engine": {"base", "schema", "network", "parts", "transport", "device"},
    "bindings": {"base", "schema", "network", "parts", "transport", "device", "engine"},
}

# Their last bits differ from one library to the next; base/math.hpp and base/random.hpp have what replaces them.
IRREPRODUCIBLE = re.compile(
    r"\bstd::(exp2?|expm1|log|log2|log10|log1p|pow|sinh?|cosh?|tanh?|asin|acos|atan2?|cbrt|hypot|t?gamma|lgamma|erfc?"
    r"|shuffle|sample|reduce|transform_reduce|\w+_distribution|mt19937(_64)?|random_device)\b"
)


def cpp_files() -> list[Path]:
    files = [path for folder in (CPP, BINDINGS) for path in folder.rglob("*") if path.suffix in {".hpp", ".cpp", ".cu"}]
    assert files
    return sorted(files)


def layer_of(path: Path) -> str:
    return "bindings" if path.is_relative_to(BINDINGS) else path.relative_to(CPP).parts[0]


def includes(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the opening mark, a quote or an angle, and the name of every include."""
    for match in re.finditer(r'^\s*#\s*include\s*(["<])([^">]+)[">]', path.read_text(encoding="utf-8"), re.MULTILINE):
        yield match[1], match[2]


def code_of(path: Path) -> str:
    """Return the source without comments and strings."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', "", text, flags=re.DOTALL)


def imports(path: Path) -> set[str]:
    """Return the absolute names of the modules that a Python file imports, anywhere in it."""
    names: set[str] = set()
    package = path.relative_to(ROOT / "python").parent.parts if path.is_relative_to(PACKAGE) else ()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            stem = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*stem, *filter(None, [node.module])])
            names |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return names


def test_every_include_follows_the_arrows() -> None:
    wrong = []
    for path in cpp_files():
        layer = layer_of(path)
        assert layer in MAY_USE, f"{path.relative_to(ROOT)}: the layer '{layer}' is unknown"
        for mark, name in includes(path):
            if mark == '"' and (CPP / name).is_file():
                used = Path(name).parts[0]
                if used != layer and used not in MAY_USE[layer]:
                    wrong.append(f"{path.relative_to(ROOT)} ({layer}) includes {name}")
    assert not wrong, "\n".join(wrong)


def test_every_quoted_include_is_written_from_the_source_root() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in cpp_files()
        for mark, name in includes(path)
        if mark == '"'
        and not (CPP / name).is_file()
        and not (layer_of(path) == "bindings" and (BINDINGS / name).is_file())
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("header", "layer"),
    [
        ("omp.h", "base"),
        ("thread", "base"),
        ("Python.h", "bindings"),
        ("pybind11", "bindings"),
        ("mpi.h", "transport"),
        ("cuda", "device"),
    ],
)
def test_a_foreign_library_is_seen_by_one_layer_only(header: str, layer: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: <{name}>"
        for path in cpp_files()
        for mark, name in includes(path)
        if mark == "<" and (name == header or name.startswith((header + "/", header + "_"))) and layer_of(path) != layer
    ]
    assert not wrong, "\n".join(wrong)


def test_openmp_lives_in_the_parallel_layer_only() -> None:
    users = {path.name for path in cpp_files() if re.search(r"#\s*pragma\s+omp|\bomp_\w+\(", code_of(path))}
    assert users <= {"parallel_openmp.cpp"}


def test_the_core_uses_no_library_function_whose_last_bit_may_differ() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in cpp_files()
        if layer_of(path) != "bindings"
        for match in IRREPRODUCIBLE.finditer(code_of(path))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_package_imports_nothing_that_is_not_installed_with_it() -> None:
    outside = {"tests", "reference", "bench", "examples", "pytest", "hypothesis"}
    for path in sorted(PACKAGE.rglob("*.py")):
        assert not {name.split(".")[0] for name in imports(path)} & outside, path.relative_to(ROOT)


def test_the_oracle_is_independent_of_what_it_judges() -> None:
    for path in sorted((ROOT / "tests" / "reference").rglob("*.py")):
        assert "plastica" not in {name.split(".")[0] for name in imports(path)}, path.relative_to(ROOT)


@pytest.mark.parametrize("folder", ["examples", "python/plastica/experiments"])
def test_examples_and_experiments_use_the_public_interface(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*.py")):
        private = {name for name in imports(path) if name.startswith("plastica._")}
        assert not private - {"plastica.__future__"}, f"{path.relative_to(ROOT)}: {sorted(private)}"
