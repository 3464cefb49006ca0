"""A process of its own that enqueues and runs jobs: `worker_process.py URL HOME MODE [COUNT]`.

enqueue-and-run  enqueue COUNT jobs a few at a time while other processes do the same, then run all
hang             run what is due, saying `started` when the first job has begun; it never ends
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, Table, insert

from core.clock import SystemClock
from core.database.engine import make_engine
from core.database.keys import KeyRing
from core.jobs import JobRun, enqueue
from tests.core.jobs.shop import Shop
from tests.databases import TEST_KEY, make_config

#: What ran: a row for each attempt that reached its end.
RUNS = Table("runs", MetaData(), Column("job_id", Integer), Column("pid", Integer))
_AT_ONCE = 5


def record(run: JobRun) -> None:
    with run.transaction() as ctx:
        ctx.session.execute(insert(RUNS).values(job_id=run.job_id, pid=os.getpid()))


def hang(_run: JobRun) -> None:
    print("started", flush=True)
    threading.Event().wait()


def main(url: str, home: str, mode: str, count: str = "0") -> None:
    shop = Shop(make_engine(make_config(Path(home), url), KeyRing((TEST_KEY,))), Path(home), SystemClock())
    shop.knows("record", hang if mode == "hang" else record)
    for number in range(0, int(count), _AT_ONCE):
        with shop.writing() as ctx:
            for key in range(number, number + _AT_ONCE):
                enqueue(ctx, "record", lock_key=f"k{key % 7}" if key % 2 else None)
    shop.run(threads=2)
    shop.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
