"""The application as it is now, and the database that it runs on: looked at, set up and upgraded."""

from __future__ import annotations

import threading
from collections.abc import Collection

from sqlalchemy import Engine, inspect
from sqlalchemy.orm import Session

from core.application.composing import Application, DatabaseState, compose
from core.application.core_hooks import CONTRIBUTIONS, CoreHooks
from core.clock import Clock, SystemClock
from core.commerce.seeding import seed_shop
from core.config import Config
from core.database.confirming import remember_database, why_unconfirmed
from core.database.engine import has_database, make_engine, reader, use_keys
from core.database.installation import (
    create_installation,
    current_generation,
    find_installation,
    is_set_up,
)
from core.database.keys import load_keys
from core.database.migrating import (
    CORE,
    CORE_PACKAGE,
    MigrationState,
    check_upgraded,
    state,
    upgrade,
    version_table,
    wait_for_others,
)
from core.extensions import (
    FoundPlugins,
    LoadedPlugins,
    enabled_plugins,
    find_plugins,
    load_plugins,
    seed_default_plugins,
)


class LiveApplication:
    """The application as it is now: built anew whenever the database asks for another generation."""

    def __init__(self, config: Config, clock: Clock | None = None, engine: Engine | None = None) -> None:
        """An engine for the same database may be passed on: it keeps the statements it has compiled."""
        self._config = config
        self._clock = clock or SystemClock()
        self._engine = engine or make_engine(config)
        try:
            self._keys = load_keys(config, lambda: has_database(config) and is_set_up(self._engine))
        except BaseException:
            self._engine.dispose()
            raise
        use_keys(self._engine, self._keys)
        self._lock = threading.Lock()
        self._application: Application | None = None

    @property
    def config(self) -> Config:
        """The configuration, the same for all generations."""
        return self._config

    @property
    def engine(self) -> Engine:
        """The engine, the same for all generations."""
        return self._engine

    def current(self) -> Application:
        """The application for the generation that the database has now.

        Raises PendingMigrations if the database is not up to date.
        """
        application = self._application
        with Session(reader(self._engine)) as session:
            if application is not None and current_generation(session) == application.generation:
                return application
        with self._lock:
            self._application = self._build()
            return self._application

    def session_key(self) -> bytes:
        """What signs the sessions of the admin. Raises PendingMigrations."""
        self.current()
        return self._keys.derive("sessions of the admin")

    def upgrade(self) -> list[MigrationState]:
        """Bring all tables to their newest revision, and fill a new database with what it needs."""
        states = [upgrade(self._engine, CORE, CORE_PACKAGE)]
        found = find_plugins()
        bare = self._compose(_load(found, ()), DatabaseState())
        with bare.writing("db upgrade") as ctx:
            wait_for_others(ctx.session.connection())
            is_new = find_installation(ctx.session) is None
            if is_new:
                installation = create_installation(ctx.session)
                self._keys.set_index_key(installation.index_key)
                seed_shop(ctx)
                seed_default_plugins(ctx, found)
            remember_database(ctx.session, self._config, is_new=is_new)
            enabled = enabled_plugins(ctx.session)
        for name, package in _migrations_of(_load(found, enabled)).items():
            states.append(upgrade(self._engine, name, package))
        return states

    def migration_states(self) -> list[MigrationState]:
        """Where the tables of the core and of each enabled plugin stand."""
        states = [state(self._engine, CORE, CORE_PACKAGE)]
        if not self.has_tables():
            return states
        for name, package in _migrations_of(self._load_enabled()).items():
            states.append(state(self._engine, name, package))
        return states

    def has_tables(self) -> bool:
        """Whether the database was ever set up."""
        return inspect(self._engine).has_table(version_table(CORE))

    def close(self) -> None:
        """Give the database connections back."""
        self._engine.dispose()

    def _load_enabled(self) -> LoadedPlugins:
        with Session(reader(self._engine)) as session:
            enabled = enabled_plugins(session)
        return _load(find_plugins(), enabled)

    def _build(self) -> Application:
        check_upgraded(self._engine, {CORE: CORE_PACKAGE})
        with Session(reader(self._engine)) as session:
            generation = current_generation(session)
            installation = find_installation(session)
            if installation is not None:
                self._keys.set_index_key(installation.index_key)
            guard = why_unconfirmed(session, self._config)
        plugins = self._load_enabled()
        check_upgraded(self._engine, _migrations_of(plugins))
        return self._compose(plugins, DatabaseState(generation, guard))

    def _compose(self, plugins: LoadedPlugins, state: DatabaseState) -> Application:
        return compose(self._config, self._engine, self._clock, plugins, state)


def load_default_plugins() -> LoadedPlugins:
    """The plugins that a new database starts with: for the command line, before there is a database."""
    found = find_plugins()
    names = [name for name, plugin in found.plugins.items() if plugin.is_default]
    return _load(found, names)


def _load(found: FoundPlugins, names: Collection[str]) -> LoadedPlugins:
    """These plugins, with the core's own answers behind theirs."""
    return load_plugins(found, names, (CoreHooks(),), CONTRIBUTIONS)


def _migrations_of(plugins: LoadedPlugins) -> dict[str, str]:
    return {name: plugin.migrations for name, plugin in plugins.plugins.items() if plugin.migrations}
