"""Importing products from a CSV file: by SKU, all of it or nothing."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TextIO, TypeVar

from core.commerce.catalog import (
    Product,
    add_products,
    check_sku,
    find_products,
    tell_stock_changed,
)
from core.commerce.inventory import count_stock
from core.commerce.stores import DEFAULT_STORE, get_store
from core.context import Context
from core.errors import InvalidValue
from core.money import check_currency, minor_unit, parse_amount

COLUMNS = ("sku", "name", "price", "currency", "quantity", "managed")
_SHOWN = 20
_DELIMITERS = ",;\t"
_MOST_UNITS = 1_000_000_000
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
T = TypeVar("T")


@dataclass(frozen=True)
class ImportResult:
    """How many products were created, how many updated, and how many were like that already."""

    created: int
    updated: int
    unchanged: int


@dataclass(frozen=True)
class _Row:
    """What one line asks for; None leaves that property of an existing product as it is."""

    line: int
    sku: str
    name: str | None
    price: Decimal | None
    currency: str | None
    quantity: int | None
    managed: bool | None


@dataclass
class _Complaints:
    """What is wrong, by line, so that one run shows it all."""

    reasons: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, reason: str) -> None:
        """Note what is wrong with a line."""
        self.reasons.append((line, reason))

    def check(self) -> None:
        """Raise InvalidValue if there is any, with the first of them."""
        if not self.reasons:
            return
        shown = [f"line {line}: {reason}" for line, reason in sorted(self.reasons)[:_SHOWN]]
        if len(self.reasons) > _SHOWN:
            shown.append(f"and {len(self.reasons) - _SHOWN} more")
        fields: dict[str, list[str]] = {}
        for line, reason in sorted(self.reasons)[:_SHOWN]:
            fields.setdefault(f"line {line}", []).append(reason)
        raise InvalidValue("nothing was imported: " + "; ".join(shown), fields)


def import_products(ctx: Context, file: TextIO) -> ImportResult:
    """Create and update products by SKU from a CSV file with a header.

    Columns in any order: sku, name, price, currency, quantity (what is on hand afterwards), managed (yes
    or no); only sku is required. An empty value leaves that property of an existing product as it is; a
    new one is named by its SKU, is managed, and has its price in the default store's currency.

    Raises InvalidValue with line numbers and reasons if anything is wrong; nothing was changed then.
    """
    complaints = _Complaints()
    rows = list(_read_rows(file, complaints))
    known = find_products(ctx.session, [row.sku for row in rows])
    default_currency = get_store(ctx.session, DEFAULT_STORE).currency
    for row in rows:
        _check_price(row, known.get(row.sku), default_currency, complaints)
    complaints.check()
    new = [_new(ctx, row, default_currency) for row in rows if row.sku not in known]
    changed = {row.sku for row in rows if row.sku in known and _update(ctx, known[row.sku], row)}
    add_products(ctx, new)
    products = known | {product.sku: product for product in new}
    counted = {products[row.sku].id: row.quantity for row in rows if row.quantity is not None}
    moved = count_stock(ctx, counted, "counted", "product import")
    changed |= {sku for sku, product in known.items() if product.id in moved}
    return ImportResult(len(new), len(changed), len(rows) - len(new) - len(changed))


def _new(ctx: Context, row: _Row, default_currency: str) -> Product:
    return Product(
        sku=row.sku,
        name=row.name or row.sku,
        price=row.price,
        currency=None if row.price is None else row.currency or default_currency,
        is_managed=row.managed is not False,
        is_enabled=True,
        created_at=ctx.clock.now(),
    )


def _update(ctx: Context, product: Product, row: _Row) -> bool:
    """Take over what the row gives; whether anything differed."""
    wanted = {
        "name": row.name,
        "price": row.price,
        "currency": row.currency,
        "is_managed": row.managed,
    }
    if row.price is not None and product.currency is None and row.currency is None:
        wanted["currency"] = get_store(ctx.session, DEFAULT_STORE).currency
    differing = {
        name: value
        for name, value in wanted.items()
        if value is not None and value != getattr(product, name)
    }
    for name, value in differing.items():
        setattr(product, name, value)
    if "is_managed" in differing:  # whether it can be short of stock has changed with it
        tell_stock_changed(ctx, [product.id])
    return bool(differing)


def _read_rows(file: TextIO, complaints: _Complaints) -> Iterator[_Row]:
    """The rows that can be read; what is wrong with the others is noted. Raises InvalidValue."""
    first = file.readline().removeprefix("\ufeff")
    reader = csv.reader(_lines(first, file), delimiter=_delimiter(first), strict=True)
    lines: dict[str, int] = {}
    try:
        header = _header(next(reader, []))
        line = reader.line_num + 1
        for values in reader:
            if any(value.strip() for value in values):
                row = _read_row(line, dict(zip(header, values, strict=False)), complaints)
                if len(values) != len(header):
                    reason = f"has {len(values)} values where the header has {len(header)} columns"
                    complaints.add(line, reason)
                elif row is not None and row.sku in lines:
                    complaints.add(line, f"{row.sku!r} is in line {lines[row.sku]} already")
                elif row is not None:
                    lines[row.sku] = line
                    yield row
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidValue(f"nothing was imported: line {reader.line_num}: {error}") from error


def _lines(first: str, rest: TextIO) -> Iterator[str]:
    yield first
    yield from rest


def _delimiter(header: str) -> str:
    """The one that makes the most columns of the header."""
    return max(_DELIMITERS, key=lambda delimiter: len(next(csv.reader([header], delimiter=delimiter), [])))


def _header(values: Sequence[str]) -> list[str]:
    names = [value.strip().casefold() for value in values]
    known = ", ".join(COLUMNS)
    if unknown := [name for name in names if name not in COLUMNS]:
        raise InvalidValue(
            f"the first line names columns: {', '.join(map(repr, unknown))} is none of {known}"
        )
    if "sku" not in names:
        raise InvalidValue(f"the first line names columns, at least sku; known are {known}")
    if len(set(names)) < len(names):
        raise InvalidValue("a column is named twice")
    return names


def _read_row(line: int, values: Mapping[str, str], complaints: _Complaints) -> _Row | None:
    """The row; None if anything of it cannot be read, which is noted."""
    before = len(complaints.reasons)

    def read(name: str, parse: Callable[[str], T]) -> T | None:
        text = values.get(name, "").strip()
        try:
            return parse(text) if text else None
        except (ValueError, InvalidValue) as error:
            complaints.add(line, str(error))
            return None

    row = _Row(
        line=line,
        sku=read("sku", check_sku) or "",
        name=read("name", _name),
        price=read("price", _price),
        currency=read("currency", lambda text: check_currency(text.upper())),
        quantity=read("quantity", _quantity),
        managed=read("managed", _managed),
    )
    if not values.get("sku", "").strip():
        complaints.add(line, "has no sku")
    return row if len(complaints.reasons) == before else None


def _name(text: str) -> str:
    if len(text) > 500 or not text.isprintable():
        raise ValueError("a name has at most 500 printable characters")
    return text


def _price(text: str) -> Decimal:
    price = parse_amount(text)
    if price < 0 or price != Decimal(text) or "_" in text:
        raise ValueError(f"{text!r} is not a price such as 12.50")
    return price


def _quantity(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > _MOST_UNITS:
        raise ValueError(f"{text!r} is not a quantity: a whole number from 0 to {_MOST_UNITS}")
    return int(text)


def _managed(text: str) -> bool:
    if text.casefold() not in _YES_NO:
        raise ValueError(f"{text!r} is not yes or no")
    return _YES_NO[text.casefold()]


def _check_price(row: _Row, known: Product | None, default_currency: str, complaints: _Complaints) -> None:
    """A price has no more digits than its currency."""
    price = row.price if row.price is not None or known is None else known.price
    currency = row.currency or (known.currency if known else None) or default_currency
    if price is not None and price % minor_unit(currency):
        complaints.add(row.line, f"{price.normalize():f} has more digits than {currency} has")
