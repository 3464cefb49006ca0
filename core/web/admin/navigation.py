"""The navigation: what there is to open, in the order of the daily work."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request
from flask_babel import gettext as _

from core.problems import count_groups
from core.web.admin.identity import may
from core.web.contributed import contributed
from core.web.formatting import Names
from core.web.scope import application, reading_as

_MOST = 99
#: The blueprints of pages that belong to another one's area.
_AREAS = {
    "order_actions": "orders",
    "order_refunding": "orders",
    "order_shipping": "orders",
    "carriers": "problems",
    "connecting": "accounts",
    "plugin_settings": "plugins",
}


@dataclass(frozen=True)
class Entry:
    """One entry; `is_here` while one of its area's pages is shown, `count` what waits there."""

    label: str
    endpoint: str
    icon: str
    is_here: bool
    count: str | None = None


@dataclass(frozen=True)
class Group:
    """Entries that belong together; the first group needs no title."""

    title: str
    entries: list[Entry]


#: Label, endpoint, icon, and the permission that opens it.
Row = tuple[str, str, str, str]


def navigation() -> list[Group]:
    """What the signed-in operator may open."""
    groups = [
        Group(title, [_entry(row) for row in rows if row[1] in current_app.view_functions and may(row[3])])
        for title, rows in _groups()
    ]
    return [group for group in groups if group.entries]


def _entry(row: Row) -> Entry:
    label, endpoint, icon, _permission = row
    area = request.blueprint or ""
    is_here = _AREAS.get(area, area) == endpoint.partition(".")[0]
    return Entry(label, endpoint, icon, is_here, _count(endpoint))


def _of_plugins() -> list[Row]:
    """What plugins add."""
    return [
        (_(entry.label), entry.endpoint, entry.icon, entry.permission) for entry in contributed().navigation
    ]


def _count(endpoint: str) -> str | None:
    """How many groups of problems are open, told as `99+` when there are more."""
    if endpoint != "problems.show":
        return None
    with reading_as("web") as ctx:
        number = count_groups(ctx.session)
    return f"{_MOST}+" if number > _MOST else str(number or "") or None


def _groups() -> list[tuple[str, list[Row]]]:
    names = Names(application().registry, {})
    return [
        (
            "",
            [
                (_("Home"), "home.show", "home", "orders.view"),
                (_("Problems"), "problems.show", "alert-triangle", "problems.view"),
                (_("Orders"), "orders.show", "shopping-cart", "orders.view"),
            ],
        ),
        (
            names.sole_channel or _("Channels"),
            [
                (names.channel_orders, "channel_orders.show", "list-check", "orders.view"),
                (_("Accounts"), "accounts.show", "building-store", "accounts.view"),
                (_("Order settings"), "order_settings.choose", "settings", "settings.view"),
            ],
        ),
        (
            _("Shop"),
            [
                (_("Products"), "products.show", "package", "catalog.view"),
                (_("Customers"), "customers.show", "users", "customers.view"),
                (_("Stores"), "stores.show", "tag", "stores.manage"),
                (_("Statuses"), "statuses.show", "check", "stores.manage"),
            ],
        ),
        (
            _("System"),
            [
                (_("Plugins"), "plugins.show", "plug", "settings.view"),
                *_of_plugins(),
                (_("Jobs"), "jobs.show", "clock", "jobs.view"),
                (_("Deliveries"), "deliveries.show", "send", "jobs.view"),
                (_("Operators"), "operators.show", "user", "operators.manage"),
                (_("API tokens"), "tokens.show", "key", "operators.manage"),
                (_("Audit log"), "audit.show", "history", "audit.view"),
            ],
        ),
    ]
