"""Finding orders: filters in any combination, five orders to sort by, a page at a time.

A page has to cost the same among a million orders as among a thousand, so what is looked at for one page
has an end. One index serves most questions in the order that was asked for. Else, where a filter finds few
orders, those are gathered and sorted; where every filter finds many, the list is walked in its order until
the page is full. A walk that finds too little ends after `MOST` orders: then the list is sorted by what it
is filtered by, if that fills the page, or the page is handed out as it is, with a cursor to go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, load_only

from core.commerce.orders.conditions import Columns, Condition, OrderFilter, bought, conditions_of
from core.commerce.orders.tables import Order, OrderWord
from core.database.keyset import Keyset, Page, Sieve, name_of
from core.errors import InvalidValue

#: What can be sorted by, and what decides among those that are alike. Never the buyer: names are encrypted.
SORTS: Mapping[str, tuple[InstrumentedAttribute[Any], ...]] = {
    "placed_at": (Order.placed_at, Order.id),
    "number": (Order.number, Order.id),
    "total": (Order.total, Order.id),
    "status": (Order.status, Order.placed_at, Order.id),
    "ship_by": (Order.ship_by, Order.id),
}
#: Filters by one value that an index serves together with an order.
_SERVED = {
    ("status", "placed_at"), ("status", "status"), ("status", "ship_by"), ("channel", "placed_at"),
    ("buyer_email_index", "placed_at"),
}  # fmt: skip
#: What the indexes of the sorts hold, so that going through them looks up no order.
_HELD = {"id", "placed_at", "status", "channel", "total"}
#: Up to so many orders are looked up one by one, to be gathered or to be tested.
FEW = 5_000
#: The same where they lie side by side: numbers are given in turn.
NEAR = 20_000
#: Up to so many entries are gone through of an index that holds all that is asked.
MOST = 50_000
_SHOWN = (
    Order.number, Order.status, Order.channel, Order.channel_account_id, Order.external_id, Order.total,
    Order.currency, Order.placed_at, Order.ship_by, Order.fulfilled_by, Order.customer_id,
    Order.charges_total, Order.stated_total, Order.marketplace, Order.created_at,
)  # fmt: skip


@dataclass(frozen=True)
class OrderQuery:
    """A filter, an order and a place in it.

    sort         one of `SORTS`
    after        the cursor of the page before, None for the first
    with_buyers  load the buyers' names and email addresses too
    keeps_sort   never sorted by anything else, even if the first page is then not full
    """

    filter: OrderFilter = field(default_factory=OrderFilter)
    sort: str = "placed_at"
    descending: bool = True
    limit: int = 50
    after: str | None = None
    with_buyers: bool = False
    keeps_sort: bool = False


@dataclass(frozen=True)
class OrderPage(Page[Order]):
    """Orders, and what they are sorted by: what was asked for, or what they are filtered by."""

    sort: str = "placed_at"


def find_orders(session: Session, query: OrderQuery) -> OrderPage:
    """A page of the orders that fit. Raises InvalidValue for an order or a cursor that does not."""
    if query.sort not in SORTS:
        raise InvalidValue(f"orders are sorted by {', '.join(SORTS)}, not by {query.sort!r}")
    search = _Search(session, query, conditions_of(query.filter))
    name = name_of(query.after) if query.after is not None else None
    sort = next((other for other in SORTS if name == _name(other, query.sort)), query.sort)
    page = search.page(sort)
    if page.is_partial and query.after is None and not query.keeps_sort:
        for other in _alternatives(query):
            found = search.page(other)
            if not found.is_partial:
                sort, page = other, found
                break
    rows = _load(session, [row[-1] for row in page.rows], query.with_buyers)
    return OrderPage(rows, page.next, page.is_partial, sort)


def _name(sort: str, asked: str) -> str:
    """What the cursors of a list are known by that is sorted by something else than was asked for."""
    return "/".join(["orders", sort] if sort == asked else ["orders", sort, asked])


def _alternatives(query: OrderQuery) -> list[str]:
    """What to sort by instead: a filter finds its orders at once in the order of its own column."""
    wanted = query.filter
    by_total = wanted.total_from is not None or wanted.total_to is not None
    return [sort for sort in ("placed_at", *(["total"] if by_total else [])) if sort != query.sort]


@dataclass(frozen=True)
class _Search:
    """A filter at work: the ways to a page, from the one that costs least."""

    session: Session
    query: OrderQuery
    conditions: Sequence[Condition]

    def page(self, sort: str) -> Page[tuple[Any, ...]]:
        """The values that a page's orders are sorted by, the id being the last."""
        columns = tuple(column.expression for column in SORTS[sort])
        words = [one for one in self.conditions if one.name == "word"] if sort == "placed_at" else []
        if words and len(words) == len([one for one in self.conditions if one.name != "placed_at"]) == 1:
            return self._fetch(sort, _WORD, self._of_word(words[0]))
        if self._is_served(sort):
            rows = select(*columns)
            for one in self.conditions:
                rows = one.among(rows)
            return self._fetch(sort, columns, rows)
        few = self._rarest(sort)
        if few is not None:
            return self._gathered(sort, few)
        return self._walked_by_word(sort, words[0]) if words else self._walked(sort)

    def _is_served(self, sort: str) -> bool:
        """Whether one index has exactly these orders in this order."""
        rest = [one.name for one in self.conditions if one.name != sort or one.name == "status"]
        return not rest or (len(rest) == 1 and (rest[0], sort) in _SERVED)

    def _rarest(self, sort: str) -> Condition | None:
        """A filter that finds few orders; those that tend to are asked first.

        Dates find more, at the same cost: their index holds all that is sorted by, too.
        """
        for one in self.conditions:
            if one.name == sort:
                continue  # walking goes through nothing else either
            rest = {need for other in self.conditions if other is not one for need in other.needs}
            is_held = one.name == "placed_at" and rest <= _HELD - {"id"}
            most = MOST if is_held else FEW
            some = one.ids.limit(most + 1).subquery()
            if (self.session.scalar(select(func.count()).select_from(some)) or 0) <= most:
                return one
        return None

    def _gathered(self, sort: str, few: Condition) -> Page[tuple[Any, ...]]:
        """All that one filter finds, cut out by a limit so that nothing else is used to find them."""
        some = few.among(select(*_columns(sort, self.conditions))).limit(MOST).subquery()
        rows = select(*(some.c[column.key] for column in SORTS[sort]))
        rows = rows.where(*(one.test(some.c) for one in self.conditions if one is not few))
        return self._fetch(sort, [some.c[column.key] for column in SORTS[sort]], rows)

    def _walked(self, sort: str) -> Page[tuple[Any, ...]]:
        """The list in its order; one filter can choose where to go, and so can one by what is sorted by."""
        lead = next((one for one in self.conditions if (one.name, sort) in _LEADS), None)
        first = [one for one in self.conditions if one is lead or one.name == sort]
        rest = [one for one in self.conditions if one not in first]
        rows = select(*_columns(sort, rest))
        for one in first:
            rows = one.among(rows)
        is_held = {need for one in rest for need in one.needs} <= _HELD - {"id"}
        is_held = is_held and (lead is None or lead.name != "buyer_email_index")
        most = MOST if is_held else FEW
        if sort == "number":
            most = min(most, NEAR)
        columns = tuple(column.expression for column in SORTS[sort])
        return self._fetch(sort, columns, rows, _sieve(rest, most))

    def _walked_by_word(self, sort: str, word: Condition) -> Page[tuple[Any, ...]]:
        """The orders of a frequent name, in the order that they were bought in."""
        rest = [one for one in self.conditions if one is not word and one.name != "placed_at"]
        rows = self._of_word(word).join(Order, OrderWord.order_id == Order.id)
        rows = rows.add_columns(*_columns("", rest)[1:])
        return self._fetch(sort, _WORD, rows, _sieve(rest, FEW))

    def _of_word(self, word: Condition) -> Select[Any]:
        columns: Any = _WORD
        rows: Select[Any] = select(*columns).where(OrderWord.word == word.word)
        if any(one.name == "placed_at" for one in self.conditions):
            rows = rows.where(bought(OrderWord.placed_at, self.query.filter))
        return rows

    def _fetch(
        self,
        sort: str,
        columns: Sequence[ColumnElement[Any]],
        rows: Select[Any],
        sieve: Sieve | None = None,
    ) -> Page[tuple[Any, ...]]:
        name = _name(sort, self.query.sort)
        keyset = Keyset(name, tuple(columns), self.query.descending, sort == "ship_by")
        return keyset.fetch(self.session, rows, self.query.after, self.query.limit, sieve)


