"""Both workflows, from the order at Amazon to the tracking number at Amazon."""

from __future__ import annotations

from tests.shop import Shop


def test_an_order_fulfilled_by_the_merchant_goes_all_the_way(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 3), status="PENDING")
    shop.sync()
    assert shop.channel_order(external_id).status == "Pending"
    assert shop.orders() == []

    shop.world.verify(external_id)
    shop.later()
    shop.sync()
    shop.work()
    order = shop.order()
    assert (order.status, order.number, order.is_guest) == ("processing", "1000001", True)
    assert shop.channel_order(external_id).status == "Unshipped"
    assert (shop.on_hand("AB-1"), shop.available("AB-1")) == (10, 7)

    shop.ship(order.number, carrier="DHL", tracking="JD014600003")
    shop.work()
    assert shop.order().status == "complete"
    assert shop.channel_order(external_id).status == "Shipped"
    assert shop.world.status_of(external_id) == "SHIPPED"
    assert shop.world.get_order(external_id).packages[0].tracking_number == "JD014600003"
    assert (shop.on_hand("AB-1"), shop.available("AB-1")) == (7, 7)
    assert shop.problems() == []


def test_an_order_fulfilled_by_amazon_is_imported_once_it_has_shipped(shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 1), fulfilled_by="AMAZON", status="UNSHIPPED")
    shop.sync()
    assert not shop.is_stored(external_id)

    shop.world.ship_at_amazon(external_id)
    shop.later()
    shop.sync()
    shop.work()
    order = shop.order()
    assert (order.status, order.fulfilled_by, order.left_to_ship) == ("complete", "amazon", 0)
    assert shop.channel_order(external_id).status == "Shipped"
    assert (shop.on_hand("AB-1"), shop.available("AB-1")) == (10, 10)
    assert shop.world.confirmations == []
