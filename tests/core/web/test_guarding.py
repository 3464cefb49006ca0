"""Who may ask while there is no sign-in, the headers of every answer, and errors as pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from core.access import add_operator
from core.application import LiveApplication
from core.errors import (
    AccessDenied,
    AlreadyExists,
    Busy,
    EntrepotError,
    InvalidValue,
    NotConfigured,
    NotFound,
    PluginFailed,
    QuotaExhausted,
    Refused,
    RejectedByChannel,
    TemporarilyUnavailable,
    WrongState,
)
from core.extensions.switching import disable_plugin, enable_plugin
from core.web.admin.shell import public
from core.web.app import create_web_app
from core.web.errors import status_of
from core.web.guarding import HEADERS
from tests.core.web.conftest import Pages, enter
from tests.databases import make_config


@pytest.fixture
def sqlite_pages(sqlite_url: str, tmp_path: Path) -> Pages:
    """The pages, where the kind of database does not matter, before anybody has signed in."""
    return Pages(LiveApplication(make_config(tmp_path, sqlite_url)))


@pytest.fixture
def own_pages(sqlite_url: str, tmp_path: Path) -> Pages:
    """The same, in an application to which a test may add a view."""
    live = LiveApplication(make_config(tmp_path, sqlite_url))
    return Pages(live, create_web_app(live))


@pytest.fixture
def signed_in(sqlite_url: str, tmp_path: Path) -> Pages:
    """The same, as the owner sees them."""
    live = LiveApplication(make_config(tmp_path, sqlite_url))
    return enter(Pages(live), live)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:1", "127.9.9.9:8000", "[::1]", "[::1]:8000"],
)
def test_loopback_names_are_served(sqlite_pages: Pages, host: str) -> None:
    assert sqlite_pages.get("/setup", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example",
        "127.0.0.1@evil.example", "192.168.1.5:8000", "0.0.0.0", "[::2]", "[::]:80", "2130706433", "127.1",
        "localhost:x", "localhost:8000:1", "::1", "", " localhost", "localhost,evil.example",
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/static/admin.css", "/nothing"])
def test_any_other_name_is_turned_away(sqlite_pages: Pages, host: str, path: str) -> None:
    found = sqlite_pages.get(path, host=host)
    assert found.status == 403
    assert "Entrepot answers under the names" in found.text
    assert HEADERS.items() <= found.headers.items()


def test_public_address_is_answered_to_and_makes_cookies_secure(sqlite_url: str, tmp_path: Path) -> None:
    config = replace(make_config(tmp_path, sqlite_url), url="https://orders.shop.example")
    live = LiveApplication(config)
    with live.current().writing("test") as ctx:
        add_operator(ctx, "anna@shop.example", "owner", "correct horse battery")
    pages = Pages(live)
    found = pages.get("/login", host="orders.shop.example")
    assert found.status == 200
    assert "; Secure;" in found.headers["Set-Cookie"]
    assert "Secure" not in pages.get("/login").headers.get("Set-Cookie", "")
    assert pages.get("/login", host="other.shop.example").status == 403


def test_every_answer_has_strict_headers(signed_in: Pages) -> None:
    asked = [
        ("GET", "/"), ("HEAD", "/"), ("POST", "/"), ("OPTIONS", "/orders"), ("GET", "/static/admin.css"),
        ("GET", "/static/nothing"), ("GET", "/orders/1"), ("GET", "/nothing"), ("GET", "/accounts"),
    ]  # fmt: skip
    for method, path in asked:
        found = signed_in.ask(method, path)
        assert HEADERS.items() <= found.headers.items(), (method, path)
    assert "default-src 'self'" in HEADERS["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in HEADERS["Content-Security-Policy"]
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_pages_can_only_be_read(signed_in: Pages) -> None:
    found = signed_in.post("/orders")
    assert found.status == 405
    assert "This page can only be read." in found.text
    assert set(found.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_no_page_asks_for_anything_inline_or_from_elsewhere(signed_in: Pages) -> None:
    source = signed_in.get("/profile").source
    assert not [word for word in ("<script>", "style=", "<style", "://", "onclick") if word in source]


def test_a_database_that_is_not_upgraded_names_the_command(tmp_path: Path) -> None:
    live = LiveApplication(make_config(tmp_path, f"sqlite:///{tmp_path / 'new.db'}"))
    pages = Pages(live)
    found = pages.get("/orders")
    assert found.status == 503
    assert "<code>entrepot db upgrade</code>" in found.source
    live.upgrade()
    assert pages.get("/orders").headers["Location"] == "/setup"
    live.close()


def test_a_plugin_that_is_enabled_serves_the_next_request(pages: Pages, live: LiveApplication) -> None:
    assert pages.get("/").status == 200
    before = live.current()
    disable_plugin(before.plugin_host(), "guest_checkout", "test")
    assert pages.get("/").status == 200
    assert live.current() is not before
    assert "guest_checkout" not in live.current().hooks.plugins
    enable_plugin(live.current().plugin_host(), "guest_checkout", "test")
    assert pages.get("/").status == 200


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (NotFound("there is no order 7"), 404, "There is no order 7."),
        (InvalidValue("a port is a number"), 422, "A port is a number."),
        (WrongState("it has left"), 409, "It has left."),
        (Refused("no"), 409, "No."),
        (AlreadyExists("there is one"), 409, "There is one."),
        (Busy("somebody does"), 409, "Somebody does."),
        (NotConfigured("run `entrepot doctor`"), 503, "Run entrepot doctor ."),
        (TemporarilyUnavailable("later"), 503, "Later."),
        (QuotaExhausted("later", timedelta(seconds=90)), 503, "Later."),
        (AccessDenied("not you"), 502, "Not you."),
        (RejectedByChannel("no"), 502, "No."),
        (PluginFailed("x", "order_validate", ValueError("Jane Doe")), 500, "The plugin 'x' failed"),
        (EntrepotError("odd"), 500, "Odd."),
        (ValueError("Jane Doe"), 500, "the log says where it happened"),
        (OperationalError("SELECT 'Jane Doe'", {}, Exception("Jane Doe")), 503, "does not answer"),
        (IntegrityError("SELECT 'Jane Doe'", {}, Exception("Jane Doe")), 500, "run entrepot doctor ."),
    ],
)
def test_each_error_has_its_status_and_a_page_in_plain_words(
    own_pages: Pages, error: Exception, status: int, words: str
) -> None:
    def fail() -> str:
        raise error

    own_pages.app.add_url_rule("/fail", view_func=public(fail))
    found = own_pages.get("/fail")
    assert (found.status, words in found.text) == (status, True), found.text
    assert "Jane Doe" not in found.source
    assert "Traceback" not in found.source
    assert HEADERS.items() <= found.headers.items()
    if isinstance(error, QuotaExhausted):
        assert found.headers["Retry-After"] == "90"
    if isinstance(error, EntrepotError):
        assert status_of(error)[0] == status


def test_the_log_of_a_failure_holds_no_text_of_a_foreign_error(
    own_pages: Pages, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> str:
        raise ValueError("Jane Doe")

    own_pages.app.add_url_rule("/fail", view_func=public(fail))
    own_pages.get("/fail")
    said = "".join(capfd.readouterr())
    assert "ValueError" in said
    assert "test_guarding.py" in said
    assert "Jane Doe" not in said
