"""The inbox: open problems grouped by cause, the most urgent first, and those that are ignored.

Groups are read along an index in the order in which they are shown, so that a page costs what stands on
it, however many problems there are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, literal, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from core.context import Context
from core.errors import NotFound
from core.problems.kinds import Kind, Remedy, kind_of
from core.problems.tables import IgnoredCause, Problem

UNTIL_ANEW = "until_anew"
FOR_GOOD = "for_good"
_KEY = (Problem.urgency, Problem.kind, Problem.cause)
_OPEN = and_(Problem.resolved_at.is_(None), Problem.ignored_at.is_(None))
_IGNORED = and_(Problem.resolved_at.is_(None), Problem.ignored_at.is_not(None))


@dataclass(frozen=True)
class Group:
    """All problems that one remedy mends.

    newest  the one that was opened last: its id stands for the group, its data fill in the title
    """

    newest: Problem
    count: int
    first_at: datetime
    last_at: datetime

    @property
    def id(self) -> int:
        """Stands for the group in addresses and on the command line."""
        return self.newest.id

    @property
    def what(self) -> Kind:
        """What its kind declares."""
        return kind_of(self.newest.kind, self.newest.data)

    @property
    def remedy(self) -> Remedy | None:
        """The one action that mends it; None where there is nothing but to ignore it."""
        return self.what.remedy

    def title(self, translate: Callable[[str], str] = str) -> str:
        """In plain words, for example `SKU AB-1 is unknown`."""
        data: dict[str, Any] = {"message": self.newest.message} | self.newest.data
        values = self.what.values(self.newest.cause, data)
        for name in {"title", "plugin", "event"} & values.keys():  # keys and words of the program's own
            values[name] = translate(values[name])
        return translate(self.what.title) % values

    @property
    def held_up(self) -> str:
        """What waits, in English: `14 orders wait`."""
        one, many = self.what.held_up
        return (one if self.count == 1 else many) % {"num": self.count}


@dataclass(frozen=True)
class GroupQuery:
    """Which groups: those to look at or the ignored ones, after the one that ended the last page."""

    ignored: bool = False
    kind: str | None = None
    after: int | None = None
    limit: int = 50


def list_groups(session: Session, query: GroupQuery | None = None) -> list[Group]:
    """Groups, the most urgent first, by kind and cause; for the next page pass the last one's id."""
    query = query or GroupQuery()
    wanted = _IGNORED if query.ignored else _OPEN
    rows = _gather(wanted).group_by(*_KEY).order_by(*_KEY).limit(query.limit)
    if query.kind is not None:
        rows = rows.where(Problem.kind == query.kind)
    last = session.get(Problem, query.after) if query.after is not None else None
    if last is not None:
        rows = rows.where(tuple_(*_KEY) > tuple_(*map(literal, (last.urgency, last.kind, last.cause))))
    found = session.execute(rows).all()
    by_id = {
        problem.id: problem
        for problem in session.scalars(select(Problem).where(Problem.id.in_([row.newest for row in found])))
    }
    return [Group(by_id[row.newest], row.count_, row.first_at, row.last_at) for row in found]


def get_group(session: Session, problem_id: int) -> Group:
    """The group that a problem belongs to, as far as it is unresolved. Raises NotFound."""
    problem = session.get(Problem, problem_id)
    if problem is not None:
        row = session.execute(_gather(_unresolved(problem))).one()
        if row.count_:
            return Group(session.get_one(Problem, row.newest), row.count_, row.first_at, row.last_at)
    raise NotFound("this problem is no longer there: most likely its cause has gone")


def groups_of(session: Session, subject: str) -> list[Group]:
    """The groups with an open problem of one subject, the most urgent first."""
    rows = select(Problem).where(_OPEN, Problem.subject == subject).order_by(*_KEY, Problem.id)
    return [get_group(session, problem.id) for problem in session.scalars(rows)]


def page_of_problems(
    session: Session, group: Group, after: int | None = None, limit: int = 50
) -> Sequence[Problem]:
    """A group's problems, the newest first; for the next page pass the last one's id."""
    rows = select(Problem).where(_unresolved(group.newest)).order_by(Problem.id.desc()).limit(limit)
    if after is not None:
        rows = rows.where(Problem.id < after)
    return session.scalars(rows).all()


