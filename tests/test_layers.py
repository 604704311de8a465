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
    "engine": {"base", "schema", "network", "parts"},
    "bindings": {"base", "schema", "network", "parts", "engine"},
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


def test_every_layer_is_there() -> None:
    assert {layer_of(path) for path in cpp_files()} == set(MAY_USE)


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


# ---- the package imports in one direction: at the top of a file, within functions and for annotations alike

Graph = dict[str, set[str]]


def modules_of(package: Path) -> dict[str, Path]:
    """Return every Python file of a package by the name of its module; a folder's is that of its `__init__`."""
    stems = {path: path.relative_to(package.parent).with_suffix("").parts for path in sorted(package.rglob("*.py"))}
    return {".".join(stem[:-1] if stem[-1] == "__init__" else stem): path for path, stem in stems.items()}


def import_graph(package: Path) -> Graph:
    """Return which modules of the package each of its modules imports.

    Whoever imports a module of a folder from outside depends on the folder's `__init__`, too: Python runs it first. The
    package itself is left out of this: it imports everything, and everything lies in it.
    """
    paths = modules_of(package)
    graph: Graph = {}
    for name, path in paths.items():
        folder = name if path.name == "__init__.py" else name.rpartition(".")[0]
        found = set(imported_modules(path, folder, {*paths, f"{package.name}._native"}))
        folders = {module.rpartition(".")[0] for module in found} - {"", package.name}
        found |= {each for each in folders if not f"{folder}.".startswith(f"{each}.")}
        graph[name] = (found & set(paths)) - {name}
    return graph


def imported_modules(path: Path, folder: str, modules: set[str]) -> Iterator[str]:
    """Yield the modules that a file in a folder of the package imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            parts = folder.split(".")
            stem = parts[: len(parts) - node.level + 1] if node.level else []
            module = ".".join([*stem, *filter(None, [node.module])])
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                yield from (each for each in (inner if inner in modules else module,) if each in modules)


def circle_in(graph: Graph) -> list[str]:
    """Return the modules of a circle, in the order in which each imports the next; empty where there is none."""
    done: set[str] = set()
    way: list[str] = []

    def walk(name: str) -> list[str]:
        if name in way:
            return way[way.index(name) :]
        if name in done:
            return []
        way.append(name)
        found = next(filter(None, map(walk, sorted(graph[name]))), [])
        if not found:
            way.pop()
            done.add(name)
        return found

    return next(filter(None, map(walk, sorted(graph))), [])


def test_no_circle_of_imports_in_the_package() -> None:
    """Annotations count: what everybody needs to know of a network stands in a module below all of them."""
    circle = circle_in(import_graph(PACKAGE))
    assert not circle, " imports ".join([*circle, circle[0]])


@pytest.mark.parametrize(
    "sources",
    [
        {"a": "from . import b", "b": "from .a import thing"},
        {"a": "from .b import thing", "b": "if TYPE_CHECKING:\n    from .c import thing", "c": "from package import a"},
        {"a": "def f():\n    import package.b", "b": "from . import a"},
        {"a": "from .inner.b import thing", "inner/__init__": "from package import a", "inner/b": ""},
    ],
    ids=["direct", "for annotations", "in a function", "through a folder"],
)
def test_a_circle_of_imports_is_found_and_named(tmp_path: Path, sources: dict[str, str]) -> None:
    """Oracle: packages with one circle each, which begins at the module a."""
    folder = tmp_path / "package"
    for name, source in {"__init__": "from .a import thing", **sources}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    circle = circle_in(import_graph(folder))
    assert "package.a" in circle
    assert set(circle) <= {f"package.{name}".removesuffix("/__init__").replace("/", ".") for name in sources}
    (folder / "a.py").write_text("", encoding="utf-8")
    assert circle_in(import_graph(folder)) == []
