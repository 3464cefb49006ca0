"""CSV files that are imported, as spreadsheets write them: what was exported is read as it was."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TextIO

from core.commerce.spreadsheets import as_written, csv_lines
from core.errors import InvalidValue

_DELIMITERS = ",;\t"
#: Columns that a list of wrong lines has besides; a file that was mended may keep them.
LINE, REASON = "line", "reason"


@dataclass(frozen=True)
class CsvRow:
    """One line: its values by column, without spaces around them, and what is wrong with its form."""

    line: int
    values: Mapping[str, str]
    problem: str | None = None


def read_csv(file: TextIO, columns: Sequence[str], required: str) -> Iterator[CsvRow]:
    """The lines of a file whose first line names columns, in any order; empty lines are passed over.

    Raises InvalidValue for a header that cannot be one, and for a file that ends within quotes.
    """
    first = file.readline().removeprefix("\ufeff")
    reader = csv.reader(_lines(first, file), delimiter=_delimiter(first), strict=True)
    try:
        header = _header(next(reader, []), columns, required)
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(line, header, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidValue(f"nothing was imported: line {reader.line_num}: {error}") from error


def mark_repeats(
    rows: Iterable[CsvRow], key_of: Callable[[Mapping[str, str]], str], *, together: bool = False
) -> Iterator[CsvRow]:
    """The rows; one whose key was there before is wrong, unless it follows that very line and may."""
    lines: dict[str, int] = {}
    last = ""
    for row in rows:
        key = key_of(row.values)
        if row.problem is None and key and key in lines and not (together and key == last):
            yield replace(row, problem=f"{key!r} is in line {lines[key]} already")
        else:
            if row.problem is None:
                lines.setdefault(key, row.line)
            last = key
            yield row


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """A CSV file, line by line."""
    yield from csv_lines([columns])
    yield from csv_lines([row.get(column, "") for column in columns] for row in rows)


def _row(line: int, header: Sequence[str], cells: Sequence[str]) -> CsvRow:
    values = {name: as_written(cell) for name, cell in zip(header, cells, strict=False)}
    if len(cells) == len(header):
        return CsvRow(line, values)
    return CsvRow(line, values, f"has {len(cells)} values where the header has {len(header)} columns")


def _lines(first: str, rest: TextIO) -> Iterator[str]:
    yield first
    yield from rest


def _delimiter(header: str) -> str:
    """The one that makes the most columns of the header."""
    return max(_DELIMITERS, key=lambda delimiter: len(next(csv.reader([header], delimiter=delimiter), [])))


def _header(cells: Sequence[str], columns: Sequence[str], required: str) -> list[str]:
    names = [cell.strip().casefold() for cell in cells]
    known = ", ".join(columns)
    if unknown := [name for name in names if name not in (*columns, LINE, REASON)]:
        raise InvalidValue(
            f"the first line names columns: {', '.join(map(repr, unknown))} is none of {known}"
        )
    if required not in names:
        raise InvalidValue(f"the first line names columns, at least {required}; known are {known}")
    if len(set(names)) < len(names):
        raise InvalidValue("a column is named twice")
    return names
