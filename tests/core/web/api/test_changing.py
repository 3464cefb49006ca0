"""`/cancellations`, `/holds`, `/releases`, `/refunds`: what is to happen to an order instead."""

from __future__ import annotations

from typing import Any

import pytest

from core.access import list_audit
from tests.core.web.api.conftest import Api
from tests.core.web.api.test_orders import line
from tests.shop import Shop


def euro(amount: str) -> dict[str, str]:
    """So much money."""
    return {"amount": amount, "currency": "EUR"}


def test_an_order_of_the_shops_own_is_canceled_at_once(api: Api) -> None:
    number = api.order()
    done = api.post(f"/orders/{number}/cancellations", {"reason": "customer_asked"})
    assert (done.status, done.headers["Location"]) == (201, f"/api/v1/orders/{number}")
    assert done.json == {
        "number": number, "status": "canceled", "state": "canceled", "reason": "customer_asked",
    }  # fmt: skip
    assert api.get(f"/orders/{number}")["history"][-1]["actor"].startswith("token:")
    assert api.post(f"/orders/{number}/holds").status == 409


def test_a_channels_order_is_held_until_the_channel_has_answered(shop: Shop) -> None:
    api = Api(shop.live)
    shop.stock("AB-1", 5)
    shop.place(("AB-1", 1))
    shop.sync()
    path = f"/orders/{shop.order().number}/cancellations"
    wrong = api.post(path, {"reason": "bored"})
    assert (wrong.status, list(wrong["fields"])) == (422, ["reason"])
    assert "BuyerCanceled" in wrong["detail"]
    asked = api.post(path, {"reason": "BuyerCanceled"})
    assert (asked.status, asked["state"], asked["status"]) == (201, "asked", "on_hold")


def test_an_order_is_held_and_released(api: Api) -> None:
    number = api.order()
    held = api.post(f"/orders/{number}/holds", {"reason": "check the address"}, Idempotency_Key="k")
    assert (held.status, held["status"]) == (201, "on_hold")
    assert held["history"][-1]["reason"] == "check the address"
    again = api.post(f"/orders/{number}/holds", {"reason": "check the address"}, Idempotency_Key="k")
    assert again.json == held.json
    assert api.post(f"/orders/{number}/holds").status == 409
    assert api.post(f"/orders/{number}/releases")["status"] == "processing"
    assert api.post(f"/orders/{number}/releases", {}).status == 409
    with api.live.current().reading() as ctx:
        noted = [row for row in list_audit(ctx.session) if row.action == "personal_data.seen"]
    assert len(noted) >= 2


def test_money_is_given_back_by_amount_by_units_and_whole(api: Api) -> None:
    number = api.order(lines=(line("A", 3), line("B", 1)))
    path = f"/orders/{number}/refunds"
    by_units = api.post(path, {"reason": "returned", "lines": [{"sku": "A", "quantity": 2}]})
    assert (by_units.status, by_units["amount"]) == (201, euro("20.00"))
    assert by_units["lines"] == [{"sku": "A", "amount": euro("20.00")}]
    assert by_units.headers["Location"] == f"/api/v1{path}/{by_units['id']}"
    assert api.get(f"{path}/{by_units['id']}").json == by_units.json
    assert api.post(path, {"reason": "goodwill", "amount": euro("5.50")})["amount"] == euro("5.50")
    assert api.post(path, {"reason": "other"})["amount"] == euro("14.50")
    assert [row["reason"] for row in api.get(path)["items"]] == ["returned", "goodwill", "other"]
    assert api.post(path, {"reason": "other"}).status == 409
    assert api.get(f"{path}/999").status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": "other", "amount": euro("10.01")}, None),
        ({"reason": "other", "amount": euro("0")}, None),
        ({"reason": "other", "amount": {"amount": "1", "currency": "USD"}}, None),
        ({"reason": "other", "amount": euro("1"), "lines": [{"sku": "MUG", "quantity": 1}]}, "lines"),
        ({"reason": "other", "lines": [{"sku": "CUP", "quantity": 1}]}, None),
        ({"reason": "other", "lines": [{"sku": "MUG", "quantity": 2}]}, None),
    ],
)
def test_what_cannot_be_given_back_is_refused(api: Api, body: dict[str, Any], field: str | None) -> None:
    number = api.order()
    found = api.post(f"/orders/{number}/refunds", body)
    assert (found.status, list(found.json.get("fields", {}))) == (422, [field] if field else [])
    assert api.get(f"/orders/{number}/refunds")["items"] == []
