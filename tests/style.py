"""The functions of a C++ or Python source, with the lines of code that each has: no comments, docstrings or blank lines."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Function:
    name: str  # Class.method, or Class::method in C++
    line: int
    length: int  # lines of code, from the signature to the end


# ------------------------------------------------------------------------------------------------ Python

NO_CODE = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER,
}  # fmt: skip


def python_functions(source: str) -> list[Function]:
    """A function within a function counts for itself, and as code of the outer one."""
    tree = ast.parse(source)
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            code |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documented and ast.get_docstring(node, clean=False) is not None:
            code -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    found: list[Function] = []

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = code.intersection(range(child.lineno, child.end_lineno + 1))
                found.append(Function(prefix + child.name, child.lineno, len(lines)))
            named = isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            visit(child, f"{prefix}{child.name}." if named else prefix)

    visit(tree, "")
    return found


# ------------------------------------------------------------------------------------------------ C++

NOT_CODE = re.compile(
    r"""//[^\n]* | /\*.*?\*/                              # comments
      | R"(?P<mark>[^()\s]*)\(.*?\)(?P=mark)"             # raw strings
      | "(?:\\.|[^"\\\n])*"                               # strings
      | (?<![0-9A-Fa-f])'(?:\\.[^']*|[^'\\\n])'           # characters; 1'000 is a number
      | ^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*                    # lines of the preprocessor""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
TYPE = re.compile(r"\b(?:class|struct|union|enum)\b(?:\s+(?:class|struct))?\s*(?:alignas\s*\([^)]*\)\s*)?([\w:]*)")
TEMPLATE = re.compile(r"\btemplate\s*<")
CONTROL = {
    "if",
    "for",
    "while",
    "switch",
    "catch",
    "return",
    "decltype",
    "requires",
    "noexcept",
    "alignas",
    "static_assert",
}


def bare(source: str) -> str:
    """The source with its lines, but with nothing in it that could be taken for code; a literal leaves a 0."""

    def replaced(match: re.Match[str]) -> str:
        text = match[0]
        literal = text[0] in "\"'R"
        return ("0" if literal else " ") + "\n" * text.count("\n")

    return NOT_CODE.sub(replaced, source)


def closing(text: str, start: int, brackets: str) -> int:
    """Where the bracket that opens at `start` is closed; the end of the text if it is not."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] == brackets[0]:
            depth += 1
        elif text[at] == brackets[1] and text[at - 1] != "-":  # not of ->
            depth -= 1
            if depth == 0:
                return at
    return len(text)


def without_templates(head: str) -> str:
    """A declaration without template<...> before it."""
    while match := TEMPLATE.search(head):
        head = head[: match.start()] + head[closing(head, match.end() - 1, "<>") + 1 :]
    return head


def outside_brackets(head: str) -> str:
    """What stands outside of all round and square brackets, with () and [] for what is in them."""
    found, depth = [], 0
    for char in head:
        if char in ")]":
            depth -= 1
        if depth == 0:
            found.append(char)
        if char in "([":
            depth += 1
    return "".join(found)


def function_name(head: str) -> str | None:
    """The name of the function whose body opens after this text, or None if something else opens there."""
    flat = outside_brackets(without_templates(head)).strip()
    operator = re.search(r"([\w:<>, ]*)\boperator\s*(\(\)|\[\]|[^\s\w(]+|[\w:<>*& ]+?)\s*\(\)", flat)
    if operator is None and re.search(r"(?<![<>=!+\-*/|&^])=(?!=)", flat):
        return None  # what a variable begins with
    named = re.search(r"((?:\w+(?:<[^()<>]*(?:<[^()<>]*>[^()<>]*)*>)?::)*~?\w+)\s*\(\)", flat)
    if operator is not None:
        return "operator" + operator[2].replace(" ", "")
    if named is None or named[1] in CONTROL:
        return None
    after = flat[named.end() :]
    in_list = re.search(r"(?<!:):(?!:)", after)
    if in_list and not re.search(r"[)}]\s*$", after[in_list.end() :]):
        return None  # a member that a constructor begins with braces
    return re.sub(r"<[^<>]*(?:<[^<>]*>[^<>]*)*>", "", named[1])


@dataclass
class Scope:
    kind: str  # namespace, type, function, block
    name: str = ""
    line: int = 0
    head: list[str] = field(default_factory=list)  # what has been read since the last declaration
    begun: int = 0  # the line on which that begins


def cpp_functions(source: str) -> list[Function]:
    """Lambdas and what stands within functions are code of the function that they stand in."""
    text = bare(source)
    lines = text.split("\n")
    found: list[Function] = []
    scopes = [Scope("namespace")]
    line = 1
    for char in text:
        scope = scopes[-1]
        if char == "{":
            scopes.append(opened(scope, [other.name for other in scopes if other.kind == "type"], line))
        elif char == "}" and len(scopes) > 1:
            scopes.pop()
            outer = scopes[-1]
            if scope.kind == "function":
                length = sum(bool(lines[k - 1].strip()) for k in range(scope.line, line + 1))
                found.append(Function(scope.name, scope.line, length))
            if scope.kind == "block":
                outer.head.append("{}")
            else:
                outer.head.clear()
        elif char == ";":
            scope.head.clear()
        elif scope.kind in ("namespace", "type"):
            if not scope.head and not char.isspace():
                scope.begun = line
            if scope.head or not char.isspace():
                scope.head.append(char)
        line += char == "\n"
    return found


def opened(scope: Scope, types: list[str], line: int) -> Scope:
    """What a brace opens in this scope."""
    if scope.kind in ("function", "block"):
        return Scope("block")
    head = "".join(scope.head)
    plain = without_templates(head)
    if re.search(r"\bnamespace\b", plain) or re.fullmatch(r"\s*extern\s+0\s*", plain):
        return Scope("namespace")
    if name := function_name(head):
        return Scope("function", "::".join([*types, name]), scope.begun)
    if (match := TYPE.search(plain)) and "(" not in plain[: match.start()] and "=" not in plain:
        return Scope("type", match[1])
    return Scope("block")
