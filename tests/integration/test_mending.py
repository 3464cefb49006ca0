"""What mends each kind of problem, and that it goes by itself when its cause goes."""

from __future__ import annotations

from typing import Any

import pytest

from core.channels.accounts import get_account
from core.channels.channel_orders import find_channel_order
from core.channels.fetching import Fetched, fetch_order, find_fetched
from core.channels.mending import map_carrier, mend_group
from core.commerce.catalog import create_product
from core.commerce.orders import get_order
from core.commerce.refunds import refund_order
from core.context import Context
from core.errors import InvalidValue, RejectedByChannel, TemporarilyUnavailable, WrongState
from core.problems import Group, list_groups, raise_problem
from tests.plugins.amazon_channel.amazon_json import order
from tests.shop import Shop

NUMBER = "028-0000000-0000001"


def groups(shop: Shop) -> list[Group]:
    return shop.read(lambda ctx: list_groups(ctx.session))


def titles(shop: Shop) -> list[str]:
    return [f"{group.title()}: {group.held_up}" for group in groups(shop)]


def remedies(shop: Shop) -> list[str]:
    return [group.remedy.key for group in groups(shop) if group.remedy]


def mend(shop: Shop) -> int:
    """Click the only group's button, and let the jobs run."""
    (group,) = groups(shop)
    count = shop.write(lambda ctx: mend_group(ctx, group.id))
    shop.work()
    return count


def fetch(shop: Shop, number: str) -> Fetched:
    job_id = shop.write(lambda ctx: fetch_order(ctx, number))
    assert shop.read(lambda ctx: find_fetched(ctx.session, job_id)).state == "waiting"
    shop.work()
    return shop.read(lambda ctx: find_fetched(ctx.session, job_id))


def test_creating_the_product_imports_all_its_orders_without_another_click(shop: Shop) -> None:
    numbers = {shop.place(("AB-1", 1)) for _ in range(3)}
    shop.sync()
    assert titles(shop) == ["SKU AB-1 is unknown: 3 orders wait"]
    assert remedies(shop) == ["create_product"]
    shop.write(lambda ctx: create_product(ctx, "AB-1", "A mug"))
    shop.work()
    assert {found.external_id for found in shop.orders()} == numbers
    assert groups(shop) == []


def test_stock_that_comes_in_imports_what_waited_for_it(shop: Shop) -> None:
    shop.stock("AB-1", 0)
    shop.set(out_of_stock="block")
    shop.place(("AB-1", 1))
    shop.sync()
    assert (titles(shop), remedies(shop)) == (["SKU AB-1 is out of stock: 1 order waits"], ["add_stock"])
    shop.stock("AB-1", 5)
    shop.work()
    assert (len(shop.orders()), groups(shop)) == (1, [])


def test_order_is_fetched_by_its_number_and_says_what_came_of_it(shop: Shop) -> None:
    shop.stock("AB-1", 5)
    shop.work()  # the steady look at the channel, which would race with the first one below
    number = shop.place(("AB-1", 1))
    assert fetch(shop, f" {number} ") == Fetched(number, "done", "imported")
    assert shop.order().external_id == number
    assert fetch(shop, number).outcome == "skipped"
    assert fetch(shop, shop.place(("NEW", 1))).outcome == "held"
    assert fetch(shop, "028-9999999-9999999").outcome == "not_found"
    assert fetch(shop, "nonsense").outcome == "no_such_number"


@pytest.mark.parametrize("number", ["", "two words", "x" * 81])
def test_what_cannot_be_a_number_is_not_fetched(shop: Shop, number: str) -> None:
    with pytest.raises(InvalidValue):
        shop.write(lambda ctx: fetch_order(ctx, number))


def test_refused_confirmation_is_sent_again_and_its_problem_goes(shop: Shop) -> None:
    there = _import_scripted(shop)
    there.refusals.append(RejectedByChannel("the tracking number is not valid"))
    shop.ship(shop.order().number)
    shop.work()
    assert titles(shop) == [f"The shipment of {NUMBER} is not confirmed at the channel: 1 package waits"]
    assert mend(shop) == 1
    assert len(there.confirmed) == 2
    assert groups(shop) == []


