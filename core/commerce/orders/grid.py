"""Finding orders: filters in any combination, five orders to sort by, a page at a time.

A page has to cost the same among a million orders as among a thousand. One index serves most questions in
the order that was asked for. For the others the planner is told which way to go, because it cannot know:
where a filter finds few orders, those are gathered and sorted; where every filter finds many, the list is
walked in its order until the page is full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session, load_only
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from core.commerce.orders.tables import Order, OrderWord
from core.commerce.words import words_of
from core.database.keyset import Keyset, Page
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
}  # fmt: skip
#: Up to so many orders are gathered and sorted; looking at more costs more than walking the list does.
FEW = 5_000
_SHOWN = (
    Order.number, Order.status, Order.channel, Order.channel_account_id, Order.external_id, Order.total,
    Order.currency, Order.placed_at, Order.ship_by, Order.fulfilled_by, Order.customer_id,
    Order.charges_total, Order.stated_total, Order.marketplace, Order.created_at,
)  # fmt: skip
_WORDS = 10


@dataclass(frozen=True)
class OrderFilter:
    """Which orders; what is None does not count.

    number         an order's number, or the channel's own number of it, whole
    channel        a channel's key
    status         a status's code
    total_from     at least, `total_to` at most, in whichever currency
    placed_from    bought at that moment or later, `placed_before` earlier than that
    buyer          an e-mail address, whole; or words of the buyer's name, each of them whole
    """

    number: str | None = None
    channel: str | None = None
    status: str | None = None
    total_from: Decimal | None = None
    total_to: Decimal | None = None
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    buyer: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for name in ("number", "channel", "status", "buyer"):
            text = getattr(self, name)
            if text is not None and (not text.isprintable() or len(text) > 320):
                raise InvalidValue(f"{name} is looked for by at most 320 printable characters")
        if self.buyer is not None and "@" not in self.buyer and not 0 < len(words_of(self.buyer)) <= _WORDS:
            raise InvalidValue(
                f"a buyer is looked for by a whole e-mail address, or by 1 to {_WORDS} words of the name"
            )

    @property
    def is_empty(self) -> bool:
        """Whether it leaves nothing out."""
        return all(getattr(self, each.name) is None for each in fields(self))


@dataclass(frozen=True)
class OrderQuery:
    """A filter, an order and a place in it.

    sort         one of `SORTS`
    after        the cursor of the page before, None for the first
    with_buyers  load the buyers' names and e-mail addresses too
    """

    filter: OrderFilter = OrderFilter()
    sort: str = "placed_at"
    descending: bool = True
    limit: int = 50
    after: str | None = None
    with_buyers: bool = False


@dataclass(frozen=True)
class _Condition:
    """One filter: where it holds (`exact` where an index may help), and which ids it finds by its index."""

    name: str
    exact: ColumnElement[bool]
    plain: ColumnElement[bool]
    ids: Any


def find_orders(session: Session, query: OrderQuery) -> Page[Order]:
    """A page of the orders that fit. Raises InvalidValue for an order or a cursor that does not."""
    if query.sort not in SORTS:
        raise InvalidValue(f"orders are sorted by {', '.join(SORTS)}, not by {query.sort!r}")
    conditions = _conditions(session, query.filter)
    columns: tuple[ColumnElement[Any], ...] = tuple(column.expression for column in SORTS[query.sort])
    if _is_one_name(query, conditions):
        columns = (OrderWord.placed_at.expression, OrderWord.order_id.expression)
        rows = _with_word(query.filter, conditions, columns)
    elif _is_served(query, conditions):
        rows = select(*columns).where(*(one.exact for one in conditions))
    elif (few := _rarest(session, conditions)) is not None:
        rest = (one.plain for one in conditions if one is not few)
        gathered = select(*columns).where(Order.id.in_(few.ids), *rest).offset(0).subquery()
        columns = tuple(gathered.c)
        rows = select(*columns)
    elif query.sort == "placed_at" and any(one.name == "word" for one in conditions):
        columns = (OrderWord.placed_at.expression, OrderWord.order_id.expression)
        rows = _with_word(query.filter, conditions, columns)
    else:
        rows = select(*columns).where(*_walked(query.sort, conditions))
    order = Keyset(f"orders/{query.sort}", columns, query.descending, query.sort == "ship_by")
    page = order.fetch(session, rows, query.after, query.limit)
    return Page(_load(session, [row[-1] for row in page.rows], query.with_buyers), page.next)


def _load(session: Session, ids: Sequence[int], with_buyers: bool) -> list[Order]:
    shown = (*_SHOWN, Order.buyer_name, Order.buyer_email, Order.email_is_placeholder)
    options = load_only(*(shown if with_buyers else _SHOWN))
    found = {
        row.id: row for row in session.scalars(select(Order).where(Order.id.in_(ids)).options(options))
    }
    return [found[order_id] for order_id in ids if order_id in found]


def _is_one_name(query: OrderQuery, conditions: Sequence[_Condition]) -> bool:
    """Whether a name of one word, and no more than dates, is looked for in the order of the dates."""
    names = [one.name for one in conditions if one.name != "placed_at"]
    return query.sort == "placed_at" and names == ["word"]


def _is_served(query: OrderQuery, conditions: Sequence[_Condition]) -> bool:
    """Whether one index has exactly these orders in this order."""
    rest = [one.name for one in conditions if one.name != query.sort or one.name == "status"]
    return not rest or (len(rest) == 1 and (rest[0], query.sort) in _SERVED)


def _walked(sort: str, conditions: Sequence[_Condition]) -> list[ColumnElement[bool]]:
    """The filters for going through the list in its order: one at most may choose where to go."""
    leads = [one for one in conditions if (one.name, sort) in _SERVED][:1]
    return [one.exact if one in leads or one.name == sort else one.plain for one in conditions]


def _with_word(
    wanted: OrderFilter, conditions: Sequence[_Condition], columns: Sequence[ColumnElement[Any]]
) -> Select[Any]:
    """The orders of a frequent name, in the order that they were bought in: its words are kept in it."""
    word = next(one for one in conditions if one.name == "word")
    rows: Select[Any] = word.ids.with_only_columns(*columns)
    rows = rows.join(Order, OrderWord.order_id == Order.id)
    rows = rows.where(*(one.plain for one in conditions if one is not word and one.name != "placed_at"))
    if wanted.placed_from is not None:
        rows = rows.where(OrderWord.placed_at >= wanted.placed_from)
    if wanted.placed_before is not None:
        rows = rows.where(OrderWord.placed_at < wanted.placed_before)
    return rows


def _rarest(session: Session, conditions: Sequence[_Condition]) -> _Condition | None:
    """A filter that finds few orders; those that tend to are asked first."""
    for one in conditions:
        some = one.ids.subquery()
        counted = select(func.count()).select_from(select(some).limit(FEW + 1).subquery())
        if (session.scalar(counted) or 0) <= FEW:
            return one
    return None


def _conditions(session: Session, wanted: OrderFilter) -> list[_Condition]:
    """The filters that are set, those that find the fewest orders first."""
    dialect = session.get_bind().dialect.name
    found: list[_Condition] = []

    def add(name: str, column: InstrumentedAttribute[Any], *tests: tuple[str, Any]) -> None:
        asked = [(operator, value) for operator, value in tests if value is not None]
        if asked:
            exact = [_compare(column.expression, *each) for each in asked]
            plain = [_compare(_without_index(column, dialect), *each) for each in asked]
            ids = select(Order.id).where(*exact)
            found.append(_Condition(name, _all(exact), _all(plain), ids))

    if wanted.number is not None:
        found.append(_by_number(wanted.number.strip()))
    if wanted.buyer is not None and "@" in wanted.buyer:
        add("buyer", Order.buyer_email_index, ("=", wanted.buyer))
    elif wanted.buyer is not None:
        found.extend(_by_word(word) for word in words_of(wanted.buyer))
    add("status", Order.status, ("=", wanted.status))
    add("total", Order.total, (">=", wanted.total_from), ("<=", wanted.total_to))
    add("placed_at", Order.placed_at, (">=", wanted.placed_from), ("<", wanted.placed_before))
    add("channel", Order.channel, ("=", wanted.channel))
    return found


def _by_number(number: str) -> _Condition:
    ours, theirs = Order.number == number, Order.external_id == number
    ids = union_all(select(Order.id).where(ours), select(Order.id).where(theirs))
    return _Condition("number", ours | theirs, ours | theirs, ids)


def _by_word(word: str) -> _Condition:
    """A whole word of the buyer's name, by its blind hash."""
    ids = select(OrderWord.order_id).where(OrderWord.word == word)
    has_it = ids.where(OrderWord.order_id == Order.id).correlate(Order).exists()
    return _Condition("word", has_it, has_it, ids)


def _compare(column: ColumnElement[Any], operator: str, value: Any) -> ColumnElement[bool]:
    return {"=": column.__eq__, ">=": column.__ge__, "<=": column.__le__, "<": column.__lt__}[operator](
        value
    )


def _all(tests: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    return tests[0] if len(tests) == 1 else tests[0] & tests[1]


def _without_index(column: InstrumentedAttribute[Any], dialect: str) -> ColumnElement[Any]:
    """The column such that SQLite, which knows no frequencies, does not choose its index.

    PostgreSQL knows them and is left to choose.
    """
    if dialect != "sqlite":
        return column.expression
    plus: Any = custom_op("+")
    return UnaryExpression(column.expression, operator=plus, type_=column.type)
