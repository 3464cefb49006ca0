"""Reading JSON that may lack anything: what is absent, null, empty or of another type is None."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from core.clock import parse_time
from core.money import Money, parse_amount
from plugins.amazon_channel.errors import UnreadableOrder

#: As many as every database can keep, and more than anybody orders.
_MOST = 2**31 - 1


class Part:
    """One JSON object, or an empty one in place of anything else."""

    def __init__(self, value: object) -> None:
        self._fields: dict[str, Any] = value if isinstance(value, dict) else {}

    def __bool__(self) -> bool:
        return bool(self._fields)

    def part(self, *path: str) -> Part:
        """The object at the end of a path of names."""
        found = self
        for name in path:
            found = Part(found._fields.get(name))
        return found

    def parts(self, name: str) -> Iterator[Part]:
        """The objects of a list; entries that are none are passed over."""
        value = self._fields.get(name)
        for entry in value if isinstance(value, list) else ():
            if isinstance(entry, dict):
                yield Part(entry)

    def text(self, name: str) -> str | None:
        """A text without space around it or what no database keeps; of a whole number, its digits."""
        value = self._fields.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return (_keepable(value).strip() or None) if isinstance(value, str) else None

    def identifier(self, name: str, limit: int) -> str | None:
        """A text that must be kept whole. Raises UnreadableOrder if it is longer than `limit`."""
        value = self.text(name)
        if value is not None and len(value) > limit:
            raise UnreadableOrder(f"`{name}` is longer than {limit} characters")
        return value

    def required(self, name: str, limit: int) -> str:
        """The same of one that must be there. Raises UnreadableOrder."""
        value = self.identifier(name, limit)
        if value is None:
            raise UnreadableOrder(f"Amazon left out `{name}`")
        return value

    def description(self, name: str, limit: int) -> str | None:
        """A text of which the first `limit` characters will do."""
        value = self.text(name)
        return value[:limit].rstrip() if value else None

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a list."""
        value = self._fields.get(name)
        entries = value if isinstance(value, list) else []
        return tuple(_keepable(entry) for entry in entries if isinstance(entry, str) and entry)

    def whole(self, name: str) -> int | None:
        """A whole number, zero or more. Raises UnreadableOrder for one that cannot be a quantity."""
        value = self._fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        if value < 0:
            raise UnreadableOrder(f"{name} is negative")
        if value > _MOST:
            raise UnreadableOrder(f"{name} is more than {_MOST}")
        return value

    def time(self, name: str) -> datetime | None:
        """A moment in UTC; None for text that names no moment."""
        value = self.text(name)
        try:
            return parse_time(value) if value else None
        except (ValueError, OverflowError):
            return None

    def required_time(self, name: str) -> datetime:
        """The same of one that must be there. Raises UnreadableOrder."""
        value = self.time(name)
        if value is None:
            raise UnreadableOrder(f"`{name}` is missing or names no moment")
        return value

    def money(self, name: str) -> Money | None:
        """An amount with its currency. Raises UnreadableOrder if it is there but cannot be read."""
        part = self.part(name)
        if part._fields.get("amount") in (None, ""):
            return None
        try:
            return Money(parse_amount(part.text("amount") or ""), part.text("currencyCode") or "")
        except ValueError as error:
            raise UnreadableOrder(f"{name} is not an amount of money: {error}") from error


def _keepable(text: str) -> str:
    """JSON can say a NUL and half of a surrogate pair; PostgreSQL refuses the one, UTF-8 the other."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
