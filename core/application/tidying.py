"""Forgetting what is long done, hour by hour."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from core.channels.runs import prune_runs
from core.config import Config
from core.events import prune_events
from core.jobs import JobRun, JobType, prune_jobs
from core.problems import prune_problems

TIDY_JOB = "core.tidy"
#: A job says little that what it did does not say.
JOBS_KEPT_FOR = timedelta(days=7)


def tidy_job(config: Config) -> JobType:
    """The job that forgets: jobs after a week; events, resolved problems and runs after `keep_days`."""
    handler = partial(_tidy, timedelta(days=config.keep_days))
    return JobType(TIDY_JOB, handler, title="Forget what is long done")


def _tidy(kept: timedelta, run: JobRun) -> None:
    """A thousand at a time, so that nobody has to wait."""
    pruning = {prune_events: kept, prune_problems: kept, prune_runs: kept, prune_jobs: JOBS_KEPT_FOR}
    for prune, older_than in pruning.items():
        found = 1
        while found:
            with run.transaction() as ctx:
                found = prune(ctx, older_than)
