"""Background work: what runs, waits and has failed, and getting it going again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from flask_babel import gettext as _

from core.database.keyset import cut
from core.jobs import Job, JobState, cancel_job, check_state, count_open_jobs, list_jobs, retry_job
from core.web.admin.shell import application, done, may, needs, pager, reading, render, whole, writing
from core.web.admin.subjects import Named, name_subjects
from core.web.formatting import words

pages = Blueprint("jobs", __name__, url_prefix="/jobs")
_PAGE = 50
_TONES = {
    JobState.QUEUED: "waiting",
    JobState.RUNNING: "active",
    JobState.DONE: "done",
    JobState.FAILED: "bad",
    JobState.CANCELED: "off",
}


@pages.get("")
@needs("jobs.view")
def show() -> str:
    """Jobs, the newest first, of every state or of one."""
    state, name, before = request.args.get("state"), request.args.get("name"), whole("before")
    filters: dict[str, Any] = {key: value for key, value in (("state", state), ("name", name)) if value}
    titles = {key: kind.title or key for key, kind in application().job_types.items()}
    with reading() as ctx:
        if state:
            check_state(state)
        found = list_jobs(ctx, state=state or None, name=name or None, before_id=before, limit=_PAGE + 1)
        page = cut(found, _PAGE, lambda job: job.id)
        names = name_subjects(ctx, map(_subject_of, page.rows))
        return render(
            "admin/jobs/list.html",
            ctx,
            rows=[(job, titles.get(job.name, job.name), _about(job, names)) for job in page.rows],
            counts=count_open_jobs(ctx),
            labels=_labels(),
            tones=_TONES,
            state=state or "",
            name=name or "",
            titles=sorted(titles.items(), key=lambda one: one[1].casefold()),
            may_manage=may("jobs.manage"),
            **pager(page, "jobs.show", **filters),
        )


@pages.post("/<int:job_id>/retry")
@needs("jobs.manage")
def retry(job_id: int) -> Any:
    """Let a job start now, with all its attempts."""
    with writing() as ctx:
        retry_job(ctx, job_id)
    return done(_("The job starts as soon as there is room."), "jobs.show")


@pages.post("/<int:job_id>/cancel")
@needs("jobs.manage")
def cancel(job_id: int) -> Any:
    """End a job that waits or has failed."""
    with writing() as ctx:
        cancel_job(ctx, job_id)
    return done(_("The job is canceled."), "jobs.show")


def _labels() -> dict[str, str]:
    return {
        JobState.QUEUED: _("Waiting"),
        JobState.RUNNING: _("Running"),
        JobState.FAILED: _("Failed"),
        JobState.DONE: _("Done"),
        JobState.CANCELED: _("Canceled"),
    }


def _subject_of(job: Job) -> str:
    """What its arguments name, as problems and events name it; empty if that is nothing."""
    named = (f"{kind}:{job.args[key]}" for key, kind in _SUBJECTS.items() if key in job.args)
    return str(job.args.get("subject") or next(named, ""))


def _about(job: Job, names: Mapping[str, Named]) -> Named:
    """What a job is about, in words, and where it can be looked at."""
    if "external_id" in job.args:
        return str(job.args["external_id"]), None
    name, href = names[_subject_of(job)]
    told = str(job.args.get("plugin", ""))
    plugin = application().hooks.plugins.get(told)
    return ": ".join(part for part in (plugin.title if plugin else words(told), name) if part), href


#: What an argument of a job is the id of.
_SUBJECTS = {
    "account_id": "channel_account",
    "channel_order_id": "channel_order",
    "confirmation_id": "confirmation",
    "order_id": "order",
    "product_id": "product",
    "request_id": "channel_request",
}
