"""The composition root: configuration, engine, plugins and hooks put together into one value.

An `Application` never changes. When plugins are enabled or disabled, the database's generation grows, and
`LiveApplication` builds a new application at the next request or job and swaps it in whole.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import click
from sqlalchemy import Engine, inspect
from sqlalchemy.orm import Session

from core.access import CORE_PERMISSIONS, CORE_SCOPES, Permission, Scope
from core.channels.jobs import channel_jobs
from core.channels.registration import Channel, Registry
from core.channels.retrying import retry_waiting
from core.clock import Clock, SystemClock
from core.commerce.catalog import Product
from core.commerce.customers import CustomerPolicy
from core.commerce.file_imports import import_jobs
from core.commerce.importers import IMPORTERS
from core.commerce.orders import OrderDraft, complaints_about
from core.commerce.seeding import seed_shop
from core.commerce.telling import event_loaders
from core.config import Config
from core.context import Context
from core.database.confirming import remember_database, why_unconfirmed
from core.database.engine import make_engine, reader, use_keys
from core.database.installation import (
    create_installation,
    current_generation,
    find_installation,
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
from core.events import Delivery, delivery_job, prune_events, resume_deliveries
from core.extensions import (
    Contribution,
    LoadedPlugins,
    PluginHost,
    enabled_plugins,
    find_plugins,
    load_plugins,
    seed_default_plugins,
)
from core.jobs import JobRun, JobType, ensure_schedule
from core.plugin import AdminPages, ApiResources, hookimpl
from core.problems import prune_problems, raise_problem

T = TypeVar("T")

TIDY_JOB = "core.tidy"

CONTRIBUTIONS: Mapping[str, Contribution] = {
    "permission_register": Contribution(Permission, lambda permission: permission.key, "permission"),
    "scope_register": Contribution(Scope, lambda scope: scope.key, "scope"),
    "channel_register": Contribution(Channel, lambda channel: channel.key, "channel key"),
    "customer_policy_register": Contribution(CustomerPolicy, lambda policy: policy.key, "policy key"),
    "job_register": Contribution(JobType, lambda job: job.name, "job name"),
    "admin_register": Contribution(AdminPages, lambda pages: pages.key, "blueprint name"),
    "api_register": Contribution(ApiResources, lambda resources: resources.key, "name of REST resources"),
    "cli_register": Contribution(click.Command, lambda command: command.name or "", "command name"),
}


class CoreHooks:
    """The core's own answers to hooks; they come after every plugin's."""

    @hookimpl
    def permission_register(self) -> Sequence[Permission]:
        """What the core's own pages ask for."""
        return CORE_PERMISSIONS

    @hookimpl
    def scope_register(self) -> Sequence[Scope]:
        """What the core's own REST resources ask for."""
        return CORE_SCOPES

    @hookimpl
    def job_register(self) -> JobType:
        """Telling plugins what happened is a job too."""
        return delivery_job(event_loaders(), on_parked=_report_parked)

    @hookimpl
    def order_validate(self, draft: OrderDraft) -> list[str]:
        """Refuse what could not be an order at all."""
        return complaints_about(draft)

    @hookimpl
    def stock_changed(self, ctx: Context, product: Product) -> None:
        """Try again the channel orders that wait for this SKU."""
        retry_waiting(ctx, product)


