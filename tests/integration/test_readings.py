"""Readings that contradict an earlier one, tell less than it, or leave something out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from core.channels.accounts import Account, NewAccount, add_account
from core.channels.pausing import sync_soon
from core.channels.polling import Poller, read_one_order
from core.commerce.orders import get_order
from core.commerce.refunds import refund_of_units
from core.context import Context
from core.errors import AlreadyExists, NotFound, RejectedByChannel
from core.jobs import list_jobs
from core.money import Money
from tests.plugins.amazon_channel.amazon_json import breakdown, line, money, order, standing
from tests.scripted_marketplace import ScriptedMarketplace
from tests.shop import GERMANY, Shop

NUMBER = "028-1234567-1234567"
Tell = Callable[..., None]


@pytest.fixture
def there(shop: Shop) -> ScriptedMarketplace:
    """A marketplace that says what the test tells it; the shop has three mugs."""
    shop.stock("MUG-BLUE", 3)
    return shop.script()


@pytest.fixture
def tell(shop: Shop, there: ScriptedMarketplace) -> Tell:
    """Have the marketplace say this of the order from now on, and read it."""
    told: list[None] = []

    def say(*lines: Any, status: str = "UNSHIPPED", **more: Any) -> None:
        told.append(None)
        times = {"createdTime": there.time(), "lastUpdatedTime": there.time(-len(told))}
        there.put(order(*lines, **{"fulfillment": standing(status)} | times | more))
        shop.sync()

    return say


def kinds(shop: Shop) -> list[str]:
    return sorted(problem.kind for problem in shop.problems())


def test_status_that_is_not_known_does_not_make_forget_what_was_reached(shop: Shop, tell: Tell) -> None:
    tell(status="SHIPPED")
    tell(status="TELEPORTED")
    assert shop.channel_order(NUMBER).status == "TELEPORTED"
    assert kinds(shop) == ["unknown_status"]
    tell(status="UNSHIPPED")
    assert shop.channel_order(NUMBER).status == "Shipped"
    assert kinds(shop) == []


def test_amounts_stay_when_a_later_reading_tells_none(shop: Shop, tell: Tell) -> None:
    parts = {"breakdowns": [breakdown("ITEM", "8.00"), breakdown("TAX", "2.00")]}
    tell(line(proceeds=parts | {"proceedsTotal": money("10.00")}))
    tell(line(), total=None)
    found = shop.order()
    assert sorted(charge.kind for charge in found.charges) == ["item", "tax"]
    assert found.stated_total == found.charges_total == 10


def test_total_of_a_line_that_its_parts_miss_flags_the_order(shop: Shop, tell: Tell) -> None:
    parts = {"breakdowns": [breakdown("ITEM", "10.00")], "proceedsTotal": money("12.00")}
    tell(line(proceeds=parts), total=None)
    found = shop.order()
    assert (found.charges_total, found.stated_total, found.is_reconciled) == (10, 12, False)
    assert kinds(shop) == ["order_not_reconciled"]


def test_reading_that_says_it_is_of_the_future_does_not_block_those_that_follow(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    there.ahead = timedelta(hours=-1)
    for status, moment in (
        ("PENDING", there.time(-60 * 24 * 365)),
        ("UNSHIPPED", there.time(-60)),
        ("SHIPPED", there.time()),
    ):
        there.put(order(createdTime=there.time(), lastUpdatedTime=moment, fulfillment=standing(status)))
        shop.sync()
    assert shop.channel_order(NUMBER).status == "Shipped"
    assert shop.order().status == "complete"
    assert "stale" not in [entry.code for entry in shop.explain(NUMBER).entries]


def test_line_that_is_left_out_is_a_problem_and_keeps_its_units(shop: Shop, tell: Tell) -> None:
    shop.stock("MUG-RED", 3)
    red = line(orderItemId="2", product={"sellerSku": "MUG-RED", "price": {"unitPrice": money("10.00")}})
    tell(line(), red, total="20.00")
    tell(line(), total="10.00")
    found = shop.order()
    assert [each.left_to_ship for each in found.lines] == [1, 1]
    assert found.total == 20
    assert kinds(shop) == ["line_missing"]
    tell(line(), red, total="20.00")
    assert kinds(shop) == []


@pytest.mark.parametrize(("total", "worth"), [("20.00", 10), (None, 10), ("40.00", 10)])
def test_unit_is_refunded_at_its_price_after_the_channel_canceled_others(
    shop: Shop, tell: Tell, total: str | None, worth: int
) -> None:
    shop.stock("MUG-BLUE", 9)
    tell(line(4), total="40.00")
    goods = {"breakdowns": [breakdown("ITEM", total)]} if total else None
    tell(line(2, proceeds=goods), total=total)
    number = shop.order().number

    def ask(ctx: Context) -> list[Money]:
        found = get_order(ctx.session, number)
        return list(refund_of_units(ctx.session, found, [("MUG-BLUE", 1)]).values())

    assert shop.read(ask) == [Money(Decimal(worth), "EUR")]


def test_line_that_is_added_later_is_told_in_plain_words_until_it_is_gone(shop: Shop, tell: Tell) -> None:
    red = {"sellerSku": "MUG-RED", "price": {"unitPrice": money("10.00")}}
    tell(line())
    for status in ("UNSHIPPED", "SHIPPED"):
        tell(line(), line(2, orderItemId="2", product=red), status=status, total="30.00")
        found = {problem.kind: problem.message for problem in shop.problems()}
        assert set(found) == {"line_added", "order_not_reconciled"}
        assert "The channel added MUG-RED (2) after order" in found["line_added"]
        assert "does not hold it" in (shop.channel_order(NUMBER).note or "")
    tell(line(), line(0, orderItemId="2", product=red), status="SHIPPED")
    assert kinds(shop) == []


def test_units_that_are_added_later_are_told_in_plain_words(shop: Shop, tell: Tell) -> None:
    tell(line(4), total="40.00")
    tell(line(1), total="10.00")
    assert kinds(shop) == []
    tell(line(3), total="30.00")
    (problem,) = shop.problems()
    assert problem.message.startswith("The channel added MUG-BLUE (2) after order")
    assert shop.order().left_to_ship == 1


def test_earlier_order_that_was_wanted_stays_wanted_while_it_waits(
    shop: Shop, there: ScriptedMarketplace, tell: Tell
) -> None:
    shop.set(earlier_orders="unshipped")
    other = {"sellerSku": "MUG-GREEN", "price": {"unitPrice": money("10.00")}}
    placed = {"createdTime": there.time(60 * 24)}
    tell(line(product=other), **placed)
    assert shop.orders() == []
    tell(line(product=other), status="SHIPPED", **placed)
    shop.stock("MUG-GREEN", 1)
    shop.sync()
    assert shop.order().status == "complete"


def test_order_that_is_blocked_for_stock_reserves_nothing(shop: Shop, tell: Tell) -> None:
    shop.set(out_of_stock="block")
    tell(line(5), status="PENDING")
    assert shop.is_reserved(NUMBER)
    tell(line(5), total="50.00")
    assert shop.channel_order(NUMBER).held_code == "out_of_stock"
    assert not shop.is_reserved(NUMBER)
    shop.work()
    shop.stock("MUG-BLUE", 5)
    shop.work()
    assert (shop.order().status, shop.reserved("MUG-BLUE")) == ("processing", 5)


def test_replacement_without_a_price_costs_nothing(shop: Shop, tell: Tell) -> None:
    replaced = [{"orderId": "028-1", "associationType": "REPLACEMENT_ORIGINAL_ID"}]
    free = line() | {"product": {"sellerSku": "MUG-BLUE"}}
    tell(free, total=None, associatedOrders=replaced)
    found = shop.order()
    assert (found.total, found.currency, found.replaces_external_id) == (0, "EUR", "028-1")


def test_order_of_which_every_unit_was_canceled_is_not_created(shop: Shop, tell: Tell) -> None:
    tell(line(0))
    assert shop.orders() == []
    assert "every unit" in shop.explain(NUMBER).answer


def test_confirmation_that_was_refused_and_is_there_all_the_same_has_arrived(
    shop: Shop, there: ScriptedMarketplace, tell: Tell
) -> None:
    tell(line())
    shop.ship(shop.order().number, tracking="JD 1")
    shop.queue_confirmations()
    there.refusals.append(RejectedByChannel("400 InvalidInput"))
    shop.confirm()
    assert kinds(shop) == ["confirmation_failed"]
    package = {"packageReferenceId": "1", "trackingNumber": "jd1"}
    tell(line(), status="SHIPPED", packages=[package])
    (confirmation,) = shop.confirmations()
    assert confirmation.state == "accepted"
    assert kinds(shop) == []


def test_refused_confirmation_stays_refused_though_another_parcel_has_the_same_tracking_number(
    shop: Shop, there: ScriptedMarketplace, tell: Tell
) -> None:
    tell(line(3), total="30.00")
    for _ in range(2):
        shop.ship(shop.order().number, ("MUG-BLUE", 1), tracking="JD 1")
    shop.queue_confirmations()
    there.refusals.extend([None, RejectedByChannel("400 InvalidInput")])
    shop.confirm()
    packages = [{"packageReferenceId": "1", "trackingNumber": "jd1"}]
    tell(line(3), total="30.00", status="PARTIALLY_SHIPPED", packages=packages)
    assert [each.state for each in shop.confirmations()] == ["accepted", "failed"]
    assert kinds(shop) == ["confirmation_failed"]
    packages.append({"packageReferenceId": "AMAZONS-OWN", "trackingNumber": "JD1"})
    tell(line(3), total="30.00", status="PARTIALLY_SHIPPED", packages=packages)
    assert [each.state for each in shop.confirmations()] == ["accepted", "accepted"]
    assert kinds(shop) == []


def test_refused_confirmation_that_is_there_is_known_by_its_reference_first(
    shop: Shop, there: ScriptedMarketplace, tell: Tell
) -> None:
    tell(line(3), total="30.00")
    for _ in range(2):
        shop.ship(shop.order().number, ("MUG-BLUE", 1), tracking="JD 1")
    shop.queue_confirmations()
    there.refusals.extend([RejectedByChannel("400"), RejectedByChannel("400")])
    shop.confirm()
    package = {"packageReferenceId": "2", "trackingNumber": "jd1"}
    tell(line(3), total="30.00", status="PARTIALLY_SHIPPED", packages=[package])
    assert [each.state for each in shop.confirmations()] == ["failed", "accepted"]


@pytest.mark.parametrize("program", ["FBM_SHIP_PLUS", "AMAZON_EASY_SHIP"])
def test_order_that_the_channel_confirms_by_itself_is_not_confirmed(
    shop: Shop, there: ScriptedMarketplace, tell: Tell, program: str
) -> None:
    tell(line(), programs=["PRIME", program])
    shop.ship(shop.order().number)
    shop.queue_confirmations()
    assert shop.confirm() == []
    assert there.confirmed == []
    assert (shop.channel_order(NUMBER).note or "").startswith("Nothing is confirmed")


@pytest.mark.parametrize(("status", "units"), [("UNFULFILLABLE", 2), ("UNSHIPPED", 0)])
def test_reservation_is_released_when_nothing_will_come_of_the_order(
    shop: Shop, tell: Tell, status: str, units: int
) -> None:
    tell(line(2), status="PENDING")
    assert shop.reserved("MUG-BLUE") == 2
    tell(line(units), status=status)
    assert (shop.reserved("MUG-BLUE"), shop.orders()) == (0, [])
    assert "let_go" in [entry.code for entry in shop.explain(NUMBER).entries]


def test_parcel_that_was_called_off_is_still_to_ship_when_stock_is_looked_at(
    shop: Shop, tell: Tell
) -> None:
    shop.set(out_of_stock="block")
    called_off = {
        "packageReferenceId": "1",
        "packageStatus": {"status": "CANCELLED"},
        "packageItems": [{"orderItemId": "00012345678901", "quantity": 3}],
    }
    tell(line(5), total="50.00", status="PARTIALLY_SHIPPED", packages=[called_off])
    assert shop.channel_order(NUMBER).held_code == "out_of_stock"


def test_line_that_was_left_out_is_no_problem_any_more_once_the_order_is_canceled(
    shop: Shop, tell: Tell
) -> None:
    shop.stock("MUG-RED", 3)
    red = line(orderItemId="2", product={"sellerSku": "MUG-RED", "price": {"unitPrice": money("10.00")}})
    tell(line(), red, total="20.00")
    tell(line(), total="10.00")
    assert kinds(shop) == ["line_missing"]
    tell(line(), total="10.00", status="CANCELLED")
    assert (shop.order().status, kinds(shop)) == ("canceled", [])


ADDRESS = {
    "name": "Ada Lovelace",
    "addressLine1": "Main St 1",
    "city": "Berlin",
    "postalCode": "10115",
    "countryCode": "DE",
}


def sent_to(shop: Shop) -> tuple[str | None, str | None]:
    (address,) = shop.order().addresses
    return address.line1, address.city


def delivered_to(**fields: str) -> dict[str, Any]:
    return {"recipient": {"deliveryAddress": fields}}


def test_reading_that_tells_less_of_the_address_does_not_wipe_it(shop: Shop, tell: Tell) -> None:
    tell(line(), **delivered_to(**ADDRESS))
    tell(line(), **delivered_to(city="BERLIN", countryCode="DE"))
    assert sent_to(shop) == ("Main St 1", "Berlin")
    tell(line(), **delivered_to(city="Hamburg", countryCode="DE"))
    assert sent_to(shop) == ("Main St 1", "Berlin")
    tell(line(), **delivered_to(**ADDRESS | {"addressLine1": "Side St 2", "city": "Hamburg"}))
    assert sent_to(shop) == ("Side St 2", "Hamburg")


def test_address_that_changes_after_a_part_has_left_is_for_a_person_until_the_rest_has(
    shop: Shop, tell: Tell
) -> None:
    tell(line(2), total="20.00", **delivered_to(**ADDRESS))
    number = shop.order().number
    shop.ship(number, ("MUG-BLUE", 1))
    other = delivered_to(**ADDRESS | {"addressLine1": "Side St 2"})
    tell(line(2), total="20.00", **other)
    assert (sent_to(shop)[0], kinds(shop)) == ("Main St 1", ["address_changed_late"])
    assert "address_changed_late" in [entry.code for entry in shop.explain(NUMBER).entries]
    shop.ship(number)
    tell(line(2), total="20.00", **other)
    assert kinds(shop) == []


def test_order_of_a_marketplace_that_was_not_chosen_is_not_fetched(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    france = {"channelName": "AMAZON", "marketplaceId": "A13V1IB3VIYZZH"}
    there.put(order(salesChannel=france))
    poller = Poller(shop.app, shop.app.registry, shop.owner, timedelta(seconds=30))
    with pytest.raises(NotFound, match="has not chosen"):
        read_one_order(poller, shop.account_id, NUMBER)
    assert not shop.is_stored(NUMBER)


def test_account_that_never_connected_can_be_added_anew(bare_shop: Shop) -> None:
    shop = bare_shop
    there = shop.script()
    there.failing = dict.fromkeys(("NOWHERE", GERMANY), RejectedByChannel("no such marketplace"))
    with pytest.raises(RejectedByChannel):
        shop.connect("typo", ("NOWHERE", GERMANY))
    (first,) = shop.read(lambda ctx: ctx.session.scalars(select(Account.id)).all())
    shop.write(lambda ctx: sync_soon(ctx, ctx.session.get_one(Account, first)))
    shop.account_id = first
    shop.sync()
    assert kinds(shop) == ["account_failing"]
    there.failing.clear()
    shop.account_id = shop.connect("right", (GERMANY,))
    account = shop.account()
    assert (shop.account_id, account.name, account.last_error) == (first, "right", None)
    assert [row.marketplace for row in account.marketplaces] == [GERMANY]
    assert shop.problems() == []
    shop.work()
    assert {job.last_error for job in shop.read(lambda ctx: list_jobs(ctx))} == {None}
    again = NewAccount("again", shop.account().seller_id, "eu", (GERMANY,), shop.account().credentials)
    channel = shop.app.registry.get_channel("amazon")
    with pytest.raises(AlreadyExists):
        shop.write(lambda ctx: add_account(ctx, channel, again))
