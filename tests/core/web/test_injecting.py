"""What is typed into addresses and filters goes to the database as a value, whatever it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import func, select

from core.commerce.orders import Order
from tests.core.commerce.counter import Counter
from tests.core.web.api.conftest import Api
from tests.core.web.conftest import Pages
from tests.core.web.test_hostile import address_of

HOSTILE = ("x' OR '1'='1", "'; DELETE FROM orders; --", "9" * 40)
#: Every filter of every list, by its page.
FILTERS: dict[str, tuple[str, ...]] = {
    "/orders": (
        "number", "channel", "status", "buyer", "total_from", "total_to", "placed_from", "placed_to",
        "sort", "after", "view",
    ),
    "/orders/export.csv": ("number", "channel", "status", "total_from", "sort", "view"),
    "/channel-orders": (
        "number", "status", "account", "placed_from", "placed_to", "pending", "waiting", "before",
    ),
    "/products": ("q", "after"),
    "/products/new": ("sku",),
    "/customers": ("store", "before"),
    "/accounts": ("after",),
    "/problems": ("view", "after", "fetched"),
    "/jobs": ("state", "name", "before"),
    "/deliveries": ("state", "plugin", "before"),
    "/audit": ("before",),
}  # fmt: skip
#: Forms that only look for something, or send on to where it is.
SEARCHES = {
    "/orders/filter": ("number", "buyer", "status", "sort"),
    "/customers": ("text", "store", "before"),
    "/problems/fetch": ("external_id",),
    "/orders/views": ("name", "buyer"),
    "/login": ("email", "next"),
}


@pytest.fixture
def counter(live: Any) -> Counter:
    """A shop with an order."""
    counter = Counter(live.current())
    counter.stock("A", 5)
    counter.place(("A", 1))
    return counter


def _every(fields: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str, str]]:
    return ((path, name, text) for path, names in fields.items() for name in names for text in HOSTILE[::2])


def test_filters_of_pages_take_everything_as_a_value(pages: Pages, counter: Counter) -> None:
    asked = [(path, urlencode({name: text})) for path, name, text in _every(FILTERS)]
    broken: list[Any] = [each for each in asked if pages.get("?".join(each)).status >= 500]
    broken += [each for each in _every(SEARCHES) if pages.post(each[0], {each[1]: each[2]}).status == 500]
    assert broken == []
    assert "1000001" not in pages.get("/orders?" + urlencode({"number": HOSTILE[0]})).text
    assert "1000001" in pages.get("/orders").text
    assert counter.read(lambda ctx: ctx.session.scalar(select(func.count(Order.id)))) == 1


def test_parts_of_addresses_take_everything_as_a_value(pages: Pages, counter: Counter) -> None:
    broken = []
    for rule in pages.app.url_map.iter_rules():
        if not rule.arguments or rule.endpoint == "static":
            continue
        address = address_of(rule, HOSTILE[1], HOSTILE[2])
        found = pages.get(address) if "GET" in (rule.methods or ()) else pages.post(address)
        broken += [(rule.rule, found.status)] if found.status >= 500 else []
    assert broken == []
    assert pages.get("/orders/%00").status == pages.get("/products?q=%00").status == 400
    assert pages.post("/customers", {"text": "\0"}).status == 400
    assert counter.read(lambda ctx: ctx.session.scalar(select(func.count(Order.id)))) == 1


@pytest.mark.usefixtures("counter")
def test_filters_and_paths_of_the_api_take_everything_as_a_value(live: Any) -> None:
    api = Api(live)
    broken = []
    for path, item in api.get("/openapi.json").json["paths"].items():
        if "get" not in item:
            continue
        asked = [each["name"] for each in item["get"].get("parameters", ()) if each["in"] == "query"]
        for text in HOSTILE[::2]:
            wanted = [re.sub("{.*?}", lambda _part, text=text: quote(text, safe=""), path)]
            wanted += [f"{re.sub('{.*?}', '1', path)}?{urlencode({name: text})}" for name in asked]
            broken += [address for address in wanted if api.get(address).status >= 500]
    assert broken == []
    assert api.get("/orders?" + urlencode({"number": HOSTILE[0]})).json["items"] == []
    assert len(api.get("/orders").json["items"]) == 1
