"""Jobs as verbs see them: enqueue, retry, cancel, list, count, prune."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from sqlalchemy import case, delete, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.clock import to_utc
from core.context import Context
from core.errors import Busy, InvalidValue, NotFound, WrongState
from core.jobs.failing import forgive_job
from core.jobs.models import KEY_LENGTH, Job, JobState, is_state

_PRUNED_AT_ONCE = 1000
_TRIES = 5


class JobOptions(TypedDict, total=False):
    """How a job is queued; every part can be left out.

    lock_key   of the jobs that share it only one runs at a time
    dedup_key  an equal job that is still queued is given back instead, and the earlier `run_at` and
               the more urgent priority win. A running one may already have looked, so another is
               queued behind it
    run_at     not before this time; now if it is not given
    priority   0 is normal, a lower number goes first
    """

    lock_key: str | None
    dedup_key: str | None
    run_at: datetime | None
    priority: int


def enqueue(
    ctx: Context, name: str, args: Mapping[str, Any] | None = None, **options: Unpack[JobOptions]
) -> int:
    """Write a job in the transaction of `ctx`, to commit or roll back with it. Gives its id.

    args      scalars by name: identifiers only, never personal data
    options   `lock_key`, `dedup_key`, `run_at`, `priority`: see `JobOptions`

    Raises InvalidValue for args that are not scalars and for keys of more than 255 characters.
    """
    values = _values(ctx, name, args or {}) | {
        "priority": options.get("priority", 0),
        "lock_key": _check_key(options.get("lock_key")),
        "dedup_key": _check_key(options.get("dedup_key")),
    }
    run_at = options.get("run_at")
    values["run_at"] = values["run_at"] if run_at is None else to_utc(run_at)
    # The equal job is updated even if nothing changes: its row stays locked until this transaction
    # ends, so that no runner on PostgreSQL starts it before it can see what was written here.
    return ctx.session.scalars(_upsert(ctx.session).values(values).returning(Job.id)).one()


def enqueue_each(
    ctx: Context, name: str, args_by_key: Mapping[str, Mapping[str, Any]], priority: int = 0
) -> None:
    """Write many jobs at once, each as `enqueue` does with that lock and dedup key. Raises InvalidValue."""
    rows = [
        _values(ctx, name, args) | {"priority": priority, "lock_key": _check_key(key), "dedup_key": key}
        for key, args in sorted(args_by_key.items())
    ]
    if rows:
        ctx.session.flush()
        ctx.session.connection().execute(_upsert(ctx.session), rows)


def get_job(ctx: Context, job_id: int) -> Job:
    """The job. Raises NotFound."""
    job = ctx.session.get(Job, job_id, populate_existing=True)
    if job is None:
        raise NotFound(f"there is no job {job_id}")
    return job


def list_jobs(
    ctx: Context,
    *,
    state: str | None = None,
    name: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Job]:
    """Jobs, newest first; for the next page pass the last one's id as `before_id`."""
    wanted = select(Job).order_by(Job.id.desc()).limit(limit)
    if state is not None:
        wanted = wanted.where(is_state(Job.state, check_state(state)))
    if name is not None:
        wanted = wanted.where(Job.name == name)
    if before_id is not None:
        wanted = wanted.where(Job.id < before_id)
    return list(ctx.session.scalars(wanted))


def check_state(state: str) -> JobState:
    """The state with this name. Raises InvalidValue."""
    try:
        return JobState(state)
    except ValueError as error:
        known = ", ".join(JobState)
        raise InvalidValue(f"a job is one of {known}, not {state!r}") from error


def count_jobs(ctx: Context) -> dict[str, int]:
    """How many jobs are in each state, every state named."""
    rows = ctx.session.execute(select(Job.state, func.count()).group_by(Job.state))
    counts = {state.value: 0 for state in JobState}
    counts.update((state, count) for state, count in rows)
    return counts


def count_open_jobs(ctx: Context) -> dict[str, int]:
    """How many jobs wait, run and have failed: what the table is indexed for, however many are done."""
    open_states = (JobState.QUEUED, JobState.RUNNING, JobState.FAILED)
    return {
        state.value: ctx.session.scalar(select(func.count(Job.id)).where(is_state(Job.state, state))) or 0
        for state in open_states
    }


def count_waiting(ctx: Context) -> tuple[int, datetime | None]:
    """How many jobs wait to be tried again, and when the next of them is."""
    row = ctx.session.execute(
        select(func.count(), func.min(Job.run_at)).where(
            is_state(Job.state, JobState.QUEUED), Job.last_error.is_not(None)
        )
    ).one()
    return row[0], row[1]


