"""Fetching one order by the channel's number, in a job, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.channels.accounts import Account, list_accounts
from core.channels.channel_orders import ChannelOrder
from core.channels.listing import MAX_EXTERNAL_ID
from core.channels.polling import Poller, read_one_order
from core.channels.registration import Registry
from core.context import Context, Transactions
from core.errors import (
    EntrepotError,
    InvalidValue,
    NotConfigured,
    NotFound,
    RejectedByChannel,
    TemporarilyUnavailable,
)
from core.jobs import Job, JobRun, JobState, JobType, Owner, enqueue

FETCH_JOB = "channels.fetch_order"
NOT_FOUND = "not_found"
NO_SUCH_NUMBER = "no_such_number"
UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Fetched:
    """What came of fetching an order.

    state    `waiting`, `running`, or `done`
    outcome  of one that is done: `imported`, `updated`, `skipped`, `held`, `failed`, `not_found`,
             `no_such_number` or `unanswered`
    reason   why it was not answered, in one plain sentence
    """

    external_id: str
    state: str
    outcome: str | None = None
    reason: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state == "done"


def fetch_order(ctx: Context, external_id: str, account_id: int | None = None) -> int:
    """Have one order fetched by the channel's number from this account, else from the first that has it.

    The job's id. Raises InvalidValue for what cannot be a number, NotConfigured without an account.
    """
    number = external_id.strip()
    if not number or len(number) > MAX_EXTERNAL_ID or not number.isprintable() or " " in number:
        raise InvalidValue(
            "an order's number at the channel is 1 to 80 characters without spaces, such as "
            "305-1234567-1234567"
        )
    if ctx.session.scalar(select(Account.id).limit(1)) is None:
        raise NotConfigured("there is no account that could be asked: connect one first")
    return _enqueue(ctx, number, account_id)


def fetch_again(ctx: Context, row: ChannelOrder) -> int:
    """Have an order that is known fetched at once, whatever its number looks like; the job's id."""
    return _enqueue(ctx, row.external_id, row.account_id)


def find_fetched(session: Session, job_id: int) -> Fetched:
    """What came of a job that `fetch_order` enqueued. Raises NotFound."""
    job = session.get(Job, job_id)
    if job is None or job.name != FETCH_JOB:
        raise NotFound("nothing is known of this order's fetching any more: fetch it again")
    number = str(job.args["external_id"])
    if job.state in (JobState.QUEUED, JobState.RUNNING):
        reason = job.last_error if job.state == JobState.QUEUED else None
        return Fetched(number, "running" if job.state == JobState.RUNNING else "waiting", reason=reason)
    outcome, _, reason = (job.result or f"{UNANSWERED}:{job.last_error or ''}").partition(":")
    return Fetched(number, "done", outcome, reason.strip() or None)


def fetch_job(registry: Registry, home: Path, lease: timedelta) -> JobType:
    """The job that fetches one order; args: `external_id`, and `account_id` or None."""

    def handle(run: JobRun) -> str:
        owner = Owner(home)
        try:
            return _fetch(Poller(run.transactions, registry, owner, lease), run)
        finally:
            owner.close()

    return JobType(FETCH_JOB, handle, max_attempts=3, title="Fetch an order by its number")


def _enqueue(ctx: Context, number: str, account_id: int | None) -> int:
    key = f"fetch:{account_id or '*'}:{number}"
    args = {"external_id": number, "account_id": account_id}
    return enqueue(ctx, FETCH_JOB, args, lock_key=key, dedup_key=key, priority=-5)


def _fetch(poller: Poller, run: JobRun) -> str:
    """Ask each account in turn; what came of it, as `Fetched` reads it."""
    number = str(run.args["external_id"])
    errors: list[EntrepotError] = []
    for account_id in _accounts(poller.transactions, run.args):
        try:
            return read_one_order(poller, account_id, number).value
        except NotFound:
            continue
        except TemporarilyUnavailable as error:
            if not run.is_last_attempt:
                raise
            errors.append(error)
        except EntrepotError as error:
            errors.append(error)
    if not errors:
        return NOT_FOUND
    if all(isinstance(error, InvalidValue | RejectedByChannel) for error in errors):
        return f"{NO_SUCH_NUMBER}: {errors[0]}"
    return f"{UNANSWERED}: {errors[-1]}"


def _accounts(transactions: Transactions, args: Mapping[str, object]) -> list[int]:
    wanted = args.get("account_id")
    with transactions.reading() as ctx:
        return [row.id for row in list_accounts(ctx.session) if wanted in (None, row.id)]
