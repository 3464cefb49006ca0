"""The filters of a list of orders as the database is asked: each finds orders by itself, and tests one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select, union_all

from core.commerce.orders.tables import Order, OrderWord
from core.commerce.words import words_of
from core.errors import InvalidValue

_WORDS = 10
#: The columns of some orders by name: the table's own, or those of a part that was cut out of it.
Columns = Any


@dataclass(frozen=True)
class OrderFilter:
    """Which orders; what is None does not count.

    number         an order's number, or the channel's own number of it, whole
    channel        a channel's key
    status         a status's code
    total_from     at least, `total_to` at most, in whichever currency
    placed_from    bought at that moment or later, `placed_before` earlier than that
    buyer          an email address, whole; or words of the buyer's name, each of them whole
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
                f"a buyer is looked for by a whole email address, or by 1 to {_WORDS} words of the name"
            )

    @property
    def is_empty(self) -> bool:
        """Whether it leaves nothing out."""
        return all(getattr(self, each.name) is None for each in fields(self))


@dataclass(frozen=True)
class Condition:
    """One filter.

    name    of its column, or `word`
    test    whether an order fits, by these of its columns
    needs   the columns that it tests
    among   narrows a selection of `Order` to those that fit, by the filter's own index
    ids     the ids of those that fit, by that index alone
    word    the word of a name, if it is one
    """

    name: str
    test: Callable[[Columns], ColumnElement[bool]]
    needs: tuple[str, ...]
    ids: Any
    word: str | None = None

    def among(self, rows: Select[Any]) -> Select[Any]:
        """Those of some orders that fit, found by the filter's index."""
        return rows.where(self.test(Order) if self.name in _PLAIN else Order.id.in_(self.ids))


#: Filters that compare one column.
_PLAIN = ("buyer_email_index", "status", "total", "placed_at", "channel")


def conditions_of(wanted: OrderFilter) -> list[Condition]:
    """The filters that are set, those that tend to find the fewest orders first."""
    found = [_by_number(wanted.number.strip())] if wanted.number is not None else []
    if wanted.buyer is not None and "@" in wanted.buyer:
        found.append(_plain("buyer_email_index", lambda column: column == wanted.buyer))
    elif wanted.buyer is not None:
        found.extend(_by_word(word, wanted) for word in words_of(wanted.buyer))
    if wanted.status is not None:
        found.append(_plain("status", lambda column: column == wanted.status))
    if wanted.total_from is not None or wanted.total_to is not None:
        found.append(_plain("total", lambda column: _within(column, wanted.total_from, wanted.total_to)))
    if wanted.placed_from is not None or wanted.placed_before is not None:
        found.append(_plain("placed_at", lambda column: bought(column, wanted)))
    if wanted.channel is not None:
        found.append(_plain("channel", lambda column: column == wanted.channel))
    return found


def bought(column: Any, wanted: OrderFilter) -> ColumnElement[bool]:
    """Whether this moment lies between the dates that are asked for, of which there is one at least."""
    tests = []
    if wanted.placed_from is not None:
        tests.append(column >= wanted.placed_from)
    if wanted.placed_before is not None:
        tests.append(column < wanted.placed_before)
    return and_(*tests)


def _within(column: Any, least: Decimal | None, most: Decimal | None) -> ColumnElement[bool]:
    tests = [column >= least] if least is not None else []
    return and_(*tests, *([column <= most] if most is not None else []))


def _plain(name: str, compare: Callable[[Any], ColumnElement[bool]]) -> Condition:
    def test(columns: Columns) -> ColumnElement[bool]:
        return compare(getattr(columns, name))

    return Condition(name, test, (name,), select(Order.id).where(test(Order)))


def _by_number(number: str) -> Condition:
    ours, theirs = Order.number == number, Order.external_id == number
    ids = union_all(select(Order.id).where(ours), select(Order.id).where(theirs))

    def test(columns: Columns) -> ColumnElement[bool]:
        return or_(columns.number == number, columns.external_id == number)

    return Condition("number", test, ("number", "external_id"), ids)


def _by_word(word: str, wanted: OrderFilter) -> Condition:
    """A whole word of the buyer's name, by its blind hash: kept with when the order was bought."""
    ids = select(OrderWord.order_id).where(OrderWord.word == word)
    if wanted.placed_from is not None or wanted.placed_before is not None:
        ids = ids.where(bought(OrderWord.placed_at, wanted))

    def test(columns: Columns) -> ColumnElement[bool]:
        has_it = select(OrderWord.order_id).where(OrderWord.word == word, OrderWord.order_id == columns.id)
        return has_it.correlate_except(OrderWord).exists()

    return Condition("word", test, ("id",), ids, word)
