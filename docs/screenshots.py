"""Make the screenshots of the admin in `docs/screenshots/`, of a shop that is the same every time.

Seeded orders, a clock that stands still, windows of one size: a picture changes only when the page does.
Without a Chromium on this machine the pictures stay as they are.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from core.application import LiveApplication
from core.channels.accounts import Account
from core.channels.listing import MERCHANT
from core.clock import SetClock
from core.commerce.orders import list_orders
from core.config import load_config
from core.jobs import Owner, Runner
from core.web.app import LivePages
from plugins.amazon_channel.demo import OPERATOR, Stage, add_demo_operator, fill_shop, open_shop
from plugins.amazon_channel.simulator import World, serve_simulator

FOLDER = Path(__file__).parent / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--hide-scrollbars", "--disable-lcd-text",
    "--font-render-hinting=none", "--force-color-profile=srgb", "--disable-partial-raster",
]  # fmt: skip
#: A Monday morning.
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WINDOW, PHONE = (1280, 800), (390, 844)
#: Name of the picture, page, size of the window.
PICTURES = (
    ("home", "/", WINDOW),
    ("problems", "/problems", WINDOW),
    ("orders", "/orders", WINDOW),
    ("order", "/orders/{order}", WINDOW),
    ("ship", "/orders/{open_order}/ship", WINDOW),
    ("channel-orders", "/channel-orders", WINDOW),
    ("account", "/accounts/{account}", WINDOW),
    ("order-settings", "/accounts/{account}/marketplaces/{marketplace}/settings", WINDOW),
    ("phone", "/", PHONE),
)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  # werkzeug's name
        """Say nothing."""


def main() -> int:
    """Make every picture; the exit status."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("screenshots: there is no Chromium here, so they stay as they are", file=sys.stderr)
        return 0
    FOLDER.mkdir(exist_ok=True)
    with open_filled_shop() as stage:
        password = add_demo_operator(stage)
        changed = take(browser, stage, password)
    print(f"screenshots: {', '.join(changed) or 'up to date'}")
    return 0


@contextmanager
def open_filled_shop() -> Iterator[Stage]:
    """The demo's shop, at `NOW`, with its pages served; thrown away at the end."""
    for name in [name for name in os.environ if name.startswith("ENTREPOT_")]:
        del os.environ[name]  # what this machine's operator has set is no business of the pictures
    world, clock = World(seed=7, now=NOW - timedelta(minutes=10), running=False), SetClock(NOW)
    with TemporaryDirectory() as folder, serve_simulator(world, port=0, rates="off") as amazon:
        live = LiveApplication(load_config({"ENTREPOT_HOME": folder, "ENTREPOT_LOG_LEVEL": "ERROR"}), clock)
        live.upgrade()
        server = make_server("127.0.0.1", 0, LivePages(live), threaded=True, request_handler=_Quiet)
        stage = Stage(
            live, world, amazon, f"http://127.0.0.1:{server.server_port}", open_shop(live.current(), amazon)
        )
        fill_shop(stage)
        owner = Owner(live.config.home)
        Runner(live, owner).run_until_idle()
        owner.close()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield stage
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            live.close()


def take(browser: str, stage: Stage, password: str) -> list[str]:
    """Take every picture; the names of those that changed."""
    changed = []
    known = addresses(stage)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=ARGUMENTS)
        page = chromium.new_page(locale="en-GB", timezone_id="UTC", reduced_motion="reduce")
        sign_in(page, stage.page, password)
        for name, path, (width, height) in PICTURES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(stage.page + path.format(**known), wait_until="networkidle")
            taken = page.screenshot(caret="hide", animations="disabled")
            file = FOLDER / f"{name}.png"
            if not file.exists() or file.read_bytes() != taken:
                file.write_bytes(taken)
                changed.append(name)
        chromium.close()
    return changed


def addresses(stage: Stage) -> dict[str, str]:
    """What the addresses of the pages name."""
    with stage.app.reading() as ctx:
        account = ctx.session.get_one(Account, stage.account_id)
        newest = list_orders(ctx.session)
        shipped = next(order for order in newest if order.fulfilled_by == MERCHANT and order.has_shipped)
        return {
            "account": account.name,
            "marketplace": account.marketplaces[0].marketplace,
            "order": shipped.number,
            "open_order": next(order.number for order in newest if order.left_to_ship),
        }


def sign_in(page: Page, url: str, password: str) -> None:
    """Sign the operator of the demo in."""
    page.goto(f"{url}/login")
    page.get_by_label("Email").fill(OPERATOR)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{url}/")


if __name__ == "__main__":
    sys.exit(main())
