"""What comes back from consumers, booked: shipments, stock, cancellations, refunds; each key once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.commerce.catalog import get_product
from core.commerce.orders import Order, cancel_order, get_order, lock_order
from core.commerce.refunds import Wanted, refund_order, refundable_by_line
from core.commerce.shipments import PackageContents, ship_order, units_by_sku
from core.commerce.stock_reports import StockReport, report_stock
from core.context import Context
from core.errors import Busy, InvalidValue, Refused, shorten
from core.money import Money
from plugins.erp_bridge.models import Booking, Consumer
from plugins.erp_bridge.outlets import (
    CanceledBack,
    RefundedBack,
    Returned,
    ShippedBack,
    StockBack,
    Verdict,
)

KEY_LENGTH = 255


def take_back(ctx: Context, consumer: Consumer, returned: Returned) -> Verdict:
    """Book one thing that came back; a refusal undoes all of it, says why, and leaves the rest alone.

    A key that this consumer has used is booked already, and nothing happens: the verdict says since when;
    with other contents it is refused. What was refused can come again under its key. What only failed for
    now is raised: Busy, TemporarilyUnavailable, PluginFailed.
    """
    booked_before = None
    try:
        with ctx.session.begin_nested():
            booked_before = _claim(ctx, consumer, returned)
            if booked_before is None:
                _book(ctx, consumer, returned)
    except Busy:
        raise
    except Refused as error:
        return Verdict(returned.key, str(error))
    return Verdict(returned.key, None, booked_before)


def is_booked(session: Session, consumer_id: int, key: str) -> bool:
    """Whether something of this key came back already and was booked."""
    found = select(Booking.id).where(Booking.consumer_id == consumer_id, Booking.key == key)
    return session.scalar(found) is not None


def _claim(ctx: Context, consumer: Consumer, returned: Returned) -> datetime | None:
    """None if this key is new, else when it was booked; of two at a time one waits for the other's end."""
    key = returned.key
    if not 0 < len(key) <= KEY_LENGTH or not key.isprintable():
        raise InvalidValue(f"the key of what comes back has 1 to {KEY_LENGTH} printable characters")
    digest = _digest(returned)
    values = {
        "consumer_id": consumer.id, "key": key, "digest": digest, "booked_at": ctx.clock.now(),
    }  # fmt: skip
    dialect = postgresql if ctx.session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(Booking).values(values).on_conflict_do_nothing().returning(Booking.id)
    if ctx.session.scalar(insert) is not None:
        return None
    known = select(Booking).where(Booking.consumer_id == consumer.id, Booking.key == key)
    booking = ctx.session.scalars(known).one()
    if booking.digest != digest:
        raise InvalidValue(
            f"the key {shorten(key)!r} was booked before with other contents: take a new key"
        )
    return booking.booked_at


def _digest(returned: Returned) -> str:
    """Of all that is booked, so that another thing under the same key is told apart."""
    return sha256(f"{type(returned).__name__} {_plain(asdict(returned))!r}".encode()).hexdigest()


def _plain(value: Any) -> Any:
    """The same for what means the same: 5.0 and 5.00, a list and a tuple, keys in any order."""
    if isinstance(value, Mapping):
        return [(name, _plain(value[name])) for name in sorted(value)]
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if value is None or isinstance(value, int) else str(value)


def _book(ctx: Context, consumer: Consumer, returned: Returned) -> None:
    match returned:
        case ShippedBack():
            _ship(ctx, returned)
        case StockBack():
            _stock(ctx, consumer, returned)
        case CanceledBack():
            cancel_order(ctx, get_order(ctx.session, returned.order_number), returned.reason)
        case RefundedBack():
            order = _locked(ctx, returned.order_number)
            refund_order(ctx, order, _wanted(ctx, order, returned), returned.reason)
    ctx.session.flush()


def _ship(ctx: Context, shipped: ShippedBack) -> None:
    order = _locked(ctx, shipped.order_number)
    taken: dict[int, int] = {}
    contents = []
    for package in shipped.packages:
        units = None
        if package.lines is not None:
            units = units_by_sku(order, [(line.sku, line.quantity) for line in package.lines], taken)
            for line_id, quantity in units.items():
                taken[line_id] = taken.get(line_id, 0) + quantity
        contents.append(PackageContents(package.carrier, package.tracking_number, units))
    ship_order(ctx, order, contents)


def _stock(ctx: Context, consumer: Consumer, back: StockBack) -> None:
    report = StockReport(back.on_hand, back.change, back.location, back.as_of)
    reason = "counted" if back.change is None else "changed"
    report_stock(ctx, get_product(ctx.session, back.sku), report, reason, f"consumer:{consumer.name}")


def _wanted(ctx: Context, order: Order, refunded: RefundedBack) -> Wanted:
    """What to give back: one amount of the whole order, amounts by SKU over its lines, or all that is left.

    More than is left of a SKU stays with its last line, whose check then says how much there is.
    """
    if refunded.amount is not None and refunded.amounts:
        raise InvalidValue("a refund is either one amount of the whole order or amounts by SKU, not both")
    if refunded.amount is not None:
        return Money(refunded.amount, order.currency)
    if not refunded.amounts:
        return None
    left = refundable_by_line(ctx.session, order)
    wanted: dict[int, Money] = {}
    for sku, amount in refunded.amounts.items():
        lines = [line for line in order.lines if line.sku == sku]
        if not lines:
            raise InvalidValue(f"order {order.number} has no {shorten(sku)!r} to refund")
        missing = amount
        for line in lines:
            is_last = line is lines[-1]
            part = missing if is_last else min(missing, left[line.id].amount)
            if part or (is_last and missing == amount):
                wanted[line.id] = Money(part, order.currency)
            missing -= part
    return wanted


def _locked(ctx: Context, number: str) -> Order:
    return lock_order(ctx.session, get_order(ctx.session, number).id)
