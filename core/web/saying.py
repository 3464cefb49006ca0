"""What the core says in English, said in the reader's language.

An error, a problem, a note or a reason is made where no reader is known, and many are kept for later. So
each is found again here: in the catalogue as it stands, or by the pattern that it was made from, whose
parts are then filled into the translation. `docs/translate.py` gathers those patterns from the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale
from babel.messages.mofile import read_mo
from babel.numbers import format_decimal
from flask import current_app
from flask_babel import get_locale, gettext

from core.money import currencies
from core.web.wording import IN_ENGLISH

_PART = re.compile(r"\{(\w+)(?:![rs])?\}")
#: A pattern with fewer letters of its own than this would be found in anything.
_LEAST = 5
#: A sentence can hold a reason, and that another one.
_DEPTH = 4
_LIST = "; "
_AMOUNT = re.compile(r"(?<![\w.,:-])(\d+(?:\.\d+)?) ([A-Z]{3})(?!\w)")


@dataclass(frozen=True)
class _Pattern:
    """A sentence with parts, and how it is said."""

    original: re.Pattern[str]
    said: str

    def fill(self, found: re.Match[str], depth: int) -> str:
        """The translation with what was found in the parts, each said in its turn."""
        parts = {name: _say(text, depth + 1) for name, text in found.groupdict().items()}
        return _PART.sub(lambda part: parts.get(part[1], part[0]), self.said)


def say(text: str) -> str:
    """A sentence of the core or of a plugin in the reader's language; as it is if none is known."""
    return _with_amounts(IN_ENGLISH.get(text, text) if _language() == "en" else _say(text, 0))


def _with_amounts(text: str) -> str:
    """Amounts such as `1234.50 EUR` as the reader writes them."""
    locale = get_locale() or Locale("en")
    return _AMOUNT.sub(lambda found: _amount(found, locale), text)


def _amount(found: re.Match[str], locale: Locale) -> str:
    digits, currency = found[1], found[2]
    if currency not in currencies():
        return found[0]
    cents = digits.partition(".")[2]
    pattern = "#,##0" + ("." + "0" * len(cents) if cents else "")
    return f"{format_decimal(Decimal(digits), format=pattern, locale=locale)} {currency}"


def _say(text: str, depth: int) -> str:
    if not text.strip() or depth > _DEPTH:
        return text
    known = str(gettext(text))
    if known != text or " " not in text:
        return known
    if text.endswith(".") and (said := str(gettext(text[:-1]))) != text[:-1]:
        return f"{said}."
    for pattern in _patterns(_language(), _folders()):
        if found := pattern.original.fullmatch(text):
            return pattern.fill(found, depth)
    if _LIST in text:
        return _LIST.join(_say(part, depth + 1) for part in text.split(_LIST))
    return text


def _language() -> str:
    locale = get_locale()
    return locale.language if locale else "en"


def _folders() -> tuple[str, ...]:
    """Where the catalogues are, those of plugins too."""
    named = str(current_app.config.get("BABEL_TRANSLATION_DIRECTORIES", "translations")).split(";")
    return tuple(str(Path(current_app.root_path, folder)) for folder in named)


@lru_cache(maxsize=32)
def _patterns(language: str, folders: tuple[str, ...]) -> tuple[_Pattern, ...]:
    """Every sentence with parts, the one with the most words of its own first."""
    found = sorted((_sort_key(original), original, said) for original, said in _read(language, folders))
    return tuple(_Pattern(_expression(original), said) for _key, original, said in found)


def _read(language: str, folders: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for folder in folders:
        file = Path(folder, language, "LC_MESSAGES", "messages.mo")
        if not file.exists():
            continue
        with file.open("rb") as opened:
            for message in read_mo(opened):
                original, said = message.id, message.string
                if isinstance(original, str) and isinstance(said, str) and _is_pattern(original):
                    yield original, said


def _is_pattern(original: str) -> bool:
    return bool(_PART.search(original)) and -_sort_key(original) >= _LEAST


@cache
def _sort_key(original: str) -> int:
    return -sum(letter.isalpha() for letter in _PART.sub("", original))


def _expression(original: str) -> re.Pattern[str]:
    """What finds the sentence again, with a group for each part."""
    seen: set[str] = set()
    written = ""
    last = 0
    for part in _PART.finditer(original):
        written += re.escape(original[last : part.start()])
        written += f"(?P={part[1]})" if part[1] in seen else f"(?P<{part[1]}>.*?)"
        seen.add(part[1])
        last = part.end()
    return re.compile(written + re.escape(original[last:]), re.DOTALL)
