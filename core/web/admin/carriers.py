"""Mapping a carrier: what one of ours is called at the channel, and sending again what waits for it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from flask_babel import gettext as _
from marshmallow import Schema, fields
from marshmallow.validate import Length

from core.channels.accounts import Account, find_account
from core.channels.mending import MAX_CARRIER, map_carrier
from core.context import Context
from core.errors import InvalidValue, NotFound
from core.problems import get_group
from core.problems.kinds import MAP_CARRIER
from core.web.admin.forms import Form
from core.web.admin.shell import answer, application, done, needs, reading, render, writing

pages = Blueprint("carriers", __name__, url_prefix="/problems")


class _Mapping(Schema):
    theirs = fields.String(
        required=True,
        validate=Length(1, MAX_CARRIER),
        metadata={
            "label": "Its name at the channel",
            "help": "Exactly as the channel writes it, for example DHL or Deutsche Post",
        },
    )


@pages.get("/<int:group_id>/carrier")
@needs("accounts.manage")
def show(group_id: int) -> str:
    """The form."""
    with reading() as ctx:
        return _page(ctx, group_id, Form.of(_Mapping()))


@pages.post("/<int:group_id>/carrier")
@needs("accounts.manage")
def save(group_id: int) -> Any:
    """Keep the name, and send again what was refused."""
    form = Form.submitted(_Mapping())
    if form.is_valid:
        try:
            with writing() as ctx:
                account, carrier = _missing(ctx, group_id)
                map_carrier(ctx, application().registry, account, carrier, form.data["theirs"])
            return done(_("The carrier is mapped; what waited for it is sent again."), "problems.show")
        except InvalidValue as error:
            form.complain(error)
    with reading() as ctx:
        return answer(_page(ctx, group_id, form))


def _page(ctx: Context, group_id: int, form: Form) -> str:
    account, carrier = _missing(ctx, group_id)
    channel = application().registry.channels.get(account.channel)
    return render(
        "admin/problems/carrier.html",
        ctx,
        form=form,
        account=account.name,
        carrier=carrier,
        known=sorted(channel.carriers) if channel else [],
        group_id=group_id,
    )


def _missing(ctx: Context, group_id: int) -> tuple[Account, str]:
    """Which account's carrier the group is about. Raises NotFound if it is about none."""
    group = get_group(ctx.session, group_id)
    account = find_account(ctx.session, str(group.newest.data.get("account", "")))
    if group.remedy != MAP_CARRIER or account is None:
        raise NotFound("this problem is not about a carrier that has to be mapped")
    return account, str(group.newest.data["carrier"])
