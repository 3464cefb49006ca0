"""Sentences that were made in English, said in the reader's language: errors, problems, notes, traces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel

from core.web.saying import say
from tests.core.web.conftest import Pages, enter
from tests.shop import Shop

FOLDER = Path(__file__).parents[3] / "core" / "web" / "translations"
_PART = re.compile(r"\{(\w+)(?:!r)?\}")


@contextmanager
def reader_of(language: str) -> Iterator[None]:
    """A page is being read in this language."""
    app = Flask("core.web")
    Babel(app, locale_selector=lambda: language)
    with app.test_request_context():
        yield


def patterns(language: str) -> Iterator[tuple[str, str]]:
    """Every sentence with parts, and how the catalogue says it."""
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        for message in read_po(file, locale=language):
            if isinstance(message.id, str) and _PART.search(message.id):
                yield message.id, str(message.string)


@pytest.mark.parametrize("language", ["de", "nl"])
def test_every_sentence_is_found_again_by_its_pattern(language: str) -> None:
    def filled(text: str) -> str:
        return _PART.sub(lambda part: f"<{part[1]} 7>", text)

    wrong = []
    with reader_of(language):
        for original, said in patterns(language):
            if sum(letter.isalpha() for letter in _PART.sub("", original)) >= 5:
                wrong += [original] if say(filled(original)) != filled(said) else []
    assert wrong == []


def test_a_reason_inside_a_sentence_is_said_too() -> None:
    text = (
        "Waits: order 7 has no 'AB-1'; it has: MUG; "
        "an order needs at least one line, and this one has none."
    )
    with reader_of("de"):
        assert say(text) == (
            "Wartet: die Bestellung 7 hat kein 'AB-1'; sie hat: MUG; "
            "eine Bestellung braucht mindestens eine Position, und diese hat keine."
        )
        assert say("What nobody has translated stays.") == "What nobody has translated stays."
        assert say("Must be one of: a, b.") == "Erlaubt sind: a, b."
        assert say("Order 7 comes to 1234.50 EUR, the channel says 99 SKU.") == (
            "Order 7 comes to 1.234,50 EUR, the channel says 99 SKU."
        )
    with reader_of("en"):
        assert say(text) == text


def test_an_operator_reads_why_and_what_is_wrong_in_their_language(shop: Shop) -> None:
    external = shop.place(("MUG", 1))
    shop.sync()
    pages = enter(Pages(shop.live), shop.live)
    assert pages.post("/profile/language", {"language": "nl"}).status == 303
    page = pages.get(f"/channel-orders/shop/{external}").text
    assert "Er is geen bestelling aangemaakt. Wacht: er is geen product met de SKU MUG." in page
    assert "De bestelling kwam aan als Niet verzonden, verzending door de verkoper." in page
    (problem,) = shop.problems()
    told = pages.get(f"/problems/{problem.id}").text
    assert f"Bestelling {external}: Wacht: er is geen product met de SKU MUG" in told
    assert "Dit veld moet worden ingevuld" in pages.post("/products/new", {"sku": "MUG"}).text
    assert "Er is geen bestelling '7'." in pages.get("/orders/7").text
    csv = {"file": (BytesIO(b"sku,price\nA,dear\n"), "prices.csv")}
    done = pages.post("/products/import", csv)
    assert "'dear' is geen decimaal getal zoals 12.50." in pages.get(done.headers["Location"]).text
