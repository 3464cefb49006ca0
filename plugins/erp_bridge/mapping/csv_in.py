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
import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from itertools import islice

from core.clock import parse_time
from core.commerce.spreadsheets import as_written
from core.errors import InvalidValue, shorten
from core.money import total
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

FIELDS = (
    "order_number", "carrier", "tracking_number", "sku", "quantity", "on_hand", "change", "location",
    "as_of", "reason", "amount", "key",
)  # fmt: skip
#: A file with more is refused, as all of it is held in memory.
MOST_ROWS = 100_000


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


@dataclass(frozen=True)
class _Row:
    """One line of a file, by our names; empty text for what it does not say."""

    line: int
    values: Mapping[str, str]
    style: CsvStyle

    def text(self, name: str) -> str:
        """What it says; InvalidValue if nothing."""
        if not self.values[name]:
            raise InvalidValue(f"line {self.line} has no {name}")
        return self.values[name]

    def whole(self, name: str, least: int = 0) -> int:
        """A whole number."""
        given = self.text(name)
        match = re.fullmatch(r"([+-]?[0-9]{1,9})(\.0*)?", self.style.read_number(given))
        if match is None or int(match[1]) < least:
            raise InvalidValue(f"line {self.line}: {shorten(given)!r} is no {name}: it is a whole number")
        return int(match[1])

    def amount(self, name: str) -> Decimal:
        """An amount of money."""
        given = self.text(name)
        read = self.style.read_number(given)
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", read):
            example = self.style.write_number("12.50")
            raise InvalidValue(f"line {self.line}: {shorten(given)!r} is no {name} such as {example}")
        return Decimal(read)

    def moment(self, name: str) -> datetime | None:
        """A time with its zone, if there is one."""
        given = self.values[name]
        try:
            return parse_time(given) if given else None
        except ValueError as error:
            raise InvalidValue(
                f"line {self.line}: {shorten(given)!r} is no {name} such as 2026-05-01T08:00:00+02:00"
            ) from error


def check_columns(columns: Mapping[str, str]) -> list[str]:
    """What is wrong with a choice of columns (our name: theirs), one sentence each."""
    unknown = [name for name in columns if name not in FIELDS]
    complaints = [f"{name!r} is none of what comes back: {', '.join(FIELDS)}" for name in unknown]
    named = [theirs.strip().casefold() for theirs in columns.values()]
    for name, theirs in columns.items():
        if not theirs.strip():
            complaints.append(f"{name} needs the name of the other side's column")
        elif named.count(theirs.strip().casefold()) > 1:
            complaints.append(f"the column {theirs!r} is named more than once")
    return complaints


def read_returns(
    name: str, arrived: str, content: bytes, columns: Mapping[str, str], style: CsvStyle
) -> Reading:
    """What a file says that has arrived at a time. InvalidValue if nothing of it can be read."""
    kind = next((each for each in _KINDS if name.casefold().startswith(each)), None)
    if kind is None:
        raise InvalidValue(f"the name of a CSV file begins with what is in it: {', '.join(_KINDS)}")
    try:
        rows = list(islice(_rows(style.decode(content), columns, style), MOST_ROWS + 1))
    except (ValueError, csv.Error) as error:
        raise InvalidValue(f"the file cannot be read: {error}") from error
    if len(rows) > MOST_ROWS:
        raise InvalidValue(f"a file has at most {MOST_ROWS} rows: send several")
    reading = Reading()
    reading.set_totals(records=len(rows))
    _KINDS[kind](reading, rows, _Source(name, arrived, sha256(content).hexdigest()))
    return reading


def only_lines(content: bytes, lines: Collection[int], style: CsvStyle) -> bytes:
    """The same file with its header and just these lines."""
    reader = csv.reader(io.StringIO(style.decode(content), newline=""), delimiter=style.separator)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=style.separator, lineterminator="\r\n")
    writer.writerow(next(reader))
    line = reader.line_num + 1
    for cells in reader:
        if line in lines:
            writer.writerow(cells)
        line = reader.line_num + 1
    return style.of(content).encode(text.getvalue())


