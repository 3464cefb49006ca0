"""Mending: the one thing that is done at once for all problems of a group, and mapping a carrier."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import select

from core.channels.account_settings import (
    AccountSettingsSchema,
    read_account_settings,
    save_account_settings,
)
from core.channels.accounts import Account, lock_account
from core.channels.channel_orders import ChannelOrder
from core.channels.channel_requests import REFUSED, UNSURE, ChannelRequest, retry_request
from core.channels.confirmations import ACCEPTED, FAILED, Confirmation
from core.channels.confirming import retry_confirmation
from core.channels.fetching import fetch_again, fetch_order
from core.channels.pausing import sync_soon
from core.channels.registration import Registry
from core.channels.retrying import enqueue_import
from core.commerce.shipments import Package
from core.context import Context
from core.errors import InvalidValue, WrongState
from core.events import Delivery, DeliveryState, replay_delivery
from core.jobs import Job, JobState, retry_job
from core.problems import Problem, Remedy, get_group, kinds

#: What one click sets going at the most; the next takes those that have waited the longest since.
MOST = 1000
MAX_CARRIER = 80
#: Stands for the number of an order of which not even that could be read.
_NAMELESS = "?"


def mend_group(ctx: Context, problem_id: int) -> int:
    """Do what mends all problems of this one's group; how many were set going.

    Raises NotFound if it is no longer there, WrongState if what mends it is done on a page of its own.
    """
    group = get_group(ctx.session, problem_id)
    mend = MENDS.get(group.remedy) if group.remedy is not None else None
    if mend is None:
        raise WrongState(f"this is not mended by trying again: {group.newest.message}")
    problems = ctx.session.scalars(
        select(Problem)
        .where(Problem.kind == group.newest.kind, Problem.cause == group.newest.cause)
        .where(Problem.resolved_at.is_(None))
        .order_by(Problem.last_at, Problem.id)
        .limit(MOST)
    ).all()
    return sum(mend(ctx, problem) for problem in problems)


def map_carrier(ctx: Context, registry: Registry, account: Account, ours: str, theirs: str) -> int:
    """Have a carrier called so at the channel, and send again what was refused of it; how many packages.

    Raises InvalidValue for an empty name or one of more than 80 characters.
    """
    ours, theirs = ours.strip(), theirs.strip()
    for name in (ours, theirs):
        if not name or len(name) > MAX_CARRIER or not name.isprintable():
            raise InvalidValue(
                f"a carrier's name is 1 to {MAX_CARRIER} printable characters, not {name!r}",
                {"theirs": [f"1 to {MAX_CARRIER} printable characters"]},
            )
    channel = registry.get_channel(account.channel)
    lock_account(ctx.session, account.id)  # of two carriers mapped at once neither is lost
    mapped = read_account_settings(ctx, channel, account).carriers
    others = {name: value for name, value in mapped.items() if not _is_same(name, ours)}
    save_account_settings(
        ctx, channel, account, AccountSettingsSchema(), {"carriers": {**others, ours: theirs}}
    )
    refused = ctx.session.scalars(
        select(Confirmation)
        .join(ChannelOrder, ChannelOrder.id == Confirmation.channel_order_id)
        .join(Package, Package.id == Confirmation.package_id)
        .where(ChannelOrder.account_id == account.id, Confirmation.state == FAILED)
        .order_by(Confirmation.id)
    ).all()
    waiting = [row for row in refused if _is_same(row.package.carrier or "", ours)]
    for confirmation in waiting:
        retry_confirmation(ctx, confirmation)
    return len(waiting)


def _is_same(carrier: str, other: str) -> bool:
    return carrier.strip().casefold() == other.strip().casefold()


def _import_again(ctx: Context, problem: Problem) -> int:
    enqueue_import(ctx, _id_of(problem))
    return 1


def _fetch_again(ctx: Context, problem: Problem) -> int:
    """Ask for the order anew: it is the channel's answer that has to change."""
    kind, _, rest = problem.subject.partition(":")
    if kind == "unreadable":
        account_id, _, number = rest.partition("/")
        if number == _NAMELESS:
            return 0
        fetch_order(ctx, number, int(account_id))
        return 1
    row = ctx.session.get_one(ChannelOrder, int(rest))
    fetch_again(ctx, row)
    return 1


def _poll_now(ctx: Context, problem: Problem) -> int:
    sync_soon(ctx, ctx.session.get_one(Account, _id_of(problem)))
    return 1


def _confirm_again(ctx: Context, problem: Problem) -> int:
    confirmation = ctx.session.get_one(Confirmation, _id_of(problem), with_for_update=True)
    if confirmation.state == ACCEPTED:
        return 0
    retry_confirmation(ctx, confirmation)
    return 1


def _ask_again(ctx: Context, problem: Problem) -> int:
    request = ctx.session.get_one(ChannelRequest, _id_of(problem))
    if request.state not in (REFUSED, UNSURE):
        return 0
    retry_request(ctx, request)
    return 1


def _replay(ctx: Context, problem: Problem) -> int:
    delivery = ctx.session.get_one(Delivery, _id_of(problem))
    if delivery.state != DeliveryState.PARKED:
        return 0
    replay_delivery(ctx, delivery.id)
    return 1


def _retry_job(ctx: Context, problem: Problem) -> int:
    job = ctx.session.get(Job, int(problem.data["job_id"]))
    if job is None or job.state != JobState.FAILED:
        return 0
    retry_job(ctx, job.id)
    return 1


def _id_of(problem: Problem) -> int:
    return int(problem.subject.rpartition(":")[2])


#: What each remedy that is done at once does for one problem; how many things that set going.
MENDS: Mapping[Remedy, Callable[[Context, Problem], int]] = {
    kinds.RETRY: _import_again,
    kinds.FETCH: _fetch_again,
    kinds.SYNC_NOW: _poll_now,
    kinds.SEND_AGAIN: _confirm_again,
    kinds.CANCEL_AGAIN: _ask_again,
    kinds.REFUND_AGAIN: _ask_again,
    kinds.REPLAY: _replay,
    kinds.RETRY_JOB: _retry_job,
}
