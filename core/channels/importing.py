"""The second transaction of an import: it claims a channel order and makes an order of it, or says why not.

Importing twice, from two processes at once or after a kill in between, gives one order: the channel order's
row is held while its order is written and linked, and both commit together. On failure nothing of it
stays but the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import structlog

from core.channels.accounts import get_marketplace
from core.channels.channel_orders import (
    ChannelOrder,
    due_channel_orders,
    lock_channel_order,
    set_note,
    wait_for,
)
from core.channels.creating import Blocked, create_order, reserve_pending
from core.channels.decisions import Situation, Verdict, decide
from core.channels.following import follow_order
from core.channels.lines import Lines, match_lines
from core.channels.listing import (
    CANCELED,
    KNOWN_STATUSES,
    MERCHANT,
    PARTIALLY_SHIPPED,
    UNSHIPPED,
    ListedOrder,
)
from core.channels.order_settings import OrderSettings, read_order_settings
from core.channels.registration import Channel, Registry
from core.channels.trace import sentence
from core.commerce.inventory import held_by, release_reservation
from core.context import Context, Transactions
from core.errors import EntrepotError, PluginFailed, TemporarilyUnavailable
from core.problems import raise_problem, resolve_problems

HELD = "channel_order_held"
_log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """What became of a channel order when it was looked at."""

    IMPORTED = "imported"
    UPDATED = "updated"
    SKIPPED = "skipped"
    HELD = "held"
    FAILED = "failed"


@dataclass(frozen=True)
class _Case:
    """One channel order being looked at, with everything that decides about it."""

    registry: Registry
    channel: Channel
    settings: OrderSettings
    row: ChannelOrder
    listed: ListedOrder

    @property
    def where(self) -> str:
        """The account and marketplace whose settings decide."""
        return f"{self.row.account.name}/{self.row.marketplace}"

    def by(self, setting: str) -> str:
        """The setting that decided, with its value and where it was set."""
        return f"{setting} = {getattr(self.settings, setting)} ({self.where})"


def import_order(transactions: Transactions, registry: Registry, channel_order_id: int) -> Outcome:
    """Look at one channel order: create its order, bring it up to date, or note why not.

    Never raises for what is wrong with this one order: it stays, with the reason, and is tried again.
    """
    actor = "job:channels.import"
    try:
        with transactions.writing(actor) as ctx:
            return _look_at(ctx, registry, channel_order_id)
    except Blocked as blocked:
        with transactions.writing(actor) as ctx:
            _hold(ctx, channel_order_id, blocked)
        return Outcome.FAILED if blocked.code == "failed" else Outcome.HELD
    except TemporarilyUnavailable:
        raise
    except Exception as error:
        _log.warning(
            "import failed", channel_order_id=channel_order_id, error=type(error).__name__,
            exc_info=not isinstance(error, EntrepotError),
        )  # fmt: skip
        with transactions.writing(actor) as ctx:
            _hold(ctx, channel_order_id, _blocked_by(error))
        return Outcome.FAILED


def import_due(
    transactions: Transactions, registry: Registry, account_id: int
) -> list[tuple[int, Outcome]]:
    """Look at every channel order of an account that changed or waits."""
    with transactions.reading() as ctx:
        due: Sequence[int] = due_channel_orders(ctx.session, account_id)
    return [(row, import_order(transactions, registry, row)) for row in due]


def _blocked_by(error: Exception) -> Blocked:
    if isinstance(error, PluginFailed):
        return Blocked("plugin_failed", reason=str(error))
    return Blocked("failed", error=type(error).__name__)


def _look_at(ctx: Context, registry: Registry, channel_order_id: int) -> Outcome:
    row = lock_channel_order(ctx.session, channel_order_id)
    channel = registry.get_channel(row.account.channel)
    listed = channel.read_order(row.payload)
    case = _Case(registry, channel, _settings(ctx, channel, row), row, listed)
    row.is_due = False
    if row.status not in KNOWN_STATUSES:
        return Outcome.SKIPPED
    if row.order is not None:
        changed = follow_order(ctx, row, row.order, listed)
        return Outcome.UPDATED if changed else Outcome.SKIPPED
    if row.status == CANCELED and held_by(ctx.session, row.holder):
        release_reservation(ctx, row.holder, "channel canceled")
        _stop_waiting(ctx, row)
        set_note(ctx, row, "released")
        return Outcome.UPDATED
    reason = _why_not_wanted(case)
    if reason is not None:
        code, decided_by, data = reason
        _stop_waiting(ctx, row)
        set_note(ctx, row, code, decided_by, **data)
        return Outcome.SKIPPED
    return _by_table(ctx, case)


def _settings(ctx: Context, channel: Channel, row: ChannelOrder) -> OrderSettings:
    try:
        marketplace = get_marketplace(row.account, row.marketplace)
        return read_order_settings(ctx, channel, marketplace)
    except EntrepotError as error:
        raise Blocked("settings_invalid", reason=str(error)) from error


def _why_not_wanted(case: _Case) -> tuple[str, str, dict[str, str]] | None:
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


def _by_table(ctx: Context, case: _Case) -> Outcome:
    row, settings = case.row, case.settings
    verdict = _verdict(case, lines=None)
    if verdict.creates_order:
        lines = match_lines(ctx, row, case.listed, settings)
        verdict = _verdict(case, lines)
        if verdict.code == "out_of_stock":
            raise Blocked(
                "out_of_stock", decided_by=case.by("out_of_stock"), waits_for=lines.short_skus,
                skus=", ".join(lines.short_skus),
            )  # fmt: skip
        _check_policy(case)
        create_order(ctx, case.channel, settings, row, case.listed, lines, verdict)
        _stop_waiting(ctx, row)
        return Outcome.IMPORTED
    _stop_waiting(ctx, row)
    if verdict.code == "pending":
        reserve_pending(ctx, row, case.listed, verdict, case.by("pending_orders"))
    else:
        set_note(ctx, row, verdict.code or "status_waits", verdict.decided_by, status=row.status)
    return Outcome.SKIPPED


def _verdict(case: _Case, lines: Lines | None) -> Verdict:
    return decide(
        Situation(
            fulfilled_by=case.row.fulfilled_by,
            status=case.row.status,
            pending_orders=case.settings.pending_orders,
            out_of_stock=case.settings.out_of_stock,
            is_short=bool(lines and lines.short_skus),
        )
    )


def _check_policy(case: _Case) -> None:
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
    wait_for(ctx, row, blocked.waits_for)
    set_note(ctx, row, blocked.code, blocked.decided_by, **blocked.data)
    cause = ",".join(blocked.waits_for) or blocked.decided_by or blocked.code
    resolve_problems(ctx, row.subject, [HELD])
    raise_problem(
        ctx,
        HELD,
        f"{blocked.code}:{cause}"[:200],
        row.subject,
        sentence(blocked.code, blocked.data),
        code=blocked.code,
        external_id=row.external_id,
        skus=list(blocked.waits_for),
    )


__all__ = ["HELD", "MERCHANT", "Outcome", "import_due", "import_order"]
