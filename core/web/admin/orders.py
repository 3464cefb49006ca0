"""Orders: the list with its filters, saved views and export, and the page of one order."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext as _

from core.channels.channel_orders import channel_order_of
from core.channels.confirmations import list_confirmations
from core.channels.explaining import explain_order
from core.channels.states import account_names
from core.commerce.orders import (
    Order,
    PanelEntry,
    cancel_reasons,
    export_orders,
    find_orders,
    get_order,
    panels_of,
    refund_reasons,
)
from core.commerce.refunds import list_refunds
from core.commerce.shipments import list_shipments
from core.commerce.spreadsheets import csv_lines
from core.commerce.statuses import PROCESSING, list_statuses
from core.commerce.views import delete_view, keep_search, list_views, save_view
from core.context import Context
from core.errors import AlreadyExists, InvalidValue, NotFound
from core.web.admin.actors import actor_names
from core.web.admin.identity import needed_by
from core.web.admin.order_actions_offered import offered
from core.web.admin.order_filters import ORDERS, PAGE, asked, entered, order_titles
from core.web.admin.order_forms import titles_of
from core.web.admin.remedies import problems_of
from core.web.admin.shell import (
    actor,
    application,
    done,
    may,
    needs,
    reading,
    render,
    saw,
    writing,
)
from core.web.admin.subjects import link
from core.web.formatting import sentence

pages = Blueprint("orders", __name__, url_prefix="/orders")


@pages.get("")
@needs("orders.view")
def show() -> Any:
    """A page of the orders that are asked for."""
    with reading() as ctx:
        wanted = asked(ctx)
        page = find_orders(ctx.session, wanted.query) if wanted.query else None
        shown = render(
            "admin/orders/list.html",
            ctx,
            asked=wanted,
            listed=wanted if page is None else wanted.sorted_by(page.sort),
            page=page,
            accounts=account_names(ctx.session),
            views=list_views(ctx.session, actor(), PAGE),
            statuses=[(row.code, row.label) for row in list_statuses(ctx.session)],
            channels=[(row.key, row.title) for row in application().registry.channels.values()],
            orders=order_titles(),
            to_ship=url_for("orders.show", status=PROCESSING, sort="ship_by"),
            first=wanted.address() if "after" in request.args else None,
            next=wanted.address(after=page.next) if page and page.next else None,
            now=ctx.clock.now(),
        )
    if page and page.rows and may("personal_data.view"):
        saw("orders", "list")
    return shown, 422 if wanted.errors else 200


@pages.post("/filter")
@needs("orders.view")
def narrow() -> Any:
    """Go to what the form asks for; a search for a buyer is kept, so that no address names anybody."""
    return _go_to(entered())


@pages.post("/views")
@needs("orders.view")
def keep() -> Any:
    """Keep what is shown under a name."""
    words = entered()
    try:
        with writing() as ctx:
            view = save_view(
                ctx, PAGE, request.form.get("name", ""), words, replace="replace" in request.form
            )
    except AlreadyExists as error:
        flash(sentence(str(error)), "warning")
        return _go_to(words)
    return done(_("The view %(name)s is saved.", name=view.name), "orders.show", view=view.id)


@pages.post("/views/<int:view_id>/delete")
@needs("orders.view")
def forget(view_id: int) -> Any:
    """Delete a saved view; the orders stay."""
    with writing() as ctx:
        delete_view(ctx, PAGE, view_id)
    return done(_("The view is deleted."), "orders.show")


@pages.get("/export.csv")
@needs("orders.view")
def export() -> Response:
    """All orders that are asked for, as they are read: the file can be of any length."""
    with reading() as ctx:
        wanted = asked(ctx)
    if wanted.query is None:
        raise InvalidValue(next(iter(wanted.errors.values())))
    if wanted.query.with_buyers:
        saw("orders", "export")
    lines = csv_lines(export_orders(application(), wanted.query))
    named = {"Content-Disposition": "attachment; filename=orders.csv"}
    return Response(lines, mimetype="text/csv", headers=named)


@pages.get("/<path:number>")
@needs("orders.view")
def one(number: str) -> str:
    """One order."""
    panels = _panels(number)
    with reading() as ctx:
        order = get_order(ctx.session, number)
        found = channel_order_of(ctx.session, order.id)
        confirmations = list_confirmations(ctx.session, found.id) if found else []
        shown = render(
            "admin/orders/order.html",
            ctx,
            order=order,
            channel_order=found,
            shipments=list_shipments(ctx.session, order.id),
            confirmations={row.package_id: row for row in confirmations},
            refunds=list_refunds(ctx.session, order.id),
            why=_why(ctx, order),
            offered=offered(ctx, order),
            entries=problems_of(ctx, order.subject, without=("order_not_reconciled",)),
            actors=actor_names(ctx, [change.actor for change in order.history]),
            reasons=titles_of(cancel_reasons(ctx, order)),
            refund_reasons=titles_of(refund_reasons(ctx, order)),
            kinds=_charges_by_kind(order),
            panels=panels,
            now=ctx.clock.now(),
        )
    if may("personal_data.view"):
        saw("order", number)
    return shown


def _go_to(filters: dict[str, str]) -> Any:
    """The list with these filters; a buyer among them is kept in a view, out of the address."""
    words: dict[str, Any] = dict(filters)
    if words.get("sort") == ORDERS[0]:
        del words["sort"]
    if "buyer" not in words:
        return redirect(url_for("orders.show", **words), code=303)
    with writing() as ctx:
        view = keep_search(ctx, PAGE, words)
    return redirect(url_for("orders.show", view=view.id), code=303)


def _why(ctx: Context, order: Order) -> Any:
    """What led to it; None for an order that came through no channel."""
    if order.external_id is None:
        return None
    try:
        found = explain_order(ctx.session, order.external_id)
    except NotFound:
        return None
    return next((each for each in found if each.order_number == order.number), None)


def _panels(number: str) -> list[tuple[str, list[tuple[PanelEntry, str | None]]]]:
    """What plugins have to show of it: title, entries, and where each leads who may go there.

    In a transaction of its own, so that a plugin that fails in it takes nothing else along.
    """
    with reading() as ctx:
        found = panels_of(ctx, get_order(ctx.session, number))
        return [(panel.title, [(entry, _address(entry)) for entry in panel.entries]) for panel in found]


def _address(entry: PanelEntry) -> str | None:
    needed = needed_by(entry.page) if entry.page else None
    return link(entry.page, **entry.where) if entry.page and needed and may(needed) else None


def _charges_by_kind(order: Order) -> list[tuple[str, Any]]:
    """The sum of each kind of charge, in the order in which they first appear."""
    sums: dict[str, Any] = {}
    for charge in order.charges:
        sums[charge.kind] = sums.get(charge.kind, 0) + charge.amount
    return list(sums.items())
