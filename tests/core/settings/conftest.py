"""A database of each kind, with the tables of the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from core.clock import SetClock
from core.config import Config
from core.context import Context
from core.database.base import Base
from core.database.engine import make_engine, reader
from core.database.keys import KeyRing
from core.extensions import FoundPlugins, load_plugins
from core.settings import SettingsChange, StoredSettings


class Database:
    """An engine, and transactions on it such as an application opens."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = SetClock(datetime(2026, 3, 1, 9, 0, tzinfo=UTC))
        self._hooks = load_plugins(FoundPlugins(), ())

    @contextmanager
    def writing(self, actor: str = "cli") -> Iterator[Context]:
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield Context(session, self._hooks, self.clock, actor)

    @contextmanager
    def reading(self, actor: str = "reader") -> Iterator[Context]:
        with Session(reader(self.engine), expire_on_commit=False) as session:
            yield Context(session, self._hooks, self.clock, actor)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A new database of each kind."""
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    keys = KeyRing((Fernet.generate_key().decode(),))
    engine = make_engine(Config(home=tmp_path, database_url=url), keys)
    Base.metadata.create_all(engine, tables=[StoredSettings.__table__, SettingsChange.__table__])
    yield Database(engine)
    engine.dispose()
