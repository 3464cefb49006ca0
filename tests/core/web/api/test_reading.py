"""`/customers`, `/channel-orders`, `/jobs`: what else is read, and what is done with jobs."""

from __future__ import annotations

from core.commerce.customers import Buyer
from core.jobs import JobState
from tests.core.web.api.conftest import Api
from tests.shop import Shop


def test_customers_are_listed_and_their_names_are_personal(api: Api) -> None:
    for name in ("Ada Example", "Bob Example", "Cy Example"):
        buyer = Buyer(name, f"{name[:3].strip()}@example.com")
        api.order(customer_policy="build_new_customer_account", channel="amazon", buyer=buyer)
    found, sizes = api.all_of("/customers?limit=2")
    assert ([row["first_name"] for row in found], sizes) == (["Cy", "Bob", "Ada"], [2, 1])
    assert api.get(f"/customers/{found[0]['id']}").json == found[0]
    assert api.get("/customers/99").status == 404
    hidden = api.with_scopes("customers:read").get(f"/customers/{found[0]['id']}").json
    personal = ("name", "first_name", "last_name", "email", "addresses")
    assert [hidden[field] for field in personal] == [None] * 5
    assert hidden["store"] == "default"


def test_a_customer_is_changed_in_what_is_sent(api: Api) -> None:
    buyer = Buyer("Ada Example", "ada@example.com")
    api.order(customer_policy="build_new_customer_account", channel="amazon", buyer=buyer)
    found = api.get("/customers")["items"][0]
    path = f"/customers/{found['id']}"
    changed = api.ask("PATCH", path, {"name": "Ada King"}, If_Match=api.get(path).headers["ETag"])
    assert (changed.status, changed["last_name"], changed["email"]) == (200, "King", "ada@example.com")
    refused = api.ask("PATCH", path, {"email": "nowhere"})
    assert (refused.status, list(refused["fields"])) == (422, ["email"])


def test_channel_orders_say_why_they_are_no_orders(shop: Shop) -> None:
    api = Api(shop.live)
    shop.stock("AB-1", 5)
    done, waiting = shop.place(("AB-1", 1)), shop.place(("NEW-1", 1))
    pending = shop.place(("AB-1", 1), status="PENDING")
    shop.sync()
    found, sizes = api.all_of("/channel-orders?limit=1")
    assert ({row["external_id"] for row in found}, sizes) == ({done, waiting}, [1, 1])
    assert len(api.get("/channel-orders?pending=true")["items"]) == 3
    assert api.get("/channel-orders?channel=other")["items"] == []
    why = api.get(f"/channel-orders/shop/{waiting}")
    assert (why["order_number"], why["reserved"]) == (None, False)
    assert "there is no product with the SKU NEW-1" in why["why"]
    became = api.get(f"/channel-orders/shop/{done}")
    assert (became["reserved"], became["order_number"]) == (True, api.get("/orders")["items"][0]["number"])
    assert api.get(f"/channel-orders/other/{pending}").status == 404
    hidden = api.with_scopes("channel_orders:read").get(f"/channel-orders/shop/{done}")
    assert hidden["buyer_name"] is None


def test_jobs_are_retried_and_canceled(api: Api) -> None:
    api.order()
    api.product("AB-1")
    found = api.get("/jobs?state=queued&limit=1")
    job = found["items"][0]
    assert (job["state"], job["name"]) == (JobState.QUEUED, "events.deliver")
    assert api.get(f"/jobs/{job['id']}").json == job
    assert api.post(f"/jobs/{job['id']}/cancel")["state"] == "canceled"
    assert api.post(f"/jobs/{job['id']}/cancel").status == 409
    assert api.post(f"/jobs/{job['id']}/retry")["state"] == "queued"
    assert api.get("/jobs?name=nothing")["items"] == []
    assert api.get("/jobs?state=nothing").status == 422
    assert api.post("/jobs/999999999999999999/retry").status == 404
