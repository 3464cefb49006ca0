"""What a plugin that is not loaded says of itself, read from its source without importing anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass(frozen=True)
class Said:
    """The title that stands in a plugin's manifest, and the first paragraph of its module's docstring."""

    title: str = ""
    about: str = ""


def read_about(value: str) -> Said:
    """What the module of an entry point such as `package.module:plugin` says; nothing without a source."""
    for file in _files(value.partition(":")[0]):
        try:
            tree = ast.parse(file.read_bytes())
        except (OSError, SyntaxError, ValueError):
            break
        paragraph = (ast.get_docstring(tree) or "").partition("\n\n")[0]
        return Said(next(_titles(tree), ""), " ".join(paragraph.split()))
    return Said()


def _titles(tree: ast.Module) -> Iterator[str]:
    """The titles of the manifests that a module makes: `Plugin(name, title, …)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Plugin":
            named = [one.value for one in node.keywords if one.arg == "title"]
            for given in (*named, *node.args[1:2]):
                if isinstance(given, ast.Constant) and isinstance(given.value, str):
                    yield given.value


def _files(module: str) -> Iterator[Path]:
    """Where the source of a module may be; only its outermost package is looked for, without an import."""
    first, *rest = module.split(".")
    try:
        spec = find_spec(first)
    except (ImportError, ValueError):
        return
    if spec is None:
        return
    for folder in spec.submodule_search_locations or ():
        place = Path(folder, *rest)
        yield from (file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file())
    if not rest and spec.origin and spec.origin.endswith(".py"):
        yield Path(spec.origin)
