"""Confirmations: one row per package that a channel is told of, with the reference it is known by.

The reference is stored before the first call and never used for another package: the channel edits the
package that it knows by it, so sending the same again is safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from core.channels.channel_orders import ChannelOrder, set_note
from core.channels.listing import (
    MERCHANT,
    PARTIALLY_SHIPPED,
    UNSHIPPED,
    ListedOrder,
    ListedPackage,
)
from core.channels.registration import Channel
from core.channels.trace import add_trace
from core.commerce.shipments import CHANNEL, OURS, Package, PackageLine, Shipment
from core.context import Context
from core.database.base import Base
from core.jobs import enqueue
from core.problems import resolve_problems

QUEUED = "queued"
ACCEPTED = "accepted"
FAILED = "failed"
CONFIRM_JOB = "channels.confirm_package"


class Confirmation(Base):
    """What a channel is told about one package.

    state     `queued` until the channel has accepted it, `failed` if it refused for good
    ship_date when it left, as the channel was told: every call tells the same
    sent_at   when the first call was about to be made: from then on the channel may know it
    """

    __tablename__ = "channel_confirmations"
    __table_args__ = (UniqueConstraint("channel_order_id", "reference"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_order_id: Mapped[int] = mapped_column(ForeignKey("channel_orders.id"))
    package_id: Mapped[int] = mapped_column(ForeignKey("packages.id"), unique=True)
    reference: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20), index=True)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    ship_date: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]

    channel_order: Mapped[ChannelOrder] = relationship()
    package: Mapped[Package] = relationship()

    @property
    def subject(self) -> str:
        """Under which name problems know it."""
        return f"confirmation:{self.id}"


def queue_confirmations(ctx: Context, channel: Channel, shipment: Shipment) -> int:
    """Have each package of a shipment of ours told to this channel; how many.

    Nothing for an order of another channel, nor for what the channel ships or has shipped itself.
    """
    row = ctx.session.scalar(
        select(ChannelOrder).where(ChannelOrder.order_id == shipment.order_id).with_for_update()
    )
    if row is None or row.account.channel != channel.key:
        return 0
    if shipment.origin != OURS or row.fulfilled_by != MERCHANT:
        add_trace(ctx, row.trace_key, "not_confirmed")
        return 0
    listed = channel.read_order(row.payload)
    if listed.confirms_itself:
        set_note(ctx, row, "confirms_itself")
        return 0
    for package in shipment.packages:
        _queue(ctx, row, package, listed)
    return len(shipment.packages)


def queue_forgotten(ctx: Context, channel: Channel, account_id: int) -> int:
    """Queue what was shipped while nobody listened, its plugin being disabled; how many packages."""
    shipments = ctx.session.scalars(
        select(Shipment)
        .join(ChannelOrder, ChannelOrder.order_id == Shipment.order_id)
        .join(Package, Package.shipment_id == Shipment.id)
        .outerjoin(Confirmation, Confirmation.package_id == Package.id)
        .where(
            ChannelOrder.account_id == account_id,
            ChannelOrder.status.in_((UNSHIPPED, PARTIALLY_SHIPPED)),
            Shipment.origin == OURS,
            Confirmation.id.is_(None),
        )
        .distinct()
        .order_by(Shipment.id)
    ).all()
    return sum(queue_confirmations(ctx, channel, shipment) for shipment in shipments)


def _queue(ctx: Context, row: ChannelOrder, package: Package, listed: ListedOrder) -> None:
    known = ctx.session.scalar(select(Confirmation.id).where(Confirmation.package_id == package.id))
    if known is not None:
        return
    confirmation = Confirmation(
        channel_order_id=row.id,
        package_id=package.id,
        reference=_next_reference(ctx.session, row, listed),
        state=QUEUED,
        created_at=ctx.clock.now(),
    )
    ctx.session.add(confirmation)
    ctx.session.flush()
    set_note(
        ctx,
        row,
        "confirmation_queued",
        reference=confirmation.reference,
        carrier=package.carrier,
    )
    enqueue_confirmation(ctx, confirmation)


def enqueue_confirmation(ctx: Context, confirmation: Confirmation) -> None:
    """Enqueue the call; packages of one order are told one after the other."""
    enqueue(
        ctx,
        CONFIRM_JOB,
        {"confirmation_id": confirmation.id},
        lock_key=f"confirm:{confirmation.channel_order_id}",
        dedup_key=f"confirm:{confirmation.id}",
        priority=-10,
    )


def is_ours(ctx: Context, row: ChannelOrder, package: ListedPackage) -> bool:
    """Whether a package that the channel reports is one of ours: told to it, or about to be.

    A reference alone proves that only once the channel has accepted it: until then the channel may have
    given the same one to a package of its own.
    """
    if package.tracking_number and _same(package.tracking_number) in _our_numbers(ctx, row):
        return True
    confirmation = ctx.session.scalar(
        select(Confirmation).where(
            Confirmation.channel_order_id == row.id, Confirmation.reference == package.external_id
        )
    )
    if confirmation is None:
        return False
    may_be_known = confirmation.sent_at is not None and confirmation.state != FAILED
    return confirmation.state == ACCEPTED or (may_be_known and not package.tracking_number)


def settle_found(ctx: Context, row: ChannelOrder, packages: Sequence[ListedPackage]) -> None:
    """Confirmations that were given up, and that the channel shows all the same, have arrived.

    A package proves one of them: the one with its reference, else one with its tracking number that no
    other package explains.
    """
    left = list_confirmations(ctx.session, row.id)
    nameless = []
    for package in packages:
        named = [each for each in left if each.reference == package.external_id]
        if proven := [each for each in named if each.state != FAILED or _has_number_of(each, package)]:
            _settle(ctx, row, left, proven[0])
        else:
            nameless.append(package)
    for package in nameless:
        alike = [each for each in left if _has_number_of(each, package)]
        for state in (ACCEPTED, FAILED):
            if proven := [each for each in alike if each.state == state]:
                _settle(ctx, row, left, proven[0])
                break


def _has_number_of(confirmation: Confirmation, package: ListedPackage) -> bool:
    theirs = _same(package.tracking_number)
    return bool(theirs) and theirs == _same(confirmation.package.tracking_number)


def _settle(ctx: Context, row: ChannelOrder, left: list[Confirmation], confirmation: Confirmation) -> None:
    """The channel has this one's package; it explains no other."""
    left.remove(confirmation)
    if confirmation.state != FAILED:
        return
    confirmation.state, confirmation.last_error = ACCEPTED, None
    confirmation.accepted_at = ctx.clock.now()
    set_note(ctx, row, "confirmation_found", reference=confirmation.reference)
    resolve_problems(ctx, confirmation.subject)


