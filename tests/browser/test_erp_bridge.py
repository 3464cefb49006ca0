"""Consumers of the ERP bridge: added, told of an order, answering over REST, paused, tried, mended."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any
from urllib.request import Request, urlopen

import pytest
from babel.messages.mofile import read_mo
from playwright.sync_api import Browser, Page, expect

from core.commerce.orders import get_order, hold_order
from core.managing import switch_on
from core.testing import make_order, run_jobs
from plugins.erp_bridge.consumers import NewConsumer, add_consumer, get_consumer, pause_consumer
from plugins.erp_bridge.pickups import acknowledge, lease, reject
from tests.browser.conftest import Site, check_page, press
from tests.shop import Shop

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"
#: What is read of a page, or to whoever cannot see it.
READ = """() => {
  const main = document.querySelector('main');
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  const found = [document.title.split(' · ')[0]];
  while (walker.nextNode()) found.push(walker.currentNode.data);
  for (const name of ['aria-label', 'placeholder', 'title', 'data-label'])
    for (const one of main.querySelectorAll(`[${name}]`)) found.push(one.getAttribute(name));
  return found.map(text => text.trim().replace(/\\s+/g, ' ')).filter(text => /[A-Za-z]{2}/.test(text));
}"""
#: What people, programs and standards have named; the catalogues know what is the same word by chance.
NAMED = re.compile(
    r"\d\d:\d\d UTC|(GET |POST )?https?://\S+|\S+@\S+|/none|\w+=.*|\w+ → .*|: \w+|files|erp|hook|SO-1"
    r"|The SKU is not known\.|Ada Example|A mug|MUG|Default store|Account shop|ERP bridge|Amazon"
)


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
    check_page(page)
    page.get_by_label("Forget what is stored: Second secret").check()
    page.get_by_label("Own shop").check()
    page.get_by_role("checkbox", name="Amazon").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("hook is changed.")).to_be_visible()
    with shop.shop.live.current().reading() as ctx:
        assert get_consumer(ctx.session, "hook").settings.keys() == {"url", "allow_private", "secret"}
    press(page.get_by_role("button", name="Pause"))
    page.goto(f"{shop.url}/problems")
    page.get_by_role("link", name=re.compile("Look and resume")).click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("hook goes on")).to_be_visible()
    page.get_by_role("link", name="Dry run").click()
    expect(row_of(page, number)).to_contain_text("Would have received it")
    check_page(page)


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
    check_page(page)
    row_of(page, second).get_by_role("button", name="Tell again").click()
    expect(row_of(page, second)).to_contain_text("Waiting")
    page.goto(f"{shop.url}/problems")
    expect(page.locator("main")).not_to_contain_text("rejected")

    (again,) = erp.fetch()
    assert (again["id"], again["idempotency_key"]) == (two["id"], two["idempotency_key"])
    page.goto(f"{shop.url}/erp/consumers/erp")
    press(row_of(page, second).get_by_role("button", name="Let it wait again"))
    (again,) = erp.fetch()
    erp.say("ack", id=again["id"], reference="SO-18")
    page.reload()
    expect(row_of(page, second)).to_contain_text("SO-18")
    assert [text for text in shop.complaints if "422" not in text] == []
    shop.complaints.clear()  # a browser notes every page that is refused


def fill(shop: Shop) -> str:
    """Orders in every state, consumers that are paused and away; the number of an order that two know."""
    live = shop.live
    hook = {"url": "http://127.0.0.1:9/orders", "allow_private": True, "secret": SECRET}
    with live.current().writing("test") as ctx:
        add_consumer(ctx, NewConsumer("erp"))
        add_consumer(ctx, NewConsumer("hook", "webhook", settings=hook))
        folder = add_consumer(ctx, NewConsumer("files", "files", settings={"outgoing": "/none"}))
        pause_consumer(ctx, folder, "paused by hand")
    numbers = [make_order(live) for _ in range(5)]
    run_jobs(live)
    with live.current().writing("test") as ctx:
        get_consumer(ctx.session, "hook").failures = 3
        erp = get_consumer(ctx.session, "erp")
        hold_order(ctx, get_order(ctx.session, numbers[4]))
        first, second, *_ = lease(ctx, erp, 3)
        acknowledge(ctx, erp, [(first.id, "SO-1")])
        reject(ctx, erp, [(second.id, "the SKU is not known")])
    return numbers[0]


def read(page: Page, shop: Site, path: str) -> set[str]:
    """What is read on a page, after a button where one is named behind the path."""
    address, _, button = path.partition(" ")
    page.goto(shop.url + address)
    if button:
        page.locator(f"button[value={button}]").click()
        page.locator("main .alert, main .wrong").first.wait_for()
    return set(page.evaluate(READ))


def words_of(language: str) -> set[str]:
    """What a language says as English does."""
    file = files("core.web").joinpath(f"translations/{language}/LC_MESSAGES/messages.mo")
    with file.open("rb") as opened:
        return {str(one.id) for one in read_mo(opened) if one.id == one.string}


def test_every_page_speaks_german_and_dutch(shop: Site, wide_page: Page, browser: Browser) -> None:
    number = fill(shop.shop)
    paths = [
        "/erp", "/erp/new", "/erp/new/pull save", "/erp/new/pull rehearse", "/erp/new/webhook save",
        "/erp/new/files", "/erp/new/tryton save", "/erp/new/webhook test", "/erp/consumers/erp",
        "/erp/consumers/hook", "/erp/consumers/files", "/erp/consumers/erp?state=rejected",
        "/erp/consumers/hook/settings", "/erp/consumers/erp/settings", "/erp/consumers/erp/dry-run",
        "/erp/consumers/erp/remove", "/problems", f"/orders/{number}", "/audit",
    ]  # fmt: skip
    state = wide_page.context.storage_state()
    english = {path: read(wide_page, shop, path) for path in paths}
    left: dict[str, str] = {}
    for language in ("de", "nl"):
        context = browser.new_context(locale=language, storage_state=state)
        page = shop.watch(context.new_page())
        for path in paths:
            same = read(page, shop, path) & english[path] - words_of(language)
            left |= {text: f"{language} {path}" for text in same if not NAMED.fullmatch(text)}
        context.close()
    shop.complaints.clear()
    assert left == {}
    shop.complaints.clear()  # a browser notes every page that is refused
