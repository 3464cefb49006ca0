"""Section 4: whose order it is."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select

from core.application import LiveApplication
from core.commerce.addresses import Address
from core.commerce.customers import Buyer, Customer, create_customer, list_customers
from core.commerce.stores import add_store, get_store
from core.context import Context
from tests.plugins.amazon_channel.amazon_json import order
from tests.shop import Shop

ADA: dict[str, Any] = {"buyer_name": "Ada Lovelace King", "buyer_email": "ada@buyer.example"}


@pytest.fixture
def building(shop: Shop) -> Shop:
    """A shop that builds customer accounts, with stock of AB-1."""
    shop.set(customer_creation="build_new_customer_account")
    shop.stock("AB-1", 99)
    return shop


def customers(shop: Shop) -> list[Customer]:
    def find(ctx: Context) -> list[Customer]:
        rows = list(list_customers(ctx.session))
        for row in rows:
            list(row.addresses)
        return rows

    return shop.read(find)


def test_guest_order_makes_no_customer(shop: Shop) -> None:
    shop.stock("AB-1", 9)
    external_id = shop.place(("AB-1", 1), **ADA)
    shop.sync()
    found = shop.order()
    assert (found.customer_id, found.is_guest, customers(shop)) == (None, True, [])
    assert (found.buyer_name, found.buyer_email) == ("Ada Lovelace King", "ada@buyer.example")
    assert (found.email_is_placeholder, found.buyer_contact_allowed) == (False, False)
    (entry,) = [entry for entry in shop.explain(external_id).entries if entry.code == "customer"]
    assert entry.decided_by == "customer_creation = guest (shop/A1PA6795UKMFR9), answered by guest_checkout"


def test_new_customer_is_built_with_name_and_address_and_is_never_mailed(building: Shop) -> None:
    building.place(("AB-1", 1), **ADA, address={"addressLine1": "Main St 1", "city": "Berlin"})
    building.sync()
    (customer,) = customers(building)
    assert building.order().customer_id == customer.id
    assert (customer.first_name, customer.last_name) == ("Ada", "Lovelace King")
    assert (customer.email, customer.origin) == ("ada@buyer.example", "amazon")
    assert (customer.buyer_contact_allowed, customer.email_is_placeholder) == (False, False)
    (entry,) = customer.addresses
    assert (entry.line1, entry.city) == ("Main St 1", "Berlin")


def test_customer_is_matched_by_e_mail_whatever_the_case_and_used_unchanged(building: Shop) -> None:
    building.place(("AB-1", 1), **ADA)
    building.place(("AB-1", 1), buyer_name="A. Other Name", buyer_email="ADA@Buyer.Example")
    building.sync()
    (customer,) = customers(building)
    assert {each.customer_id for each in building.orders()} == {customer.id}
    assert (customer.name, customer.email) == ("Ada Lovelace King", "ada@buyer.example")


def test_customer_of_the_shop_itself_is_matched_and_stays_as_it_is(building: Shop) -> None:
    buyer = Buyer("Ada K.", "Ada@Buyer.example", contact_allowed=True)
    building.write(lambda ctx: create_customer(ctx, get_store(ctx.session, "default").id, buyer, "shop").id)
    building.place(("AB-1", 1), **ADA)
    building.sync()
    (customer,) = customers(building)
    assert (customer.name, customer.origin, customer.buyer_contact_allowed) == ("Ada K.", "shop", True)
    assert building.order().customer_id == customer.id
    assert building.order().buyer_contact_allowed is False


def test_customers_of_another_store_never_match(building: Shop) -> None:
    building.write(lambda ctx: add_store(ctx, "outlet", "Outlet", "EUR"))
    building.place(("AB-1", 1), **ADA)
    building.sync()
    building.set(store="outlet")
    building.place(("AB-1", 1), **ADA)
    building.sync()
    assert len({customer.store_id for customer in customers(building)}) == 2


def test_address_that_all_business_buyers_share_never_matches(building: Shop) -> None:
    for _ in range(2):
        building.place(("AB-1", 1), **ADA, programs=["AMAZON_BUSINESS", "INVOICE_BY_AMAZON"])
    building.place(("AB-1", 1), **ADA)
    building.sync()
    found = customers(building)
    assert len({each.customer_id for each in building.orders()}) == len(found) == 3
    assert [customer.match_index is None for customer in found] == [True, True, False]


def test_placeholder_is_marked_is_unmailable_and_never_matches(building: Shop) -> None:
    placed = [building.place(("AB-1", 1), buyer_name="Ada", buyer_email=None) for _ in range(2)]
    building.sync()
    found = customers(building)
    assert [customer.email for customer in found] == [f"{number}@amazon.invalid" for number in placed]
    assert all(customer.email_is_placeholder and customer.match_index is None for customer in found)
    assert all(each.email_is_placeholder for each in building.orders())


@pytest.mark.parametrize("name", [None, "Cher", "  Ada   Lovelace "])
def test_every_field_of_the_buyer_can_be_missing(building: Shop, name: str | None) -> None:
    building.place(("AB-1", 1), buyer_name=name, buyer_email=None, address=None)
    building.sync()
    (customer,) = customers(building)
    wanted = {None: ("", ""), "Cher": ("Cher", "")}.get(name, ("Ada", "Lovelace"))
    assert (customer.first_name, customer.last_name.strip()) == wanted
    assert (customer.addresses, building.order().addresses) == ([], [])


def test_address_is_added_to_the_book_only_if_it_differs(building: Shop) -> None:
    given = {"name": "Ada", "addressLine1": "Main St 1", "city": "Berlin", "phone": "1"}
    home = given | {"postalCode": "10115", "stateOrRegion": None, "addressLine2": None}
    building.place(("AB-1", 1), **ADA, address=home)
    building.place(("AB-1", 1), **ADA, address=home | {"city": "BERLIN", "phone": "2"})
    building.place(("AB-1", 1), **ADA, address=home | {"addressLine1": "Side St 2"})
    building.sync()
    (customer,) = customers(building)
    assert [entry.line1 for entry in customer.addresses] == ["Main St 1", "Side St 2"]
    assert [each.addresses[0].line1 for each in building.orders()] == [
        "Main St 1",
        "Main St 1",
        "Side St 2",
    ]


def test_what_the_channel_tells_later_is_filled_in_and_what_is_there_stays(shop: Shop) -> None:
    there = shop.script()
    shop.stock("MUG-BLUE", 9)
    times = {"createdTime": there.time(), "lastUpdatedTime": there.time()}
    there.put(order(recipient={"deliveryAddress": {"city": "Berlin"}}, **times))
    shop.sync()
    assert shop.order().buyer_email == "028-1234567-1234567@amazon.invalid"
    there.put(
        order(
            buyer={"buyerName": "Ada King", "buyerEmail": "ada@buyer.example"},
            recipient={"deliveryAddress": {"city": "Berlin", "addressLine1": "Main St 1"}},
            **times | {"lastUpdatedTime": there.time(-1)},
        )
    )
    shop.sync()
    found = shop.order()
    assert (found.buyer_name, found.buyer_email) == ("Ada King", "ada@buyer.example")
    assert not found.email_is_placeholder
    (address,) = found.addresses
    assert (address.city, address.line1) == ("Berlin", "Main St 1")


def test_an_address_that_changes_is_never_mixed_with_the_one_before(shop: Shop) -> None:
    there = shop.script()
    shop.stock("MUG-BLUE", 9)
    times = {"createdTime": there.time(), "lastUpdatedTime": there.time()}
    before = {"addressLine1": "Old St 1", "postalCode": "11111", "city": "Oldtown"}
    there.put(order(recipient={"deliveryAddress": before}, **times))
    shop.sync()
    after = {"addressLine1": "New St 9", "addressLine2": "Flat 7", "city": "Newtown"}
    changed = times | {"lastUpdatedTime": there.time(-1)}
    there.put(order(recipient={"deliveryAddress": after}, **changed))
    shop.sync()
    (address,) = shop.order().addresses
    told = (address.line1, address.line2, address.postal_code, address.city)
    assert told == ("New St 9", "Flat 7", None, "Newtown")


@pytest.mark.parametrize("shared_database", ["postgresql"], indirect=True)  # SQLite has one writer
def test_two_processes_that_build_the_same_customer_at_once_make_one(live: LiveApplication) -> None:
    app, both_looked, found = live.current(), threading.Barrier(2), []

    def build() -> None:
        with app.writing("test") as ctx:
            store_id = get_store(ctx.session, "default").id
            both_looked.wait(30)
            customer = create_customer(ctx, store_id, Buyer("Ada", "ada@buyer.example"), "amazon")
            found.append(customer.id)

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with app.reading() as ctx:
        assert found == [ctx.session.scalars(select(Customer.id)).one()] * 2


def test_customer_and_address_words_differ_only_in_case_and_space() -> None:
    address = Address(name="Ada  King", line1="Main St 1", phone="1")
    assert address.is_same_place(Address(name="ada king", line1="MAIN ST 1", phone="2"))
    assert not address.is_same_place(Address(name="ada king", line1="Main St 2"))
