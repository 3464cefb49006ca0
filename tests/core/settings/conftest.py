"""A database of each kind, with the tables of the settings."""

from __future__ import annotations

import pytest

from tests.databases import SharedDatabase
from tests.transactions import Transactions


@pytest.fixture
def database(shared_database: SharedDatabase) -> Transactions:
    """Transactions on a new database of each kind."""
    return Transactions(shared_database.engine)
