"""The one row that says which installation this database is, and which generation of plugins runs."""

from __future__ import annotations

import secrets
import uuid

from sqlalchemy import JSON, Engine, String, inspect, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.database.base import Base
from core.database.engine import reader
from core.database.types import EncryptedText

_ONLY_ROW = 1


class Installation(Base):
    """`generation` grows whenever plugins are enabled, disabled or configured anew.

    `confirmed_addresses`: where it may write to accounts; null in a database that was never at home yet.
    """

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(primary_key=True)
    installation_id: Mapped[str] = mapped_column(String(36))
    index_key: Mapped[str] = mapped_column(EncryptedText)
    generation: Mapped[int] = mapped_column(default=1)
    confirmed_addresses: Mapped[list[str] | None] = mapped_column(JSON)


def is_set_up(engine: Engine) -> bool:
    """Whether the database holds an installation: what is in it was written with keys. Needs none."""
    with reader(engine).connect() as connection:
        if not inspect(connection).has_table(Installation.__tablename__):
            return False
        return connection.execute(select(Installation.id)).first() is not None


def find_installation(session: Session) -> Installation | None:
    """The row, or None in a database that was never set up."""
    return session.get(Installation, _ONLY_ROW)


def create_installation(session: Session) -> Installation:
    """Give a new database its identity and its index key."""
    row = Installation(
        id=_ONLY_ROW,
        installation_id=str(uuid.uuid4()),
        index_key=secrets.token_urlsafe(32),
        generation=1,
    )
    session.add(row)
    session.flush()
    return row


def current_generation(session: Session) -> int:
    """Which generation of plugins the database asks for."""
    return session.scalar(select(Installation.generation)) or 0


def raise_generation(session: Session) -> None:
    """Ask every process to build its application anew at its next request or job."""
    session.execute(update(Installation).values(generation=Installation.generation + 1))
