"""Section 3: what each order setting does to the orders that come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.commerce.catalog import Product, create_product, get_product
from core.commerce.statuses import add_status
from core.commerce.stores import add_store
from core.context import Context
from tests.plugins.amazon_channel.amazon_json import line, order
from tests.shop import Shop


def days_ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def test_disabled_import_stores_and_shows_but_creates_no_order(shop: Shop) -> None:
    shop.set(import_orders="disabled")
    shop.stock("AB-1", 5)
    waiting, pending = shop.place(("AB-1", 1)), shop.place(("AB-1", 1), status="PENDING")
    shop.sync()
    assert shop.channel_order(waiting).status == "Unshipped"
    assert (shop.orders(), shop.reserved("AB-1"), shop.problems()) == ([], 0, [])
    explanation = shop.explain(waiting)
    assert (
        explanation.answer == "No order was created. No order is created: Import Amazon Orders is Disabled."
    )
    assert explanation.decided_by == "import_orders = disabled (shop/A1PA6795UKMFR9)"
    shop.set(import_orders="enabled")
    shop.sync()
    assert [each.external_id for each in shop.orders()] == [waiting]
    assert shop.is_reserved(pending)


def test_order_belongs_to_the_chosen_store_with_its_numbers_and_keeps_its_currency(shop: Shop) -> None:
    shop.write(lambda ctx: add_store(ctx, "outlet", "Outlet", "USD", "OUT"))
    shop.stock("AB-1", 5)
    shop.place(("AB-1", 1))
    shop.sync()
    shop.set(store="outlet")
    shop.place(("AB-1", 1))
    shop.place(("AB-1", 1))
    shop.sync()
    first, second, third = shop.orders()
    assert [first.number, second.number, third.number] == ["1000001", "OUT1000001", "OUT1000002"]
    assert {first.currency, second.currency} == {"EUR"}
    assert first.store_id != second.store_id == third.store_id


def test_number_can_be_the_one_of_the_channel(shop: Shop) -> None:
    shop.set(order_number_source="amazon")
    shop.stock("AB-1", 5)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    assert shop.order().number == external_id
    shop.set(order_number_source="store")
    shop.place(("AB-1", 1))
    shop.sync()
    assert shop.orders()[1].number == "1000001"


def test_order_begins_in_the_custom_status_unless_it_arrives_shipped(shop: Shop) -> None:
    shop.write(lambda ctx: add_status(ctx, "picking", "Picking", "processing"))
    shop.set(order_status="custom", processing_status="picking")
    shop.stock("AB-1", 9)
    shop.place(("AB-1", 1))
    shop.place(("AB-1", 2), status="PARTIALLY_SHIPPED")
    shop.place(("AB-1", 1), status="SHIPPED")
    shop.sync()
    assert [each.status for each in shop.orders()] == ["picking", "picking", "complete"]
    assert shop.available("AB-1") == 7


def test_order_in_a_status_like_on_hold_waits_to_be_released(shop: Shop) -> None:
    shop.write(lambda ctx: add_status(ctx, "checking", "Checking", "on_hold"))
    shop.set(order_status="custom", processing_status="checking")
    shop.stock("AB-1", 9)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    shop.world.ship_at_amazon(external_id)
    shop.later()
    shop.sync()
    assert shop.order().status == "complete"


def test_unknown_sku_blocks_with_the_reason_and_is_tried_again_once_the_product_exists(shop: Shop) -> None:
    external_id = shop.place(("NEW", 2))
    shop.sync()
    assert shop.orders() == []
    assert shop.channel_order(external_id).note == (
        "Waits: there is no product with the SKU NEW. Create it, or set Unknown SKU to Create a disabled "
        "product."
    )
    (problem,) = shop.problems()
    assert (problem.kind, problem.cause, problem.data["skus"]) == (
        "channel_order_held",
        "unknown_sku:NEW",
        ["NEW"],
    )
    assert external_id in problem.data["external_id"]
    first_raised = problem.first_at
    shop.sync()
    assert shop.problems()[0].first_at == first_raised
    shop.write(lambda ctx: create_product(ctx, "NEW", "New"))
    shop.work()
    assert shop.order().lines[0].sku == "NEW"
    assert shop.problems() == []
    assert shop.channel_order(external_id).held_code is None


def test_unknown_sku_can_be_created_disabled_not_managed_and_at_the_price_of_the_line(shop: Shop) -> None:
    shop.set(unknown_sku="create_disabled", out_of_stock="block")
    external_id = shop.place(("NEW", 2), ("NEW", 1))
    shop.sync()

    def product(ctx: Context) -> Product:
        return get_product(ctx.session, "NEW")

    created = shop.read(product)
    assert (created.is_enabled, created.is_managed) == (False, False)
    assert (created.price, created.currency) == (10, "EUR")
    assert {line.product_id for line in shop.order().lines} == {created.id}
    assert "product_created" in [entry.code for entry in shop.explain(external_id).entries]
    shop.set(unknown_sku="block")
    shop.place(("NEW", 1))
    shop.sync()
    assert len(shop.orders()) == 2, "being disabled never blocks"


def test_line_without_a_sku_blocks_or_becomes_a_line_without_product(shop: Shop) -> None:
    shop.stock("AB-1", 5)
    there = shop.script()
    item = line()
    del item["product"]["sellerSku"]
    there.put(order(item, createdTime=there.time(), lastUpdatedTime=there.time()))
    shop.sync()
    assert shop.channel_order("028-1234567-1234567").held_code == "no_sku"
    shop.set(unknown_sku="create_disabled")
    shop.sync()
    (found,) = shop.order().lines
    assert (found.product_id, found.sku) == (None, f"line-{found.external_id}")


@pytest.mark.parametrize(
    ("earlier_orders", "imported"),
    [
        ("none", {"pending", "new"}),
        ("unshipped", {"pending", "new", "unshipped", "old"}),
        ("ten days", {"pending", "new", "unshipped", "shipped"}),
    ],
)
def test_orders_from_before_the_connection_come_as_the_setting_says(
    bare_shop: Shop, earlier_orders: str, imported: set[str]
) -> None:
    shop = bare_shop
    shop.stock("AB-1", 99)
    placed = {
        "unshipped": shop.place(("AB-1", 1), created_time=days_ago(5)),
        "shipped": shop.place(("AB-1", 1), status="SHIPPED", created_time=days_ago(5)),
        "old": shop.place(("AB-1", 1), created_time=days_ago(50)),
        "old shipped": shop.place(("AB-1", 1), status="SHIPPED", created_time=days_ago(50)),
        "pending": shop.place(("AB-1", 1), status="PENDING", created_time=days_ago(2)),
    }
    shop.account_id = shop.connect()
    value = days_ago(10).date().isoformat() if earlier_orders == "ten days" else earlier_orders
    shop.set(earlier_orders=value)
    placed["new"] = shop.place(("AB-1", 1))
    shop.later(40)  # by then the pending one is verified
    shop.sync()
    names = {external_id: name for name, external_id in placed.items()}
    assert {names[each.external_id or ""] for each in shop.orders()} == imported


def test_earlier_orders_that_are_chosen_later_start_a_backfill(bare_shop: Shop) -> None:
    shop = bare_shop
    shop.stock("AB-1", 99)
    unshipped = shop.place(("AB-1", 1), created_time=days_ago(5))
    shipped = shop.place(("AB-1", 1), status="SHIPPED", created_time=days_ago(6))
    shop.account_id = shop.connect()
    shop.sync()
    assert shop.orders() == []
    shop.set(earlier_orders="unshipped")
    assert shop.sync().outcomes[unshipped] == "imported"
    asked = len(shop.world.requests)
    shop.sync()
    assert len(shop.world.requests) == asked + 1, "what was read once is not asked for again"
    shop.set(earlier_orders=days_ago(30).date().isoformat())
    shop.sync()
    assert [each.external_id for each in shop.orders()] == [unshipped, shipped]


def test_order_of_amazon_that_was_pending_at_connection_counts_as_new(bare_shop: Shop) -> None:
    shop = bare_shop
    shop.stock("AB-1", 99)
    pending = shop.place(("AB-1", 1), fulfilled_by="AMAZON", status="PENDING", created_time=days_ago(1))
    open_one = shop.place(("AB-1", 1), fulfilled_by="AMAZON", created_time=days_ago(1))
    shop.later(3)
    shop.account_id = shop.connect()
    shop.sync()
    assert not shop.is_stored(pending)
    shop.world.verify(pending)
    shop.world.ship_at_amazon(pending)
    shop.world.ship_at_amazon(open_one)
    shop.later()
    shop.sync()
    assert shop.order().external_id == pending
    assert shop.explain(open_one).decided_by == "earlier_orders = none (shop/A1PA6795UKMFR9)"


def test_policy_that_nobody_supplies_blocks_and_goes_on_once_its_plugin_is_back(shop: Shop) -> None:
    shop.stock("AB-1", 5)
    shop.disable("guest_checkout")
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    assert shop.orders() == []
    assert shop.channel_order(external_id).note == (
        "Waits: Customer Creation names 'guest', which no enabled plugin supplies. Enable that plugin or "
        "choose another."
    )
    assert shop.explain(external_id).decided_by == "customer_creation = guest (shop/A1PA6795UKMFR9)"
    assert [problem.data["code"] for problem in shop.problems()] == ["policy_missing"]
    shop.enable("guest_checkout")
    shop.sync()
    assert shop.order().is_guest
    assert shop.problems() == []
