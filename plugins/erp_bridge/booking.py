"""What comes back from consumers, booked: shipments, stock, cancellations, refunds; each key once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.commerce.orders import Order, cancel_order, get_order, lock_order
from core.commerce.refunds import Wanted, refund_order, refundable_by_line
from core.commerce.shipments import PackageContents, ship_order, units_by_sku
from core.commerce.stock_reports import StockReport, report_stock, report_stocks
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


def is_key(key: str) -> bool:
    """Whether anything can be known by this key."""
    return 0 < len(key) <= KEY_LENGTH and key.isprintable()


def take_back(ctx: Context, consumer: Consumer, returned: Returned) -> Verdict:
    """Book one thing that came back; a refusal undoes all of it, says why, and leaves the rest alone.

    A key that this consumer has used is booked already, and nothing happens: the verdict says since when;
    with other contents it is refused. What was refused can come again under its key. What only failed for
    now is raised: Busy, TemporarilyUnavailable, PluginFailed.
    """
    try:
        with ctx.session.begin_nested():
            known = _claim(ctx, consumer, [returned])
            if not known:
                _book(ctx, consumer, returned)
    except Busy:
        raise
    except Refused as error:
        return Verdict(returned.key, str(error))
    return known.get(returned.key, Verdict(returned.key))


def take_back_stock(ctx: Context, consumer: Consumer, several: Sequence[StockBack]) -> list[Verdict]:
    """The same for stock of many products, each with a key of its own, in a handful of statements."""
    verdicts = _claim(ctx, consumer, several)
    fresh = [back for back in several if back.key not in verdicts]
    answers = report_stocks(ctx, [_report_of(back) for back in fresh], f"consumer:{consumer.name}")
    for back, refused in zip(fresh, answers, strict=True):
        verdicts[back.key] = Verdict(back.key, None if refused is None else str(refused))
    _forget(ctx, consumer, [back.key for back in fresh if verdicts[back.key].error is not None])
    return [verdicts[back.key] for back in several]


def _claim(ctx: Context, consumer: Consumer, several: Sequence[Returned]) -> dict[str, Verdict]:
    """Take these keys for what is to be booked; gives verdicts for those that need no booking, by key.

    Of two processes that claim the same one at a time one waits for the other's end.
    """
    problem = f"the key of what comes back has 1 to {KEY_LENGTH} printable characters"
    verdicts = {one.key: Verdict(one.key, problem) for one in several if not is_key(one.key)}
    digests = {one.key: _digest(one) for one in several if one.key not in verdicts}
    known = _bookings(ctx.session, consumer, digests)
    fresh = sorted(digests.keys() - known.keys())
    claimed = _insert(ctx, consumer, {key: digests[key] for key in fresh})
    known |= _bookings(ctx.session, consumer, set(fresh) - claimed)  # of somebody who was faster
    for key, booking in known.items():
        is_same = booking.digest == digests[key]
        why = f"the key {shorten(key)!r} was booked before with other contents: take a new key"
        verdicts[key] = Verdict(key, None, booking.booked_at) if is_same else Verdict(key, why)
    return verdicts


def _bookings(session: Session, consumer: Consumer, keys: Collection[str]) -> dict[str, Booking]:
    """What was booked under these keys."""
    if not keys:
        return {}
    found = select(Booking).where(Booking.consumer_id == consumer.id, Booking.key.in_(sorted(keys)))
    return {booking.key: booking for booking in session.scalars(found)}


def _insert(ctx: Context, consumer: Consumer, digests: Mapping[str, str]) -> set[str]:
    """Claim keys; those that nobody else has."""
    if not digests:
        return set()
    same = {"consumer_id": consumer.id, "booked_at": ctx.clock.now()}
    dialect = postgresql if ctx.session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Booking).on_conflict_do_nothing().returning(Booking.key)
    rows = [{"key": key, "digest": digest} | same for key, digest in digests.items()]
    return set(ctx.session.connection().execute(statement, rows).scalars())


def _forget(ctx: Context, consumer: Consumer, keys: Sequence[str]) -> None:
    """What was claimed for these was not booked."""
    if keys:
        mine = delete(Booking).where(Booking.consumer_id == consumer.id, Booking.key.in_(keys))
        ctx.session.execute(mine.execution_options(synchronize_session=False))


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
            report_stock(ctx, _report_of(returned), f"consumer:{consumer.name}")
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


def _report_of(back: StockBack) -> StockReport:
    reason = "counted" if back.change is None else "changed"
    return StockReport(back.sku, reason, back.on_hand, back.change, back.location, back.as_of)


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
