"""What a program of a consumer sees: it leases over REST, and answers."""

from __future__ import annotations

from typing import Any

import pytest

from core.commerce.orders import cancel_order, get_order, hold_order, release_order
from core.errors import InvalidValue
from core.testing import run_jobs
from plugins.erp_bridge.consumers import get_consumer, pause_consumer
from tests.plugins.erp_bridge.conftest import Bridge


def numbers_of(answer: Any) -> list[tuple[str, str]]:
    assert answer.status == 200, answer.json
    return [(item["event"], item["order"]["number"]) for item in answer["items"]]


def test_pickup_leases_each_order_once_as_orders_gives_it_and_takes_its_reference(bridge: Bridge) -> None:
    bridge.consumer()
    first, second = bridge.orders(2)
    erp = bridge.api("pickup:erp", "personal_data:read", "orders:read")

    page = erp.get("/pickup/erp?limit=1")
    assert numbers_of(page) == [("order.created", first)]
    (item,) = page["items"]
    assert item["order"] == erp.get(f"/orders/{first}").json
    assert item["order"]["buyer"]["name"] == "Ada Example"
    assert numbers_of(erp.get("/pickup/erp")) == [("order.created", second)]
    assert erp.get("/pickup/erp").json == {"items": []}

    taken = erp.post("/pickup/erp/ack", {"items": [{"id": item["id"], "reference": "SO-1"}]})
    result = {"id": item["id"], "state": "acknowledged", "reference": "SO-1", "error": None}
    assert taken.json == {"items": [result]}
    assert (
        erp.post("/pickup/erp/ack", {"items": [{"id": item["id"], "reference": "SO-1"}]}).json == taken.json
    )
    (known,) = erp.get(f"/orders/{first}/pickups")["items"]
    assert (known["consumer"], known["state"], known["reference"]) == ("erp", "acknowledged", "SO-1")
    other = erp.post("/pickup/erp/ack", {"items": [{"id": item["id"], "reference": "SO-9"}]})
    assert other["items"][0] == result | {
        "error": {
            "code": "wrong_state",
            "detail": "it is acknowledged already, under another reference",
        }
    }


def test_answers_are_given_one_by_one_and_a_wrong_one_stops_no_other(bridge: Bridge) -> None:
    bridge.consumer()
    bridge.orders(3)
    erp = bridge.api()
    one, two, three = (item["id"] for item in erp.get("/pickup/erp")["items"])

    refused = erp.post(
        "/pickup/erp/reject", {"items": [{"id": 999, "reason": "?"}, {"id": two, "reason": "No"}]}
    )
    assert [(each["state"], bool(each["error"])) for each in refused["items"]] == [
        (None, True),
        ("rejected", False),
    ]
    assert erp.post("/pickup/erp/release", {"items": [{"id": one}]})["items"][0]["state"] == "waiting"
    again = erp.get("/pickup/erp")["items"]
    assert [each["id"] for each in again] == [one]
    sent = [{"id": one, "referenz": "SO-1"}, None, {"id": "x"}, {"id": three, "reference": "SO-3"}, 7]
    answered = erp.post("/pickup/erp/ack", {"items": sent})
    assert answered.status == 200
    assert [(each["id"], each["state"]) for each in answered["items"]] == [
        (one, None), (None, None), (None, None), (three, "acknowledged"), (None, None),
    ]  # fmt: skip
    errors = [each["error"] and each["error"]["detail"] for each in answered["items"]]
    assert errors[0] == (
        "it does not fit (reference: Missing data for required field.; referenz: Unknown field.)"
    )
    assert errors[4] == "it does not fit (item: Invalid input type.)"
    for items in ([], {}, [{"id": three, "reference": "SO-3"}] * 101):
        assert erp.post("/pickup/erp/ack", {"items": items}).status == 422


def test_idempotency_key_is_the_same_however_often_it_is_handed_out(bridge: Bridge) -> None:
    bridge.consumer()
    bridge.orders()
    erp = bridge.api()
    (first,) = erp.get("/pickup/erp")["items"]
    erp.post("/pickup/erp/release", {"items": [{"id": first["id"]}]})
    (second,) = erp.get("/pickup/erp")["items"]
    assert second["idempotency_key"] == first["idempotency_key"]


