"""Times and days as they are where the reader is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import Babel

from core.application import LiveApplication
from core.web.formatting import moment, moment_in_words
from core.web.zones import choose_zones, start_of
from tests.core.commerce.counter import Counter
from tests.core.web.conftest import Pages, enter
from tests.databases import make_config


@pytest.fixture
def live(sqlite_url: str, tmp_path: Path) -> LiveApplication:
    """Nothing here depends on the kind of database."""
    return LiveApplication(make_config(tmp_path, sqlite_url))


@pytest.mark.parametrize(
    ("zone", "written", "began"),
    [
        ("Europe/Berlin", "2026-03-29 03:30 CEST", "2026-03-28T23:00:00+00:00"),
        ("America/New_York", "2026-03-28 21:30 EDT", "2026-03-28T04:00:00+00:00"),
        ("America/Sao_Paulo", "2026-03-28 22:30 UTC-03", "2026-03-28T03:00:00+00:00"),
        ("Nowhere/../../etc", "2026-03-29 01:30 UTC", "2026-03-29T00:00:00+00:00"),
        (None, "2026-03-29 01:30 UTC", "2026-03-29T00:00:00+00:00"),
    ],
)
def test_a_time_is_written_and_a_day_begins_where_the_reader_is(
    zone: str | None, written: str, began: str
) -> None:
    app, at = Flask("core.web"), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    Babel(app)
    choose_zones(app, lambda: zone)
    with app.test_request_context():
        assert moment_in_words(at) == written
        assert '<time datetime="2026-03-29T01:30:00Z">' in moment(at)
        assert start_of(date.fromisoformat(written[:10])).isoformat() == began
        assert start_of(date.min) >= datetime.min.replace(tzinfo=UTC), "whoever asks for it gets an answer"


def test_lists_are_filtered_by_the_days_that_they_show(live: LiveApplication) -> None:
    """Bought at half past eleven at night of the 1st in UTC: the 2nd in Berlin."""
    pages, counter = enter(Pages(live), live), Counter(live.current())
    counter.stock("A", 1)
    number = counter.place(("A", 1), placed_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    on_the_first, on_the_second = (
        f"/orders?placed_from=2026-03-{day}&placed_to=2026-03-{day}" for day in ("01", "02")
    )
    assert "2026-03-01 23:30 UTC" in pages.get(on_the_first).row(number)
    pages.client.set_cookie("entrepot_zone", "Europe/Berlin", domain="127.0.0.1")
    assert "No matching orders" in pages.get(on_the_first).text
    assert "2026-03-02 00:30 CET" in pages.get(on_the_second).row(number)
    assert pages.post("/profile/time-zone", {"time_zone": "America/New_York"}).status == 303
    assert "2026-03-01 18:30 EST" in pages.get(on_the_first).row(number), (
        "the profile counts, not the browser"
    )
    assert pages.post("/profile/time-zone", {"time_zone": "Mars/Olympus"}).status == 422
    assert pages.post("/profile/time-zone", {"time_zone": ""}).status == 303
    assert "00:30 CET" in pages.get("/orders").row(number)
