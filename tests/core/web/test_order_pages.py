"""What the pages of orders show: home, the list, one order, the Orders tab, and why."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from core.access import AuditEntry
from core.application import LiveApplication
from core.channels.accounts import Account
from core.channels.channel_orders import ChannelOrder
from core.commerce.orders import Order, OrderLine, grid
from core.web.admin import channel_orders as tab_module
from tests.core.web.conftest import Pages, enter
from tests.shop import Shop

HOSTILE = "<script>alert('x')</script>\"&"


@pytest.fixture
def visitor(live: LiveApplication) -> Pages:
    """The pages for an operator who changes nothing and sees no personal data."""
    return enter(Pages(live), live, "read_only")


def private_words(shop: Shop) -> list[str]:
    """What points at the buyer of the only order."""
    order = shop.order()
    address = order.addresses[0]
    words = [order.buyer_email, order.buyer_name, address.name, address.line1, address.postal_code]
    return [word for word in words if word]


def test_an_empty_shop_says_so_in_words(pages: Pages) -> None:
    home = pages.get("/")
    assert home.status == 200
    for words in ("Nothing to ship", "No problems", "No account is connected yet", "No sales in the last"):
        assert words in home.text
    assert "No orders yet" in pages.get("/orders").text
    assert "No account is connected yet" in pages.get("/channel-orders").text


def test_home_shows_what_is_to_ship_what_was_sold_and_how_accounts_stand(pages: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 3))
    shop.place(("NEW-1", 1))
    shop.sync()
    shop.work()
    home = pages.get("/")
    assert "1 Orders today 1 To ship" in home.text
    assert "1000001" in home.row("1000001", "Processing", "30.00 EUR")
    assert "1 order" in home.row("shop", "Amazon", "Active")
    assert "SKU NEW-1 is unknown 1 order waits" in home.text
    assert "Create product" in home.text
    assert "/products/new?sku=NEW-1" in home.links()
    assert "30.00 EUR Last 7 days 30.00 EUR Last 30 days" in home.text
    assert 'hx-get="/home/now" hx-trigger="every 10s"' in home.source
    assert "1000001" in pages.get("/home/now").text
    assert home.source.count("<rect") == pages.get("/home/sales").source.count("<rect") == 30


def test_the_channel_order_and_the_order_lead_to_each_other(pages: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    to_channel_order, to_order = f"/channel-orders/shop/{external_id}", "/orders/1000001"
    for path in ("/channel-orders", "/orders", to_channel_order, to_order):
        found = pages.get(path)
        assert found.status == 200
        wanted = {to_channel_order, to_order} - {path}
        assert wanted <= set(found.links()), path
    tab = pages.get("/channel-orders")
    columns = "Purchase date Amazon order number Order number Buyer Status Total Fulfilled by"
    assert f"{columns} Items unshipped Reserved Latest ship date Last note" in tab.text
    row = tab.row(external_id)
    assert "1000001" in row
    assert "10.00 EUR Merchant 1 Yes" in row
    assert "Late" not in row
    for model in (Order, ChannelOrder):
        past = update(model).values(ship_by=datetime(2026, 1, 1, tzinfo=UTC))
        shop.write(lambda ctx, past=past: ctx.session.execute(past))
    for path, words in (("/channel-orders", external_id), ("/", "Processing"), ("/orders", external_id)):
        assert "2026-01-01 00:00 UTC Late" in pages.get(path).row("1000001", words), path
    assert "2026-01-01 00:00 UTC Late" in pages.get(to_channel_order).text
    shop.write(lambda ctx: ctx.session.execute(update(ChannelOrder).values(status="Shipped")))
    assert "Late" not in pages.get("/channel-orders").row("1000001")


def test_a_pending_channel_order_shows_only_when_asked_for(pages: Pages, shop: Shop) -> None:
    external_id = shop.place(("AB-1", 1), status="PENDING")
    shop.sync()
    assert external_id not in pages.get("/channel-orders").text
    assert "None yet" in pages.get("/channel-orders?pending=1").row(external_id, "Pending", "— Merchant")
    assert external_id in pages.get(f"/channel-orders?number={external_id}").text
    assert "Only when pending ones are shown" in pages.get(f"/channel-orders/shop/{external_id}").text
    shop.set(show_pending="yes")
    assert external_id in pages.get("/channel-orders").text


def test_a_channel_order_that_waits_says_what_for_and_what_decided_it(pages: Pages, shop: Shop) -> None:
    external_id = shop.place(("NEW-1", 1))
    shop.sync()
    waits = "Waits: there is no product with the SKU NEW-1."
    assert waits in pages.get("/channel-orders?waiting=1").row(external_id)
    why = pages.get(f"/channel-orders/shop/{external_id}")
    assert f"No order was created. {waits}" in why.text
    assert "The order arrived as Unshipped, fulfilled by merchant." in why.text
    assert "decided by Unknown SKU: Block the order" in why.text
    elsewhere = shop.place(("AB-1", 1), fulfilled_by="AMAZON", status="UNSHIPPED")
    shop.sync()
    assert "it is imported once it is Shipped" in pages.get(f"/channel-orders/shop/{elsewhere}").text


def test_the_order_page_shows_lines_amounts_shipments_and_history(pages: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 3))
    shop.sync()
    shop.ship("1000001", ("AB-1", 2), tracking="JD014600003")
    shop.work()
    partly = pages.get("/orders/1000001")
    assert "10.00 EUR 3 2 0 1 30.00 EUR" in partly.row("AB-1", "30.00 EUR")
    assert "2 \u00d7 AB-1 Confirmed" in partly.row("JD014600003", "DHL")
    assert "Sum of the charges 30.00 EUR The channel says 30.00 EUR Reconciled Yes" in partly.text
    assert "The charges come to 30.00 EUR, as the channel says." in partly.text
    assert "Confirmed" in pages.get(f"/channel-orders/shop/{external_id}").row("JD014600003")
    shop.ship("1000001", tracking="JD014600004")
    with shop.app.writing("test") as ctx:
        ctx.session.execute(update(Order).values(charges_total=order_total(shop) + 1))
    whole = pages.get("/orders/1000001")
    assert "Processing → Complete" in whole.text
    assert "The charges come to 31.00 EUR, the channel says 30.00 EUR." in whole.text


def test_an_action_is_offered_where_it_can_be_done_else_the_reason_is_said(
    pages: Pages, visitor: Pages, shop: Shop
) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    actions = {f"/orders/1000001/{name}" for name in ("ship", "hold", "cancel", "address")}
    assert actions <= set(pages.get("/orders/1000001").links())
    assert "/orders/1000001/cancel" in pages.get(f"/channel-orders/shop/{external_id}").links()
    assert not actions & set(visitor.get("/orders/1000001").links())
    assert all(pages.get(path).status == 200 for path in actions)
    shop.ship("1000001")
    shipped = pages.get("/orders/1000001")
    assert not actions & set(shipped.links())
    assert "Ship: Nothing is left to ship." in shipped.text
    assert "Cancel order: Order 1000001 is complete" in shipped.text


def order_total(shop: Shop):
    """The total of the only order."""
    return shop.order().total


def test_personal_data_show_only_with_the_permission_and_seeing_them_is_written_down(
    pages: Pages, visitor: Pages, shop: Shop
) -> None:
    shop.stock("AB-1", 10)
    external_id = shop.place(("AB-1", 1))
    shop.sync()
    secrets = private_words(shop)
    assert len(secrets) >= 3
    places = ("/", "/channel-orders", "/orders", "/orders/1000001", "/orders/export.csv")
    for path in (*places, f"/channel-orders/shop/{external_id}"):
        found = visitor.get(path)
        assert found.status == 200
        assert not [text for text in secrets if text in found.source], path
    assert seen_by_anyone(shop) == []
    shown = pages.get("/orders/1000001").text
    assert all(text in shown for text in secrets)
    assert str(shop.order().buyer_name) in pages.get("/orders").text
    assert str(shop.order().buyer_email) in pages.get("/orders/export.csv").source
    assert seen_by_anyone(shop) == ["order:1000001", "orders:list", "orders:export"]


def seen_by_anyone(shop: Shop) -> list[str]:
    """What personal data was looked at, in that order."""
    query = select(AuditEntry.subject).where(AuditEntry.action == "personal_data.seen")
    return shop.read(lambda ctx: list(ctx.session.scalars(query.order_by(AuditEntry.id))))


def test_filters_narrow_the_list_and_a_buyer_never_stands_in_an_address(pages: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    first, second = shop.place(("AB-1", 1)), shop.place(("AB-1", 2))
    shop.sync()
    shop.ship("1000002")
    buyer = str(shop.orders()[1].buyer_email)

    def narrowed(**filters: str) -> tuple[str, list[str]]:
        answer = pages.post("/orders/filter", filters)
        assert answer.status == 303
        address = answer.headers["Location"]
        found = pages.get(address)
        return address, re.findall(r'href="/orders/(\d+)"', found.source)

    assert narrowed()[1] == ["1000002", "1000001"]
    assert narrowed(number=first)[1] == ["1000001"]
    assert narrowed(status="complete") == ("/orders?status=complete", ["1000002"])
    assert narrowed(total_from="15", total_to="20,00")[1] == ["1000002"]
    assert narrowed(placed_to="2001-01-01")[1] == []
    assert narrowed(channel="amazon", sort="total")[1] == ["1000001", "1000002"]
    address, found = narrowed(buyer=buyer, status="complete")
    assert found == ["1000002"]
    assert buyer.split("@", 1)[0] not in address
    exported = pages.get(address.replace("/orders?", "/orders/export.csv?"))
    assert exported.headers["Content-Type"].startswith("text/csv")
    assert (second in exported.source, first in exported.source) == (True, False)


def test_a_list_says_when_it_is_sorted_otherwise_and_when_a_page_is_not_full(
    pages: Pages, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.stock("AB-1", 50)
    for units in (1, 1, 2, 2):
        shop.place(("AB-1", units))
    shop.sync()
    for number in ("1000001", "1000002"):
        shop.ship(number)
    for limit in ("FEW", "MOST", "NEAR"):
        monkeypatch.setattr(grid, limit, 1)
    otherwise = pages.get("/orders?placed_from=2001-01-01&sort=number")
    assert "they are sorted as “Oldest first”" in otherwise.text
    assert re.findall(r'href="/orders/(\d+)"', otherwise.source) == [str(1000001 + n) for n in range(4)]
    address, texts = "/orders?status=complete&total_from=15", []
    while address:
        page = pages.get(address)
        texts.append(page.text)
        link = re.search(r'href="(/orders[^"]+after=[^"]+)"', page.source)
        address = link[1].replace("&amp;", "&") if link else ""
    assert ["it is not full: go on with the next page" in text for text in texts] == [True, True, False]
    assert "No matching orders" in texts[-1]


def test_a_view_is_kept_shown_and_deleted(pages: Pages, visitor: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 1))
    shop.sync()
    kept = pages.post("/orders/views", {"name": "Open ones", "status": "processing", "sort": "ship_by"})
    address = kept.headers["Location"]
    shown = pages.get(address)
    assert "1000001" in shown.row("1000001")
    assert 'value="ship_by" selected' in shown.source
    assert "Open ones" in pages.get("/orders").text
    assert "Open ones" not in visitor.get("/orders").text
    assert visitor.get(address).status == 404
    assert pages.post("/orders/views", {"name": " "}).status == 422
    other = {"name": "Open ones", "status": "complete"}
    back = pages.get(pages.post("/orders/views", other).headers["Location"])
    assert "You have a view 'Open ones' with other filters already" in back.text
    assert 'value="processing" selected' in pages.get(address).source
    assert pages.post("/orders/views", {**other, "replace": "1"}).headers["Location"] == address
    assert 'value="complete" selected' in pages.get(address).source
    pages.post("/orders/views", {"name": "Open ones", "status": "processing", "replace": "1"})
    view = address.rpartition("=")[2]
    assert visitor.post(f"/orders/views/{view}/delete").status == 404
    assert pages.post(f"/orders/views/{view}/delete").status == 303
    assert "Open ones" not in pages.get("/orders").row("1000001")


def test_hostile_text_is_only_text(pages: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 1))
    shop.sync()
    with shop.app.writing("test") as ctx:
        ctx.session.execute(update(OrderLine).values(name=HOSTILE, sku=HOSTILE))
        ctx.session.execute(update(Account).values(name=HOSTILE, last_error=HOSTILE))
        ctx.session.execute(update(Order).values(external_id=HOSTILE, number=HOSTILE, buyer_name=HOSTILE))
        ctx.session.execute(
            update(ChannelOrder).values(external_id=HOSTILE, status=HOSTILE[:40], buyer_name=HOSTILE)
        )
    links = [link for path in ("/orders", "/channel-orders") for link in pages.get(path).links()]
    places = [link for link in links if "alert" in link]
    assert len(places) == 4
    for path in ("/", "/channel-orders", "/orders", *places, f"/orders?number={HOSTILE}"):
        found = pages.get(path)
        assert "<script>alert" not in found.source, path
        assert "alert" in found.source, path


def test_lists_go_on_page_by_page(pages: Pages, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tab_module, "PAGE", 2)
    monkeypatch.setattr("core.web.admin.order_filters.ROWS", 2)
    shop.stock("AB-1", 10)
    placed = [shop.place(("AB-1", 1)) for _ in range(5)]
    shop.sync()
    for start, pattern, follows in (
        ("/channel-orders", r"\d{3}-\d{7}-\d{7}$", "before="),
        ("/orders", r"100000\d$", "after="),
        ("/orders?sort=ship_by", r"100000\d$", "after="),
    ):
        seen: list[str] = []
        path: str | None = start
        sizes = []
        while path is not None:
            links = pages.get(path).links()
            begins = start.partition("?")[0]
            ids = {
                m.group() for link in links if (m := re.search(pattern, link)) and link.startswith(begins)
            }
            sizes.append(len(ids))
            seen += sorted(ids)
            path = next((link for link in links if follows in link), None)
        assert sizes == [2, 2, 1], start
        assert len(set(seen)) == len(placed)


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/orders/404", 404, "There is no order '404'."),
        ("/channel-orders/shop/404", 404, "was never seen"),
        ("/channel-orders?before=404", 404, "There is no such page of channel orders"),
        ("/channel-orders?before=x", 422, "before is a whole number"),
        ("/channel-orders?placed_from=x", 422, "A date is written as 2026-12-31."),
        ("/orders?after=x", 422, "start again at its first page"),
        ("/orders?view=" + "9" * 18, 404, "There is no such view any more"),
        ("/orders?total_from=abc", 422, "An amount is a number such as 12.50."),
        ("/orders?placed_from=9999-12-31&placed_to=9999-12-31", 422, "A date is written as 2026-12-31."),
        ("/orders?number=%01", 422, "printable characters"),
        ("/orders?sort=buyer_name", 200, "No orders yet"),
    ],
)
def test_an_address_that_leads_nowhere_says_so(pages: Pages, path: str, status: int, words: str) -> None:
    found = pages.get(path)
    assert (found.status, words in found.text) == (status, True), found.text


def test_an_order_leads_to_its_customer_and_to_what_mends_it(pages: Pages, shop: Shop) -> None:
    shop.stock("AB-1", 10)
    shop.set(customer_creation="build_new_customer_account")
    shop.place(("AB-1", 1), address={"address_line1": None})
    shop.sync()
    order = pages.get("/orders/1000001")
    assert f"/customers/{shop.order().customer_id}" in order.links()
    assert "The address of order 1000001 is incomplete" in order.text
    for page in ("/orders/1000001", "/problems", "/"):
        assert "/orders/1000001/address" in pages.get(page).links(), page
    seen = pages.get("/audit")
    assert "Order 1000001" in seen.text
    settings = "Order settings of shop, Amazon.de Changed: Customer creation"
    assert settings in seen.row("Settings: changed")


def test_a_channel_order_that_waits_has_the_button_beside_its_reason(pages: Pages, shop: Shop) -> None:
    external_id = shop.place(("NEW-1", 1))
    shop.sync()
    assert "/products/new?sku=NEW-1" in pages.get(f"/channel-orders/shop/{external_id}").links()
    account = pages.get("/accounts/shop").text
    assert "Seen = Imported + Updated + Skipped + Held + Failed" in account
