"""One attempt: call the handler, then record that it is done, not yet, to be retried or parked."""

from __future__ import annotations

from datetime import timedelta

import structlog

from core.errors import QuotaExhausted
from core.jobs.claiming import Claim, end_job, put_back, retry_later
from core.jobs.contract import Defer, JobRun, JobType, JobWorld
from core.jobs.failing import forgive_job, report_job
from core.jobs.models import JobState
from core.jobs.retrying import backoff, place_of, safe_error

UNKNOWN_WAIT = timedelta(minutes=5)
_DIED = "the process ended while the job ran, each time"
_log = structlog.get_logger(__name__)


def run_claim(claim: Claim, world: JobWorld) -> None:
    """See a claimed job through. What the handler raises is recorded, never passed on."""
    kind = world.job_types.get(claim.name)
    if kind is None:
        _await_plugin(claim, world)
        return
    run = JobRun(
        job_id=claim.job_id,
        name=claim.name,
        args=claim.args,
        attempt=claim.attempt,
        max_attempts=kind.max_attempts,
        transactions=world.transactions,
    )
    if claim.attempt > kind.max_attempts:
        _park(claim, run, kind, _DIED)
        return
    try:
        result = kind.handler(run)
    except Defer as not_yet:
        _put_back(claim, run, not_yet)
    except (Exception, SystemExit) as error:
        _record_failure(claim, run, kind, error)
    else:
        with run.transaction() as ctx:
            job = end_job(ctx, claim, JobState.DONE, result=result)
            if job is not None:
                forgive_job(ctx, job)
        _check_held(claim, job is not None)


def _await_plugin(claim: Claim, world: JobWorld) -> None:
    """A job that no enabled plugin knows is kept until one does."""
    why = f"no enabled plugin knows this job; it is of {claim.name.partition('.')[0]!r}"
    with world.transactions.writing(f"job:{claim.name}") as ctx:
        put_back(ctx, claim, ctx.clock.now() + UNKNOWN_WAIT, why)


def _put_back(claim: Claim, run: JobRun, not_yet: Defer) -> None:
    with run.transaction() as ctx:
        held = put_back(ctx, claim, not_yet.moment(ctx.clock.now()), f"not yet: {not_yet.why}")
    _check_held(claim, held)


def _record_failure(claim: Claim, run: JobRun, kind: JobType, error: BaseException) -> None:
    """To be retried, or parked after the last attempt.

    A quota that is used up is no failure: the job waits its turn without counting it.
    """
    if isinstance(error, QuotaExhausted):
        wait = error.retry_after or backoff(claim.attempt)
        _put_back(claim, run, Defer(wait, safe_error(error)))
        return
    _log.warning(
        "job failed",
        job=claim.job_id,
        name=claim.name,
        attempt=claim.attempt,
        error=safe_error(error),
        place=place_of(error),
    )
    if run.is_last_attempt:
        _park(claim, run, kind, safe_error(error))
        return
    with run.transaction() as ctx:
        held = retry_later(ctx, claim, backoff(claim.attempt, error), safe_error(error))
    _check_held(claim, held)


def _park(claim: Claim, run: JobRun, kind: JobType, error: str) -> None:
    """Leave the job to a person. `on_failed` comes first: a crash between the two repeats it."""
    if kind.on_failed is not None:
        try:
            kind.on_failed(run, error)
        except (Exception, SystemExit) as second:
            _log.error(
                "on_failed failed",
                job=claim.job_id,
                name=claim.name,
                error=safe_error(second),
                place=place_of(second),
            )
    with run.transaction() as ctx:
        job = end_job(ctx, claim, JobState.FAILED, error)
        if job is not None and kind.on_failed is None:
            report_job(ctx, job, kind.title)
    _check_held(claim, job is not None)


def _check_held(claim: Claim, held: bool) -> None:
    if not held:
        _log.warning("job was taken over by another process", job=claim.job_id, name=claim.name)
