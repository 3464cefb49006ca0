"""Connecting an account: proof that it works, the channel's clock, and what was pending at that moment."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError

from core.channels.accounts import Account, channel_now
from core.channels.calling import ACTOR, Caller
from core.channels.channel_orders import SeenPending
from core.channels.listing import PENDING, PENDING_AVAILABILITY, ListedOrder, Page, Query
from core.channels.order_settings import EARLIEST
from core.channels.registration import Connection, Registry
from core.channels.storing import store_listed_order
from core.channels.taking import note_unreadable
from core.context import Context, Transactions


def connect_account(transactions: Transactions, registry: Registry, account_id: int) -> datetime:
    """Prove that an account works and note what is pending; when it was connected, on its own clock.

    Raises AccessDenied, TemporarilyUnavailable, …: whatever stands in the way.
    """
    with transactions.reading() as ctx:
        channel = registry.get_channel(ctx.session.get_one(Account, account_id).channel)
    caller = Caller(transactions, channel, account_id)
    connected_at = note_connected(transactions, caller, account_id)
    with transactions.reading() as ctx:
        has_noted = ctx.session.get_one(Account, account_id).open_seen_at is not None
    if not has_noted:
        note_pending(transactions, caller, account_id)
    return connected_at


def check_account(transactions: Transactions, registry: Registry, account_id: int) -> datetime:
    """Prove that an account's credentials work; what time it is for the channel."""
    with transactions.reading() as ctx:
        channel = registry.get_channel(ctx.session.get_one(Account, account_id).channel)
    return Caller(transactions, channel, account_id).call("get_order", lambda there: there.read_clock())


def note_connected(transactions: Transactions, caller: Caller, account_id: int) -> datetime:
    """Prove that the credentials work and note when the account was connected, on the channel's clock."""
    theirs = caller.call("get_order", lambda there: there.read_clock())
    with transactions.writing(ACTOR) as ctx:
        account = ctx.session.get_one(Account, account_id)
        if account.connected_at is None:
            account.connected_at = theirs - (ctx.clock.now() - account.added_at)
        return account.connected_at


def note_pending(transactions: Transactions, caller: Caller, account_id: int) -> None:
    """Note which orders are still pending at connection: they count as new. Stored, not yet decided."""
    with transactions.reading() as ctx:
        account = ctx.session.get_one(Account, account_id)
        marketplaces = tuple(row.marketplace for row in account.marketplaces)
        after = channel_now(ctx, account) - EARLIEST
    query = Query(marketplaces, placed_after=after, statuses=(PENDING, PENDING_AVAILABILITY))
    token: str | None = None
    while True:
        page = caller.call("list_orders", partial(_list, query, token))
        with transactions.writing(ACTOR) as ctx:
            account = ctx.session.get_one(Account, account_id)
            for external_id, reason in page.unreadable:
                note_unreadable(ctx, account_id, external_id, reason)
            for listed in page.orders:
                _note_seen_pending(ctx, account, listed)
            if page.next_token is None or page.next_token == token:
                account.open_seen_at = ctx.clock.now()
                return
        token = page.next_token


def _note_seen_pending(ctx: Context, account: Account, listed: ListedOrder) -> None:
    known = select(SeenPending.id).where(
        SeenPending.account_id == account.id, SeenPending.external_id == listed.external_id
    )
    try:
        with ctx.session.begin_nested():
            if ctx.session.scalar(known) is None:
                ctx.session.add(SeenPending(account_id=account.id, external_id=listed.external_id))
            store_listed_order(ctx, account, listed)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # one that cannot be kept never stands in the way of connecting
        note_unreadable(ctx, account.id, listed.external_id, f"it cannot be kept ({type(error).__name__})")


def _list(query: Query, token: str | None, there: Connection) -> Page:
    return there.list_orders(query, token)
