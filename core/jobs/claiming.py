"""The life of one attempt in the job table: claimed, kept alive, ended; and what the dead left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, delete, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from core.context import Context, Transactions
from core.jobs.contract import JobType
from core.jobs.models import Job, JobState, Lease, Schedule, is_state
from core.jobs.owners import Owner
from core.jobs.queue import lock_job, put_in_queue

ACTOR = "runner"
RESULT_LENGTH = 500
_TRIES = 5


@dataclass(frozen=True)
class Claim:
    """One attempt that one process may make; `owner_id` and `attempt` tell it from any other."""

    job_id: int
    name: str
    args: Mapping[str, Any]
    attempt: int
    owner_id: str


@dataclass(frozen=True)
class Work:
    """What a runner finds when it looks."""

    due: bool
    running: bool
    schedules_due: bool


def look_for_work(ctx: Context) -> Work:
    """One cheap read: is there anything to start, anything running, any schedule due?"""
    now = ctx.clock.now()
    queued = and_(is_state(Job.state, JobState.QUEUED), Job.run_at <= now)
    running = is_state(Job.state, JobState.RUNNING)
    row = ctx.session.execute(
        select(
            exists().where(queued),
            exists().where(and_(running, Job.lease_until <= now)),
            exists().where(running),
            exists().where(Schedule.enabled, Schedule.next_run_at <= now),
        )
    ).one()
    return Work(due=row[0] or row[1], running=row[2], schedules_due=row[3])


def claim_job(
    transactions: Transactions, owner_id: str, lease: timedelta, types: Mapping[str, JobType]
) -> Claim | None:
    """Start the next job: one whose process fell silent, else the most urgent that is due.

    None if there is nothing to start. Of two processes that race for one lock key one loses, and
    looks again.
    """
    for _ in range(_TRIES):
        try:
            with transactions.writing(ACTOR) as ctx:
                now = ctx.clock.now()
                for candidates in (_silent(now), _due(now)):
                    claim = _start(ctx, candidates, owner_id, lease)
                    if claim is not None:
                        _note_attempts(ctx, claim, types)
                        return claim
                return None
        except IntegrityError:
            continue
    return None


def renew_claims(ctx: Context, owner_id: str, job_ids: Iterable[int], lease: timedelta) -> None:
    """Say that these jobs are still being worked on."""
    ctx.session.execute(
        update(Job)
        .where(Job.id.in_(list(job_ids)), is_state(Job.state, JobState.RUNNING))
        .where(Job.lease_owner == owner_id)
        .values(lease_until=ctx.clock.now() + lease)
    )


def end_job(
    ctx: Context,
    claim: Claim,
    state: JobState,
    error: str | None = None,
    result: str | None = None,
) -> Job | None:
    """Record the end; None, and nothing recorded, if somebody else has taken the job over."""
    job = _held(ctx, claim)
    if job is None:
        return None
    job.state, job.last_error, job.ended_at = state.value, error, ctx.clock.now()
    job.result = result[:RESULT_LENGTH] if isinstance(result, str) else None
    job.lease_owner = job.lease_until = None
    return job


def retry_later(ctx: Context, claim: Claim, wait: timedelta, error: str) -> bool:
    """Queue the job again after a failure; False if somebody else has taken it over.

    If an equal job was queued meanwhile, that one inherits the attempts and the wait: it is the
    same work, and would fail for the same reason.
    """
    job = _held(ctx, claim)
    if job is None:
        return False
    run_at = ctx.clock.now() + wait
    twin_id = put_in_queue(ctx, job, {"run_at": run_at, "last_error": error})
    if twin_id is not None:
        twin = lock_job(ctx, twin_id)
        twin.attempts = max(twin.attempts, claim.attempt)
        twin.run_at = max(twin.run_at, run_at)
        twin.last_error = error
    return True


def put_back(ctx: Context, claim: Claim, until: datetime, why: str) -> bool:
    """Queue the job again as if it had not been started; False if somebody else took it over."""
    job = _held(ctx, claim)
    if job is None:
        return False
    values = {"run_at": until, "last_error": why, "attempts": claim.attempt - 1}
    put_in_queue(ctx, job, values)
    return True


def bury_the_dead(transactions: Transactions, owner: Owner) -> None:
    """Free at once what processes of this home left behind when they died."""
    dead = owner.find_dead()
    if not dead:
        return
    with transactions.writing(ACTOR) as ctx:
        ctx.session.execute(
            update(Job)
            .where(is_state(Job.state, JobState.RUNNING), Job.lease_owner.in_(dead))
            .values(lease_until=ctx.clock.now())
        )
        ctx.session.execute(delete(Lease).where(Lease.owner.in_(dead)))
    for owner_id in dead:
        owner.forget(owner_id)


def _silent(now: datetime) -> Select[int]:
    """Running jobs whose lease has run out; they keep their lock key, so nothing can clash."""
    job = aliased(Job)
    return (
        select(job.id)
        .where(is_state(job.state, JobState.RUNNING), job.lease_until <= now)
        .order_by(job.priority, job.run_at, job.id)
    )


def _due(now: datetime) -> Select[int]:
    """Queued jobs whose time has come and whose lock key is free."""
    job, rival = aliased(Job), aliased(Job)
    busy = exists().where(rival.lock_key == job.lock_key, is_state(rival.state, JobState.RUNNING))
    return (
        select(job.id)
        .where(is_state(job.state, JobState.QUEUED), job.run_at <= now)
        .where(or_(job.lock_key.is_(None), ~busy))
        .order_by(job.priority, job.run_at, job.id)
    )


def _start(ctx: Context, candidates: Select[int], owner_id: str, lease: timedelta) -> Claim | None:
    """Claim the first candidate in one statement."""
    now = ctx.clock.now()
    first = candidates.limit(1).with_for_update(skip_locked=True).correlate(None)
    row = ctx.session.execute(
        update(Job)
        .where(Job.id == first.scalar_subquery())
        .values(
            state=JobState.RUNNING.value,
            attempts=Job.attempts + 1,
            lease_owner=owner_id,
            lease_until=now + lease,
            started_at=now,
        )
        .returning(Job.id, Job.name, Job.args, Job.attempts)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    return None if row is None else Claim(row.id, row.name, row.args, row.attempts, owner_id)


def _note_attempts(ctx: Context, claim: Claim, types: Mapping[str, JobType]) -> None:
    kind = types.get(claim.name)
    if kind is not None:
        ctx.session.execute(
            update(Job).where(Job.id == claim.job_id).values(max_attempts=kind.max_attempts)
        )


def _held(ctx: Context, claim: Claim) -> Job | None:
    """The job, locked, if this attempt is still the one that counts."""
    job = lock_job(ctx, claim.job_id)
    held = (job.state, job.lease_owner, job.attempts)
    return job if held == (JobState.RUNNING, claim.owner_id, claim.attempt) else None
