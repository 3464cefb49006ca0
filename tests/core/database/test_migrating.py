"""Migrations give the very tables that the mapped classes describe, on each kind of database."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from core.application import LiveApplication
from core.database.base import Base
from core.database.migrating import (
    CORE,
    CORE_PACKAGE,
    check_upgraded,
    differences,
    state,
    upgrade,
    version_table,
)
from core.errors import NotConfigured, PendingMigrations
from tests.databases import make_config


def move_to(live: LiveApplication, revision: str) -> None:
    """Pretend that another program made the tables."""
    with live.engine.begin() as connection:
        connection.execute(text(f"UPDATE {version_table(CORE)} SET version_num = '{revision}'"))


def test_migrated_tables_are_those_of_the_mapped_classes(live: LiveApplication) -> None:
    """The core's and those of the ERP bridge, which a database of the tests has as well."""
    _ = live.current()  # every mapped class of the core is imported
    import_module("plugins.erp_bridge.models")
    with live.engine.connect() as connection:
        assert differences(connection, CORE, Base.metadata) == []


def test_differences_are_seen(live: LiveApplication) -> None:
    _ = live.current()
    with live.engine.begin() as connection:
        connection.execute(text("ALTER TABLE stores ADD COLUMN surplus INTEGER"))
        connection.execute(text("CREATE TABLE test_surplus (id INTEGER)"))
    with live.engine.connect() as connection:
        found = " ".join(differences(connection, CORE, Base.metadata))
    assert "surplus" in found
    assert "test_surplus" in found


def test_state_of_a_migrated_database_is_not_pending(live: LiveApplication) -> None:
    found = state(live.engine, CORE, CORE_PACKAGE)
    assert (found.current, found.is_pending) == (found.head, False)
    check_upgraded(live.engine, {CORE: CORE_PACKAGE})


def test_upgrade_of_what_is_up_to_date_changes_nothing(live: LiveApplication) -> None:
    before = sorted(inspect(live.engine).get_table_names())
    assert not upgrade(live.engine, CORE, CORE_PACKAGE).is_pending
    assert sorted(inspect(live.engine).get_table_names()) == before


def test_tables_that_are_behind_name_the_command(live: LiveApplication) -> None:
    move_to(live, "0000")
    with pytest.raises(PendingMigrations, match="run `entrepot db upgrade`"):
        check_upgraded(live.engine, {CORE: CORE_PACKAGE})


def test_tables_of_a_newer_program_are_refused(live: LiveApplication) -> None:
    move_to(live, "9999")
    with pytest.raises(NotConfigured, match="newer"):
        check_upgraded(live.engine, {CORE: CORE_PACKAGE})
    with pytest.raises(NotConfigured, match="newer"):
        upgrade(live.engine, CORE, CORE_PACKAGE)


def test_upgrade_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    live = LiveApplication(make_config(tmp_path, f"sqlite:///{tmp_path / 'half.db'}"))
    with live.engine.begin() as connection:
        connection.execute(text("CREATE TABLE stores (id INTEGER)"))
    with pytest.raises(Exception, match="stores"):
        upgrade(live.engine, CORE, CORE_PACKAGE)
    assert inspect(live.engine).get_table_names() == ["stores"]
    live.close()


def upgrade_shop(url: str, home: str, ready: object, failures: object) -> None:
    """In a process of its own: what `entrepot db upgrade` does."""
    live = LiveApplication(make_config(Path(home), url))
    ready.wait()  # type: ignore[attr-defined]
    try:
        live.upgrade()
    except Exception as error:
        failures.put(repr(error))  # type: ignore[attr-defined]
    else:
        failures.put(None)  # type: ignore[attr-defined]
    live.close()


def test_processes_that_upgrade_at_once_make_one_shop(empty_url: str, tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    ready, failures = spawn.Barrier(2), spawn.Queue()
    arguments = (empty_url, str(tmp_path), ready, failures)
    processes = [spawn.Process(target=upgrade_shop, args=arguments) for _ in range(2)]
    for process in processes:
        process.start()
    assert [failures.get(timeout=60) for _ in processes] == [None, None]
    for process in processes:
        process.join()
        process.close()
    live = LiveApplication(make_config(tmp_path, empty_url))
    with live.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM installation")) == 1
        assert connection.scalar(text("SELECT count(*) FROM stores")) == 1
    live.close()


def test_threads_that_upgrade_at_once_take_turns(empty_url: str, tmp_path: Path) -> None:
    live = LiveApplication(make_config(tmp_path, empty_url))
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(upgrade, live.engine, CORE, CORE_PACKAGE) for _ in range(2)]
    assert [each.result().is_pending for each in both] == [False, False]
    live.close()
