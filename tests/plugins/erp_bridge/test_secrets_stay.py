"""A consumer's stored secret goes only where it was meant to go, whoever changes the address."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from core.application import LiveApplication
from tests.core.web.conftest import Pages, enter
from tests.databases import SharedSqlite
from tests.plugins.erp_bridge.conftest import Bridge

STAYS = "was changed: enter this again"


@pytest.fixture
def shared_database(shared_sqlite: SharedSqlite) -> Iterator[SharedSqlite]:
    """Nothing here depends on the kind of database."""
    shared_sqlite.reset()
    yield shared_sqlite
    shared_sqlite.close()


def test_secret_is_asked_for_again_where_the_address_changes(bridge: Bridge, live: LiveApplication) -> None:
    tryton = {"url": "https://tryton.example", "database": "shop", "key": "correct-horse"}
    hook = {"url": "https://erp.example/orders", "secret": f"whsec_{'A' * 32}"}
    bridge.consumer("books", kind="tryton", settings=tryton)
    bridge.consumer("hook", kind="webhook", settings=hook)
    pages = enter(Pages(live), live)
    where = "/erp/consumers/books/settings"
    with socket.create_server(("127.0.0.1", 0)) as thief:
        thief.setblocking(False)
        moved = pages.get(where).form(where) | {"url": f"http://127.0.0.1:{thief.getsockname()[1]}"}
        for action in ("test", "save"):
            told = pages.post(where, {**moved, "action": action})
            assert (told.status, f"Address of the server {STAYS}" in told.text) == (422, True)
        beside = pages.post(
            where, {**moved, "action": "test"}, environ_overrides={"HTTP_HX_REQUEST": "true"}
        )
        assert 'id="key-wrong" hx-swap-oob="true"><p>Address of the server' in beside.source
        with pytest.raises(BlockingIOError):
            thief.accept()
    assert pages.post(where, {**moved, "key": "another-horse", "action": "save"}).status == 303
    assert bridge.get("books").settings["key"] == "another-horse"
    where = "/erp/consumers/hook/settings"
    signed = pages.get(where).form(where) | {"url": "https://erp.example/new", "action": "save"}
    assert pages.post(where, signed).status == 303, "the secret signs, and is never sent"
