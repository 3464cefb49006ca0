"""What operators set for themselves: password, second factor, language, time zone."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import segno
from flask import Blueprint, render_template, request, session
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from core.access import Operator
from core.access.operators import hash_new_password, set_password_hash
from core.access.signing_in import (
    Attempt,
    check_password_again,
    new_totp_secret,
    remove_second_factor,
    set_second_factor,
    totp_address,
    try_password_of,
)
from core.context import Context
from core.errors import InvalidValue
from core.web.admin.forms import Form
from core.web.admin.identity import start_session
from core.web.admin.shell import answer, done, reading, signed_in, writing
from core.web.zones import zone_names

pages = Blueprint("profile", __name__, url_prefix="/profile")
_SECRET = "totp_secret"  # noqa: S105  # the name under which the session keeps it


class _Password(Schema):
    current = fields.String(required=True, metadata={"label": "Current password", "secret": True})
    password = fields.String(
        required=True,
        metadata={"label": "New password", "secret": True, "help": "At least 12 characters."},
    )


class _Code(Schema):
    code = fields.String(required=True, metadata={"label": "Code that the app shows"})


class _Language(Schema):
    language = fields.String(
        load_default="",
        validate=OneOf(
            ["", "en", "de", "nl"], labels=["As in the browser", "English", "Deutsch", "Nederlands"]
        ),
    )


def _time_zone() -> Schema:
    """The form for the time zone: the zones that this machine knows."""
    names = zone_names()
    field = fields.String(
        load_default="",
        validate=OneOf(["", *names], labels=["As in the browser", *names]),
        metadata={"label": "Time zone"},
    )
    return Schema.from_dict({"time_zone": field}, name="TimeZone")()


@pages.get("")
@signed_in
def show() -> str:
    """Everything on one page."""
    return _page()


@pages.post("/password")
@signed_in
def set_password() -> Any:
    """Change the password; every other session ends."""
    form = Form.submitted(_Password())
    if form.is_valid:
        try:
            with reading() as ctx:  # what takes long on purpose holds nobody up here
                operator = _myself(ctx)
                password_hash = hash_new_password(operator, form.data["password"])
                attempt = try_password_of(operator, form.data["current"])
        except InvalidValue as error:
            form.complain(error)
            return answer(_page(password=form))
        if _prove(attempt, lambda ctx, operator: set_password_hash(ctx, operator, password_hash)):
            return done(
                _("Your password is changed. Wherever else you were signed in, you are not."),
                "profile.show",
            )
        form.errors["current"] = [_not_right()]
    return answer(_page(password=form))


@pages.post("/language")
@signed_in
def set_language() -> Any:
    """Choose the language of the admin."""
    form = Form.submitted(_Language())
    if not form.is_valid:
        return answer(_page(language=form))
    with writing() as ctx:
        _myself(ctx).language = form.data["language"] or None
    return done(_("Your language is set."), "profile.show")


@pages.post("/time-zone")
@signed_in
def set_time_zone() -> Any:
    """Choose the zone in which times are written and days begin."""
    form = Form.submitted(_time_zone())
    if not form.is_valid:
        return answer(_page(time_zone=form))
    with writing() as ctx:
        _myself(ctx).time_zone = form.data["time_zone"] or None
    return done(_("Your time zone is set."), "profile.show")


@pages.get("/second-factor")
@signed_in
def second_factor() -> str:
    """Show the code to scan."""
    session.setdefault(_SECRET, new_totp_secret())
    return _second_factor_page(Form.of(_Code()))


@pages.post("/second-factor")
@signed_in
def add_second_factor() -> Any:
    """Turn it on, if the first code fits."""
    form = Form.submitted(_Code())
    secret = session.get(_SECRET)
    if form.is_valid and secret:
        try:
            with writing() as ctx:
                operator = _myself(ctx)
                set_second_factor(ctx, operator, secret, form.data["code"])
                start_session(operator)
            return done(_("From now on you are asked for a code as well."), "profile.show")
        except InvalidValue as error:
            form.complain(error)
    session.setdefault(_SECRET, new_totp_secret())
    return answer(_second_factor_page(form))


@pages.post("/second-factor/remove")
@signed_in
def drop_second_factor() -> Any:
    """Turn it off; that takes the password."""
    with reading() as ctx:
        attempt = try_password_of(_myself(ctx), request.form.get("current", ""))
    if not _prove(attempt, remove_second_factor):
        return answer(_page(drop_wrong=_not_right()))
    return done(_("You are no longer asked for a code."), "profile.show")


def _myself(ctx: Context) -> Operator:
    return ctx.session.get_one(Operator, current_user.id)


def _prove(attempt: Attempt, change: Callable[[Context, Operator], None]) -> bool:
    """Change what takes the password, if the attempt is right; one that is not counts as in signing in."""
    with writing() as ctx:
        operator = check_password_again(ctx, attempt)
        if operator is not None:
            change(ctx, operator)
            start_session(operator)
    return operator is not None


def _not_right() -> str:
    return str(_("This is not your current password; after five wrong attempts wait a minute."))


def _page(drop_wrong: str = "", **forms: Form) -> str:
    with reading() as ctx:
        operator = _myself(ctx)
        forms.setdefault("password", Form.of(_Password()))
        forms.setdefault("time_zone", Form.of(_time_zone(), {"time_zone": operator.time_zone or ""}))
        forms.setdefault("language", Form.of(_Language(), {"language": operator.language or ""}))
        return render_template(
            "admin/account/profile.html",
            has_second_factor=operator.totp_secret is not None,
            drop_wrong=drop_wrong,
            now=ctx.clock.now(),
            **forms,
        )


def _second_factor_page(form: Form) -> str:
    with reading() as ctx:
        address = totp_address(_myself(ctx), session[_SECRET])
    drawn = io.BytesIO()
    segno.make(address, error="m").save(
        drawn, kind="svg", scale=5, xmldecl=False, svgclass=None, lineclass=None
    )
    return render_template(
        "admin/account/second_factor.html",
        form=form,
        picture=Markup(drawn.getvalue().decode()),  # drawn here, from our own text  # noqa: S704
        secret=session[_SECRET],
    )
