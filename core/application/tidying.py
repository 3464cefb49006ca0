"""Forgetting what is long done, hour by hour."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from core.channels.runs import prune_runs
from core.config import Config
from core.events import prune_events
from core.jobs import JobRun, JobType
from core.problems import prune_problems

TIDY_JOB = "core.tidy"


def tidy_job(config: Config) -> JobType:
    """The job that forgets events, resolved problems and runs that are older than `keep_days`."""
    handler = partial(_tidy, timedelta(days=config.keep_days))
    return JobType(TIDY_JOB, handler, title="Forget what is long done")


def _tidy(kept: timedelta, run: JobRun) -> None:
    """A thousand at a time, so that nobody has to wait."""
    for prune in (prune_events, prune_problems, prune_runs):
        found = 1
        while found:
            with run.transaction() as ctx:
                found = prune(ctx, kept)
