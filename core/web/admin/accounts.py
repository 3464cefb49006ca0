"""Accounts: how each stands, reading it now, pausing it, and what its last runs came to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import defer, joinedload

from core.access import note_audit
from core.channels.accounts import Account, find_account, poll_schedule
from core.channels.channel_orders import ChannelOrder
from core.channels.credentials import list_remaining
from core.channels.listing import PENDING, PENDING_AVAILABILITY
from core.channels.pausing import pause_account, resume_account, sync_soon
from core.channels.runs import list_runs
from core.channels.states import page_of_accounts
from core.context import Context
from core.database.confirming import confirm_database
from core.database.keyset import cut
from core.errors import NotFound
from core.jobs import Schedule
from core.web.admin.shell import (
    application,
    done,
    is_htmx,
    may,
    needs,
    pager,
    reading,
    render,
    whole,
    writing,
)

pages = Blueprint("accounts", __name__, url_prefix="/accounts")
PAGE = 50
_GLANCE = 10


@pages.get("")
@needs("accounts.view")
def show() -> str:
    """Every account."""
    with reading() as ctx:
        found = page_of_accounts(ctx.session, request.args.get("after"), PAGE)
        return render(
            "admin/accounts/list.html",
            ctx,
            accounts=found,
            remaining={row.id: _remaining(ctx, row) for row in found.rows},
            channels=list(application().registry.channels.values()),
            **pager(found, "accounts.show", "after"),
        )


@pages.get("/<name>")
@needs("accounts.view")
def one(name: str) -> str:
    """The account's dashboard; its state alone for a page that is open already."""
    with reading() as ctx:
        account = get_named(ctx, name)
        schedule = ctx.session.scalar(
            select(Schedule).where(Schedule.name == poll_schedule(account), Schedule.enabled)
        )
        state = {
            "account": account,
            "next_sync_at": schedule.next_run_at if schedule else None,
            "runs": list_runs(ctx.session, account.id, limit=_GLANCE),
        }
        if is_htmx():
            return render("admin/accounts/state.html", ctx, **state)
        return render(
            "admin/accounts/account.html",
            ctx,
            **state,
            remaining=_remaining(ctx, account),
            recent=_recent_orders(ctx, account) if may("orders.view") else None,
            link=channel_order_link,
            order_link=order_link,
            plugins=_plugins_with_settings(),
        )


@pages.get("/<name>/runs")
@needs("accounts.view")
def runs(name: str) -> str:
    """Every run, the newest first."""
    with reading() as ctx:
        account = get_named(ctx, name)
        found = list_runs(ctx.session, account.id, limit=PAGE + 1, before=whole("before"))
        page = cut(found, PAGE, lambda run: run.id)
        return render(
            "admin/accounts/runs.html",
            ctx,
            account=account,
            runs=page.rows,
            **pager(page, "accounts.runs", name=name),
        )


@pages.post("/<name>/sync")
@needs("accounts.manage")
def sync(name: str) -> Any:
    """Have it read as soon as a runner is free."""
    with writing() as ctx:
        sync_soon(ctx, get_named(ctx, name))
    return done(_("%(name)s is read as soon as possible.", name=name), "accounts.one", name=name)


@pages.post("/<name>/pause")
@needs("accounts.manage")
def pause(name: str) -> Any:
    """Neither read it nor tell it anything."""
    with writing() as ctx:
        pause_account(ctx, get_named(ctx, name))
    message = _("%(name)s is paused: nothing is read or confirmed until it goes on.", name=name)
    return done(message, "accounts.one", name=name)


@pages.post("/<name>/resume")
@needs("accounts.manage")
def resume(name: str) -> Any:
    """Go on."""
    with writing() as ctx:
        resume_account(ctx, get_named(ctx, name))
    message = _("%(name)s goes on. What was shipped meanwhile is confirmed.", name=name)
    return done(message, "accounts.one", name=name)


@pages.post("/confirm-database")
@needs("accounts.manage")
def confirm() -> Any:
    """Say that this database is no copy."""
    with writing() as ctx:
        if confirm_database(ctx.session, application().config):
            note_audit(ctx, "database.confirmed")
    flash(_("This database writes to its accounts from now on."), "done")
    return redirect(url_for("accounts.show"), code=303)


def get_named(ctx: Context, name: str) -> Account:
    """The account with this name, of any channel. Raises NotFound."""
    account = find_account(ctx.session, name)
    if account is None:
        raise NotFound(f"there is no account {name!r}")
    return account


def channel_order_link(row: ChannelOrder) -> str:
    """Where a channel order is shown."""
    return url_for("channel_orders.one", account=row.account.name, external_id=row.external_id)


def order_link(number: str) -> str:
    """Where an order is shown."""
    return url_for("orders.one", number=number)


def _remaining(ctx: Context, account: Account) -> list[Any]:
    channel = application().registry.channels.get(account.channel)
    return list_remaining(channel, account, ctx.clock.now().date()) if channel else []


def _recent_orders(ctx: Context, account: Account) -> list[ChannelOrder]:
    """The newest that the channel has released."""
    rows = (
        select(ChannelOrder)
        .where(
            ChannelOrder.account_id == account.id,
            ChannelOrder.status.not_in((PENDING, PENDING_AVAILABILITY)),
        )
        .options(
            defer(ChannelOrder.payload), defer(ChannelOrder.buyer_name), joinedload(ChannelOrder.order)
        )
        .order_by(ChannelOrder.placed_at.desc(), ChannelOrder.id.desc())
        .limit(_GLANCE)
    )
    return list(ctx.session.scalars(rows))


def _plugins_with_settings() -> list[Any]:
    """The plugins that have settings per account."""
    return [plugin for plugin in application().hooks.plugins.values() if "account" in plugin.settings]
