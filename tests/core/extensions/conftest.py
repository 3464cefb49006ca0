"""A database of each kind with the tables of this area, and a place to install plugins in."""

from __future__ import annotations

import sys
import textwrap
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
from core.database.installation import Installation, create_installation
from core.database.keys import KeyRing
from core.extensions import FoundPlugins, PluginState, load_plugins


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
    Base.metadata.create_all(engine, tables=[Installation.__table__, PluginState.__table__])
    database = Database(engine)
    with database.writing("setup") as ctx:
        create_installation(ctx.session)
    yield database
    engine.dispose()


class Site:
    """A folder on the import path, into which distributions with plugins are installed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        folder.mkdir()

    def install(
        self,
        name: str,
        hooks: str | None = None,
        *,
        manifest: str = "",
        files: dict[str, str] | None = None,
        **metadata: str,
    ) -> str:
        """Install a distribution with one plugin; returns the name of its package.

        `hooks` is the source of its hook implementations, `manifest` more arguments of `Plugin`,
        `files` further files, of which `__init__.py` replaces the usual one.
        """
        package = metadata.pop("package", f"site_{name}")
        arguments = f"{name!r}, {name.title()!r}, '1.0', {manifest}"
        if hooks is not None:
            arguments = arguments.removesuffix(", ") + f", hooks='{package}.hooks'"
        sources = {
            "__init__.py": f"from core.plugin import Plugin\nplugin = Plugin({arguments})\n",
            "hooks.py": f"from core.plugin import hookimpl\n{textwrap.dedent(hooks or '')}\n",
            **(files or {}),
        }
        for path, source in sources.items():
            target = self.folder / package / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(textwrap.dedent(source), "utf-8")
        self.add_metadata(
            metadata.get("distribution", f"site-{name}"),
            metadata.get("entry_points", f"[entrepot.plugins]\n{name} = {package}:plugin\n"),
        )
        return package

    def add_metadata(self, distribution: str, entry_points: str) -> None:
        """Write what pip would write about an installed distribution."""
        folder = self.folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
            f"Summary: What {distribution} is for\n",
            "utf-8",
        )
        (folder / "entry_points.txt").write_text(entry_points, "utf-8")
        self._monkeypatch.syspath_prepend(self.folder)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty folder on the import path; what was imported from it is forgotten afterwards."""
    site = Site(tmp_path / "site", monkeypatch)
    yield site
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None)
        if origin and Path(origin).is_relative_to(site.folder):
            del sys.modules[name]
