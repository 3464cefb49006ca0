"""Two operators who edit the same thing: the second one is told, and undoes nothing of the first."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import pytest

from core.access import list_audit
from core.application import LiveApplication
from core.commerce.addresses import Address
from core.commerce.catalog import get_product
from core.commerce.customers import Buyer, create_customer, remember_address
from core.commerce.statuses import add_status
from core.commerce.stores import get_store
from core.context import Context
from tests.core.commerce.counter import Counter
from tests.core.web.conftest import Pages, enter

TOLD = "Somebody changed this while you had the page open. Nothing of yours is saved yet"


@dataclass(frozen=True)
class Edit:
    """A form, what the first one of two saves, what the second one wants, what the second one is told."""

    page: str
    theirs: dict[str, str]
    mine: dict[str, str]
    told: str
    post: str | None = None


@pytest.fixture
def counter(live: LiveApplication) -> Counter:
    """The shop behind the pages."""
    return Counter(live.current())


@pytest.fixture
def edits(counter: Counter) -> list[Edit]:
    """One for every form that changes what is stored."""

    def fill(ctx: Context) -> tuple[int, int, int]:
        store = get_store(ctx.session, "default")
        customer = create_customer(ctx, store.id, Buyer("Ada", "ada@example.com"), "amazon")
        remember_address(ctx, customer, Address(line1="Street 1", city="London"))
        add_status(ctx, "check", "To check", "pending")
        return get_product(ctx.session, "A").id, customer.id, customer.addresses[0].id

    counter.stock("A", 9)
    number = counter.place(("A", 1))
    product, customer, address = counter.write(fill)
    ada = f"/customers/{customer}"
    home = {"line1": "Street 1", "city": "Bonn", "country": "DE"}
    return [
        Edit(
            f"/products/{product}/edit", {"name": "Cup"}, {"price": "5.00", "currency": "EUR"},
            "Stored now: Cup.",
        ),
        Edit(f"/products/{product}", {"units": "4"}, {"units": "8"}, "Stored now: 4.",
             f"/products/{product}/count"),
        Edit(f"{ada}/edit", {"name": "Ada King"}, {"email": "king@example.com"}, "Stored now: Ada King."),
        Edit(f"{ada}/addresses/{address}", {"city": "Paris"}, {"line1": "Street 2"}, "Stored now: Paris."),
        Edit("/stores/default", {"name": "Shop"}, {"number_prefix": "X-"}, "Stored now: Shop."),
        Edit("/statuses/check", {"like": "on_hold"}, {"label": "Look"}, "Stored now: On hold."),
        Edit(
            f"/orders/{number}/address", home | {"name": "Ada"}, home | {"name": "Bob"}, "Stored now: Ada.",
        ),
    ]  # fmt: skip


def test_second_of_two_who_edit_the_same_thing_is_told_what_is_stored(
    pages: Pages, live: LiveApplication, counter: Counter, edits: list[Edit]
) -> None:
    other = enter(Pages(live), live, "operator")
    counter.stock("B", 1)
    for edit in edits:
        path = edit.post or edit.page
        form, theirs = pages.get(edit.page).form(path), other.get(edit.page).form(path)
        assert other.post(path, theirs | edit.theirs).status == 303, edit
        told = pages.post(path, form | edit.mine)
        assert told.status == 422, edit
        assert TOLD in told.text, (edit, told.text)
        assert edit.told in told.text, (edit, told.text)
        again = told.form(path)
        assert edit.mine.items() <= again.items(), "what was entered still stands there"
        assert pages.post(path, again).status == 303, edit
    customer, number = edits[2].page.split("/")[2], edits[6].page.split("/")[2]
    audit = counter.read(lambda ctx: list_audit(ctx.session, limit=500))
    seen = [entry.subject for entry in audit if entry.action == "personal_data.seen"]
    assert seen.count(f"customer:{customer}") == 6, "each page with a form, and what is stored now"
    assert seen.count(f"order:{number}") == 3


def test_a_form_that_would_change_nothing_else_is_saved(pages: Pages, edits: list[Edit]) -> None:
    product, store = edits[0].page, edits[4].page
    form = pages.get(product).form(product)
    for _ in range(2):
        assert pages.post(product, form | {"name": "Cup"}).status == 303, "both want the same"
    del form["seen"]
    assert pages.post(product, form | {"name": "Mug"}).status == 303, "a program that does not say"
    page = pages.get(store).form(store)
    wrong = pages.post(store, page | {"currency": "x"})
    assert (wrong.status, wrong.form(store)["seen"]) == (422, page["seen"]), "it is still from before"


def test_of_two_who_save_at_the_same_moment_one_is_told(
    pages: Pages, live: LiveApplication, counter: Counter, edits: list[Edit]
) -> None:
    product = edits[0].page
    others = [pages, enter(Pages(live), live, "operator")]
    forms = [each.get(product).form(product) for each in others]
    for each in others:
        each.post("/profile/language", {"language": "en"})  # so that the CSRF token is at hand
    barrier, found = threading.Barrier(2), []

    def save(place: int) -> None:
        barrier.wait()
        found.append(others[place].post(product, forms[place] | {"name": f"Name {place}"}).status)

    threads = [threading.Thread(target=save, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [303, 422]
    saved = counter.read(lambda ctx: list_audit(ctx.session, subject="product:A"))
    assert [entry.action for entry in saved] == ["product.edited"]
