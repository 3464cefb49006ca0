"""Holding an order back, releasing it, and canceling it with the consent of its channel."""

from __future__ import annotations

import pytest

from core.commerce.orders import (
    Order,
    can_cancel,
    can_hold,
    can_release,
    cancel_order,
    cancel_reasons,
    hold_for_buyer,
    hold_order,
    release_order,
)
from core.commerce.statuses import add_status
from core.context import Context
from core.errors import InvalidValue, WrongState
from tests.core.commerce.counter import Counter


@pytest.fixture
def number(counter: Counter) -> str:
    """An order of three of A."""
    counter.stock("A", 10)
    return counter.place(("A", 3))


def test_held_order_is_not_shipped_and_goes_on_where_it_was(counter: Counter, number: str) -> None:
    counter.write(lambda ctx: add_status(ctx, "picking", "Picking", "processing"))
    counter.move_to(number, "picking")
    counter.with_order(number, lambda ctx, order: hold_order(ctx, order, "wait for the buyer"))
    assert counter.order(number).history[-1].reason == "wait for the buyer"
    with pytest.raises(WrongState, match="release it before shipping"):
        counter.ship(number)
    with pytest.raises(WrongState, match="on hold already"):
        counter.with_order(number, lambda ctx, order: hold_order(ctx, order))
    counter.with_order(number, lambda ctx, order: release_order(ctx, order))
    assert counter.order(number).status == "picking"
    with pytest.raises(WrongState, match="not on hold"):
        counter.with_order(number, lambda ctx, order: release_order(ctx, order))


def test_what_cannot_be_done_is_said_before(counter: Counter, number: str) -> None:
    assert counter.with_order(number, can_cancel) is None
    assert counter.with_order(number, can_hold) is None
    assert "not on hold" in (counter.with_order(number, can_release) or "")
    counter.ship(number)
    assert "is complete" in (counter.with_order(number, can_cancel) or "")
    assert "is complete" in (counter.with_order(number, can_hold) or "")


def test_order_of_a_channel_that_nobody_tells_is_not_canceled(counter: Counter) -> None:
    counter.stock("A", 10)
    theirs = counter.place(("A", 1), channel="corner", channel_account_id=1, external_id="7")
    with pytest.raises(WrongState, match="the channel corner"):
        counter.cancel(theirs)
    assert counter.order(theirs).status == "processing"


def test_own_order_is_canceled_at_once_with_any_reason_that_is_a_code(
    counter: Counter, number: str
) -> None:
    assert "customer_asked" in [reason.code for reason in counter.with_order(number, cancel_reasons)]
    with pytest.raises(InvalidValue, match="1 to 80"):
        counter.with_order(number, lambda ctx, order: cancel_order(ctx, order, ""))
    assert counter.with_order(number, lambda ctx, order: cancel_order(ctx, order, "of_mine"))


def test_buyers_wish_holds_an_order_once(counter: Counter, number: str) -> None:
    def wish(ctx: Context, order: Order) -> bool:
        return hold_for_buyer(ctx, order)

    assert counter.with_order(number, wish)
    counter.with_order(number, lambda ctx, order: release_order(ctx, order))
    assert not counter.with_order(number, wish)
    assert counter.order(number).status == "processing"
