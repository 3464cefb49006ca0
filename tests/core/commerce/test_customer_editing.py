"""Customers as an operator works with them: found, edited, from a file and to one."""

from __future__ import annotations

import io

import pytest

from core.commerce.addresses import Address
from core.commerce.customer_editing import (
    CustomerQuery,
    add_address,
    edit_address,
    edit_customer,
    get_address,
    get_customer,
    orders_of_customer,
    remove_address,
    search_customers,
)
from core.commerce.customer_import import export_customers
from core.commerce.customers import Buyer, create_customer
from core.commerce.import_plans import LinePlan, count_outcomes, rows_of
from core.commerce.importers import CUSTOMERS
from core.commerce.stores import add_store, get_store
from core.context import Context
from core.errors import AlreadyExists, InvalidValue
from tests.core.commerce.counter import Counter

HOME = Address(name="Ada Lovelace", line1="Street 1", city="London", country="GB", phone="+44 1")


def add(counter: Counter, name: str, email: str, **choices: bool) -> int:
    def change(ctx: Context) -> int:
        store = get_store(ctx.session, "default")
        return create_customer(ctx, store.id, Buyer(name, email, **choices), "test").id

    return counter.write(change)


def found(counter: Counter, text: str = "", store: int | None = None) -> list[str | None]:
    query = CustomerQuery(text, store)
    return counter.read(lambda ctx: [row.name for row in search_customers(ctx.session, query)])


def edit(counter: Counter, number: int, name: str, email: str) -> bool:
    return counter.write(lambda ctx: edit_customer(ctx, get_customer(ctx.session, number), name, email))


def plan(counter: Counter, text: str) -> list[LinePlan]:
    rows = rows_of(CUSTOMERS, io.StringIO(text, newline=""))
    return counter.read(lambda ctx: CUSTOMERS.plan(ctx.session, rows))


def load(counter: Counter, text: str) -> list[str]:
    rows = rows_of(CUSTOMERS, io.StringIO(text, newline=""))
    return [each.outcome for each in counter.write(lambda ctx: CUSTOMERS.apply(ctx, rows))]


def test_customers_are_found_by_whole_email_or_whole_words_of_the_name(counter: Counter) -> None:
    add(counter, "Ada Lovelace", "ada@example.com")
    add(counter, "Ada Byron", "byron@example.com")
    counter.stock("A", 9)
    counter.place(("A", 1))  # an order's buyer is no customer
    assert found(counter) == ["Ada Byron", "Ada Lovelace"]
    assert found(counter, "ADA") == ["Ada Byron", "Ada Lovelace"]
    assert found(counter, "lovelace, ada") == found(counter, " ADA@example.com ") == ["Ada Lovelace"]
    assert found(counter, "love") == found(counter, "@example.com") == found(counter, "ada", 999) == []


def test_edited_customer_is_found_and_matched_by_what_is_new(counter: Counter) -> None:
    number = add(counter, "Ada Lovelace", "1@amazon.invalid", email_is_placeholder=True)
    other = add(counter, "Bob", "bob@example.com")
    assert edit(counter, number, "Ada King", "ada@example.com")
    assert not edit(counter, number, "Ada King", "ada@example.com")
    assert (found(counter, "king"), found(counter, "lovelace")) == (["Ada King"], [])
    assert found(counter, "ada@example.com") == ["Ada King"]
    counter.stock("A", 9)
    choices = {"customer_policy": "build_new_customer_account", "buyer": Buyer("A.", "ADA@example.com")}
    order = counter.order(counter.place(("A", 1), **choices))
    assert order.customer_id == number
    (seen,) = counter.read(lambda ctx: orders_of_customer(ctx.session, number, None, 5))
    assert seen.number == order.number
    with pytest.raises(AlreadyExists, match="this email address already"):
        edit(counter, other, "Bob", "ada@example.com")
    for email in ("", "ada", "a b@example.com", "@example.com", "x" * 250 + "@example.com"):
        with pytest.raises(InvalidValue):
            edit(counter, other, "Bob", email)


