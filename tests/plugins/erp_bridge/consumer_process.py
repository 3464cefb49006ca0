"""A process of a consumer: picks up, books into a file of its own, acknowledges; or dies in between.

consumer_process.py URL HOME BOOKS [dies]
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from core.application import LiveApplication
from plugins.erp_bridge.consumers import get_consumer
from plugins.erp_bridge.pickups import acknowledge, lease
from plugins.erp_bridge.standing import standing_of
from tests.databases import make_config

PATIENCE = 60


def main(url: str, home: str, books: str, *words: str) -> None:
    """Until nothing is left."""
    live = LiveApplication(make_config(Path(home), url))
    app = live.current()
    give_up = time.monotonic() + PATIENCE
    pages = 0
    while time.monotonic() < give_up:
        with app.writing("erp") as ctx:
            leased = lease(ctx, get_consumer(ctx.session, "erp"), 5)
        with Path(books).open("a", encoding="utf-8") as file:
            for one in leased:
                file.write(f"{one.order_id} {one.idempotency_key}\n")
        pages += 1
        if words and pages == 3:
            os._exit(9)  # booked, and never acknowledged
        answers = [(one.id, f"SO-{one.idempotency_key}") for one in leased]
        for _ in range(2):  # the answer to the first was lost
            with app.writing("erp") as ctx:
                results = acknowledge(ctx, get_consumer(ctx.session, "erp"), answers)
            assert all(result.error is None for result in results), results
        if not leased:
            with app.reading() as ctx:
                if standing_of(ctx, get_consumer(ctx.session, "erp")).lag is None:
                    break
            time.sleep(0.2)
    live.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
