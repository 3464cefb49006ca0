"""The first start of a shop in a browser: who comes first becomes its owner."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.conftest import EMAIL, PASSWORD, WIDTHS, Site, press


def test_first_operator_is_asked_for_and_signs_in_again(unused_site: Site, browser: Browser) -> None:
    site = unused_site
    context = browser.new_context(
        viewport={"width": WIDTHS[1], "height": 900}, locale="en-GB", timezone_id="Asia/Kolkata"
    )
    page = site.watch(context.new_page())
    page.goto(site.url)
    expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill("too short")
    page.get_by_role("button", name="Add and sign in").click()
    expect(page.get_by_text("at least 12 characters").first).to_be_visible()
    assert [text for text in site.complaints if "422" not in text] == []
    site.complaints.clear()  # a browser notes every page that is refused
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Add and sign in").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    expect(page.get_by_text("Nothing to ship")).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    press(page.get_by_role("button", name="Sign out"))
    assert Axe().run(page).response["violations"] == []
    page.goto(f"{site.url}/setup")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    site.sign_in(page)
    page.goto(f"{site.url}/profile")
    expect(page.get_by_text("It is now")).to_contain_text("IST")
    context.close()
    assert site.complaints == []
