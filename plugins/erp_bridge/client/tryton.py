"""Talking to a Tryton server over its REST API, with the key of a user application.

https://docs.tryton.org/latest/server/topics/user_application.html says what Tryton offers. No key and no
body ever reaches an error or a log: an error holds Tryton's own message, cut short, and nothing else.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util.retry import Retry

from core.errors import InvalidValue, NotConfigured, Refused, TemporarilyUnavailable

#: Seconds to connect, and seconds without a byte.
TIMEOUTS = (5.0, 30.0)
PAGE_SIZE = 100
_LONGEST_MESSAGE = 300
_OVERLOADED = (408, 409, 423, 429, 502, 503, 504)
#: Only a connection that never came about is tried again here: then nothing was asked yet.
_RETRY = Retry(
    total=None, connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.1,
    raise_on_status=False,
)  # fmt: skip

Domain = Sequence[Any]
Record = dict[str, Any]


class TrytonUnavailable(TemporarilyUnavailable):
    """Tryton, or the way to it, does not work at this moment."""


class TrytonNotConfigured(NotConfigured):
    """The address, the database or the key is not right, or something must be set up over there."""


class TrytonRefused(Refused):
    """Tryton understood and said no; the message is Tryton's."""


class TrytonFailed(TrytonUnavailable):
    """Tryton broke over this request (500): it may do so again for the same thing."""


class TrytonClient:
    """One database on one Tryton server."""

    def __init__(self, url: str, database: str, key: str) -> None:
        """Raises InvalidValue for an address that a key may not be sent to."""
        self._url = f"{check_url(url).rstrip('/')}/{quote(database, safe='')}/rest/model/"
        self._session = _open_session(url)
        self._session.headers["authorization"] = f"Bearer {key}"

    def use_company(self, company_id: int) -> None:
        """From now on, act for this company."""
        self._session.headers["x-tryton-context"] = _encode({"company": company_id})

    def find(
        self, model: str, domain: Domain, fields: Sequence[str], limit: int = PAGE_SIZE
    ) -> list[Record]:
        """Records that match, the oldest first, up to `limit`; a dot in a field reaches further."""
        params = [("d", _encode(domain)), ("o", _encode([["id", "ASC"]])), ("s", str(limit))]
        found = self._ask("GET", model, params + _wanted(fields))
        if not isinstance(found, list):
            raise TrytonUnavailable(f"Tryton's answer to a search of {model} is no list")
        return found

    def walk(self, model: str, domain: Domain, fields: Sequence[str]) -> Iterator[Record]:
        """Every record that matches, the oldest first, read a page at a time as they are needed."""
        last = 0
        while page := self.find(model, [*domain, ["id", ">", last]], fields):
            yield from page
            last = page[-1]["id"]

    def create(self, model: str, values: Mapping[str, Any], fields: Sequence[str] = ()) -> Record:
        """Make a record."""
        return self._record("POST", model, values, fields)

    def write(
        self, model: str, record_id: int, values: Mapping[str, Any], fields: Sequence[str] = ()
    ) -> Record:
        """Change a record."""
        return self._record("PUT", f"{model}/{record_id}", values, fields)

    def press(self, model: str, record_id: int, button: str, fields: Sequence[str] = ()) -> Record:
        """Do with a record what a button of its form does."""
        return self._record("POST", f"{model}/{record_id}/{button}", {}, fields)

    def has_field(self, model: str, name: str) -> bool:
        """Whether a model has this field: modules that are activated over there add some."""
        found = self._ask("POST", f"{model}/fields_get", [], {"fields_names": [name]})
        return isinstance(found, dict) and name in found

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def _record(self, method: str, path: str, values: Mapping[str, Any], fields: Sequence[str]) -> Record:
        found = self._ask(method, path, _wanted(fields), values)
        if not isinstance(found, dict):
            raise TrytonUnavailable(f"Tryton's answer to {method} {path} is no record")
        return found

    def _ask(
        self, method: str, path: str, params: Sequence[tuple[str, str]], body: Any = None
    ) -> dict[str, Any] | list[Any]:
        """The decoded answer. Errors are raised outside of `except`: a library's would hold the request."""
        failure = ""
        for is_last in (method != "GET", True):
            try:
                answer = self._session.request(
                    method,
                    self._url + path,
                    params=list(params),
                    data=None if body is None else json.dumps(body, default=encode_value),
                    headers={} if body is None else {"content-type": "application/json"},
                    timeout=TIMEOUTS,
                    allow_redirects=False,
                )
            except (requests.RequestException, HTTPError, OSError) as error:
                failure = type(error).__name__
                # One that was kept open may have died meanwhile: what only reads is asked over a new one.
                if is_last or not isinstance(error, requests.ConnectionError):
                    break
            else:
                return _read(answer, path)
        raise TrytonUnavailable(f"Tryton could not be reached ({failure})")


