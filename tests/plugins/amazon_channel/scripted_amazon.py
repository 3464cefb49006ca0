"""A server on this machine that answers what a test tells it, and keeps what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

NOW = "Sun, 22 Nov 2026 10:00:00 GMT"
TOKEN_PATH = "/auth/o2/token"


@dataclass(frozen=True)
class Reply:
    """One answer. A `body` that is not bytes is sent as JSON; `hang_up` sends nothing at all.

    `trickles`: it comes a byte at a time, a thousand in a second at most.
    """

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False
    trickles: bool = False

    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def params(self) -> dict[str, str]:
        query = parse_qs(urlsplit(self.target).query, keep_blank_values=True)
        return {name: value for name, (value,) in query.items()}


def html(status: int) -> Reply:
    """What a gateway in between says."""
    page = b"<html><body>Ada Example, ada@buyer.example</body></html>"
    return Reply(status, page, {"Content-Type": "text/html"})


def refusal(status: int, code: str, message: str | None, **headers: str) -> Reply:
    """An error list as Amazon writes it."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"errors": [{"code": code, "message": message}]}, names)


class ScriptedAmazon:
    """Replies in the order in which they were told; the last one over and over."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.signed_in: list[Asked] = []
        self._replies: deque[Reply] = deque([Reply(body={"orders": []})])
        self._sign_ins: deque[Reply] = deque()
        self._lock = threading.Lock()

    def reply(self, *replies: Reply) -> None:
        """What the API says from now on."""
        self._replies = deque(replies)

    def reply_to_sign_in(self, *replies: Reply) -> None:
        """What Login with Amazon says from now on; tokens `Atza|token-1`, … unless told."""
        self._sign_ins = deque(replies)

    def answer(self, asked: Asked) -> Reply:
        with self._lock:
            if asked.path != TOKEN_PATH:
                self.asked.append(asked)
                return _next(self._replies)
            self.signed_in.append(asked)
            if self._sign_ins:
                return _next(self._sign_ins)
            token = f"Atza|token-{len(self.signed_in)}"
            body = {"access_token": token, "token_type": "bearer", "expires_in": 3600}
            return Reply(body=body)


def _next(replies: deque[Reply]) -> Reply:
    return replies.popleft() if len(replies) > 1 else replies[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = cast(_Server, self.server).amazon.answer(Asked(self.command, self.path, headers, body))
        self.close_connection = True
        if reply.hang_up:
            return
        content = reply.content()
        self.send_response_only(reply.status)
        length = {} if reply.status == 204 else {"Content-Length": str(len(content))}
        for name, value in {"Date": NOW, "Connection": "close", **length, **reply.headers}.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        if not reply.trickles:
            self.wfile.write(content)
            return
        with suppress(OSError):  # nobody has to hear it out
            for byte in content:
                self.wfile.write(bytes([byte]))
                time.sleep(0.001)

    do_GET = do_POST = do_PUT = _answer  # noqa: N815 - names that http.server looks for

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its parent's name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    amazon: ScriptedAmazon


@contextmanager
def serve_scripted_amazon() -> Iterator[ScriptedAmazon]:
    """Serve on a free port until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.amazon = ScriptedAmazon(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.amazon
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
