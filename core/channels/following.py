"""Following the channel: what changes there after the order was created here."""

from __future__ import annotations

from dataclasses import asdict

from core.channels.channel_orders import ChannelOrder, set_note
from core.channels.channel_requests import find_cancel_request, settle_request
from core.channels.listing import CANCELED, ListedOrder
from core.channels.reconciling import update_charges
from core.channels.shipped_elsewhere import record_packages
from core.channels.trace import add_trace
from core.commerce import statuses
from core.commerce.addresses import Address
from core.commerce.inventory import release_reservation
from core.commerce.orders import (
    CANCEL_REQUESTED,
    Order,
    OrderAddress,
    OrderLine,
    cancel_units,
    check_address,
    hold_for_buyer,
    index_buyer,
    lock_order,
    record_cancellation,
)
from core.context import Context
from core.problems import raise_problem, resolve_problems

#: Why the core cancels what the channel has canceled.
CHANNEL_CANCELED = "channel_canceled"
CANCELED_AFTER_SHIPPING = "canceled_after_shipping"
CANCELED_HERE = "canceled_here"
LINE_MISSING = "line_missing"
LINE_ADDED = "line_added"
ADDRESS_CHANGED_LATE = "address_changed_late"


def follow_order(ctx: Context, row: ChannelOrder, order: Order, listed: ListedOrder) -> bool:
    """Bring an order up to what the channel says of it now; whether anything changed."""
    order = lock_order(ctx.session, order.id)
    if row.status == CANCELED:
        return follow_cancellation(ctx, row, order)
    changed = record_packages(ctx, row, order, listed, moves_stock=True)
    changed |= heed_buyer(ctx, row, order, listed)
    changed |= _cancel_missing_units(ctx, row, order, listed)
    _look_for_added_units(ctx, row, order, listed)
    if not _lines_are_missing(ctx, row, order, listed):
        changed |= update_charges(ctx, row, order, listed)
    changed |= _fill_in_details(ctx, row, order, listed)
    check_address(ctx, order)
    return changed


def heed_buyer(ctx: Context, row: ChannelOrder, order: Order, listed: ListedOrder) -> bool:
    """The buyer asks to cancel: hold the order before it is packed; whether it was held now."""
    if order.status == statuses.COMPLETE:
        resolve_problems(ctx, order.subject, [CANCEL_REQUESTED])
    if not listed.cancel_requested:
        return False
    add_trace(ctx, row.trace_key, "cancel_requested")
    if not hold_for_buyer(ctx, order):
        return False
    set_note(ctx, row, "held_for_buyer", number=order.number)
    raise_problem(
        ctx,
        CANCEL_REQUESTED,
        order.number,
        order.subject,
        f"The buyer asks to cancel order {order.number}, which is held: cancel it, or release and ship it.",
        number=order.number,
    )
    return True


def follow_cancellation(ctx: Context, row: ChannelOrder, order: Order) -> bool:
    """The channel has canceled the order, by itself or as it was asked to; whether anything changed."""
    resolve_problems(ctx, row.subject, [CANCELED_HERE])
    resolve_problems(ctx, order.subject, [LINE_MISSING, LINE_ADDED])
    asked = find_cancel_request(ctx.session, row.id)
    reason = CHANNEL_CANCELED
    if asked is not None and asked.is_open:
        settle_request(ctx, asked)
        reason = asked.reason
        set_note(ctx, row, "cancel_done", reason=reason)
    if order.status in (statuses.CANCELED, statuses.CLOSED):
        return False
    if not order.has_shipped and order.status != statuses.COMPLETE:
        record_cancellation(ctx, order, reason)
        if reason == CHANNEL_CANCELED:
            set_note(ctx, row, "canceled_by_channel", number=order.number)
        return True
    release_reservation(ctx, order.holder, "channel canceled")
    set_note(ctx, row, CANCELED_AFTER_SHIPPING, f"status = {row.status}", number=order.number)
    raise_problem(
        ctx,
        CANCELED_AFTER_SHIPPING,
        order.number,
        order.subject,
        f"The channel canceled order {order.number}, but part of it has left.",
        number=order.number,
    )
    return True


def _cancel_missing_units(ctx: Context, row: ChannelOrder, order: Order, listed: ListedOrder) -> bool:
    theirs = {line.external_id: line.quantity for line in listed.lines}
    changed = has_too_many = False
    for line in order.lines:
        ordered = theirs.get(line.external_id or "")
        if ordered is None:
            continue
        missing = line.quantity - line.quantity_canceled - ordered
        has_too_many |= missing > line.left_to_ship
        if missing > 0:
            changed |= _cancel_units(ctx, row, line, missing)
    if not has_too_many:
        resolve_problems(ctx, order.subject, [CANCELED_AFTER_SHIPPING])
    return changed


