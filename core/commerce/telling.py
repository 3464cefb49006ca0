"""How each event of commerce loads the arguments of its hook, in the session of the delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.commerce.catalog import Product
from core.commerce.orders import Order
from core.commerce.refunds import Refund
from core.commerce.shipments import Shipment
from core.context import Context
from core.events import Loader


def event_loaders() -> dict[str, Loader]:
    """By hook name: from the event's payload of ids to the hook's arguments, `ctx` apart."""
    return {
        "order_created": lambda ctx, payload: {"order": _order(ctx, payload)},
        "order_canceled": lambda ctx, payload: {
            "order": _order(ctx, payload),
            "reason": payload["reason"],
        },
        "order_refunded": lambda ctx, payload: {
            "order": _order(ctx, payload),
            "refund": ctx.session.get_one(Refund, payload["refund_id"]),
        },
        "shipment_completed": lambda ctx, payload: {
            "shipment": ctx.session.get_one(Shipment, payload["shipment_id"])
        },
        "stock_changed": lambda ctx, payload: {
            "product": ctx.session.get_one(Product, payload["product_id"])
        },
    }


def _order(ctx: Context, payload: Mapping[str, Any]) -> Order:
    return ctx.session.get_one(Order, payload["order_id"])