def _rows(text: str, columns: Mapping[str, str], style: CsvStyle) -> Iterable[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=style.separator, strict=True)
    header = [as_written(cell).casefold() for cell in next(reader, [])]
    places = {}
    for name in FIELDS:
        theirs = columns.get(name, name).strip().casefold()
        if header.count(theirs) > 1:
            raise ValueError(f"its first line names the column {theirs} more than once")
        if theirs in header:
            places[name] = header.index(theirs)
    if not places:
        raise ValueError("its first line names none of the columns that are set")
    line = reader.line_num + 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            if len(cells) != len(header):
                raise ValueError(
                    f"line {line} has {len(cells)} values where the header has {len(header)} columns"
                )
            values = {name: as_written(cells[places[name]]) if name in places else "" for name in FIELDS}
            yield _Row(line, values, style)
        line = reader.line_num + 1


def _shipments(reading: Reading, rows: Sequence[_Row], _source: _Source) -> None:
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        groups.setdefault((row.values["order_number"], row.values["key"]), []).append(row)
    units: list[int | None] = []
    for (number, key), several in groups.items():
        try:
            packages = _packages(several)
        except InvalidValue as error:
            problem = f"{error}; nothing of order {shorten(number)} was booked"
            reading.problems.append((problem, _where(several)))
            continue
        for package in packages:
            units += [None] if package.lines is None else [each.quantity for each in package.lines]
        key = key or _key("shipment", number, *map(repr, packages))
        reading.returned.append((ShippedBack(key, number, packages), _where(several)))
    reading.set_totals(orders=len({number for number, _ in groups}))
    if None not in units:
        reading.set_totals(units=sum(each or 0 for each in units))


def _packages(rows: Sequence[_Row]) -> list[ReturnedPackage]:
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


def _stock(reading: Reading, rows: Sequence[_Row], source: _Source) -> None:
    def read(row: _Row, key: str) -> Returned:
        on_hand = row.whole("on_hand") if row.values["on_hand"] else None
        change = row.whole("change", -(10**9)) if row.values["change"] else None
        if (on_hand is None) == (change is None):
            raise InvalidValue(f"line {row.line} has one of on_hand and change, not both or none")
        location = row.values["location"] or None
        return StockBack(key, row.text("sku"), on_hand, change, location, row.moment("as_of"))

    def known_by(row: _Row) -> tuple[tuple[str, ...], str | None]:
        if row.values["as_of"]:
            return ("stock",), None
        if row.values["on_hand"]:
            return ("count", source.name, source.arrived), None
        return (
            "change",
            source.digest,
        ), "the same file was booked before: if this happened again, give it an as_of"

    found = _each(reading, rows, read, known_by)
    stock = [each for each in found if isinstance(each, StockBack)]
    reading.set_totals(units=sum((each.on_hand or 0) + (each.change or 0) for each in stock))


def _cancellations(reading: Reading, rows: Sequence[_Row], _source: _Source) -> None:
    def read(row: _Row, key: str) -> Returned:
        return CanceledBack(key, row.text("order_number"), row.text("reason"))

    _each(reading, rows, read, lambda _row: (("cancellation",), None))
    reading.set_totals(orders=len({row.values["order_number"] for row in rows}))


def _refunds(reading: Reading, rows: Sequence[_Row], _source: _Source) -> None:
    def read(row: _Row, key: str) -> Returned:
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
    rows: Sequence[_Row],
    read: Callable[[_Row, str], Returned],
    known_by: Callable[[_Row], tuple[tuple[str, ...], str | None]],
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


def _where(rows: Sequence[_Row]) -> Where:
    lines = tuple(row.line for row in rows)
    numbers = ", ".join(map(str, lines))
    return Where(f"line {numbers}" if len(rows) == 1 else f"lines {numbers}", lines)


_KINDS: Mapping[str, Callable[[Reading, Sequence[_Row], _Source], None]] = {
    "shipments": _shipments, "stock": _stock, "cancellations": _cancellations, "refunds": _refunds,
}  # fmt: skip
