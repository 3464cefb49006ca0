"""`entrepot demo` and `entrepot amazon simulate`, as processes of their own."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import Entrepot

ROOT = Path(__file__).resolve().parents[4]
KEYS = ["step", "amazon", "channel_order", "order", "order_number", "on_orders_tab", "note"]
#: step, Amazon, channel order, order, on the Orders tab: `workflows.md` 1 and 2.
MERCHANT = [
    (1, "Pending", "Pending", None, False),
    (2, "Unshipped", "Unshipped", None, True),
    (3, "Unshipped", "Unshipped", "processing", True),
    (4, "Unshipped", "Unshipped", "processing", True),
    (5, "Shipped", "Shipped", "complete", True),
]
AMAZON = [
    (1, "Pending", None, None, False),
    (2, "Shipped", "Shipped", None, True),
    (3, "Shipped", "Shipped", "complete", True),
]

#: When something has happened.
TIMES = (
    ("orders", "placed_at"), ("channel_orders", "placed_at"), ("channel_orders", "updated_at"),
    ("channel_trace", "happened_at"), ("shipments", "shipped_at"), ("channel_accounts", "connected_at"),
)  # fmt: skip


@contextmanager
def started(tmp_path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs; the shop of whoever calls it is of no use, and is not needed."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("ENTREPOT_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "core.cli", *arguments],
        env=inherited | {"PYTHONPATH": str(ROOT), "ENTREPOT_HOME": str(tmp_path / "never made")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):  # what it has started as well
                os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `demo --once --json` prints."""
    home = tmp_path_factory.mktemp("demo")
    with started(home, "demo", "--once", "--json") as process:
        out, err = process.communicate(timeout=150)
    assert (process.returncode, err) == (0, "")
    assert list(home.iterdir()) == []
    found: dict[str, Any] = json.loads(out)
    return found


def test_demo_walks_both_workflows(walked: dict[str, Any]) -> None:
    assert list(walked) == ["workflows"]
    assert [each["name"] for each in walked["workflows"]] == [
        "fulfilled by merchant",
        "fulfilled by Amazon",
    ]


@pytest.mark.parametrize(("place", "expected"), [(0, MERCHANT), (1, AMAZON)], ids=["merchant", "Amazon"])
def test_demo_reads_all_three_sides_after_each_step(
    walked: dict[str, Any], place: int, expected: list[tuple[Any, ...]]
) -> None:
    steps = walked["workflows"][place]["steps"]
    seen = [
        tuple(step[key] for key in ("step", "amazon", "channel_order", "order", "on_orders_tab"))
        for step in steps
    ]
    assert seen == expected
    for step in steps:
        assert set(KEYS) <= set(step)
        assert (step["order_number"] is None) == (step["order"] is None)
        assert step["note"]


def test_demo_says_at_each_step_what_has_just_happened(walked: dict[str, Any]) -> None:
    notes = [step["note"] for step in walked["workflows"][0]["steps"]]
    assert "verifying the payment" in notes[0]
    assert "from Pending to Unshipped" in notes[1]
    assert "was created as Processing" in notes[2]
    assert "was confirmed" in notes[4]


def test_demo_names_the_policy_that_ran(walked: dict[str, Any]) -> None:
    assert "customer_creation = guest" in walked["workflows"][0]["steps"][3]["note"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_demo_tells_each_step_to_people_and_serves_until_it_is_interrupted(
    tmp_path: Path, number: signal.Signals
) -> None:
    with started(tmp_path, "demo", "--port", "0") as process:
        text = read_until(process, "Ctrl-C ends it")
        page = re.search(r"The shop is open at +(http://127\.0\.0\.1:\d+)", text)
        assert page is not None
        with urllib.request.urlopen(page[1], timeout=30) as answer:
            assert answer.status == 200
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        sign_in_page = browser.open(f"{page[1]}/login", timeout=30).read().decode()
        fields = {
            "csrf_token": found_in(sign_in_page, r'name="csrf_token" value="([^"]+)"'),
            "email": found_in(text, r"sign in as +(\S+)"),
            "password": found_in(text, r"with the password +(\S+)"),
        }
        with browser.open(f"{page[1]}/login", urllib.parse.urlencode(fields).encode(), 30) as answer:
            assert answer.url == f"{page[1]}/"
            shown = answer.read().decode()
            assert "Sign out" in shown
        home = re.search(r"ENTREPOT_HOME=(\S+) entrepot amazon sync\n", text)
        assert home is not None
        with closing(sqlite3.connect(Path(home[1]) / "entrepot.db")) as database:
            times = [
                database.execute(f"SELECT max({name}) FROM {table}").fetchone()[0] for table, name in TIMES
            ]
        assert max(times) <= datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"), "nothing is in the future"
        assert f"ENTREPOT_HOME={home[1]} entrepot orders ship NUMBER --carrier DHL --tracking" in text
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")
    assert not Path(home[1]).exists()
    for words in ("An order fulfilled by merchant", "An order fulfilled by Amazon", "verifying the card",
                  "Shipped", "complete"):  # fmt: skip
        assert words in text


def test_demo_that_is_killed_leaves_nothing_running(tmp_path: Path) -> None:
    with started(tmp_path, "demo", "--port", "0") as process:
        page = found_in(read_until(process, "The shop is open at"), r"(http://127\.0\.0\.1:\d+)")
        process.kill()
        process.wait()
        until = time.monotonic() + 60
        while is_open(page) and time.monotonic() < until:
            time.sleep(0.2)
        assert not is_open(page)


def is_open(page: str) -> bool:
    """Whether anything listens there."""
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", int(page.rsplit(":", 1)[1]))) == 0


def test_simulator_serves_without_a_database_until_it_is_interrupted(tmp_path: Path) -> None:
    with started(tmp_path, "amazon", "simulate", "--port", "0") as process:
        text = read_until(process, "http://127.0.0.1:")
        address = re.search(r"http://127\.0\.0\.1:\d+", text)
        assert address is not None
        with urllib.request.urlopen(f"{address[0]}/simulator/clock", timeout=30) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode in (0, 130)
    assert not (tmp_path / "never made").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1"])
def test_simulator_listens_on_loopback_only(entrepot: Entrepot, host: str) -> None:
    assert "this machine only" in entrepot.refused("amazon", "simulate", "--host", host, "--port", "0")


def found_in(text: str, pattern: str) -> str:
    """What the first group of a pattern is in a text."""
    found = re.search(pattern, text)
    assert found, pattern
    return found[1]


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """Everything on standard output up to the line with these words."""
    lines: list[str] = []
    watchdog = threading.Timer(150, process.kill)
    watchdog.start()
    for line in process.stdout or ():
        lines.append(line)
        if words in line:
            break
    watchdog.cancel()
    assert lines, "the process printed nothing"
    assert words in lines[-1], "".join(lines)
    return "".join(lines)
