"""How values are written on a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel

from core.web.formatting import add_filters, amount, moment, sentence, tone, urgency, words
from core.web.zones import choose_zones


def test_an_amount_has_its_currency_and_its_digits() -> None:
    assert amount(Decimal("1234.5"), "EUR") == "1,234.50 EUR"
    assert amount(Decimal(500), "JPY") == "500 JPY"
    assert amount(None, "EUR") == amount(Decimal(1), None) == "—"


def test_a_time_is_written_for_people_and_machines() -> None:
    noon = datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)
    assert moment(noon) == (
        '<time datetime="2026-03-01T12:00:05Z"><span>2026-03-01</span> <span>12:00 UTC</span></time>'
    )
    assert moment(None, "<never>") == "&lt;never&gt;"


@pytest.mark.parametrize(
    ("language", "written", "yen", "at"),
    [
        ("en", "1,234.50 EUR", "1,500 JPY", "2026-03-01 12:00 UTC"),
        ("de", "1.234,50 EUR", "1.500 JPY", "01.03.2026 12:00 UTC"),
        ("nl", "1.234,50 EUR", "1.500 JPY", "01-03-2026 12:00 UTC"),
    ],
)
def test_amounts_and_times_are_written_as_the_reader_does(
    language: str, written: str, yen: str, at: str
) -> None:
    app = Flask("core.web")
    Babel(app, locale_selector=lambda: language)
    add_filters(app)
    text = "{{ 1234.5 | money | amount('EUR') }}|{{ 1500 | money | amount('JPY') }}|{{ at | moment }}"
    app.jinja_env.filters["money"] = lambda number: Decimal(str(number))
    with app.test_request_context():
        shown = render_template_string(text, at=datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC))
    day, _, hour = at.partition(" ")
    marked = f'<time datetime="2026-03-01T12:00:05Z"><span>{day}</span> <span>{hour}</span></time>'
    assert shown == f"{written}|{yen}|{marked}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("run `entrepot <x>` now", "Run <code>entrepot &lt;x&gt;</code> now."),
        ("an odd ` mark & <b>", "An odd ` mark &amp; &lt;b&gt;."),
        ("Why?", "Why?"),
        ("", "."),
    ],
)
def test_an_errors_words_become_a_sentence(text: str, written: str) -> None:
    assert str(sentence(text)) == written


def test_what_has_to_leave_soon_is_late_or_due_today_where_the_reader_is() -> None:
    now = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
    assert [urgency(now + timedelta(hours=ahead), now) for ahead in (-1, 0, 1, 2)] == [
        "late", "today", "today", "",
    ]  # fmt: skip
    assert urgency(None, now) == ""
    app = Flask("core.web")
    choose_zones(app, lambda: "Europe/Berlin")
    with app.test_request_context():
        assert urgency(now + timedelta(hours=1), now) == ""  # it is half past eleven, so that is tomorrow


def test_codes_become_words_and_statuses_have_a_colour() -> None:
    assert words("gift_wrap") == "Gift wrap"
    assert tone("Shipped") == tone("complete") == "done"
    assert tone("SomethingNew") == "plain"
