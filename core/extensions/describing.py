"""What a plugin that is not loaded says of itself: its docstring, read without importing anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path


def about(value: str) -> str:
    """The first paragraph of the docstring of the module that an entry point names; empty if none is found.

    value   where the `Plugin` is: `package.module:attribute`
    """
    for file in _files(value.partition(":")[0]):
        try:
            found = ast.get_docstring(ast.parse(file.read_bytes()))
        except (OSError, SyntaxError, ValueError):
            return ""
        return " ".join((found or "").partition("\n\n")[0].split())
    return ""


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
