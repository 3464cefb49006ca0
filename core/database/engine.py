"""Engines for SQLite and PostgreSQL, set up so that no update is lost and readers never wait."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from core.config import Config
from core.database.keys import KeyRing, make_home
from core.errors import NotConfigured

BUSY_TIMEOUT_MS = 30_000
CONNECT_TIMEOUT_SECONDS = 10
_READ_ONLY = "entrepot_read_only"
#: A server that is away is told after this long; the drivers would wait for minutes.
_OPTIONS: Mapping[str, dict[str, Any]] = {
    "sqlite": {},
    "postgresql": {"connect_args": {"connect_timeout": CONNECT_TIMEOUT_SECONDS}},
}


def has_database(config: Config) -> bool:
    """Whether there can be a database to look into: an SQLite file that is not there is none.

    Raises NotConfigured for a URL that is of no use.
    """
    url = _parse_url(config)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


def make_engine(config: Config, keys: KeyRing | None = None) -> Engine:
    """The engine for the configured database; without keys nothing encrypted can be used.

    Raises NotConfigured for a URL that is of no use, or a home folder that cannot be made.
    """
    url = _parse_url(config)
    name = url.get_backend_name()
    if name == "sqlite":
        make_home(config.home)
    try:
        engine = create_engine(url, pool_pre_ping=name != "sqlite", **_OPTIONS[name])
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise NotConfigured(
            f"there is no driver for {url.drivername}; PostgreSQL's comes with pip install "
            "'entrepot[postgres]'"
        ) from error
    if keys is not None:
        use_keys(engine, keys)
    if name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def use_keys(engine: Engine, keys: KeyRing) -> None:
    """Encrypt personal data and secrets with these keys."""
    engine.dialect.entrepot_keys = keys  # type: ignore[attr-defined]  # read by core.database.types


def reader(engine: Engine) -> Engine:
    """The same engine for transactions that only read."""
    options: dict[str, Any] = {_READ_ONLY: True}
    if engine.dialect.name == "postgresql":
        options["postgresql_readonly"] = True
    return engine.execution_options(**options)


def _parse_url(config: Config) -> URL:
    try:
        url = make_url(config.database_url)
    except (ArgumentError, ValueError) as error:  # a port that is no number is a ValueError
        raise NotConfigured(
            "ENTREPOT_DATABASE_URL is an SQLAlchemy URL such as sqlite:////srv/shop.db or "
            "postgresql://user@host/shop"
        ) from error
    name = url.get_backend_name()
    if name not in ("sqlite", "postgresql"):
        raise NotConfigured(f"Entrepot runs on SQLite and PostgreSQL, not on {name}")
    return url


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, and only there
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start: one taken midway fails at once instead of waiting."""
    reads_only = bool(connection.get_execution_options().get(_READ_ONLY))
    connection.exec_driver_sql(f"PRAGMA query_only = {int(reads_only)}")
    connection.exec_driver_sql("BEGIN DEFERRED" if reads_only else "BEGIN IMMEDIATE")
