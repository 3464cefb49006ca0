"""The pages of products, customers, stores and statuses, as an operator uses them."""

from __future__ import annotations

import io

import pytest

from core.access import list_audit
from core.application import LiveApplication
from core.commerce import file_imports
from core.commerce.addresses import Address
from core.commerce.catalog import create_product, get_product
from core.commerce.customers import Buyer, create_customer, remember_address
from core.commerce.inventory import stock_of
from core.commerce.stores import get_store
from core.context import Context
from core.jobs import Owner, Runner
from tests.core.commerce.counter import Counter
from tests.core.web.conftest import Pages, enter


@pytest.fixture
def counter(live: LiveApplication) -> Counter:
    """The shop behind the pages."""
    return Counter(live.current())


def send(pages: Pages, kind: str, text: str) -> str:
    """Hand a file in; the address of the page that follows."""
    file = (io.BytesIO(text.encode()), "my list.csv")
    answer = pages.post(f"/{kind}/import", {"file": file}, content_type="multipart/form-data")
    assert answer.status == 303, answer.text
    return answer.headers["Location"]


def add_customer(counter: Counter, name: str = "Ada <b>Lovelace</b>") -> int:
    def add(ctx: Context) -> int:
        store = get_store(ctx.session, "default")
        customer = create_customer(ctx, store.id, Buyer(name, "ada@example.com"), "amazon")
        remember_address(ctx, customer, Address(line1="Street 1", city="London"))
        return customer.id

    return counter.write(add)


def test_product_is_made_from_an_unknown_sku_then_edited_and_counted(
    pages: Pages, counter: Counter
) -> None:
    assert "No products yet" in pages.get("/products").text
    assert 'value="AB/1"' in pages.get("/products/new?sku=AB/1").source
    form = {"sku": "AB/1", "name": "<i>Mug</i>", "price": "9,90", "currency": "eur", "managed": "1"}
    place = pages.post("/products/new", {**form, "enabled": "1", "units": "5"}).headers["Location"]
    shown = pages.get(place)
    assert ("9.90 EUR" in shown.text, "<i>Mug" in shown.source) == (True, False)
    assert pages.post(place + "/count", {"units": "3", "note": "two broken"}).status == 303
    assert "2 Counted two broken owner.anna@shop.example" in pages.get(place).text
    assert pages.post(place + "/count", {"units": "-1"}).status == 422
    wrong = pages.post(place + "/edit", {"name": "Mug", "price": "x", "currency": "EUR"})
    assert (wrong.status, "not a decimal number" in wrong.text) == (422, True)
    assert pages.post(place + "/edit", {"name": "Cup", "price": "", "currency": ""}).status == 303
    product = counter.read(lambda ctx: get_product(ctx.session, "AB/1"))
    assert (product.name, product.price, product.is_enabled) == ("Cup", None, False)
    entry = counter.read(lambda ctx: list_audit(ctx.session, subject="product:AB/1"))[0]
    assert (entry.action, entry.detail["name"]) == ("product.edited", ["<i>Mug</i>", "Cup"])
    again = pages.post("/products/new", {**form, "units": "0"})
    assert (again.status, "already" in again.text) == (422, True)


def test_products_are_searched_and_turned_over(pages: Pages, counter: Counter) -> None:
    def fill(ctx: Context) -> None:
        for number in range(51):
            create_product(ctx, f"S-{number:02}", f"Thing {number}")

    counter.write(fill)
    first = pages.get("/products")
    assert ("S-49" in first.text, "S-50" in first.text) == (True, False)
    (following,) = [link for link in first.links() if "after=" in link]
    assert pages.get(following).row("S-50")
    assert pages.get("/products?q=thing+50").row("S-50")
    assert "No product fits" in pages.get("/products?q=teapot").text


def test_import_shows_what_will_change_then_does_it(pages: Pages, counter: Counter) -> None:
    counter.stock("MUG", 5)
    place = send(pages, "products", "sku,name,quantity\nMUG,Mug,2\nTEA,Tea,1\nBAD,Bad,x\n")
    wrong = pages.get(place)
    assert "Import of my list.csv" in wrong.text
    assert "'x' is not a quantity" in wrong.row("BAD")
    assert "Product MUG → Mug" in pages.get(place + "?outcome=changed").row("MUG")
    assert "Import 2 lines" in wrong.text
    assert counter.stock_of("MUG").on_hand == 5
    text = pages.get(place + "/wrong.csv").source
    assert text.startswith("\ufeffline,reason,sku,")
    assert pages.post(place + "/apply").status == 303
    assert counter.stock_of("MUG").on_hand == 2
    assert pages.post(place + "/apply").status == 409
    export = pages.get("/products/export")
    assert export.headers["Content-Disposition"] == 'attachment; filename="products.csv"'
    again = pages.get(send(pages, "products", export.source))
    assert "no line would change anything" in again.text
    assert pages.post("/products/import", {}).status == 422
    other = (io.BytesIO(b"colour\nblue\n"), "a.csv")
    refused = pages.post("/products/import", {"file": other}, content_type="multipart/form-data")
    assert (refused.status, "'colour' is none of sku" in refused.text) == (422, True)


