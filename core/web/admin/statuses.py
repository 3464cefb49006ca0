"""Order statuses: the standard ones and the merchant's own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _
from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from core.commerce.status_editing import edit_status
from core.commerce.statuses import (
    OPEN,
    STANDARD,
    OrderStatus,
    add_status,
    get_status,
    list_statuses,
)
from core.database.holding import hold
from core.errors import InvalidValue, Refused, WrongState
from core.web.admin.forms import Form
from core.web.admin.shell import answer, done, needs, reading, render, writing

pages = Blueprint("statuses", __name__, url_prefix="/statuses")


class _Label(Schema):
    label = fields.String(
        required=True, validate=Length(max=100), metadata={"label": "Label", "help": "What people read."}
    )


class _Status(_Label):
    like = fields.String(
        required=True,
        validate=OneOf(OPEN, labels=[STANDARD[code] for code in OPEN]),
        metadata={
            "label": "Behaves as",
            "help": "An order that is on hold cannot be shipped before it is released.",
        },
    )


class _NewStatus(_Status):
    class Meta:
        fields = ("code", "label", "like")

    code = fields.String(
        required=True,
        validate=Length(max=32),
        metadata={
            "label": "Code",
            "help": "A short name for settings and files: lower-case letters, digits and underscores. "
            "It cannot be changed later.",
        },
    )


@pages.get("")
@needs("stores.manage")
def show() -> str:
    """Every status."""
    with reading() as ctx:
        rows = sorted(list_statuses(ctx.session), key=lambda row: (row.code in STANDARD, row.label))
        return render("admin/statuses/list.html", ctx, rows=rows, standard=STANDARD)


@pages.get("/new")
@needs("stores.manage")
def new() -> str:
    """An empty form."""
    with reading() as ctx:
        form = Form.of(_NewStatus(), {"like": "processing"})
        return render("admin/statuses/form.html", ctx, form=form, heading=_("Add a status"), effect=None)


@pages.post("/new")
@needs("stores.manage")
def add() -> Any:
    """Add a status of the merchant's own."""
    form = Form.submitted(_NewStatus())
    if form.is_valid:
        try:
            with writing() as ctx:
                add_status(ctx, form.data["code"], form.data["label"], form.data["like"])
            return done(_("The status is added. Order settings offer it now."), "statuses.show")
        except Refused as error:
            form.complain(error)
    with reading() as ctx:
        page = render("admin/statuses/form.html", ctx, form=form, heading=_("Add a status"), effect=None)
    return answer(page)


@pages.get("/<code>")
@needs("stores.manage")
def one(code: str) -> str:
    """The form: of a standard status only the label."""
    with reading() as ctx:
        status = get_status(ctx.session, code)
        form = Form.of_stored(_schema_of(status), _values(status))
        return render("admin/statuses/form.html", ctx, form=form, heading=status.label, effect=None)


@pages.post("/<code>")
@needs("stores.manage")
def save(code: str) -> Any:
    """Change a status; what would happen to orders that have it is said before it happens."""
    with reading() as ctx:
        status = get_status(ctx.session, code)
    form, effect = Form.submitted(_schema_of(status)), None
    if form.is_valid:
        like = form.data.get("like", status.like)
        is_sure = request.form.get("although_in_use") == like
        try:
            with writing() as ctx:
                found = get_status(ctx.session, code)
                hold(ctx.session, found)
                form.check_unchanged(_values(found))
                edit_status(ctx, found, form.data["label"], like, although_in_use=is_sure)
            return done(_("The status is saved."), "statuses.show")
        except WrongState as error:
            effect = str(error)
        except InvalidValue as error:
            form.complain(error)
    with reading() as ctx:
        page = render("admin/statuses/form.html", ctx, form=form, heading=status.label, effect=effect)
    return answer(page, 409 if effect else 422)


def _values(status: OrderStatus) -> dict[str, Any]:
    return {"label": status.label, "like": status.like}


def _schema_of(status: OrderStatus) -> Schema:
    return _Label() if status.code in STANDARD else _Status()
