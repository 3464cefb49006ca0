"""One HTTP request and its answer: no redirect followed, no cookie kept, always a timeout."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from plugins.amazon_channel.client.addresses import is_loopback
from plugins.amazon_channel.client.answers import Answer
from plugins.amazon_channel.errors import AmazonUnavailable


class Timeouts(NamedTuple):
    """Seconds: to connect, without a byte, and for the whole body, which may come a byte at a time."""

    connect: float
    silence: float
    body: float


TIMEOUTS = Timeouts(5.0, 60.0, 120.0)
#: While a person waits for the answer.
TRIAL_TIMEOUTS = Timeouts(3.0, 10.0, 20.0)
_CHUNK = 64 * 1024

#: Only a connection that never came about is tried again here: then nothing was asked yet.
_RETRY = Retry(
    total=None, connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.1,
    raise_on_status=False,
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One request. `operation` is our name for it; the rest is HTTP, and never shown."""

    operation: str
    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)


def open_session(url: str) -> requests.Session:
    """A session for one address. The environment's proxies count, except for this machine."""
    session = requests.Session()
    session.trust_env = not is_loopback(url)
    session.auth = _add_no_authorization
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update({"user-agent": user_agent(), "accept": "application/json"})
    adapter = HTTPAdapter(max_retries=_RETRY)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def send(session: requests.Session, call: Call, timeouts: Timeouts) -> Answer:
    """Send it once. Raises AmazonUnavailable if no whole answer comes back.

    The error is raised outside of the `except`, so that no library's exception hangs on to it:
    those hold the request, and with it the credentials.
    """
    try:
        with session.request(
            call.method,
            call.url,
            params=call.params,
            headers=call.headers,
            data=call.body,
            timeout=(timeouts.connect, timeouts.silence),
            allow_redirects=False,
            stream=True,
        ) as response:
            content = _read(response, timeouts.body)
            return Answer(call.operation, response.status_code, response.headers, content)
    except (requests.RequestException, HTTPError, OSError) as error:
        failure = type(error).__name__
    raise AmazonUnavailable(f"Amazon could not be reached for {call.operation} ({failure})")


def user_agent() -> str:
    """`Entrepot/0.1.0 (Language=Python/3.11.9)`, the form that Amazon asks for."""
    try:
        number = version("entrepot")
    except PackageNotFoundError:
        number = "0"
    return f"Entrepot/{number} (Language=Python/{platform.python_version()})"


def _read(response: requests.Response, seconds: float) -> bytes:
    """The whole body. Raises TimeoutError if it takes longer, HTTPError of urllib3 if it is cut short."""
    until = time.monotonic() + seconds
    content = bytearray()
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        content += chunk
        if time.monotonic() > until:
            raise TimeoutError
    return bytes(content)


def _add_no_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from looking into ~/.netrc for a password."""
    return request
