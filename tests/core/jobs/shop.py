"""A tiny application for these tests: transactions, hooks and job kinds, on a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.clock import Clock, SetClock
from core.config import Config
from core.context import Answer, Context
from core.database.base import Base
from core.database.engine import make_engine, reader
from core.database.keys import KeyRing
from core.events import Delivery, Event
from core.jobs import Job, JobType, Lease, Owner, Runner, Schedule
from core.problems import Problem

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
#: Seconds after which a test gives up waiting.
PATIENCE = 20.0
TABLES = [kind.__table__ for kind in (Job, Schedule, Lease, Event, Delivery, Problem)]


@dataclass
class TellingHooks:
    """Which plugins listen to which hook, and what they do when they are told."""

    listening: dict[str, dict[str, Callable[..., None]]] = field(default_factory=dict)
    set_aside: list[str] = field(default_factory=list)

    def decide(self, hook: str, **arguments: Any) -> Answer | None:
        return None

    def complaints(self, hook: str, **arguments: Any) -> list[str]:
        return []

    def listeners(self, hook: str) -> Sequence[str]:
        return list(self.listening.get(hook, {}))

    def unheard(self) -> Sequence[str]:
        return self.set_aside

    def is_running(self, plugin: str) -> bool:
        return any(plugin in listening for listening in self.listening.values())

    def tell(self, plugin: str, hook: str, **arguments: Any) -> None:
        self.listening[hook][plugin](**arguments)


@dataclass(frozen=True)
class World:
    """What a runner sees at one moment."""

    transactions: Shop
    job_types: Mapping[str, JobType]


class Shop:
    """Transactions, and at the same time the host of a runner."""

    def __init__(self, engine: Engine, home: Path, clock: Clock | None = None) -> None:
        self.engine = engine
        self.home = home
        self.clock = clock or SetClock(NOON)
        self.hooks = TellingHooks()
        self.kinds: dict[str, JobType] = {}
        self.owners: list[Owner] = []

    @contextmanager
    def writing(self, actor: str = "cli") -> Iterator[Context]:
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield Context(session, self.hooks, self.clock, actor)

    @contextmanager
    def reading(self, actor: str = "reader") -> Iterator[Context]:
        with Session(reader(self.engine), expire_on_commit=False) as session:
            yield Context(session, self.hooks, self.clock, actor)

    def current(self) -> World:
        return World(self, dict(self.kinds))

    def knows(self, name: str, handler: Callable[..., None], **options: Any) -> None:
        """Let the runner know a kind of job."""
        self.kinds[name] = JobType(name, handler, **options)

    def new_owner(self) -> Owner:
        self.owners.append(Owner(self.home))
        return self.owners[-1]

    def runner(self, **options: Any) -> Runner:
        options = {"threads": 1, "poll_seconds": 0.05, **options}
        return Runner(self, self.new_owner(), **options)

    def run(self, **options: Any) -> int:
        """Run what is due now."""
        return self.runner(**options).run_until_idle()

    def job(self, job_id: int) -> Job:
        with self.reading() as ctx:
            return ctx.session.get_one(Job, job_id)

    def close(self) -> None:
        for owner in self.owners:
            owner.close()
        self.engine.dispose()


def wait_until(is_true: Callable[[], bool]) -> None:
    """Look again and again until it is so, or fail."""
    pause, left = threading.Event(), PATIENCE
    while not is_true():
        assert left > 0, "it never came"
        pause.wait(0.02)
        left -= 0.02


def open_engine(url: str, home: Path) -> Engine:
    keys = KeyRing((Fernet.generate_key().decode(),))
    return make_engine(Config(home=home, database_url=url), keys)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new database of each kind is."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"sqlite:///{tmp_path / 'shop.db'}"


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Shop]:
    """A shop with empty tables, where the time is noon until it is moved."""
    shop = Shop(open_engine(database_url, tmp_path), tmp_path)
    Base.metadata.create_all(shop.engine, tables=TABLES)
    yield shop
    shop.close()
