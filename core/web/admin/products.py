"""Products and their stock: found, added, edited, counted, imported and exported."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from marshmallow import Schema, fields
from marshmallow.validate import Length, Range

from core.commerce.catalog import (
    MAX_NAME,
    MAX_SKU,
    Product,
    ProductChanges,
    create_product,
    edit_product,
    get_product_by_id,
    search_products,
)
from core.commerce.importers import PRODUCTS
from core.commerce.inventory import (
    MOST_UNITS,
    count_product,
    list_movements,
    list_reservations,
    lock_stock,
    on_hand,
    stock_of,
)
from core.commerce.ledger_names import order_numbers
from core.commerce.product_import import export_products
from core.commerce.stores import DEFAULT_STORE, get_store
from core.context import Context
from core.database.holding import hold
from core.database.keyset import cut
from core.errors import AlreadyExists, InvalidValue
from core.money import Money, parse_amount, plain
from core.web.admin.actors import actor_names
from core.web.admin.file_imports import Files, add_file_pages
from core.web.admin.forms import Form
from core.web.admin.shell import answer, done, may, needs, pager, reading, render, whole, writing
from core.web.admin.waiting_lines import count_waiting, told_of

pages = Blueprint("products", __name__, url_prefix="/products")
_PAGE = 50
_LEDGER = 25


class _Product(Schema):
    name = fields.String(required=True, validate=Length(max=MAX_NAME), metadata={"label": "Name"})
    price = fields.String(
        load_default="", metadata={"label": "Price", "help": "Such as 12.50; may be empty."}
    )
    currency = fields.String(
        load_default="",
        validate=Length(max=3),
        metadata={"label": "Currency", "help": "Three letters, such as EUR."},
    )
    managed = fields.Boolean(
        load_default=False,
        metadata={
            "label": "Stock is managed",
            "help": "Only then is it reserved for orders and moved by shipments.",
        },
    )
    enabled = fields.Boolean(
        load_default=False,
        metadata={"label": "Enabled", "help": "A disabled product never blocks an order."},
    )


class _NewProduct(_Product):
    class Meta:
        fields = ("sku", "name", "price", "currency", "managed", "enabled", "units")

    sku = fields.String(required=True, validate=Length(max=MAX_SKU), metadata={"label": "SKU"})
    units = fields.Integer(
        load_default=0, validate=Range(0, MOST_UNITS), metadata={"label": "Units on hand"}
    )


class _Count(Schema):
    units = fields.Integer(
        required=True, validate=Range(0, MOST_UNITS), metadata={"label": "Units on hand now"}
    )
    note = fields.String(
        load_default="",
        validate=Length(max=80),
        metadata={"label": "Note", "help": "Why it is so many now; kept with the movement."},
    )


def _columns() -> list[tuple[str, str]]:
    return [
        ("sku", _("What it is known by. Required.")),
        ("name", _("What people read.")),
        ("price", _("Such as 12.50.")),
        ("currency", _("Such as EUR; the default store's if it is empty.")),
        ("quantity", _("Units on hand, as counted.")),
        ("managed", _("yes or no: whether its stock is counted.")),
        ("enabled", _("yes or no: whether it is offered.")),
    ]


add_file_pages(
    pages,
    Files(PRODUCTS, export_products, lambda: _("Products"), _columns, "catalog.view", "catalog.edit"),
)


@pages.get("")
@needs("catalog.view")
def show() -> str:
    """Products by SKU, all or those that are searched for."""
    text, after = request.args.get("q", "").strip(), request.args.get("after")
    with reading() as ctx:
        found = search_products(ctx.session, text, after, _PAGE + 1)
        page = cut(found, _PAGE, lambda product: product.sku)
        stock = stock_of(ctx.session, [row.id for row in page.rows])
        return render(
            "admin/products/list.html",
            ctx,
            rows=[(row, stock[row.id]) for row in page.rows],
            text=text,
            **pager(page, "products.show", "after", q=text or None),
        )


@pages.get("/new")
@needs("catalog.edit")
def new() -> str:
    """An empty form; `sku` of the address stands in it."""
    with reading() as ctx:
        sku = request.args.get("sku", "")[:MAX_SKU]
        values = {"sku": sku, "managed": True, "enabled": True}
        values["currency"] = get_store(ctx.session, DEFAULT_STORE).currency
        values |= told_of(ctx, sku) if sku else {}
        waiting = count_waiting(ctx, sku) if sku else 0
        return render("admin/products/new.html", ctx, form=Form.of(_NewProduct(), values), waiting=waiting)


@pages.post("/new")
@needs("catalog.edit")
def add() -> Any:
    """Add a product; orders that waited for it are looked at again."""
    form = Form.submitted(_NewProduct())
    if form.is_valid:
        try:
            with writing() as ctx:
                data = form.data
                waiting = count_waiting(ctx, data["sku"])
                product = create_product(ctx, data["sku"], data["name"])
                edit_product(ctx, product, _changes(data))
                count_product(ctx, product, data["units"], "")
            text = _("The product is added.")
            if waiting:
                text += " " + ngettext(
                    "%(num)s order waited for it and is tried again now.",
                    "%(num)s orders waited for it and are tried again now.",
                    waiting,
                )
            return done(text, "products.one", product_id=product.id)
        except (InvalidValue, AlreadyExists) as error:
            form.complain(error, at="sku")
    with reading() as ctx:
        return answer(render("admin/products/new.html", ctx, form=form, waiting=0))


@pages.get("/<int:product_id>")
@needs("catalog.view")
def one(product_id: int) -> str:
    """A product with its stock, what moved it and what is promised of it."""
    with reading() as ctx:
        return _page(ctx, get_product_by_id(ctx.session, product_id))


@pages.get("/<int:product_id>/edit")
@needs("catalog.edit")
def edit(product_id: int) -> str:
    """The form."""
    with reading() as ctx:
        product = get_product_by_id(ctx.session, product_id)
        return render(
            "admin/products/edit.html",
            ctx,
            product=product,
            form=Form.of_stored(_Product(), _values(product)),
        )


@pages.post("/<int:product_id>/edit")
@needs("catalog.edit")
def save(product_id: int) -> Any:
    """Change a product."""
    form = Form.submitted(_Product())
    if form.is_valid:
        try:
            with writing() as ctx:
                product = get_product_by_id(ctx.session, product_id)
                hold(ctx.session, product)
                form.check_unchanged(_values(product))
                edit_product(ctx, product, _changes(form.data))
            return done(_("The product is saved."), "products.one", product_id=product_id)
        except InvalidValue as error:
            form.complain(error)
    with reading() as ctx:
        product = get_product_by_id(ctx.session, product_id)
        return answer(render("admin/products/edit.html", ctx, product=product, form=form))


@pages.post("/<int:product_id>/count")
@needs("catalog.edit")
def count(product_id: int) -> Any:
    """Write down what was counted."""
    form = Form.submitted(_Count())
    if form.is_valid:
        try:
            with writing() as ctx:
                product = get_product_by_id(ctx.session, product_id)
                lock_stock(ctx.session, [product_id])
                form.check_unchanged({"units": on_hand(ctx.session, product_id)})
                has_moved = count_product(ctx, product, form.data["units"], form.data["note"])
            message = _("The stock is counted.") if has_moved else _("So many were on hand already.")
            return done(message, "products.one", product_id=product_id)
        except InvalidValue as error:
            form.complain(error)
    with reading() as ctx:
        return answer(_page(ctx, get_product_by_id(ctx.session, product_id), form))


def _page(ctx: Context, product: Product, form: Form | None = None) -> str:
    stock = stock_of(ctx.session, [product.id])[product.id]
    before_move, before_promise = whole("moved"), whole("promised")
    moves = list_movements(ctx.session, product.id, before_move, _LEDGER + 1)
    promises = list_reservations(ctx.session, product.id, before_promise, _LEDGER + 1)
    holders = [row.holder for row in promises] + [row.reference for row in moves]
    return render(
        "admin/products/product.html",
        ctx,
        product=product,
        stock=stock,
        form=form or Form.of_stored(_Count(), {"units": stock.on_hand}),
        moves=moves[:_LEDGER],
        promises=promises[:_LEDGER],
        numbers=order_numbers(ctx.session, holders),
        who=actor_names(ctx, [row.actor for row in moves]),
        can_open_orders=may("orders.view") and "orders.one" in current_app.view_functions,
        older_moves=_older(product, moves, "moved"),
        older_promises=_older(product, promises, "promised"),
        newest=url_for("products.one", product_id=product.id) if before_move or before_promise else None,
    )


def _older(product: Product, rows: Any, name: str) -> str | None:
    if len(rows) <= _LEDGER:
        return None
    return url_for("products.one", product_id=product.id, **{name: rows[_LEDGER - 1].id})


def _values(product: Product) -> dict[str, Any]:
    return {
        "name": product.name,
        "price": plain(product.price, product.currency)
        if product.price is not None and product.currency
        else "",
        "currency": product.currency or "",
        "managed": product.is_managed,
        "enabled": product.is_enabled,
    }


def _changes(data: dict[str, Any]) -> ProductChanges:
    """What the form asks for. Raises InvalidValue at the field that is wrong."""
    price = None
    if data["price"]:
        try:
            amount = parse_amount(data["price"].replace(",", "."))
        except ValueError as error:
            raise InvalidValue(str(error), {"price": [str(error)]}) from error
        try:
            price = Money(amount, data["currency"].upper())
        except ValueError as error:
            raise InvalidValue(str(error), {"currency": [str(error)]}) from error
    return ProductChanges(data["name"], price, data["managed"], data["enabled"])
