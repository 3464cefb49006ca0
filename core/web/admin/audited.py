"""What an entry of the audit log is about, in words, and where it can be looked at."""

from __future__ import annotations

from collections.abc import Callable

from flask_babel import gettext as _

from core.access import ApiToken, Operator
from core.channels.accounts import Account
from core.commerce.catalog import find_product
from core.context import Context
from core.web.admin.remedies import link
from core.web.formatting import words
from core.web.scope import application

Named = tuple[str, str | None]


def name_audited(ctx: Context, subject: str) -> Named:
    """A subject such as `account:shop` or `orders:list` in words, with its address if it has a page."""
    kind, _colon, key = subject.partition(":")
    if not key:
        return words(kind), None
    name = _NAMED.get(kind)
    return name(ctx, key) if name else (f"{words(kind)} {key.replace('_', ' ')}", None)


def _operator(ctx: Context, key: str) -> Named:
    found = ctx.session.get(Operator, int(key)) if key.isdigit() else None
    return (found.email if found else str(_("An operator"))), link("operators.show")


def _token(ctx: Context, key: str) -> Named:
    found = ctx.session.get(ApiToken, int(key)) if key.isdigit() else None
    name = _("API token %(name)s", name=found.name) if found else _("An API token")
    return str(name), link("tokens.show")


def _order(_ctx: Context, key: str) -> Named:
    return str(_("Order %(number)s", number=key)), link("orders.one", number=key)


def _channel_order(_ctx: Context, key: str) -> Named:
    name = _("Channel order %(number)s", number=key)
    return str(name), link("channel_orders.show", number=key, pending=1)


def _orders(_ctx: Context, key: str) -> Named:
    text = _("A file of orders") if key == "export" else _("The list of orders")
    return str(text), link("orders.show")


def _channel_orders(_ctx: Context, _key: str) -> Named:
    return str(_("The list of channel orders")), link("channel_orders.show")


def _customer(_ctx: Context, key: str) -> Named:
    if not key.isdigit():
        return str(_("The list of customers")), link("customers.show")
    return str(_("Customer %(number)s", number=key)), link("customers.one", customer_id=int(key))


def _customers(_ctx: Context, key: str) -> Named:
    text = _("A file of customers") if key == "export" else _("The list of customers")
    return str(text), link("customers.show")


def _account(_ctx: Context, key: str) -> Named:
    return str(_("Account %(name)s", name=key)), link("accounts.one", name=key)


def _plugin(_ctx: Context, key: str) -> Named:
    return _title(key), link("plugins.one", name=key)


def _product(ctx: Context, key: str) -> Named:
    found = find_product(ctx.session, key)
    name = _("Product %(sku)s", sku=key)
    return str(name), link("products.one", product_id=found.id) if found else None


def _settings(ctx: Context, key: str) -> Named:
    """Of a plugin, of it and an account, or of it and a marketplace of an account."""
    plugin, scope, scope_id = [*key.split(" ", 2), "", ""][:3]
    account_id, _slash, marketplace = scope_id.partition("/")
    account = ctx.session.get(Account, int(account_id)) if account_id.isdigit() else None
    if account is None:
        return str(_("Settings of %(what)s", what=_title(plugin))), link("plugins.one", name=plugin)
    if scope == "marketplace":
        title = next((row.title for row in account.marketplaces if row.marketplace == marketplace), "")
        name = _("Order settings of %(account)s, %(marketplace)s", account=account.name, marketplace=title)
        return str(name), link("order_settings.show", name=account.name, marketplace=marketplace)
    name = _("Settings of %(what)s", what=f"{_title(plugin)}, {account.name}")
    return str(name), link("plugin_settings.show", plugin=plugin, scope=scope, scope_id=account.name)


def _title(plugin: str) -> str:
    found = application().hooks.plugins.get(plugin)
    return found.title if found else words(plugin)


_NAMED: dict[str, Callable[[Context, str], Named]] = {
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
