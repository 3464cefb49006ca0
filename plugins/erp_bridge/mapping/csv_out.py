"""Orders as CSV, a row for each line of an order, with the columns that the operator has chosen.

A column is filled from a source:

* `number status store channel marketplace external_id customer_id is_guest fulfilled_by shipping_method
  placed_at ship_by deliver_by created_at`, `total charges_total currency`, `event key`: on each of its rows
* `buyer.name buyer.email payment.method payment.reference`
* `shipping.X` and `billing.X`: a field of an address, such as `shipping.postal_code`
* `line.sku line.name line.external_id line.quantity line.left_to_ship line.unit_price line.total
  line.position`
* `charge.KIND`, `line.charge.KIND`, `all.KIND`: what is charged of a kind such as `shipping`, with the
  order as a whole, with the line, or with the order and all its lines together
* `"text"`: the same text in every row
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.commerce.spreadsheets import harmless
from core.money import plain, total
from plugins.erp_bridge.mapping.csv_style import CsvStyle
from plugins.erp_bridge.outlets import Parcel

_ORDER = (
    "number", "status", "store", "channel", "marketplace", "external_id", "customer_id", "is_guest",
    "fulfilled_by", "shipping_method", "placed_at", "ship_by", "deliver_by", "created_at",
)  # fmt: skip
_AMOUNTS = ("total", "charges_total")
_PARTS = ("buyer.name", "buyer.email", "payment.method", "payment.reference")
_LINE = ("sku", "name", "external_id", "quantity", "left_to_ship", "unit_price", "total", "position")
_ADDRESS = (
    "name", "company", "line1", "line2", "line3", "city", "district", "state", "postal_code", "country",
    "phone",
)  # fmt: skip
_CHARGE = re.compile(r"(charge|line\.charge|all)\.([a-z][a-z0-9_]*)")
_CONSTANT = re.compile(r'"([^"\r\n]*)"')
#: What a source stands for, apart from charges and constants.
SOURCES = (
    *_ORDER, *_AMOUNTS, "currency", "event", "key", *_PARTS,
    *(f"{kind}.{field}" for kind in ("shipping", "billing") for field in _ADDRESS),
    *(f"line.{field}" for field in _LINE),
)  # fmt: skip
DEFAULT_COLUMNS: Mapping[str, str] = {
    "order_number": "number", "ordered_at": "placed_at",
    "channel": "channel", "channel_order": "external_id", "currency": "currency", "total": "total",
    "name": "shipping.name", "company": "shipping.company",
    "line1": "shipping.line1", "line2": "shipping.line2", "line3": "shipping.line3",
    "postal_code": "shipping.postal_code", "city": "shipping.city", "state": "shipping.state",
    "country": "shipping.country", "phone": "shipping.phone", "shipping_method": "shipping_method",
    "ship_by": "ship_by", "sku": "line.sku", "description": "line.name", "quantity": "line.quantity",
    "unit_price": "line.unit_price", "line_total": "line.total", "key": "key",
}  # fmt: skip

#: A cell: its text, and whether it is a number, which no spreadsheet takes for a formula.
_Cell = tuple[str, bool]


def check_columns(columns: Mapping[str, str]) -> list[str]:
    """What is wrong with a choice of columns, one sentence each."""
    if not columns:
        return ["there is no column: name at least one, such as order_number = number"]
    complaints = []
    for name, source in columns.items():
        if not name.strip() or not name.isprintable():
            complaints.append(f"a column with the source {source!r} has no name that can be printed")
        if source not in SOURCES and not _CHARGE.fullmatch(source) and not _CONSTANT.fullmatch(source):
            near = difflib.get_close_matches(source, SOURCES, n=1)
            hint = f"did you mean {near[0]}?" if near else 'sources are such as number, line.sku, "a text"'
            complaints.append(f"the column {name!r} has the source {source!r}, which there is not: {hint}")
    if not any(source in ("number", "external_id", "key") for source in columns.values()):
        complaints.append("no column says which order it is: one has the source number, external_id or key")
    return complaints


def write_orders(parcels: Iterable[Parcel], columns: Mapping[str, str], style: CsvStyle) -> bytes:
    """A header and a row for each line of each order. ValueError, in words, for what cannot be written."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=style.separator, lineterminator="\r\n")
    writer.writerow(harmless(name) if style.is_guarded else name for name in columns)
    for parcel in parcels:
        for place, line in enumerate(parcel.order["lines"], 1):
            row = {**line, "position": place}
            cells = (_value(source, parcel, row) for source in columns.values())
            writer.writerow(_written(cell, style) for cell in cells)
    return style.encode(text.getvalue())


def _written(cell: _Cell, style: CsvStyle) -> str:
    text, is_number = cell
    if is_number:
        return style.write_number(text)
    text = " ".join(text.splitlines())  # many programs read a file line by line
    return harmless(text) if style.is_guarded else text


def _value(source: str, parcel: Parcel, line: Mapping[str, Any]) -> _Cell:
    order = parcel.order
    if constant := _CONSTANT.fullmatch(source):
        return constant[1], False
    if charge := _CHARGE.fullmatch(source):
        return _charged(charge[1], charge[2], order, line)
    if source in _ORDER or source in _AMOUNTS:
        return _plain(order[source])
    if source in _WHOLE:
        return _plain(_WHOLE[source](parcel))
    part, _, field = source.partition(".")
    if part == "line":
        return _plain(line[field])
    if part in ("shipping", "billing"):
        found = [each for each in order["addresses"] or () if each["kind"] == part]
        return _plain(found[0][field] if found else None)
    of_part = order[part] or {}
    is_placeholder = source == "buyer.email" and of_part.get("email_is_placeholder")
    return _plain(None if is_placeholder else of_part.get(field))


_WHOLE: Mapping[str, Callable[[Parcel], Any]] = {
    "currency": lambda parcel: parcel.order["total"]["currency"],
    "event": lambda parcel: parcel.event,
    "key": lambda parcel: parcel.idempotency_key,
}


def _charged(scope: str, kind: str, order: Mapping[str, Any], line: Mapping[str, Any]) -> _Cell:
    parts: Sequence[Mapping[str, Any]] = {
        "charge": [order], "line.charge": [line], "all": [order, *order["lines"]],
    }[scope]  # fmt: skip
    amounts = [
        Decimal(charge["amount"]["amount"])
        for part in parts
        for charge in part["charges"]
        if charge["kind"] == kind
    ]
    return plain(total(amounts), order["total"]["currency"]), True


def _plain(value: Any) -> _Cell:
    if value is None:
        return "", False
    if isinstance(value, bool):
        return "yes" if value else "no", False
    if isinstance(value, Mapping):
        return str(value["amount"]), True
    return str(value), isinstance(value, int)
