"""Confirming: telling the channel that a package has left, once, whatever happens in between."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.channels.account_settings import CARRIER_UNMAPPED, carrier_cause, resolve_carrier
from core.channels.accounts import Account, channel_now, credentials_of
from core.channels.channel_orders import ChannelOrder, lock_channel_order, set_note, take_status
from core.channels.confirmations import (
    ACCEPTED,
    CONFIRM_JOB,
    FAILED,
    QUEUED,
    Confirmation,
    enqueue_confirmation,
    settle_reference,
    units_at_channel,
)
from core.channels.fetching import fetch_again
from core.channels.listing import PARTIALLY_SHIPPED, SHIPPED, PackageToConfirm
from core.channels.pausing import why_not_write
from core.channels.quotas import block, take_token
from core.channels.registration import Channel, Credentials, Registry
from core.channels.trace import add_trace
from core.context import Context
from core.errors import (
    AccessDenied,
    EntrepotError,
    NotConfigured,
    QuotaExhausted,
    Refused,
    RejectedByChannel,
    TemporarilyUnavailable,
    WrongState,
)
from core.jobs import Defer, JobRun, JobType
from core.problems import raise_problem, resolve_problems

OPERATION = "confirm_package"
CONFIRMATION_FAILED = "confirmation_failed"
NOT_YET = timedelta(minutes=5)


@dataclass(frozen=True)
class _Call:
    """One call to be made, loaded from the database before it and free of it."""

    channel: Channel
    credentials: Credentials
    package: PackageToConfirm


def confirm_job(registry: Registry) -> JobType:
    """The job that tells a channel of one package; args: `confirmation_id`."""

    def handle(run: JobRun) -> None:
        confirm_package(run, registry, int(run.args["confirmation_id"]))

    def on_failed(run: JobRun, error: str) -> None:
        with run.transaction() as ctx:
            _fail(ctx, int(run.args["confirmation_id"]), error)

    return JobType(
        CONFIRM_JOB,
        handle,
        max_attempts=1000,
        title="Tell a channel that a package has left",
        on_failed=on_failed,
    )


def confirm_package(run: JobRun, registry: Registry, confirmation_id: int) -> None:
    """Make the call for one confirmation and write down what came of it.

    A call that failed for a passing reason is made again with the same reference and the same times;
    one that the channel refuses is parked as a problem, until the order, which is then read back, shows
    the package all the same. Raises Defer, TemporarilyUnavailable.
    """
    with run.transaction() as ctx:
        call = _prepare(ctx, registry, confirmation_id)
    if call is None:
        return
    try:
        call.channel.connect(call.credentials).confirm_package(call.package)
    except QuotaExhausted as error:
        with run.transaction() as ctx:
            rate = call.channel.rates[OPERATION]
            wait = block(ctx, call.credentials.account_id, OPERATION, rate, error.retry_after)
        raise Defer(wait, "the channel's quota is used up") from error
    except TemporarilyUnavailable as error:
        with run.transaction() as ctx:
            _note_retry(ctx, confirmation_id, error, run.attempt)
        raise
    except (AccessDenied, NotConfigured) as error:
        with run.transaction() as ctx:
            _note_denied(ctx, confirmation_id, error)
        raise Defer(NOT_YET, "the channel does not accept the account's credentials") from error
    except (RejectedByChannel, Refused) as error:
        with run.transaction() as ctx:
            _fail(ctx, confirmation_id, str(error))
            _read_back(ctx, confirmation_id)
        return
    with run.transaction() as ctx:
        _accept(ctx, confirmation_id)


def retry_confirmation(ctx: Context, confirmation: Confirmation) -> None:
    """Put a confirmation back to be sent again, under the same reference. Raises WrongState."""
    if confirmation.state == ACCEPTED:
        raise WrongState(
            f"package {confirmation.reference} was accepted already: there is nothing to retry"
        )
    confirmation.state = QUEUED
    enqueue_confirmation(ctx, confirmation)


def _prepare(ctx: Context, registry: Registry, confirmation_id: int) -> _Call | None:
    confirmation = ctx.session.get_one(Confirmation, confirmation_id, with_for_update=True)
    if confirmation.state == ACCEPTED:
        return None
    row = lock_channel_order(ctx.session, confirmation.channel_order_id)
    account = row.account
    if reason := why_not_write(registry, account):
        raise Defer(NOT_YET, reason)
    try:
        channel = registry.get_channel(account.channel)
    except NotConfigured as error:
        raise Defer(NOT_YET, str(error)) from error
    try:
        take_token(ctx, account.id, OPERATION, channel.rates[OPERATION])
    except QuotaExhausted as error:
        raise Defer(error.retry_after or NOT_YET, "the channel's quota is used up") from error
    listed = channel.read_order(row.payload)
    settle_reference(ctx, confirmation, listed)
    confirmation.sent_at = confirmation.sent_at or ctx.clock.now()
    if confirmation.ship_date is None:
        confirmation.ship_date = _shipped_at(ctx, row, confirmation.package.shipment.shipped_at)
    confirmation.state = QUEUED
    ctx.session.flush()
    package = _package(ctx, channel, confirmation)
    return _Call(
        channel, credentials_of(account), replace(package, cash_on_delivery=listed.cash_on_delivery)
    )


def _package(ctx: Context, channel: Channel, confirmation: Confirmation) -> PackageToConfirm:
    row, package = confirmation.channel_order, confirmation.package
    name = package.carrier or ""
    carrier = resolve_carrier(ctx, channel, row.account, name)
    if carrier is None:
        _report_unmapped(ctx, row, name)
    else:
        cause = carrier_cause(row.account, name)
        resolve_problems(ctx, row.account.subject, [CARRIER_UNMAPPED], cause)
    lines = tuple((packed.order_line.external_id or "", packed.quantity) for packed in package.lines)
    return PackageToConfirm(
        order_external_id=row.external_id,
        marketplace=row.marketplace,
        reference=confirmation.reference,
        carrier=carrier,
        carrier_name=name,
        tracking_number=package.tracking_number or "",
        shipping_method=package.shipping_method,
        shipped_at=confirmation.ship_date or package.shipment.shipped_at,
        lines=lines,
    )


def _shipped_at(ctx: Context, row: ChannelOrder, shipped_at: datetime) -> datetime:
    """When it left on the channel's clock: not before the purchase, not in the channel's future."""
    account: Account = row.account
    theirs = shipped_at + timedelta(seconds=account.clock_ahead)
    return max(row.placed_at, min(theirs, channel_now(ctx, account)))


def _accept(ctx: Context, confirmation_id: int) -> None:
    confirmation = ctx.session.get_one(Confirmation, confirmation_id, with_for_update=True)
    if confirmation.state == ACCEPTED:
        return
    row = lock_channel_order(ctx.session, confirmation.channel_order_id)
    confirmation.state, confirmation.last_error = ACCEPTED, None
    confirmation.accepted_at = ctx.clock.now()
    ctx.session.flush()
    order = row.order
    assert order is not None  # noqa: S101  # a confirmation is queued for an order's shipment only
    wanted = sum(line.quantity - line.quantity_canceled for line in order.lines)
    known = units_at_channel(ctx.session, row)
    take_status(ctx, row, SHIPPED if known >= wanted else PARTIALLY_SHIPPED)
    row.units_unshipped = max(wanted - known, 0)
    set_note(ctx, row, "confirmation_sent", reference=confirmation.reference)
    resolve_problems(ctx, confirmation.subject)


def _fail(ctx: Context, confirmation_id: int, error: str) -> None:
    confirmation = ctx.session.get_one(Confirmation, confirmation_id, with_for_update=True)
    if confirmation.state == ACCEPTED:
        return
    row = lock_channel_order(ctx.session, confirmation.channel_order_id)
    confirmation.state, confirmation.last_error = FAILED, error
    set_note(ctx, row, "confirmation_failed", reference=confirmation.reference, error=error)
    _report(ctx, confirmation, row, error)


def _read_back(ctx: Context, confirmation_id: int) -> None:
    """Have the order read at once: an earlier call may have arrived, and only its answer been lost."""
    fetch_again(ctx, ctx.session.get_one(Confirmation, confirmation_id).channel_order)


def _note_retry(ctx: Context, confirmation_id: int, error: EntrepotError, attempt: int) -> None:
    confirmation = ctx.session.get_one(Confirmation, confirmation_id)
    row = lock_channel_order(ctx.session, confirmation.channel_order_id)
    confirmation.last_error = str(error)
    set_note(ctx, row, "confirmation_retried", reference=confirmation.reference, error=error.code)
    if attempt >= 5:  # by then it has failed for some minutes
        _report(ctx, confirmation, row, str(error))


def _note_denied(ctx: Context, confirmation_id: int, error: EntrepotError) -> None:
    confirmation = ctx.session.get_one(Confirmation, confirmation_id)
    row = confirmation.channel_order
    confirmation.last_error = str(error)
    add_trace(
        ctx, row.trace_key, "confirmation_retried", reference=confirmation.reference,
        error=error.code,
    )  # fmt: skip
    _report(ctx, confirmation, row, str(error))


def _report(ctx: Context, confirmation: Confirmation, row: ChannelOrder, error: str) -> None:
    raise_problem(
        ctx,
        CONFIRMATION_FAILED,
        row.external_id,
        confirmation.subject,
        f"Package {confirmation.reference} of {row.external_id} is not confirmed: {error}",
        external_id=row.external_id,
        reference=confirmation.reference,
    )


def _report_unmapped(ctx: Context, row: ChannelOrder, carrier: str) -> None:
    add_trace(ctx, row.trace_key, "carrier_unmapped", carrier=carrier)
    raise_problem(
        ctx,
        CARRIER_UNMAPPED,
        carrier_cause(row.account, carrier),
        row.account.subject,
        f"The carrier {carrier} is not one that the channel knows: map it for {row.account.name}.",
        carrier=carrier,
        account=row.account.name,
    )
