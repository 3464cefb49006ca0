"""Products from a CSV file and to one, by SKU."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.commerce.catalog import (
    Product,
    add_products,
    check_name,
    check_sku,
    find_products,
    index_products,
    tell_stock_changed,
)
from core.commerce.csv_files import CsvRow, write_csv
from core.commerce.import_plans import (
    ADDED,
    CHANGED,
    UNCHANGED,
    WRONG,
    LinePlan,
)
from core.commerce.inventory import MOST_UNITS, Stock, count_stock, stock_of
from core.commerce.stores import DEFAULT_STORE, get_store
from core.context import Context
from core.errors import InvalidValue
from core.money import Money, check_currency, minor_unit, parse_amount, plain

COLUMNS = ("sku", "name", "price", "currency", "quantity", "managed", "enabled")
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_AT_ONCE = 1000
T = TypeVar("T")


@dataclass(frozen=True)
class _Row:
    """What one line asks for; None leaves that property of an existing product as it is."""

    sku: str
    name: str | None
    price: Decimal | None
    currency: str | None
    quantity: int | None
    managed: bool | None
    enabled: bool | None


@dataclass(frozen=True)
class _Planned:
    """A line's plan, the product that there is, and what it becomes: columns by name, units on hand."""

    plan: LinePlan
    product: Product | None = None
    values: Mapping[str, object] | None = None
    quantity: int | None = None


class ProductImport:
    """Products by SKU.

    Columns in any order: sku, name, price, currency, quantity (what is on hand afterwards), managed and
    enabled (yes or no); only sku is required. An empty value leaves that property of an existing product as
    it is; a new one is named by its SKU, is managed and enabled, and has its price in the default store's
    currency.
    """

    kind = "products"
    columns: Sequence[str] = COLUMNS
    required = "sku"
    together = False

    def key_of(self, values: Mapping[str, str]) -> str:
        """The SKU."""
        return values.get("sku", "")

    def plan(self, session: Session, rows: Sequence[CsvRow]) -> list[LinePlan]:
        """What would come of each line now."""
        return [planned.plan for planned in _plan(session, rows)]

    def apply(self, ctx: Context, rows: Sequence[CsvRow]) -> list[LinePlan]:
        """Carry out every line that is not wrong; what came of each."""
        return _carry_out(ctx, _plan(ctx.session, rows))


def export_products(session: Session) -> Iterator[str]:
    """Every product with what is on hand, as the lines of a CSV file that imports again unchanged."""
    return write_csv(COLUMNS, _exported(session))


def _exported(session: Session) -> Iterator[Mapping[str, str]]:
    after = ""
    while True:
        rows = session.scalars(
            select(Product).where(Product.sku > after).order_by(Product.sku).limit(_AT_ONCE)
        ).all()
        stock = stock_of(session, [row.id for row in rows])
        for row in rows:
            price = Money(row.price, row.currency) if row.price is not None and row.currency else None
            yield {
                "sku": row.sku,
                "name": row.name,
                "price": plain(price.amount, price.currency) if price else "",
                "currency": price.currency if price else "",
                "quantity": str(stock[row.id].on_hand),
                "managed": _word(row.is_managed),
                "enabled": _word(row.is_enabled),
            }
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1].sku
        session.expunge_all()


def _plan(session: Session, rows: Sequence[CsvRow]) -> list[_Planned]:
    known = find_products(session, [row.values.get("sku", "") for row in rows])
    stock = stock_of(session, [product.id for product in known.values()])
    default_currency = get_store(session, DEFAULT_STORE).currency
    planned = []
    for row in rows:
        product = known.get(row.values.get("sku", ""))
        there = stock[product.id] if product else Stock(0, 0)
        planned.append(_plan_row(row, product, there, default_currency))
    return planned


def _plan_row(row: CsvRow, product: Product | None, stock: Stock, default_currency: str) -> _Planned:
    reasons = [row.problem] if row.problem else []
    wanted = _read(row.values, product, stock, reasons)
    values = {
        "name": wanted.name or (product.name if product else wanted.sku),
        "is_managed": _first(wanted.managed, product.is_managed if product else True),
        "is_enabled": _first(wanted.enabled, product.is_enabled if product else True),
        "price": wanted.price if wanted.price is not None else product and product.price,
    }
    currency = wanted.currency or (product and product.currency) or default_currency
    values["currency"] = None if values["price"] is None else currency
    _check_price(wanted, product, values["price"], currency, reasons)
    if reasons:
        return _Planned(LinePlan(row.line, wanted.sku, WRONG, reasons=tuple(reasons)))
    changes = _changes(product, stock, values, wanted.quantity)
    outcome = ADDED if product is None else CHANGED if changes else UNCHANGED
    return _Planned(LinePlan(row.line, wanted.sku, outcome, changes), product, values, wanted.quantity)


