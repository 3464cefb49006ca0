"""Every way in which Amazon fails, and what the client makes of it."""

from __future__ import annotations

import json
import logging
import socket
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.channels.listing import PackageToConfirm, Query
from core.errors import (
    AccessDenied,
    EntrepotError,
    NotFound,
    QuotaExhausted,
    RejectedByChannel,
    TemporarilyUnavailable,
)
from plugins.amazon_channel.client import AmazonConnection
from plugins.amazon_channel.client.transport import Timeouts
from tests.plugins.amazon_channel.amazon_json import order
from tests.plugins.amazon_channel.conftest import SECRETS, Connect
from tests.plugins.amazon_channel.scripted_amazon import Reply, ScriptedAmazon, html, refusal

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORDER_ID = "028-1234567-1234567"
PACKAGE = PackageToConfirm(ORDER_ID, "A", "1", "DHL", "DHL", "T-1", None, NOON, (("1", 1),))

OPERATIONS: dict[str, Callable[[AmazonConnection], Any]] = {
    "list_orders": lambda connection: connection.list_orders(Query(("A",), NOON), None),
    "get_order": lambda connection: connection.get_order(ORDER_ID),
    "confirm_package": lambda connection: connection.confirm_package(PACKAGE),
}
operation = pytest.mark.parametrize("name", OPERATIONS)

ERRORS: list[tuple[Reply, type[EntrepotError]]] = [
    (refusal(400, "InvalidInput", "Invalid Input"), RejectedByChannel),
    (refusal(400, "InvalidInput", None), RejectedByChannel),
    (html(400), RejectedByChannel),
    (refusal(401, "Unauthorized", "Token"), AccessDenied),
    (refusal(403, "Unauthorized", "Access to requested resource is denied."), AccessDenied),
    (html(403), AccessDenied),
    (refusal(404, "NotFound", "Not there"), NotFound),
    (refusal(413, "TooLarge", "Too large"), RejectedByChannel),
    (refusal(415, "Media", "Wrong"), RejectedByChannel),
    (refusal(429, "QuotaExceeded", "You exceeded your quota."), QuotaExhausted),
    (html(429), QuotaExhausted),
    (refusal(500, "InternalFailure", "Please try again."), TemporarilyUnavailable),
    (html(502), TemporarilyUnavailable),
    (Reply(503), TemporarilyUnavailable),
    (html(504), TemporarilyUnavailable),
    (Reply(hang_up=True), TemporarilyUnavailable),
    (Reply(302, headers={"Location": "/elsewhere"}), TemporarilyUnavailable),
    (Reply(307, headers={"Location": "/elsewhere"}), TemporarilyUnavailable),
    (html(200), TemporarilyUnavailable),
    (Reply(200, b"\xff\xfe{"), TemporarilyUnavailable),
    (Reply(200, b"[" * 100_000), TemporarilyUnavailable),
]


def error_of(connection: AmazonConnection, name: str) -> EntrepotError:
    with pytest.raises(EntrepotError) as caught:
        OPERATIONS[name](connection)
    return caught.value


@operation
@pytest.mark.parametrize(("reply", "kind"), ERRORS)
def test_failure_is_named_by_what_to_do(
    name: str,
    reply: Reply,
    kind: type[EntrepotError],
    connect: Connect,
    amazon: ScriptedAmazon,
) -> None:
    amazon.reply(reply)
    error = error_of(connect(), name)
    assert isinstance(error, kind)
    assert isinstance(error, QuotaExhausted) == (kind is QuotaExhausted)
    assert "<" not in str(error)


