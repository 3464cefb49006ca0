"""Products from a CSV file: all of it or nothing."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from sqlalchemy import event, func, select

from core.commerce.catalog import Product, get_product
from core.commerce.import_plans import import_whole
from core.commerce.importers import PRODUCTS
from core.commerce.inventory import StockMovement
from core.context import Context
from core.errors import InvalidValue
from core.events import Event
from tests.core.commerce.counter import Counter


def came_to(added: int, changed: int, unchanged: int) -> dict[str, int]:
    """What the lines of a file came to of which none is wrong."""
    return {"added": added, "changed": changed, "unchanged": unchanged, "wrong": 0}


def load(counter: Counter, text: str) -> dict[str, int]:
    return counter.write(lambda ctx: import_whole(ctx, PRODUCTS, io.StringIO(text, newline="")))


def product(counter: Counter, sku: str) -> Product:
    return counter.read(lambda ctx: get_product(ctx.session, sku))


def shown(counter: Counter, sku: str) -> tuple[str, Decimal | None, str | None, bool, int]:
    found = product(counter, sku)
    return found.name, found.price, found.currency, found.is_managed, counter.stock_of(sku).on_hand


def refusal(counter: Counter, text: str) -> InvalidValue:
    with pytest.raises(InvalidValue) as caught:
        load(counter, text)
    assert counter.read(lambda ctx: ctx.session.scalar(select(func.count()).select_from(Product))) == 0
    return caught.value


def test_products_are_created_with_every_column_in_any_order(counter: Counter) -> None:
    text = "quantity,managed,currency,price,name,sku\n5,yes,USD,12.50,Blue mug,MUG\n0,no,,,,TEA\n"
    assert load(counter, text) == came_to(2, 0, 0)
    assert shown(counter, "MUG") == ("Blue mug", Decimal("12.50"), "USD", True, 5)
    assert shown(counter, "TEA") == ("TEA", None, None, False, 0)


def test_sku_alone_makes_a_product(counter: Counter) -> None:
    load(counter, "sku\nMUG\n")
    assert shown(counter, "MUG") == ("MUG", None, None, True, 0)


def test_price_without_currency_is_in_that_of_the_default_store(counter: Counter) -> None:
    load(counter, "sku,price\nMUG,9.90\n")
    assert shown(counter, "MUG")[1:3] == (Decimal("9.90"), "EUR")


def test_second_import_changes_only_what_the_file_gives(counter: Counter) -> None:
    load(counter, "sku,name,price,quantity,managed\nMUG,Mug,9.90,5,no\nTEA,Tea,1.00,3,yes\nCUP,Cup,1,1,\n")
    text = "sku,name,price,quantity,managed\nMUG,,10.00,,\nTEA,,,4,\nCUP,Cup,1.00,1,yes\n"
    assert load(counter, text) == came_to(0, 2, 1)
    assert shown(counter, "MUG") == ("Mug", Decimal("10.00"), "EUR", False, 5)
    assert shown(counter, "TEA") == ("Tea", Decimal("1.00"), "EUR", True, 4)
    assert load(counter, text) == came_to(0, 0, 3)


def test_quantity_is_set_by_a_movement_and_told(counter: Counter) -> None:
    load(counter, "sku,quantity\nMUG,5\n")
    load(counter, "sku,quantity\nMUG,2\n")

    def look(ctx: Context) -> tuple[list[tuple[int, str, str]], int]:
        rows = ctx.session.scalars(select(StockMovement).order_by(StockMovement.id))
        moves = [(row.quantity, row.reason, row.reference) for row in rows]
        told = ctx.session.scalars(select(Event).where(Event.name == "stock_changed"))
        return moves, len(list(told))

    expected = [(5, "counted", "product import"), (-3, "counted", "product import")]
    assert counter.read(look) == (expected, 2)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffsku,name\nMUG,Blue mug\n",
        "sku;name\nMUG;Blue mug\n",
        'sku;name\nMUG;"Blue mug"\n',
        "sku\tname\nMUG\tBlue mug\n",
        "SKU , Name\r\nMUG, Blue mug \r\n\r\n",
        'name,sku\n"Blue mug",MUG',
    ],
    ids=["BOM", "semicolon", "quoted", "tab", "case and space", "no newline at the end"],
)
def test_file_is_read_as_spreadsheets_write_it(counter: Counter, text: str) -> None:
    assert load(counter, text)["added"] == 1
    assert product(counter, "MUG").name == "Blue mug"


def test_quoted_value_holds_delimiters_and_quotes(counter: Counter) -> None:
    load(counter, 'sku,name\nMUG,"Mug, ""blue"""\n')
    assert product(counter, "MUG").name == 'Mug, "blue"'


