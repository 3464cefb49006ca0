"""What needs a person: orders that a consumer has rejected, and consumers that get nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.context import Context
from core.problems import Problem, raise_problem, resolve_problems
from plugins.erp_bridge.models import Consumer, Pickup

REJECTED = "erp_rejected"
CONSUMER_PAUSED = "erp_consumer_paused"
CONSUMER_FAILING = "erp_consumer_failing"
NOT_BOOKED = "erp_not_booked"
#: The kinds of problems that a consumer can have; the cause of each is its name.
KINDS = (REJECTED, CONSUMER_PAUSED, CONSUMER_FAILING, NOT_BOOKED)
#: One that is away for a moment comes back by itself.
FAILS_FOR_PEOPLE = 3
_PAGE = "erp_bridge.one"


def note_rejected(ctx: Context, consumer: Consumer, pickup: Pickup) -> None:
    """Somebody has to look at the order; why it was rejected stands on the consumer's page."""
    number = pickup.order.number
    raise_problem(
        ctx,
        REJECTED,
        consumer.name,
        pickup.order.subject,
        f"{consumer.name} has rejected order {number}: read its reason, mend that, and tell it again",
        consumer=consumer.name,
        number=number,
        page=_PAGE,
        where={"name": consumer.name, "state": "rejected"},
    )


def note_settled(ctx: Context, consumer: Consumer, pickup: Pickup) -> None:
    """It was taken after all, or is told again."""
    resolve_problems(ctx, pickup.order.subject, [REJECTED], consumer.name)


def note_paused(ctx: Context, consumer: Consumer) -> None:
    """Nothing reaches this consumer until somebody resumes it."""
    note_reached(ctx, consumer)
    sentence = f"{consumer.name} is paused: {consumer.paused_because}"
    raise_problem(ctx, CONSUMER_PAUSED, consumer.name, _subject(consumer), sentence, **_data(consumer))


def note_failing(ctx: Context, consumer: Consumer) -> None:
    """It is tried again by itself; if that goes on somebody has to look why."""
    if consumer.failures >= FAILS_FOR_PEOPLE:
        sentence = f"{consumer.name} cannot be reached: {consumer.last_error}"
        raise_problem(ctx, CONSUMER_FAILING, consumer.name, _subject(consumer), sentence, **_data(consumer))


def note_reached(ctx: Context, consumer: Consumer) -> None:
    """It can be reached again."""
    resolve_problems(ctx, _subject(consumer), [CONSUMER_FAILING])


def note_resumed(ctx: Context, consumer: Consumer) -> None:
    """It goes on."""
    resolve_problems(ctx, _subject(consumer))


def note_returned(ctx: Context, consumer: Consumer, source: str, problem: str | None) -> None:
    """Something came back: somebody has to look at what was not booked, until it comes again and is."""
    # What is mended may come as `stock~2.csv`, for what was put aside had to have a name of its own.
    known = sha256(re.sub(r"~[0-9]+(?=\.|$)", "", source).encode()).hexdigest()[:16]
    subject = f"erp_returned:{consumer.id}/{known}"
    if problem is None:
        resolve_problems(ctx, subject)
    else:
        raise_problem(ctx, NOT_BOOKED, consumer.name, subject, problem, **_data(consumer))


def not_booked(session: Session, consumer: Consumer) -> Sequence[Problem]:
    """What it sent back that was not booked, and that nobody ignores; the newest first, 50 at most."""
    rows = select(Problem).where(Problem.kind == NOT_BOOKED, Problem.cause == consumer.name)
    is_open = Problem.resolved_at.is_(None), Problem.ignored_at.is_(None)
    return session.scalars(rows.where(*is_open).order_by(Problem.id.desc()).limit(50)).all()


def _data(consumer: Consumer) -> dict[str, Any]:
    """Whom it is about, and the page on which it is mended."""
    return {"consumer": consumer.name, "page": _PAGE, "where": {"name": consumer.name}}


def _subject(consumer: Consumer) -> str:
    return f"erp_consumer:{consumer.id}"
