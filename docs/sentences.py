"""Finds in the source what the core says in English of itself: errors, problems, notes, reasons.

A sentence with parts is gathered as a pattern: `f"there is no account {name!r}"` as `there is no account
{name}`. `core.web.saying` finds it again by that, whoever made it and whenever it was kept.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

#: Where nothing is said that a page shows.
_SILENT = (
    "core/cli/", "core/testing/", "core/database/", "core/config.py", "core/logs.py",
    "core/web/server.py", "core/web/hosting.py", "core/web/health.py", "/simulator/", "/demo/", "/cli/",
    "/migrations/", "/cli.py", "/api.py", "/api/", "/ubl", "core/plugin.py", "core/hookspecs.py",
    "core/extensions/", "core/web/contributed.py",
    "core/settings/parsing.py", "core/settings/tables.py", "core/web/wording.py",
    "core/web/admin/identity.py", "core/access/kept_answers.py",
)  # fmt: skip
_HEARD = ("core/database/keyset.py", "core/database/migrating.py", "core/database/confirming.py",
          "core/extensions/switching.py")  # fmt: skip
#: Besides whatever is raised: what is called with a sentence.
_TOLD_TO = {
    "raise_problem", "Defer", "_give_up", "take_unreadable", "note_unreadable", "unusable", "CsvRow",
    "Verdict", "append", "InvalidValue", "ValidationError", "_refused", "Forbidden", "AccountPaused",
    "QuotaExhausted", "TemporarilyUnavailable", "UnreadableOrder", "UnreadableAnswer",
    "AmazonAccessDenied", "AmazonNotFound", "AmazonQuotaExhausted", "AmazonRejected", "AmazonUnavailable",
    "pause_consumer",
}  # fmt: skip
#: Names under which a sentence waits to be told.
_KEPT_AS = {
    "answer", "complaint", "failure", "found", "hint", "number", "problem", "reason", "refused", "remedy",
    "sentence", "sentences", "text", "well", "what", "who", "why", "words",
}  # fmt: skip
#: What is called on the very thing that is told.
_FORMED = {"strip", "replace", "normalize", "isoformat", "total_seconds", "casefold"}
_KEYWORDS = {"error", "error_messages", "problem"}
_LEAST_WORDS = 3
#: Beside its parts: with fewer nothing could be found again.
_LEAST_LETTERS = 5


def is_heard(file: Path, root: Path) -> bool:
    """Whether a page can show what is said there."""
    name = file.relative_to(root).as_posix()
    return name in _HEARD or not any(part in name for part in _SILENT)


def sentences(tree: ast.AST) -> Iterator[str]:
    """Every sentence of a module, parts as `{name}`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from _said_in(node.exc.args)
        elif isinstance(node, ast.Call) and _called(node) in _TOLD_TO:
            yield from _said_in(node.args)
        elif isinstance(node, ast.Return | ast.Yield) and node.value is not None:
            yield from _said_in([node.value])
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(_name_of(target) in _KEPT_AS for target in targets):
                yield from _said_in([node.value])
        if isinstance(node, ast.Call):
            yield from _said_in([each.value for each in node.keywords if each.arg in _KEYWORDS])


def _said_in(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.List | ast.Tuple):
            yield from _said_in(node.elts)
        elif isinstance(node, ast.Dict):
            yield from _said_in([value for value in node.values if value is not None])
        elif isinstance(node, ast.IfExp):
            yield from _said_in([node.body, node.orelse])
        elif isinstance(node, ast.BoolOp):
            yield from _said_in(node.values)
        elif isinstance(node, ast.DictComp):
            yield from _said_in([node.value])
        elif isinstance(node, ast.Constant | ast.JoinedStr):
            text = _written(node)
            if len(text.split()) >= _LEAST_WORDS and _letters(text) >= _LEAST_LETTERS:
                yield text


def _letters(text: str) -> int:
    return sum(letter.isalpha() for letter in re.sub(r"\{.*?\}", "", text))


def _written(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    text = ""
    names: dict[str, str] = {}
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            wanted = _name_of(part.value) or "value"
            source = ast.unparse(part.value)
            name = wanted
            while names.setdefault(name, source) != source:
                name += "_"
            text += f"{{{name}}}"
        elif isinstance(part, ast.Constant):
            text += str(part.value)
    return text


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _name_of(node: ast.AST) -> str:
    """What an expression is called: the last name in it that says something."""
    if isinstance(node, ast.Name):
        return node.id.strip("_").lower()
    if isinstance(node, ast.Attribute):
        return node.attr.strip("_").lower()
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _FORMED:
        return _name_of(node.func.value)
    if isinstance(node, ast.Call):
        arguments = node.args[1:] if _called(node) == "map" else node.args
        named = [name for name in map(_name_of, arguments) if name]
        return named[0] if named else _name_of(node.func)
    if isinstance(node, ast.Subscript | ast.Starred):
        return _name_of(node.value)
    if isinstance(node, ast.BinOp):
        return _name_of(node.left)
    if isinstance(node, ast.BoolOp):
        return _name_of(node.values[0])
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        return _name_of(node.elt)
    return ""
