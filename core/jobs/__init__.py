"""Background work: a job table in the shop's own database, and the runner that works it off.

What is enqueued commits or rolls back with the work that asked for it, so nothing is lost and
nothing runs for a transaction that never happened. `jobs` knows no job: handlers are given to the
runner as a mapping from a job's name to its `JobType`.
"""

from core.jobs.contract import Defer, JobHost, JobRun, JobType, JobWorld
from core.jobs.leases import is_runner_alive, lease_holder, release_lease, renew_lease, take_lease
from core.jobs.models import Job, JobState, Lease, Schedule
from core.jobs.owners import Owner
from core.jobs.queue import (
    cancel_job,
    check_state,
    count_jobs,
    count_open_jobs,
    count_waiting,
    enqueue,
    get_job,
    list_jobs,
    prune_jobs,
    retry_job,
)
from core.jobs.retrying import backoff, safe_error
from core.jobs.runner import THREADS, Runner
from core.jobs.schedules import enqueue_due_schedules, ensure_schedule, remove_schedule

__all__ = [
    "THREADS",
    "Defer",
    "Job",
    "JobHost",
    "JobRun",
    "JobState",
    "JobType",
    "JobWorld",
    "Lease",
    "Owner",
    "Runner",
    "Schedule",
    "backoff",
    "cancel_job",
    "check_state",
    "count_jobs",
    "count_open_jobs",
    "count_waiting",
    "enqueue",
    "enqueue_due_schedules",
    "ensure_schedule",
    "get_job",
    "is_runner_alive",
    "lease_holder",
    "list_jobs",
    "prune_jobs",
    "release_lease",
    "remove_schedule",
    "renew_lease",
    "retry_job",
    "safe_error",
    "take_lease",
]
