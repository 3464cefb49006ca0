"""Holding a row, so that what is looked at is still true when it is written."""

from __future__ import annotations

from sqlalchemy import inspect
from sqlalchemy.orm import DeclarativeBase, Session


def hold(session: Session, row: DeclarativeBase) -> None:
    """Read the row anew, and let nobody else change it until the transaction ends."""
    columns = [column.key for column in inspect(type(row)).column_attrs]
    session.refresh(row, columns, with_for_update={"key_share": True})  # what is referred to stays free
