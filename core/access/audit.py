"""The audit log: who did and who saw what, append-only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.context import Context
from core.database.base import Base


class AuditEntry(Base):
    """One thing done or seen.

    actor     `operator:3`, `token:2`, `cli`
    action    `order.seen`, `operator.signed_in`, `token.added`, …
    subject   what it was done to: `order:1000001`; may be empty
    detail    more about it, never personal data nor a secret
    """

    __tablename__ = "audit_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(80), index=True)
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(160), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)


def note_audit(ctx: Context, action: str, subject: str = "", **detail: Any) -> None:
    """Write down what the actor of this transaction did or saw."""
    ctx.session.add(
        AuditEntry(at=ctx.clock.now(), actor=ctx.actor, action=action, subject=subject, detail=detail)
    )


def list_audit(
    session: Session, before: int | None = None, limit: int = 50, subject: str | None = None
) -> Sequence[AuditEntry]:
    """Entries, the newest first; those before an id, or of one subject."""
    rows = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        rows = rows.where(AuditEntry.id < before)
    if subject is not None:
        rows = rows.where(AuditEntry.subject == subject)
    return session.scalars(rows).all()
