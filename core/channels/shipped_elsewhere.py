"""What the channel reports as shipped and we did not ship: recorded, never confirmed back."""

from __future__ import annotations

from sqlalchemy import func, select

from core.channels.channel_orders import ChannelOrder, set_note
from core.channels.confirmations import Confirmation, is_ours
from core.channels.listing import PARTIALLY_SHIPPED, SHIPPED, ListedOrder, ListedPackage
from core.commerce.orders import Order, OrderLine
from core.commerce.shipments import (
    CHANNEL,
    Package,
    PackageContents,
    PackageLine,
    Shipment,
    ShippedElsewhere,
    ship_order,
)
from core.context import Context
from core.problems import raise_problem

TOO_MANY_SHIPPED = "too_many_shipped"


def record_packages(
    ctx: Context, row: ChannelOrder, order: Order, listed: ListedOrder, *, moves_stock: bool
) -> bool:
    """Make shipments of the channel's own packages, else of its fulfilled quantities; whether any.

    Packages that we confirmed, and units in them, are ours and are left out.
    """
    if listed.status not in (PARTIALLY_SHIPPED, SHIPPED):
        return False
    packages = [package for package in listed.packages if not _is_known(ctx, row, order, package)]
    contents = [made for package in packages if (made := _contents(ctx, row, order, package))]
    contents += _remainder(ctx, row, order, listed, contents)
    if not contents:
        return False
    times = [package.shipped_at for package in packages if package.shipped_at]
    shipped_at = max(times, default=listed.updated_at)
    elsewhere = ShippedElsewhere(shipped_at, moves_stock)
    shipment = ship_order(ctx, order, contents, elsewhere)
    if moves_stock:
        units = sum(line.quantity for package in shipment.packages for line in package.lines)
        set_note(ctx, row, "shipped_elsewhere", units=units, number=order.number)
    return True


def _is_known(ctx: Context, row: ChannelOrder, order: Order, package: ListedPackage) -> bool:
    if is_ours(ctx, row, package):
        return True
    recorded = (
        select(Package.id)
        .join(Shipment)
        .where(Shipment.order_id == order.id, Package.external_id == package.external_id)
    )
    return ctx.session.scalar(recorded) is not None


def _contents(
    ctx: Context, row: ChannelOrder, order: Order, package: ListedPackage
) -> PackageContents | None:
    """The package's units, as many as the order has left of each line."""
    lines = {line.external_id: line for line in order.lines}
    units: dict[int, int] = {}
    for external_id, quantity in package.lines:
        line = lines.get(external_id)
        if line is None:
            continue
        taken = min(quantity, line.left_to_ship)
        if taken < quantity:
            _report_too_many(ctx, row, order, line)
        if taken:
            units[line.id] = taken
    if not units:
        return None
    return PackageContents(
        carrier=package.carrier,
        tracking_number=package.tracking_number,
        units=units,
        shipping_method=package.shipping_method,
        external_id=package.external_id,
    )


def _remainder(
    ctx: Context,
    row: ChannelOrder,
    order: Order,
    listed: ListedOrder,
    packages: list[PackageContents],
) -> list[PackageContents]:
    """Units that the channel counts as shipped and that no package accounts for, as one more."""
    listed_lines = {line.external_id: line for line in listed.lines}
    units: dict[int, int] = {}
    for line in order.lines:
        theirs = listed_lines.get(line.external_id or "")
        if theirs is None:
            continue
        fulfilled = theirs.quantity if listed.status == SHIPPED else theirs.quantity_shipped
        packed = sum((contents.units or {}).get(line.id, 0) for contents in packages)
        known = _units_known(ctx, line) + packed
        missing = min(fulfilled - known, line.left_to_ship - packed)
        if missing > 0:
            units[line.id] = missing
    return [PackageContents(carrier=None, tracking_number=None, units=units)] if units else []


def _units_known(ctx: Context, line: OrderLine) -> int:
    """Units of a line that the channel shipped, or that it may know of from our confirmations."""
    by_channel = (
        select(func.sum(PackageLine.quantity))
        .join(Package)
        .join(Shipment)
        .where(PackageLine.order_line_id == line.id, Shipment.origin == CHANNEL)
    )
    confirmed = (
        select(func.sum(PackageLine.quantity))
        .join(Confirmation, Confirmation.package_id == PackageLine.package_id)
        .where(PackageLine.order_line_id == line.id, Confirmation.sent_at.is_not(None))
    )
    return int(ctx.session.scalar(by_channel) or 0) + int(ctx.session.scalar(confirmed) or 0)


def _report_too_many(ctx: Context, row: ChannelOrder, order: Order, line: OrderLine) -> None:
    set_note(ctx, row, "too_many_shipped", sku=line.sku)
    raise_problem(
        ctx,
        TOO_MANY_SHIPPED,
        order.number,
        row.subject,
        f"The channel reports more units of {line.sku} shipped than order {order.number} has left.",
        number=order.number,
        sku=line.sku,
    )
