"""Small orders in Amazon's own JSON, for tests of the translation."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def money(amount: str, currency: str = "EUR") -> Json:
    """Amazon's shape of an amount."""
    return {"amount": amount, "currencyCode": currency}


def breakdown(kind: str, amount: str, currency: str = "EUR", **details: str) -> Json:
    """One breakdown; `details` are its finer amounts by subtype."""
    entry: Json = {"type": kind, "subtotal": money(amount, currency)}
    if details:
        entry["detailedBreakdowns"] = [
            {"subtype": subtype, "value": money(value, currency)} for subtype, value in details.items()
        ]
    return entry


def line(quantity: int = 1, unit: str = "10.00", proceeds: Json | None = None, **more: Any) -> Json:
    """One order item that nothing has left of."""
    item: Json = {
        "orderItemId": "00012345678901",
        "quantityOrdered": quantity,
        "product": {
            "asin": "B000000001",
            "title": "Blue mug",
            "sellerSku": "MUG-BLUE",
            "price": {"unitPrice": money(unit)},
        },
        "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": quantity},
    }
    if proceeds is not None:
        item["proceeds"] = proceeds
    return item | more


def order(*lines: Json, total: str | None = "10.00", **more: Any) -> Json:
    """An unshipped order of the merchant's on Amazon.de; `more` replaces parts of it."""
    body: Json = {
        "orderId": "028-1234567-1234567",
        "createdTime": "2026-11-20T08:00:00Z",
        "lastUpdatedTime": "2026-11-20T09:30:00.250Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED", "fulfilledBy": "MERCHANT"},
        "orderItems": list(lines or (line(),)),
    }
    if total is not None:
        body["proceeds"] = {"grandTotal": money(total)}
    return body | more


def standing(status: str, by: str = "MERCHANT", **more: Any) -> Json:
    """The part that tells the status."""
    return {"fulfillmentStatus": status, "fulfilledBy": by} | more
