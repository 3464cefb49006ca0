"""Section 5: which order is created and what is reserved, from Amazon's status to the ledger."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from core.commerce.inventory import Reservation, StockMovement
from core.context import Context
from tests.shop import Shop

FBM = ["PENDING", "PENDING_AVAILABILITY", "CANCELLED", "UNFULFILLABLE", "UNSHIPPED", "PARTIALLY_SHIPPED"]


@dataclass(frozen=True)
class Outcome:
    """What became of an order of three units: the order's status, and how many are reserved."""

    order: str | None
    reserved: int


def expected(status: str, pending: str, *, is_short: bool, stock: str) -> Outcome:
    """The tables of workflows.md, section 5, for three units of which one has left if any has."""
    reserves = pending == "reserve"
    if status == "SHIPPED":
        return Outcome("complete", 0)
    if status == "PENDING":
        return Outcome(None, 3 if reserves else 0)
    if status not in ("UNSHIPPED", "PARTIALLY_SHIPPED"):
        return Outcome(None, 0)
    if stock == "block" and is_short:
        return Outcome(None, 0)
    left = 3 if status == "UNSHIPPED" else 2
    return Outcome("processing", left if reserves else 0)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Every combination on SQLite; what depends on the database is tested on both elsewhere."""
    return sqlite_url


@pytest.mark.parametrize("on_hand", [10, 0, None], ids=["in stock", "out of stock", "not managed"])
@pytest.mark.parametrize("stock", ["create", "block"])
@pytest.mark.parametrize("pending", ["reserve", "do_not_reserve"])
def test_order_of_the_merchant_follows_its_row(
    shop: Shop, pending: str, stock: str, on_hand: int | None
) -> None:
    shop.set(pending_orders=pending, out_of_stock=stock)
    placed = {}
    for status in [*FBM, "SHIPPED"]:
        shop.stock(status, on_hand or 0, managed=on_hand is not None)
        placed[status] = shop.world.place_order(
            marketplace="DE",
            status=status,
            lines=[{"sku": status, "quantity": 3, "unit_price": "10"}],
        ).order_id
    shop.later()
    shop.sync()
    for status, external_id in placed.items():
        row = shop.channel_order(external_id)
        wanted = expected(status, pending, is_short=on_hand == 0, stock=stock)
        if on_hand is None:
            wanted = Outcome(wanted.order, 0)
        found = Outcome(row.order.status if row.order else None, shop.reserved(status))
        assert found == wanted, status
        assert shop.on_hand(status) == (on_hand or 0), status
        assert (row.held_code == "out_of_stock") == (
            stock == "block" and on_hand == 0 and status in ("UNSHIPPED", "PARTIALLY_SHIPPED")
        )


@pytest.mark.parametrize("on_hand", [10, 0])
@pytest.mark.parametrize("stock", ["create", "block"])
@pytest.mark.parametrize("pending", ["reserve", "do_not_reserve"])
def test_order_of_amazon_is_created_once_shipped_and_touches_no_stock(
    shop: Shop, pending: str, stock: str, on_hand: int
) -> None:
    shop.set(pending_orders=pending, out_of_stock=stock)
    shop.stock("AB-1", on_hand)
    waiting = [
        shop.place(("AB-1", 3), fulfilled_by="AMAZON", status=status)
        for status in [*FBM, "PARTIALLY_SHIPPED"]
    ]
    shipped = shop.place(("AB-1", 3), fulfilled_by="AMAZON", status="SHIPPED")
    shop.sync()
    assert [shop.is_stored(external_id) for external_id in waiting] == [False] * len(waiting)
    order = shop.order()
    assert (order.external_id, order.status, order.left_to_ship) == (shipped, "complete", 0)
    assert (shop.on_hand("AB-1"), shop.available("AB-1")) == (on_hand, on_hand)
    assert shop.reserved("AB-1") == 0


def test_arrival_that_is_partly_shipped_moves_no_stock_for_what_had_left(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 3), status="PARTIALLY_SHIPPED")
    shop.sync()
    (line,) = shop.order().lines
    assert (line.quantity, line.quantity_shipped, line.left_to_ship) == (3, 1, 2)
    assert (shop.on_hand("AB-1"), shop.available("AB-1")) == (10, 8)
    shop.ship(shop.order().number)
    assert shop.order().status == "complete"
    assert (shop.on_hand("AB-1"), shop.available("AB-1")) == (8, 8)


def test_arrival_that_is_shipped_has_neither_reservation_nor_movement(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 3), status="SHIPPED")
    shop.sync()
    assert (shop.order().status, shop.order().left_to_ship) == ("complete", 0)

    def rows(ctx: Context) -> tuple[int, list[str]]:
        movements = ctx.session.query(StockMovement).all()
        return ctx.session.query(Reservation).count(), [row.reason for row in movements]

    assert shop.read(rows) == (0, ["counted"])


def test_whole_order_waits_if_one_managed_line_is_short(shop: Shop) -> None:
    shop.set(out_of_stock="block")
    shop.stock("THERE", 10)
    shop.stock("SHORT", 1)
    external_id = shop.place(("THERE", 1), ("SHORT", 2))
    shop.sync()
    assert shop.orders() == []
    assert shop.channel_order(external_id).note == (
        "Waits: SHORT cannot be shipped from stock. Add stock, or set Out of Stock to Create the order."
    )
    assert (shop.reserved("THERE"), shop.reserved("SHORT")) == (0, 0)
    shop.stock("SHORT", 2)
    shop.work()
    assert len(shop.orders()) == 1
    assert (shop.reserved("THERE"), shop.reserved("SHORT")) == (1, 2)


def test_lines_of_one_product_are_short_together(shop: Shop) -> None:
    shop.set(out_of_stock="block")
    shop.stock("AB-1", 3)
    shop.place(("AB-1", 2), ("AB-1", 2))
    shop.sync()
    assert shop.orders() == []
    shop.stock("AB-1", 4)
    shop.sync()
    assert shop.order().left_to_ship == 4
    assert shop.available("AB-1") == 0


def test_partly_shipped_arrival_is_short_only_of_what_is_left(shop: Shop) -> None:
    shop.set(out_of_stock="block")
    shop.stock("AB-1", 2)
    shop.place(("AB-1", 3), status="PARTIALLY_SHIPPED")
    shop.sync()
    assert shop.order().left_to_ship == 2
