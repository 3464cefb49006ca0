"""The checkout as the house tests read it: files, syntax trees, imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOOKSPECS = ROOT / "core" / "hookspecs.py"


def modules(*folders: str) -> list[Path]:
    """Every Python file below these folders, migration scripts apart: they are frozen once released."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "versions" not in path.parts)


def place(path: Path, line: int | None = None) -> str:
    """How a file, or a line of it, is named in a complaint."""
    name = path.relative_to(ROOT).as_posix()
    return name if line is None else f"{name}:{line}"


@cache
def tree_of(path: Path) -> ast.Module:
    """A file's syntax tree, which nobody changes."""
    return ast.parse(path.read_text("utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """What a caller can give it one by one; what is gathered behind `**` has its own class."""
    named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return [one.arg for one in named if one.arg not in ("self", "cls")]


def imported_names(tree: ast.AST) -> Iterator[tuple[int, str, str]]:
    """Every import as line, module, and the name taken from it (empty for a whole module)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, ""
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, "." * node.level + (node.module or ""), alias.name


def hooks() -> list[ast.FunctionDef]:
    """Every hook that `core.hookspecs` specifies."""
    return [node for node in tree_of(HOOKSPECS).body if isinstance(node, ast.FunctionDef)]
