"""The tables of problems: each one that was raised, and the causes that are ignored for good."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database.base import Base

_RESOLVED = text("resolved_at IS NOT NULL")
_OPEN = text("resolved_at IS NULL AND ignored_at IS NULL")
_IGNORED = text("resolved_at IS NULL AND ignored_at IS NOT NULL")


class Problem(Base):
    """Something that does not go on by itself.

    kind        what it is about, as `core.problems.kinds` declares it: `confirmation_failed`, …
    cause       what would mend all problems of this kind at once: a SKU, a carrier, an account
    subject     what it stands in the way of: `channel_order:7`
    urgency     of its kind when it was raised: the lower, the sooner somebody should look
    message     one plain sentence for a person, without personal data
    data        what the kind's title and remedy need, without personal data
    ignored_at  when a person decided not to look at it, by whom in `ignored_by`
    """

    __tablename__ = "problems"
    __table_args__ = (
        UniqueConstraint("kind", "cause", "subject"),
        Index(
            "ix_problems_open", "urgency", "kind", "cause", "id",
            sqlite_where=_OPEN, postgresql_where=_OPEN,
        ),
        Index(
            "ix_problems_ignored", "urgency", "kind", "cause", "id",
            sqlite_where=_IGNORED, postgresql_where=_IGNORED,
        ),
        # Partial, because what is not resolved is found by the two above, group by group.
        Index(None, "resolved_at", sqlite_where=_RESOLVED, postgresql_where=_RESOLVED),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    cause: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(120), index=True)
    urgency: Mapped[int] = mapped_column(default=0, server_default="0")
    message: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    ignored_at: Mapped[datetime | None]
    ignored_by: Mapped[str | None] = mapped_column(String(160))


class IgnoredCause(Base):
    """A cause that nobody wants to hear of again: whatever is raised for it is ignored at once."""

    __tablename__ = "problem_ignored_causes"
    __table_args__ = (UniqueConstraint("kind", "cause"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    cause: Mapped[str] = mapped_column(String(200))
    ignored_at: Mapped[datetime]
    ignored_by: Mapped[str] = mapped_column(String(160))
