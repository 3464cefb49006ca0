"""What the client asks, byte by byte, and what it makes of good answers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.channels.listing import PackageToConfirm, Query
from core.channels.registration import Connection, ConnectionFactory
from core.clock import SetClock
from core.errors import InvalidValue, RejectedByChannel, TemporarilyUnavailable
from plugins.amazon_channel.client import AmazonConnection
from plugins.amazon_channel.mapping import UnreadableOrder
from tests.plugins.amazon_channel.amazon_json import order
from tests.plugins.amazon_channel.conftest import Connect
from tests.plugins.amazon_channel.scripted_amazon import (
    Asked,
    Reply,
    ScriptedAmazon,
    html,
    refusal,
)

SINCE = datetime(2026, 11, 20, 8, 30, 15, 999_999, tzinfo=UTC)
QUERY = Query(("A1PA6795UKMFR9", "A13V1IB3VIYZZH"), updated_after=SINCE)
INCLUDED = "BUYER,RECIPIENT,PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT"
ORDER_ID = "028-1234567-1234567"
PACKAGE = PackageToConfirm(
    ORDER_ID, "A1PA6795UKMFR9", "1", None, "Bike", "T-1", None, SINCE, (("00012", 2),)
)


def last_asked(amazon: ScriptedAmazon) -> Asked:
    return amazon.asked[-1]


def test_connection_is_made_from_credentials_without_a_call(
    connect: Connect, amazon: ScriptedAmazon
) -> None:
    factory: ConnectionFactory = AmazonConnection
    connection: Connection = connect()
    assert callable(factory)
    assert (connection.last_seen_clock, dict(connection.learned_rates)) == (None, {})
    assert amazon.signed_in == []


def test_number_with_thousands_of_digits_spoils_its_own_order_only(
    connect: Connect, amazon: ScriptedAmazon
) -> None:
    body = json.dumps({"orders": [order(orderId="HUGE"), order()]}).replace('"HUGE"', "7" * 5000)
    amazon.reply(Reply(200, body.encode()))
    page = connect().list_orders(QUERY, None)
    assert [each.external_id for each in page.orders] == [ORDER_ID]
    assert [reason for _, reason in page.unreadable] == ["`orderId` is longer than 80 characters"]


def test_sign_in_sends_a_form_with_the_refresh_token(connect: Connect, amazon: ScriptedAmazon) -> None:
    connect().list_orders(QUERY, None)
    (asked,) = amazon.signed_in
    assert asked.method == "POST"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded;charset=UTF-8"
    assert asked.body == (
        b"grant_type=refresh_token&refresh_token=Atzr%7Crefresh-hush"
        b"&client_id=amzn1.application-oa2-client.test&client_secret=amzn1.oa2-cs.v1.hush"
    )


def test_listing_asks_for_what_has_changed(connect: Connect, amazon: ScriptedAmazon) -> None:
    connect().list_orders(QUERY, None)
    asked = last_asked(amazon)
    assert (asked.method, asked.path) == ("GET", "/orders/2026-01-01/orders")
    assert asked.params == {
        "lastUpdatedAfter": "2026-11-20T08:30:15Z",
        "marketplaceIds": "A1PA6795UKMFR9,A13V1IB3VIYZZH",
        "maxResultsPerPage": "100",
        "includedData": INCLUDED,
    }


def test_listing_asks_for_what_was_placed_in_some_statuses(
    connect: Connect, amazon: ScriptedAmazon
) -> None:
    statuses = ("Unshipped", "PartiallyShipped", "Canceled", "NEW_STATUS")
    connect().list_orders(Query(("A",), placed_after=SINCE, statuses=statuses), None)
    params = last_asked(amazon).params
    assert params["createdAfter"] == "2026-11-20T08:30:15Z"
    assert params["fulfillmentStatuses"] == "UNSHIPPED,PARTIALLY_SHIPPED,CANCELLED,NEW_STATUS"
    assert not any("lastUpdated" in name or "Before" in name for name in params)


@pytest.mark.parametrize("query", [Query(("A",)), Query(("A",), updated_after=SINCE, placed_after=SINCE)])
def test_listing_wants_exactly_one_point_in_time(
    query: Query, connect: Connect, amazon: ScriptedAmazon
) -> None:
    with pytest.raises(InvalidValue):
        connect().list_orders(query, None)
    assert amazon.asked == []


def test_every_page_is_asked_for_alike_but_for_its_encoded_token(
    connect: Connect, amazon: ScriptedAmazon
) -> None:
    token = "a+b/c=&d e"
    amazon.reply(Reply(body={"orders": [order()], "pagination": {"nextToken": token}}))
    connection = connect()
    page = connection.list_orders(QUERY, None)
    connection.list_orders(QUERY, page.next_token)
    first, second = amazon.asked
    assert second.params == first.params | {"paginationToken": token}
    assert "paginationToken=a%2Bb%2Fc%3D%26d+e" in second.target
    assert second.target.startswith(first.target)


def test_calls_carry_the_headers_that_amazon_wants(connect: Connect, amazon: ScriptedAmazon) -> None:
    connect().list_orders(QUERY, None)
    headers = last_asked(amazon).headers
    assert headers["x-amz-access-token"] == "Atza|token-1"
    assert headers["x-amz-date"] == "20261122T095900Z"
    assert headers["user-agent"].startswith("Entrepot/")
    assert "(Language=Python/3." in headers["user-agent"]
    assert "authorization" not in headers


def test_reading_sends_no_body(connect: Connect, amazon: ScriptedAmazon) -> None:
    connection = connect()
    connection.list_orders(QUERY, None)
    amazon.reply(Reply(body={"order": order()}))
    connection.get_order(ORDER_ID)
    for asked in amazon.asked:
        assert asked.body == b""
        assert not {"content-length", "content-type", "transfer-encoding"} & set(asked.headers)


def test_listing_returns_a_page(connect: Connect, amazon: ScriptedAmazon) -> None:
    body = {
        "orders": [order(), order(fulfillment=None)],
        "lastUpdatedBefore": "2026-11-22T09:57:00Z",
    }
    amazon.reply(Reply(body=body))
    page = connect().list_orders(QUERY, None)
    assert [(each.external_id, bool(each.unreadable)) for each in page.orders] == [
        (ORDER_ID, False), (ORDER_ID, True),
    ]  # fmt: skip
    assert page.unreadable == ()
    assert page.read_until == datetime(2026, 11, 22, 9, 57, tzinfo=UTC)


def test_order_is_asked_for_by_its_number(connect: Connect, amazon: ScriptedAmazon) -> None:
    amazon.reply(Reply(body={"order": order()}))
    assert connect().get_order(ORDER_ID).external_id == ORDER_ID
    asked = last_asked(amazon)
    assert asked.path == f"/orders/2026-01-01/orders/{ORDER_ID}"
    assert asked.params == {"includedData": INCLUDED}


def test_order_that_makes_no_sense_is_unreadable(connect: Connect, amazon: ScriptedAmazon) -> None:
    nameless = {"orderId": None, "fulfillment": None}
    amazon.reply(Reply(body={"order": order(fulfillment=None)}), Reply(body={"order": order() | nameless}))
    assert "fulfillment" in (connect().get_order(ORDER_ID).unreadable or "")
    with pytest.raises(UnreadableOrder, match="fulfillment"):
        connect().get_order(ORDER_ID)


@pytest.mark.parametrize("external_id", ["", "..", "1/2", "1?x=2", "1%2F2", "-1", "1\n", "1" * 65])
def test_order_number_that_could_leave_its_place_in_the_path_is_refused(
    external_id: str, connect: Connect, amazon: ScriptedAmazon
) -> None:
    with pytest.raises(InvalidValue):
        connect().get_order(external_id)
    with pytest.raises(InvalidValue):
        connect().confirm_package(replace(PACKAGE, order_external_id=external_id))
    assert amazon.asked == []


def test_confirmation_is_posted_as_json(connect: Connect, amazon: ScriptedAmazon) -> None:
    amazon.reply(Reply(204))
    connect().confirm_package(PACKAGE)
    asked = last_asked(amazon)
    assert (asked.method, asked.path) == (
        "POST",
        f"/orders/v0/orders/{ORDER_ID}/shipmentConfirmation",
    )
    assert asked.headers["content-type"] == "application/json"
    detail = json.loads(asked.body)["packageDetail"]
    assert (detail["carrierCode"], detail["carrierName"]) == ("Other", "Bike")
    assert (detail["packageReferenceId"], detail["orderItems"]) == (
        "1",
        [{"orderItemId": "00012", "quantity": 2}],
    )


@pytest.mark.parametrize("reply", [Reply(204), Reply(200), Reply(202, b" \n"), Reply(203), Reply(200, {})])
def test_confirmation_is_accepted_by_an_empty_success(
    reply: Reply, connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply(reply)
    connect().confirm_package(PACKAGE)
    assert len(amazon.asked) == 1


@pytest.mark.parametrize("reply", [html(200), html(202), Reply(206), Reply(200, b"OK")])
def test_confirmation_is_not_accepted_by_what_is_not_amazons(
    reply: Reply, connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply(reply)
    with pytest.raises(TemporarilyUnavailable):
        connect().confirm_package(PACKAGE)


def test_confirmation_that_succeeds_with_errors_was_rejected(
    connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply(refusal(200, "InvalidInput", "Wrong"))
    with pytest.raises(RejectedByChannel, match="InvalidInput, Wrong"):
        connect().confirm_package(PACKAGE)


@pytest.mark.parametrize("status", [400, 404])
def test_clock_is_read_from_the_answer_that_there_is_no_such_order(
    status: int, connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply(refusal(status, "NotFound", "No such order"))
    connection = connect()
    assert connection.read_clock() == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert connection.last_seen_clock == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert last_asked(amazon).target == "/orders/2026-01-01/orders/000-0000000-0000000"


def test_clock_falls_back_to_our_own(connect: Connect, amazon: ScriptedAmazon, clock: SetClock) -> None:
    amazon.reply(refusal(404, "NotFound", None, Date=""))
    assert connect().read_clock() == clock.now()


@pytest.mark.parametrize("reply", [html(404), html(400), html(200), Reply(302), Reply(503)])
def test_clock_is_not_read_from_what_is_not_amazons(
    reply: Reply, connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply(reply)
    with pytest.raises(TemporarilyUnavailable):
        connect().read_clock()


@pytest.mark.parametrize(
    ("date", "bound", "expected"),
    [
        ("Sun, 22 Nov 2026 09:00:00 GMT", "2026-11-22T08:58:00Z", datetime(2026, 11, 22, 9, tzinfo=UTC)),
        ("Sun, 22 Nov 2026 09:00:00 GMT", "2026-11-25T09:00:00Z", datetime(2026, 11, 25, 9, tzinfo=UTC)),
        ("Sun, 22 Nov 2026 09:00:00 GMT", "2026-01-02T09:00:00Z", datetime(2026, 1, 2, 9, tzinfo=UTC)),
        ("", "2026-11-22T12:30:00Z", datetime(2026, 11, 22, 12, 30, tzinfo=UTC)),
    ],
)
def test_last_seen_clock_is_that_of_the_orders(
    date: str, bound: str, expected: datetime, connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply(Reply(body={"orders": [], "lastUpdatedBefore": bound}, headers={"Date": date}))
    connection = connect()
    connection.list_orders(QUERY, None)
    assert connection.last_seen_clock == expected


def test_last_seen_clock_is_that_of_the_sign_in_when_the_api_tells_none(
    connect: Connect, amazon: ScriptedAmazon
) -> None:
    amazon.reply(Reply(body={"orders": []}, headers={"Date": "yesterday"}))
    connection = connect()
    connection.list_orders(QUERY, None)
    assert connection.last_seen_clock == datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_rates_are_learned_by_operation(connect: Connect, amazon: ScriptedAmazon) -> None:
    def rate(value: str) -> dict[str, str]:
        return {"x-amzn-RateLimit-Limit": value}

    connection = connect()
    amazon.reply(Reply(body={"orders": []}, headers=rate("0.0056")))
    connection.list_orders(QUERY, None)
    amazon.reply(Reply(body={"order": order()}, headers=rate("0.5")))
    connection.get_order(ORDER_ID)
    amazon.reply(Reply(204, headers=rate("2.0")))
    connection.confirm_package(PACKAGE)
    learned = {"list_orders": 0.0056, "get_order": 0.5, "confirm_package": 2.0}
    assert connection.learned_rates == learned
    for nonsense in ("0", "-1", "nan", "inf", "many"):
        amazon.reply(Reply(204, headers=rate(nonsense)))
        connection.confirm_package(PACKAGE)
    assert connection.learned_rates == learned
