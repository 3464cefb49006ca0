"""Pages of a sorted list that cost the same wherever they lie: each goes on behind the last row seen."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from core.database.types import Scaled, UtcDateTime
from core.errors import InvalidValue
from core.money import to_scaled

T = TypeVar("T")
_LARGEST = 2**63 - 1
_LONGEST = 1_000


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows, and the cursor that the next page starts behind, None on the last one.

    is_partial  enough was looked through for one page before it was full: go on behind it
    """

    rows: Sequence[T]
    next: str | None
    is_partial: bool = False


def cut(rows: Sequence[T], limit: int, place: Callable[[T], object]) -> Page[T]:
    """A page of rows; one more than it holds says that another page follows, behind its last `place`."""
    return Page(rows[:limit], str(place(rows[limit - 1])) if len(rows) > limit else None)


@dataclass(frozen=True)
class Sieve:
    """What no index finds: each row is tested by its columns, `most` of them for one page."""

    fits: Callable[[Any], Sequence[ColumnElement[bool]]]
    most: int


@dataclass(frozen=True)
class Keyset:
    """An order of rows that an index serves; all columns go the same way.

    name        what a cursor of it is known by: one of another list or order is refused
    columns     what is sorted by; the last one is unique, and only the first can be null
    descending  the largest first; rows without a first value come last either way
    """

    name: str
    columns: tuple[ColumnElement[Any], ...]
    descending: bool = False
    first_can_be_null: bool = False

    def fetch(
        self,
        session: Session,
        rows: Select[Any],
        after: str | None,
        limit: int,
        sieve: Sieve | None = None,
    ) -> Page[tuple[Any, ...]]:
        """A page of `rows`, which select these columns first. Raises InvalidValue for another cursor.

        With a sieve, of those that pass it; `rows` then select the columns that it tests, too, and a page
        can end before it is full.
        """
        found: list[tuple[Any, ...]] = []
        for part in self._parts(None if after is None else self._decode(after)):
            if len(found) > limit:
                break
            walk = rows.where(*part).order_by(*self._order())
            wanted = walk if sieve is None else self._sifted(walk, sieve)
            if sieve is not None and session.get_bind().dialect.name != "sqlite":
                wanted = wanted.order_by(*self._order_of(wanted.selected_columns))
            some = session.execute(wanted.limit(limit + 1 - len(found)))
            found += [tuple(row)[: len(self.columns)] for row in some]
            if sieve is not None and len(found) <= limit:
                last = session.execute(walk.limit(1).offset(sieve.most - 1)).first()
                if last is not None:
                    keys = [last._mapping[str(column.key)] for column in self.columns]
                    return Page(found, self._encode(keys), is_partial=len(found) < limit)
        return Page(found[:limit], self._encode(found[limit - 1]) if len(found) > limit else None)

    def _sifted(self, walk: Select[Any], sieve: Sieve) -> Select[Any]:
        """A part that is sorted and limited by itself, of which SQLite reads no more than is needed.

        SQLite tests the rows one by one in their order, and would sort all of them if it were asked to. A
        database that may join them with what is tested has to be told the order again.
        """
        part = walk.limit(sieve.most).subquery()
        return select(*(part.c[str(column.key)] for column in self.columns)).where(*sieve.fits(part.c))

    def _order(self) -> list[ColumnElement[Any]]:
        return self._order_of(self.columns)

    def _order_of(self, columns: Iterable[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
        return [column.desc() if self.descending else column.asc() for column in columns]

    def _parts(self, start: tuple[Any, ...] | None) -> Iterator[list[ColumnElement[bool]]]:
        """The conditions of each part: where it can be null, the rows with a value, then those without."""
        first = self.columns[0]
        if not self.first_can_be_null:
            yield [] if start is None else [self._behind(self.columns, start)]
            return
        if start is None:
            yield [first.is_not(None)]
            yield [first.is_(None)]
        elif start[0] is not None:
            yield [self._behind(self.columns, start)]
            yield [first.is_(None)]
        else:
            yield [and_(first.is_(None), self._behind(self.columns[1:], start[1:]))]

    def _behind(self, columns: Sequence[ColumnElement[Any]], values: Sequence[Any]) -> ColumnElement[bool]:
        row = tuple_(*columns)
        return row < tuple(values) if self.descending else row > tuple(values)

    def _encode(self, values: Sequence[Any]) -> str:
        words = [None if value is None else _to_text(value) for value in values]
        text = json.dumps([self.name, self.descending, *words], ensure_ascii=True, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _decode(self, cursor: str) -> tuple[Any, ...]:
        refused = InvalidValue(
            "the place to go on from does not fit this list: start again at its first page"
        )
        if len(cursor) > _LONGEST:
            raise refused
        try:
            padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
            name, descending, *words = json.loads(base64.urlsafe_b64decode(padded))
            if (name, descending, len(words)) != (self.name, self.descending, len(self.columns)):
                raise refused
            values = [
                None if word is None else _from_text(column.type, word)
                for column, word in zip(self.columns, words, strict=True)
            ]
        except (ValueError, TypeError, ArithmeticError) as error:
            raise refused from error
        if None in values[0 if not self.first_can_be_null else 1 :]:
            raise refused
        return tuple(values)


def name_of(cursor: str) -> str | None:
    """The name of the list that a cursor says it is of; None for what is no cursor."""
    try:
        name, *_rest = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"==="))
    except (ValueError, TypeError, RecursionError):
        return None
    return name if isinstance(name, str) else None


def _to_text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _from_text(kind: TypeEngine[Any], text: str) -> Any:
    """A value as it was; ValueError or TypeError for what a column of this type could not hold."""
    if isinstance(kind, UtcDateTime):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("a time without its zone")
        return moment
    if isinstance(kind, Scaled):
        amount = Decimal(text)
        to_scaled(amount)
        return amount
    if kind.python_type is int:
        number = int(text)
        if abs(number) > _LARGEST:
            raise ValueError("a number that is too large")
        return number
    if not text.isprintable():
        raise ValueError("a text that cannot be printed")
    return text
