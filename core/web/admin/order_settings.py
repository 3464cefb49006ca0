"""Order settings: one page per account and marketplace, saved as a whole, with history and undo."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _

from core.channels.accounts import AccountMarketplace, get_marketplace
from core.channels.changing_settings import change_order_settings, undo_order_settings
from core.channels.order_settings import (
    LABELS,
    OrderSettingsSchema,
    choices_for,
    read_order_settings,
    settings_key,
)
from core.channels.registration import Channel
from core.channels.states import page_of_accounts
from core.context import Context
from core.errors import InvalidValue
from core.settings import FieldDescription, settings_version
from core.web.admin.accounts import get_named
from core.web.admin.forms import Form
from core.web.admin.history import history_of, undone_message
from core.web.admin.settings_forms import refuse_if_changed
from core.web.admin.shell import answer, application, done, needs, pager, reading, render, whole, writing

pages = Blueprint("order_settings", __name__)
_HERE = "/accounts/<name>/marketplaces/<marketplace>/settings"
_PAGE = 50
#: What the page offers for Earlier Orders; the third one comes with a date.
_EARLIER = {"none": "None", "unshipped": "Unshipped", "since": "Since a date, up to two years back"}
_SINCE = "earlier_orders_since"


@pages.get("/order-settings")
@needs("settings.view")
def choose() -> Any:
    """Whose settings: where there is one marketplace alone, its page at once."""
    after = request.args.get("after")
    with reading() as ctx:
        found = page_of_accounts(ctx.session, after, _PAGE)
        rows = [row for account in found.rows for row in account.marketplaces]
        if len(rows) == 1 and not after and not found.next:
            return redirect(_address(rows[0].account.name, rows[0].marketplace))
        return render(
            "admin/settings/choose.html",
            ctx,
            rows=rows,
            **pager(found, "order_settings.choose", "after"),
        )


@pages.get(_HERE)
@needs("settings.view")
def show(name: str, marketplace: str) -> str:
    """The page as it is saved."""
    with reading() as ctx:
        return _page(ctx, _find(ctx, name, marketplace), None)


@pages.post(_HERE)
@needs("settings.edit")
def save(name: str, marketplace: str) -> Any:
    """Save the whole page, or nothing of it."""
    changes = _entered()
    try:
        with writing() as ctx:
            row = _find(ctx, name, marketplace)
            channel = application().registry.get_channel(row.account.channel)
            refuse_if_changed(ctx, settings_key(channel, row))
            changed = change_order_settings(ctx, application().registry, row, changes)
    except InvalidValue as error:
        with reading() as ctx:
            return answer(_page(ctx, _find(ctx, name, marketplace), (changes, error)))
    message = _("The settings are saved.") if changed else _("Nothing was changed.")
    return done(message, "order_settings.show", name=name, marketplace=marketplace)


@pages.post(f"{_HERE}/undo/<int:change_id>")
@needs("settings.edit")
def undo(name: str, marketplace: str, change_id: int) -> Any:
    """Take one change back."""
    with writing() as ctx:
        row = _find(ctx, name, marketplace)
        changed = undo_order_settings(ctx, application().registry, row, change_id)
    return done(undone_message(changed), "order_settings.show", name=name, marketplace=marketplace)


def _address(name: str, marketplace: str) -> str:
    return url_for("order_settings.show", name=name, marketplace=marketplace)


def _find(ctx: Context, name: str, marketplace: str) -> AccountMarketplace:
    return get_marketplace(get_named(ctx, name), marketplace)


def _entered() -> dict[str, Any]:
    """What the form asks for. Fields that another one disables are not sent, and so stay as they are."""
    names = OrderSettingsSchema().fields
    changes = {name: request.form[name].strip() for name in names if name in request.form}
    if changes.get("earlier_orders") == "since":
        changes["earlier_orders"] = request.form.get(_SINCE, "").strip() or "since"
    return changes


#: What was entered, and what is wrong with it.
Refusal = tuple[dict[str, Any], InvalidValue]


def _page(ctx: Context, row: AccountMarketplace, refused: Refusal | None) -> str:
    registry = application().registry
    channel = registry.get_channel(row.account.channel)
    schema = OrderSettingsSchema(choices_for(ctx.session, registry, channel, ctx.clock.now().date()))
    stored = read_order_settings(ctx, channel, row).__dict__
    form = Form.of(schema, {**stored, **(refused[0] if refused else {})})
    if refused:
        form.complain(refused[1])
    before = whole("before")
    return render(
        "admin/settings/order_settings.html",
        ctx,
        form=form,
        fields=[(_named(one, channel), _options(one, form)) for one in form.fields()],
        earlier=_EARLIER,
        since=_since(form),
        warning=_warning(),
        channel=channel,
        row=row,
        history=history_of(ctx, settings_key(channel, row), schema, before, _EARLIER),
        version=settings_version(ctx, settings_key(channel, row)),
    )


def _named(one: FieldDescription, channel: Channel) -> FieldDescription:
    """The field, the channel's title in its translated label."""
    label = LABELS.get(one.name)
    return replace(one, label=_(label).format(channel.title)) if label else one


def _options(one: FieldDescription, form: Form) -> list[tuple[str, str]]:
    """The options of a field; what is set and no longer offered is shown as that."""
    options = [(str(key), label) for key, label in one.options]
    value = form.values[one.name]
    if one.options and value and value not in dict(options):
        options.append((value, _("%(value)s (no longer available)", value=value)))
    return options


def _since(form: Form) -> str:
    """The date in the field beside Earlier Orders."""
    value = form.values["earlier_orders"]
    return "" if value in _EARLIER else str(value)


def _warning() -> str:
    return str(_("External fulfillment systems expect the store's order number, not the marketplace's."))
