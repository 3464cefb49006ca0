"""Columns and indexes in the words that migrations use, ours and a plugin's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, String, text
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from core.database.base import Identifier

#: A whole number of any size.
Number = Identifier
#: A word that is looked up by how it begins, which PostgreSQL's index serves in no other collation.
Word = String(128).with_variant(String(128, collation="C"), "postgresql")


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