def count_groups(session: Session, most: int = 100) -> int:
    """How many groups there are to look at, counted no further than `most`: one look-up per group."""
    first = select(*_KEY, literal(1).label("number")).where(Problem.id == _first_open(aliased(Problem)))
    walk = first.cte("walk", recursive=True)
    following = (
        select(*_KEY, walk.c.number + 1)
        .join_from(walk, Problem, Problem.id == _first_behind(walk.c))
        .where(walk.c.number < most)
    )
    return session.scalar(select(func.max(walk.union_all(following).c.number))) or 0


def _first_behind(last: Any) -> ColumnElement[Any]:
    """The id of a problem of the group that follows.

    One look-up for each column that can differ: of a row of values SQLite would use the first alone.
    """
    row = aliased(Problem)
    return func.coalesce(
        _first_open(row, row.urgency == last.urgency, row.kind == last.kind, row.cause > last.cause),
        _first_open(row, row.urgency == last.urgency, row.kind > last.kind),
        _first_open(row, row.urgency > last.urgency),
    )


def _first_open(row: Any, *wanted: ColumnElement[bool]) -> Any:
    """The id of a problem of the first group of those that are wanted."""
    first = select(row.id).where(row.resolved_at.is_(None), row.ignored_at.is_(None), *wanted)
    return first.order_by(row.urgency, row.kind, row.cause).limit(1).scalar_subquery()


def ignore_group(ctx: Context, problem_id: int, how: str = UNTIL_ANEW) -> Group:
    """Look at a group no more: until a new problem of it comes, or for good. Raises NotFound."""
    group = get_group(ctx.session, problem_id)
    now = ctx.clock.now()
    ctx.session.execute(
        update(Problem)
        .where(_unresolved(group.newest), Problem.ignored_at.is_(None))
        .values(ignored_at=now, ignored_by=ctx.actor)
        .execution_options(synchronize_session="fetch")
    )
    _forget(ctx, group)
    if how == FOR_GOOD:
        ignored = IgnoredCause(
            kind=group.newest.kind, cause=group.newest.cause, ignored_at=now, ignored_by=ctx.actor
        )
        ctx.session.add(ignored)
        ctx.session.flush()
    return group


def reopen_group(ctx: Context, problem_id: int) -> Group:
    """Look at an ignored group again. Raises NotFound."""
    group = get_group(ctx.session, problem_id)
    ctx.session.execute(
        update(Problem)
        .where(_unresolved(group.newest))
        .values(ignored_at=None, ignored_by=None)
        .execution_options(synchronize_session="fetch")
    )
    _forget(ctx, group)
    return group


def is_ignored_for_good(session: Session, group: Group) -> bool:
    """Whether nothing of this cause is ever to be shown."""
    return session.scalar(select(IgnoredCause.id).where(_same_cause(group))) is not None


def list_problems(session: Session, limit: int | None = None) -> Sequence[Problem]:
    """Every problem to look at, the newest first."""
    return session.scalars(
        select(Problem).where(_OPEN).order_by(Problem.last_at.desc(), Problem.id.desc()).limit(limit)
    ).all()


def _gather(wanted: ColumnElement[bool]) -> Any:
    return select(
        func.count().label("count_"),
        func.min(Problem.first_at).label("first_at"),
        func.max(Problem.last_at).label("last_at"),
        func.max(Problem.id).label("newest"),
    ).where(wanted)


def _unresolved(problem: Problem) -> ColumnElement[bool]:
    return and_(Problem.kind == problem.kind, Problem.cause == problem.cause, Problem.resolved_at.is_(None))


def _same_cause(group: Group) -> ColumnElement[bool]:
    return and_(IgnoredCause.kind == group.newest.kind, IgnoredCause.cause == group.newest.cause)


def _forget(ctx: Context, group: Group) -> None:
    ctx.session.execute(delete(IgnoredCause).where(_same_cause(group)))