@pytest.mark.parametrize("name", ["list_orders", "get_order"])
@pytest.mark.parametrize("body", [[], {}, {"orders": None}, {"order": []}, None, b"", b"NaN"])
def test_success_of_another_shape_is_none(
    name: str, body: object, connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply(Reply(200, body))
    assert isinstance(error_of(connect(), name), TemporarilyUnavailable)


@operation
def test_nothing_is_asked_twice_after_a_failure(
    name: str, connect: Connect, amazon: ScriptedAmazon
) -> None:
    for reply in (html(502), Reply(302, headers={"Location": "/x"}), Reply(hang_up=True)):
        amazon.asked.clear()
        amazon.reply(reply)
        error_of(connect(), name)
        assert len(amazon.asked) == 1


def test_rejection_has_amazons_own_words(connect: Connect, amazon: ScriptedAmazon) -> None:
    amazon.reply(refusal(400, "Invalid Input", "Not  an\n order", x_amzn_RequestId="abc-1"))
    error = error_of(connect(), "confirm_package")
    assert str(error) == (
        "Amazon refused confirm_package with status 400: Invalid Input, Not an order (request abc-1)"
    )
    assert getattr(error, "request_id", None) == "abc-1"


def test_rejection_is_cut_short_and_repeats_no_address_or_secret(
    connect: Connect, amazon: ScriptedAmazon
) -> None:
    message = "Mail ada@buyer.example with Atza|token-1 or amzn1.oa2-cs.v1.hush " + "x" * 5000
    amazon.reply(refusal(400, "InvalidInput", message))
    text = str(error_of(connect(), "confirm_package"))
    assert len(text) < 400
    assert not any(each in text for each in ("ada@", "Atza|", "hush"))


@operation
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("30", timedelta(seconds=30)),
        ("Sun, 22 Nov 2026 10:01:00 GMT", timedelta(minutes=1)),
        ("Sun, 22 Nov 2026 09:00:00 GMT", timedelta(0)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_wait_is_as_long_as_amazon_says(
    name: str,
    header: str,
    expected: timedelta | None,
    connect: Connect,
    amazon: ScriptedAmazon,
) -> None:
    for status in (429, 503):
        amazon.reply(refusal(status, "QuotaExceeded", "No", Retry_After=header))
        error = error_of(connect(), name)
        assert isinstance(error, TemporarilyUnavailable)
        assert error.retry_after == expected


def test_redirect_never_gets_the_token(connect: Connect, amazon: ScriptedAmazon) -> None:
    amazon.reply(Reply(307, headers={"Location": f"{amazon.url}/elsewhere"}), Reply(200))
    error_of(connect(), "confirm_package")
    assert [asked.path for asked in amazon.asked] == [f"/orders/v0/orders/{ORDER_ID}/shipmentConfirmation"]


def test_host_that_refuses_connections_is_unavailable(connect: Connect) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        error = error_of(connect(base_url=f"http://127.0.0.1:{port}"), "confirm_package")
        assert isinstance(error, TemporarilyUnavailable)
        error = error_of(connect(lwa_url=f"http://127.0.0.1:{port}/t"), "confirm_package")
        assert isinstance(error, TemporarilyUnavailable)


def test_host_that_never_answers_is_unavailable(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        error = error_of(connect(timeouts=Timeouts(1.0, 0.05, 5.0), base_url=url), "get_order")
        assert isinstance(error, TemporarilyUnavailable)


def test_answer_that_trickles_in_without_an_end_is_unavailable(
    connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply(Reply(body={"order": order()}, trickles=True))
    assert connect(timeouts=Timeouts(1.0, 1.0, 60.0)).get_order(ORDER_ID).external_id
    error = error_of(connect(timeouts=Timeouts(1.0, 1.0, 0.05)), "get_order")
    assert isinstance(error, TemporarilyUnavailable)


@pytest.mark.parametrize("cut", ["Content-Length", "Transfer-Encoding"])
def test_answer_that_is_cut_short_is_unavailable(
    connect: Connect, amazon: ScriptedAmazon, cut: str
) -> None:
    rest = {"Content-Length": "4000"} if cut == "Content-Length" else {cut: "chunked", "Content-Length": ""}
    body = b"{}" if cut == "Content-Length" else b"2\r\n{}\r\n"
    amazon.reply(Reply(body=body, headers=rest))
    assert isinstance(error_of(connect(), "get_order"), TemporarilyUnavailable)


@pytest.mark.parametrize("name", [*OPERATIONS, "sign_in"])
@pytest.mark.parametrize("reply", [reply for reply, _ in ERRORS])
def test_nothing_secret_or_personal_reaches_a_log_or_an_error(
    name: str,
    reply: Reply,
    connect: Connect,
    amazon: ScriptedAmazon,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    (amazon.reply_to_sign_in if name == "sign_in" else amazon.reply)(reply)
    connection = connect()
    with capture_logs() as logs:
        error = error_of(connection, name if name in OPERATIONS else "list_orders")
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(connection)
    shown += json.dumps(logs, default=str) + caplog.text
    for secret in (*SECRETS.values(), "Atza|", "Ada", "ada@", "hush"):
        assert secret not in shown
    assert error.__context__ is None


def test_calls_leave_a_trace_of_ids_only(connect: Connect, amazon: ScriptedAmazon) -> None:
    amazon.reply(Reply(200, {"order": order()}, {"x-amzn-RequestId": "abc-1"}))
    with capture_logs() as logs:
        connect().get_order(ORDER_ID)
    assert logs == [
        {
            "event": "amazon_answered",
            "log_level": "debug",
            "operation": "get_order",
            "status": 200,
            "request_id": "abc-1",
            "account_id": 17,
        }
    ]
