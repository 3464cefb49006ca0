"""`/orders/{number}/shipments`: telling what has left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.web.api.conftest import Api
from tests.core.web.api.test_orders import line


def package(tracking: str = "T1", **changes: Any) -> dict[str, Any]:
    """A package that has left."""
    return {"carrier": "DHL", "tracking_number": tracking, **changes}


def of(sku: str, quantity: int) -> dict[str, Any]:
    """Units in a package."""
    return {"sku": sku, "quantity": quantity}


def test_a_package_without_lines_holds_all_that_is_left(api: Api) -> None:
    number = api.order(lines=(line("A", 2), line("B", 1)))
    path = f"/orders/{number}/shipments"
    sent = api.post(path, {"packages": [package("T1", lines=[of("A", 1)], shipping_method="Paket")]})
    assert (sent.status, sent.headers["Location"]) == (201, f"/api/v1{path}/{sent['id']}")
    assert api.get(f"/orders/{number}")["status"] == "processing"
    rest = api.post(path, {"packages": [package("T2")]})
    assert rest["packages"][0]["lines"] == [of("A", 1), of("B", 1)]
    assert api.get(f"/orders/{number}")["status"] == "complete"
    assert api.get(path).json == {"items": [sent.json, rest.json], "next_cursor": None}
    assert api.get(f"{path}/{rest['id']}").json == rest.json


def test_several_packages_share_the_lines_of_one_sku(api: Api) -> None:
    number = api.order(lines=(line("A", 1), line("A", 2)))
    packages = [package("T1", lines=[of("A", 2)]), package("T2", lines=[of("A", 1)])]
    sent = api.post(f"/orders/{number}/shipments", {"packages": packages})
    assert sent.status == 201
    assert [line["left_to_ship"] for line in api.get(f"/orders/{number}")["lines"]] == [0, 0]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "packages"),
        ({"packages": []}, 422, "packages"),
        ({"packages": [{"carrier": "DHL"}]}, 422, "packages.0.tracking_number"),
        ({"packages": [package(tracking="")]}, 422, "packages.0.tracking_number"),
        ({"packages": [package(tracking="a\nb")]}, 422, "packages.0.tracking_number"),
        ({"packages": [package(carrier="\ud800")]}, 422, "packages.0.carrier"),
        ({"packages": [package(lines=[of("MUG", 0)])]}, 422, "packages.0.lines.0.quantity"),
        ({"packages": [package(lines=[of("MUG", True)])]}, 422, "packages.0.lines.0.quantity"),
        ({"packages": [package(colour="red")]}, 422, "packages.0.colour"),
        ({"packages": [package(lines=[of("MUG", 2)])]}, 422, None),
        ({"packages": [package(lines=[of("CUP", 1)])]}, 422, None),
        ({"packages": [package("T1"), package("T2")]}, 422, None),
    ],
)
def test_what_cannot_be_shipped_is_refused_by_field(
    api: Api, body: dict[str, Any], status: int, field: str | None
) -> None:
    number = api.order()
    found = api.post(f"/orders/{number}/shipments", body)
    assert found.status == status
    assert list(found.json.get("fields", {})) == ([field] if field else [])
    assert api.get(f"/orders/{number}/shipments")["items"] == []


def test_an_order_that_cannot_ship_now_is_a_conflict(api: Api) -> None:
    number = api.order(status="on_hold")
    found = api.post(f"/orders/{number}/shipments", {"packages": [package()]})
    assert (found.status, found["code"]) == (409, "wrong_state")
    assert api.get(f"/orders/{number}/shipments/1").status == 404
    assert api.post("/orders/0/shipments", {"packages": [package()]}).status == 404
