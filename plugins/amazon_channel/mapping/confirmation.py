"""What Amazon is told of a parcel that has left: the body of `confirmShipment`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from core.channels.listing import PackageToConfirm
from core.clock import to_utc
from plugins.amazon_channel.marketplaces import JAPAN, OTHER_CARRIER


def confirmation_body(package: PackageToConfirm) -> dict[str, Any]:
    """The JSON body for this parcel.

    Amazon takes the reference as text only, and wants a carrier's name exactly when it has no code
    for it. Cash on delivery is told in Japan alone.
    """
    carrier = package.carrier or OTHER_CARRIER
    detail: dict[str, Any] = {"packageReferenceId": str(package.reference), "carrierCode": carrier}
    if carrier == OTHER_CARRIER:
        detail["carrierName"] = package.carrier_name
    if package.shipping_method:
        detail["shippingMethod"] = package.shipping_method
    detail["trackingNumber"] = package.tracking_number
    detail["shipDate"] = utc_text(package.shipped_at)
    detail["orderItems"] = [
        {"orderItemId": str(line), "quantity": int(units)} for line, units in package.lines
    ]
    body: dict[str, Any] = {"marketplaceId": package.marketplace}
    if package.cash_on_delivery and package.marketplace == JAPAN:
        body["codCollectionMethod"] = "DirectPayment"
    return body | {"packageDetail": detail}


def utc_text(moment: datetime, timespec: str = "milliseconds") -> str:
    """`2026-11-22T02:40:21.000Z`; what is finer than `timespec` is cut off, never rounded up."""
    return to_utc(moment).isoformat(timespec=timespec).replace("+00:00", "Z")
