"""The admin without a mouse: the skip link, what Enter opens and Escape closes, and where the focus is."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDTHS, Site


def test_what_enter_opens_escape_closes_and_the_focus_stays_in_sight(site: Site, wide_page: Page) -> None:
    page = wide_page
    site.shop.place(("TEAPOT-RED", 1))
    site.shop.sync()
    page.goto(f"{site.url}/problems")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Ignored problems")).to_be_focused()
    for_good = page.get_by_role("button", name="For good")
    ignore = page.locator("summary", has_text="Ignore")
    ignore.focus()
    page.keyboard.press("Enter")
    expect(for_good).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(for_good).to_be_hidden()
    expect(ignore).to_be_focused()
    page.set_viewport_size({"width": WIDTHS[1], "height": 844})
    button, menu = page.get_by_role("button", name="Menu"), page.get_by_role("navigation", name="Pages")
    button.focus()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(button).to_be_focused()