def test_address_book_is_edited(counter: Counter) -> None:
    number = add(counter, "Ada", "ada@example.com")

    def change(ctx: Context) -> None:
        customer = get_customer(ctx.session, number)
        first = add_address(ctx, customer, HOME)
        second = add_address(ctx, customer, Address(line1="Street 2", country="de"))
        with pytest.raises(AlreadyExists):
            add_address(ctx, customer, Address(**(vars(HOME) | {"phone": None, "city": "LONDON"})))
        edit_address(ctx, get_address(customer, second.id), Address(line1=" Street 3 ", country="FR"))
        remove_address(ctx, customer, first)
        for wrong in (Address(), Address(line1="x" * 201), Address(country="ZZZ"), Address(country="QX")):
            with pytest.raises(InvalidValue):
                add_address(ctx, customer, wrong)

    counter.write(change)
    book = counter.read(lambda ctx: get_customer(ctx.session, number).addresses)
    assert [(entry.line1, entry.country) for entry in book] == [("Street 3", "FR")]


def test_customers_are_imported_a_line_per_address(counter: Counter) -> None:
    text = (
        "email,name,line1,city,country,phone\n"
        "ada@example.com,Ada Lovelace,Street 1,London,gb,+44 1\n"
        "ADA@example.com,,Street 2,London,GB,\n"
        "bob@example.com,Bob,,,,\n"
        "ada@example.com,Ada Lovelace,Street 3,,,\n"
    )
    first, second, bob, late = plan(counter, text)
    assert (first.outcome, first.changes["address"]) == ("added", (None, "Street 1, London, GB, +44 1"))
    assert (second.outcome, list(second.changes)) == ("changed", ["address"])
    assert (bob.outcome, late.outcome) == ("added", "wrong")
    assert late.reasons == ("'ada@example.com (default)' is in line 2 already",)
    assert found(counter) == []
    assert load(counter, text) == ["added", "changed", "added", "wrong"]
    assert load(counter, text) == ["unchanged", "unchanged", "unchanged", "wrong"]
    assert found(counter, "lovelace") == ["Ada Lovelace"]


def test_exported_customers_import_again_unchanged(counter: Counter) -> None:
    counter.write(lambda ctx: add_store(ctx, "two", "Two", "EUR"))
    load(counter, "email,name,line1,phone\na@b.c,=Ada,-1 Street,+44\na@b.c,,Street 2,\n")
    load(counter, "store,email,name\ntwo,a@b.c,Other\n")
    add(counter, "Shared", "business@example.com", email_is_shared=True)
    add(counter, "Shared too", "business@example.com", email_is_shared=True)
    text = counter.read(lambda ctx: "".join(export_customers(ctx.session)))
    assert "'=Ada" in text
    assert count_outcomes(plan(counter, text)) == {"added": 0, "changed": 0, "unchanged": 5, "wrong": 0}
    assert load(counter, text.replace("Shared too", "Sharon").replace("+44", "+49")) == [
        "changed", "unchanged", "unchanged", "unchanged", "changed",
    ]  # fmt: skip
    assert found(counter, "sharon") == ["Sharon"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",default,,Ada,", "has no email"),
        (",default,ada,Ada,", "name@example.com"),
        (",nowhere,a@b.c,Ada,", "there is no store 'nowhere'; there are: default"),
        ("77,default,a@b.c,Ada,", "there is no customer '77'"),
        (",default,a@b.c,Ada,XX9", "not an ISO 3166 country code"),
    ],
)
def test_line_that_is_no_customer_is_wrong_with_its_reason(
    counter: Counter, row: str, message: str
) -> None:
    (wrong,) = plan(counter, f"id,store,email,name,country\n{row}\n")
    assert (wrong.outcome, wrong.line) == ("wrong", 2)
    assert message in wrong.reasons[0]
