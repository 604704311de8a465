"""No function of the sources is longer than 40 lines of code, but for those that `long_functions.txt` lists with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from style import cpp_functions, python_functions

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("cpp", "python", "tests", "bench")
LONGEST = 40
LIST = ROOT / "tests" / "long_functions.txt"


def long_functions(root: Path = ROOT) -> dict[tuple[str, str], int]:
    """Path and name of each long function, and its length."""
    readers = {".py": python_functions, ".cpp": cpp_functions, ".hpp": cpp_functions}
    found = {}
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in readers and "build" not in path.parts:
                for function in readers[path.suffix](path.read_text(encoding="utf-8")):
                    if function.length > LONGEST:
                        found[path.relative_to(root).as_posix(), function.name] = function.length
    return found


def listed() -> dict[tuple[str, str], str]:
    lines = [line for line in LIST.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    rows = [[item.strip() for item in line.split("|")] for line in lines]
    return {(path, name): reason for path, name, reason in rows}


def test_functions_are_short_or_have_a_reason_not_to_be():
    """Oracle: the rule of CONTRIBUTING; an entry whose function is short or gone is one too many."""
    found, known = long_functions(), listed()
    assert {key: length for key, length in found.items() if key not in known} == {}
    assert [key for key in known if key not in found] == []
    assert all(reason for reason in known.values())


def test_comments_docstrings_and_blank_lines_of_python_are_no_code():
    """Oracle: lines counted by hand."""
    source = '''
def first(a,
          b):
    """A docstring

    of several lines."""
    # a comment

    text = """not a docstring,
    but two lines"""
    return text  # code


class Thing:
    """Documented."""

    @property
    def second(self):
        def inner():
            return 1

        return inner
'''
    found = {function.name: function.length for function in python_functions(source)}
    assert found == {"first": 5, "Thing.second": 4, "Thing.second.inner": 2}


CPP = R"""
#define OPEN {
namespace plastica::inline ISA {
namespace {
constexpr std::array names{"a {", "b"};  // }
enum class Kind { first, second };
const auto callback = [](int i) { return i; };
}

template <class R, std::size_t N = 3>
struct Table : Base<R> {
  static constexpr std::array fields{Field<R>{&R::a, {"a", 1.0}}, Field<R>{&R::b, {"b", '}'}}};
  Table(int size, R start) : size_{size}, start_(start) {
    fill();
  }
  ~Table() { clear(); }
  R operator[](std::size_t i) const noexcept { return data_[i]; }
  bool operator==(const Table&) const = default;
  template <class F>
  void each(F f) const {
    // a comment

    for (int i = 0; i < size_; ++i) {
      f(i, [&](int k) { return k + 1'000; });
    }
  }
  int size_ = 0;
};

template <class R>
typename Table<R>::Row Table<R>::row(const std::map<int, R>& m,
                                     int i) const requires(N > 2) {
  /* several
     lines */
  if (i > 0) {
    return m.at(i);
  }
  return {};
}

auto free(int a = 3) -> std::vector<int> {
  return {a};
}
}
"""


def test_functions_of_cpp_are_found_whatever_stands_around_them():
    """Oracle: lines counted by hand; initialisers, types, lambdas and macros are no functions."""
    found = {function.name: function.length for function in cpp_functions(CPP)}
    assert found == {
        "Table::Table": 3,
        "Table::~Table": 1,
        "Table::operator[]": 1,
        "Table::each": 6,
        "Table::row": 8,
        "free": 3,
    }


@pytest.mark.parametrize("suffix", ["cpp", "py"])
def test_a_function_that_grows_too_long_is_found(tmp_path, suffix):
    """Oracle: functions of 40 and of 41 lines."""
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
    bodies = [LONGEST - 2, LONGEST - 1] if suffix == "cpp" else [LONGEST - 1, LONGEST]
    texts = {
        "cpp": [f"void f{n}() {{\n" + "  work();\n" * n + "}\n" for n in bodies],
        "py": [f"def f{n}():\n" + "    work()\n" * n for n in bodies],
    }
    (tmp_path / "bench" / f"grown.{suffix}").write_text("\n".join(texts[suffix]), encoding="utf-8")
    assert long_functions(tmp_path) == {(f"bench/grown.{suffix}", f"f{bodies[1]}"): LONGEST + 1}
