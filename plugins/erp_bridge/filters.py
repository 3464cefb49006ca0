"""Which orders a consumer gets: by store, channel, status, and who fulfils them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from core.commerce import statuses
from core.commerce.orders import Order
from core.commerce.orders.tables import MERCHANT
from core.commerce.statuses import OrderStatus
from core.commerce.stores import Store
from core.errors import InvalidValue

#: The channel of an order that came through none.
NO_CHANNEL = "none"
#: Fulfilled by whomever.
ANYBODY = "any"
#: An order with a status like these is handed out to nobody.
_NEVER = (statuses.ON_HOLD, statuses.CANCELED)


@dataclass(frozen=True)
class Wanted:
    """Which orders. What is empty leaves nothing out.

    stores        codes of stores
    channels      keys of channels; `none` for orders that came through none
    statuses      codes; looked at when an order is about to be handed out, so that one can come later
    fulfilled_by  `merchant`, keys of channels that fulfil, or `any`
    """

    stores: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    fulfilled_by: tuple[str, ...] = (MERCHANT,)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Wanted:
        """From what `as_json` gave. Raises InvalidValue for what is not like it."""
        unknown = sorted(set(values) - set(cls.__dataclass_fields__))
        if unknown:
            raise InvalidValue(f"orders are chosen by {', '.join(cls.__dataclass_fields__)}, not {unknown}")
        return cls(**{name: tuple(map(str, value)) for name, value in values.items()})

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {name: list(value) for name, value in asdict(self).items()}

    def fits(self, order: Order) -> bool:
        """Whether the order is one of these, whatever its status is now."""
        return (
            (not self.stores or order.store.code in self.stores)
            and (not self.channels or (order.channel or NO_CHANNEL) in self.channels)
            and (ANYBODY in self._fulfillers or order.fulfilled_by in self._fulfillers)
        )

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as SQL."""
        found: list[ColumnElement[bool]] = []
        if self.stores:
            found.append(Order.store_id.in_(select(Store.id).where(Store.code.in_(self.stores))))
        if self.channels:
            of_channel = Order.channel.in_(self.channels)
            found.append(or_(of_channel, Order.channel.is_(None)) if self._wants_own else of_channel)
        if ANYBODY not in self._fulfillers:
            found.append(Order.fulfilled_by.in_(self._fulfillers))
        return found

    @property
    def _wants_own(self) -> bool:
        return NO_CHANNEL in self.channels

    @property
    def _fulfillers(self) -> tuple[str, ...]:
        return self.fulfilled_by or (MERCHANT,)


#: What the merchant fulfils, of every store and channel.
EVERYTHING = Wanted()


@dataclass(frozen=True)
class StatusCodes:
    """What the statuses of orders mean for handing them out: with those of `fitting` it is done."""

    fitting: Sequence[str]
    canceled: Sequence[str]


def status_codes(session: Session, wanted: Wanted) -> StatusCodes:
    """Which statuses fit; never one like on hold or canceled."""
    rows = session.scalars(select(OrderStatus)).all()
    return StatusCodes(
        [
            row.code
            for row in rows
            if row.like not in _NEVER and (not wanted.statuses or row.code in wanted.statuses)
        ],
        [row.code for row in rows if row.like == statuses.CANCELED],
    )


def check_wanted(session: Session, wanted: Wanted) -> Wanted:
    """The same. Raises InvalidValue for stores and statuses that are not there, or never handed out."""
    wrong: dict[str, list[str]] = {}
    stores = set(session.scalars(select(Store.code)))
    if missing := [code for code in wanted.stores if code not in stores]:
        wrong["stores"] = [f"there is no store {missing[0]!r}; there are: {', '.join(sorted(stores))}"]
    likes = {row.code: row.like for row in session.scalars(select(OrderStatus))}
    for code in wanted.statuses:
        if code not in likes:
            wrong["statuses"] = [f"there is no status {code!r}; there are: {', '.join(sorted(likes))}"]
        elif likes[code] in _NEVER:
            wrong["statuses"] = [f"an order that is {code} is handed out to nobody: leave {code!r} out"]
    for name in ("channels", "fulfilled_by"):
        if any(not key or len(key) > 40 or not key.isprintable() for key in getattr(wanted, name)):
            wrong[name] = ["a key has 1 to 40 characters"]
    if wrong:
        raise InvalidValue("; ".join(texts[0] for texts in wrong.values()), wrong)
    return wanted
