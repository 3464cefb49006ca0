"""Tables, columns and indexes in the words that migrations use, ours and a plugin's."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import Column, Index, String, Table, text
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from core.database.base import Identifier

#: A whole number of any size.
Number = Identifier
#: A word that is looked up by how it begins, which PostgreSQL's index serves in no other collation.
Word = String(128).with_variant(String(128, collation="C"), "postgresql")


def create_table(name: str, *parts: SchemaItem) -> Table:
    """Make a table of these columns and constraints, then its indexes in the order that they are given in.

    The order counts: of two that serve a query equally well SQLite takes the younger one.
    """
    indexes = [part for part in parts if isinstance(part, Index)]
    table = op.create_table(name, *(part for part in parts if not isinstance(part, Index)))
    for index in indexes:
        table.append_constraint(index)
        index.create(op.get_bind())
    return table


def identifier() -> Column[Any]:
    """The number that a row is known by."""
    return Column("id", Identifier, primary_key=True)


def required(
    name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], *more: SchemaItem, **options: Any
) -> Column[Any]:
    """A column that every row fills; `more` and `options` as for `sqlalchemy.Column`."""
    return Column(name, kind, *more, nullable=False, **options)


def optional(
    name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], *more: SchemaItem, **options: Any
) -> Column[Any]:
    """A column that may be null; `more` and `options` as for `sqlalchemy.Column`."""
    return Column(name, kind, *more, nullable=True, **options)


def partial_index(name: str | None, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of those rows only that the SQL condition `where` holds for; named by convention if None."""
    rows = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=rows, postgresql_where=rows)
