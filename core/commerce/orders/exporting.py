"""Writing orders into a file: all that fit a filter, a portion at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from core.commerce.orders.grid import OrderQuery, find_orders
from core.commerce.orders.tables import Order
from core.context import Transactions
from core.money import plain

_PORTION = 500
COLUMNS = (
    "number", "status", "channel", "channel_number", "marketplace", "currency", "total", "charges_total",
    "placed_at", "ship_by", "created_at", "fulfilled_by", "guest",
)  # fmt: skip
BUYER_COLUMNS = ("buyer_name", "buyer_email")


def export_orders(transactions: Transactions, query: OrderQuery) -> Iterator[tuple[str, ...]]:
    """A header, then a row for each order that fits, from the query's first page on.

    Each portion is read in a transaction of its own, so memory and locks do not grow with the file: an
    order that changes meanwhile is in it as it was before or after, and once. With `with_buyers` the
    buyers' names and email addresses are in it.
    """
    yield COLUMNS + (BUYER_COLUMNS if query.with_buyers else ())
    query = replace(query, limit=_PORTION, keeps_sort=True)
    while True:
        with transactions.reading() as ctx:
            page = find_orders(ctx.session, query)
            rows = [_row(order, with_buyers=query.with_buyers) for order in page.rows]
        yield from rows
        if page.next is None:
            return
        query = replace(query, after=page.next)


def _row(order: Order, *, with_buyers: bool) -> tuple[str, ...]:
    row = (
        order.number,
        order.status,
        order.channel or "",
        order.external_id or "",
        order.marketplace or "",
        order.currency,
        plain(order.total, order.currency),
        plain(order.charges_total, order.currency),
        _moment(order.placed_at),
        _moment(order.ship_by),
        _moment(order.created_at),
        order.fulfilled_by,
        "yes" if order.is_guest else "no",
    )
    if not with_buyers:
        return row
    return (*row, order.buyer_name or "", "" if order.email_is_placeholder else order.buyer_email)


def _moment(value: datetime | None) -> str:
    return "" if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")