def test_mapping_a_carrier_sends_again_what_was_refused_of_it(shop: Shop) -> None:
    there = _import_scripted(shop)
    there.refusals.append(RejectedByChannel("no such carrier"))
    shop.ship(shop.order().number, carrier="Pony Express")
    shop.work()
    assert sorted(remedies(shop)) == ["map_carrier", "send_again"]
    with pytest.raises(WrongState):
        shop.write(lambda ctx: mend_group(ctx, _of(shop, "map_carrier").id))

    def do(ctx: Context) -> int:
        account = get_account(ctx.session, "amazon", "shop")
        return map_carrier(ctx, shop.app.registry, account, "pony express ", "DHL")

    assert shop.write(do) == 1
    shop.work()
    assert [told.carrier for told in there.confirmed] == [None, "DHL"]
    assert groups(shop) == []


def test_account_that_cannot_be_read_is_well_after_the_next_synchronization(shop: Shop) -> None:
    there = shop.script()
    there.stumbles.extend([TemporarilyUnavailable("away")] * 2)
    shop.sync()
    assert titles(shop) == ["The account shop cannot be read: 1 case"]
    there.stumbles.clear()
    assert mend(shop) == 1
    assert groups(shop) == []


def test_order_that_could_not_be_read_is_fetched_again(shop: Shop) -> None:
    there = shop.script()
    shop.stock("MUG-BLUE", 9)
    times = {"createdTime": there.time(), "lastUpdatedTime": there.time()}
    there.put(order(orderId=NUMBER, fulfillment={"fulfilledBy": "MERCHANT"}, **times))
    shop.sync()
    assert titles(shop) == ["The channel's answer for an order could not be read: 1 order waits"]
    there.put(order(orderId=NUMBER, **times))
    assert mend(shop) == 1
    assert (len(shop.orders()), groups(shop)) == (1, [])


def test_held_order_is_tried_again(shop: Shop) -> None:
    number = shop.place(("AB-1", 1))
    shop.sync()
    shop.write(lambda ctx: _hold_for(ctx, shop.account_id, number))
    shop.stock("AB-1", 1)
    assert _of(shop, "retry").title() == "Creating an order failed"
    shop.write(lambda ctx: mend_group(ctx, _of(shop, "retry").id))
    shop.work()
    assert (len(shop.orders()), groups(shop)) == (1, [])


def test_order_that_has_ended_leaves_nothing_to_decide(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 3))
    shop.sync()
    shop.ship(shop.order().number)
    shop.work()

    def refund(ctx: Context) -> None:
        refund_order(ctx, get_order(ctx.session, shop.order().number), None, "CustomerCancel")

    for kind in ("canceled_after_shipping", "line_missing", "too_many_shipped", "order_not_reconciled"):
        shop.write(lambda ctx, kind=kind: _raise(ctx, kind, shop.order().subject))
    shop.write(refund)
    assert (shop.order().status, groups(shop)) == ("closed", [])


def _raise(ctx: Context, kind: str, subject: str) -> None:
    raise_problem(ctx, kind, "DE-1", subject, "…", number="DE-1", charges="1", stated="2")


def _hold_for(ctx: Context, account_id: int, number: str) -> None:
    row = find_channel_order(ctx.session, account_id, number)
    assert row is not None
    raise_problem(ctx, "channel_order_held", "failed:Any", row.subject, "…", code="failed")


def _of(shop: Shop, remedy: str) -> Group:
    (found,) = [group for group in groups(shop) if group.remedy and group.remedy.key == remedy]
    return found


def _import_scripted(shop: Shop) -> Any:
    """A scripted marketplace, one order of which was imported."""
    there = shop.script()
    shop.stock("MUG-BLUE", 9)
    moment = there.time()
    there.put(order(orderId=NUMBER, createdTime=moment, lastUpdatedTime=moment))
    shop.sync()
    return there
