"""Engines: which URLs they take, and that no update is lost and nobody waits in vain."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from core.config import Config
from core.database.engine import has_database, make_engine, reader
from core.database.keys import KeyRing
from core.errors import NotConfigured

KEYS = KeyRing((Fernet.generate_key().decode(),))


def config(home: Path, url: str) -> Config:
    """A configuration with this URL."""
    return Config(home=home, database_url=url)


@pytest.fixture
def engine(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A database with one counter."""
    engine = make_engine(config(tmp_path, database_url), KEYS)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE test_counter (n INTEGER)"))
        connection.execute(text("INSERT INTO test_counter VALUES (0)"))
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "postgresql://host:port/shop", "mysql://host/shop", "sqlite+nothing:///x.db"]
)
def test_engine_refuses_a_url_that_is_of_no_use(tmp_path: Path, url: str) -> None:
    with pytest.raises(NotConfigured):
        make_engine(config(tmp_path, url), KEYS)


def test_engine_refusal_repeats_nothing_of_a_url(tmp_path: Path) -> None:
    for url in ("postgresql://me:hunter2@host:port/shop", "oracle://me:hunter2@host/shop"):
        with pytest.raises(NotConfigured) as caught:
            make_engine(config(tmp_path, url), KEYS)
        assert "hunter2" not in str(caught.value)


def test_a_database_is_missed_only_where_its_file_is(tmp_path: Path, sqlite_url: str) -> None:
    assert has_database(config(tmp_path, sqlite_url))
    assert not has_database(config(tmp_path, f"sqlite:///{tmp_path}/none.db"))
    assert has_database(config(tmp_path, "postgresql://127.0.0.1:1/shop"))
    with pytest.raises(NotConfigured):
        has_database(config(tmp_path, "nonsense"))


def test_reader_writes_nothing(engine: Engine) -> None:
    with reader(engine).connect() as connection, pytest.raises(DBAPIError, match=r"read-?only"):
        connection.execute(text("UPDATE test_counter SET n = 1"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE test_counter SET n = 2"))


def test_reader_never_waits_for_a_writer(engine: Engine) -> None:
    with engine.begin() as writing:
        writing.execute(text("UPDATE test_counter SET n = 1"))
        with reader(engine).connect() as reading:
            assert reading.scalar(text("SELECT n FROM test_counter")) == 0


def test_writers_at_once_lose_no_update(engine: Engine) -> None:
    lock = " FOR UPDATE" if engine.dialect.name == "postgresql" else ""
    ready = threading.Barrier(4)

    def count() -> None:
        ready.wait()
        for _ in range(10):
            with engine.begin() as connection:
                n = connection.scalar(text("SELECT n FROM test_counter" + lock))
                connection.execute(text("UPDATE test_counter SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reader(engine).connect() as connection:
        assert connection.scalar(text("SELECT n FROM test_counter")) == 40


def test_sqlite_keeps_its_promises_and_its_references(sqlite_url: str, tmp_path: Path) -> None:
    engine = make_engine(config(tmp_path, sqlite_url), KEYS)
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    engine.dispose()


def test_server_that_is_away_is_told_at_once(tmp_path: Path) -> None:
    engine = make_engine(config(tmp_path, "postgresql://127.0.0.1:1/shop"), KEYS)
    with pytest.raises(OperationalError):
        engine.connect()
    engine.dispose()
