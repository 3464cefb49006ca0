"""A browser's view of the shop, without a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core.access import Operator, add_operator
from core.access.passwords import hash_password
from core.application import LiveApplication
from tests.web_apps import web_app

BASE = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Seen:
    """One answer."""

    status: int
    headers: dict[str, str]
    source: str

    @property
    def text(self) -> str:
        """What a reader reads of it."""
        shown = re.sub(r"<(title|style)>.*?</\1>|<[^>]*>", " ", self.source, flags=re.DOTALL)
        return " ".join(html.unescape(shown).split())

    def links(self) -> list[str]:
        """Where it leads."""
        return [html.unescape(found) for found in re.findall(r'<a [^>]*?href="([^"]*)"', self.source)]

    def form(self, action: str) -> dict[str, str]:
        """What a browser would send of the form that posts to this address or, without one, to its own."""
        forms = re.findall(r'<form([^>]*) method="post"([^>]*)>(.*?)</form>', self.source, flags=re.DOTALL)
        (body,) = [
            inner
            for before, after, inner in forms
            if f'action="{html.escape(action)}"' in before + after or "action=" not in before + after
        ]
        found = {}
        for written in re.findall(r"<input[^>]*>|<select[^>]*>.*?</select>", body, flags=re.DOTALL):
            (name,) = re.findall(r'^<[^>]*? name="([^"]*)"', written)
            chosen = r'value="([^"]*)" selected' if written.startswith("<select") else r'value="([^"]*)"'
            values = re.findall(chosen, written)
            if 'type="checkbox"' not in written or " checked" in written:
                found[name] = html.unescape(values[0]) if values else ""
        return found

    def row(self, *words: str) -> str:
        """The text of the one table row that has all these words."""
        rows = re.findall(r"<tr[ >].*?</tr>", self.source, flags=re.DOTALL)
        found = [
            text for text in (Seen(200, {}, row).text for row in rows) if all(w in text for w in words)
        ]
        assert len(found) == 1, (words, found)
        return found[0]


class Pages:
    """The pages of a shop."""

    def __init__(self, live: LiveApplication, own: Flask | None = None) -> None:
        """`own` answers instead of the application that tests share: for a test that changes it."""
        self._live, self._own = live, own
        self._token: str | None = None
        self.client: FlaskClient = self.app.test_client()

    @property
    def app(self) -> Flask:
        """What answers, with the plugins that are enabled now."""
        return self._own or web_app(self._live)

    def get(self, path: str, **options: object) -> Seen:
        """Fetch a page."""
        return self.ask("GET", path, **options)

    def post(self, path: str, data: Mapping[str, object] | None = None, **options: object) -> Seen:
        """Send a form, with the CSRF token that a page of this session carries."""
        found = None
        if self._token is not None:
            found = self.ask("POST", path, data={**(data or {}), "csrf_token": self._token}, **options)
        if found is None or found.status == 400:  # there was none, or it is that of another session
            form = re.search(r'name="csrf_token" value="([^"]+)"', self.get(self.form_page).source)
            assert form, f"no form on {self.form_page}"
            self._token = form[1]
            found = self.ask("POST", path, data={**(data or {}), "csrf_token": self._token}, **options)
        return found

    @property
    def form_page(self) -> str:
        """A page of this session that has a form."""
        for page in ("/profile", "/setup"):
            if self.get(page).status == 200:
                return page
        return "/login"

    def ask(self, method: str, path: str, host: str | None = "127.0.0.1:8000", **options: object) -> Seen:
        """Make a request of any kind."""
        headers = {} if host is None else {"Host": host}
        self.client.application = self.app
        with self.client.open(path, method=method, headers=headers, **options) as answer:
            return Seen(answer.status_code, dict(answer.headers), answer.get_data(as_text=True))


@cache
def password_hash() -> str:
    """Of the one password: hashing takes long on purpose."""
    return hash_password(PASSWORD)


def enter(pages: Pages, live: LiveApplication, role: str = "owner") -> Pages:
    """Add an operator with this role, and begin a session of theirs as signing in would."""
    with live.current().writing("test") as ctx:
        email = f"{role}.{EMAIL}"
        operator = Operator(
            email=email,
            email_index=email,
            role=role,
            password_hash=password_hash(),
            created_at=ctx.clock.now(),
        )
        ctx.session.add(operator)
    pages.client.application = pages.app  # it is this shop that the session is signed for
    with pages.client.session_transaction(base_url=BASE) as session:
        session.permanent = True
        session["_user_id"] = f"{operator.id}:{operator.sign_in_version}"
    return pages


EMAIL, PASSWORD = "anna@shop.example", "correct horse battery"


def sign_in(pages: Pages, live: LiveApplication, role: str = "owner") -> Pages:
    """Add an operator with this role, and sign them in."""
    with live.current().writing("test") as ctx:
        add_operator(ctx, f"{role}.{EMAIL}", role, PASSWORD)
    form = {"email": f"{role}.{EMAIL}", "password": PASSWORD}
    assert pages.post("/login", form).status == 303
    return pages


@pytest.fixture
def pages(live: LiveApplication) -> Pages:
    """The pages, on each kind of database."""
    return enter(Pages(live), live)
