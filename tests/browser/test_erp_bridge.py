"""Consumers of the ERP bridge: added, told of an order, answering over REST, paused, tried, mended."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from core.managing import switch_on
from core.testing import make_order, run_jobs
from plugins.erp_bridge.consumers import get_consumer
from tests.browser.conftest import WIDTHS, Site

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"


@pytest.fixture
def shop(site: Site) -> Site:
    """A shop with the ERP bridge."""
    switch_on(site.shop.live.current(), "erp_bridge", "test")
    return site


class Erp:
    """A program that picks orders up over HTTP."""

    def __init__(self, site: Site, token: str) -> None:
        self.address, self.token = f"{site.url}/api/v1/pickup/erp", token

    def fetch(self) -> list[dict[str, Any]]:
        """What waits."""
        found: list[dict[str, Any]] = self._ask(Request(self.address))["items"]
        return found

    def say(self, what: str, **item: object) -> None:
        """Answer one."""
        body = json.dumps({"items": [item]}).encode()
        request = Request(f"{self.address}/{what}", body, {"Content-Type": "application/json"})
        (answer,) = self._ask(request)["items"]
        assert answer["error"] is None

    def _ask(self, request: Request) -> Any:
        request.add_header("Authorization", f"Bearer {self.token}")
        with urlopen(request) as answer:
            return json.load(answer)


def row_of(page: Page, number: str) -> Any:
    return page.locator("tbody tr").filter(has_text=number)


def check_accessible(page: Page) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")


def test_consumer_that_is_away_is_tried_paused_resumed_and_tried_out_on_past_orders(
    shop: Site, wide_page: Page
) -> None:
    page = wide_page
    number = make_order(shop.shop.live)
    page.goto(f"{shop.url}/erp/new/webhook")
    page.get_by_label("Name", exact=False).first.fill("hook")
    page.get_by_label("Orders from this day on").fill("2026-01-01")
    page.get_by_label("Address").first.fill("http://127.0.0.1:9/orders")
    page.get_by_label("Allow private addresses").check()
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#tried")).to_contain_text("Secret")
    page.get_by_label("Secret", exact=True).fill(SECRET)
    page.get_by_label("Second secret").fill(SECRET)
    page.get_by_role("button", name="Test connection").click()
    expect(page.locator("#tried")).to_contain_text("could not be reached")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("hook")
    run_jobs(shop.shop.live)
    page.reload()
    expect(page.get_by_text("It could not be reached")).to_be_visible()
    expect(row_of(page, number)).to_contain_text("Waiting")

    page.get_by_role("link", name="Change").click()
    expect(page.get_by_label("Secret", exact=True)).to_have_value("")
    check_accessible(page)
    page.get_by_label("Forget what is stored: Second secret").check()
    page.get_by_label("Own shop").check()
    page.get_by_label("Amazon").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("hook is changed.")).to_be_visible()
    with shop.shop.live.current().reading() as ctx:
        assert get_consumer(ctx.session, "hook").settings.keys() == {"url", "allow_private", "secret"}
    page.get_by_role("button", name="Pause").click()
    page.goto(f"{shop.url}/problems")
    page.get_by_role("link", name=re.compile("Look and resume")).click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("hook goes on")).to_be_visible()
    page.get_by_role("link", name="Dry run").click()
    expect(row_of(page, number)).to_contain_text("Would have received it")
    check_accessible(page)


def test_consumer_is_added_fetches_with_its_token_rejects_and_is_told_again(
    shop: Site, wide_page: Page
) -> None:
    page = wide_page
    page.goto(f"{shop.url}/erp")
    page.get_by_role("link", name="Add a consumer").click()
    page.get_by_role("link", name=re.compile("Choose.*Fetches")).click()
    page.get_by_label("Name", exact=True).fill("The ERP")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".wrong")).to_contain_text("lower-case letters")
    page.get_by_label("Name", exact=True).fill("erp")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("erp")
    first, second = (make_order(shop.shop.live) for _ in range(2))
    run_jobs(shop.shop.live)
    page.reload()
    expect(row_of(page, first)).to_contain_text("Waiting")
    page.get_by_role("button", name="Make a token").click()
    erp = Erp(shop, page.locator("#new-token").inner_text())

    one, two = erp.fetch()
    assert one["order"]["buyer"]["name"] == "Ada Example"
    erp.say("ack", id=one["id"], reference="SO-17")
    erp.say("reject", id=two["id"], reason="MUG is not known here")
    page.goto(f"{shop.url}/erp/consumers/erp")
    expect(row_of(page, first)).to_contain_text(re.compile("Acknowledged.*SO-17", re.S))
    expect(row_of(page, second)).to_contain_text("MUG is not known here.")
    page.goto(f"{shop.url}/problems")
    page.get_by_role("link", name=re.compile("Look at what was rejected")).click()
    expect(row_of(page, second)).to_be_visible()
    expect(row_of(page, first)).to_have_count(0)
    check_accessible(page)
    row_of(page, second).get_by_role("button", name="Tell again").click()
    expect(row_of(page, second)).to_contain_text("Waiting")
    page.goto(f"{shop.url}/problems")
    expect(page.locator("main")).not_to_contain_text("rejected")

    (again,) = erp.fetch()
    assert (again["id"], again["idempotency_key"]) == (two["id"], two["idempotency_key"])
    page.goto(f"{shop.url}/erp/consumers/erp")
    row_of(page, second).get_by_role("button", name="Let it wait again").click()
    (again,) = erp.fetch()
    erp.say("ack", id=again["id"], reference="SO-18")
    page.reload()
    expect(row_of(page, second)).to_contain_text("SO-18")
    assert [text for text in shop.complaints if "422" not in text] == []
    shop.complaints.clear()  # a browser notes every page that is refused
