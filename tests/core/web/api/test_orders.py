"""`/orders`: lists, filters, pages, and what is shown to whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import pytest

from core.access import list_audit
from core.commerce.addresses import Address
from core.commerce.orders import DraftCharge, DraftLine, get_order
from tests.core.web.api.conftest import Api

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def line(sku: str, quantity: int = 1) -> DraftLine:
    """So many units at 10.00."""
    price = Decimal(10)
    charges = (DraftCharge("item", price * quantity),)
    return DraftLine(sku, sku, quantity, unit_price=price, charges=charges)


def test_an_order_is_listed_as_it_is_read_alone(api: Api) -> None:
    number = api.order(lines=(line("AB-1", 3),), placed_at=NOW)
    alone = api.get(f"/orders/{number}")
    assert (alone.status, alone["number"], alone["status"]) == (200, number, "processing")
    assert alone["total"] == {"amount": "30.00", "currency": "EUR"}
    assert alone["lines"][0]["unit_price"] == {"amount": "10.00", "currency": "EUR"}
    assert alone["placed_at"] == "2026-03-01T12:00:00+00:00"
    assert api.get("/orders").json == {"items": [alone.json], "next_cursor": None}


def test_orders_come_page_by_page_the_newest_first(api: Api) -> None:
    placed = [api.order(placed_at=NOW + timedelta(hours=i % 3)) for i in range(7)]
    found, sizes = api.all_of("/orders?limit=3")
    assert sizes == [3, 3, 1]
    assert sorted(order["number"] for order in found) == sorted(placed)
    times = [(order["placed_at"], int(order["number"])) for order in found]
    assert times == sorted(times, reverse=True)
    since, _ = api.all_of("/orders?limit=2&created_since=2020-01-01T00:00:00Z")
    assert [order["number"] for order in since] == list(reversed(placed))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("status=on_hold", [1]),
        ("status=nothing", []),
        ("channel=amazon", [2]),
        ("number=1000001", [0]),
        ("created_since=2999-01-01T00:00:00%2B02:00", []),
        ("created_since=0001-01-01T00:00:00%2B02:00&status=processing", [2, 0]),
        ("created_since=2020-01-01T00:00:00+00:00&status=processing", [2, 0]),  # as times are answered
    ],
)
def test_filters_leave_out_what_does_not_fit(api: Api, query: str, wanted: list[int]) -> None:
    numbers = [api.order(), api.order(status="on_hold"), api.order(channel="amazon", external_id="1")]
    found = [order["number"] for order in api.get(f"/orders?{query}")["items"]]
    assert found == [numbers[i] for i in wanted]


@pytest.mark.parametrize("cursor", ["x", "W10.0000000000000000", "é", "WzFd.", "a.b.c"])
def test_a_cursor_that_was_made_up_is_refused(api: Api, cursor: str) -> None:
    found = api.get(f"/orders?cursor={quote(cursor)}")
    assert (found.status, found["code"]) == (404, "not_found")


def test_a_cursor_fits_only_the_list_that_it_came_from(api: Api) -> None:
    for _ in range(3):
        api.order()
    cursor = quote(api.get("/orders?limit=1")["next_cursor"])
    assert api.get(f"/orders?limit=2&cursor={cursor}").status == 200
    assert api.get(f"/orders?status=processing&cursor={cursor}").status == 404
    assert api.get(f"/jobs?cursor={cursor}").status == 404


def test_personal_data_shows_only_with_its_scope_and_is_noted(api: Api) -> None:
    address = Address(name="Ada Example", line1="Main Street 1", city="Bremen", country="DE")
    number = api.order(shipping_address=address)
    hidden = api.with_scopes("orders:read")
    for order in (hidden.get(f"/orders/{number}").json, hidden.get("/orders")["items"][0]):
        assert (order["buyer"], order["addresses"]) == (None, None)
        assert "Ada" not in str(order)
    shown = api.with_scopes("orders:read", "personal_data:read").get(f"/orders/{number}")
    assert shown["buyer"]["email"] == "ada@example.com"
    assert shown["addresses"][0]["city"] == "Bremen"
    with api.live.current().reading() as ctx:
        seen = [
            (row.action, row.subject) for row in list_audit(ctx.session) if row.action.endswith(".seen")
        ]
    assert seen == [("personal_data.seen", f"order:{number}")]


def test_an_order_number_may_hold_any_character(api: Api) -> None:
    odd = ["A/1", "A%2F1", "a b?c#d", "ü/é", "../x", "100%"]
    for number in odd:
        rename(api, api.order(), number)
    for number in odd:
        path = f"/orders/{quote(number, safe='')}"
        assert api.get(path)["number"] == number
        sent = api.post(f"{path}/shipments", {"packages": [{"carrier": "DHL", "tracking_number": "T"}]})
        assert (sent.status, sent.headers["Location"]) == (201, f"/api/v1{path}/shipments/{sent['id']}")
        assert api.get(sent.headers["Location"].removeprefix("/api/v1")).json == sent.json
        assert api.get(f"/orders?number={quote(number)}")["items"][0]["number"] == number


@pytest.mark.parametrize(
    "path", ["/orders/%00", "/orders/%ff", "/orders/", "/orders//shipments", "/orders/9"]
)
def test_a_path_that_names_nothing_is_not_found(api: Api, path: str) -> None:
    found = api.get(path)
    assert (found.status, found["code"]) == (404, "not_found")


def rename(api: Api, old: str, new: str) -> None:
    """Give an order a number as a plugin may."""
    with api.live.current().writing("test") as ctx:
        get_order(ctx.session, old).number = new
