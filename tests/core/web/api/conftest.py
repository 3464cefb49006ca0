"""What a program has at hand that talks to the API: a token, and a way to send requests."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from core.access import CORE_SCOPES, add_token
from core.application import LiveApplication
from core.testing import make_order
from tests.web_apps import web_app

EVERYTHING = tuple(scope.key for scope in CORE_SCOPES)
PREFIX = "/api/v1"


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    headers: dict[str, str]
    json: Any

    def __getitem__(self, name: str) -> Any:
        return self.json[name]


def make_token(live: LiveApplication, scopes: Collection[str] = EVERYTHING, **options: Any) -> str:
    """A new token with these scopes."""
    app = live.current()
    with app.writing("test") as ctx:
        return add_token(ctx, f"token {uuid.uuid4().hex}", scopes, app.scopes, **options)[1]


class Api:
    """The API of a shop, asked by a program that may do everything."""

    def __init__(self, live: LiveApplication, token: str | None = None) -> None:
        self.live = live
        self.token = token or make_token(live)
        self.client = web_app(live).test_client()

    def with_scopes(self, *scopes: str) -> Api:
        """The same, asked by a program that may do just this."""
        return Api(self.live, make_token(self.live, scopes))

    def ask(self, method: str, path: str, json: Any = None, **headers: str) -> Answer:
        """Send a request; a header is named with `_` for `-`."""
        sent = {"Host": "localhost", "Authorization": f"Bearer {self.token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.client.application = web_app(self.live)
        with self.client.open(PREFIX + path, method=method, json=json, headers=sent) as answer:
            body = answer.get_json(silent=True)
            return Answer(answer.status_code, dict(answer.headers), body)

    def get(self, path: str, **headers: str) -> Answer:
        """Read."""
        return self.ask("GET", path, **headers)

    def post(self, path: str, json: Any = None, **headers: str) -> Answer:
        """Do something."""
        return self.ask("POST", path, json, **headers)

    def all_of(self, path: str) -> tuple[list[Any], list[int]]:
        """Everything that a list has, page by page, and how long the pages were."""
        items: list[Any] = []
        sizes = []
        join = "&" if "?" in path else "?"
        page = self.get(path)
        while True:
            assert page.status == 200, page.json
            items += page["items"]
            sizes.append(len(page["items"]))
            if page["next_cursor"] is None:
                return items, sizes
            page = self.get(f"{path}{join}cursor={quote(page['next_cursor'])}")

    def order(self, **changes: Any) -> str:
        """Place an order of one MUG at 10.00; its number."""
        return make_order(self.live, **changes)

    def product(self, sku: str, on_hand: int = 0) -> None:
        """Have a product."""
        assert self.post("/products", {"sku": sku}).status == 201
        if on_hand:
            path = f"/products/{quote(sku, safe='')}/stock"
            assert self.ask("PUT", path, {"on_hand": on_hand}).status == 200


@pytest.fixture
def api(live: LiveApplication) -> Api:
    """The API of an empty shop, on each kind of database."""
    return Api(live)
