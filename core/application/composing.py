"""The application of one generation: all that a request, a job or a command needs, as one value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.access import Permission, Scope
from core.application.core_hooks import CONTRIBUTIONS, CoreHooks
from core.application.tidying import TIDY_JOB, tidy_job
from core.channels.jobs import channel_jobs
from core.channels.registration import Registry
from core.clock import Clock
from core.commerce.file_imports import import_jobs
from core.commerce.importers import IMPORTERS
from core.config import Config
from core.context import Context
from core.database.engine import reader
from core.events import resume_deliveries
from core.extensions import LoadedPlugins, PluginHost, find_plugins
from core.jobs import JobType, ensure_schedule

T = TypeVar("T")


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


@dataclass(frozen=True)
class DatabaseState:
    """What the database says of itself: its generation, and why no account may be written to."""

    generation: int = 0
    guard: str | None = None


def compose(
    config: Config, engine: Engine, clock: Clock, plugins: LoadedPlugins, state: DatabaseState
) -> Application:
    """Put an application together from what was loaded."""
    registry = Registry(
        channels=_by_key(plugins, "channel_register", lambda channel: str(channel.key)),
        policies=_by_key(plugins, "customer_policy_register", lambda policy: str(policy.key)),
        guard=state.guard,
    )
    jobs = [job for _, job in plugins.contributions("job_register")]
    jobs.append(tidy_job(config))
    jobs += channel_jobs(registry, config.home, timedelta(seconds=config.lease_seconds))
    jobs += import_jobs(IMPORTERS)
    return Application(
        config=config,
        engine=engine,
        hooks=plugins,
        clock=clock,
        generation=state.generation,
        registry=registry,
        job_types={job.name: job for job in jobs},
        permissions=[permission for _, permission in plugins.contributions("permission_register")],
        scopes=[scope for _, scope in plugins.contributions("scope_register")],
    )


def _by_key(plugins: LoadedPlugins, hook: str, key: Callable[[T], str]) -> dict[str, T]:
    return {key(item): item for _, item in plugins.contributions(hook)}
