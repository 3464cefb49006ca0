"""What each page costs among many orders, compared with among a thousand.

`make bench` prints a line for each: its time at 1,000 orders, at BENCH_ORDERS, how many times as long that
is, and how much of it the database took. Both shops are asked in turn, and the best of several times
counts: other work on the machine can only make it longer. What seems to take too long is therefore asked
again before it is said. BENCH_DATABASES chooses, BENCH_ONLY too, by a part of the pages' names with commas
in between; BENCH_TIMES says how often each is asked.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

from bench.asking import Asking, Visitor, askings
from bench.seeding import Shop, bench_home, databases, open_shop

SMALL = 1_000
_MOST = 3
_PATIENCE = 3


@dataclass(frozen=True)
class Cost:
    """Milliseconds, and how many of them the database took."""

    whole: float
    database: float


def main() -> None:
    """Measure the databases that are asked for."""
    started = time.monotonic()
    orders = int(os.environ.get("BENCH_ORDERS", "1000000"))
    times, only = int(os.environ.get("BENCH_TIMES", "7")), os.environ.get("BENCH_ONLY", "").split(",")
    for kind in databases():
        with open_shop(bench_home(), kind, SMALL) as small, open_shop(bench_home(), kind, orders) as large:
            slow = compare(small, large, times, only)
        if slow:
            _say(f"not within {_MOST} times: {'; '.join(slow)}")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _say(f"pages took {time.monotonic() - started:.0f} s, and at most {memory:.0f} MB")


def compare(small: Shop, large: Shop, times: int, only: Sequence[str] = ("",)) -> list[str]:
    """Print what each page costs in both; the names of those that take too long."""
    _say(f"\n{small.kind:<30}{small.orders:>12,}{large.orders:>12,}   times   in the database")
    before, after = askings(Visitor(small)), askings(Visitor(large))
    names = [name for name in before if any(part in name for part in only)]
    slow = []
    with _stopwatch(small.live.engine) as one, _stopwatch(large.live.engine) as other:
        for name in names:
            costs = _measure((before[name], one), (after[name], other), times)
            ratio = _ratio(costs)
            if ratio > _MOST:
                slow.append(name)
            _say(_line(name, costs) + ("  !" if ratio > _MOST else ""))
    _say(f"{len(names) - len(slow)} of {len(names)} within {_MOST} times")
    return slow


def _measure(
    small: tuple[Asking, list[float]], large: tuple[Asking, list[float]], times: int
) -> tuple[Cost, Cost]:
    """The best of each, asked in turn; the first time does not count."""
    _cost(*small), _cost(*large)
    found: list[tuple[Cost, Cost]] = []
    for _ in range(_PATIENCE):
        found += [(_cost(*small), _cost(*large)) for _ in range(times)]
        best = (_best(cost for cost, _ in found), _best(cost for _, cost in found))
        if _ratio(best) <= _MOST:
            break
    return best


def _cost(ask: Asking, spent: list[float]) -> Cost:
    spent.clear()
    started = time.perf_counter()
    ask()
    return Cost((time.perf_counter() - started) * 1_000, sum(spent) * 1_000)


def _best(costs: Iterator[Cost]) -> Cost:
    return min(costs, key=lambda cost: cost.whole)


def _ratio(costs: tuple[Cost, Cost]) -> float:
    return costs[1].whole / costs[0].whole


@contextmanager
def _stopwatch(engine: Engine) -> Iterator[list[float]]:
    """The seconds that each statement takes until it has its first rows."""
    spent: list[float] = []
    started: list[float] = []

    def begin(*_args: Any) -> None:
        started.append(time.perf_counter())

    def end(*_args: Any) -> None:
        spent.append(time.perf_counter() - started.pop())

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    yield spent
    event.remove(engine, "before_cursor_execute", begin)
    event.remove(engine, "after_cursor_execute", end)


def _line(name: str, costs: tuple[Cost, Cost]) -> str:
    small, large = costs
    line = f"{name:<30}{small.whole:>9.1f} ms{large.whole:>9.1f} ms{_ratio(costs):>8.1f}"
    return f"{line}{small.database:>9.1f} ms{large.database:>9.1f} ms"


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
