"""A database of each kind with the tables of this area, and a place to install plugins in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from core.extensions import PluginState
from tests.databases import SharedDatabase
from tests.distributions import Distributions, distributions_in
from tests.transactions import Transactions


@pytest.fixture
def database(shared_database: SharedDatabase) -> Transactions:
    """Transactions on a database of each kind in which no plugin was ever enabled."""
    database = Transactions(shared_database.engine)
    with database.writing("setup") as ctx:
        ctx.session.execute(delete(PluginState))
    return database


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Distributions]:
    """An empty folder on the import path."""
    with distributions_in(tmp_path / "site", monkeypatch) as site:
        yield site
