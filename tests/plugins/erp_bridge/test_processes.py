"""Several processes of one consumer on one database, some of which die."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from plugins.erp_bridge.consumers import get_consumer
from plugins.erp_bridge.standing import history_of
from tests.plugins.erp_bridge import consumer_process
from tests.plugins.erp_bridge.conftest import Bridge

ROOT = Path(__file__).parents[3]
ORDERS = 80


def test_processes_book_each_order_under_one_key_though_some_die(bridge: Bridge, tmp_path: Path) -> None:
    bridge.consumer(lease_seconds=5)
    bridge.orders(ORDERS)

    def start(number: int, *words: str) -> subprocess.Popen[str]:
        url = bridge.live.config.database_url
        arguments = [url, str(tmp_path), str(tmp_path / f"books-{number}"), *words]
        return subprocess.Popen(
            [sys.executable, consumer_process.__file__, *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    workers = [start(1), start(2), start(3, "dies"), start(4, "dies")]
    said = [worker.communicate(timeout=120)[0] for worker in workers]
    assert [worker.returncode for worker in workers[:2]] == [0, 0], said
    booked = defaultdict(list)
    for books in tmp_path.glob("books-*"):
        for line in books.read_text("utf-8").splitlines():
            order_id, key = line.split()
            booked[int(order_id)].append(key)
    assert len(booked) == ORDERS
    assert all(len(set(keys)) == 1 for keys in booked.values())
    with bridge.live.current().reading() as ctx:
        rows = history_of(ctx.session, get_consumer(ctx.session, "erp"), limit=1000)
        assert {row.state for row in rows} == {"acknowledged"}
        assert {row.order_id: row.offered for row in rows} == {
            order_id: len(keys) for order_id, keys in booked.items()
        }
        told_again = sum(row.offered - 1 for row in rows)
        assert told_again <= 10  # what the two that died had in their hands
