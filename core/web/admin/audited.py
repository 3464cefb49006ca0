"""What entries of the audit log are about, in words, and where each can be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import load_only, selectinload

from core.channels.accounts import Account
from core.commerce.catalog import Product, find_products
from core.context import Context
from core.web.admin.actors import operator_emails, token_names
from core.web.admin.subjects import Named, link
from core.web.formatting import words
from core.web.scope import application


@dataclass(frozen=True)
class _Known:
    """What the subjects of a page name by an id, and products by their SKU."""

    operators: Mapping[int, str]
    tokens: Mapping[int, str]
    products: Mapping[str, Product]
    accounts: Mapping[int, Account]


def name_audited(ctx: Context, subjects: Iterable[str]) -> dict[str, Named]:
    """Subjects such as `account:shop` or `orders:list` in words, and the address of each with a page."""
    wanted = set(subjects)
    skus = [subject.removeprefix("product:") for subject in wanted if subject.startswith("product:")]
    known = _Known(
        operator_emails(ctx, wanted), token_names(ctx, wanted), find_products(ctx.session, skus),
        _accounts(ctx, wanted),
    )  # fmt: skip
    return {subject: _named(known, subject) for subject in wanted}


def _named(known: _Known, subject: str) -> Named:
    kind, _colon, key = subject.partition(":")
    if not key:
        return words(kind), None
    name = _NAMED.get(kind)
    return name(known, key) if name else (f"{words(kind)} {key.replace('_', ' ')}", None)


def _accounts(ctx: Context, subjects: Iterable[str]) -> dict[int, Account]:
    """The accounts whose settings these are, with their marketplaces."""
    named = (_settings_parts(subject)[2] for subject in subjects if subject.startswith("settings:"))
    ids = {int(account_id) for account_id in named if account_id.isdecimal()}
    rows = select(Account).where(Account.id.in_(ids))
    rows = rows.options(load_only(Account.name), selectinload(Account.marketplaces))
    return {row.id: row for row in ctx.session.scalars(rows)} if ids else {}


def _operator(known: _Known, key: str) -> Named:
    return known.operators.get(_number(key)) or str(_("An operator")), link("operators.show")


def _token(known: _Known, key: str) -> Named:
    name = known.tokens.get(_number(key))
    called = _("API token %(name)s", name=name) if name else _("An API token")
    return str(called), link("tokens.show")


def _order(_known: _Known, key: str) -> Named:
    return str(_("Order %(number)s", number=key)), link("orders.one", number=key)


def _channel_order(_known: _Known, key: str) -> Named:
    name = _("Channel order %(number)s", number=key)
    return str(name), link("channel_orders.show", number=key, pending=1)


def _orders(_known: _Known, key: str) -> Named:
    text = _("A file of orders") if key == "export" else _("The list of orders")
    return str(text), link("orders.show")


def _channel_orders(_known: _Known, _key: str) -> Named:
    return str(_("The list of channel orders")), link("channel_orders.show")


def _customer(_known: _Known, key: str) -> Named:
    if not key.isdigit():
        return str(_("The list of customers")), link("customers.show")
    return str(_("Customer %(number)s", number=key)), link("customers.one", customer_id=int(key))


def _customers(_known: _Known, key: str) -> Named:
    text = _("A file of customers") if key == "export" else _("The list of customers")
    return str(text), link("customers.show")


def _account(_known: _Known, key: str) -> Named:
    return str(_("Account %(name)s", name=key)), link("accounts.one", name=key)


def _plugin(_known: _Known, key: str) -> Named:
    return _title(key), link("plugins.one", name=key)


def _product(known: _Known, key: str) -> Named:
    found = known.products.get(key)
    name = _("Product %(sku)s", sku=key)
    return str(name), link("products.one", product_id=found.id) if found else None


def _settings_parts(subject: str) -> tuple[str, str, str, str]:
    """Of a plugin, of it and an account, or of it and a marketplace of an account."""
    plugin, scope, scope_id = [*subject.partition(":")[2].split(" ", 2), "", ""][:3]
    account_id, _slash, marketplace = scope_id.partition("/")
    return plugin, scope, account_id, marketplace


def _settings(known: _Known, key: str) -> Named:
    plugin, scope, account_id, marketplace = _settings_parts(f"settings:{key}")
    account = known.accounts.get(_number(account_id))
    if account is None:
        return str(_("Settings of %(what)s", what=_title(plugin))), link("plugins.one", name=plugin)
    if scope == "marketplace":
        title = next((row.title for row in account.marketplaces if row.marketplace == marketplace), "")
        name = _("Order settings of %(account)s, %(marketplace)s", account=account.name, marketplace=title)
        return str(name), link("order_settings.show", name=account.name, marketplace=marketplace)
    name = _("Settings of %(what)s", what=f"{_title(plugin)}, {account.name}")
    return str(name), link("plugin_settings.show", plugin=plugin, scope=scope, scope_id=account.name)


def _number(key: str) -> int:
    """The id that stands there; 0, which nothing has, if it is none."""
    return int(key) if key.isdecimal() else 0


def _title(plugin: str) -> str:
    found = application().hooks.plugins.get(plugin)
    return found.title if found else words(plugin)


_NAMED: dict[str, Callable[[_Known, str], Named]] = {
    "operator": _operator,
    "token": _token,
    "order": _order,
    "orders": _orders,
    "channel_order": _channel_order,
    "channel_orders": _channel_orders,
    "customer": _customer,
    "customers": _customers,
    "account": _account,
    "plugin": _plugin,
    "product": _product,
    "settings": _settings,
}
