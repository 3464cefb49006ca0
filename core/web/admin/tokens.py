"""API tokens: added with scopes, shown once, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _
from marshmallow import Schema, fields
from marshmallow.validate import ContainsOnly, Length, Range

from core.access import add_token, list_tokens, revoke_token
from core.context import Context
from core.errors import Refused
from core.web.admin.forms import Form
from core.web.admin.shell import answer, application, done, needs, reading, writing

pages = Blueprint("tokens", __name__, url_prefix="/tokens")


@pages.get("")
@needs("operators.manage")
def show() -> str:
    """Every token."""
    with reading() as ctx:
        return _page(ctx, Form.of(_schema(ctx)))


@pages.post("")
@needs("operators.manage")
def add() -> Any:
    """Make a token; its text is on the page that answers, and nowhere else."""
    with reading() as ctx:
        form = Form.submitted(_schema(ctx))
    if form.is_valid:
        days = form.data["days"]
        try:
            with writing() as ctx:
                _token, text = add_token(
                    ctx,
                    form.data["name"],
                    form.data["scopes"],
                    application().scopes,
                    timedelta(days=days) if days else None,
                )
            with reading() as ctx:
                return _page(ctx, Form.of(_schema(ctx)), shown=text)
        except Refused as error:
            form.complain(error, at="name")
    with reading() as ctx:
        return answer(_page(ctx, form))


@pages.post("/<name>/revoke")
@needs("operators.manage")
def revoke(name: str) -> Any:
    """Have a token work no longer."""
    with writing() as ctx:
        revoke_token(ctx, name)
    return done(_("The token %(name)s works no longer.", name=name), "tokens.show")


def _schema(ctx: Context) -> Schema:
    scopes = _titles(ctx)
    fields_of_it: dict[str, Any] = {
        "name": fields.String(required=True, metadata={"help": "What uses it: “ERP”, “warehouse”."}),
        "scopes": fields.List(
            fields.String(),
            required=True,
            validate=[
                Length(min=1),
                ContainsOnly(list(scopes), labels=list(scopes.values())),
            ],
            metadata={"label": "What it may do"},
        ),
        "days": fields.Integer(
            load_default=None,
            allow_none=True,
            validate=Range(1, 3650),
            metadata={"label": "Valid for this many days", "help": "Empty: until it is revoked."},
        ),
    }
    return Schema.from_dict(fields_of_it)()


def _titles(ctx: Context) -> dict[str, str]:
    """Every scope that a token can have now, and what it allows."""
    titles = {}
    for scope in application().scopes:
        titles[scope.key] = scope.title
        for narrower in scope.narrowed(ctx.session):
            titles[narrower] = f"{_(scope.title)}: {narrower.removeprefix(scope.key + ':')}"
    return titles


def _page(ctx: Context, form: Form, shown: str | None = None) -> str:
    return render_template(
        "admin/account/tokens.html",
        form=form,
        rows=list_tokens(ctx.session),
        shown=shown,
        titles=_titles(ctx),
        now=ctx.clock.now(),
    )
