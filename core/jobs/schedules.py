"""Schedules: rows that say which job is enqueued how often. No beat process; every runner looks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from core.context import Context
from core.errors import InvalidValue
from core.jobs.models import Schedule
from core.jobs.queue import check_scalars, enqueue


def ensure_schedule(
    ctx: Context,
    name: str,
    job: str,
    args: Mapping[str, Any] | None = None,
    every: timedelta = timedelta(minutes=5),
) -> None:
    """Have the job enqueued every so often, from now on.

    Safe to call at every start: an existing schedule keeps its next run and whether it is enabled,
    unless the interval changed; then it runs at the latest after one new interval. Its jobs never
    pile up nor overlap: they share the keys `schedule:<name>`. Raises InvalidValue for less than a
    second.
    """
    seconds = int(every.total_seconds())
    if seconds < 1:
        raise InvalidValue(f"a schedule's interval is at least one second, not {every}")
    now = ctx.clock.now()
    values = {
        "name": name,
        "job": job,
        "args": check_scalars(args or {}),
        "every_seconds": seconds,
        "next_run_at": now,
        "enabled": True,
    }
    dialect = postgresql if ctx.session.get_bind().dialect.name == "postgresql" else sqlite
    ctx.session.execute(dialect.insert(Schedule).values(values).on_conflict_do_nothing())
    row = ctx.session.scalars(select(Schedule).where(Schedule.name == name).with_for_update()).one()
    row.job, row.args = job, check_scalars(args or {})
    if row.every_seconds != seconds:
        row.every_seconds = seconds
        row.next_run_at = min(row.next_run_at, now + every)


def remove_schedule(ctx: Context, name: str) -> None:
    """Enqueue it no more, if there is one; a job that is queued already still runs."""
    ctx.session.execute(delete(Schedule).where(Schedule.name == name))


def enqueue_due_schedules(ctx: Context) -> int:
    """Enqueue what is due and move it on, in one transaction; gives how many.

    After a pause a schedule runs once, not once for every time that was missed.
    """
    now = ctx.clock.now()
    due = ctx.session.scalars(
        select(Schedule)
        .where(Schedule.enabled, Schedule.next_run_at <= now)
        .order_by(Schedule.next_run_at, Schedule.id)
        .with_for_update(skip_locked=True)
    ).all()
    for schedule in due:
        key = f"schedule:{schedule.name}"
        enqueue(ctx, schedule.job, schedule.args, lock_key=key, dedup_key=key)
        every = timedelta(seconds=schedule.every_seconds)
        missed = (now - schedule.next_run_at) // every
        schedule.next_run_at += every * (missed + 1)
    return len(due)
