"""A real Tryton for tests that are marked slow: `make tryton` prepares it, and each process has a copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugins.erp_bridge.demo.office import WAREHOUSE, add_products
from plugins.erp_bridge.demo.server import TrytonShop, serve_tryton
from plugins.erp_bridge.demo.warehouse import Warehouse

_HOME = Path(__file__).parents[4] / ".venv-tryton"


@pytest.fixture(scope="session")
def tryton() -> Iterator[TrytonShop]:
    """A Tryton server with two products; tests keep apart by the prefix of their references."""
    with serve_tryton(_HOME) as shop:
        with shop.office() as office:
            add_products(office, [("MUG", "A mug", "10.00"), ("PLATE", "A plate", "5.00")])
        yield shop


@pytest.fixture
def warehouse(tryton: TrytonShop) -> Iterator[Warehouse]:
    """Somebody in the warehouse of that Tryton."""
    warehouse = Warehouse(tryton.url, tryton.database, tryton.keys[WAREHOUSE])
    yield warehouse
    warehouse.close()
