"""Signing in and out, the first operator, and new passwords by a one-time link."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from marshmallow import Schema, fields
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from core.access import add_operator, has_operators
from core.access.permissions import OWNER
from core.access.signing_in import check_sign_in, find_reset, try_password, use_reset
from core.errors import InvalidValue, NotFound
from core.web.admin.forms import Form
from core.web.admin.identity import end_session, start_session
from core.web.admin.shell import answer, done, public, reading, signed_in, writing
from core.web.guarding import is_asked_here

pages = Blueprint("sign_in", __name__)


class _SignIn(Schema):
    email = fields.Email(required=True, metadata={"label": "Email", "autocomplete": "username"})
    password = fields.String(required=True, metadata={"secret": True})
    code = fields.String(
        load_default="", metadata={"help": "Of your authenticator app, if you have set one up."}
    )


class _First(Schema):
    email = fields.Email(required=True, metadata={"label": "Email", "autocomplete": "username"})
    password = fields.String(
        required=True,
        metadata={"secret": True, "help": "At least 12 characters; several words are a good one."},
    )


class _NewPassword(Schema):
    password = fields.String(
        required=True,
        metadata={"secret": True, "help": "At least 12 characters; several words are a good one."},
    )


@pages.get("/login")
@public
def show() -> Any:
    """The sign-in."""
    with reading() as ctx:
        if not has_operators(ctx.session):
            return redirect(url_for("sign_in.first"))
    return _sign_in_page(Form.of(_SignIn()))


@pages.post("/login")
@public
def enter() -> Any:
    """Sign in; then the page that was asked for."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    with reading() as ctx:
        attempt = try_password(ctx.session, email.strip(), password)
    with writing() as ctx:
        operator = check_sign_in(ctx, attempt, request.form.get("code", ""))
        if operator is not None:
            start_session(operator)
    if operator is None:
        form = Form.of(_SignIn(), {"email": email})
        form.errors["_schema"] = [
            _(
                "That did not fit. Check the address, the password and, if you have one, the code of your "
                "authenticator; after five wrong attempts wait a minute."
            )
        ]
        return answer(_sign_in_page(form), 401)
    return redirect(_local(request.form.get("next")) or "/", code=303)


@pages.post("/logout")
@signed_in
def leave() -> Response:
    """Sign out."""
    end_session()
    return done(_("You are signed out."), "sign_in.show")


@pages.get("/setup")
@public
def first() -> Any:
    """Ask for the first operator."""
    if _is_set_up():
        return redirect(url_for("sign_in.show"))
    _check_local()
    return _first_page(Form.of(_First()))


@pages.post("/setup")
@public
def add_first() -> Any:
    """Add the first operator, an owner, and sign them in."""
    if _is_set_up():
        return redirect(url_for("sign_in.show"), code=303)
    _check_local()
    form = Form.submitted(_First())
    if form.is_valid:
        try:
            with writing() as ctx:
                if has_operators(ctx.session):
                    return redirect(url_for("sign_in.show"), code=303)
                start_session(add_operator(ctx, form.data["email"], OWNER, form.data["password"]))
            return redirect("/", code=303)
        except InvalidValue as error:
            form.complain(error)
    return answer(_first_page(form))


@pages.get("/reset/<text>")
@public
def reset(text: str) -> Any:
    """Ask for a new password."""
    with reading() as ctx:
        if find_reset(ctx, text) is None:
            raise NotFound(_("this link is used up or too old: ask an owner for a new one"))
    return render_template("admin/account/reset.html", form=Form.of(_NewPassword()))


@pages.post("/reset/<text>")
@public
def use(text: str) -> Any:
    """Set the new password."""
    form = Form.submitted(_NewPassword())
    if form.is_valid:
        try:
            with writing() as ctx:
                use_reset(ctx, text, form.data["password"])
            return done(_("Your new password is set. Sign in with it."), "sign_in.show")
        except InvalidValue as error:
            form.complain(error)
    return answer(render_template("admin/account/reset.html", form=form))


def _sign_in_page(form: Form) -> str:
    back = _local(request.values.get("next")) or ""
    return render_template("admin/account/sign_in.html", form=form, next=back)


def _first_page(form: Form) -> str:
    return render_template("admin/account/first.html", form=form)


def _is_set_up() -> bool:
    with reading() as ctx:
        return has_operators(ctx.session)


def _check_local() -> None:
    """Who comes first owns the shop, so that has to be somebody at this machine."""
    if not is_asked_here():
        raise Forbidden(
            _(
                "The first operator is added on the machine that Entrepot runs on: run `entrepot users add "
                "EMAIL --role owner` there or, before ENTREPOT_URL is set, open this page there."
            )
        )


def _local(address: str | None) -> str | None:
    """An address of ours, else None: nobody is led elsewhere after signing in."""
    if not address or not address.startswith("/") or address[1:2] in ("/", "\\"):
        return None
    return None if any(ord(letter) < 32 for letter in address) else address
