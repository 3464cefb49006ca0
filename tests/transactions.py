"""Transactions on a database without any application around them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.clock import Clock, SetClock
from core.context import Context, Hooks
from core.database.engine import reader
from core.extensions import FoundPlugins, load_plugins

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Transactions:
    """Transactions such as an application opens; it is noon unless a clock is given."""

    def __init__(self, engine: Engine, hooks: Hooks | None = None, clock: Clock | None = None) -> None:
        self.engine = engine
        self.hooks = hooks or load_plugins(FoundPlugins(), ())
        self.clock = clock or SetClock(NOON)

    @contextmanager
    def writing(self, actor: str = "cli") -> Iterator[Context]:
        """A transaction that commits unless the block raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield Context(session, self.hooks, self.clock, actor)

    @contextmanager
    def reading(self, actor: str = "reader") -> Iterator[Context]:
        """A transaction that only reads."""
        with Session(reader(self.engine), expire_on_commit=False) as session:
            yield Context(session, self.hooks, self.clock, actor)
