"""Amazon's orders as `ListedOrder`.

Identity, times, status and who ships must be there; whatever else is missing, null or unknown is
borne. Who ships is never assumed: an order of Amazon's own warehouse that passed for one of the
merchant's would be shipped twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from core.channels import listing
from core.channels.listing import (
    MAX_EXTERNAL_ID,
    MAX_MARKETPLACE,
    MAX_STATUS,
    MAX_WORDS,
    ListedCharge,
    ListedOrder,
    Page,
)
from core.jobs.retrying import place_of
from plugins.amazon_channel.errors import UnreadableAnswer, UnreadableOrder
from plugins.amazon_channel.mapping.charges import (
    LineMoney,
    find_currency,
    line_money,
    order_money,
)
from plugins.amazon_channel.mapping.lines import line_of, packages_of, quantity_of
from plugins.amazon_channel.mapping.people import address_of, buyer_of
from plugins.amazon_channel.mapping.reading import Part
from plugins.amazon_channel.mapping.statuses import our_status

#: The key of this channel, and who ships when Amazon does.
AMAZON = "amazon"

_FULFILLED_BY = {"MERCHANT": listing.MERCHANT, "AMAZON": AMAZON}
_SOLD_ELSEWHERE = "NON_AMAZON"
_REPLACEMENTS = ("REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID")
_UNPRICED = (listing.PENDING, listing.PENDING_AVAILABILITY)
#: Amazon's own carriers take the parcels of these; it refuses to be told of them, or knows better.
_CONFIRMS_ITSELF = {
    "FBM_SHIP_PLUS", "AMAZON_EASY_SHIP", "DELIVERY_BY_AMAZON", "AMAZON_HAUL", "AMAZON_BAZAAR",
}  # fmt: skip
_CASH_ON_DELIVERY = "cashondelivery"
_LONGEST_REASON = 300
_log = structlog.get_logger(__name__)


def page_from_json(body: object) -> Page:
    """One page of `searchOrders`. An order that cannot be read never spoils its neighbors.

    Raises UnreadableAnswer if this is no page at all.
    """
    if not isinstance(body, dict) or not isinstance(body.get("orders"), list):
        raise UnreadableAnswer("the answer holds no list of orders")
    orders: list[ListedOrder] = []
    unreadable: list[tuple[str, str]] = []
    for entry in body["orders"]:
        try:
            orders.append(listed_from_json(entry))
        except UnreadableOrder as error:
            unreadable.append((_name_of(entry), str(error)[:_LONGEST_REASON]))
    page = Part(body)
    return Page(
        orders=tuple(orders),
        unreadable=tuple(unreadable),
        next_token=page.part("pagination").text("nextToken"),
        read_until=page.time("lastUpdatedBefore") or page.time("createdBefore"),
    )


def order_from_json(entry: object) -> ListedOrder:
    """One order. Raises UnreadableOrder with the reason, whatever goes wrong.

    Of an error that nobody has foreseen only class and place are told: its words may be the buyer's.
    """
    try:
        return _order(Part(_without_repeats(_payload(entry))), _payload(entry))
    except UnreadableOrder:
        raise
    except Exception as error:
        kind = type(error).__name__
        _log.warning("reading an order failed", error=kind, place=place_of(error))
        raise UnreadableOrder(f"reading it failed ({kind})") from None


def listed_from_json(entry: object) -> ListedOrder:
    """One order; of one that cannot be read as much as names it, with the reason.

    Raises UnreadableOrder where not even number, marketplace and times can be told.
    """
    try:
        return order_from_json(entry)
    except UnreadableOrder as error:
        reason = str(error)[:_LONGEST_REASON]
    try:
        return _outline(Part(entry), _payload(entry), reason)
    except Exception:
        raise UnreadableOrder(reason) from None


def _outline(order: Part, payload: Mapping[str, Any], reason: str) -> ListedOrder:
    fulfillment = order.part("fulfillment")
    marketplace, is_sold_here = _site(order)
    status = fulfillment.text("fulfillmentStatus")
    return ListedOrder(
        external_id=order.required("orderId", MAX_EXTERNAL_ID),
        marketplace=marketplace,
        status=our_status(status) if status and len(status) <= MAX_STATUS else listing.UNREADABLE,
        fulfilled_by=_FULFILLED_BY.get(fulfillment.text("fulfilledBy") or "", listing.UNKNOWN),
        placed_at=order.required_time("createdTime"),
        updated_at=order.required_time("lastUpdatedTime"),
        is_sold_here=is_sold_here,
        unreadable=reason,
        payload=payload,
    )


def _without_repeats(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The order with each item once: one that is told twice, word for word, was ordered once."""
    items = entry.get("orderItems")
    kept: list[Any] = []
    for item in items if isinstance(items, list) else ():
        if item not in kept or not Part(item).text("orderItemId"):
            kept.append(item)
    return {**entry, "orderItems": kept} if kept and kept != items else entry


