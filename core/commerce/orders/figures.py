"""What a shop looks at first: what came in today, what is to ship, and what was sold day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

from sqlalchemy import ColumnElement, func, literal, select, union_all
from sqlalchemy.orm import Session, load_only

from core.commerce import statuses
from core.commerce.orders.tables import Order

#: Counting ends here: a person needs to know that there are very many, not how many.
MOST_COUNTED = 1_000


@dataclass(frozen=True)
class ToShip:
    """Orders that wait for a parcel, those that are due first; counts end at `MOST_COUNTED`.

    late   those of them whose time to ship by has passed
    """

    orders: Sequence[Order]
    count: int
    late: int


@dataclass(frozen=True)
class Sales:
    """What was sold in one currency, day by day, the oldest first; canceled orders do not count."""

    currency: str
    days: tuple[Decimal, ...]

    def of_last(self, days: int) -> Decimal:
        """The sum of so many days, today's included."""
        return sum(self.days[-days:], Decimal(0))


def orders_since(session: Session, moment: datetime) -> int:
    """How many orders were bought since then."""
    return session.scalar(select(func.count()).where(Order.placed_at >= moment)) or 0


def to_ship(session: Session, now: datetime, limit: int) -> ToShip:
    """The orders that are to be shipped now, late ones first; those without a time to ship by come last."""
    codes = [row.code for row in statuses.list_statuses(session) if row.like == statuses.PROCESSING]
    shown = (Order.number, Order.status, Order.ship_by, Order.total, Order.currency, Order.channel)
    found = select(Order).where(Order.id.in_(_first_to_ship(session, codes, limit)))
    orders = sorted(
        session.scalars(found.options(load_only(*shown))),
        key=lambda order: (order.ship_by is None, order.ship_by or now, order.id),
    )
    return ToShip(orders, _count(session, codes), _count(session, codes, Order.ship_by < now))


def _first_to_ship(session: Session, codes: Sequence[str], limit: int) -> list[int]:
    """Their ids: the first of each status, along its index, and of those the first."""
    parts = [
        select(Order.id, Order.ship_by).where(Order.status == code, part).order_by(Order.ship_by, Order.id)
        for code in codes
        for part in (Order.ship_by.is_not(None), Order.ship_by.is_(None))
    ]
    some = union_all(*(select(part.limit(limit).subquery()) for part in parts)).subquery()
    first = select(some.c.id).order_by(some.c.ship_by.is_(None), some.c.ship_by, some.c.id).limit(limit)
    return list(session.scalars(first))


def _count(session: Session, codes: Sequence[str], *wanted: ColumnElement[bool]) -> int:
    """How many orders in these statuses are wanted, at most `MOST_COUNTED`."""
    parts = [select(Order.id).where(Order.status == code, *wanted).limit(MOST_COUNTED) for code in codes]
    some = union_all(*(select(part.subquery()) for part in parts)).limit(MOST_COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def sales_by_day(session: Session, bounds: Sequence[datetime]) -> list[Sales]:
    """What was sold from each of these moments to the next one, by currency: on as many days, less one."""
    parts = []
    for place, (start, end) in enumerate(pairwise(bounds)):
        parts.append(
            select(literal(place).label("place"), Order.currency, func.sum(Order.total).label("sum"))
            .where(
                Order.placed_at >= start,
                Order.placed_at < end,
                Order.status != statuses.CANCELED,
            )
            .group_by(Order.currency)
        )
    sums: dict[str, list[Decimal]] = {}
    for place, currency, amount in session.execute(union_all(*parts)):
        sums.setdefault(currency, [Decimal(0)] * len(parts))[place] = amount
    return [Sales(currency, tuple(sums[currency])) for currency in sorted(sums)]
