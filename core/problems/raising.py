"""Raising a problem, and resolving it when its cause goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.context import Context
from core.problems.kinds import kind_of
from core.problems.tables import IgnoredCause, Problem

_PRUNED_AT_ONCE = 1000


def raise_problem(ctx: Context, kind: str, cause: str, subject: str, message: str, **data: Any) -> Problem:
    """Open a problem, or bring the one that is open up to date.

    One that is ignored stays so while it lasts. If it comes back after it was resolved it is shown anew,
    unless its cause is ignored for good.
    """
    now = ctx.clock.now()
    problem = _find(ctx.session, kind, cause, subject)
    if problem is None:
        problem = _open(ctx, kind, cause, subject)
        _ignore_if_wanted(ctx, problem)
    elif problem.resolved_at is not None:
        problem.first_at = now
        problem.ignored_at = problem.ignored_by = None
        _ignore_if_wanted(ctx, problem)
    problem.message, problem.data = message, data
    problem.urgency = kind_of(kind, data).urgency
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


def _ignore_if_wanted(ctx: Context, problem: Problem) -> None:
    ignored = ctx.session.scalar(
        select(IgnoredCause).where(IgnoredCause.kind == problem.kind, IgnoredCause.cause == problem.cause)
    )
    if ignored is not None:
        problem.ignored_at, problem.ignored_by = ignored.ignored_at, ignored.ignored_by


def resolve_problems(
    ctx: Context,
    subject: str,
    kinds: Sequence[str] = (),
    cause: str | None = None,
    *,
    but_cause: str | None = None,
) -> int:
    """Close the open problems of a subject: all, or those of these kinds, of one cause or all but one.

    Gives how many there were.
    """
    open_ones = select(Problem).where(Problem.subject == subject, Problem.resolved_at.is_(None))
    if kinds:
        open_ones = open_ones.where(Problem.kind.in_(kinds))
    if cause is not None:
        open_ones = open_ones.where(Problem.cause == cause)
    if but_cause is not None:
        open_ones = open_ones.where(Problem.cause != but_cause)
    found = ctx.session.scalars(open_ones).all()
    for problem in found:
        problem.resolved_at = ctx.clock.now()
    ctx.session.flush()
    return len(found)


def resolve_cause(ctx: Context, kinds: Sequence[str], cause: str) -> None:
    """Close every open problem of these kinds that one cause has, whatever it stands in the way of."""
    ctx.session.execute(
        update(Problem)
        .where(Problem.kind.in_(kinds), Problem.cause == cause, Problem.resolved_at.is_(None))
        .values(resolved_at=ctx.clock.now())
        .execution_options(synchronize_session="fetch")
    )


def prune_problems(ctx: Context, older_than: timedelta) -> int:
    """Delete what was resolved longer ago than this, at most 1000; gives how many. Open ones stay."""
    old = (
        select(Problem.id).where(Problem.resolved_at < ctx.clock.now() - older_than).limit(_PRUNED_AT_ONCE)
    )
    doomed = list(ctx.session.scalars(old))
    if doomed:
        ctx.session.execute(delete(Problem).where(Problem.id.in_(doomed)))
    return len(doomed)
