"""Signing in: one token for all, renewed in time and once when it is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from core.channels.listing import Query
from core.clock import SetClock
from core.errors import AccessDenied, EntrepotError, QuotaExhausted, TemporarilyUnavailable
from plugins.amazon_channel.client import TokenCache
from plugins.amazon_channel.client.tokens import Grant
from plugins.amazon_channel.client.transport import TIMEOUTS
from tests.plugins.amazon_channel.conftest import Connect
from tests.plugins.amazon_channel.scripted_amazon import (
    TOKEN_PATH,
    Reply,
    ScriptedAmazon,
    html,
    refusal,
)

QUERY = Query(("A",), updated_after=datetime(2026, 11, 20, tzinfo=UTC))
EMPTY = Reply(body={"orders": []})


def token(value: object = "Atza|given", **more: object) -> Reply:
    return Reply(body={"access_token": value, "expires_in": 3600} | more)


def tokens_sent(amazon: ScriptedAmazon) -> list[str]:
    return [asked.headers["x-amz-access-token"] for asked in amazon.asked]


def test_token_is_shared_by_connections_with_the_same_credentials(
    connect: Connect, amazon: ScriptedAmazon
) -> None:
    for _ in range(3):
        connect().list_orders(QUERY, None)
    connect(refresh_token="Atzr|another").list_orders(QUERY, None)
    connect(client_secret="rotated").list_orders(QUERY, None)
    assert len(amazon.signed_in) == 3
    assert tokens_sent(amazon)[2:] == ["Atza|token-1", "Atza|token-2", "Atza|token-3"]


def test_token_is_fetched_once_however_many_threads_want_it(
    connect: Connect, amazon: ScriptedAmazon
) -> None:
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(connect().list_orders, QUERY, None) for _ in range(24)]:
            done.result()
    assert len(amazon.signed_in) == 1
    assert len(amazon.asked) == 24


def test_token_that_every_thread_was_refused_is_renewed_once(
    amazon: ScriptedAmazon, clock: SetClock
) -> None:
    cache = TokenCache()
    grant = Grant("id", "secret", "Atzr|refresh", amazon.url + TOKEN_PATH)
    refused = cache.get(grant, clock, TIMEOUTS).value
    with ThreadPoolExecutor(8) as pool:
        wanted = [pool.submit(cache.get, grant, clock, TIMEOUTS, refused) for _ in range(8)]
    assert {each.result().value for each in wanted} == {"Atza|token-2"}
    assert len(amazon.signed_in) == 2


def test_token_is_renewed_a_minute_before_its_end(
    connect: Connect, amazon: ScriptedAmazon, clock: SetClock
) -> None:
    connection = connect()
    connection.list_orders(QUERY, None)
    clock.advance(timedelta(seconds=3539))
    connection.list_orders(QUERY, None)
    assert len(amazon.signed_in) == 1
    clock.advance(timedelta(seconds=1))
    connection.list_orders(QUERY, None)
    assert len(amazon.signed_in) == 2


@pytest.mark.parametrize("life", [30, 0, -5, None, "3600", 10**12])
def test_token_of_any_life_serves_the_call_it_was_fetched_for(
    life: object, connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply_to_sign_in(token(expires_in=life))
    connect().list_orders(QUERY, None)
    assert tokens_sent(amazon) == ["Atza|given"]


@pytest.mark.parametrize("status", [401, 403])
def test_token_that_is_refused_is_renewed_once(
    status: int, connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply(refusal(status, "Unauthorized", "Expired"), EMPTY)
    connect().list_orders(QUERY, None)
    assert tokens_sent(amazon) == ["Atza|token-1", "Atza|token-2"]


@pytest.mark.parametrize("status", [401, 403])
def test_access_is_denied_when_a_new_token_is_refused_too(
    status: int, connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply(refusal(status, "Unauthorized", "Access to requested resource is denied."))
    with pytest.raises(AccessDenied, match="Access to requested resource is denied"):
        connect().list_orders(QUERY, None)
    with pytest.raises(AccessDenied):
        connect().read_clock()
    assert len(amazon.asked) == 4


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("invalid_grant", "new refresh token"),
        ("invalid_client", "client secret"),
        ("unauthorized_client", "authorize this very application"),
        ("access_denied", "authorize the application again"),
        ("invalid_scope", "roles"),
        ("invalid_request", "client id, client secret and refresh token"),
        ("something_new", "client id, client secret and refresh token"),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_refused_credentials_say_which_one_to_renew(
    status: int, code: str, remedy: str, connect: Connect, amazon: ScriptedAmazon
) -> None:
    description = "The request has an invalid grant parameter : Atzr|refresh-hush"
    amazon.reply_to_sign_in(Reply(status, {"error": code, "error_description": description}))
    with pytest.raises(AccessDenied, match=remedy) as caught:
        connect().read_clock()
    assert "hush" not in str(caught.value)
    assert amazon.asked == []


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(400, {"error": "server_error"}), TemporarilyUnavailable),
        (Reply(503, {"error": "temporarily_unavailable"}), TemporarilyUnavailable),
        (Reply(500, {"error": "invalid_grant"}), TemporarilyUnavailable),
        (html(400), TemporarilyUnavailable),
        (html(502), TemporarilyUnavailable),
        (html(200), TemporarilyUnavailable),
        (Reply(200, {"token_type": "bearer"}), TemporarilyUnavailable),
        (token(""), TemporarilyUnavailable),
        (token(7), TemporarilyUnavailable),
        (token("two\r\nlines: yes"), TemporarilyUnavailable),
        (token("Atza|\N{SNOWMAN}"), TemporarilyUnavailable),
        (Reply(307, headers={"Location": "/elsewhere"}), TemporarilyUnavailable),
        (Reply(hang_up=True), TemporarilyUnavailable),
        (Reply(429, headers={"Retry-After": "7"}), QuotaExhausted),
    ],
)
def test_sign_in_that_fails_for_now_is_tried_again_later(
    reply: Reply, kind: type[EntrepotError], connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply_to_sign_in(reply)
    connection = connect()
    with pytest.raises(kind) as caught:
        connection.list_orders(QUERY, None)
    assert not isinstance(caught.value, AccessDenied)
    assert amazon.asked == []
    amazon.reply_to_sign_in(token())
    connection.list_orders(QUERY, None)
    assert tokens_sent(amazon) == ["Atza|given"]
