"""Refunds: whole, an amount, or by line; never more than what was charged."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import select

from core.commerce.orders import DraftCharge, DraftLine
from core.commerce.orders.abilities import share
from core.commerce.refunds import (
    Refund,
    Wanted,
    can_refund,
    list_refunds,
    refund_of_units,
    refund_order,
    refundable,
)
from core.errors import InvalidValue, WrongState
from core.events import Event
from core.money import Money
from tests.core.commerce.counter import Counter


@pytest.fixture
def number(counter: Counter) -> str:
    """An order of three of A and two of B, of ten each."""
    counter.stock("A", 10)
    counter.stock("B", 10)
    return counter.place(("A", 3), ("B", 2))


def euro(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def refund(counter: Counter, number: str, wanted: Wanted, reason: str = "returned") -> Refund:
    def give(ctx, order):  # type: ignore[no-untyped-def]
        made = refund_order(ctx, order, wanted, reason)
        list(made.lines)
        return made

    made: Refund = counter.with_order(number, give)
    return made


def test_order_that_is_refunded_in_full_is_closed_and_told(counter: Counter, number: str) -> None:
    counter.ship(number)
    first, second = (line.id for line in counter.order(number).lines)
    refund(counter, number, {first: euro("10.50"), second: euro("0.01")})
    assert counter.order(number).status == "complete"
    refund(counter, number, None)
    assert counter.order(number).status == "closed"
    rows = counter.read(lambda ctx: list(list_refunds(ctx.session, counter.order(number).id)))
    assert [row.amount for row in rows] == [Decimal("10.51"), Decimal("39.49")]
    told = counter.read(lambda ctx: [row.name for row in ctx.session.scalars(select(Event))])
    assert told.count("order_refunded") == 2
    with pytest.raises(WrongState, match="everything that was charged"):
        refund(counter, number, None)


@pytest.mark.parametrize("amount", ["0", "-1", "30.01", "50.01", "0.001"])
def test_refund_is_more_than_nothing_and_no_more_than_was_charged(
    counter: Counter, number: str, amount: str
) -> None:
    (line, _) = (line.id for line in counter.order(number).lines)
    with pytest.raises(InvalidValue, match="a refund"):
        refund(counter, number, {line: euro(amount)})
    with pytest.raises(InvalidValue, match="does not belong"):
        refund(counter, number, {999_999: euro("1")})
    with pytest.raises(InvalidValue, match="1 to 80"):
        refund(counter, number, None, "")
    with pytest.raises(InvalidValue, match="in EUR"):
        refund(counter, number, {line: Money(Decimal(1), "USD")})
    assert counter.read(lambda ctx: refundable(ctx.session, counter.order(number))) == euro("50")


def test_amount_of_the_order_is_spread_over_its_lines_to_the_cent(counter: Counter, number: str) -> None:
    made = refund(counter, number, euro("0.03"))
    assert [line.amount for line in made.lines] == [Decimal("0.02"), Decimal("0.01")]
    rest = refund(counter, number, None)
    assert [line.amount for line in rest.lines] == [Decimal("29.98"), Decimal("19.99")]


def test_charges_of_the_order_are_refunded_with_the_whole(counter: Counter) -> None:
    counter.stock("A", 10)
    lines = (DraftLine("A", "A", 1, charges=(DraftCharge("item", Decimal(10)),)),)
    tipped = counter.place(lines=lines, charges=(DraftCharge("delivery_tip", Decimal(2)),))
    made = refund(counter, tipped, None)
    assert (made.amount, [line.amount for line in made.lines]) == (12, [12])


def test_units_are_refunded_at_their_share_of_the_line(counter: Counter, number: str) -> None:
    order = counter.order(number)
    first, second = (line.id for line in order.lines)

    def worth(*units: tuple[str, int]) -> dict[int, Money]:
        return counter.with_order(number, lambda ctx, order: refund_of_units(ctx.session, order, units))

    assert worth(("A", 1), ("B", 2)) == {first: euro("10"), second: euro("20")}
    refund(counter, number, {first: euro("25")})
    assert worth(("A", 1)) == {first: euro("5")}
    for wrong in (("A", 4), ("A", 0), ("X", 1)):
        with pytest.raises(InvalidValue, match="to refund"):
            worth(wrong)


def test_order_of_a_channel_that_nobody_tells_is_not_refunded(counter: Counter) -> None:
    counter.stock("A", 10)
    theirs = counter.place(("A", 1), channel="corner", channel_account_id=1, external_id="7")
    complaint = counter.with_order(theirs, can_refund)
    assert complaint is not None
    assert "the channel corner" in complaint
    with pytest.raises(WrongState, match="the channel corner"):
        refund(counter, theirs, None)


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        ("10", ["10", "0"], ["10", "0"]),
        ("1", ["1", "1", "1"], ["0.33", "0.34", "0.33"]),
        ("5", ["0", "0"], ["5", "0"]),
        ("12", ["4", "6"], ["6", "6"]),
        ("0.01", ["3", "4"], ["0.00", "0.01"]),
    ],
)
def test_shares_add_up_and_are_no_more_than_their_weight(
    amount: str, weights: list[str], shares: list[str]
) -> None:
    found = share(Decimal(amount), [Decimal(weight) for weight in weights], Decimal("0.01"))
    assert found == [Decimal(part) for part in shares]
