"""Column types that keep what plain ones lose: exact amounts, time zones, privacy."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, LargeBinary, String
from sqlalchemy.types import TypeDecorator

from core.clock import to_utc
from core.database.keys import KeyRing
from core.errors import NotConfigured
from core.money import from_scaled, to_scaled


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept and given back in UTC. A naive one is refused with ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite gets it without the zone, which is always the same."""
        if value is None:
            return None
        moment = to_utc(value)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back to an aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Scaled(TypeDecorator[Decimal]):
    """An exact amount, kept as a whole number of 1/10000."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """To a whole number; ValueError if a digit would be lost."""
        return None if value is None else to_scaled(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Back to the amount."""
        return None if value is None else from_scaled(value)


class EncryptedText(TypeDecorator[str]):
    """Text that only the installation's keys can read. It can be neither compared nor sorted."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encrypt with the newest key."""
        return None if value is None else keys_of(dialect).encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Decrypt with whichever key fits; WrongSecretKeys if none does."""
        return None if value is None else keys_of(dialect).decrypt(bytes(value))


class EncryptedJson(TypeDecorator[Any]):
    """What JSON can hold, encrypted as a whole."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Encrypt with the newest key."""
        if value is None:
            return None
        # In ASCII, because a channel can say half of a surrogate pair, which UTF-8 cannot.
        return keys_of(dialect).encrypt(json.dumps(value, ensure_ascii=True))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """Decrypt with whichever key fits."""
        return None if value is None else json.loads(keys_of(dialect).decrypt(bytes(value)))


class BlindIndex(TypeDecorator[str]):
    """A keyed hash of what is written or asked for, so that an encrypted value can be found.

    Write and compare with the plain value; what is read back is the hash. Case and spaces around
    do not count.
    """

    impl = String(64)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Hash it."""
        return None if value is None else keys_of(dialect).blind(value)


def keys_of(dialect: Dialect) -> KeyRing:
    """The keys that were given to this engine. NotConfigured if none were."""
    keys = getattr(dialect, "entrepot_keys", None)
    if not isinstance(keys, KeyRing):
        raise NotConfigured("this engine was made without secret keys: use core.database.engine")
    return keys
