"""Customers: found, looked at with addresses and orders, edited, imported and exported."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, abort, current_app, request
from flask_babel import gettext as _
from marshmallow import Schema, fields
from marshmallow.validate import Length

from core.commerce.addresses import Address
from core.commerce.customer_editing import (
    CustomerQuery,
    add_address,
    edit_address,
    edit_customer,
    get_address,
    get_customer,
    orders_of_customer,
    remove_address,
    search_customers,
)
from core.commerce.customer_import import export_customers
from core.commerce.customers import Customer
from core.commerce.importers import CUSTOMERS
from core.commerce.stores import find_store, list_stores
from core.context import Context
from core.database.holding import hold
from core.database.keyset import cut
from core.errors import AlreadyExists, InvalidValue
from core.web.admin.address_forms import AddressForm
from core.web.admin.file_imports import Files, add_file_pages
from core.web.admin.forms import Form
from core.web.admin.shell import answer, done, may, needs, pager, reading, render, saw, whole, writing

pages = Blueprint("customers", __name__, url_prefix="/customers")
_PAGE = 50
_ORDERS = 25


class _Customer(Schema):
    name = fields.String(load_default="", validate=Length(max=200), metadata={"label": "Name"})
    email = fields.String(
        required=True,
        validate=Length(max=254),
        metadata={
            "label": "Email",
            "help": "Later orders are matched by it; orders that are there keep theirs.",
        },
    )


def _columns() -> list[tuple[str, str]]:
    return [
        ("email", _("What they are known by within their store. Required.")),
        ("store", _("The code of the store; the default store if it is empty.")),
        ("name", _("First and last name.")),
        ("address_name, company, line1 … phone", _("An address; one that is new is added to the book.")),
        ("id", _("As an export writes it: only then can the email address itself be changed.")),
    ]


add_file_pages(
    pages,
    Files(
        CUSTOMERS,
        export_customers,
        lambda: _("Customers"),
        _columns,
        "customers.view",
        "customers.edit",
        is_personal=True,
    ),
)


@pages.get("")
@needs("customers.view")
def show() -> str:
    """The newest customers, of one store or all."""
    return _list("", request.args.get("store", ""), whole("before"))


@pages.post("")
@needs("customers.view")
def search() -> str:
    """Customers by name or email: a form, so that no name stands in the address of a page."""
    _check_personal()
    before = request.form.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) <= 18 else None
    return _list(request.form.get("text", "").strip(), request.form.get("store", ""), number)


@pages.get("/<int:customer_id>")
@needs("customers.view")
def one(customer_id: int) -> str:
    """A customer with addresses and orders."""
    with reading() as ctx:
        customer = get_customer(ctx.session, customer_id)
        found = orders_of_customer(ctx.session, customer_id, whole("before"), _ORDERS + 1)
        orders = cut(found, _ORDERS, lambda order: order.id)
        page = render(
            "admin/customers/customer.html",
            ctx,
            customer=customer,
            orders=orders.rows,
            can_open_orders=may("orders.view") and "orders.one" in current_app.view_functions,
            **pager(orders, "customers.one", customer_id=customer_id),
        )
    if may("personal_data.view"):
        saw("customer", customer_id)
    return page


@pages.get("/<int:customer_id>/edit")
@needs("customers.edit")
def edit(customer_id: int) -> str:
    """The form."""
    _check_personal()
    with reading() as ctx:
        customer = get_customer(ctx.session, customer_id)
        form = Form.of_stored(_Customer(), _values(customer))
        page = _form_page(ctx, customer_id, form, _("Edit the customer"))
    saw("customer", customer_id)
    return page


@pages.post("/<int:customer_id>/edit")
@needs("customers.edit")
def save(customer_id: int) -> Any:
    """Change name and email address."""
    _check_personal()
    form = Form.submitted(_Customer())
    if form.is_valid:
        try:
            with writing() as ctx:
                customer = get_customer(ctx.session, customer_id)
                hold(ctx.session, customer)
                form.check_unchanged(_values(customer))
                edit_customer(ctx, customer, form.data["name"], form.data["email"])
            return done(_("The customer is saved."), "customers.one", customer_id=customer_id)
        except (InvalidValue, AlreadyExists) as error:
            form.complain(error, at="email")
    return _again(customer_id, form, _("Edit the customer"))


@pages.get("/<int:customer_id>/addresses/new")
@needs("customers.edit")
def new_address(customer_id: int) -> str:
    """An empty form."""
    _check_personal()
    with reading() as ctx:
        return _form_page(ctx, customer_id, Form.of(AddressForm()), _("Add an address"))


@pages.post("/<int:customer_id>/addresses/new")
@needs("customers.edit")
def keep_address(customer_id: int) -> Any:
    """Add an address to the book."""
    return _save_address(customer_id, None)


@pages.get("/<int:customer_id>/addresses/<int:address_id>")
@needs("customers.edit")
def address(customer_id: int, address_id: int) -> str:
    """The form of an entry of the book."""
    _check_personal()
    with reading() as ctx:
        entry = get_address(get_customer(ctx.session, customer_id), address_id)
        form = Form.of_stored(AddressForm(), asdict(entry.to_address()))
        page = _form_page(ctx, customer_id, form, _("Edit the address"))
    saw("customer", customer_id)
    return page


@pages.post("/<int:customer_id>/addresses/<int:address_id>")
@needs("customers.edit")
def save_address(customer_id: int, address_id: int) -> Any:
    """Change an entry of the book."""
    return _save_address(customer_id, address_id)


@pages.post("/<int:customer_id>/addresses/<int:address_id>/remove")
@needs("customers.edit")
def drop_address(customer_id: int, address_id: int) -> Any:
    """Take an entry out of the book."""
    _check_personal()
    with writing() as ctx:
        customer = get_customer(ctx.session, customer_id)
        remove_address(ctx, customer, get_address(customer, address_id))
    return done(_("The address is removed; orders keep theirs."), "customers.one", customer_id=customer_id)


def _save_address(customer_id: int, address_id: int | None) -> Any:
    _check_personal()
    form = Form.submitted(AddressForm())
    if form.is_valid:
        try:
            with writing() as ctx:
                customer = get_customer(ctx.session, customer_id)
                if address_id is None:
                    add_address(ctx, customer, Address(**form.data))
                else:
                    entry = get_address(customer, address_id)
                    hold(ctx.session, entry)
                    form.check_unchanged(asdict(entry.to_address()))
                    edit_address(ctx, entry, Address(**form.data))
            return done(_("The address is saved."), "customers.one", customer_id=customer_id)
        except (InvalidValue, AlreadyExists) as error:
            form.complain(error)
    return _again(customer_id, form, _("Add an address") if address_id is None else _("Edit the address"))


def _values(customer: Customer) -> dict[str, Any]:
    return {"name": customer.name, "email": customer.email}


def _again(customer_id: int, form: Form, title: str) -> tuple[str, int]:
    """The form with what is wrong, which can be what somebody else has stored meanwhile."""
    with reading() as ctx:
        page = _form_page(ctx, customer_id, form, title)
    saw("customer", customer_id)
    return answer(page)


def _form_page(ctx: Context, customer_id: int, form: Form, title: str) -> str:
    customer = get_customer(ctx.session, customer_id)
    return render("admin/customers/form.html", ctx, customer=customer, form=form, heading=title)


def _list(text: str, code: str, before: int | None) -> str:
    with reading() as ctx:
        store = find_store(ctx.session, code) if code else None
        query = CustomerQuery(text, store.id if store else None, before, _PAGE + 1)
        found = search_customers(ctx.session, query)
        shown = found[:_PAGE]
        page = render(
            "admin/customers/list.html",
            ctx,
            rows=shown,
            text=text,
            code=store.code if store else "",
            stores=list_stores(ctx.session),
            before=before,
            next_before=shown[-1].id if len(found) > _PAGE else None,
        )
    if shown and may("personal_data.view"):
        saw("customers", "list")
    return page


def _check_personal() -> None:
    if not may("personal_data.view"):
        abort(403)
