"""A shop that hands orders to an ERP."""

from __future__ import annotations

import pytest

from core.application import LiveApplication
from core.managing import switch_on
from core.testing import make_order, run_jobs
from plugins.erp_bridge.consumers import NewConsumer, add_consumer, get_consumer
from plugins.erp_bridge.models import Consumer
from tests.core.web.api.conftest import Api


class Bridge:
    """A shop with the ERP bridge enabled, and consumers."""

    def __init__(self, live: LiveApplication) -> None:
        self.live = live
        if "erp_bridge" not in live.current().hooks.plugins:
            switch_on(live.current(), "erp_bridge", "test")

    def consumer(self, name: str = "erp", **changes: object) -> Consumer:
        """Add one that fetches."""
        with self.live.current().writing("test") as ctx:
            return add_consumer(ctx, NewConsumer(name, **changes))  # type: ignore[arg-type]

    def get(self, name: str = "erp") -> Consumer:
        """One as it is now."""
        with self.live.current().reading() as ctx:
            return get_consumer(ctx.session, name)

    def orders(self, number: int = 1, **changes: object) -> list[str]:
        """Place orders of which the consumers are told; their numbers."""
        numbers = [make_order(self.live, **changes) for _ in range(number)]
        run_jobs(self.live)
        return numbers

    def api(self, *scopes: str) -> Api:
        """A program that may pick up."""
        return Api(self.live).with_scopes(*(scopes or ("pickup", "personal_data:read")))


@pytest.fixture
def bridge(live: LiveApplication) -> Bridge:
    """On each kind of database."""
    return Bridge(live)
