"""What `entrepot run` starts: the pages and the runner of background work, in one process that is watched.

gunicorn listens and watches; its one worker process answers requests in threads and runs jobs in others.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

from core.application import LiveApplication
from core.config import Config
from core.errors import Busy, InvalidValue, NotConfigured, Refused
from core.jobs import THREADS
from core.web.guarding import is_loopback

LOCALHOST = "127.0.0.1"
PORT = 8000


@dataclass(frozen=True)
class ServerOptions:
    """How the server does its work.

    request_threads   how many requests are answered at the same time
    job_threads       how many jobs run at the same time
    poll_seconds      how soon a job that another process enqueued starts, at the latest
    stop_seconds      how long running jobs and requests have to finish when the server is stopped;
                      a job that takes longer starts over with the next process
    """

    request_threads: int = 4
    job_threads: int = THREADS
    poll_seconds: float = 1.0
    stop_seconds: int = 120


def serve(
    config: Config,
    host: str = LOCALHOST,
    port: int = PORT,
    on_ready: Callable[[str], None] | None = None,
    options: ServerOptions | None = None,
) -> None:
    """Answer HTTP and run jobs until SIGTERM or Ctrl-C; what runs then is finished first.

    host       a loopback address or `localhost`; another one only if `config.url` says under which
               address a proxy, which speaks https, is reached
    port       0 takes one that is free
    on_ready   called with the address once it listens, before anything is answered; it must leave
               nothing open that a forked process may not share. Without it the address is printed

    Call it from the main thread, with no database connection open: it forks. A second Ctrl-C ends it at
    once. Raises InvalidValue for a host or port that is refused, PendingMigrations, NotConfigured
    without gunicorn, Busy for a port that is in use.
    """
    address = _check_address(config, host, port)
    try:
        from core.web.hosting import host_until_stopped
    except ModuleNotFoundError as error:
        if error.name != "gunicorn":
            raise
        raise NotConfigured("the server needs gunicorn: pip install 'entrepot[server]'") from error
    _check_database(config)
    listener = _listen(address, port)
    ready = on_ready or announce
    url = _url_of(listener)
    host_until_stopped(config, listener, options or ServerOptions(), lambda: ready(url))


def announce(url: str) -> None:
    """Say on standard output where the pages are."""
    print(f"Entrepot listens on {url}", flush=True)  # noqa: T201  # this line is the command's output


def _check_address(config: Config, host: str, port: int) -> str:
    """The address to listen on."""
    if not is_loopback(host) and not (config.url and _is_address(host)):
        raise InvalidValue(
            f"{host!r} is no address that Entrepot listens on: 127.0.0.1, localhost or ::1, or, behind a "
            "proxy that speaks https, an address of this machine together with ENTREPOT_URL",
            {"host": ["is not a loopback address"]},
        )
    if not 0 <= port <= 65535:
        raise InvalidValue(
            f"a port is a number from 0 to 65535, not {port}", {"port": ["is not from 0 to 65535"]}
        )
    return LOCALHOST if host.lower() == "localhost" else host.strip("[]")


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _check_database(config: Config) -> None:
    """Raise what would keep the worker process from starting; no connection outlives this."""
    live = LiveApplication(config)
    try:
        live.current()
    finally:
        live.close()


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Busy(
                f"port {port} is in use already: stop what listens there, or choose another"
            ) from error
        raise Refused(f"{address} port {port} cannot be listened on: {error.strerror}") from error
    return listener


def _url_of(listener: socket.socket) -> str:
    address, port = listener.getsockname()[:2]
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"