def _lines_are_missing(ctx: Context, row: ChannelOrder, order: Order, listed: ListedOrder) -> bool:
    """A line that the channel leaves out is neither canceled nor shipped: a person has to look."""
    told = {line.external_id for line in listed.lines}
    missing = sorted(line.sku for line in order.lines if line.external_id and line.external_id not in told)
    if not missing:
        resolve_problems(ctx, order.subject, [LINE_MISSING])
        return False
    add_trace(ctx, row.trace_key, LINE_MISSING, skus=", ".join(missing))
    raise_problem(
        ctx,
        LINE_MISSING,
        order.number,
        order.subject,
        f"The channel no longer tells of {', '.join(missing)} in order {order.number}: look at both.",
        number=order.number,
    )
    return True


def _look_for_added_units(ctx: Context, row: ChannelOrder, order: Order, listed: ListedOrder) -> None:
    """An order that was created takes no more units: a person has to see to what the channel adds."""
    known = {line.external_id: line.quantity - line.quantity_canceled for line in order.lines}
    more = [(line, line.quantity - known.get(line.external_id, 0)) for line in listed.lines]
    added = [f"{(line.sku or line.external_id)[:80]} ({units})" for line, units in more if units > 0]
    if not added or order.status in (statuses.CANCELED, statuses.CLOSED):
        resolve_problems(ctx, order.subject, [LINE_ADDED])
        return
    what = ", ".join(sorted(added))
    cause = f"{order.number}: {what}"[:200]
    resolve_problems(ctx, order.subject, [LINE_ADDED], but_cause=cause)
    set_note(ctx, row, LINE_ADDED, what=what, number=order.number)
    raise_problem(
        ctx,
        LINE_ADDED,
        cause,
        order.subject,
        f"The channel added {what} after order {order.number} was created, which does not hold it: ship "
        "it by hand, or cancel it at the channel.",
        number=order.number,
        what=what,
    )


def _cancel_units(ctx: Context, row: ChannelOrder, line: OrderLine, units: int) -> bool:
    possible = min(units, line.left_to_ship)
    if possible:
        cancel_units(ctx, line, possible, CHANNEL_CANCELED)
        set_note(ctx, row, "units_canceled", units=possible, sku=line.sku)
    if possible < units:
        left_over = units - possible
        set_note(ctx, row, "too_many_canceled", units=left_over, sku=line.sku)
        raise_problem(
            ctx,
            CANCELED_AFTER_SHIPPING,
            line.order.number,
            line.order.subject,
            f"The channel canceled {line.sku} of order {line.order.number} (units: {left_over}), "
            "which has left already.",
            number=line.order.number,
        )
    return bool(possible)


def _fill_in_details(ctx: Context, row: ChannelOrder, order: Order, listed: ListedOrder) -> bool:
    """Add buyer's name, email and address where they were missing; what is there stays."""
    changed = False
    if listed.buyer.name and not order.buyer_name:
        order.buyer_name = listed.buyer.name
        index_buyer(ctx, order)
        changed = True
    if listed.buyer.email and order.email_is_placeholder:
        order.buyer_email = order.buyer_email_index = listed.buyer.email
        order.email_is_placeholder = False
        changed = True
    if listed.address is not None:
        changed |= _take_address(ctx, row, order, listed.address)
    if changed:
        add_trace(ctx, row.trace_key, "details_added")
        ctx.session.flush()
    return changed


def _take_address(ctx: Context, row: ChannelOrder, order: Order, address: Address) -> bool:
    """Add what was missing to the same address; take a different one whole, if nothing has left yet.

    One without a street tells less than what is known, and never takes its place.
    """
    known = next((entry for entry in order.addresses if entry.kind == "shipping"), None)
    if known is None:
        order.addresses.append(OrderAddress(kind="shipping", **asdict(address)))
        return True
    before = known.to_address()
    told = {name: value for name, value in asdict(address).items() if value}
    differs = any(_plain(getattr(before, name)) not in ("", _plain(value)) for name, value in told.items())
    if differs and address.line1 is None:
        return False
    _note_late_address(ctx, row, order, differs=differs)
    if differs and order.has_shipped:
        return False
    if differs:
        add_trace(ctx, row.trace_key, "address_changed")
    missing = {name: value for name, value in told.items() if not getattr(before, name)}
    for name, value in (asdict(address) if differs else missing).items():
        setattr(known, name, value)
    return before != known.to_address()


def _plain(text: str | None) -> str:
    """What a field of an address says, however it is written."""
    return " ".join((text or "").casefold().split())


def _note_late_address(ctx: Context, row: ChannelOrder, order: Order, *, differs: bool) -> None:
    """Part of the order has left, so its address stays: a person has to look before the rest does."""
    if differs and order.has_shipped:
        add_trace(ctx, row.trace_key, ADDRESS_CHANGED_LATE)
    if not (differs and order.has_shipped and order.left_to_ship):
        resolve_problems(ctx, order.subject, [ADDRESS_CHANGED_LATE])
        return
    raise_problem(
        ctx,
        ADDRESS_CHANGED_LATE,
        order.number,
        order.subject,
        f"The channel changed the address of order {order.number} after part of it had left: look at both "
        "before the rest is shipped.",
        number=order.number,
    )
