"""A server in a process of its own: `serving.py [HOST] [PORT]`, and the hands to start and end it."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[3]
#: Seconds after which a test gives up waiting.
PATIENCE = 30.0

#: A plugin with one job, which says when it starts and ends only when a pipe is written to.
PLUGIN = """
import os
from pathlib import Path

from core.jobs import JobType
from core.plugin import Plugin, hookimpl


def wait(run):
    print(f"job started, attempt {run.attempt}", flush=True)
    said = Path(os.environ["GATE"]).read_text()
    print(f"job ended: {said}", flush=True)


class Hooks:
    @hookimpl
    def job_register(self):
        return [JobType("patient.wait", wait), JobType("patient.nothing", lambda run: None)]


plugin = Plugin("patient", "Patient", "1.0", hooks=Hooks())
"""


class Server:
    """A server process with its worker process, both in a group of their own."""

    def __init__(self, environ: dict[str, str], *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", __file__, *arguments],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def expect(self, words: str) -> str:
        """Wait for a line with these words; the line."""
        while True:
            line = self._lines.get(timeout=PATIENCE)
            assert line is not None, f"it ended without {words!r}: {self.said}"
            if words in line:
                return line.strip()

    def url(self) -> str:
        """Wait until it listens; where."""
        return self.expect("Entrepot listens on ").rpartition(" ")[2]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process that was started, as a service manager does."""
        self.process.send_signal(number)

    def send_all(self, number: signal.Signals) -> None:
        """Send a signal to every process of it, as a terminal does with Ctrl-C."""
        os.killpg(self.process.pid, number)

    def wait(self) -> int:
        """Wait until it has ended; its exit status."""
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert not self._reader.is_alive(), "a process of it still writes"
        return status

    def close(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(ProcessLookupError):
            self.send_all(signal.SIGKILL)
        self.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            self._lines.put(line)
        self._lines.put(None)


def fetch(url: str) -> tuple[int, str]:
    """Fetch a page from a server."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def is_answering(url: str) -> bool:
    """Whether anything listens there."""
    try:
        fetch(url)
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def main(host: str = "127.0.0.1", port: str = "0") -> None:
    from core.config import load_config
    from core.errors import EntrepotError
    from core.logs import configure_logs
    from core.web.server import ServerOptions, serve

    config = load_config()
    configure_logs(config.log_level)
    try:
        serve(config, host, int(port), options=ServerOptions(poll_seconds=0.05))
        print("served to the end", flush=True)
    except EntrepotError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
        sys.exit(1)
    finally:
        print("the caller goes on", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
