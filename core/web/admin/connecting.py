"""Connecting an account, and renewing its credentials: tried first, then kept."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from core.channels.accounts import Account, add_account
from core.channels.credentials import list_remaining, renew_credentials, try_credentials
from core.channels.pausing import sync_soon
from core.channels.registration import Channel, Credentials
from core.database.holding import hold
from core.errors import AlreadyExists, EntrepotError, InvalidValue, NotFound
from core.settings import check_secrets_stay
from core.web.admin import account_forms
from core.web.admin.accounts import get_named
from core.web.admin.forms import Form
from core.web.admin.shell import (
    answer,
    application,
    done,
    is_htmx,
    needs,
    reading,
    render,
    writing,
)
from core.web.formatting import moment_in_words
from core.web.scope import live

pages = Blueprint("connecting", __name__, url_prefix="/connect")


@pages.get("/<channel_key>")
@needs("accounts.manage")
def show(channel_key: str) -> str:
    """The form to be filled in."""
    channel = _channel(channel_key)
    return _page(channel, Form.of(account_forms.connect_schema(channel)))


@pages.post("/<channel_key>")
@needs("accounts.manage")
def save(channel_key: str) -> Any:
    """Try what was entered, or keep it; the first reading connects the account."""
    channel = _channel(channel_key)
    form = Form.submitted(account_forms.connect_schema(channel))
    _check_regions(channel, form)
    if request.form.get("action") == "test":
        return _tried(form, lambda: _trial(channel, form), lambda words: _page(channel, form, words))
    if not form.is_valid:
        return answer(_page(channel, form))
    new = account_forms.new_account(form.data, channel)
    try:
        with writing() as ctx:
            sync_soon(ctx, add_account(ctx, channel, new))
    except (InvalidValue, AlreadyExists) as error:
        form.complain(error, at="name")
        return answer(_page(channel, form))
    message = _("%(name)s is added and being connected. Its orders arrive here.", name=new.name)
    return done(message, "accounts.one", name=new.name)


@pages.get("/accounts/<name>/credentials")
@needs("accounts.manage")
def credentials(name: str) -> Any:
    """The form for new credentials."""
    channel, account = _find(name)
    dates = account.credential_dates or {}
    values = {account_forms.ISSUED.format(key): day for key, day in dates.items()}
    form = Form.of(account_forms.renew_schema(channel), values)
    form.seen = _mark_of(account)
    return _renewal(channel, account, form)


@pages.post("/accounts/<name>/credentials")
@needs("accounts.manage")
def renew(name: str) -> Any:
    """Try what was entered, or keep it."""
    channel, account = _find(name)
    form = Form.submitted(account_forms.renew_schema(channel))

    def trial() -> str:
        entered = account_forms.credentials_in(form.data, channel)
        check_secrets_stay(form.schema, account.credentials, entered)
        return _try(channel, account_forms.trial_of(account, entered))

    if request.form.get("action") == "test":
        return _tried(form, trial, lambda words: _renewal(channel, account, form, words))
    if not form.is_valid:
        return answer(_renewal(channel, account, form))
    try:
        with writing() as ctx:
            row = get_named(ctx, name)
            hold(ctx.session, row)
            _refuse_if_renewed(form, row)
            entered = account_forms.credentials_in(form.data, channel)
            check_secrets_stay(form.schema, row.credentials, entered)
            renew_credentials(ctx, channel, row, entered, _fresh_dates(row, form, channel))
    except InvalidValue as error:
        form.complain(error)
        return answer(_renewal(channel, account, form))
    return done(_("The credentials of %(name)s are saved.", name=name), "accounts.one", name=name)


def _mark_of(account: Account) -> str:
    """The same as long as nobody renews the credentials; it says nothing of the secrets among them."""
    held = json.dumps([account.credentials, account.credential_dates], sort_keys=True)
    return hmac.new(live().session_key(), held.encode(), "sha256").hexdigest()[:16]


def _refuse_if_renewed(form: Form, account: Account) -> None:
    """Raise InvalidValue if somebody renewed them after the page of this request was shown."""
    now = _mark_of(account)
    if form.seen in (None, now):
        return
    form.seen = now
    raise InvalidValue(
        _(
            "Somebody renewed these credentials while you had this page open. Nothing of yours is saved "
            "yet: enter what is still to be replaced, then save again."
        )
    )


def _fresh_dates(account: Account, form: Form, channel: Channel) -> dict[str, Any]:
    """The dates that were entered; one left as it was does not date a credential that is new."""
    entered = account_forms.credentials_in(form.data, channel)
    kept = account.credential_dates or {}
    return {
        name: day
        for name, day in account_forms.dates_in(form.data, channel).items()
        if name not in entered or kept.get(name) != day.isoformat()
    }


def _channel(key: str) -> Channel:
    found = application().registry.channels.get(key)
    if found is None:
        raise NotFound(f"no enabled plugin brings the channel {key!r}")
    return found


def _find(name: str) -> tuple[Channel, Account]:
    with reading() as ctx:
        account = get_named(ctx, name)
        return application().registry.get_channel(account.channel), account


def _trial(channel: Channel, form: Form) -> str:
    new = account_forms.new_account(form.data, channel)
    return _try(channel, Credentials(0, new.seller_id, new.region, new.credentials))


def _try(channel: Channel, entered: Credentials) -> str:
    """Call the channel, outside of any transaction; what it said."""
    theirs = try_credentials(channel, entered)
    words = _(
        "%(channel)s accepts these credentials; its clock says %(time)s.",
        channel=channel.title,
        time=moment_in_words(theirs),
    )
    return str(words)


def _tried(form: Form, ask: Callable[[], str], page: Callable[[dict[str, str]], str]) -> Any:
    """Show what came of it: beside the form as it stands, or without scripts on the page anew."""
    words: dict[str, str] = {}
    if form.is_valid:
        try:
            words["done"] = ask()
        except EntrepotError as error:
            words["error"] = str(error)
            if isinstance(error, InvalidValue) and error.fields:
                form.complain(error)
    else:
        missing = [str(form.field(name).label) for name in form.errors if name != "_schema"]
        words["error"] = _("Fill in first what is missing or does not fit: %(fields)s",
                           fields=", ".join(missing))  # fmt: skip
    if is_htmx():
        return render_template("admin/accounts/tried.html", words=words, at_secrets=form.at_secrets())
    return page(words), 200 if "done" in words else 422


def _check_regions(channel: Channel, form: Form) -> None:
    """A marketplace of another region is a slip of the pen, except at a simulator."""
    if not form.is_valid or form.data.get("base_url"):
        return
    others = account_forms.strangers(channel, form.data["region"], form.data["marketplaces"])
    if others:
        text = _("%(titles)s belongs to another region.", titles=", ".join(others))
        form.errors["marketplaces"] = [text]


def _page(channel: Channel, form: Form, words: dict[str, str] | None = None) -> str:
    by_region: dict[str, list[tuple[str, str]]] = {}
    for key, (title, _currency) in channel.marketplaces.items():
        by_region.setdefault(channel.marketplace_regions.get(key, ""), []).append((key, title))
    with reading() as ctx:
        return render(
            "admin/accounts/connect.html",
            ctx,
            channel=channel,
            form=form,
            by_region=sorted(by_region.items()),
            words=words or {},
        )


def _renewal(channel: Channel, account: Account, form: Form, words: dict[str, str] | None = None) -> str:
    with reading() as ctx:
        return render(
            "admin/accounts/credentials.html",
            ctx,
            channel=channel,
            account=account,
            form=form,
            words=words or {},
            remaining=list_remaining(channel, account, ctx.clock.now().date()),
        )
