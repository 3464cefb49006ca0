"""The Orders tab: which channel orders it shows, in which order, and which of them have stock reserved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, contains_eager, defer, joinedload

from core.channels.accounts import Account
from core.channels.channel_orders import ChannelOrder
from core.channels.listing import PENDING, PENDING_AVAILABILITY
from core.channels.registration import Registry
from core.commerce.inventory import Reservation
from core.commerce.orders import Order
from core.context import Context
from core.errors import NotFound
from core.settings import StoredSettings

_AT_ONCE = 500


@dataclass(frozen=True)
class TabQuery:
    """What is asked of the tab.

    channel           key of one channel, None for all
    include_pending   also those that the channel has not released yet, whatever the settings say
    limit             at most so many, None for all
    before            id of the channel order to go on behind, None for the start
    with_buyers       load the buyers' names too
    number            a channel's own number or the number of the order that came of it, whole
    status            as shown; `account` by id
    placed_from       bought at that moment or later, `placed_before` earlier than that
    waiting           only those that cannot become an order for now

    Whoever asks for a number, or for a status that is pending, asks for pending ones.
    """

    channel: str | None = None
    include_pending: bool = False
    limit: int | None = None
    before: int | None = None
    with_buyers: bool = False
    number: str | None = None
    status: str | None = None
    account: int | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    waiting: bool = False


def orders_tab(ctx: Context, registry: Registry, query: TabQuery) -> list[ChannelOrder]:
    """The channel orders on the tab, the newest purchase first, each with its account and order.

    Pending ones show where they are asked for, or where the marketplace's setting Show Pending Orders
    is Yes. A page costs the same wherever it lies. Raises NotFound for a `before` that there is not.
    """
    rows = _joined().order_by(ChannelOrder.placed_at.desc(), ChannelOrder.id.desc()).limit(query.limit)
    if query.channel is not None:
        some = ctx.session.scalars(
            select(Account.id).where(Account.channel == query.channel).limit(2)
        ).all()
        if not some:
            return []
        of_one = ChannelOrder.account_id == some[0]
        rows = rows.where(of_one if len(some) == 1 else _of_channel(query.channel))
    rows = _narrowed(rows, query)
    asks_for_pending = query.number is not None or query.status in (PENDING, PENDING_AVAILABILITY)
    if not (query.include_pending or asks_for_pending):
        rows = rows.where(_shows(registry))
    if query.before is not None:
        rows = rows.where(_behind(ctx.session, query.before))
    if not query.with_buyers:
        rows = rows.options(defer(ChannelOrder.buyer_name))
    return list(ctx.session.scalars(rows))


def _narrowed(rows: Select[ChannelOrder], query: TabQuery) -> Select[ChannelOrder]:
    if query.number is not None:
        ours = select(ChannelOrder.id).join(ChannelOrder.order).where(Order.number == query.number)
        theirs = select(ChannelOrder.id).where(ChannelOrder.external_id == query.number)
        rows = rows.where(ChannelOrder.id.in_(theirs.union_all(ours)))
    if query.status is not None:
        rows = rows.where(ChannelOrder.status == query.status)
    if query.account is not None:
        rows = rows.where(ChannelOrder.account_id == query.account)
    if query.placed_from is not None:
        rows = rows.where(ChannelOrder.placed_at >= query.placed_from)
    if query.placed_before is not None:
        rows = rows.where(ChannelOrder.placed_at < query.placed_before)
    if query.waiting:
        rows = rows.where(ChannelOrder.held_code.is_not(None))
    return rows


def is_on_orders_tab(ctx: Context, registry: Registry, channel_order: ChannelOrder) -> bool:
    """Whether the tab shows this one without being asked for pending ones."""
    found = (
        select(func.count())
        .select_from(ChannelOrder)
        .join(ChannelOrder.account)
        .where(ChannelOrder.id == channel_order.id, _shows(registry))
    )
    return bool(ctx.session.scalar(found))


def reserved_among(session: Session, channel_orders: Sequence[ChannelOrder]) -> set[int]:
    """The ids of those that have stock reserved, by themselves or by the order that they became."""
    ids = {row.holder: row.id for row in channel_orders}
    ids |= {f"order:{row.order_id}": row.id for row in channel_orders if row.order_id is not None}
    holders = list(ids)
    found: set[int] = set()
    for start in range(0, len(holders), _AT_ONCE):
        sums = (
            select(Reservation.holder)
            .where(Reservation.holder.in_(holders[start : start + _AT_ONCE]))
            .group_by(Reservation.holder, Reservation.product_id)
            .having(func.sum(Reservation.quantity) != 0)
        )
        found.update(ids[holder] for holder in session.scalars(sums))
    return found


def _joined() -> Select[ChannelOrder]:
    """Everything that a row of the tab says, and nothing that would have to be decrypted for it."""
    return (
        select(ChannelOrder)
        .join(ChannelOrder.account)
        .options(
            contains_eager(ChannelOrder.account).defer(Account.credentials),
            joinedload(ChannelOrder.order).load_only(Order.number, Order.status),
            defer(ChannelOrder.payload),
        )
    )


def _of_channel(channel: str) -> ColumnElement[bool]:
    """Asked of each row in turn: a plain condition would have SQLite read and sort all of an account's."""
    account = aliased(Account)
    owner = select(account.channel).where(account.id == ChannelOrder.account_id)
    return owner.correlate(ChannelOrder).scalar_subquery() == channel


def _shows(registry: Registry) -> ColumnElement[bool]:
    """The rule, for the database: settings are looked up per row, so ten thousand accounts cost no more."""
    released = ChannelOrder.status.not_in((PENDING, PENDING_AVAILABILITY))
    owners: Sequence[ColumnElement[bool]] = [
        and_(Account.channel == channel.key, StoredSettings.owner == channel.plugin)
        for channel in registry.channels.values()
    ]
    if not owners:
        return released
    marketplace = cast(ChannelOrder.account_id, String) + "/" + ChannelOrder.marketplace
    shows_pending = select(StoredSettings.id).where(
        or_(*owners),
        StoredSettings.scope == "marketplace",
        StoredSettings.scope_id == marketplace,  # as AccountMarketplace.settings_id
        StoredSettings.values["show_pending"].as_string() == "yes",
    )
    return or_(released, exists(shows_pending.correlate(ChannelOrder, Account)))


def _behind(session: Session, channel_order_id: int) -> ColumnElement[bool]:
    placed_at = session.scalar(select(ChannelOrder.placed_at).where(ChannelOrder.id == channel_order_id))
    if placed_at is None:
        raise NotFound("there is no such page of channel orders: start again at the newest")
    return and_(
        ChannelOrder.placed_at <= placed_at,
        or_(ChannelOrder.placed_at < placed_at, ChannelOrder.id < channel_order_id),
    )
