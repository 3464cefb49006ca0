"""Plugins as an operator sees them."""

from __future__ import annotations

import pytest

from core.application import LiveApplication
from core.errors import NotFound
from core.extensions import Unconfirmed
from core.managing import get_plugin, list_plugins, switch_off, switch_on
from tests.shop import Shop


def test_plugin_that_runs_tells_what_it_adds(live: LiveApplication) -> None:
    amazon = get_plugin(live.current(), "amazon_channel")
    assert (amazon.state, amazon.title, amazon.settings) == ("enabled", "Amazon", ("account",))
    assert amazon.adds.channels == ("Amazon",)
    assert amazon.adds.policies == ("Build New Customer Account",)
    assert set(amazon.adds.commands) == {"entrepot amazon", "entrepot demo"}
    assert {"order_created", "shipment_completed", "channel_register"} <= set(amazon.adds.hooks)


def test_disabled_plugin_shows_its_package_and_what_its_source_says(live: LiveApplication) -> None:
    assert switch_off(live.current(), "guest_checkout", "operator:1", confirmed=True)
    guest = get_plugin(live.current(), "guest_checkout")
    assert (guest.state, guest.title, guest.adds.hooks) == ("disabled", "Guest checkout", ())
    assert (guest.distribution, guest.entry_point) == ("entrepot", "plugins.guest_checkout:plugin")
    assert switch_on(live.current(), "guest_checkout", "operator:1")
    assert not switch_on(live.current(), "guest_checkout", "operator:1")
    states = {row.name: row.state for row in list_plugins(live.current())}
    assert states == {"amazon_channel": "enabled", "erp_bridge": "disabled", "guest_checkout": "enabled"}
    with pytest.raises(NotFound):
        get_plugin(live.current(), "nothing")


def test_what_stops_must_be_confirmed(shop: Shop) -> None:
    with pytest.raises(Unconfirmed) as refusal:
        switch_off(shop.app, "amazon_channel", "operator:1", confirmed=False)
    (sentence,) = refusal.value.consequences
    assert sentence.startswith("the account shop is not read any more")
    assert get_plugin(shop.app, "amazon_channel").is_enabled
