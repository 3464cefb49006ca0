"""After keys were changed: everything is written anew, while the shop runs, and the old key can go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary, MetaData, select, text

from core.application import LiveApplication
from core.commerce.orders import OrderFilter, OrderQuery, find_orders, get_order
from core.config import Config
from core.database.keys import KeyRing
from core.database.reencrypting import Progress, reencrypt_tables
from core.errors import WrongSecretKeys
from core.testing import make_order
from tests.command_line import Entrepot
from tests.databases import TEST_KEY, SharedDatabase, SharedPostgresql

NEW = Fernet.generate_key().decode()


@pytest.fixture
def consumer(live: LiveApplication) -> None:
    """A secret of a plugin that is not enabled, so that nothing knows its tables."""
    with live.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO erp_bridge_consumers (name, kind, wanted, since, offered_to, lease_seconds, "
                "settings, state, failures, created_at) VALUES ('till', 'pull', '{}', :now, :now, 60, "
                ":settings, 'active', 0, :now)"
            ),
            {"now": "2026-01-01 00:00:00", "settings": KeyRing((TEST_KEY,)).encrypt("{}")},
        )


@contextmanager
def opened(shared: SharedDatabase, home: Path, *keys: str) -> Iterator[LiveApplication]:
    """The shop, with these keys."""
    live = LiveApplication(
        Config(home=home, database_url=shared.url, secret_keys=keys), engine=shared.engine
    )
    try:
        yield live
    finally:
        live.close()


def tokens(live: LiveApplication) -> list[bytes]:
    """Everything in the database that is encrypted."""
    tables = MetaData()
    tables.reflect(live.engine)
    columns = [
        column
        for table in tables.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    ]
    with live.engine.connect() as connection:
        return [
            bytes(value)
            for column in columns
            for value in connection.scalars(select(column).where(column.is_not(None)))
        ]


def last_of(progress: Iterator[Progress]) -> dict[str, Progress]:
    """The last word on each table."""
    return {each.table: each for each in progress}


@pytest.mark.usefixtures("consumer")
def test_reencrypting_lets_the_old_key_go(
    live: LiveApplication, shared_database: SharedDatabase, tmp_path: Path
) -> None:
    numbers = [make_order(live) for _ in range(3)]
    assert len(tokens(live)) == 8, "two of each order, the secret, the key of blind indexes"
    with opened(shared_database, tmp_path, NEW, TEST_KEY) as rotating:
        ended_early = reencrypt_tables(rotating.engine, portion=1)
        for progress in ended_early:
            if progress.table == "orders" and progress.seen == 1:
                break
        ended_early.close()
        entrepot = Entrepot(
            {
                "ENTREPOT_HOME": str(tmp_path),
                "ENTREPOT_DATABASE_URL": shared_database.url,
                "ENTREPOT_SECRET_KEYS": f"{NEW},{TEST_KEY}",
            }
        )
        done = entrepot("db", "reencrypt")
        assert (done.status, "orders" in done.err) == (0, True)
        assert "all are under the newest one now" in done.out
        assert last_of(reencrypt_tables(rotating.engine))["orders"] == Progress("orders", 3, 3, 0)

    with opened(shared_database, tmp_path, NEW) as renewed, renewed.current().reading() as ctx:
        order = get_order(ctx.session, numbers[0])
        assert (order.buyer_name, order.buyer_email) == ("Ada Example", "ada@example.com")
        found = find_orders(ctx.session, OrderQuery(OrderFilter(buyer="Ada@example.com")))
        assert sorted(each.number for each in found.rows) == sorted(numbers)
        alone = KeyRing((NEW,))
        assert all(alone.decrypt(token) for token in tokens(renewed))


def test_reencrypting_comes_back_to_rows_that_somebody_is_changing(
    shared_postgresql: SharedPostgresql, tmp_path: Path
) -> None:
    """SQLite has one writer at a time."""
    shared_postgresql.reset()
    with opened(shared_postgresql, tmp_path, TEST_KEY) as live:
        number = make_order(live)
    with opened(shared_postgresql, tmp_path, NEW, TEST_KEY) as rotating:
        with rotating.engine.connect() as editor:
            editor.execute(text("UPDATE orders SET status = 'on_hold'"))
            progress = reencrypt_tables(rotating.engine)
            first = next(each for each in progress if each.table == "orders")
            editor.commit()
        assert (first.seen, first.written) == (1, 0)
        assert last_of(progress)["orders"].written == 1
        with rotating.current().reading() as ctx:
            assert get_order(ctx.session, number).status == "on_hold"


def test_reencrypting_names_the_table_of_what_no_key_opens(
    live: LiveApplication, shared_database: SharedDatabase, tmp_path: Path
) -> None:
    make_order(live)
    with (
        opened(shared_database, tmp_path, NEW) as wrong,
        pytest.raises(WrongSecretKeys, match=r"in the table installation: .*ENTREPOT_SECRET_KEYS"),
    ):
        last_of(reencrypt_tables(wrong.engine))
