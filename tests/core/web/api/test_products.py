"""`/products`, `/stock`: what is sold, and how much of it there is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.web.api.conftest import Api


def test_a_product_is_added_and_read_again(api: Api) -> None:
    body = {"sku": "A/1", "name": "Mug", "price": {"amount": "12.50", "currency": "EUR"}, "managed": False}
    made = api.post("/products", body)
    assert (made.status, made.headers["Location"]) == (201, "/api/v1/products/A%2F1")
    assert made.json == body | {"enabled": True, "created_at": made["created_at"]}
    assert api.get("/products/A%2F1").json == made.json
    again = api.post("/products", body)
    assert (again.status, again["code"]) == (409, "already_exists")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sku": ""}, "sku"),
        ({"sku": " A"}, None),
        ({"sku": "A", "price": {"amount": "1", "currency": "XXY"}}, "price.currency"),
        ({"sku": "A", "price": {"amount": 12.5, "currency": "EUR"}}, "price.amount"),
        ({"sku": "A", "price": {"amount": "1.505", "currency": "EUR"}}, "price.amount"),
        ({"sku": "A", "price": {"amount": "-1", "currency": "EUR"}}, "price.amount"),
        ({"sku": "A", "managed": "yes"}, "managed"),
        ({"sku": "A", "managed": 1}, "managed"),
    ],
)
def test_what_cannot_be_a_product_is_refused(api: Api, body: dict[str, Any], field: str | None) -> None:
    found = api.post("/products", body)
    assert (found.status, list(found.json.get("fields", {}))) == (422, [field] if field else [])
    assert api.get("/products")["items"] == []


def test_a_product_is_changed_in_what_is_sent(api: Api) -> None:
    made = api.post(
        "/products", {"sku": "A", "name": "Mug", "price": {"amount": "12.50", "currency": "EUR"}}
    )
    path, tag = "/products/A", api.get("/products/A").headers["ETag"]
    changed = api.ask("PATCH", path, {"name": "Big mug", "enabled": False}, If_Match=tag)
    assert changed.json == made.json | {"name": "Big mug", "enabled": False}
    assert api.ask("PATCH", path, {"name": "Mug"}, If_Match=tag).status == 412
    assert api.ask("PATCH", path, {"price": None})["price"] is None
    assert api.ask("PATCH", path, {"sku": "B"}).status == 422
    yen = api.ask("PATCH", path, {"price": {"amount": "1.5", "currency": "JPY"}})
    assert (yen.status, list(yen["fields"])) == (422, ["price.amount"])


def test_products_and_stock_come_page_by_page(api: Api) -> None:
    skus = [f"P-{i}" for i in range(5)]
    for sku in skus:
        api.product(sku, on_hand=2)
    for path in ("/products?limit=2", "/stock?limit=2"):
        found, sizes = api.all_of(path)
        assert ([row["sku"] for row in found], sizes) == (skus, [2, 2, 1])


def test_stock_is_counted_and_moved(api: Api) -> None:
    api.product("AB-1")
    path = "/products/AB-1/stock"
    assert api.ask("PUT", path, {"on_hand": 7}).json == {
        "sku": "AB-1", "on_hand": 7, "reserved": 0, "available": 7,
    }  # fmt: skip
    assert api.post(path, {"change": -2, "reason": "broken"})["on_hand"] == 5
    too_many = api.post(path, {"change": -6, "reason": "broken"})
    assert (too_many.status, list(too_many["fields"])) == (422, ["change"])
    assert api.get(path)["on_hand"] == 5
    assert api.ask("PUT", "/products/NONE/stock", {"on_hand": 7}).status == 404


def test_a_count_of_what_has_changed_since_is_refused(api: Api) -> None:
    api.product("AB-1", on_hand=7)
    path = "/products/AB-1/stock"
    seen = api.get(path)
    tag = seen.headers["ETag"]
    assert api.get(path, If_None_Match=tag).status == 304
    assert api.post(path, {"change": 1, "reason": "found"}).status == 200
    assert api.get(path, If_None_Match=tag).status == 200
    late = api.ask("PUT", path, {"on_hand": 7}, If_Match=tag)
    assert (late.status, late["code"]) == (412, "precondition_failed")
    now = api.get(path).headers["ETag"]
    counted = api.ask("PUT", path, {"on_hand": 9}, If_Match=now)
    assert (counted.status, counted["on_hand"]) == (200, 9)
    assert api.get(path).headers["ETag"] == counted.headers["ETag"]
    assert api.ask("PUT", path, {"on_hand": 3}, If_Match="*").status == 200


def test_stock_that_is_told_late_changes_nothing(api: Api) -> None:
    api.product("LATE", 5)
    path = "/products/LATE/stock"
    before = "2026-05-01T08:00:00Z"
    assert api.ask("PUT", path, {"on_hand": 1, "as_of": before}).status == 409
    stale = api.post(path, {"change": 1, "reason": "received", "as_of": before})
    assert (stale.status, stale["code"]) == (409, "wrong_state")
    assert "is stale" in stale["detail"]
    assert api.post(path, {"change": 1, "reason": "received", "location": "MOON"}).status == 404
    assert api.post(path, {"change": 1, "reason": "received", "location": "default"})["on_hand"] == 6
