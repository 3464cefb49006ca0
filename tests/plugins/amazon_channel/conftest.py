"""A scripted Amazon, and connections to it that share nothing with other tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core.channels.registration import Credentials
from core.clock import SetClock
from plugins.amazon_channel.client import AmazonConnection, TokenCache
from plugins.amazon_channel.client.transport import Timeouts
from tests.plugins.amazon_channel.scripted_amazon import ScriptedAmazon, serve_scripted_amazon

SECRETS = {
    "client_id": "amzn1.application-oa2-client.test",
    "client_secret": "amzn1.oa2-cs.v1.hush",
    "refresh_token": "Atzr|refresh-hush",
}

Connect = Callable[..., AmazonConnection]
PATIENT = Timeouts(5.0, 5.0, 5.0)


@pytest.fixture
def amazon() -> Iterator[ScriptedAmazon]:
    """A server that answers what the test tells it."""
    with serve_scripted_amazon() as scripted:
        yield scripted


@pytest.fixture
def clock() -> SetClock:
    """Our own clock, a minute behind that of the scripted Amazon."""
    return SetClock(datetime(2026, 11, 22, 9, 59, tzinfo=UTC))


@pytest.fixture
def connect(amazon: ScriptedAmazon, clock: SetClock) -> Connect:
    """Makes connections to the scripted Amazon; they share their tokens."""
    tokens = TokenCache()

    def make(timeouts: Timeouts = PATIENT, **values: Any) -> AmazonConnection:
        addresses = {"base_url": amazon.url + "/", "lwa_url": amazon.url}
        credentials = Credentials(17, "A1SELLER", "eu", SECRETS | addresses | values)
        return AmazonConnection(credentials, clock=clock, tokens=tokens, timeouts=timeouts)

    return make
