"""Plugins: what is installed, what each adds, how it does, and switching it on and off."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from core.channels.states import page_of_accounts
from core.context import Context
from core.extensions import Unconfirmed
from core.managing import count_parked, get_plugin, list_plugins, switch_off, switch_on
from core.web.admin.identity import actor
from core.web.admin.shell import application, done, may, needs, reading, render
from core.web.contributed import contributed

pages = Blueprint("plugins", __name__, url_prefix="/plugins")
_ACCOUNTS = 50


@pages.get("")
@needs("settings.view")
def show() -> str:
    """Every plugin that is installed, or enabled and missing."""
    rows = list_plugins(application())
    with reading() as ctx:
        return render("admin/plugins/list.html", ctx, rows=rows, parked=count_parked(ctx.session))


@pages.get("/<name>")
@needs("settings.view")
def one(name: str) -> str:
    """One plugin."""
    return _page(name)


@pages.post("/<name>/enable")
@needs("plugins.manage")
def enable(name: str) -> Any:
    """Bring its tables up and have every process use it."""
    switch_on(application(), name, actor())
    return done(_("%(name)s is enabled.", name=name), "plugins.one", name=name)


@pages.post("/<name>/disable")
@needs("plugins.manage")
def disable(name: str) -> Any:
    """Have no process use it any more; what would stop is said first, and has to be confirmed."""
    confirmed = request.form.get("confirmed") == "yes"
    try:
        switch_off(application(), name, actor(), confirmed=confirmed)
    except Unconfirmed as error:
        return _page(name, error.consequences), 409
    return done(_("%(name)s is disabled; its data stays.", name=name), "plugins.one", name=name)


def _page(name: str, consequences: tuple[str, ...] = ()) -> str:
    row = get_plugin(application(), name)
    with reading() as ctx:
        return render(
            "admin/plugins/plugin.html",
            ctx,
            row=row,
            parked=count_parked(ctx.session).get(name, 0),
            left_out=contributed().left_out.get(name),
            consequences=consequences,
            accounts=_accounts(ctx, row.name, row.settings) if may("settings.view") else [],
        )


def _accounts(ctx: Context, plugin: str, scopes: tuple[str, ...]) -> list[str]:
    """The accounts that it has settings for: those of its own channel, or all if it brings none."""
    if "account" not in scopes:
        return []
    channels = application().registry.channels.values()
    own = [channel.key for channel in channels if channel.plugin == plugin]
    found = page_of_accounts(ctx.session, None, _ACCOUNTS).rows
    return [account.name for account in found if not own or account.channel in own]
