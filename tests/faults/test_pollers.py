"""One process polls an account at a time; one that is killed makes way at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import Busy
from tests.faults.conftest import TwoMarkets
from tests.faults.processes import ShopProcess


def test_a_poller_that_is_killed_makes_way_at_once(
    shop: TwoMarkets, start: Callable[[], ShopProcess]
) -> None:
    shop.stock("AB-1", 10)
    shop.place(("AB-1", 1))
    poller = start()
    assert poller.do("poll_and_hang") == "holding"
    with pytest.raises(Busy, match="another process polls the account shop"):
        shop.sync()
    poller.kill()
    assert shop.sync().as_json()["imported"] == 1
    assert shop.order().number == "1000001"
