"""Asking a channel to cancel or refund: laid down, asked for once, followed until its report decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select

from core.channels.accounts import credentials_of
from core.channels.channel_orders import set_note, take_status
from core.channels.channel_requests import (
    ACCEPTED,
    QUEUED,
    REFUSED,
    REQUEST_LATE,
    REQUEST_REFUSED,
    REQUEST_UNSURE,
    SEND_JOB,
    SENDING,
    SENT,
    SETTLED,
    UNSURE,
    ChannelRequest,
    lock_request,
    settle_request,
)
from core.channels.following import follow_cancellation
from core.channels.listing import CANCELED
from core.channels.pausing import why_not_write
from core.channels.quotas import block, learn_rate, take_token
from core.channels.registration import Channel, Registry, RequestConnection
from core.channels.trace import add_trace
from core.channels.wishes import CANCEL, REFUND, RequestToSend
from core.commerce.orders import keep_uncanceled
from core.context import Context
from core.errors import (
    AccessDenied,
    EntrepotError,
    NotConfigured,
    QuotaExhausted,
    Refused,
    RejectedByChannel,
    TemporarilyUnavailable,
)
from core.jobs import Defer, JobRun, JobType
from core.problems import raise_problem, resolve_problems

NOT_YET = timedelta(minutes=5)
#: So long after it was asked the channel's list is sure to show what it has taken in.
LISTED_AFTER = timedelta(minutes=2)
#: How far the two clocks may be apart in spite of what was seen of the channel's.
CLOCKS_DIFFER = timedelta(seconds=5)
#: How long to wait between two looks: longer the longer it takes.
FIRST_LOOK, LAST_LOOK = timedelta(seconds=10), timedelta(minutes=10)
#: After so long without an end somebody should know.
TOO_LONG = timedelta(hours=6)
#: After so many failures in a row, some minutes on, somebody should know.
REPORTED_AFTER = 5
T = TypeVar("T")
_SAID = {
    (CANCEL, REQUEST_LATE): "The cancellation of order {number} is not done yet: {error}",
    (CANCEL, REQUEST_REFUSED): "The cancellation of order {number} was refused: {error}",
    (CANCEL, REQUEST_UNSURE): "The cancellation of order {number} may or may not have been carried out "
    "({error}): look at the channel before it is sent again",
    (REFUND, REQUEST_LATE): "The refund of order {number} is not done yet: {error}",
    (REFUND, REQUEST_REFUSED): "The refund of order {number} was refused: {error}",
    (REFUND, REQUEST_UNSURE): "The refund of order {number} may or may not have been carried out "
    "({error}): look at the channel before it is sent again",
}


def request_job(registry: Registry) -> JobType:
    """The job that asks a channel and follows its answer; args: `request_id`."""

    def handle(run: JobRun) -> None:
        _Asking(run, registry, int(run.args["request_id"])).go_on()

    def on_failed(run: JobRun, error: str) -> None:
        with run.transaction() as ctx:
            _give_up(ctx, int(run.args["request_id"]), error)

    return JobType(
        SEND_JOB,
        handle,
        max_attempts=1000,
        title="Ask a channel to cancel or refund",
        on_failed=on_failed,
    )


@dataclass(frozen=True)
class _Task:
    """A request as it was stored, loaded before any call and free of the database.

    waiting      since when it was asked
    sent_there   when that was on the channel's clock
    """

    channel: Channel
    account_id: int
    there: RequestConnection
    request: RequestToSend
    state: str
    prepared: str | None
    receipt: str | None
    waiting: timedelta
    sent_there: datetime


class _Ended(Exception):
    """The request has come to an end that was written down already."""


class _Asking:
    """One run of the job: every step is written down before the next call is made."""

    def __init__(self, run: JobRun, registry: Registry, request_id: int) -> None:
        self._run = run
        self._registry = registry
        self._id = request_id

    def go_on(self) -> None:
        """From where it stands to the channel's answer, or to the next time to look.

        Raises Defer, TemporarilyUnavailable.
        """
        with self._run.transaction() as ctx:
            task = self._load(ctx)
        if task is None:
            return
        try:
            self._ask(task)
        except _Ended:
            return
        except (AccessDenied, NotConfigured) as error:
            self._note(error, tell=True)
            raise Defer(NOT_YET, "the channel does not accept the account's credentials") from error
        except QuotaExhausted as error:
            raise Defer(error.retry_after or NOT_YET, "the channel's quota is used up") from error
        except TemporarilyUnavailable as error:
            self._note(error, tell=self._run.attempt >= REPORTED_AFTER)
            raise
        except (RejectedByChannel, Refused) as error:
            with self._run.transaction() as ctx:
                _refuse(ctx, self._id, str(error))

    def _load(self, ctx: Context) -> _Task | None:
        request = ctx.session.get_one(ChannelRequest, self._id)
        if request.state in SETTLED:
            return None
        account = request.channel_order.account
        if reason := why_not_write(self._registry, account):
            raise Defer(NOT_YET, reason)
        try:
            channel = self._registry.get_channel(account.channel)
        except NotConfigured as error:
            raise Defer(NOT_YET, str(error)) from error
        if channel.connect_requests is None:
            raise Defer(NOT_YET, f"{channel.title} takes no requests from here")
        credentials = credentials_of(account)
        now = ctx.clock.now()
        sent_at = request.sent_at or now
        return _Task(
            channel=channel,
            account_id=account.id,
            there=channel.connect_requests(credentials),
            request=request.to_send(),
            state=request.state,
            prepared=request.prepared,
            receipt=request.receipt,
            waiting=now - sent_at,
            sent_there=sent_at + timedelta(seconds=account.clock_ahead),
        )

    def _ask(self, task: _Task) -> None:
        receipt = task.receipt
        if task.state == SENDING:
            receipt = self._look_for_lost_answer(task)
        if receipt is None:
            receipt = self._send(task)
        self._follow(task, receipt)

    def _look_for_lost_answer(self, task: _Task) -> str | None:
        """The receipt that was lost; None if the channel was never asked, which is then done again."""
        if task.waiting < LISTED_AFTER:
            raise Defer(LISTED_AFTER - task.waiting, "the channel's answer was lost; it is looked for")
        since = task.sent_there - CLOCKS_DIFFER
        found = self._call(task, "find_receipts", lambda: task.there.find_receipts(task.request, since))
        with self._run.transaction() as ctx:
            fresh = _unclaimed(ctx, found)
            if len(fresh) == 1:
                _take_receipt(ctx, self._id, fresh[0])
            elif fresh:
                _give_up(ctx, self._id, "the channel has several requests that could be this one")
        if len(fresh) > 1:
            raise _Ended
        return fresh[0] if fresh else None

    def _send(self, task: _Task) -> str:
        prepared = task.prepared
        if prepared is None:
            prepared = self._call(task, "prepare_request", lambda: task.there.prepare_request(task.request))
        laid_down = prepared
        with self._run.transaction() as ctx:
            request = ctx.session.get_one(ChannelRequest, self._id, with_for_update=True)
            request.prepared = laid_down
            request.state, request.sent_at = SENDING, ctx.clock.now()
        try:
            receipt = self._call(
                task, "submit_request", lambda: task.there.submit_request(task.request, laid_down)
            )
        except (AccessDenied, NotConfigured, QuotaExhausted):  # a clear no: nothing was taken in
            with self._run.transaction() as ctx:
                request = ctx.session.get_one(ChannelRequest, self._id, with_for_update=True)
                request.state, request.sent_at = QUEUED, None
            raise
        with self._run.transaction() as ctx:
            _take_receipt(ctx, self._id, receipt)
        return receipt

    def _follow(self, task: _Task, receipt: str) -> None:
        progress = self._call(task, "read_progress", lambda: task.there.read_progress(receipt))
        if not progress.is_over:
            if task.waiting > TOO_LONG:
                self._note(TemporarilyUnavailable("it has not been worked through yet"), tell=True)
            look = min(max(task.waiting / 2, FIRST_LOOK), LAST_LOOK)
            raise Defer(look, "the channel is working on it")
        report = progress.report
        if report is None:
            with self._run.transaction() as ctx:
                _give_up(ctx, self._id, progress.failure or "the channel has ended it without a report")
            return
        verdict = self._call(task, "read_report", lambda: task.there.read_report(task.request, report))
        with self._run.transaction() as ctx:
            if verdict.is_done:
                _accept(ctx, self._id)
            else:
                _refuse(ctx, self._id, verdict.reason)

    def _call(self, task: _Task, operation: str, ask: Callable[[], T]) -> T:
        """Ask within the quota. Raises QuotaExhausted, here or there, and the channel's own errors."""
        rate = task.channel.rates[operation]
        with self._run.transaction() as ctx:
            take_token(ctx, task.account_id, operation, rate)
        try:
            answer = ask()
        except QuotaExhausted as error:
            with self._run.transaction() as ctx:
                wait = block(ctx, task.account_id, operation, rate, error.retry_after)
            raise QuotaExhausted(str(error), wait) from error
        told = task.there.learned_rates.get(operation)
        if told is not None:
            with self._run.transaction() as ctx:
                learn_rate(ctx, task.account_id, operation, rate, told)
        return answer

    def _note(self, error: EntrepotError, *, tell: bool) -> None:
        with self._run.transaction() as ctx:
            request = lock_request(ctx.session, self._id)
            request.last_error = str(error)
            row = request.channel_order
            add_trace(ctx, row.trace_key, f"{request.kind}_retried", error=error.code)
            if tell:
                _report(ctx, request, REQUEST_LATE, str(error))


