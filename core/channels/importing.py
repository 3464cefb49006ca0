"""The second transaction of an import: it claims a channel order and makes an order of it, or says why not.

Importing twice, from two processes at once or after a kill in between, gives one order: the channel order's
row is held while its order is written and linked, and both commit together. On failure nothing of it
stays but the reason.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

from core.channels.accounts import get_marketplace
from core.channels.channel_orders import (
    ChannelOrder,
    lock_channel_order,
    set_note,
    wait_for,
)
from core.channels.creating import Blocked, Case, create_order, reserve_pending
from core.channels.decisions import Reserve, Situation, Verdict, decide
from core.channels.following import follow_order
from core.channels.lines import Lines, match_lines
from core.channels.listing import (
    CANCELED,
    KNOWN_STATUSES,
    PARTIALLY_SHIPPED,
    SHIPPED,
    UNREADABLE,
    UNSHIPPED,
    ListedOrder,
)
from core.channels.order_settings import OrderSettings, read_order_settings
from core.channels.registration import Channel, Registry
from core.channels.trace import add_trace, sentence
from core.channels.unreadable import DECIDED_BY
from core.commerce.inventory import held_by, release_reservation
from core.context import Context, Transactions
from core.errors import EntrepotError, NotConfigured, PluginFailed
from core.jobs.retrying import place_of, safe_error
from core.problems import raise_problem, resolve_problems

ACTOR = "job:channels.import"
HELD = "channel_order_held"
#: So often one of two transactions that wait for each other is begun anew.
_DEADLOCKS = 3
#: What PostgreSQL calls it, in every language.
_DEADLOCK_DETECTED = "40P01"
#: Reasons to wait that come up before it is known whether the order is wanted at all.
_UNDECIDED = ("settings_invalid", "failed", "unreadable")
#: Reasons that are a fault, not a decision.
_FAULTS = ("failed", "unreadable")
#: Verdicts after which no order is to be expected, so that nothing stays reserved for it.
_IN_VAIN = ("unfulfillable", "nothing_ordered")
_log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """What became of a channel order when it was looked at."""

    IMPORTED = "imported"
    UPDATED = "updated"
    SKIPPED = "skipped"
    HELD = "held"
    FAILED = "failed"


def import_order(transactions: Transactions, registry: Registry, channel_order_id: int) -> Outcome:
    """Look at one channel order: create its order, bring it up to date, or note why not.

    Never raises for what is wrong with this one order: it stays, with the reason, and is tried again.
    Raises NotConfigured where the plugin that brings the channel is not enabled. A database that fails is
    not the order's fault: its error passes through, but for a deadlock, after which it is tried again.
    """
    try:
        return _look_at_again_after_deadlock(transactions, registry, channel_order_id)
    except Blocked as error:
        blocked = error
    except (NotConfigured, OperationalError, InterfaceError):
        raise
    except Exception as error:
        _log.warning(
            "import failed", channel_order_id=channel_order_id, error=safe_error(error),
            place=place_of(error),
        )  # fmt: skip
        blocked = _blocked_by(error)
    try:
        with transactions.writing(ACTOR) as ctx:
            _hold(ctx, channel_order_id, blocked)
    except Exception as error:  # it stays due, so that it is looked at again all the same
        _log.error(
            "the reason could not be noted", channel_order_id=channel_order_id,
            error=safe_error(error), place=place_of(error),
        )  # fmt: skip
        return Outcome.FAILED
    return Outcome.FAILED if blocked.code in _FAULTS else Outcome.HELD


def _look_at_again_after_deadlock(
    transactions: Transactions, registry: Registry, channel_order_id: int
) -> Outcome:
    deadlocks = 0
    while True:
        try:
            with transactions.writing(ACTOR) as ctx:
                return _look_at(ctx, registry, channel_order_id)
        except OperationalError as error:
            deadlocks += 1
            if deadlocks > _DEADLOCKS or getattr(error.orig, "sqlstate", None) != _DEADLOCK_DETECTED:
                raise


def _blocked_by(error: Exception) -> Blocked:
    if isinstance(error, PluginFailed):
        return Blocked("plugin_failed", decided_by=f"{error.plugin}: {error.hook}", reason=str(error))
    return Blocked("failed", decided_by=type(error).__name__, error=type(error).__name__)


def _look_at(ctx: Context, registry: Registry, channel_order_id: int) -> Outcome:
    row = lock_channel_order(ctx.session, channel_order_id)
    channel = registry.get_channel(row.account.channel)
    row.is_due = False
    if row.status not in (*KNOWN_STATUSES, UNREADABLE):
        return Outcome.SKIPPED
    if row.status == CANCELED and row.order is None and held_by(ctx.session, row.holder):
        release_reservation(ctx, row.holder, "channel canceled")
        _stop_waiting(ctx, row)
        set_note(ctx, row, "released", f"status = {row.status} ({channel.title})")
        return Outcome.UPDATED
    # What was known to be further along stays so, whatever a delayed reading says.
    listed = replace(channel.read_order(row.payload), status=row.status)
    if listed.unreadable is not None:
        raise Blocked("unreadable", decided_by=DECIDED_BY, reason=listed.unreadable)
    if row.order is not None:
        changed = follow_order(ctx, row, row.order, listed)
        if row.held_code is not None:
            _stop_waiting(ctx, row)
        return Outcome.UPDATED if changed else Outcome.SKIPPED
    case = Case(registry, channel, _settings(ctx, channel, row), row, listed)
    reason = _why_not_wanted(case)
    if reason is None:
        return _by_table(ctx, case)
    code, decided_by, data = reason
    _stop_waiting(ctx, row)
    set_note(ctx, row, code, decided_by, **data)
    if row.status == SHIPPED and held_by(ctx.session, row.holder):
        release_reservation(ctx, row.holder, "shipped without an order")
        add_trace(ctx, row.trace_key, "left_without_order", decided_by)
    return Outcome.SKIPPED


def _settings(ctx: Context, channel: Channel, row: ChannelOrder) -> OrderSettings:
    try:
        marketplace = get_marketplace(row.account, row.marketplace)
        return read_order_settings(ctx, channel, marketplace)
    except EntrepotError as error:
        decided_by = f"order settings ({row.account.name}/{row.marketplace})"
        raise Blocked("settings_invalid", decided_by=decided_by, reason=str(error)) from error


def _why_not_wanted(case: Case) -> tuple[str, str, dict[str, str]] | None:
    settings, row = case.settings, case.row
    if settings.import_orders == "disabled":
        return "import_disabled", case.by("import_orders"), {"channel": case.channel.title}
    if row.counts_as_new:
        return None
    wanted = (settings.earlier_orders == "unshipped" and row.status in (UNSHIPPED, PARTIALLY_SHIPPED)) or (
        settings.earliest is not None and row.placed_at >= settings.earliest
    )
    if wanted:
        return None
    data = {"earlier_orders": settings.earlier_orders}
    return "earlier_order", case.by("earlier_orders"), data


def _by_table(ctx: Context, case: Case) -> Outcome:
    row, settings = case.row, case.settings
    verdict = _verdict(case, lines=None)
    if verdict.creates_order and row.status != SHIPPED and _orders_nothing(case.listed):
        verdict = Verdict(creates_order=False, reserves=Reserve.NOTHING, code="nothing_ordered")
    if verdict.creates_order:
        lines = match_lines(ctx, row, case.listed, settings)
        verdict = _verdict(case, lines)
        if verdict.code == "out_of_stock":
            raise Blocked(
                "out_of_stock", decided_by=case.by("out_of_stock"), waits_for=lines.short_skus,
                skus=", ".join(lines.short_skus),
            )  # fmt: skip
        _check_policy(case)
        create_order(ctx, case, lines, verdict)
        _stop_waiting(ctx, row)
        return Outcome.IMPORTED
    _stop_waiting(ctx, row)
    if verdict.code == "pending":
        reserve_pending(ctx, row, case.listed, verdict, case.by("pending_orders"))
    else:
        decided_by = f"status = {row.status} ({case.channel.title})"
        set_note(ctx, row, verdict.code or "status_waits", decided_by, status=row.status)
        if verdict.code in _IN_VAIN and held_by(ctx.session, row.holder):
            release_reservation(ctx, row.holder, "no order comes of it")
            add_trace(ctx, row.trace_key, "let_go", decided_by)
    return Outcome.SKIPPED


def _verdict(case: Case, lines: Lines | None) -> Verdict:
    return decide(
        Situation(
            fulfilled_by=case.row.fulfilled_by,
            status=case.row.status,
            pending_orders=case.settings.pending_orders,
            out_of_stock=case.settings.out_of_stock,
            is_short=bool(lines and lines.short_skus),
        )
    )


def _orders_nothing(listed: ListedOrder) -> bool:
    """Whether every unit of every line has been canceled."""
    return bool(listed.lines) and not any(line.quantity for line in listed.lines)


def _check_policy(case: Case) -> None:
    policy = case.settings.customer_creation
    if policy not in case.registry.policies:
        raise Blocked("policy_missing", decided_by=case.by("customer_creation"), policy=policy)


def _stop_waiting(ctx: Context, row: ChannelOrder) -> None:
    row.held_code = None
    wait_for(ctx, row, ())
    resolve_problems(ctx, row.subject, [HELD])


def _hold(ctx: Context, channel_order_id: int, blocked: Blocked) -> None:
    """Write down why a channel order waits; it is looked at again at every synchronization."""
    row = lock_channel_order(ctx.session, channel_order_id)
    if row.order_id is not None and blocked.code != "failed":
        return
    row.held_code, row.is_due = blocked.code, False
    if blocked.code not in _UNDECIDED:
        row.counts_as_new = True  # what was wanted stays wanted, whatever happens to it meanwhile
    if blocked.code == "out_of_stock":
        release_reservation(ctx, row.holder, "out of stock")
    wait_for(ctx, row, blocked.waits_for)
    set_note(ctx, row, blocked.code, blocked.decided_by, **blocked.data)
    mends = ",".join(blocked.waits_for) or blocked.decided_by or blocked.code
    cause = f"{blocked.code}:{mends}"[:200]
    resolve_problems(ctx, row.subject, [HELD], but_cause=cause)
    if blocked.code == "unreadable":
        return  # that is a problem of its own, which is known by the order's number
    raise_problem(
        ctx,
        HELD,
        cause,
        row.subject,
        f"Order {row.external_id}: {sentence(blocked.code, blocked.data)}",
        code=blocked.code,
        external_id=row.external_id,
        account=row.account.name,
        marketplace=row.marketplace,
        skus=list(blocked.waits_for),
    )
