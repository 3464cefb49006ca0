"""Cursors: where the next page starts, opaque to whoever holds one and refused if it was made up."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

from core.clock import parse_time
from core.database.types import keys_of
from core.errors import NotFound

T = TypeVar("T")
#: Where a page starts: the values that its rows are sorted by.
Position = tuple[Any, ...]
_SEAL = 16


@dataclass(frozen=True)
class Asked:
    """What a list was asked for: how many at most, and behind which row."""

    limit: int
    after: Position | None


class Cursors:
    """Reads and writes the cursors of one list, as it was asked: they fit no other list or filter."""

    def __init__(self, session: Session, name: str, filters: Mapping[str, Any]) -> None:
        self._keys = keys_of(session.get_bind().dialect)
        wanted = {key: str(value) for key, value in filters.items() if value is not None}
        self._list = json.dumps([name, sorted(wanted.items())])

    def read(self, cursor: str | None) -> Position | None:
        """The position that a cursor stands for. Raises NotFound for one that is not ours."""
        if cursor is None:
            return None
        body, _, seal = cursor.partition(".")
        try:
            position = json.loads(urlsafe_b64decode(body.encode("ascii")))
        except ValueError as error:
            raise _unknown() from error
        if seal != self._seal(body):
            raise _unknown()
        return tuple(parse_time(value["at"]) if isinstance(value, dict) else value for value in position)

    def write(self, position: Position) -> str:
        """The cursor for a position."""
        values = [{"at": value.isoformat()} if isinstance(value, datetime) else value for value in position]
        body = urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode()
        return f"{body}.{self._seal(body)}"

    def _seal(self, body: str) -> str:
        """Keyed, so that nobody can make one; over a digest, because the key's hash ignores case."""
        return self._keys.blind(sha256(f"cursor {self._list} {body}".encode()).hexdigest())[:_SEAL]


class PageOf(Generic[T]):
    """Cuts what was found to one page."""

    def __init__(self, rows: Sequence[T], limit: int, position: Callable[[T], Position]) -> None:
        """`rows` may hold one more than `limit`: then there is another page."""
        self.rows = rows[:limit]
        self.next = position(rows[limit - 1]) if len(rows) > limit else None

    @classmethod
    def ended(cls, rows: Sequence[T], following: Position | None) -> PageOf[T]:
        """A page that was cut already, and where the next one starts."""
        page = cls(rows, len(rows), lambda _row: ())
        page.next = following
        return page


def _unknown() -> NotFound:
    return NotFound("there is no such page: pass `next_cursor` on as it came, or start without a cursor")