def _changes(
    product: Product | None, stock: Stock, values: Mapping[str, object], quantity: int | None
) -> dict[str, tuple[str | None, str | None]]:
    """By field, what it is and what it becomes."""
    after = _shown(values) | ({} if quantity is None else {"quantity": str(quantity)})
    if product is None:
        return {name: (None, text) for name, text in after.items() if text}
    before = _shown({name: getattr(product, name) for name in values}) | {"quantity": str(stock.on_hand)}
    return {name: (before[name], text) for name, text in after.items() if text != before[name]}


def _shown(values: Mapping[str, object]) -> dict[str, str | None]:
    price, currency = values["price"], values["currency"]
    return {
        "name": str(values["name"]).strip(),
        "price": str(Money(price, currency))
        if isinstance(price, Decimal) and isinstance(currency, str)
        else None,
        "managed": _word(bool(values["is_managed"])),
        "enabled": _word(bool(values["is_enabled"])),
    }


def _carry_out(ctx: Context, planned: Sequence[_Planned]) -> list[LinePlan]:
    now = ctx.clock.now()
    new = [
        Product(sku=each.plan.key, created_at=now, **each.values)
        for each in planned
        if each.plan.outcome == ADDED and each.values is not None
    ]
    add_products(ctx, new)
    products = {product.sku: product for product in new}
    for each in planned:
        if each.plan.outcome == CHANGED and each.product is not None:
            _update(ctx, each.product, each)
        if each.product is not None:
            products[each.plan.key] = each.product
    renamed = [each.product for each in planned if each.product and "name" in each.plan.changes]
    index_products(ctx, renamed)
    counted = {
        products[each.plan.key].id: each.quantity
        for each in planned
        if each.quantity is not None and "quantity" in each.plan.changes
    }
    count_stock(ctx, counted, "counted", "product import")
    return [each.plan for each in planned]


def _update(ctx: Context, product: Product, planned: _Planned) -> None:
    """Take over what the line gives."""
    for name, value in (planned.values or {}).items():
        if name != "name" or "name" in planned.plan.changes:  # spaces around a name are no change
            setattr(product, name, value)
    if "managed" in planned.plan.changes:  # whether it can be short of stock has changed with it
        tell_stock_changed(ctx, [product.id])


def _read(values: Mapping[str, str], product: Product | None, stock: Stock, reasons: list[str]) -> _Row:
    """The row; what cannot be read of it is added to the reasons. What is there is never wrong."""

    def read(name: str, parse: Callable[[str], T]) -> T | None:
        text = values.get(name, "")
        try:
            return parse(text) if text else None
        except (ValueError, InvalidValue) as error:
            reasons.append(str(error))
            return None

    if not values.get("sku", "") and not reasons:
        reasons.append("has no sku")
    name = product.name.strip() if product else None
    return _Row(
        sku=read("sku", lambda text: text if product else check_sku(text)) or "",
        name=read("name", lambda text: text if text == name else check_name(text)),
        price=read("price", _price),
        currency=read("currency", lambda text: check_currency(text.upper())),
        quantity=read("quantity", lambda text: _quantity(text, stock.on_hand)),
        managed=read("managed", _yes_or_no),
        enabled=read("enabled", _yes_or_no),
    )


def _price(text: str) -> Decimal:
    price = parse_amount(text)
    if price < 0 or price != Decimal(text) or "_" in text:
        raise ValueError(f"{text!r} is not a price such as 12.50")
    return price


def _quantity(text: str, there: int) -> int:
    if text == str(there):
        return there
    if not (text.isascii() and text.isdigit()) or int(text) > MOST_UNITS:
        raise ValueError(f"{text!r} is not a quantity: a whole number from 0 to {MOST_UNITS}")
    return int(text)


def _yes_or_no(text: str) -> bool:
    if text.casefold() not in _YES_NO:
        raise ValueError(f"{text!r} is not yes or no")
    return _YES_NO[text.casefold()]


def _word(value: bool) -> str:
    return "yes" if value else "no"


def _first(wanted: bool | None, otherwise: bool) -> bool:
    return otherwise if wanted is None else wanted


def _check_price(
    row: _Row, product: Product | None, price: object, currency: str, reasons: list[str]
) -> None:
    """A price has no more digits than its currency, unless it is the one that is there."""
    if product is not None and (price, currency) == (product.price, product.currency):
        return
    if isinstance(price, Decimal) and price % minor_unit(currency) and row.sku:
        reasons.append(f"{price.normalize():f} has more digits than {currency} has")
