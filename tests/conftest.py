"""What every test can ask for: a shop on each database, an Amazon, and what an operator does with them.

`database_url` runs a test on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from core.access import passwords
from core.application import Application, LiveApplication
from plugins.amazon_channel.simulator import RunningSimulator, World, serve_simulator
from tests.databases import (
    SharedDatabase,
    SharedPostgresql,
    SharedSqlite,
    make_config,
    run_as_admin,
    start_postgresql,
)
from tests.shop import Shop

#: Tests that start and kill whole processes or take long: only `make test-all` runs them.
SLOW = (
    "tests/faults/",
    "tests/core/cli/test_processes.py",
    "tests/core/jobs/test_processes.py",
    "tests/core/web/test_server.py",
    "tests/core/web/api/test_description.py::test_every_answer_is_as_it_is_described",
    "tests/core/web/test_injecting.py",
    "tests/core/web/test_queries.py",
    "tests/browser/test_erp_bridge.py::test_every_page_speaks",
    "tests/browser/test_every_page.py",
    "tests/house/test_bench.py::test_every_page",
    "tests/house/test_tutorial.py",
    "tests/house/test_wheel.py::test_every_file_of_ours",
    "tests/house/test_wheel.py::test_the_wheel_runs",
    "tests/house/test_wheel.py::test_a_new_shop",
    "tests/core/database/test_keys.py::test_processes",
    "tests/core/database/test_migrating.py::test_processes",
    "tests/plugins/amazon_channel/cli/test_demo.py::test_demo_tells",
    "tests/plugins/amazon_channel/cli/test_demo.py::test_demo_that_is_killed",
    "tests/plugins/amazon_channel/cli/test_demo.py::test_simulator_serves",
    "tests/plugins/erp_bridge/tryton/",
    "tests/plugins/erp_bridge/test_processes.py",
    "tests/plugins/erp_bridge/test_collecting.py::test_a_process",
)
#: What these call is tried on PostgreSQL by tests of its own, in tests/core; they themselves, but for the
#: walk through both workflows, only by `make test-all`.
CALLERS = (
    "tests/core/cli/",
    "tests/core/web/",
    "tests/integration/",
    "tests/plugins/",
)


#: An ORM makes many objects and few cycles: looking for cycles less often saves a sixth of the time.
gc.set_threshold(100_000, 20, 20)


#: Where Linux keeps files in memory: nobody pulls the plug here, so no test has to wait for a disk.
MEMORY = Path("/dev/shm")
_ENOUGH = 2 * 1024**3


def pytest_configure() -> None:
    """Have pytest's temporary folders in memory, unless somebody has said where they should be."""
    if (
        os.access(MEMORY, os.W_OK)
        and shutil.disk_usage(MEMORY).free > _ENOUGH
        and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    ):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what takes long as `slow`."""
    for item in items:
        is_call = item.nodeid.startswith(CALLERS) and "test_workflows.py" not in item.nodeid
        if item.nodeid.startswith(SLOW) or (is_call and "postgresql" in item.nodeid.partition("[")[2]):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def strong_hasher() -> Iterator[PasswordHasher]:
    """What shops hash passwords with; tests sign in too often for it and have a quicker one."""
    strong = passwords.HASHER
    passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1)
    yield strong
    passwords.HASHER = strong


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Callable[[str], str]]:
    """A PostgreSQL of our own, started when a test first asks; gives the URL of a database by name."""
    with start_postgresql() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql_server: Callable[[str], str]) -> Iterator[str]:
    """An empty PostgreSQL database, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    run_as_admin(postgresql_server, f"CREATE DATABASE {name}")
    yield postgresql_server(name)
    run_as_admin(postgresql_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def shared_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedSqlite]:
    """The SQLite database of this process of the test run."""
    database = SharedSqlite(tmp_path_factory.mktemp("shared"))
    yield database
    database.close()


@pytest.fixture(scope="session")
def shared_postgresql(
    postgresql_server: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharedPostgresql]:
    """The PostgreSQL database of this process of the test run."""
    database = SharedPostgresql(postgresql_server, tmp_path_factory.mktemp("shared"))
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_database(request: pytest.FixtureRequest) -> Iterator[SharedDatabase]:
    """A migrated database as it is when it is new, of each kind in turn."""
    database: SharedDatabase = request.getfixturevalue(f"shared_{request.param}")
    database.reset()
    yield database
    database.close()


@pytest.fixture
def database_url(shared_database: SharedDatabase) -> str:
    """The URL of a migrated database, of each kind in turn."""
    return shared_database.url


@pytest.fixture
def sqlite_url(shared_sqlite: SharedSqlite) -> Iterator[str]:
    """A migrated SQLite database, for what does not depend on the kind."""
    shared_sqlite.reset()
    yield shared_sqlite.url
    shared_sqlite.close()


@pytest.fixture
def live(shared_database: SharedDatabase, tmp_path: Path) -> Iterator[LiveApplication]:
    """The application on each kind of database."""
    live = LiveApplication(make_config(tmp_path, shared_database.url), engine=shared_database.engine)
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
