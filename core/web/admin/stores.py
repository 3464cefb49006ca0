"""Stores: what orders belong to, with their numbers and default currency."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _
from marshmallow import Schema, fields
from marshmallow.validate import Length, Range

from core.commerce.store_editing import StoreChanges, edit_store
from core.commerce.stores import FIRST_NUMBER, Store, add_store, get_store, list_stores, lock_store
from core.context import Context
from core.errors import Refused
from core.web.admin.forms import Form
from core.web.admin.shell import answer, done, needs, reading, render, writing

pages = Blueprint("stores", __name__, url_prefix="/stores")


class _Store(Schema):
    name = fields.String(required=True, validate=Length(max=200), metadata={"label": "Name"})
    currency = fields.String(
        required=True,
        validate=Length(equal=3),
        metadata={
            "label": "Default currency",
            "help": "Three letters, such as EUR. Orders keep their own.",
        },
    )
    number_prefix = fields.String(
        load_default="",
        validate=Length(max=16),
        metadata={
            "label": "Order numbers start with",
            "help": "A prefix that no other store uses; it cannot end with a digit. May be empty.",
        },
    )
    next_number = fields.Integer(
        load_default=FIRST_NUMBER,
        validate=Range(min=1),
        metadata={
            "label": "Next order number",
            "help": "Counts up from here, after the prefix. Never one that an order has.",
        },
    )


class _NewStore(_Store):
    class Meta:
        fields = ("code", "name", "currency", "number_prefix", "next_number")

    code = fields.String(
        required=True,
        validate=Length(max=32),
        metadata={
            "label": "Code",
            "help": "A short name for settings and files: lower-case letters, digits, - and _. "
            "It cannot be changed later.",
        },
    )


@pages.get("")
@needs("stores.manage")
def show() -> str:
    """Every store."""
    with reading() as ctx:
        return render("admin/stores/list.html", ctx, rows=list_stores(ctx.session))


@pages.get("/new")
@needs("stores.manage")
def new() -> str:
    """An empty form."""
    with reading() as ctx:
        return _form_page(ctx, Form.of(_NewStore(), {"currency": "EUR"}), _("Add a store"))


@pages.post("/new")
@needs("stores.manage")
def add() -> Any:
    """Add a store."""
    form = Form.submitted(_NewStore())
    if form.is_valid:
        data = form.data
        try:
            with writing() as ctx:
                store = add_store(
                    ctx, data["code"], data["name"], data["currency"].upper(), data["number_prefix"]
                )
                edit_store(ctx, store, StoreChanges(next_number=data["next_number"]))
            return done(_("The store is added."), "stores.show")
        except Refused as error:
            form.complain(error)
    with reading() as ctx:
        return answer(_form_page(ctx, form, _("Add a store")))


@pages.get("/<code>")
@needs("stores.manage")
def one(code: str) -> str:
    """The form."""
    with reading() as ctx:
        store = get_store(ctx.session, code)
        form = Form.of_stored(_Store(), _values(store), next_number=store.next_number)
        return _form_page(ctx, form, store.name, next_number=store.next_number)


@pages.post("/<code>")
@needs("stores.manage")
def save(code: str) -> Any:
    """Change a store."""
    form = Form.submitted(_Store())
    shown = request.form.get("next_number_was", "")
    if form.is_valid:
        data = dict(form.data, currency=form.data["currency"].upper())
        if str(data["next_number"]) == shown:  # orders that came in meanwhile may have taken it
            del data["next_number"]
        try:
            with writing() as ctx:
                store = lock_store(ctx.session, get_store(ctx.session, code).id)
                form.check_unchanged(_values(store))
                edit_store(ctx, store, StoreChanges(**data))
            return done(_("The store is saved."), "stores.show")
        except Refused as error:
            form.complain(error)
    with reading() as ctx:
        return answer(_form_page(ctx, form, get_store(ctx.session, code).name, next_number=shown))


def _values(store: Store) -> dict[str, Any]:
    """What only operators change; every order takes a number."""
    return {"name": store.name, "currency": store.currency, "number_prefix": store.number_prefix}


def _form_page(ctx: Context, form: Form, title: str, next_number: int | str = "") -> str:
    return render("admin/stores/form.html", ctx, form=form, heading=title, next_number=next_number)
