"""Forgetting what is long done, hour by hour."""

from __future__ import annotations

from core.events import prune_events
from core.jobs import JobRun, JobType
from core.problems import prune_problems

TIDY_JOB = "core.tidy"


def tidy_job() -> JobType:
    """The job that forgets old events and resolved problems."""
    return JobType(TIDY_JOB, _tidy, title="Forget what is long done")


def _tidy(run: JobRun) -> None:
    """A thousand at a time, so that nobody has to wait."""
    for prune in (prune_events, prune_problems):
        found = 1
        while found:
            with run.transaction() as ctx:
                found = prune(ctx)
