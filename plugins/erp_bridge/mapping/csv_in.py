"""CSV that comes back: what its rows say, by the beginning of the file's name.

`shipments…`       order_number, carrier, tracking_number, and for a part of the order sku and quantity
`stock…`           sku, on_hand or change; location and as_of if it has them
`cancellations…`   order_number, reason
`refunds…`         order_number, reason, and for a part of the money amount, with sku for a line

Rows of one order make one shipment, with a package for each tracking number. What is booked once has a
key: `key`, if the row has one, else it follows

* of shipments, cancellations and refunds from what they say, in whichever file: a refund that is told
  again is put aside, in case it is another one;
* of stock with `as_of` from the row, in whichever file;
* of a `change` without `as_of` from the whole file: the same file is put aside when it comes again;
* of `on_hand` without `as_of` from the file and when it came: a count is how it is now, each time.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from itertools import islice

from core.errors import InvalidValue, shorten
from core.money import total
from plugins.erp_bridge.mapping.csv_rows import MOST_ROWS, Row, read_rows
from plugins.erp_bridge.mapping.csv_style import CsvStyle
from plugins.erp_bridge.outlets import (
    CanceledBack,
    PackedLine,
    RefundedBack,
    Returned,
    ReturnedPackage,
    ShippedBack,
    StockBack,
)


@dataclass(frozen=True)
class Where:
    """Where in a file a thing is said.

    words  in words
    lines  in which lines, if it has lines
    again  why it is put aside if it was booked before this file came; None: it is no other one
    """

    words: str
    lines: tuple[int, ...] = ()
    again: str | None = None


@dataclass(frozen=True)
class _Source:
    """A file: `arrived` tells it from another one of its name, `digest` from one with other content."""

    name: str
    arrived: str
    digest: str


@dataclass
class Reading:
    """What a file says.

    returned   each thing, and where
    problems   what is wrong, one sentence each, and where; the rest counts
    totals     what the control totals are checked against
    """

    returned: list[tuple[Returned, Where]] = field(default_factory=list)
    problems: list[tuple[str, Where]] = field(default_factory=list)
    totals: dict[str, Decimal] = field(default_factory=dict)

    def set_totals(self, **counted: int) -> None:
        """Those that are whole numbers."""
        self.totals |= {name: Decimal(units) for name, units in counted.items()}


def read_returns(
    name: str, arrived: str, content: bytes, columns: Mapping[str, str], style: CsvStyle
) -> Reading:
    """What a file says that has arrived at a time. InvalidValue if nothing of it can be read."""
    kind = next((each for each in _KINDS if name.casefold().startswith(each)), None)
    if kind is None:
        raise InvalidValue(f"the name of a CSV file begins with what is in it: {', '.join(_KINDS)}")
    try:
        rows = list(islice(read_rows(style.decode(content), columns, style), MOST_ROWS + 1))
    except (ValueError, csv.Error) as error:
        raise InvalidValue(f"the file cannot be read: {error}") from error
    if len(rows) > MOST_ROWS:
        raise InvalidValue(f"a file has at most {MOST_ROWS} rows: send several")
    reading = Reading()
    reading.set_totals(records=len(rows))
    _KINDS[kind](reading, rows, _Source(name, arrived, sha256(content).hexdigest()))
    return reading


def _shipments(reading: Reading, rows: Sequence[Row], _source: _Source) -> None:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.values["order_number"], row.values["key"]), []).append(row)
    units: list[int | None] = []
    for (number, key), several in groups.items():
        try:
            packages = _packages(several)
        except InvalidValue as error:
            problem = f"{error}; nothing of order {shorten(number)} was booked" if number else str(error)
            reading.problems.append((problem, _where(several)))
            continue
        for package in packages:
            units += [None] if package.lines is None else [each.quantity for each in package.lines]
        key = key or _key("shipment", number, *map(repr, packages))
        reading.returned.append((ShippedBack(key, number, packages), _where(several)))
    reading.set_totals(orders=len({number for number, _ in groups}))
    if None not in units:
        reading.set_totals(units=sum(each or 0 for each in units))


def _packages(rows: Sequence[Row]) -> list[ReturnedPackage]:
    packages: dict[tuple[str, str], list[PackedLine] | None] = {}
    for row in rows:
        row.text("order_number")
        parcel = row.text("carrier"), row.text("tracking_number")
        if not row.values["sku"]:
            if row.values["quantity"] or parcel in packages:
                raise InvalidValue(f"line {row.line} has no sku")
            packages[parcel] = None
            continue
        lines = packages.setdefault(parcel, [])
        if lines is None:
            raise InvalidValue(f"line {row.line}: a line before has all of the order in this package")
        lines.append(PackedLine(row.text("sku"), row.whole("quantity", 1)))
    return [ReturnedPackage(*parcel, lines) for parcel, lines in packages.items()]


def _stock(reading: Reading, rows: Sequence[Row], source: _Source) -> None:
    def read(row: Row, key: str) -> Returned:
        on_hand = row.whole("on_hand") if row.values["on_hand"] else None
        change = row.whole("change", None) if row.values["change"] else None
        if (on_hand is None) == (change is None):
            raise InvalidValue(f"line {row.line} has one of on_hand and change, not both or none")
        location = row.values["location"] or None
        return StockBack(key, row.text("sku"), on_hand, change, location, row.moment("as_of"))

    reason = "the same file was booked before: if this happened again, give it an as_of"

    def known_by(row: Row) -> tuple[tuple[str, ...], str | None]:
        if row.values["as_of"]:
            return ("stock",), None
        if row.values["on_hand"]:
            return ("count", source.name, source.arrived), None
        return ("change", source.digest), reason

    found = _each(reading, rows, read, known_by)
    stock = [each for each in found if isinstance(each, StockBack)]
    reading.set_totals(units=sum((each.on_hand or 0) + (each.change or 0) for each in stock))


def _cancellations(reading: Reading, rows: Sequence[Row], _source: _Source) -> None:
    def read(row: Row, key: str) -> Returned:
        return CanceledBack(key, row.text("order_number"), row.text("reason"))

    _each(reading, rows, read, lambda _row: (("cancellation",), None))
    reading.set_totals(orders=len({row.values["order_number"] for row in rows}))


def _refunds(reading: Reading, rows: Sequence[Row], _source: _Source) -> None:
    def read(row: Row, key: str) -> Returned:
        number, reason = row.text("order_number"), row.text("reason")
        if row.values["sku"]:
            return RefundedBack(key, number, reason, {row.values["sku"]: row.amount("amount")})
        amount = row.amount("amount") if row.values["amount"] else None
        return RefundedBack(key, number, reason, amount=amount)

    again = "the same refund was booked before: if it is another one, give it a key"
    found = _each(reading, rows, read, lambda _row: (("refund",), again))
    refunds = [each for each in found if isinstance(each, RefundedBack)]
    reading.set_totals(orders=len({row.values["order_number"] for row in rows}))
    amounts = [amount for each in refunds for amount in (each.amounts.values() or [each.amount])]
    if None not in amounts:
        reading.totals["amount"] = total(amount for amount in amounts if amount is not None)


def _each(
    reading: Reading,
    rows: Sequence[Row],
    read: Callable[[Row, str], Returned],
    known_by: Callable[[Row], tuple[tuple[str, ...], str | None]],
) -> list[Returned]:
    """One thing per row; the same row twice in a file happened twice.

    known_by  what tells a row without a key from others, beside what it says; and why it is put aside if it
              was booked before
    """
    seen: dict[str, int] = {}
    for row in rows:
        said = repr(sorted(row.values.items()))
        seen[said] = seen.get(said, 0) + 1
        parts, again = known_by(row)
        key = row.values["key"] or _key("row", *parts, said, str(seen[said]))
        where = replace(_where([row]), again=None if row.values["key"] else again)
        try:
            reading.returned.append((read(row, key), where))
        except InvalidValue as error:
            reading.problems.append((str(error), where))
    return [returned for returned, _ in reading.returned]


def _key(*parts: str) -> str:
    return f"{parts[0]}:{sha256(repr(parts).encode()).hexdigest()[:40]}"


def _where(rows: Sequence[Row]) -> Where:
    lines = tuple(row.line for row in rows)
    numbers = ", ".join(map(str, lines))
    return Where(f"line {numbers}" if len(rows) == 1 else f"lines {numbers}", lines)


_KINDS: Mapping[str, Callable[[Reading, Sequence[Row], _Source], None]] = {
    "shipments": _shipments, "stock": _stock, "cancellations": _cancellations, "refunds": _refunds,
}  # fmt: skip
