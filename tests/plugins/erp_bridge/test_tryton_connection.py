"""The connection to Tryton: renewed when it has died, let go of at the end; with a server of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.testing import run_jobs
from plugins.erp_bridge.client.tryton import TrytonClient, TrytonUnavailable
from tests.plugins.erp_bridge.conftest import Bridge


class ForgetfulServer(ThreadingHTTPServer):
    """Answers that there is nothing, and forgets a connection without a word at its second request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Forgetful)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.opened = 0
        self.ended = threading.Semaphore(0)


class _Forgetful(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ForgetfulServer
    requests = 0

    def setup(self) -> None:
        super().setup()
        self.server.opened += 1

    def finish(self) -> None:
        super().finish()
        self.server.ended.release()

    def answer(self) -> None:
        self.requests += 1
        if self.requests == 2:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    do_GET = do_POST = answer  # noqa: N815  # as http.server asks for them

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ForgetfulServer]:
    """It listens until the end of the test."""
    with ForgetfulServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_reading_goes_on_over_a_new_connection_and_writing_is_left_to_the_next_attempt(
    server: ForgetfulServer,
) -> None:
    client = TrytonClient(server.url, "shop", "key")
    assert [client.find("company.company", [], ["id"]) for _ in range(4)] == [[]] * 4
    assert server.opened == 4
    with pytest.raises(TrytonUnavailable, match="could not be reached"):
        client.create("party.party", {})  # the answer may be what was lost: it is looked for first
    client.close()


def test_every_connection_is_let_go_of_when_a_turn_is_over(bridge: Bridge, server: ForgetfulServer) -> None:
    settings = {"url": server.url, "database": "shop", "key": "a-key-of-tryton"}
    bridge.consumer(kind="tryton", settings=settings)
    bridge.orders()
    run_jobs(bridge.live)
    assert bridge.get().paused_because == "Tryton has 0 companies: say which one"
    assert server.opened >= 1
    assert all(server.ended.acquire(timeout=10) for _ in range(server.opened))
