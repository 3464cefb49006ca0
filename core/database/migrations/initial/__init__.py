"""The tables as the first revision makes them: a picture that stays when later revisions change them."""

from __future__ import annotations

from importlib import import_module

from sqlalchemy import MetaData

from core.database.base import NAMING

_PARTS = ("installation", "work", "access", "catalog", "customers", "orders", "channels")

metadata = MetaData(naming_convention=NAMING)


def read_tables() -> MetaData:
    """All of them. Describing so many takes a tenth of a second, so only who makes them reads them."""
    for part in _PARTS:
        import_module(f"{__name__}.{part}")
    return metadata
