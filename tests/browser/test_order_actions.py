"""What operators do with orders in a browser: ship in parts, cancel, refund, mend what orders wait for."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Site, press


def test_order_is_shipped_in_parts_and_refunded_by_line_and_whole(site: Site, wide_page: Page) -> None:
    page, shop = wide_page, site.shop
    shop.stock("AB-1", 20)
    shop.stock("CD-2", 20)
    external_id = shop.place(("AB-1", 3), ("CD-2", 1))
    shop.sync()

    page.goto(f"{site.url}/orders/1000001/ship")
    before = page.evaluate("history.length")
    page.get_by_role("button", name="Another package").click()
    expect(page.get_by_label("Carrier").nth(1)).to_be_focused()
    assert page.evaluate("history.length") == before, "Back leaves the form, and sends nothing again"
    for place, (tracking, mugs, teas) in enumerate(
        [("JD014600003888000001", 1, 0), ("JD014600003888000002", 1, 1)]
    ):
        page.get_by_label("Carrier").nth(place).fill("DHL")
        page.get_by_label("Tracking number").nth(place).fill(tracking)
        page.get_by_label(f"Units of AB-1 in package {place + 1}").fill(str(mugs))
        page.get_by_label(f"Units of CD-2 in package {place + 1}").fill(str(teas))
    press(page.get_by_role("button", name="Ship"))
    shop.work()
    page.reload()
    expect(page.locator(".subtitle")).to_contain_text("Processing")
    expect(page.locator("#shipments").get_by_text("Confirmed", exact=True)).to_have_count(2)
    assert shop.channel_order(external_id).status == "PartiallyShipped"

    page.get_by_role("link", name="Ship", exact=True).click()
    page.get_by_label("Carrier").fill("DHL")
    page.get_by_label("Tracking number", exact=True).fill("no?")
    page.get_by_role("button", name="Ship").click()
    expect(page.get_by_label("The tracking number is right as it is")).to_be_visible()
    forgive_refusals(site)
    page.get_by_label("Tracking number", exact=True).fill("JD014600003888000003")
    page.get_by_role("button", name="Ship").click()
    expect(page.locator(".subtitle")).to_contain_text("Complete")
    shop.work()
    assert shop.channel_order(external_id).status == "Shipped"

    for amount in ("4.50", None):
        page.get_by_role("link", name="Refund").click()
        if amount:
            page.get_by_label("These amounts").check()
            page.get_by_label("Amount for AB-1 in EUR").fill(amount)
        page.get_by_label("Reason").select_option("CustomerReturn")
        page.get_by_role("button", name="Refund").click()
        expect(page.locator("dl.sums")).to_contain_text(
            f"Refunded {amount or '35.50'} EUR", use_inner_text=True
        )
        shop.work()
        shop.later()
        start_what_waits(site, page)
        page.goto(f"{site.url}/orders/1000001/refund")
        expect(page.get_by_role("cell", name="Done")).to_have_count(1 if amount else 2)
        press(page.get_by_role("link", name="Order 1000001"))


def test_order_is_canceled_with_a_reason_once_amazon_says_so(site: Site, wide_page: Page) -> None:
    page, shop = wide_page, site.shop
    shop.stock("AB-1", 20)
    external_id = shop.place(("AB-1", 3))
    shop.sync()
    page.goto(f"{site.url}/channel-orders/shop/{external_id}")
    page.get_by_role("link", name="Cancel order").click()
    press(page.get_by_role("button", name="Cancel order"))
    expect(page.locator("#reason-wrong")).to_have_text("Please fill this in.")
    forgive_refusals(site)
    page.get_by_label("Reason").select_option("NoInventory")
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_text("The channel is asked to cancel order 1000001")).to_be_visible()
    shop.work()
    shop.later()
    start_what_waits(site, page)
    page.goto(f"{site.url}/orders/1000001")
    expect(page.locator(".subtitle")).to_contain_text("Canceled")
    assert (shop.world.status_of(external_id), shop.available("AB-1")) == ("CANCELLED", 20)


def test_unknown_sku_is_mended_from_the_inbox_and_all_its_orders_come(site: Site, wide_page: Page) -> None:
    page, shop = wide_page, site.shop
    for _ in range(2):
        shop.place(("TEAPOT-RED", 1))
    shop.sync()
    page.goto(f"{site.url}/problems")
    row = page.get_by_role("row").filter(has_text="SKU TEAPOT-RED is unknown")
    expect(row).to_contain_text("2 orders wait")
    row.get_by_role("link", name="Create product").click()
    page.get_by_label("Name").fill("Teapot, red")
    page.get_by_role("button", name="Create product").click()
    expect(page.get_by_text("The product is added.")).to_be_visible()
    shop.work()
    page.goto(f"{site.url}/problems")
    expect(page.get_by_text("Nothing needs you")).to_be_visible()
    page.goto(f"{site.url}/orders")
    for number in ("1000001", "1000002"):
        expect(page.get_by_role("link", name=number)).to_be_visible()


def start_what_waits(site: Site, page: Page) -> None:
    """Do not wait until the channel is asked for its answer again."""
    page.goto(f"{site.url}/jobs?state=queued")
    rows = page.get_by_role("row").filter(has_text="Ask a channel to cancel or refund")
    row = rows.filter(has_text="1000001")
    row.get_by_role("button", name="Start now").click()
    expect(page.get_by_text("The job starts as soon as there is room.")).to_be_visible()
    site.shop.work()


def forgive_refusals(site: Site) -> None:
    """A browser notes every form that is refused."""
    assert [text for text in site.complaints if "422" not in text] == []
    site.complaints.clear()


def test_filters_are_folded_on_a_phone_until_they_are_asked_for(site: Site, wide_page: Page) -> None:
    page = wide_page
    site.shop.place(("AB-1", 1))
    site.shop.sync()
    for address in ("/orders", "/channel-orders"):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(site.url + address)
        fold, status = page.locator("summary", has_text="Filters"), page.get_by_label("Status", exact=True)
        expect(status).to_be_visible()
        expect(fold).to_be_hidden()
        page.set_viewport_size({"width": 390, "height": 844})
        expect(status).to_be_hidden()
        fold.press("Enter")
        expect(status).to_be_visible()
        page.goto(f"{site.url}{address}?status=Unshipped")
        expect(status).to_be_visible()
