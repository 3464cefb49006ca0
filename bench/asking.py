"""What is asked of a shop: pages as a browser asks for them, lists as an integration does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from flask.testing import FlaskClient

from bench.seeding import Shop, email_of
from core.access import add_operator, add_token, find_operator
from core.commerce.orders import OrderQuery, export_orders
from core.commerce.spreadsheets import csv_lines
from core.web.app import create_web_app

_EMAIL, _PASSWORD = "bench@example.com", "long enough for a bench"
_DEEP = 40
_NOUNS = ("orders", "channel_orders", "catalog", "stock", "customers", "jobs")
Asking = Callable[[], object]


class Visitor:
    """A signed-in operator, and a token's holder."""

    def __init__(self, shop: Shop) -> None:
        """Everything is allowed."""
        application = shop.live.current()
        with application.writing("bench") as ctx:
            if find_operator(ctx.session, _EMAIL) is None:
                add_operator(ctx, _EMAIL, "owner", _PASSWORD)
            name = f"bench {datetime.now(UTC):%Y-%m-%d %H.%M.%S}"
            _row, token = add_token(ctx, name, [f"{noun}:read" for noun in _NOUNS], application.scopes)
        self.shop = shop
        self._headers = {"Authorization": f"Bearer {token}"}
        self._client: FlaskClient = create_web_app(shop.live).test_client()
        self.post("/login", {"email": _EMAIL, "password": _PASSWORD}, form_page="/login")

    def get(self, path: str) -> str:
        """A page."""
        with self._client.get(path) as answer:
            assert answer.status_code == 200, (path, answer.status_code)
            return answer.get_data(as_text=True)

    def read(self, path: str) -> Any:
        """What the API answers."""
        with self._client.get(f"/api/v1{path}", headers=self._headers) as answer:
            assert answer.status_code == 200, (path, answer.status_code)
            return answer.get_json()

    def post(self, path: str, form: dict[str, str], form_page: str = "/profile") -> str:
        """Where a form leads."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(form_page))
        assert token, f"no form on {form_page}"
        with self._client.post(path, data=form | {"csrf_token": token[1]}) as answer:
            assert answer.status_code == 303, (path, answer.status_code)
            return str(answer.headers["Location"])

    def following(self, path: str, pages: int) -> str:
        """The address so many pages further on."""
        for _ in range(pages):
            links = re.findall(r'href="([^"]+(?:after|before)=[^"]+)"', self.get(path))
            path = str(links[-1]).replace("&amp;", "&") if links else path
        return path


def askings(visitor: Visitor) -> dict[str, Asking]:
    """All that is measured, by name."""
    lists = {name: _page(visitor, path) for name, path in _pages(visitor).items()}
    reads = {f"API: {name}": _read(visitor, path) for name, path in _reads(visitor).items()}
    return lists | reads | {"export, its next 500 orders": _export(visitor.shop)}


def _page(visitor: Visitor, path: str) -> Asking:
    return lambda: visitor.get(path)


def _read(visitor: Visitor, path: str) -> Asking:
    return lambda: visitor.read(path)


def _export(shop: Shop) -> Asking:
    """An export of all orders that goes on, and begins again at its end."""

    def lines() -> Any:
        while True:
            query = OrderQuery(with_buyers=True)
            yield from csv_lines(export_orders(shop.live.current(), query))

    found = lines()
    return lambda: list(islice(found, 500))


def _pages(visitor: Visitor) -> dict[str, str]:
    """Filters find as many rows of a page in a small shop as in a large one, where there are so many."""
    orders = visitor.shop.orders
    is_small = orders < 50_000
    number = 1_000_000 + orders // 2
    middle = datetime.now(UTC) - timedelta(days=365)
    until = middle + timedelta(days=60 if is_small else 7)
    week = f"placed_from={middle:%Y-%m-%d}&placed_to={until:%Y-%m-%d}"
    few = f"total_from=50&total_to={80 if is_small else '50.03'}"
    some = f"total_from=50&total_to={'200' if is_small else 55}"
    sorts = ("placed_at", "number", "-number", "-total", "total", "status", "ship_by", "-ship_by")
    pages = {"home": "/", "home, by itself": "/home/now", "orders": "/orders"}
    pages["orders, deep"] = visitor.following("/orders", min(_DEEP, orders // 50 - 2))
    pages["by status, deep"] = visitor.following("/orders?sort=status", min(_DEEP, orders // 50 - 2))
    pages |= {f"orders by {sort}": f"/orders?sort={sort}" for sort in sorts}
    pages |= {
        "number": f"/orders?number={number}",
        "channel's number": f"/orders?number=302-{number}-1234567",
        "to ship": "/orders?status=processing&sort=ship_by",
        "status": "/orders?status=complete",
        "status by total": "/orders?status=canceled&sort=-total",
        "channel": "/orders?channel=amazon",
        "channel by number": "/orders?channel=amazon&sort=number",
        "dates": f"/orders?{week}",
        "dates by total": f"/orders?{week}&sort=-total",
        "dates by ship-by": f"/orders?{week}&sort=ship_by",
        "a year by ship-by": f"/orders?placed_from={middle:%Y-%m-%d}&sort=ship_by",
        "a year by number": f"/orders?placed_from={middle:%Y-%m-%d}&sort=number",
        "total, few": f"/orders?{few}",
        "total, few, by number": f"/orders?{few}&sort=number",
        "total, many": "/orders?total_from=250",
        "total, many, by number": "/orders?total_from=250&sort=-number",
        "status and total": f"/orders?status=complete&{some}",
        "status, channel and total": "/orders?status=complete&channel=amazon&total_from=250&sort=-total",
        "status, dates and channel": f"/orders?status=complete&channel=amazon&{week}",
        "hardly any that fit": "/orders?status=pending&channel=amazon",
        "buyer by email": visitor.post("/orders/filter", {"buyer": email_of(7)}),
        "buyer by a name": visitor.post("/orders/filter", {"buyer": "first7" if is_small else "last7"}),
        "buyer by a frequent name": visitor.post("/orders/filter", {"buyer": "first7"}),
        "a frequent name and a status": visitor.post(
            "/orders/filter", {"buyer": "first7", "status": "complete"}
        ),
        "a frequent name by total": visitor.post("/orders/filter", {"buyer": "first7", "sort": "-total"}),
        "buyer by both names": visitor.post("/orders/filter", {"buyer": "First7 Last49"}),
    }
    return pages | _others(visitor, number, week)


def _others(visitor: Visitor, number: int, week: str) -> dict[str, str]:
    """The pages of everything else."""
    orders = visitor.shop.orders
    return {
        "one order": f"/orders/{number}",
        "channel orders": "/channel-orders",
        "channel orders, deep": visitor.following("/channel-orders", min(_DEEP, orders // 60 - 2)),
        "channel orders, number": f"/channel-orders?number=302-{number}-1234567",
        "channel orders, status": "/channel-orders?status=Shipped",
        "channel orders, account": "/channel-orders?account=1",
        "channel orders, both": "/channel-orders?account=1&status=Canceled",
        "channel orders, neither": "/channel-orders?account=1&status=Unfulfillable",
        "channel orders, dates": f"/channel-orders?{week}",
        "channel orders, waiting": "/channel-orders?waiting=1",
        "account": "/accounts/shop",
        "products": "/products",
        "products, searched": f"/products?q={'shirt' if orders < 50_000 else 'kind7'}",
        "one product": "/products/7",
        "customers": "/customers",
        "one customer": "/customers/8",
        "problems": "/problems",
        "jobs": "/jobs",
        "jobs, failed": "/jobs?state=failed",
        "jobs, done": "/jobs?state=done",
        "jobs, canceled": "/jobs?state=canceled",
        "deliveries": "/deliveries",
        "deliveries, parked": "/deliveries?state=parked",
        "deliveries of a plugin": "/deliveries?plugin=erp_bridge&state=skipped",
        "audit log": "/audit",
    }


def _reads(visitor: Visitor) -> dict[str, str]:
    year = f"{datetime.now(UTC) - timedelta(days=365):%Y-%m-%d}T00:00:00Z"
    number = 1_000_000 + visitor.shop.orders // 2
    deep = "/orders?limit=50"
    for _ in range(min(10, visitor.shop.orders // 50 - 2)):
        deep = f"/orders?limit=50&cursor={visitor.read(deep)['next_cursor']}"
    return {
        "orders": "/orders?limit=50",
        "orders, deep": deep,
        "orders, status": "/orders?limit=50&status=canceled",
        "orders, channel": "/orders?limit=50&channel=amazon",
        "orders, both": "/orders?limit=50&status=complete&channel=amazon",
        "orders, hardly any": "/orders?limit=50&status=closed&channel=none",
        "orders since, of a status": f"/orders?limit=50&status=pending&created_since={year}",
        "channel orders": "/channel-orders?limit=50",
        "one channel order": f"/channel-orders/shop/302-{number}-1234567",
        "channel orders of none": "/channel-orders?limit=50&channel=none",
        "products": "/products?limit=50",
        "stock": "/stock?limit=50",
        "customers": "/customers?limit=50",
        "jobs": "/jobs?limit=50",
    }
