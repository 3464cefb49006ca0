"""The admin in German and Dutch: the catalogues are whole, and pages are written in them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from core.application import LiveApplication
from tests.core.web.conftest import Pages, enter
from tests.databases import make_config

ROOT = Path(__file__).parents[3]
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*(?:!r)?\}")


def test_every_text_is_translated_and_compiled() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "docs" / "translate.py", "--check"], capture_output=True, text=True
    )
    assert (checked.returncode, checked.stdout) == (0, "")


def test_no_dutch_sentence_is_a_german_one() -> None:
    german, dutch = (dict(sentences_of(language)) for language in ("de", "nl"))
    same = {text for text, said in dutch.items() if said == german.get(text, text) != text}
    assert same <= {"Connect %(channel)s"}


def sentences_of(language: str) -> Iterator[tuple[str, str]]:
    """What is said in several words."""
    path = ROOT / "core" / "web" / "translations" / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        for message in read_po(file, locale=language):
            if isinstance(message.id, str) and " " in str(message.string):
                yield message.id, str(message.string)


@pytest.mark.parametrize("language", ["de", "nl"])
def test_a_translation_has_the_placeholders_of_its_message(language: str) -> None:
    path = ROOT / "core" / "web" / "translations" / language / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    wrong = []
    for message in catalog:
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        wanted = sorted(_PLACEHOLDER.findall(ids[0]))
        wrong += [text for text in texts if message.id and sorted(_PLACEHOLDER.findall(text)) != wanted]
    assert wrong == []
    assert len(catalog) > 800


def test_admin_speaks_the_browsers_language_until_the_operator_chooses_one(
    sqlite_url: str, tmp_path: Path
) -> None:
    live = LiveApplication(make_config(tmp_path, sqlite_url))
    pages = enter(Pages(live), live)
    assert "Sign out" in read(pages, "fr")
    assert "Abmelden" in read(pages, "de-AT,en;q=0.5")
    assert "Afmelden" in read(pages, "nl")
    assert pages.post("/profile/language", {"language": "de"}).status == 303
    assert "Abmelden" in read(pages, "nl")
    assert "Bestellungen" in read(pages, "en")


def test_what_is_registered_is_named_in_the_readers_language(sqlite_url: str, tmp_path: Path) -> None:
    live = LiveApplication(make_config(tmp_path, sqlite_url))
    pages = enter(Pages(live), live)
    operators = read(pages, "de", "/operators")
    assert "Packt und versendet Bestellungen" in operators
    assert "Inhaber" in operators
    assert "Bestellungen und Sendungen lesen" in read(pages, "de", "/tokens")
    assert "In verwerking" in read(pages, "nl", "/statuses")


def read(pages: Pages, languages: str, path: str = "/profile") -> str:
    """The text of a page, for a browser that wants these languages."""
    headers = {"Accept-Language": languages, "Host": "127.0.0.1:8000"}
    with pages.client.get(path, headers=headers) as answer:
        assert answer.status_code == 200
        return answer.get_data(as_text=True)
