"""What the first pages show: accounts, the Orders tab, orders, and why."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from core.channels.accounts import Account
from core.channels.channel_orders import ChannelOrder
from core.commerce.orders import Order, OrderLine
from core.web import pages as pages_module
from core.web.admin import accounts
from tests.core.web.conftest import Pages
from tests.shop import Shop

HOSTILE = "<script>alert('x')</script>\"&"


def test_an_empty_shop_says_so_in_words(pages: Pages) -> None:
    home = pages.get("/")
    assert home.status == 200
    assert "No account is connected yet." in home.text
    assert "No channel order to show." in home.text
    assert "There is no order yet." in home.text


def test_the_overview_shows_accounts_channel_orders_and_orders(pages: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 3))
    shop.sync()
    shop.work()
    home = pages.get("/")
    assert "Amazon Amazon.de Active" in home.row("shop", "Active")
    assert "1000001 Unshipped 30.00 EUR Merchant 3 Yes" in home.row(external_id, "Unshipped")
    assert f"1000001 Processing Amazon {external_id} 30.00 EUR" in home.row(external_id, "Processing")


def test_the_channel_order_and_the_order_lead_to_each_other(pages: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    to_channel_order, to_order = f"/channel-orders/shop/{external_id}", "/orders/1000001"
    for path in ("/", "/channel-orders", "/orders", to_channel_order, to_order):
        found = pages.get(path)
        assert found.status == 200
        wanted = {to_channel_order, to_order} - {path}
        assert wanted <= set(found.links()), path


def test_a_pending_channel_order_shows_only_when_asked_for(pages: Pages, shop: Shop) -> None:
    external_id = shop.place(("AB-1", 1), status="PENDING")
    shop.sync()
    assert external_id not in pages.get("/channel-orders").text
    assert external_id not in pages.get("/").text
    assert "None yet Pending — Merchant" in pages.get("/channel-orders?pending=1").row(external_id)
    assert external_id in pages.get("/?pending=1").text
    assert "Only when pending ones are shown" in pages.get(f"/channel-orders/shop/{external_id}").text
    shop.set(show_pending="yes")
    assert external_id in pages.get("/channel-orders").text


def test_a_channel_order_that_waits_says_what_for(pages: Pages, shop: Shop) -> None:
    external_id = shop.place(("NEW-1", 1))
    shop.sync()
    waits = "Waits: there is no product with the SKU NEW-1."
    assert waits in pages.get("/channel-orders").row(external_id)
    why = pages.get(f"/channel-orders/shop/{external_id}")
    assert f"No order was created. {waits}" in why.text
    assert "The order arrived as Unshipped, fulfilled by merchant." in why.text


def test_an_order_that_is_not_stored_yet_has_its_answer_too(pages: Pages, shop: Shop) -> None:
    external_id = shop.place(("AB-1", 1), fulfilled_by="AMAZON", status="UNSHIPPED")
    shop.sync()
    why = pages.get(f"/channel-orders/shop/{external_id}")
    assert "it is imported once it is Shipped" in why.text


def test_the_order_page_shows_lines_shipments_and_history(pages: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 3))
    shop.sync()
    shop.ship("1000001", ("AB-1", 2), tracking="JD014600003")
    partly = pages.get("/orders/1000001")
    assert "10.00 EUR 3 2 0 1 30.00 EUR" in partly.row("AB-1", "30.00 EUR")
    assert "2 \u00d7 AB-1" in partly.row("JD014600003", "DHL")
    shop.ship("1000001", tracking="JD014600004")
    assert "Processing → Complete" in pages.get("/orders/1000001").text


def test_no_page_shows_personal_data(pages: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    with shop.app.reading() as ctx:
        order = ctx.session.scalars(select(Order)).one()
        address = order.addresses[0]
        private = [order.buyer_email, order.buyer_name, address.name, address.line1, address.postal_code]
    secrets = [text for text in private if text]
    assert len(secrets) >= 3
    for path in ("/", "/accounts", "/channel-orders", "/orders", "/orders/1000001"):
        assert not [text for text in secrets if text in pages.get(path).source], path
    assert not [text for text in secrets if text in pages.get(f"/channel-orders/shop/{external_id}").source]


def test_hostile_text_is_only_text(pages: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 1))
    shop.sync()
    with shop.app.writing("test") as ctx:
        ctx.session.execute(update(OrderLine).values(name=HOSTILE, sku=HOSTILE))
        ctx.session.execute(update(Account).values(name=HOSTILE, last_error=HOSTILE))
        ctx.session.execute(update(Order).values(external_id=HOSTILE, number=HOSTILE))
        ctx.session.execute(update(ChannelOrder).values(external_id=HOSTILE, status=HOSTILE[:40]))
    home = pages.get("/")
    places = [path for path in home.links() if path.startswith(("/orders/", "/channel-orders/"))]
    assert len(places) == 4
    for path in ("/", "/accounts", "/channel-orders", "/orders", *places, f"/orders/{HOSTILE}x"):
        found = pages.get(path)
        assert "<script>" not in found.source, path
        assert "alert" in found.text, path
    assert [pages.get(path).status for path in places] == [404, 200, 200, 404]


def test_lists_go_on_page_by_page(pages: Pages, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages_module, "PAGE", 2)
    shop.stock("AB-1", 10)
    placed = [shop.place(("AB-1", 1)) for _ in range(5)]
    shop.sync()
    for start, pattern in (("/channel-orders", r"\d{3}-\d{7}-\d{7}$"), ("/orders", r"100000\d$")):
        seen: list[str] = []
        path: str | None = start
        sizes = []
        while path is not None:
            links = pages.get(path).links()
            ids = {
                m.group() for link in links if (m := re.search(pattern, link)) and link.startswith(start)
            }
            sizes.append(len(ids))
            seen += sorted(ids)
            path = next((link for link in links if "before=" in link), None)
        assert sizes == [2, 2, 1], start
        assert len(set(seen)) == len(placed)


def test_accounts_go_on_page_by_page(pages: Pages, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "PAGE", 1)
    with shop.app.writing("test") as ctx:
        first = ctx.session.scalars(select(Account)).one()
        other = Account(
            channel="amazon", name="another", seller_id="S2", region="na", credentials={},
            added_at=first.added_at,
        )  # fmt: skip
        ctx.session.add(other)
    assert "another" in pages.get("/accounts").text
    assert "/accounts?after=another" in pages.get("/accounts").links()
    last = pages.get("/accounts?after=another")
    assert "shop Amazon" in last.text
    assert not [link for link in last.links() if "after=" in link]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/orders/404", 404, "There is no order '404'."),
        ("/channel-orders/shop/404", 404, "was never seen"),
        ("/channel-orders?before=404", 404, "There is no such page of channel orders"),
        ("/orders?before=x", 422, "before is a whole number"),
        ("/orders?before=" + "9" * 30, 422, "before is a whole number"),
        ("/orders?before=" + "9" * 18, 200, "There is no order yet."),
        ("/nothing", 404, "There is no such page."),
    ],
)
def test_an_address_that_leads_nowhere_says_so(pages: Pages, path: str, status: int, words: str) -> None:
    found = pages.get(path)
    assert (found.status, words in found.text) == (status, True), found.text
