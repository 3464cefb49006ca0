"""Who may ask: tokens, scopes, rates; and errors, each a problem that says what to do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.access import list_tokens, revoke_token
from core.application import LiveApplication
from core.web.api.access import scope_of
from core.web.api.app import create_api
from core.web.api.limiting import Limiter
from tests.core.web.api.conftest import EVERYTHING, PREFIX, Api, make_token

PUBLIC = {"describe", "reference"}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer nothing"])
def test_without_a_token_nobody_gets_in(api: Api, header: str) -> None:
    for path in ("/orders", "/nothing"):
        found = api.get(path, Authorization=header)
        assert (found.status, found["code"]) == (401, "unauthorized")
        assert found.headers["Content-Type"] == "application/problem+json"
        assert found.headers["WWW-Authenticate"].startswith("Bearer realm=")


def test_a_token_that_is_over_or_revoked_opens_nothing(api: Api) -> None:
    old = Api(api.live, make_token(api.live, lifetime=timedelta(seconds=-1)))
    assert old.get("/orders").status == 401
    with api.live.current().writing("test") as ctx:
        for token in list_tokens(ctx.session):
            revoke_token(ctx, token.name)
    assert api.get("/orders").status == 401


def test_it_is_written_down_when_a_token_was_used(api: Api) -> None:
    def last_used() -> datetime | None:
        with api.live.current().reading() as ctx:
            return list_tokens(ctx.session)[0].last_used_at

    assert last_used() is None
    assert api.get("/orders").status == 200
    first = last_used()
    assert first is not None
    assert api.get("/orders").status == 200
    assert last_used() == first


def test_every_operation_needs_its_scope_and_no_other(api: Api) -> None:
    app = create_api(api.live)
    for rule in app.url_map.iter_rules():
        scope = scope_of(app.view_functions[rule.endpoint])
        if rule.endpoint in PUBLIC:
            assert scope is None
            continue
        assert scope in EVERYTHING
        path = rule.rule
        for argument, value in (("number", "1"), ("sku", "1"), ("account", "1"), ("external_id", "1")):
            path = path.replace(f"<segment:{argument}>", value)
        for argument in rule.arguments:
            path = path.replace(f"<whole:{argument}>", "1")
        method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        others = api.with_scopes(*(set(EVERYTHING) - {scope}))
        refused = others.ask(method, path, {})
        assert (refused.status, refused.json.get("required_scope")) == (403, scope), rule
        assert api.with_scopes(scope).ask(method, path, {}).status in (200, 404, 422), rule


def test_cookies_mean_nothing_to_the_api(api: Api) -> None:
    api.client.set_cookie("session", "anything", domain="localhost")
    assert api.get("/orders", Authorization="").status == 401
    answered = api.get("/orders")
    assert "Set-Cookie" not in answered.headers


def test_a_token_that_asks_too_often_waits(live: LiveApplication) -> None:
    with live.current().writing("test") as ctx:
        assert list_tokens(ctx.session) == []
    client = create_api(live, Limiter(3)).test_client()
    headers = {"Host": "localhost", "Authorization": f"Bearer {make_token(live)}"}
    answers = [client.get("/orders", headers=headers) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 20
    other = headers | {"Authorization": f"Bearer {make_token(live)}"}
    assert client.get("/orders", headers=other).status_code == 200


def test_a_bucket_fills_evenly() -> None:
    now = [0.0]
    limiter = Limiter(60, lambda: now[0])
    assert [limiter.seconds_to_wait("a") for _ in range(60)] == [0.0] * 60
    assert limiter.seconds_to_wait("a") == pytest.approx(1)
    now[0] = 2.5
    assert [limiter.seconds_to_wait("a") for _ in range(3)] == [0.0, 0.0, pytest.approx(0.5)]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("DELETE", "/orders", {}, 405, "method_not_allowed"),
        ("GET", "/nothing", {}, 404, "not_found"),
        ("GET", "/orders", {"Accept": "text/html"}, 406, "not_acceptable"),
        ("GET", "/orders?limit=0", {}, 422, "invalid_value"),
        ("GET", "/orders?limit=1_0", {}, 422, "invalid_value"),
        ("GET", "/orders?stauts=new", {}, 422, "invalid_value"),
        ("GET", "/orders?created_since=2026-01-01T00:00:00", {}, 422, "invalid_value"),
    ],
)
def test_every_error_is_a_problem(
    api: Api, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    found = api.ask(method, path, **headers)
    assert (found.status, found["status"], found["code"]) == (status, status, code)
    assert found.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "detail"} <= set(found.json)
    if status == 405:
        assert set(found.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"{}", 415),
        ("application/x-www-form-urlencoded", b"sku=A", 415),
        ("application/json", b"", 400),
        ("application/json", b"{", 400),
        ("application/json", b"\xff", 400),
        ("application/json", b"[" * 200_000, 400),
        ("application/json", b'{"sku": ' + b"9" * 5_000 + b"}", 400),
        ("application/json", b"[]", 422),
        ("application/json", b"null", 422),
        ("application/json", b" " * 1_000_001, 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    api: Api, content_type: str, body: bytes, status: int
) -> None:
    headers = {"Host": "localhost", "Authorization": f"Bearer {api.token}", "Content-Type": content_type}
    found = api.client.post(f"{PREFIX}/products", data=body, headers=headers)
    assert (found.status_code, found.content_type) == (status, "application/problem+json")
