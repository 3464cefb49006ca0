"""Section 5: reservations from Pending to the parcel, on both databases."""

from __future__ import annotations

from sqlalchemy import func, select

from core.commerce.catalog import find_product
from core.commerce.inventory import Reservation
from core.context import Context
from tests.shop import Shop


def pending_then_unshipped(shop: Shop, *lines: tuple[str, int]) -> str:
    """An order that was pending at one synchronization and is verified now."""
    external_id = shop.place(*lines, status="PENDING")
    shop.sync()
    shop.world.verify(external_id)
    shop.later()
    return external_id


def test_reservation_of_a_pending_order_is_carried_over_and_never_doubled(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 3), status="PENDING")
    shop.sync()
    assert (shop.reserved("AB-1"), shop.is_reserved(external_id)) == (3, True)
    shop.sync()
    assert shop.reserved("AB-1") == 3
    shop.world.verify(external_id)
    shop.later()
    shop.sync()
    shop.sync()
    assert (shop.reserved("AB-1"), shop.is_reserved(external_id)) == (3, True)

    def by_holder(ctx: Context) -> dict[str, int]:
        sums = select(Reservation.holder, func.sum(Reservation.quantity)).group_by(Reservation.holder)
        return {holder: int(units) for holder, units in ctx.session.execute(sums)}

    row, order = shop.channel_order(external_id), shop.order()
    assert shop.read(by_holder) == {row.holder: 0, order.holder: 3}


def test_own_reservation_counts_as_available_to_the_order(shop: Shop) -> None:
    shop.set(out_of_stock="block")
    shop.stock("AB-1", 3)
    pending_then_unshipped(shop, ("AB-1", 3))
    assert shop.available("AB-1") == 0
    shop.sync()
    assert shop.order().status == "processing"
    assert shop.available("AB-1") == 0


def test_reservation_of_another_order_does_not_count_as_available(shop: Shop) -> None:
    shop.set(out_of_stock="block")
    shop.stock("AB-1", 3)
    pending_then_unshipped(shop, ("AB-1", 3))
    late = shop.place(("AB-1", 1))
    shop.sync()
    assert shop.channel_order(late).held_code == "out_of_stock"
    assert len(shop.orders()) == 1


def test_pending_order_may_make_available_negative(shop: Shop) -> None:
    shop.set(out_of_stock="block")
    shop.stock("AB-1", 1)
    shop.place(("AB-1", 3), status="PENDING")
    shop.sync()
    assert shop.available("AB-1") == -2


def test_reservation_is_released_when_a_pending_order_is_canceled(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 3), status="PENDING")
    shop.sync()
    shop.world.cancel_at_amazon(external_id)
    shop.later()
    shop.sync()
    assert (shop.reserved("AB-1"), shop.is_reserved(external_id)) == (0, False)
    assert shop.channel_order(external_id).status == "Canceled"
    assert shop.orders() == []
    assert shop.explain(external_id).decided_by == "status = Canceled (Amazon)"


def test_reservation_is_released_on_cancellation_even_if_importing_was_disabled_since(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 3), status="PENDING")
    shop.sync()
    shop.set(import_orders="disabled")
    shop.world.cancel_at_amazon(external_id)
    shop.later()
    shop.sync()
    assert shop.reserved("AB-1") == 0


def test_reservation_does_not_outlive_an_order_that_left_without_becoming_one(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = pending_then_unshipped(shop, ("AB-1", 3))
    shop.set(import_orders="disabled")
    shop.sync()
    assert shop.reserved("AB-1") == 3
    shop.world.ship_at_amazon(external_id)
    shop.later()
    shop.sync()
    assert (shop.reserved("AB-1"), shop.orders()) == (0, [])


def test_setting_that_changes_later_touches_no_existing_reservation(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 3), status="PENDING")
    shop.sync()
    shop.set(pending_orders="do_not_reserve")
    shop.sync()
    assert shop.reserved("AB-1") == 3
    shop.world.verify(external_id)
    shop.later()
    shop.sync()
    assert shop.order().status == "processing"
    assert shop.reserved("AB-1") == 3
    shop.ship(shop.order().number)
    assert (shop.reserved("AB-1"), shop.on_hand("AB-1")) == (0, 7)


def test_reserving_that_is_chosen_later_leaves_created_orders_alone(shop: Shop) -> None:
    shop.set(pending_orders="do_not_reserve")
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 3))
    shop.sync()
    shop.set(pending_orders="reserve")
    shop.sync()
    assert shop.reserved("AB-1") == 0


def test_do_not_reserve_still_moves_the_stock_of_managed_products(shop: Shop) -> None:
    shop.set(pending_orders="do_not_reserve")
    shop.stock("AB-1", 10)
    shop.stock("FREE", 0, managed=False)
    shop.place(("AB-1", 3), ("FREE", 2))
    shop.sync()
    assert shop.reserved("AB-1") == 0
    shop.ship(shop.order().number)
    assert (shop.on_hand("AB-1"), shop.on_hand("FREE")) == (7, 0)
    assert shop.reserved("FREE") == 0


def test_shrunk_pending_order_reserves_less(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 3), status="PENDING")
    shop.sync()
    shop.world.change_quantity(external_id, "AB-1", 1)
    shop.later(1)
    shop.later(1)
    shop.sync()
    assert shop.reserved("AB-1") == 1


def test_pending_order_reserves_once_its_product_appears(shop: Shop) -> None:
    shop.place(("NEW", 2), status="PENDING")
    shop.sync()
    shop.stock("NEW", 5)
    shop.work()
    assert shop.reserved("NEW") == 2
    assert shop.read(lambda ctx: find_product(ctx.session, "NEW")) is not None