@pytest.mark.parametrize(
    ("word", "managed"), [("yes", 1), ("TRUE", 1), ("1", 1), ("no", 0), ("False", 0), ("0", 0)]
)
def test_managed_is_said_in_several_words(counter: Counter, word: str, managed: int) -> None:
    load(counter, f"sku,managed\nMUG,{word}\n")
    assert product(counter, "MUG").is_managed is bool(managed)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least sku; known are sku, name, price, currency, quantity, managed"),
        ("name\nMug\n", "at least sku"),
        ("sku,colour\nMUG,blue\n", "'colour' is none of sku, name, price, currency, quantity, managed"),
        ("sku,name,SKU\nMUG,Mug,MUG\n", "a column is named twice"),
        ('sku,name\nMUG,"Mug\n', "line 2: unexpected end of data"),
    ],
)
def test_file_without_a_proper_header_is_refused(counter: Counter, text: str, message: str) -> None:
    assert message in str(refusal(counter, text))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",Mug,,,,", "has no sku"),
        ("M\tUG,Mug,,,,", "a SKU is 1 to 128 printable characters"),
        ("M" * 129 + ",Mug,,,,", "a SKU is 1 to 128 printable characters"),
        ("MUG," + "n" * 501 + ",,,,", "a name has at most 500"),
        ("MUG,,ten,,,", "'ten' is not a decimal number"),
        ("MUG,,-1,,,", "'-1' is not a price"),
        ("MUG,,1_0,,,", "'1_0' is not a price"),
        ("MUG,,NaN,,,", "not an amount that can be kept"),
        ("MUG,,1.005,,,", "1.005 has more digits than EUR has"),
        ("MUG,,1.00001,,,", "'1.00001' is not a price"),
        ("MUG,,1.5,JPY,,", "1.5 has more digits than JPY has"),
        ("MUG,,1,EURO,,", "'EURO' is not an ISO 4217 currency"),
        ("MUG,,,,-1,", "'-1' is not a quantity"),
        ("MUG,,,,1.5,", "'1.5' is not a quantity"),
        ("MUG,,,,99999999999,", "is not a quantity"),
        ("MUG,,,,,maybe", "'maybe' is not yes or no"),
        ("MUG,Mug", "has 2 values where the header has 6 columns"),
        ("MUG,,,,,,extra", "has 7 values where the header has 6 columns"),
        ("GOOD,,,,,", "'GOOD' is in line 2 already"),
    ],
)
def test_bad_row_refuses_the_whole_file_with_its_line_and_reason(
    counter: Counter, row: str, message: str
) -> None:
    text = f"sku,name,price,currency,quantity,managed\nGOOD,Good,1,EUR,1,yes\n{row}\n"
    error = refusal(counter, text)
    assert str(error).startswith("nothing was imported: line 3: ")
    assert message in str(error)
    assert list(error.fields) == ["line 3"]


def test_lines_are_counted_as_in_the_file(counter: Counter) -> None:
    text = 'sku,quantity\n\n"A",1\n"B",x\nC,y\n'
    assert list(refusal(counter, text).fields) == ["line 4", "line 5"]


def test_first_twenty_complaints_are_shown(counter: Counter) -> None:
    error = refusal(counter, "sku,quantity\n" + "".join(f"S{index},x\n" for index in range(25)))
    assert len(error.fields) == 20
    assert str(error).endswith("; and 5 more")


def test_bad_row_of_a_second_import_leaves_everything_as_it_was(counter: Counter) -> None:
    load(counter, "sku,name,quantity\nMUG,Mug,5\n")
    with pytest.raises(InvalidValue):
        load(counter, "sku,name,quantity\nMUG,Other,9\nTEA,Tea,x\n")
    assert shown(counter, "MUG") == ("Mug", None, None, True, 5)


def test_many_products_are_looked_for_with_few_queries(counter: Counter) -> None:
    text = "sku,quantity\n" + "".join(f"SKU-{index},5\n" for index in range(3000))
    statements: list[str] = []
    event.listen(counter.app.engine, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
    assert load(counter, text) == came_to(3000, 0, 0)
    assert sum(statement.startswith("SELECT") for statement in statements) < 100
