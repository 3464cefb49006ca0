"""Products as an operator works with them: found, edited, counted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.commerce.catalog import (
    ProductChanges,
    create_product,
    edit_product,
    get_product,
    search_products,
)
from core.commerce.inventory import count_product, list_movements, list_reservations
from core.context import Context
from core.errors import InvalidValue
from core.money import Money
from tests.core.commerce.counter import Counter

TEN = Money(Decimal(10), "EUR")


def found(counter: Counter, text: str, after: str | None = None, limit: int = 10) -> list[str]:
    return counter.read(lambda ctx: [row.sku for row in search_products(ctx.session, text, after, limit)])


def edit(counter: Counter, sku: str, changes: ProductChanges) -> bool:
    return counter.write(lambda ctx: edit_product(ctx, get_product(ctx.session, sku), changes))


def count(counter: Counter, sku: str, units: int, note: str = "") -> bool:
    return counter.write(lambda ctx: count_product(ctx, get_product(ctx.session, sku), units, note))


def test_products_are_found_by_sku_and_by_words_of_the_name(counter: Counter) -> None:
    def fill(ctx: Context) -> None:
        create_product(ctx, "AB-1", "Blauer Becher, groß")
        create_product(ctx, "AB-2", "Becher")
        create_product(ctx, "CD-1", "T-Shirt (blau)")

    counter.write(fill)
    assert found(counter, "ab-") == ["AB-1", "AB-2"]
    assert found(counter, "BECHER gross") == ["AB-1"]
    assert found(counter, "bech") == ["AB-1", "AB-2"]
    assert found(counter, "t-shirt") == found(counter, "shirt") == ["CD-1"]
    assert found(counter, "blau 1") == ["AB-1", "CD-1"]
    assert found(counter, "%") == found(counter, "Teller") == []
    assert found(counter, "", None, 2) == ["AB-1", "AB-2"]
    assert found(counter, "", "AB-2", 2) == ["CD-1"]


def test_edited_product_is_found_by_its_new_name_only(counter: Counter) -> None:
    counter.stock("MUG", 3)
    changes = ProductChanges("Tasse", TEN, is_managed=False, is_enabled=False)
    assert edit(counter, "MUG", changes)
    assert not edit(counter, "MUG", changes)
    assert (found(counter, "tasse"), found(counter, "product")) == (["MUG"], [])
    product = counter.read(lambda ctx: get_product(ctx.session, "MUG"))
    shown = (product.name, product.price, product.currency, product.is_managed, product.is_enabled)
    assert shown == ("Tasse", Decimal(10), "EUR", False, False)


@pytest.mark.parametrize(
    ("name", "price", "message"),
    [
        (" ", TEN, "printable characters"),
        ("n" * 501, TEN, "at most 500"),
        ("Mug", Money(Decimal("1.5"), "JPY"), "more digits than JPY"),
        ("Mug", Money(Decimal(-1), "EUR"), "not less than nothing"),
    ],
)
def test_product_that_cannot_be_is_refused(counter: Counter, name: str, price: Money, message: str) -> None:
    counter.stock("MUG", 1)
    with pytest.raises(InvalidValue, match=message):
        edit(counter, "MUG", ProductChanges(name, price, is_managed=True, is_enabled=True))


def test_counting_moves_the_stock_with_a_note(counter: Counter) -> None:
    counter.stock("MUG", 5)
    assert count(counter, "MUG", 2, " three were broken ")
    assert not count(counter, "MUG", 2)
    counter.place(("MUG", 1))
    product_id = counter.read(lambda ctx: get_product(ctx.session, "MUG").id)
    moves = counter.read(lambda ctx: list_movements(ctx.session, product_id, None, 10))
    assert [(row.quantity, row.reason, row.reference) for row in moves] == [
        (-3, "counted", "three were broken"),
        (5, "counted", "test"),
    ]
    older = counter.read(lambda ctx: list_movements(ctx.session, product_id, moves[0].id, 10))
    assert [row.quantity for row in older] == [5]
    (reservation,) = counter.read(lambda ctx: list_reservations(ctx.session, product_id, None, 10))
    assert (reservation.quantity, reservation.reason) == (1, "order created")
    for units, note in [(-1, ""), (1_000_000_001, ""), (1, "n" * 81), (1, "a\nb")]:
        with pytest.raises(InvalidValue):
            count(counter, "MUG", units, note)