def test_scopes_name_one_consumer_or_all_and_persons_need_one_of_their_own(bridge: Bridge) -> None:
    bridge.consumer()
    bridge.consumer("warehouse")
    bridge.orders()
    narrow = bridge.api("pickup:warehouse")
    forbidden = narrow.get("/pickup/erp")
    assert (forbidden.status, forbidden["required_scope"]) == (403, "pickup:erp")
    assert "pickup:erp" in forbidden["detail"]
    for scope in ("pickup:", "pickup:nobody"):
        with pytest.raises(InvalidValue, match="there are: pickup:erp, pickup:warehouse"):
            bridge.api(scope)
    (item,) = narrow.get("/pickup/warehouse")["items"]
    assert (item["order"]["buyer"], item["order"]["addresses"]) == (None, None)
    assert narrow.get("/pickup/nobody").status == 403
    unknown = bridge.api().get("/pickup/nobody")
    assert (unknown.status, unknown["code"]) == (404, "not_found")
    assert "/pickup/{consumer}/ack" in narrow.get("/openapi.json")["paths"]


def test_a_request_without_an_answer_takes_nothing(bridge: Bridge) -> None:
    bridge.consumer()
    bridge.orders()
    erp = bridge.api()
    assert erp.ask("HEAD", "/pickup/erp").status == 200
    assert len(erp.get("/pickup/erp")["items"]) == 1


def test_paused_consumer_gets_nothing_until_it_goes_on_and_may_still_answer(bridge: Bridge) -> None:
    bridge.consumer()
    bridge.orders()
    erp = bridge.api()
    (item,) = erp.get("/pickup/erp")["items"]
    with bridge.live.current().writing("test") as ctx:
        pause_consumer(ctx, get_consumer(ctx.session, "erp"), "taking stock")
    refused = erp.get("/pickup/erp")
    assert (refused.status, refused["detail"]) == (409, "the consumer erp is paused: taking stock")
    answered = erp.post("/pickup/erp/ack", {"items": [{"id": item["id"], "reference": "7"}]})
    assert answered["items"][0]["error"] is None


def test_order_on_hold_comes_later_and_one_canceled_before_never(bridge: Bridge) -> None:
    bridge.consumer()
    held, canceled, plain = bridge.orders(3)
    with bridge.live.current().writing("test") as ctx:
        hold_order(ctx, get_order(ctx.session, held))
        cancel_order(ctx, get_order(ctx.session, canceled), "other")
    run_jobs(bridge.live)
    erp = bridge.api()
    assert numbers_of(erp.get("/pickup/erp")) == [("order.created", plain)]
    with bridge.live.current().writing("test") as ctx:
        release_order(ctx, get_order(ctx.session, held))
    assert numbers_of(erp.get("/pickup/erp")) == []


def test_order_canceled_after_pickup_is_told_once_its_creation_is_settled(bridge: Bridge) -> None:
    bridge.consumer()
    (number,) = bridge.orders()
    erp = bridge.api()
    (created,) = erp.get("/pickup/erp")["items"]
    with bridge.live.current().writing("test") as ctx:
        cancel_order(ctx, get_order(ctx.session, number), "other")
    run_jobs(bridge.live)
    assert numbers_of(erp.get("/pickup/erp")) == []  # it may be being booked at this moment
    erp.post("/pickup/erp/ack", {"items": [{"id": created["id"], "reference": "1"}]})
    (told,) = erp.get("/pickup/erp")["items"]
    assert (told["event"], told["order"]["status"]) == ("order.canceled", "canceled")
    assert told["idempotency_key"] != created["idempotency_key"]


def test_order_that_is_booked_after_it_was_canceled_is_told_to_be_canceled(bridge: Bridge) -> None:
    bridge.consumer()
    (number,) = bridge.orders()
    erp = bridge.api()
    (created,) = erp.get("/pickup/erp")["items"]
    erp.post("/pickup/erp/reject", {"items": [{"id": created["id"], "reason": "no such customer"}]})
    with bridge.live.current().writing("test") as ctx:
        cancel_order(ctx, get_order(ctx.session, number), "other")
    run_jobs(bridge.live)
    assert numbers_of(erp.get("/pickup/erp")) == []  # it was refused: nothing has to be undone
    late = erp.post("/pickup/erp/ack", {"items": [{"id": created["id"], "reference": "1"}]})
    assert late["items"][0]["state"] == "acknowledged"
    assert numbers_of(erp.get("/pickup/erp")) == [("order.canceled", number)]