def _our_numbers(ctx: Context, row: ChannelOrder) -> set[str]:
    numbers = ctx.session.scalars(
        select(Package.tracking_number)
        .join(Shipment)
        .where(Shipment.order_id == row.order_id, Shipment.origin == OURS)
    )
    return {_same(number) for number in numbers if number}


def _same(tracking_number: str | None) -> str:
    """A tracking number without what may be written differently."""
    return "".join((tracking_number or "").casefold().split())


def list_confirmations(session: Session, channel_order_id: int) -> list[Confirmation]:
    """An order's confirmations, the oldest first."""
    rows = select(Confirmation).where(Confirmation.channel_order_id == channel_order_id)
    return list(session.scalars(rows.order_by(Confirmation.id)))


def settle_reference(ctx: Context, confirmation: Confirmation, listed: ListedOrder) -> None:
    """Before a call: another reference if the channel uses this one for a package that is not ours."""
    row, ours = confirmation.channel_order, _same(confirmation.package.tracking_number)
    for package in listed.packages:
        theirs = _same(package.tracking_number)
        if package.external_id == confirmation.reference and theirs and theirs != ours:
            confirmation.reference = _next_reference(ctx.session, row, listed)
            set_note(
                ctx, row, "confirmation_queued", reference=confirmation.reference,
                carrier=confirmation.package.carrier,
            )  # fmt: skip
            return


def _next_reference(session: Session, row: ChannelOrder, listed: ListedOrder) -> str:
    """One more than any reference in use, the channel's own packages included."""
    used = [package.external_id for package in listed.packages]
    used += session.scalars(
        select(Confirmation.reference).where(Confirmation.channel_order_id == row.id)
    ).all()
    numbers = [int(text) for text in used if text.isascii() and text.isdigit() and len(text) < 10]
    return str(max(numbers, default=0) + 1)


def units_at_channel(session: Session, row: ChannelOrder) -> int:
    """Units of an order that the channel knows as shipped: what it accepted, and what it shipped."""
    accepted = (
        select(func.sum(PackageLine.quantity))
        .join(Confirmation, Confirmation.package_id == PackageLine.package_id)
        .where(Confirmation.channel_order_id == row.id, Confirmation.state == ACCEPTED)
    )
    by_channel = (
        select(func.sum(PackageLine.quantity))
        .join(Package, Package.id == PackageLine.package_id)
        .join(Shipment)
        .where(Shipment.order_id == row.order_id, Shipment.origin == CHANNEL)
    )
    return int(session.scalar(accepted) or 0) + int(session.scalar(by_channel) or 0)