def retry_job(ctx: Context, job_id: int) -> int:
    """Let a job that failed, was canceled or waits start now, with all its attempts. Gives its id.

    If an equal job is queued already, that one starts now and its id is given. Raises NotFound, and
    WrongState for a job that is running or done.
    """
    job = lock_job(ctx, job_id)
    if job.state in (JobState.RUNNING, JobState.DONE):
        raise WrongState(f"job {job_id} is {job.state}, so there is nothing to retry")
    forgive_job(ctx, job)
    now = ctx.clock.now()
    values = {"attempts": 0, "run_at": now, "ended_at": None, "last_error": None}
    twin = put_in_queue(ctx, job, values)
    if twin is not None:
        _change(ctx, twin, {"run_at": now})
        return twin
    return job_id


def cancel_job(ctx: Context, job_id: int) -> None:
    """End a job that is queued or failed. Raises NotFound, and WrongState in any other state."""
    job = lock_job(ctx, job_id)
    if job.state not in (JobState.QUEUED, JobState.FAILED):
        raise WrongState(f"job {job_id} is {job.state}, so it cannot be canceled")
    job.state = JobState.CANCELED.value
    job.ended_at = ctx.clock.now()
    forgive_job(ctx, job)


def prune_jobs(ctx: Context, older_than: timedelta) -> int:
    """Delete jobs that were done or canceled longer ago than this, at most 1000; gives how many.

    Failed ones stay: they wait for a person.
    """
    old = (
        select(Job.id)
        .where(
            Job.state.in_([JobState.DONE, JobState.CANCELED]),
            Job.ended_at < ctx.clock.now() - older_than,
        )
        .limit(_PRUNED_AT_ONCE)
    )
    doomed = list(ctx.session.scalars(old))
    if doomed:
        ctx.session.execute(delete(Job).where(Job.id.in_(doomed)))
    return len(doomed)


def lock_job(ctx: Context, job_id: int) -> Job:
    """The job as it is now, changed by nobody else until the transaction ends. Raises NotFound."""
    job = ctx.session.get(Job, job_id, populate_existing=True, with_for_update=True)
    if job is None:
        raise NotFound(f"there is no job {job_id}")
    return job


def put_in_queue(ctx: Context, job: Job, values: Mapping[str, Any]) -> int | None:
    """Queue a locked job again with these values.

    If an equal job is queued by now, that one stands for both: this one ends as canceled, and the
    other's id is given.
    """
    freed = {"lease_owner": None, "lease_until": None}
    for _ in range(_TRIES):
        try:
            with ctx.session.begin_nested():
                _change(ctx, job.id, {"state": JobState.QUEUED.value, **freed, **values})
            return None
        except IntegrityError:
            twin = _find_twin(ctx, job)
        if twin is not None:
            ended = {"state": JobState.CANCELED.value, "ended_at": ctx.clock.now()}
            note = {"last_error": f"an equal job, {twin}, takes its place"}
            _change(ctx, job.id, {**ended, **freed, **note})
            return twin
    raise Busy(f"job {job.id} is being queued by others")


def check_scalars(args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments. Raises InvalidValue unless all are strings, numbers, booleans or None."""
    for key, value in args.items():
        if not (value is None or isinstance(value, str | int | float)):
            raise InvalidValue(
                f"{key!r} is a {type(value).__name__}; only strings, numbers, booleans and None can be kept"
            )
    return dict(args)


def _check_key(key: str | None) -> str | None:
    if key is not None and not 0 < len(key) <= KEY_LENGTH:
        raise InvalidValue(f"a key has 1 to {KEY_LENGTH} characters, not {len(key)}")
    return key


def _values(ctx: Context, name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """What every new job has."""
    now = ctx.clock.now()
    return {
        "name": name,
        "args": check_scalars(args),
        "state": JobState.QUEUED.value,
        "run_at": now,
        "created_at": now,
    }


def _upsert(session: Session) -> sqlite.Insert | postgresql.Insert:
    """Insert a job, or bring the equal queued one forward."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Job)
    new = statement.excluded
    upsert: sqlite.Insert | postgresql.Insert = statement.on_conflict_do_update(
        index_elements=["dedup_key"],
        index_where=text("state = 'queued'"),
        set_={
            "run_at": case((new.run_at < Job.run_at, new.run_at), else_=Job.run_at),
            "priority": case((new.priority < Job.priority, new.priority), else_=Job.priority),
        },
    )
    return upsert


def _change(ctx: Context, job_id: int, values: dict[str, Any]) -> None:
    ctx.session.execute(update(Job).where(Job.id == job_id).values(**values))


def _find_twin(ctx: Context, job: Job) -> int | None:
    """The queued job with the same dedup key, changed by nobody else until the transaction ends."""
    return ctx.session.scalar(
        select(Job.id)
        .where(Job.dedup_key == job.dedup_key, is_state(Job.state, JobState.QUEUED))
        .where(Job.id != job.id)
        .with_for_update()
    )
