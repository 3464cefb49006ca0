"""What each page of the lists of orders costs among many orders, compared with among a thousand.

`make bench` prints a line for each: its time at 1,000 orders, at BENCH_ORDERS, and how many times as long
that is. The pages are asked as a browser asks them, by a signed-in operator, on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask.testing import FlaskClient

from bench.seeding import Shop, email_of, open_shop
from core.access import add_operator, find_operator
from core.web.app import create_web_app

SMALL = 1_000
_EMAIL, _PASSWORD = "bench@example.com", "long enough for a bench"
_TIMES = 7
_DEEP = 40


class Browser:
    """A signed-in operator."""

    def __init__(self, shop: Shop) -> None:
        with shop.live.current().writing("bench") as ctx:
            if find_operator(ctx.session, _EMAIL) is None:
                add_operator(ctx, _EMAIL, "owner", _PASSWORD)
        self._client: FlaskClient = create_web_app(shop.live).test_client()
        self.post("/login", {"email": _EMAIL, "password": _PASSWORD}, form_page="/login")

    def get(self, path: str) -> str:
        """A page."""
        with self._client.get(path) as answer:
            assert answer.status_code == 200, (path, answer.status_code)
            return answer.get_data(as_text=True)

    def post(self, path: str, form: dict[str, str], form_page: str = "/profile") -> str:
        """Where a form leads."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(form_page))
        assert token, f"no form on {form_page}"
        with self._client.post(path, data=form | {"csrf_token": token[1]}) as answer:
            assert answer.status_code == 303, (path, answer.status_code)
            return str(answer.headers["Location"])


def main() -> None:
    """Measure both kinds of databases."""
    home = Path(os.environ.get("ENTREPOT_BENCH_HOME") or Path(__file__).parent / ".cache").resolve()
    orders = int(os.environ.get("BENCH_ORDERS", "1000000"))
    kinds = os.environ.get("BENCH_DATABASES", "sqlite,postgresql").split(",")
    for kind in kinds:
        measured = []
        for size in (SMALL, orders):
            with open_shop(home, kind, size) as shop:
                measured.append(_measure(shop))
        _print(kind, orders, *measured)


def _measure(shop: Shop) -> dict[str, float]:
    browser = Browser(shop)
    times = {}
    for name, path in _pages(browser, shop.orders).items():
        times[name] = _best(lambda path=path: browser.get(path))  # type: ignore[misc]
    return times | {"export, 1,000 orders of it": _export(shop)}


def _pages(browser: Browser, orders: int) -> dict[str, str]:
    middle = datetime.now(UTC) - timedelta(days=365)
    deep = "/orders"
    for _ in range(min(_DEEP, orders // 50 - 2)):
        deep = _next(browser, deep)
    tab = "/channel-orders"
    for _ in range(min(_DEEP, orders // 60 - 2)):
        tab = _next(browser, tab)
    pages = {"home": "/", "home, by itself": "/home/now", "orders": "/orders", "orders, deep": deep}
    pages |= {
        f"orders by {sort}": f"/orders?sort={sort}"
        for sort in ("placed_at", "number", "-number", "-total", "total", "status", "ship_by", "-ship_by")
    }
    pages |= {
        "number": f"/orders?number={1_000_000 + orders // 2}",
        "channel's number": f"/orders?number=302-{1_000_000 + orders // 2}-1234567",
        "to ship": "/orders?status=processing&sort=ship_by",
        "status": "/orders?status=complete",
        "channel": "/orders?channel=amazon",
        "dates": f"/orders?placed_from={middle:%Y-%m-%d}&placed_to={middle + timedelta(days=7):%Y-%m-%d}",
        "total, few": "/orders?total_from=50.00&total_to=50.02",
        "total, many": "/orders?total_from=250",
        "status and total": "/orders?status=canceled&total_from=50&total_to=55",
        "status, channel and total": "/orders?status=complete&channel=amazon&total_from=250&sort=-total",
        "buyer by e-mail": browser.post("/orders/filter", {"buyer": email_of(7)}),
        "buyer by a rare name": browser.post("/orders/filter", {"buyer": "last7"}),
        "buyer by a frequent name": browser.post("/orders/filter", {"buyer": "first7"}),
        "buyer by both names": browser.post("/orders/filter", {"buyer": "First7 Last49"}),
        "one order": f"/orders/{1_000_000 + orders // 2}",
        "channel orders": "/channel-orders",
        "channel orders, deep": tab,
        "channel orders, status": "/channel-orders?status=Unshipped",
        "channel orders, account": "/channel-orders?account=1&status=Canceled",
        "channel orders, waiting": "/channel-orders?waiting=1",
    }
    return pages


def _next(browser: Browser, path: str) -> str:
    links = re.findall(r'href="([^"]+(?:after|before)=[^"]+)"', browser.get(path))
    return str(links[-1]).replace("&amp;", "&") if links else path


def _export(shop: Shop) -> float:
    """The time of a thousand orders from the middle of an export of them all."""
    from itertools import islice

    from core.commerce.orders import OrderQuery, export_orders
    from core.commerce.spreadsheets import csv_lines

    rows = csv_lines(export_orders(shop.live.current(), OrderQuery(with_buyers=True)))
    return _best(lambda: list(islice(rows, 1_000)), times=1)


def _best(page: Callable[[], object], times: int = _TIMES) -> float:
    """The shortest of some times, in milliseconds: what else the machine does only ever adds to it."""
    found = []
    for _ in range(times):
        started = time.perf_counter()
        page()
        found.append(time.perf_counter() - started)
    return min(found) * 1_000


def _print(kind: str, orders: int, small: dict[str, float], large: dict[str, float]) -> None:
    print(f"\n{kind:<28}{SMALL:>12,}{orders:>12,}   times")
    for name, before in small.items():
        ratio = large[name] / before
        print(f"{name:<28}{before:>9.1f} ms{large[name]:>9.1f} ms{ratio:>8.1f}{'  !' if ratio > 3 else ''}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
