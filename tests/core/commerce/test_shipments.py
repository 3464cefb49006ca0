"""Shipments: what may leave, and what follows from it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from core.commerce.inventory import StockMovement
from core.commerce.orders import Order
from core.commerce.shipments import (
    PackageContents,
    ShippedElsewhere,
    list_shipments,
    ship_order,
    units_by_sku,
)
from core.commerce.statuses import add_status
from core.context import Context
from core.errors import InvalidValue, WrongState
from core.events import Event
from tests.core.commerce.counter import Counter


@pytest.fixture
def number(counter: Counter) -> str:
    """An order of three of A and two of B, of ten each."""
    counter.stock("A", 10)
    counter.stock("B", 10)
    return counter.place(("A", 3), ("B", 2))


def movements(counter: Counter) -> list[tuple[int, str, str]]:
    def find(ctx: Context) -> list[tuple[int, str, str]]:
        rows = ctx.session.scalars(select(StockMovement).order_by(StockMovement.id))
        return [(row.quantity, row.reason, row.reference) for row in rows]

    return counter.read(find)


def test_shipping_turns_the_reservation_into_a_movement(counter: Counter, number: str) -> None:
    shipment = counter.ship(number, ("A", 2), ("B", 1))
    assert movements(counter)[2:] == [
        (-2, "shipped", f"shipment:{shipment.id}"),
        (-1, "shipped", f"shipment:{shipment.id}"),
    ]
    assert (counter.stock_of("A").on_hand, counter.stock_of("A").reserved) == (8, 1)
    assert (counter.order(number).status, counter.order(number).left_to_ship) == ("processing", 2)
    counter.ship(number)
    assert (counter.order(number).status, counter.stock_of("A").reserved) == ("complete", 0)


def test_every_shipment_is_told_partial_ones_too(counter: Counter, number: str) -> None:
    counter.ship(number, ("A", 1))
    counter.ship(number)
    told = counter.read(lambda ctx: [row.name for row in ctx.session.scalars(select(Event))])
    assert told.count("shipment_completed") == 2


def test_shipment_holds_several_packages(counter: Counter, number: str) -> None:
    first, second = (line.id for line in counter.order(number).lines)

    def ship(ctx: Context, order: Order) -> None:
        packages = [
            PackageContents("DHL", "T1", {first: 1, second: 2}),
            PackageContents(" UPS ", " T2 ", {first: 1}, shipping_method="Express"),
            PackageContents("DHL", "T3"),
        ]
        ship_order(ctx, order, packages)

    counter.with_order(number, ship)

    def look(ctx: Context) -> list[tuple[str | None, str | None, int]]:
        (shipment,) = list_shipments(ctx.session, counter.order(number).id)
        return [
            (package.carrier, package.tracking_number, sum(line.quantity for line in package.lines))
            for package in shipment.packages
        ]

    assert counter.read(look) == [("DHL", "T1", 3), ("UPS", "T2", 1), ("DHL", "T3", 1)]
    assert counter.order(number).status == "complete"


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ({"A": 4}, "3 are left to ship"),
        ({"A": 0}, "3 are left to ship"),
        ({"A": -1}, "3 are left to ship"),
        ({}, "nothing of order"),
    ],
)
def test_package_holds_no_more_than_is_left(
    counter: Counter, number: str, units: dict[str, int], message: str
) -> None:
    def ship(ctx: Context, order: Order) -> None:
        ids = {line.sku: line.id for line in order.lines}
        contents = {ids[sku]: quantity for sku, quantity in units.items()}
        ship_order(ctx, order, [PackageContents("DHL", "T1", contents)])

    with pytest.raises(InvalidValue, match=message):
        counter.with_order(number, ship)
    assert (counter.order(number).left_to_ship, counter.stock_of("A").on_hand) == (5, 10)


def test_two_packages_never_share_a_unit(counter: Counter, number: str) -> None:
    (line, _) = (line.id for line in counter.order(number).lines)
    packages = [PackageContents("DHL", "T1", {line: 2}), PackageContents("DHL", "T2", {line: 2})]
    with pytest.raises(InvalidValue, match="1 are left to ship"):
        counter.with_order(number, lambda ctx, order: ship_order(ctx, order, packages))
    assert counter.order(number).left_to_ship == 5


def test_line_of_another_order_is_refused(counter: Counter, number: str) -> None:
    packages = [PackageContents("DHL", "T1", {999_999: 1})]
    with pytest.raises(InvalidValue, match="does not belong to order"):
        counter.with_order(number, lambda ctx, order: ship_order(ctx, order, packages))


@pytest.mark.parametrize(
    "package",
    [
        PackageContents(None, "T1"),
        PackageContents("DHL", None),
        PackageContents("", "T1"),
        PackageContents("DHL", "  "),
        PackageContents("D" * 81, "T1"),
        PackageContents("DHL", "T" * 121),
        PackageContents("DHL", "T\n1"),
    ],
)
def test_package_of_ours_needs_carrier_and_tracking_number(
    counter: Counter, number: str, package: PackageContents
) -> None:
    with pytest.raises(InvalidValue, match="a package needs a"):
        counter.with_order(number, lambda ctx, order: ship_order(ctx, order, [package]))
    with pytest.raises(InvalidValue, match="at least one package"):
        counter.with_order(number, lambda ctx, order: ship_order(ctx, order, []))


def test_order_on_hold_does_not_ship_but_what_the_channel_shipped_is_recorded(
    counter: Counter, number: str
) -> None:
    counter.write(lambda ctx: add_status(ctx, "checking", "Checking", "on_hold"))
    counter.move_to(number, "checking")
    with pytest.raises(WrongState, match="is on hold"):
        counter.ship(number)
    counter.ship(number, elsewhere=ShippedElsewhere(datetime.now(UTC)))
    assert (counter.order(number).status, counter.stock_of("A").on_hand) == ("complete", 7)


def test_order_in_a_status_like_pending_ships(counter: Counter, number: str) -> None:
    counter.write(lambda ctx: add_status(ctx, "paying", "Paying", "pending"))
    counter.move_to(number, "paying")
    counter.ship(number)
    assert counter.order(number).status == "complete"


def test_order_that_has_ended_does_not_ship(counter: Counter, number: str) -> None:
    other = counter.place(("A", 1))
    counter.cancel(other)
    counter.ship(number)
    for ended in (number, other):
        with pytest.raises(WrongState, match="nothing left to ship"):
            counter.ship(ended)


def test_units_are_spread_over_lines_of_the_same_sku(counter: Counter) -> None:
    counter.stock("A", 10)
    order = counter.order(counter.place(("A", 2), ("A", 3)))
    first, second = (line.id for line in order.lines)
    assert units_by_sku(order, [("A", 4)]) == {first: 2, second: 2}
    assert units_by_sku(order, [("A", 1), ("A", 2)]) == {first: 2, second: 1}
    for wanted, message in [([("A", 6)], "5 are left"), ([("A", 0)], "from 1"), ([("X", 1)], "it has: A")]:
        with pytest.raises(InvalidValue, match=message):
            units_by_sku(order, wanted)


def test_units_that_another_package_holds_are_not_packed_twice(counter: Counter) -> None:
    counter.stock("A", 9)
    number = counter.place(("A", 1), ("A", 2))

    def pack(_ctx: Context, order: Order) -> list[dict[int, int]]:
        first = units_by_sku(order, [("A", 2)])
        with pytest.raises(InvalidValue, match="1 are left to ship"):
            units_by_sku(order, [("A", 2)], first)
        return [first, units_by_sku(order, [("A", 1)], first)]

    packed = counter.with_order(number, pack)
    lines = counter.order(number).lines
    assert packed == [{lines[0].id: 1, lines[1].id: 1}, {lines[1].id: 1}]
