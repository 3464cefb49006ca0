"""Serving a world over HTTP, on this machine only."""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import click
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server, select_address_family

from .control import control_blueprint
from .errors import ApiRefusal, NotPossible
from .feeds_api import feeds_blueprint
from .gateway import Gateway, json_response, request_id
from .lwa import lwa_blueprint
from .orders_api import orders_blueprint
from .page import page_blueprint
from .rates import RateLimits, Rates
from .world import World

LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 8400
_BACKLOG = 128


@dataclass(frozen=True)
class RunningSimulator:
    """Where a simulator that is being served can be reached."""

    url: str

    @property
    def token_url(self) -> str:
        """The address of Login with Amazon's token endpoint."""
        return f"{self.url}/auth/o2/token"


def create_simulator(world: World, rates: Rates = "amazon") -> Flask:
    """The simulated Amazon as a Flask application."""
    app = Flask(__name__)
    gateway = Gateway(world, RateLimits(rates))
    app.register_blueprint(lwa_blueprint(gateway))
    app.register_blueprint(orders_blueprint(gateway))
    app.register_blueprint(feeds_blueprint(gateway))
    app.register_blueprint(control_blueprint(world))
    app.register_blueprint(page_blueprint(world))
    app.before_request(_refuse_strangers)
    app.register_error_handler(HTTPException, _http_error)

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers["x-amzn-RequestId"] = request_id()
        response.headers["Date"] = http_date(world.now())
        return response

    return app


@contextmanager
def serve_simulator(world: World, port: int = 0, rates: Rates = "off") -> Iterator[RunningSimulator]:
    """Serve the world from a background thread until the block ends; port 0 takes a free one.

    Made for tests, so there are no quotas unless they are asked for.
    """
    server = _make_server(LOOPBACK, port, create_simulator(world, rates))
    thread = threading.Thread(
        target=server.serve_forever,
        kwargs={"poll_interval": 0.01},
        name="amazon-simulator",
        daemon=True,
    )
    thread.start()
    try:
        yield RunningSimulator(_url_of(server))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run_simulator(
    host: str = LOOPBACK, port: int = DEFAULT_PORT, seed: int = 7, rates: Rates = "amazon"
) -> None:
    """Serve a new world in the foreground until it is interrupted, saying where."""
    world = World(seed)
    server = _make_server(host, port, create_simulator(world, rates))
    url, seller = _url_of(server), world.sellers[0]
    click.echo(f"A simulated Amazon listens on {url} (open it in a browser; Ctrl+C ends it).")
    click.echo(f"Token address:  {RunningSimulator(url).token_url}")
    click.echo(f"Client id:      {seller.client_id}")
    click.echo(f"Client secret:  {seller.client_secret}")
    click.echo(f"Refresh token:  {seller.refresh_token}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("The simulated Amazon has ended; its orders are gone.")
    finally:
        server.server_close()


def is_loopback(host: str) -> bool:
    """Whether the name or address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _QuietHandler(WSGIRequestHandler):
    """Leaves the Date header to the world's clock, and writes no line for each request."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin the answer without the headers that a real server would add."""
        self.send_response_only(code, message)


def _make_server(host: str, port: int, app: Flask) -> BaseWSGIServer:
    if not is_loopback(host):
        raise NotPossible(
            f"The simulator has no protection of its own and listens on this machine only: "
            f"use {LOOPBACK}, ::1 or localhost instead of {host}."
        )
    with _listen(host, port) as listener:  # the server has a copy of its own
        return make_server(
            host, port, app, threaded=True, request_handler=_QuietHandler, fd=listener.fileno()
        )


def _listen(host: str, port: int) -> socket.socket:
    family = select_address_family(host, port)
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise NotPossible(
                f"port {port} is in use already: stop what listens there, or choose another"
            ) from error
        raise NotPossible(f"{host} port {port} cannot be listened on: {error.strerror}") from error
    return listener


def _url_of(server: BaseWSGIServer) -> str:
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"http://{host}:{server.port}"


def _refuse_strangers() -> Response | None:
    """Only this machine's own names, and no page of another site, may reach the simulator."""
    host = urlsplit(f"//{request.host}").hostname or ""
    origin = request.headers.get("Origin")
    if not is_loopback(host):
        error = f"The simulator answers on loopback only, not as {host}."
        return json_response({"error": error}, 403)
    if origin and urlsplit(origin).netloc != request.host:
        return json_response({"error": "Requests from other sites are refused."}, 403)
    return None


def _http_error(error: HTTPException) -> Response:
    """What is wrong before any operation is reached, in Amazon's form."""
    status = error.code or 500
    code = "NotFound" if status == 404 else "InvalidInput"
    return json_response(ApiRefusal(status, code, error.name).body(), status)
