"""The tables as the first revision makes them: a picture that stays when later revisions change them.

Each module describes some of them.
"""

from __future__ import annotations

from importlib import import_module

from sqlalchemy import Connection, Index, MetaData, Table
from sqlalchemy.schema import CreateIndex, CreateTable, SchemaItem

from core.database.base import NAMING

_PARTS = ("installation", "work", "access", "catalog", "customers", "orders", "channels")
_metadata = MetaData(naming_convention=NAMING)
_indexes: list[Index] = []


def table(name: str, *parts: SchemaItem) -> None:
    """Describe a table; its indexes are made in the order that they are given in."""
    Table(name, _metadata, *parts)
    _indexes.extend(part for part in parts if isinstance(part, Index))


def create_tables(connection: Connection) -> None:
    """Make them, those first that others refer to."""
    _read_parts()
    for described in _metadata.sorted_tables:
        connection.execute(CreateTable(described))
    for index in _indexes:
        connection.execute(CreateIndex(index))


def drop_tables(connection: Connection) -> None:
    """Drop them, with what is in them."""
    _read_parts()
    _metadata.drop_all(connection, checkfirst=False)


def _read_parts() -> None:
    """Describing so many takes a tenth of a second, so only who makes or drops them does it."""
    for part in _PARTS:
        import_module(f"{__name__}.{part}")
