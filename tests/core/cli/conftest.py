"""The command line on a database that is up to date, and on none."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.commerce.orders import DraftCharge, DraftLine
from core.testing import make_order
from tests.command_line import Entrepot, open_shop
from tests.databases import TEST_KEY


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


Ordering = Callable[..., str]


@pytest.fixture
def order(entrepot: Entrepot) -> Ordering:
    """Places an order in the shop on SQLite: the units of each SKU at 10.00; its number."""
    return _ordering(entrepot)


@pytest.fixture
def order_on_each(on_each: Entrepot) -> Ordering:
    """The same on each kind of database."""
    return _ordering(on_each)


def _ordering(entrepot: Entrepot) -> Ordering:
    def order(*lines: tuple[str, int], **changes: Any) -> str:
        live = open_shop(entrepot)
        try:
            return make_order(live, lines=[_line(*line) for line in lines or [("MUG", 2)]], **changes)
        finally:
            live.close()

    return order


def _line(sku: str, units: int) -> DraftLine:
    price = Decimal(10)
    return DraftLine(
        sku, sku.title(), units, unit_price=price, charges=(DraftCharge("item", price * units),)
    )
