"""The lines of Amazon's orders and the parcels that they left in."""

from __future__ import annotations

from core.channels import listing
from core.channels.listing import (
    MAX_EXTERNAL_ID,
    MAX_TRACKING_NUMBER,
    MAX_WORDS,
    ListedLine,
    ListedPackage,
)
from plugins.amazon_channel.errors import UnreadableOrder
from plugins.amazon_channel.mapping.charges import LineMoney
from plugins.amazon_channel.mapping.reading import Part

_CALLED_OFF = "CANCELLED"


def line_of(item: Part, money: LineMoney, status: str) -> ListedLine:
    """One line with its money, of an order of this status. Raises UnreadableOrder."""
    external_id = item.required("orderItemId", MAX_EXTERNAL_ID)
    product = item.part("product")
    sku = product.text("sellerSku")
    return ListedLine(
        external_id=external_id,
        sku=sku,
        name=product.text("title") or sku or product.text("asin") or external_id,
        quantity=quantity_of(item),
        quantity_shipped=_quantity_shipped(item, status),
        unit_price=money.unit_price,
        charges=money.charges,
        stated_total=money.stated_total,
    )


def quantity_of(item: Part) -> int:
    """Units ordered, else those shipped and those not. Raises UnreadableOrder if neither is told."""
    ordered = item.whole("quantityOrdered")
    if ordered is not None:
        return ordered
    fulfillment = item.part("fulfillment")
    done, left = fulfillment.whole("quantityFulfilled"), fulfillment.whole("quantityUnfulfilled")
    if done is None or left is None:
        raise UnreadableOrder("a line has no `quantityOrdered`")
    return done + left


def _quantity_shipped(item: Part, status: str) -> int:
    """Units that have left, never more than are ordered; all of a shipped order that is silent."""
    quantity, fulfillment = quantity_of(item), item.part("fulfillment")
    done, left = fulfillment.whole("quantityFulfilled"), fulfillment.whole("quantityUnfulfilled")
    if done is None and left is not None:
        done = max(quantity - left, 0)
    if done is None:
        done = quantity if status == listing.SHIPPED else 0
    return min(done, quantity)


def packages_of(order: Part) -> tuple[ListedPackage, ...]:
    """The parcels, those that were called off among them."""
    return tuple(
        ListedPackage(
            external_id=external_id,
            carrier=package.description("carrier", MAX_WORDS),
            tracking_number=package.description("trackingNumber", MAX_TRACKING_NUMBER),
            shipping_method=package.description("shippingService", MAX_WORDS),
            shipped_at=package.time("shipTime"),
            lines=tuple(_package_lines(package)),
            is_canceled=package.part("packageStatus").text("status") == _CALLED_OFF,
        )
        for package in order.parts("packages")
        if (
            external_id := package.description("packageReferenceId", MAX_EXTERNAL_ID)
            or package.description("trackingNumber", MAX_EXTERNAL_ID)
        )
    )


def _package_lines(package: Part) -> list[tuple[str, int]]:
    pairs = [(each.text("orderItemId"), each.whole("quantity")) for each in package.parts("packageItems")]
    return [(line, units) for line, units in pairs if line and units]
