"""The rows of CSV that comes back, by our names for their columns, and the same file with some of them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from core.clock import parse_time
from core.commerce.spreadsheets import as_written
from core.errors import InvalidValue, shorten
from plugins.erp_bridge.mapping.csv_style import CsvStyle

FIELDS = (
    "order_number", "carrier", "tracking_number", "sku", "quantity", "on_hand", "change", "location",
    "as_of", "reason", "amount", "key",
)  # fmt: skip
#: A file with more is refused, as all of it is held in memory.
MOST_ROWS = 100_000


@dataclass(frozen=True)
class Row:
    """One line of a file, by our names; empty text for what it does not say."""

    line: int
    values: Mapping[str, str]
    style: CsvStyle

    def text(self, name: str) -> str:
        """What it says; InvalidValue if nothing."""
        if not self.values[name]:
            raise InvalidValue(f"line {self.line} has no {name}")
        return self.values[name]

    def whole(self, name: str, least: int | None = 0) -> int:
        """A whole number of at least so much."""
        given = self.text(name)
        match = re.fullmatch(r"([+-]?[0-9]{1,9})(\.0*)?", self.style.read_number(given))
        if match is None:
            raise InvalidValue(f"line {self.line}: {shorten(given)!r} is no {name}: it is a whole number")
        if least is not None and int(match[1]) < least:
            raise InvalidValue(f"line {self.line}: {shorten(given)!r} is no {name}: it is at least {least}")
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


def read_rows(text: str, columns: Mapping[str, str], style: CsvStyle) -> Iterable[Row]:
    """Each row that says anything. ValueError or csv.Error, in words, for what is no such file."""
    if "\0" in text:
        raise ValueError("it holds bytes that are no text: look at its encoding")
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
            yield Row(line, values, style)
        line = reader.line_num + 1


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
