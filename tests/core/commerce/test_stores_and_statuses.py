"""Stores and statuses are edited without giving a number twice or changing orders unnoticed."""

from __future__ import annotations

import pytest

from core.commerce.status_editing import edit_status
from core.commerce.statuses import add_status, get_status
from core.commerce.store_editing import StoreChanges, edit_store
from core.commerce.stores import add_store, get_store
from core.errors import AlreadyExists, EntrepotError, InvalidValue, WrongState
from tests.core.commerce.counter import Counter


def edit(counter: Counter, **changes: str | int) -> bool:
    return counter.write(
        lambda ctx: edit_store(ctx, get_store(ctx.session, "default"), StoreChanges(**changes))
    )


def relabel(counter: Counter, code: str, label: str, like: str, *, sure: bool = False) -> bool:
    return counter.write(
        lambda ctx: edit_status(ctx, get_status(ctx.session, code), label, like, although_in_use=sure)
    )


def test_edited_store_numbers_its_next_order_so(counter: Counter) -> None:
    counter.stock("A", 9)
    assert counter.place(("A", 1)) == "1000001"
    assert edit(counter, name=" Shop ", currency="USD", number_prefix="E-", next_number=7)
    assert not edit(counter, name="Shop", next_number=7)
    assert [counter.place(("A", 1)), counter.place(("A", 1))] == ["E-7", "E-8"]
    store = counter.read(lambda ctx: get_store(ctx.session, "default"))
    assert (store.name, store.currency, store.next_number) == ("Shop", "USD", 9)
    assert edit(counter, number_prefix="", next_number=1000002)


def test_number_that_exists_is_never_the_next(counter: Counter) -> None:
    counter.stock("A", 9)
    edit(counter, next_number=98)
    assert [counter.place(("A", 1)) for _ in range(3)] == ["98", "99", "100"]
    with pytest.raises(AlreadyExists, match=r"the order 100 exists already: .* at least 101"):
        edit(counter, next_number=99)
    assert edit(counter, number_prefix="X_")
    assert counter.place(("A", 1)) == "X_101"
    with pytest.raises(AlreadyExists, match=r"the order 100 exists"):
        edit(counter, number_prefix="", next_number=1)


@pytest.mark.parametrize(
    "changes",
    [{"name": " "}, {"currency": "EURO"}, {"number_prefix": "A1"}, {"number_prefix": "TWO-"},
     {"next_number": 0}, {"next_number": 10**16}],
)  # fmt: skip
def test_store_that_cannot_be_is_refused(counter: Counter, changes: dict[str, str | int]) -> None:
    counter.write(lambda ctx: add_store(ctx, "two", "Two", "EUR"))
    with pytest.raises(EntrepotError):
        edit(counter, **changes)


def test_status_in_use_changes_what_it_is_like_only_knowingly(counter: Counter) -> None:
    counter.write(lambda ctx: add_status(ctx, "check", "Check", "on_hold"))
    assert relabel(counter, "check", "Checking", "pending")
    counter.stock("MUG", 1)
    counter.place(("MUG", 1), status="check")
    assert relabel(counter, "check", "To be checked", "pending")
    with pytest.raises(
        WrongState, match=r"1 order has the status To be .* behave as Processing instead of Pending"
    ):
        relabel(counter, "check", "To be checked", "processing")
    assert relabel(counter, "check", "To be checked", "processing", sure=True)
    assert not relabel(counter, "check", "To be checked", "processing")
    assert counter.read(lambda ctx: get_status(ctx.session, "check").like) == "processing"


def test_standard_status_gets_another_label_and_nothing_else(counter: Counter) -> None:
    assert relabel(counter, "complete", "Erledigt", "complete")
    for label, like in [("Done", "pending"), ("", "complete")]:
        with pytest.raises(InvalidValue):
            relabel(counter, "complete", label, like)