def _name_of(entry: object) -> str:
    """The order's number as far as it can be told, else `?`."""
    try:
        return Part(entry).text("orderId") or "?"
    except Exception:
        return "?"


def _order(order: Part, payload: Mapping[str, Any]) -> ListedOrder:
    status, fulfilled_by = _standing(order)
    marketplace, is_sold_here = _site(order)
    currency = None if status in _UNPRICED else find_currency(order)
    moneys, charges = _moneys(order, currency)
    fulfillment = order.part("fulfillment")
    return ListedOrder(
        external_id=order.required("orderId", MAX_EXTERNAL_ID),
        marketplace=marketplace,
        status=status,
        fulfilled_by=fulfilled_by,
        placed_at=order.required_time("createdTime"),
        updated_at=order.required_time("lastUpdatedTime"),
        currency=currency,
        grand_total=order.part("proceeds").money("grandTotal") if currency else None,
        lines=tuple(
            line_of(item, money, status)
            for item, money in zip(order.parts("orderItems"), moneys, strict=True)
        ),
        charges=charges,
        packages=packages_of(order),
        buyer=buyer_of(order),
        address=address_of(order),
        shipping_method=fulfillment.description("fulfillmentServiceLevel", MAX_WORDS),
        ship_by=fulfillment.part("shipByWindow").time("latestDateTime"),
        deliver_by=fulfillment.part("deliverByWindow").time("latestDateTime"),
        cancel_requested=_is_cancel_requested(order),
        is_sold_here=is_sold_here,
        replaces=_replaced(order),
        cash_on_delivery=_is_cash_on_delivery(order),
        confirms_itself=not _CONFIRMS_ITSELF.isdisjoint(order.texts("programs")),
        payload=payload,
    )


def _standing(order: Part) -> tuple[str, str]:
    """Status, and who ships."""
    fulfillment = order.part("fulfillment")
    if not fulfillment:
        raise UnreadableOrder("Amazon left out the part `fulfillment`, so its status is not known")
    who = fulfillment.required("fulfilledBy", MAX_WORDS)
    if who not in _FULFILLED_BY:
        raise UnreadableOrder("`fulfilledBy` is neither MERCHANT nor AMAZON")
    return our_status(fulfillment.required("fulfillmentStatus", MAX_STATUS)), _FULFILLED_BY[who]


def _site(order: Part) -> tuple[str, bool]:
    """Marketplace, and whether the order was placed on Amazon.

    An order of another shop that Amazon only delivers need not name a marketplace. A word that is not
    known is one of Amazon's own places: an order too many is seen, a missed one is not.
    """
    sales_channel = order.part("salesChannel")
    is_sold_here = sales_channel.text("channelName") != _SOLD_ELSEWHERE
    if is_sold_here:
        return sales_channel.required("marketplaceId", MAX_MARKETPLACE), True
    return sales_channel.identifier("marketplaceId", MAX_MARKETPLACE) or "", False


def _moneys(order: Part, currency: str | None) -> tuple[Sequence[LineMoney], tuple[ListedCharge, ...]]:
    """What each line costs, and the whole order beyond them; nothing while the order has no price."""
    items = list(order.parts("orderItems"))
    if currency is None:
        return [LineMoney() for _ in items], ()
    return order_money(order, [line_money(item, quantity_of(item), currency) for item in items], currency)


def _is_cancel_requested(order: Part) -> bool:
    return any(
        item.part("cancellation", "cancellationRequest").text("requester") == "BUYER"
        for item in order.parts("orderItems")
    )


def _replaced(order: Part) -> str | None:
    """The order that this one replaces; a number that is too long to be one is dropped, never cut."""
    replaced = next(
        (
            other.text("orderId")
            for other in order.parts("associatedOrders")
            if other.text("associationType") in _REPLACEMENTS
        ),
        None,
    )
    return replaced if replaced and len(replaced) <= MAX_EXTERNAL_ID else None


def _is_cash_on_delivery(order: Part) -> bool:
    """By its payment, else by what the carrier is told to do."""
    methods = (each.text("paymentMethod") for each in order.part("payment").parts("paymentExecutions"))
    return any(method and method.lower() == _CASH_ON_DELIVERY for method in methods) or any(
        item.part("fulfillment", "shipping", "shippingConstraints").text("cashOnDelivery") == "MANDATORY"
        for item in order.parts("orderItems")
    )


def _payload(entry: object) -> Mapping[str, Any]:
    return entry if isinstance(entry, dict) else {}