@dataclass(frozen=True)
class Application:
    """Everything that a request, a job or a command needs, for one generation of plugins."""

    config: Config
    engine: Engine
    hooks: LoadedPlugins
    clock: Clock
    generation: int
    registry: Registry
    job_types: Mapping[str, JobType] = field(repr=False)
    permissions: Sequence[Permission] = field(default=(), repr=False)
    scopes: Sequence[Scope] = field(default=(), repr=False)

    @property
    def transactions(self) -> Application:
        """Itself: what opens transactions."""
        return self

    @property
    def lease(self) -> timedelta:
        """How long a lease may be silent."""
        return timedelta(seconds=self.config.lease_seconds)

    @contextmanager
    def writing(self, actor: str) -> Iterator[Context]:
        """A transaction that commits at the end of the block, or rolls back if the block raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield Context(session, self.hooks, self.clock, actor)

    @contextmanager
    def reading(self, actor: str = "reader") -> Iterator[Context]:
        """A transaction that only reads: it never waits for a writer and writes nothing."""
        with Session(reader(self.engine), expire_on_commit=False) as session:
            yield Context(session, self.hooks, self.clock, actor)

    def resume(self) -> None:
        """At the start of a process that works off jobs: tell plugins what was kept for them, and tidy up.

        One that was set aside may have been mended since.
        """
        with self.writing("start") as ctx:
            ensure_schedule(ctx, TIDY_JOB, TIDY_JOB, every=timedelta(hours=1))
            for plugin in self.hooks.plugins:
                resume_deliveries(ctx, plugin)

    def plugin_host(self) -> PluginHost:
        """What plugins are enabled and disabled in."""
        return PluginHost(self, self.engine, find_plugins(), (CoreHooks(),), CONTRIBUTIONS)


class LiveApplication:
    """The application as it is now: built anew whenever the database asks for another generation."""

    def __init__(self, config: Config, clock: Clock | None = None, engine: Engine | None = None) -> None:
        """An engine for the same database may be passed on: it keeps the statements it has compiled."""
        self._config = config
        self._clock = clock or SystemClock()
        self._keys = load_keys(config)
        self._engine = engine or make_engine(config, self._keys)
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
        seeding = _bare(self._config, self._engine, self._clock)
        with seeding.writing("db upgrade") as ctx:
            wait_for_others(ctx.session.connection())
            is_new = find_installation(ctx.session) is None
            if is_new:
                installation = create_installation(ctx.session)
                self._keys.set_index_key(installation.index_key)
                seed_shop(ctx)
                seed_default_plugins(ctx, found)
            remember_database(ctx.session, self._config, is_new=is_new)
            enabled = enabled_plugins(ctx.session)
        plugins = load_plugins(found, enabled, (CoreHooks(),), CONTRIBUTIONS).plugins
        for name, plugin in plugins.items():
            if plugin.migrations:
                states.append(upgrade(self._engine, name, plugin.migrations))
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
        return load_plugins(find_plugins(), enabled, (CoreHooks(),), CONTRIBUTIONS)

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
        said = _Said(generation, guard)
        return _compose(self._config, self._engine, self._clock, plugins, said)


def load_default_plugins() -> LoadedPlugins:
    """The plugins that a new database starts with: for the command line, before there is a database."""
    found = find_plugins()
    names = [name for name, plugin in found.plugins.items() if plugin.is_default]
    return load_plugins(found, names, (CoreHooks(),), CONTRIBUTIONS)


def _migrations_of(plugins: LoadedPlugins) -> dict[str, str]:
    return {name: plugin.migrations for name, plugin in plugins.plugins.items() if plugin.migrations}


def _bare(config: Config, engine: Engine, clock: Clock) -> Application:
    """An application without any plugin: for setting a database up."""
    nothing = load_plugins(find_plugins(), (), (CoreHooks(),), CONTRIBUTIONS)
    return _compose(config, engine, clock, nothing, _Said())


@dataclass(frozen=True)
class _Said:
    """What the database says of itself: its generation, and why no account may be written to."""

    generation: int = 0
    guard: str | None = None


def _compose(
    config: Config, engine: Engine, clock: Clock, plugins: LoadedPlugins, said: _Said
) -> Application:
    registry = Registry(
        channels=_by_key(plugins, "channel_register", lambda channel: str(channel.key)),
        policies=_by_key(plugins, "customer_policy_register", lambda policy: str(policy.key)),
        guard=said.guard,
    )
    jobs = [job for _, job in plugins.contributions("job_register")]
    jobs.append(JobType(TIDY_JOB, _tidy, title="Forget what is long done"))
    jobs += channel_jobs(registry, config.home, timedelta(seconds=config.lease_seconds))
    jobs += import_jobs(IMPORTERS)
    return Application(
        config=config,
        engine=engine,
        hooks=plugins,
        clock=clock,
        generation=said.generation,
        registry=registry,
        job_types={job.name: job for job in jobs},
        permissions=[permission for _, permission in plugins.contributions("permission_register")],
        scopes=[scope for _, scope in plugins.contributions("scope_register")],
    )


def _by_key(plugins: LoadedPlugins, hook: str, key: Callable[[T], str]) -> dict[str, T]:
    return {key(item): item for _, item in plugins.contributions(hook)}


def _tidy(run: JobRun) -> None:
    """Forget old events and resolved problems, a thousand at a time so that nobody has to wait."""
    for prune in (prune_events, prune_problems):
        found = 1
        while found:
            with run.transaction() as ctx:
                found = prune(ctx)


def _report_parked(ctx: Context, delivery: Delivery) -> None:
    event = delivery.event
    what = event.name.replace("_", " ")
    raise_problem(
        ctx,
        "delivery_parked",
        f"{delivery.plugin}:{event.name}",
        delivery.problem_subject,
        f"The plugin {delivery.plugin} could not be told of {what}: {delivery.last_error}",
        plugin=delivery.plugin,
        event=event.name,
    )
