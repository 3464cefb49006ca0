"""The problem that a failed job is, and when it is none any more."""

from __future__ import annotations

from sqlalchemy import update

from core.context import Context
from core.jobs.models import Job, JobState, is_state
from core.problems import raise_problem, resolve_problems

JOB_FAILED = "job_failed"
_SUBJECT_LENGTH = 120


def report_job(ctx: Context, job: Job, title: str) -> None:
    """Have a person look at a job that has failed for good."""
    raise_problem(
        ctx,
        JOB_FAILED,
        job.name,
        job_subject(job),
        f"The job {job.id} ({title or job.name}) failed {job.attempts} times: {job.last_error}",
        title=title or job.name,
        job_id=job.id,
    )


def forgive_job(ctx: Context, job: Job) -> None:
    """Its work is done, or not wanted any more: nothing is left to look at, nor at equal jobs."""
    if not resolve_problems(ctx, job_subject(job), [JOB_FAILED]) or job.dedup_key is None:
        return
    note = {"ended_at": ctx.clock.now(), "last_error": f"an equal job, {job.id}, takes its place"}
    ctx.session.execute(
        update(Job)
        .where(is_state(Job.state, JobState.FAILED), Job.dedup_key == job.dedup_key, Job.id != job.id)
        .values(state=JobState.CANCELED.value, **note)
        .execution_options(synchronize_session=False)
    )


def job_subject(job: Job) -> str:
    """Under which name problems know it; equal jobs share it."""
    subject = f"job:{job.dedup_key}"
    if job.dedup_key is None or len(subject) > _SUBJECT_LENGTH:
        return f"job:{job.id}"
    return subject
