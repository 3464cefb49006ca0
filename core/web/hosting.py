"""gunicorn, set up for Entrepot: one worker process that answers requests and runs jobs.

Imported only when a server is started: gunicorn is an extra.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # it ships no types
from gunicorn.arbiter import Arbiter  # type: ignore[import-untyped]  # as above
from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # as above
from gunicorn.sock import TCP6Socket, TCPSocket  # type: ignore[import-untyped]  # as above

from core.application import LiveApplication
from core.config import Config
from core.errors import EntrepotError
from core.jobs import Owner, Runner
from core.jobs.retrying import place_of
from core.web.app import LivePages

if TYPE_CHECKING:
    from core.web.server import ServerOptions


def host_until_stopped(
    config: Config, listener: socket.socket, options: ServerOptions, on_ready: Callable[[], None]
) -> None:
    """Serve on a socket that listens already, until a signal asks to stop; the socket is closed then.

    Raises EntrepotError if the worker process cannot start.
    """
    parent = os.getpid()
    with _own_signals():
        try:
            _Arbiter(_Server(config, options, on_ready), listener).run()
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
        except BaseException:
            if os.getpid() == parent:
                raise
            status = 1
        else:
            status = 0
        if os.getpid() != parent:
            _end_process(status)
    if status:
        raise EntrepotError("the server could not start: the log on standard error says why")


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """The configuration, and the hooks that start and stop the runner inside the worker process."""

    def __init__(
        self,
        config: Config,
        options: ServerOptions,
        on_ready: Callable[[], None],
    ) -> None:
        self._config = config
        self._options = options
        self._on_ready = on_ready
        self._live: LiveApplication | None = None
        self._runner: EmbeddedRunner | None = None
        super().__init__()

    def load_config(self) -> None:
        """gunicorn's settings; each is there for a reason."""
        settings = {
            "worker_class": "gthread",
            "workers": 1,
            "threads": self._options.request_threads,
            # The main loop never works itself, so it cannot hang; a job that finishes must not be cut off.
            "timeout": 0,
            "graceful_timeout": self._options.stop_seconds,
            "control_socket_disable": True,
            "forwarded_allow_ips": "",
            "proc_name": "entrepot",
            "logger_class": _JsonLog,
            "loglevel": self._config.log_level.lower(),
            "when_ready": lambda _arbiter: self._on_ready(),
            "post_worker_init": self._start_runner,
            "worker_exit": self._finish,
        }
        for name, value in settings.items():
            if name in self.cfg.settings:  # an older gunicorn has no control socket
                self.cfg.set(name, value)

    def load(self) -> LivePages:
        """The pages; called in the worker process, so that the engine is made after the fork."""
        self._live = LiveApplication(self._config)
        return LivePages(self._live)

    def _start_runner(self, worker: Any) -> None:
        assert self._live is not None, "gunicorn loads the application before this hook"  # noqa: S101
        self._live.current().resume()
        self._runner = EmbeddedRunner(self._live, self._options)

        def stop(_signal: int, _frame: FrameType | None) -> None:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            if self._runner is not None:
                self._runner.ask_to_stop()
            worker.handle_exit(_signal, _frame)

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the arbiter, which then asks us
        self._runner.start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def _finish(self, _arbiter: Any, _worker: Any) -> None:
        """Let running jobs finish. gunicorn calls it in the worker process, as the last thing."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if self._runner is not None:
            self._runner.finish()
        if self._live is not None:
            self._live.close()


class EmbeddedRunner:
    """A runner of jobs in threads of this process, beside the requests. Make it after the fork."""

    def __init__(self, live: LiveApplication, options: ServerOptions) -> None:
        config = live.config
        self._owner = Owner(config.home)
        self._stop = threading.Event()
        runner = Runner(live, self._owner, options.job_threads, options.poll_seconds, config.lease_seconds)
        self._thread = threading.Thread(target=runner.run_forever, args=(self._stop,), name="job-runner")

    def start(self) -> None:
        """Take up work."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Take up nothing more; what runs goes on."""
        self._stop.set()

    def finish(self) -> None:
        """Wait for what runs, then let go."""
        self._stop.set()
        self._thread.join()
        self._owner.close()


class _Arbiter(Arbiter):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's parent process; Ctrl-C lets it finish as SIGTERM does, a second one ends it at once."""

    def __init__(self, app: _Server, listener: socket.socket) -> None:
        super().__init__(app)
        kind = TCP6Socket if listener.family == socket.AF_INET6 else TCPSocket
        address = listener.getsockname()
        # Given here, so that neither the environment nor a setting can offer another one.
        self.LISTENERS = [kind(address, self.cfg, self.log, fd=listener.detach())]
        self.WORKERS: dict[int, Any] = {}  # gunicorn's own is one for all arbiters

    def spawn_worker(self) -> Any:
        """Start the worker; being asked to stop waits until it listens to that, instead of being lost."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            return super().spawn_worker()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def handle_int(self) -> None:
        """Ctrl-C."""
        self.handle_term()


class _JsonLog(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's log in the form of ours."""

    def setup(self, cfg: Any) -> None:
        """Set the log up, as gunicorn does, and give it our form."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(_JsonLines())


class _JsonLines(logging.Formatter):
    """One JSON object a line; of an exception its class and place, since its text could hold anything."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as a line."""
        line = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line |= {"error": type(error).__name__, "place": place_of(error)}
        return json.dumps(line)


@contextmanager
def _own_signals() -> Iterator[None]:
    """Give the signals back to whoever had them; gunicorn keeps them."""
    before = {number: signal.getsignal(number) for number in (*Arbiter.SIGNALS, signal.SIGCHLD)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_process(status: int) -> None:
    """End the worker process here: the code that called the server belongs to its parent."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
