"""The sign-in over HTTP: what is asked for first, what a session is, and who may open what."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.routing import Rule

from core.access import ROLES, get_operator, permissions_of, set_active
from core.application import LiveApplication
from core.web.admin.identity import PUBLIC, SIGNED_IN, needed_by
from tests.core.web.conftest import EMAIL, PASSWORD, Pages, enter, sign_in
from tests.databases import make_config


@pytest.fixture
def sqlite_live(sqlite_url: str, tmp_path: Path) -> LiveApplication:
    """A new shop, where the kind of database does not matter."""
    return LiveApplication(make_config(tmp_path, sqlite_url))


def test_first_start_asks_for_the_first_operator_and_signs_them_in(sqlite_live: LiveApplication) -> None:
    pages = Pages(sqlite_live)
    assert pages.get("/").headers["Location"] == "/setup"
    assert pages.get("/login").headers["Location"] == "/setup"
    refused = pages.post("/setup", {"email": EMAIL, "password": "short"})
    assert refused.status == 422
    assert "12 to 256 characters" in refused.text
    assert pages.post("/setup", {"email": EMAIL, "password": PASSWORD}).headers["Location"] == "/"
    assert pages.get("/profile").status == 200
    assert Pages(sqlite_live).get("/setup").headers["Location"] == "/login"


def test_nobody_from_elsewhere_becomes_the_first_operator(sqlite_live: LiveApplication) -> None:
    proxied = LiveApplication(replace(sqlite_live.config, url="https://orders.shop.example"))
    for live, environ in (
        (sqlite_live, {"REMOTE_ADDR": "192.0.2.7"}),
        (sqlite_live, {"HTTP_X_REAL_IP": "192.0.2.7"}),
        (proxied, {}),
    ):
        found = Pages(live).get("/setup", environ_overrides=environ)
        assert found.status == 403
        assert "entrepot users add" in found.text
    proxied.close()


@pytest.mark.parametrize("url", [None, "https://orders.shop.example"])
def test_link_for_a_new_password_is_never_made_of_what_a_request_says(
    sqlite_live: LiveApplication, url: str | None
) -> None:
    live = LiveApplication(replace(sqlite_live.config, url=url))
    owner = enter(Pages(live), live)
    forged = {"HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_PROTO": "gopher"}
    assert owner.post("/operators/1/reset", environ_overrides=forged).status == 303
    told = owner.get("/operators")
    (link,) = [each for each in told.links() if "/reset/" in each]
    assert link.startswith(f"{url}/reset/" if url else "/reset/")
    assert ("In front of it belongs" in told.text) is (url is None)
    assert Pages(live).get(link.removeprefix(url or "")).status == 200
    live.close()


def test_wrong_sign_in_says_nothing_about_which_part_was_wrong(sqlite_live: LiveApplication) -> None:
    sign_in(Pages(sqlite_live), sqlite_live)
    pages = Pages(sqlite_live)
    wrong = pages.post("/login", {"email": f"owner.{EMAIL}", "password": "wrong"})
    nobody = pages.post("/login", {"email": "nobody@shop.example", "password": "wrong"})
    assert (wrong.status, nobody.status) == (401, 401)
    assert wrong.text == nobody.text
    assert "wrong" not in re.findall(r'value="([^"]*)"', wrong.source)


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/profile", "/profile"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/profile\r\nSet-Cookie: x=1", "/"),
    ],
)
def test_sign_in_leads_only_to_pages_of_ours(sqlite_live: LiveApplication, asked: str, led_to: str) -> None:
    sign_in(Pages(sqlite_live), sqlite_live)
    pages = Pages(sqlite_live)
    form: dict[str, object] = {"email": f"owner.{EMAIL}", "password": PASSWORD, "next": asked}
    assert pages.post("/login", form).headers["Location"] == led_to


def test_session_is_new_after_signing_in_and_ends_when_the_operator_is_disabled(
    sqlite_live: LiveApplication,
) -> None:
    pages = Pages(sqlite_live)
    with pages.client.session_transaction(base_url="http://127.0.0.1:8000") as session:
        session["planted"] = "by somebody else"
    sign_in(pages, sqlite_live)
    with pages.client.session_transaction(base_url="http://127.0.0.1:8000") as session:
        assert "planted" not in session
    sign_in(Pages(sqlite_live), sqlite_live, "operator")
    with sqlite_live.current().writing("test") as ctx:
        get_operator(ctx.session, f"operator.{EMAIL}").role = "owner"
        set_active(ctx, get_operator(ctx.session, f"owner.{EMAIL}"), is_active=False)
    assert pages.get("/profile").headers["Location"].startswith("/login")
    assert pages.ask("POST", "/profile/language", data={"language": "nl"}).headers["Location"] == "/login"
    assert "Your session has ended, so nothing was saved." in pages.get("/login").text


def test_own_password_is_asked_for_no_more_often_than_the_sign_in(sqlite_live: LiveApplication) -> None:
    pages = enter(Pages(sqlite_live), sqlite_live)
    with sqlite_live.current().writing("test") as ctx:
        get_operator(ctx.session, f"owner.{EMAIL}").totp_secret = "JBSWY3DPEHPK3PXP"
    new = "another battery staple"
    change, drop = "/profile/password", "/profile/second-factor/remove"
    assert "12 to 256 characters" in pages.post(change, {"current": PASSWORD, "password": "short"}).text
    for _ in range(3):
        told = pages.post(change, {"current": "wrong", "password": new})
        assert (told.status, "This is not your current password" in told.text) == (422, True)
    for _ in range(2):
        assert "not your current password" in pages.post(drop, {"current": "wrong"}).text
    for path in (change, drop):  # locked, even for the right one; and so is the sign-in
        assert pages.post(path, {"current": PASSWORD, "password": new}).status == 422
    form = {"email": f"owner.{EMAIL}", "password": PASSWORD}
    assert Pages(sqlite_live).post("/login", form).status == 401
    with sqlite_live.current().writing("test") as ctx:
        get_operator(ctx.session, f"owner.{EMAIL}").locked_until = None
    assert pages.post(drop, {"current": PASSWORD}).status == 303
    assert pages.post(change, {"current": PASSWORD, "password": new}).status == 303
    assert pages.get("/profile").status == 200, "whoever changed it stays signed in"
    assert Pages(sqlite_live).post("/login", {**form, "password": new}).status == 303


def test_form_without_the_sessions_token_is_refused(sqlite_live: LiveApplication) -> None:
    pages = sign_in(Pages(sqlite_live), sqlite_live)
    for form in ({}, {"csrf_token": "made up"}):
        refused = pages.ask("POST", "/operators", data=form)
        assert (refused.status, "This page was open for too long" in refused.text) == (400, True)


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(sqlite_live: LiveApplication) -> None:
    pages = Pages(sqlite_live)
    pages.get("/setup")
    cookie = pages.client.get_cookie("entrepot_session", "127.0.0.1")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site) == (True, "Lax")


def test_every_view_says_what_it_needs(sqlite_live: LiveApplication) -> None:
    pages = Pages(sqlite_live)
    known = {permission.key for permission in sqlite_live.current().permissions}
    with pages.app.test_request_context():
        needed = {
            rule.endpoint: needed_by(rule.endpoint) for rule in _rules(pages) if not guards_itself(rule)
        }
    assert {endpoint for endpoint, need in needed.items() if need is None} == set()
    assert set(needed.values()) <= known | {PUBLIC, SIGNED_IN}


@pytest.mark.parametrize("role", [*ROLES, None])
def test_each_role_opens_what_its_permissions_allow_and_nothing_else(
    sqlite_live: LiveApplication, role: str | None
) -> None:
    pages = Pages(sqlite_live)
    sign_in(Pages(sqlite_live), sqlite_live)
    if role is not None:
        sign_in(pages, sqlite_live, role) if role != "owner" else pages.post(
            "/login", {"email": f"owner.{EMAIL}", "password": PASSWORD}
        )
    allowed = permissions_of(role, sqlite_live.current().permissions) if role else frozenset()
    tried = 0
    for rule in _rules(pages):
        if guards_itself(rule) or rule.endpoint in ("sign_in.leave", "static"):
            continue
        with pages.app.test_request_context():
            need = needed_by(rule.endpoint)
        path = re.sub(r"<any\((\w+)[^>]*>", r"\1", re.sub(r"<int:[^>]+>", "999", rule.rule))
        path = re.sub(r"<(?:path:)?[^:>]+>", "nothing", path)
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        found = pages.ask(method, path) if method == "GET" else pages.post(path)
        tried += 1
        if need == PUBLIC:
            assert found.status != 403 or rule.endpoint.startswith("sign_in."), path
        elif role is None:
            assert found.headers.get("Location", "").startswith("/login"), (path, found.status)
        elif need == SIGNED_IN or need in allowed:
            assert found.status not in (401, 403), (path, need)
            assert found.status < 500 or found.status == 503, (path, found.status)
        else:
            assert found.status == 403, (path, need)
    assert tried > 15


def guards_itself(rule: Rule) -> bool:
    """What asks for a token instead of a session."""
    return rule.rule.startswith("/api/")


def _rules(pages: Pages) -> list[Rule]:
    return list(pages.app.url_map.iter_rules())
