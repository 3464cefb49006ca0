"""Subjects such as `order:12` in words that operators know, and where each can be looked at.

Always of a whole list at once: that costs one query for each kind of subject, however many rows it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import current_app, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload, load_only
from sqlalchemy.sql.base import ExecutableOption

from core.channels.accounts import Account
from core.channels.channel_orders import ChannelOrder
from core.channels.channel_requests import ChannelRequest
from core.channels.confirmations import Confirmation
from core.commerce.catalog import Product
from core.commerce.orders import Order
from core.commerce.shipments import Package
from core.context import Context
from core.events import Delivery
from core.web.formatting import words
from core.web.scope import application

#: What it is called, and its address if it has a page.
Named = tuple[str, str | None]


def name_subjects(ctx: Context, subjects: Iterable[str]) -> dict[str, Named]:
    """What each of these is called; what is not known, or is no longer there, has no name."""
    wanted = set(subjects)
    found: dict[str, Named] = {}
    for kind, (model, name, options) in _KINDS.items():
        if ids := ids_of(kind, wanted):
            rows = ctx.session.scalars(select(model).where(model.id.in_(ids)).options(*options))
            found.update((f"{kind}:{row.id}", name(row)) for row in rows)
    return {subject: found.get(subject, _unknown(subject)) for subject in wanted}


def ids_of(kind: str, subjects: Iterable[str]) -> list[int]:
    """The ids of those that are of this kind."""
    parts = (subject.partition(":") for subject in subjects)
    return sorted({int(key) for found, _colon, key in parts if found == kind and key.isdecimal()})


def link(endpoint: str, **values: Any) -> str | None:
    """The address of a page, if there is such a page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def _unknown(subject: str) -> Named:
    kind, _colon, key = subject.partition(":")
    return (key.rpartition("/")[2] if kind == "unreadable" else ""), None


def _of_channel_order(row: ChannelOrder) -> Named:
    where = {"account": row.account.name, "external_id": row.external_id}
    return row.external_id, link("channel_orders.one", **where)


def _of_order(order: Order) -> Named:
    return order.number, link("orders.one", number=order.number)


def _of_confirmation(row: Confirmation) -> Named:
    name, address = _of_channel_order(row.channel_order)
    return f"{name} / {row.package.tracking_number or row.reference}", address


def _of_request(row: ChannelRequest) -> Named:
    order = row.channel_order.order
    return _of_order(order) if order else _of_channel_order(row.channel_order)


def _of_account(account: Account) -> Named:
    return account.name, link("accounts.one", name=account.name)


def _of_product(product: Product) -> Named:
    return product.sku, link("products.one", product_id=product.id)


def _of_delivery(delivery: Delivery) -> Named:
    plugin = application().hooks.plugins.get(delivery.plugin)
    title = plugin.title if plugin else words(delivery.plugin)
    return title, link("deliveries.event", event_id=delivery.event_id)


#: Nothing that would have to be decrypted for it.
_CHANNEL_ORDER = (
    load_only(ChannelOrder.external_id),
    joinedload(ChannelOrder.account).load_only(Account.name),
)
#: How each kind is loaded and named.
_KINDS: dict[str, tuple[type[Any], Callable[[Any], Named], tuple[ExecutableOption, ...]]] = {
    "channel_order": (ChannelOrder, _of_channel_order, _CHANNEL_ORDER),
    "order": (Order, _of_order, (load_only(Order.number),)),
    "confirmation": (
        Confirmation,
        _of_confirmation,
        (
            joinedload(Confirmation.channel_order).options(*_CHANNEL_ORDER),
            joinedload(Confirmation.package).load_only(Package.tracking_number),
        ),
    ),
    "channel_request": (
        ChannelRequest,
        _of_request,
        (
            joinedload(ChannelRequest.channel_order).options(
                *_CHANNEL_ORDER, joinedload(ChannelOrder.order).load_only(Order.number)
            ),
        ),
    ),
    "channel_account": (Account, _of_account, (load_only(Account.name),)),
    "product": (Product, _of_product, (load_only(Product.sku),)),
    "delivery": (Delivery, _of_delivery, (load_only(Delivery.plugin, Delivery.event_id),)),
}
