"""Both workflows by hand: ordered on the page of the simulated Amazon, seen, shipped and confirmed."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Site, press

SKU = "MUG-BLUE"
NUMBER = re.compile(r"\d{3}-\d{7}-\d{7}")


def test_order_fulfilled_by_the_merchant_is_walked_by_hand(site: Site, wide_page: Page) -> None:
    admin, amazon = wide_page, wide_page.context.new_page()
    site.shop.stock(SKU, 10)
    number = place(site, amazon, "Place FBM order")
    pass_time(amazon)
    synchronize(site, admin)
    admin.goto(f"{site.url}/channel-orders")
    expect(admin.get_by_text(number)).to_have_count(0)
    admin.get_by_role("link", name="Show pending").first.click()
    expect(row_of(admin, number)).to_contain_text("Pending")

    press(at(amazon, number).get_by_role("button", name="Verify"))
    pass_time(amazon)
    synchronize(site, admin)
    admin.goto(f"{site.url}/channel-orders")
    expect(row_of(admin, number)).to_contain_text("Unshipped")
    row_of(admin, number).get_by_role("link", name="1000001").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Order 1000001")
    expect(admin.get_by_text("Guest order", exact=True)).to_be_visible()

    admin.get_by_role("link", name="Ship", exact=True).click()
    admin.get_by_label("Carrier").fill("DHL")
    admin.get_by_label("Tracking number").fill("JD014600003888000001")
    admin.get_by_role("button", name="Ship").click()
    expect(admin.get_by_text("the shipment is recorded")).to_be_visible()
    site.shop.work()
    admin.reload()
    expect(admin.locator("#shipments")).to_contain_text("Confirmed")
    expect(admin.locator(".subtitle")).to_contain_text("Complete")
    admin.locator("main").get_by_role("link", name=number).first.click()
    expect(admin.locator(".subtitle")).to_contain_text("Shipped")
    amazon.reload()
    expect(at(amazon, number)).to_contain_text("Shipped")
    expect(at(amazon, number)).to_contain_text("JD014600003888000001")


def test_order_fulfilled_by_amazon_is_walked_by_hand(site: Site, wide_page: Page) -> None:
    admin, amazon = wide_page, wide_page.context.new_page()
    site.shop.stock(SKU, 10)
    number = place(site, amazon, "Place FBA order")
    press(at(amazon, number).get_by_role("button", name="Verify"))
    pass_time(amazon)
    synchronize(site, admin)
    admin.goto(f"{site.url}/channel-orders?pending=1")
    expect(admin.get_by_text(number)).to_have_count(0)

    at(amazon, number).get_by_text("Ship at Amazon").click()
    press(at(amazon, number).get_by_role("button", name="Ship these units"))
    pass_time(amazon)
    synchronize(site, admin)
    admin.goto(f"{site.url}/channel-orders")
    expect(row_of(admin, number)).to_contain_text("Shipped")
    row_of(admin, number).get_by_role("link", name="1000001").click()
    expect(admin.locator(".subtitle")).to_contain_text("Complete")
    expect(admin.locator("#shipments")).to_contain_text("Recorded by the channel itself")
    assert (site.shop.on_hand(SKU), site.shop.available(SKU)) == (10, 10)


def place(site: Site, amazon: Page, button: str) -> str:
    """Place an order on Amazon's page; its number."""
    amazon.goto(site.shop.amazon.url)
    amazon.get_by_label("SKU").fill(SKU)
    press(amazon.get_by_role("button", name=button))
    found = NUMBER.search(amazon.get_by_role("status").inner_text())
    assert found
    return found[0]


def pass_time(amazon: Page) -> None:
    """What has happened at Amazon shows in its listings a little later."""
    press(amazon.get_by_role("button", name="Move on by 5 minutes"))


def synchronize(site: Site, admin: Page) -> None:
    """Press the button, and let the worker do it."""
    admin.goto(f"{site.url}/accounts/shop")
    admin.get_by_role("button", name="Sync now").click()
    expect(admin.get_by_text("is read as soon as possible")).to_be_visible()
    site.shop.work()


def row_of(admin: Page, number: str) -> Locator:
    """The row of an order in a list of the admin."""
    return admin.get_by_role("row").filter(has_text=number)


def at(amazon: Page, number: str) -> Locator:
    """The order on Amazon's page."""
    return amazon.locator(f"#order-{number}")
