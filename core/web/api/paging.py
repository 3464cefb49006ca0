"""Cursors: where the next page starts, opaque to whoever holds one and refused if it was made up."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session

from core.database.types import keys_of
from core.errors import NotFound

_SEAL = 16


@dataclass(frozen=True)
class Asked:
    """What a list was asked for: how many at most, and behind which place, None for the start."""

    limit: int
    after: str | None

    @property
    def after_id(self) -> int | None:
        """The place, of a list whose places are ids."""
        return None if self.after is None else int(self.after)


class Cursors:
    """Reads and writes the cursors of one list, as it was asked: they fit no other list or filter."""

    def __init__(self, session: Session, name: str, filters: Mapping[str, Any]) -> None:
        self._keys = keys_of(session.get_bind().dialect)
        wanted = {key: str(value) for key, value in filters.items() if value is not None}
        self._list = json.dumps([name, sorted(wanted.items())])

    def read(self, cursor: str | None) -> str | None:
        """The place that a cursor stands for. Raises NotFound for one that is not ours."""
        if cursor is None:
            return None
        body, _, seal = cursor.partition(".")
        if seal != self._seal(body):
            raise NotFound(
                "there is no such page: pass `next_cursor` on as it came, or start without a cursor"
            )
        return urlsafe_b64decode(body.encode("ascii")).decode()

    def write(self, place: str | None) -> str | None:
        """The cursor for a place; None where there is nothing behind."""
        if place is None:
            return None
        body = urlsafe_b64encode(place.encode()).decode()
        return f"{body}.{self._seal(body)}"

    def _seal(self, body: str) -> str:
        """Keyed, so that nobody can make one; over a digest, because the key's hash ignores case."""
        return self._keys.blind(sha256(f"cursor {self._list} {body}".encode()).hexdigest())[:_SEAL]
