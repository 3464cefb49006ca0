"""The column types, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    insert,
    select,
    type_coerce,
)
from sqlalchemy.exc import StatementError

from core.config import Config
from core.database.engine import make_engine
from core.database.keys import KeyRing
from core.database.types import BlindIndex, EncryptedJson, EncryptedText, Scaled, UtcDateTime
from core.errors import NotConfigured, WrongSecretKeys

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
THINGS = Table(
    "test_things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("amount", Scaled),
    Column("text", EncryptedText),
    Column("data", EncryptedJson),
    Column("email", BlindIndex),
)


def open_engine(url: str, home: Path, *keys: str) -> Engine:
    """An engine with these keys and one index key."""
    ring = KeyRing(keys)
    ring.set_index_key("kept in the database")
    return make_engine(Config(home=home, database_url=url), ring)


@pytest.fixture
def engine(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A database with the table of things."""
    engine = open_engine(database_url, tmp_path, OLD)
    THINGS.metadata.create_all(engine)
    yield engine
    engine.dispose()


def write(connection: Connection, **values: Any) -> None:
    connection.execute(insert(THINGS).values(**values))


def read(connection: Connection, column: str) -> Any:
    return connection.scalars(select(THINGS.c[column])).one()


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=2))),
        datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=-11))),
    ],
)
def test_time_comes_back_aware_and_in_utc(engine: Engine, moment: datetime) -> None:
    with engine.begin() as connection:
        write(connection, at=moment)
        found = read(connection, "at")
    assert found == moment
    assert found.tzinfo is UTC


def test_time_without_a_zone_is_refused(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(StatementError, match="zone"):
        write(connection, at=datetime(2026, 3, 1))  # noqa: DTZ001


@pytest.mark.parametrize("amount", ["0", "-0.0001", "12.50", "922337203685477.5807", "0.1"])
def test_amount_comes_back_exactly(engine: Engine, amount: str) -> None:
    with engine.begin() as connection:
        write(connection, amount=Decimal(amount))
        assert read(connection, "amount") == Decimal(amount)


@pytest.mark.parametrize("amount", [Decimal("0.00001"), Decimal("NaN"), Decimal("Infinity"), 0.1])
def test_amount_that_cannot_be_kept_exactly_is_refused(engine: Engine, amount: Any) -> None:
    with engine.connect() as connection, pytest.raises(StatementError):
        write(connection, amount=amount)


@pytest.mark.parametrize("text", ["", "Jürgen Großmann", "山田太郎", "a\nb\0c"])
def test_encrypted_text_comes_back_and_is_not_in_the_database(engine: Engine, text: str) -> None:
    with engine.begin() as connection:
        write(connection, text=text)
        assert read(connection, "text") == text
        raw = connection.scalars(select(type_coerce(THINGS.c.text, LargeBinary))).one()
    assert not text or text.encode() not in bytes(raw)


def test_encrypted_text_that_is_the_same_looks_different(engine: Engine) -> None:
    with engine.begin() as connection:
        write(connection, text="same")
        write(connection, text="same")
        raw = connection.scalars(select(type_coerce(THINGS.c.text, LargeBinary))).all()
    assert len({bytes(each) for each in raw}) == 2


@pytest.mark.parametrize(
    "value", [{"a": [1, None, "ü"]}, [], "text", 0, False, {"\ud83d": "a\0b \udc00"}, "😀"]
)
def test_encrypted_json_comes_back(engine: Engine, value: Any) -> None:
    with engine.begin() as connection:
        write(connection, data=value)
        assert read(connection, "data") == value


@pytest.mark.parametrize("column", ["at", "amount", "text", "data", "email"])
def test_nothing_stays_nothing(engine: Engine, column: str) -> None:
    with engine.begin() as connection:
        write(connection, **{column: None})
        assert connection.scalars(select(THINGS.c.id).where(THINGS.c[column].is_(None))).one()
        assert read(connection, column) is None


def test_blind_index_finds_whatever_the_case_and_shows_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        write(connection, email="Mallory@Example.com")
        found = select(THINGS.c.id).where(THINGS.c.email == " mallory@example.COM ")
        assert connection.scalars(found).one()
        raw = connection.scalars(select(type_coerce(THINGS.c.email, String))).one()
    assert len(raw) == 64
    assert "mallory" not in raw.lower()


def test_rotated_keys_read_what_was_written_and_find_it(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        write(connection, text="something", email="mallory@example.com")
    rotated = open_engine(database_url, tmp_path, NEW, OLD)
    with rotated.connect() as connection:
        assert read(connection, "text") == "something"
        found = select(THINGS.c.id).where(THINGS.c.email == "mallory@example.com")
        assert connection.scalars(found).one()
    rotated.dispose()


def test_wrong_keys_read_nothing(engine: Engine, database_url: str, tmp_path: Path) -> None:
    with engine.begin() as connection:
        write(connection, text="something")
    wrong = open_engine(database_url, tmp_path, NEW)
    with wrong.connect() as connection, pytest.raises(WrongSecretKeys):
        read(connection, "text")
    wrong.dispose()


def test_engine_without_keys_encrypts_nothing(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    THINGS.metadata.create_all(engine)
    with (
        engine.connect() as connection,
        pytest.raises((NotConfigured, StatementError), match="secret keys"),
    ):
        write(connection, text="something")
    engine.dispose()
