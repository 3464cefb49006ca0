"""Windows: which listings a poll reads, and how a marketplace that fails is set apart from the others.

They are cut by the channel's own clock and overlap, because marketplaces show changes late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from core.channels.accounts import Account, AccountMarketplace, channel_now
from core.channels.listing import PARTIALLY_SHIPPED, UNSHIPPED, Query
from core.channels.order_settings import EARLIEST, read_order_settings
from core.channels.reading import Listing
from core.channels.registration import Channel
from core.context import Context
from core.errors import EntrepotError
from core.problems import raise_problem, resolve_problems

OVERLAP = timedelta(minutes=10)
MARKETPLACE_FAILING = "marketplace_failing"


def changes(ctx: Context, account_id: int, name: str, marketplaces: Sequence[str]) -> Listing:
    """All that has changed in these marketplaces since the one that was read the longest ago."""
    account = ctx.session.get_one(Account, account_id)
    connected = account.connected_at or channel_now(ctx, account)
    marks = [
        row.read_through or connected for row in account.marketplaces if row.marketplace in marketplaces
    ]

    def move_marks(ctx: Context, read_until: datetime) -> None:
        account = ctx.session.get_one(Account, account_id)
        for row in account.marketplaces:
            if row.marketplace in marketplaces:
                row.read_through = max(row.read_through or read_until, read_until)
                _note_well(ctx, row)
        account.last_synced_at = ctx.clock.now()

    return Listing(name, Query(tuple(marketplaces), updated_after=min(marks) - OVERLAP), move_marks)


def backfills(ctx: Context, channel: Channel, account_id: int) -> list[tuple[str, Listing]]:
    """By marketplace, listings of earlier orders that its settings ask for and that were not read yet."""
    account = ctx.session.get_one(Account, account_id)
    found = []
    for row in account.marketplaces:
        settings = read_order_settings(ctx, channel, row)
        wanted = settings.earlier_orders
        if wanted in ("none", row.backfilled) or row.failing is not None:
            continue
        after = settings.earliest or channel_now(ctx, account) - EARLIEST
        statuses = (UNSHIPPED, PARTIALLY_SHIPPED) if settings.earliest is None else ()
        query = Query((row.marketplace,), placed_after=after, statuses=statuses)
        name = f"earlier:{row.marketplace}:{wanted}"
        found.append((row.marketplace, Listing(name, query, _mark_backfilled(row.id, wanted))))
    return found


def note_marketplace_failing(ctx: Context, account_id: int, marketplace: str, error: EntrepotError) -> None:
    """Have a marketplace read on its own until it is well again, so that it does not stop the others."""
    account = ctx.session.get_one(Account, account_id)
    for row in account.marketplaces:
        if row.marketplace == marketplace:
            row.failing = str(error)
            raise_problem(
                ctx,
                MARKETPLACE_FAILING,
                f"{account.name}/{marketplace}",
                f"channel_marketplace:{row.id}",
                f"The marketplace {row.title} of {account.name} could not be read: {error}",
                account=account.name,
                marketplace=marketplace,
                title=row.title,
            )


def _mark_backfilled(marketplace_id: int, value: str) -> Callable[[Context, datetime], None]:
    def mark(ctx: Context, _read_until: datetime) -> None:
        ctx.session.get_one(AccountMarketplace, marketplace_id).backfilled = value

    return mark


def _note_well(ctx: Context, row: AccountMarketplace) -> None:
    if row.failing is not None:
        row.failing = None
        resolve_problems(ctx, f"channel_marketplace:{row.id}", [MARKETPLACE_FAILING])