def test_long_import_shows_its_progress_and_can_be_stopped(
    pages: Pages, live: LiveApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_imports.working, "PORTION", 2)
    place = send(pages, "products", "sku\nA\nB\nC\nD\nE\n")
    assert "0 of 5 lines" in pages.get(place).text
    asked = {"Host": "127.0.0.1:8000", "HX-Request": "true"}
    with pages.client.get(place, headers=asked) as answer:
        assert ("<html" in answer.text, "HX-Refresh" in answer.headers) == (False, False)
    owner = Owner(live.config.home)
    Runner(live, owner).run_until_idle()
    owner.close()
    with pages.client.get(place, headers=asked) as answer:
        assert answer.headers["HX-Refresh"] == "true"
    assert "Import 5 lines" in pages.get(place).text
    assert pages.post(place + "/cancel").status == 303
    assert "stopped after 0 of 5 lines" in pages.get(place).text


def test_customer_is_found_without_a_name_in_any_address(pages: Pages, counter: Counter) -> None:
    number = add_customer(counter)
    found = pages.post("/customers", {"text": "lovelace"})
    assert "ada@example.com" in found.row("Lovelace")
    assert "<b>Lovelace" not in found.source
    assert not [link for link in found.links() if "ada" in link.casefold()]
    assert "No customer fits" in pages.post("/customers", {"text": "love"}).text
    shown = pages.get(f"/customers/{number}")
    assert "Street 1" in shown.text
    seen = counter.read(lambda ctx: list_audit(ctx.session, subject=f"customer:{number}"))
    assert [entry.action for entry in seen] == ["personal_data.seen"]


def test_customer_and_addresses_are_edited(pages: Pages, counter: Counter) -> None:
    number = add_customer(counter)
    here = f"/customers/{number}"
    assert pages.post(here + "/edit", {"name": "Ada King", "email": "nobody"}).status == 422
    assert pages.post(here + "/edit", {"name": "Ada King", "email": "king@example.com"}).status == 303
    assert pages.post(here + "/addresses/new", {"line1": "Street 2", "country": "QX"}).status == 422
    assert pages.post(here + "/addresses/new", {"line1": "Street 2", "country": "de"}).status == 303
    edits = [link for link in pages.get(here).links() if "/addresses/" in link and "new" not in link]
    assert pages.post(edits[0] + "/remove").status == 303
    assert pages.post(edits[1], {"line1": "Street 3"}).status == 303
    shown = pages.get(here).text
    assert ("Ada King" in shown, "Street 3" in shown, "Street 1" in shown) == (True, True, False)
    text = pages.get("/customers/export").source
    assert "king@example.com" in text
    assert "no line would change anything" in pages.get(send(pages, "customers", text)).text


def test_roles_see_and_change_what_they_may(live: LiveApplication, counter: Counter) -> None:
    counter.stock("MUG", 5)
    place = f"/products/{counter.read(lambda ctx: get_product(ctx.session, 'MUG').id)}"
    number = add_customer(counter)
    reader = enter(Pages(live), live, "read_only")
    assert "Edit" not in reader.get(place).text
    assert reader.get("/products/export").status == 200
    refused = ("/products/new", place + "/edit", "/products/import", "/customers", "/stores", "/statuses")
    assert [path for path in refused if reader.get(path).status != 403] == []
    assert reader.post(place + "/count", {"units": "1"}).status == 403
    packer = enter(Pages(live), live, "packer")
    assert packer.get(f"/customers/{number}").status == packer.get("/customers/export").status == 403
    assert counter.read(lambda ctx: stock_of(ctx.session, [1])[1].on_hand) == 5


def test_store_is_added_and_edited(pages: Pages, counter: Counter) -> None:
    new = {"code": "japan", "name": "Japan", "currency": "JPY", "number_prefix": "J-", "next_number": "7"}
    assert pages.post("/stores/new", new).status == 303
    assert "J-7" in pages.get("/stores").row("Japan")
    assert pages.post("/stores/new", new).status == 422
    form = pages.get("/stores/default").form("/stores/default")
    counter.stock("A", 9)
    counter.place(("A", 1))  # meanwhile
    assert pages.post("/stores/default", {**form, "name": "Shop"}).status == 303
    assert counter.read(lambda ctx: get_store(ctx.session, "default").next_number) == 1000002
    form = pages.get("/stores/default").form("/stores/default")
    wrong = pages.post("/stores/default", {**form, "next_number": "999"})
    assert (wrong.status, "the order 1000001 exists already" in wrong.text.lower()) == (422, True)


def test_status_in_use_says_what_would_happen_first(pages: Pages, counter: Counter) -> None:
    new = {"code": "check", "label": "To check", "like": "pending"}
    assert pages.post("/statuses/new", new).status == 303
    counter.stock("A", 9)
    counter.place(("A", 1), status="check")
    change = {"label": "To check", "like": "on_hold"}
    asked = pages.post("/statuses/check", change)
    assert asked.status == 409
    assert (
        "1 order has the status To check: from now on it would behave as On hold instead of Pending"
        in asked.text
    )
    assert pages.post("/statuses/check", {**change, "although_in_use": "on_hold"}).status == 303
    assert "On hold" in pages.get("/statuses").row("To check")
    assert pages.post("/statuses/complete", {"label": "Erledigt"}).status == 303
    assert "Erledigt" in pages.get("/statuses").row("complete")
