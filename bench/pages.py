"""What each page costs among many orders, compared with among a thousand.

`make bench` prints a line for each: its time at 1,000 orders, at BENCH_ORDERS, how many times as long that
is, and how much of it the database took. Both shops are asked in turn, and the median of several times
counts, because other work on the machine slows both. BENCH_DATABASES chooses, BENCH_TIMES says how often.
"""

from __future__ import annotations

import os
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from bench.asking import Asking, Visitor, askings
from bench.seeding import open_shop

SMALL = 1_000
_MOST = 3


@dataclass(frozen=True)
class Cost:
    """Milliseconds, and how many of them the database took."""

    whole: float
    database: float


def main() -> None:
    """Measure both kinds of databases."""
    home = Path(os.environ.get("ENTREPOT_BENCH_HOME") or Path(__file__).parent / ".cache").resolve()
    orders = int(os.environ.get("BENCH_ORDERS", "1000000"))
    times = int(os.environ.get("BENCH_TIMES", "7"))
    for kind in os.environ.get("BENCH_DATABASES", "sqlite,postgresql").split(","):
        with open_shop(home, kind, SMALL) as small, open_shop(home, kind, orders) as large:
            print(f"\n{kind:<30}{SMALL:>12,}{orders:>12,}   times   in the database")
            before, after = askings(Visitor(small)), askings(Visitor(large))
            with _stopwatch(small.live.engine) as one, _stopwatch(large.live.engine) as other:
                slow = [
                    name
                    for name in before
                    if not _print(name, *_compare((before[name], one), (after[name], other), times))
                ]
            print(f"{len(before) - len(slow)} of {len(before)} within {_MOST} times", *slow, sep=", not: ")
    print(f"memory: at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _compare(
    small: tuple[Asking, list[float]], large: tuple[Asking, list[float]], times: int
) -> tuple[Cost, Cost]:
    """The median of each, asked in turn; the first time does not count."""
    found: tuple[list[Cost], list[Cost]] = ([], [])
    for _ in range(times + 1):
        for costs, (ask, spent) in zip(found, (small, large), strict=True):
            spent.clear()
            started = time.perf_counter()
            ask()
            costs.append(Cost((time.perf_counter() - started) * 1_000, sum(spent) * 1_000))
    first, second = (
        Cost(
            statistics.median(cost.whole for cost in costs[1:]),
            statistics.median(cost.database for cost in costs[1:]),
        )
        for costs in found
    )
    return first, second


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


def _print(name: str, small: Cost, large: Cost) -> bool:
    ratio = large.whole / small.whole
    line = f"{name:<30}{small.whole:>9.1f} ms{large.whole:>9.1f} ms{ratio:>8.1f}"
    print(f"{line}{small.database:>9.1f} ms{large.database:>9.1f} ms{'  !' if ratio > _MOST else ''}")
    sys.stdout.flush()
    return ratio <= _MOST


if __name__ == "__main__":
    main()
