"""What the API lists, a page at a time: by key, so that a deep page costs what the first one does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from flask import Response
from marshmallow import Schema
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from core.channels.channel_orders import ChannelOrder
from core.channels.orders_tab import TabQuery, orders_tab
from core.commerce.catalog import Product
from core.commerce.customers import Customer
from core.commerce.orders import Order, grid
from core.commerce.shipments import with_all_parts
from core.context import Context
from core.database.keyset import Keyset, Page, Sieve, cut
from core.jobs import Job, list_jobs
from core.web.api.access import document_of, reading
from core.web.api.answering import Document, answer
from core.web.api.paging import Asked, Cursors
from core.web.scope import application

Row = TypeVar("Row")


@dataclass(frozen=True)
class OrderFilter:
    """Which orders are wanted; None is no condition."""

    status: str | None = None
    channel: str | None = None
    number: str | None = None
    created_since: datetime | None = None


def answer_page(
    name: str,
    query: Mapping[str, Any],
    find: Callable[[Context, Asked], Page[Row]],
    write: Callable[[Context, Sequence[Row]], list[Document]],
) -> Response:
    """Answer a page of the list of this name: the rows that `find` gives, as `write` has them."""
    filters = {key: value for key, value in query.items() if key not in ("cursor", "limit")}
    with reading() as ctx:
        cursors = Cursors(ctx.session, name, filters)
        page = find(ctx, Asked(query["limit"], cursors.read(query.get("cursor"))))
        return answer({"items": write(ctx, page.rows), "next_cursor": cursors.write(page.next)})


def each_as(schema: type[Schema]) -> Callable[[Context, Sequence[object]], list[Document]]:
    """Writes each row in its wire form."""
    return lambda _ctx, rows: [document_of(schema, row) for row in rows]


def page_of_orders(ctx: Context, wanted: OrderFilter, asked: Asked) -> Page[Order]:
    """Orders with all their parts, the newest purchase first; those since a time by when they came here.

    One filter leads along its index; what others leave out is looked through, and only so much for a page.
    """
    at = Order.placed_at if wanted.created_since is None else Order.created_at
    tests = {Order.status: wanted.status, Order.channel: wanted.channel}
    rest = [(column, value) for column, value in tests.items() if value is not None]
    columns: tuple[Any, ...] = (at, Order.id, Order.status, Order.channel)
    rows: Select[Any] = select(*columns)
    if wanted.number is not None:
        rows = rows.where(Order.number == wanted.number)
    if wanted.created_since is not None:
        rows = rows.where(at >= wanted.created_since)
    elif rest:  # an index has them in the order of their purchase
        column, value = rest.pop(0)
        rows = rows.where(column == value)
    sieve = Sieve(lambda part: [part[column.key] == value for column, value in rest], grid.FEW)
    keyset = Keyset("orders", (at.expression, Order.id.expression), descending=True)
    page = keyset.fetch(ctx.session, rows, asked.after, asked.limit, sieve if rest else None)
    ids = [row[1] for row in page.rows]
    parts = select(Order).where(Order.id.in_(ids)).options(*with_all_parts())
    found = {order.id: order for order in ctx.session.scalars(parts)}
    return Page([found[order_id] for order_id in ids], page.next)


def page_of_products(ctx: Context, asked: Asked) -> Page[Product]:
    """Products by SKU."""
    rows = select(Product).order_by(Product.sku).limit(asked.limit + 1)
    if asked.after is not None:
        rows = rows.where(Product.sku > asked.after)
    return cut(ctx.session.scalars(rows).all(), asked.limit, lambda product: product.sku)


def page_of_customers(ctx: Context, asked: Asked) -> Page[Customer]:
    """Customers with their addresses, the newest first."""
    rows = (
        select(Customer)
        .options(joinedload(Customer.store), selectinload(Customer.addresses))
        .order_by(Customer.id.desc())
        .limit(asked.limit + 1)
    )
    if asked.after is not None:
        rows = rows.where(Customer.id < asked.after_id)
    return cut(ctx.session.scalars(rows).all(), asked.limit, lambda customer: customer.id)


def page_of_channel_orders(ctx: Context, wanted: TabQuery, asked: Asked) -> Page[ChannelOrder]:
    """The Orders tab, the newest purchase first; the query's own limit and start do not count."""
    query = replace(wanted, limit=asked.limit + 1, before=asked.after_id)
    return cut(orders_tab(ctx, application().registry, query), asked.limit, lambda row: row.id)


def page_of_jobs(ctx: Context, state: str | None, name: str | None, asked: Asked) -> Page[Job]:
    """Jobs, the newest first."""
    rows = list_jobs(ctx, state=state, name=name, before_id=asked.after_id, limit=asked.limit + 1)
    return cut(rows, asked.limit, lambda job: job.id)
