"""Gathers what the admin says into the catalogues of its languages: `translate.py [--check]`.

They are core/web/translations/<language>/LC_MESSAGES/messages.po: fill in `msgstr`, run this again, and
it compiles them. `--check` fails where something is missing or not compiled.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from sentences import is_heard, sentences

from core.extensions import read_about

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "core" / "web" / "translations"
LANGUAGES = ("de", "nl")
SOURCES = ("core", "plugins")
_METHODS = [("**/templates/**.html", "jinja2"), ("**.py", "python")]
_OPTIONS = {"**/templates/**.html": {"trimmed": "true"}}
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
#: What forms and pages show of schemas and registrations, by the place where it stands.
_METADATA = {"label", "help", "group"}
_TITLED: dict[str, set[int | str]] = {
    "Permission": {1},
    "Scope": {1},
    "Reason": {1},
    "CustomerPolicy": {1},
    "JobType": {"title"},
    "Lifetime": {"title", "issued", "remedy"},
    "Channel": {"number_source"},
    "OutletKind": {"title"},
    "OrderPanel": {0},
    "OneOf": {"labels"},
    "_choice": {0, 2, 3},  # of order settings: options, label, help
}
#: What pages show of these: the values of a mapping, or all of a tuple.
_NAMED = {
    "ROLES",
    "STANDARD",
    "REGIONS",
    "LABELS",
    "WORDS",
    "FOREIGN",
    "_EARLIER",
    "_ENABLED",
    "SENTENCES",
    "_SAID",
    "_REMEDIES",
    "_HEADINGS",
    "_OURS",
    "_FORMS",
    "PICKUP_STATES",
    "PICKUP_EVENTS",
}


def main(arguments: list[str]) -> int:
    """Write the catalogues, or check them."""
    found = gather()
    if "--check" in arguments:
        return check(found)
    for language in LANGUAGES:
        catalog = read(language)
        catalog.update(found, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        po_file(language).parent.mkdir(parents=True, exist_ok=True)
        po_file(language).write_bytes(as_po(catalog))
        mo_file(language).write_bytes(as_mo(catalog))
        print(f"{language}: {len(missing(catalog, found))} of {len(found)} to translate")
    return 0


def check(found: Catalog) -> int:
    """Say what is missing; 1 if anything is."""
    wrong = False
    for language in LANGUAGES:
        catalog = read(language)
        left = missing(catalog, found)
        for text in left[:20]:
            print(f"{language}: not translated: {text!r}")
        if left or not is_compiled(language, catalog):
            print(f"{language}: {len(left)} texts to translate; run `make translations`")
            wrong = True
    return int(wrong)


def is_compiled(language: str, catalog: Catalog) -> bool:
    """Whether the compiled catalogue says the same; which version of Babel wrote it does not matter."""
    if not mo_file(language).exists():
        return False
    with mo_file(language).open("rb") as file:
        compiled = {str(one.id): one.string for one in read_mo(file) if one.id}
    return compiled == {str(one.id): one.string for one in read_mo(io.BytesIO(as_mo(catalog))) if one.id}


def gather() -> Catalog:
    """Every text that pages show."""
    catalog = Catalog(charset="utf-8")
    for source in SOURCES:
        folder = ROOT / source
        for _file, _line, message, _comments, context in extract_from_dir(
            folder, _METHODS, _OPTIONS, _KEYWORDS
        ):
            catalog.add(message, context=context)
        for file in sorted(folder.rglob("*.py")):
            tree = ast.parse(file.read_text("utf-8"))
            if file.name == "__init__.py" and file.parent.parent.name == "plugins":
                catalog.add(read_about(f"plugins.{file.parent.name}:plugin").about)
            for text in shown_texts(tree):
                catalog.add(text)
            for text in sentences(tree) if is_heard(file, ROOT) else ():
                catalog.add(text)
    return catalog


def shown_texts(tree: ast.AST) -> Iterator[str]:
    """Labels and helps of schemas, labels of options, titles of what is registered."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in _METADATA:
                    yield from constants(value)
        elif isinstance(node, ast.Call):
            yield from titles(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Name) and one.id in _NAMED for one in targets):
                yield from constants(node.value)


def titles(call: ast.Call) -> Iterator[str]:
    """What a call registers under a title, and the labels of options."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    places = _TITLED.get(name, set())
    for place, value in enumerate(call.args):
        if place in places:
            yield from constants(value)
    for keyword in call.keywords:
        if keyword.arg in places:
            yield from constants(keyword.value)


def constants(node: ast.AST) -> Iterator[str]:
    """The texts that stand there as they are, alone, in a list or as values of a mapping."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip():
        yield node.value
    elif isinstance(node, ast.List | ast.Tuple):
        for element in node.elts:
            yield from constants(element)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from constants(value)
    elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "MappingProxyType":
        for argument in node.args:
            yield from constants(argument)


def read(language: str) -> Catalog:
    """A language's catalogue; an empty one if there is none yet."""
    if not po_file(language).exists():
        return Catalog(locale=language, charset="utf-8")
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language, charset="utf-8")


def missing(catalog: Catalog, found: Catalog) -> list[str]:
    """What the catalogue does not say in its language."""
    left = []
    for message in found:
        if message.id:
            translated = catalog.get(message.id, message.context)
            if translated is None or not all(_as_tuple(translated.string)):
                left.append(str(message.id))
    return left


def as_po(catalog: Catalog) -> bytes:
    """The catalogue as text, the same for the same content."""
    out = io.BytesIO()
    write_po(out, catalog, width=108, no_location=True, omit_header=True, sort_output=True)
    return out.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """The catalogue as Flask-Babel reads it."""
    always = datetime(2026, 1, 1, tzinfo=UTC)  # its header has both, and the same content is the same file
    plain = Catalog(locale=catalog.locale, charset="utf-8", creation_date=always, revision_date=always)
    plain.mime_headers = [("Content-Type", "text/plain; charset=utf-8")]
    for message in sorted((one for one in catalog if one.id), key=lambda one: str(one.id)):
        plain.add(message.id, message.string, context=message.context)
    out = io.BytesIO()
    write_mo(out, plain)
    return out.getvalue()


def po_file(language: str) -> Path:
    """Where a language's catalogue is."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def mo_file(language: str) -> Path:
    """Where it is compiled."""
    return po_file(language).with_suffix(".mo")


def _as_tuple(string: object) -> tuple[object, ...]:
    return tuple(string) if isinstance(string, tuple | list) else (string,)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
