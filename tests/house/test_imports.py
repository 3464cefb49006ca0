"""Rules of import that import-linter cannot say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator

from tests.house.source import ROOT, imported_names, modules, place, tree_of

#: What an import may not do: Python reports each of these to an audit hook.
WATCH = """
import os, sys

def watch(event, args):
    if event.startswith(("socket.", "subprocess.", "sqlite3.connect", "_thread.start")):
        raise RuntimeError(f"an import caused {event}")
    if event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        raise RuntimeError(f"an import writes to {args[0]}")

sys.dont_write_bytecode = True
import sqlalchemy, flask, werkzeug, requests, rich.console, alembic, structlog, marshmallow, babel.numbers
from importlib import import_module
sys.addaudithook(watch)
for name in sys.argv[1:]:
    import_module(name)

from click import Command
from flask import Flask
from pluggy import PluginManager
from sqlalchemy import Engine
from threading import Thread
from core.application import Application, LiveApplication

held = (Engine, Flask, PluginManager, Thread, Application, LiveApplication)
for name in sys.argv[1:]:
    for attribute, value in vars(sys.modules[name]).items():
        if isinstance(value, held):
            raise RuntimeError(f"{name}.{attribute} is a {type(value).__name__} made at import")
"""


def test_importing_any_module_does_nothing() -> None:
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in modules("core", "plugins")
        if path.stem != "__main__"
    ]

    done = subprocess.run(
        [sys.executable, "-c", WATCH, *names], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_a_plugin_imports_nothing_that_is_private() -> None:
    private = [
        f"{place(path, line)} imports {name or module}"
        for path in modules("plugins")
        for line, module, name in imported_names(tree_of(path))
        if any(part.startswith("_") and part != "__future__" for part in (*module.split("."), name))
    ]

    assert private == []


def test_a_plugin_reads_no_private_attribute_of_what_is_not_its_own() -> None:
    private = [
        f"{place(path, node.lineno)} reads {ast.unparse(node)}"
        for path in modules("plugins")
        for node in private_attributes(tree_of(path))
    ]

    assert private == []


def test_nothing_inside_core_imports_the_public_face() -> None:
    top = {path.stem if path.is_file() else path.name for path in (ROOT / "core").iterdir()}
    imports = [
        f"{place(path, line)} imports {name or 'core'}"
        for path in modules("core")
        for line, module, name in imported_names(tree_of(path))
        if module == "core" and name not in top
    ]

    assert imports == []


def test_only_a_plugins_client_opens_connections() -> None:
    imports = [
        f"{place(path, line)} imports {module}"
        for path in modules("core", "plugins")
        if "client" not in (*path.parts, path.stem)
        for line, module, name in imported_names(tree_of(path))
        if f"{module}.{name}".startswith(("http.client", "urllib.request", "requests", "urllib3"))
    ]

    assert imports == []


def private_attributes(tree: ast.Module) -> Iterator[ast.Attribute]:
    """Reads of attributes with a leading underscore that no class of the same file has."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr.startswith("_") and not node.attr.startswith("__")
    ]
    own = {
        node.attr for node in found if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
    }
    yield from (node for node in found if node.attr not in own)
