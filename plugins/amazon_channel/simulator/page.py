"""The one page of the simulator: its orders, what has arrived, and what can be done to them."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from .clock import as_timestamp
from .money import as_money
from .order_documents import grand_total
from .orders import NOT_YET_VERIFIED, TO_SHIP, FulfillmentStatus, Order
from .sample_data import PRODUCTS
from .world import World

_STATUS_TEXTS = {
    FulfillmentStatus.PENDING_AVAILABILITY: "Pre-order, not available yet",
    FulfillmentStatus.PENDING: "Pending, the card is being verified",
    FulfillmentStatus.UNSHIPPED: "Unshipped",
    FulfillmentStatus.PARTIALLY_SHIPPED: "Partially shipped",
    FulfillmentStatus.SHIPPED: "Shipped",
    FulfillmentStatus.CANCELLED: "Canceled",
    FulfillmentStatus.UNFULFILLABLE: "Unfulfillable",
}
_LATEST_REQUESTS = 25


def page_blueprint(world: World) -> Blueprint:
    """The route of the page."""
    blueprint = Blueprint("page", __name__)

    @blueprint.get("/")
    def orders() -> str:
        return render_template(
            "orders.html",
            now=world.now(),
            orders=list(reversed(world.orders())),
            requests=list(reversed(world.requests))[:_LATEST_REQUESTS],
            skus=[sku for sku, _title, _price in PRODUCTS],
            message=request.args.get("message"),
            error=request.args.get("error"),
        )

    @blueprint.app_context_processor
    def helpers() -> dict[str, object]:
        return {
            "as_timestamp": as_timestamp,
            "status_text": status_text,
            "total_text": total_text,
            "pending": NOT_YET_VERIFIED,
            "to_ship": TO_SHIP,
        }

    return blueprint


def status_text(order: Order) -> str:
    """The status in words, with the wish to cancel if the buyer has one."""
    text = order.reported_status or _STATUS_TEXTS[order.status]
    asked = any(item.cancellation_reason is not None for item in order.items)
    return f"{text}; the buyer asks to cancel" if asked and order.status in TO_SHIP else text


def total_text(order: Order) -> str:
    """The grand total with its currency."""
    total = as_money(grand_total(order), order.currency)
    return f"{total['amount']} {total['currencyCode']}"
