"""What comes back from a consumer: booked once by its key, or refused by itself with the reason."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.application import LiveApplication
from core.commerce.catalog import Product
from core.commerce.inventory import Location, StockLevel
from core.commerce.locations import add_location
from core.commerce.refunds import list_refunds
from core.extensions import enable_plugin
from plugins.erp_bridge.booking import take_back
from plugins.erp_bridge.consumers import NewConsumer, add_consumer
from plugins.erp_bridge.models import Consumer
from plugins.erp_bridge.outlets import (
    CanceledBack,
    PackedLine,
    RefundedBack,
    Returned,
    ReturnedPackage,
    ShippedBack,
    StockBack,
)
from tests.core.commerce.counter import Counter


class Desk:
    """A shop with one consumer, and what it sends."""

    def __init__(self, live: LiveApplication) -> None:
        enable_plugin(live.current().plugin_host(), "erp_bridge", "test")
        self.counter = Counter(live.current())
        self.now = live.current().clock.now()
        with live.current().writing("test") as ctx:
            self.consumer_id = add_consumer(ctx, NewConsumer("warehouse")).id

    def send(self, *several: Returned) -> list[str | None]:
        """What each was refused for, all in one transaction."""
        return self.counter.write(
            lambda ctx: [
                take_back(ctx, ctx.session.get_one(Consumer, self.consumer_id), one).error
                for one in several
            ]
        )

    def on_hand(self, sku: str) -> int:
        """Units in stock."""
        return self.counter.stock_of(sku).on_hand

    def levels(self, sku: str) -> dict[str, int]:
        """Units in stock at each location that has had any."""
        found = (
            select(Location.code, StockLevel.on_hand)
            .join(StockLevel, StockLevel.location_id == Location.id)
            .join(Product, Product.id == StockLevel.product_id)
            .where(Product.sku == sku)
        )
        return self.counter.read(lambda ctx: dict(list(ctx.session.execute(found))))


@pytest.fixture
def desk(live: LiveApplication) -> Desk:
    """A shop with a consumer, on each kind of database."""
    return Desk(live)


def package(tracking: str, *lines: tuple[str, int]) -> ReturnedPackage:
    """A package with these units; without any, with all that is left."""
    return ReturnedPackage("DHL", tracking, [PackedLine(*line) for line in lines] or None)


def test_shipments_are_booked_once_by_their_key_and_a_bad_one_holds_up_nothing(desk: Desk) -> None:
    desk.counter.stock("A", 10)
    desk.counter.stock("B", 10)
    number, other = desk.counter.place(("A", 3), ("B", 1)), desk.counter.place(("A", 1))
    two = ShippedBack("d-1", number, [package("T1", ("A", 1)), package("T2", ("A", 1), ("B", 1))])
    sent = [
        two,
        ShippedBack("d-2", "nobody", [package("T3")]),
        ShippedBack("d-3", number, [package("T4", ("A", 9))]),
        ShippedBack("d-4", number, [package("T4", ("NONE", 1))]),
        ShippedBack("d-5", number, [package("T5", ("A", 1)), package("", ("A", 1))]),
        ShippedBack("d-6", other, [package("T6")]),
        two,
        ShippedBack("d-1", number, [package("T7", ("A", 1))]),
        ShippedBack("d" * 256, number, [package("T7", ("A", 1))]),
    ]
    answers = desk.send(*sent)
    assert [answers[place] for place in (0, 5, 6)] == [None, None, None]
    assert answers[1] == "there is no order 'nobody'"
    assert "1 are left to ship" in (answers[2] or "")
    assert "has no 'NONE'; it has: A, B" in (answers[3] or "")
    assert "cannot be shipped" in (answers[4] or "")
    assert "booked before with other contents" in (answers[7] or "")
    assert "1 to 255" in (answers[8] or "")
    order = desk.counter.order(number)
    assert (order.status, [line.quantity_shipped for line in order.lines]) == ("processing", [2, 1])
    assert desk.counter.order(other).status == "complete"
    assert (desk.on_hand("A"), desk.on_hand("B")) == (7, 9)
    # What was refused can come again under its key once it is mended.
    mended = ShippedBack("d-3", number, [package("T4", ("A", 1))])
    assert desk.send(mended, mended) == [None, None]
    assert desk.counter.order(number).status == "complete"
    assert "left to ship" in (desk.send(ShippedBack("d-9", number, [package("T9")]))[0] or "")


def test_stock_is_counted_or_changed_and_stale_values_are_refused(desk: Desk) -> None:
    desk.counter.stock("A", 1)
    later = desk.now + timedelta(minutes=1)
    earlier = later - timedelta(hours=1)
    assert (
        desk.send(
            StockBack("s-1", "A", on_hand=20, as_of=later),
            StockBack("s-1", "A", on_hand=20, as_of=later),
            StockBack("s-2", "A", change=-5, location="default"),
            StockBack("s-2", "A", change=-5, location="default"),
        )
        == [None] * 4
    )
    assert desk.on_hand("A") == 15
    refused = desk.send(
        StockBack("s-3", "A", on_hand=99, as_of=earlier),
        StockBack("s-4", "A", change=1, as_of=earlier),
        StockBack("s-5", "A", change=-16),
        StockBack("s-6", "A", on_hand=3, location="MOON"),
        StockBack("s-7", "NONE", on_hand=3),
        StockBack("s-8", "A", on_hand=3, change=1),
        StockBack("s-9", "A", on_hand=3, as_of=later + timedelta(days=1)),
    )
    expected = (
        "stale", "stale", "-1 units", "no location 'MOON'; there are: default", "NONE", "one of both",
        "yet to come",
    )  # fmt: skip
    for part, answer in zip(expected, refused, strict=True):
        assert part in (answer or ""), answer
    assert desk.on_hand("A") == 15


def test_stock_is_told_by_location_and_leaves_from_where_it_is(desk: Desk) -> None:
    desk.counter.stock("A", 2)
    for code in ("BERLIN", "ATHENS"):
        desk.counter.write(lambda ctx, code=code: add_location(ctx, code))
    assert (
        desk.send(
            StockBack("s-1", "A", on_hand=3, location="ATHENS"),
            StockBack("s-2", "A", change=4, location="BERLIN"),
            StockBack("s-3", "A", change=1, location="BERLIN"),
        )
        == [None] * 3
    )
    assert desk.on_hand("A") == 10
    desk.counter.ship(desk.counter.place(("A", 6)))
    assert desk.levels("A") == {"default": 0, "ATHENS": 0, "BERLIN": 4}
    assert desk.send(StockBack("s-4", "A", on_hand=4, location="BERLIN")) == [None]
    desk.counter.ship(desk.counter.place(("A", 9)))
    assert desk.levels("A") == {"default": -5, "ATHENS": 0, "BERLIN": 0}
    assert "-1 units" in (desk.send(StockBack("s-5", "A", change=-1, location="BERLIN"))[0] or "")


def test_orders_are_canceled_and_refunded_from_over_there(desk: Desk) -> None:
    desk.counter.stock("A", 9)
    canceled, refunded = desk.counter.place(("A", 1)), desk.counter.place(("A", 2), ("A", 1))
    assert (
        desk.send(
            CanceledBack("c-1", canceled, "no_inventory"),
            CanceledBack("c-2", canceled, "no_inventory"),
            RefundedBack("r-1", refunded, "returned", {"A": Decimal("25.00")}),
            RefundedBack("r-1", refunded, "returned", {"A": Decimal("25")}),
            RefundedBack("r-2", refunded, "goodwill", amount=Decimal("1.50")),
        )
        == [None] * 5
    )
    assert desk.counter.order(canceled).status == "canceled"
    refused = desk.send(
        RefundedBack("r-3", refunded, "returned", {"A": Decimal(4)}),
        RefundedBack("r-4", refunded, "returned", {"B": Decimal(4)}),
        RefundedBack("r-5", refunded, "", {}),
        CanceledBack("c-3", "nobody", "other"),
    )
    expected = ("at most", "has no 'B'", "1 to 80", "there is no order")
    for part, answer in zip(expected, refused, strict=True):
        assert part in (answer or ""), answer
    assert desk.send(RefundedBack("r-6", refunded, "other")) == [None]
    order = desk.counter.order(refunded)
    found = desk.counter.read(lambda ctx: [row.amount for row in list_refunds(ctx.session, order.id)])
    assert found == [Decimal("25.00"), Decimal("1.50"), Decimal("3.50")]
