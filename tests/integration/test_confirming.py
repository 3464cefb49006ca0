"""Telling the channel that a parcel has left: once, whatever happens in between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.channels.account_settings import save_account_settings
from core.channels.accounts import get_account
from core.channels.confirmations import Confirmation
from core.channels.confirming import retry_confirmation
from core.commerce.orders import get_order
from core.commerce.shipments import PackageContents, ship_order
from core.context import Context
from core.errors import (
    AccessDenied,
    NotConfigured,
    QuotaExhausted,
    RejectedByChannel,
    TemporarilyUnavailable,
    WrongState,
)
from core.jobs import Defer
from plugins.amazon_channel.settings import AmazonAccountSettings
from tests.plugins.amazon_channel.amazon_json import line, order, standing
from tests.scripted_marketplace import ScriptedMarketplace
from tests.shop import GERMANY, Shop

NUMBER = "028-1234567-1234567"


@pytest.fixture
def there(shop: Shop) -> ScriptedMarketplace:
    """A scripted marketplace with an order of three blue mugs that was imported."""
    return import_one(shop)


def import_one(shop: Shop, ahead: timedelta = timedelta(), **more: Any) -> ScriptedMarketplace:
    there = shop.script(ahead)
    shop.stock("MUG-BLUE", 10)
    moment = there.time()
    there.put(order(line(quantity=3), total="30.00", createdTime=moment, lastUpdatedTime=moment, **more))
    shop.sync()
    return there


def ship(shop: Shop, quantity: int | None = None, carrier: str = "DHL", tracking: str = "T1") -> None:
    """Ship so many mugs, or all, and queue what follows."""
    lines = [("MUG-BLUE", quantity)] if quantity else []
    shop.ship(shop.order().number, *lines, carrier=carrier, tracking=tracking)
    shop.queue_confirmations()


def map_carrier(shop: Shop, ours: str, theirs: str) -> None:
    def save(ctx: Context) -> None:
        account = get_account(ctx.session, "amazon", "shop")
        channel = shop.app.registry.get_channel("amazon")
        save_account_settings(ctx, channel, account, AmazonAccountSettings(), {"carriers": {ours: theirs}})

    shop.write(save)


def kinds(shop: Shop) -> list[str]:
    return [problem.kind for problem in shop.problems()]


def test_each_package_is_one_call_with_a_reference_of_its_own(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    line_id = shop.order().lines[0].id

    def two_packages(ctx: Context) -> None:
        found = get_order(ctx.session, shop.order().number)
        packages = [PackageContents("DHL", "A", {line_id: 1}), PackageContents("UPS", "B", {line_id: 1})]
        ship_order(ctx, found, packages)

    shop.write(two_packages)
    ship_left = shop.order().left_to_ship
    ship(shop, tracking="C")
    assert shop.confirm() == [None, None, None]
    told = [(each.reference, each.carrier, each.tracking_number, each.lines) for each in there.confirmed]
    assert told == [
        ("1", "DHL", "A", (("00012345678901", 1),)),
        ("2", "UPS", "B", (("00012345678901", 1),)),
        ("3", "DHL", "C", (("00012345678901", ship_left),)),
    ]
    assert shop.channel_order(NUMBER).status == "Shipped"


def test_channel_order_shows_what_was_accepted_and_a_delayed_reading_never_moves_it_back(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    ship(shop, 1, tracking="A")
    shop.confirm()
    row = shop.channel_order(NUMBER)
    assert (row.status, row.units_unshipped, shop.order().status) == ("PartiallyShipped", 2, "processing")
    delayed = order(
        line(quantity=3), total="30.00", createdTime=row.placed_at.isoformat(),
        lastUpdatedTime=there.time(-1),
    )  # fmt: skip
    there.put(delayed)
    shop.sync()
    row = shop.channel_order(NUMBER)
    assert (row.status, row.units_unshipped) == ("PartiallyShipped", 2)
    ship(shop, tracking="B")
    shop.confirm()
    shop.sync()
    assert (shop.channel_order(NUMBER).status, shop.order().status) == ("Shipped", "complete")


def test_older_reading_is_left_aside(shop: Shop, there: ScriptedMarketplace) -> None:
    placed = shop.channel_order(NUMBER).placed_at.isoformat()
    there.put(order(line(quantity=1), total="10.00", createdTime=placed, lastUpdatedTime=there.time(5)))
    shop.sync()
    assert shop.order().left_to_ship == 3
    assert "stale" in [entry.code for entry in shop.explain(NUMBER).entries]


def test_reference_is_above_those_that_the_channel_uses_itself(shop: Shop) -> None:
    packages = [{"packageReferenceId": reference, "trackingNumber": "x"} for reference in ("7", "AMZN-9")]
    there = import_one(shop, packages=packages)
    ship(shop)
    shop.confirm()
    assert [each.reference for each in there.confirmed] == ["8"]


def test_refusal_is_for_good_a_problem_and_still_there_to_be_retried(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    there.refusals.append(RejectedByChannel("Amazon says no (InvalidInput)"))
    ship(shop)
    assert shop.confirm() == [None]
    (found,) = shop.confirmations()
    assert (found.state, found.last_error, found.accepted_at) == (
        "failed",
        "Amazon says no (InvalidInput)",
        None,
    )
    (problem,) = shop.problems()
    assert problem.message == f"Package 1 of {NUMBER} is not confirmed: Amazon says no (InvalidInput)"
    assert shop.channel_order(NUMBER).status == "Unshipped"

    def retry(ctx: Context) -> None:
        retry_confirmation(ctx, ctx.session.get_one(Confirmation, found.id))

    shop.write(retry)
    shop.work()
    assert [each.reference for each in there.confirmed] == ["1", "1"]
    assert (shop.confirmations()[0].state, shop.problems()) == ("accepted", [])
    with pytest.raises(WrongState, match="accepted already"):
        shop.write(retry)


def test_refusal_is_noted_whatever_the_orders_number_looks_like(shop: Shop) -> None:
    there = import_one(shop, orderId="A 17")
    there.refusals.append(RejectedByChannel("400 no such carrier"))
    ship(shop)
    assert (shop.confirm(), kinds(shop)) == ([None], ["confirmation_failed"])
    assert shop.confirmations()[0].state == "failed"


def test_refusal_of_a_package_that_the_channel_has_is_undone_by_reading_the_order_back_at_once(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    fulfilled = RejectedByChannel("400 order already fulfilled")
    there.refusals.extend([TemporarilyUnavailable("the answer was lost"), fulfilled, fulfilled])
    ship(shop)
    shop.confirm()
    told = line(quantity=3, fulfillment={"quantityFulfilled": 3, "quantityUnfulfilled": 0})
    packages = [{"packageReferenceId": "1", "trackingNumber": "T1"}]
    there.put(
        order(
            told, total="30.00", createdTime=there.time(), lastUpdatedTime=there.time(-1),
            fulfillment=standing("SHIPPED"), packages=packages,
        )
    )  # fmt: skip
    assert (shop.confirm(), kinds(shop)) == ([None], ["confirmation_failed"])
    there.failing = {GERMANY: TemporarilyUnavailable("no listing")}
    shop.work()  # the queued job asks for a third time
    assert (shop.confirmations()[0].state, len(there.confirmed)) == ("accepted", 3)
    assert shop.channel_order(NUMBER).status == "Shipped"
    assert "confirmation_failed" not in kinds(shop)


def test_passing_failure_is_tried_again_with_the_same_reference_and_body(
    shop: Shop, there: ScriptedMarketplace
) -> None:
    there.refusals.extend([TemporarilyUnavailable("503"), TemporarilyUnavailable("no answer")])
    ship(shop)
    assert [type(error) for error in shop.confirm()] == [TemporarilyUnavailable]
    assert shop.problems() == []
    assert [type(error) for error in shop.confirm(attempt=5)] == [TemporarilyUnavailable]
    assert kinds(shop) == ["confirmation_failed"]
    assert shop.confirm() == [None]
    first, second, third = there.confirmed
    assert first == second == third
    assert (shop.confirmations()[0].state, shop.problems()) == ("accepted", [])


def test_used_up_quota_waits_as_long_as_the_channel_says(shop: Shop, there: ScriptedMarketplace) -> None:
    there.refusals.append(QuotaExhausted("429", timedelta(seconds=90)))
    ship(shop)
    for _ in range(2):  # the second is not even sent
        (error,) = shop.confirm()
        assert isinstance(error, Defer)
        assert isinstance(error.until, timedelta)
        assert timedelta(seconds=60) < error.until <= timedelta(seconds=90)
    assert len(there.confirmed) == 1


@pytest.mark.parametrize("error", [AccessDenied("credentials"), NotConfigured("lacks client_id")])
def test_account_that_is_not_let_in_keeps_its_confirmations(
    shop: Shop, there: ScriptedMarketplace, error: Exception
) -> None:
    there.refusals.append(error)
    ship(shop)
    assert [type(raised) for raised in shop.confirm()] == [Defer]
    assert (kinds(shop), shop.confirmations()[0].state) == (["confirmation_failed"], "queued")
    assert shop.confirm() == [None]
    assert shop.problems() == []


@pytest.mark.parametrize("carrier", ["dhl", " DHL ", "DHL"])
def test_carrier_is_spelled_as_the_channel_does(
    shop: Shop, there: ScriptedMarketplace, carrier: str
) -> None:
    ship(shop, carrier=carrier)
    shop.confirm()
    assert there.confirmed[0].carrier == "DHL"
    assert shop.problems() == []


def test_accounts_own_mapping_of_carriers_comes_first(shop: Shop, there: ScriptedMarketplace) -> None:
    map_carrier(shop, "DHL", "DHL eCommerce")
    ship(shop)
    shop.confirm()
    assert there.confirmed[0].carrier == "DHL eCommerce"


def test_carrier_that_is_not_mapped_goes_by_its_name_with_a_problem(shop: Shop) -> None:
    shop.stock("AB-1", 5)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    shop.ship(shop.order().number, carrier="Pony Express")
    shop.work()
    (told,) = shop.world.confirmations
    detail = told.body["packageDetail"]
    assert (detail["carrierCode"], detail["carrierName"]) == ("Other", "Pony Express")
    (problem,) = shop.problems()
    assert (problem.kind, problem.cause) == ("carrier_unmapped", "shop/pony express")
    assert shop.channel_order(external_id).status == "Shipped"
    map_carrier(shop, "Pony Express", "PONY")
    assert shop.problems() == [], "mapping it mends the problem"


@pytest.mark.parametrize("days", [4, -4])
def test_ship_date_lies_within_the_bounds_of_the_channels_clock(shop: Shop, days: int) -> None:
    shop.set(earlier_orders="unshipped")
    there = import_one(shop, timedelta(days=days))
    ship(shop)
    shop.confirm()
    (told,) = there.confirmed
    assert shop.channel_order(NUMBER).placed_at <= told.shipped_at <= there.now()


def test_confirmation_is_accepted_by_a_channel_whose_clock_is_days_ahead(shop: Shop) -> None:
    shop.later(60 * 24 * 5)
    shop.stock("AB-1", 5)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    shop.ship(shop.order().number)
    shop.later(60 * 24 * 5)
    shop.work()
    assert shop.world.status_of(external_id) == "SHIPPED"
    assert shop.problems() == []


def test_shipment_made_while_the_plugin_was_disabled_is_told_later(shop: Shop) -> None:
    shop.stock("AB-1", 5)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    number = shop.order().number
    shop.work()
    shop.disable("amazon_channel")
    shop.ship(number)
    shop.work()
    assert shop.world.confirmations == []
    shop.enable("amazon_channel")
    shop.sync()
    shop.work()
    assert shop.world.status_of(external_id) == "SHIPPED"
    shop.sync()
    shop.work()
    assert len(shop.world.confirmations) == 1
