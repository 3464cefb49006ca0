"""The base of every mapped class, ours and a plugin's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase

from core.database.types import UtcDateTime

#: An identifier; SQLite numbers rows by itself only in a column that is exactly INTEGER.
Identifier = BigInteger().with_variant(Integer, "sqlite")

#: Names for every constraint, so that a migration can find it again on each database.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Mapped classes derive from this; a plugin's tables are named `<plugin>_…`."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {int: Identifier, datetime: UtcDateTime}
