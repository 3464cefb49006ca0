"""The kit's own jobs: polling, fetching or looking again at an order, confirming, canceling, refunding."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from core.channels.accounts import POLL_JOB, Account
from core.channels.asking import request_job
from core.channels.confirming import confirm_job
from core.channels.credentials import note_lifetimes
from core.channels.fetching import fetch_job
from core.channels.pausing import AccountPaused
from core.channels.polling import Poller, poll_account
from core.channels.registration import Registry
from core.channels.retrying import import_job, retry_account_job
from core.errors import Busy, NotConfigured
from core.jobs import Defer, JobRun, JobType, Owner

BUSY = timedelta(minutes=1)
NOT_ENABLED = timedelta(minutes=5)


def channel_jobs(registry: Registry, home: Path, lease: timedelta) -> list[JobType]:
    """Every job of the kit, for what is registered."""
    return [
        _poll_job(registry, home, lease),
        fetch_job(registry, home, lease),
        import_job(registry),
        retry_account_job(registry),
        confirm_job(registry),
        request_job(registry),
    ]


def _poll_job(registry: Registry, home: Path, lease: timedelta) -> JobType:
    def handle(run: JobRun) -> None:
        account_id = int(run.args["account_id"])
        with run.transaction() as ctx:
            account = ctx.session.get_one(Account, account_id)
            if account.channel in registry.channels:
                note_lifetimes(ctx, registry.channels[account.channel], account)
        owner = Owner(home)
        try:
            poller = Poller(run.transactions, registry, owner, lease)
            tally = poll_account(poller, account_id)
        except AccountPaused:
            return
        except Busy as error:
            raise Defer(BUSY, str(error)) from error
        except NotConfigured as error:
            raise Defer(NOT_ENABLED, str(error)) from error
        finally:
            owner.close()
        if tally.wait is not None:
            raise Defer(tally.wait, "the channel's quota is used up; the listing goes on after that")

    return JobType(POLL_JOB, handle, max_attempts=3, title="Read an account's orders")
