"""A browser on the admin of a shop: the system's Chromium, headless; skipped where there is none.

`.ci/run` sets ENTREPOT_REQUIRE_BROWSER, and then a missing browser is a failure.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from core.access import add_operator
from core.application import LiveApplication
from core.web.app import LivePages
from plugins.amazon_channel.simulator import RunningSimulator, World
from tests.databases import SharedSqlite, make_config
from tests.shop import Shop

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
EMAIL, PASSWORD = "anna@shop.example", "correct horse battery"
WIDTHS = (1280, 390)
#: Milliseconds; a page takes long where many tests run at once.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  # werkzeug's name
        """Say nothing."""


@dataclass
class Site:
    """A shop, the address of its admin, and what its pages complained about in the browser."""

    shop: Shop
    url: str
    complaints: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Page:
        """Note what a page complains about: errors, and what the content security policy refused."""
        page.on(
            "console",
            lambda message: self.complaints.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def sign_in(self, page: Page) -> Page:
        """Sign the owner in."""
        page.goto(f"{self.url}/login")
        page.get_by_label("Email").fill(EMAIL)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{self.url}/")
        return page


def check_page(page: Page) -> None:
    """On a desk and on a phone: nobody is shut out from this page, and nothing is beyond the window."""
    before = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert [found["id"] for found in Axe().run(page).response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    assert before is not None
    page.set_viewport_size(before)


def press(control: Locator) -> None:
    """Press a link or a button, and wait for the page that it leads to: a click alone does not wait."""
    with control.page.expect_navigation():
        control.click()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of this process of the test run."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        if os.environ.get("ENTREPOT_REQUIRE_BROWSER"):
            pytest.fail("there is no Chromium on this machine, and ENTREPOT_REQUIRE_BROWSER is set")
        pytest.skip("there is no Chromium on this machine: install it to run the browser tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def unused_site(
    shared_sqlite: SharedSqlite, tmp_path: Path, world: World, amazon: RunningSimulator
) -> Iterator[Site]:
    """A shop with an account at the simulated Amazon, and its admin over HTTP; nobody can sign in yet."""
    shared_sqlite.reset()
    live = LiveApplication(make_config(tmp_path, shared_sqlite.url), engine=shared_sqlite.engine)
    shop = Shop(live, world, amazon)
    server = make_server("127.0.0.1", 0, LivePages(live), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(shop, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    shop.close()
    live.close()


@pytest.fixture
def site(unused_site: Site) -> Site:
    """The same with an owner."""
    unused_site.shop.write(lambda ctx: add_operator(ctx, EMAIL, "owner", PASSWORD))
    return unused_site


@pytest.fixture
def wide_page(browser: Browser, site: Site) -> Iterator[Page]:
    """The owner's browser on a desk."""
    with open_page(browser, site, WIDTHS[0]) as page:
        yield page


@pytest.fixture
def phone_page(browser: Browser, site: Site) -> Iterator[Page]:
    """The owner's browser on a phone."""
    with open_page(browser, site, WIDTHS[1]) as page:
        yield page


@contextmanager
def open_page(browser: Browser, site: Site, width: int) -> Iterator[Page]:
    """The owner's browser. A page may complain about nothing."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="en-GB", timezone_id="UTC"
    )
    context.set_default_timeout(PATIENCE)
    page = site.watch(context.new_page())
    yield site.sign_in(page)
    context.close()
    assert site.complaints == []
