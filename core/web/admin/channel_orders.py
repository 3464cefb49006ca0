"""The Orders tab: what the channels have, what became of it, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, request, url_for

from core.channels.channel_orders import ChannelOrder, has_reserved
from core.channels.confirmations import list_confirmations
from core.channels.explaining import Explanation, explain_order
from core.channels.listing import (
    KNOWN_STATUSES,
    MERCHANT,
    PARTIALLY_SHIPPED,
    UNREADABLE,
    UNSHIPPED,
    ListedOrder,
)
from core.channels.orders_tab import TabQuery, is_on_orders_tab, orders_tab, reserved_among
from core.channels.states import account_names
from core.channels.unreadable import unreadable_subject
from core.commerce.shipments import list_shipments
from core.context import Context
from core.errors import NotFound
from core.web.admin.deciding import country, decided
from core.web.admin.order_actions_offered import has_view, offered
from core.web.admin.remedies import problems_of
from core.web.admin.shell import application, may, needs, reading, render, saw, whole
from core.web.saying import say
from core.web.zones import start_of

PAGE = 50
pages = Blueprint("channel_orders", __name__, url_prefix="/channel-orders")
pages.add_app_template_filter(decided)
pages.add_app_template_filter(country)
pages.add_app_template_global(has_view)


@dataclass(frozen=True)
class Asked:
    """The filters as they stand in the address, and the query that they make."""

    values: Mapping[str, str]
    query: TabQuery
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_filtered(self) -> bool:
        """Whether any filter but that of pending ones is set."""
        return any(text for name, text in self.values.items() if name != "pending")

    def address(self, **changes: Any) -> str:
        """The address of the same with changes, from its first page."""
        words = {name: text for name, text in self.values.items() if text}
        return url_for("channel_orders.show", **(words | changes))


@pages.get("")
@needs("orders.view")
def show() -> Any:
    """A page of the Orders tab."""
    asked = _asked()
    with reading() as ctx:
        found = [] if asked.errors else orders_tab(ctx, application().registry, asked.query)
        rows = found[:PAGE]
        shown = render(
            "admin/channel_orders/list.html",
            ctx,
            asked=asked,
            rows=rows,
            reserved=reserved_among(ctx.session, rows),
            accounts=account_names(ctx.session),
            is_to_ship=_is_to_ship,
            now=ctx.clock.now(),
            statuses=[(status, say(status)) for status in (*KNOWN_STATUSES, UNREADABLE)],
            first=asked.address() if "before" in request.args else None,
            next=asked.address(before=rows[-1].id) if len(found) > PAGE else None,
        )
    if rows and may("personal_data.view"):
        saw("channel_orders", "list")
    return shown, 422 if asked.errors else 200


@pages.get("/<account>/<path:external_id>")
@needs("orders.view")
def one(account: str, external_id: str) -> str:
    """One order of a channel, and why an order was or was not created for it."""
    with reading() as ctx:
        found = _explanation(ctx, account, external_id)
        row = found.channel_order
        order = row.order if row else None
        confirmations = list_confirmations(ctx.session, row.id) if row else []
        shown = render(
            "admin/channel_orders/one.html",
            ctx,
            found=found,
            row=row,
            order=order,
            listed=_listed(row) if row else None,
            left={line.external_id: line.quantity_shipped for line in order.lines} if order else {},
            is_to_ship=_is_to_ship,
            now=ctx.clock.now(),
            is_reserved=row is not None and has_reserved(ctx.session, row),
            is_on_tab=row is not None and is_on_orders_tab(ctx, application().registry, row),
            shipments=list_shipments(ctx.session, order.id) if order else [],
            confirmations={each.package_id: each for each in confirmations},
            entries=_problems(ctx, row) if row else [],
            offered=[each for each in offered(ctx, order) if each.is_cancel] if order else [],
        )
    if row is not None and may("personal_data.view"):
        saw("channel_order", external_id)
    return shown


def _explanation(ctx: Context, account: str, external_id: str) -> Explanation:
    for found in explain_order(ctx.session, external_id):
        if found.account == account:
            return found
    raise NotFound(f"the account {account!r} has never seen the order {external_id}")


def _problems(ctx: Context, row: ChannelOrder) -> list[dict[str, Any]]:
    unreadable = unreadable_subject(row.account_id, row.external_id)
    return [*problems_of(ctx, row.subject), *problems_of(ctx, unreadable)]


def _is_to_ship(row: ChannelOrder) -> bool:
    """Whether the channel waits for parcels of ours."""
    is_open = row.status in (UNSHIPPED, PARTIALLY_SHIPPED) and row.units_unshipped > 0
    return is_open and row.fulfilled_by == MERCHANT


def _listed(row: ChannelOrder) -> ListedOrder | None:
    """What the channel said last; None while the plugin that can read it is not enabled."""
    channel = application().registry.channels.get(row.account.channel)
    return channel.read_order(row.payload) if channel else None


def _asked() -> Asked:
    names = ("number", "status", "account", "placed_from", "placed_to", "pending", "waiting")
    values = {name: request.args.get(name, "").strip()[:80] for name in names}
    query = TabQuery(
        include_pending=bool(values["pending"]),
        limit=PAGE + 1,
        before=whole("before"),
        with_buyers=may("personal_data.view"),
        number=values["number"] or None,
        status=values["status"] or None,
        account=whole("account") if values["account"] else None,
        waiting=bool(values["waiting"]),
    )
    errors = {}
    days: dict[str, datetime | None] = {}
    for name, later in (("placed_from", 0), ("placed_to", 1)):
        try:
            day = date.fromisoformat(values[name]) + timedelta(days=later) if values[name] else None
            days[name] = start_of(day) if day else None
        except (ValueError, OverflowError):
            errors[name] = "a date is written as 2026-12-31"
    if any(not text.isprintable() for text in values.values()):
        errors["number"] = "a number is made of printable characters"
    if errors:
        return Asked(values, query, errors)
    query = replace(query, placed_from=days["placed_from"], placed_before=days["placed_to"])
    return Asked(values, query)
