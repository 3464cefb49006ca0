"""The trace: for every order of a channel, what arrived, what was decided and why, what was sent back.

Entries are kept by account and the channel's own order number, so that an order that was never stored
has its answer too. An entry is a code with data, never personal data; `sentence` puts it in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.context import Context
from core.database.base import Base

SENTENCES = {
    "arrived": "The order arrived as {status}, fulfilled by {fulfilled_by}.",
    "status": "The channel's status went from {old} to {new}.",
    "stale": "An older reading ({status}) was left aside.",
    "kept_status": "The channel says {status}; what was already known ({kept}) is further, and stays.",
    "unknown_status": "The channel's status {status} is not known here; it changes nothing.",
    "not_sold_here": "The order was not sold on this marketplace (an order of another sales channel "
    "that the marketplace only ships): it is not imported.",
    "other_marketplace": "The order belongs to the marketplace {marketplace}, which the account has not "
    "chosen: it is not imported.",
    "channel_ships_later": "The channel ships this order and says {status}: it is imported once it "
    "is Shipped, so that your stock is never touched.",
    "unreadable": "The channel's answer for this order could not be read: {reason}.",
    "import_disabled": "No order is created: Import {channel} Orders is Disabled.",
    "earlier_order": "No order is created: it was placed before the account was connected, and "
    "Earlier Orders is {earlier_orders}.",
    "status_waits": "No order yet: the channel's status is {status}.",
    "pending": "No order yet: the channel is still verifying the payment.",
    "never_shipped": "No order is created: the channel's status is {status}.",
    "unfulfillable": "No order is created: the channel's status is Unfulfillable.",
    "reserved": "No order yet: the channel is still verifying the payment. Stock is reserved meanwhile "
    "(units: {units}).",
    "reserved_of_known": "No order yet: the channel is still verifying the payment. Stock is reserved "
    "meanwhile (units: {units}), but none for {skus}, of which there is no product: create it, or Unknown "
    "SKU decides once the payment is verified.",
    "not_reserved": "No order yet: the channel is still verifying the payment. No stock is reserved "
    "meanwhile: Pending Orders is Do Not Reserve Quantity.",
    "released": "The channel has Canceled the order; the reservation was released.",
    "let_go": "The reservation was released: no order comes of it.",
    "left_without_order": "The reservation was released: the channel has shipped the order, and no order "
    "was created.",
    "unknown_sku": "Waits: there is no product with the SKU {skus}. Create it, or set Unknown SKU to "
    "Create a disabled product.",
    "no_sku": "Waits: a line has no SKU. Give the offer a SKU on the marketplace, or set Unknown SKU "
    "to Create a disabled product.",
    "product_created": "The product {sku} was created, disabled: Unknown SKU is Create a disabled product.",
    "out_of_stock": "Waits: {skus} cannot be shipped from stock. Add stock, or set Out of Stock to "
    "Create the order.",
    "policy_missing": "Waits: Customer Creation names {policy!r}, which no enabled plugin supplies. "
    "Enable that plugin or choose another.",
    "store_missing": "Waits: the store {store!r} of the settings does not exist.",
    "settings_invalid": "Waits: the order settings are not valid: {reason}.",
    "no_price": "Waits: the channel has not told a price yet.",
    "refused": "Waits: {reason}.",
    "plugin_failed": "Waits: {reason}.",
    "number_taken": "Waits: {reason}.",
    "failed": "Waits: working through it failed ({error}); it is tried again at every synchronization.",
    "bad_sku": "Waits: {sku!r} cannot be the SKU of a product. Give the offer another one on the "
    "marketplace.",
    "created": "The order {number} was created as {status} in {store}.",
    "customer": "{what}.",
    "number_source": "The number comes from {source}.",
    "custom_status": "The status {status} comes from Custom Order Status.",
    "oversold": "More was sold than there is in stock ({what}): Out of Stock is Create the order.",
    "arrived_shipped": "The channel had shipped it already: the order is complete, nothing was "
    "reserved and no stock moved.",
    "left_reserved": "What is left to ship was reserved (units: {units}).",
    "order_not_reserved": "Nothing was reserved: Pending Orders is Do Not Reserve Quantity.",
    "not_reconciled": "The charges come to {charges}, the channel says {stated}: look at both.",
    "reconciled": "The charges come to {charges}, as the channel says.",
    "amounts_changed": "The channel changed its amounts; the order now comes to {total}.",
    "handed_on": "The order {number} was announced to everything that is connected.",
    "canceled_by_channel": "The channel canceled the order; the order {number} was canceled too.",
    "canceled_after_shipping": "The channel canceled the order, but part of {number} has left: a "
    "person has to decide.",
    "canceled_here": "The order {number} was canceled here ({reason}). The channel has not been told: "
    "cancel it there too.",
    "units_canceled": "The channel canceled {sku} (units: {units}).",
    "too_many_canceled": "The channel canceled {sku} (units: {units}), which has left already: a "
    "person has to decide.",
    "shipped_elsewhere": "The channel reports as shipped what did not leave through {number} "
    "(units: {units}): recorded, with the stock.",
    "too_many_shipped": "The channel reports more units of {sku} shipped than the order has left.",
    "address_changed": "The channel changed the address; nothing had left, so it was taken over.",
    "address_changed_late": "The channel changed the address after something had left: it was not taken "
    "over, look at both.",
    "line_missing": "The channel no longer tells of {skus}: neither canceled nor shipped, look at both.",
    "line_added": "The channel added {what} after the order {number} was created, which does not hold it: "
    "ship it by hand, or cancel it at the channel.",
    "nothing_ordered": "No order is created: every unit of it has been canceled.",
    "confirms_itself": "Nothing is confirmed: the channel knows of these shipments by itself.",
    "confirmation_found": "Package {reference} is at the channel: its confirmation has arrived.",
    "cancel_requested": "The buyer has asked to cancel.",
    "held_for_buyer": "The buyer has asked to cancel: the order {number} is held for a person to decide.",
    "cancel_asked": "The channel is to be asked to cancel the order ({reason}).",
    "cancel_sent": "The channel was asked to cancel the order; it knows the request as {receipt}.",
    "cancel_retried": "The channel could not be asked to cancel it yet ({error}); it is tried again.",
    "cancel_done": "The channel canceled the order as it was asked to ({reason}).",
    "cancel_refused": "The channel refused to cancel the order: {error}",
    "cancel_unsure": "It is not known whether the channel was asked to cancel the order: {error}",
    "cancel_closed": "A person has looked at the cancellation; it is not asked for again.",
    "refund_asked": "The channel is to be told of a refund ({reason}).",
    "refund_sent": "The channel was told of the refund; it knows the request as {receipt}.",
    "refund_retried": "The channel could not be told of the refund yet ({error}); it is tried again.",
    "refund_done": "The channel carried out the refund ({reason}).",
    "refund_refused": "The channel refused the refund: {error}",
    "refund_unsure": "It is not known whether the channel was told of the refund: {error}",
    "refund_closed": "A person has looked at the refund; it is not sent again.",
    "details_added": "Buyer or address details that were missing were filled in.",
    "confirmation_queued": "Package {reference} ({carrier}) is to be confirmed.",
    "carrier_unmapped": "The carrier {carrier!r} is not one that the channel knows: it is sent as a "
    "carrier of another name. Map it in the account's settings.",
    "confirmation_sent": "Package {reference} was confirmed; the channel accepted it.",
    "confirmation_retried": "Package {reference} could not be confirmed yet ({error}); it is tried again.",
    "confirmation_failed": "Package {reference} was refused by the channel: {error}.",
    "not_confirmed": "The shipment is the channel's own: nothing is confirmed back.",
}

#: Among so many entries of its code an entry is looked for: some parcels of one order may take turns.
_LATELY = 8


class TraceEntry(Base):
    """One thing that happened. One that repeats an entry of late is counted there, not added.

    decided_by   the setting or policy that decided it, for example `import_orders = disabled`
    """

    __tablename__ = "channel_trace"
    __table_args__ = (Index("ix_channel_trace_order", "account_id", "external_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_accounts.id"))
    external_id: Mapped[str] = mapped_column(String(80), index=True)
    code: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    decided_by: Mapped[str | None] = mapped_column(String(200))
    happened_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int] = mapped_column(default=1)

    @property
    def sentence(self) -> str:
        """In plain words."""
        return sentence(self.code, self.data)


def add_trace(
    ctx: Context,
    order: tuple[int, str],
    code: str,
    decided_by: str | None = None,
    **data: Any,
) -> None:
    """Add an entry for (account id, external id); the same as one of the last of its code is only counted.

    So what is tried every few minutes does not grow the trace, whatever else is told in between.
    """
    account_id, external_id = order
    now = ctx.clock.now()
    lately = ctx.session.scalars(
        select(TraceEntry)
        .where(
            TraceEntry.account_id == account_id,
            TraceEntry.external_id == external_id,
            TraceEntry.code == code,
        )
        .order_by(TraceEntry.id.desc())
        .limit(_LATELY)
    )
    same = next((each for each in lately if (each.data, each.decided_by) == (data, decided_by)), None)
    if same is not None:
        same.last_at, same.times = now, same.times + 1
    else:
        ctx.session.add(
            TraceEntry(
                account_id=account_id,
                external_id=external_id,
                code=code,
                data=data,
                decided_by=decided_by,
                happened_at=now,
                last_at=now,
                times=1,
            )
        )
    ctx.session.flush()


def list_trace(session: Session, external_id: str) -> Sequence[TraceEntry]:
    """Everything that is known of an order, the oldest first."""
    return session.scalars(
        select(TraceEntry).where(TraceEntry.external_id == external_id).order_by(TraceEntry.id)
    ).all()


def sentence(code: str, data: Mapping[str, Any]) -> str:
    """A code and its data in plain words."""
    return SENTENCES[code].format(**data)
