"""Pausing an account, and what else keeps it from being written to."""

from __future__ import annotations

from core.access import note_audit
from core.channels.accounts import ACTIVE, PAUSED, POLL_JOB, Account, poll_schedule
from core.channels.registration import Registry
from core.context import Context
from core.errors import WrongState
from core.jobs import enqueue


class AccountPaused(WrongState):
    """The account is paused: nothing is read and nothing is told until it goes on."""

    code = "account_paused"


def pause_account(ctx: Context, account: Account) -> bool:
    """Neither read the account nor tell it anything from now on; False if it was paused already.

    What is under way is finished. What is shipped meanwhile waits and is told once it goes on.
    """
    if account.state == PAUSED:
        return False
    account.state = PAUSED
    note_audit(ctx, "account.paused", f"account:{account.name}")
    return True


def resume_account(ctx: Context, account: Account) -> bool:
    """Go on, and read at once what has happened; False if it was not paused."""
    if account.state != PAUSED:
        return False
    account.state = ACTIVE
    note_audit(ctx, "account.resumed", f"account:{account.name}")
    sync_soon(ctx, account)
    return True


def sync_soon(ctx: Context, account: Account) -> int:
    """Have the account read as soon as a runner is free; the job's id. Raises AccountPaused."""
    refuse_if_paused(account)
    key = f"schedule:{poll_schedule(account)}"
    return enqueue(ctx, POLL_JOB, {"account_id": account.id}, lock_key=key, dedup_key=key)


def refuse_if_paused(account: Account) -> None:
    """Raise AccountPaused for an account that is."""
    if account.state != ACTIVE:
        raise AccountPaused(f"the account {account.name} is paused: resume it first")


def why_not_write(registry: Registry, account: Account) -> str | None:
    """Why this account may be told nothing for now, in one sentence; None if it may.

    Whatever writes to an account asks this first, in the transaction before its call, and waits.
    """
    if account.state != ACTIVE:
        return f"the account {account.name} is paused"
    return registry.guard
