"""The first transaction of an import: what the channel says is stored, before anything is decided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from core.channels.accounts import Account, channel_now
from core.channels.channel_orders import (
    ChannelOrder,
    count_as_new,
    find_channel_order,
    has_rank,
    set_note,
    take_status,
)
from core.channels.listing import (
    CANCELED,
    KNOWN_STATUSES,
    MAX_EXTERNAL_ID,
    MAX_MARKETPLACE,
    MAX_STATUS,
    MERCHANT,
    SHIPPED,
    UNFULFILLABLE,
    UNKNOWN,
    UNREADABLE,
    ListedOrder,
)
from core.channels.trace import add_trace
from core.channels.unreadable import note_unreadable
from core.context import Context
from core.errors import InvalidValue
from core.problems import raise_problem, resolve_problems

UNKNOWN_STATUS = "unknown_status"
#: Further ahead of the channel's clock no moment is believed, and by so much a reading may be behind it.
_CLOCKS_DIFFER, _LATE = timedelta(minutes=1), timedelta(minutes=2)


@dataclass(frozen=True)
class Stored:
    """`channel_order_id` is None where nothing is kept of the order but its trace.

    is_left_aside   nothing of this reading was taken over: it is older, or nothing can be made of it
    """

    channel_order_id: int | None
    is_new: bool = False
    is_left_aside: bool = False


def store_listed_order(ctx: Context, account: Account, listed: ListedOrder) -> Stored:
    """Store what the channel says of one order. Storing the same twice changes nothing.

    A reading older than what is stored is left aside; one that says it is of the future counts as of now,
    so that it does not stand in the way of those that follow. Orders that the channel ships itself are
    kept from `Shipped` on, those that were not sold here never; both leave a trace.
    """
    found = find_channel_order(ctx.session, account.id, listed.external_id, lock=True)
    _check_lengths(listed)
    if found is None or _was_not_known(found):
        reason = _why_not_kept(account, listed)
        if reason:
            key = (account.id, listed.external_id)
            decided_by = f"status = {listed.status}" if listed.is_sold_here else "where it was sold"
            add_trace(ctx, key, reason, decided_by, status=listed.status, marketplace=listed.marketplace)
            if found is not None:
                resolve_problems(ctx, found.subject)
                ctx.session.delete(found)
            return Stored(None)
    if found is None:
        return _store_new(ctx, account, listed)
    listed = _of_now(ctx, account, listed, found.updated_at)
    if listed.updated_at < found.updated_at:
        add_trace(ctx, found.trace_key, "stale", status=listed.status)
        return Stored(found.id, is_left_aside=True)
    if listed.unreadable is not None:
        note_unreadable(ctx, account.id, listed.external_id, listed.unreadable)
        if found.order_id is not None:  # what the order was made of is not given up for less
            return Stored(found.id, is_left_aside=True)
    _update(ctx, found, listed)
    return Stored(found.id)


def _was_not_known(row: ChannelOrder) -> bool:
    """Whether it was kept although it was not told who ships it, or how it stands."""
    return row.order_id is None and (row.fulfilled_by == UNKNOWN or row.status == UNREADABLE)


def _check_lengths(listed: ListedOrder) -> None:
    """What identifies an order is never cut off: what cannot be kept whole is not kept."""
    for value, what, longest in (
        (listed.external_id, "number", MAX_EXTERNAL_ID),
        (listed.status, "status", MAX_STATUS),
        (listed.marketplace, "marketplace", MAX_MARKETPLACE),
    ):
        if len(value) > longest:
            raise InvalidValue(f"its {what} has more than {longest} characters")


def _why_not_kept(account: Account, listed: ListedOrder) -> str | None:
    if listed.is_sold_here and listed.marketplace not in {row.marketplace for row in account.marketplaces}:
        return "other_marketplace"
    if not listed.is_sold_here:
        return "not_sold_here"
    if listed.fulfilled_by in (MERCHANT, UNKNOWN) or listed.status in (SHIPPED, UNREADABLE):
        return None
    return "never_shipped" if listed.status in (CANCELED, UNFULFILLABLE) else "channel_ships_later"


def _of_now(
    ctx: Context, account: Account, listed: ListedOrder, known: datetime | None = None
) -> ListedOrder:
    """The same, not changed later than the channel's clock allows, nor earlier than what is known."""
    now = channel_now(ctx, account)
    if listed.updated_at <= now + _CLOCKS_DIFFER:
        return listed
    return replace(listed, updated_at=max(now - _LATE, known or now - _LATE))


def _store_new(ctx: Context, account: Account, listed: ListedOrder) -> Stored:
    row = ChannelOrder(
        account_id=account.id,
        external_id=listed.external_id,
        status=listed.status,
        reached=listed.status if has_rank(listed.status) else None,
        fulfilled_by=listed.fulfilled_by,
        placed_at=listed.placed_at,
        counts_as_new=count_as_new(ctx.session, account, listed),
        is_due=True,
        stored_at=ctx.clock.now(),
    )
    _copy(row, _of_now(ctx, account, listed))
    try:
        with ctx.session.begin_nested():
            ctx.session.add(row)
    except IntegrityError:  # another process has stored it since we looked
        return store_listed_order(ctx, account, listed)
    if listed.unreadable is not None:
        note_unreadable(ctx, account.id, listed.external_id, listed.unreadable)
    shipper = "merchant" if listed.fulfilled_by == MERCHANT else "the channel"
    add_trace(ctx, row.trace_key, "arrived", status=listed.status, fulfilled_by=shipper)
    _look_at_status(ctx, row)
    return Stored(row.id, is_new=True)


def _update(ctx: Context, row: ChannelOrder, listed: ListedOrder) -> None:
    changed = listed.updated_at > row.updated_at or listed.status != row.status
    unshipped = row.units_unshipped
    _copy(row, listed)
    if row.fulfilled_by == UNKNOWN:
        row.fulfilled_by = listed.fulfilled_by
    if listed.status != UNREADABLE:
        take_status(ctx, row, listed.status)
    if row.status != listed.status:
        row.units_unshipped = min(unshipped, row.units_unshipped)
    row.is_due = row.is_due or changed
    _look_at_status(ctx, row)
    ctx.session.flush()


def _copy(row: ChannelOrder, listed: ListedOrder) -> None:
    row.marketplace = listed.marketplace
    row.updated_at = listed.updated_at
    row.ship_by = listed.ship_by
    row.buyer_name = listed.buyer.name
    row.payload = dict(listed.payload)
    row.units_unshipped = (
        0
        if listed.status in (SHIPPED, CANCELED)
        else sum(max(line.quantity - line.quantity_shipped, 0) for line in listed.lines)
    )
    if listed.grand_total is not None:
        row.total, row.currency = listed.grand_total.amount, listed.grand_total.currency


def _look_at_status(ctx: Context, row: ChannelOrder) -> None:
    """A status that is not known is kept, changes nothing and is a problem until the next one."""
    if row.status in (*KNOWN_STATUSES, UNREADABLE):
        resolve_problems(ctx, row.subject, [UNKNOWN_STATUS])
        if row.note_code == UNKNOWN_STATUS:
            row.note_code = row.note_data = None
        return
    resolve_problems(ctx, row.subject, [UNKNOWN_STATUS])
    set_note(ctx, row, UNKNOWN_STATUS, f"status = {row.status}", status=row.status)
    raise_problem(
        ctx,
        UNKNOWN_STATUS,
        row.status,
        row.subject,
        f"The order {row.external_id} has the status {row.status}, which is not known here.",
        external_id=row.external_id,
        status=row.status,
    )
