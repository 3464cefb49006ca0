"""Section 7: what leaves, shrinks or ends at the channel."""

from __future__ import annotations

from typing import Any

import pytest

from core.commerce.inventory import StockMovement
from core.commerce.shipments import Shipment, list_shipments
from core.context import Context
from core.errors import TemporarilyUnavailable
from tests.plugins.amazon_channel.amazon_json import line, order, standing
from tests.shop import Shop

NUMBER = "028-1234567-1234567"


@pytest.fixture
def open_order(shop: Shop) -> str:
    """An order of three of AB-1, of ten in stock; its number at Amazon."""
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 3))
    shop.sync()
    shop.work()
    return external_id


def shipments(shop: Shop) -> list[Shipment]:
    def find(ctx: Context) -> list[Shipment]:
        rows = list(list_shipments(ctx.session, shop.order().id))
        for row in rows:
            for package in row.packages:
                list(package.lines)
        return rows

    return shop.read(find)


def units(shop: Shop) -> list[tuple[str, str | None, int]]:
    """Origin, tracking number and units of every package."""
    return [
        (shipment.origin, package.tracking_number, sum(each.quantity for each in package.lines))
        for shipment in shipments(shop)
        for package in shipment.packages
    ]


def test_label_bought_at_the_channel_becomes_a_shipment_of_the_channel(shop: Shop, open_order: str) -> None:
    shop.world.ship_at_amazon(open_order, carrier="UPS", tracking_number="1Z1")
    shop.later()
    shop.sync()
    shop.work()
    assert shop.order().status == "complete"
    assert units(shop) == [("channel", "1Z1", 3)]
    assert (shop.on_hand("AB-1"), shop.available("AB-1"), shop.reserved("AB-1")) == (7, 7, 0)
    assert shop.world.confirmations == []
    assert shop.channel_order(open_order).status == "Shipped"
    shop.sync()
    assert len(shipments(shop)) == 1


def test_part_that_the_channel_ships_leaves_the_rest_reserved(shop: Shop, open_order: str) -> None:
    shop.world.ship_at_amazon(open_order, {"AB-1": 1}, tracking_number="1Z1")
    shop.later()
    shop.sync()
    assert (shop.order().status, shop.order().left_to_ship) == ("processing", 2)
    assert (shop.on_hand("AB-1"), shop.reserved("AB-1")) == (9, 2)
    shop.world.ship_at_amazon(open_order, {"AB-1": 1}, tracking_number="1Z2")
    shop.later()
    shop.sync()
    shop.ship(shop.order().number, tracking="OURS")
    shop.work()
    assert units(shop) == [("channel", "1Z1", 1), ("channel", "1Z2", 1), ("merchant", "OURS", 1)]
    assert (shop.order().status, shop.world.status_of(open_order)) == ("complete", "SHIPPED")
    assert (shop.on_hand("AB-1"), shop.reserved("AB-1")) == (7, 0)
    assert shop.problems() == []


def test_own_package_that_comes_back_is_not_recorded_twice(shop: Shop, open_order: str) -> None:
    shop.ship(shop.order().number, ("AB-1", 1), tracking="OURS")
    shop.work()
    shop.later()
    shop.sync()
    assert units(shop) == [("merchant", "OURS", 1)]
    assert (shop.on_hand("AB-1"), shop.reserved("AB-1")) == (9, 2)
    assert shop.channel_order(open_order).status == "PartiallyShipped"


def test_own_package_that_was_typed_in_there_too_is_not_recorded_twice(shop: Shop, open_order: str) -> None:
    shop.ship(shop.order().number, ("AB-1", 1), tracking="Ours 1")
    shop.world.ship_at_amazon(open_order, {"AB-1": 1}, tracking_number="OURS1")
    shop.later()
    shop.sync()  # our confirmation is still queued
    assert units(shop) == [("merchant", "Ours 1", 1)]
    assert shop.order().left_to_ship == 2


@pytest.fixture
def scripted_order(shop: Shop) -> Shop:
    """A shop with an order of three blue mugs at a scripted marketplace."""
    shop.stock("MUG-BLUE", 10)
    put(shop.script(), line(quantity=3))
    shop.sync()
    shop.work()
    return shop


def put(there: Any, *lines: Any, status: str = "UNSHIPPED", later: float = 0, **more: Any) -> None:
    """Have the order like that from now on."""
    moment = there.time(-later)
    placed = there.orders[NUMBER]["createdTime"] if NUMBER in there.orders else moment
    there.put(
        order(
            *lines, total="30.00", createdTime=placed, lastUpdatedTime=moment,
            fulfillment=standing(status), **more,
        )
    )  # fmt: skip


def package(reference: str, tracking: str | None, quantity: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "packageReferenceId": reference,
        "packageItems": [{"orderItemId": "00012345678901", "quantity": quantity}],
    }
    return found | ({"trackingNumber": tracking} if tracking else {})


def fulfilled(done: int, left: int, quantity: int = 3) -> Any:
    return line(quantity=quantity, fulfillment={"quantityFulfilled": done, "quantityUnfulfilled": left})


