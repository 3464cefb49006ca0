"""confirmShipment: which confirmations Amazon accepts, and what they do to the order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .clock import read_timestamp, whole_milliseconds
from .errors import ApiRefusal, invalid_input
from .order_changes import with_package
from .orders import NOT_YET_VERIFIED, FulfillmentStatus, Order, Package, PackedItem

CLOCK_SKEW = timedelta(minutes=1)
"""How far a caller's clock may be ahead before its ship date counts as in the future."""

_REFERENCE = "PackageReferenceId: is invalid, must be a positive numeric value."
_ORDER_ITEM = "OrderItemId is invalid, please obtain the value through the getOrderItems API and retry."
_NOTHING_TO_UPDATE = (
    "Failed to create package due to not finding a matching package or order already fulfilled. "
    "ErrorMessage(errorCode=GeneralError, errorDescription=Unable to find package to update for "
    "order (), errorMetric=PackageToUpdateNotFound)"
)


@dataclass(frozen=True)
class ShipmentConfirmation:
    """One package as the seller describes it."""

    marketplace_id: str
    reference_id: str
    carrier: str
    tracking_number: str
    ship_date: datetime
    items: tuple[PackedItem, ...]
    shipping_method: str | None
    cod_collection_method: str | None


def read_confirmation(body: object) -> ShipmentConfirmation:
    """The confirmation in a request body; 400 where it is malformed."""
    if not isinstance(body, Mapping):
        raise invalid_input("The request has no JSON object as its body.")
    package = body.get("packageDetail")
    if not isinstance(package, Mapping):
        raise invalid_input("packageDetail is missing.")
    reference = package.get("packageReferenceId")
    if not isinstance(reference, str) or not re.fullmatch(r"0*[1-9][0-9]*", reference):
        raise invalid_input(_REFERENCE)
    return ShipmentConfirmation(
        marketplace_id=_text(body, "marketplaceId"),
        reference_id=reference,
        carrier=_carrier(package),
        tracking_number=_text(package, "trackingNumber"),
        ship_date=_ship_date(package),
        items=_items(package.get("orderItems")),
        shipping_method=_optional_text(package, "shippingMethod"),
        cod_collection_method=_optional_text(body, "codCollectionMethod"),
    )


def confirm_shipment(order: Order, confirmation: ShipmentConfirmation, now: datetime) -> Order:
    """The order with the package added or edited; 400 where Amazon would not have it."""
    _check_order(order, confirmation)
    known = order.find_package(confirmation.reference_id)
    if known is None and order.status is FulfillmentStatus.SHIPPED:
        raise invalid_input(_NOTHING_TO_UPDATE)
    _check_ship_date(order, confirmation, now)
    _check_units(order, confirmation, known)
    package = Package(
        reference_id=confirmation.reference_id,
        carrier=confirmation.carrier,
        tracking_number=confirmation.tracking_number,
        ship_time=whole_milliseconds(confirmation.ship_date),
        created_time=known.created_time if known else now,
        items=confirmation.items,
        shipping_service=confirmation.shipping_method,
    )
    return with_package(order, package, now)


def _check_order(order: Order, confirmation: ShipmentConfirmation) -> None:
    if confirmation.marketplace_id != order.marketplace.marketplace_id:
        raise invalid_input("marketplaceId is not the marketplace of the order.")
    if order.is_fba:
        raise invalid_input("The order is fulfilled by Amazon and cannot be confirmed.")
    if "FBM_SHIP_PLUS" in order.programs:
        raise invalid_input("The order is shipped through FBM Ship+ and cannot be confirmed.")
    if order.status in NOT_YET_VERIFIED:
        raise invalid_input("The order is pending and cannot be confirmed yet.")
    if order.status in (FulfillmentStatus.CANCELLED, FulfillmentStatus.UNFULFILLABLE):
        raise invalid_input("The order is canceled and cannot be confirmed.")
    method = confirmation.cod_collection_method
    if method is not None and (method != "DirectPayment" or order.marketplace.country != "JP"):
        raise invalid_input("codCollectionMethod is not supported for the order.")


def _check_ship_date(order: Order, confirmation: ShipmentConfirmation, now: datetime) -> None:
    if confirmation.ship_date < order.created_time.replace(microsecond=0):
        raise invalid_input("shipDate is before the purchase date of the order.")
    if confirmation.ship_date > now + CLOCK_SKEW:
        raise invalid_input("shipDate is in the future.")


def _check_units(order: Order, confirmation: ShipmentConfirmation, edited: Package | None) -> None:
    """Known lines, and no more units than are left or were in the package that is edited."""
    wanted: Counter[str] = Counter()
    for packed in confirmation.items:
        wanted[packed.order_item_id] += packed.quantity
    released: Counter[str] = Counter()
    for packed in edited.items if edited else ():
        released[packed.order_item_id] += packed.quantity
    lines = {item.order_item_id: item for item in order.items}
    for order_item_id, quantity in wanted.items():
        line = lines.get(order_item_id)
        if line is None:
            raise invalid_input(_ORDER_ITEM)
        left = order.unfulfilled(line) + released[order_item_id]
        if quantity > left:
            raise invalid_input(f"Quantity {quantity} of {order_item_id} exceeds the {left} left.")
    for packed in confirmation.items:
        needs_codes = "TRANSPARENCY" in lines[packed.order_item_id].programs
        if needs_codes and len(packed.transparency_codes) != packed.quantity:
            raise invalid_input("transparencyCodes must hold one code for each unit.")


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value.strip():
        raise invalid_input(f"{name} is missing or invalid.")
    return value


def _optional_text(values: Mapping[str, Any], name: str) -> str | None:
    return None if values.get(name) is None else _text(values, name)


def _carrier(package: Mapping[str, Any]) -> str:
    """The carrier's name as buyers see it."""
    code = _text(package, "carrierCode")
    name = _optional_text(package, "carrierName")
    if code != "Other":
        return code
    if name is None:
        raise invalid_input("carrierName is required when carrierCode is Other.")
    return name


def _ship_date(package: Mapping[str, Any]) -> datetime:
    try:
        return read_timestamp(_text(package, "shipDate"))
    except ValueError:
        raise ApiRefusal(400, "Invalid Input", "Invalid Input") from None


def _items(values: object) -> tuple[PackedItem, ...]:
    if not isinstance(values, list):
        raise invalid_input(_ORDER_ITEM)
    if not values:
        raise invalid_input("orderItems must not be empty.")
    return tuple(_item(value) for value in values)


def _item(value: object) -> PackedItem:
    order_item_id = value.get("orderItemId") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(order_item_id, str):
        raise invalid_input(_ORDER_ITEM)
    quantity, codes = value.get("quantity"), value.get("transparencyCodes") or []
    if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 1:
        raise invalid_input("quantity must be a whole number greater than 0.")
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise invalid_input("transparencyCodes must be a list of texts.")
    return PackedItem(order_item_id, quantity, tuple(codes))
