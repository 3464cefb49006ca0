"""`/jobs`: work in the background."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from core.context import Context
from core.jobs import JobState, cancel_job, get_job, retry_job
from core.web.api.access import document_of, reading
from core.web.api.answering import answer
from core.web.api.documenting import Gives, Noun, PageQuery, page_of
from core.web.api.fields import Text
from core.web.api.listing import answer_page, each_as, page_of_jobs
from core.web.api.repeating import Made, do_once
from core.web.schemas import JobSchema

jobs = Noun("jobs", __name__, description="Work in the background.")


class JobsQuery(PageQuery):
    """Which jobs."""

    state = fields.String(validate=validate.OneOf([state.value for state in JobState]))
    name = Text(1, 128, metadata={"description": "The kind of work."})


@jobs.operation("GET", "/jobs", "jobs:read", Gives(page_of(JobSchema)))
@jobs.reads_query(JobsQuery)
def list_all_jobs(query: dict[str, Any]) -> Response:
    """List jobs, the newest first. Those that are done are kept for a week."""
    state, name = query.get("state"), query.get("name")
    return answer_page(
        "jobs", query, lambda ctx, asked: page_of_jobs(ctx, state, name, asked), each_as(JobSchema)
    )


@jobs.operation("GET", "/jobs/<whole:job_id>", "jobs:read", Gives(JobSchema))
def read_job(job_id: int) -> Response:
    """Read a job."""
    with reading() as ctx:
        return answer(document_of(JobSchema, get_job(ctx, job_id)))


@jobs.operation("POST", "/jobs/<whole:job_id>/retry", "jobs:write", Gives(JobSchema, 200))
def retry(job_id: int) -> Response:
    """Let a job that failed, was canceled or waits start now.

    If an equal job is queued already, that one starts now and is answered. Refused (409) for a job that is
    running or done.
    """

    def work(ctx: Context) -> Made:
        return Made(document_of(JobSchema, get_job(ctx, retry_job(ctx, job_id))), status=200)

    return do_once(work)


@jobs.operation("POST", "/jobs/<whole:job_id>/cancel", "jobs:write", Gives(JobSchema, 200))
def cancel(job_id: int) -> Response:
    """End a job that is queued or failed. Refused (409) in any other state."""

    def work(ctx: Context) -> Made:
        cancel_job(ctx, job_id)
        return Made(document_of(JobSchema, get_job(ctx, job_id)), status=200)

    return do_once(work)