def test_fulfilled_quantities_stand_in_for_packages_that_are_not_told(scripted_order: Shop) -> None:
    shop, there = scripted_order, scripted_order.marketplace
    put(there, fulfilled(1, 2), status="PARTIALLY_SHIPPED", later=1)
    shop.sync()
    assert units(shop) == [("channel", None, 1)]
    put(there, fulfilled(3, 0), status="SHIPPED", later=2)
    shop.sync()
    assert units(shop) == [("channel", None, 1), ("channel", None, 2)]
    assert (shop.order().status, shop.on_hand("MUG-BLUE"), shop.reserved("MUG-BLUE")) == ("complete", 7, 0)


def test_package_that_is_told_after_its_units_gives_them_its_number(scripted_order: Shop) -> None:
    shop, there = scripted_order, scripted_order.marketplace
    put(there, fulfilled(1, 2), status="PARTIALLY_SHIPPED", later=1)
    shop.sync()
    packages = [package("A", "1Z1", 1), package("B", "1Z2", 2)]
    put(there, fulfilled(3, 0), status="SHIPPED", later=2, packages=packages)
    shop.sync()
    shop.sync()
    assert units(shop) == [("channel", "1Z1", 1), ("channel", "1Z2", 2)]
    assert (shop.order().status, shop.on_hand("MUG-BLUE"), shop.problems()) == ("complete", 7, [])


def test_packages_that_divide_the_units_otherwise_are_no_problem(scripted_order: Shop) -> None:
    shop, there = scripted_order, scripted_order.marketplace
    put(there, fulfilled(3, 0), status="SHIPPED", later=1)
    shop.sync()
    packages = [package("A", "1Z1", 1), package("B", "1Z2", 2)]
    put(there, fulfilled(3, 0), status="SHIPPED", later=2, packages=packages)
    shop.sync()
    assert units(shop) == [("channel", None, 3)]
    assert (shop.on_hand("MUG-BLUE"), shop.problems()) == (7, [])


def test_packages_that_hold_more_together_than_was_ordered_are_a_problem(scripted_order: Shop) -> None:
    shop, there = scripted_order, scripted_order.marketplace
    put(there, fulfilled(3, 0), status="SHIPPED", later=1)
    shop.sync()
    packages = [package("A", "1Z1", 2), package("B", "1Z2", 2)]
    put(there, fulfilled(3, 0), status="SHIPPED", later=2, packages=packages)
    shop.sync()
    assert len(shop.problems()) == 1
    assert (units(shop), shop.on_hand("MUG-BLUE")) == ([("channel", None, 3)], 7)


def test_several_packages_never_hold_more_than_the_order_has(scripted_order: Shop) -> None:
    shop, there = scripted_order, scripted_order.marketplace
    packages = [package("A", "1Z1", 2), package("B", "1Z2", 2)]
    put(there, fulfilled(3, 0), status="SHIPPED", later=1, packages=packages)
    shop.sync()
    assert units(shop) == [("channel", "1Z1", 2), ("channel", "1Z2", 1)]
    assert [problem.kind for problem in shop.problems()] == ["too_many_shipped"]
    assert shop.order().status == "complete"
    packages = [package("A", "1Z1", 2), package("B", "1Z2", 1)]
    put(there, fulfilled(3, 0), status="SHIPPED", later=2, packages=packages)
    shop.sync()
    assert shop.problems() == [], "the channel has put it right"


def test_units_that_left_here_and_there_stay_a_problem(scripted_order: Shop) -> None:
    shop, there = scripted_order, scripted_order.marketplace
    shop.ship(shop.order().number, ("MUG-BLUE", 2), tracking="OURS")
    put(there, fulfilled(2, 1), status="PARTIALLY_SHIPPED", later=1, packages=[package("A", "1Z1", 2)])
    for _ in range(2):
        shop.sync()
        assert units(shop) == [("merchant", "OURS", 2), ("channel", "1Z1", 1)]
        assert [problem.kind for problem in shop.problems()] == ["too_many_shipped"]


def test_package_is_ours_although_the_answer_to_its_confirmation_was_lost(scripted_order: Shop) -> None:
    shop, there = scripted_order, scripted_order.marketplace
    assert there is not None
    there.refusals.append(TemporarilyUnavailable("the answer was lost"))
    shop.ship(shop.order().number, ("MUG-BLUE", 1), tracking="OURS")
    shop.queue_confirmations()
    shop.confirm()
    for mine in (package("1", "OURS", 1), package("1", None, 1)):
        put(there, fulfilled(1, 2), status="PARTIALLY_SHIPPED", later=1, packages=[mine])
        shop.sync()
        assert units(shop) == [("merchant", "OURS", 1)]


