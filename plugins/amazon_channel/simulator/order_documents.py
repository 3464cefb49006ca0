"""An order as the Orders API writes it, with the data sets that the caller asked for."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .clock import as_timestamp
from .money import as_money
from .orders import (
    TO_SHIP,
    FulfillmentStatus,
    Order,
    OrderItem,
    Package,
)

DATA_SETS = frozenset(
    (
        "BUYER",
        "RECIPIENT",
        "PROCEEDS",
        "EXPENSE",
        "PROMOTION",
        "CANCELLATION",
        "FULFILLMENT",
        "PACKAGES",
        "TAX",
        "PAYMENT",
        "FULFILLMENT_ORDERS",
    )
)
_WITH_EMAIL = TO_SHIP | {FulfillmentStatus.SHIPPED}
_DAYS_TO_SHIP_AND_DELIVER = {
    "SAME_DAY": (0, 0),
    "NEXT_DAY": (0, 1),
    "SECOND_DAY": (1, 2),
    "PRIORITY": (1, 2),
    "EXPEDITED": (1, 3),
    "FREE_ECONOMY": (3, 10),
}

Json = dict[str, Any]


def order_document(order: Order, included: Set[str]) -> Json:
    """The order object of the Orders API; parts without content are left out."""
    disclosed = order.verified_time is not None
    document: Json = {
        "orderId": order.order_id,
        "createdTime": as_timestamp(order.created_time),
        "lastUpdatedTime": as_timestamp(order.last_updated_time),
        "programs": list(order.programs),
        "associatedOrders": [
            {"orderId": order_id, "associationType": kind} for order_id, kind in order.associated_orders
        ],
        "salesChannel": {
            "channelName": order.sales_channel,
            "marketplaceId": order.marketplace.marketplace_id,
            "marketplaceName": order.marketplace.name,
        },
        "orderItems": [_item_document(order, item, included) for item in order.items],
    }
    if "FULFILLMENT" in included:
        document["fulfillment"] = _fulfillment(order)
    if "PACKAGES" in included and not order.is_fba:
        document["packages"] = [_package(package) for package in order.packages]
    if disclosed:
        document |= _disclosed_parts(order, included)
    return {name: value for name, value in document.items() if value not in ([], {}, None)}


def _disclosed_parts(order: Order, included: Set[str]) -> Json:
    """What the seller only learns once the order is verified."""
    parts: Json = {}
    if "BUYER" in included:
        parts["buyer"] = _buyer(order)
    if "RECIPIENT" in included and order.address:
        parts["recipient"] = {"deliveryAddress": dict(order.address)}
    if "PROCEEDS" in included:
        parts["proceeds"] = _order_proceeds(order)
    if "PAYMENT" in included:
        total = as_money(grand_total(order), order.currency)
        execution = {"paymentMethod": "CreditCard", "paymentAmount": total}
        parts["payment"] = {"paymentExecutions": [execution]}
    return parts


def _buyer(order: Order) -> Json:
    buyer = {
        "buyerName": order.buyer.name,
        "buyerEmail": order.buyer.email if order.status in _WITH_EMAIL else None,
        "buyerCompanyName": order.buyer.company,
        "buyerPurchaseOrderNumber": order.buyer.purchase_order_number,
    }
    return {name: value for name, value in buyer.items() if value}


def _fulfillment(order: Order) -> Json:
    ship_days, deliver_days = _DAYS_TO_SHIP_AND_DELIVER.get(order.service_level, (2, 5))
    placed = order.created_time
    return {
        "fulfillmentStatus": order.reported_status or str(order.status),
        "fulfilledBy": str(order.fulfilled_by),
        "fulfillmentServiceLevel": order.service_level,
        "shipByWindow": _window(placed, placed + timedelta(days=ship_days)),
        "deliverByWindow": _window(
            placed + timedelta(days=ship_days), placed + timedelta(days=deliver_days)
        ),
    }


def _window(earliest: datetime, latest: datetime) -> Json:
    end_of_day = latest.replace(hour=23, minute=59, second=59, microsecond=0)
    return {
        "earliestDateTime": as_timestamp(earliest),
        "latestDateTime": as_timestamp(end_of_day),
    }


def _package(package: Package) -> Json:
    document: Json = {
        "packageReferenceId": package.reference_id,
        "createdTime": as_timestamp(package.created_time),
        "packageStatus": {"status": "SHIPPED"},
        "carrier": package.carrier,
        "shipTime": as_timestamp(package.ship_time),
        "shippingService": package.shipping_service,
        "trackingNumber": package.tracking_number,
        "packageItems": [],
    }
    for packed in package.items:
        item: Json = {"orderItemId": packed.order_item_id, "quantity": packed.quantity}
        if packed.transparency_codes:
            item["transparencyCodes"] = list(packed.transparency_codes)
        document["packageItems"].append(item)
    return {name: value for name, value in document.items() if value is not None}


def _item_document(order: Order, item: OrderItem, included: Set[str]) -> Json:
    disclosed = order.verified_time is not None
    product: Json = {
        "asin": item.product.asin,
        "title": item.product.title,
        "sellerSku": item.product.sku,
        "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
    }
    if disclosed:
        product["price"] = {"unitPrice": as_money(item.product.unit_price, order.currency)}
        if "AMAZON_BUSINESS" in order.programs:
            product["price"]["priceDesignation"] = "BUSINESS_PRICE"
    document: Json = {
        "orderItemId": item.order_item_id,
        "quantityOrdered": item.quantity,
        "programs": list(item.programs),
        "product": product,
    }
    if "FULFILLMENT" in included:
        document["fulfillment"] = _item_fulfillment(order, item)
    if "PROCEEDS" in included and disclosed:
        document["proceeds"] = _item_proceeds(order, item)
    if "PROMOTION" in included:
        promotions = [{"promotionId": promotion_id} for promotion_id in item.promotion_ids]
        document["promotion"] = {"breakdowns": promotions} if promotions else None
    if "CANCELLATION" in included:
        document["cancellation"] = _item_cancellation(order, item)
    if "TAX" in included and disclosed:
        document["tax"] = _item_tax(order, item)
    return {name: value for name, value in document.items() if value not in ([], {}, None)}


def _item_fulfillment(order: Order, item: OrderItem) -> Json:
    fulfillment: Json = {
        "quantityFulfilled": order.fulfilled(item.order_item_id),
        "quantityUnfulfilled": order.unfulfilled(item),
    }
    if item.gift and order.verified_time:
        gift = {"giftMessage": item.gift.message, "giftWrapLevel": item.gift.wrap_level}
        wishes = {name: value for name, value in gift.items() if value}
        fulfillment["packing"] = {"giftOption": wishes}
    return fulfillment


def _item_cancellation(order: Order, item: OrderItem) -> Json:
    cancellation: Json = {}
    if item.cancellation_reason is not None:
        request = {"requester": "BUYER", "cancelReason": item.cancellation_reason}
        cancellation["cancellationRequest"] = request
    if order.cancellation:
        execution = {
            "cancelledBy": order.cancellation.by,
            "cancelReason": order.cancellation.reason,
        }
        cancellation["cancellationExecution"] = execution
    return cancellation


def _item_tax(order: Order, item: OrderItem) -> Json:
    """Where tax is added to the price, Amazon collects it."""
    taxed = any(charge.kind == "TAX" for charge in item.charges)
    if not taxed or not order.marketplace.tax_rate:
        return {}
    collection = {"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services, Inc."}
    return {"taxCollections": [collection]}


def _item_proceeds(order: Order, item: OrderItem) -> Json:
    currency = order.currency
    price = item.product.unit_price * item.quantity
    breakdowns: list[Json] = [{"type": "ITEM", "subtotal": as_money(price, currency)}]
    for charge in item.charges:
        entry: Json = {"type": charge.kind, "subtotal": as_money(charge.amount, currency)}
        if charge.parts:
            entry["detailedBreakdowns"] = [
                {"subtype": subtype, "value": as_money(amount, currency)}
                for subtype, amount in charge.parts
            ]
        breakdowns.append(entry)
    return {"proceedsTotal": as_money(item_total(item), currency), "breakdowns": breakdowns}


def _order_proceeds(order: Order) -> Json:
    """The grand total, and every kind of charge added up over the lines."""
    sums: dict[str, Decimal] = {}
    for item in order.items:
        price = item.product.unit_price * item.quantity
        sums["ITEM"] = sums.get("ITEM", Decimal(0)) + price
        for charge in item.charges:
            sums[charge.kind] = sums.get(charge.kind, Decimal(0)) + charge.amount
    breakdowns: list[Json] = [
        {"type": kind, "subtotal": as_money(amount, order.currency)} for kind, amount in sums.items()
    ]
    if order.delivery_tip:
        subtotal = as_money(order.delivery_tip, order.currency)
        breakdowns.append({"type": "DELIVERY_TIP", "status": "FINALIZED", "subtotal": subtotal})
    return {"grandTotal": as_money(grand_total(order), order.currency), "breakdowns": breakdowns}


def item_total(item: OrderItem) -> Decimal:
    """What the line comes to; a discount counts against it whatever its sign."""
    total = item.product.unit_price * item.quantity
    for charge in item.charges:
        if charge.kind == "DISCOUNT":
            total -= sum((abs(amount) for _, amount in charge.parts), Decimal(0))
        else:
            total += charge.amount
    return total


def grand_total(order: Order) -> Decimal:
    """What the order comes to, or what Amazon was told to state."""
    if order.stated_total is not None:
        return order.stated_total
    return sum((item_total(item) for item in order.items), order.delivery_tip)
