"""Sizes, words and docstrings: what a reader of this code base can rely on."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import core
from tests.house.source import ROOT, functions, imported_names, modules, parameters, place, tree_of

FILE_LINES = 500
FUNCTION_LINES = 60
PARAMETERS = 5
#: The hook specifications are one page on purpose, however long it gets.
ONE_PAGE = {"core/hookspecs.py"}
#: Calls that raise when what they are given is not as it should be, or when nothing is raised.
EXPECTING = {"raises", "warns", "fail", "validate"}
#: Calls per second are no money.
RATES_ARE_FLOATS = {"plugins/amazon_channel/client/answers.py"}
#: Binary files, and texts that are not ours.
NOT_OURS = (".png", ".ico", ".woff2", "LICENSE", "/vendor/")


def test_no_file_is_longer_than_the_limit() -> None:
    long = {
        place(path): lines
        for path in modules("core", "plugins", "tests", "docs", "bench")
        if (lines := len(path.read_text("utf-8").splitlines())) > FILE_LINES and place(path) not in ONE_PAGE
    }

    assert long == {}


def test_no_function_is_longer_than_the_limit() -> None:
    long = {
        f"{place(path, node.lineno)} {node.name}": lines
        for path in modules("core", "plugins", "tests", "docs", "bench")
        for node in functions(tree_of(path))
        if (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }

    assert long == {}


def test_no_function_takes_more_than_five_parameters() -> None:
    long = {
        f"{place(path, node.lineno)} {node.name}": len(names)
        for path in modules("core", "plugins")
        for node in functions(tree_of(path))
        if len(names := parameters(node)) > PARAMETERS
    }

    assert long == {}


def test_every_module_class_and_public_function_of_ours_says_what_it_is_for() -> None:
    silent = []
    for path in modules("core", "plugins"):
        tree = tree_of(path)
        if not ast.get_docstring(tree):
            silent.append(place(path))
        for node in tree.body:
            is_definition = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if is_definition and not node.name.startswith("_") and not ast.get_docstring(node):
                silent.append(f"{place(path, node.lineno)} {node.name}")

    assert silent == []


def test_amounts_are_never_floats() -> None:
    conversions = {
        place(path)
        for path in modules("core", "plugins")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
    }
    columns = [
        place(path, line)
        for path in modules("core", "plugins")
        for line, module, name in imported_names(tree_of(path))
        if module.startswith("sqlalchemy") and name in ("Float", "Numeric", "REAL", "Double", "DOUBLE")
    ]

    assert conversions <= RATES_ARE_FLOATS
    assert columns == []


def test_every_test_asserts_something() -> None:
    every = [(path, node) for path in modules("tests") for node in functions(tree_of(path))]
    helpers: set[str] = set()
    while found := {node.name for _, node in every if _asserts(node, helpers)} - helpers:
        helpers |= found  # a helper may leave it to another one
    idle = [
        f"{place(path, node.lineno)} {node.name}"
        for path, node in every
        if node.name.startswith("test_") and node.name not in helpers
    ]

    assert idle == []


def test_no_file_is_unfinished_or_knows_the_machine_it_was_written_on() -> None:
    marks = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b|(?<![\w.*])/(?:work|root|home/\w+|Users/\w+)/")
    found = [
        place(path, number)
        for path in _tracked_files()
        if path.suffix != ".mo"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if marks.search(line)
    ]

    assert found == []


def test_the_public_face_is_sorted_and_complete() -> None:
    assert core.__all__ == sorted(core.__all__)
    assert [name for name in core.__all__ if not hasattr(core, name)] == []


def _asserts(function: ast.AST, helpers: set[str]) -> bool:
    """Whether a test asserts, expects an error, or calls a helper of the tests that asserts."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
            if name in helpers or name in EXPECTING:
                return True
    return False


def _tracked_files() -> list[Path]:
    """Every text file that is, or is about to be, in version control; the whole folder without git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        return modules("core", "plugins", "tests", "docs")
    paths = (ROOT / name for name in listed.stdout.splitlines())
    return [
        path for path in paths if path.is_file() and not any(mark in f"/{place(path)}" for mark in NOT_OURS)
    ]
