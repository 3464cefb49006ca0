"""Tryton beside the demo: the entry point `tryton` in the group `entrepot.demo_partners`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.application import LiveApplication
from core.commerce.catalog import list_products
from core.managing import switch_on
from plugins.erp_bridge.consumers import NewConsumer, add_consumer, get_consumer, send_soon
from plugins.erp_bridge.demo.office import ORDERS, WAREHOUSE, add_products
from plugins.erp_bridge.demo.server import TrytonShop, serve_tryton
from plugins.erp_bridge.demo.warehouse import Warehouse

_PLUGIN, _CONSUMER = "erp_bridge", "tryton"
_ACTOR = "demo"
_BEING_SHIPPED = ("processing", "done")


class TrytonPartner:
    """A Tryton that is connected to the demo's shop, and somebody in its warehouse."""

    title = "Tryton"

    def __init__(self, live: LiveApplication, tryton: TrytonShop, warehouse: Warehouse) -> None:
        self.access = (
            f"Tryton listens on {tryton.url} ; its database is {tryton.database}",
            f"  sign in as admin with the password {tryton.password}",
        )
        self._live = live
        self._warehouse = warehouse

    def has_picked_up(self, order_number: str) -> bool:
        """Whether there is a sale for it with something to ship."""
        return any(sale["state"] in _BEING_SHIPPED for sale in self._warehouse.find_sales(order_number))

    def ship(self, order_number: str, tracking_number: str) -> None:
        """Ship its sale in one parcel; the shop looks for what was shipped once a minute, and now."""
        self._warehouse.ship(order_number, (tracking_number, []))
        with self._live.current().writing(_ACTOR) as ctx:
            send_soon(ctx, get_consumer(ctx.session, _CONSUMER))

    def tell_of(self, order_number: str) -> dict[str, Any]:
        """Its sale and its shipment."""
        sales = self._warehouse.find_sales(order_number)
        if not sales:
            return {
                "order_number": order_number,
                "sale": None,
                "state": None,
                "total": None,
                "shipments": [],
            }
        (sale,) = sales
        shipments = [
            {
                "number": shipment["number"],
                "state": shipment["state"],
                "tracking_numbers": [package["shipping_reference"] for package in shipment["packages"]],
                "note": shipment["reference"],
            }
            for shipment in self._warehouse.find_shipments(order_number)
        ]
        return {
            "order_number": order_number,
            "sale": sale["number"],
            "state": sale["state"],
            "total": {"amount": str(sale["total_amount"]), "currency": sale["currency"]["code"]},
            "shipments": shipments,
        }


@contextmanager
def open_tryton(live: LiveApplication) -> Iterator[TrytonPartner]:
    """Serve a Tryton that sells what the shop sells, and add it as a consumer. Raises NotConfigured."""
    with serve_tryton() as tryton:
        with live.current().reading() as ctx:
            products = [
                (product.sku, product.name, str(product.price or 0))
                for product in list_products(ctx.session)
            ]
        with tryton.office() as office:
            add_products(office, products)
        switch_on(live.current(), _PLUGIN, _ACTOR)
        settings = {"url": tryton.url, "database": tryton.database, "key": tryton.keys[ORDERS]}
        with live.current().writing(_ACTOR) as ctx:
            add_consumer(ctx, NewConsumer(_CONSUMER, kind=_CONSUMER, settings=settings))
        warehouse = Warehouse(tryton.url, tryton.database, tryton.keys[WAREHOUSE])
        yield TrytonPartner(live, tryton, warehouse)
        warehouse.close()
