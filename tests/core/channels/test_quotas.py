"""Token buckets: shared by whoever calls, from the very first call on."""

from __future__ import annotations

from threading import Thread
from time import sleep

import pytest

from core.channels.quotas import take_token
from core.channels.registration import Rate
from core.context import Context
from core.errors import QuotaExhausted
from tests.shop import Shop


def take(ctx: Context, shop: Shop) -> None:
    take_token(ctx, shop.account_id, "test", Rate(per_second=0.0001, burst=2))


def test_first_calls_at_the_same_time_use_the_same_bucket(shop: Shop) -> None:
    other = Thread(target=lambda: shop.write(lambda ctx: take(ctx, shop)))
    with shop.app.writing("test") as ctx:
        take(ctx, shop)
        other.start()
        sleep(0.2)  # it waits for this transaction, in which the bucket is made
    other.join(10)
    with pytest.raises(QuotaExhausted):
        shop.write(lambda ctx: take(ctx, shop))
