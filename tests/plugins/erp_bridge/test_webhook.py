"""The webhook outlet, with a real receiver on loopback that reads as others' libraries do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from marshmallow import ValidationError
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from core.clock import SetClock
from core.errors import NotConfigured, TemporarilyUnavailable
from plugins.erp_bridge.client import webhook
from plugins.erp_bridge.mapping.signatures import make_secret, signed_headers
from plugins.erp_bridge.outlets import Refused, Taken
from plugins.erp_bridge.outlets_webhook import WebhookOutlet, WebhookSettings
from tests.plugins.erp_bridge.parcels import make_parcel

OLD, NEW = make_secret(), make_secret()


class Receiver:
    """Keeps what it is sent, and answers what it is told, the last for ever."""

    def __init__(self) -> None:
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = [(204, {}, b"")]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.seen.append((headers, self.rfile.read(length)))
                more = len(receiver.answers) > 1
                status, sent, body = receiver.answers.pop(0) if more else receiver.answers[0]
                self.send_response(status)
                for name, value in sent.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """A sender that hangs up is expected."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/orders?shop=1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on loopback."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


def outlet(url: str, clock: SetClock | None = None, **changes: Any) -> WebhookOutlet:
    """The outlet with valid settings, as an operator would have entered them."""
    given = {"url": url, "allow_private": True, "secret": NEW} | changes
    return WebhookOutlet(WebhookSettings().load(given), "erp", clock)


def test_an_order_is_posted_as_a_signed_cloud_event(receiver: Receiver) -> None:
    receiver.answers = [(201, {}, b'{"reference": "SO-7"}'), (200, {}, b"not JSON")]
    parcels = [make_parcel(1), make_parcel(2, "order.canceled")]
    outcomes = list(outlet(receiver.url, second_secret=OLD).deliver(parcels))
    assert outcomes == [Taken(1, "SO-7"), Taken(2)]
    for parcel, (headers, body) in zip(parcels, receiver.seen, strict=True):
        for secret in (OLD, NEW):  # while secrets are changed either of them will do
            assert Webhook(secret).verify(body, headers)
        event = from_http_event(HTTPMessage(headers, body))
        assert (event.get_id(), event.get_type()) == (parcel.idempotency_key, f"entrepot.{parcel.event}")
        assert (event.get_id(), event.get_subject()) == (headers["webhook-id"], parcel.order["number"])
        assert (event.get_specversion(), event.get_time()) == ("1.0", parcel.occurred_at)
        assert event.get_data() == parcel.order
    headers, body = receiver.seen[0]
    for wrong, why in ((body + b" ", "No matching"), (body.replace(b"MUG", b"CUP"), "No matching")):
        with pytest.raises(WebhookVerificationError, match=why):
            Webhook(NEW).verify(wrong, headers)
    with pytest.raises(WebhookVerificationError, match="No matching"):
        Webhook(make_secret()).verify(body, headers)
    old = signed_headers([NEW], "key-1", datetime.now(UTC) - timedelta(minutes=6), body)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(NEW).verify(body, old)


def test_what_a_receiver_answers_decides_what_becomes_of_an_order(receiver: Receiver) -> None:
    clock = SetClock(datetime(2026, 5, 1, 12, 0, tzinfo=UTC))
    sender = outlet(receiver.url, clock)
    receiver.answers = [(422, {}, b"Zoe Mueller lives nowhere"), (200, {}, b""), (500, {}, b"")]
    told = sender.deliver([make_parcel(number) for number in (1, 2, 3, 4)])
    first, second = next(iter(told)), next(iter(told))
    assert (first, second) == (Refused(1, "the receiver answered 422 Unprocessable Entity"), Taken(2))
    with pytest.raises(TemporarilyUnavailable, match="500"):
        list(told)
    assert len(receiver.seen) == 3  # the fourth has to wait for the third
    for status, header, seconds in (
        (429, "120", 120), (429, "Fri, 01 May 2026 12:01:00 GMT", 60), (503, "99999999999", 86400),
        (408, "soon", None), (425, "", None), (302, "", None),
    ):  # fmt: skip
        receiver.answers = [(status, {"Retry-After": header, "Location": receiver.url}, b"")]
        with pytest.raises(TemporarilyUnavailable, match=str(status)) as later:
            list(sender.deliver([make_parcel()]))
        assert later.value.retry_after == (None if seconds is None else timedelta(seconds=seconds))
    assert len(receiver.seen) == 9  # no redirect was followed
    for status in (401, 403, 404, 405, 410):  # of the address, not of the order
        receiver.answers = [(status, {}, b"")]
        with pytest.raises(NotConfigured, match=f"answered {status} "):
            list(sender.deliver([make_parcel()]))


