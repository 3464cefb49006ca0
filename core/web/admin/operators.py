"""Operators: who may sign in, with which role."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from core.access import ROLES, Operator, add_operator, list_operators, set_active, set_role
from core.access.signing_in import make_reset, remove_second_factor
from core.context import Context
from core.errors import NotFound, Refused
from core.web.admin.forms import Form
from core.web.admin.shell import answer, done, needs, reading, writing
from core.web.guarding import public_address

pages = Blueprint("operators", __name__, url_prefix="/operators")
LABELS = {"owner": "Owner", "operator": "Operator", "packer": "Packer", "read_only": "Read-only"}


class _New(Schema):
    email = fields.Email(required=True, metadata={"label": "Email"})
    role = fields.String(
        load_default="operator", validate=OneOf(list(ROLES), labels=[LABELS[role] for role in ROLES])
    )
    password = fields.String(
        required=True,
        metadata={
            "label": "First password",
            "secret": True,
            "help": "At least 12 characters; they can change it later.",
        },
    )


@pages.get("")
@needs("operators.manage")
def show() -> str:
    """Everybody who can sign in."""
    return _page(Form.of(_New()))


@pages.post("")
@needs("operators.manage")
def add() -> Any:
    """Let somebody sign in."""
    form = Form.submitted(_New())
    if form.is_valid:
        try:
            with writing() as ctx:
                add_operator(ctx, form.data["email"], form.data["role"], form.data["password"])
            return done(
                _("They can sign in now. Tell them the password by another way than email."),
                "operators.show",
            )
        except Refused as error:
            form.complain(error, at="email")
    return answer(_page(form))


@pages.post("/<int:operator_id>/role")
@needs("operators.manage")
def change_role(operator_id: int) -> Any:
    """Give somebody another role."""
    with writing() as ctx:
        set_role(ctx, _find(ctx, operator_id), request.form.get("role", ""))
    return done(_("The role is changed; they sign in anew."), "operators.show")


@pages.post("/<int:operator_id>/disable")
@needs("operators.manage")
def disable(operator_id: int) -> Any:
    """End their sessions, and let them in no more."""
    with writing() as ctx:
        set_active(ctx, _find(ctx, operator_id), is_active=False)
    return done(_("They can no longer sign in."), "operators.show")


@pages.post("/<int:operator_id>/enable")
@needs("operators.manage")
def enable(operator_id: int) -> Any:
    """Let them in again."""
    with writing() as ctx:
        set_active(ctx, _find(ctx, operator_id), is_active=True)
    return done(_("They can sign in again."), "operators.show")


@pages.post("/<int:operator_id>/reset")
@needs("operators.manage")
def reset(operator_id: int) -> Any:
    """Make a link with which they set a new password; it is shown once."""
    with writing() as ctx:
        text = make_reset(ctx, _find(ctx, operator_id))
    address = public_address(url_for("sign_in.reset", text=text))
    said = [
        _("Give them this link; it works once, within a day:"),
        Markup('<a href="{0}">{0}</a>').format(address),
        _("It sets a new password and ends every session of theirs."),
    ]
    if address.startswith("/"):
        said.insert(2, _("In front of it belongs the address at which they open Entrepot."))
    return done(Markup("<br>").join(said), "operators.show")


@pages.post("/<int:operator_id>/second-factor/remove")
@needs("operators.manage")
def drop_second_factor(operator_id: int) -> Any:
    """For somebody who has lost their telephone."""
    with writing() as ctx:
        remove_second_factor(ctx, _find(ctx, operator_id))
    return done(_("They are no longer asked for a code."), "operators.show")


def _find(ctx: Context, operator_id: int) -> Operator:
    operator = ctx.session.get(Operator, operator_id)
    if operator is None:
        raise NotFound(_("there is no such operator"))
    return operator


def _page(form: Form) -> str:
    with reading() as ctx:
        return render_template(
            "admin/account/operators.html",
            form=form,
            rows=list_operators(ctx.session),
            roles={role: (LABELS[role], ROLES[role]) for role in ROLES},
            myself=current_user.id,
        )
