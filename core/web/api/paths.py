"""Paths: each segment is percent-encoded by itself, so that an order number may hold a slash.

WSGI gives the path decoded, where `A%2FB` and `A/B` are the same. So the API takes it as it was sent, which
gunicorn and Werkzeug both pass on, and each segment is decoded after it was matched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from werkzeug.routing import BaseConverter, ValidationError

PREFIX = "/api/v1"
#: A WSGI application, as far as is needed here.
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Segment(BaseConverter):
    """One segment of a path, whatever characters it stands for."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        """What was meant. What is not UTF-8, or no database keeps, names nothing."""
        try:
            text = unquote(value, errors="strict")
        except UnicodeDecodeError as error:
            raise ValidationError from error
        if "\0" in text:
            raise ValidationError
        return text

    def to_url(self, value: str) -> str:
        """As it stands in a path."""
        return encode_segment(str(value))


class Whole(BaseConverter):
    """A whole number that a database can keep."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        """The number."""
        return int(value)


#: How paths name what they hold.
CONVERTERS: Mapping[str, type[BaseConverter]] = {"segment": Segment, "whole": Whole}


class Mount:
    """Sends what lies under the prefix to the API, and everything else to the pages."""

    def __init__(self, pages: Wsgi, api: Wsgi) -> None:
        self._pages = pages
        self._api = api

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        path = environ.get("PATH_INFO", "")
        if path != PREFIX and not path.startswith(f"{PREFIX}/"):
            return self._pages(environ, start_response)
        moved = dict(environ)
        moved["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + PREFIX
        moved["PATH_INFO"] = _as_sent(environ, path[len(PREFIX) :]) or "/"
        return self._api(moved, start_response)


def encode_segment(text: str) -> str:
    """A text as one segment of a path. A segment of dots alone would be taken for a folder."""
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


def _as_sent(environ: dict[str, Any], decoded: str) -> str:
    """What lies under the prefix, each segment encoded the one way that is ours.

    Where the server does not say how it was sent, or a proxy has rewritten it, a slash separates.
    """
    raw = urlsplit(environ.get("RAW_URI") or environ.get("REQUEST_URI") or "").path
    _, found, rest = raw.partition(PREFIX)
    text = decoded.encode("latin-1", "replace").decode("utf-8", "replace")
    if not found or unquote(rest) != text:
        rest = quote(text)
    return "/".join(_canonical(segment) for segment in rest.split("/"))


def _canonical(segment: str) -> str:
    """The same segment in the one way of writing it; what is not UTF-8 stays as it is."""
    try:
        return quote(unquote(segment, errors="strict"), safe="")
    except UnicodeDecodeError:
        return segment