def test_what_was_taken_stays_taken_whatever_else_is_answered(receiver: Receiver) -> None:
    for body, reference in (
        (b'{"reference": 4711}', "4711"), (b'{"reference": true}', None), (b"[" * 5000, None),
        (b'{"reference": ' + b"9" * 5000 + b"}", None), (b'{"reference": "a\\nb"}', None),
    ):  # fmt: skip
        receiver.answers = [(200, {}, body)]
        assert list(outlet(receiver.url).deliver([make_parcel()])) == [Taken(1, reference)]


def test_a_receiver_is_tested_with_an_event_that_tells_of_nothing(receiver: Receiver) -> None:
    assert outlet(receiver.url).test() == "The receiver answered 204 No Content."
    headers, body = receiver.seen[0]
    assert from_http_event(HTTPMessage(headers, body)).get_type() == "entrepot.test"
    assert Webhook(NEW).verify(body, headers)
    receiver.answers = [(401, {}, b"")]
    with pytest.raises(NotConfigured, match="401 Unauthorized"):
        outlet(receiver.url).test()
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(TemporarilyUnavailable, match="nobody listens"):
        outlet(f"http://127.0.0.1:{port}/").test()


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://erp.example/", False), ("http://erp.example/", True), ("http://127.0.0.1/", False),
        ("https://127.0.0.1/", False), ("https://10.1.2.3/", False), ("https://169.254.169.254/", False),
        ("https://[::1]/", False), ("https://[::ffff:10.0.0.1]/", False),
        ("https://[64:ff9b::a00:1]/", False),
        ("https://[fe80::1]/", False), ("https://0.0.0.0/", True), ("https://user:pw@erp.example/", True),
        ("https://erp.example/ x", True), ("ftp://erp.example/", True), ("https://", True),
        ("https://a:99999/", True),
    ],
)  # fmt: skip
def test_an_address_that_leads_where_it_must_not_is_refused(url: str, allowed: bool) -> None:
    with pytest.raises(ValidationError, match="url"):
        outlet(url, allow_private=allowed)


def test_the_address_that_is_connected_to_is_the_one_that_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that was public when it was entered, and leads inside when it is asked for."""
    asked: list[str] = []
    inside = ("127.0.0.1", receiver.server.server_port)

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", ("93.184.216.34", port)), (2, 1, 6, "", inside)]

    monkeypatch.setattr(webhook.socket, "getaddrinfo", look_up)
    with pytest.raises(NotConfigured, match="allow private addresses"):
        list(outlet("https://rebound.example/", allow_private=False).deliver([make_parcel()]))
    assert asked == ["rebound.example"]
    monkeypatch.setattr(webhook.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("10.0.0.9", 80))])
    with pytest.raises(NotConfigured, match="only https"):
        list(outlet("http://localhost/").deliver([make_parcel()]))
    assert receiver.seen == []
    assert not ip_address(inside[0]).is_global


def test_a_receiver_that_never_ends_its_answer_is_left(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "TOTAL_SECONDS", 0.3)
    stop = threading.Event()

    class Slow(dict[str, str]):
        def items(self) -> Any:
            while not stop.wait(0.05):
                yield "x", "y"

    receiver.answers = [(200, Slow(), b"")]
    try:
        with pytest.raises(TemporarilyUnavailable, match="in time"):
            list(outlet(receiver.url).deliver([make_parcel()]))
    finally:
        stop.set()
    assert len(receiver.seen) == 1


def test_a_receiver_that_shakes_hands_for_ever_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "CONNECT_SECONDS", 0.3)
    monkeypatch.setattr(webhook, "TOTAL_SECONDS", 3600)  # beyond the time that a test may take
    stop = threading.Event()

    def dawdle(listener: socket.socket) -> None:
        caller, _ = listener.accept()
        with caller, suppress(OSError):
            caller.sendall(b"\x16\x03\x03\x40\x00")  # of 16,384 bytes of TLS
            while not stop.wait(0.05):
                caller.sendall(b"\x02")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=dawdle, args=(listener,))
        thread.start()
        try:
            with pytest.raises(TemporarilyUnavailable, match="in time"):
                outlet(f"https://127.0.0.1:{listener.getsockname()[1]}/").test()
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%"])
def test_a_secret_that_is_none_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ValidationError) as refused:
        WebhookSettings().load({"url": "https://erp.example/", "secret": secret or "short"})
    assert set(refused.value.normalized_messages()) == {"secret"}
    assert "c2hvcnQ" not in str(refused.value)
