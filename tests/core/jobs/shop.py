"""A tiny application for these tests: transactions, hooks and job kinds, on a real database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from core.clock import Clock
from core.context import Answer
from core.jobs import Job, JobType, Owner, Runner
from tests.databases import SharedDatabase
from tests.transactions import Transactions

#: Seconds after which a test gives up waiting.
PATIENCE = 20.0


@dataclass
class TellingHooks:
    """Which plugins listen to which hook, and what they do when they are told."""

    listening: dict[str, dict[str, Callable[..., None]]] = field(default_factory=dict)
    set_aside: list[str] = field(default_factory=list)

    def decide(self, hook: str, **arguments: Any) -> Answer | None:
        return None

    def answers(self, hook: str, **arguments: Any) -> Sequence[Answer]:
        return []

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


class Shop(Transactions):
    """Transactions, and at the same time the host of a runner."""

    hooks: TellingHooks

    def __init__(self, engine: Engine, home: Path, clock: Clock | None = None) -> None:
        super().__init__(engine, TellingHooks(), clock)
        self.home = home
        self.kinds: dict[str, JobType] = {}
        self.owners: list[Owner] = []

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


@pytest.fixture
def shop(shared_database: SharedDatabase, tmp_path: Path) -> Iterator[Shop]:
    """A shop in which nothing has happened, where it is noon until the time is moved."""
    shop = Shop(shared_database.engine, tmp_path)
    yield shop
    shop.close()
