"""Where a remedy is applied and where a problem's subject is looked at: the admin's addresses of both."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from core.channels.accounts import Account
from core.channels.channel_orders import ChannelOrder
from core.channels.channel_requests import ChannelRequest
from core.channels.confirmations import Confirmation
from core.commerce.catalog import Product, find_product
from core.commerce.orders import Order
from core.context import Context
from core.events import Delivery
from core.problems import Group, groups_of
from core.web.admin.identity import may, needed_by
from core.web.saying import say


def shown_group(ctx: Context, group: Group) -> dict[str, Any]:
    """A group as pages show it: its title, what it holds up, and the action that mends it."""
    one, many = group.what.held_up
    remedy = group.remedy if group.remedy and may(group.remedy.permission) else None
    return {
        "group": group,
        "title": say(group.title(_)),
        "held_up": ngettext(one, many, group.count),
        "urgent": group.what.urgency == 1,
        "label": _(remedy.label) if remedy else None,
        "href": remedy_link(ctx, group) if remedy and remedy.is_page else None,
        "posts": remedy is not None and not remedy.is_page,
    }


def problems_of(ctx: Context, subject: str, without: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What is wrong with one thing, as pages show it; nothing for those who may not see problems."""
    found = groups_of(ctx.session, subject) if may("problems.view") else []
    return [shown_group(ctx, group) for group in found if group.newest.kind not in without]


def remedy_link(ctx: Context, group: Group) -> str | None:
    """The page on which a group is mended; None where there is none for it."""
    data = group.newest.data
    key = group.remedy.key if group.remedy else ""
    skus = data.get("skus") or [""]
    account, marketplace = data.get("account"), data.get("marketplace")
    if key == "create_product":
        return link("products.new", sku=skus[0])
    if key == "add_stock":
        product = find_product(ctx.session, skus[0])
        return link("products.one", product_id=product.id) if product else link("products.show")
    if key == "map_carrier":
        return link("carriers.show", group_id=group.id)
    if key == "open_page" and data.get("page"):
        return link(data["page"], **data.get("where", {}))
    if key == "reconnect" and account:
        return link("accounts.one", name=account)
    if key == "change_settings" and account and marketplace:
        return link("order_settings.show", name=account, marketplace=marketplace)
    if data.get("number"):
        page = _ORDER_PAGES.get(key)
        if page and not may(needed_by(page) or ""):
            page = "orders.one"
        return link(page, number=data["number"]) if page else None
    return None


#: Where each remedy of one order is applied.
_ORDER_PAGES = {
    "look_at_order": "orders.one",
    "cancel_order": "order_actions.cancel",
    "mend_address": "order_actions.address",
}


def name_subject(ctx: Context, subject: str) -> tuple[str, str | None]:
    """A subject such as `order:12` in words, and where it can be looked at."""
    kind, _, key = subject.partition(":")
    find = _NAMED.get(kind)
    found = ctx.session.get(find[0], int(key)) if find and key.isdigit() else None
    if find is None or found is None:
        return (key.rpartition("/")[2] if kind == "unreadable" else ""), None
    name, address = find[1](found)
    return name, address


def link(endpoint: str, **values: Any) -> str | None:
    """The address of a page, if there is such a page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def _of_channel_order(row: ChannelOrder) -> tuple[str, str | None]:
    where = {"account": row.account.name, "external_id": row.external_id}
    return row.external_id, link("channel_orders.one", **where)


def _of_order(order: Order) -> tuple[str, str | None]:
    return order.number, link("orders.one", number=order.number)


def _of_confirmation(row: Confirmation) -> tuple[str, str | None]:
    name, address = _of_channel_order(row.channel_order)
    return f"{name} / {row.package.tracking_number or row.reference}", address


def _of_request(row: ChannelRequest) -> tuple[str, str | None]:
    order = row.channel_order.order
    return _of_order(order) if order else _of_channel_order(row.channel_order)


def _of_account(account: Account) -> tuple[str, str | None]:
    return account.name, link("accounts.one", name=account.name)


def _of_product(product: Product) -> tuple[str, str | None]:
    return product.sku, link("products.one", product_id=product.id)


def _of_delivery(delivery: Delivery) -> tuple[str, str | None]:
    return f"{delivery.plugin}", link("deliveries.event", event_id=delivery.event_id)


_NAMED: dict[str, tuple[type[Any], Any]] = {
    "channel_order": (ChannelOrder, _of_channel_order),
    "order": (Order, _of_order),
    "confirmation": (Confirmation, _of_confirmation),
    "channel_request": (ChannelRequest, _of_request),
    "channel_account": (Account, _of_account),
    "product": (Product, _of_product),
    "delivery": (Delivery, _of_delivery),
}
