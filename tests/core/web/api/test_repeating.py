"""`Idempotency-Key`: what is sent twice is done once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core.access.kept_answers import KEPT_FOR, KeptAnswer
from core.application import LiveApplication
from tests.core.web.api.conftest import Api, make_token
from tests.core.web.api.serving import post, serve_api

MOVE = {"change": 1, "reason": "received"}
STOCK = "/products/AB-1/stock"


def test_a_request_that_is_sent_again_is_answered_again_and_not_done_again(api: Api) -> None:
    api.product("AB-1")
    first = api.post(STOCK, MOVE, Idempotency_Key="k1")
    again = api.post(STOCK, MOVE, Idempotency_Key="k1")
    assert (first.status, first["on_hand"]) == (200, 1)
    assert (again.status, again.json) == (200, first.json)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert api.post(STOCK, MOVE, Idempotency_Key="k2")["on_hand"] == 2
    assert api.post(STOCK, MOVE)["on_hand"] == 3


def test_the_location_is_answered_again_too(api: Api) -> None:
    made = [api.post("/products", {"sku": "A"}, Idempotency_Key="k") for _ in range(2)]
    assert [answer.status for answer in made] == [201, 201]
    assert made[0].headers["Location"] == made[1].headers["Location"] == "/api/v1/products/A"


def test_a_key_stands_for_one_request_of_one_token(api: Api) -> None:
    api.product("AB-1")
    api.product("AB-2")
    api.post(STOCK, MOVE, Idempotency_Key="k")
    others: list[tuple[str, Any]] = [(STOCK, MOVE | {"change": 2}), ("/products/AB-2/stock", MOVE)]
    for path, body in others:
        refused = api.post(path, body, Idempotency_Key="k")
        assert (refused.status, list(refused["fields"])) == (422, ["Idempotency-Key"])
    stranger = Api(api.live)
    assert stranger.post(STOCK, MOVE, Idempotency_Key="k")["on_hand"] == 2


def test_what_was_refused_is_not_kept(api: Api) -> None:
    assert api.post(STOCK, MOVE, Idempotency_Key="k").status == 404
    api.product("AB-1")
    assert api.post(STOCK, MOVE, Idempotency_Key="k").status == 200


def test_a_key_is_forgotten_after_a_day(api: Api) -> None:
    api.product("AB-1")
    api.post(STOCK, MOVE, Idempotency_Key="k")
    with api.live.current().writing("test") as ctx:
        old = ctx.clock.now() - KEPT_FOR - timedelta(seconds=1)
        ctx.session.execute(update(KeptAnswer).values(created_at=old))
    assert api.post(STOCK, MOVE | {"change": 2}, Idempotency_Key="k")["on_hand"] == 3
    with api.live.current().reading() as ctx:
        assert ctx.session.scalar(select(func.count()).select_from(KeptAnswer)) == 1


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 256])
def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    found = api.post(STOCK, MOVE, Idempotency_Key=key)
    assert (found.status, list(found["fields"])) == (422, ["Idempotency-Key"])


def test_of_many_at_once_one_does_the_work(live: LiveApplication) -> None:
    api = Api(live)
    api.product("AB-1")
    together = threading.Barrier(6)

    def send(url: str, token: str) -> tuple[int, dict[str, str], Any]:
        together.wait()
        return post(url + STOCK, token, MOVE, Idempotency_Key="k")

    with serve_api(live) as url, ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, [url] * 6, [make_token(live)] * 6))
    assert [(status, body["on_hand"]) for status, _, body in answers] == [(200, 1)] * 6
    assert sum("Idempotency-Replayed" in headers for _, headers, _ in answers) == 5
    assert api.get(STOCK)["on_hand"] == 1
