"""What needs a person: raised once per cause and subject, resolved when the cause goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.context import Context
from core.database.base import Base


class Problem(Base):
    """Something that does not go on by itself.

    kind      what it is about: `unknown_sku`, `confirmation_failed`, …
    cause     what would mend all problems of this kind at once: a SKU, a carrier, an account
    subject   what it stands in the way of: `channel_order:7`
    message   one plain sentence for a person, without personal data
    """

    __tablename__ = "problems"
    __table_args__ = (UniqueConstraint("kind", "cause", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    cause: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(120), index=True)
    message: Mapped[str] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None] = mapped_column(index=True)


def raise_problem(ctx: Context, kind: str, cause: str, subject: str, message: str, **data: Any) -> Problem:
    """Open a problem, or bring the one that is open up to date."""
    now = ctx.clock.now()
    problem = _find(ctx.session, kind, cause, subject) or _open(ctx, kind, cause, subject)
    if problem.resolved_at is not None:
        problem.first_at = now
    problem.message, problem.data = message, data
    problem.last_at, problem.resolved_at = now, None
    ctx.session.flush()
    return problem


def _find(session: Session, kind: str, cause: str, subject: str) -> Problem | None:
    return session.scalar(
        select(Problem).where(Problem.kind == kind, Problem.cause == cause, Problem.subject == subject)
    )


def _open(ctx: Context, kind: str, cause: str, subject: str) -> Problem:
    """A new one; if another process has just opened the same, that one."""
    now = ctx.clock.now()
    problem = Problem(
        kind=kind, cause=cause, subject=subject, message="", data={}, first_at=now, last_at=now
    )
    try:
        with ctx.session.begin_nested():
            ctx.session.add(problem)
    except IntegrityError:
        found = _find(ctx.session, kind, cause, subject)
        if found is None:
            raise
        return found
    return problem


def resolve_problems(
    ctx: Context,
    subject: str,
    kinds: Sequence[str] = (),
    cause: str | None = None,
    *,
    but_cause: str | None = None,
) -> None:
    """Close the open problems of a subject: all, or those of these kinds, of one cause or all but one."""
    open_ones = select(Problem).where(Problem.subject == subject, Problem.resolved_at.is_(None))
    if kinds:
        open_ones = open_ones.where(Problem.kind.in_(kinds))
    if cause is not None:
        open_ones = open_ones.where(Problem.cause == cause)
    if but_cause is not None:
        open_ones = open_ones.where(Problem.cause != but_cause)
    for problem in ctx.session.scalars(open_ones):
        problem.resolved_at = ctx.clock.now()
    ctx.session.flush()


def list_problems(session: Session, limit: int | None = None) -> Sequence[Problem]:
    """Every open problem, the newest first."""
    return session.scalars(
        select(Problem)
        .where(Problem.resolved_at.is_(None))
        .order_by(Problem.last_at.desc(), Problem.id.desc())
        .limit(limit)
    ).all()