#: Filters that can lead a walk; the index holds the other filters' columns, too.
_LEADS = _SERVED - {("status", "ship_by")}
#: The words of names, in the order that their orders were bought in.
_WORD = (OrderWord.placed_at.expression, OrderWord.order_id.label("id"))


def _columns(sort: str, conditions: Sequence[Condition]) -> list[ColumnElement[Any]]:
    """The id, what is sorted by, and what these filters test."""
    keys = [column.key for column in SORTS.get(sort, ())]
    needed = dict.fromkeys(["id", *keys, *(need for one in conditions for need in one.needs)])
    return [getattr(Order, key).expression for key in needed]


def _sieve(conditions: Sequence[Condition], most: int) -> Sieve:
    def fits(columns: Columns) -> list[ColumnElement[bool]]:
        return [one.test(columns) for one in conditions]

    return Sieve(fits, most)


def _load(session: Session, ids: Sequence[int], with_buyers: bool) -> list[Order]:
    shown = (*_SHOWN, Order.buyer_name, Order.buyer_email, Order.email_is_placeholder)
    options = load_only(*(shown if with_buyers else _SHOWN))
    found = {
        row.id: row for row in session.scalars(select(Order).where(Order.id.in_(ids)).options(options))
    }
    return [found[order_id] for order_id in ids if order_id in found]
