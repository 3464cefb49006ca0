"""How fast a consumer's processes drain what waits for it, over REST, and whether a page costs the same.

`make bench` prints, for SQLite and PostgreSQL: how many orders are offered in a second to a new consumer,
what one page of 100 costs while a thousand orders wait and while BENCH_PICKUPS (100,000) do, and how
many orders a second BENCH_PROCESSES (8) processes pick up and acknowledge, with the memory of the largest.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import delete

from bench.seeding import Shop, open_shop
from core.access import add_token
from core.application import LiveApplication
from core.config import Config
from core.jobs import JobRun
from core.managing import switch_on
from core.web.api.app import create_api
from core.web.api.limiting import Limiter
from plugins.erp_bridge.api import resources
from plugins.erp_bridge.consumers import NewConsumer, add_consumer
from plugins.erp_bridge.filters import Wanted
from plugins.erp_bridge.models import Consumer, Pickup
from plugins.erp_bridge.offering import catch_up

SMALL = 1_000
_PAGE = 100
_FEW_PAGES = 8
#: Of the orders that are seeded so many are canceled, and so not offered.
_CANCELED = 33
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Erp:
    """One process of the consumer."""

    def __init__(self, live: LiveApplication, token: str) -> None:
        app = create_api(live, Limiter(10**9), [resources])
        self._client = app.test_client()
        self._headers = {"Authorization": f"Bearer {token}"}
        self.taken = 0

    def take_page(self) -> bool:
        """Pick a page up and acknowledge it; False if nothing waits."""
        items = self._ask("GET", f"/pickup/bench?limit={_PAGE}")["items"]
        answers = [{"id": item["id"], "reference": f"SO-{item['id']}"} for item in items]
        if answers:
            results = self._ask("POST", "/pickup/bench/ack", json={"items": answers})["items"]
            assert all(result["error"] is None for result in results), results
        self.taken += len(items)
        return bool(items)

    def _ask(self, method: str, path: str, **body: Any) -> Any:
        with self._client.open(path, method=method, headers=self._headers, **body) as answer:
            assert answer.status_code == 200, answer.get_data(as_text=True)
            return answer.get_json()


def main() -> None:
    """Measure both kinds of databases."""
    home = Path(os.environ.get("ENTREPOT_BENCH_HOME") or Path(__file__).parent / ".cache").resolve()
    waiting = int(os.environ.get("BENCH_PICKUPS", "100000"))
    processes = int(os.environ.get("BENCH_PROCESSES", "8"))
    for kind in os.environ.get("BENCH_DATABASES", "sqlite,postgresql").split(","):
        with open_shop(home, kind, SMALL) as shop:
            _, small = _offer(shop), _pages(shop)
        with open_shop(home, kind, waiting * _CANCELED // (_CANCELED - 1) + 1) as shop:
            offered, seconds = _offer(shop)
            large = _pages(shop)
            print(f"\n{kind}: {offered:,} orders wait")
            print(f"  offered to a new consumer       {offered / seconds:10,.0f} orders/s")
            print(f"  a page of {_PAGE}, picked up and acknowledged, by one process:")
            print(f"    while {SMALL:,} wait              {1000 * small:10.1f} ms")
            print(
                f"    while {offered:,} wait            {1000 * large:10.1f} ms   {large / small:.2f} times"
            )
            _drain(shop, processes)


def _offer(shop: Shop) -> tuple[int, float]:
    """Have every order wait for a new consumer; how many do, and how long it took to offer them."""
    if "erp_bridge" not in shop.live.current().hooks.plugins:
        switch_on(shop.live.current(), "erp_bridge", "bench")
    app = shop.live.current()
    with app.writing("bench") as ctx:
        ctx.session.execute(delete(Pickup))
        ctx.session.execute(delete(Consumer))
        wanted = Wanted(fulfilled_by=("any",))
        consumer = add_consumer(ctx, NewConsumer("bench", wanted=wanted, since=_LONG_AGO))
        args = {"consumer_id": consumer.id}
    started = time.monotonic()
    catch_up(JobRun(0, "bench", args, 1, 1, app))
    taken = time.monotonic() - started
    with app.reading() as ctx:
        return ctx.session.query(Pickup).count(), taken


def _token(shop: Shop) -> str:
    app = shop.live.current()
    with app.writing("bench") as ctx:
        return add_token(ctx, f"bench {time.time_ns()}", ["pickup"], app.scopes)[1]


def _pages(shop: Shop) -> float:
    """What a page costs now, when nobody else asks: the median of a few."""
    erp = Erp(shop.live, _token(shop))
    erp.take_page()
    times = []
    for _ in range(_FEW_PAGES):
        started = time.monotonic()
        erp.take_page()
        times.append(time.monotonic() - started)
    return median(times)


def _drain(shop: Shop, processes: int) -> None:
    """Have processes pick everything up at the same time."""
    config, token = shop.live.config, _token(shop)
    words = [sys.executable, "-m", "bench.pickups", config.database_url, str(config.home)]
    words += [config.secret_keys[0], token]
    running = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    said = [json.loads(process.communicate()[0]) for process in running]
    every = sorted(tuple(page) for one in said for page in one["pages"])
    seconds = every[-1][0] - every[0][0] + every[-1][1]
    pages = sorted(tuple(page) for one in said for page in one["pages"][1:])  # the first one warms up
    taken = sum(one["taken"] for one in said)
    tenth = max(1, len(pages) // 10)
    first, last = (_cost(part) for part in (pages[:tenth], pages[-tenth:]))
    rate = taken / seconds
    print(
        f"  drained by {processes} processes          {rate:10,.0f} orders/s ({taken:,} in {seconds:.0f} s)"
    )
    print(f"    a page in the first tenth     {first:10.1f} ms")
    print(f"    a page in the last tenth      {last:10.1f} ms   {last / first:.2f} times")
    print(f"    memory of the largest         {max(one['kilobytes'] for one in said) / 1024:10.0f} MB")


def _cost(pages: Sequence[tuple[float, float]]) -> float:
    return 1000 * median(page[1] for page in pages)


def drain(url: str, home: str, key: str, token: str) -> None:
    """One process, until nothing waits; prints what it took."""
    live = LiveApplication(Config(home=Path(home), database_url=url, secret_keys=(key,)))
    erp = Erp(live, token)
    pages = []
    while True:
        started = time.time()
        is_more = erp.take_page()
        if not is_more:
            break
        pages.append((started, time.time() - started))
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"pages": pages, "taken": erp.taken, "kilobytes": kilobytes}))
    live.close()


if __name__ == "__main__":
    if sys.argv[1:]:
        drain(*sys.argv[1:])
    else:
        main()
