"""A seller with nothing but the command line, and an Amazon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.amazon_channel.simulator import RunningSimulator, World, serve_simulator
from tests.command_line import Entrepot, Seller
from tests.databases import TEST_KEY


@pytest.fixture
def entrepot(sqlite_url: str, tmp_path: Path) -> Entrepot:
    """A new shop on SQLite."""
    return make_entrepot(sqlite_url, tmp_path)


@pytest.fixture
def amazon(world: World) -> Iterator[RunningSimulator]:
    """The simulated Amazon, listening on loopback, without limits on its rates."""
    with serve_simulator(world, port=0, rates="off") as server:
        yield server


@pytest.fixture
def seller(entrepot: Entrepot, amazon: RunningSimulator) -> Seller:
    """Somebody who sells at the simulated Amazon."""
    return Seller(entrepot, amazon)


@pytest.fixture
def seller_on_each(database_url: str, tmp_path: Path, amazon: RunningSimulator) -> Seller:
    """The same on each kind of database."""
    return Seller(make_entrepot(database_url, tmp_path), amazon)


def make_entrepot(url: str, home: Path) -> Entrepot:
    """The command line on a database that is up to date."""
    environment = {
        "ENTREPOT_HOME": str(home),
        "ENTREPOT_DATABASE_URL": url,
        "ENTREPOT_SECRET_KEYS": TEST_KEY,
    }
    return Entrepot(environment, [*Entrepot({}).secrets, TEST_KEY])
