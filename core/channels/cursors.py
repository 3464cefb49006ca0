"""Listings in progress: the query that a page token belongs to, so that a listing can go on later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from core.channels.listing import Query
from core.context import Context
from core.database.base import Base

#: A page token lives 24 hours at the marketplace; an hour less is surely alive.
TOKEN_LIFE = timedelta(hours=23)


class Cursor(Base):
    """One listing of one account. `read_until` is the upper bound that its first page told."""

    __tablename__ = "channel_cursors"
    __table_args__ = (UniqueConstraint("account_id", "listing"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_accounts.id"))
    listing: Mapped[str] = mapped_column(String(80))
    query: Mapped[dict[str, Any]] = mapped_column(JSON)
    token: Mapped[str | None] = mapped_column(Text)
    read_until: Mapped[datetime | None]
    started_at: Mapped[datetime]


def open_cursor(ctx: Context, account_id: int, listing: str, query: Query) -> Cursor:
    """The listing where it was left, if its token can still be used; else one from the start."""
    now = ctx.clock.now()
    cursor = _find(ctx, account_id, listing) or _begin(ctx, account_id, listing, query)
    if cursor.token and _fits(cursor, query, now):
        return cursor
    cursor.query, cursor.token = query.as_json(), None
    cursor.read_until, cursor.started_at = None, now
    ctx.session.flush()
    return cursor


def _find(ctx: Context, account_id: int, listing: str) -> Cursor | None:
    """The listing, held until the end of the transaction."""
    wanted = select(Cursor).where(Cursor.account_id == account_id, Cursor.listing == listing)
    return ctx.session.scalar(wanted.with_for_update())


def _begin(ctx: Context, account_id: int, listing: str, query: Query) -> Cursor:
    """A new one; if another process has just begun the same, that one."""
    cursor = Cursor(
        account_id=account_id, listing=listing, query=query.as_json(), started_at=ctx.clock.now()
    )
    try:
        with ctx.session.begin_nested():
            ctx.session.add(cursor)
    except IntegrityError:
        found = _find(ctx, account_id, listing)
        if found is None:
            raise
        return found
    return cursor


def _fits(cursor: Cursor, query: Query, now: datetime) -> bool:
    """Whether its token is alive, and for the same marketplaces as are wanted now."""
    is_alive = now - cursor.started_at < TOKEN_LIFE
    return is_alive and Query.from_json(cursor.query).marketplaces == query.marketplaces


def close_cursor(ctx: Context, account_id: int, listing: str) -> None:
    """Forget a listing, read to its end or to be begun anew."""
    ctx.session.execute(delete(Cursor).where(Cursor.account_id == account_id, Cursor.listing == listing))
