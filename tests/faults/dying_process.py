"""Real processes that work for a shop and die: `dying_process.py URL HOME KEY`, one for each line it reads.

This process first works the shop off itself, so that what is imported and compiled here need not be
by each of its children; it closes every connection before it forks. Then for each line on standard
input, a `Task` as JSON, it forks a process and answers with a line of JSON, an `Ending`.

The points at which a process can die are counted from outside: before and after each commit, before
and after each request to a channel. At the one that was asked for it sends itself SIGKILL.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from core.application import LiveApplication
from core.channels.accounts import POLL_JOB
from core.config import Config
from core.jobs import Owner, Runner, enqueue
from core.logs import configure_logs


@dataclass(frozen=True)
class Task:
    """The point at which to die, 0 for none, and whether to look at the channel before anything else."""

    die_at: int = 0
    poll: bool = False


@dataclass(frozen=True)
class Ending:
    """How a process ended: killed or not, after how many points, at which, and what it complained of."""

    killed: bool
    points: int
    at: str
    said: str


class Points:
    """Counts the points that this process passes, and ends it at one of them."""

    def __init__(self, die_at: int, report: int) -> None:
        self._die_at = die_at
        self._report = report
        self._lock = threading.Lock()
        self._passed = 0

    def pass_by(self, what: str) -> None:
        with self._lock:
            self._passed += 1
            if self._passed == self._die_at:
                self.tell(what)
                os.kill(os.getpid(), signal.SIGKILL)

    def tell(self, what: str) -> None:
        os.write(self._report, json.dumps({"points": self._passed, "at": what}).encode())

    def watch(self) -> None:
        """Have every commit and every request of this process counted."""
        event.listen(Engine, "commit", lambda _connection: self.pass_by("before a commit"))
        event.listen(Session, "after_commit", lambda _session: self.pass_by("after a commit"))
        send = requests.Session.send

        def send_watched(session: requests.Session, request: Any, **options: Any) -> requests.Response:
            path = request.path_url.partition("?")[0]
            self.pass_by(f"before {request.method} {path}")
            answer = send(session, request, **options)
            self.pass_by(f"after {request.method} {path}")
            return answer

        requests.Session.send = send_watched  # type: ignore[method-assign]


def work(live: LiveApplication, task: Task) -> None:
    """Do what `entrepot work --until-idle` does."""
    if task.poll:
        with live.current().writing("operator") as ctx:
            enqueue(ctx, POLL_JOB, {"account_id": 1})
    owner = Owner(live.config.home)
    Runner(live, owner, threads=1).run_until_idle()
    owner.close()
    live.close()


def run_forked(live: LiveApplication, task: Task) -> Ending:
    """Run one task in a process of its own and see how it ends."""
    reading, report = os.pipe()
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.dup2(said.fileno(), sys.stderr.fileno())
            os._exit(_live(live, task, report))
        os.close(report)
        with os.fdopen(reading) as told:
            last = told.read()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        text = said.read().decode()
    if status not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the process ended with {status}: {text}")
    return Ending(killed=status != 0, said=text, **json.loads(last))


def _live(live: LiveApplication, task: Task, report: int) -> int:
    points = Points(task.die_at, report)
    try:
        points.watch()
        work(live, task)
        points.tell("its end")
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main(url: str, home: str, key: str) -> None:
    configure_logs("WARNING")
    config = Config(home=Path(home), database_url=url, secret_keys=(key,), lease_seconds=30)
    live = LiveApplication(config)
    work(live, Task(poll=True))
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(asdict(run_forked(live, Task(**json.loads(line))))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
