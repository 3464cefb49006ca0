"""Every page that the admin leads to: accessible, quiet, and without a word of the machine's own."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from core.managing import switch_on
from plugins.erp_bridge.consumers import NewConsumer, add_consumer, get_consumer, pause_consumer
from plugins.erp_bridge.pickups import acknowledge, lease, reject
from tests.browser.conftest import WIDTHS, Site

#: Words that only a machine understands, and leftovers of templates.
_RAW = re.compile(r"\{\{|\{%|&lt;|Undefined|\bnull\b|\[\]|object at 0x")


#: Only violations are gathered: that is what takes long otherwise.
_RUN = "axe.run({resultTypes: ['violations']})"


@pytest.mark.timeout(600)
def test_every_page_is_accessible_and_in_plain_words_at_both_widths(site: Site, wide_page: Page) -> None:
    page, axe = wide_page, Axe().axe_script
    fill(site)
    seen: set[str] = set()
    waiting = ["/"]
    faults: dict[str, object] = {}
    while waiting:
        path = waiting.pop(0)
        shape = re.sub(r"[^/]*\d[^/]*", "N", path)
        if shape in seen:
            continue
        seen.add(shape)
        answer = page.goto(site.url + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        page.evaluate(axe)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if violations := page.evaluate(_RUN)["violations"]:
                faults[f"{path} ({width})"] = [
                    (found["id"], [node["html"][:160] for node in found["nodes"]][:3])
                    for found in violations
                ]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
                faults[f"{path} (width {width})"] = "wider than the window"
        shown = page.locator("main").inner_text()
        if _RAW.search(shown):
            faults[f"{path} (text)"] = _RAW.findall(shown)
        waiting += [path for path in links_of(page) if path not in waiting]
    assert faults == {}
    assert len(seen) > 5


def fill(site: Site) -> None:
    """Something of everything: shipped, waiting, pending, blocked."""
    shop = site.shop
    switch_on(shop.live.current(), "erp_bridge", "test")
    hook = {"url": "https://erp.example/orders", "secret": f"whsec_{'A' * 32}"}
    with shop.live.current().writing("test") as ctx:
        add_consumer(ctx, NewConsumer("erp"))
        pause_consumer(ctx, add_consumer(ctx, NewConsumer("hook", "webhook", settings=hook)), "tried out")
    shop.stock("AB-1", 20)
    shipped = shop.place(("AB-1", 2))
    shop.place(("AB-1", 1))
    shop.place(("TEAPOT-RED", 1))
    shop.place(("AB-1", 1), status="PENDING")
    shop.sync()
    order = shop.channel_order(shipped).order
    assert order is not None
    shop.ship(order.number)
    shop.work()
    with shop.live.current().writing("test") as ctx:
        erp = get_consumer(ctx.session, "erp")
        first, second = lease(ctx, erp)
        acknowledge(ctx, erp, [(first.id, "SO-1")])
        reject(ctx, erp, [(second.id, "the SKU is not known")])


def links_of(page: Page) -> list[str]:
    """Where the page leads within the admin, files and the API left out."""
    found = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    paths = [urlsplit(href) for href in found if href.startswith(page.url.split("/", 3)[0])]
    return [
        parts.path
        for parts in paths
        if parts.netloc == urlsplit(page.url).netloc
        and not re.search(r"^/(api|static)/|\.csv$|/export|/logout", parts.path)
    ]
