"""What the demo's shop holds after the walk: orders of every kind, and an operator who can sign in."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from decimal import Decimal

from core.access import add_operator
from core.access.permissions import OWNER
from core.channels.accounts import Account
from core.channels.order_settings import save_order_settings
from core.commerce.orders import list_orders
from core.commerce.shipments import PackageContents, ship_order
from plugins.amazon_channel.demo.stage import Stage
from plugins.amazon_channel.simulator import PRODUCTS, LineDraft, OrderDraft

OPERATOR = "demo@shop.example"
_UNKNOWN = "TEAPOT-RED"
SHIPPED = 3
#: Status, who ships, days ago, index of the product, units. The unknown SKU and a pending one come after.
_ORDERS = (
    ("UNSHIPPED", "MERCHANT", 0, 0, 1),
    ("UNSHIPPED", "MERCHANT", 0, 2, 1),
    ("UNSHIPPED", "MERCHANT", 1, 5, 2),
    ("UNSHIPPED", "MERCHANT", 2, 1, 3),
    ("UNSHIPPED", "MERCHANT", 4, 6, 1),
    ("UNSHIPPED", "MERCHANT", 5, 3, 4),
    ("SHIPPED", "AMAZON", 1, 4, 2),
    ("SHIPPED", "AMAZON", 3, 7, 5),
    ("SHIPPED", "MERCHANT", 6, 2, 1),
)


def fill_shop(stage: Stage, shipped: int = SHIPPED) -> None:
    """Orders of the last days, two that wait for an unknown SKU, one pending; so many of them shipped."""
    now = stage.world.now()
    _import_from(stage, now - timedelta(days=30))
    for status, fulfilled_by, days, product, units in _ORDERS:
        sku, _name, price = PRODUCTS[product]
        draft = OrderDraft(
            marketplace="DE",
            fulfilled_by=fulfilled_by,
            status=status,
            lines=(LineDraft(sku=sku, quantity=units, unit_price=Decimal(price)),),
            created_time=now - timedelta(days=days, hours=1),
        )
        stage.world.place_order(draft)
    for status, sku in (("UNSHIPPED", _UNKNOWN), ("UNSHIPPED", _UNKNOWN), ("PENDING", PRODUCTS[0][0])):
        line = LineDraft(sku=sku, quantity=1, unit_price=Decimal("24.00"))
        stage.world.place_order(OrderDraft(marketplace="DE", status=status, lines=(line,)))
    stage.sync()
    stage.catch_up()
    with stage.app.writing("demo") as ctx:
        open_orders = [order for order in list_orders(ctx.session) if order.status == "processing"]
        for place, order in enumerate(open_orders[:shipped]):
            ship_order(ctx, order, [PackageContents("DHL", f"JD01460000388900{place:04}")])


def _import_from(stage: Stage, since: datetime) -> None:
    """Have orders imported that were placed before the account was connected."""
    with stage.app.writing("demo") as ctx:
        marketplace = ctx.session.get_one(Account, stage.account_id).marketplaces[0]
        changes = {"earlier_orders": since.date().isoformat()}
        save_order_settings(ctx, stage.app.registry, marketplace, changes)


def add_demo_operator(stage: Stage) -> str:
    """Let somebody sign in to the shop; gives the password, which nobody else knows."""
    password = secrets.token_urlsafe(12)
    with stage.app.writing("demo") as ctx:
        add_operator(ctx, OPERATOR, OWNER, password)
    return password