def _unclaimed(ctx: Context, found: Sequence[str]) -> list[str]:
    """Of the receipts that were found, those that belong to no other request."""
    known = set(
        ctx.session.scalars(select(ChannelRequest.receipt).where(ChannelRequest.receipt.in_(found)))
    )
    return [receipt for receipt in found if receipt not in known]


def _take_receipt(ctx: Context, request_id: int, receipt: str) -> None:
    request = lock_request(ctx.session, request_id)
    request.state, request.receipt, request.last_error = SENT, receipt, None
    add_trace(ctx, request.channel_order.trace_key, f"{request.kind}_sent", receipt=receipt)


def _accept(ctx: Context, request_id: int) -> None:
    request = lock_request(ctx.session, request_id)
    if request.state == ACCEPTED:
        return
    row = request.channel_order
    if request.kind == CANCEL:
        take_status(ctx, row, CANCELED)
        row.units_unshipped = 0
        if row.order is not None:
            follow_cancellation(ctx, row, row.order)
    if request.is_open:
        settle_request(ctx, request)
        set_note(ctx, row, f"{request.kind}_done", reason=request.reason)


def _refuse(ctx: Context, request_id: int, error: str) -> None:
    """The channel said no: the order goes on, and a person decides whether it is sent again."""
    request = lock_request(ctx.session, request_id)
    if request.state in SETTLED:
        return
    _end(ctx, request, REFUSED, error)
    row = request.channel_order
    if request.kind == CANCEL and row.order is not None:
        keep_uncanceled(ctx, row.order)
    _report(ctx, request, REQUEST_REFUSED, error)


def _give_up(ctx: Context, request_id: int, error: str) -> None:
    """It is not known what became of it: nothing is sent again unless a person says so."""
    request = lock_request(ctx.session, request_id)
    if request.state in SETTLED:
        return
    _end(ctx, request, UNSURE, error)
    _report(ctx, request, REQUEST_UNSURE, error)


def _end(ctx: Context, request: ChannelRequest, state: str, error: str) -> None:
    request.state, request.last_error = state, error
    request.settled_at = ctx.clock.now()
    resolve_problems(ctx, request.subject)
    set_note(ctx, request.channel_order, f"{request.kind}_{state}", error=error)


def _report(ctx: Context, request: ChannelRequest, kind: str, error: str) -> None:
    row = request.channel_order
    number = row.order.number if row.order is not None else row.external_id
    raise_problem(
        ctx,
        kind,
        row.external_id,
        request.subject,
        _SAID[request.kind, kind].format(number=number, error=error),
        number=number,
        external_id=row.external_id,
        request_id=request.id,
        code=request.kind,
    )
