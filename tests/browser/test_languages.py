"""A walk through the navigation in German and in Dutch: no label stays English."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import EMAIL, PASSWORD, Site, press

WORDS = {"de": ("E-Mail", "Passwort", "Anmelden"), "nl": ("E-mail", "Wachtwoord", "Aanmelden")}
#: The same word in these languages.
SAME = {"Plugins"}


@pytest.mark.parametrize("language", ["de", "nl"])
def test_the_navigation_and_its_pages_speak_the_readers_language(
    site: Site, browser: Browser, language: str
) -> None:
    english = site.watch(browser.new_context(locale="en-GB").new_page())
    site.sign_in(english)
    known = set(english.locator("#menu nav a").all_inner_texts())
    context = browser.new_context(locale=language, viewport={"width": 1280, "height": 900})
    page = site.watch(context.new_page())
    email, password, enter = WORDS[language]
    page.goto(f"{site.url}/login")
    page.get_by_label(email).fill(EMAIL)
    page.get_by_label(password).fill(PASSWORD)
    page.get_by_role("button", name=enter).click()
    page.wait_for_url(f"{site.url}/")
    labels = page.locator("#menu nav a").all_inner_texts()
    assert len(labels) == len(known)
    assert set(labels) & known <= SAME
    for label in labels:
        press(page.locator("#menu nav").get_by_role("link", name=label, exact=True))
        here = page.locator("#menu nav a[aria-current=page]")
        assert (here.inner_text(), page.locator("html").get_attribute("lang")) == (label, language)
        assert page.locator("h1").inner_text().strip() not in known - SAME
    context.close()
    english.context.close()
    assert site.complaints == []
