"""The shop on a port of its own, with a thread per request."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from core.application import LiveApplication
from core.web.api.app import create_api
from core.web.api.limiting import Limiter
from core.web.api.paths import PREFIX, Mount

PATIENCE = 60.0


class _Quiet(WSGIRequestHandler):
    """Says nothing about requests."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # Werkzeug's own name
        """Say nothing."""


@contextmanager
def serve_api(live: LiveApplication, per_minute: int = 1_000_000) -> Iterator[str]:
    """The API of a shop; where."""
    app = Flask("nothing")
    app.wsgi_app = Mount(app.wsgi_app, create_api(live, Limiter(per_minute)).wsgi_app)  # type: ignore[method-assign]
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}{PREFIX}"
    finally:
        server.shutdown()
        thread.join(PATIENCE)
        server.server_close()


def post(url: str, token: str, body: Any, **headers: str) -> tuple[int, dict[str, str], Any]:
    """Send a body; status, headers and the answer."""
    sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, json.dumps(body).encode(), sent, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, dict(answer.headers), json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), json.load(error)
