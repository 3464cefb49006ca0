"""Connecting an account: proof that it works, the channel's clock, and what was pending at that moment."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError

from core.channels.accounts import Account, channel_now
from core.channels.calling import ACTOR, Caller
from core.channels.channel_orders import SeenPending
from core.channels.credentials import note_lifetimes
from core.channels.cursors import close_cursor, open_cursor
from core.channels.listing import PENDING, PENDING_AVAILABILITY, ListedOrder, Page, Query
from core.channels.order_settings import EARLIEST
from core.channels.registration import Connection, Registry
from core.channels.storing import store_listed_order
from core.channels.unreadable import note_unreadable
from core.channels.windows import note_marketplace_failing
from core.context import Context, Transactions
from core.errors import (
    AccessDenied,
    EntrepotError,
    QuotaExhausted,
    RejectedByChannel,
    TemporarilyUnavailable,
)


def connect_account(transactions: Transactions, registry: Registry, account_id: int) -> None:
    """Prove that an account works, and note when it was connected and which orders were pending then.

    Does nothing for one that is connected. Raises AccessDenied, TemporarilyUnavailable, …: whatever
    stands in the way, which is the account's last error until the next poll has tried again.
    """
    with transactions.writing(ACTOR) as ctx:
        account = ctx.session.get_one(Account, account_id)
        channel = registry.get_channel(account.channel)
        note_lifetimes(ctx, channel, account)
    try:
        note_connection(transactions, Caller(transactions, channel, account_id), account_id)
    except QuotaExhausted:
        raise
    except EntrepotError as error:
        with transactions.writing(ACTOR) as ctx:
            ctx.session.get_one(Account, account_id).last_error = str(error)
        raise


def check_account(transactions: Transactions, registry: Registry, account_id: int) -> datetime:
    """Prove that an account's credentials work; what time it is for the channel."""
    with transactions.reading() as ctx:
        channel = registry.get_channel(ctx.session.get_one(Account, account_id).channel)
    return Caller(transactions, channel, account_id).call("get_order", lambda there: there.read_clock())


def note_connection(transactions: Transactions, caller: Caller, account_id: int) -> None:
    """List what is pending: it counts as new, and the answer tells the channel's time.

    A marketplace that refuses does not keep the others from being connected: it is set apart and asked
    again before it is read. Raises what stands in the way of all of them. Does nothing once one has
    answered.
    """
    with transactions.reading() as ctx:
        rows = ctx.session.get_one(Account, account_id).marketplaces
        marketplaces = [row.marketplace for row in rows]
        if any(row.pending_seen_at for row in rows):
            return
    try:
        note_pending(transactions, caller, account_id, marketplaces)
    except QuotaExhausted:
        raise
    except (AccessDenied, RejectedByChannel, TemporarilyUnavailable):
        if len(marketplaces) == 1:
            raise
        _note_each(transactions, caller, account_id, marketplaces)


def _note_each(
    transactions: Transactions, caller: Caller, account_id: int, marketplaces: list[str]
) -> None:
    """One listing per marketplace; those that refuse are set apart, unless all of them do."""
    errors: dict[str, EntrepotError] = {}
    for marketplace in marketplaces:
        try:
            note_pending(transactions, caller, account_id, [marketplace])
        except QuotaExhausted:
            raise
        except (AccessDenied, RejectedByChannel, TemporarilyUnavailable) as error:
            errors[marketplace] = error
    if len(errors) == len(marketplaces):
        raise next(iter(errors.values()))
    with transactions.writing(ACTOR) as ctx:
        for marketplace, reason in errors.items():
            note_marketplace_failing(ctx, account_id, marketplace, reason)


def note_pending(
    transactions: Transactions, caller: Caller, account_id: int, marketplaces: list[str]
) -> None:
    """Note every order of these marketplaces that is still pending. Stored, not yet decided.

    A listing that the quota cuts short goes on at its next page the next time.
    """
    listing = f"pending:{','.join(marketplaces)}"[:80]
    with transactions.writing(ACTOR) as ctx:
        after = channel_now(ctx, ctx.session.get_one(Account, account_id)) - EARLIEST
        wanted = Query(tuple(marketplaces), placed_after=after, statuses=(PENDING, PENDING_AVAILABILITY))
        cursor = open_cursor(ctx, account_id, listing, wanted)
        query, token = Query.from_json(cursor.query), cursor.token
    used = set()
    while True:
        used.add(token)
        try:
            page = caller.call("list_orders", partial(_list, query, token))
        except RejectedByChannel:
            with transactions.writing(ACTOR) as ctx:
                close_cursor(ctx, account_id, listing)
            raise
        with transactions.writing(ACTOR) as ctx:
            _take_page(ctx, caller, account_id, page)
            if page.next_token is None or page.next_token in used:
                close_cursor(ctx, account_id, listing)
                _note_seen(ctx, account_id, marketplaces)
                return
            token = page.next_token
            open_cursor(ctx, account_id, listing, query).token = token


def _take_page(ctx: Context, caller: Caller, account_id: int, page: Page) -> None:
    account = ctx.session.get_one(Account, account_id)
    _note_connected(ctx, account, caller.connection.last_seen_clock)
    for external_id, reason in page.unreadable:
        note_unreadable(ctx, account_id, external_id, reason)
    for listed in page.orders:
        _note_seen_pending(ctx, account, listed)


def _note_seen(ctx: Context, account_id: int, marketplaces: list[str]) -> None:
    for row in ctx.session.get_one(Account, account_id).marketplaces:
        if row.marketplace in marketplaces:
            row.pending_seen_at = ctx.clock.now()


def _note_connected(ctx: Context, account: Account, theirs: datetime | None) -> None:
    """An account counts as connected from when it was added, on the channel's clock."""
    if account.connected_at is None:
        now = ctx.clock.now()
        account.connected_at = (theirs or now) - (now - account.added_at)


def _note_seen_pending(ctx: Context, account: Account, listed: ListedOrder) -> None:
    try:
        with ctx.session.begin_nested():
            _remember_pending(ctx, account, listed)
            store_listed_order(ctx, account, listed)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # one that cannot be kept never stands in the way of connecting
        note_unreadable(ctx, account.id, listed.external_id, f"it cannot be kept ({type(error).__name__})")


def _remember_pending(ctx: Context, account: Account, listed: ListedOrder) -> None:
    known = select(SeenPending.id).where(
        SeenPending.account_id == account.id, SeenPending.external_id == listed.external_id
    )
    if ctx.session.scalar(known) is not None:
        return
    try:
        with ctx.session.begin_nested():
            ctx.session.add(SeenPending(account_id=account.id, external_id=listed.external_id))
    except IntegrityError:
        if ctx.session.scalar(known) is None:
            raise


def _list(query: Query, token: str | None, there: Connection) -> Page:
    return there.list_orders(query, token)
