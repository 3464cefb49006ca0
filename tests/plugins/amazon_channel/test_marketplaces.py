"""The tables of facts."""

from __future__ import annotations

from core.money import check_currency
from plugins.amazon_channel.marketplaces import (
    CARRIERS,
    HOSTS,
    JAPAN,
    MARKETPLACES,
    OTHER_CARRIER,
    titles_and_currencies,
)


def test_marketplaces_have_a_known_region_and_an_iso_currency() -> None:
    for marketplace in MARKETPLACES.values():
        assert marketplace.region in HOSTS
        assert check_currency(marketplace.currency) == marketplace.currency
        assert len(marketplace.country) == 2


def test_marketplaces_are_registered_by_id_with_title_and_currency() -> None:
    assert len(titles_and_currencies()) == 23
    assert titles_and_currencies()["A1PA6795UKMFR9"] == ("Amazon.de", "EUR")
    assert titles_and_currencies()[JAPAN] == ("Amazon.co.jp", "JPY")


def test_carriers_are_unique_and_leave_out_the_word_for_unknown_ones() -> None:
    assert len(set(CARRIERS)) == len(CARRIERS)
    assert OTHER_CARRIER not in CARRIERS
    assert all(name == name.strip() for name in CARRIERS)