def check_url(url: str) -> str:
    """The address itself if a key may be sent there: https, or plain http to this very machine."""
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:
        is_whole = False
    if not is_whole or "@" in parts.netloc or parts.query or parts.fragment:
        complaint = "this is not an address such as https://tryton.example.com"
    elif parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(url)):
        return url
    else:
        complaint = "only https is accepted, except for an address on this very machine"
    raise InvalidValue(f"url: {complaint}", {"url": [complaint]})


def encode_value(value: object) -> dict[str, Any]:
    """What JSON cannot say, in Tryton's words."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": f"{value:f}"}
    raise TypeError(f"{type(value).__name__} has no form in Tryton's JSON")


def decode_value(value: dict[str, Any]) -> Any:
    """The other way round: Decimal; dates stay as they came."""
    if value.get("__class__") == "Decimal":
        return Decimal(str(value.get("decimal")))
    return value


def _read(answer: requests.Response, path: str) -> dict[str, Any] | list[Any]:
    if answer.status_code == 200:
        try:
            found = json.loads(answer.content, object_hook=decode_value)
        except (ValueError, InvalidOperation, RecursionError):
            found = None
        if isinstance(found, dict | list):
            return found
        raise TrytonUnavailable("what answers at this address does not speak Tryton's REST API")
    if answer.status_code == 204:
        return {}
    raise _error(answer, path)


def _error(answer: requests.Response, path: str) -> Exception:
    """What an answer that is no success means; of its body, only Tryton's own message is read."""
    status, model = answer.status_code, path.partition("/")[0]
    if status in (400, 403) and (said := _message(answer)):
        return TrytonRefused(f"Tryton refused it: {said}")
    if status == 401:
        return TrytonNotConfigured(
            "Tryton does not accept the key: in Tryton, the user's preferences, Applications, must list it "
            "as validated, for the REST API"
        )
    if status == 403:
        return TrytonNotConfigured(f"the key's user may not do this with {model}: give it the group for it")
    if status == 404:
        return TrytonNotConfigured("there is no such database at this address, or no Tryton from 7.6 on")
    if status in _OVERLOADED:
        return TrytonUnavailable(f"Tryton has no time now (status {status})", _retry_after(answer))
    if status >= 500:
        return TrytonFailed(f"Tryton broke over a request for {model} (status {status}); its log says why")
    if status in (301, 302, 307, 308):
        return TrytonNotConfigured("the address redirects: enter the one that it leads to")
    return TrytonRefused(f"Tryton refused a request for {model} with status {status}")


def _message(answer: requests.Response) -> str:
    """Tryton's words, on one line, cut short; empty if the body is not Tryton's."""
    try:
        body = json.loads(answer.content)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    text = " ".join(f"{body.get('message') or ''} {body.get('description') or ''}".split())
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[: _LONGEST_MESSAGE - 1]}…"


def _retry_after(answer: requests.Response) -> timedelta | None:
    text = answer.headers.get("retry-after", "")
    return timedelta(seconds=int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _open_session(url: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = not _is_loopback(url)
    session.auth = _add_no_authorization
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update(
        {"user-agent": "Entrepot", "accept": "application/json", "accept-language": "en"}
    )
    adapter = HTTPAdapter(max_retries=_RETRY)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _add_no_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps requests from looking into ~/.netrc for a password."""
    return request


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wanted(fields: Sequence[str]) -> list[tuple[str, str]]:
    return [("f", name) for name in (fields or ("rec_name",))]


def _encode(value: Any) -> str:
    return urlsafe_b64encode(json.dumps(value, default=encode_value).encode()).decode()
