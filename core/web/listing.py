"""What the pages list, a page at a time; a deep page costs what the first one does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, load_only, selectinload

from core.application import Application
from core.channels.accounts import Account
from core.channels.channel_orders import ChannelOrder
from core.channels.orders_tab import TabQuery, orders_tab, reserved_among
from core.commerce.orders import Order
from core.context import Context

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows, and where the next page starts, None on the last one."""

    rows: Sequence[T]
    next: str | None


@dataclass(frozen=True)
class TabRow:
    """A row of the Orders tab."""

    channel_order: ChannelOrder
    is_reserved: bool


@dataclass(frozen=True)
class OrderRow:
    """A row of the orders: the order, and the name of the channel account that it came through."""

    order: Order
    account: str | None


def page_of_accounts(session: Session, after: str | None, limit: int) -> Page[Account]:
    """Accounts by name, with their marketplaces, without their credentials."""
    rows = (
        select(Account)
        .options(defer(Account.credentials), selectinload(Account.marketplaces))
        .order_by(Account.name)
        .limit(limit + 1)
    )
    if after:
        rows = rows.where(Account.name > after)
    found = session.scalars(rows).all()
    return Page(found[:limit], found[limit - 1].name if len(found) > limit else None)


def page_of_tab(ctx: Context, application: Application, query: TabQuery, limit: int) -> Page[TabRow]:
    """A page of the Orders tab; the query's own limit does not count."""
    query = TabQuery(query.channel, query.include_pending, limit + 1, query.before)
    found = orders_tab(ctx, application.registry, query)
    rows = found[:limit]
    reserved = reserved_among(ctx.session, rows)
    return Page(
        [TabRow(row, row.id in reserved) for row in rows],
        str(rows[-1].id) if len(found) > limit else None,
    )


def page_of_orders(session: Session, before: int | None, limit: int) -> Page[OrderRow]:
    """Orders, the newest first, without anything about the buyer."""
    rows = (
        select(Order, Account.name)
        .outerjoin(Account, Account.id == Order.channel_account_id)
        .options(
            load_only(
                Order.number, Order.status, Order.channel, Order.external_id, Order.total,
                Order.currency, Order.created_at,
            )
        )
        .order_by(Order.id.desc())
        .limit(limit + 1)
    )  # fmt: skip
    if before is not None:
        rows = rows.where(Order.id < before)
    found = [OrderRow(order, account) for order, account in session.execute(rows)]
    return Page(found[:limit], str(found[limit - 1].order.id) if len(found) > limit else None)
