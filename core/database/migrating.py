"""Migrations, driven from code: one script folder and one version table per owner.

An owner is `core` or a plugin. A shared version table would break every later upgrade once a plugin
is uninstalled, so each has its own: `alembic_version_<owner>`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, func, inspect, select
from sqlalchemy.schema import SchemaItem

from core.database.base import NAMING
from core.errors import NotConfigured, PendingMigrations

CORE = "core"
CORE_PACKAGE = "core.database.migrations"
#: Alembic keeps what runs in a module of its own, so threads of one process take turns too.
_one_at_a_time = threading.Lock()
_LOCK = 0x656E7472  # any number that nothing else in the database locks


@dataclass(frozen=True)
class MigrationState:
    """Where one owner's tables stand: `current` and `head` are revision ids, None for no table yet."""

    owner: str
    current: str | None
    head: str | None

    @property
    def is_pending(self) -> bool:
        """Whether `entrepot db upgrade` has something to do."""
        return self.current != self.head


def upgrade(engine: Engine, owner: str, package: str) -> MigrationState:
    """Bring one owner's tables to the newest revision, in one transaction.

    Raises NotConfigured for tables that a newer program has made.
    """
    script = _script_of(package)
    before = state(engine, owner, package)
    if _is_unknown(script, before):
        raise _unknown(before)
    config = AlembicConfig()
    with (
        _one_at_a_time,
        engine.begin() as connection,
        EnvironmentContext(
            config,
            script,
            fn=lambda revision, _: script._upgrade_revs("head", revision),
        ) as environment,
    ):
        wait_for_others(connection)
        environment.configure(
            connection=connection,
            version_table=version_table(owner),
            target_metadata=MetaData(naming_convention=NAMING),
            render_as_batch=True,
            transactional_ddl=True,
        )
        environment.run_migrations()
    return state(engine, owner, package)


def wait_for_others(connection: Connection) -> None:
    """Let one process at a time set a database up, to the end of the transaction. SQLite does already."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def state(engine: Engine, owner: str, package: str) -> MigrationState:
    """Compare the database with the scripts."""
    head = _script_of(package).get_current_head()
    with engine.connect() as connection:
        return MigrationState(owner, _current(connection, owner), head)


def check_upgraded(engine: Engine, owners: dict[str, str]) -> None:
    """Raise PendingMigrations unless every owner's tables are at their newest revision.

    Raises NotConfigured for tables that a newer program has made.
    """
    for owner, package in owners.items():
        found = state(engine, owner, package)
        if found.is_pending:
            if _is_unknown(_script_of(package), found) and str(found.current) > str(found.head):
                raise _unknown(found)
            raise PendingMigrations(
                f"the tables of {owner} are at revision {found.current or 'none'}, the program "
                f"needs {found.head}: run `entrepot db upgrade`"
            )


def differences(connection: Connection, owner: str, metadata: MetaData) -> list[str]:
    """How the tables of one owner in the database differ from its mapped classes; empty is right."""
    context = MigrationContext.configure(
        connection,
        opts={
            "version_table": version_table(owner),
            "include_object": lambda item, name, kind, *_: _belongs(item, name, kind, owner),
            "compare_type": True,
        },
    )
    return [str(entry) for entry in compare_metadata(context, metadata)]


def version_table(owner: str) -> str:
    """The table that remembers one owner's revision."""
    return f"alembic_version_{owner}"


def _is_unknown(script: ScriptDirectory, found: MigrationState) -> bool:
    known = {revision.revision for revision in script.walk_revisions()}
    return found.current is not None and found.current not in known


def _unknown(found: MigrationState) -> NotConfigured:
    return NotConfigured(
        f"the tables of {found.owner} are at revision {found.current}, which this program does not know: "
        "they were made by a newer one, so install that"
    )


def _belongs(_item: SchemaItem, name: str | None, kind: str, owner: str) -> bool:
    if kind != "table" or name is None:
        return True
    return not name.startswith("alembic_version_") and (owner == CORE or name.startswith(f"{owner}_"))


def _current(connection: Connection, owner: str) -> str | None:
    if not inspect(connection).has_table(version_table(owner)):
        return None
    context = MigrationContext.configure(connection, opts={"version_table": version_table(owner)})
    return context.get_current_revision()


def _script_of(package: str) -> ScriptDirectory:
    folder = Path(str(files(package)))
    stamps = tuple(script.stat().st_mtime_ns for script in sorted((folder / "versions").glob("*.py")))
    return _read_scripts(folder, stamps)


@cache
def _read_scripts(folder: Path, _stamps: tuple[int, ...]) -> ScriptDirectory:
    """The migrations of a package, read again only when a file has changed."""
    return ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])
