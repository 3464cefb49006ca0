"""Connecting an account, every order setting with what depends on it, undoing, and switching plugins."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from core.commerce.stores import add_store
from plugins.amazon_channel.simulator import SELLER
from tests.browser.conftest import Site, press
from tests.shop import GERMANY

OTHERS = (
    "Import Amazon Orders Into Store", "Customer Creation", "Order Number Source", "Pending Orders",
    "Order Status", "Unknown SKU", "Out of Stock", "Earlier Orders", "Show Pending Orders",
)  # fmt: skip
WARNING = "External fulfillment systems expect"


def test_account_is_connected_after_its_credentials_were_tried(site: Site, wide_page: Page) -> None:
    page = wide_page
    page.goto(f"{site.url}/accounts")
    page.get_by_role("link", name="Connect Amazon").click()
    page.get_by_label("Name", exact=False).first.fill("overseas")
    page.get_by_label("Seller ID").fill(SELLER.seller_id)
    expect(page.get_by_label("Amazon.de")).to_be_visible()
    page.get_by_label("Region").select_option("na")
    expect(page.get_by_label("Amazon.de")).to_be_hidden()
    page.get_by_label("Amazon.com", exact=True).check()
    page.get_by_label("Client ID").fill(SELLER.client_id)
    page.get_by_label("Client secret", exact=True).fill("wrong")
    page.get_by_label("Refresh token").fill(SELLER.refresh_token)
    page.get_by_label("API address").fill(site.shop.amazon.url)
    page.get_by_label("Sign-in address").fill(site.shop.amazon.token_url)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_role("alert")).to_contain_text("client secret is wrong")
    page.get_by_label("Client secret", exact=True).fill(SELLER.client_secret)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("Amazon accepts these credentials")).to_be_visible()
    page.get_by_role("button", name="Save and connect").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("overseas")
    site.shop.work()
    page.reload()
    expect(page.locator("#state")).to_contain_text("Active")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("This account is paused")).to_be_visible()


def test_order_settings_depend_on_each_other_and_are_undone(site: Site, phone_page: Page) -> None:
    page = phone_page
    where = f"{site.url}/accounts/shop/marketplaces/{GERMANY}/settings"
    site.shop.write(lambda ctx: add_store(ctx, "b2b", "Wholesale", "EUR"))
    page.goto(where)
    status = page.get_by_label("Processing Order Status")
    expect(status).to_be_disabled()
    page.get_by_label("Import Amazon Orders", exact=True).select_option("disabled")
    for label in OTHERS:
        expect(page.get_by_label(label, exact=True)).to_be_disabled()
    page.get_by_label("Import Amazon Orders", exact=True).select_option("enabled")
    for label in OTHERS:
        expect(page.get_by_label(label, exact=True)).to_be_enabled()
    expect(page.get_by_text(WARNING)).to_be_hidden()
    since = page.get_by_label("Orders placed since")
    expect(since).to_be_hidden()
    page.get_by_label("Earlier Orders", exact=True).select_option("since")
    expect(since).to_be_visible()
    chosen = {
        "Import Amazon Orders Into Store": "b2b",
        "Customer Creation": "build_new_customer_account",
        "Order Number Source": "amazon",
        "Pending Orders": "do_not_reserve",
        "Order Status": "custom",
        "Unknown SKU": "create_disabled",
        "Out of Stock": "block",
        "Earlier Orders": "unshipped",
        "Show Pending Orders": "yes",
    }
    assert set(chosen) == set(OTHERS)
    for label, value in chosen.items():
        page.get_by_label(label, exact=True).select_option(value)
    expect(page.get_by_text(WARNING)).to_be_visible()
    expect(status).to_be_enabled()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Is required for Custom Order Status.")).to_be_visible()
    assert [text for text in site.complaints if "422" not in text] == []
    site.complaints.clear()  # a browser notes every page that is refused
    status.select_option("on_hold")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    for label, value in {**chosen, "Processing Order Status": "on_hold"}.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(value)
    expect(page.get_by_text(WARNING)).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("The change is undone.")).to_be_visible()
    expect(page.get_by_label("Order Number Source")).to_have_value("store")
    expect(status).to_be_disabled()


def test_custom_order_status_is_saved_at_once_without_scripts(site: Site, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900})
    page = site.sign_in(context.new_page())
    page.goto(f"{site.url}/accounts/shop/marketplaces/{GERMANY}/settings")
    page.get_by_label("Order Status", exact=True).select_option(label="Custom Order Status")
    chosen = page.get_by_label("Processing Order Status")
    expect(chosen.filter(visible=True)).to_have_count(1)
    chosen.filter(visible=True).select_option(label="On hold")
    press(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    expect(page.get_by_label("Processing Order Status")).to_have_value("on_hold")
    context.close()


def test_plugin_is_disabled_enabled_and_configured(site: Site, wide_page: Page) -> None:
    page = wide_page
    page.goto(f"{site.url}/plugins/guest_checkout")
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_text("stops creating orders")).to_be_visible()
    assert [text for text in site.complaints if "409" not in text] == []
    site.complaints.clear()  # a browser notes every page that is refused
    page.get_by_role("button", name="Disable all the same").click()
    expect(page.get_by_text("its data stays")).to_be_visible()
    page.get_by_role("button", name="Enable").click()
    expect(page.get_by_text("guest_checkout is enabled.")).to_be_visible()
    page.goto(f"{site.url}/plugins/amazon_channel/settings/account/shop")
    page.get_by_label("Look for orders every (minutes)").fill("30")
    page.get_by_label("Carriers").fill("Parcel Post=DHL")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Look for orders every (minutes)")).to_have_value("5")
