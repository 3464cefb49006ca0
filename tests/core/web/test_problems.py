"""The pages of problems, jobs and deliveries, as an operator walks them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from core.application import LiveApplication
from core.channels.account_settings import read_account_settings
from core.channels.accounts import get_account
from core.context import Context
from core.errors import RejectedByChannel
from core.jobs import Job, enqueue
from core.problems import list_groups, raise_problem
from tests.core.web.conftest import Pages, enter
from tests.integration.test_mending import NUMBER
from tests.plugins.amazon_channel.amazon_json import order
from tests.shop import Shop


@pytest.fixture
def desk(shop: Shop) -> Pages:
    """An owner at the pages of a shop that sells at Amazon."""
    return enter(Pages(shop.live), shop.live)


def group_of(shop: Shop) -> int:
    (group,) = shop.read(lambda ctx: list_groups(ctx.session))
    return group.id


def test_unknown_sku_is_told_with_what_mends_it_and_leaves_by_itself(shop: Shop, desk: Pages) -> None:
    assert "Nothing needs you" in desk.get("/problems").text
    number = shop.place(("AB-1", 1))
    shop.place(("AB-1", 2))
    shop.sync()
    page = desk.get("/problems")
    assert "2 orders wait" in page.row("SKU AB-1 is unknown", "Ignore")
    assert re.search(r'class="count"[^>]*>1<', page.source), "the navigation counts it"
    assert number in desk.get(f"/problems/{group_of(shop)}").text
    form = desk.get("/products/new?sku=AB-1")
    assert "2 orders wait for this product" in form.text
    assert ('value="10.00"' in form.source, 'name="name" value=""' in form.source) == (True, False)
    made = desk.post("/products/new", {"sku": "AB-1", "name": "A mug", "enabled": "1", "units": "0"})
    assert "2 orders waited for it and are tried again now." in desk.get(made.headers["Location"]).text
    shop.work()
    assert "Nothing needs you" in desk.get("/problems").text
    assert desk.get(f"/problems/{group_of_none(shop)}").status == 404


def group_of_none(shop: Shop) -> int:
    assert shop.read(lambda ctx: list_groups(ctx.session)) == []
    return 1


def test_problem_is_ignored_and_looked_at_again(shop: Shop, desk: Pages) -> None:
    shop.place(("AB-1", 1))
    shop.sync()
    where = f"/problems/{group_of(shop)}"
    assert desk.post(f"{where}/ignore", {"how": "for_good"}).status == 303
    shop.place(("AB-1", 1))
    shop.sync()
    assert "Nothing needs you" in desk.get("/problems").text
    assert "2 orders wait" in desk.get("/problems?view=ignored").row("SKU AB-1 is unknown")
    assert "owner.anna@shop.example" in desk.get(where).text
    assert desk.post(f"{where}/reopen").status == 303
    assert "SKU AB-1 is unknown" in desk.get("/problems").text


def test_order_is_fetched_from_the_inbox(shop: Shop, desk: Pages) -> None:
    shop.stock("AB-1", 5)
    number = shop.place(("AB-1", 1))
    refused = desk.post("/problems/fetch", {"external_id": "two words"})
    assert refused.status == 422
    assert "without spaces" in refused.text
    sent = desk.post("/problems/fetch", {"external_id": number})
    assert "The channel is being asked" in desk.get(sent.headers["Location"]).text
    shop.work()
    page = desk.get(sent.headers["Location"])
    assert "an order was created" in page.text
    assert number not in sent.headers["Location"]


def test_carrier_is_mapped_and_what_was_refused_is_sent_again(shop: Shop, desk: Pages) -> None:
    there = shop.script()
    shop.stock("MUG-BLUE", 9)
    moment = there.time()
    there.put(order(orderId=NUMBER, createdTime=moment, lastUpdatedTime=moment))
    shop.sync()
    there.refusals.append(RejectedByChannel("no such carrier"))
    shop.ship(shop.order().number, carrier="Pony Express")
    shop.work()
    (form,) = [link for link in desk.get("/problems").links() if link.endswith("/carrier")]
    assert desk.post(form, {"theirs": ""}).status == 422
    assert "Pony Express" in desk.get(form).text
    assert desk.post(form, {"theirs": "DHL"}).status == 303
    shop.work()
    assert [told.carrier for told in there.confirmed] == [None, "DHL"]
    account = shop.read(lambda ctx: get_account(ctx.session, "amazon", "shop"))
    channel = shop.app.registry.get_channel("amazon")
    kept = shop.read(lambda ctx: read_account_settings(ctx, channel, account))
    assert kept.carriers == {"Pony Express": "DHL"}
    assert "Nothing needs you" in desk.get("/problems").text


def test_failed_job_is_a_problem_and_is_tried_again_or_canceled(shop: Shop, desk: Pages) -> None:
    job_id = shop.write(lambda ctx: enqueue(ctx, "channels.poll_account", {"account_id": 4711}))
    for _ in range(3):
        shop.write(
            lambda ctx: ctx.session.execute(
                update(Job).where(Job.id == job_id).values(run_at=Job.created_at)
            )
        )
        shop.work()
    assert "Read an account's orders" in desk.get("/problems").row("Background work failed")
    assert "Failed" in desk.get("/jobs?state=failed").row("Read an account's orders", "3 of 3")
    assert desk.get("/jobs?state=unheard").status == 422
    assert desk.post(f"/jobs/{job_id}/retry").status == 303
    assert "Nothing needs you" in desk.get("/problems").text
    assert desk.post(f"/jobs/{job_id}/cancel").status == 303
    assert desk.post(f"/jobs/{job_id}/cancel").status == 409


def test_deliveries_tell_who_was_told_of_what(shop: Shop, desk: Pages) -> None:
    shop.stock("AB-1", 5)
    shop.place(("AB-1", 1))
    shop.sync()
    shop.work()
    page = desk.get("/deliveries?plugin=amazon_channel")
    row = page.row("Order created", "Told")
    assert shop.order().number in row
    assert "1 time" in row
    (event,) = {link for link in page.links() if link.startswith("/events/")}
    assert "Told" in desk.get(event).row("Amazon", "1 time")
    assert desk.get("/deliveries?state=waiting").status == 200
    number = shop.order().number
    assert f"Amazon: {number}" in desk.get("/jobs?name=events.deliver").row("Tell a plugin", number)
    assert desk.post("/plugins/amazon_channel/disable", {"confirmed": "yes"}).status == 303
    assert f"Amazon channel: {number}" in desk.get("/jobs?name=events.deliver").row("Tell a plugin", number)
    assert desk.get("/events/999999").status == 404


def test_packer_may_look_but_not_decide(shop: Shop, live: LiveApplication) -> None:
    reader = enter(Pages(live), live, "read_only")
    shop.write(
        lambda ctx: raise_problem(
            ctx, "account_failing", "shop:x", f"channel_account:{shop.account_id}", "…", account="shop"
        )
    )
    page = reader.get("/problems")
    if page.status == 200:
        assert "Sync now" not in page.text
    where = f"/problems/{group_of(shop)}"
    assert [reader.post(f"{where}/{verb}").status for verb in ("mend", "ignore", "reopen")] == [403] * 3


def test_problem_names_things_as_people_do_and_offers_a_page_to_those_who_may_open_it(
    shop: Shop, live: LiveApplication
) -> None:
    def trouble(ctx: Context) -> None:
        told = {"plugin": "amazon_channel", "event": "order_created"}
        raise_problem(ctx, "delivery_parked", "amazon_channel:order_created", "order:1", "…", **told)
        where = {"consumer": "erp", "page": "plugins.show"}
        raise_problem(ctx, "erp_consumer_paused", "erp", "erp_consumer:1", "…", **where)

    shop.write(trouble)
    owner, packer = enter(Pages(live), live), enter(Pages(live), live, "packer")
    page = owner.get("/problems")
    assert "The plugin Amazon could not be told what happened (Order created)" in page.text
    assert "Look and resume" in page.row("erp is paused")
    assert "Look and resume" not in packer.get("/problems").row("erp is paused")
