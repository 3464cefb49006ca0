"""Where credentials may be sent."""

from __future__ import annotations

from typing import Any

import pytest

from core.channels.listing import Query
from core.channels.registration import Credentials
from core.clock import SetClock
from core.errors import InvalidValue, NotConfigured
from plugins.amazon_channel.client import AmazonConnection, check_url
from plugins.amazon_channel.client.addresses import find_addresses, is_loopback
from tests.plugins.amazon_channel.conftest import SECRETS, Connect
from tests.plugins.amazon_channel.scripted_amazon import Reply, ScriptedAmazon


def connection(region: str = "eu", **values: Any) -> AmazonConnection:
    return AmazonConnection(Credentials(1, "A1SELLER", region, SECRETS | values))


@pytest.mark.parametrize(
    "url",
    [
        "https://sellingpartnerapi-eu.amazon.com",
        "https://sandbox.sellingpartnerapi-na.amazon.com/",
        "http://127.0.0.1:8400",
        "http://127.255.0.9",
        "http://[::1]:8400/simulated",
        "http://localhost:8400",
    ],
)
def test_url_that_is_safe_is_accepted(url: str) -> None:
    assert check_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://sellingpartnerapi-eu.amazon.com",
        "http://10.0.0.1",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://127.1",
        "http://0.0.0.0",
        "http://evil.example\\@127.0.0.1/",
        "http://127.0.0.1@evil.example/",
        "https://user:secret@sellingpartnerapi-eu.amazon.com",
        "https://host/?query=1",
        "https://host/#fragment",
        "https://host/?",
        "https://",
        "https:///path",
        "https://host:99999",
        "https://[::1",
        "https://ho st",
        "https://host\n",
        "ftp://127.0.0.1",
        "127.0.0.1:8400",
        "",
    ],
)
def test_url_that_is_not_safe_is_refused_by_field_without_being_repeated(url: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        check_url(url, "lwa_url")
    assert list(caught.value.fields) == ["lwa_url"]
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("field", ["base_url", "lwa_url"])
def test_connection_refuses_an_unsafe_address_before_any_call(field: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        connection(**{field: "http://amazon.example"})
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize("region", ["na", "eu", "fe"])
def test_region_has_its_own_host(region: str) -> None:
    addresses = find_addresses(region, {})
    assert addresses.base_url == f"https://sellingpartnerapi-{region}.amazon.com"
    assert addresses.lwa_url == "https://api.amazon.com/auth/o2/token"


def test_region_that_is_unknown_needs_a_base_url() -> None:
    with pytest.raises(InvalidValue, match="region"):
        connection("moon")
    assert find_addresses("moon", {"base_url": "https://moon.example/"}).base_url == (
        "https://moon.example"
    )


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://localhost:1", "http://localhost:1/auth/o2/token"),
        ("http://localhost:1/", "http://localhost:1/auth/o2/token"),
        ("http://localhost:1/token/", "http://localhost:1/token/"),
        (" ", "https://api.amazon.com/auth/o2/token"),
    ],
)
def test_lwa_url_gets_a_path_only_if_it_has_none(given: str, used: str) -> None:
    assert find_addresses("eu", {"lwa_url": given}).lwa_url == used


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_connection_names_the_credential_that_is_missing(name: str) -> None:
    with pytest.raises(NotConfigured, match=name):
        connection(**{name: " "})


def test_proxy_of_the_environment_never_sees_what_stays_on_this_machine(
    connect: Connect, amazon: ScriptedAmazon, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    amazon.reply(Reply(body={"orders": []}))
    connect().list_orders(Query(("A",), updated_after=clock.now()), None)
    assert len(amazon.asked) == 1
    assert is_loopback(amazon.url)
