"""The first pages: accounts, the Orders tab and orders. No personal data until there is a sign-in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from core.channels.channel_orders import channel_order_of, has_reserved
from core.channels.explaining import Explanation, explain_order
from core.channels.orders_tab import TabQuery, is_on_orders_tab
from core.commerce.orders import get_order
from core.commerce.shipments import list_shipments
from core.commerce.statuses import list_statuses
from core.context import Context
from core.errors import InvalidValue, NotFound
from core.web.admin.shell import application, needs, reading
from core.web.formatting import Names
from core.web.listing import page_of_accounts, page_of_orders, page_of_tab

PAGE = 50
GLANCE = 10

pages = Blueprint("pages", __name__)


@pages.get("/")
@needs("orders.view")
def overview() -> str:
    """The newest of everything."""
    with reading() as ctx:
        return _render(
            "overview.html",
            ctx,
            accounts=page_of_accounts(ctx.session, None, GLANCE),
            tab=page_of_tab(ctx, application(), _tab_query(), GLANCE),
            orders=page_of_orders(ctx.session, None, GLANCE),
        )


@pages.get("/channel-orders")
@needs("orders.view")
def channel_orders() -> str:
    """The Orders tab."""
    with reading() as ctx:
        found = page_of_tab(ctx, application(), _tab_query(), PAGE)
        return _render("channel_orders.html", ctx, tab=found)


@pages.get("/channel-orders/<account>/<path:external_id>")
@needs("orders.view")
def channel_order(account: str, external_id: str) -> str:
    """One order of a channel, and why an order was or was not created for it."""
    with reading() as ctx:
        found = _explanation(ctx, account, external_id)
        row = found.channel_order
        return _render(
            "channel_order.html",
            ctx,
            found=found,
            row=row,
            is_reserved=row is not None and has_reserved(ctx.session, row),
            is_on_tab=row is not None and is_on_orders_tab(ctx, application().registry, row),
        )


@pages.get("/orders")
@needs("orders.view")
def orders() -> str:
    """Every order."""
    with reading() as ctx:
        found = page_of_orders(ctx.session, _whole("before"), PAGE)
        return _render("orders.html", ctx, orders=found)


@pages.get("/orders/<path:number>")
@needs("orders.view")
def order(number: str) -> str:
    """One order."""
    with reading() as ctx:
        found = get_order(ctx.session, number)
        return _render(
            "order.html",
            ctx,
            order=found,
            channel_order=channel_order_of(ctx.session, found.id),
            shipments=list_shipments(ctx.session, found.id),
        )


def _render(template: str, ctx: Context, **values: Any) -> str:
    statuses = {row.code: row for row in list_statuses(ctx.session)}
    return render_template(template, names=Names(application().registry, statuses), **values)


def _tab_query() -> TabQuery:
    return TabQuery(include_pending=request.args.get("pending") == "1", before=_whole("before"))


def _whole(name: str) -> int | None:
    """A whole number of the address, None if it is not there. Raises InvalidValue for anything else."""
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidValue(f"in the address, {name} is a whole number: start again at the newest")
    return int(text)


def _explanation(ctx: Context, account: str, external_id: str) -> Explanation:
    for found in explain_order(ctx.session, external_id):
        if found.account == account:
            return found
    raise NotFound(f"the account {account!r} has never seen the order {external_id}")
