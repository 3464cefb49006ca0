"""From Amazon to Tryton and back, over HTTP, no part of it mocked."""

from __future__ import annotations

from decimal import Decimal

from plugins.amazon_channel.simulator import LineDraft
from plugins.erp_bridge.consumers import get_consumer, send_soon
from plugins.erp_bridge.demo.office import ORDERS
from plugins.erp_bridge.demo.server import TrytonShop
from plugins.erp_bridge.demo.warehouse import Warehouse
from plugins.erp_bridge.trying import try_outlet
from tests.core.web.conftest import Pages, enter
from tests.plugins.erp_bridge.conftest import Bridge
from tests.shop import Shop


def test_orders_from_amazon_are_shipped_in_tryton_and_their_tracking_numbers_are_at_amazon(
    shop: Shop, tryton: TrytonShop, warehouse: Warehouse
) -> None:
    prefix = f"{shop.live.engine.dialect.name}-"
    settings = {
        "url": tryton.url, "database": tryton.database, "key": tryton.keys[ORDERS], "prefix": prefix,
    }  # fmt: skip
    bridge = Bridge(shop.live)
    bridge.consumer("tryton", kind="tryton", settings=settings)
    for sku in ("MUG", "PLATE", "UNKNOWN-THERE"):
        shop.stock(sku, 10)
    assert try_outlet(shop.app, "tryton") == (
        "Tryton answers, and has all that orders need. It has no product for 1 of your SKUs, which it "
        "refuses: UNKNOWN-THERE"
    )
    pages = enter(Pages(shop.live), shop.live)
    entered = {"consumer_name": "other", "lease_seconds": "300", "action": "test", **settings}
    lacks = "It has no product for 1 of your SKUs, which it refuses: UNKNOWN-THERE."
    assert lacks in pages.post("/erp/new/tryton", entered).text
    assert (
        "does not accept the key"
        in pages.post("/erp/new/tryton", {**entered, "key": "not-the-key-of-it"}).text
    )
    pages.post("/erp/consumers/tryton/test")
    assert lacks in pages.get("/erp/consumers/tryton").text
    plates = LineDraft(sku="PLATE", quantity=1, unit_price=Decimal("5.99"))
    mugs = LineDraft(sku="MUG", quantity=2, unit_price=Decimal("14.90"))
    both = shop.place(lines=[mugs, plates])
    one, foreign, theirs = shop.place(("MUG", 1)), shop.place(("UNKNOWN-THERE", 1)), shop.place(("MUG", 3))
    shop.sync()
    shop.work()
    numbers = {order.external_id: order.number for order in shop.orders()}
    sale = warehouse.find_sales(prefix + numbers[both])[0]
    assert (sale["state"], sale["total_amount"]) == ("processing", Decimal("35.79"))
    assert [line["quantity"] for line in sale["lines"]] == [2, 1]
    assert warehouse.find_sales(prefix + numbers[foreign]) == [], "refused, and the others came through"

    warehouse.ship(prefix + numbers[both], ("JD1", [("MUG", 2)]), ("JD2", []))
    warehouse.ship(prefix + numbers[one], ("JD3", []))
    for _ in range(2):  # the second time there is nothing new
        shop.write(lambda ctx: send_soon(ctx, get_consumer(ctx.session, "tryton")))
        shop.work()
    told = {
        each.body["packageDetail"]["trackingNumber"]: each.order_id for each in shop.world.confirmations
    }
    assert told == {"JD1": both, "JD2": both, "JD3": one}
    assert len(shop.world.confirmations) == 3
    statuses = {external_id: shop.world.status_of(external_id) for external_id in numbers}
    assert statuses == {both: "SHIPPED", one: "SHIPPED", foreign: "UNSHIPPED", theirs: "UNSHIPPED"}
    assert {order.external_id: order.status for order in shop.orders()} == {
        both: "complete", one: "complete", foreign: "processing", theirs: "processing",
    }  # fmt: skip
    assert (shop.on_hand("MUG"), shop.on_hand("PLATE")) == (7, 9)
