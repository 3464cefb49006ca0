"""The navigation: what there is to open, in the order of the daily work."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request
from flask_babel import gettext as _

from core.problems import count_groups
from core.web.admin.identity import may
from core.web.contributed import contributed
from core.web.scope import reading_as

_MOST = 99


@dataclass(frozen=True)
class Entry:
    """One entry; `is_here` while one of its area's pages is shown, `count` what waits there."""

    label: str
    endpoint: str
    icon: str
    is_here: bool
    count: str | None = None


def navigation() -> list[Entry]:
    """What the signed-in operator may open."""
    here = request.blueprint
    return [
        Entry(label, endpoint, icon, here == endpoint.partition(".")[0], _count(endpoint))
        for label, endpoint, icon, permission in [*_entries(), *_of_plugins()]
        if endpoint in current_app.view_functions and may(permission)
    ]


def _of_plugins() -> list[tuple[str, str, str, str]]:
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


def _entries() -> list[tuple[str, str, str, str]]:
    return [
        (_("Home"), "home.show", "home", "orders.view"),
        (_("Problems"), "problems.show", "alert-triangle", "problems.view"),
        (_("Orders"), "orders.show", "shopping-cart", "orders.view"),
        (_("Channel orders"), "channel_orders.show", "list-check", "orders.view"),
        (_("Accounts"), "accounts.show", "building-store", "accounts.view"),
        (_("Products"), "products.show", "package", "catalog.view"),
        (_("Customers"), "customers.show", "users", "customers.view"),
        (_("Stores"), "stores.show", "tag", "stores.manage"),
        (_("Statuses"), "statuses.show", "check", "stores.manage"),
        (_("Plugins"), "plugins.show", "plug", "settings.view"),
        (_("Jobs"), "jobs.show", "clock", "jobs.view"),
        (_("Deliveries"), "deliveries.show", "send", "jobs.view"),
        (_("Operators"), "operators.show", "user", "operators.manage"),
        (_("API tokens"), "tokens.show", "key", "operators.manage"),
        (_("Audit log"), "audit.show", "history", "audit.view"),
    ]
