"""One HTTP request to an address that an operator typed: never to where it must not go, never for ever.

The standard library's client, because the address must be checked between the look-up of its name and
the connection: a name can lead to another address each time it is asked for.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from core.errors import NotConfigured, TemporarilyUnavailable

#: Seconds until there is a connection, until it is secret, and until the whole answer is there.
CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 20.0
#: So much of an answer is read.
MOST_BYTES = 64 * 1024
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True)
class Target:
    """Where to send: `allows_private` for addresses of this machine and its network too."""

    url: str
    allows_private: bool = False


@dataclass(frozen=True)
class Answer:
    """What came back: the first bytes of the body, and headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check_target(target: Target) -> SplitResult:
    """The parts of the address if something may be sent there; ValueError, which repeats nothing of it."""
    parts = urlsplit(target.url)
    if any(not "!" <= letter <= "~" for letter in target.url) or not parts.hostname or parts.port == 0:
        raise ValueError("this is not an address such as https://erp.example/orders")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError("an address with a user name or a fragment is not accepted")
    if parts.scheme == "https":
        pass
    elif parts.scheme != "http" or not (target.allows_private and _is_this_machine(parts.hostname)):
        raise ValueError(
            "only https is accepted; http only to this very machine, and if private addresses are allowed"
        )
    if (address := _as_address(parts.hostname)) is not None:
        _check_address(address, target, parts)
    return parts


def post(target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send it once; no redirect is followed, no proxy asked, no cookie kept.

    Raises NotConfigured for an address that is refused, TemporarilyUnavailable if no whole answer came.
    """
    try:
        parts = check_target(target)
    except ValueError as error:
        raise NotConfigured(f"the address of the receiver cannot be used: {error}") from error
    connection = _connection(target, parts)
    is_over = threading.Event()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.connect()
        with _deadline(connection.sock, TOTAL_SECONDS, is_over):
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read(MOST_BYTES))
    except (OSError, http.client.HTTPException) as error:
        failure = _say(TimeoutError() if is_over.is_set() else error)
    finally:
        connection.close()
    # Outside of the `except`, so that no exception hangs on to the request.
    raise TemporarilyUnavailable(f"the receiver could not be reached: {failure}")


def _connection(target: Target, parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return _SecureConnection(target, parts, host, parts.port, timeout=CONNECT_SECONDS)
    return _PlainConnection(target, parts, host, parts.port, timeout=CONNECT_SECONDS)


class _PlainConnection(http.client.HTTPConnection):
    """Connects to checked addresses only."""

    def __init__(self, target: Target, parts: SplitResult, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._where = target, parts

    def connect(self) -> None:
        """To the first address that answers."""
        self.sock = _open(*self._where, self.host, self.port)


class _SecureConnection(http.client.HTTPSConnection):
    """The same, with the certificate checked against the name."""

    def __init__(self, target: Target, parts: SplitResult, *given: Any, **options: Any) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(*given, context=self._tls, **options)
        self._where = target, parts

    def connect(self) -> None:
        """To the first address that answers, and shake hands within the time that connecting may take."""
        plain = _open(*self._where, self.host, self.port)
        plain.settimeout(CONNECT_SECONDS)  # for shaking hands as a whole, however many bytes come
        try:
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise
        self.sock.settimeout(TOTAL_SECONDS)


def _open(target: Target, parts: SplitResult, host: str, port: int) -> socket.socket:
    """A connection to one of the name's addresses; none of them is asked for again after it was checked."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError | None = None
    addresses = [(family, where) for family, _, _, _, where in found]
    for _, where in addresses:  # all of them first: a name that also leads inside is not trusted at all
        try:
            _check_address(ip_address(where[0]), target, parts)
        except ValueError as error:
            raise NotConfigured(f"the address of the receiver cannot be used: {error}") from error
    for family, where in addresses:
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.settimeout(CONNECT_SECONDS)
        try:
            opened.connect(where)
        except OSError as error:
            opened.close()
            failure = error
        else:
            opened.settimeout(TOTAL_SECONDS)
            return opened
    raise failure or OSError("the name has no address")


def _check_address(address: IPv4Address | IPv6Address, target: Target, parts: SplitResult) -> None:
    """Raise ValueError for an address that is not public, unless it is allowed."""
    inner = _inner(address)
    if inner.is_multicast or inner.is_unspecified:
        raise ValueError("it leads to an address that nobody can have")
    if not target.allows_private and not inner.is_global:
        raise ValueError(
            "it leads to an address of this machine or of a private network: allow private addresses for "
            "this consumer if that is meant"
        )
    if parts.scheme != "https" and not inner.is_loopback:
        raise ValueError("only https is accepted, as it leads to another machine")


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address inside an IPv6 one that only carries it."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address


def _is_this_machine(host: str) -> bool:
    address = _as_address(host)
    return host == "localhost" if address is None else address.is_loopback


def _as_address(host: str) -> IPv4Address | IPv6Address | None:
    """None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


@contextmanager
def _deadline(opened: socket.socket, seconds: float, is_over: threading.Event) -> Iterator[None]:
    """End the connection when its time is over: one that sends a byte now and then would never time out."""

    def end() -> None:
        is_over.set()
        with suppress(OSError):  # not `opened.shutdown`: a secret one would go on in plain text first
            socket.socket.shutdown(opened, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _say(error: Exception) -> str:
    """What happened, in words that repeat nothing of the request."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    return f"the connection broke ({type(error).__name__})"
