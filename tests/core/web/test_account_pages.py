"""The pages of accounts: connecting, the dashboard, pausing, renewing credentials, and the guard."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from core.application import LiveApplication
from core.channels.accounts import find_account
from plugins.amazon_channel.simulator import SELLER
from tests.core.web.conftest import Pages, enter
from tests.databases import SharedSqlite
from tests.shop import GERMANY, Shop

HTMX = {"HTTP_HX_REQUEST": "true"}
SECRETS = (SELLER.client_secret, SELLER.refresh_token, "wrong-secret")


@pytest.fixture
def shared_database(shared_sqlite: SharedSqlite) -> Iterator[SharedSqlite]:
    """Nothing here depends on the kind of database."""
    shared_sqlite.reset()
    yield shared_sqlite
    shared_sqlite.close()


def entered(shop: Shop, **changes: str) -> dict[str, str]:
    """What an operator enters to connect an account at the simulated Amazon."""
    form = {
        "name": "my-shop",
        "seller_id": SELLER.seller_id,
        "region": "eu",
        "marketplaces": GERMANY,
        "client_id": SELLER.client_id,
        "client_secret": SELLER.client_secret,
        "refresh_token": SELLER.refresh_token,
        "base_url": shop.amazon.url,
        "lwa_url": shop.amazon.token_url,
        **changes,
    }
    return {name: value for name, value in form.items() if value}


def test_account_is_tried_connected_and_seen(pages: Pages, bare_shop: Shop) -> None:
    assert "No account is connected yet" in pages.get("/accounts").text
    assert "Client secret issued on" in pages.get("/connect/amazon").text
    refused = pages.post("/connect/amazon", entered(bare_shop, client_secret="wrong-secret", action="test"))
    assert (refused.status, "client secret is wrong" in refused.text) == (422, True)
    tried = pages.post("/connect/amazon", entered(bare_shop, action="test"))
    assert (tried.status, "Amazon accepts these credentials" in tried.text) == (200, True)
    assert not [secret for secret in SECRETS if secret in refused.source + tried.source]
    assert "No account is connected yet" in pages.get("/accounts").text
    saved = pages.post("/connect/amazon", entered(bare_shop, client_secret_issued_on="2026-01-31"))
    assert (saved.status, saved.headers["Location"]) == (303, "/accounts/my-shop")
    assert "Connecting" in pages.get("/accounts/my-shop").text
    bare_shop.work()
    seen = pages.get("/accounts/my-shop").text
    assert "Active" in seen
    assert "ended" in pages.get("/accounts").text
    assert not [secret for secret in SECRETS if secret in pages.get("/accounts/my-shop").source]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": "a b"}, "letters, digits"),
        ({"marketplaces": ""}, "lease fill this in"),
        ({"client_secret": ""}, "lease fill this in"),
        ({"base_url": "http://amazon.example"}, "nly https"),
        ({"marketplaces": "A1VC38T7YXB528", "base_url": "", "lwa_url": ""}, "another region"),
        ({"client_secret_issued_on": "2999-01-01"}, "lies in the future"),
    ],
)
def test_account_that_cannot_be_is_refused_at_the_field(
    pages: Pages, bare_shop: Shop, changes: dict[str, str], complaint: str
) -> None:
    refused = pages.post("/connect/amazon", entered(bare_shop, **changes))
    assert (refused.status, complaint in refused.text) == (422, True), refused.text
    assert not [secret for secret in SECRETS if secret in refused.source]
    assert bare_shop.read(lambda ctx: find_account(ctx.session, "my-shop")) is None


def test_account_is_paused_resumed_and_read_now(pages: Pages, shop: Shop) -> None:
    shop.work()
    assert pages.post("/accounts/shop/pause").status == 303
    assert "This account is paused" in pages.get("/accounts/shop").text
    assert pages.post("/accounts/shop/sync").status == 409
    assert pages.post("/accounts/shop/resume").status == 303
    assert "Account: resumed" in pages.get("/audit").text
    shop.stock("AB-1", 5)
    external_id = shop.place(("AB-1", 1))
    assert pages.post("/accounts/shop/sync").status == 303
    shop.work()
    assert external_id in pages.get("/accounts/shop").text
    assert "Imported" in pages.get("/accounts/shop/runs").text
    headers = {"Host": "127.0.0.1:8000", "HX-Request": "true"}
    part = pages.client.get("/accounts/shop", headers=headers).get_data(as_text=True)
    assert ("<html" in part, "Last synchronized" in part) == (False, True)
    assert pages.get("/accounts/other").status == 404


def test_credentials_are_renewed_and_never_shown(pages: Pages, shop: Shop) -> None:
    where = "/connect/accounts/shop/credentials"
    assert not [secret for secret in SECRETS if secret in pages.get(where).source]
    tried = pages.post(where, {"client_secret": "wrong-secret", "action": "test"})
    assert (tried.status, "wrong-secret" in tried.source) == (422, False)
    assert pages.post(where, {"client_secret_issued_on": "2026-01-01"}).status == 303
    assert "date not entered" in pages.get("/accounts/shop").text
    assert pages.post(where, {"client_secret_issued_on": "2025-01-01"}).status == 303
    assert "ended on" in pages.get("/accounts/shop").text
    for page in ("/", "/problems"):
        assert "The client secret of shop has ended: renew it" in pages.get(page).text
    assert pages.post(where, {"client_secret": "wrong-secret"}).status == 303
    assert "180 days left" in pages.get("/accounts/shop").text

    def kept(ctx: object) -> str:
        return find_account(ctx.session, "shop").credentials["refresh_token"]  # type: ignore[attr-defined,union-attr]

    assert shop.read(kept) == SELLER.refresh_token


def test_a_stored_secret_is_not_sent_to_an_address_that_was_changed(pages: Pages, shop: Shop) -> None:
    where = "/connect/accounts/shop/credentials"
    with socket.create_server(("127.0.0.1", 0)) as thief:
        thief.setblocking(False)
        address = f"http://127.0.0.1:{thief.getsockname()[1]}"
        for action in ("test", "save"):
            told = pages.post(where, {"lwa_url": f"{address}/token", "client_id": "x", "action": action})
            assert told.status == 422
            assert told.source.count("Sign-in address was changed: enter this again") == 2
        beside = pages.post(where, {"base_url": address, "action": "test"}, environ_overrides=HTMX)
        assert (beside.status, beside.source.count("API address was changed")) == (200, 3)
        assert re.search(r'id="client_secret-wrong" hx-swap-oob="true"><p>API address', beside.source)
        with pytest.raises(BlockingIOError):
            thief.accept()
    again = entered(shop, action="test")
    assert pages.post(where, again).status == 200
    assert pages.post(where, {**again, "lwa_url": "", "action": "save"}).status == 303


@pytest.mark.usefixtures("shop")
def test_second_of_two_who_renew_credentials_is_told(pages: Pages, live: LiveApplication) -> None:
    where = "/connect/accounts/shop/credentials"
    other = enter(Pages(live), live, "operator")
    mine, theirs = pages.get(where).form(where), other.get(where).form(where)
    assert other.post(where, {**theirs, "client_secret": "theirs"}).status == 303
    told = pages.post(where, {**mine, "client_secret": "mine"})
    assert (told.status, "Somebody renewed these credentials while" in told.text) == (422, True)
    assert pages.post(where, {**told.form(where), "client_secret": "mine"}).status == 303


def test_database_that_may_be_a_copy_is_confirmed_with_a_button(live: LiveApplication, shop: Shop) -> None:
    with live.engine.begin() as connection:
        there = '["postgresql://there:5432/shop"]'
        connection.execute(
            text("UPDATE installation SET confirmed_addresses = :there, generation = 9"), {"there": there}
        )
    pages = enter(Pages(live), live)
    assert "it may be a copy" in pages.get("/accounts").text
    assert pages.post("/accounts/confirm-database").status == 303
    assert "may be a copy" not in pages.get("/accounts").text
    assert shop.app.registry.guard is None


def test_who_may_only_look_changes_nothing(live: LiveApplication, shop: Shop) -> None:
    pages = enter(Pages(live), live, "read_only")
    assert "Sync now" not in pages.get("/accounts/shop").text
    assert pages.get("/connect/amazon").status == 403
    for path in ("sync", "pause", "resume"):
        assert pages.post(f"/accounts/shop/{path}").status == 403
    assert pages.post("/accounts/confirm-database").status == 403
    assert shop.account().state == "active"
