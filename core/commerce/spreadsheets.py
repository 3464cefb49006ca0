"""CSV for spreadsheets: a cell is never taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

#: What spreadsheets read as the beginning of a formula; tabs and line ends can hide one.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(cell: str) -> str:
    """The cell as text: one that begins as a formula does gets an apostrophe before it.

    One that would once its own apostrophes are gone gets one too, so that `as_written` can take it off.
    """
    return f"'{cell}" if cell.lstrip(" '").startswith(_DANGEROUS) else cell


def as_written(cell: str) -> str:
    """The text that `harmless` was given, without spaces around it."""
    text = cell.strip()
    is_marked = text.startswith("'") and text.lstrip(" '").startswith(_DANGEROUS)
    return text[1:].strip() if is_marked else text


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a CSV file, one at a time, each with its line end; no more than one is in memory."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
