"""The command line on a database that is up to date, and on none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import Entrepot
from tests.conftest import TEST_KEY


@pytest.fixture
def new(tmp_path: Path) -> Entrepot:
    """A machine on which nothing was ever started."""
    return Entrepot(
        {"ENTREPOT_HOME": str(tmp_path / "home"), "ENTREPOT_DATABASE_URL": "", "ENTREPOT_SECRET_KEYS": ""}
    )


@pytest.fixture
def entrepot(sqlite_url: str, tmp_path: Path) -> Entrepot:
    """A new shop on SQLite."""
    return _on(sqlite_url, tmp_path)


@pytest.fixture
def on_each(database_url: str, tmp_path: Path) -> Entrepot:
    """A new shop on each kind of database."""
    return _on(database_url, tmp_path)


def _on(url: str, home: Path) -> Entrepot:
    keys = {"ENTREPOT_HOME": str(home), "ENTREPOT_DATABASE_URL": url, "ENTREPOT_SECRET_KEYS": TEST_KEY}
    return Entrepot(keys, [*Entrepot({}).secrets, TEST_KEY])
