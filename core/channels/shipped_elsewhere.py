"""What the channel reports as shipped and we did not ship: recorded, never confirmed back."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from core.channels.channel_orders import ChannelOrder, set_note
from core.channels.confirmations import is_ours, settle_found
from core.channels.listing import (
    MAX_EXTERNAL_ID,
    MAX_TRACKING_NUMBER,
    MAX_WORDS,
    PARTIALLY_SHIPPED,
    SHIPPED,
    ListedOrder,
    ListedPackage,
)
from core.commerce.orders import Order, OrderLine
from core.commerce.shipments import (
    CHANNEL,
    OURS,
    Package,
    PackageContents,
    PackageLine,
    Shipment,
    ShippedElsewhere,
    ship_order,
)
from core.context import Context
from core.problems import raise_problem, resolve_problems

TOO_MANY_SHIPPED = "too_many_shipped"


def record_packages(
    ctx: Context, row: ChannelOrder, order: Order, listed: ListedOrder, *, moves_stock: bool
) -> bool:
    """Make shipments of the channel's own packages, else of its fulfilled quantities; whether any.

    Packages of ours that come back are left out, and of the fulfilled quantities so many units as have
    left here: should the channel not have known those, then it counts more once they are confirmed.
    """
    if listed.status not in (PARTIALLY_SHIPPED, SHIPPED):
        return False
    there = [package for package in listed.packages if not package.is_canceled]
    ours = [package for package in there if is_ours(ctx, row, package)]
    theirs = [package for package in there if package not in ours]
    exceeded = _lines_exceeded(ctx, order, theirs)
    if not exceeded:
        resolve_problems(ctx, order.subject, [TOO_MANY_SHIPPED])
    settle_found(ctx, row, ours)
    packages = []
    for package in theirs:
        if not _is_recorded(ctx, order, package) and not _name_late(ctx, order, package):
            packages.append(package)
    told = {external_id for package in packages for external_id, _quantity in package.lines}
    for line in exceeded:
        if line.external_id in told:
            _report_too_many(ctx, row, order, line)
    left = {line.id: line.left_to_ship for line in order.lines}
    contents = [made for package in packages if (made := _contents(order, package, left))]
    contents += _remainder(order, listed, left)
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


def _lines_exceeded(ctx: Context, order: Order, theirs: list[ListedPackage]) -> list[OrderLine]:
    """Lines of which the channel's packages and ours hold more than is to be shipped at all."""
    packed: Counter[str] = Counter()
    for package in theirs:
        for external_id, quantity in package.lines:
            packed[external_id] += quantity
    left_here = (
        select(PackageLine.order_line_id, func.sum(PackageLine.quantity))
        .join(Package, Package.id == PackageLine.package_id)
        .join(Shipment)
        .where(Shipment.order_id == order.id, Shipment.origin == OURS)
        .group_by(PackageLine.order_line_id)
    )
    ours = {line_id: int(units) for line_id, units in ctx.session.execute(left_here)}
    return [
        line
        for line in order.lines
        if packed[line.external_id or ""] + ours.get(line.id, 0) > line.quantity - line.quantity_canceled
    ]


def _is_recorded(ctx: Context, order: Order, package: ListedPackage) -> bool:
    recorded = (
        select(Package.id)
        .join(Shipment)
        .where(
            Shipment.order_id == order.id, Package.external_id == _cut(package.external_id, MAX_EXTERNAL_ID)
        )
    )
    return ctx.session.scalar(recorded) is not None


def _unnamed(ctx: Context, order: Order) -> list[Package]:
    """What was recorded of the channel's fulfilled quantities, before it told of the packages."""
    unnamed = (
        select(Package)
        .join(Shipment)
        .where(
            Shipment.order_id == order.id,
            Shipment.origin == CHANNEL,
            Package.external_id.is_(None),
            Package.tracking_number.is_(None),
        )
        .order_by(Package.id)
    )
    return list(ctx.session.scalars(unnamed))


def _name_late(ctx: Context, order: Order, package: ListedPackage) -> bool:
    """Whether a package is told of after its units: then those get its number, and nothing else left."""
    for known in _unnamed(ctx, order):
        units = Counter({packed.order_line.external_id: packed.quantity for packed in known.lines})
        told: Counter[str | None] = Counter()
        for external_id, quantity in package.lines:
            told[external_id] += quantity
        if units == told:
            known.carrier = _cut(package.carrier, MAX_WORDS)
            known.tracking_number = _cut(package.tracking_number, MAX_TRACKING_NUMBER)
            known.shipping_method = _cut(package.shipping_method, MAX_WORDS)
            known.external_id = _cut(package.external_id, MAX_EXTERNAL_ID)
            ctx.session.flush()
            return True
    return False


def _contents(order: Order, package: ListedPackage, left: dict[int, int]) -> PackageContents | None:
    """The package's units, as many as are left of each line; they are taken from `left`."""
    lines = {line.external_id: line for line in order.lines}
    units: dict[int, int] = {}
    for external_id, quantity in package.lines:
        line = lines.get(external_id)
        if line is None:
            continue
        taken = min(quantity, left[line.id])
        if taken:
            units[line.id] = units.get(line.id, 0) + taken
            left[line.id] -= taken
    if not units:
        return None
    return PackageContents(
        carrier=_cut(package.carrier, MAX_WORDS),
        tracking_number=_cut(package.tracking_number, MAX_TRACKING_NUMBER),
        units=units,
        shipping_method=_cut(package.shipping_method, MAX_WORDS),
        external_id=_cut(package.external_id, MAX_EXTERNAL_ID),
    )


def _cut(text: str | None, longest: int) -> str | None:
    return text[:longest] if text else None


def _remainder(order: Order, listed: ListedOrder, left: dict[int, int]) -> list[PackageContents]:
    """Units that the channel counts as shipped and that no package accounts for, as one more."""
    listed_lines = {line.external_id: line for line in listed.lines}
    units: dict[int, int] = {}
    for line in order.lines:
        theirs = listed_lines.get(line.external_id or "")
        if theirs is None:
            continue
        fulfilled = theirs.quantity if listed.status == SHIPPED else theirs.quantity_shipped
        packed_now = line.left_to_ship - left[line.id]
        missing = min(fulfilled - line.quantity_shipped - packed_now, left[line.id])
        if missing > 0:
            units[line.id] = missing
    return [PackageContents(carrier=None, tracking_number=None, units=units)] if units else []


def _report_too_many(ctx: Context, row: ChannelOrder, order: Order, line: OrderLine) -> None:
    set_note(ctx, row, "too_many_shipped", sku=line.sku)
    raise_problem(
        ctx,
        TOO_MANY_SHIPPED,
        order.number,
        order.subject,
        f"The channel reports more units of {line.sku} shipped than order {order.number} has left.",
        number=order.number,
        sku=line.sku,
    )