def test_fulfilled_units_may_be_those_that_left_here_until_more_are_told(scripted_order: Shop) -> None:
    shop, there = scripted_order, scripted_order.marketplace
    shop.ship(shop.order().number, ("MUG-BLUE", 1), tracking="OURS")
    put(there, fulfilled(1, 2), status="PARTIALLY_SHIPPED", later=1)
    shop.sync()
    assert units(shop) == [("merchant", "OURS", 1)]
    put(there, fulfilled(2, 1), status="PARTIALLY_SHIPPED", later=2)
    shop.sync()
    assert units(shop) == [("merchant", "OURS", 1), ("channel", None, 1)]


def test_reference_that_the_channel_used_itself_meanwhile_is_not_ours(scripted_order: Shop) -> None:
    shop, there = scripted_order, scripted_order.marketplace
    assert there is not None
    shop.ship(shop.order().number, ("MUG-BLUE", 1), tracking="OURS")
    shop.queue_confirmations()
    theirs = package("1", "1Z1", 1)
    put(there, fulfilled(1, 2), status="PARTIALLY_SHIPPED", later=1, packages=[theirs])
    shop.sync()
    assert units(shop) == [("merchant", "OURS", 1), ("channel", "1Z1", 1)]
    shop.work()
    assert [(each.reference, each.tracking_number) for each in there.confirmed] == [("2", "OURS")]


def test_line_that_shrinks_has_its_units_canceled_and_released(shop: Shop, open_order: str) -> None:
    shop.world.change_quantity(open_order, "AB-1", 1)
    shop.later()
    shop.sync()
    (found,) = shop.order().lines
    assert (found.quantity, found.quantity_canceled, found.left_to_ship) == (3, 2, 1)
    assert (shop.reserved("AB-1"), shop.order().status) == (1, "processing")
    assert (shop.order().total, shop.order().is_reconciled) == (10, True)
    shop.ship(shop.order().number)
    assert (shop.order().status, shop.on_hand("AB-1")) == ("complete", 9)


def test_order_of_which_nothing_is_left_to_ship_after_shrinking_is_complete(
    shop: Shop, open_order: str
) -> None:
    shop.ship(shop.order().number, ("AB-1", 2))
    shop.work()
    shop.world.change_quantity(open_order, "AB-1", 2)
    shop.later()
    shop.sync()
    assert (shop.order().status, shop.reserved("AB-1"), shop.on_hand("AB-1")) == ("complete", 0, 8)


def test_order_that_shrinks_to_nothing_is_canceled_without_asking_anybody(scripted_order: Shop) -> None:
    shop, there = scripted_order, scripted_order.marketplace
    put(there, fulfilled(0, 0, quantity=0), later=1)
    shop.sync()
    shop.work()
    assert (shop.order().status, shop.reserved("MUG-BLUE")) == ("canceled", 0)
    assert "canceled_here" not in [problem.kind for problem in shop.problems()]


def test_more_units_canceled_than_are_left_are_flagged(scripted_order: Shop) -> None:
    shop, there = scripted_order, scripted_order.marketplace
    shop.ship(shop.order().number, ("MUG-BLUE", 2), tracking="OURS")
    put(there, fulfilled(0, 1, quantity=1), later=1)
    shop.sync()
    assert shop.order().lines[0].quantity_canceled == 1
    assert "canceled_after_shipping" in [problem.kind for problem in shop.problems()]
    told = [entry.sentence for entry in shop.explain(shop.order().external_id or "").entries]
    assert "The channel canceled MUG-BLUE (units: 1)." in told
    put(there, fulfilled(0, 2, quantity=2), later=2)
    shop.sync()
    assert "canceled_after_shipping" not in [problem.kind for problem in shop.problems()]


def test_order_that_the_channel_cancels_is_canceled_and_lets_go(shop: Shop, open_order: str) -> None:
    shop.world.cancel_at_amazon(open_order)
    shop.later()
    shop.sync()
    shop.work()
    assert (shop.order().status, shop.reserved("AB-1"), shop.on_hand("AB-1")) == ("canceled", 0, 10)
    assert shop.order().history[-1].reason == "channel_canceled"
    assert (shop.channel_order(open_order).status, shop.problems()) == ("Canceled", [])


def test_order_that_is_canceled_after_something_has_left_is_flagged(shop: Shop, open_order: str) -> None:
    shop.ship(shop.order().number, ("AB-1", 1))
    shop.work()
    shop.world.cancel_at_amazon(open_order)
    shop.later()
    shop.sync()
    assert shop.order().status == "processing"
    assert (shop.channel_order(open_order).status, shop.reserved("AB-1")) == ("Canceled", 0)
    (problem,) = shop.problems()
    assert (problem.kind, problem.cause) == ("canceled_after_shipping", shop.order().number)


def test_order_of_the_channel_is_never_confirmed(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 2), fulfilled_by="AMAZON", status="SHIPPED")
    shop.sync()
    shop.work()
    assert shop.world.confirmations == []
    assert "not_confirmed" in [entry.code for entry in shop.explain(external_id).entries]

    def movements(ctx: Context) -> list[str]:
        return [row.reason for row in ctx.session.query(StockMovement)]

    assert shop.read(movements) == ["counted"]
