"""How fast a consumer's processes drain what waits for it, over HTTP, and whether a page costs the same.

`make bench` prints, for SQLite and PostgreSQL: how many orders are offered in a second to a new consumer,
what one page of 100 costs while a thousand orders wait and while BENCH_PICKUPS (100,000) do, and how
many orders a second BENCH_PROCESSES (8) processes pick up and acknowledge, and in how much memory. They
ask BENCH_SERVERS (1) servers, each as `entrepot run` starts it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import delete

from bench.seeding import Shop, bench_home, databases, open_shop
from core.access import add_token
from core.jobs import JobRun
from core.managing import switch_on
from plugins.erp_bridge.consumers import NewConsumer, add_consumer, get_consumer
from plugins.erp_bridge.filters import Wanted
from plugins.erp_bridge.models import Consumer, Pickup
from plugins.erp_bridge.offering import catch_up
from plugins.erp_bridge.standing import history_of, standing_of

SMALL = 1_000
_PAGE = 100
_FEW_PAGES = 8
#: Of the orders that are seeded one in so many is canceled, and so not offered.
_CANCELED = 33
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_SECONDS_TO_STOP = 60


class Erp:
    """One process of the consumer."""

    def __init__(self, address: str, token: str) -> None:
        self._connection = HTTPConnection(address, timeout=300)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def take_page(self) -> int:
        """Pick a page up and acknowledge it; how many orders that were."""
        items = self._ask("GET", f"/pickup/bench?limit={_PAGE}")["items"]
        answers = [{"id": item["id"], "reference": f"SO-{item['id']}"} for item in items]
        if answers:
            results = self._ask("POST", "/pickup/bench/ack", json.dumps({"items": answers}))["items"]
            assert all(result["error"] is None for result in results), results
        self._connection.close()  # the server closes one that is quiet for a while
        return len(items)

    def _ask(self, method: str, path: str, body: str | None = None) -> Any:
        self._connection.request(method, f"/api/v1{path}", body, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said
        return json.loads(said)


def main() -> None:
    """Measure the databases that are asked for."""
    started = time.monotonic()
    waiting = int(os.environ.get("BENCH_PICKUPS", "100000"))
    processes = int(os.environ.get("BENCH_PROCESSES", "8"))
    servers = int(os.environ.get("BENCH_SERVERS", "1"))
    for kind in databases():
        small, large = (open_shop(bench_home(), kind, _seeded(orders)) for orders in (SMALL, waiting))
        with small as few, large as many:
            offer(few)
            offered, seconds = offer(many)
            _say(f"\n{kind}: {offered:,} orders wait")
            _say(f"  offered to a new consumer       {offered / seconds:10,.0f} orders/s")
            _compare(few, many, offered)
            drain(many, processes, servers)
    _say(f"pickups took {time.monotonic() - started:.0f} s")


def _seeded(waiting: int) -> int:
    """So many orders have so many that are offered."""
    return waiting * _CANCELED // (_CANCELED - 1) + 1


def offer(shop: Shop) -> tuple[int, float]:
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


def _compare(few: Shop, many: Shop, offered: int) -> None:
    """Print what a page costs, and the page of the consumer, while few and while many wait."""
    looks = _best_of([partial(_look, shop) for shop in (few, many)])
    for what, costs in (
        ("how far behind it is and its history, from the database", looks),
        (f"a page of {_PAGE}, picked up and acknowledged, by one process", _page_costs(few, many)),
    ):
        _say(f"  {what}:")
        _say(f"    while {SMALL:,} wait              {costs[0]:10.1f} ms")
        _say(f"    while {offered:,} wait            {costs[1]:10.1f} ms   {costs[1] / costs[0]:.2f} times")


def _page_costs(*shops: Shop) -> list[float]:
    """What a page costs when nobody else asks."""
    with ExitStack() as stack:
        erps = [Erp(stack.enter_context(_serving(shop))[0], _token(shop)) for shop in shops]
        return _best_of([erp.take_page for erp in erps])


def _look(shop: Shop) -> None:
    with shop.live.current().reading() as ctx:
        consumer = get_consumer(ctx.session, "bench")
        standing_of(ctx, consumer), history_of(ctx.session, consumer)


def _best_of(asked: Sequence[Callable[[], object]]) -> list[float]:
    """The milliseconds that each takes at best; they are asked in turn, the first time does not count."""
    spent: list[list[float]] = [[] for _ in asked]
    for _ in range(_FEW_PAGES + 1):
        for ask, times in zip(asked, spent, strict=True):
            started = time.monotonic()
            ask()
            times.append(time.monotonic() - started)
    return [1000 * min(times[1:]) for times in spent]


def drain(shop: Shop, processes: int, servers: int) -> int:
    """Have processes pick everything up at the same time; prints what it cost, and gives how many."""
    with ExitStack() as stack:
        serving = [stack.enter_context(_serving(shop)) for _ in range(servers)]
        running = []
        for _, (address, _pid) in zip(range(processes), cycle(serving), strict=False):
            words = [sys.executable, "-m", "bench.pickups", address, _token(shop)]
            running.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
        said = [json.loads(process.communicate()[0]) for process in running]
        memory = [_most_memory(pid) for _address, pid in serving]
    pages = sorted(tuple(page) for one in said for page in one)
    taken = sum(orders for _started, _took, orders in pages)
    seconds = max(started + took for started, took, _ in pages) - pages[0][0]
    tenth = max(1, len(pages) // 10)
    first, last = (_median(part) for part in (pages[:tenth], pages[-tenth:]))
    by = f"{processes} processes, {servers} server{'s' if servers > 1 else ''}"
    _say(f"  drained by {by:<20} {taken / seconds:10,.0f} orders/s ({taken:,} in {seconds:.0f} s)")
    _say(f"    a page in the first tenth     {first:10.1f} ms")
    _say(f"    a page in the last tenth      {last:10.1f} ms   {last / first:.2f} times")
    _say(f"    memory of the largest server  {max(memory):10.0f} MB")
    return taken


def _median(pages: Sequence[tuple[float, float, int]]) -> float:
    return 1000 * median(took for _started, took, _orders in pages)


def _token(shop: Shop) -> str:
    """Of one who sees names and addresses, as whoever ships has to."""
    app = shop.live.current()
    with app.writing("bench") as ctx:
        scopes = ["pickup", "personal_data:read"]
        return add_token(ctx, f"bench {time.time_ns()}", scopes, app.scopes)[1]


@contextmanager
def _serving(shop: Shop) -> Iterator[tuple[str, int]]:
    """A server as an operator starts it; its address and the id of its process."""
    config = shop.live.config
    environ = {
        "ENTREPOT_HOME": str(config.home), "ENTREPOT_DATABASE_URL": config.database_url,
        "ENTREPOT_SECRET_KEYS": ",".join(config.secret_keys or ()),
    }  # fmt: skip
    words = [sys.executable, "-m", "core.cli", "run", "--port", "0"]
    server = subprocess.Popen(words, env=os.environ | environ, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        said = server.stdout.readline().strip()
        assert "://" in said, f"the server did not start: {said}"
        yield said.rpartition("/")[2], server.pid
    finally:
        server.terminate()
        server.communicate(timeout=_SECONDS_TO_STOP)


def _most_memory(pid: int) -> float:
    """The most that a server and the processes that it started ever had, in MB; 0 where nobody knows."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0.0
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return own / 1024 + sum(_most_memory(int(child)) for child in children)


def take_all(address: str, token: str) -> None:
    """One process, until nothing waits; prints when each page began, how long it took, and its orders."""
    erp = Erp(address, token)
    pages = []
    while True:
        started = time.time()
        orders = erp.take_page()
        if not orders:
            break
        pages.append((started, time.time() - started, orders))
    print(json.dumps(pages))


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    if sys.argv[1:]:
        take_all(*sys.argv[1:])
    else:
        main()
